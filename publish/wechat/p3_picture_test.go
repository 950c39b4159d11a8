package wechat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

const uploadOp = "media/uploadimg"

// Whatever goes wrong with the second picture: in the end readers have the post once, with both pictures, and what was
// uploaded is not uploaded again.
func TestP3_WeChatPictures(t *testing.T) {
	for _, fault := range append([]wechattest.FaultName{wechattest.FaultMediaRejected}, everyFault...) {
		t.Run(string(fault), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				front := cover()
				p, err := e.draft(t, publish.Post{Title: "停水", Text: "今晚停水。"}, &front, picture(0), picture(1))
				require.NoError(t, err)
				e.fake.Script(wechattest.Fault{Name: fault, Endpoint: uploadOp, Skip: 1, Times: 1})
				e.queue(t, p)
				d := e.settleAll(t, p.ID, nil)[0]
				require.Empty(t, e.fake.PendingFaults(), "the fault has acted")
				j := e.fake.Journal()
				if fault == wechattest.FaultMediaRejected {
					require.NotEqual(t, govmedia.Live, d.State, "not without its picture")
					require.Contains(t, d.Reason, "40005")
					require.Empty(t, j.Drafts)
					return
				}
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				e.holds(t, p, front, []publish.Media{picture(0), picture(1)})
				require.Equal(t, []int{1, 3}, []int{j.Calls["material/add_material"], j.Calls[uploadOp]})
				require.Len(t, j.Drafts, 1)
			})
		})
	}
}

// The process dies between any two steps of a post with pictures, with or without its last checkpoint. The next one goes on
// from what is durable, and uploads nothing that it knows to be there.
func TestP3_WeChatPicturesCrash(t *testing.T) {
	for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft} {
		for n := range 4 { // the cover, two pictures, the draft
			for _, durable := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/checkpoint %d, durable %t", want, n, durable), func(t *testing.T) {
					bubble(t, nil, func(t *testing.T, r *rig) {
						count, what, since := 0, illustrated(want, 2), time.Now()
						r.lose = func(data []byte) error {
							if count++; count != n+1 {
								return nil
							}
							if durable {
								r.prior = data
							}
							return context.Canceled
						}
						_, err := r.attempt(within(t), what)
						require.Error(t, err)
						r.lose = nil
						known := r.uploads(t)
						before := r.fake.Journal().Calls[uploadOp]
						if found := r.find(t, what, since); len(found.Receipts) == 0 {
							require.True(t, found.Complete)
							_, err = r.attempt(within(t), what)
							require.NoError(t, err)
							require.Equal(t, 2-known, r.fake.Journal().Calls[uploadOp]-before)
						}
						j := r.fake.Journal()
						articles := j.Drafts[len(j.Drafts)-1].Articles
						if want == govmedia.ReachPublic {
							require.Len(t, j.Publications, 1)
							articles = j.Publications[0].Articles
						}
						require.Equal(t, 2, strings.Count(articles[0].Shown, "<img"))
					})
				})
			}
		}
	}
}

// uploads is how many pictures the checkpoint knows.
func (r *rig) uploads(t *testing.T) int {
	t.Helper()
	var p struct{ Pictures map[string]string }
	if len(r.prior) > 0 {
		require.NoError(t, json.Unmarshal(r.prior, &p))
	}
	return len(p.Pictures)
}

// An answer to an upload is lost, or comes in pieces: nothing was published, so the outcome is certain.
func TestP3_WeChatUploadOutcome(t *testing.T) {
	for _, fault := range everyFault {
		bubble(t, nil, func(t *testing.T, r *rig) {
			r.fake.Script(wechattest.Fault{Name: fault, Endpoint: uploadOp, Times: 1})
			_, err := r.attempt(within(t), illustrated(govmedia.ReachMass, 1))
			require.Equal(t, []any{govmedia.NotApplied, uploadOp}, []any{typed(t, err).Outcome, typed(t, err).Op}, fault)
			require.Empty(t, r.fake.Journal().Drafts)
		})
	}
}

// After an unknown outcome the article is found by its text, although the platform shows its own addresses.
func TestP3_WeChatPicturesFound(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		since := time.Now()
		r.fake.Script(wechattest.Fault{Name: wechattest.FaultHangAfter, Endpoint: submitOp, Times: 1})
		_, err := r.attempt(within(t), illustrated(govmedia.ReachPublic, 3))
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
		found := r.find(t, illustrated(govmedia.ReachPublic, 3), since)
		require.Len(t, found.Receipts, 1)
		require.Equal(t, r.fake.Journal().Publications[0].ArticleID, found.Receipts[0].ID)
	})
}

// TestPublish_editedPictures holds that a draft whose pictures somebody changed at the console is not handed over as ours,
// and that the platform's ways of showing a picture are no change.
func TestPublish_editedPictures(t *testing.T) {
	const address = `http://mmbiz.qpic.cn/mmbiz_png/AbCdEf0123456789/0?from=appmsg&wx_fmt=png`
	shown := func(images string) string {
		content, err := json.Marshal("<p>今晚十点起，城北片区停水。</p><p><br/></p><p>咨询：&lt;12345&gt; &amp; \"值班室\"。</p>" + images)
		require.NoError(t, err)
		return `{"news_item":[{"title":"关于停水的通知","content_source_url":"https://www.gov.example/notice?a=1&b=2","content":` + string(content) + `}]}`
	}
	for name, row := range map[string]struct {
		images string
		made   bool // a new draft
	}{
		"as sent":               {`<p><img src="http://mmbiz.qpic.cn/mmbiz_png/AbCdEf0123456789/0?from=appmsg&amp;wx_fmt=png"/></p>`, false},
		"as the platform likes": {`<section><img class="rich_pages" data-ratio="1" data-src='https://mmbiz.qpic.cn/sz_mmbiz_png/AbCdEf0123456789/640?wx_fmt=png' alt=""></section>`, false},
		"removed":               {``, true},
		"another":               {`<p><img src="http://mmbiz.qpic.cn/mmbiz_png/Another123456789/0?from=appmsg"/></p>`, true},
		"one more":              {strings.Repeat(`<p><img src="http://mmbiz.qpic.cn/mmbiz_png/AbCdEf0123456789/0"/></p>`, 2), true},
		"not readable":          {`<p><img src="http://[::1"/></p>`, true},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
			s.answers[uploadOp], s.answers["draft/get"] = `{"url":"`+address+`"}`, shown(row.images)
			sub := submission(govmedia.ReachPublic)
			sub.Rendition = illustrated(govmedia.ReachPublic, 1)
			sub.Checkpoint = func(_ context.Context, data []byte) error { sub.Prior = data; return nil }
			_, err := client.Publish(t.Context(), sub)
			require.NoError(t, err)
			s.asked = nil
			_, err = client.Publish(t.Context(), sub)
			require.NoError(t, err)
			require.Equal(t, "draft/get", s.asked[0])
			require.Equal(t, row.made, s.asked[1] == "draft/add", s.asked)
			require.NotContains(t, s.asked, uploadOp, "what is uploaded stays uploaded")
		})
	}
}
