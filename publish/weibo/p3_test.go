package weibo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// within gives a call the time that the engine would.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Whatever goes wrong with a post that has a picture: in the end readers have it once, with its picture.
func TestP3_WeiboPictures(t *testing.T) {
	for _, fault := range []weibotest.FaultName{
		weibotest.FaultRefuse, weibotest.FaultDropAfter, weibotest.FaultHangAfter, weibotest.FaultHang, weibotest.Fault5xxBefore,
		weibotest.Fault5xxAfter, weibotest.Fault4xxAfter, weibotest.FaultTooMany, weibotest.FaultUserQuota, weibotest.FaultGarbage,
		weibotest.FaultSlowSuccess, weibotest.FaultDown,
	} {
		t.Run(string(fault), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				picture := pictureOf("image/jpeg", 100_000)
				p := e.queue(t, publish.Post{Title: "停水", Text: "今晚十点起城北片区停水。", Link: noticeLink}, picture)
				e.fake.Script(weibotest.Fault{Name: fault, Endpoint: shareOp, Times: 1})
				d := e.settle(t, p.ID, nil)[0]
				require.Empty(t, e.fake.PendingFaults(), "the fault has acted")
				held := e.fake.Journal().Posts
				require.Len(t, held, 1)
				require.Equal(t, []any{govmedia.Live, held[0].ID}, []any{d.State, d.Receipt.ID}, d.Reason)
				require.Equal(t, picture.Digest(), held[0].Picture.SHA256)
			})
		})
	}
}

// A share with a picture hangs after it was committed: the reading finds it, and nothing is sent again.
func TestP3_WeiboPictureHangs(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.fake.Script(weibotest.Fault{Name: weibotest.FaultHangAfter, Endpoint: shareOp, Times: 1})
		since := time.Now()
		_, err := r.share(within(t), rendition(text), pictureOf("image/png", 4<<20))
		require.Equal(t, []any{govmedia.KindTransport, govmedia.Unknown}, []any{typed(t, err).Kind, typed(t, err).Outcome})
		found := r.find(t, text, since)
		require.Len(t, found.Receipts, 1)
		post := r.fake.Journal().Posts[0]
		require.Equal(t, []string{post.ID, fmt.Sprint(true)}, []string{found.Receipts[0].ID, fmt.Sprint(post.Picture != nil)})
	})
}

// A picture that the platform refuses ends the delivery: it is not tried again, and not sent without its picture.
func TestP3_WeiboPictureRefused(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		p := e.queue(t, publish.Post{Text: "停水", Link: noticeLink}, pictureOf("image/png", 0))
		e.fake.Script(weibotest.Fault{Name: weibotest.FaultMediaRejected})
		d := e.settle(t, p.ID, nil)[0]
		require.NotEqual(t, govmedia.Live, d.State)
		require.Contains(t, d.Reason, "20005")
		require.Empty(t, e.held())
		require.Equal(t, 1, e.fake.Journal().Calls[shareOp])
	})
}
