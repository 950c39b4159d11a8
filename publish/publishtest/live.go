package publishtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// RunLive checks an adapter against a real server, one subtest for each of [Cases], without a bubble: hangs take real
// seconds, and what would take hours is skipped. Harness.Live is the server's address; Harness.Posts asks it what it
// holds, by other means than the adapter, and must see every post that the suite makes and no others: a mark in the texts
// of Harness.Rendition tells them apart.
//
// A relay stands between the adapter and the server. It plays the faults that a network has (refuse, hang, commit-hang,
// drop-after-commit, 5xx-before-commit, 5xx-after-commit, garbage, 429, read-down); Harness.Fault is asked for the
// others and answers with an error that matches errors.ErrUnsupported for those that it cannot make happen.
func RunLive(t *testing.T, newHarness func(*testing.T) *Harness) {
	t.Helper()
	runAll(t, newHarness, examineLive)
}

func examineLive(t *testing.T, c testCase, newHarness func(*testing.T) *Harness) (skipped string, problems []string) {
	t.Helper()
	h := newHarness(t)
	target, err := url.Parse(h.Live)
	if err != nil || target.Host == "" {
		t.Fatalf("publishtest: a Harness for RunLive needs Live, the address of the server; it is %q", h.Live)
	}
	if err := h.validate(); err != nil {
		t.Fatal(err)
	}
	if reason, skip := h.Skip[c.name]; skip {
		return reason, nil
	}
	s := openLive(t.Context(), h, target)
	defer s.server.Close()
	c.run(s)
	return s.skipped, s.words()
}

func openLive(ctx context.Context, h *Harness, target *url.URL) *session {
	own := *h
	s := newSession(ctx, &own)
	s.live = true
	upstream := &http.Transport{}
	r := &relay{target: target, transport: upstream, creates: own.creates, withdraws: own.withdraws}
	server := httptest.NewServer(s.counted(r))
	own.Fault = func(f Fault) error {
		if r.script(f) {
			return nil
		}
		return h.Fault(f)
	}
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}}
	s.adapter = h.Adapter(&http.Client{Transport: transport})
	s.server = closer(func() {
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
		upstream.CloseIdleConnections()
	})
	return s
}

type closer func()

func (c closer) Close() { c() }

// relay passes requests on to a real server and plays the faults of a network.
type relay struct {
	target    *url.URL
	transport http.RoundTripper
	creates   func(*http.Request) bool
	withdraws func(*http.Request) bool

	mu     sync.Mutex
	faults []Fault
}

// script takes a fault, and reports false for one that is not the network's.
func (r *relay) script(f Fault) bool {
	network := []string{
		"refuse", "hang", "commit-hang", "drop-after-commit", "5xx-before-commit", "5xx-after-commit", "garbage", "429", "read-down",
	}
	if !slices.Contains(network, f.Name) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f)
	return true
}

// next takes the fault for a request, if there is one.
func (r *relay) next(req *http.Request) Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.faults {
		f := &r.faults[i]
		writes := r.creates
		if f.Withdrawal {
			writes = r.withdraws
		}
		if reads := f.Name == "read-down"; reads == writes(req) {
			continue
		}
		now := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				r.faults = slices.Delete(r.faults, i, i+1)
			}
		}
		return now
	}
	return Fault{}
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body) // also lets the server notice when the client leaves
	if err != nil {
		return
	}
	f := r.next(req)
	switch f.Name {
	case "refuse":
		panic(http.ErrAbortHandler)
	case "hang":
		<-req.Context().Done()
		return
	case "5xx-before-commit", "read-down":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
		return
	case "429":
		if f.RetryAfterDate {
			w.Header().Set("Retry-After", time.Now().Add(f.RetryAfter).UTC().Format(http.TimeFormat))
		} else if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
		http.Error(w, "<html>slow down</html>", http.StatusTooManyRequests)
		return
	}
	answer, err := r.forward(req, body)
	switch {
	case f.Name == "commit-hang":
		<-req.Context().Done()
		return
	case err != nil || f.Name == "drop-after-commit":
		panic(http.ErrAbortHandler)
	case f.Name == "5xx-after-commit":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
		return
	case f.Name == "garbage":
		answer.body = answer.body[:len(answer.body)/2]
	}
	for name, values := range answer.header {
		if name != "Content-Length" && name != "Connection" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body) // the client may have left
}

type relayed struct {
	status int
	header http.Header
	body   []byte
}

// forward makes the request in full, whether or not the client waits for it: what has arrived is carried out.
func (r *relay) forward(req *http.Request, body []byte) (*relayed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), time.Minute)
	defer cancel()
	address := *req.URL
	address.Scheme, address.Host = r.target.Scheme, r.target.Host
	address.Path = strings.TrimRight(r.target.Path, "/") + req.URL.Path
	out, err := http.NewRequestWithContext(ctx, req.Method, address.String(), bytes.NewReader(body)) //nolint:gosec // the host is the harness's
	if err != nil {
		return nil, err
	}
	out.Header = req.Header.Clone()
	out.Header.Del("Accept-Encoding") // the transport asks for its own and undoes it
	resp, err := r.transport.RoundTrip(out)
	if err != nil {
		return nil, fmt.Errorf("publishtest: relay: %w", err)
	}
	answer, err := io.ReadAll(resp.Body)
	return &relayed{resp.StatusCode, resp.Header, answer}, errors.Join(err, resp.Body.Close())
}
