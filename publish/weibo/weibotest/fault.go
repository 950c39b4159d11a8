package weibotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultName names a kind of misbehaviour. The strings are frozen.
type FaultName string

// The faults. In brackets: the calls a fault matches when the script names neither an
// endpoint nor a side.
const (
	FaultRefuse        FaultName = "refuse"            // closes the connection, nothing committed [all]
	FaultDropAfter     FaultName = "drop-after-commit" // commits, then closes the connection [writes]
	FaultHangAfter     FaultName = "commit-hang"       // commits, then waits for the client to leave, or for Delay and answers [writes]
	FaultHang          FaultName = "hang"              // commits nothing and waits likewise, then closes the connection [all]
	Fault5xxBefore     FaultName = "5xx-before-commit" // a gateway's page, Status or 502, nothing committed [writes]
	Fault5xxAfter      FaultName = "5xx-after-commit"  // the same page although committed [writes]
	Fault4xxAfter      FaultName = "4xx-after-commit"  // HTTP 400, 10001 system error, although committed [writes]
	FaultDuplicate     FaultName = "duplicate"         // 20019 for a text never seen, nothing committed [writes]
	FaultTooMany       FaultName = "429"               // HTTP 429, Retry-After as told, nothing committed [API]
	FaultAppQuota      FaultName = "quota-app"         // 10022, the server address's rate [API]
	FaultUserQuota     FaultName = "quota-user"        // 10023, the user's rate, body without request [API]
	FaultTokenExpired  FaultName = "token-expired"     // the token expires in front of this call, 21327 [API]
	FaultTokenRevoked  FaultName = "token-revoked"     // the user revokes the token in mid-call, 21316 [API]
	FaultSlowSuccess   FaultName = "slow-success"      // 20032: committed and answered with an error that means success [writes]
	FaultCaptcha       FaultName = "captcha"           // 20031, a person is wanted [writes]
	FaultShadowDrop    FaultName = "shadow-drop"       // answers success, but nobody ever sees the item, or a deletion deletes nothing [writes]
	FaultStringCode    FaultName = "string-code"       // error_code as a string, if the call is refused [all]
	FaultGarbage       FaultName = "garbage"           // commits and answers 2xx with half the JSON [writes]
	FaultRefreshLost   FaultName = "refresh-lost"      // refreshes, then closes the connection [refresh calls]
	FaultDown          FaultName = "down"              // a gateway's page, Status or 503 [all]
	FaultReadDown      FaultName = "read-down"         // the same [reads]
	FaultShiftPages    FaultName = "shift-pages"       // after this page a new comment or post appears on the list [lists]
	FaultSkew          FaultName = "skew"              // the server's clock is Skew ahead [all]
	FaultMediaRejected FaultName = "media-rejected"    // 20005, the picture is refused [calls with a picture]
)

// FaultNames returns all fault names, for flags and menus.
func FaultNames() []FaultName {
	return []FaultName{
		FaultRefuse, FaultDropAfter, FaultHangAfter, FaultHang, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter,
		FaultDuplicate, FaultTooMany, FaultAppQuota, FaultUserQuota, FaultTokenExpired, FaultTokenRevoked,
		FaultSlowSuccess, FaultCaptcha, FaultShadowDrop, FaultStringCode, FaultGarbage, FaultRefreshLost,
		FaultDown, FaultReadDown, FaultShiftPages, FaultSkew, FaultMediaRejected,
	}
}

// Fault is one scripted misbehaviour.
//
// The faults that match a call are asked in the order in which they were scripted.
// The modifiers (shadow-drop, string-code, shift-pages, skew) all act; of the others
// the first acts and the rest do not see the call. A fault acts on every call it
// matches, also on one that the server refuses by itself, except that such a refusal
// is never turned into a slow-success. Calls that the server cannot read (10012,
// 10018) and unknown paths meet no fault.
type Fault struct {
	Name FaultName

	// Endpoint limits the fault to one endpoint, such as "statuses/share" or
	// "oauth2/access_token"; UID to the calls of one user. Only limits it to "read",
	// "write" or "auth" calls. Without Endpoint and Only the name decides.
	Endpoint string
	UID      string
	Only     string

	Times int // matching calls to act on; 0 acts until cleared
	Skip  int // matching calls to let pass first

	Status         int           // HTTP status instead of the usual one
	Code           int           // error_code instead of the usual one
	Delay          time.Duration // longest wait of hang and commit-hang; 0 waits for the client to leave
	RetryAfter     time.Duration // Retry-After of 429, whole seconds; 0 sends none
	RetryAfterDate bool          // as an HTTP date instead of seconds
	Skew           time.Duration // of skew; negative is behind
	Text           string        // of the item that shift-pages adds
}

// wireFault is a Fault in JSON, with durations as strings such as "90s".
type wireFault struct {
	Name           FaultName `json:"name"`
	Endpoint       string    `json:"endpoint,omitempty"`
	UID            string    `json:"uid,omitempty"`
	Only           string    `json:"only,omitempty"`
	Times          int       `json:"times,omitempty"`
	Skip           int       `json:"skip,omitempty"`
	Status         int       `json:"status,omitempty"`
	Code           int       `json:"code,omitempty"`
	Delay          duration  `json:"delay,omitempty"`
	RetryAfter     duration  `json:"retry_after,omitempty"`
	RetryAfterDate bool      `json:"retry_after_date,omitempty"`
	Skew           duration  `json:"skew,omitempty"`
	Text           string    `json:"text,omitempty"`
}

type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// MarshalJSON writes the fault as /_fake/faults has it.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireFault{
		Name: f.Name, Endpoint: f.Endpoint, UID: f.UID, Only: f.Only, Times: f.Times, Skip: f.Skip,
		Status: f.Status, Code: f.Code, Delay: duration(f.Delay), RetryAfter: duration(f.RetryAfter),
		RetryAfterDate: f.RetryAfterDate, Skew: duration(f.Skew), Text: f.Text,
	})
}

// UnmarshalJSON reads what MarshalJSON writes. Unknown fields are an error, as is a
// fault that [Fault.Validate] refuses.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var w wireFault
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return err
	}
	*f = Fault{
		Name: w.Name, Endpoint: w.Endpoint, UID: w.UID, Only: w.Only, Times: w.Times, Skip: w.Skip,
		Status: w.Status, Code: w.Code, Delay: time.Duration(w.Delay), RetryAfter: time.Duration(w.RetryAfter),
		RetryAfterDate: w.RetryAfterDate, Skew: time.Duration(w.Skew), Text: w.Text,
	}
	return f.Validate()
}

// Validate reports what would keep the fault from acting as written.
func (f Fault) Validate() error {
	var errs []error
	if !slices.Contains(FaultNames(), f.Name) {
		errs = append(errs, fmt.Errorf("unknown name %q", f.Name))
	}
	if !slices.Contains([]string{"", string(sideRead), string(sideWrite), string(sideAuth)}, f.Only) {
		errs = append(errs, fmt.Errorf("only %q is none of read, write, auth", f.Only))
	}
	if f.Times < 0 || f.Skip < 0 || f.Delay < 0 || f.RetryAfter < 0 {
		errs = append(errs, errors.New("negative times, skip, delay or retry_after"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		errs = append(errs, fmt.Errorf("status %d is none of an answer", f.Status))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("weibotest: fault: %w", err)
	}
	return nil
}

// scripted is a fault with what is left of it.
type scripted struct {
	Fault
	done bool
}

// Script adds faults behind those already scripted. It panics on a fault that
// [Fault.Validate] refuses, which is a mistake in the test and not in what it tests.
func (s *Server) Script(faults ...Fault) {
	for _, f := range faults {
		if err := f.Validate(); err != nil {
			panic(err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &scripted{Fault: f})
	}
}

// ClearFaults removes every scripted fault. Calls that already hang go on hanging.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// PendingFaults returns the faults that can still act, in order, with Times and Skip
// reduced to what is left of them.
func (s *Server) PendingFaults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, f.Fault)
	}
	return out
}

// plan is what the script has in store for one call.
type plan struct {
	main       *Fault
	shift      *Fault
	skew       time.Duration
	shadow     bool
	stringCode bool
}

func (s *Server) plan(c *call) plan {
	var p plan
	for _, f := range s.faults {
		if f.atDoor() || (p.main != nil && !f.modifies()) || !f.matches(c) || !s.fire(f) {
			continue
		}
		switch f.Name {
		case FaultSkew:
			p.skew += f.Skew
		case FaultShadowDrop:
			p.shadow = true
		case FaultStringCode:
			p.stringCode = true
		case FaultShiftPages:
			p.shift = &f.Fault
		default:
			p.main = &f.Fault
		}
	}
	s.sweepFaults()
	return p
}

// refusedAtDoor counts an arriving call and reports whether its connection is to be
// closed before the body is read.
func (s *Server) refusedAtDoor(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.endpoint.name]++
	for _, f := range s.faults {
		if f.atDoor() && f.matches(c) && s.fire(f) {
			s.sweepFaults()
			return true
		}
	}
	return false
}

// fire uses up one matching call and reports whether the fault acts on it.
func (s *Server) fire(f *scripted) bool {
	if f.Skip > 0 {
		f.Skip--
		return false
	}
	if f.Times > 0 {
		f.Times--
		f.done = f.Times == 0
	}
	s.fired[f.Name]++
	return true
}

func (s *Server) sweepFaults() {
	s.faults = slices.DeleteFunc(s.faults, func(f *scripted) bool { return f.done })
}

// atDoor reports whether the fault acts before it is known whose call it is.
func (f *Fault) atDoor() bool { return f.Name == FaultRefuse && f.UID == "" }

func (f *Fault) modifies() bool {
	switch f.Name {
	case FaultSkew, FaultShadowDrop, FaultStringCode, FaultShiftPages:
		return true
	default:
		return false
	}
}

func (f *Fault) matches(c *call) bool {
	switch {
	case f.Endpoint != "" && f.Endpoint != c.endpoint.name,
		f.Only != "" && f.Only != string(c.endpoint.side),
		f.Endpoint == "" && f.Only == "" && !f.natural(c.endpoint),
		f.UID != "" && (c.user == nil || c.user.UID != f.UID):
		return false
	}
	switch f.Name {
	case FaultRefreshLost:
		return c.isRefresh()
	case FaultMediaRejected:
		return c.picture != nil
	case FaultTokenExpired, FaultTokenRevoked:
		return c.token != nil
	case FaultShiftPages:
		return c.endpoint.list
	default:
		return true
	}
}

// natural reports whether an endpoint is on the side that the fault's name suggests.
func (f *Fault) natural(e *endpoint) bool {
	switch f.Name {
	case FaultDropAfter, FaultHangAfter, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter, FaultDuplicate,
		FaultSlowSuccess, FaultCaptcha, FaultShadowDrop, FaultGarbage, FaultMediaRejected:
		return e.side == sideWrite
	case FaultReadDown, FaultShiftPages:
		return e.side == sideRead
	case FaultTooMany, FaultAppQuota, FaultUserQuota, FaultTokenExpired, FaultTokenRevoked:
		return e.side != sideAuth
	default:
		return true
	}
}

// before returns the answer of a fault that keeps the call from being carried out.
func (s *Server) before(c *call, f *Fault) (a answer, instead bool) {
	switch f.Name {
	case FaultRefuse:
		return answer{drop: true}, true
	case FaultHang:
		return answer{hold: true, delay: f.Delay, drop: true}, true
	case Fault5xxBefore:
		return gateway(f, http.StatusBadGateway), true
	case FaultDown, FaultReadDown:
		return gateway(f, http.StatusServiceUnavailable), true
	case FaultTooMany:
		return s.tooMany(c, f), true
	case FaultTokenExpired:
		c.token.expires = c.now
		return s.refused(c, f, 21327), true
	case FaultTokenRevoked:
		s.revoke(c.app, c.user)
		return s.refused(c, f, 21316), true
	case FaultDuplicate:
		return s.refused(c, f, 20019), true
	case FaultAppQuota:
		return s.refused(c, f, 10022), true
	case FaultUserQuota:
		return s.refused(c, f, 10023), true
	case FaultCaptcha:
		return s.refused(c, f, 20031), true
	case FaultMediaRejected:
		return s.refused(c, f, 20005), true
	default:
		return answer{}, false
	}
}

// after changes the answer of a call that has been carried out.
func (s *Server) after(c *call, f *Fault, ref *refusal, a *answer) {
	switch f.Name {
	case FaultDropAfter, FaultRefreshLost:
		a.drop = true
	case FaultHangAfter:
		a.hold, a.delay = true, f.Delay
	case Fault5xxAfter:
		*a = gateway(f, http.StatusBadGateway)
	case Fault4xxAfter:
		*a = s.refused(c, f, 10001)
	case FaultSlowSuccess:
		if ref == nil {
			*a = s.refused(c, f, 20032)
		}
	case FaultGarbage:
		a.body = a.body[:len(a.body)/2]
	}
}

func (s *Server) refused(c *call, f *Fault, code int) answer {
	if f.Code != 0 {
		code = f.Code
	}
	return s.render(c, nil, &refusal{code: code, status: f.Status})
}

// gateway is the page of a proxy in front of the platform, which knows no JSON.
func gateway(f *Fault, status int) answer {
	if f.Status != 0 {
		status = f.Status
	}
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{
		status:      status,
		contentType: "text/html",
		body:        []byte("<html>\r\n<head><title>" + text + "</title></head>\r\n<body><h1>" + text + "</h1></body>\r\n</html>\r\n"),
	}
}

func (s *Server) tooMany(c *call, f *Fault) answer {
	a := gateway(f, http.StatusTooManyRequests)
	if f.Code != 0 {
		a = s.refused(c, &Fault{Status: a.status}, f.Code)
	}
	switch {
	case f.RetryAfter <= 0:
	case f.RetryAfterDate:
		a.retryAfter = c.now.Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	default:
		a.retryAfter = strconv.Itoa(int(f.RetryAfter / time.Second))
	}
	return a
}
