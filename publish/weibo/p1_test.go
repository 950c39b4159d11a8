package weibo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const noticeLink = "https://www.gov.example/a" // 25 characters; with the blank before it 13 字

// TestP1_WeiboLimits holds of every limit that the platform gets what stands at it, to the letter, and that of what is
// one over nothing leaves and the author is told by how much.
func TestP1_WeiboLimits(t *testing.T) {
	jpg, gifs, pngs := pictureOf("image/jpeg", 0), pictureOf("image/gif", 0), pictureOf("image/png", 0)
	const most = 5<<20 - 1
	text := func(s string) publish.Post { return publish.Post{Text: s, Link: noticeLink} }
	for _, row := range []struct {
		name  string
		post  publish.Post
		files []publish.Media
		says  []string // empty: it passes
	}{
		{"Chinese at the limit", text(repeat("水", 127)), nil, nil},
		{"Chinese one over", text(repeat("水", 128)), nil, []string{"weibo allows 140 字", "has 141", "1 too many"}},
		{"ASCII halves at the limit", text(repeat("a", 254)), nil, nil},
		{"ASCII half over", text(repeat("a", 255)), nil, []string{"140 字", "has 141", "1 too many"}},
		{"Latin counts whole", text(repeat("·", 128)), nil, []string{"1 too many"}},
		{"emoji at the limit", text("水" + repeat("🌧", 63)), nil, nil},
		{"emoji over", text(repeat("🌧", 65)), nil, []string{"140 字", "has 143", "3 too many"}},
		{"everything at once at the limit", text("水a🌧a" + repeat("水", 123)), nil, nil},
		{"everything at once over", text("水a🌧a" + repeat("水", 124)), nil, []string{"1 too many"}},
		{"a title counts", publish.Post{Title: "停水", Text: repeat("水", 123), Link: noticeLink}, nil, nil},
		{"a title counts over", publish.Post{Title: "停水", Text: repeat("水", 124), Link: noticeLink}, nil, []string{"1 too many"}},
		{"links get no discount", publish.Post{Text: "水", Link: noticeLink + "/" + repeat("p", 251)}, nil, nil},
		{"links get no discount, over", publish.Post{Text: "水", Link: noticeLink + "/" + repeat("p", 252)}, nil, []string{"1 too many"}},
		{"no link", publish.Post{Text: "水"}, nil, []string{"no link", "gov.example"}},
		{"empty", publish.Post{}, nil, []string{"empty"}},

		{"a PNG at the limit", text("图"), []publish.Media{pictureOf("image/png", most)}, nil},
		{"a PNG one byte over", text("图"), []publish.Media{pictureOf("image/png", most+1)}, []string{"weibo", "5242880 bytes", "1 more than the 5242879 allowed"}},
		{"a JPEG", text("图"), []publish.Media{jpg}, nil},
		{"a GIF", text("图"), []publish.Media{gifs}, nil},
		{"a BMP", text("图"), []publish.Media{pictureOf("image/bmp", 0)}, []string{"weibo", "image/bmp", "image/jpeg image/gif image/png"}},
		{"two pictures", text("图"), []publish.Media{jpg, pngs}, []string{"weibo takes 1 pictures (图片)", "has 2", "1 too many"}},
		{"a film", text("片"), []publish.Media{filmOf()}, []string{"weibo takes 0 films (视频)", "has 1", "1 too many"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				if row.says != nil {
					_, err := e.draft(t, row.post, row.files...)
					require.ErrorIs(t, err, govmedia.KindInvalid)
					for _, s := range row.says {
						require.ErrorContains(t, err, s)
					}
					require.Empty(t, e.fake.Journal().Calls)
					e.refusesTheSame(t, row.post, row.files)
					return
				}
				p := e.queue(t, row.post, row.files...)
				require.Equal(t, govmedia.Live, e.settle(t, p.ID, nil)[0].State)
				held := e.fake.Journal().Posts[0]
				require.Equal(t, p.Renditions[weibo.Platform].Text, held.Text, "to the letter")
				if row.files == nil {
					require.Nil(t, held.Picture)
					return
				}
				require.Equal(t, &weibotest.Picture{
					MediaType: row.files[0].Type, Size: len(row.files[0].Data), SHA256: row.files[0].Digest(),
				}, held.Picture, "byte for byte")
			})
		})
	}
}

// refusesTheSame holds that the adapter refuses by itself what did not come through a Publisher.
func (e *engine) refusesTheSame(t *testing.T, p publish.Post, files []publish.Media) {
	t.Helper()
	what := rendition(strings.TrimSpace(p.Text + " " + p.Link))
	if p.Title != "" {
		what.Text = "【" + p.Title + "】" + what.Text
	}
	_, err := e.share(t.Context(), what, files...)
	require.Equal(t, []any{govmedia.KindInvalid, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
	require.Empty(t, e.fake.Journal().Calls)
}

// share publishes a rendition with files.
func (r *rig) share(ctx context.Context, what publish.Rendition, files ...publish.Media) (*govmedia.Receipt, error) {
	for _, f := range files {
		what.Media = append(what.Media, f.Digest())
	}
	receipt, err := r.client.Publish(ctx, &publish.Submission{
		Operation: "op", Account: r.acct, Credential: r.cred, Rendition: what,
		Media: func(_ context.Context, digest string) (publish.Media, error) {
			for _, f := range files {
				if f.Digest() == digest {
					return f, nil
				}
			}
			return publish.Media{}, govmedia.Errorf(govmedia.KindNotFound, "media", "no such file")
		},
	})
	r.errs = append(r.errs, err)
	return receipt, err
}

// TestP1_WeiboPictureThatCannotBeLoaded holds that a picture which is not there costs no attempt.
func TestP1_WeiboPictureThatCannotBeLoaded(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for name, row := range map[string]struct {
			load func(context.Context, string) (publish.Media, error)
			kind govmedia.Kind
		}{
			"the store is down": {func(context.Context, string) (publish.Media, error) { return publish.Media{}, errors.New("down") }, govmedia.KindUnavailable},
			"it is altered": {func(context.Context, string) (publish.Media, error) {
				return publish.Media{}, &govmedia.Error{Op: "publish.seal", Kind: govmedia.KindCorrupt}
			}, govmedia.KindCorrupt},
			"it is damaged": {func(context.Context, string) (publish.Media, error) {
				return publish.Media{Name: "图", Type: "image/png", Data: pictureOf("image/png", 0).Data[:20]}, nil
			}, govmedia.KindInvalid},
			"nothing loads it": {nil, govmedia.KindInvalid},
		} {
			s := submission(text)
			s.Rendition.Media, s.Media = []string{"d"}, row.load
			_, err := r.client.Publish(t.Context(), s)
			require.Equal(t, []any{row.kind, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome}, name)
		}
		require.Empty(t, r.fake.Journal().Calls)
	})
}

// TestP1_WeiboRefusesPictures holds what the platform's own refusals of a picture mean.
func TestP1_WeiboRefusesPictures(t *testing.T) {
	for _, code := range []int{20005, 20006, 20007} {
		bubble(t, nil, func(t *testing.T, r *rig) {
			r.fake.Script(weibotest.Fault{Name: weibotest.FaultMediaRejected, Code: code, Times: 1})
			_, err := r.share(t.Context(), rendition(text), pictureOf("image/png", 0))
			e := typed(t, err)
			require.Equal(t, []any{fmt.Sprint(code), govmedia.KindInvalid, govmedia.NotApplied, govmedia.Abandon}, []any{e.Code, e.Kind, e.Outcome, e.Remedy()})
			require.Empty(t, r.held())
			_, err = r.share(t.Context(), rendition(text))
			require.NoError(t, err, "without a picture nothing is in its way")
		})
	}
}

const sentence = "受上游降雨影响，城北片区今晚二十二时起停水十小时，请提前储水。"

func TestP1_WeiboShortens(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		p := e.queue(t, publish.Post{Title: "停水", Text: repeat(sentence, 9), Link: noticeLink, Overflow: publish.OverflowShorten}, pictureOf("image/png", 0))
		ds := e.settle(t, p.ID, nil)
		require.Len(t, ds, 1)
		require.Equal(t, govmedia.Live, ds[0].State)
		held := e.fake.Journal().Posts
		require.Len(t, held, 1)
		require.LessOrEqual(t, weibo.TextLength(held[0].Text), 140)
		require.True(t, strings.HasPrefix(held[0].Text, "【停水】"+sentence))
		require.True(t, strings.HasSuffix(held[0].Text, "请提前储水。…全文："+noticeLink), "whole sentences, and the link at the end: %s", held[0].Text)
		require.NotNil(t, held[0].Picture)
	})
}

// TestP1_WeiboSplits holds that parts go in order, each when the one before it is live, also when one is in doubt.
func TestP1_WeiboSplits(t *testing.T) {
	for _, fault := range []weibotest.FaultName{"", weibotest.FaultHangAfter, weibotest.FaultHang, weibotest.FaultTooMany} {
		t.Run("fault "+string(fault), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				if fault != "" {
					e.fake.Script(weibotest.Fault{Name: fault, Endpoint: shareOp, Skip: 1, Times: 1})
				}
				whole := repeat(sentence, 9)
				p := e.queue(t, publish.Post{Title: "停水", Text: whole, Link: noticeLink, Overflow: publish.OverflowSplit}, pictureOf("image/png", 0))
				parts := append([]publish.Rendition{p.Renditions[weibo.Platform]}, p.Renditions[weibo.Platform].Rest...)
				require.Greater(t, len(parts), 2)
				ds := e.settle(t, p.ID, func(ds []govmedia.Delivery) {
					for i := range e.held() {
						require.True(t, i == 0 || ds[i-1].State == govmedia.Live, "part %d is there before the one in front of it is live", i+1)
					}
				})
				held, said := e.fake.Journal().Posts, ""
				require.Len(t, held, len(parts))
				for i, post := range held {
					require.Equal(t, []any{govmedia.Live, post.ID}, []any{ds[i].State, ds[i].Receipt.ID})
					require.Equal(t, parts[i].Text, post.Text)
					require.Equal(t, i == 0, post.Picture != nil, "the picture goes with the first")
					body, ok := strings.CutPrefix(post.Text, fmt.Sprintf("【停水】（%d/%d）", i+1, len(parts)))
					require.True(t, ok, post.Text)
					body, ok = strings.CutSuffix(body, " "+noticeLink)
					require.True(t, ok, post.Text)
					said += body
				}
				require.Equal(t, whole, said)
			})
		})
	}
}
