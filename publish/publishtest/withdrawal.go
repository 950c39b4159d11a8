package publishtest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// withdrawalCases are about an adapter that can take down what it published, a publish.Withdrawer.
func withdrawalCases() []testCase {
	return []testCase{
		{"withdraw", "A withdrawal takes the post down and only it, Shown tells before and after, and to withdraw again is success.", withWithdrawer(withdraws)},
		{"withdraw-hang", "A withdrawal that hangs leaves the outcome unknown, and ends with its deadline; Shown tells that the post is there.",
			withWithdrawer(withdrawUnknown("hang", false))},
		{"withdraw-commit-hang", "A withdrawal whose answer is lost leaves the outcome unknown; Shown tells that the post is down.",
			withWithdrawer(withdrawUnknown("commit-hang", true))},
		{"withdraw-5xx", "A gateway's 5xx does not mean that the post is still there.", withWithdrawer(withdrawUnknown("5xx-after-commit", true))},
		{"withdraw-unnamed", "A post whose receipt has no id cannot be taken down: KindUnsupported, and nothing is.", withWithdrawer(withdrawUnnamed)},
		{"withdraw-draft", "Of a draft Shown tells whether it is kept, although no reader ever sees it.", withWithdrawer(withdrawDraft)},
		{"shown-down", "When the platform cannot be read, Shown gives an error: that is no proof that the post is down.", withWithdrawer(shownDown)},
	}
}

func withWithdrawer(run func(*session, publish.Withdrawer)) func(*session) {
	return func(s *session) {
		w, ok := s.adapter.(publish.Withdrawer)
		if !ok {
			s.skipped = "the adapter does not implement publish.Withdrawer"
			return
		}
		run(s, w)
	}
}

// out publishes the nth text and waits until readers see it.
func (s *session) out(n int) (*publish.Query, bool) {
	since := time.Now()
	a := s.publish(s.ctx, n)
	if a.err != nil {
		s.failf("Publish failed: %v", a.err)
		return nil, false
	}
	q := s.query(a, since)
	q.Receipt = a.receipt
	if !s.followed(q) {
		return nil, false
	}
	time.Sleep(s.adapter.Limits().VisibleWithin)
	return q, true
}

// followed waits until the platform has finished with a post that it has accepted.
func (s *session) followed(q *publish.Query) bool {
	t, ok := s.adapter.(publish.Tracker)
	for range 60 {
		if !ok || q.Receipt.Reach != govmedia.ReachSubmitted {
			return true
		}
		time.Sleep(time.Second)
		s.pause(time.Minute)
		r, err := t.Track(s.ctx, q)
		if err != nil {
			s.failf("Track failed: %v", err)
			return false
		}
		q.Receipt = r
	}
	s.failf("the platform is still at work on the post")
	return false
}

// remove takes a post down and holds what the adapter says against what the fake holds.
func (s *session) remove(ctx context.Context, w publish.Withdrawer, q *publish.Query) *govmedia.Error {
	ctx, cancel := context.WithTimeout(ctx, ample)
	defer cancel()
	before, asked := texts(s.h.Posts()), s.removes.Load()
	var err error
	s.await(ctx, "Withdraw", func() { err = w.Withdraw(ctx, q) })
	if n := s.removes.Load() - asked; n > 1 {
		s.breach(ruleOnce, "one Withdraw sent the write %d times; an adapter never repeats it, the engine decides", n)
	}
	after := texts(s.h.Posts())
	for _, text := range before {
		if text != q.Rendition.Text && !slices.Contains(after, text) {
			s.failf("Withdraw took another post down: %q", text)
		}
	}
	there := slices.Contains(after, q.Rendition.Text)
	if err == nil {
		if there {
			s.failf("Withdraw reported success but the platform holds the post")
		}
		return nil
	}
	e := s.typed("Withdraw", err)
	if e.Outcome == govmedia.NotApplied && !there && slices.Contains(before, q.Rendition.Text) {
		s.failf("the error says that nothing was applied but the post is down: %v", e)
	}
	return e
}

// shows reads whether a post is there and holds that against what is wanted.
func (s *session) shows(w publish.Withdrawer, q *publish.Query, want bool) {
	shown, err := s.look(w, q)
	switch {
	case err != nil:
		s.failf("Shown failed: %v", err)
	case shown != want:
		s.failf("Shown says %v, want %v", shown, want)
	}
}

func (s *session) look(w publish.Withdrawer, q *publish.Query) (shown bool, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, ample)
	defer cancel()
	before := len(s.h.Posts())
	s.await(ctx, "Shown", func() { shown, err = w.Shown(ctx, q) })
	if len(s.h.Posts()) != before {
		s.breach(ruleOnce, "Shown changed what the platform holds; it may only read")
	}
	if err != nil {
		return false, s.typed("Shown", err)
	}
	return shown, nil
}

func withdraws(s *session, w publish.Withdrawer) {
	first, ok := s.out(1)
	if !ok {
		return
	}
	second, ok := s.out(2)
	if !ok {
		return
	}
	s.shows(w, first, true)
	for range 2 {
		if err := s.remove(s.ctx, w, first); err != nil {
			s.failf("Withdraw failed: %v", err)
		}
		s.shows(w, first, false)
	}
	s.shows(w, second, true)
}

func withdrawUnknown(fault string, down bool) func(*session, publish.Withdrawer) {
	return func(s *session, w publish.Withdrawer) {
		q, ok := s.out(1)
		if !ok || !s.scriptFault(Fault{Name: fault, Times: 1, Withdrawal: true}) {
			return
		}
		ctx, cancel := deadline(s)
		defer cancel()
		err := s.remove(ctx, w, q)
		switch {
		case err == nil:
			s.failf("Withdraw reported success, want an error that says %q", word(govmedia.Unknown))
		case err.Outcome != govmedia.Unknown:
			s.failf("the error says %q, want %q: %v", word(err.Outcome), word(govmedia.Unknown), err)
		}
		if there := s.textOf(q.Receipt.ID) != ""; there == down {
			s.failf("after the fault the post is there: %v, want %v", there, !down)
		}
		s.shows(w, q, !down)
	}
}

func withdrawUnnamed(s *session, w publish.Withdrawer) {
	q, ok := s.out(1)
	if !ok {
		return
	}
	q.Receipt = &govmedia.Receipt{URL: q.Receipt.URL, At: q.Receipt.At, Evidence: govmedia.EvidencePerson}
	err := s.remove(s.ctx, w, q)
	switch {
	case err == nil:
		s.failf("Withdraw reported success for a post that it cannot name")
	case !errors.Is(err, errors.ErrUnsupported) || err.Outcome != govmedia.NotApplied:
		s.failf("the error is %q and says %q, want %q and %q: %v", err.Kind, word(err.Outcome), govmedia.KindUnsupported, govmedia.NotApplied, err)
	}
	if !slices.Contains(texts(s.h.Posts()), q.Rendition.Text) {
		s.failf("Withdraw took down a post that the receipt does not name")
	}
}

func withdrawDraft(s *session, w publish.Withdrawer) {
	if !slices.Contains(s.adapter.Limits().Reaches, govmedia.ReachDraft) {
		s.skipped = "the adapter makes no drafts"
		return
	}
	since := time.Now()
	r := s.h.Rendition(1)
	r.Want = govmedia.ReachDraft
	sub := s.submission(r)
	receipt, failed := s.call(s.ctx, sub)
	if failed != nil {
		s.failf("Publish failed: %v", failed)
		return
	}
	q := s.query(attempt{submission: sub}, since)
	q.Receipt = receipt
	time.Sleep(s.adapter.Limits().VisibleWithin)
	s.shows(w, q, true)
	if err := s.remove(s.ctx, w, q); err != nil {
		s.failf("Withdraw failed: %v", err)
	}
	s.shows(w, q, false)
}

func shownDown(s *session, w publish.Withdrawer) {
	q, ok := s.out(1)
	if !ok || !s.scriptFault(Fault{Name: "read-down"}) {
		return
	}
	if shown, err := s.look(w, q); err == nil {
		s.failf("Shown says %v of a post on a platform that cannot be read", shown)
	}
}
