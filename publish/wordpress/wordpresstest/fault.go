package wordpresstest

import (
	"bytes"
	"cmp"
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

// The faults. In brackets: the calls a fault matches when the script names neither an endpoint nor a side. A fresh
// WordPress has no quotas, no captcha and no expiry of passwords, so there are no faults of these kinds.
const (
	FaultRefuse        FaultName = "refuse"            // closes the connection, nothing committed [all]
	FaultDropAfter     FaultName = "drop-after-commit" // commits, then closes the connection [writes]
	FaultHangAfter     FaultName = "commit-hang"       // commits, then waits for the client to leave, or for Delay and answers [writes]
	FaultHang          FaultName = "hang"              // commits nothing and waits likewise, then closes the connection [all]
	Fault5xxBefore     FaultName = "5xx-before-commit" // a gateway's page, Status or 502, nothing committed [writes]
	Fault5xxAfter      FaultName = "5xx-after-commit"  // the same page although committed [writes]
	Fault4xxAfter      FaultName = "4xx-after-commit"  // 403 rest_cannot_update of a custom field, although committed [writes]
	FaultDuplicate     FaultName = "duplicate"         // 409 comment_duplicate for a text never seen, nothing committed [comments.create]
	FaultFlood         FaultName = "comment-flood"     // 400 comment_flood, nothing committed [comments.create]
	FaultTooMany       FaultName = "429"               // a gateway's page with 429, Retry-After as told, nothing committed [all]
	FaultTokenRevoked  FaultName = "token-revoked"     // the user's application passwords are revoked in front of this call: it is anonymous [all]
	FaultShadowDrop    FaultName = "shadow-drop"       // answers success, but nobody ever sees the item [writes]
	FaultGarbage       FaultName = "garbage"           // commits and answers 2xx with half the JSON [writes]
	FaultNotice        FaultName = "php-notice"        // commits and prints a notice of PHP in front of the JSON [writes]
	FaultDown          FaultName = "down"              // a gateway's page, Status or 503 [all]
	FaultReadDown      FaultName = "read-down"         // the same [reads]
	FaultMaintenance   FaultName = "maintenance"       // the site is being updated: 503 with Retry-After 600 [all]
	FaultShiftPages    FaultName = "shift-pages"       // after this page a new comment or post appears on the list [lists]
	FaultSkew          FaultName = "skew"              // the server's clock is Skew ahead [all]
	FaultMediaRejected FaultName = "media-rejected"    // 500 rest_upload_sideload_error, nothing committed [media.create]
	FaultPending       FaultName = "pending"           // a plugin keeps a new post for review: 201 with status pending [posts.create]
	FaultFuture        FaultName = "future"            // a plugin dates a new post Delay, or an hour, later: 201 with status future [posts.create]
	FaultSlug          FaultName = "slug-rewritten"    // a plugin replaces the slug of a new post [posts.create]
)

// FaultNames returns all fault names, for flags and menus.
func FaultNames() []FaultName {
	return []FaultName{
		FaultRefuse, FaultDropAfter, FaultHangAfter, FaultHang, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter,
		FaultDuplicate, FaultFlood, FaultTooMany, FaultTokenRevoked, FaultShadowDrop, FaultGarbage, FaultNotice,
		FaultDown, FaultReadDown, FaultMaintenance, FaultShiftPages, FaultSkew, FaultMediaRejected, FaultPending, FaultFuture, FaultSlug,
	}
}

// Fault is one scripted misbehaviour.
//
// The faults that match a call are asked in the order in which they were scripted. The modifiers (shadow-drop, pending,
// future, slug-rewritten, shift-pages, skew) all act; of the others the first acts and the rest do not see the call. A fault
// acts on every call it matches, also on one that the server refuses by itself. Unknown routes and bodies that are too
// large meet no fault.
type Fault struct {
	Name FaultName

	// Endpoint limits the fault to one endpoint, such as "posts.create"; UID to the calls of one user, by login. Only
	// limits it to "read" or "write" calls. Without Endpoint and Only the name decides.
	Endpoint string
	UID      string
	Only     string

	Times int // matching calls to act on; 0 acts until cleared
	Skip  int // matching calls to let pass first

	Status         int           // HTTP status instead of the usual one
	Code           string        // error code instead of the usual one
	Delay          time.Duration // longest wait of hang and commit-hang; 0 waits for the client to leave. Of future, how much later
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
	Code           string    `json:"code,omitempty"`
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
	if !slices.Contains([]string{"", string(sideRead), string(sideWrite)}, f.Only) {
		errs = append(errs, fmt.Errorf("only %q is none of read, write", f.Only))
	}
	if f.Times < 0 || f.Skip < 0 || f.Delay < 0 || f.RetryAfter < 0 {
		errs = append(errs, errors.New("negative times, skip, delay or retry_after"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		errs = append(errs, fmt.Errorf("status %d is none of an answer", f.Status))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wordpresstest: fault: %w", err)
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
	main    *Fault
	shift   *Fault
	skew    time.Duration
	shadow  bool
	pending bool
	later   time.Duration
	rewrite bool
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
		case FaultPending:
			p.pending = true
		case FaultFuture:
			p.later = cmp.Or(f.Delay, time.Hour)
		case FaultSlug:
			p.rewrite = true
		case FaultShiftPages:
			p.shift = &f.Fault
		default:
			p.main = &f.Fault
		}
	}
	s.sweepFaults()
	return p
}

// refusedAtDoor counts an arriving call and reports whether its connection is to be closed before the body is read.
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
	case FaultSkew, FaultShadowDrop, FaultPending, FaultFuture, FaultSlug, FaultShiftPages:
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
		f.UID != "" && (c.user == nil || c.user.Login != f.UID):
		return false
	}
	switch f.Name {
	case FaultTokenRevoked:
		return c.user != nil
	case FaultShiftPages:
		return c.endpoint.list
	case FaultMediaRejected:
		return c.endpoint.name == "media.create"
	case FaultDuplicate, FaultFlood:
		return c.endpoint.name == "comments.create"
	case FaultPending, FaultFuture, FaultSlug:
		return c.endpoint.name == "posts.create"
	default:
		return true
	}
}

// natural reports whether an endpoint is on the side that the fault's name suggests.
func (f *Fault) natural(e *endpoint) bool {
	switch f.Name {
	case FaultDropAfter, FaultHangAfter, Fault5xxBefore, Fault5xxAfter, Fault4xxAfter, FaultShadowDrop, FaultGarbage, FaultNotice:
		return e.side == sideWrite
	case FaultReadDown, FaultShiftPages:
		return e.side == sideRead
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
	case FaultMaintenance:
		a := webPage(http.StatusServiceUnavailable, "Briefly unavailable for scheduled maintenance. Check back in a minute.")
		a.header = http.Header{"Retry-After": {"600"}}
		return a, true
	case FaultTooMany:
		return c.tooMany(f), true
	case FaultDuplicate:
		return c.refused(f, duplicateComment(http.StatusConflict)), true
	case FaultFlood:
		return c.refused(f, floodOf(http.StatusBadRequest)), true
	case FaultMediaRejected:
		return c.refused(f, sideloadError("Sorry, you are not allowed to upload this file type.")), true
	case FaultTokenRevoked:
		c.user.passwords = nil
		c.user = nil // from here on the call is judged as a stranger's
	}
	return answer{}, false
}

// after changes the answer of a call that has been carried out.
func (s *Server) after(c *call, f *Fault, a *answer) {
	switch f.Name {
	case FaultDropAfter:
		a.drop = true
	case FaultHangAfter:
		a.hold, a.delay = true, f.Delay
	case Fault5xxAfter:
		*a = gateway(f, http.StatusBadGateway)
	case Fault4xxAfter:
		*a = c.refused(f, protectedMeta(c, "_views"))
	case FaultGarbage:
		a.body = a.body[:len(a.body)/2]
	case FaultNotice:
		a.body = append([]byte("<br />\n<b>Notice</b>:  Undefined index: views in <b>/srv/wp/wp-content/plugins/views.php</b> on line <b>7</b><br />\n"), a.body...)
	}
}

// refused is the answer of a fault, with what its script says instead.
func (c *call) refused(f *Fault, ref *refusal) answer {
	if f.Code != "" {
		ref.code = f.Code
	}
	if f.Status != 0 {
		ref.status = f.Status
	}
	return c.render(nil, ref)
}

// gateway is the page of a proxy in front of the site, which knows no JSON.
func gateway(f *Fault, status int) answer {
	if f.Status != 0 {
		status = f.Status
	}
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{
		status: status, contentType: "text/html",
		body: []byte("<html>\r\n<head><title>" + text + "</title></head>\r\n<body><h1>" + text + "</h1></body>\r\n</html>\r\n"),
	}
}

func (c *call) tooMany(f *Fault) answer {
	a := gateway(f, http.StatusTooManyRequests)
	if f.Code != "" {
		a = c.refused(f, refuse(a.status, f.Code, "Too many requests."))
	}
	a.header = http.Header{}
	switch {
	case f.RetryAfter <= 0:
	case f.RetryAfterDate:
		a.header.Set("Retry-After", c.now.Add(f.RetryAfter).UTC().Format(http.TimeFormat))
	default:
		a.header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	return a
}

// shiftPages lets a stranger's comment, or another post of the first user, appear in front of what a list has shown.
func (s *Server) shiftPages(c *call, f *Fault) {
	text := cmpOr(f.Text, "路过")
	switch c.endpoint.name {
	case "comments.list":
		for _, p := range slices.Backward(s.posts) {
			if p.Status == statusPublish && !p.Deleted {
				s.say(p, 0, "网民甲", text, c.now)
				return
			}
		}
	case "posts.list":
		if len(s.users) > 0 {
			s.write(s.users[0], text, text, c.now)
		}
	}
}
