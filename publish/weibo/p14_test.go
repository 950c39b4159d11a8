package weibo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// The platform refuses the picture in the same answer as the post: nothing is there, and the policy decides.
func TestP14_WeiboPictureRefused(t *testing.T) {
	for _, c := range []struct {
		policy  publish.MediaPolicy
		state   govmedia.DeliveryState
		held    int
		missing int
	}{
		{publish.MediaFail, govmedia.Rejected, 0, 0},
		{publish.MediaHold, govmedia.NeedsPerson, 0, 0},
		{publish.MediaDegrade, govmedia.Live, 1, 1},
	} {
		t.Run("policy "+string(c.policy), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				e.fake.Script(weibotest.Fault{Name: weibotest.FaultMediaRejected})
				p := e.queue(t, publish.Post{Text: "今晚九点起停水", Link: noticeLink, OnMedia: c.policy}, pictureOf("image/png", 0))
				d := e.settle(t, p.ID, nil)[0]
				require.Equal(t, c.state, d.State, d.Reason)
				posts := e.fake.Journal().Posts
				require.Len(t, posts, c.held)
				if c.held == 0 {
					require.Contains(t, d.Reason, `"图"`)
					require.Contains(t, d.Reason, "20005")
					return
				}
				require.Nil(t, posts[0].Picture)
				require.Len(t, d.Receipt.Missing, c.missing)
				require.Equal(t, "图", d.Receipt.Missing[0].Name)
			})
		})
	}
}

// The whole way of a withdrawal, over the house: ordered once too often, answered too late, found out by reading.
func TestP10_WeiboWithdrawnByTheHouse(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		p := e.queue(t, publish.Post{Text: "今晚九点起停水", Link: noticeLink})
		e.settle(t, p.ID, nil)
		time.Sleep(time.Minute)
		e.fake.Script(weibotest.Fault{Name: weibotest.FaultHangAfter, Endpoint: destroyOp, Times: 1})
		p, err := e.m.Publisher.Post(t.Context(), p.ID)
		require.NoError(t, err)
		for range 3 {
			_, err = e.m.Publisher.Withdraw(t.Context(), "chief", p, "时间有误")
			require.NoError(t, err)
		}
		for range 60 {
			_, err := e.m.Step(t.Context())
			require.NoError(t, err)
			time.Sleep(10 * time.Second)
		}
		list, err := e.m.Publisher.Withdrawals(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, publish.Removed, list[0].Outcome, list[0].Reason)
		require.Equal(t, govmedia.EvidenceFound, list[0].Evidence)
		require.True(t, e.fake.Journal().Posts[0].Deleted)
		require.Equal(t, 1, e.fake.Journal().Calls[destroyOp])
	})
}
