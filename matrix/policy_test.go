package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func TestP12_APolicyNeedsAnExplainer(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx := t.Context()
	p, err := signing(t, m, publish.Post{ID: "policy", Title: "养老补贴办法", Text: "全文", Targets: []string{"a1"}, Policy: true}, "submit author", "review b")
	require.NoError(t, err)
	refused := func(says string) {
		_, err := m.Publisher.Approve(ctx, "c", p, "")
		require.ErrorIs(t, err, govmedia.KindInvalid)
		var found *publish.FindingsError
		require.ErrorAs(t, err, &found)
		f := found.Findings[0]
		require.Equal(t, "policy.explainer", f.Rule)
		require.Equal(t, "2026-11", f.Version)
		require.Equal(t, "policy", f.Subject)
		require.Equal(t, govmedia.SeverityError, f.Severity)
		require.Contains(t, f.Citation, "国办发〔2016〕80号")
		require.Contains(t, f.Explanation, "养老补贴办法")
		require.Contains(t, f.Explanation, says)
		require.NotEmpty(t, f.Suggestion)
	}
	refused("没有关联的解读稿件")
	_, err = m.Publisher.Draft(ctx, "author", publish.Post{ID: "news", Text: "后续", Targets: []string{"a1"}, Links: []publish.Link{{Kind: publish.Follows, Post: "policy"}}})
	require.NoError(t, err)
	refused("没有关联的解读稿件")
	e, err := m.Publisher.Draft(ctx, "author", publish.Post{ID: "explainer", Title: "一图读懂", Text: "谁能领", Targets: []string{"a1"}, Links: []publish.Link{{Kind: publish.Explains, Post: "policy"}}})
	require.NoError(t, err)
	refused("“一图读懂”处于拟稿环节，尚未通过终审")

	// A reason will do, and is kept.
	kept, err := m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepApprove, Actor: "c", Overrides: map[string]string{"policy.explainer": "仅调整联系电话"}}, p)
	require.NoError(t, err)
	require.Equal(t, "仅调整联系电话", kept.Signatures[2].Overrides["policy.explainer"])
	require.Contains(t, verifyAudit(t, engine), "仅调整联系电话")
	kept, err = m.Publisher.Return(ctx, "c", kept, "改为附解读")
	require.NoError(t, err)

	sign(t, m, e)
	p = sign(t, m, kept)
	require.Equal(t, publish.StageApproved, p.Stage)
	require.Empty(t, p.Signatures[2].Overrides)
}

func TestP12_AnEmergencyPolicyToo(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := signing(t, m, publish.Post{Text: "临时交通管制令", Targets: []string{"a1"}, Policy: true, Lane: govmedia.LaneEmergency}, "submit author", "approve_emergency b")
	require.ErrorIs(t, err, govmedia.KindInvalid)
	p, err = m.Publisher.Sign(t.Context(), publish.Signature{
		Step: publish.StepApproveEmergency, Actor: "b", Overrides: map[string]string{"policy.explainer": "险情紧急，解读随后"},
	}, p)
	require.NoError(t, err)
	require.Equal(t, publish.StageApproved, p.Stage)
}

// A policy, its explainer, what followed it and what followed that, as readers saw them.
func TestP12_TheChainOfAPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		chained := func(id string, targets []string, links ...publish.Link) {
			p, err := m.Publisher.Draft(ctx, "author", publish.Post{ID: id, Text: id, Targets: targets, Links: links, Policy: id == "policy"})
			require.NoError(t, err)
			if id == "policy" || id == "q&a" {
				return
			}
			sign(t, m, p)
		}
		out := func(id string) {
			_, err := m.Publisher.Publish(ctx, "author", id)
			require.NoError(t, err)
			stepFor(t, m, time.Minute)
		}
		chained("policy", []string{"a1", "a2"})
		chained("explainer", []string{"a1"}, publish.Link{Kind: publish.Explains, Post: "policy"})
		policy, err := m.Publisher.Post(ctx, "policy")
		require.NoError(t, err)
		sign(t, m, policy)
		out("policy")
		out("explainer")
		chained("news", []string{"a1", "a2"}, publish.Link{Kind: publish.Follows, Post: "policy"})
		chained("again", []string{"a1"}, publish.Link{Kind: publish.Follows, Post: "news"}, publish.Link{Kind: publish.Follows, Post: "policy"})
		chained("q&a", []string{"a1"}, publish.Link{Kind: publish.Explains, Post: "again"})
		chained("other", []string{"a1"}, publish.Link{Kind: publish.Relays, Post: "policy"})
		out("again")
		out("news")

		reads := map[string]int64{}
		for id, n := range map[string]int64{"policy": 900, "explainer": 120, "news": 0} {
			ds, err := m.Publisher.Deliveries(ctx, id)
			require.NoError(t, err)
			reads[ds[0].Receipt.ID] = n
		}
		steps, err := m.Publisher.Chain(ctx, "policy", func(d govmedia.Delivery) (int64, bool) {
			n, known := reads[d.Receipt.ID]
			return n, known
		})
		require.NoError(t, err)
		type step struct {
			id, of      string
			kind        publish.LinkKind
			live, known int
			reads       int64
		}
		var got []step
		for i, s := range steps {
			got = append(got, step{s.Post.ID, s.Of, s.Kind, s.Live, s.Known, s.Reads})
			require.Equal(t, s.Live == 0, s.At.IsZero())
			if i > 0 && s.Live > 0 {
				require.False(t, s.At.Before(steps[i-1].At))
			}
		}
		require.Equal(t, []step{
			{"policy", "", "", 2, 1, 900},
			{"explainer", "policy", publish.Explains, 1, 1, 120},
			{"again", "policy", publish.Follows, 1, 0, 0},
			{"news", "policy", publish.Follows, 2, 1, 0},
			{"q&a", "again", publish.Explains, 0, 0, 0},
		}, got)

		steps, err = m.Publisher.Chain(ctx, "explainer", nil)
		require.NoError(t, err)
		require.Len(t, steps, 1)
		require.Zero(t, steps[0].Known, "nobody knows")
		_, err = m.Publisher.Chain(ctx, "p0", nil)
		require.ErrorIs(t, err, govmedia.KindNotFound)
	})
}
