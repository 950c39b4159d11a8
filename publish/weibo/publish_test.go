package weibo_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func TestPublish_sendsExactlyTheText(t *testing.T) {
	r := loopback(t, nil)
	const odd = " 【停水】#民生# a+b=c&d%20 “引号”\n第二行 😀 https://www.gov.example/n?a=1&b=2#c "
	receipt, err := r.publish(t.Context(), odd)
	require.NoError(t, err)
	require.Equal(t, []string{odd}, r.held())
	post := r.fake.Journal().Posts[0]
	require.Equal(t, post.ID, receipt.ID)
	require.Equal(t, "https://weibo.com/"+uid+"/"+post.MID, receipt.URL)
	require.Equal(t, post.Created.Truncate(time.Second).UTC(), receipt.At)
	require.Equal(t, govmedia.EvidenceResponse, receipt.Evidence)
	require.Equal(t, "203.0.113.7", post.RIP)
	require.Equal(t, 1, r.fake.Journal().Calls["statuses/share"])
}

// TestPublish_faults asserts, fault by fault, what the platform really holds beside what was returned.
func TestPublish_faults(t *testing.T) {
	for _, row := range []struct {
		fault   weibotest.Fault
		held    int
		kind    govmedia.Kind // empty: no error
		outcome govmedia.Outcome
	}{
		{weibotest.Fault{Name: weibotest.FaultRefuse}, 0, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultDropAfter}, 1, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultHangAfter}, 1, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultHang}, 0, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.Fault5xxBefore}, 0, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.Fault5xxAfter}, 1, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.Fault4xxAfter}, 1, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultDown}, 0, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultGarbage}, 1, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultSlowSuccess}, 1, govmedia.KindUnavailable, govmedia.Applied},
		{weibotest.Fault{Name: weibotest.FaultDuplicate}, 0, govmedia.KindDuplicate, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultTooMany}, 0, govmedia.KindRateLimited, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultAppQuota}, 0, govmedia.KindRateLimited, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultUserQuota}, 0, govmedia.KindRateLimited, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultTokenExpired}, 0, govmedia.KindUnauthorized, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultTokenRevoked}, 0, govmedia.KindUnauthorized, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultCaptcha}, 0, govmedia.KindChallenge, govmedia.NotApplied},
		{weibotest.Fault{Name: weibotest.FaultShadowDrop}, 1, "", govmedia.Unknown},
		{weibotest.Fault{Name: weibotest.FaultSkew, Skew: time.Hour}, 1, "", govmedia.Unknown},
	} {
		t.Run(string(row.fault.Name), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				r.fake.Script(row.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				receipt, err := r.publish(ctx, text)
				require.LessOrEqual(t, time.Since(start), 10*time.Second, "Publish ends with its context")
				j := r.fake.Journal()
				require.Len(t, j.Posts, row.held)
				require.Equal(t, 1, j.Calls["statuses/share"], "one call, whatever happens")
				if row.kind == "" {
					require.NoError(t, err)
					require.Equal(t, j.Posts[0].ID, receipt.ID)
					return
				}
				require.Nil(t, receipt)
				e := typed(t, err)
				require.Equal(t, row.kind, e.Kind)
				require.Equal(t, row.outcome, e.Outcome)
				require.Equal(t, weibo.Platform, e.Platform)
				require.Equal(t, "statuses/share", e.Op)
			})
		})
	}
}

func TestPublish_429(t *testing.T) {
	for _, date := range []bool{false, true} {
		bubble(t, nil, func(t *testing.T, r *rig) {
			r.fake.Script(weibotest.Fault{Name: weibotest.FaultTooMany, RetryAfter: 90 * time.Second, RetryAfterDate: date})
			_, err := r.publish(t.Context(), text)
			require.InDelta(t, 90*time.Second, typed(t, err).RetryAfter, float64(time.Second))
			require.Empty(t, r.held())
		})
	}
}

func TestPublish_neverLeft(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := r.publish(ctx, text)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, r.fake.Journal().Calls["statuses/share"])
	})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	client, err := weibo.New(&weibo.Config{AppKey: appKey, BaseURL: gone.URL})
	require.NoError(t, err)
	_, err = client.Publish(t.Context(), submission(text))
	require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
	require.Equal(t, govmedia.Retry, typed(t, err).Remedy())
}

func TestPublish_followsNoRedirect(t *testing.T) {
	var elsewhere int
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer target.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		client := answering(t, status, http.Header{"Location": {target.URL}}, "")
		_, err := client.Publish(t.Context(), submission(text))
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
	}
	require.Zero(t, elsewhere)
}

// TestPublish_preflight holds that what the platform would certainly refuse is never sent.
func TestPublish_preflight(t *testing.T) {
	r := loopback(t, nil)
	const link = " https://www.gov.example/a" // 26 characters, 13 字
	for name, bad := range map[string]string{
		"empty":              "",
		"blank":              " \n　",
		"no link":            "今晚停水",
		"scheme only":        "今晚停水 https:// 见",
		"foreign link":       "今晚停水 https://www.other.example/a",
		"look-alike link":    "今晚停水 https://gov.example.evil.example/a",
		"domain in the path": "今晚停水 https://evil.example/gov.example",
		"one over":           repeat("水", 128) + link,
		"invalid UTF-8":      "今晚\xff停水" + link,
	} {
		_, err := r.publish(t.Context(), bad)
		require.Equal(t, govmedia.KindInvalid, typed(t, err).Kind, name)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, name)
	}
	require.Zero(t, r.fake.Journal().Calls["statuses/share"])

	for name, good := range map[string]string{
		"exactly the limit":   repeat("水", 127) + link,
		"bare domain":         "见http://gov.example。",
		"upper case":          "见 HTTPS://WWW.GOV.EXAMPLE/A",
		"second link is safe": "见 https://other.example/ 和 https://gov.example/b",
		"in brackets":         "见（https://gov.example/c）",
	} {
		_, err := r.publish(t.Context(), good)
		require.NoError(t, err, name)
	}

	noToken := submission(text)
	noToken.Credential.Access = govmedia.Secret{}
	_, err := r.client.Publish(t.Context(), noToken)
	require.Equal(t, govmedia.Reauthorize, typed(t, err).Remedy())
}

func TestTextLength(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 1, "ab": 1, "abc": 2, "é": 1, "éé": 2, "·": 1, "水": 1, "水a": 2, "，": 1, "😀": 2, "a😀": 3, "https://t.cn/abc": 8,
	} {
		require.Equal(t, want, weibo.TextLength(text), "%q", text)
	}
	client, err := weibo.New(&weibo.Config{AppKey: appKey})
	require.NoError(t, err)
	limits := client.Limits()
	require.NoError(t, limits.Text.Check(repeat("水", 140)))
	require.ErrorIs(t, limits.Text.Check(repeat("水", 141)), govmedia.KindInvalid)
	require.Equal(t, limits.Text.Max, client.AnswerLimits().Text.Max)
	require.Equal(t, 2*time.Minute, limits.VisibleWithin)
}

func TestNew_namesEveryProblem(t *testing.T) {
	_, err := weibo.New(&weibo.Config{
		BaseURL: "https://user:hush@api.weibo.com", RedirectURL: "/callback", RealIP: "localhost", SafeDomains: []string{"https://gov.cn"}, ClockSkew: -1,
	})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	for _, what := range []string{"AppKey", "BaseURL", "RedirectURL", "RealIP", "safe domain", "ClockSkew"} {
		require.ErrorContains(t, err, what)
	}
	require.NotContains(t, err.Error(), "hush")
	_, err = weibo.New(nil)
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func TestClient_concurrent(t *testing.T) {
	r := loopback(t, &weibotest.Config{PostsPerHour: -1})
	done := make(chan error)
	const n = 20
	for i := range n {
		go func() {
			_, err := r.client.Publish(t.Context(), &publish.Submission{
				Account: r.acct, Credential: r.cred, Rendition: rendition(repeat("水", i+1) + " https://gov.example/a"),
			})
			done <- err
		}()
	}
	for range n {
		require.NoError(t, <-done)
	}
	require.Len(t, r.held(), n)
}
