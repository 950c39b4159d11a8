package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

const noticeLink = "https://www.gov.example/a"

const (
	mostText    = 20_000 - 1 - len("<p></p>") // characters of one paragraph
	pictureRoom = 276                         // characters that are kept free for each picture
)

// TestP1_WeChatLimits holds of every limit that the platform gets what stands at it, to the letter, and that of what is
// one over nothing leaves and the author is told by how much.
func TestP1_WeChatLimits(t *testing.T) {
	const most, mostCover = 1<<20 - 1, 10 << 20
	text := func(n int) publish.Post { return publish.Post{Title: "停水", Text: strings.Repeat("水", n)} }
	titled := func(s string) publish.Post { return publish.Post{Title: s, Text: "水"} }
	linked := func(n int) publish.Post {
		return publish.Post{Title: "停水", Text: "水", Link: noticeLink + "/" + strings.Repeat("p", n-len(noticeLink)-1)}
	}
	var twenty []publish.Media
	for n := range 20 {
		twenty = append(twenty, picture(n))
	}
	for _, row := range []struct {
		name  string
		post  publish.Post
		cover publish.Media // Data nil: the usual one
		files []publish.Media
		says  []string // empty: it passes
	}{
		{name: "text at the limit", post: text(mostText)},
		{name: "text one over", post: text(mostText + 1), says: []string{"wechat allows 19999 字（含HTML标签）", "has 20000", "1 too many"}},
		{name: "emoji count one", post: publish.Post{Title: "停水", Text: strings.Repeat("🌧", mostText)}},
		{name: "tags of paragraphs count", post: publish.Post{Title: "停水", Text: "水\n" + strings.Repeat("水", mostText-1-len("<p></p>"))}},
		{name: "tags of paragraphs count, over", post: publish.Post{Title: "停水", Text: "水\n" + strings.Repeat("水", mostText-len("<p></p>"))}, says: []string{"1 too many"}},
		{name: "escapes count", post: publish.Post{Title: "停水", Text: "&" + strings.Repeat("水", mostText-len("&amp;"))}},
		{name: "escapes count, over", post: publish.Post{Title: "停水", Text: "&" + strings.Repeat("水", mostText+1-len("&amp;"))}, says: []string{"1 too many"}},
		{name: "no text", post: publish.Post{Title: "停水"}, says: []string{"empty"}},
		{name: "title at the limit", post: titled(strings.Repeat("题", 63) + "🌧")},
		{name: "title one over", post: titled(strings.Repeat("题", 64) + "a"), says: []string{"wechat allows 64 字", "has 65", "1 too many"}},
		{name: "no title", post: titled(""), says: []string{"empty"}},
		{name: "link at the limit", post: linked(1024)},
		{name: "link one byte over", post: linked(1025), says: []string{"1025 bytes", "1 more than the 1024 allowed"}},
		{name: "digest at the limit", post: publish.Post{Title: "停水", Text: strings.Repeat("摘", 120) + "\n水"}},
		{name: "digest over is cut, the text is not", post: publish.Post{Title: "停水", Text: strings.Repeat("摘", 121) + "\n水"}},

		{name: "no cover", post: text(1), cover: publish.Media{Data: []byte{}}, says: []string{"wechat", "封面", "required"}},
		{name: "cover at the limit", post: text(1), cover: pictureOf("image/jpeg", mostCover)},
		{name: "cover one byte over", post: text(1), cover: pictureOf("image/jpeg", mostCover+1), says: []string{"10485761 bytes", "1 more than the 10485760 allowed"}},
		{name: "cover of a GIF", post: text(1), cover: pictureOf("image/gif", 0)},
		{name: "cover of a BMP", post: text(1), cover: pictureOf("image/bmp", 0)},
		{name: "cover of a WebP", post: text(1), cover: pictureOf("image/webp", 0), says: []string{"image/webp", "image/jpeg"}},

		{name: "a picture at the limit", post: text(1), files: []publish.Media{pictureOf("image/jpeg", most)}},
		{name: "a picture one byte over", post: text(1), files: []publish.Media{pictureOf("image/jpeg", most+1)}, says: []string{"wechat", "1048576 bytes", "1 more than the 1048575 allowed"}},
		{name: "a picture of a GIF", post: text(1), files: []publish.Media{pictureOf("image/gif", 0)}, says: []string{"wechat", "image/gif", "image/jpeg image/png"}},
		{name: "twenty pictures", post: text(1), files: twenty},
		{name: "the same picture twice", post: text(1), files: []publish.Media{picture(0), picture(1), picture(0)}},
		{name: "twenty-one pictures", post: text(1), files: append(slices.Clone(twenty), picture(20)), says: []string{"wechat takes 20 pictures (图片)", "has 21", "1 too many"}},
		{name: "a film", post: text(1), files: []publish.Media{filmOf()}, says: []string{"wechat takes 0 films (视频)", "has 1", "1 too many"}},
		{name: "text and a picture at the limit", post: text(mostText - pictureRoom), files: twenty[:1]},
		{name: "text and a picture one over", post: text(mostText - pictureRoom + 1), files: twenty[:1], says: []string{"19723 字（含HTML标签）", "1 too many"}},
		{name: "text and twenty pictures at the limit", post: text(mostText - 20*pictureRoom), files: twenty},
		{name: "text and twenty pictures one over", post: text(mostText - 20*pictureRoom + 1), files: twenty, says: []string{"1 too many"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				front := &row.cover
				if row.cover.Data == nil {
					usual := cover()
					front = &usual
				} else if len(row.cover.Data) == 0 {
					front = nil
				}
				p, err := e.draft(t, row.post, front, row.files...)
				before := e.fake.Journal().Calls
				if row.says != nil {
					require.ErrorIs(t, err, govmedia.KindInvalid)
					for _, s := range row.says {
						require.ErrorContains(t, err, s)
					}
					require.Equal(t, map[string]int{"stable_token": 1}, before, "only the account was connected")
					return
				}
				require.NoError(t, err)
				e.queue(t, p)
				d := e.settleAll(t, p.ID, nil)[0]
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				e.holds(t, p, *front, row.files)
			})
		})
	}
}

// holds asserts that the platform's only publication is the post, to the letter and byte for byte.
func (e *engine) holds(t *testing.T, p publish.Post, front publish.Media, files []publish.Media) {
	t.Helper()
	j := e.fake.Journal()
	require.Len(t, j.Publications, 1)
	got, what := j.Publications[0].Articles[0], p.Renditions[wechat.Platform]
	byURL, byID := map[string]string{}, map[string]string{}
	for _, m := range j.Materials {
		byURL[m.URL], byID[m.MediaID] = m.SHA256, m.SHA256
	}
	body, images, _ := strings.Cut(got.Content, `<p><img src="`)
	require.Equal(t, []string{what.Title, what.Text, what.Link}, []string{got.Title, plainText(body), got.SourceURL})
	require.Equal(t, front.Digest(), byID[got.ThumbMediaID])
	require.Equal(t, got.Content, got.Shown, "nothing was dropped")
	require.LessOrEqual(t, len([]rune(got.Digest)), 120)
	require.True(t, strings.HasPrefix(what.Text, got.Digest))
	var shown []string
	if images != "" {
		for address := range strings.SplitSeq(strings.TrimSuffix(images, `"/></p>`), `"/></p><p><img src="`) {
			shown = append(shown, byURL[html.UnescapeString(address)])
		}
	}
	require.Equal(t, what.Media, shown, "the approved pictures, in order")
	require.Len(t, shown, len(files))
}

// TestP1_WeChatRefusesByItself holds the same of an adapter that is used without a Publisher.
func TestP1_WeChatRefusesByItself(t *testing.T) {
	file := func(m publish.Media) func(*publish.Submission) {
		return func(s *publish.Submission) {
			s.Rendition.Media = []string{picture(0).Digest(), m.Digest()}
			s.Media = func(ctx context.Context, digest string) (publish.Media, error) {
				if digest == m.Digest() {
					return m, nil
				}
				return loadCover(ctx, digest)
			}
		}
	}
	for name, row := range map[string]struct {
		change func(*publish.Submission)
		kind   govmedia.Kind
		says   string
	}{
		"too many pictures": {func(s *publish.Submission) { s.Rendition.Media = make([]string, 21) }, govmedia.KindInvalid, "1 too many"},
		"a large picture":   {file(pictureOf("image/png", 1<<20)), govmedia.KindInvalid, "1 more than the 1048575 allowed"},
		"a GIF":             {file(pictureOf("image/gif", 0)), govmedia.KindInvalid, "image/gif"},
		"a film":            {file(filmOf()), govmedia.KindInvalid, "video/mp4"},
		"no bytes":          {file(publish.Media{Type: "image/png"}), govmedia.KindInvalid, "empty"},
		"no such picture":   {func(s *publish.Submission) { s.Rendition.Media = []string{"d"} }, govmedia.KindNotFound, ""},
		"the store is down": {func(s *publish.Submission) {
			s.Rendition.Media = []string{"d"}
			s.Media = func(ctx context.Context, digest string) (publish.Media, error) {
				if digest == "d" {
					return publish.Media{}, errors.New("down")
				}
				return loadCover(ctx, digest)
			}
		}, govmedia.KindUnavailable, "down"},
		"text and pictures": {func(s *publish.Submission) {
			s.Rendition.Media = []string{picture(0).Digest()}
			s.Rendition.Text = strings.Repeat("水", mostText-pictureRoom+1)
		}, govmedia.KindInvalid, "1 too many"},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
			sub := submission(govmedia.ReachPublic)
			row.change(sub)
			_, err := client.Publish(t.Context(), sub)
			require.Equal(t, []any{row.kind, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
			require.ErrorContains(t, err, row.says)
			require.Empty(t, s.asked, "nothing leaves, not even the cover")
		})
	}
}

// TestP1_WeChatLongAddresses holds that the limit also holds when the platform's addresses are longer than was kept free.
func TestP1_WeChatLongAddresses(t *testing.T) {
	for extra, passes := range map[int]bool{0: true, 1: false} {
		client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
		s.answers["media/uploadimg"] = `{"url":"http://mmbiz.qpic.cn/` + strings.Repeat("x", 256+extra-len("http://mmbiz.qpic.cn/")) + `"}`
		sub := submission(govmedia.ReachPublic)
		sub.Rendition.Media, sub.Rendition.Text = []string{picture(0).Digest()}, strings.Repeat("水", mostText-pictureRoom)
		_, err := client.Publish(t.Context(), sub)
		if passes {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, []any{govmedia.KindInvalid, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
		require.ErrorContains(t, err, "1 too many")
		require.NotContains(t, s.asked, "draft/add")
	}
}

// TestP1_WeChatUploadRefusals holds what the platform's own refusals of a picture mean.
func TestP1_WeChatUploadRefusals(t *testing.T) {
	for code, kind := range map[int]govmedia.Kind{
		40005: govmedia.KindInvalid, 40009: govmedia.KindInvalid, 45001: govmedia.KindInvalid, 41005: govmedia.KindInvalid,
		45009: govmedia.KindRateLimited, 45011: govmedia.KindRateLimited, 48001: govmedia.KindForbidden, -1: govmedia.KindUnavailable,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				r.fake.Script(wechattest.Fault{Name: wechattest.FaultMediaRejected, Endpoint: "media/uploadimg", Code: code, Times: 1})
				_, err := r.attempt(t.Context(), illustrated(govmedia.ReachPublic, 2))
				e := typed(t, err)
				require.Equal(t, []any{kind, govmedia.NotApplied, "media/uploadimg"}, []any{e.Kind, e.Outcome, e.Op})
				require.Equal(t, kind == govmedia.KindRateLimited, e.RetryAfter > 0)
				require.Empty(t, r.fake.Journal().Drafts)
			})
		})
	}
}

const sentence = "受上游降雨影响，城北片区今晚二十二时起停水十小时，请提前储水。"

func TestP1_WeChatShortens(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		front := cover()
		p, err := e.draft(t, publish.Post{
			Title: "停水", Text: strings.Repeat(sentence, 700), Link: noticeLink, Overflow: publish.OverflowShorten,
		}, &front, picture(0), picture(1))
		require.NoError(t, err)
		e.queue(t, p)
		require.Equal(t, govmedia.Live, e.settleAll(t, p.ID, nil)[0].State)
		e.holds(t, p, front, []publish.Media{picture(0), picture(1)})
		got := e.fake.Journal().Publications[0].Articles[0]
		body, _, _ := strings.Cut(got.Content, `<p><img src="`)
		require.True(t, strings.HasSuffix(plainText(body), "请提前储水。…"), "whole sentences")
		require.Equal(t, noticeLink, got.SourceURL, "the platform's own 阅读原文 leads to the full text")
	})
}

// TestP1_WeChatSplits holds that parts go in order, each when the one before it is live, also when one is in doubt.
func TestP1_WeChatSplits(t *testing.T) {
	for _, fault := range []wechattest.FaultName{"", wechattest.FaultHangAfter, wechattest.FaultHang, wechattest.FaultFrequency} {
		t.Run("fault "+string(fault), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				if fault != "" {
					e.fake.Script(wechattest.Fault{Name: fault, Endpoint: submitOp, Skip: 1, Times: 1})
				}
				whole, front := strings.Repeat(sentence, 1500), cover()
				p, err := e.draft(t, publish.Post{Title: "停水", Text: whole, Link: noticeLink, Overflow: publish.OverflowSplit}, &front, picture(0))
				require.NoError(t, err)
				parts := append([]publish.Rendition{p.Renditions[wechat.Platform]}, p.Renditions[wechat.Platform].Rest...)
				require.Len(t, parts, 3)
				e.queue(t, p)
				ds := e.settleAll(t, p.ID, func(ds []govmedia.Delivery) {
					for i := range e.fake.Journal().Publications {
						require.True(t, i == 0 || ds[i-1].State == govmedia.Live, "part %d is there before the one in front of it is live", i+1)
					}
				})
				held, said := e.fake.Journal().Publications, ""
				require.Len(t, held, len(parts))
				for i, publication := range held {
					a := publication.Articles[0]
					require.Equal(t, []any{govmedia.Live, publication.ArticleID}, []any{ds[i].State, ds[i].Receipt.ID})
					require.Equal(t, fmt.Sprintf("停水（%d/%d）", i+1, len(parts)), a.Title)
					body, images, pictured := strings.Cut(a.Content, `<p><img src="`)
					require.Equal(t, i == 0, pictured, "the picture goes with the first: %s", images)
					said += plainText(body)
				}
				require.Equal(t, whole, said)
			})
		})
	}
}
