package publish

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// rulesVersion is of the rules below; every finding repeats it.
const rulesVersion = "2026-11"

// rule is what a finding of this package rests on.
type rule struct{ id, citation string }

var (
	ruleStage = rule{"review.stage_limit", "国办发〔2018〕123号：分级分类审核、先审后发，明确审核主体和审核流程（已核对原文）；时限由本单位自行规定"}
	ruleAfter = rule{"review.emergency_after", "国办发〔2018〕123号：先审后发（已核对原文）；应急签发后限时补审，时限由本单位自行规定"}
	ruleMend  = rule{"review.objection", "国办发〔2018〕123号：严把政治关、法律关、政策关、保密关、文字关（已核对原文）"}
)

func (r rule) finding(severity govmedia.Severity, subject, field, explanation, suggestion string) govmedia.Finding {
	return govmedia.Finding{
		Rule: r.id, Version: rulesVersion, Citation: r.citation, Severity: severity,
		Subject: subject, Field: field, Explanation: explanation, Suggestion: suggestion,
	}
}

// mostWaiting bounds what one reading of the tasks returns of a kind.
const mostWaiting = 1000

// Overdue returns what the review has left undone at the instant: posts that have stood at a stage for longer than
// Config.StageLimit, longest first, at most a thousand of each; reviews that an emergency skipped and that are not made
// up in time; and, until they are corrected or gone, posts that somebody did not agree with afterwards. It says who has
// to act.
func (p *Publisher) Overdue(ctx context.Context, now time.Time) ([]govmedia.Finding, error) {
	var all []govmedia.Finding
	for _, stage := range []Stage{StageDraft, StageSubmitted, StageReviewed, StageApproved} {
		limit := p.cfg.StageLimit[stage]
		if limit <= 0 {
			continue
		}
		posts, err := p.store.WaitingPosts(ctx, stage, now.Add(-limit), mostWaiting)
		if err != nil {
			return nil, err
		}
		for _, post := range posts {
			all = append(all, post.late(limit, now))
		}
	}
	posts, err := p.Reviews(ctx)
	for _, post := range posts {
		all = append(all, post.unreviewed(now)...)
	}
	return all, err
}

// late is the finding about a post that has stood at its stage for too long.
func (p Post) late(limit time.Duration, now time.Time) govmedia.Finding {
	severity := govmedia.SeverityWarning
	if p.Lane == govmedia.LaneEmergency {
		severity = govmedia.SeverityError
	}
	stood := now.Sub(p.Entered)
	at, who := "拟稿", "由拟稿人“"+p.Author+"”完成并提交，或说明原因"
	others := "（不得为" + strings.Join(p.signed(), "、") + "）"
	switch p.Stage {
	case StageSubmitted:
		at, who = "待复审", "由复审人员"+others+"复审或退回；本人不在岗的，由有权代审人员代审"
	case StageReviewed:
		at, who = "待终审", "由终审人员"+others+"终审或退回；本人不在岗的，由有权代审人员代审"
	case StageApproved:
		at, who = "待发布", "由发布人员发布，或退回"
	}
	return ruleStage.finding(severity, p.ID, "stage",
		fmt.Sprintf("稿件“%s”（%s）%s已%s，时限%s，逾期%s。", p.name(), p.ID, at, span(stood), span(limit), span(stood-limit)),
		"请"+who+"。")
}

// unreviewed are the findings about a post that went out by an emergency approval.
func (p Post) unreviewed(now time.Time) []govmedia.Finding {
	var all []govmedia.Finding
	if owed := p.Owed(); owed != "" && now.After(p.ReviewBy) {
		next := "复审"
		if owed == StepApproveAfter {
			next = "终审"
		}
		all = append(all, ruleAfter.finding(govmedia.SeverityError, p.ID, "review_by",
			fmt.Sprintf("应急稿件“%s”（%s）签发后未按时补审，尚缺%s，逾期%s。", p.name(), p.ID, next, span(now.Sub(p.ReviewBy))),
			fmt.Sprintf("请%s人员（不得为%s）立即补审；认为不妥的，签署不同意并写明理由。", next, strings.Join(p.signed(), "、"))))
	}
	for _, s := range p.objections() {
		all = append(all, ruleMend.finding(govmedia.SeverityError, p.ID, "signatures",
			fmt.Sprintf("应急稿件“%s”（%s）补审时“%s”不同意：%s", p.name(), p.ID, s.Actor, s.Note),
			"请研究撤回，或发布更正；处理结果须经审核。"))
	}
	return all
}

// signed are all whose word the post has, its author first, each once.
func (p Post) signed() []string {
	var all []string
	seen := map[string]bool{"": true}
	add := func(names ...string) {
		for _, n := range names {
			if !seen[n] {
				seen[n] = true
				all = append(all, n)
			}
		}
	}
	add(p.Author)
	for _, s := range p.Signatures {
		add(s.persons()...)
	}
	return all
}

// name is what an official calls the post: its title, or the beginning of its text.
func (p Post) name() string {
	if p.Title != "" {
		return p.Title
	}
	if r := []rune(p.Text); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return p.Text
}

// span says a length of time in Chinese, in whole minutes and the two largest units.
func span(d time.Duration) string {
	minutes := int(d / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	var parts []string
	add := func(n int, unit string) {
		if n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprint(n, unit))
		}
	}
	add(days, "天")
	add(hours, "小时")
	if days == 0 {
		add(minutes, "分钟")
	}
	if len(parts) == 0 {
		return "不到1分钟"
	}
	return strings.Join(parts, "")
}
