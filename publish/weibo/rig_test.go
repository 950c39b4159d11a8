package weibo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const (
	appKey    = "1001"
	appSecret = "app-secret-hush"
	uid       = "7001"
	text      = "今晚十点起城北片区停水 https://www.gov.example/notice"
)

// rig is a fake platform with one app, one government account, and a client for it.
type rig struct {
	fake   *weibotest.Server
	client *weibo.Client
	acct   account.Account
	cred   account.Credential
	errs   []error // every error a test got, searched for secrets at the end
}

func newRig(t *testing.T, h *http.Client, base string, fake *weibotest.Server) *rig {
	t.Helper()
	client, err := weibo.New(&weibo.Config{
		AppKey: appKey, AppSecret: govmedia.NewSecret(appSecret), BaseURL: base, HTTPClient: h,
		RealIP: "203.0.113.7", SafeDomains: []string{"gov.example"}, RedirectURL: "https://matrix.gov.example/weibo/callback",
	})
	require.NoError(t, err)
	fake.AddApp(weibotest.App{
		Key: appKey, Secret: appSecret, RedirectURI: "https://matrix.gov.example/weibo/callback",
		SafeDomains: []string{"gov.example"}, Refreshable: true,
	})
	fake.AddUser(weibotest.User{
		UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 1, VerifiedReason: "某市人民政府", Followers: 1234,
	})
	token, err := fake.Token(appKey, uid)
	require.NoError(t, err)
	r := &rig{fake: fake, client: client}
	r.acct = account.Account{ID: "city", App: client.App(), UID: uid, Name: "某市发布", State: account.Open}
	r.cred = account.Credential{
		Account: "city", Access: govmedia.NewSecret(token.AccessToken), Refresh: govmedia.NewSecret(token.RefreshToken),
		Expires: token.Expires, Version: 1,
	}
	return r
}

// loopback serves the fake on a socket.
func loopback(t *testing.T, cfg *weibotest.Config) *rig {
	t.Helper()
	fake := weibotest.New(cfg)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	r := newRig(t, server.Client(), server.URL, fake)
	t.Cleanup(func() { r.noSecrets(t) })
	return r
}

// bubble runs the test in fake time, with the fake in memory.
func bubble(t *testing.T, cfg *weibotest.Config, run func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := weibotest.New(cfg)
		server := memnet.Serve(fake)
		defer server.Close()
		r := newRig(t, server.Client(), "http://weibo.invalid", fake)
		run(t, r)
		r.noSecrets(t)
	})
}

func (r *rig) publish(ctx context.Context, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Publish(ctx, &publish.Submission{
		Operation: "op", Account: r.acct, Credential: r.cred, Rendition: publish.Rendition{Text: text},
	})
	r.errs = append(r.errs, err)
	return receipt, err
}

func (r *rig) find(t *testing.T, text string, since time.Time) *publish.Found {
	t.Helper()
	found, err := r.client.Find(t.Context(), &publish.Query{
		Operation: "op", Account: r.acct, Credential: r.cred, Rendition: publish.Rendition{Text: text}, Since: since,
	})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return found
}

// noSecrets searches every error that was seen.
func (r *rig) noSecrets(t *testing.T) {
	t.Helper()
	for _, err := range r.errs {
		for _, secret := range []string{appSecret, r.cred.Access.Reveal(), r.cred.Refresh.Reveal()} {
			require.NotContains(t, fmt.Sprintf("%v %+v %#v %+v", err, err, err, govmedia.AsError(err)), secret)
		}
	}
}

// held is the texts of the posts that the platform holds, whatever it said.
func (r *rig) held() []string {
	var texts []string
	for _, p := range r.fake.Journal().Posts {
		texts = append(texts, p.Text)
	}
	return texts
}

func (r *rig) said(t *testing.T, text string) weibotest.Post {
	t.Helper()
	p, err := r.fake.AddPost(uid, text)
	require.NoError(t, err)
	return p
}

// typed returns err as the SDK's error.
func typed(t *testing.T, err error) *govmedia.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*govmedia.Error](err)
	require.True(t, ok, "%T is not typed", err)
	return e
}

// answering returns a client whose every call is answered as given.
func answering(t testing.TB, status int, header http.Header, body string) *weibo.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k := range header {
			w.Header().Set(k, header.Get(k))
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	client, err := weibo.New(&weibo.Config{
		AppKey: appKey, AppSecret: govmedia.NewSecret(appSecret), BaseURL: server.URL, HTTPClient: server.Client(),
		Now: func() time.Time { return time.Date(2026, 11, 22, 9, 40, 0, 0, time.UTC) },
	})
	require.NoError(t, err)
	return client
}

func submission(text string) *publish.Submission {
	return &publish.Submission{
		Operation: "op", Account: account.Account{ID: "city", UID: uid},
		Credential: account.Credential{Account: "city", Access: govmedia.NewSecret("2.00hush")},
		Rendition:  publish.Rendition{Text: text},
	}
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }
