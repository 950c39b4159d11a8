package publishtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

// tolerance is how far the studio's clock may be off.
const tolerance = 5 * time.Minute

// drawer speaks to the studio and is correct, but for what its fields change.
type drawer struct {
	client *http.Client
	as     func(account.Account) string                                           // nil for the UID
	sent   func(*work)                                                            // changes what is sent
	says   func(*govmedia.Error)                                                  // changes what is said of a refusal
	got    func(*govmedia.Receipt)                                                // changes the receipt of Publish
	track  func(*drawer, work, error) (*govmedia.Receipt, error)                  // instead of tracked
	find   func(context.Context, *drawer, *publish.Query) (*publish.Found, error) // instead of read
}

func (*drawer) App() account.App { return app }

func (*drawer) Limits() publish.Limits {
	return publish.Limits{Text: verify.TextLimit{Platform: app.Platform, Max: maxRunes, Unit: "字"}}
}

func (d *drawer) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := d.Limits().Text.Check(s.Rendition.Text); err != nil {
		return nil, err
	}
	w := work{Text: s.Rendition.Text, Author: s.Account.UID}
	if d.as != nil {
		w.Author = d.as(s.Account)
	}
	if d.sent != nil {
		d.sent(&w)
	}
	held, status, err := d.do(ctx, http.MethodPost, "", s.Credential, w)
	if err == nil && held.ID == "" {
		err = refusalOf(held.Reason, status)
	}
	if err != nil {
		e := govmedia.AsError(err)
		if d.says != nil {
			d.says(e)
		}
		return nil, e
	}
	r := &govmedia.Receipt{ID: held.ID, At: held.At, Reach: reachOf(held.State)}
	if d.got != nil {
		d.got(r)
	}
	return r, nil
}

func refusalOf(reason string, status int) *govmedia.Error {
	e := &govmedia.Error{Platform: app.Platform, Op: "works", Code: reason, Status: status, Outcome: govmedia.NotApplied}
	switch reason {
	case "token":
		e.Kind = govmedia.KindUnauthorized
	case "duplicate":
		e.Kind = govmedia.KindDuplicate
	case "captcha":
		e.Kind = govmedia.KindChallenge
	case "quota-app", "quota-account":
		e.Kind = govmedia.KindRateLimited
	case "banned", "no such account":
		e.Kind = govmedia.KindForbidden
	case "later":
		e.Kind, e.Outcome = govmedia.KindUnavailable, govmedia.Applied
	default:
		e.Kind, e.Outcome = govmedia.KindUnavailable, govmedia.Unknown
	}
	return e
}

func reachOf(state string) govmedia.Reach {
	if state == "shown" {
		return govmedia.ReachPublic
	}
	return govmedia.ReachSubmitted
}

func (d *drawer) Track(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	w, _, err := d.do(ctx, http.MethodGet, "/"+q.Receipt.ID, q.Credential, nil)
	if d.track != nil {
		return d.track(d, w, err)
	}
	return tracked(w, err)
}

func tracked(w work, err error) (*govmedia.Receipt, error) {
	switch {
	case err != nil:
		return nil, err
	case w.State == "refused":
		return nil, govmedia.Errorf(govmedia.KindRejected, "works", "the studio's review refused it")
	case w.ID == "":
		return nil, govmedia.Errorf(govmedia.KindUnavailable, "works", "the studio does not say")
	}
	return &govmedia.Receipt{ID: w.ID, At: w.At, Reach: reachOf(w.State)}, nil
}

func (d *drawer) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	if d.find != nil {
		return d.find(ctx, d, q)
	}
	return d.read(ctx, q, tolerance)
}

// read looks for a text on every page. Pages may shift between two answers, so that only one page, or one that reaches to
// older posts, is complete.
func (d *drawer) read(ctx context.Context, q *publish.Query, tolerance time.Duration) (*publish.Found, error) {
	found := &publish.Found{}
	for offset := 0; ; offset += sheet {
		l, agrees, err := d.list(ctx, q, offset, tolerance)
		if err != nil {
			return nil, err
		}
		older := d.look(found, l, q, q.Since.Add(-tolerance))
		if older || offset+len(l.Works) >= l.Total || len(l.Works) == 0 {
			found.Complete = agrees && (older || offset == 0)
			return found, nil
		}
	}
}

// look takes what matches, and reports whether the page reaches to something older.
func (d *drawer) look(found *publish.Found, l list, q *publish.Query, earliest time.Time) (older bool) {
	for _, w := range l.Works {
		switch {
		case w.At.Before(earliest):
			older = true
		case w.Text == q.Rendition.Text:
			found.Receipts = append(found.Receipts, govmedia.Receipt{ID: w.ID, At: w.At, Reach: reachOf(w.State)})
		}
	}
	return older
}

func (d *drawer) list(ctx context.Context, q *publish.Query, offset int, tolerance time.Duration) (l list, agrees bool, err error) {
	h, err := d.get(ctx, "?"+url.Values{"offset": {strconv.Itoa(offset)}}.Encode(), q.Credential, &l)
	date, _ := http.ParseTime(h.Get("Date"))
	return l, time.Since(date).Abs() < tolerance, err
}

func (d *drawer) do(ctx context.Context, method, path string, c account.Credential, body any) (w work, status int, err error) {
	status, _, err = d.call(ctx, method, path, c, body, &w)
	return w, status, err
}

func (d *drawer) get(ctx context.Context, path string, c account.Credential, out any) (http.Header, error) {
	_, h, err := d.call(ctx, http.MethodGet, path, c, nil, out)
	return h, err
}

func (d *drawer) call(ctx context.Context, method, path string, c account.Credential, body, out any) (int, http.Header, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return 0, nil, govmedia.Errorf(govmedia.KindInternal, "works", "%w", err)
	}
	var trace wire.Trace
	req, err := http.NewRequestWithContext(trace.With(ctx), method, "http://studio.example/works"+path, bytes.NewReader(data))
	if err != nil {
		return 0, nil, govmedia.Errorf(govmedia.KindInternal, "works", "%w", err)
	}
	req.Header.Set("Authorization", c.Access.Reveal())
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, nil, trace.Failed(app.Platform, "works", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return 0, nil, wire.Status(app.Platform, "works", resp.StatusCode, resp.Header, time.Now())
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return 0, nil, &govmedia.Error{Platform: app.Platform, Op: "works", Kind: govmedia.KindUnavailable, Status: resp.StatusCode, Err: fmt.Errorf("unreadable: %w", err)}
	}
	return resp.StatusCode, resp.Header, nil
}
