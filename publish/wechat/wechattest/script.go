package wechattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Fault is one scripted misbehaviour.
//
// The faults that match a call are asked in the order in which they were scripted. The
// modifiers (those from shadow-drop to comment-reply-array in [FaultNames]) all act; of
// the others the first acts and the rest do not see the call. A fault acts on every
// call it matches, also on one that the server refuses by itself. Calls that the server
// cannot read (wrong method, 40033, 41005, 45001) and unknown paths meet no fault but
// refuse. The faults of pushes act when [Server.DeliverPushes] or [Server.TakePushes]
// takes them, all that match.
type Fault struct {
	Name FaultName

	// Endpoint limits the fault to one endpoint, such as "freepublish/submit", see
	// [Server.Endpoints], and a fault of pushes to one kind, such as "text" or
	// "PUBLISHJOBFINISH"; App to the calls and pushes of one account. Only limits it to
	// "read", "write" or "auth" calls. Without Endpoint and Only the name decides.
	Endpoint string
	App      string
	Only     string

	Times int // matching calls to act on; 0 acts until cleared
	Skip  int // matching calls to let pass first

	Status         int           // HTTP status instead of the usual one
	Code           int           // errcode instead of the usual one; of review-reject, see there
	Polls          int           // of processing
	Delay          time.Duration // longest wait of hang and commit-hang; 0 waits for the client to leave
	RetryAfter     time.Duration // Retry-After of 429, whole seconds; 0 sends none
	RetryAfterDate bool          // as an HTTP date instead of seconds
	Skew           time.Duration // of skew; negative is behind
	Text           string        // of the comment that shift-pages adds
	Forgery        Forgery       // of push-forged; empty is ForgeSignature
}

// wireFault is a Fault in JSON, with durations as strings such as "90s".
type wireFault struct {
	Name           FaultName `json:"name"`
	Endpoint       string    `json:"endpoint,omitempty"`
	App            string    `json:"app,omitempty"`
	Only           string    `json:"only,omitempty"`
	Times          int       `json:"times,omitempty"`
	Skip           int       `json:"skip,omitempty"`
	Status         int       `json:"status,omitempty"`
	Code           int       `json:"code,omitempty"`
	Polls          int       `json:"polls,omitempty"`
	Delay          duration  `json:"delay,omitempty"`
	RetryAfter     duration  `json:"retry_after,omitempty"`
	RetryAfterDate bool      `json:"retry_after_date,omitempty"`
	Skew           duration  `json:"skew,omitempty"`
	Text           string    `json:"text,omitempty"`
	Forgery        Forgery   `json:"forgery,omitempty"`
}

type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// MarshalJSON writes the fault as the control call faults has it.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireFault{
		Name: f.Name, Endpoint: f.Endpoint, App: f.App, Only: f.Only, Times: f.Times, Skip: f.Skip,
		Status: f.Status, Code: f.Code, Polls: f.Polls, Delay: duration(f.Delay), RetryAfter: duration(f.RetryAfter),
		RetryAfterDate: f.RetryAfterDate, Skew: duration(f.Skew), Text: f.Text, Forgery: f.Forgery,
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
		Name: w.Name, Endpoint: w.Endpoint, App: w.App, Only: w.Only, Times: w.Times, Skip: w.Skip,
		Status: w.Status, Code: w.Code, Polls: w.Polls, Delay: time.Duration(w.Delay), RetryAfter: time.Duration(w.RetryAfter),
		RetryAfterDate: w.RetryAfterDate, Skew: time.Duration(w.Skew), Text: w.Text, Forgery: w.Forgery,
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
	if f.Only != "" && f.onPushes() {
		errs = append(errs, fmt.Errorf("only %q is no side of a push", f.Only))
	}
	if f.Times < 0 || f.Skip < 0 || f.Polls < 0 || f.Delay < 0 || f.RetryAfter < 0 {
		errs = append(errs, errors.New("negative times, skip, polls, delay or retry_after"))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		errs = append(errs, fmt.Errorf("status %d is none of an answer", f.Status))
	}
	if f.Forgery != ForgeNothing && !slices.Contains(Forgeries(), f.Forgery) {
		errs = append(errs, fmt.Errorf("unknown forgery %q", f.Forgery))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("wechattest: fault: %w", err)
	}
	return nil
}
