package weibotest

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const defaultScope = "all"

// admits reports whether an application may call in the name of a user.
func (a *App) admits(uid string) bool {
	return a.Level != LevelTest || uid == a.OwnerUID || slices.Contains(a.TestUIDs, uid)
}

// issue creates an access token, and the refresh token where the application gets one.
func (s *Server) issue(app *App, user *account, now time.Time) *token {
	life := app.Level.lifetime()
	switch {
	case user.UID == app.OwnerUID:
		life = developerLifetime
	case s.cfg.TokenLifetime != 0:
		life = lifetime(s.cfg.TokenLifetime)
	}
	t := &token{
		access: s.secret("2.00"), app: app, user: user, scope: defaultScope,
		created: now, expires: now.Add(life),
	}
	if app.Refreshable {
		t.refresh, t.refreshExpires = s.secret("2.01"), now.Add(lifetime(s.cfg.RefreshLifetime))
		s.refreshTokens[t.refresh] = t
	}
	s.tokens[t.access] = t
	return t
}

// kill ends a token, which answers with an error code from then on.
func (s *Server) kill(t *token, code int) {
	t.dead = code
	delete(s.refreshTokens, t.refresh)
}

// revoke withdraws an authorisation: every token that the application holds of the user.
func (s *Server) revoke(app *App, user *account) {
	for _, t := range s.tokens {
		if t.app == app && t.user == user && t.dead == 0 {
			s.kill(t, 21316)
		}
	}
}

// authorize is GET oauth2/authorize. The user's decision comes from fake_uid (that
// user approves), from fake_deny=1, from Config.ApproveUID, or from the page that is
// shown otherwise. A refusal comes back without state, as it is documented; whether
// the platform adds it is not known.
//
// open.weibo.com/wiki/Oauth2/authorize, read 2026-11-22.
func (s *Server) authorize(c *call) (any, *refusal) {
	app := s.apps[c.form.Get("client_id")]
	target := c.form.Get("redirect_uri")
	back, err := url.Parse(target)
	switch {
	case app == nil:
		return nil, refuseOAuth(21324, "client_id invalid")
	case target == "" || err != nil || !back.IsAbs(), app.RedirectURI != "" && target != app.RedirectURI:
		return nil, refuseOAuth(21322, "redirect_uri invalid")
	case c.form.Get("response_type") != "code":
		return nil, refuseOAuth(21329, "response_type must be code")
	}
	query := back.Query()
	uid := c.form.Get("fake_uid")
	if uid == "" {
		uid = s.cfg.ApproveUID
	}
	switch {
	case c.form.Get("fake_deny") == "1":
		query.Set("error_uri", c.path)
		query.Set("error", errorText(21330))
		query.Set("error_description", "user denied your request.")
		query.Set("error_code", "21330")
	case uid == "":
		return s.choose(c, app)
	default:
		user := s.users[uid]
		if user == nil || user.Banned {
			return nil, refuseOAuth(21330, "fake_uid is nobody who may log in")
		}
		query.Set("code", s.newCode(&grant{app: app, user: user, redirect: target, expires: c.now.Add(lifetime(s.cfg.CodeLifetime))}))
		if state := c.form.Get("state"); state != "" {
			query.Set("state", state)
		}
	}
	back.RawQuery = query.Encode()
	return redirect(back.String()), nil
}

func (s *Server) newCode(g *grant) string {
	code := s.secret("")
	s.codes[code] = g
	return code
}

const chooserPage = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>微博授权（模拟）</title></head>
<body><h1>授权“{{.App}}”访问哪个微博帐号？</h1>
<p>这是测试用的模拟平台，不需要密码。</p>
<ul>{{range .Users}}<li><a href="{{.Href}}">{{.Name}}</a>（{{.UID}}）</li>{{else}}<li>还没有帐号</li>{{end}}</ul>
<p><a href="{{.Deny}}">拒绝授权</a></p>
</body></html>
`

// choose answers with a page on which a person picks the user who approves.
func (s *Server) choose(c *call, app *App) (any, *refusal) {
	link := func(key, value string) string {
		query := maps.Clone(c.form)
		query.Set(key, value)
		return c.path + "?" + query.Encode()
	}
	type choice struct{ UID, Name, Href string }
	data := struct {
		App, Deny string
		Users     []choice
	}{App: app.Name, Deny: link("fake_deny", "1")}
	for _, u := range s.accounts() {
		if !u.Banned {
			data.Users = append(data.Users, choice{UID: u.UID, Name: u.ScreenName, Href: link("fake_uid", u.UID)})
		}
	}
	var out bytes.Buffer
	if err := s.chooser.Execute(&out, data); err != nil {
		return nil, refuse(10001)
	}
	return page(out.Bytes()), nil
}

// tokenAnswer is what oauth2/access_token answers with.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	RemindIn     string `json:"remind_in"`  // deprecated
	ExpiresIn    int64  `json:"expires_in"` // seconds
	UID          string `json:"uid"`
	IsRealName   string `json:"isRealName"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// accessToken is POST oauth2/access_token. The parameters may stand in the query.
// Refresh tokens work only for applications that are Refreshable, like those which
// log in through the mobile SDK; web applications have to ask the user again.
//
// open.weibo.com/wiki/Oauth2/access_token, read 2026-11-22.
func (s *Server) accessToken(c *call) (any, *refusal) {
	app := s.apps[c.form.Get("client_id")]
	if app == nil || app.Secret != c.form.Get("client_secret") {
		return nil, refuseOAuth(21324, "client_id or client_secret invalid")
	}
	var t *token
	var ref *refusal
	switch c.form.Get("grant_type") {
	case "authorization_code":
		t, ref = s.redeem(c, app)
	case "refresh_token":
		t, ref = s.refreshGrant(c, app)
	default:
		ref = refuseOAuth(21328, "grant_type unsupported")
	}
	if ref != nil {
		return nil, ref
	}
	seconds := secondsLeft(t.expires, c.now)
	a := tokenAnswer{
		AccessToken: t.access, RemindIn: formatID(seconds), ExpiresIn: seconds, UID: t.user.UID, IsRealName: "true",
	}
	if t.refresh != "" {
		a.RefreshToken, a.Scope = t.refresh, t.scope
	}
	return a, nil
}

// redeem exchanges an authorisation code, once.
func (s *Server) redeem(c *call, app *App) (*token, *refusal) {
	code := c.form.Get("code")
	g := s.codes[code]
	switch {
	case g == nil, g.app != app, g.user.Banned, !c.now.Before(g.expires):
		return nil, refuseOAuth(21325, "invalid authorization code:"+code)
	case g.redirect != c.form.Get("redirect_uri"):
		return nil, refuseOAuth(21322, "redirect_uri does not match")
	}
	delete(s.codes, code)
	return s.issue(app, g.user, c.now), nil
}

// refreshGrant issues a new access token. The old one lives on until it expires.
func (s *Server) refreshGrant(c *call, app *App) (*token, *refusal) {
	if !app.Refreshable {
		return nil, refuseOAuth(21326, "the app may not use refresh_token")
	}
	old := s.refreshTokens[c.form.Get("refresh_token")]
	switch {
	case old == nil, old.app != app:
		return nil, refuseOAuth(21325, "invalid refresh_token")
	case !c.now.Before(old.refreshExpires):
		return nil, refuseOAuth(21327, "refresh_token expired")
	}
	delete(s.refreshTokens, old.refresh)
	t := s.issue(app, old.user, c.now)
	if !s.cfg.RotateRefresh {
		delete(s.refreshTokens, t.refresh)
		t.refresh, t.refreshExpires = old.refresh, old.refreshExpires
		s.refreshTokens[t.refresh] = t
	}
	return t, nil
}

// tokenInfo is POST oauth2/get_token_info, where the remaining seconds are called
// expire_in, in the singular.
//
// open.weibo.com/wiki/Oauth2/get_token_info, read 2026-11-22.
func (s *Server) tokenInfo(c *call) (any, *refusal) {
	t := c.token
	if ref := livingToken(c); ref != nil {
		return nil, ref
	}
	info := map[string]any{
		"uid":       t.user.id,
		"appkey":    t.app.Key,
		"scope":     t.scope,
		"create_at": t.created.Unix(),
		"expire_in": secondsLeft(t.expires, c.now),
	}
	if key, err := strconv.ParseInt(t.app.Key, 10, 64); err == nil {
		info["appkey"] = key
	}
	if s.cfg.StringTypes {
		for name, value := range info {
			if n, ok := value.(int64); ok {
				info[name] = formatID(n)
			}
		}
	}
	return info, nil
}

// revokeToken is GET or POST oauth2/revokeoauth2. All tokens of the same user and
// application answer 21316 afterwards.
//
// open.weibo.com/wiki/Oauth2/revokeoauth2, read 2026-11-22.
func (s *Server) revokeToken(c *call) (any, *refusal) {
	if ref := livingToken(c); ref != nil {
		return nil, ref
	}
	s.revoke(c.app, c.user)
	if s.cfg.StringTypes {
		return map[string]string{"result": "true"}, nil
	}
	return map[string]bool{"result": true}, nil
}

func livingToken(c *call) *refusal {
	switch {
	case c.token == nil:
		return refuseOAuth(21332, "access_token invalid")
	case c.token.dead != 0:
		return refuseOAuth(c.token.dead, "access_token revoked")
	case !c.now.Before(c.token.expires):
		return refuseOAuth(21327, "access_token expired")
	default:
		return nil
	}
}

func secondsLeft(expires, now time.Time) int64 { return int64(expires.Sub(now) / time.Second) }
