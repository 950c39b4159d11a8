package wechat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// A picture is refused, or the cover, without which there is no article: the policy decides, and everybody knows.
func TestP14_WeChatPictureRefused(t *testing.T) {
	const inside, head = "media/uploadimg", "material/add_material"
	for _, c := range []struct {
		name     string
		endpoint string
		policy   publish.MediaPolicy
		state    govmedia.DeliveryState
		pictures int // of the article; -1 when there is none
		names    string
	}{
		{"fail", inside, publish.MediaFail, govmedia.Rejected, -1, "图0.png"},
		{"hold", inside, publish.MediaHold, govmedia.NeedsPerson, -1, "图0.png"},
		{"degrade", inside, publish.MediaDegrade, govmedia.Live, 1, "图0.png"},
		{"fail: the cover", head, publish.MediaFail, govmedia.Rejected, -1, "封面.png"},
		{"hold: the cover", head, publish.MediaHold, govmedia.NeedsPerson, -1, "封面.png"},
		{"degrade: no article without its cover", head, publish.MediaDegrade, govmedia.Rejected, -1, "封面.png"},
	} {
		t.Run(c.name, func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				e.fake.Script(wechattest.Fault{Name: wechattest.FaultMediaRejected, Endpoint: c.endpoint, Times: 1})
				front := cover()
				p, err := e.draft(t, publish.Post{Title: "停水通知", Text: "今晚停水", OnMedia: c.policy}, &front, picture(0), picture(1))
				require.NoError(t, err)
				e.queue(t, p)
				d := e.settleAll(t, p.ID, nil)[0]
				require.Equal(t, c.state, d.State, d.Reason)
				articles := e.fake.Journal().Publications
				if c.pictures < 0 {
					require.Empty(t, articles)
					require.Contains(t, d.Reason, c.names)
					return
				}
				require.Len(t, articles, 1)
				require.Equal(t, c.pictures, strings.Count(articles[0].Articles[0].Content, "<img "))
				require.Len(t, d.Receipt.Missing, 1)
				require.Equal(t, c.names, d.Receipt.Missing[0].Name)
			})
		})
	}
}

// Ordered while the platform still works on the article, which it cannot stop: it comes down as soon as it is through.
func TestP10_WeChatWithdrawnByTheHouse(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		e.fake.Script(wechattest.Fault{Name: wechattest.FaultProcessing, Polls: 40, Times: 1})
		front := cover()
		p, err := e.draft(t, publish.Post{Title: "停水通知", Text: "今晚停水"}, &front)
		require.NoError(t, err)
		e.queue(t, p)
		_, err = e.m.Step(t.Context())
		require.NoError(t, err)
		p, err = e.m.Publisher.Post(t.Context(), p.ID)
		require.NoError(t, err)
		_, err = e.m.Publisher.Withdraw(t.Context(), "chief", p, "时间有误")
		require.NoError(t, err)
		for range 300 {
			_, err := e.m.Step(t.Context())
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		list, err := e.m.Publisher.Withdrawals(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, publish.Removed, list[0].Outcome, list[0].Reason)
		require.True(t, e.fake.Journal().Publications[0].Articles[0].Deleted)
		require.NotEmpty(t, list[0].Receipt.ID)
	})
}
