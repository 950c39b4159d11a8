package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/reply/sla"
)

// File (备案) records that an event was filed with the supervisor, under which number and when. An event that is not filed,
// or has been, is refused.
func (l *Lifecycle) File(ctx context.Context, actor, event, number string, at time.Time) error {
	const op = "lifecycle.file"
	of, err := l.store.Event(ctx, event)
	if err != nil {
		return err
	}
	a, err := l.registry.Account(ctx, of.Account)
	if errors.Is(err, govmedia.KindNotFound) { // not opened yet
		a, err = Account{ID: of.Account}, nil
	}
	if err != nil {
		return err
	}
	if err := errors.Join(l.cfg.authorize(ctx, actor, StepFile, a), legible(op, nil, number)); err != nil {
		return err
	}
	e := l.event(StepFile, actor, of.Account, Grounds{Decision: number})
	now := e.At
	e.Of, e.At = of.ID, at.UTC().Truncate(time.Microsecond)
	switch {
	case !l.owed(of):
		return govmedia.Errorf(govmedia.KindInvalid, op, "event %q (%s) is nothing that is filed", event, of.Step)
	case strings.TrimSpace(number) == "":
		return govmedia.Errorf(govmedia.KindInvalid, op, "event %q: name the number under which it was filed (备案号)", event)
	case e.At.Before(of.At) || e.At.After(now):
		return govmedia.Errorf(govmedia.KindInvalid, op, "event %q happened at %s; it cannot have been filed at %s", event,
			of.At.Format(time.RFC3339), e.At.Format(time.RFC3339))
	}
	return l.store.RecordEvent(ctx, e)
}

// owed reports whether the event is to be filed. A change of what nobody is told about is not, nor is what only completes
// the record of an earlier event.
func (l *Lifecycle) owed(e Event) bool {
	_, moves := transitions[e.Step]
	return l.filing.files(e.Step) && (!moves || len(e.Changes) > 0)
}

// Filings lists the duty to file of every event, in the order of the events, done or not. Deadlines are computed by the
// preset and the calendar of the configuration each time, so that one that could not be computed, because the holidays of
// its year were not known, is there once they are.
func (l *Lifecycle) Filings(ctx context.Context) ([]Filing, error) {
	events, err := l.store.Events(ctx, "", append([]Step{StepFile, StepApprove}, l.filing.Steps...)...)
	if err != nil {
		return nil, err
	}
	return l.filings(events), nil
}

func (l *Lifecycle) filings(events []Event) []Filing {
	done := map[string]Event{}
	for _, e := range events {
		if e.Step == StepFile {
			done[e.Of] = e
		}
	}
	target := sla.Target{
		Name: "备案", Basis: sla.WorkingDays, Days: l.filing.Days, Citation: l.filing.Citation, Version: l.cfg.Rules.Version,
	}
	var list []Filing
	for _, e := range events {
		if !l.owed(e) {
			continue
		}
		f := Filing{Event: e, Done: done[e.ID].At, Number: done[e.ID].Decision}
		target.Name = words[e.Step] + "备案"
		limit, err := target.Due(e.At, l.cfg.Calendar)
		if err != nil {
			f.Explanation = l.unknownDue(err)
		} else {
			f.Due, f.Explanation = limit.Due.UTC(), limit.Explanation
		}
		list = append(list, f)
	}
	return list
}

func (l *Lifecycle) unknownDue(err error) string {
	if l.cfg.Calendar == nil {
		return "期限无法计算：没有配置工作日历，请补充后核定。"
	}
	if year, ok := errors.AsType[*sla.YearError](err); ok {
		return fmt.Sprintf("期限无法计算：工作日历“%s”还没有%d年的放假安排，请补充后核定。", year.Calendar, year.Year)
	}
	return "期限无法计算，请人工核定：" + err.Error()
}

// Check (台账检查) returns what is wrong with the register as it stands: filings that are overdue or whose deadline is not
// known, owners that changed without a notice, accounts deregistered without decision or notice, a second account of a
// unit without exemption, names that differ, events' accounts that have ended, and reviews that wait. An import never
// fails for one of these; opening and changing through Lifecycle does for most. Findings are ordered by account and rule.
func (l *Lifecycle) Check(ctx context.Context) ([]govmedia.Finding, error) {
	reg, err := l.registry.All(ctx)
	if err != nil {
		return nil, err
	}
	exemptions, err := l.store.Exemptions(ctx)
	if err != nil {
		return nil, err
	}
	events, err := l.store.Events(ctx, "")
	if err != nil {
		return nil, err
	}
	now := l.cfg.Now()
	all := l.lateFilings(events, now)
	all = append(all, l.alone(reg, exemptions, now)...)
	all = append(all, l.sameName(reg)...)
	history := map[string][]Event{}
	for _, e := range events {
		history[e.Account] = append(history[e.Account], e)
	}
	for _, a := range reg.Accounts {
		all = append(all, l.standing(a, history[a.ID], now)...)
	}
	slices.SortStableFunc(all, func(a, b govmedia.Finding) int {
		return strings.Compare(a.Subject+"\x00"+a.Rule, b.Subject+"\x00"+b.Rule)
	})
	return all, nil
}

func (l *Lifecycle) finding(r LifecycleRule, account, field string) govmedia.Finding {
	return r.finding(l.cfg.Rules.Version, account, field)
}

func (l *Lifecycle) lateFilings(events []Event, now time.Time) (all []govmedia.Finding) {
	for _, f := range l.filings(events) {
		if !f.Done.IsZero() {
			continue
		}
		g := l.finding(l.filing.LifecycleRule, f.Event.Account, "")
		what := fmt.Sprintf("%s%s的备案", l.cfg.day(f.Event.At), words[f.Event.Step])
		switch {
		case f.Due.IsZero():
			g.Severity = govmedia.SeverityWarning
			g.Explanation = what + "尚未完成，" + f.Explanation
			g.Suggestion = "请尽快备案，并登记备案号；同时补充工作日历。"
		case f.Late(now):
			g.Explanation = what + "已逾期。" + f.Explanation
			g.Suggestion = "请立即向主管单位补办备案，说明逾期原因，并登记备案号。"
		default:
			continue
		}
		all = append(all, g)
	}
	return all
}

// place is where a unit has one account.
type place struct {
	unit, platform string
	kind           Kind
}

// counts reports whether the account is one of those of which a unit has one on a platform.
func (r KindsRule) counts(a Account) bool {
	return a.State != Deregistered && a.Redirect == "" && slices.Contains(r.Kinds, a.Kind)
}

// mostOthers is how many of the other accounts a finding names.
const mostOthers = 10

func (l *Lifecycle) alone(reg Register, exemptions []Exemption, now time.Time) (all []govmedia.Finding) {
	exempt := map[string]Exemption{}
	for _, x := range exemptions {
		exempt[x.Account] = x
	}
	groups := map[place][]Account{}
	for _, a := range reg.Accounts {
		at := place{a.Unit, a.App.Platform, a.Kind}
		if l.cfg.Rules.OneAccount.counts(a) && !exempt[a.ID].Covers(a, now) {
			groups[at] = append(groups[at], a)
		}
	}
	for _, group := range groups {
		if len(group) < 2 {
			continue
		}
		for _, a := range group {
			var others []string
			for _, o := range group[:min(len(group), mostOthers+1)] {
				if o.ID != a.ID && len(others) < mostOthers {
					others = append(others, fmt.Sprintf("“%s”（%s）", o.Name, o.ID))
				}
			}
			f := l.finding(l.cfg.Rules.OneAccount.LifecycleRule, a.ID, "unit")
			f.Explanation = fmt.Sprintf("主办单位%s在同一平台（%s）还有%s。", a.Unit, a.App.Platform, strings.Join(others, "、"))
			if more := len(group) - 1; more > len(others) {
				f.Explanation = fmt.Sprintf("%s等%d个账号。", strings.TrimSuffix(f.Explanation, "。"), more)
			}
			if x, ok := exempt[a.ID]; ok {
				f.Explanation += fmt.Sprintf("原有豁免已于%s到期或不适用于该主办单位。", l.cfg.lastDay(x.Until))
			}
			f.Suggestion = "请合并或注销其中一个；确需保留的，报主管单位同意并登记豁免（批准单位、理由、期限）。"
			all = append(all, f)
		}
	}
	return all
}

// sameName finds the accounts whose name differs from the one that most accounts of the unit have, of equally frequent
// ones the first in the order of ids.
func (l *Lifecycle) sameName(reg Register) (all []govmedia.Finding) {
	byUnit := map[string][]Account{}
	for _, a := range reg.Accounts {
		if l.cfg.Rules.SameName.counts(a) {
			byUnit[a.Unit] = append(byUnit[a.Unit], a)
		}
	}
	for _, group := range byUnit {
		count := map[string]int{}
		for _, a := range group {
			count[a.Name]++
		}
		usual := group[0].Name
		for _, a := range group {
			if count[a.Name] > count[usual] {
				usual = a.Name
			}
		}
		for _, a := range group {
			if a.Name == usual {
				continue
			}
			f := l.finding(l.cfg.Rules.SameName.LifecycleRule, a.ID, "name")
			f.Explanation = fmt.Sprintf("该账号名称“%s”与本单位其他平台账号的名称“%s”不一致。", a.Name, usual)
			f.Suggestion = fmt.Sprintf("请统一为“%s”；平台字数限制等原因确需不同的，请说明。", usual)
			all = append(all, f)
		}
	}
	return all
}

// standing checks one account against its history.
func (l *Lifecycle) standing(a Account, history []Event, now time.Time) (all []govmedia.Finding) {
	rules := l.cfg.Rules
	add := func(r LifecycleRule, field, explanation, suggestion string) {
		f := l.finding(r, a.ID, field)
		f.Explanation, f.Suggestion = explanation, suggestion
		all = append(all, f)
	}
	var recheck, owner time.Time // since when a review waits, and a notice of another owner
	opened, ended, proven := false, false, false
	for _, e := range history {
		switch e.Step {
		case StepOpen:
			opened = true
		case StepRecheck:
			recheck = e.At
		case StepFile, StepArchive, StepConsent, StepApply, StepApprove, StepReject:
		default:
			recheck = time.Time{}
		}
		switch {
		case !e.Notice.missing():
			owner = time.Time{}
		case e.changed("unit"):
			owner = e.At
		}
		if e.Step == StepDeregister {
			ended, proven = true, !e.Notice.missing() && strings.TrimSpace(e.Decision) != ""
		}
	}
	if !owner.IsZero() {
		suggestion := "请向社会公告主办单位变更情况，再以“变更”登记公告网址和日期。"
		if a.State == Deregistered { // from there only a deregistration with its grounds leads on
			suggestion = "请向社会公告主办单位变更和账号注销情况，再以“注销”补充注销决定文号、公告网址和日期。"
		}
		add(rules.OwnerNotice, "unit", fmt.Sprintf("主办单位已于%s变更，但没有公告的记录。", l.cfg.day(owner)), suggestion)
	}
	if a.State == Deregistered {
		if ended && !proven {
			add(rules.Deregistration, "state", "该账号已标为注销，但没有注销决定或公告的记录。", "请补充注销决定文号、公告网址和日期，并完成备案。")
		}
		return all
	}
	if !opened && a.State == Open {
		add(rules.Opening, "", "该账号由台账导入，没有在本系统中申请、批准、开设的记录。", "请核对原开设审批和备案材料；新开账号请按“申请、批准、开设”办理。")
	}
	past := !a.Expires.IsZero() && !now.Before(a.Expires) && a.State == Open
	switch {
	case a.Kind != KindEvent && past:
		add(rules.EventAccount, "expires", fmt.Sprintf("该账号不是专项账号，却登记了到期日，并已于%s到期；系统已停止其发布。", l.cfg.lastDay(a.Expires)), "请核实：长期使用的，以“变更”清除到期日；确为专项账号的，以“变更”改正账号类别后办理延期或交还。")
	case a.Kind == KindEvent && a.Redirect == "":
		switch {
		case a.Expires.IsZero():
			add(rules.EventAccount, "expires", "专项账号没有登记到期日。", "请登记到期日；活动已结束的，请交还并注销。")
		case past:
			add(rules.EventAccount, "expires", fmt.Sprintf("专项账号已于%s到期，既未延期也未交还；系统已停止其发布。", l.cfg.lastDay(a.Expires)), "请办理交还并归档、注销；确需继续的，请办理延期。")
		}
	}
	if a.State == Open && !recheck.IsZero() {
		add(rules.Recheck.LifecycleRule, "", fmt.Sprintf("该账号长期无动态，已于%s退回复核，尚无结论。", l.cfg.day(recheck)), "请决定保留（写明理由）、关停或注销。")
	}
	return all
}
