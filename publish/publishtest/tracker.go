package publishtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// trackerCases are about a platform that accepts a post and is not done with it.
func trackerCases() []testCase {
	return []testCase{
		{"tracker", "A receipt of ReachSubmitted comes with publish.Tracker, which follows the post until it is what was wanted.", trackerFollows},
		{"processing", "While the platform is at work on a post, Publish and Track say ReachSubmitted; afterwards what was wanted.", processing},
		{"review-passed", "A post under review is ReachSubmitted, however long that takes; when it has passed, what was wanted.", reviewed("review-pass")},
		{"review-rejected", "A post that a review refuses is a KindRejected error of Track.", reviewed("review-reject")},
		{"review-unheard", "A post under review whose answer was lost is found as ReachSubmitted, or the reading is not complete.", withFinder(reviewUnheard)},
		{"tracker-down", "When the platform cannot be read, Track gives an error that does not pass for the platform's refusal.", trackerDown},
	}
}

// atLast is how often a post is asked about until it must be through.
const atLast = 30

// queryOf asks about a post that was accepted.
func (s *session) queryOf(a attempt, since time.Time) *publish.Query {
	q := s.query(a, since)
	receipt := *a.receipt
	q.Receipt = &receipt
	return q
}

// accepted publishes a text and returns the question about it. It fails the case when the platform is at work, because a
// fault says so, and the receipt does not say that; without a fault it skips the case.
func (s *session) accepted(fault string) (publish.Tracker, *publish.Query) {
	since := time.Now()
	a := s.publish(s.ctx, 1)
	s.holds(a, 1)
	switch {
	case a.err != nil:
		s.failf("Publish failed: %v", a.err)
		return nil, nil
	case a.receipt.Reach != govmedia.ReachSubmitted && fault == "":
		s.skipped = "the platform is done with a post when it answers"
		return nil, nil
	case a.receipt.Reach != govmedia.ReachSubmitted:
		s.failf("the receipt says %q while the platform has not shown the post yet, want %q", a.receipt.Reach, govmedia.ReachSubmitted)
		return nil, nil
	}
	t, ok := s.adapter.(publish.Tracker)
	if !ok {
		s.failf("the receipt says %q and the adapter does not implement publish.Tracker: nobody would ever learn more", a.receipt.Reach)
		return nil, nil
	}
	return t, s.queryOf(a, since)
}

// track asks once and checks what holds for every call.
func (s *session) track(t publish.Tracker, q *publish.Query) (*govmedia.Receipt, *govmedia.Error) {
	ctx, cancel := context.WithTimeout(s.ctx, ample)
	defer cancel()
	before, sent := len(s.h.Posts()), s.creates.Load()
	var r *govmedia.Receipt
	var err error
	s.await(ctx, "Track", func() { r, err = t.Track(ctx, q) })
	if s.creates.Load() != sent || len(s.h.Posts()) != before {
		s.breach(ruleOnce, "Track wrote to the platform; it may only read")
	}
	if err != nil {
		return nil, s.typed("Track", err)
	}
	if r == nil {
		s.failf("Track returned neither a receipt nor an error")
		return q.Receipt, nil
	}
	s.hideSecrets("what Track returned", fmt.Sprintf("%+v", *r))
	return r, nil
}

// working asserts that the post is still being worked on.
func (s *session) working(t publish.Tracker, q *publish.Query) {
	r, err := s.track(t, q)
	switch {
	case err != nil:
		s.failf("Track failed while the platform was at work on the post: %v", err)
	case r.Reach != govmedia.ReachSubmitted:
		s.failf("Track says %q while the platform has not shown the post yet, want %q", r.Reach, govmedia.ReachSubmitted)
	}
}

// shown asserts that the post gets through in the end.
func (s *session) shown(t publish.Tracker, q *publish.Query) {
	want := q.Rendition
	for range atLast {
		r, err := s.track(t, q)
		switch {
		case err != nil:
			s.failf("Track failed: %v", err)
			return
		case r.Reach == govmedia.ReachSubmitted:
			s.pause(time.Minute)
			continue
		}
		if got, want := cmp.Or(r.Reach, govmedia.ReachPublic), cmp.Or(want.Want, govmedia.ReachPublic); got != want {
			s.failf("Track says %q of a post that is through, want %q", got, want)
		}
		if s.textOf(r.ID) != want.Text {
			s.failf("Track names the post %q, which is not the one that was sent", r.ID)
		}
		return
	}
	s.failf("Track still says %q after the platform was asked %d times in as many minutes", govmedia.ReachSubmitted, atLast)
}

func trackerFollows(s *session) {
	if t, q := s.accepted(""); t != nil {
		s.shown(t, q)
	}
}

func processing(s *session) {
	if !s.scriptFault(Fault{Name: "processing", Times: 1, Polls: 3}) {
		return
	}
	if t, q := s.accepted("processing"); t != nil {
		s.working(t, q)
		s.shown(t, q)
	}
}

func reviewed(end string) func(*session) {
	return func(s *session) {
		if !s.script("review") {
			return
		}
		t, q := s.accepted("review")
		if t == nil {
			return
		}
		for range 3 {
			s.working(t, q)
			s.pause(10 * time.Minute) // tokens live for hours
		}
		if !s.script(end) {
			return
		}
		if end == "review-pass" {
			s.shown(t, q)
			return
		}
		r, err := s.track(t, q)
		switch {
		case err == nil:
			s.failf("Track says %q of a post that the review has refused, want an error of kind %q", r.Reach, govmedia.KindRejected)
		case err.Kind != govmedia.KindRejected:
			s.failf("the kind is %q, want %q: %v", err.Kind, govmedia.KindRejected, err)
		}
	}
}

func reviewUnheard(s *session, f publish.Finder) {
	if !s.script("review") {
		return
	}
	since := time.Now()
	a, ok := s.lose(1, "commit-hang", 1)
	if !ok {
		return
	}
	found, err := s.find(f, s.query(a, since))
	switch {
	case err != nil:
	case len(found.Receipts) == 0 && found.Complete:
		s.failf("Find calls a post absent that the platform is reviewing; the engine would send it again")
	case len(found.Receipts) > 0 && found.Receipts[0].Reach != govmedia.ReachSubmitted:
		s.failf("Find says %q of a post that the platform is reviewing, want %q", found.Receipts[0].Reach, govmedia.ReachSubmitted)
	}
}

func trackerDown(s *session) {
	fault := "review"
	if !s.script(fault) {
		fault, s.skipped = "", ""
	}
	t, q := s.accepted(fault)
	if t == nil || !s.scriptFault(Fault{Name: "read-down"}) {
		return
	}
	r, err := s.track(t, q)
	switch refused := []govmedia.Kind{govmedia.KindRejected, govmedia.KindInvalid}; {
	case err == nil:
		s.failf("Track says %q of a post on a platform that cannot be read", r.Reach)
	case slices.Contains(refused, err.Kind): // the engine takes both for the end of the post
		s.failf("the kind is %q, which is how a refused post ends: %v", err.Kind, err)
	}
}
