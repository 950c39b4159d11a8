package wechat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// evidence fails the test when a delivery claims more than the platform holds at that moment.
func (e *engine) evidence(t *testing.T, d govmedia.Delivery) {
	t.Helper()
	j := e.fake.Journal()
	if d.Receipt != nil {
		require.NotEmpty(t, d.Receipt.Evidence)
	}
	switch d.State {
	case govmedia.Processing:
		require.Equal(t, govmedia.ReachSubmitted, d.Receipt.Reach)
	case govmedia.Saved:
		require.Equal(t, govmedia.ReachDraft, d.Receipt.Reach)
		require.Equal(t, []string{j.Drafts[0].MediaID, string(wechattest.DraftInBox)}, []string{d.Receipt.ID, string(j.Drafts[0].State)})
	case govmedia.Live:
		if d.Receipt.Reach == govmedia.ReachMass {
			require.Equal(t, []string{j.Masses[0].MsgID, wechattest.MassSuccess}, []string{d.Receipt.ID, j.Masses[0].Status})
			return
		}
		require.Equal(t, []any{govmedia.ReachPublic, j.Publications[0].ArticleID, wechattest.PublishDone, true},
			[]any{d.Receipt.Reach, d.Receipt.ID, j.Publications[0].Status, j.Publications[0].Visible})
	}
}

// TestP15_WeChatReachesNeedTheirEvidence holds that draft, submitted, public and mass-sent are four things: what the platform
// has accepted is not public, however long it works on it (as easywechat#2940 took it to be), and nothing is called by a
// name that the platform has not confirmed.
func TestP15_WeChatReachesNeedTheirEvidence(t *testing.T) {
	type seen map[govmedia.DeliveryState]bool
	for _, row := range []struct {
		name  string
		want  govmedia.Reach
		fault *wechattest.Fault
		state govmedia.DeliveryState
		on    seen // the states on its way and at its end
	}{
		{"draft", govmedia.ReachDraft, nil, govmedia.Saved, seen{govmedia.Saved: true}},
		{"public", govmedia.ReachPublic, nil, govmedia.Live, seen{govmedia.Processing: true, govmedia.Live: true}},
		{"public, when nothing is said", "", nil, govmedia.Live, seen{govmedia.Processing: true, govmedia.Live: true}},
		{"mass-sent", govmedia.ReachMass, nil, govmedia.Live, seen{govmedia.Processing: true, govmedia.Live: true}},
		{"public after ten polls", govmedia.ReachPublic, &wechattest.Fault{Name: wechattest.FaultProcessing, Polls: 10}, govmedia.Live, seen{govmedia.Processing: true, govmedia.Live: true}},
		{"accepted, never through", govmedia.ReachPublic, &wechattest.Fault{Name: wechattest.FaultProcessing}, govmedia.NeedsPerson, seen{govmedia.Processing: true, govmedia.NeedsPerson: true}},
		{"accepted, no original", govmedia.ReachPublic, &wechattest.Fault{Name: wechattest.FaultReviewReject, Code: wechattest.PublishOriginal}, govmedia.Rejected, seen{govmedia.Processing: true, govmedia.Rejected: true}},
		{"accepted, failed", govmedia.ReachPublic, &wechattest.Fault{Name: wechattest.FaultReviewReject, Code: wechattest.PublishFailed}, govmedia.Rejected, seen{govmedia.Processing: true, govmedia.Rejected: true}},
		{"accepted, refused by the review", govmedia.ReachPublic, &wechattest.Fault{Name: wechattest.FaultReviewReject}, govmedia.Rejected, seen{govmedia.Processing: true, govmedia.Rejected: true}},
		{"mass message never through", govmedia.ReachMass, &wechattest.Fault{Name: wechattest.FaultProcessing}, govmedia.NeedsPerson, seen{govmedia.Processing: true, govmedia.NeedsPerson: true}},
		{"mass message refused", govmedia.ReachMass, &wechattest.Fault{Name: wechattest.FaultReviewReject}, govmedia.Rejected, seen{govmedia.Processing: true, govmedia.Rejected: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				if row.fault != nil {
					row.fault.Times = 1
					e.fake.Script(*row.fault)
				}
				front, on := cover(), seen{}
				p, err := e.draft(t, publish.Post{Title: "停水", Text: "今晚停水。", Want: row.want}, &front)
				require.NoError(t, err)
				e.queue(t, p)
				d := e.settleAll(t, p.ID, func(ds []govmedia.Delivery) {
					on[ds[0].State] = true
					e.evidence(t, ds[0])
				})[0]
				require.Equal(t, row.state, d.State, d.Reason)
				require.Equal(t, row.on, on)
				j, made := e.fake.Journal(), map[govmedia.Reach]held{govmedia.ReachMass: {masses: 1}, govmedia.ReachPublic: {publications: 1}, "": {publications: 1}}
				there := held{publications: len(j.Publications), masses: len(j.Masses)}
				require.Equal(t, made[row.want], there, "it became what was wanted, and nothing else")
			})
		})
	}
}

// TestP15_WeChatReceiptsDiffer holds that an attempt's own receipt says no more than its answer did.
func TestP15_WeChatReceiptsDiffer(t *testing.T) {
	for _, want := range []govmedia.Reach{govmedia.ReachDraft, govmedia.ReachPublic, govmedia.ReachMass} {
		bubble(t, &wechattest.Config{ProcessPolls: 2, ProcessDelay: -1}, func(t *testing.T, r *rig) {
			receipt, err := r.attempt(t.Context(), rendition(want))
			require.NoError(t, err)
			if want == govmedia.ReachDraft {
				require.Equal(t, []string{"draft", r.fake.Journal().Drafts[0].MediaID}, []string{string(receipt.Reach), receipt.ID})
				return
			}
			for range 3 {
				require.Equal(t, govmedia.ReachSubmitted, receipt.Reach)
				require.Empty(t, receipt.URL, "nobody can read it yet")
				time.Sleep(time.Hour / 2)
				receipt, err = r.track(t, rendition(want), receipt)
				require.NoError(t, err)
			}
			require.Equal(t, want, receipt.Reach)
		})
	}
}

// TestP15_WeChatWrongWant holds that what the platform cannot make is refused before anything is sent, and is not made into
// something else.
func TestP15_WeChatWrongWant(t *testing.T) {
	for _, want := range []govmedia.Reach{govmedia.ReachSubmitted, "群发", "live"} {
		t.Run(string(want), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				front := cover()
				_, err := e.draft(t, publish.Post{Title: "停水", Text: "今晚停水。", Want: want}, &front)
				require.ErrorIs(t, err, govmedia.KindUnsupported)
				require.ErrorContains(t, err, fmt.Sprintf("%q", want))
				require.Equal(t, map[string]int{"stable_token": 1}, e.fake.Journal().Calls)
			})
			client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
			_, err := client.Publish(t.Context(), submission(want))
			require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
			require.Empty(t, s.asked)
		})
	}
}
