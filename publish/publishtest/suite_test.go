package publishtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

func harness(build func(*http.Client) publish.Adapter) func(*testing.T) *Harness {
	return func(*testing.T) *Harness {
		p := &platform{}
		return &Harness{
			Handler: p, Adapter: build, Fault: p.script, Posts: p.held,
			Account:    account.Account{ID: "a1", App: app},
			Credential: account.Credential{Account: "a1", Access: govmedia.NewSecret(token), Refresh: govmedia.NewSecret(refreshToken(0))},
			Secrets:    []string{"the app's secret"},
			Creates:    func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/posts" },
			Withdraws:  func(r *http.Request) bool { return r.Method == http.MethodDelete },
			Illustrated: func(n int) publish.Rendition {
				return publish.Rendition{Text: fmt.Sprintf("配图通告第%d号", n), Media: []string{onePicture.Digest()}}
			},
			Media: func(context.Context, string) (publish.Media, error) { return onePicture, nil },
			Rendition: func(n int) publish.Rendition { // title and link are for those who take articles
				return publish.Rendition{Title: "通告", Text: fmt.Sprintf("通告第%d号", n), Link: "https://www.gov.example/n"}
			},
		}
	}
}

var onePicture = publish.Media{Name: "图.png", Type: "image/png", Data: []byte("a picture")}

func correct(c *http.Client) publish.Adapter { return newAdapter(c) }

// broken is an adapter with one mistake, the cases named for it, and a part of what each of them says.
type broken struct {
	name  string
	wrong *wrong
	build func(*http.Client) publish.Adapter // instead of wrong
	cases map[string]string
}

func brokenOutcomes() []broken {
	return []broken{
		{name: "claims that nothing was applied when the connection failed", wrong: says(kindIs(govmedia.KindTransport), notApplied),
			cases: map[string]string{
				"commit-hang": "nothing was applied but", "drop-after-commit": "nothing was applied but",
				"cancel-in-flight": "nothing was applied but", "hang": `says "not_applied", want "unknown"`,
			}},
		{name: "claims that nothing was applied when the platform is in trouble", wrong: says(kindIs(govmedia.KindUnavailable), notApplied),
			cases: map[string]string{
				"5xx-before-commit": `says "not_applied"`, "5xx-after-commit": "nothing was applied but",
				"4xx-after-commit": "nothing was applied but", "garbage": "nothing was applied but", "slow-success": "nothing was applied but",
			}},
		{name: "takes every error for an unknown outcome", wrong: says(always, func(e *govmedia.Error) { e.Outcome = govmedia.Unknown }),
			cases: map[string]string{
				"cancelled-before": `says "unknown"`, "connection-refused": `the remedy is "reconcile", want "retry"`,
				"slow-success": `says "unknown"`, "429-none": `want "not_applied"`,
			}},
		{name: "answers success without asking the platform", wrong: &wrong{publish: inventReceipt},
			cases: map[string]string{"publish": "holds no new post", "cancelled-before": "holds no new post", "refuse": "claims that the post is there"}},
		{name: "shortens the text", wrong: &wrong{publish: shorten},
			cases: map[string]string{"publish": "holds no post with the text", "text-at-limit": "holds no post with the text"}},
		{name: "leaves title and link of an article out", build: func(c *http.Client) publish.Adapter { return untitled{newAdapter(c)} },
			cases: map[string]string{"publish": `under the title "" with the link ""`}},
		{name: "names another post in the receipt", wrong: &wrong{publish: wrongReceipt},
			cases: map[string]string{"publish": `names the post "1"`}},
		{name: "returns neither receipt nor error", wrong: &wrong{publish: nothing},
			cases: map[string]string{"publish": "neither a receipt nor an error"}},
		{name: "mixes up concurrent posts", build: newMixer, cases: map[string]string{"concurrent": "0 times"}},
	}
}

func brokenRefusals() []broken {
	wait := func(f func(time.Duration) time.Duration) *wrong {
		return says(kindIs(govmedia.KindRateLimited), func(e *govmedia.Error) { e.RetryAfter = f(e.RetryAfter) })
	}
	kind := func(from, to govmedia.Kind) *wrong {
		return says(kindIs(from), func(e *govmedia.Error) { e.Kind = to })
	}
	return []broken{
		{name: "takes the wait for milliseconds", wrong: wait(func(d time.Duration) time.Duration { return d / 1000 }),
			cases: map[string]string{"429-seconds": "RetryAfter is 37ms", "429-date": "RetryAfter is 37ms"}},
		{name: "invents a wait", wrong: wait(func(d time.Duration) time.Duration { return max(d, time.Minute) }),
			cases: map[string]string{"429-none": "RetryAfter is 1m0s"}},
		{name: "takes a dead token for a bad request", wrong: kind(govmedia.KindUnauthorized, govmedia.KindInvalid),
			cases: map[string]string{"token-expired": `the kind is "invalid"`, "token-revoked": `the kind is "invalid"`}},
		{name: "would try a captcha again", wrong: kind(govmedia.KindChallenge, govmedia.KindUnavailable),
			cases: map[string]string{"captcha": `the remedy is "retry", want "human"`}},
		{name: "takes a repetition for bad content", wrong: kind(govmedia.KindDuplicate, govmedia.KindRejected),
			cases: map[string]string{"duplicate": `the kind is "rejected"`}},
		{name: "leaves the limit to the platform", wrong: &wrong{publish: unchecked},
			cases: map[string]string{"text-over-limit": "1 requests reached the platform"}},
	}
}

func brokenManners() []broken {
	return []broken{
		{name: "posts twice on timeout", wrong: resend(kindIs(govmedia.KindTransport), context.WithoutCancel),
			cases: map[string]string{"commit-hang": "left 2 posts", "drop-after-commit": "left 2 posts", ruleOnce: "sent the write 2 times"}},
		{name: "retries 5xx", wrong: resend(kindIs(govmedia.KindUnavailable), func(ctx context.Context) context.Context { return ctx }),
			cases: map[string]string{"5xx-after-commit": "left 2 posts", "5xx-before-commit": "sent the write 2 times", ruleOnce: "sent the write 2 times"}},
		{name: "follows redirects", build: func(c *http.Client) publish.Adapter { return &adapter{client: c} },
			cases: map[string]string{"redirect": "sent the write 2 times"}},
		{name: "ignores the context", wrong: &wrong{publish: ignoreContext},
			cases: map[string]string{
				"hang": "still running 1s after", "commit-hang": "still running 1s after",
				"cancel-in-flight": "still running 1s after", "cancelled-before": "1 requests reached the platform",
			}},
		{name: "leaks the token in an error", wrong: &wrong{publish: leak}, cases: map[string]string{ruleSecrets: "an error of Publish contains a secret"}},
		{name: "leaks the token in a checkpoint", wrong: &wrong{publish: checkpointLeak}, cases: map[string]string{ruleSecrets: "a checkpoint contains a secret"}},
		{name: "returns a bare error", wrong: &wrong{publish: bare}, cases: map[string]string{ruleTyped: "bare *errors.errorString"}},
		{name: "returns an error without a kind", wrong: says(always, func(e *govmedia.Error) { e.Kind = "" }),
			cases: map[string]string{ruleTyped: "without a kind"}},
	}
}

func brokenFinders() []broken {
	find := func(f func(context.Context, *adapter, *publish.Query) (*publish.Found, error)) *wrong {
		return &wrong{find: f}
	}
	return []broken{
		{name: "has no Finder", build: func(c *http.Client) publish.Adapter { return deaf{newAdapter(c)} },
			cases: map[string]string{"finder-finds": "does not implement publish.Finder"}},
		{name: "Finder that does not work", wrong: find(unsupportedFind),
			cases: map[string]string{"finder-finds": "Find failed", "finder-absent": "Find failed"}},
		{name: "Finder that never finds", wrong: find(func(context.Context, *adapter, *publish.Query) (*publish.Found, error) {
			return &publish.Found{}, nil
		}), cases: map[string]string{"finder-finds": "Find reported 0 posts", "finder-absent": "not complete"}},
		{name: "Finder that is always complete", wrong: find(func(ctx context.Context, a *adapter, q *publish.Query) (*publish.Found, error) {
			found, err := a.Find(ctx, q)
			if err != nil {
				found = &publish.Found{}
			}
			found.Complete = true
			return found, nil
		}), cases: map[string]string{"finder-down": "complete: true", "finder-buried": "did not reach the post"}},
		{name: "Finder that takes an old post for ours", wrong: find(func(ctx context.Context, a *adapter, q *publish.Query) (*publish.Found, error) {
			old := *q
			old.Since = old.Since.Add(-24 * time.Hour)
			return a.Find(ctx, &old)
		}), cases: map[string]string{"finder-older": "1h30m0s older"}},
		{name: "Finder that takes any post for ours", wrong: find(func(context.Context, *adapter, *publish.Query) (*publish.Found, error) {
			return &publish.Found{Receipts: []govmedia.Receipt{{ID: "100"}}, Complete: true}, nil
		}), cases: map[string]string{"finder-absent": "for ours"}},
	}
}

func inventReceipt(context.Context, *adapter, *publish.Submission) (*govmedia.Receipt, error) {
	return &govmedia.Receipt{ID: "1", At: time.Now()}, nil
}

func nothing(context.Context, *adapter, *publish.Submission) (*govmedia.Receipt, error) {
	return nil, nil
}

func shorten(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	short := *s
	short.Rendition.Text = strings.TrimSuffix(short.Rendition.Text, "号")
	return a.Publish(ctx, &short)
}

func wrongReceipt(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	receipt, err := a.Publish(ctx, s)
	if receipt != nil {
		receipt.ID = "1"
	}
	return receipt, err
}

func unchecked(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	return a.send(ctx, s)
}

func ignoreContext(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	return a.Publish(context.WithoutCancel(ctx), s)
}

// newMixer returns an adapter that keeps the text it is about to send where the next call overwrites it.
func newMixer(c *http.Client) publish.Adapter {
	var mu sync.Mutex
	var text string
	return &wrong{adapter: newAdapter(c), publish: func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
		mu.Lock()
		text = s.Rendition.Text
		mu.Unlock()
		time.Sleep(time.Millisecond) // in the bubble every call gets here first
		mixed := *s
		mu.Lock()
		mixed.Rendition.Text = text
		mu.Unlock()
		return a.Publish(ctx, &mixed)
	}}
}

func allBroken() []broken {
	return slices.Concat(brokenOutcomes(), brokenRefusals(), brokenManners(), brokenFinders(), brokenWithdrawers(), brokenPictures(), brokenRefreshers())
}

func TestP16_CorrectAdapterPasses(t *testing.T) { Run(t, harness(correct)) }

func TestP16_BrokenAdaptersAreCaughtByTheCasesNamedForThem(t *testing.T) {
	for _, b := range allBroken() {
		build := b.build
		if build == nil {
			build = func(c *http.Client) publish.Adapter {
				w := *b.wrong
				w.adapter = newAdapter(c)
				return &w
			}
		}
		for name, says := range b.cases {
			t.Run(b.name+"/"+name, func(t *testing.T) {
				skipped, problems := examine(t, find(t, name), harness(build))
				if skipped != "" || !strings.Contains(strings.Join(problems, "\n"), says) {
					t.Errorf("not caught: want %q in %q, skipped %q", says, problems, skipped)
				}
			})
		}
	}
}

func TestP16_EveryCaseCatchesABrokenAdapter(t *testing.T) {
	caught := map[string]bool{}
	for _, b := range slices.Concat(allBroken(), brokenOnStudio()) {
		for name := range b.cases {
			caught[name] = true
		}
	}
	for name, rule := range Cases() {
		if !caught[name] || rule == "" {
			t.Errorf("case %q: no broken adapter shows that it works, or it has no rule", name)
		}
	}
}

func find(t *testing.T, name string) testCase {
	t.Helper()
	i := slices.IndexFunc(cases(), func(c testCase) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no case %q", name)
	}
	return cases()[i]
}

func TestSkips(t *testing.T) {
	for what, c := range map[string]struct {
		name   string
		change func(*Harness)
		want   string
	}{
		"a reason from the harness": {"captcha", func(h *Harness) { h.Skip = map[string]string{"captcha": "has none"} }, "has none"},
		"a fault that the fake does not know": {"captcha", func(h *Harness) {
			h.Fault = func(Fault) error { return fmt.Errorf("no faults here: %w", errors.ErrUnsupported) }
		}, `the fake has no fault "captcha": no faults here: unsupported operation`},
		"no limit": {"text-at-limit", func(h *Harness) {
			h.Adapter = func(c *http.Client) publish.Adapter { return boundless{newAdapter(c)} }
		}, "the adapter declares no limit on the text"},
		"no Finder": {"finder-down", func(h *Harness) {
			h.Adapter = func(c *http.Client) publish.Adapter { return deaf{newAdapter(c)} }
		}, "the adapter does not implement publish.Finder"},
	} {
		t.Run(what, func(t *testing.T) {
			skipped, problems := examine(t, find(t, c.name), func(t *testing.T) *Harness {
				h := harness(correct)(t)
				c.change(h)
				return h
			})
			if skipped != c.want || len(problems) > 0 {
				t.Errorf("skipped %q, want %q; problems %q", skipped, c.want, problems)
			}
		})
	}
}

type boundless struct{ *adapter }

func (boundless) Limits() publish.Limits { return publish.Limits{} }

func TestHarnessMistakesAreNamed(t *testing.T) {
	for want, change := range map[string]func(*Harness){
		"needs Adapter":        func(h *Harness) { h.Posts = nil },
		"which does not exist": func(h *Harness) { h.Skip = map[string]string{"capcha": "typo"} },
		"gives no reason for":  func(h *Harness) { h.Skip = map[string]string{"captcha": ""} },
	} {
		h := harness(correct)(t)
		change(h)
		if err := h.validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	for name, change := range map[string]func(*Harness){
		"publish": func(h *Harness) { h.Account.App.Key = "2" },
		ruleOnce:  func(h *Harness) { h.Fault = func(Fault) error { return errors.New("bad script") } },
	} {
		_, problems := examine(t, find(t, name), func(t *testing.T) *Harness {
			h := harness(correct)(t)
			change(h)
			return h
		})
		if len(problems) == 0 {
			t.Errorf("case %q does not see the mistake", name)
		}
	}
}
