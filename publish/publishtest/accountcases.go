package publishtest

import (
	"slices"

	"github.com/govmedia/govmedia"
)

// accountCases are about what the app and the account may do.
func accountCases() []testCase {
	return []testCase{
		{"quota-app", "A used-up quota of the app applied nothing and is waited for; no person is called.", quota("quota-app")},
		{"quota-account", "A used-up quota of the account applied nothing and is waited for; no person is called.", quota("quota-account")},
		{"account-banned", "A banned account applied nothing and goes to a person: Forbidden, or Unauthorized where a dead token is all that shows.", banned},
		{"account-renamed", "A renamed account is reached all the same, because it is known by its UID, or a person is told.", changed("account-renamed")},
		{"account-unverified", "An account that lost its verification publishes all the same, or a person is told.", changed("account-unverified")},
	}
}

func quota(fault string) func(*session) {
	return func(s *session) {
		if !s.script(fault) {
			return
		}
		a := s.publish(s.ctx, 1)
		s.failed(a, govmedia.NotApplied, govmedia.RetryAfter, 0)
		if a.err != nil && a.err.RetryAfter < 0 {
			s.failf("RetryAfter is %v: a window that has ended is 0", a.err.RetryAfter)
		}
	}
}

// toPerson asserts that an attempt applied nothing and that a person learns of it.
func (s *session) toPerson(a attempt) {
	s.holds(a, 0)
	if a.err.Outcome != govmedia.NotApplied {
		s.failf("the error says %q, want %q: %v", word(a.err.Outcome), word(govmedia.NotApplied), a.err)
	}
	if kinds := []govmedia.Kind{govmedia.KindForbidden, govmedia.KindUnauthorized, govmedia.KindChallenge}; !slices.Contains(kinds, a.err.Kind) {
		s.failf("the kind is %q, want one of %q: %v", a.err.Kind, kinds, a.err)
	}
}

func banned(s *session) {
	if !s.script("account-banned") {
		return
	}
	a := s.publish(s.ctx, 1)
	if a.err == nil {
		s.failf("Publish reported success for an account that the platform has shut out")
		return
	}
	s.toPerson(a)
}

func changed(fault string) func(*session) {
	return func(s *session) {
		if !s.script(fault) {
			return
		}
		if a := s.publish(s.ctx, 1); a.err != nil {
			s.toPerson(a)
		} else {
			s.holds(a, 1)
		}
	}
}
