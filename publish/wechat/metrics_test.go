package wechat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestCounts(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for i := range 7 {
			_, err := r.fake.AddFan(wechattest.Fan{AppID: appID, Unsubscribed: i == 0})
			require.NoError(t, err)
		}
		r.live(t)
		r.live(t)
		counts, err := r.client.Counts(t.Context(), &metrics.Request{Account: r.acct, Credential: r.cred, Posts: []string{"x"}})
		require.NoError(t, err)
		require.Equal(t, &metrics.Counts{Followers: metrics.Known(6), Posts: metrics.Known(2)}, counts, "of a post the platform tells no likes: it is missing, not zero")
	})
	for _, body := range []string{`{}`, `{"total":"many","total_count":1}`, `{"total":1}`, `[]`} {
		client, _ := answering(t, 200, nil, body)
		_, err := client.Counts(t.Context(), &metrics.Request{Account: account.Account{ID: "city"}, Credential: credential()})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
	}
}

func TestStatistics(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(10 * 24 * time.Hour)
		token, err := r.fake.Token(appID, true)
		require.NoError(t, err)
		r.cred.Access = govmedia.NewSecret(token.AccessToken)
		add := func(name, date string, row map[string]any) {
			require.NoError(t, r.fake.AddStat(wechattest.Stat{AppID: appID, Name: name, Date: date, Row: row}))
		}
		first, last := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2000, 1, 9, 12, 0, 0, 0, time.UTC)
		add("getusercumulate", "2000-01-02", map[string]any{"cumulate_user": 1217056})
		add("getusercumulate", "2000-01-09", map[string]any{"cumulate_user": 1217059})
		rows, err := r.client.Statistics(t.Context(), r.cred, wechat.StatFollowers, first, last)
		require.NoError(t, err)
		require.Equal(t, []wechat.Row{
			{Source: "getusercumulate", Date: "2000-01-02", Values: map[string]int64{"cumulate_user": 1217056}},
			{Source: "getusercumulate", Date: "2000-01-09", Values: map[string]int64{"cumulate_user": 1217059}},
		}, rows, "nine days are two calls")
		require.Equal(t, 2, r.fake.Journal().Calls["datacube/getusercumulate"])

		// The older name where the newer one has nothing.
		add("getarticletotal", "2000-01-08", map[string]any{"msgid": "202457380_1", "title": "停水", "details": []any{
			map[string]any{"stat_date": "2000-01-08", "int_page_read_user": 2804, "share_count": 5},
			map[string]any{"stat_date": "2000-01-09", "int_page_read_user": 2810},
		}})
		day := time.Date(2000, 1, 8, 3, 0, 0, 0, time.UTC)
		rows, err = r.client.Statistics(t.Context(), r.cred, wechat.StatTotals, day, day)
		require.NoError(t, err)
		base := wechat.Row{Source: "getarticletotal", Date: "2000-01-08", Thread: "202457380", Index: "1", Title: "停水"}
		one, two := base, base
		one.On, one.Values = "2000-01-08", map[string]int64{"int_page_read_user": 2804, "share_count": 5}
		two.On, two.Values = "2000-01-09", map[string]int64{"int_page_read_user": 2810}
		require.Equal(t, []wechat.Row{one, two}, rows)

		// The newer name where it has something.
		add("getbizsummary", "2000-01-08", map[string]any{"detail": map[string]any{"read_user": 12, "like_user": 3, "read_user_source": []any{}}})
		rows, err = r.client.Statistics(t.Context(), r.cred, wechat.StatReads, day, day)
		require.NoError(t, err)
		require.Equal(t, []wechat.Row{{Source: "getbizsummary", Date: "2000-01-08", Values: map[string]int64{"read_user": 12, "like_user": 3}}}, rows)

		_, err = r.client.Statistics(t.Context(), r.cred, wechat.StatUsers, day, time.Now())
		require.ErrorIs(t, err, govmedia.KindInvalid, "today has no figures")
		_, err = r.client.Statistics(t.Context(), r.cred, "weather", day, day)
		require.ErrorIs(t, err, govmedia.KindInvalid)
		_, err = r.client.Statistics(t.Context(), r.cred, wechat.StatUsers, last, first)
		require.ErrorIs(t, err, govmedia.KindInvalid)
	})
	// The older name where the newer one is refused; figures that are not ready are no reason.
	client, s := answering(t, 200, nil, "")
	s.answers["/datacube/getarticleread"], s.answers["/datacube/getarticlesummary"] = `{"errcode":40066}`, `{"list":[{"ref_date":"2026-11-20","int_page_read_count":"7"}]}`
	day := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)
	rows, err := client.Statistics(t.Context(), credential(), wechat.StatArticles, day, day)
	require.NoError(t, err)
	require.Equal(t, "getarticlesummary", rows[0].Source)
	s.answers["/datacube/getarticleread"] = `{"errcode":61503}`
	_, err = client.Statistics(t.Context(), credential(), wechat.StatArticles, day, day)
	require.Equal(t, "61503", typed(t, err).Code)
	require.Equal(t, time.Hour, typed(t, err).RetryAfter)
}
