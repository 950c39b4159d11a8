package publishtest

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// readingCases are about readings that are harder than they look.
func readingCases() []testCase {
	const minute = time.Minute
	return []testCase{
		{"shadow-drop", "A post that was accepted and is shown to nobody is not found: after VisibleWithin a complete reading says so, " +
			"unless a checkpoint speaks against it.", withFinder(shadowDropped)},
		{"shift-pages", "A list that moves while it is read is never taken for a complete reading that missed the post.", withFinder(shiftingPages)},
		{"clock-minute-behind", "A platform whose clock is a minute behind ours still shows our post as ours.", withFinder(clockOff(-minute))},
		{"clock-minute-ahead", "A platform whose clock is a minute ahead of ours still shows our post as ours.", withFinder(clockOff(minute))},
		{"clock-far-behind", "A platform whose clock is far behind ours never makes our post absent.", withFinder(clockOff(-aWhile))},
		{"clock-far-ahead", "A platform whose clock is far ahead of ours never makes our post absent.", withFinder(clockOff(aWhile))},
	}
}

func shadowDropped(s *session, f publish.Finder) {
	if !s.fill(3) { // older posts, so that a reading reaches past the attempt
		return
	}
	s.pause(aWhile)
	since := time.Now()
	if !s.script("shadow-drop") {
		return
	}
	a := s.publish(s.ctx, 0)
	s.holds(a, 1)
	q := s.query(a, since)
	found, err := s.find(f, q)
	switch {
	case err != nil:
		s.failf("Find failed: %v", err)
	case len(found.Receipts) > 0:
		s.failf("Find reported %d posts, of which the platform shows none", len(found.Receipts))
	case !found.Complete && q.Prior == nil:
		s.failf("the reading is not complete although it reached posts that are older than the attempt")
	}
}

// readMoving reads without counting what the platform holds, which grows by itself while its pages shift.
func (s *session) readMoving(f publish.Finder, q *publish.Query) (*publish.Found, *govmedia.Error) {
	ctx, cancel := context.WithTimeout(s.ctx, ample)
	defer cancel()
	var found *publish.Found
	var err error
	s.await(ctx, "Find", func() { found, err = f.Find(ctx, q) })
	if err != nil {
		return nil, s.typed("Find", err)
	}
	if found == nil {
		found = &publish.Found{}
	}
	return found, nil
}

// shiftingPages buries the post deeper and deeper, so that it stands at every place of a page once.
func shiftingPages(s *session, f publish.Finder) {
	const deepest = 30
	since := time.Now()
	a, ok := s.lose(0, "commit-hang", 1)
	if !ok || !s.scriptFault(Fault{Name: "shift-pages"}) {
		return
	}
	s.pause(s.adapter.Limits().VisibleWithin)
	for n := range deepest {
		if n > 0 {
			if newer := s.publish(s.ctx, n); newer.err != nil {
				s.failf("Publish failed: %v", newer.err)
				return
			}
			s.pause(time.Second)
		}
		found, err := s.readMoving(f, s.query(a, since))
		if err == nil && len(found.Receipts) == 0 && found.Complete {
			s.failf("Find calls a reading complete that missed the post under %d newer ones, because the pages shifted; the engine would send it again", n)
			return
		}
	}
}

func clockOff(by time.Duration) func(*session, publish.Finder) {
	return func(s *session, f publish.Finder) {
		if !s.scriptFault(Fault{Name: "skew", Skew: by}) {
			return
		}
		since := time.Now()
		if !s.script("commit-hang") {
			return
		}
		ctx, cancel := deadline(s)
		defer cancel()
		a := s.publish(ctx, 1)
		if far := by.Abs() >= aWhile; !far {
			s.holds(a, 1)
		}
		if a.grew == 0 { // such as a platform that refuses signatures from another time
			return
		}
		s.pause(2 * by.Abs()) // what the platform does at its own time has happened by ours
		found, err := s.find(f, s.query(a, since))
		switch missed := err != nil || len(found.Receipts) == 0; {
		case missed && err == nil && found.Complete:
			s.failf("Find calls the post absent because the platform's clock is off by %v; the engine would send it again", by)
		case missed && by.Abs() < aWhile:
			s.failf("Find does not find the post although the platform's clock is off by no more than %v (%v)", by.Abs(), err)
		}
	}
}
