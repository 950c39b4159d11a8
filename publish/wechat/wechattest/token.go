package wechattest

import (
	"time"
)

// Limits of stable_token's force_refresh.
const (
	forcedPerDay = 20
	forcedEvery  = 30 * time.Second
	stableLead   = 5 * time.Minute // before its end a stable token is replaced
)

// issue creates an access token.
func (s *Server) issue(app *account, stable bool, now time.Time) *token {
	t := &token{
		access: s.secret(max(s.cfg.TokenLength, 32)), app: app, stable: stable,
		expires: now.Add(lifetime(s.cfg.TokenLifetime)),
	}
	s.tokens[t.access] = t
	return t
}

// overwrite ends a token at an instant, unless it ends before that.
func (t *token) overwrite(at time.Time) {
	if t != nil && (t.dead.IsZero() || at.Before(t.dead)) {
		t.dead = at
	}
}

// renew issues the next ordinary token. The one before it works a little longer.
func (s *Server) renew(app *account, now time.Time) *token {
	app.ordinary.overwrite(now.Add(max(0, s.cfg.TokenOverlap)))
	app.ordinary = s.issue(app, false, now)
	return app.ordinary
}

func (t *token) answer(now time.Time) object {
	return object{"access_token": t.access, "expires_in": int64(t.expires.Sub(now) / time.Second)}
}

// ordinaryToken is GET /cgi-bin/token: each call ends the token of the call before it,
// with five minutes of overlap.
//
// developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken, as noted 2026-11-22.
func (s *Server) ordinaryToken(c *call) (any, *refusal) {
	ref := s.checkSecret(c, c.query.Get("grant_type"), c.query.Get("appid"), c.query.Get("secret"))
	if ref == nil {
		ref = s.spend(c)
	}
	if ref != nil {
		return nil, ref
	}
	s.fetched++
	return s.renew(c.app, c.now).answer(c.now), nil
}

func (s *Server) checkSecret(c *call, grant, id, secret string) *refusal {
	switch {
	case grant != "client_credential":
		return refuse(40002)
	case id == "":
		return refuse(41002)
	case secret == "":
		return refuse(41004)
	case c.app == nil:
		return refuse(40013)
	case c.app.Secret != secret:
		return refuse(40125)
	}
	return nil
}

// stableToken is POST /cgi-bin/stable_token: the same token until five minutes before
// its end. Its tokens and those of /cgi-bin/token do not touch each other. That
// force_refresh ends the token before it at once, and the codes of forcing too often
// (45011) and too frequently in a day (45009), are assumptions.
//
// developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken, as noted 2026-11-22.
func (s *Server) stableToken(c *call) (any, *refusal) {
	var in struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh flag   `json:"force_refresh"`
	}
	ref := c.decode(&in)
	if ref == nil {
		ref = s.checkSecret(c, in.GrantType, in.AppID, in.Secret)
	}
	if ref == nil {
		ref = s.spend(c)
	}
	if ref == nil && bool(in.ForceRefresh) {
		ref = c.force()
	}
	if ref != nil {
		return nil, ref
	}
	s.fetched++
	t := c.app.stable
	switch {
	case bool(in.ForceRefresh):
		t.overwrite(c.now)
		t = s.issue(c.app, true, c.now)
	case t == nil || !t.dead.IsZero() || !c.now.Before(t.expires.Add(-stableLead)):
		t = s.issue(c.app, true, c.now)
	}
	c.app.stable = t
	return t.answer(c.now), nil
}

// force counts a forced refresh, or refuses it.
func (c *call) force() *refusal {
	day := dayOf(c.now)
	switch {
	case !c.app.forcedAt.IsZero() && c.now.Sub(c.app.forcedAt) < forcedEvery:
		return refuse(45011)
	case c.app.forced.used(day) >= forcedPerDay:
		return refuse(45009)
	}
	c.app.forced.spend(day)
	c.app.forcedAt = c.now
	return nil
}
