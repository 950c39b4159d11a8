package metrics_test

import (
	"context"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

var app = account.App{Platform: "board", Key: "k"}

// counter is a platform that knows the figures of the posts in its map.
type counter struct {
	followers metrics.Figure
	posts     map[string]metrics.PostCounts
	err       error
}

func (c *counter) App() account.App { return app }

func (c *counter) Limits() publish.Limits { return publish.Limits{} }

func (c *counter) Publish(_ context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	return &govmedia.Receipt{ID: "post of " + s.Account.ID, At: time.Now()}, nil
}

func (c *counter) Counts(_ context.Context, r *metrics.Request) (*metrics.Counts, error) {
	counts := &metrics.Counts{Followers: c.followers, Posts: metrics.Known(int64(len(c.posts)))}
	for _, id := range r.Posts {
		if p, ok := c.posts[id]; ok {
			counts.ByPost = append(counts.ByPost, p)
		}
	}
	return counts, c.err
}

// newMatrix returns a matrix with one unit and an account of each kind, all connected.
func newMatrix(t *testing.T, c *counter, now func() time.Time) *matrix.Matrix {
	t.Helper()
	ctx := t.Context()
	engine, err := sqlite.Open(ctx, sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(ctx))
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{c}, Now: now,
		Keys:    account.Keyring{Current: "k", Keys: map[string][]byte{"k": make([]byte, 32)}},
		Publish: publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
	})
	require.NoError(t, err)
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市公安局", Level: account.City}}}
	for _, kind := range []account.Kind{account.KindUnit, account.KindOfficer, account.KindEvent, account.KindApp, account.KindMiniProgram} {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: string(kind), App: app, Name: "示例" + string(kind), Unit: "u", Kind: kind, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, m.Registry.Save(ctx, "admin", reg))
	for _, a := range reg.Accounts {
		require.NoError(t, m.Vault.Put(ctx, "admin", account.Credential{Account: a.ID, Access: govmedia.NewSecret("token")}))
	}
	return m
}

func TestA1_AnOfficerNeverEntersTheScoreOfAUnit(t *testing.T) {
	c := &counter{followers: metrics.Known(100), posts: map[string]metrics.PostCounts{}}
	m := newMatrix(t, c, nil)
	require.NoError(t, m.Collect(t.Context()))
	figures, err := m.Metrics.Figures(t.Context())
	require.NoError(t, err)
	require.Equal(t, metrics.UnitFigures{
		Unit: "u", Accounts: 4, Counted: 4, Followers: metrics.Sum{Total: metrics.Known(400), Base: 4}, Posts: metrics.Sum{Total: metrics.Known(0), Base: 4},
	}, figures["u"],
		"the app and the mini-program are accounts, the officer is not the unit's")
}

func TestByUnit_WhatIsNotKnownIsNotZero(t *testing.T) {
	accounts := []account.Account{
		{ID: "weibo", Unit: "u", Kind: account.KindUnit}, {ID: "site", Unit: "u", Kind: account.KindUnit},
		{ID: "new", Unit: "u", Kind: account.KindUnit}, {ID: "other site", Unit: "v", Kind: account.KindUnit}, {ID: "none", Unit: "w", Kind: account.KindUnit},
	}
	figures := metrics.ByUnit(accounts, map[string]metrics.Snapshot{
		"weibo":      {Counts: metrics.Counts{Followers: metrics.Known(7), Posts: metrics.Known(3)}},
		"site":       {Counts: metrics.Counts{Posts: metrics.Known(30)}},
		"other site": {Counts: metrics.Counts{Posts: metrics.Known(0)}},
	})
	require.Equal(t, map[string]metrics.UnitFigures{
		"u": {Unit: "u", Accounts: 3, Counted: 2, Followers: metrics.Sum{Total: metrics.Known(7), Base: 1}, Posts: metrics.Sum{Total: metrics.Known(33), Base: 2}},
		"v": {Unit: "v", Accounts: 1, Counted: 1, Posts: metrics.Sum{Total: metrics.Known(0), Base: 1}},
		"w": {Unit: "w", Accounts: 1},
	}, figures, "a sum covers what is known, and says of how many accounts")
}

func TestFreshnessOf(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		age     time.Duration
		grade   metrics.Grade
		finding govmedia.Severity
	}{
		{"just posted", 0, metrics.Fresh, ""},
		{"the platform's clock is ahead", -time.Minute, metrics.Fresh, ""},
		{"exactly 7 days", 7 * day, metrics.Fresh, ""},
		{"over 7 days", 7*day + time.Second, metrics.Due, govmedia.SeverityWarning},
		{"exactly 10 days", 10 * day, metrics.Due, govmedia.SeverityWarning},
		{"over 10 days", 10*day + time.Second, metrics.Late, govmedia.SeverityWarning},
		{"over 12 days", 12*day + time.Second, metrics.Last, govmedia.SeverityWarning},
		{"exactly 14 days", 14 * day, metrics.Last, govmedia.SeverityWarning},
		{"over 14 days", 14*day + time.Second, metrics.Veto, govmedia.SeverityError},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := metrics.FreshnessOf("a", now.Add(-c.age), now)
			require.Equal(t, c.grade, f.Grade)
			finding, found := f.Finding()
			require.Equal(t, c.finding != "", found)
			require.Equal(t, c.finding, finding.Severity)
			if found {
				require.Contains(t, finding.Citation, "国办秘函〔2019〕19号")
				require.NotEmpty(t, finding.Version)
			}
		})
	}
	unknown := metrics.FreshnessOf("a", time.Time{}, now)
	require.Equal(t, metrics.NeverYet, unknown.Grade)
	_, found := unknown.Finding()
	require.False(t, found, "no post that we know of is not silence")
}

func TestCollector_IncompleteIsMarkedAndFailuresStoreNothing(t *testing.T) {
	ctx := t.Context()
	c := &counter{followers: metrics.Known(5), posts: map[string]metrics.PostCounts{}}
	m := newMatrix(t, c, nil)
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: "通知", Targets: []string{"unit"}})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	_, err = m.Publisher.Publish(ctx, "author", p.ID)
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)

	s, err := m.Metrics.Collect(ctx, "unit")
	require.NoError(t, err)
	require.False(t, s.Complete, "the platform said nothing about our post")
	for _, row := range []struct {
		name     string
		told     metrics.PostCounts
		complete bool
	}{
		{"of another post", metrics.PostCounts{ID: "post of app", Likes: metrics.Known(3)}, false},
		{"no figure", metrics.PostCounts{ID: "post of unit"}, false},
		{"likes", metrics.PostCounts{ID: "post of unit", Likes: metrics.Known(3)}, true},
		{"no comments, and nothing of likes, as a website does", metrics.PostCounts{ID: "post of unit", Comments: metrics.Known(0)}, true},
	} {
		c.posts["post of unit"] = row.told
		s, err = m.Metrics.Collect(ctx, "unit")
		require.NoError(t, err)
		require.Equal(t, row.complete, s.Complete, row.name)
	}

	c.err, c.followers = &govmedia.Error{Kind: govmedia.KindUnavailable}, metrics.Known(999)
	_, err = m.Metrics.Collect(ctx, "unit")
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	figures, err := m.Metrics.Figures(ctx)
	require.NoError(t, err)
	require.Equal(t, metrics.Sum{Total: metrics.Known(5), Base: 1}, figures["u"].Followers, "a failed reading replaces nothing")

	fresh, err := m.Metrics.Freshness(ctx)
	require.NoError(t, err)
	grades := map[string]metrics.Grade{}
	for _, f := range fresh {
		grades[f.Account] = f.Grade
	}
	require.Equal(t, metrics.Fresh, grades["unit"])
	require.Equal(t, metrics.NeverYet, grades["app"])
}
