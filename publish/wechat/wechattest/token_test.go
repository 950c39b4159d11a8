package wechattest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func (r *rig) ordinary() reply {
	return r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet,
		"/cgi-bin/token?grant_type=client_credential&appid="+appID+"&secret="+secret, nil))
}

func (r *rig) stable(force bool) reply {
	return r.post("stable_token", object{"grant_type": "client_credential", "appid": appID, "secret": secret, "force_refresh": force})
}

// works reports the errcode that a token answers with.
func (r *rig) works(token string) int {
	r.token = token
	return r.get("draft/count").code()
}

func TestOrdinaryTokenOverlapsFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		first := r.ordinary()
		equal(t, "expires_in", first.field(t, "expires_in"), "7200")
		old, fresh := first.field(t, "access_token"), r.ordinary().field(t, "access_token")
		if old == fresh {
			t.Fatal("the same token twice")
		}
		r.Advance(5*time.Minute - time.Second)
		equal(t, "the old one within the overlap", r.works(old), 0)
		r.Advance(time.Second)
		equal(t, "the old one after it", r.works(old), 40001)
		equal(t, "the new one", r.works(fresh), 0)
		r.Advance(2 * time.Hour)
		equal(t, "the new one after two hours", r.works(fresh), 42001)
		equal(t, "tokens in the journal", r.Journal().Tokens, 2)
	})
}

func TestStableTokenStaysUntilFiveMinutesBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		first := r.stable(false).field(t, "access_token")
		r.Advance(115*time.Minute - time.Second)
		again := r.stable(false)
		equal(t, "token", again.field(t, "access_token"), first)
		equal(t, "expires_in", again.field(t, "expires_in"), "301")
		r.Advance(time.Second)
		next := r.stable(false).field(t, "access_token")
		if next == first {
			t.Error("five minutes before the end the token is still the same")
		}
		equal(t, "the old one until its end", r.works(first), 0)
		equal(t, "the new one", r.works(next), 0)
	})
}

func TestStableAndOrdinaryTokensAreIsolated(t *testing.T) {
	r := newRig(t, nil)
	stable := r.token
	r.ordinary()
	fresh := r.ordinary().field(t, "access_token")
	r.Advance(10 * time.Minute)
	equal(t, "the stable one", r.works(stable), 0)
	r.stable(true)
	equal(t, "the ordinary one", r.works(fresh), 0)
	equal(t, "the stable one after force_refresh", r.works(stable), 40001)
}

func TestForceRefreshIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.SetTime(time.Date(2026, 11, 22, 0, 0, 0, 0, time.FixedZone("CST", 8*3600)))
		r.expect(r.stable(true), 0)
		r.Advance(29 * time.Second)
		r.expect(r.stable(true), 45011)
		r.expect(r.stable(false), 0)
		for range 19 {
			r.Advance(30 * time.Second)
			r.expect(r.stable(true), 0)
		}
		r.Advance(time.Minute)
		r.expect(r.stable(true), 45009)
		r.Advance(24 * time.Hour)
		r.expect(r.stable(true), 0)
	})
}

func TestTokenRefusals(t *testing.T) {
	tests := []struct {
		name, query string
		code        int
	}{
		{"grant type", "grant_type=x&appid=" + appID + "&secret=" + secret, 40002},
		{"no appid", "grant_type=client_credential&secret=" + secret, 41002},
		{"no secret", "grant_type=client_credential&appid=" + appID, 41004},
		{"unknown appid", "grant_type=client_credential&appid=wx0&secret=" + secret, 40013},
		{"wrong secret", "grant_type=client_credential&appid=" + appID + "&secret=x", 40125},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.expect(r.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cgi-bin/token?"+tt.query, nil)), tt.code)
			equal(t, "tokens in the journal", r.Journal().Tokens, 0)
		})
	}
	t.Run("stable_token by GET", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(r.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cgi-bin/stable_token", nil)), 43002)
	})
	t.Run("token by POST", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(r.raw(t.Context(), "token", "{}"), 43001)
	})
}

func TestTokenCountsInTheQueryOnly(t *testing.T) {
	r := newRig(t, nil)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/cgi-bin/draft/get", strings.NewReader(`{"access_token":"`+r.token+`"}`))
	req.Header.Set("Authorization", "Bearer "+r.token)
	r.expect(r.do(req), 41001)
	equal(t, "a short one", r.works("short"), 40014)
	equal(t, "an unknown one", r.works(strings.Repeat("x", 100)), 40001)
}

func TestTokenLength(t *testing.T) {
	r := newRig(t, &wechattest.Config{TokenLength: 512})
	equal(t, "length", len(r.token), 512)
	r.expect(r.get("draft/count"), 0)
}

func TestDailyQuotaAndClearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &wechattest.Config{DailyLimits: map[string]int{"draft/count": 2}})
		quota := func() string {
			got := r.post("openapi/quota/get", object{"cgi_path": "/cgi-bin/draft/count"})
			return got.field(t, "quota.daily_limit") + " " + got.field(t, "quota.used") + " " + got.field(t, "quota.remain")
		}
		r.expect(r.get("draft/count"), 0)
		r.expect(r.get("draft/count"), 0)
		r.expect(r.get("draft/count"), 45009)
		equal(t, "quota", quota(), "2 2 0")
		r.expect(r.post("clear_quota", object{"appid": "wx0"}), 40013)
		r.expect(r.post("clear_quota", object{"appid": appID}), 0)
		equal(t, "quota after clearing", quota(), "2 0 2")
		for range 9 {
			r.expect(r.post("clear_quota/v2", object{"appid": appID, "appsecret": secret}), 0)
		}
		r.expect(r.post("clear_quota", object{"appid": appID}), 48006)
		r.expect(r.post("openapi/quota/get", object{"cgi_path": "/cgi-bin/nonsense"}), 76021)
		equal(t, "calls in the journal", r.Journal().Calls["draft/count"], 3)
	})
}

func TestPollingIsRationed(t *testing.T) {
	r := newRig(t, &wechattest.Config{ProcessDelay: -1})
	r.Script(wechattest.Fault{Name: wechattest.FaultProcessing})
	id := r.post("freepublish/submit", object{"media_id": r.draft("通知")}).field(t, "publish_id")
	for range 100 {
		r.expect(r.post("freepublish/get", object{"publish_id": id}), 0)
	}
	r.expect(r.post("freepublish/get", object{"publish_id": id}), 45009)
	equal(t, "polls", r.lastPublication().Polls, 100)
}

func TestCallbackAddresses(t *testing.T) {
	r := newRig(t, nil)
	equal(t, "address", r.get("getcallbackip").field(t, "ip_list.0"), "203.0.113.1")
}
