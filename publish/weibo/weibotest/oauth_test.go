package weibotest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int64  `json:"expires_in"`
	RemindIn     string `json:"remind_in"`
	UID          string `json:"uid"`
}

func (r *rig) authorize(pairs ...string) reply {
	v := values(append([]string{
		"client_id", appKey, "redirect_uri", back, "response_type", "code", "state", "s1",
	}, pairs...)...)
	return r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/oauth2/authorize?"+v.Encode(), nil))
}

// code has the user approve and returns the code that comes back.
func (r *rig) code() string {
	r.t.Helper()
	got := r.authorize("fake_uid", uid)
	target, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusFound {
		r.t.Fatalf("authorize: %v, %v", got, err)
	}
	return target.Query().Get("code")
}

func (r *rig) redeem(code string, pairs ...string) reply {
	return r.oauth("access_token", append([]string{
		"client_id", appKey, "client_secret", secret, "grant_type", "authorization_code",
		"code", code, "redirect_uri", back,
	}, pairs...)...)
}

func (r *rig) refresh(refreshToken string) reply {
	return r.oauth("access_token", "client_id", appKey, "client_secret", secret,
		"grant_type", "refresh_token", "refresh_token", refreshToken)
}

func TestAuthorize(t *testing.T) {
	tests := []struct {
		name     string
		cfg      weibotest.Config
		args     []string
		status   int
		code     int
		location map[string]string
	}{
		{
			name: "approved", args: []string{"fake_uid", uid}, status: http.StatusFound,
			location: map[string]string{"state": "s1"},
		},
		{name: "approved by default", cfg: weibotest.Config{ApproveUID: uid}, status: http.StatusFound},
		{
			name: "refused, and the state is lost", args: []string{"fake_deny", "1"}, status: http.StatusFound,
			location: map[string]string{
				"error": "access_denied", "error_code": "21330", "error_uri": "/oauth2/authorize", "state": "",
			},
		},
		{name: "nobody", args: []string{"fake_uid", "5"}, status: 400, code: 21330},
		{name: "unknown app", args: []string{"client_id", "5"}, status: 400, code: 21324},
		{name: "other redirect", args: []string{"redirect_uri", back + "/"}, status: 400, code: 21322},
		{name: "implicit flow", args: []string{"response_type", "token"}, status: 400, code: 21329},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, &tt.cfg)
			got := r.authorize(tt.args...)
			if got.status != tt.status || got.code() != tt.code {
				t.Fatalf("answer %v, want %d code %d", got, tt.status, tt.code)
			}
			if tt.status != http.StatusFound {
				return
			}
			location := got.header.Get("Location")
			target, err := url.Parse(location)
			ok(t, err)
			if !strings.HasPrefix(location, back+"?") {
				t.Errorf("location %q", location)
			}
			for name, want := range tt.location {
				if v := target.Query().Get(name); v != want {
					t.Errorf("%s=%q, want %q", name, v, want)
				}
			}
		})
	}
}

func TestAuthorizePage(t *testing.T) {
	r := newRig(t, nil)
	r.AddUser(weibotest.User{UID: "7002", ScreenName: "<b>别人</b>"})
	r.AddUser(weibotest.User{UID: "7003", ScreenName: "冻结的", Banned: true})
	got := r.authorize()
	page := string(got.body)
	for _, want := range []string{"某市发布", "fake_uid=7001", "fake_deny=1", "state=s1", "&lt;b&gt;别人"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page %s", want, page)
		}
	}
	if strings.Contains(page, "冻结的") {
		t.Error("a banned user is offered")
	}
}

func TestAccessToken(t *testing.T) {
	tests := []struct {
		name string
		args []string
		code int
	}{
		{name: "good"},
		{name: "stray fields", args: []string{"access_token", "", "response_type", "code"}},
		{name: "wrong secret", args: []string{"client_secret", "x"}, code: 21324},
		{name: "unknown app", args: []string{"client_id", "5"}, code: 21324},
		{name: "wrong code", args: []string{"code", "x"}, code: 21325},
		{name: "other redirect", args: []string{"redirect_uri", "https://x.example"}, code: 21322},
		{name: "other grant", args: []string{"grant_type", "password"}, code: 21328},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			got := r.redeem(r.code(), tt.args...)
			if got.code() != tt.code {
				t.Fatalf("answer %v, want code %d", got, tt.code)
			}
			if tt.code != 0 {
				return
			}
			var a tokenAnswer
			got.decode(t, &a)
			if !strings.HasPrefix(a.AccessToken, "2.00") || a.ExpiresIn != 7*24*3600 || a.RemindIn != "604800" || a.UID != uid {
				t.Errorf("answer %+v", a)
			}
			r.token = a.AccessToken
			r.share("用新令牌")
		})
	}
}

func TestAccessTokenParametersInQuery(t *testing.T) {
	r := newRig(t, nil)
	v := values("client_id", appKey, "client_secret", secret, "grant_type", "authorization_code",
		"code", r.code(), "redirect_uri", back)
	got := r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/oauth2/access_token?"+v.Encode(), nil))
	if got.status != http.StatusOK {
		t.Error(got)
	}
}

func TestCodeIsForOneUseAndSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		code := r.code()
		r.expect(r.redeem(code), 0, 0)
		r.expect(r.redeem(code), 21325, 0)
		code = r.code()
		r.Advance(10 * time.Minute)
		r.expect(r.redeem(code), 21325, 0)
	})
}

func TestTokenLifetimes(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name string
		cfg  weibotest.Config
		app  weibotest.App
		want time.Duration
	}{
		{name: "no level", want: 7 * day},
		{name: "test", app: weibotest.App{Level: weibotest.LevelTest}, want: day},
		{name: "normal", app: weibotest.App{Level: weibotest.LevelNormal}, want: 7 * day},
		{name: "middle", app: weibotest.App{Level: weibotest.LevelMiddle}, want: 15 * day},
		{name: "high", app: weibotest.App{Level: weibotest.LevelHigh}, want: 30 * day},
		{name: "partner", app: weibotest.App{Level: weibotest.LevelPartner}, want: 90 * day},
		{name: "developer", app: weibotest.App{OwnerUID: uid}, want: 157679999 * time.Second},
		{name: "configured", cfg: weibotest.Config{TokenLifetime: time.Hour}, want: time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &tt.cfg)
				tt.app.Key = "2002"
				r.AddApp(tt.app)
				creds, err := r.Token("2002", uid)
				ok(t, err)
				if got := creds.Expires.Sub(r.Now()); got != tt.want || creds.RefreshToken != "" {
					t.Errorf("lives %v, want %v; refresh token %q", got, tt.want, creds.RefreshToken)
				}
			})
		})
	}
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.Advance(7*24*time.Hour - time.Second)
		r.share("还来得及")
		r.Advance(time.Second)
		r.expect(r.post("statuses/share", "status", "太晚"+link), 21327, 1)
		got := r.refresh(r.creds.RefreshToken)
		r.expect(got, 0, 1)
		var a tokenAnswer
		got.decode(t, &a)
		r.token = a.AccessToken
		r.share("刷新以后")
		r.Advance(23 * 24 * time.Hour)
		r.expect(r.refresh(r.creds.RefreshToken), 21327, 2)
	})
}

func TestRefresh(t *testing.T) {
	t.Run("kept", func(t *testing.T) {
		r := newRig(t, nil)
		for range 2 {
			var a tokenAnswer
			r.refresh(r.creds.RefreshToken).decode(t, &a)
			if a.RefreshToken != r.creds.RefreshToken || a.AccessToken == r.token {
				t.Errorf("answer %+v", a)
			}
		}
	})
	t.Run("rotating, and used twice", func(t *testing.T) {
		r := newRig(t, &weibotest.Config{RotateRefresh: true})
		var a tokenAnswer
		r.refresh(r.creds.RefreshToken).decode(t, &a)
		if a.RefreshToken == "" || a.RefreshToken == r.creds.RefreshToken {
			t.Errorf("answer %+v", a)
		}
		r.expect(r.refresh(r.creds.RefreshToken), 21325, 0)
		r.expect(r.refresh(a.RefreshToken), 0, 0)
		if n := r.Journal().Refreshes; n != 3 {
			t.Errorf("journal counts %d refreshes, want 3", n)
		}
	})
	t.Run("not for web applications", func(t *testing.T) {
		r := newRig(t, nil)
		r.AddApp(weibotest.App{Key: appKey, Secret: secret, RedirectURI: back})
		r.expect(r.refresh(r.creds.RefreshToken), 21326, 0)
		got := r.redeem(r.code())
		r.expect(got, 0, 0)
		if strings.Contains(string(got.body), "refresh_token") {
			t.Error(got)
		}
	})
}

func TestTokenInfoSaysExpireIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.Advance(time.Hour)
		got := r.oauth("get_token_info", "access_token", r.token)
		const want = `{"appkey":1001,"create_at":946684800,"expire_in":601200,"scope":"all","uid":7001}`
		if string(got.body) != want {
			t.Errorf("got %v, want %s", got, want)
		}
		r.expect(r.oauth("get_token_info", "access_token", "x"), 21332, 0)
		r.Advance(30 * 24 * time.Hour)
		r.expect(r.oauth("get_token_info", "access_token", r.token), 21327, 0)
	})
}

func TestRevoke(t *testing.T) {
	ways := map[string]func(*rig){
		"by call": func(r *rig) {
			if got := r.oauth("revokeoauth2", "access_token", r.token); string(got.body) != `{"result":true}` {
				r.t.Error(got)
			}
		},
		"on the website": func(r *rig) { ok(r.t, r.Revoke(r.token)) },
	}
	for name, revoke := range ways {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			revoke(r)
			r.expect(r.post("statuses/share", "status", "通知"+link), 21316, 0)
			r.expect(r.refresh(r.creds.RefreshToken), 21325, 0)
			r.expect(r.oauth("get_token_info", "access_token", r.token), 21316, 0)
		})
	}
}

func TestUnreviewedAppAdmitsTestUsersOnly(t *testing.T) {
	r := newRig(t, nil)
	app := weibotest.App{Key: appKey, Secret: secret, SafeDomains: []string{"gov.example"}, Level: weibotest.LevelTest}
	r.AddApp(app)
	r.expect(r.post("statuses/share", "status", "通知"+link), 21321, 0)
	app.TestUIDs = []string{uid}
	r.AddApp(app)
	r.expect(r.post("statuses/share", "status", "通知"+link), 0, 1)
}
