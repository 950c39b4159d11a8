package consumer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
)

// request is one wire call.
type request struct {
	op, method, path string
	token            govmedia.Secret
	body             any // bytes as they are, anything else as JSON; nil for none
}

// call makes the call, once. Every error is a *govmedia.Error; that of a call that only reads is NotApplied.
func (c *Client) call(ctx context.Context, q request, into any) (http.Header, error) {
	var t trace
	resp, err := c.send(t.watch(ctx), q)
	var e *govmedia.Error
	var h http.Header
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		e = &govmedia.Error{Platform: Platform, Op: q.op, Kind: govmedia.KindTransport, Outcome: t.outcome(), Err: err}
	} else {
		h = resp.Header
		e = read(q.op, resp, into)
	}
	switch {
	case e == nil:
		return h, nil
	case q.method == http.MethodGet:
		e.Outcome = govmedia.NotApplied
	}
	return h, e
}

func (c *Client) send(ctx context.Context, q request) (*http.Response, error) {
	body, raw := q.body.([]byte)
	if !raw && q.body != nil {
		var err error
		if body, err = json.Marshal(q.body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+q.token.Reveal())
	return c.http.Do(req)
}

// refusals is what the board's codes mean. All of them say that nothing was applied.
var refusals = map[string]govmedia.Kind{
	"token": govmedia.KindUnauthorized, "banned": govmedia.KindForbidden, "captcha": govmedia.KindChallenge, "duplicate": govmedia.KindDuplicate,
	"quota": govmedia.KindRateLimited, "picture": govmedia.KindRejected, "invalid": govmedia.KindInvalid,
}

func read(op string, resp *http.Response, into any) *govmedia.Error {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return unclear(op, resp.StatusCode, "the answer broke off")
	}
	var refusal struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal(body, &refusal) // a gateway's page has no code
	kind, known := refusals[refusal.Code]
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests:
		e := refused(govmedia.KindRateLimited, op, "too many calls")
		e.RetryAfter = retryAfter(resp.Header)
		return e
	case status < 500 && known:
		e := refused(kind, op, "the board says "+refusal.Code)
		e.Code, e.Status = refusal.Code, status
		return e
	case status < 200 || status > 299:
		return unclear(op, status, "an answer that explains nothing")
	case json.Unmarshal(body, into) != nil:
		return unclear(op, status, "success that cannot be read")
	}
	return nil
}

func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(time.Until(at), 0), 24*time.Hour)
	}
	return 0
}

// trace observes one call: did a byte of it leave? It is that of docs/writing-an-adapter.md.
type trace struct {
	late             bool        // the context had ended before the call
	asked, connected atomic.Bool // for a connection; and got one
}

func (t *trace) watch(ctx context.Context) context.Context {
	t.late = ctx.Err() != nil
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
	})
}

func (t *trace) outcome() govmedia.Outcome {
	if !t.connected.Load() && (t.late || t.asked.Load()) {
		return govmedia.NotApplied
	}
	return govmedia.Unknown
}
