package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

var rulePolicy = rule{"policy.explainer", "国办发〔2016〕80号政策解读要求（未见原文），据穗府办函〔2017〕313号第二条：" +
	"解读材料、解读方案应与政策文件同步组织、同步审签、同步部署"}

// together is how far apart a policy and its explainer go out at most, unless Config.ExplainWithin says otherwise.
const together = 24 * time.Hour

// unexplained finds a policy that nothing approved explains.
func (p *Publisher) unexplained(ctx context.Context, post Post) ([]govmedia.Finding, error) {
	if !post.Policy {
		return nil, nil
	}
	explainers, err := p.store.LinkedPosts(ctx, post.ID, Explains)
	if err != nil {
		return nil, err
	}
	explanation := "政策文件“" + post.name() + "”没有关联的解读稿件。"
	for _, e := range explainers {
		if e.Stage == StageApproved {
			return nil, nil
		}
		explanation = "政策文件“" + post.name() + "”的解读稿件“" + e.name() + "”" + e.Stage.standing() + "，尚未通过终审。"
	}
	return []govmedia.Finding{rulePolicy.finding(govmedia.SeverityError, post.ID, "links", explanation,
		"请先完成解读稿件的终审，与文件一并报批、同步公开；确不需要解读的，请写明理由后放行。")}, nil
}

// standing says in Chinese where a post stands.
func (s Stage) standing() string {
	switch s {
	case StageDraft:
		return "处于拟稿环节"
	case StageSubmitted:
		return "处于待复审环节"
	case StageReviewed:
		return "处于待终审环节"
	}
	return "已通过终审"
}

// letPass returns why whoever approved the post let it pass although the rule was broken; empty when nobody did.
func (p Post) letPass(r rule) string {
	for _, s := range p.Signatures {
		if why := s.Overrides[r.id]; why != "" {
			return why
		}
	}
	return ""
}

// accompanied makes sure that a policy does not go out alone (同步公开): one of the posts that explain it is to be seen
// already, or approved and on its way, or to be queued with it, no further from it in time than Config.ExplainWithin.
// It returns those that are approved and not published yet, to be queued with it when that is what is asked for. What
// stops it is a KindConflict error with a [FindingsError] that names each explainer and where it stands. A reason that
// was recorded when the policy was approved lets it go alone. instead, unless nil, stands for the stored post of its id.
func (p *Publisher) accompanied(ctx context.Context, post Post, instead *Post) (fresh []Post, err error) {
	if !post.Policy || post.letPass(rulePolicy) != "" {
		return nil, nil
	}
	explainers, err := p.store.LinkedPosts(ctx, post.ID, Explains)
	if err != nil {
		return nil, err
	}
	var found []govmedia.Finding
	with := 0
	for _, e := range explainers {
		if instead != nil && e.ID == instead.ID {
			e = *instead
		}
		why, queued, err := p.apartFrom(ctx, post, e)
		switch {
		case err != nil:
			return nil, err
		case why != "":
			found = append(found, rulePolicy.finding(govmedia.SeverityError, post.ID, "links",
				fmt.Sprintf("政策文件“%s”不能单独公开：解读稿件“%s”（%s）%s。", post.name(), e.name(), e.ID, why),
				"请完成解读稿件的终审，并安排与文件同步公开；确不需要解读的，请将文件退回，终审时写明理由放行。"))
			continue
		case !queued:
			fresh = append(fresh, e)
		}
		with++
	}
	if with > 0 {
		return fresh, nil
	}
	if len(found) == 0 {
		found = []govmedia.Finding{rulePolicy.finding(govmedia.SeverityError, post.ID, "links", "政策文件“"+post.name()+"”没有关联的解读稿件。",
			"请拟写解读稿件并关联本文件，与文件同步公开；确不需要解读的，请将文件退回，终审时写明理由放行。")}
	}
	return nil, govmedia.Errorf(govmedia.KindConflict, "publish.policy",
		"policy %q does not go out without the post that explains it: %w", post.ID, &FindingsError{found})
}

// apartFrom says why an explainer is not published together with its policy; nothing when it is. queued says that it is
// published already.
func (p *Publisher) apartFrom(ctx context.Context, policy, e Post) (why string, queued bool, err error) {
	ds, err := p.Deliveries(ctx, e.ID)
	if err != nil {
		return "", false, err
	}
	if slices.ContainsFunc(ds, func(d govmedia.Delivery) bool {
		return d.State == govmedia.Live || d.State == govmedia.Saved && policy.Want == govmedia.ReachDraft
	}) {
		return "", true, nil
	}
	if e.Stage != StageApproved {
		return e.Stage.standing() + "，尚未通过终审", false, nil
	}
	if len(ds) > 0 && !slices.ContainsFunc(ds, func(d govmedia.Delivery) bool { return mayLeave(d) || mayBeSeen(d) }) {
		return "已发布但没有一个账号显示，也不再发出", true, nil
	}
	at, err := p.moment(policy)
	if err != nil {
		return "", false, err
	}
	with, err := p.moment(e)
	if err != nil {
		return "", false, err
	}
	if gap := with.Sub(at).Abs(); gap > p.cfg.ExplainWithin {
		return fmt.Sprintf("定于%s公开，与文件的%s相隔%s，超过%s", e.planned(), policy.planned(), span(gap), span(p.cfg.ExplainWithin)), false, nil
	}
	if len(ds) > 0 {
		why, err = p.keptBack(ctx, at, e, ds)
	}
	return why, len(ds) > 0, err
}

// keptBack says why no delivery of an explainer that is queued goes out with its policy at that time; nothing when one does.
func (p *Publisher) keptBack(ctx context.Context, at time.Time, e Post, ds []govmedia.Delivery) (why string, err error) {
	list, err := p.store.Holds(ctx)
	if err != nil {
		return "", err
	}
	for _, d := range ds {
		switch {
		case mayBeSeen(d):
			return "", nil
		case !mayLeave(d):
			continue
		case d.Due.Sub(at) > p.cfg.ExplainWithin:
			why = cmp.Or(why, "还要等"+span(d.Due.Sub(p.cfg.Now()))+"才能发出")
			continue
		}
		held, err := p.stopped(ctx, list, e, d)
		if err != nil {
			return "", err
		}
		if !held {
			return "", nil
		}
		why = "被暂停发布"
	}
	return why, nil
}

// stopped reports whether a hold stops the delivery.
func (p *Publisher) stopped(ctx context.Context, list []Hold, post Post, d govmedia.Delivery) (bool, error) {
	if len(list) == 0 {
		return d.State == govmedia.Held, nil
	}
	a, err := p.registry.Account(ctx, d.Account)
	if err != nil {
		return false, err
	}
	unit, err := p.registry.Unit(ctx, a.Unit)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(h Hold) bool { return h.Stops(HoldSubject{d, post.Topic, unit}) }), nil
}

// moment is when the post would go out if it were published now.
func (p *Publisher) moment(post Post) (time.Time, error) {
	now := p.cfg.Now()
	if post.Schedule == nil {
		return now, nil
	}
	at, err := post.Schedule.Instant()
	if at.Before(now) {
		at = now
	}
	return at, err
}

// planned says when the post is to go out, in the words of its schedule.
func (p Post) planned() string {
	if p.Schedule == nil {
		return "立即"
	}
	return p.Schedule.Local + "（" + p.Schedule.Zone + "）"
}

// stillTogether refuses another time for a post that is queued when a policy would go out alone for it: the post itself,
// or one that it explains and that waits to leave.
func (p *Publisher) stillTogether(ctx context.Context, post Post) error {
	if _, err := p.accompanied(ctx, post, nil); err != nil {
		return err
	}
	for _, l := range post.Links {
		if l.Kind != Explains {
			continue
		}
		policy, err := p.store.Post(ctx, l.Post)
		if err != nil {
			return err
		}
		ds, err := p.Deliveries(ctx, policy.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(ds, mayLeave) {
			continue
		}
		if _, err := p.accompanied(ctx, policy, &post); err != nil {
			return err
		}
	}
	return nil
}
