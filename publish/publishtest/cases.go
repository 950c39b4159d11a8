package publishtest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// publishCases are about what became of the post.
func publishCases() []testCase {
	return []testCase{
		{"publish", "A published post is held once and to the letter, and the receipt names it.", happyPath},
		{"concurrent", "An adapter is safe for concurrent use: 32 posts at once are each held once, with their own receipts.", concurrent},
		{"cancelled-before", "When the context has ended before the call, nothing is sent and the outcome is NotApplied.", cancelledBefore},
		{"connection-refused", "When no connection could be made, nothing was applied and the same request may be sent again.", connectionRefused},
		{"refuse", "A connection that is closed without an answer is no success, and nobody can say that the post is there.", refused},
		{"hang", "A deadline that passes while the platform hangs leaves the outcome unknown, and the call ends with it.",
			unknownAfter("hang", 0, deadline)},
		{"commit-hang", "A deadline that passes after the platform took the post leaves the outcome unknown and the post there once.",
			unknownAfter("commit-hang", 1, deadline)},
		{"cancel-in-flight", "A cancelled call that may have been sent is unknown, not cancelled, and ends at once.",
			unknownAfter("commit-hang", 1, cancelled)},
		{"drop-after-commit", "A connection that breaks after the request was sent leaves the outcome unknown.",
			unknownAfter("drop-after-commit", 1, unlimited)},
		{"5xx-before-commit", "A gateway's 5xx leaves the outcome unknown: nobody knows what happened behind it.",
			unknownAfter("5xx-before-commit", 0, unlimited)},
		{"5xx-after-commit", "A 5xx does not mean that the post is not there.",
			unknownAfter("5xx-after-commit", 1, unlimited)},
		{"4xx-after-commit", "The platform's error of the system does not mean that the post is not there.", appliedDespite4xx},
		{"garbage", "A 2xx with a body that cannot be read leaves the outcome unknown.",
			unknownAfter("garbage", 1, unlimited)},
		{"redirect", "A redirect of the write is not followed: text and token would go to an address that nobody configured.", redirected},
		{"slow-success", "An answer that means 'accepted, it will appear' is a receipt or an error that says Applied.", slowSuccess},
	}
}

func happyPath(s *session) {
	if app := s.adapter.App(); app != s.h.Account.App {
		s.failf("the adapter speaks for the app %v, the harness's account belongs to %v", app, s.h.Account.App)
	}
	a := s.publish(s.ctx, 1)
	s.holds(a, 1)
	if a.err != nil {
		s.failf("Publish failed: %v", a.err)
		return
	}
	if a.receipt.ID == "" {
		s.failf("the receipt names no id although the platform gave one")
	}
	if e := a.receipt.Evidence; e != "" && e != govmedia.EvidenceResponse {
		s.failf("the receipt's evidence is %q; the platform's answer is %q", e, govmedia.EvidenceResponse)
	}
	if off := time.Since(a.receipt.At).Abs(); off > time.Hour {
		s.failf("the receipt is dated %v, which is %v off: read the platform's time in its zone", a.receipt.At, off)
	}
}

func concurrent(s *session) {
	const posts = 32
	receipts := make([]*govmedia.Receipt, posts)
	var wg sync.WaitGroup
	for n := range posts {
		wg.Go(func() {
			receipt, err := s.call(s.ctx, s.submission(s.h.Rendition(n)))
			if err != nil {
				s.failf("post %d failed: %v", n, err)
			}
			receipts[n] = receipt
		})
	}
	wg.Wait()
	if n := s.creates.Load(); n > posts {
		s.breach(ruleOnce, "%d posts took %d writes", posts, n)
	}
	held := map[string]int{}
	for _, p := range s.h.Posts() {
		held[p.Text]++
	}
	for n, receipt := range receipts {
		text := s.h.Rendition(n).Text
		if held[text] != 1 {
			s.failf("the platform holds the text %q %d times", text, held[text])
		}
		if receipt != nil && s.textOf(receipt.ID) != text {
			s.failf("the receipt for %q names another post: %q", text, receipt.ID)
		}
	}
}

func cancelledBefore(s *session) {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	a := s.publish(ctx, 1)
	s.holds(a, 0)
	if n := s.requests.Load(); n > 0 {
		s.failf("%d requests reached the platform", n)
	}
	if a.err != nil && a.err.Outcome != govmedia.NotApplied {
		s.failf("the error says %q, want %q: %v", word(a.err.Outcome), word(govmedia.NotApplied), a.err)
	}
}

func connectionRefused(s *session) {
	s.adapter = s.h.Adapter(&http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		},
	}})
	s.failed(s.publish(s.ctx, 1), govmedia.NotApplied, govmedia.Retry, 0)
}

func refused(s *session) {
	if !s.script("refuse") {
		return
	}
	a := s.publish(s.ctx, 1)
	s.holds(a, 0)
	if a.err == nil || a.err.Outcome == govmedia.Applied {
		s.failf("the platform closed the connection and the adapter claims that the post is there")
	}
}

// Contexts for a call that may hang.
func deadline(s *session) (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, s.patience())
}

func cancelled(s *session) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.ctx)
	timer := time.AfterFunc(s.patience(), cancel)
	return ctx, func() { timer.Stop(); cancel() }
}

func unlimited(s *session) (context.Context, context.CancelFunc) {
	return s.ctx, func() {}
}

func unknownAfter(fault string, held int, limit func(*session) (context.Context, context.CancelFunc)) func(*session) {
	return func(s *session) {
		if !s.script(fault) {
			return
		}
		ctx, cancel := limit(s)
		defer cancel()
		s.failed(s.publish(ctx, 1), govmedia.Unknown, govmedia.Reconcile, held)
	}
}

func appliedDespite4xx(s *session) {
	if !s.script("4xx-after-commit") {
		return
	}
	a := s.publish(s.ctx, 1)
	s.holds(a, 1)
	switch {
	case a.err == nil:
		s.failf("Publish reported success for an answer that names an error")
	case a.err.Outcome == govmedia.NotApplied:
		s.failf("an error of the system is not a refusal: it has to be unknown")
	}
}

// redirected needs no fake: the suite itself answers the write with a redirect to the very same address.
func redirected(s *session) {
	s.detour.Store(true)
	a := s.publish(s.ctx, 1)
	s.holds(a, 0)
	if a.err == nil {
		s.failf("Publish reported success for a redirect")
	}
}

func slowSuccess(s *session) {
	if !s.script("slow-success") {
		return
	}
	a := s.publish(s.ctx, 1)
	s.holds(a, 1)
	if a.err != nil && a.err.Outcome != govmedia.Applied {
		s.failf("the error says %q, want a receipt or %q: %v", word(a.err.Outcome), word(govmedia.Applied), a.err)
	}
}

// refusalCases are about a platform that says no.
func refusalCases() []testCase {
	const wait = 37 * time.Second
	return []testCase{
		{"429-seconds", "A 429 applied nothing; its Retry-After in seconds is how long to wait.",
			throttled(Fault{Name: "429", Times: 1, RetryAfter: wait})},
		{"429-date", "A 429 applied nothing; its Retry-After as a date is how long to wait.",
			throttled(Fault{Name: "429", Times: 1, RetryAfter: wait, RetryAfterDate: true})},
		{"429-none", "A 429 without Retry-After applied nothing; how long to wait is left to the engine.",
			throttled(Fault{Name: "429", Times: 1})},
		{"token-expired", "An expired token applied nothing; the account has to be connected again.",
			refusal("token-expired", govmedia.KindUnauthorized, govmedia.Reauthorize)},
		{"token-revoked", "A revoked token applied nothing; the account has to be connected again.",
			refusal("token-revoked", govmedia.KindUnauthorized, govmedia.Reauthorize)},
		{"captcha", "A check that only a person can pass applied nothing and goes to a person.",
			refusal("captcha", govmedia.KindChallenge, govmedia.Human)},
		{"duplicate", "A refusal as a repetition has KindDuplicate: after an unknown attempt it is evidence.", duplicate},
	}
}

func throttled(f Fault) func(*session) {
	return func(s *session) {
		if !s.scriptFault(f) {
			return
		}
		a := s.publish(s.ctx, 1)
		s.failed(a, govmedia.NotApplied, govmedia.RetryAfter, 0)
		if a.err == nil {
			return
		}
		if a.err.Kind != govmedia.KindRateLimited {
			s.failf("the kind is %q, want %q", a.err.Kind, govmedia.KindRateLimited)
		}
		off := (a.err.RetryAfter - f.RetryAfter).Abs()
		if off > time.Second || (off > 0 && !f.RetryAfterDate) { // a date has whole seconds only
			s.failf("RetryAfter is %v, the platform said %v", a.err.RetryAfter, f.RetryAfter)
		}
	}
}

func refusal(fault string, kind govmedia.Kind, remedy govmedia.Remedy) func(*session) {
	return func(s *session) {
		if !s.script(fault) {
			return
		}
		a := s.publish(s.ctx, 1)
		s.failed(a, govmedia.NotApplied, remedy, 0)
		if a.err != nil && a.err.Kind != kind {
			s.failf("the kind is %q, want %q: %v", a.err.Kind, kind, a.err)
		}
	}
}

func duplicate(s *session) {
	if !s.script("duplicate") {
		return
	}
	a := s.publish(s.ctx, 1)
	s.holds(a, 0)
	if a.err != nil && a.err.Kind != govmedia.KindDuplicate {
		s.failf("the kind is %q, want %q: %v", a.err.Kind, govmedia.KindDuplicate, a.err)
	}
}

// limitCases are about the declared limits.
func limitCases() []testCase {
	return []testCase{
		{"text-at-limit", "A text of exactly the declared length is accepted.", textAtLimit},
		{"text-over-limit", "A text one unit over the declared length is refused before anything is sent.", textOverLimit},
	}
}

// filler is one Chinese character, the unit in which the longest part of a text is filled up.
const filler = "字"

// longest puts filler in front of a text until the declared limit is reached.
func (s *session) longest() (publish.Rendition, bool) {
	limit, r := s.adapter.Limits().Text, s.h.Rendition(1)
	if limit.Max == 0 {
		s.skipped = "the adapter declares no limit on the text"
		return r, false
	}
	for _, pad := range []string{filler, "a"} { // the letter may be shorter, in bytes or half characters
		for step := limit.Max; step > 0 && limit.Length(r.Text) < limit.Max; {
			if longer := strings.Repeat(pad, step) + r.Text; limit.Length(longer) <= limit.Max {
				r.Text = longer
			} else {
				step /= 2
			}
		}
	}
	if n := limit.Length(r.Text); n != limit.Max {
		s.failf("a text of the declared length %d cannot be made, only one of %d", limit.Max, n)
		return r, false
	}
	return r, true
}

func textAtLimit(s *session) {
	r, ok := s.longest()
	if !ok {
		return
	}
	a := s.submit(s.ctx, r)
	s.holds(a, 1)
	if a.err != nil {
		s.failf("Publish failed: %v", a.err)
	}
}

func textOverLimit(s *session) {
	r, ok := s.longest()
	if !ok {
		return
	}
	r.Text = filler + r.Text
	a := s.submit(s.ctx, r)
	s.failed(a, govmedia.NotApplied, govmedia.Abandon, 0)
	if n := s.requests.Load(); n > 0 {
		s.failf("%d requests reached the platform", n)
	}
}

// sweepCases try every fault in turn and look at one thing only.
func sweepCases() []testCase {
	return []testCase{
		{ruleTyped, "Every error is a *govmedia.Error with a kind; an untyped one would count as unknown.", sweep(ruleTyped)},
		{ruleSecrets, "No token or app secret stands in an error, a receipt or a checkpoint.", sweep(ruleSecrets)},
		{ruleOnce, "One Publish sends the write at most once, whatever the answer: the engine decides what follows.", sweep(ruleOnce)},
	}
}

func sweep(rule string) func(*session) {
	return func(s *session) {
		faults := []string{
			"", "refuse", "hang", "commit-hang", "drop-after-commit", "5xx-before-commit", "5xx-after-commit",
			"4xx-after-commit", "garbage", "slow-success", "429", "duplicate", "captcha", "quota-app", "quota-account",
			"processing", "review", "shadow-drop", "read-down",
			"token-expired", "token-revoked", "account-banned", // last, because they last
		}
		for n, fault := range faults {
			if fault != "" && !s.script(fault) {
				continue
			}
			since := time.Now()
			ctx, cancel := deadline(s)
			a := s.publish(ctx, n)
			cancel()
			if f, ok := s.adapter.(publish.Finder); ok {
				_, _ = s.find(f, s.query(a, since))
			}
			if t, ok := s.adapter.(publish.Tracker); ok && a.receipt != nil {
				_, _ = s.track(t, s.queryOf(a, since))
			}
		}
		s.skipped = ""
		connectionRefused(s)
		s.keep(rule)
	}
}

// keep forgets the problems with other rules, which have cases of their own.
func (s *session) keep(rule string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = slices.DeleteFunc(s.problems, func(p problem) bool {
		return p.rule != rule && p.rule != ruleHarness
	})
}
