package wordpress_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

func TestPublish(t *testing.T) {
	r := loopback(t, nil)
	receipt, err := r.publish(t.Context(), "post/1/site", text)
	require.NoError(t, err)
	p := r.fake.Journal().Posts[0]
	require.Equal(t, p.ID, receipt.ID)
	require.Equal(t, govmedia.EvidenceResponse, receipt.Evidence)
	require.Equal(t, p.Date.Truncate(time.Second), receipt.At)
	require.Regexp(t, `^http://127.0.0.1:\d+/`+p.Slug+`/$`, receipt.URL)
	require.Equal(t, wordpress.Marker("post/1/site"), p.Slug)
	require.Equal(t, "停水通知", p.Title)
	require.Equal(t, `<p>今晚十点起城北片区停水 <a href="https://www.gov.example/map">https://www.gov.example/map</a></p>`+"\n"+
		`<p>原文链接：<a href="https://www.gov.example/notice?a=1&amp;b=2">https://www.gov.example/notice?a=1&amp;b=2</a></p>`, p.Content)
	require.Equal(t, "publish", p.Status)
	require.Equal(t, "city", p.Author)
}

// TestFaults holds, for each fault, what is said of a post and what the site holds.
func TestFaults(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	for _, c := range []struct {
		fault   wordpresstest.FaultName
		kind    govmedia.Kind // empty: a receipt
		outcome govmedia.Outcome
		posts   int
	}{
		{wordpresstest.FaultRefuse, govmedia.KindTransport, un, 0},
		{wordpresstest.FaultDropAfter, govmedia.KindTransport, un, 1},
		{wordpresstest.FaultHangAfter, govmedia.KindTransport, un, 1},
		{wordpresstest.FaultHang, govmedia.KindTransport, un, 0},
		{wordpresstest.Fault5xxBefore, govmedia.KindUnavailable, un, 0},
		{wordpresstest.Fault5xxAfter, govmedia.KindUnavailable, un, 1},
		{wordpresstest.Fault4xxAfter, govmedia.KindUnavailable, un, 1},
		{wordpresstest.FaultTooMany, govmedia.KindRateLimited, not, 0},
		{wordpresstest.FaultTokenRevoked, govmedia.KindUnauthorized, not, 0},
		{wordpresstest.FaultShadowDrop, "", "", 1},
		{wordpresstest.FaultGarbage, govmedia.KindUnavailable, un, 1},
		{wordpresstest.FaultNotice, govmedia.KindUnavailable, un, 1},
		{wordpresstest.FaultDown, govmedia.KindUnavailable, un, 0},
		{wordpresstest.FaultMaintenance, govmedia.KindUnavailable, un, 0},
		{wordpresstest.FaultPending, "", "", 1},
		{wordpresstest.FaultFuture, "", "", 1},
		{wordpresstest.FaultSlug, "", "", 1},
		{wordpresstest.FaultSkew, "", "", 1},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				r.fake.Script(wordpresstest.Fault{Name: c.fault, Times: 1, Skew: time.Hour})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				receipt, err := r.publish(ctx, "1", text)
				j := r.fake.Journal()
				require.Len(t, j.Posts, c.posts)
				require.Equal(t, 1, j.Calls["posts.create"], "a write is sent once")
				if c.kind == "" {
					require.NoError(t, err)
					require.Equal(t, j.Posts[0].ID, receipt.ID)
					return
				}
				require.Equal(t, c.kind, typed(t, err).Kind)
				require.Equal(t, c.outcome, typed(t, err).Outcome)
			})
		})
	}
}

func TestRoles(t *testing.T) {
	for role, kind := range map[wordpresstest.Role]govmedia.Kind{
		wordpresstest.Subscriber: govmedia.KindForbidden, wordpresstest.Contributor: govmedia.KindForbidden, wordpresstest.Author: "",
	} {
		r := loopback(t, nil)
		r.fake.AddUser(wordpresstest.User{Login: "city", Role: role})
		_, err := r.publish(t.Context(), "op", text)
		if kind == "" {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, kind, typed(t, err).Kind, role)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, role)
		require.Empty(t, r.fake.Journal().Posts)
	}
}

// TestNoRedirect holds that a password and a post are not carried on to another address.
func TestNoRedirect(t *testing.T) {
	client := answering(t, http.StatusTemporaryRedirect, http.Header{"Location": {"http://127.0.0.1:1/elsewhere"}}, "")
	_, err := client.Publish(t.Context(), submission(text))
	require.Equal(t, http.StatusTemporaryRedirect, typed(t, err).Status)
	require.NotErrorIs(t, err, govmedia.KindTransport)
}

func TestFind(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		began := time.Now()
		for _, op := range []string{"1", "2"} { // two deliveries of one text
			r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultDropAfter, Times: 1})
			_, err := r.publish(t.Context(), op, text)
			require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
		}
		for i, op := range []string{"1", "2"} {
			found := r.find(t, op, text, began)
			require.True(t, found.Complete)
			require.Len(t, found.Receipts, 1, "the other delivery's post is not this one's")
			require.Equal(t, r.fake.Journal().Posts[i].ID, found.Receipts[0].ID)
			require.Equal(t, govmedia.EvidenceFound, found.Receipts[0].Evidence)
		}
		found := r.find(t, "3", text, began)
		require.Empty(t, found.Receipts)
		require.True(t, found.Complete, "the same text with another delivery's marker proves nothing")
	})
}

// TestFind_completeness holds when no match means absence, and what speaks against it.
func TestFind_completeness(t *testing.T) {
	const op = "post/1/site"
	held := func(t *testing.T, r *rig) string {
		t.Helper()
		_, err := r.publish(t.Context(), op, text)
		require.NoError(t, err)
		return r.fake.Journal().Posts[0].ID
	}
	byHand := func(t *testing.T, r *rig) string {
		t.Helper()
		a := wordpress.Compose(article(text))
		p, err := r.fake.AddPost("other", a.Title, a.Content)
		require.NoError(t, err)
		return p.ID
	}
	for name, c := range map[string]struct {
		make     func(*testing.T, *rig)
		receipts int
		complete bool
	}{
		"nothing at all":      {func(*testing.T, *rig) {}, 0, true},
		"there":               {func(t *testing.T, r *rig) { held(t, r) }, 1, true},
		"there twice":         {func(t *testing.T, r *rig) { held(t, r); held(t, r) }, 2, true},
		"in the trash":        {func(t *testing.T, r *rig) { require.NoError(t, r.fake.TrashPost(held(t, r))) }, 0, false},
		"deleted for good":    {func(t *testing.T, r *rig) { require.NoError(t, r.fake.DeletePost(held(t, r))) }, 0, true},
		"renamed by a person": {func(t *testing.T, r *rig) { require.NoError(t, r.fake.SetSlug(held(t, r), "notice")) }, 1, true},
		"typed by a person":   {func(t *testing.T, r *rig) { byHand(t, r) }, 1, true},
		"typed and trashed":   {func(t *testing.T, r *rig) { require.NoError(t, r.fake.TrashPost(byHand(t, r))) }, 0, false},
		"edited by a person":  {func(t *testing.T, r *rig) { require.NoError(t, r.fake.EditPost(held(t, r), "改")) }, 1, true},
		"other text":          {func(t *testing.T, r *rig) { require.NoError(t, r.fake.EditPost(byHand(t, r), "改")) }, 0, true},
		"slug by a plugin": {func(t *testing.T, r *rig) {
			r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultSlug, Times: 1})
			held(t, r)
		}, 1, true},
		"clock is off":       {func(_ *testing.T, r *rig) { r.fake.Advance(time.Hour) }, 0, false},
		"clock is behind":    {func(t *testing.T, r *rig) { r.fake.Advance(-time.Hour); held(t, r) }, 0, false},
		"clock is off a bit": {func(t *testing.T, r *rig) { r.fake.Advance(-2 * time.Minute); held(t, r) }, 1, true},
		"a plugin reviews it": {func(t *testing.T, r *rig) {
			r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultPending, Times: 1})
			held(t, r)
		}, 1, true},
		"a plugin dates it later": {func(t *testing.T, r *rig) {
			r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultFuture, Times: 1})
			held(t, r)
		}, 1, true},
		"back to the drafts": {func(t *testing.T, r *rig) { require.NoError(t, r.fake.SetPostStatus(held(t, r), "draft")) }, 0, false},
		"made private":       {func(t *testing.T, r *rig) { require.NoError(t, r.fake.SetPostStatus(held(t, r), "private")) }, 0, false},
		"buried":             {func(t *testing.T, r *rig) { held(t, r); many(t, r, 250) }, 1, true},
		"absent among many":  {func(t *testing.T, r *rig) { many(t, r, 250) }, 0, true},
		"renamed and buried": {func(t *testing.T, r *rig) { require.NoError(t, r.fake.SetSlug(held(t, r), "notice")); many(t, r, 250) }, 1, true},
		"shadow": {func(t *testing.T, r *rig) {
			r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultShadowDrop, Times: 1})
			held(t, r)
		}, 0, true},
		"old post, same text":  {func(t *testing.T, r *rig) { byHand(t, r); time.Sleep(time.Hour) }, 0, true},
		"old post, own marker": {func(t *testing.T, r *rig) { held(t, r); time.Sleep(time.Hour) }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				began := time.Now()
				c.make(t, r)
				if time.Since(began) > time.Minute {
					began = time.Now()
				}
				found := r.find(t, op, text, began)
				require.Len(t, found.Receipts, c.receipts)
				require.Equal(t, c.complete, found.Complete)
			})
		})
	}
}

// many publishes other posts, all in one second.
func many(t *testing.T, r *rig, n int) {
	t.Helper()
	for range n {
		_, err := r.fake.AddPost("other", "别的", "<p>别的</p>")
		require.NoError(t, err)
	}
}

// TestFind_needsToBeHeard holds that a dead password is never taken for an empty site.
func TestFind_needsToBeHeard(t *testing.T) {
	r := loopback(t, nil)
	require.NoError(t, r.fake.Revoke("city"))
	q := r.submission("1", text)
	for _, err := range []error{
		second(r.client.Find(t.Context(), queryOf(q))), second(r.client.Messages(t.Context(), inboxOf(q))),
		second(r.client.FindAnswer(t.Context(), answerOf(q))), second(r.client.Counts(t.Context(), countsOf(q))),
		second(r.client.Profile(t.Context(), r.acct, r.cred)),
	} {
		require.Equal(t, govmedia.KindUnauthorized, typed(t, err).Kind)
	}
}

func second[T any](_ T, err error) error { return err }
