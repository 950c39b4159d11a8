package wechattest

import (
	"strings"
)

const (
	defaultDaily   = 100_000 // where the documents name no limit
	clearsPerMonth = 10
)

// dailyLimits are the documented calls per Beijing day.
var dailyLimits = map[string]int{
	"token":                  2000,
	"stable_token":           500_000,
	"media/uploadimg":        1000,
	"draft/add":              1000,
	"draft/get":              500,
	"draft/update":           1000,
	"draft/delete":           1000,
	"draft/count":            1000,
	"draft/batchget":         1000,
	"freepublish/submit":     100,
	"freepublish/get":        100,
	"freepublish/batchget":   100,
	"freepublish/getarticle": 100,
	"freepublish/delete":     10,
	"message/mass/sendall":   100,
	"message/mass/send":      100,
	"message/mass/preview":   100,
	"message/custom/send":    500_000,
	"user/info":              5_000_000,
	"user/get":               500,
}

func (s *Server) dailyLimit(name string) int {
	if limit, ok := s.cfg.DailyLimits[name]; ok {
		return limit
	}
	if limit, ok := dailyLimits[name]; ok {
		return limit
	}
	return defaultDaily
}

// spend counts a call against the account's day, or refuses it. A call counts whether
// it is carried out or refused later on, which is an assumption. Looking at quotas and
// clearing them is free.
func (s *Server) spend(c *call) *refusal {
	name := c.endpoint.name
	if name == "openapi/quota/get" || strings.HasPrefix(name, "clear_quota") {
		return nil
	}
	used, day := c.app.usage[name], dayOf(c.now)
	if used == nil {
		used = &quota{}
		c.app.usage[name] = used
	}
	if limit := s.dailyLimit(name); limit >= 0 && used.used(day) >= limit {
		return refuse(45009)
	}
	used.spend(day)
	return nil
}

// getQuota is POST /cgi-bin/openapi/quota/get.
//
// developers.weixin.qq.com/doc/service/api (openApi 管理), as noted 2026-11-22.
func (s *Server) getQuota(c *call) (any, *refusal) {
	var in struct {
		CgiPath string `json:"cgi_path"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	e := s.endpoints[in.CgiPath]
	if e == nil {
		return nil, refuse(76021)
	}
	limit, used := s.dailyLimit(e.name), c.app.usage[e.name].used(dayOf(c.now))
	out := done()
	out["quota"] = object{"daily_limit": limit, "used": used, "remain": max(0, limit-used)}
	return out, nil
}

// clearQuota is POST /cgi-bin/clear_quota.
//
// developers.weixin.qq.com/doc/service/api (openApi 管理), as noted 2026-11-22.
func (s *Server) clearQuota(c *call) (any, *refusal) {
	var in struct {
		AppID string `json:"appid"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	if in.AppID != c.app.ID {
		return nil, refuse(40013)
	}
	return s.clearUsage(c)
}

// clearQuotaV2 is POST /cgi-bin/clear_quota/v2, with the secret instead of a token. It
// shares the ten times a month.
//
// developers.weixin.qq.com/doc/service/api (openApi 管理), as noted 2026-11-22.
func (s *Server) clearQuotaV2(c *call) (any, *refusal) {
	var in struct {
		AppID     string `json:"appid"`
		AppSecret string `json:"appsecret"`
	}
	ref := c.decode(&in)
	if ref == nil {
		ref = s.checkSecret(c, "client_credential", in.AppID, in.AppSecret)
	}
	if ref != nil {
		return nil, ref
	}
	return s.clearUsage(c)
}

func (s *Server) clearUsage(c *call) (any, *refusal) {
	month := monthOf(c.now)
	if c.app.cleared.used(month) >= clearsPerMonth {
		return nil, refuse(48006)
	}
	c.app.cleared.spend(month)
	clear(c.app.usage)
	return done(), nil
}

// addresses is GET /cgi-bin/getcallbackip and get_api_domain_ip. The addresses are of
// the range for documentation.
//
// developers.weixin.qq.com/doc/service/api/base, as noted 2026-11-22.
func (s *Server) addresses(*call) (any, *refusal) {
	return object{"ip_list": []string{"203.0.113.1", "203.0.113.2"}}, nil
}
