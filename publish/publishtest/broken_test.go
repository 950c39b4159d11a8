package publishtest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

func brokenWithdrawers() []broken {
	remove := func(f func(context.Context, *adapter, *publish.Query) error) *wrong { return &wrong{remove: f} }
	shown := func(f func(context.Context, *adapter, *publish.Query) (bool, error)) *wrong { return &wrong{shown: f} }
	return []broken{
		{name: "says that it is down without asking", wrong: remove(func(context.Context, *adapter, *publish.Query) error { return nil }),
			cases: map[string]string{
				"withdraw": "reported success but the platform holds the post", "withdraw-hang": "reported success", "withdraw-unnamed": "reported success",
			}},
		{name: "takes the newest post down", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			var notes []note
			if _, err := a.do(ctx, http.MethodGet, "/posts?", q.Credential, "", &notes); err != nil {
				return err
			}
			other := *q
			other.Receipt = &govmedia.Receipt{ID: notes[len(notes)-1].ID}
			return a.Withdraw(ctx, &other)
		}), cases: map[string]string{"withdraw": "took another post down", "withdraw-unnamed": "reported success"}},
		{name: "takes the second withdrawal for a failure", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			if there, err := a.Shown(ctx, q); err == nil && !there {
				return govmedia.Errorf(govmedia.KindNotFound, "posts", "there is no such post")
			}
			return a.Withdraw(ctx, q)
		}), cases: map[string]string{"withdraw": "Withdraw failed"}},
		{name: "claims that nothing was taken down when the answer is lost", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			err := a.Withdraw(ctx, q)
			if e := govmedia.AsError(err); e != nil {
				e.Outcome = govmedia.NotApplied
				return e
			}
			return nil
		}), cases: map[string]string{
			"withdraw-hang": `says "not_applied", want "unknown"`, "withdraw-commit-hang": "nothing was applied but the post is down",
			"withdraw-5xx": "nothing was applied but the post is down",
		}},
		{name: "withdraws again when the answer is lost", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			if err := a.Withdraw(ctx, q); err == nil || errors.Is(err, errors.ErrUnsupported) {
				return err
			}
			return a.Withdraw(context.WithoutCancel(ctx), q)
		}), cases: map[string]string{"withdraw-commit-hang": "sent the write 2 times", "withdraw-5xx": "sent the write 2 times"}},
		{name: "ignores the context of a withdrawal", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			return a.Withdraw(context.WithoutCancel(ctx), q)
		}), cases: map[string]string{"withdraw-hang": "still running 1s after", "withdraw-commit-hang": "still running 1s after"}},
		{name: "returns a bare error for what it cannot name", wrong: remove(func(ctx context.Context, a *adapter, q *publish.Query) error {
			if q.Receipt.ID == "" {
				return errors.New("no id")
			}
			return a.Withdraw(ctx, q)
		}), cases: map[string]string{"withdraw-unnamed": "bare *errors.errorString"}},
		{name: "takes a platform that is down for one without the post", wrong: shown(func(ctx context.Context, a *adapter, q *publish.Query) (bool, error) {
			there, _ := a.Shown(ctx, q)
			return there, nil
		}), cases: map[string]string{"shown-down": "Shown says false"}},
		{name: "asks the list of public posts for a draft", wrong: shown(func(ctx context.Context, a *adapter, q *publish.Query) (bool, error) {
			found, err := a.Find(ctx, q)
			return err == nil && len(found.Receipts) > 0, err
		}), cases: map[string]string{"withdraw-draft": "Shown says false, want true"}},
		{name: "never tells", wrong: shown(func(context.Context, *adapter, *publish.Query) (bool, error) { return true, nil }),
			cases: map[string]string{"withdraw": "Shown says true, want false", "withdraw-commit-hang": "Shown says true, want false"}},
	}
}

func brokenPictures() []broken {
	return []broken{
		{name: "goes out without its picture", wrong: &wrong{publish: func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
			bare := *s
			bare.Rendition.Media = nil
			return a.Publish(ctx, &bare)
		}}, cases: map[string]string{"picture": "0 pictures, want 1: nobody would know"}},
		{name: "goes out without a picture that is refused", wrong: &wrong{publish: func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
			r, err := a.Publish(ctx, s)
			if _, refused := errors.AsType[*publish.MediaError](err); refused {
				bare := *s
				bare.Rendition.Media = nil
				return a.Publish(ctx, &bare)
			}
			return r, err
		}}, cases: map[string]string{"media-rejected": "reported success"}},
		{name: "does not say which picture it was", wrong: says(always, func(e *govmedia.Error) { e.Err = nil }),
			cases: map[string]string{"media-rejected": "nobody knows which file"}},
		{name: "takes a picture that is refused for an unknown outcome", wrong: says(always, func(e *govmedia.Error) { e.Outcome = govmedia.Unknown }),
			cases: map[string]string{"media-rejected": `says "unknown", want "not_applied"`}},
		{name: "names another picture", wrong: says(always, func(e *govmedia.Error) { e.Err = &publish.MediaError{Digest: "0", Name: "x.png"} }),
			cases: map[string]string{"media-rejected": "none of the post's"}},
	}
}

func brokenRefreshers() []broken {
	refresh := func(f func(context.Context, *adapter, account.Credential) (account.Credential, error)) *wrong {
		return &wrong{refresh: f}
	}
	saying := func(change func(*govmedia.Error)) *wrong {
		return refresh(func(ctx context.Context, a *adapter, c account.Credential) (account.Credential, error) {
			fresh, err := a.Refresh(ctx, c)
			if e := govmedia.AsError(err); e != nil {
				change(e)
				return fresh, e
			}
			return fresh, nil
		})
	}
	return []broken{
		{name: "takes a lost refresh for one that was not made", wrong: saying(notApplied), cases: map[string]string{"refresh-lost": `says "not_applied", want "unknown"`}},
		{name: "takes a lost refresh for a refusal", wrong: saying(func(e *govmedia.Error) { e.Kind = govmedia.KindUnauthorized }),
			cases: map[string]string{"refresh-lost": "nobody has refused the credential"}},
		{name: "refreshes again when the answer is lost", wrong: refresh(func(ctx context.Context, a *adapter, c account.Credential) (account.Credential, error) {
			fresh, err := a.Refresh(ctx, c)
			if errors.Is(err, govmedia.KindTransport) {
				_, _ = a.Refresh(ctx, c)
			}
			return fresh, err
		}), cases: map[string]string{"refresh-lost": "made 2 requests"}},
		{name: "goes on with the old credential when the answer is lost", wrong: refresh(func(ctx context.Context, a *adapter, c account.Credential) (account.Credential, error) {
			if fresh, err := a.Refresh(ctx, c); err == nil {
				return fresh, nil
			}
			return c, nil
		}), cases: map[string]string{"refresh-lost": "reported success"}},
		{name: "takes a used refresh token for a platform in trouble", wrong: saying(func(e *govmedia.Error) { e.Kind = govmedia.KindUnavailable }),
			cases: map[string]string{"refresh-twice": `gives "unavailable"`}},
		{name: "makes a credential up", wrong: refresh(func(_ context.Context, _ *adapter, c account.Credential) (account.Credential, error) {
			c.Access = govmedia.NewSecret("fresh")
			return c, nil
		}), cases: map[string]string{"refresh-twice": "gives a credential that does not publish"}},
	}
}

func TestWithdrawalCasesSkipWhoCannot(t *testing.T) {
	for _, name := range []string{"withdraw", "shown-down"} {
		skipped, problems := examine(t, find(t, name), harness(func(c *http.Client) publish.Adapter { return deaf{newAdapter(c)} }))
		if skipped != "the adapter does not implement publish.Withdrawer" || len(problems) > 0 {
			t.Errorf("skipped %q, problems %q", skipped, problems)
		}
	}
}
