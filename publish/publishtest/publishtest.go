package publishtest

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// Harness is one adapter, the fake of its platform, and what the suite needs to know about both. Every case gets its
// own, built inside the case's bubble. Fields are required unless their comment says otherwise.
type Harness struct {
	// Handler is the fake platform. A handler that waits must also watch the request's context. RunLive does not ask
	// for it.
	Handler http.Handler
	// Live is the address of the real server, for RunLive only.
	Live string
	// Adapter returns a new adapter that uses the client for everything it sends. Whatever host it calls, the client
	// reaches Handler.
	Adapter func(client *http.Client) publish.Adapter

	Account    account.Account    // its App is the adapter's
	Credential account.Credential // lets Account publish
	// Secrets are further strings that no error may contain, such as the app's secret. Optional.
	Secrets []string

	// Rendition returns the nth valid text, a different one for every n. It must stay valid when Chinese
	// characters are put in front of it up to the declared limit, and the fake must accept 40 of them in a row.
	Rendition func(n int) publish.Rendition
	// Media loads what a Rendition names by digest. Optional; without it the platform takes no media.
	Media func(ctx context.Context, digest string) (publish.Media, error)
	// Fault scripts the fake. An error matching errors.ErrUnsupported means that it has no such fault: the case is
	// skipped and the error printed. Any other error fails the case.
	Fault func(Fault) error
	// Posts returns what the account has on the platform, in any order, whatever its answers said. What was taken down is
	// not among it.
	Posts func() []Held
	// Creates reports whether a request asks the platform to create the post; it is what may be sent only once.
	// Nil means every request but GET and HEAD. Set it when a post takes several steps. It must not read the body.
	Creates func(*http.Request) bool

	// Withdraws reports whether a request asks the platform to take a post down. Nil means every request but GET and
	// HEAD; only for an adapter that is a publish.Withdrawer.
	Withdraws func(*http.Request) bool
	// Illustrated returns the nth text with a picture. Nil skips the cases about pictures.
	Illustrated func(n int) publish.Rendition

	// Skip names the cases that do not apply, each with a reason to print. Optional.
	Skip map[string]string
}

// Fault is one misbehaviour of the fake. The names are frozen strings. These act on the requests that create a post or, if
// Withdrawal is set, on those that take one down:
//
//	refuse              closes the connection without an answer, holds nothing
//	hang                holds nothing and waits for the client to leave
//	commit-hang         holds the post and waits for the client to leave
//	drop-after-commit   holds the post and closes the connection
//	5xx-before-commit   a gateway's page, holds nothing
//	5xx-after-commit    the same page although it holds the post
//	4xx-after-commit    the platform's own answer for an error of the system, although it holds the post
//	garbage             holds the post and answers 2xx with a body that does not parse
//	slow-success        holds the post and answers in the platform's words for "it will appear later"
//	429                 refuses with status 429 and, unless RetryAfter is 0, a Retry-After header
//	duplicate           refuses the text as a repetition, holds nothing
//	captcha             refuses until a person has passed a check, holds nothing
//	token-expired       refuses because the token has expired
//	token-revoked       refuses because the token was revoked
//	quota-app           refuses in the platform's own words because the app has used up its calls, holds nothing
//	quota-account       likewise because the account has
//	processing          holds the post and works on it for Polls questions what became of it, then shows it
//	review              holds the post for a review that lasts until review-pass or review-reject
//	shadow-drop         holds the post, answers as ever and never shows it to anybody
//
// The last three change what becomes of the post and act beside another fault that changes the answer.
//
// These act elsewhere:
//
//	read-down           a gateway's page, to requests that read
//	shift-pages         after each page of the account's posts another post of somebody's appears in front of them
//	media-rejected      refuses the picture for what it is, in whichever request carries it, holds no post
//	skew                the clock is off by Skew, ahead when positive; in every request
//	refresh-lost        renews the credential and closes the connection, in the request of account.Refresher that uses it up
//
// And these happen at once, as soon as they are scripted; Times means nothing for them:
//
//	review-pass         every post under review is shown
//	review-reject       every post under review is refused
//	account-banned      the platform shuts the account out
//	account-renamed     the account has another name
//	account-unverified  the account has lost its verification (认证)
type Fault struct {
	Name           string
	Withdrawal     bool          // it acts on what takes a post down; "commit" then means that the post is gone
	Times          int           // requests to act on; 0 means every one from now on
	RetryAfter     time.Duration // for 429, whole seconds; 0 means no header
	RetryAfterDate bool          // the header is an HTTP date instead of seconds
	Polls          int           // for processing
	Skew           time.Duration // for skew
}

// Held is a post that the fake holds.
type Held struct {
	ID   string
	Also []string // further ids that a receipt may name it by, such as that of the job that publishes it
	Text string   // the text of the rendition that it was sent as, put together again where the platform keeps it in parts

	// Title and link of the rendition, where the adapter's Limits say that the platform takes articles.
	Title, Link string
	Pictures    int // how many are shown with it; only where Harness.Illustrated is set
}

// Run checks an adapter, one subtest for each of [Cases].
func Run(t *testing.T, newHarness func(*testing.T) *Harness) {
	t.Helper()
	runAll(t, newHarness, examine)
}

func runAll(t *testing.T, newHarness func(*testing.T) *Harness, examine examiner) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			skipped, problems := examine(t, c, newHarness)
			switch {
			case len(problems) > 0:
				t.Errorf("rule: %s\n\t%s", c.rule, strings.Join(problems, "\n\t"))
			case skipped != "":
				t.Skip(skipped)
			}
		})
	}
}

// Cases yields the name of every case and its rule in words, in the order in which they run.
func Cases() iter.Seq2[string, string] {
	return func(yield func(name, rule string) bool) {
		for _, c := range cases() {
			if !yield(c.name, c.rule) {
				return
			}
		}
	}
}

// testCase is one rule and what shows whether an adapter keeps it.
type testCase struct {
	name string
	rule string
	run  func(*session)
}

func cases() []testCase {
	return slices.Concat(
		publishCases(), refusalCases(), refreshCases(), accountCases(), limitCases(), finderCases(), readingCases(), trackerCases(),
		withdrawalCases(), pictureCases(), sweepCases(),
	)
}

// examiner runs one case. It reports problems instead of failing t, so that the suite itself can be tested.
type examiner func(t *testing.T, c testCase, newHarness func(*testing.T) *Harness) (skipped string, problems []string)

// examine runs one case in a bubble of its own.
func examine(t *testing.T, c testCase, newHarness func(*testing.T) *Harness) (skipped string, problems []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		if h.Handler == nil {
			t.Fatal("publishtest: a Harness for Run needs Handler")
		}
		if err := h.validate(); err != nil {
			t.Fatal(err)
		}
		if reason, skip := h.Skip[c.name]; skip {
			skipped = reason
			return
		}
		s := open(t.Context(), h)
		defer s.server.Close()
		c.run(s)
		skipped, problems = s.skipped, s.words()
	})
	return skipped, problems
}

func (h *Harness) validate() error {
	if h.Adapter == nil || h.Rendition == nil || h.Fault == nil || h.Posts == nil {
		return errors.New("publishtest: a Harness needs Adapter, Rendition, Fault and Posts")
	}
	for name, reason := range h.Skip {
		if reason == "" {
			return errors.New("publishtest: Skip gives no reason for case " + name)
		}
		if !slices.ContainsFunc(cases(), func(c testCase) bool { return c.name == name }) {
			return errors.New("publishtest: Skip names the case " + name + ", which does not exist")
		}
	}
	return nil
}
