package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

func urgent(ago time.Duration) publish.Post {
	return publish.Post{Text: "暴雨红色预警", Targets: []string{"a1"}, Lane: govmedia.LaneEmergency, Since: time.Now().Add(-ago)}
}

func TestP2_AnEmergencyNeedsOneApprover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		p, err := signing(t, m, urgent(12*time.Minute+30*time.Second), "submit author")
		require.NoError(t, err)
		_, err = m.Publisher.ApproveEmergency(ctx, "author", p, "")
		require.ErrorIs(t, err, govmedia.KindForbidden)
		p, err = m.Publisher.ApproveEmergency(ctx, "approver", p, "值班局长同意")
		require.NoError(t, err)
		require.Equal(t, publish.StageApproved, p.Stage)
		require.Equal(t, 12, p.Signatures[1].Minutes)
		require.Equal(t, p.Digest(), p.Seal)
		require.Equal(t, time.Now().Add(24*time.Hour).UTC(), p.ReviewBy)
		_, err = m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"live"}, statesOf(t, m, p.ID))

		// The review follows, by the clock.
		reviews := func() []publish.Post {
			list, err := m.Publisher.Reviews(ctx)
			require.NoError(t, err)
			return list
		}
		overdue := func() []govmedia.Finding {
			found, err := m.Publisher.Overdue(ctx, time.Now())
			require.NoError(t, err)
			return found
		}
		require.Len(t, reviews(), 1)
		require.Equal(t, publish.StepReviewAfter, reviews()[0].Owed())
		time.Sleep(24 * time.Hour)
		require.Empty(t, overdue())
		time.Sleep(2 * time.Hour)
		found := overdue()
		require.Len(t, found, 1)
		require.Equal(t, "review.emergency_after", found[0].Rule)
		require.Equal(t, govmedia.SeverityError, found[0].Severity)
		require.Equal(t, p.ID, found[0].Subject)
		require.Contains(t, found[0].Explanation, "尚缺复审，逾期2小时")
		require.Contains(t, found[0].Suggestion, "不得为author、approver")

		for _, who := range []string{"author", "approver"} {
			_, err = m.Publisher.ReviewAfter(ctx, who, p, "")
			require.ErrorIs(t, err, govmedia.KindForbidden, who)
		}
		_, err = m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepApproveAfter, Actor: "second"}, p)
		require.ErrorIs(t, err, govmedia.KindConflict, "the review comes first")
		old := p
		p, err = m.Publisher.ReviewAfter(ctx, "second", p, "属实")
		require.NoError(t, err)
		_, err = m.Publisher.ReviewAfter(ctx, "third", old, "")
		require.ErrorIs(t, err, govmedia.KindConflict, "an old version")
		require.Contains(t, overdue()[0].Explanation, "尚缺终审")
		_, err = m.Publisher.ReviewAfter(ctx, "second", p, "")
		require.ErrorIs(t, err, govmedia.KindForbidden)
		p, err = m.Publisher.ReviewAfter(ctx, "third", p, "同意")
		require.NoError(t, err)
		require.Empty(t, reviews())
		require.Empty(t, overdue())
		_, err = m.Publisher.ReviewAfter(ctx, "fourth", p, "")
		require.ErrorIs(t, err, govmedia.KindConflict, "nothing is owed")

		require.NoError(t, publish.VerifySeal(p), "the seal stays")
		require.Equal(t, []string{"live"}, statesOf(t, m, p.ID))
		require.Len(t, b.posts, 1)
		log := verifyAudit(t, engine)
		for _, s := range []string{"post.approve_emergency", "post.review_after", "post.approve_after", "值班局长同意", `\"minutes\":12`} {
			require.Contains(t, log, s)
		}
	})
}

func TestP2_EmergencyApprovalsAreRefused(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{
		Deputy: sitIn, Proofread: publish.ProofreadText(verify.Text{}.Check),
	}})
	for _, c := range []struct {
		name   string
		change func(*publish.Post)
		steps  []string
		kind   govmedia.Kind
	}{
		{"one approver", nil, []string{"submit author", "approve_emergency b"}, ""},
		{"without the hour of the event", func(p *publish.Post) { p.Since = time.Time{} }, []string{"submit author", "approve_emergency b"}, ""},
		{"a deputy", nil, []string{"submit author", "approve_emergency deputy b"}, ""},
		{"the author", nil, []string{"submit author", "approve_emergency author"}, govmedia.KindForbidden},
		{"the author for another", nil, []string{"submit author", "approve_emergency author absent"}, govmedia.KindForbidden},
		{"for the author", nil, []string{"submit author", "approve_emergency deputy author"}, govmedia.KindForbidden},
		{"who wrote what another submitted", nil, []string{"submit b", "approve_emergency author"}, govmedia.KindForbidden},
		{"nobody submitted it", nil, []string{"approve_emergency b"}, govmedia.KindConflict},
		{"it is reviewed already", nil, []string{"submit author", "review b", "approve_emergency c"}, govmedia.KindConflict},
		{"no emergency", func(p *publish.Post) { p.Lane = "" }, []string{"submit author", "approve_emergency b"}, govmedia.KindConflict},
		{"an event to come", func(p *publish.Post) { p.Since = time.Now().Add(time.Hour) }, []string{"submit author", "approve_emergency b"}, govmedia.KindInvalid},
		{"a wrong word", func(p *publish.Post) { p.Text = "攻府" }, []string{"submit author"}, govmedia.KindInvalid},
		{"nothing is owed by an ordinary post", nil, []string{"submit author", "review b", "approve c", "review_after d"}, govmedia.KindConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := urgent(time.Hour)
			if c.change != nil {
				c.change(&p)
			}
			p, err := signing(t, m, p, c.steps...)
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, publish.StageApproved, p.Stage)
				return
			}
			require.ErrorIs(t, err, c.kind)
		})
	}
}

// The proof-reader stands between an emergency and the public, too.
func TestP2_AnEmergencyIsProofRead(t *testing.T) {
	var own []verify.Lexicon
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{
		Proofread: publish.ProofreadText(func(text string) []govmedia.Finding { return verify.Text{Lexicons: own}.Check(text) }),
	}})
	p, err := signing(t, m, urgent(0), "submit author")
	require.NoError(t, err)
	own = []verify.Lexicon{{Version: "2", Rules: []verify.WordRule{{
		Rule: verify.Rule{ID: "own", Citation: "本单位", Severity: govmedia.SeverityError}, Words: []verify.Word{{Wrong: "红色预警"}},
	}}}}
	_, err = m.Publisher.ApproveEmergency(t.Context(), "b", p, "")
	var found *publish.FindingsError
	require.ErrorAs(t, err, &found)
	require.Equal(t, "own/红色预警", found.Findings[0].Rule)
	p, err = m.Publisher.Sign(t.Context(), publish.Signature{
		Step: publish.StepApproveEmergency, Actor: "b", Overrides: map[string]string{"own/红色预警": "气象台已发布"},
	}, p)
	require.NoError(t, err)
	require.Equal(t, "气象台已发布", p.Signatures[1].Overrides["own/红色预警"])
}

func TestP2_WhoDisagreesAfterwardsIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Publish: publish.Config{EmergencyReviewWithin: time.Hour}})
		ctx := t.Context()
		p, err := signing(t, m, urgent(0), "submit author", "approve_emergency approver")
		require.NoError(t, err)
		_, err = m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
		_, err = m.Step(ctx)
		require.NoError(t, err)

		_, err = m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepReviewAfter, Actor: "b", Disagrees: true}, p)
		require.ErrorIs(t, err, govmedia.KindInvalid, "it says why")
		p, err = m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepReviewAfter, Actor: "b", Disagrees: true, Note: "级别有误"}, p)
		require.NoError(t, err)
		p, err = m.Publisher.ReviewAfter(ctx, "c", p, "")
		require.NoError(t, err)
		require.Empty(t, p.Owed())
		time.Sleep(2 * time.Hour)
		found, err := m.Publisher.Overdue(ctx, time.Now())
		require.NoError(t, err)
		require.Len(t, found, 1, "the review is made up; the objection stands")
		require.Equal(t, "review.objection", found[0].Rule)
		require.Equal(t, govmedia.SeverityError, found[0].Severity)
		require.Contains(t, found[0].Explanation, "“b”不同意：级别有误")
		require.Contains(t, found[0].Suggestion, "撤回")
		require.Contains(t, found[0].Suggestion, "更正")
		require.NoError(t, publish.VerifySeal(p))

		c, _, err := m.Publisher.Correct(ctx, "author", p.ID, publish.Post{Text: "更正：暴雨橙色预警"})
		require.NoError(t, err)
		found, err = m.Publisher.Overdue(ctx, time.Now())
		require.NoError(t, err)
		require.Len(t, found, 1, "a draft mends nothing")
		sign(t, m, c)
		found, err = m.Publisher.Overdue(ctx, time.Now())
		require.NoError(t, err)
		require.Empty(t, found)
		require.Contains(t, verifyAudit(t, engine), "级别有误")
	})
}

// A withdrawal mends it as well as a correction does.
func TestP2_WhatSomebodyDisagreedWithIsWithdrawn(t *testing.T) {
	b := &recallable{readable: &readable{board: &board{}}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
	ctx := t.Context()
	p, err := signing(t, m, urgent(0), "submit author", "approve_emergency approver")
	require.NoError(t, err)
	_, err = m.Publisher.Publish(ctx, "author", p.ID)
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	for _, s := range []publish.Signature{{Step: publish.StepReviewAfter, Actor: "b", Disagrees: true, Note: "不实"}, {Step: publish.StepApproveAfter, Actor: "c", Disagrees: true, Note: "同意撤回"}} {
		p, err = m.Publisher.Sign(ctx, s, p)
		require.NoError(t, err)
	}
	found, err := m.Publisher.Overdue(ctx, time.Now())
	require.NoError(t, err)
	require.Len(t, found, 2)
	_, err = m.Publisher.Withdraw(ctx, "c", p, "不实")
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"withdrawn"}, statesOf(t, m, p.ID))
	found, err = m.Publisher.Overdue(ctx, time.Now())
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, publish.VerifySeal(p))
}

// What never went out mends itself; and only a review that is made up knows disagreement.
func TestP2_AnObjectionToWhatNobodySees(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx := t.Context()
	p, err := signing(t, m, urgent(0), "submit author")
	require.NoError(t, err)
	_, err = m.Publisher.Sign(ctx, publish.Signature{Step: publish.StepReview, Actor: "b", Disagrees: true, Note: "不妥"}, p)
	require.ErrorIs(t, err, govmedia.KindInvalid)
	p, err = m.Publisher.ApproveEmergency(ctx, "b", p, "")
	require.NoError(t, err)
	for _, s := range []publish.Signature{{Step: publish.StepReviewAfter, Actor: "c"}, {Step: publish.StepApproveAfter, Actor: "d", Disagrees: true, Note: "不妥"}} {
		p, err = m.Publisher.Sign(ctx, s, p)
		require.NoError(t, err)
	}
	list, err := m.Publisher.Reviews(ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	p, err = m.Publisher.Return(ctx, "d", p, "不妥")
	require.NoError(t, err)
	require.True(t, p.ReviewBy.IsZero())
	require.Empty(t, p.Owed())
}
