package wordpress_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

func TestP14_WordPressPictureRefused(t *testing.T) {
	for _, c := range []struct {
		policy   publish.MediaPolicy
		state    govmedia.DeliveryState
		pictures int // of the article; -1 when there is none
	}{
		{publish.MediaFail, govmedia.Rejected, -1},
		{publish.MediaHold, govmedia.NeedsPerson, -1},
		{publish.MediaDegrade, govmedia.Live, 1},
	} {
		t.Run("policy "+string(c.policy), func(t *testing.T) {
			house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
				e.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultMediaRejected, Times: 1})
				files := []string{e.add(t, picture("一.png", 1)), e.add(t, picture("二.png", 2))}
				d := e.settle(t, e.post(t, publish.Post{Title: "停水通知", Text: "今晚停水", Media: files, OnMedia: c.policy}))
				require.Equal(t, c.state, d.State, d.Reason)
				posts := e.fake.Journal().Posts
				if c.pictures < 0 {
					require.Empty(t, posts)
					require.Contains(t, d.Reason, "一.png")
					return
				}
				require.Len(t, posts, 1)
				require.Equal(t, c.pictures, strings.Count(posts[0].Content, "<figure "))
				require.Len(t, d.Receipt.Missing, 1)
				require.Equal(t, "一.png", d.Receipt.Missing[0].Name)
			})
		})
	}
}

// Withdrawn over the house: a public article, a draft, and one that waits for review, which comes down before anybody saw it.
func TestP10_WordPressWithdrawnByTheHouse(t *testing.T) {
	for name, c := range map[string]struct {
		want  govmedia.Reach
		fault wordpresstest.FaultName
		state govmedia.DeliveryState
	}{
		"public":     {govmedia.ReachPublic, "", govmedia.Live},
		"draft":      {govmedia.ReachDraft, "", govmedia.Saved},
		"for review": {govmedia.ReachPublic, wordpresstest.FaultPending, govmedia.Processing},
	} {
		t.Run(name, func(t *testing.T) {
			house(t, wordpress.Config{}, func(t *testing.T, e *engine) {
				if c.fault != "" {
					e.fake.Script(wordpresstest.Fault{Name: c.fault, Times: 1})
				}
				id := e.post(t, publish.Post{ID: "p", Title: "停水通知", Text: "今晚停水", Want: c.want})
				e.until(t, id, func(s govmedia.DeliveryState) bool { return s == c.state })
				time.Sleep(time.Minute)
				e.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultHang, Endpoint: "posts.delete", Times: 1})
				p, err := e.m.Publisher.Post(t.Context(), "p")
				require.NoError(t, err)
				_, err = e.m.Publisher.Withdraw(t.Context(), "chief", p, "时间有误")
				require.NoError(t, err)
				d := e.until(t, "withdraw/p/site", govmedia.DeliveryState.Settled)
				require.Equal(t, govmedia.Withdrawn, d.State, d.Reason)
				require.Equal(t, "trash", e.fake.Journal().Posts[0].Status)
				require.Equal(t, 2, e.fake.Journal().Calls["posts.delete"], "once more, after it was seen to be still there")
			})
		})
	}
}
