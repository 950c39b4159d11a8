package publishtest

import (
	"context"
	"errors"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// refreshCases are about an adapter that renews credentials. When and how often that is done is account.Vault's decision.
func refreshCases() []testCase {
	return []testCase{
		{"refresh-lost", "When the answer of a refresh is lost, its outcome is unknown and the platform was asked once: the vault decides what follows.",
			withRefresher(refreshLost)},
		{"refresh-twice", "A refresh gives a credential that publishes; a refresh token that was used already gives another one, or is KindUnauthorized, " +
			"so that a person connects the account anew.", withRefresher(refreshTwice)},
	}
}

func withRefresher(run func(*session, account.Refresher)) func(*session) {
	return func(s *session) {
		r, ok := s.adapter.(account.Refresher)
		if !ok {
			s.skipped = "the adapter does not implement account.Refresher"
			return
		}
		run(s, r)
	}
}

// refresh asks for a new credential and returns how many requests that took.
func (s *session) refresh(r account.Refresher, old account.Credential) (fresh account.Credential, requests int64, failure *govmedia.Error) {
	ctx, cancel := context.WithTimeout(s.ctx, ample)
	defer cancel()
	before := s.requests.Load()
	var err error
	s.await(ctx, "Refresh", func() { fresh, err = r.Refresh(ctx, old) })
	if err != nil {
		failure = s.typed("Refresh", err)
	}
	return fresh, s.requests.Load() - before, failure
}

func refreshLost(s *session, r account.Refresher) {
	if !s.script("refresh-lost") {
		return
	}
	_, requests, err := s.refresh(r, s.h.Credential)
	if requests != 1 {
		s.failf("one Refresh made %d requests; it is asked once, and the vault decides what follows", requests)
	}
	switch {
	case err == nil:
		s.failf("Refresh reported success although the answer was lost")
	case err.Outcome != govmedia.Unknown:
		s.failf("the error says %q, want %q: the token may be used up: %v", word(err.Outcome), word(govmedia.Unknown), err)
	case err.Kind == govmedia.KindUnauthorized:
		s.failf("the kind is %q: nobody has refused the credential: %v", err.Kind, err)
	}
}

func refreshTwice(s *session, r account.Refresher) {
	old := s.h.Credential
	s.h.Secrets = append(s.h.Secrets, old.Access.Reveal(), old.Refresh.Reveal())
	for n, which := range []string{"a refresh token", "a refresh token that was used already"} {
		fresh, _, err := s.refresh(r, old)
		switch {
		case err != nil && errors.Is(err, account.ErrNoNewer):
			s.skipped = "the platform has no newer credential yet"
			return
		case err != nil && n == 0:
			s.failf("Refresh failed: %v", err)
			return
		case err != nil && (err.Kind != govmedia.KindUnauthorized || err.Outcome != govmedia.NotApplied):
			s.failf("%s gives %q and %q, want %q and %q: a person has to connect the account anew: %v",
				which, err.Kind, word(err.Outcome), govmedia.KindUnauthorized, govmedia.NotApplied, err)
		case err == nil:
			s.renewed(which, old, fresh, n)
		}
	}
}

// renewed asserts that a fresh credential publishes.
func (s *session) renewed(which string, old, fresh account.Credential, n int) {
	if fresh.Refresh.IsZero() {
		fresh.Refresh = old.Refresh // as the vault does
	}
	s.h.Credential = fresh
	if a := s.publish(s.ctx, n); a.err != nil {
		s.failf("%s gives a credential that does not publish: %v", which, a.err)
	} else {
		s.holds(a, 1)
	}
}
