package publishtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// aWhile is longer than the clocks of two machines may differ, and than platforms remember a text.
const aWhile = 90 * time.Minute

// finderCases are about an adapter that can read what it wrote. The first is for every adapter, the others for those
// that implement publish.Finder.
func finderCases() []testCase {
	return []testCase{
		{"finder-finds", "An adapter implements publish.Finder if and only if it works: it finds a post whose answer was lost.", finderFinds},
		{"finder-absent", "Finder reports a post as absent, from a complete reading, when the platform never took it.", withFinder(finderAbsent)},
		{"finder-down", "When the platform cannot be read, Find gives an error: that is no proof of absence.", withFinder(finderDown)},
		{"finder-buried", "A post buried under newer ones is found, or the reading is not complete.", withFinder(finderBuried)},
		{"finder-older", "A post with the same text from long before the attempt is not taken for its trace.", withFinder(finderOlder)},
	}
}

func withFinder(run func(*session, publish.Finder)) func(*session) {
	return func(s *session) {
		f, ok := s.adapter.(publish.Finder)
		if !ok {
			s.skipped = "the adapter does not implement publish.Finder"
			return
		}
		run(s, f)
	}
}

func finderFinds(s *session) {
	f, ok := s.adapter.(publish.Finder)
	if !ok {
		s.failf("the adapter does not implement publish.Finder; if the platform cannot be read, say so in Harness.Skip")
		return
	}
	since := time.Now()
	if a, ok := s.lose(1, "commit-hang", 1); ok {
		s.finds(f, s.query(a, since))
	}
}

// lose publishes the nth text while the fake hangs, and reports whether it now holds as many posts more as wanted.
func (s *session) lose(n int, fault string, held int) (attempt, bool) {
	if !s.script(fault) {
		return attempt{}, false
	}
	ctx, cancel := deadline(s)
	defer cancel()
	a := s.publish(ctx, n)
	s.holds(a, held)
	return a, a.grew == held
}

// fill publishes the texts 1 to n, a second apart, where time costs nothing, so that their order is clear.
func (s *session) fill(n int) bool {
	for i := range n {
		if a := s.publish(s.ctx, i+1); a.err != nil {
			s.failf("Publish failed: %v", a.err)
			return false
		}
		s.pause(time.Second)
	}
	return true
}

// query asks for the trace of an attempt.
func (s *session) query(a attempt, since time.Time) *publish.Query {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := a.submission
	return &publish.Query{
		Operation: sub.Operation, Account: sub.Account, Credential: sub.Credential,
		Rendition: sub.Rendition, Prior: slices.Clone(s.prior[sub.Operation]), Since: since,
	}
}

// find waits until the platform shows what it has accepted, reads it and compares what was found with what is held.
func (s *session) find(f publish.Finder, q *publish.Query) (*publish.Found, *govmedia.Error) {
	time.Sleep(s.adapter.Limits().VisibleWithin)
	ctx, cancel := context.WithTimeout(s.ctx, ample)
	defer cancel()
	before, sent := len(s.h.Posts()), s.creates.Load()
	var found *publish.Found
	var err error
	s.await(ctx, "Find", func() { found, err = f.Find(ctx, q) })
	if s.creates.Load() != sent || len(s.h.Posts()) != before {
		s.breach(ruleOnce, "Find wrote to the platform; it may only read")
	}
	if err != nil {
		return nil, s.typed("Find", err)
	}
	if found == nil {
		s.failf("Find returned neither a reading nor an error")
		return &publish.Found{}, nil
	}
	s.hideSecrets("what Find returned", fmt.Sprintf("%+v", *found))
	for _, r := range found.Receipts {
		if text := s.textOf(r.ID); text != q.Rendition.Text {
			s.failf("Find took the post %q for ours; its text is %q, ours is %q", r.ID, text, q.Rendition.Text)
		}
		if r.Evidence != "" && r.Evidence != govmedia.EvidenceFound {
			s.failf("the evidence of a found receipt is %q, want %q", r.Evidence, govmedia.EvidenceFound)
		}
	}
	return found, nil
}

func (s *session) finds(f publish.Finder, q *publish.Query) {
	found, err := s.find(f, q)
	switch {
	case err != nil:
		s.failf("Find failed: %v", err)
	case len(found.Receipts) != 1:
		s.failf("Find reported %d posts, want the one that the platform holds (complete: %v)", len(found.Receipts), found.Complete)
	}
}

func finderAbsent(s *session, f publish.Finder) {
	if !s.fill(3) { // older posts, so that a reading reaches past the attempt
		return
	}
	s.pause(aWhile)
	since := time.Now()
	a, ok := s.lose(0, "hang", 0)
	if !ok {
		return
	}
	found, err := s.find(f, s.query(a, since))
	switch {
	case err != nil:
		s.failf("Find failed: %v", err)
	case len(found.Receipts) > 0:
		s.failf("Find reported %d posts, the platform holds none", len(found.Receipts))
	case !found.Complete:
		s.failf("the reading is not complete although it reached posts that are older than the attempt")
	}
}

func finderDown(s *session, f publish.Finder) {
	since := time.Now()
	a, ok := s.lose(1, "commit-hang", 1)
	if !ok || !s.scriptFault(Fault{Name: "read-down"}) {
		return
	}
	if found, err := s.find(f, s.query(a, since)); err == nil {
		s.failf("Find reported %d posts (complete: %v) from a platform that cannot be read", len(found.Receipts), found.Complete)
	}
}

func finderBuried(s *session, f publish.Finder) {
	since := time.Now()
	a, ok := s.lose(0, "commit-hang", 1)
	if !ok {
		return
	}
	if !s.fill(30) {
		return
	}
	found, err := s.find(f, s.query(a, since))
	if err == nil && len(found.Receipts) == 0 && found.Complete {
		s.failf("Find calls a reading complete that did not reach the post; the engine would send it again")
	}
}

func finderOlder(s *session, f publish.Finder) {
	if s.live {
		s.skipped = "an old post takes 90 minutes to make where time is real"
		return
	}
	if !s.fill(1) {
		return
	}
	time.Sleep(aWhile)
	since := time.Now()
	a, ok := s.lose(1, "hang", 0)
	if !ok {
		return
	}
	found, err := s.find(f, s.query(a, since))
	if err == nil && len(found.Receipts) > 0 {
		s.failf("Find took a post for the trace that is %v older than the attempt", aWhile)
	}
}
