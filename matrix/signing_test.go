package matrix_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

// sitIn lets "deputy" stand in for everybody, and everybody for "absent", except at approvals.
func sitIn(_ context.Context, deputy, principal string, step publish.Step, _ time.Time) error {
	if step != publish.StepApprove && (deputy == "deputy" || principal == "absent") {
		return nil
	}
	return errors.New("no letter of deputation")
}

// signing takes a new draft of "author" through signatures such as "review deputy absent" (for absent).
func signing(t *testing.T, m *matrix.Matrix, p publish.Post, steps ...string) (publish.Post, error) {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	for i, s := range steps {
		words := strings.Fields(s + " ")
		by := publish.Signature{Step: publish.Step(words[0]), Actor: words[1]}
		if len(words) > 2 {
			by.For = words[2]
		}
		next, err := m.Publisher.Sign(t.Context(), by, p)
		if err != nil {
			require.Equal(t, len(steps)-1, i, "step %q: %v", s, err)
			return p, err
		}
		p = next
	}
	return p, nil
}

func water() publish.Post { return publish.Post{Text: "停水通知", Targets: []string{"a1"}} }

func TestP2_NobodySignsTwice(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{Deputy: sitIn}})
	for _, c := range []struct {
		name  string
		steps []string
		kind  govmedia.Kind
	}{
		{"three persons", []string{"submit author", "review b", "approve c"}, ""},
		{"the author approves", []string{"submit author", "review b", "approve author"}, govmedia.KindForbidden},
		{"the author reviews", []string{"submit author", "review author"}, govmedia.KindForbidden},
		{"who wrote it reviews what another submitted", []string{"submit b", "review author"}, govmedia.KindForbidden},
		{"who wrote it approves what another submitted", []string{"submit b", "review c", "approve author"}, govmedia.KindForbidden},
		{"another submits", []string{"submit b", "review c", "approve d"}, ""},
		{"a deputy reviews", []string{"submit author", "review deputy absent", "approve c"}, ""},
		{"a deputy submits", []string{"submit deputy author", "review b", "approve c"}, ""},
		{"the author stands in for the reviewer", []string{"submit author", "review author absent"}, govmedia.KindForbidden},
		{"a deputy stands in for the author", []string{"submit author", "review deputy author"}, govmedia.KindForbidden},
		{"a deputy stands in for who has signed", []string{"submit b", "review deputy b"}, govmedia.KindForbidden},
		{"a deputy stands in for whom another stood in for", []string{"submit b absent", "review deputy absent"}, govmedia.KindForbidden},
		{"a deputy signs again as themself", []string{"submit author", "review deputy absent", "approve deputy"}, govmedia.KindForbidden},
		{"who had a deputy signs again", []string{"submit author", "review deputy b", "approve b"}, govmedia.KindForbidden},
		{"one deputy for two", []string{"submit deputy author", "review deputy b"}, govmedia.KindForbidden},
		{"no deputy at this step", []string{"submit author", "review b", "approve deputy c"}, govmedia.KindForbidden},
		{"no deputy of this person", []string{"submit author", "review b c"}, govmedia.KindForbidden},
		{"for themself", []string{"submit author", "review b b"}, govmedia.KindInvalid},
		{"no step", []string{"publish author"}, govmedia.KindInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := signing(t, m, water(), c.steps...)
			stored, readErr := m.Publisher.Post(t.Context(), p.ID)
			require.NoError(t, readErr)
			require.Equal(t, p, stored, "what was refused changed nothing")
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, publish.StageApproved, p.Stage)
				return
			}
			require.ErrorIs(t, err, c.kind)
		})
	}
	require.Contains(t, verifyAudit(t, engine), `\"actor\":\"deputy\",\"for\":\"absent\"`)
}

// Who may stand in is asked, and the principal must be allowed to take the step.
func TestP2_DeputiesAreDeniedByDefault(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	_, err := signing(t, m, water(), "submit author", "review deputy absent")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "Config.Deputy")

	strict, err := matrix.New(engine, matrix.Config{Keys: keys(), Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{
		Deputy: sitIn,
		Authorize: func(_ context.Context, actor string, step publish.Step, _ publish.Post) error {
			if step == publish.StepReview && actor != "absent" {
				return errors.New("no reviewer")
			}
			return nil
		},
	}})
	require.NoError(t, err)
	_, err = signing(t, strict, water(), "submit author", "review deputy b")
	require.ErrorContains(t, err, "no reviewer", "a deputy of somebody who may not")
	p, err := signing(t, strict, water(), "submit author", "review deputy absent")
	require.NoError(t, err)
	require.Equal(t, "absent", p.Signatures[1].For)
	_, err = strict.Publisher.Sign(t.Context(), publish.Signature{Step: publish.StepApprove, For: "absent"}, p)
	require.ErrorIs(t, err, govmedia.KindForbidden, "nobody stands in for somebody")
}

func TestP2_EveryStepIsDeniedByDefault(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	closed, err := matrix.New(engine, matrix.Config{Keys: keys(), Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{Deputy: sitIn}})
	require.NoError(t, err)
	p := water()
	p.Lane = govmedia.LaneEmergency
	p, err = signing(t, m, p, "submit author")
	require.NoError(t, err)
	for _, step := range []publish.Step{
		publish.StepSubmit, publish.StepReview, publish.StepApprove, publish.StepApproveEmergency, publish.StepReturn, publish.StepReviewAfter, publish.StepApproveAfter,
	} {
		_, err := closed.Publisher.Sign(t.Context(), publish.Signature{Step: step, Actor: "chief"}, p)
		require.ErrorIs(t, err, govmedia.KindForbidden, step)
		require.ErrorContains(t, err, "Authorize")
		_, err = closed.Publisher.Sign(t.Context(), publish.Signature{Step: step, Actor: "deputy", For: "chief"}, p)
		require.ErrorIs(t, err, govmedia.KindForbidden, step)
	}
}

func TestP2_AReturnIsExplainedInTheAudit(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := signing(t, m, water(), "submit author")
	require.NoError(t, err)
	p, err = m.Publisher.Return(t.Context(), "reviewer", p, "时间写错了")
	require.NoError(t, err)
	require.Equal(t, publish.StageDraft, p.Stage)
	require.Empty(t, p.Signatures)
	require.Equal(t, "author", p.Author)
	require.Contains(t, verifyAudit(t, engine), "时间写错了")
}

func TestP2_StagesHaveALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{StageLimit: map[publish.Stage]time.Duration{
			publish.StageDraft: 48 * time.Hour, publish.StageSubmitted: 24 * time.Hour, publish.StageReviewed: 2 * time.Hour, publish.StageApproved: time.Hour,
		}}})
		ctx := t.Context()
		overdue := func() []govmedia.Finding {
			found, err := m.Publisher.Overdue(ctx, time.Now())
			require.NoError(t, err)
			for _, f := range found {
				require.Equal(t, "review.stage_limit", f.Rule)
				require.Equal(t, "2026-11", f.Version)
				require.Contains(t, f.Citation, "国办发〔2018〕123号")
			}
			return found
		}
		p, err := signing(t, m, water())
		require.NoError(t, err)
		time.Sleep(47 * time.Hour)
		p.Text = "停水通知，改"
		p, err = m.Publisher.Draft(ctx, "author", p)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.Empty(t, overdue(), "to the limit")
		time.Sleep(90 * time.Minute)
		found := overdue()
		require.Len(t, found, 1, "an edit does not start the clock again")
		require.Equal(t, govmedia.SeverityWarning, found[0].Severity)
		require.Equal(t, p.ID, found[0].Subject)
		require.Contains(t, found[0].Explanation, "“停水通知，改”")
		require.Contains(t, found[0].Explanation, "拟稿已2天1小时，时限2天，逾期1小时30分钟")
		require.Contains(t, found[0].Suggestion, "拟稿人“author”")

		p, err = m.Publisher.Submit(ctx, "author", p, "")
		require.NoError(t, err)
		require.Empty(t, overdue())
		time.Sleep(25 * time.Hour)
		urgent := water()
		urgent.Lane = govmedia.LaneEmergency
		urgent, err = signing(t, m, urgent, "submit author")
		require.NoError(t, err)
		time.Sleep(25 * time.Hour)
		found = overdue()
		require.Len(t, found, 2)
		require.Equal(t, p.ID, found[0].Subject, "the one that waits longest comes first")
		require.Contains(t, found[0].Explanation, "待复审已2天2小时，时限1天，逾期1天2小时")
		require.Contains(t, found[0].Suggestion, "复审人员（不得为author）")
		require.Equal(t, urgent.ID, found[1].Subject)
		require.Equal(t, govmedia.SeverityError, found[1].Severity, "an emergency")
		_, err = m.Publisher.Return(ctx, "chief", urgent, "解除")
		require.NoError(t, err)

		p, err = m.Publisher.Review(ctx, "reviewer", p, "")
		require.NoError(t, err)
		time.Sleep(3 * time.Hour)
		found = overdue()
		require.Len(t, found, 1)
		require.Contains(t, found[0].Explanation, "待终审已3小时，时限2小时，逾期1小时")
		require.Contains(t, found[0].Suggestion, "不得为author、reviewer")

		p, err = m.Publisher.Approve(ctx, "approver", p, "")
		require.NoError(t, err)
		time.Sleep(61 * time.Minute)
		found = overdue()
		require.Len(t, found, 1)
		require.Contains(t, found[0].Explanation, "待发布已1小时1分钟，时限1小时，逾期1分钟")
		_, err = m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
		require.Empty(t, overdue(), "it is queued and waits for nobody")
		p, err = m.Publisher.Reschedule(ctx, "approver", p, schedule(12*time.Hour), "")
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		require.Empty(t, overdue())
		_, err = m.Publisher.Draft(ctx, "author", p)
		require.NoError(t, err)
		time.Sleep(49 * time.Hour)
		require.Len(t, overdue(), 2, "both are drafts again")
	})
}

func TestP2_WithoutLimitsNothingIsOverdue(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	_, err := signing(t, m, water(), "submit author")
	require.NoError(t, err)
	found, err := m.Publisher.Overdue(t.Context(), time.Now().AddDate(10, 0, 0))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestP2_ProofreadingRefuses(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{Proofread: publish.ProofreadText(verify.Text{}.Check)}})
	ctx := t.Context()
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Title: "市攻府通知", Text: "请关注官方微薄", Targets: []string{"a1", "a2"}})
	require.NoError(t, err)
	_, err = m.Publisher.Submit(ctx, "author", p, "")
	require.ErrorIs(t, err, govmedia.KindInvalid)
	var found *publish.FindingsError
	require.ErrorAs(t, err, &found)
	require.Len(t, found.Findings, 2)
	require.Equal(t, "text.grave/攻府", found.Findings[0].Rule)
	require.Equal(t, "text.typo/微薄", found.Findings[1].Rule)
	require.Equal(t, p.ID, found.Findings[0].Subject)
	require.Equal(t, "renditions.board.text", found.Findings[0].Field)
	require.ErrorContains(t, err, "微博")

	// What stands may pass with a reason, one word and no other, by each who signs.
	sign := func(step publish.Step, actor string, over map[string]string) error {
		next, err := m.Publisher.Sign(ctx, publish.Signature{Step: step, Actor: actor, Overrides: over}, p)
		if err == nil {
			p = next
		}
		return err
	}
	require.ErrorIs(t, sign(publish.StepSubmit, "author", map[string]string{"text.typo/微薄": "引用原文"}), govmedia.KindInvalid)
	p.Title = "市政府通知"
	p, err = m.Publisher.Draft(ctx, "author", p)
	require.NoError(t, err)
	require.ErrorIs(t, sign(publish.StepSubmit, "author", map[string]string{"text.typo/微薄": " "}), govmedia.KindInvalid, "no reason")
	require.ErrorIs(t, sign(publish.StepSubmit, "author", map[string]string{"text.typo": "引用原文"}), govmedia.KindInvalid)
	require.NoError(t, sign(publish.StepSubmit, "author", map[string]string{"text.typo/微薄": "引用原文", "text.other": "没有此问题"}))
	require.Equal(t, map[string]string{"text.typo/微薄": "引用原文"}, p.Signatures[0].Overrides, "only what was needed")
	require.NoError(t, sign(publish.StepReview, "reviewer", nil))
	require.ErrorIs(t, sign(publish.StepApprove, "approver", nil), govmedia.KindInvalid, "the author's reason is not the approver's")
	require.NoError(t, sign(publish.StepApprove, "approver", map[string]string{"text.typo/微薄": "确为引用"}))
	log := verifyAudit(t, engine)
	require.Contains(t, log, `\"text.typo/微薄\":\"引用原文\"`)
	require.Contains(t, log, `\"text.typo/微薄\":\"确为引用\"`)

	require.ErrorIs(t, sign(publish.StepReturn, "chief", map[string]string{"x": strings.Repeat("因", 30000)}), govmedia.KindInvalid)
}

func TestP2_WarningsPassAndAProofreaderThatFailsDoesNot(t *testing.T) {
	severity, broken := govmedia.SeverityWarning, error(nil)
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Publish: publish.Config{
		Proofread: func(context.Context, publish.Post) ([]govmedia.Finding, error) {
			return []govmedia.Finding{{Rule: "own", Severity: severity}}, broken
		},
	}})
	_, err := signing(t, m, water(), "submit author", "review b", "approve c")
	require.NoError(t, err)
	broken = errors.New("the dictionary is away")
	_, err = signing(t, m, water(), "submit author")
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	require.ErrorIs(t, err, broken)
}

func TestP2_ProofreadingReadsWhatIsSent(t *testing.T) {
	check := publish.ProofreadText(func(text string) []govmedia.Finding { return []govmedia.Finding{{Rule: text}} })
	found, err := check(t.Context(), publish.Post{ID: "p1", Text: "不看", Renditions: map[string]publish.Rendition{
		"b": {Title: "题", Text: "一", Rest: []publish.Rendition{{Text: "二"}, {Text: "三"}}},
		"a": {Text: "一"},
	}})
	require.NoError(t, err)
	var places []string
	for _, f := range found {
		require.Equal(t, "p1", f.Subject)
		places = append(places, f.Field+" "+f.Rule)
	}
	require.Equal(t, []string{
		"renditions.a.text 一", "renditions.b.title 题", "renditions.b.rest[0].text 二", "renditions.b.rest[1].text 三",
	}, places)
}

func TestP2_NegativeReviewTimesAreRefused(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	_, err = matrix.New(engine, matrix.Config{Keys: keys(), Publish: publish.Config{EmergencyReviewWithin: -1}})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}
