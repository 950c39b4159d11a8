package weibo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
)

// query is one wire call.
type query struct {
	op    string // such as statuses/share; names the call in errors
	write bool   // POST, and its outcome matters
	token govmedia.Secret
	form  url.Values
	pic   *publish.Media // of a write, sent with the form as multipart; nil sends none
}

func (q *query) auth() bool { return strings.HasPrefix(q.op, "oauth2/") }

func (q *query) path() string {
	if q.auth() {
		return "/" + q.op
	}
	return "/2/" + q.op + ".json"
}

// call makes the call, once, and reads the answer into a value. The token travels in a header, so that no address
// carries one (open.weibo.com/wiki/授权机制, read 2026-11-22). The answer's header is returned also with an error.
func (c *Client) call(ctx context.Context, q query, into any) (http.Header, error) {
	if q.token.IsZero() && !q.auth() {
		e := govmedia.Errorf(govmedia.KindUnauthorized, q.op, "the credential has no access token; connect the account")
		e.Platform = Platform
		return nil, e
	}
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
	if !q.write {
		e.Outcome = govmedia.NotApplied
	}
	return header, e
}

func (c *Client) send(ctx context.Context, q *query) (*resty.Response, error) {
	r := c.http.R().SetContext(ctx)
	if !q.token.IsZero() {
		r.SetHeader("Authorization", "OAuth2 "+q.token.Reveal())
	}
	if q.pic != nil {
		r.SetMultipartField("pic", fileName(q.pic), q.pic.Type, bytes.NewReader(q.pic.Data))
	}
	if q.write {
		return r.SetFormDataFromValues(q.form).Post(q.path())
	}
	return r.SetQueryParamsFromValues(q.form).Get(q.path())
}

// read judges an answer by its body and, only where that says nothing, by its status.
func (c *Client) read(q *query, status int, h http.Header, body []byte, into any) *govmedia.Error {
	var refusal struct {
		Code loose `json:"error_code"`
	}
	readable := json.Unmarshal(body, &refusal) // an array is no refusal, and fails here with a type error
	if code := string(refusal.Code); readable == nil && code != "" && code != "0" {
		_ = json.Unmarshal(body, into) // 20032 may carry the post
		return c.refused(q.op, code, status, h)
	}
	if status < 200 || status > 299 {
		return wire.Status(Platform, q.op, status, h, c.cfg.Now())
	}
	err := json.Unmarshal(body, into)
	if _, shape := errors.AsType[*json.UnmarshalTypeError](err); err == nil || shape && q.write {
		return nil // a write has succeeded if there is an id, whatever else the answer looks like
	}
	return unclear(q.op, status, "the answer is not what the documents describe")
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

// form returns the fields of a write, with the end user's address.
func (c *Client) form(fields ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		f.Set(fields[i], fields[i+1])
	}
	if c.cfg.RealIP != "" {
		f.Set("rip", c.cfg.RealIP)
	}
	return f
}
