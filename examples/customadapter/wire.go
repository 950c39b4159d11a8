package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
)

const (
	articles  = "/openapi/articles"
	maxAnswer = 1 << 20 // bytes that are read of one answer
)

// request is one wire call.
type request struct {
	op     string // names it in errors
	method string
	path   string
	body   any // of a write; nil for none
	key    govmedia.Secret
}

// call makes the call, once, and reads the answer into a value. Every error is a *govmedia.Error. That of a call that only
// reads is NotApplied.
func (c *Client) call(ctx context.Context, q request, into any) error {
	var t trace
	var e *govmedia.Error
	if resp, err := c.send(t.watch(ctx), q); err == nil {
		e = c.read(q.op, resp, into)
		_ = resp.Body.Close() // it was read, or is of no use
	} else {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address: another platform's may carry a token
		}
		e = &govmedia.Error{Platform: Platform, Op: q.op, Kind: govmedia.KindTransport, Outcome: t.outcome(), Err: err}
	}
	switch {
	case e == nil:
		return nil // and not e, which would be an error that holds nil
	case q.method == http.MethodGet:
		e.Outcome = govmedia.NotApplied
	}
	return e
}

// send signs and sends. The key signs and never travels.
func (c *Client) send(ctx context.Context, q request) (*http.Response, error) {
	var body []byte
	if q.body != nil {
		var err error
		if body, err = json.Marshal(q.body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, q.method, strings.TrimRight(c.cfg.BaseURL, "/")+q.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	at, nonce := strconv.FormatInt(c.cfg.Now().Unix(), 10), rand.Text()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-App-Key", c.cfg.AppKey)
	req.Header.Set("X-Timestamp", at)
	req.Header.Set("X-Nonce", nonce)
	req.Header.Set("X-Signature", sign(q.key.Reveal(), q.method, req.URL.Path, at, nonce, body))
	return c.http.Do(req)
}

// sign is HMAC-SHA256 over method, path, time, nonce and the digest of the body, one a line.
func sign(key, method, path, at, nonce string, body []byte) string {
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(strings.Join([]string{method, path, at, nonce, hex.EncodeToString(digest[:])}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// read judges an answer: trouble of the server before all else, then the platform's own word, then the status.
func (c *Client) read(op string, resp *http.Response, into any) *govmedia.Error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return unclear(op, resp.StatusCode, "the answer broke off")
	}
	var envelope struct {
		Code    string          `json:"code"`
		Article json.RawMessage `json:"article"`
	}
	readable := json.Unmarshal(body, &envelope) == nil
	switch status := resp.StatusCode; {
	case status >= 500:
		return unclear(op, status, "the CMS or something in front of it is in trouble")
	case status == http.StatusTooManyRequests:
		return &govmedia.Error{
			Platform: Platform, Op: op, Kind: govmedia.KindRateLimited, Status: status, Outcome: govmedia.NotApplied,
			RetryAfter: retryAfter(resp.Header, c.cfg.Now()), Err: errors.New("too many calls"),
		}
	case readable && envelope.Code != "" && envelope.Code != "OK":
		return judge(op, status, envelope.Code)
	case status < 200 || status > 299:
		return unclear(op, status, "an answer that is not the CMS's own")
	case !readable || json.Unmarshal(envelope.Article, into) != nil:
		return unclear(op, status, "success that cannot be read")
	}
	return nil
}

// refusal says what one code of the CMS means for us.
type refusal struct {
	kind    govmedia.Kind
	outcome govmedia.Outcome
	means   string
}

// refusals is the one place where codes are judged. What is not here leaves a write unknown.
var refusals = map[string]refusal{
	"ACCEPTED":       {govmedia.KindUnavailable, govmedia.Applied, "taken; it will appear"},
	"SYSTEM":         {govmedia.KindUnavailable, govmedia.Unknown, "something broke; it has been seen on articles that were there"},
	"REPLAYED":       {govmedia.KindUnavailable, govmedia.Unknown, "something on the way sent the call twice, and the first may have been carried out"},
	"BAD_REQUEST":    {govmedia.KindInvalid, govmedia.NotApplied, "a field is wrong"},
	"STALE":          {govmedia.KindForbidden, govmedia.NotApplied, "our clock and the CMS's are too far apart; set ours"},
	"BAD_SIGNATURE":  {govmedia.KindUnauthorized, govmedia.NotApplied, "the key is wrong"},
	"KEY_EXPIRED":    {govmedia.KindUnauthorized, govmedia.NotApplied, "the key has expired; issue another one"},
	"KEY_REVOKED":    {govmedia.KindUnauthorized, govmedia.NotApplied, "the key was revoked; issue another one"},
	"COLUMN_CLOSED":  {govmedia.KindForbidden, govmedia.NotApplied, "the column is closed"},
	"MANUAL_CHECK":   {govmedia.KindChallenge, govmedia.NotApplied, "a person must release this on the CMS's own page"},
	"NUMBER_TAKEN":   {govmedia.KindDuplicate, govmedia.NotApplied, "there is a document of this number"},
	"NO_SUCH_NUMBER": {govmedia.KindNotFound, govmedia.NotApplied, "there is no document of this number"},
	"SENSITIVE":      {govmedia.KindRejected, govmedia.NotApplied, "the CMS refuses a word of the text"},
	"APP_QUOTA":      {govmedia.KindRateLimited, govmedia.NotApplied, "the calls of this hour are used up"},
	"COLUMN_QUOTA":   {govmedia.KindRateLimited, govmedia.NotApplied, "the column's articles of today are used up"},
}

// judge makes an error of a code. The CMS's own message is never quoted: nobody knows what it repeats.
func judge(op string, status int, code string) *govmedia.Error {
	r, known := refusals[code]
	if !known {
		return unclear(op, status, "a code that this adapter does not know")
	}
	return &govmedia.Error{
		Platform: Platform, Op: op, Kind: r.kind, Code: code, Status: status, Outcome: r.outcome, Err: errors.New(r.means),
	}
}

// unclear is an error that leaves a write unknown.
func unclear(op string, status int, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Status: status, Err: errors.New(why)}
}

// refused is an error of something that certainly was not applied.
func refused(kind govmedia.Kind, op, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: kind, Outcome: govmedia.NotApplied, Err: errors.New(why)}
}

// trace observes one call: did a byte of it leave? Use a new one for every call.
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

// outcome is that of a call without an answer. Only evidence makes it NotApplied: the call was too late to begin, or asked
// for a connection and never got one. Whoever reports nothing, such as a transport of another make, proves nothing.
func (t *trace) outcome() govmedia.Outcome {
	if !t.connected.Load() && (t.late || t.asked.Load()) {
		return govmedia.NotApplied
	}
	return govmedia.Unknown
}

// straight returns a copy of the client that follows no redirect, which would take a write to another address.
func straight(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{Timeout: time.Minute}
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// retryAfter reads the header of that name, in seconds or as a date; 0 when it does not say.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(v); err == nil {
		return time.Duration(min(max(seconds, 0), 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), 0), 24*time.Hour)
	}
	return 0
}
