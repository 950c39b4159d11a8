package publishtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
)

// inStudio returns harnesses whose platform is the studio.
func inStudio(build func(*http.Client) publish.Adapter) func(*testing.T) *Harness {
	return func(*testing.T) *Harness {
		s := &studio{title: title}
		return &Harness{
			Handler: s, Adapter: build, Fault: s.script, Posts: s.held,
			Account:    account.Account{ID: "a1", App: app, UID: uid, Name: title},
			Credential: account.Credential{Account: "a1", Access: govmedia.NewSecret(token)},
			Rendition:  func(n int) publish.Rendition { return publish.Rendition{Text: fmt.Sprintf("通告第%d号", n)} },
		}
	}
}

func draws(d drawer) func(*http.Client) publish.Adapter {
	return func(c *http.Client) publish.Adapter {
		own := d
		own.client = wire.Client(c)
		return &own
	}
}

// brokenOnStudio are mistakes that only a platform with more than a text shows.
func brokenOnStudio() []broken {
	kind := func(to govmedia.Kind) func(*http.Client) publish.Adapter {
		return draws(drawer{says: func(e *govmedia.Error) { e.Kind = to }})
	}
	reading := func(f func(context.Context, *drawer, *publish.Query) (*publish.Found, error)) func(*http.Client) publish.Adapter {
		return draws(drawer{find: f})
	}
	return []broken{
		{name: "takes a used-up quota for bad content", build: kind(govmedia.KindRejected), cases: map[string]string{
			"quota-app": `the remedy is "abandon", want "retry_after"`, "quota-account": `the remedy is "abandon", want "retry_after"`,
		}},
		{name: "would try a banned account again", build: kind(govmedia.KindUnavailable), cases: map[string]string{"account-banned": `the kind is "unavailable"`}},
		{name: "addresses the account by its name and blames the post", build: draws(drawer{
			as: func(a account.Account) string { return a.Name }, says: func(e *govmedia.Error) { e.Kind = govmedia.KindInvalid },
		}), cases: map[string]string{"account-renamed": `the kind is "invalid"`}},
		{name: "does not say whose post it is and cannot tell why it was refused", build: draws(drawer{
			sent: func(w *work) { w.Author = "" }, says: func(e *govmedia.Error) { e.Kind, e.Outcome = govmedia.KindNotFound, govmedia.Unknown },
		}), cases: map[string]string{"account-unverified": `the kind is "not_found"`}},

		{name: "takes accepted for public", build: draws(drawer{got: func(r *govmedia.Receipt) { r.Reach = "" }}), cases: map[string]string{
			"processing": "while the platform has not shown the post yet", "review-passed": "while the platform has not shown the post yet",
		}},
		{name: "says submitted and has no Tracker", build: func(c *http.Client) publish.Adapter {
			return deaf{draws(drawer{got: func(r *govmedia.Receipt) { r.Reach = govmedia.ReachSubmitted }})(c)}
		}, cases: map[string]string{"tracker": "does not implement publish.Tracker"}},
		{name: "Tracker that is never through", build: draws(drawer{
			got: func(r *govmedia.Receipt) { r.Reach = govmedia.ReachSubmitted },
			track: func(_ *drawer, w work, _ error) (*govmedia.Receipt, error) {
				return &govmedia.Receipt{ID: w.ID, Reach: govmedia.ReachSubmitted}, nil
			},
		}), cases: map[string]string{"tracker": "was asked 30 times", "processing": "was asked 30 times", "review-passed": "was asked 30 times"}},
		{name: "Tracker that takes every answer for the end", build: draws(drawer{track: func(_ *drawer, w work, err error) (*govmedia.Receipt, error) {
			return &govmedia.Receipt{ID: w.ID, Reach: govmedia.ReachPublic}, err
		}}), cases: map[string]string{
			"processing": "while the platform has not shown", "review-passed": "while the platform has not shown",
			"review-rejected": "of a post that the review has refused",
		}},
		{name: "Tracker that takes trouble for a refusal", build: draws(drawer{track: func(_ *drawer, w work, err error) (*govmedia.Receipt, error) {
			if err != nil {
				return nil, govmedia.Errorf(govmedia.KindRejected, "works", "refused")
			}
			return tracked(w, nil)
		}}), cases: map[string]string{"tracker-down": "which is how a refused post ends"}},

		{name: "Finder that sees what is shown only", build: reading(func(ctx context.Context, d *drawer, q *publish.Query) (*publish.Found, error) {
			found, err := d.read(ctx, q, tolerance)
			if err == nil && len(found.Receipts) > 0 && found.Receipts[0].Reach == govmedia.ReachSubmitted {
				found.Receipts = nil
			}
			return found, err
		}), cases: map[string]string{"review-unheard": "absent that the platform is reviewing"}},
		{name: "Finder that believes the answer of Publish", build: reading(func(context.Context, *drawer, *publish.Query) (*publish.Found, error) {
			return &publish.Found{Receipts: []govmedia.Receipt{{ID: "103"}}, Complete: true}, nil
		}), cases: map[string]string{"shadow-drop": "of which the platform shows none"}},
		{name: "Finder that counts to the total", build: reading(countsToTotal), cases: map[string]string{"shift-pages": "because the pages shifted"}},
		{name: "Finder that trusts two clocks to agree", build: reading(func(ctx context.Context, d *drawer, q *publish.Query) (*publish.Found, error) {
			l, _, err := d.list(ctx, q, 0, tolerance)
			found := &publish.Found{Complete: true}
			d.look(found, l, q, q.Since)
			return found, err
		}), cases: map[string]string{
			"clock-minute-behind": "calls the post absent because", "clock-far-behind": "calls the post absent because",
		}},
		{name: "Finder that takes no post from the future", build: reading(func(ctx context.Context, d *drawer, q *publish.Query) (*publish.Found, error) {
			l, _, err := d.list(ctx, q, 0, tolerance)
			found, past := &publish.Found{Complete: true}, list{}
			for _, w := range l.Works {
				if w.At.Before(q.Since.Add(30 * time.Second)) {
					past.Works = append(past.Works, w)
				}
			}
			d.look(found, past, q, q.Since.Add(-tolerance))
			return found, err
		}), cases: map[string]string{
			"clock-minute-ahead": "calls the post absent because", "clock-far-ahead": "calls the post absent because",
		}},
	}
}

// countsToTotal asks for as many pages as the first answer promised.
func countsToTotal(ctx context.Context, d *drawer, q *publish.Query) (*publish.Found, error) {
	found := &publish.Found{Complete: true}
	total := 1
	for offset := 0; offset < total; offset += sheet {
		l, _, err := d.list(ctx, q, offset, tolerance)
		if err != nil {
			return nil, err
		}
		if offset == 0 {
			total = l.Total
		}
		d.look(found, l, q, q.Since.Add(-tolerance))
	}
	return found, nil
}

func TestP16_CorrectAdapterPassesOnTheStudio(t *testing.T) { Run(t, inStudio(draws(drawer{}))) }

// What the studio is there for is not skipped, but for what makes no sense where a post is shown at once.
func TestP16_TheStudioHasEveryFault(t *testing.T) {
	for _, c := range slices.Concat(refusalCases(), accountCases(), readingCases(), trackerCases()) {
		if skipped, _ := examine(t, c, inStudio(draws(drawer{}))); skipped != "" && c.name != "tracker" {
			t.Errorf("case %q is skipped: %s", c.name, skipped)
		}
	}
}

func TestP16_BrokenAdaptersAreCaughtOnTheStudio(t *testing.T) {
	for _, b := range brokenOnStudio() {
		for name, says := range b.cases {
			t.Run(b.name+"/"+name, func(t *testing.T) {
				skipped, problems := examine(t, find(t, name), inStudio(b.build))
				if skipped != "" || !strings.Contains(strings.Join(problems, "\n"), says) {
					t.Errorf("not caught: want %q in %q, skipped %q", says, problems, skipped)
				}
			})
		}
	}
}
