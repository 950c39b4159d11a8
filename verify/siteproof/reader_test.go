package siteproof_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
	"github.com/govmedia/govmedia/verify/siteproof"
)

const proof = `<!DOCTYPE html><head><title>示例市人民政府</title><link rel="me" href="https://weibo.com/u/9000000001">
	<meta name="govmedia-account" content="wechat/gh_shili"></head><body><a rel="me" href="https://www.douyin.com/user/77">抖音</a>`

// site serves a handler on loopback under the name www.shili.example; every name leads there unless names says otherwise.
// Loopback is allowed by name, as a government's own network would be; nothing else is.
type site struct {
	siteproof.Reader
	server *httptest.Server
	port   string
	hits   atomic.Int32
	names  map[string]string // host to addresses, separated by blanks
}

func serve(t *testing.T, handler http.HandlerFunc) *site {
	t.Helper()
	s := &site{names: map[string]string{}}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.server.Close)
	u, err := url.Parse(s.server.URL)
	require.NoError(t, err)
	s.port = u.Port()
	s.Reader = siteproof.Reader{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []string{s.port}, Timeout: 10 * time.Second,
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			var all []netip.Addr
			for a := range strings.FieldsSeq(s.names[host]) {
				all = append(all, netip.MustParseAddr(a))
			}
			if s.names[host] == "" {
				all = []netip.Addr{netip.MustParseAddr("127.0.0.1")}
			}
			return all, nil
		},
	}
	return s
}

func (s *site) url(host, path string) string { return "http://" + host + ":" + s.port + path }

func html(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page))
}

func kindOf(t *testing.T, err error) govmedia.Kind {
	t.Helper()
	e, ok := errors.AsType[*govmedia.Error](err)
	require.True(t, ok, "%v is not typed", err)
	return e.Kind
}

func TestV11_SiteNamesTheAccount(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { html(w, proof) })
	claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.NoError(t, err)
	require.Equal(t, []verify.SiteClaim{
		{Kind: verify.ClaimLink, Value: "https://weibo.com/u/9000000001"}, {Kind: verify.ClaimMeta, Value: "wechat/gh_shili"},
		{Kind: verify.ClaimAnchor, Value: "https://www.douyin.com/user/77"},
	}, claims)
	on := func(platform, uid string) account.Account {
		return account.Account{ID: "a1", Name: "示例市发布", UID: uid, App: account.App{Platform: platform}}
	}
	require.Empty(t, verify.SiteProof{}.Check(on("weibo", "9000000001"), "www.shili.example", claims))
	require.Empty(t, verify.SiteProof{}.Check(on("wechat", "gh_shili"), "www.shili.example", claims))
	require.Len(t, verify.SiteProof{}.Check(on("douyin", "77"), "www.shili.example", claims), 1, "an anchor alone is not believed")
	require.Empty(t, verify.SiteProof{Kinds: []verify.SiteClaimKind{verify.ClaimAnchor}}.Check(on("douyin", "77"), "x", claims))
	require.Len(t, verify.SiteProof{}.Check(on("weibo", "9000000002"), "www.shili.example", claims), 2, "and another is named")
}

// What cannot be read says nothing, which is not the same as a site that claims nothing.
func TestV11_CompressedAnswersAreNoSilence(t *testing.T) {
	coding := ""
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", coding)
		html(w, proof)
	})
	for _, coding = range []string{"gzip", "br", "identity, deflate"} {
		_, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
		require.Equal(t, govmedia.KindInvalid, kindOf(t, err), coding)
		require.ErrorContains(t, err, "compressed")
	}
	coding = "Identity"
	claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.NoError(t, err)
	require.Len(t, claims, 3)
}

func TestV11_PrivateAddressesAreRefused(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { html(w, proof) })
	for _, addresses := range []string{
		"127.0.0.2", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"::1", "::", "::ffff:127.0.0.2", "::ffff:192.168.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00::1",
		"127.0.0.1 10.0.0.1", "10.0.0.1 127.0.0.1", // one good address hides no bad one
	} {
		s.names["intranet.shili.example"] = addresses
		_, err := s.Page(t.Context(), s.url("intranet.shili.example", "/"))
		require.Equal(t, govmedia.KindForbidden, kindOf(t, err), addresses)
	}
	require.Zero(t, s.hits.Load(), "nobody was asked")

	closed := s.Reader
	closed.Allow = nil
	_, err := closed.Page(t.Context(), s.url("www.shili.example", "/"))
	require.Equal(t, govmedia.KindForbidden, kindOf(t, err), "loopback is refused unless it is allowed")
	require.Zero(t, s.hits.Load())
}

func TestV11_AddressesThatAreNoSite(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { html(w, proof) })
	for _, address := range []string{
		"", "www.shili.example", "ftp://www.shili.example/", "file:///etc/passwd", "gopher://www.shili.example/", "javascript:alert(1)",
		"http://127.0.0.1/", "http://127.0.0.1:" + s.port + "/", "http://[::1]:" + s.port + "/", "http://[::ffff:127.0.0.1]:" + s.port + "/", "http://2130706433:" + s.port + "/",
		"http://0x7f.0.0.1:" + s.port + "/", "http://127.1:" + s.port + "/", "http://0177.0.0.1:" + s.port + "/", "http://localhost:" + s.port + "/",
		"http://user@www.shili.example:" + s.port + "/", "http://www.shili.example/", "http://www.shili.example:22/", "http://www..example:" + s.port + "/",
		"http://www.shili.example%00.evil.example:" + s.port + "/", "http://" + strings.Repeat("a", 64) + ".example:" + s.port + "/", "http:///x", "http://１２７.０.０.１/",
	} {
		_, err := s.Page(t.Context(), address)
		require.Equal(t, govmedia.KindInvalid, kindOf(t, err), address)
	}
	require.Zero(t, s.hits.Load())
	_, err := siteproof.Reader{}.Page(t.Context(), "http://www.shili.example:8080/")
	require.ErrorContains(t, err, "port 8080 is none of 80, 443")
}

func TestV11_RedirectsToPrivateAddressesAreRefused(t *testing.T) {
	var s *site
	target := ""
	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, target, http.StatusFound)
			return
		}
		html(w, proof)
	})
	s.names["intranet.www.shili.example"] = "10.0.0.1"
	for _, c := range []struct {
		target string
		want   govmedia.Kind
	}{
		{s.url("www.shili.example", "/home"), ""},
		{s.url("cms.www.shili.example", "/home"), ""},
		{s.url("shili.example", "/home"), ""},
		{"/home", ""},
		{s.url("intranet.www.shili.example", "/home"), govmedia.KindForbidden},
		{"http://127.0.0.1:" + s.port + "/home", govmedia.KindForbidden},
		{"http://169.254.169.254/latest/meta-data/", govmedia.KindForbidden},
		{"http://[::1]:" + s.port + "/home", govmedia.KindForbidden},
		{"file:///etc/passwd", govmedia.KindForbidden},
		{"http://www.shili.example:22/", govmedia.KindForbidden},
		{s.url("www.evil.example", "/home"), govmedia.KindForbidden},
		{s.url("evilshili.example", "/home"), govmedia.KindForbidden},
		{"/", govmedia.KindForbidden}, // for ever
	} {
		target = c.target
		claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
		if c.want == "" {
			require.NoError(t, err, c.target)
			require.Len(t, claims, 3)
			continue
		}
		require.Equal(t, c.want, kindOf(t, err), "%s: %v", c.target, err)
	}
	s.hits.Store(0)
	_, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.Error(t, err)
	require.EqualValues(t, 6, s.hits.Load(), "the page and five redirects")
	s.Redirects = -1
	target = "/home"
	_, err = s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.Equal(t, govmedia.KindForbidden, kindOf(t, err))
}

// A name that changes its address between two questions is judged each time, and one question is never connected to another's
// answer.
func TestV11_RebindingGainsNothing(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/again", http.StatusFound)
			return
		}
		html(w, proof)
	})
	asked := 0
	s.Lookup = func(context.Context, string) ([]netip.Addr, error) {
		asked++
		if asked == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
	}
	_, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.Equal(t, govmedia.KindForbidden, kindOf(t, err))
	require.Equal(t, 2, asked, "one question for each connection, and none between judging and connecting")
	require.EqualValues(t, 1, s.hits.Load())
}

func TestV11_SlowSitesAreLeft(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"a body that stops": func(w http.ResponseWriter, r *http.Request) {
			html(w, proof)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
		"a body that drips": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				html(w, "<p>")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(20 * time.Millisecond):
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, handler)
			s.Timeout = 300 * time.Millisecond
			start := time.Now()
			claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
			require.Equal(t, govmedia.KindTransport, kindOf(t, err))
			require.Empty(t, claims, "half a page is no page")
			require.Less(t, time.Since(start), 8*time.Second)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err = s.Page(ctx, s.url("www.shili.example", "/"))
			require.ErrorIs(t, err, context.Canceled)
		})
	}
}

func TestV11_HugeBodiesAreRefused(t *testing.T) {
	size := 0
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		html(w, proof+strings.Repeat(" ", size-len(proof)))
	})
	for _, c := range []struct {
		size int
		want govmedia.Kind
	}{{1 << 20, ""}, {1<<20 + 1, govmedia.KindInvalid}, {8 << 20, govmedia.KindInvalid}} {
		size = c.size
		claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
		if c.want == "" {
			require.NoError(t, err)
			require.Len(t, claims, 3)
		} else {
			require.Equal(t, c.want, kindOf(t, err))
			require.Empty(t, claims)
		}
	}
	long := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		html(w, `<a rel="me" href="`+strings.Repeat("x", 1<<19)+`">`)
	})
	claims, err := long.Page(t.Context(), long.url("www.shili.example", "/"))
	require.NoError(t, err)
	require.Empty(t, claims, "no address is that long")
}

func TestV11_AnswersThatAreNoPage(t *testing.T) {
	status, kind := 200, "text/html"
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(proof))
	})
	for _, c := range []struct {
		status int
		kind   string
		want   govmedia.Kind
	}{
		{404, "text/html", govmedia.KindNotFound}, {410, "text/html", govmedia.KindNotFound}, {500, "text/html", govmedia.KindUnavailable},
		{403, "text/html", govmedia.KindUnavailable}, {200, "application/json", govmedia.KindInvalid}, {200, "", govmedia.KindInvalid},
	} {
		status, kind = c.status, c.kind
		claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
		require.Equal(t, c.want, kindOf(t, err), "%d %s", c.status, c.kind)
		require.Empty(t, claims, "an error page claims nothing")
	}
	s.server.Close()
	_, err := s.Page(t.Context(), s.url("www.shili.example", "/?token=hush"))
	require.Equal(t, govmedia.KindTransport, kindOf(t, err))
	require.NotContains(t, err.Error(), "hush")
}

func TestV11_NoCookiesAndNoProxy(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/home", http.StatusFound)
			return
		}
		html(w, fmt.Sprintf(`<meta name="govmedia-account" content="cookies/%d">`, len(r.Cookies())))
	})
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	claims, err := s.Page(t.Context(), s.url("www.shili.example", "/"))
	require.NoError(t, err)
	require.Equal(t, "cookies/0", claims[0].Value)
}

func TestV11_TXT(t *testing.T) {
	r := siteproof.Reader{LookupTXT: func(_ context.Context, name string) ([]string, error) {
		switch name {
		case "_govmedia.www.shili.example":
			return []string{"v=spf1 -all", "govmedia-account=weibo/9000000001", "govmedia-account=", " govmedia-account= wechat/gh_shili "}, nil
		case "_govmedia.none.shili.example":
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}}
	claims, err := r.TXT(t.Context(), "WWW.shili.example.")
	require.NoError(t, err)
	require.Equal(t, []verify.SiteClaim{{Kind: verify.ClaimTXT, Value: "weibo/9000000001"}, {Kind: verify.ClaimTXT, Value: "wechat/gh_shili"}}, claims)
	claims, err = r.TXT(t.Context(), "none.shili.example")
	require.NoError(t, err)
	require.Empty(t, claims)
	_, err = r.TXT(t.Context(), "broken.shili.example")
	require.Equal(t, govmedia.KindTransport, kindOf(t, err), "nobody knows is not no")
	for _, host := range []string{"", "127.0.0.1", "a b.example", "example", "http://www.shili.example"} {
		_, err = r.TXT(t.Context(), host)
		require.Equal(t, govmedia.KindInvalid, kindOf(t, err), host)
	}
}
