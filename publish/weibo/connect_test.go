package weibo_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// desk is a connect handler with everything around it, and a browser.
type desk struct {
	*rig
	t       *testing.T
	cfg     weibo.ConnectConfig
	handler http.Handler
	now     time.Time
	vault   *account.Vault
	store   *vaultStore
	events  *events
	cookies map[string]string
	tokens  []string // every code and state that was seen, searched for in pages
}

func newDesk(t *testing.T, change func(*weibo.ConnectConfig)) *desk {
	t.Helper()
	fake := weibotest.New(nil)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	d := &desk{
		rig: newRig(t, server.Client(), server.URL, fake), t: t, now: time.Now(),
		store: &vaultStore{rows: map[string]account.SealedCredential{}}, events: &events{}, cookies: map[string]string{},
	}
	fake.AddUser(weibotest.User{UID: "7002", ScreenName: "私人账号"})
	key := []byte(repeat("k", 32))
	var err error
	d.vault, err = account.NewVault(d.store, account.VaultConfig{Keys: account.Keyring{Current: "1", Keys: map[string][]byte{"1": key}}})
	require.NoError(t, err)
	client, err := weibo.New(&weibo.Config{
		AppKey: appKey, AppSecret: govmedia.NewSecret(appSecret), BaseURL: server.URL, HTTPClient: server.Client(),
		RedirectURL: "https://matrix.gov.example/weibo/callback", Now: func() time.Time { return d.now },
	})
	require.NoError(t, err)
	d.cfg = weibo.ConnectConfig{
		Registry: account.NewRegistry(registerStore{
			"city":    d.acct,
			"no-uid":  {ID: "no-uid", App: d.acct.App, Name: "某区发布"},
			"foreign": {ID: "foreign", App: account.App{Platform: "wechat", Key: "wx"}, UID: "1"},
		}),
		Vault: d.vault, Key: key, Observer: d.events,
		Authorize: func(*http.Request, string) (string, error) { return "wang", nil },
	}
	if change != nil {
		change(&d.cfg)
	}
	d.handler, err = client.ConnectHandler(&d.cfg)
	require.NoError(t, err)
	t.Cleanup(func() { d.noSecrets(t) })
	return d
}

// visit opens an address of the handler in the browser.
func (d *desk) visit(target string) *http.Response {
	d.t.Helper()
	req := httptest.NewRequestWithContext(d.t.Context(), http.MethodGet, target, nil)
	for name, value := range d.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, req)
	for _, c := range rec.Result().Cookies() {
		require.True(d.t, c.HttpOnly)
		require.True(d.t, c.Secure)
		require.Equal(d.t, http.SameSiteLaxMode, c.SameSite)
		require.Equal(d.t, "/weibo/callback", c.Path)
		if c.MaxAge < 0 {
			delete(d.cookies, c.Name)
			continue
		}
		require.Equal(d.t, 600, c.MaxAge)
		d.cookies[c.Name] = c.Value
	}
	require.Equal(d.t, "no-store", rec.Header().Get("Cache-Control"))
	d.search(rec.Body.String())
	return rec.Result()
}

// search fails the test when a page shows a secret.
func (d *desk) search(page string) {
	d.t.Helper()
	secrets := append([]string{appSecret, "2.00", "2.01"}, d.tokens...)
	for _, s := range secrets {
		require.NotContains(d.t, page, s)
	}
}

// begin starts a connection and returns the address that the platform sends the browser back to.
func (d *desk) begin(decision string) string {
	d.t.Helper()
	resp := d.visit("/weibo/start?account=city")
	require.Equal(d.t, http.StatusFound, resp.StatusCode)
	return d.decide(resp.Header.Get("Location"), decision)
}

func (d *desk) decide(authorize, decision string) string {
	d.t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(authorize + "&" + decision)
	require.NoError(d.t, err)
	require.NoError(d.t, resp.Body.Close())
	require.Equal(d.t, http.StatusFound, resp.StatusCode)
	back := resp.Header.Get("Location")
	u, err := url.Parse(back)
	require.NoError(d.t, err)
	for _, name := range []string{"code", "state"} {
		if v := u.Query().Get(name); v != "" {
			d.tokens = append(d.tokens, v)
		}
	}
	return back
}

// refused opens the address and expects a page in Chinese, and an untouched vault.
func (d *desk) refused(target string, status int, title string) {
	d.t.Helper()
	held := len(d.store.rows)
	resp := d.visit(target)
	body := new(strings.Builder)
	require.NoError(d.t, resp.Write(body))
	require.Equal(d.t, status, resp.StatusCode, body)
	require.Contains(d.t, body.String(), "<h1>"+title+"</h1>")
	require.Contains(d.t, resp.Header.Get("Content-Type"), "text/html")
	require.Len(d.t, d.store.rows, held)
}

func TestC9_connects(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	resp := d.visit(back)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Empty(t, d.cookies, "the cookie is gone with its use")
	cred, err := d.vault.Open(t.Context(), "city")
	require.NoError(t, err)
	require.True(t, cred.Expires.After(time.Now().Add(6*24*time.Hour)))
	require.False(t, cred.Refresh.IsZero())
	require.Equal(t, []string{"wang"}, d.store.actors)
	require.Equal(t, []string{"account.connected city"}, d.events.list())
	for _, row := range d.store.rows {
		require.NotContains(t, string(row.Box), cred.Access.Reveal())
	}
	d.cred = cred
	_, err = d.publish(t.Context(), text)
	require.NoError(t, err, "the stored credential works")
}

func TestC9_connects_done(t *testing.T) {
	d := newDesk(t, func(c *weibo.ConnectConfig) { c.Done, c.Scope, c.ForceLogin = "/accounts", "all", true })
	resp := d.visit("/weibo/start?account=city")
	u, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "/oauth2/authorize", u.Path)
	q := u.Query()
	require.Equal(t, []string{appKey, "code", "all", "true", "https://matrix.gov.example/weibo/callback"},
		[]string{q.Get("client_id"), q.Get("response_type"), q.Get("scope"), q.Get("forcelogin"), q.Get("redirect_uri")})
	resp = d.visit(d.decide(u.String(), "fake_uid=7001"))
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Equal(t, "/accounts", resp.Header.Get("Location"))
}

func TestC9_forgedState(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	u, err := url.Parse(back)
	require.NoError(t, err)
	good := u.Query().Get("state")
	head, tail, _ := strings.Cut(good, ".")
	for _, forged := range []string{"", ".", "x", head, head + ".", "." + tail, tail + "." + head, "e30." + tail, head + "A." + tail, flip(good)} {
		q := u.Query()
		q.Set("state", forged)
		d.refused("/weibo/callback?"+q.Encode(), http.StatusBadRequest, "授权请求无效")
	}
	other := newDesk(t, func(c *weibo.ConnectConfig) { c.Key = []byte(repeat("z", 32)) })
	other.cookies = d.cookies
	other.refused(back, http.StatusBadRequest, "授权请求无效")
	require.Zero(t, d.fake.Journal().Calls["oauth2/access_token"], "the code is not spent on a forgery")
	require.Equal(t, http.StatusOK, d.visit(back).StatusCode, "the true one still works")
}

// flip changes one letter in the middle.
func flip(s string) string {
	b := []byte(s)
	if b[20]++; b[20] == 'z'+1 || b[20] == '9'+1 || b[20] == 'Z'+1 {
		b[20] -= 2
	}
	return string(b)
}

func TestC9_replayed(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	cookies := maps.Clone(d.cookies)
	require.Equal(t, http.StatusOK, d.visit(back).StatusCode)
	d.refused(back, http.StatusForbidden, "授权请求不属于这个浏览器")
	d.cookies = cookies // a browser that kept its cookie
	d.refused(back, http.StatusBadRequest, "授权码已失效")
	require.Len(t, d.store.actors, 1)
}

func TestC9_expiredCode(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	d.fake.Advance(11 * time.Minute)
	d.refused(back, http.StatusBadRequest, "授权码已失效")
}

func TestC9_expiredState(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	d.now = d.now.Add(10 * time.Minute)
	d.refused(back, http.StatusBadRequest, "授权请求已过期")
	require.Zero(t, d.fake.Journal().Calls["oauth2/access_token"])
}

func TestC9_otherBrowser(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	mine := d.cookies
	d.cookies = map[string]string{}
	d.refused(back, http.StatusForbidden, "授权请求不属于这个浏览器")
	for name := range mine {
		d.cookies[name] = "guessed"
	}
	d.refused(back, http.StatusForbidden, "授权请求不属于这个浏览器")
	require.Zero(t, d.fake.Journal().Calls["oauth2/access_token"])
	d.cookies = mine
	require.Equal(t, http.StatusOK, d.visit(back).StatusCode, "the right browser is not disturbed")
}

func TestC9_twoAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	first, second := d.begin("fake_uid=7001"), d.begin("fake_uid=7001")
	require.Equal(t, http.StatusOK, d.visit(second).StatusCode)
	require.Equal(t, http.StatusOK, d.visit(first).StatusCode)
}

func TestC9_wrongAccount(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7002")
	d.refused(back, http.StatusForbidden, "登录的微博账号不对")
	require.Equal(t, []string{"account.connect_refused city"}, d.events.list())
}

func TestC9_refusedByTheUser(t *testing.T) {
	d := newDesk(t, nil)
	d.refused(d.begin("fake_deny=1"), http.StatusForbidden, "授权被拒绝")
	d.refused("/weibo/callback?error=server_error&error_code=%3Cscript%3E", http.StatusBadGateway, "微博没有完成授权")
	require.Zero(t, d.fake.Journal().Calls["oauth2/access_token"])
}

func TestC9_platformDown(t *testing.T) {
	d := newDesk(t, nil)
	for _, f := range []weibotest.FaultName{weibotest.FaultDown, weibotest.FaultRefuse} {
		back := d.begin("fake_uid=7001")
		d.fake.Script(weibotest.Fault{Name: f, Endpoint: "oauth2/access_token", Times: 1})
		d.refused(back, http.StatusBadGateway, "微博没有完成授权")
	}
	back := d.begin("fake_uid=7001")
	u, err := url.Parse(back)
	require.NoError(t, err)
	q := u.Query()
	q.Del("code")
	d.refused("/weibo/callback?"+q.Encode(), http.StatusBadRequest, "微博没有返回授权码")
}

func TestC9_notStored(t *testing.T) {
	d := newDesk(t, nil)
	back := d.begin("fake_uid=7001")
	d.store.err = errors.New("disk full: hush")
	resp := d.visit(back)
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	body := new(strings.Builder)
	require.NoError(t, resp.Write(body))
	require.NotContains(t, body.String(), "hush")
}

func TestC9_start(t *testing.T) {
	d := newDesk(t, nil)
	for target, want := range map[string]struct {
		status int
		title  string
	}{
		"/weibo/start":                 {http.StatusBadRequest, "没有指明账号"},
		"/weibo/start?account=nobody":  {http.StatusNotFound, "台账中没有这个账号"},
		"/weibo/start?account=no-uid":  {http.StatusConflict, "台账中没有这个账号的微博 UID"},
		"/weibo/start?account=foreign": {http.StatusConflict, "这个账号不使用本微博应用"},
		"/weibo/elsewhere":             {http.StatusNotFound, "没有这个页面"},
	} {
		d.refused(target, want.status, want.title)
	}
	require.Empty(t, d.cookies)
	rec := httptest.NewRecorder()
	d.handler.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/weibo/start?account=city", nil))
	require.Equal(t, http.StatusMethodNotAllowed, rec.Code)
}

func TestC9_authorize(t *testing.T) {
	nobody := newDesk(t, func(c *weibo.ConnectConfig) { c.Authorize = nil })
	nobody.refused("/weibo/start?account=city", http.StatusForbidden, "您没有权限授权这个账号")
	nobody.refused("/weibo/start?account=nobody", http.StatusForbidden, "您没有权限授权这个账号")

	unnamed := newDesk(t, func(c *weibo.ConnectConfig) {
		c.Authorize = func(*http.Request, string) (string, error) { return "", nil }
	})
	unnamed.refused("/weibo/start?account=city", http.StatusForbidden, "您没有权限授权这个账号")

	allowed := true
	d := newDesk(t, func(c *weibo.ConnectConfig) {
		c.Authorize = func(_ *http.Request, id string) (string, error) {
			if !allowed || id != "city" {
				return "", errors.New("hush: not on the roster")
			}
			return "wang", nil
		}
	})
	back := d.begin("fake_uid=7001")
	allowed = false
	d.refused(back, http.StatusForbidden, "您没有权限授权这个账号")
	require.Zero(t, d.fake.Journal().Calls["oauth2/access_token"])
}

func TestC9_configuration(t *testing.T) {
	client, err := weibo.New(&weibo.Config{AppKey: appKey})
	require.NoError(t, err)
	for _, cfg := range []*weibo.ConnectConfig{nil, {Key: []byte("short")}} {
		_, err = client.ConnectHandler(cfg)
		require.ErrorIs(t, err, govmedia.KindInvalid)
		for _, what := range []string{"Registry", "Vault", "32 bytes", "AppSecret", "RedirectURL"} {
			require.ErrorContains(t, err, what)
		}
	}
}

type events struct {
	mu   sync.Mutex
	seen []govmedia.Event
}

func (e *events) Observe(_ context.Context, ev govmedia.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = append(e.seen, ev)
}

func (e *events) list() (names []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.seen {
		names = append(names, ev.Name+" "+ev.Account)
	}
	return names
}

// registerStore is the little of an account.Store that a Registry needs here.
type registerStore map[string]account.Account

func (s registerStore) Accounts(context.Context, []string) ([]account.Account, error) {
	return nil, nil
}

func (s registerStore) Account(_ context.Context, id string) (account.Account, error) {
	a, ok := s[id]
	if !ok {
		return a, govmedia.Errorf(govmedia.KindNotFound, "test.account", "no account %q", id)
	}
	return a, nil
}

func (registerStore) SaveRegister(context.Context, string, account.Register) error {
	return errors.ErrUnsupported
}

func (registerStore) Unit(context.Context, string) (account.Unit, error) {
	return account.Unit{}, errors.ErrUnsupported
}

func (registerStore) Register(context.Context) (account.Register, error) {
	return account.Register{}, errors.ErrUnsupported
}

func (registerStore) Cluster(context.Context, string) ([]account.Account, error) {
	return nil, errors.ErrUnsupported
}

func (registerStore) SetAccountState(context.Context, string, string, account.State, string) error {
	return errors.ErrUnsupported
}

// vaultStore keeps sealed credentials in memory.
type vaultStore struct {
	rows   map[string]account.SealedCredential
	actors []string
	err    error
}

func (s *vaultStore) Credential(_ context.Context, id string) (account.SealedCredential, error) {
	c, ok := s.rows[id]
	if !ok {
		return c, govmedia.Errorf(govmedia.KindNotFound, "test.vault", "no credential of %q", id)
	}
	return c, nil
}

func (s *vaultStore) Credentials(context.Context, []string) ([]account.SealedCredential, error) {
	return nil, nil
}

func (s *vaultStore) PutCredential(_ context.Context, actor string, c account.SealedCredential) error {
	if s.err != nil {
		return s.err
	}
	s.rows[c.Account] = c
	s.actors = append(s.actors, actor)
	return nil
}

func (s *vaultStore) LeaseCredential(context.Context, string, int64, string, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (s *vaultStore) ReleaseCredential(context.Context, string, string) error { return nil }
