package wire_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/stretchr/testify/require"
)

const token = "access_token=2.00secret"

// post sends body once and returns the trace, the status and the error of the call.
func post(ctx context.Context, t *testing.T, c *http.Client, base string, body io.Reader) (*wire.Trace, *http.Response, error) {
	t.Helper()
	var trace wire.Trace
	req, err := http.NewRequestWithContext(trace.With(ctx), http.MethodPost, base+"/2/statuses/share.json?"+token, body)
	require.NoError(t, err)
	resp, err := wire.Client(c).Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, resp.Body.Close())
	}
	return &trace, resp, err
}

// listen accepts connections on loopback and hands each to serve.
func listen(t *testing.T, serve func(net.Conn)) (base string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return "http://" + l.Addr().String()
}

func TestTraceOfFailedCalls(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refused := "http://" + free.Addr().String()
	require.NoError(t, free.Close()) // a port that was just free

	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	for _, c := range []struct {
		name string
		base string
		ctx  context.Context
		want govmedia.Outcome
		is   error
	}{
		{"port refused", refused, t.Context(), govmedia.NotApplied, nil},
		{"unknown host", "http://no-such-host.invalid", t.Context(), govmedia.NotApplied, nil},
		{"cancelled before the call", listen(t, hang), cancelled, govmedia.NotApplied, context.Canceled},
		{"TLS never agreed", strings.Replace(listen(t, func(c net.Conn) { _ = c.Close() }), "http:", "https:", 1), t.Context(), govmedia.NotApplied, nil},
		{"dropped at once", listen(t, func(c net.Conn) { _ = c.Close() }), t.Context(), govmedia.Unknown, nil},
		{"dropped after the first byte", listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			_ = c.Close()
		}), t.Context(), govmedia.Unknown, nil},
		{"answer breaks off", listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
			_ = c.Close()
		}), t.Context(), govmedia.Unknown, io.ErrUnexpectedEOF},
		{"answer is not HTTP", listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "it works\r\n\r\n")
			_ = c.Close()
		}), t.Context(), govmedia.Unknown, nil},
		{"no answer", listen(t, hang), t.Context(), govmedia.Unknown, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 300 * time.Millisecond}
			if c.is == nil {
				client.Timeout = 10 * time.Second // far away: the case ends by itself
			}
			trace, _, err := post(c.ctx, t, client, c.base, strings.NewReader("status=hello"))
			require.Error(t, err)
			e := trace.Failed("weibo", "statuses/share", err)
			require.Equal(t, c.want, e.Outcome, "%v", err)
			require.Equal(t, c.want == govmedia.Unknown, trace.MayHaveLeft())
			require.Equal(t, govmedia.KindTransport, e.Kind)
			require.NotContains(t, e.Error(), "secret", "the address carries the token")
			if c.is != nil {
				require.ErrorIs(t, e, c.is)
			}
		})
	}
}

// The server refuses while the body is still on its way: bytes have left, yet the answer says that nothing was done.
func TestTraceOfAnEarlyRefusal(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	for range 20 {
		trace, resp, err := post(t.Context(), t, s.Client(), s.URL, bytes.NewReader(make([]byte, 8<<20)))
		require.True(t, trace.MayHaveLeft())
		if err != nil { // the kernel may report the closed connection before the answer is read
			require.Equal(t, govmedia.Unknown, trace.Failed("weibo", "upload", err).Outcome)
			continue
		}
		e := wire.Status("weibo", "upload", resp.StatusCode, resp.Header, time.Now())
		require.Equal(t, govmedia.NotApplied, e.Outcome)
		require.Equal(t, govmedia.RetryAfter, e.Remedy())
		require.Equal(t, 7*time.Second, e.RetryAfter)
	}
}

// A kept connection that the server has closed meanwhile may have taken the request with it.
func TestTraceOfAKeptConnection(t *testing.T) {
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	_, _, err := post(t.Context(), t, s.Client(), s.URL, strings.NewReader("x"))
	require.NoError(t, err)
	trace, _, err := post(t.Context(), t, s.Client(), s.URL, strings.NewReader("x"))
	require.Error(t, err)
	require.Equal(t, govmedia.Unknown, trace.Outcome())
	require.Equal(t, int32(2), calls.Load(), "net/http must not have sent it again")
}

func TestTraceOfNothing(t *testing.T) {
	var trace wire.Trace
	require.True(t, trace.MayHaveLeft(), "a transport that reports nothing may have sent everything")
	require.Equal(t, govmedia.Unknown, trace.Outcome())
}

func TestTraceOfALateCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var trace wire.Trace
	ctx = trace.With(ctx)
	require.Equal(t, govmedia.NotApplied, trace.Outcome())
	// A transport of somebody else's may go on although its context has ended.
	httptrace.ContextClientTrace(ctx).GotConn(httptrace.GotConnInfo{})
	require.Equal(t, govmedia.Unknown, trace.Outcome())
}

func TestFailedStripsTheAddress(t *testing.T) {
	var trace wire.Trace
	for _, err := range []error{
		&url.Error{Op: "Post", URL: "https://api.weibo.com/?" + token, Err: io.EOF},
		fmt.Errorf("Post https://api.weibo.com/?%s: %w", token, &url.Error{Op: "Post", URL: "/?" + token, Err: io.EOF}),
		errors.Join(&url.Error{Op: "Get", URL: "/?" + token, Err: io.EOF}),
		&url.Error{Op: "Post", URL: "/?" + token, Err: &url.Error{Op: "proxy", URL: "/?" + token, Err: io.EOF}},
	} {
		e := trace.Failed("weibo", "statuses/share", err)
		require.NotContains(t, e.Error(), "secret")
		require.NotContains(t, fmt.Sprintf("%+v", e), "secret")
		require.ErrorIs(t, e, io.EOF, "the cause stays")
		require.Equal(t, "weibo statuses/share: transport: EOF", e.Error())
	}
	require.ErrorIs(t, trace.Failed("weibo", "x", io.ErrClosedPipe), io.ErrClosedPipe)
}

func TestStatus(t *testing.T) {
	for status, want := range map[int]struct {
		kind    govmedia.Kind
		outcome govmedia.Outcome
		remedy  govmedia.Remedy
	}{
		200: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		302: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		400: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		408: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		429: {govmedia.KindRateLimited, govmedia.NotApplied, govmedia.RetryAfter},
		500: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		502: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		503: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
		504: {govmedia.KindUnavailable, govmedia.Unknown, govmedia.Reconcile},
	} {
		e := wire.Status("weibo", "statuses/share", status, http.Header{"Retry-After": {"5"}}, time.Now())
		require.Equal(t, want.kind, e.Kind, status)
		require.Equal(t, want.outcome, e.Outcome, status)
		require.Equal(t, want.remedy, e.Remedy(), status)
		require.Equal(t, status, e.Status)
		if status != 429 {
			require.Zero(t, e.RetryAfter, status)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"1":                              time.Second,
		"120":                            2 * time.Minute,
		"86400":                          day,
		"86401":                          day,
		"9223372036":                     day, // as nanoseconds nearly the largest duration
		"9223372037":                     day, // and just beyond
		"9223372036854775807":            day,
		"9223372036854775808":            day, // no int64 any more, yet clearly long
		"99999999999999999999999999999":  day,
		"-1":                             0,
		"-86400":                         0,
		"-9223372037":                    0, // wraps round when multiplied carelessly
		"-9223372036854775808":           0,
		"-9223372036854775809":           0,
		"1.5":                            0,
		"soon":                           0,
		"1e3":                            0,
		"0x10":                           0,
		"Mon, 02 Mar 2026 09:00:30 GMT":  30 * time.Second,
		"Monday, 02-Mar-26 09:00:30 GMT": 30 * time.Second,
		"Mon Mar  2 09:00:30 2026":       30 * time.Second,
		"Mon, 02 Mar 2026 09:00:00 GMT":  0,
		"Mon, 02 Mar 2026 08:59:59 GMT":  0,
		"Thu, 01 Jan 1970 00:00:00 GMT":  0,
		"Mon, 01 Jan 0001 00:00:00 GMT":  0,
		"Tue, 03 Mar 2026 09:00:00 GMT":  day,
		"Fri, 31 Dec 9999 23:59:59 GMT":  day,
		"2026-03-02T09:00:30Z":           0,
	} {
		require.Equal(t, want, wire.RetryAfter(http.Header{"Retry-After": {value}}, now), "Retry-After: %s", value)
	}
	require.Zero(t, wire.RetryAfter(nil, now))
	require.Equal(t, time.Second, wire.RetryAfter(http.Header{"Retry-After": {"1", "99"}}, now), "the first one counts")
}

func TestClientFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.RedirectHandler(other.URL, status))
		given := s.Client()
		given.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		_, resp, err := post(t.Context(), t, given, s.URL, strings.NewReader("status=hello"))
		require.NoError(t, err)
		require.Equal(t, status, resp.StatusCode, "the redirect itself is the answer")
		s.Close()
	}
	require.Zero(t, elsewhere.Load())
}

func TestClientLeavesTheGivenOneAlone(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13}}
	given := &http.Client{Transport: transport, Jar: jar, Timeout: 3 * time.Second}
	safe := wire.Client(given)

	require.NotSame(t, given, safe)
	require.Nil(t, given.CheckRedirect)
	require.Equal(t, 3*time.Second, given.Timeout)
	require.Same(t, transport, safe.Transport)
	require.Same(t, jar, safe.Jar)
	require.Equal(t, 3*time.Second, safe.Timeout)

	require.Zero(t, wire.Client(&http.Client{}).Timeout, "an integrator who wants no timeout gets none")
	require.Positive(t, wire.Client(nil).Timeout)
	require.NotSame(t, http.DefaultClient, wire.Client(nil))
	require.Nil(t, http.DefaultClient.CheckRedirect)
}
