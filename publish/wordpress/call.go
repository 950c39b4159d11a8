package wordpress

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
)

// query is one wire call.
type query struct {
	op   string // such as posts.create; names the call in errors
	path string // below /wp-json/wp/v2
	as   user
	form url.Values // in the address
	body any        // of a write, as JSON

	file *publish.Media // of an upload, instead of body
	name string         // what the file is to be called

	remove bool // a deletion
}

func (q *query) write() bool { return q.body != nil || q.file != nil || q.remove }

// user is who calls.
type user struct {
	login    string
	password govmedia.Secret
}

// as returns who calls for an account, and refuses one that cannot.
func as(op string, a account.Account, cred account.Credential) (user, error) {
	switch {
	case a.UID == "" || strings.ContainsAny(a.UID, ":\r\n"):
		return user{}, invalid(op, "the UID of account %q must be the login of a user of the site", a.ID)
	case cred.Access.IsZero():
		e := govmedia.Errorf(govmedia.KindUnauthorized, op, "the credential has no application password; create one on the site's page Profile")
		e.Platform = Platform
		return user{}, e
	}
	return user{a.UID, cred.Access}, nil
}

// call makes the call, once, and reads the answer into a value (developer.wordpress.org/rest-api, read 2026-11-22). The
// password travels in a header, so that no address carries it. The answer's header is returned also with an error.
func (c *Client) call(ctx context.Context, q query, into any) (http.Header, error) {
	var trace wire.Trace
	resp, err := c.send(trace.With(ctx), &q)
	var header http.Header
	var e *govmedia.Error
	if err != nil {
		e = trace.Failed(Platform, q.op, err)
	} else {
		header = resp.Header()
		e = c.read(&q, resp.StatusCode(), header, resp.Body(), into)
	}
	if e == nil {
		return header, nil
	}
	if !q.write() {
		e.Outcome = govmedia.NotApplied
	}
	return header, e
}

func (c *Client) send(ctx context.Context, q *query) (*resty.Response, error) {
	r := c.http.R().SetContext(ctx).SetBasicAuth(q.as.login, q.as.password.Reveal()).SetQueryParamsFromValues(q.form)
	switch {
	case q.remove:
		return r.Delete(q.path)
	case q.file != nil:
		r.SetHeader("Content-Type", q.file.Type).SetHeader("Content-Disposition", `attachment; filename="`+q.name+`"`)
		return r.SetBody(q.file.Data).Post(q.path)
	case q.body != nil:
		return r.SetHeader("Content-Type", "application/json").SetBody(q.body).Post(q.path)
	}
	return r.Get(q.path)
}

// read judges an answer: an error by the site's code and, only where there is none, by its status.
func (c *Client) read(q *query, status int, h http.Header, body []byte, into any) *govmedia.Error {
	if status < 200 || status > 299 {
		var r envelope
		if status >= 400 && json.Unmarshal(body, &r) == nil && r.Code != "" {
			return c.refused(q.op, &r, status, h)
		}
		if status == http.StatusRequestEntityTooLarge { // by a server in front, which passed nothing on
			return &govmedia.Error{
				Platform: Platform, Op: q.op, Kind: govmedia.KindInvalid, Status: status, Outcome: no,
				Err: errors.New("it is too large for the server in front of the site; set MaxUpload and MaxContent to what that takes"),
			}
		}
		return wire.Status(Platform, q.op, status, h, c.cfg.Now())
	}
	err := json.Unmarshal(body, into)
	if _, shape := errors.AsType[*json.UnmarshalTypeError](err); err == nil || shape && q.write() {
		return nil // a write has succeeded if there is an id, whatever else the answer looks like
	}
	return unclear(q.op, status, "the answer is not what the documents describe; a plugin or a notice of PHP may stand in it")
}

// unclear describes an answer that says success and cannot be understood.
func unclear(op string, status int, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Status: status, Err: errors.New(why)}
}

// unreadable is unclear for a read.
func unreadable(op, why string) error {
	e := unclear(op, http.StatusOK, why)
	e.Outcome = govmedia.NotApplied
	return e
}

func invalid(op, format string, args ...any) error {
	e := govmedia.Errorf(govmedia.KindInvalid, op, format, args...)
	e.Platform = Platform
	return e
}

// clocksAgree reports whether the answer's Date, if it has one, is within ClockSkew of our clock.
func (c *Client) clocksAgree(h http.Header) bool {
	date, err := http.ParseTime(strings.TrimSpace(h.Get("Date")))
	return err != nil || c.cfg.Now().Sub(date).Abs() <= c.cfg.ClockSkew+time.Second
}

// perPage is the most that one page of a list has.
const perPage = 100

// walk reads a list to its end, oldest first, and calls visit once for each item; head finds the item's head. Pages are
// not asked for by number, because numbers shift when something is deleted meanwhile: the next one is what is not older
// than the newest that was seen, without those that were. The header is the last answer's.
func walk[T any](ctx context.Context, c *Client, q query, head func(*T) *item, visit func(*T)) (http.Header, error) {
	q.form.Set("order", "asc")
	q.form.Set("per_page", strconv.Itoa(perPage))
	q.form.Set("context", "edit") // shows what is stored, and is refused to strangers, also to those who think they are not
	known := map[number]time.Time{}
	for {
		var page []T
		h, err := c.call(ctx, q, &page)
		if err != nil {
			return nil, err
		}
		if page == nil {
			return nil, unreadable(q.op, "the answer has no list")
		}
		var newest time.Time
		before := len(known)
		for i := range page {
			it := head(&page[i])
			if it.ID == 0 {
				return nil, unreadable(q.op, "something in the list has no id")
			}
			if _, again := known[it.ID]; again {
				continue
			}
			at, _ := it.at()
			known[it.ID] = at
			if at.After(newest) {
				newest = at
			}
			visit(&page[i])
		}
		if len(page) < perPage {
			return h, nil
		}
		if len(known) == before || newest.IsZero() {
			return nil, unreadable(q.op, "the list does not end")
		}
		q.form.Set("after", exclusive(newest))
		q.form.Set("exclude", join(known, newest))
	}
}

// exclusive writes an instant for the parameter after, which leaves out the instant itself.
func exclusive(t time.Time) string { return t.Add(-time.Second).UTC().Format(time.RFC3339) }

// join lists the ids of what has the date or a newer one.
func join(known map[number]time.Time, since time.Time) string {
	var ids []int64
	for id, at := range known {
		if !at.Before(since) {
			ids = append(ids, int64(id))
		}
	}
	slices.Sort(ids)
	return list(ids)
}

func list(ids []int64) string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, formatID(id))
	}
	return strings.Join(out, ",")
}

func formatID(id int64) string {
	if id <= 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func parseID(op, what, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return 0, invalid(op, "the %s %q is none of WordPress", what, id)
	}
	return n, nil
}
