package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// Takeover (账号被盗用监测) looks for signs that somebody else speaks with an official account. Each is a reason for a person to
// look, none is a proof. The zero value uses the built-in rules. It is safe for concurrent use as long as nobody changes its
// rules.
type Takeover struct {
	Rules *TakeoverRules // nil means BuiltInTakeoverRules
	Tone  *ToneRules     // for replies; nil means BuiltInToneRules
}

// Check returns at most one finding of each signal for each account, which says when it was first seen and how often. They
// are ordered by account, as these are in the activity, and then by signal. Subject is the account's id, Field "actions" or
// "custodian". An activity that ReadActivity would refuse gives its error.
func (t Takeover) Check(a Activity) ([]govmedia.Finding, error) {
	if err := a.validate(); err != nil {
		return nil, err
	}
	w := watch{rules: builtInTakeover(), tone: Tone{Rules: t.Tone}, until: a.Until}
	if t.Rules != nil {
		w.rules = *t.Rules
	}
	actions := map[string][]Action{}
	for _, x := range a.Actions {
		actions[x.Account] = append(actions[x.Account], x)
	}
	same := w.sameContent(a)
	var all []govmedia.Finding
	for _, n := range a.Accounts {
		mine := actions[n.Account]
		slices.SortStableFunc(mine, func(x, y Action) int { return x.At.Compare(y.At) })
		found := slices.Concat(
			w.custodian(n), w.awake(n, mine), w.burst(n, mine), w.content(n, mine), w.links(n, mine), w.clients(n, mine),
			same[n.Account], w.insults(n, mine))
		all = append(all, found...)
		all = append(all, w.again(n, mine, found)...)
	}
	return all, nil
}

type watch struct {
	rules TakeoverRules
	tone  Tone
	until time.Time
}

// clockTime is a time as officials in Beijing read it.
func clockTime(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*60*60)).Format("2006年1月2日15:04")
}

func (w watch) custodian(n Norm) []govmedia.Finding {
	if n.CustodianLeft.IsZero() || n.CustodianLeft.After(w.until) || n.Rotated.After(n.CustodianLeft) {
		return nil
	}
	f := w.finding(w.rules.Custodian, n, "custodian")
	f.Explanation = fmt.Sprintf("账号“%s”的管理人员%s离岗后，没有更换密码的记录。", n.Name, clockTime(n.CustodianLeft))
	f.Suggestion = "请立即更换密码和绑定的手机、邮箱，清理已登录设备，并补办交接手续。"
	return []govmedia.Finding{f}
}

// awake finds the first action after a long silence. What was sent after review was meant.
func (w watch) awake(n Norm, mine []Action) []govmedia.Finding {
	last := n.LastActive
	for _, x := range mine {
		gap := x.At.Sub(last)
		if !last.IsZero() && x.Operation == "" && gap >= time.Duration(w.rules.Awake.Days)*24*time.Hour {
			f := w.finding(w.rules.Awake.Rule, n, "actions")
			f.Explanation = fmt.Sprintf("账号“%s”沉默%d天后，于%s突然发声。", n.Name, int(gap.Hours()/24), clockTime(x.At))
			f.Suggestion = "请向账号管理人员核实是否本人操作；确认恢复使用的，补办备案并更新值班安排。"
			return []govmedia.Finding{f}
		}
		if x.At.After(last) {
			last = x.At
		}
	}
	return nil
}

func (w watch) burst(n Norm, mine []Action) []govmedia.Finding {
	var night []Action
	for _, x := range mine {
		clock := x.At.In(time.FixedZone("CST", 8*60*60)).Format("15:04")
		if off := clock < w.rules.Burst.DayFrom || clock >= w.rules.Burst.DayTo; off && x.Operation == "" && !n.onDuty(x.At) {
			night = append(night, x)
		}
	}
	within := time.Duration(w.rules.Burst.Minutes) * time.Minute
	for i := w.rules.Burst.Count - 1; i < len(night); i++ {
		first := night[i-w.rules.Burst.Count+1]
		if night[i].At.Sub(first.At) > within {
			continue
		}
		f := w.finding(w.rules.Burst.Rule, n, "actions")
		f.Explanation = fmt.Sprintf("账号“%s”自%s起，在无人值班的时段%d分钟内动作%d次以上。", n.Name, clockTime(first.At), w.rules.Burst.Minutes, w.rules.Burst.Count)
		f.Suggestion = "请立即向账号管理人员核实；不是本人操作的，冻结账号、更换密码，并删除所发内容。"
		return []govmedia.Finding{f}
	}
	return nil
}

// content finds what no official account posts, and what this one never has.
func (w watch) content(n Norm, mine []Action) []govmedia.Finding {
	var forbidden, unusual tally
	for _, x := range mine {
		if x.Operation != "" {
			continue
		}
		class, ok := w.rules.class(plain(x.Text))
		if ok && class.Forbidden {
			forbidden.add(x, class.Title)
			continue
		}
		name, title := class.Name, class.Title
		if x.Class != "" && x.Class != name {
			name, title, ok = x.Class, x.Class, true
		}
		if ok && len(n.Classes) > 0 && !slices.Contains(n.Classes, name) {
			unusual.add(x, title)
		}
	}
	all := forbidden.finding(w.rules.Advert, w, n, "出现政务账号不得发布的内容（%s）", "请立即核实并删除；属被盗用的，收回账号、更换密码、向公众说明并报告主管单位。")
	return append(all, unusual.finding(w.rules.NewClass, w, n, "出现从未发布过的内容类别（%s）",
		"请核实是否经过审核；属个人误用或被盗用的，删除内容并更换密码。")...)
}

func (w watch) links(n Norm, mine []Action) []govmedia.Finding {
	var strange tally
	for _, x := range mine {
		for _, host := range x.hosts() {
			if x.Operation == "" && len(n.Hosts) > 0 && !n.linksTo(host) {
				strange.add(x, host)
			}
		}
	}
	return strange.finding(w.rules.Link, w, n, "出现从未链接过的网站（%s）", "请核实链接的去向；属广告或来历不明的，立即删除并检查账号安全。")
}

func (w watch) clients(n Norm, mine []Action) []govmedia.Finding {
	var strange tally
	for _, x := range mine {
		if x.Operation == "" && x.Client != "" && len(n.Clients) > 0 && !slices.Contains(n.Clients, x.Client) {
			strange.add(x, x.Client)
		}
	}
	return strange.finding(w.rules.Client, w, n, "从未用过的客户端（%s）发布了内容", "请核实是否更换了设备或工具；不是的，立即更换密码并清理已登录设备。")
}

func (w watch) insults(n Norm, mine []Action) []govmedia.Finding {
	var rude tally
	for _, x := range mine {
		if x.Kind != ActionReply && x.Kind != ActionMessage {
			continue
		}
		for _, f := range w.tone.Check(Answered{ID: n.Account, Text: x.Text}) {
			if slices.Contains(w.rules.Insult.Tone, f.Rule) {
				rude.add(x, strings.TrimSuffix(f.Explanation, "。"))
				break
			}
		}
	}
	return rude.finding(w.rules.Insult.Rule, w, n, "的回复有不当言辞（%s）", "请立即核实回复人；属本人所为的，致歉并改正；属被盗用的，按账号安全预案处置。")
}

// again says that an account which was stolen before shows a signal once more.
func (w watch) again(n Norm, mine []Action, found []govmedia.Finding) []govmedia.Finding {
	if len(found) == 0 || len(n.Thefts) == 0 || len(mine) == 0 {
		return nil
	}
	theft := slices.MaxFunc(n.Thefts, time.Time.Compare)
	days := int(mine[len(mine)-1].At.Sub(theft).Hours() / 24)
	if days < 0 || days > w.rules.Again.Days {
		return nil
	}
	f := w.finding(w.rules.Again.Rule, n, "actions")
	f.Explanation = fmt.Sprintf("账号“%s”%s曾被盗用，%d天内再次出现异常。", n.Name, clockTime(theft), days)
	f.Suggestion = "上次处置后账号可能仍不安全：请更换密码和绑定信息，排查代运营单位和已授权应用，必要时暂停使用。"
	return []govmedia.Finding{f}
}

// sameContent finds equal texts and pictures on accounts that have nothing to do with each other.
func (w watch) sameContent(a Activity) map[string][]govmedia.Finding {
	norms := map[string]Norm{}
	for _, n := range a.Accounts {
		norms[n.Account] = n
	}
	groups := map[string][]Action{}
	for _, x := range a.Actions {
		if x.Operation != "" || x.Kind != ActionPost && x.Kind != ActionMessage {
			continue
		}
		if text := plain(x.Text); utf8.RuneCountInString(text) >= w.rules.SameText.Least {
			groups["text "+text] = append(groups["text "+text], x)
		}
		for _, m := range x.Media {
			groups["media "+m] = append(groups["media "+m], x)
		}
	}
	found := map[string][]govmedia.Finding{}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		group := groups[key]
		slices.SortStableFunc(group, func(x, y Action) int { return x.At.Compare(y.At) })
		if ofOneHouse(norms, group) {
			continue // a superior's notice that all its accounts pass on
		}
		operated := operatedIn(norms, group)
		for _, x := range group {
			if len(found[x.Account]) > 0 {
				continue
			}
			if others := w.strangers(norms, x, group, operated); len(others) >= w.rules.SameText.Accounts-1 {
				found[x.Account] = append(found[x.Account], w.same(norms, x, others))
			}
		}
	}
	return found
}

// ofOneHouse reports whether all accounts of a group have one owner, or a cluster in common.
func ofOneHouse(norms map[string]Norm, group []Action) bool {
	first := norms[group[0].Account]
	all := func(has func(Norm) bool) bool {
		return !slices.ContainsFunc(group, func(x Action) bool { return !has(norms[x.Account]) })
	}
	return first.Unit != "" && all(func(n Norm) bool { return n.Unit == first.Unit }) ||
		slices.ContainsFunc(first.Clusters, func(c string) bool {
			return all(func(n Norm) bool { return slices.Contains(n.Clusters, c) })
		})
}

// operatedIn counts the accounts of a group by who runs them.
func operatedIn(norms map[string]Norm, group []Action) map[string]int {
	count, seen := map[string]int{}, map[string]bool{}
	for _, x := range group {
		if !seen[x.Account] {
			seen[x.Account] = true
			count[norms[x.Account].Operator]++
		}
	}
	return count
}

// mostStrangers is how many are enough: a finding names three.
const mostStrangers = 4

// strangers are other accounts with the same content at about the same time that are not related to the one of x, among
// them one of the same operator where there is one. Not all are looked for, since a text may stand on all accounts there are.
func (w watch) strangers(norms map[string]Norm, x Action, group []Action, operated map[string]int) []string {
	enough := max(mostStrangers, w.rules.SameText.Accounts-1)
	var others []string
	n := norms[x.Account]
	partner := n.Operator == "" || operated[n.Operator] < 2 // there is one, or none to look for
	for _, y := range group {
		if partner && len(others) >= enough {
			break
		}
		if y.At.Sub(x.At).Abs() > time.Duration(w.rules.SameText.Days)*24*time.Hour || y.Account == x.Account {
			continue
		}
		other := norms[y.Account]
		mate := n.Operator != "" && other.Operator == n.Operator
		if len(others) >= enough && !mate || n.related(other) || slices.Contains(others, y.Account) {
			continue
		}
		others = append(others, y.Account)
		partner = partner || mate
	}
	return others
}

func (w watch) same(norms map[string]Norm, x Action, others []string) govmedia.Finding {
	n := norms[x.Account]
	f := w.finding(w.rules.SameText.Rule, n, "actions")
	var shown []string
	operator := false
	for _, o := range others {
		shown = append(shown, "“"+cmp.Or(norms[o].Name, o)+"”")
		operator = operator || n.Operator != "" && n.Operator == norms[o].Operator
	}
	if len(shown) > 3 {
		shown = append(shown[:3], "等")
	}
	f.Explanation = fmt.Sprintf("账号“%s”%s发布的内容与互不相关的账号%s相同。", n.Name, clockTime(x.At), strings.Join(shown, "、"))
	f.Suggestion = "请核实内容来源：同为转载上级通知的可不处理；内容异常的，立即删除并检查是否使用了同一工具或代运营单位。"
	if operator {
		f.Severity = govmedia.SeverityError
		f.Explanation += fmt.Sprintf("这些账号由同一代运营单位“%s”操作。", n.Operator)
		f.Suggestion = "请立即停用该代运营单位的全部授权，逐个账号更换密码并清理内容。"
	}
	return f
}

// tally counts one signal of one account.
type tally struct {
	first Action
	count int
	what  []string
}

func (t *tally) add(x Action, what string) {
	if t.count == 0 {
		t.first = x
	}
	t.count++
	if !slices.Contains(t.what, what) {
		t.what = append(t.what, what)
	}
}

// finding is empty when nothing was counted. The message has one %s for what was found.
func (t *tally) finding(rule Rule, w watch, n Norm, message, suggestion string) []govmedia.Finding {
	if t.count == 0 {
		return nil
	}
	if len(t.what) > 3 {
		t.what = append(t.what[:3], "等")
	}
	f := w.finding(rule, n, "actions")
	f.Explanation = fmt.Sprintf("账号“%s”自%s起%s，共%d次。", n.Name, clockTime(t.first.At), fmt.Sprintf(message, strings.Join(t.what, "、")), t.count)
	if reads, known := t.first.Reads.Value(); known {
		f.Explanation += fmt.Sprintf("其中最早一条已有%d次阅读。", reads)
	}
	f.Suggestion = suggestion
	return []govmedia.Finding{f}
}

func (w watch) finding(rule Rule, n Norm, field string) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: w.rules.Version, Severity: rule.Severity, Subject: n.Account, Field: field,
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
