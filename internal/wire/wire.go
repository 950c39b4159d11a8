// Package wire tells, for one HTTP call, whether a byte of it may have reached the other side, and turns what happened
// into a govmedia.Error. The line is observed with net/http/httptrace and never guessed from the text of an error.
package wire

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
)

// Trace observes one call.
type Trace struct {
	asked, connected atomic.Bool // for a connection; and got one
	late             bool        // the context had ended before the call
}

// With returns a context under which a request reports to the trace. Use a new Trace for every call.
func (t *Trace) With(ctx context.Context) context.Context {
	t.late = ctx.Err() != nil
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
	})
}

// MayHaveLeft reports whether a byte of the request may have left. It is false only on evidence: the context had ended
// before the call, or a connection was asked for and never obtained. A transport that reports nothing, such as one that
// is not net/http's, is given no benefit of the doubt. The line is drawn at the connection and not where net/http says
// that headers were written, because headers are buffered and long ones may be flushed before that.
func (t *Trace) MayHaveLeft() bool {
	return t.connected.Load() || !t.late && !t.asked.Load()
}

// Outcome is the outcome of a write that ended without a readable answer.
func (t *Trace) Outcome() govmedia.Outcome {
	if t.MayHaveLeft() {
		return govmedia.Unknown
	}
	return govmedia.NotApplied
}

// Failed describes a call that ended without an answer. The address is stripped from the cause, because it may carry
// a token.
func (t *Trace) Failed(platform, op string, err error) *govmedia.Error {
	for u, ok := errors.AsType[*url.Error](err); ok; u, ok = errors.AsType[*url.Error](err) {
		err = u.Err // a proxy's error may hold an address inside an error with an address
	}
	return &govmedia.Error{Platform: platform, Op: op, Kind: govmedia.KindTransport, Outcome: t.Outcome(), Err: err}
}

// Status describes an answer of a gateway or server that the platform's own error format does not explain.
// A 429 was refused before any work; every other status leaves a write unknown.
func Status(platform, op string, status int, header http.Header, now time.Time) *govmedia.Error {
	e := &govmedia.Error{Platform: platform, Op: op, Status: status, Kind: govmedia.KindUnavailable}
	if status == http.StatusTooManyRequests {
		e.Kind, e.Outcome, e.RetryAfter = govmedia.KindRateLimited, govmedia.NotApplied, RetryAfter(header, now)
	}
	return e
}

// RetryAfter reads the header of that name, given as seconds or as an HTTP date. It is 0 when absent, unreadable or
// past, and at most one day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	d := time.Duration(0)
	if s, err := strconv.Atoi(v); err == nil || errors.Is(err, strconv.ErrRange) { // out of range s is the nearest int
		d = time.Duration(max(0, min(s, 24*60*60))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		d = at.Sub(now)
	}
	return max(0, min(d, 24*time.Hour))
}

// Client returns a copy of c, or of a new client when c is nil, that follows no redirect: a redirect would send a
// write, and its token, a second time to another address.
func Client(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{Timeout: time.Minute}
	}
	safe := *c
	safe.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &safe
}
