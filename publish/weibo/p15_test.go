package weibo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// TestP15_WeiboKnowsOnlyPublic holds that nobody can ask Weibo for something that it does not have and get something else.
func TestP15_WeiboKnowsOnlyPublic(t *testing.T) {
	for _, want := range []govmedia.Reach{govmedia.ReachDraft, govmedia.ReachSubmitted, govmedia.ReachMass, "群发"} {
		t.Run(string(want), func(t *testing.T) {
			house(t, nil, func(t *testing.T, e *engine) {
				_, err := e.draft(t, publish.Post{Text: "停水", Link: noticeLink, Want: want})
				require.ErrorIs(t, err, govmedia.KindUnsupported)
				require.ErrorContains(t, err, string(want))
				what := rendition(text)
				what.Want = want
				_, err = e.share(t.Context(), what)
				require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
				require.Empty(t, e.fake.Journal().Calls)
			})
		})
	}
}

// TestP15_WeiboPublicNeedsEvidence holds that a post counts as public when the platform says so under an id, in its answer
// or in a list, and not before.
func TestP15_WeiboPublicNeedsEvidence(t *testing.T) {
	for _, row := range []struct {
		name     string
		cfg      weibotest.Config
		fault    weibotest.FaultName
		state    govmedia.DeliveryState
		evidence govmedia.Evidence
	}{
		{name: "answered", state: govmedia.Live, evidence: govmedia.EvidenceResponse},
		{name: "answer lost", fault: weibotest.FaultHangAfter, state: govmedia.Live, evidence: govmedia.EvidenceFound},
		{name: "half an answer", fault: weibotest.FaultGarbage, state: govmedia.Live, evidence: govmedia.EvidenceFound},
		{name: "accepted, slow, no id", fault: weibotest.FaultSlowSuccess, cfg: weibotest.Config{VisibilityDelay: time.Minute}, state: govmedia.Live, evidence: govmedia.EvidenceFound},
	} {
		t.Run(row.name, func(t *testing.T) {
			house(t, &row.cfg, func(t *testing.T, e *engine) {
				if row.fault != "" {
					e.fake.Script(weibotest.Fault{Name: row.fault, Endpoint: shareOp, Times: 1})
				}
				p := e.queue(t, publish.Post{Text: "停水", Link: noticeLink})
				d := e.settle(t, p.ID, func(ds []govmedia.Delivery) {
					if ds[0].State == govmedia.Live {
						require.NotEmpty(t, ds[0].Receipt.Evidence)
					}
				})[0]
				held := e.fake.Journal().Posts
				require.Len(t, held, 1)
				require.Equal(t, []any{row.state, row.evidence, held[0].ID}, []any{d.State, d.Receipt.Evidence, d.Receipt.ID}, d.Reason)
			})
		})
	}
}
