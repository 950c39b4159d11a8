package matrix_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/stretchr/testify/require"
)

const notice = "今晚十点起停水 https://www.shili.example/1"

// onWeibo is a matrix with one account, a1, on a fake Weibo; log takes everything that is logged.
func onWeibo(t *testing.T, log *bytes.Buffer) (*matrix.Matrix, *weibotest.Server, weibotest.Credentials) {
	t.Helper()
	fake := weibotest.New(nil)
	fake.AddApp(weibotest.App{Key: "app", Secret: "app-hush", SafeDomains: []string{"www.shili.example"}, Refreshable: true})
	fake.AddUser(weibotest.User{UID: "7001", ScreenName: "示例发布", Verified: true, VerifiedType: 1})
	token, err := fake.Token("app", "7001")
	require.NoError(t, err)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	client, err := weibo.New(&weibo.Config{
		AppKey: "app", AppSecret: govmedia.NewSecret("app-hush"), BaseURL: server.URL, RealIP: "127.0.0.1",
	})
	require.NoError(t, err)
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	m := build(t, engine, matrix.Config{Adapters: []publish.Adapter{client}, Logger: slog.New(slog.NewTextHandler(log, nil))})
	require.NoError(t, m.Registry.Save(t.Context(), "admin", account.Register{
		Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}},
		Accounts: []account.Account{{
			ID: "a1", App: client.App(), UID: "7001", Name: "示例发布", Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	}))
	return m, fake, token
}

func connect(t *testing.T, m *matrix.Matrix, c account.Credential) {
	t.Helper()
	c.Account = "a1"
	require.NoError(t, m.Vault.Put(t.Context(), "admin", c))
}

// A credential that the platform refuses: a person is told to connect the account, and nothing is there.
func TestWeibo_RefusedCredentials(t *testing.T) {
	for _, c := range []struct {
		name    string
		connect func(*testing.T, *matrix.Matrix, *weibotest.Server, weibotest.Credentials)
		state   govmedia.DeliveryState
		says    string
	}{
		{"invented", func(t *testing.T, m *matrix.Matrix, _ *weibotest.Server, _ weibotest.Credentials) {
			connect(t, m, account.Credential{Access: govmedia.NewSecret("2.00-hush-invented")})
		}, govmedia.NeedsPerson, "must be connected again"},
		{"revoked", func(t *testing.T, m *matrix.Matrix, fake *weibotest.Server, token weibotest.Credentials) {
			connect(t, m, account.Credential{Access: govmedia.NewSecret(token.AccessToken)})
			require.NoError(t, fake.Revoke(token.AccessToken))
		}, govmedia.NeedsPerson, "must be connected again"},
		{"invented, with an invented refresh token", func(t *testing.T, m *matrix.Matrix, _ *weibotest.Server, token weibotest.Credentials) {
			connect(t, m, account.Credential{Access: govmedia.NewSecret("2.00-hush-invented"), Refresh: govmedia.NewSecret("2.00-hush-refresh"), Expires: token.Expires})
		}, govmedia.NeedsPerson, "must be connected again"},
		{"invented, with a good refresh token", func(t *testing.T, m *matrix.Matrix, _ *weibotest.Server, token weibotest.Credentials) {
			connect(t, m, account.Credential{Access: govmedia.NewSecret("2.00-hush-invented"), Refresh: govmedia.NewSecret(token.RefreshToken), Expires: token.Expires})
		}, govmedia.Queued, "has been renewed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			m, fake, token := onWeibo(t, &log)
			c.connect(t, m, fake, token)
			id := publishPost(t, m, notice, "a1")
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			d := only(t, m, id)
			require.Equal(t, c.state, d.State, d.Reason)
			require.Contains(t, d.Reason, c.says)
			require.Empty(t, fake.Journal().Posts)
			for _, secret := range []string{"hush", token.AccessToken, token.RefreshToken} {
				require.NotContains(t, d.Reason+log.String(), secret)
			}
			if c.state != govmedia.NeedsPerson {
				return
			}
			fresh, err := fake.Token("app", "7001")
			require.NoError(t, err)
			connect(t, m, account.Credential{Access: govmedia.NewSecret(fresh.AccessToken)})
			require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "connected again"))
			_, err = m.Step(t.Context())
			require.NoError(t, err)
			require.Equal(t, govmedia.Live, only(t, m, id).State, only(t, m, id).Reason)
			require.Len(t, fake.Journal().Posts, 1)
		})
	}
}

func TestWeibo_TooLongIsRefusedAtTheDraft(t *testing.T) {
	var log bytes.Buffer
	m, fake, token := onWeibo(t, &log)
	connect(t, m, account.Credential{Access: govmedia.NewSecret(token.AccessToken)})
	for _, c := range []struct {
		name, text string
		says       []string
	}{
		{"200 characters", strings.Repeat("水", 200), []string{"weibo", "140", "60 too many"}},
		{"one too many", strings.Repeat("水", 141), []string{"1 too many"}},
		{"nothing", "", []string{"weibo", "empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: c.text, Targets: []string{"a1"}})
			require.ErrorIs(t, err, govmedia.KindInvalid)
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
		})
	}
	require.Empty(t, fake.Journal().Posts)
}

// The adapter that a post was approved for is gone after a restart.
func TestPublish_UnknownPlatform(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	id := approved(t, m, "停水通知", "a1")
	bare := build(t, engine, matrix.Config{})
	_, err := bare.Publisher.Publish(t.Context(), "author", id)
	require.ErrorIs(t, err, govmedia.KindUnsupported)
	for _, s := range []string{"a1", "board", `"k"`, "no adapter"} {
		require.ErrorContains(t, err, s)
	}
	_, err = bare.Publisher.Publish(t.Context(), "author", "no-such-post")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	require.ErrorContains(t, err, "no-such-post")
	ds, err := bare.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, ds, "nothing is queued in part")
}
