package publishtest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

var app = account.App{Platform: "simple", Key: "1"}

// adapter speaks to the platform and is correct.
type adapter struct{ client *http.Client }

func newAdapter(c *http.Client) *adapter { return &adapter{client: wire.Client(c)} }

func (*adapter) App() account.App { return app }

func (*adapter) Limits() publish.Limits {
	return publish.Limits{
		Text: verify.TextLimit{Platform: app.Platform, Max: maxRunes, Unit: "字"}, Reaches: []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft},
		Media: publish.MediaLimit{Pictures: 2},
	}
}

func (a *adapter) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := a.Limits().Text.Check(s.Rendition.Text); err != nil {
		return nil, err
	}
	return a.send(ctx, s)
}

func (a *adapter) send(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	form := url.Values{}
	for _, digest := range s.Rendition.Media {
		id, err := a.upload(ctx, s, digest)
		if err != nil {
			return nil, err
		}
		form.Add("picture", id)
	}
	if s.Rendition.Want == govmedia.ReachDraft {
		form.Set("draft", "1")
	}
	var n note
	status, err := a.do(ctx, http.MethodPost, "/posts?"+form.Encode(), s.Credential, s.Rendition.Text, &n)
	if err != nil {
		return nil, err
	}
	fail := func(kind govmedia.Kind, outcome govmedia.Outcome) (*govmedia.Receipt, error) {
		return nil, &govmedia.Error{Platform: app.Platform, Op: "posts", Kind: kind, Code: n.Reason, Status: status, Outcome: outcome}
	}
	switch {
	case n.ID != "":
		r := &govmedia.Receipt{ID: n.ID, At: n.At, Evidence: govmedia.EvidenceResponse}
		if n.Draft {
			r.Reach = govmedia.ReachDraft
		}
		return r, nil
	case n.Reason == "token":
		return fail(govmedia.KindUnauthorized, govmedia.NotApplied)
	case n.Reason == "duplicate":
		return fail(govmedia.KindDuplicate, govmedia.NotApplied)
	case n.Reason == "captcha":
		return fail(govmedia.KindChallenge, govmedia.NotApplied)
	case n.Reason == "later":
		return fail(govmedia.KindUnavailable, govmedia.Applied)
	default:
		return fail(govmedia.KindUnavailable, govmedia.Unknown)
	}
}

func (a *adapter) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	var notes []note
	if _, err := a.do(ctx, http.MethodGet, "/posts?", q.Credential, "", &notes); err != nil {
		return nil, err
	}
	found := &publish.Found{Complete: len(notes) < window}
	for _, n := range notes {
		switch {
		case n.At.Before(q.Since.Add(-time.Minute)):
			found.Complete = true
		case n.Text == q.Rendition.Text:
			found.Receipts = append(found.Receipts, govmedia.Receipt{ID: n.ID, At: n.At, Evidence: govmedia.EvidenceFound})
		}
	}
	return found, nil
}

func (a *adapter) upload(ctx context.Context, s *publish.Submission, digest string) (id string, err error) {
	m, err := s.Media(ctx, digest)
	if err != nil {
		return "", err
	}
	var n note
	status, err := a.do(ctx, http.MethodPost, "/media?", s.Credential, string(m.Data), &n)
	if err == nil && n.ID == "" {
		err = &govmedia.Error{Platform: app.Platform, Op: "media", Kind: govmedia.KindRejected, Code: n.Reason, Status: status}
	}
	return n.ID, publish.MediaFailed(m, err)
}

func (a *adapter) Withdraw(ctx context.Context, q *publish.Query) error {
	if q.Receipt.ID == "" {
		return govmedia.Errorf(govmedia.KindUnsupported, "posts", "the receipt has no id; take it down by hand")
	}
	var n note
	status, err := a.do(ctx, http.MethodDelete, "/posts/"+q.Receipt.ID+"?", q.Credential, "", &n)
	if err == nil && n.ID == "" && n.Reason != "gone" {
		err = &govmedia.Error{Platform: app.Platform, Op: "posts", Kind: govmedia.KindUnavailable, Code: n.Reason, Status: status}
	}
	return err
}

func (a *adapter) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	var n note
	_, err := a.do(ctx, http.MethodGet, "/posts/"+q.Receipt.ID+"?", q.Credential, "", &n)
	return n.ID != "", err
}

func (a *adapter) Refresh(ctx context.Context, c account.Credential) (account.Credential, error) {
	var n note
	path := "/refresh?" + url.Values{"refresh": {c.Refresh.Reveal()}}.Encode()
	status, err := a.do(ctx, http.MethodPost, path, c, "", &n)
	if err == nil && n.ID == "" {
		err = &govmedia.Error{Platform: app.Platform, Op: "refresh", Kind: govmedia.KindUnauthorized, Code: n.Reason, Status: status, Outcome: govmedia.NotApplied}
	}
	c.Access, c.Refresh = govmedia.NewSecret(n.ID), govmedia.NewSecret(n.Text)
	return c, err
}

func (a *adapter) do(ctx context.Context, method, path string, c account.Credential, body string, out any) (int, error) {
	var trace wire.Trace
	address := "http://simple.example" + path + "&token=" + url.QueryEscape(c.Access.Reveal())
	req, err := http.NewRequestWithContext(trace.With(ctx), method, address, strings.NewReader(body))
	if err != nil {
		return 0, govmedia.Errorf(govmedia.KindInternal, "posts", "building the request")
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, trace.Failed(app.Platform, "posts", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return 0, wire.Status(app.Platform, "posts", resp.StatusCode, resp.Header, time.Now())
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return 0, &govmedia.Error{Platform: app.Platform, Op: "posts", Kind: govmedia.KindUnavailable, Status: resp.StatusCode, Err: err}
	}
	return resp.StatusCode, nil
}

// wrong is an adapter that is correct but for what its functions change. It implements publish.Finder.
type wrong struct {
	*adapter
	publish func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error)
	find    func(ctx context.Context, a *adapter, q *publish.Query) (*publish.Found, error)
	remove  func(ctx context.Context, a *adapter, q *publish.Query) error
	shown   func(ctx context.Context, a *adapter, q *publish.Query) (bool, error)
	refresh func(ctx context.Context, a *adapter, c account.Credential) (account.Credential, error)
}

func (w *wrong) Refresh(ctx context.Context, c account.Credential) (account.Credential, error) {
	if w.refresh == nil {
		return w.adapter.Refresh(ctx, c)
	}
	return w.refresh(ctx, w.adapter, c)
}

func (w *wrong) Withdraw(ctx context.Context, q *publish.Query) error {
	if w.remove == nil {
		return w.adapter.Withdraw(ctx, q)
	}
	return w.remove(ctx, w.adapter, q)
}

func (w *wrong) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	if w.shown == nil {
		return w.adapter.Shown(ctx, q)
	}
	return w.shown(ctx, w.adapter, q)
}

func (w *wrong) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if w.publish == nil {
		return w.adapter.Publish(ctx, s)
	}
	return w.publish(ctx, w.adapter, s)
}

func (w *wrong) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	if w.find == nil {
		return w.adapter.Find(ctx, q)
	}
	return w.find(ctx, w.adapter, q)
}

// deaf hides every optional ability of an adapter.
type deaf struct{ publish.Adapter }

// says makes an adapter that reports every error of a kind, or with a code, in other words.
func says(when func(*govmedia.Error) bool, change func(*govmedia.Error)) *wrong {
	return &wrong{publish: func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
		receipt, err := a.Publish(ctx, s)
		e := govmedia.AsError(err)
		if e == nil || !when(e) {
			return receipt, err
		}
		change(e)
		return nil, e
	}}
}

func always(*govmedia.Error) bool { return true }

func kindIs(kind govmedia.Kind) func(*govmedia.Error) bool {
	return func(e *govmedia.Error) bool { return e.Kind == kind }
}

func notApplied(e *govmedia.Error) { e.Outcome = govmedia.NotApplied }

// resend makes an adapter that sends again, under the context that again gives, when an error asks for it.
func resend(when func(*govmedia.Error) bool, again func(context.Context) context.Context) *wrong {
	return &wrong{publish: func(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
		receipt, err := a.Publish(ctx, s)
		if e := govmedia.AsError(err); e != nil && when(e) {
			return a.Publish(again(ctx), s)
		}
		return receipt, err
	}}
}

func leak(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	receipt, err := a.Publish(ctx, s)
	if err != nil {
		address := "http://simple.example/posts?token=" + url.QueryEscape(s.Credential.Access.Reveal())
		return nil, &govmedia.Error{Kind: govmedia.KindTransport, Err: &url.Error{Op: "Post", URL: address, Err: err}}
	}
	return receipt, nil
}

func checkpointLeak(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := s.Checkpoint(ctx, []byte(s.Credential.Access.Reveal())); err != nil {
		return nil, err
	}
	return a.Publish(ctx, s)
}

func bare(ctx context.Context, a *adapter, s *publish.Submission) (*govmedia.Receipt, error) {
	receipt, err := a.Publish(ctx, s)
	if err != nil {
		return nil, errors.New("publishing: " + err.Error())
	}
	return receipt, nil
}

func unsupportedFind(context.Context, *adapter, *publish.Query) (*publish.Found, error) {
	return nil, errors.ErrUnsupported
}

// untitled takes articles and sends their text.
type untitled struct{ *adapter }

func (u untitled) Limits() publish.Limits {
	l := u.adapter.Limits()
	l.Article = true
	return l
}
