package siteproof

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// Reader reads claims from sites. The zero value works and asks the public internet. It is immutable and safe for concurrent
// use.
type Reader struct {
	Lookup    func(ctx context.Context, host string) ([]netip.Addr, error) // nil means the system's resolver
	LookupTXT func(ctx context.Context, name string) ([]string, error)     // likewise
	Allow     []netip.Prefix                                               // addresses that may be asked though they are not public, such as the government's own network
	Ports     []string                                                     // nil means 80 and 443
	RootCAs   *x509.CertPool                                               // nil means the system's
	Timeout   time.Duration                                                // for all of one call, redirects and body included; 0 means 10 s
	MaxBody   int64                                                        // bytes of a page; a longer one is an error; 0 means 1 MiB
	Redirects int                                                          // how many are followed; 0 means 5, a negative number none
}

// Page returns what the page at an http or https address claims. The errors: KindInvalid when the address or the page is not
// what it should be (no name, a port that is not allowed, too long, no HTML, compressed); KindForbidden when the name leads to an address
// that is not public, or a redirect away from the site; KindNotFound and KindUnavailable when the site says so; KindTransport
// when it cannot be reached or is too slow.
func (r Reader) Page(ctx context.Context, address string) ([]verify.SiteClaim, error) {
	const op = "siteproof.page"
	first, err := r.site(address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, 10*time.Second))
	defer cancel()
	transport := r.transport()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(next *http.Request, before []*http.Request) error { return r.follow(first, next, before) }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, first.String(), nil)
	if err != nil {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "%w", err)
	}
	req.Header.Set("User-Agent", "govmedia-siteproof")
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	res, err := client.Do(req)
	if err != nil {
		return nil, typed(op, err)
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return nil, govmedia.Errorf(govmedia.KindNotFound, op, "the site has no such page (status %d): check the address", res.StatusCode)
	case res.StatusCode != http.StatusOK:
		return nil, govmedia.Errorf(govmedia.KindUnavailable, op, "the site answered status %d; try again later or check the address", res.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "text/html" && kind != "application/xhtml+xml" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "the answer is %q and no HTML: give the address of the site's home page", kind)
	}
	if coding := res.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "the answer is compressed (%q) though none was asked for: the site must answer plain HTML to read its claims", coding)
	}
	limited := &limit{r: res.Body, left: cmp.Or(r.MaxBody, 1<<20)}
	claims, err := parse(limited)
	if err != nil {
		return nil, typed(op, err)
	}
	return claims, nil
}

// TXT returns what the TXT records of _govmedia below the site's host claim: those that begin with "govmedia-account=". A
// domain without such a record claims nothing, which is no error. The errors are those of Page.
func (r Reader) TXT(ctx context.Context, host string) ([]verify.SiteClaim, error) {
	const op = "siteproof.txt"
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !hostName(host) {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "%q is no host name", host)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.Timeout, 10*time.Second))
	defer cancel()
	lookup := r.LookupTXT
	if lookup == nil {
		lookup = net.DefaultResolver.LookupTXT
	}
	records, err := lookup(ctx, "_govmedia."+host)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, govmedia.Errorf(govmedia.KindTransport, op, "the records of _govmedia.%s cannot be looked up: %w", host, err)
	}
	var claims []verify.SiteClaim
	for _, record := range records {
		value, ok := strings.CutPrefix(strings.TrimSpace(record), metaName+"=")
		if value = strings.TrimSpace(value); ok && value != "" && len(value) <= mostValue && len(claims) < mostClaims {
			claims = append(claims, verify.SiteClaim{Kind: verify.ClaimTXT, Value: value})
		}
	}
	return claims, nil
}

// site accepts the address of a site, not of a machine: it has a name.
func (r Reader) site(address string) (*url.URL, error) {
	const op = "siteproof.page"
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "the address cannot be read: %w", errors.Unwrap(err))
	}
	port := u.Port()
	switch u.Scheme {
	case "http":
		port = cmp.Or(port, "80")
	case "https":
		port = cmp.Or(port, "443")
	default:
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "%q is neither http nor https", u.Scheme)
	}
	ports := r.Ports
	if ports == nil {
		ports = []string{"80", "443"}
	}
	switch {
	case u.User != nil:
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "the address has a user name in it")
	case !hostName(u.Hostname()):
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "the address has no host name of a site, such as www.shili.example; numbers are none")
	case !slices.Contains(ports, port):
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "port %s is none of %s", port, strings.Join(ports, ", "))
	}
	u.Fragment = ""
	return u, nil
}

// hostName accepts names of at least two labels whose last is no number, which leaves out every way of writing an address.
func hostName(host string) bool {
	labels := strings.Split(strings.TrimSuffix(strings.ToLower(host), "."), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) >= 2 && len(host) <= 253 && strings.ContainsAny(last[:1], "abcdefghijklmnopqrstuvwxyz")
}

// follow allows a redirect that stays on the site: the same host, or one of the two lies below the other, as www does.
func (r Reader) follow(first *url.URL, next *http.Request, before []*http.Request) error {
	const op = "siteproof.page"
	most := cmp.Or(r.Redirects, 5)
	if len(before) > max(most, 0) {
		return govmedia.Errorf(govmedia.KindForbidden, op, "more than %d redirects", max(most, 0))
	}
	u, err := r.site(next.URL.String())
	if err != nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "a redirect leads to what is no site: %w", err)
	}
	from, to := strings.ToLower(first.Hostname()), strings.ToLower(u.Hostname())
	if from != to && !strings.HasSuffix(from, "."+to) && !strings.HasSuffix(to, "."+from) {
		return govmedia.Errorf(govmedia.KindForbidden, op, "a redirect leads from %s to %s, which is another site: give that one's address if it is meant", from, to)
	}
	return nil
}

func (r Reader) transport() *http.Transport {
	return &http.Transport{ // no Proxy: the environment's may be able to reach what we must not ask
		DialContext:            r.dial,
		TLSClientConfig:        &tls.Config{RootCAs: r.RootCAs, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true, // a small answer must not become a large one
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// dial resolves the name once, judges every address, and connects to one of these and nothing else.
func (r Reader) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	lookup := r.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		if err := r.judge(host, a); err != nil {
			return nil, err
		}
	}
	dialer := net.Dialer{Control: func(_, connected string, _ syscall.RawConn) error { return r.control(host, connected) }}
	err = fmt.Errorf("%s has no address", host)
	for _, a := range addrs {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// control judges the address that the kernel is about to connect to.
func (r Reader) control(host, connected string) error {
	at, err := netip.ParseAddrPort(connected)
	if err != nil {
		return err
	}
	return r.judge(host, at.Addr())
}

func (r Reader) judge(host string, a netip.Addr) error {
	allowed := slices.ContainsFunc(r.Allow, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
	if allowed || public(a) {
		return nil
	}
	return govmedia.Errorf(govmedia.KindForbidden, "siteproof.page", "%s leads to %s, which is no address of the public internet; allow its network if it is the government's own", host, a)
}

// limit is an error, not an end, once too much has been read.
type limit struct {
	r    io.Reader
	left int64
}

func (l *limit) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, govmedia.Errorf(govmedia.KindInvalid, "siteproof.page", "the page is too long: give the address of a smaller one, or raise MaxBody")
	}
	return n, err
}

// typed keeps our own errors and calls every other one a failure of the connection. The address, which may have a query,
// is left out.
func typed(op string, err error) error {
	if e, ok := errors.AsType[*govmedia.Error](err); ok {
		return e
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return govmedia.Errorf(govmedia.KindTransport, op, "the site cannot be read: %w", err)
}
