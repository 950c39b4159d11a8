package publishtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/publish"
)

const (
	patience     = 10 * time.Second // the deadline of a call that will hang
	livePatience = 2 * time.Second  // likewise, where time is real
	ample        = 10 * time.Minute // the deadline of every other call
	soon         = time.Second      // within this time after its context a call has to end
)

// The rules that hold for every call, in every case. The first three have cases of their own besides.
const (
	ruleTyped   = "typed-errors"
	ruleSecrets = "no-secrets"
	ruleOnce    = "sent-once"
	ruleHarness = "harness" // what the harness does wrong
)

// session is one case at work: the harness, served, and the problems found so far.
type session struct {
	h       *Harness
	ctx     context.Context
	live    bool  // against a real server, in real time
	began   int64 // tells the deliveries of this session from those of another one on the same server
	server  interface{ Close() }
	adapter publish.Adapter
	skipped string // why the case does not apply

	requests atomic.Int64 // that reached the fake
	creates  atomic.Int64 // of these, the ones that create a post
	detour   atomic.Bool  // the next of them is sent elsewhere
	removes  atomic.Int64 // and the ones that take one down

	mu         sync.Mutex
	problems   []problem
	deliveries int               // that have been made up
	prior      map[string][]byte // the last checkpoint of each
}

type problem struct{ rule, text string }

func newSession(ctx context.Context, h *Harness) *session {
	return &session{h: h, ctx: ctx, began: time.Now().UnixNano(), prior: map[string][]byte{}}
}

func open(ctx context.Context, h *Harness) *session {
	s := newSession(ctx, h)
	server := memnet.Serve(s.counted(h.Handler))
	s.server, s.adapter = server, h.Adapter(server.Client())
	return s
}

// counted is the handler with an eye on what reaches it.
func (s *session) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if s.h.creates(r) {
			s.creates.Add(1)
			if s.detour.CompareAndSwap(true, false) {
				w.Header().Set("Location", r.URL.RequestURI())
				w.WriteHeader(http.StatusTemporaryRedirect)
				return
			}
		}
		if s.h.withdraws(r) {
			s.removes.Add(1)
		}
		h.ServeHTTP(w, r)
	})
}

// patience is how long a call may hang.
func (s *session) patience() time.Duration {
	if s.live {
		return livePatience
	}
	return patience
}

// pause lets time pass, where it costs nothing.
func (s *session) pause(d time.Duration) {
	if !s.live {
		time.Sleep(d)
	}
}

func (h *Harness) creates(r *http.Request) bool {
	if h.Creates != nil {
		return h.Creates(r)
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}

func (h *Harness) withdraws(r *http.Request) bool {
	if h.Withdraws != nil {
		return h.Withdraws(r)
	}
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}

// failf notes a problem with what the case is about.
func (s *session) failf(format string, args ...any) { s.breach("", format, args...) }

// breach notes a problem with a rule that holds in every case.
func (s *session) breach(rule, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := problem{rule, fmt.Sprintf(format, args...)}
	if !slices.Contains(s.problems, p) {
		s.problems = append(s.problems, p)
	}
}

func (s *session) words() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.problems))
	for _, p := range s.problems {
		out = append(out, p.text)
	}
	return out
}

// script makes the fake misbehave once. It reports false when the fake cannot, which skips the case.
func (s *session) script(name string) bool { return s.scriptFault(Fault{Name: name, Times: 1}) }

func (s *session) scriptFault(f Fault) bool {
	err := s.h.Fault(f)
	switch {
	case err == nil:
		return true
	case errors.Is(err, errors.ErrUnsupported):
		what := "fake"
		if s.live {
			what = "server"
		}
		s.skipped = fmt.Sprintf("the %s has no fault %q: %v", what, f.Name, err)
	default:
		s.breach(ruleHarness, "scripting the fault %q: %v", f.Name, err)
	}
	return false
}

// attempt is one call of Publish and what was true after it.
type attempt struct {
	submission *publish.Submission
	receipt    *govmedia.Receipt // nil unless the call succeeded
	err        *govmedia.Error   // nil if it did
	grew       int               // posts that the platform holds more than before
}

// publish sends the nth text and holds what the adapter says against what the fake holds.
func (s *session) publish(ctx context.Context, n int) attempt {
	return s.submit(ctx, s.h.Rendition(n))
}

func (s *session) submit(ctx context.Context, r publish.Rendition) attempt {
	before, sent := len(s.h.Posts()), s.creates.Load()
	a := attempt{submission: s.submission(r)}
	a.receipt, a.err = s.call(ctx, a.submission)
	a.grew = len(s.h.Posts()) - before
	if n := s.creates.Load() - sent; n > 1 {
		s.breach(ruleOnce, "one Publish sent the write %d times; an adapter never repeats it, the engine decides", n)
	}
	s.judge(a)
	return a
}

// judge compares what was said with what is held.
func (s *session) judge(a attempt) {
	if a.grew > 1 {
		s.failf("one Publish left %d posts on the platform", a.grew)
	}
	switch {
	case a.err == nil && a.grew == 0:
		s.failf("Publish reported success but the platform holds no new post")
	case a.err == nil:
		s.judgeReceipt(a)
	case a.err.Outcome == govmedia.Applied && a.grew == 0:
		s.failf("the error says that the post was applied but the platform holds no new post: %v", a.err)
	case a.err.Outcome == govmedia.NotApplied && a.grew > 0:
		s.failf("the error says that nothing was applied but the platform holds the post: %v", a.err)
	}
}

func (s *session) judgeReceipt(a attempt) {
	want, held := a.submission.Rendition.Text, s.h.Posts()
	if !slices.ContainsFunc(held, func(p Held) bool { return p.Text == want }) {
		s.failf("the platform holds no post with the text %q, but: %q", want, texts(held))
	}
	for _, p := range held {
		if r := a.submission.Rendition; s.adapter.Limits().Article && p.Text == want && (p.Title != r.Title || p.Link != r.Link) {
			s.failf("the platform holds it under the title %q with the link %q, want %q and %q", p.Title, p.Link, r.Title, r.Link)
		}
	}
	if a.receipt.ID != "" && s.textOf(a.receipt.ID) != want {
		s.failf("the receipt names the post %q, which is not the one that was sent", a.receipt.ID)
	}
}

func (s *session) textOf(id string) string {
	for _, p := range s.h.Posts() {
		if p.ID == id || slices.Contains(p.Also, id) {
			return p.Text
		}
	}
	return ""
}

func texts(posts []Held) []string {
	out := make([]string, 0, len(posts))
	for _, p := range posts {
		out = append(out, p.Text)
	}
	return out
}

// submission makes up a delivery of its own: whoever looks for its trace by the operation finds no other's.
func (s *session) submission(r publish.Rendition) *publish.Submission {
	s.mu.Lock()
	s.deliveries++
	operation := fmt.Sprintf("post/conformance-%d-%d/%s", s.began, s.deliveries, s.h.Account.ID)
	s.mu.Unlock()
	return &publish.Submission{
		Operation: operation, Account: s.h.Account, Credential: s.h.Credential, Rendition: r, Media: s.h.Media,
		Checkpoint: func(_ context.Context, data []byte) error {
			s.hideSecrets("a checkpoint", string(data))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.prior[operation] = slices.Clone(data)
			return nil
		},
	}
}

// call calls Publish and checks what holds for every call: that it ends soon after its context, that it gives a receipt
// or an error, that the error is typed and that no secret is in either.
func (s *session) call(ctx context.Context, sub *publish.Submission) (*govmedia.Receipt, *govmedia.Error) {
	ctx, cancel := context.WithTimeout(ctx, ample)
	defer cancel()
	var receipt *govmedia.Receipt
	var err error
	s.await(ctx, "Publish", func() { receipt, err = s.adapter.Publish(ctx, sub) })
	if err != nil && receipt != nil {
		s.failf("Publish returned a receipt and an error; it has to decide")
	}
	if err == nil && receipt == nil {
		s.failf("Publish returned neither a receipt nor an error")
		return nil, &govmedia.Error{Kind: govmedia.KindInternal, Err: errors.New("nothing was returned")}
	}
	if err != nil {
		return nil, s.typed("Publish", err)
	}
	s.hideSecrets("the receipt", fmt.Sprintf("%+v", *receipt))
	return receipt, nil
}

// await runs f and notes when it outlives its context. Then the server is closed, so that a call which only waits for
// the platform comes back; one that waits for something else ends in the bubble's report of a deadlock.
func (s *session) await(ctx context.Context, what string, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	timer := time.NewTimer(soon)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		s.failf("%s was still running %v after its context had ended", what, soon)
		s.server.Close()
		<-done
	}
}

func (s *session) typed(what string, err error) *govmedia.Error {
	walk(err, func(part error) {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			s.hideSecrets("an error of "+what, fmt.Sprintf(verb, part))
		}
	})
	e, ok := errors.AsType[*govmedia.Error](err)
	switch {
	case ok && e == nil:
		s.breach(ruleTyped, "%s returned a nil *govmedia.Error inside a non-nil error", what)
	case !ok:
		s.breach(ruleTyped, "%s returned a bare %T, want a *govmedia.Error: %v", what, err, err)
	case e.Kind == "":
		s.breach(ruleTyped, "%s returned an error without a kind: %v", what, err)
	default:
		return e
	}
	return &govmedia.Error{Kind: govmedia.KindInternal, Err: errors.New("untyped")}
}

// walk visits err and everything that it wraps.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) { //nolint:errorlint // it visits one error at a time
	case *govmedia.Error:
		if e != nil {
			walk(e.Err, visit)
		}
	case interface{ Unwrap() error }:
		walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			walk(part, visit)
		}
	}
}

// hideSecrets notes when a text holds a secret, as it is or as it stands in an address.
func (s *session) hideSecrets(where, text string) {
	secrets := append([]string{s.h.Credential.Access.Reveal(), s.h.Credential.Refresh.Reveal()}, s.h.Secrets...)
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
			if strings.Contains(text, form) {
				s.breach(ruleSecrets, "%s contains a secret: %s", where, text)
				return
			}
		}
	}
}

// failed asserts that an attempt ended with an error of this outcome and remedy, and that the platform holds this many
// posts more.
func (s *session) failed(a attempt, outcome govmedia.Outcome, remedy govmedia.Remedy, held int) {
	s.holds(a, held)
	if a.err == nil {
		s.failf("Publish reported success, want an error that says %q", word(outcome))
		return
	}
	if a.err.Outcome != outcome {
		s.failf("the error says %q, want %q: %v", word(a.err.Outcome), word(outcome), a.err)
	}
	if got := a.err.Remedy(); got != remedy {
		s.failf("the remedy is %q, want %q: %v", remedyWord(got), remedyWord(remedy), a.err)
	}
}

// holds asserts how many posts the platform holds more, which tells whether the fault did what its name says.
func (s *session) holds(a attempt, held int) {
	if a.grew != held {
		s.failf("the platform holds %d new posts, want %d", a.grew, held)
	}
}

func word(o govmedia.Outcome) string {
	if o == govmedia.Unknown {
		return "unknown"
	}
	return string(o)
}

func remedyWord(r govmedia.Remedy) string {
	if r == govmedia.Human {
		return "human"
	}
	return string(r)
}
