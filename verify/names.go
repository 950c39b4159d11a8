package verify

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Names (命名检查) checks the name of an account and the codes of its owner. The zero value uses the built-in rules.
// It is safe for concurrent use as long as nobody changes its rules.
type Names struct {
	Rules *Rules // nil means BuiltIn
}

// Check returns what the rules find in the account and in the unit that owns it, ordered by rule: width, characters,
// reserved words, news words, the region, contacts, the verification text, then the owner's codes. A finding about the name
// has the account's id as its Subject and "name" as its Field, one about the verification text "verification"; a finding
// about a code has the unit's id and "code" or "region", and is the same for every account of the unit. An owner without a
// USCC is not a finding, because registers of public accounts often do not know it; an account without a verification text
// is one for information.
func (n Names) Check(a account.Account, u account.Unit) []govmedia.Finding {
	rules := n.Rules
	if rules == nil {
		r := builtIn()
		rules = &r
	}
	var all []govmedia.Finding
	all = append(all, rules.width(a)...)
	all = append(all, rules.characters(a)...)
	all = append(all, rules.reserved(a, u)...)
	all = append(all, rules.news(a, u)...)
	all = append(all, rules.nameRegion(a, u)...)
	all = append(all, rules.contact(a)...)
	all = append(all, rules.verification(a, u)...)
	all = append(all, rules.code(u)...)
	all = append(all, rules.region(u)...)
	return all
}

// Width counts a name as Weibo and WeChat do: an ASCII character is 1, every other character 2.
func Width(name string) int {
	width := 0
	for _, r := range name {
		width++
		if r > unicode.MaxASCII {
			width++
		}
	}
	return width
}

func (r *Rules) width(a account.Account) []govmedia.Finding {
	i := slices.IndexFunc(r.Width, func(w WidthRule) bool { return w.Platform == a.App.Platform })
	if i < 0 {
		return nil
	}
	rule := r.Width[i]
	length, unit, end := measure(rule, a.Name)
	f := r.finding(rule.Rule, a.ID, "name")
	switch {
	case length > rule.Max:
		f.Span = govmedia.Span{Start: end, End: len(a.Name)}
		f.Explanation = fmt.Sprintf("名称“%s”长%d%s，超过%s上限%d，多出%d。",
			a.Name, length, unit, rule.PlatformName, rule.Max, length-rule.Max)
		f.Suggestion = fmt.Sprintf("请改用不超过%d%s的规范简称；名称宜简洁，并与主办单位职责相关（国办发〔2018〕123号）。", rule.Max, unit)
	case length < rule.Min:
		f.Explanation = fmt.Sprintf("名称“%s”长%d%s，不足%s下限%d。", a.Name, length, unit, rule.PlatformName, rule.Min)
		f.Suggestion = "请补充地区或单位简称，使名称能看出主办单位。"
	default:
		return nil
	}
	return []govmedia.Finding{f}
}

// measure returns the length of the name, its unit in Chinese, and where the longest allowed beginning ends.
func measure(rule WidthRule, name string) (length int, unit string, end int) {
	unit = "个字"
	if rule.Count == CountWidth {
		unit = "个字符（汉字计2）"
	}
	for i, c := range name {
		length++
		if rule.Count == CountWidth && c > unicode.MaxASCII {
			length++
		}
		if length <= rule.Max {
			_, size := utf8.DecodeRuneInString(name[i:])
			end = i + size
		}
	}
	return length, unit, end
}

func (r *Rules) characters(a account.Account) []govmedia.Finding {
	i := slices.IndexFunc(r.Characters, func(c CharacterRule) bool { return c.Platform == a.App.Platform })
	if i < 0 {
		return nil
	}
	rule := r.Characters[i]
	first := strings.IndexFunc(a.Name, func(c rune) bool { return !rule.allows(c) })
	if first < 0 {
		return nil
	}
	_, size := utf8.DecodeRuneInString(a.Name[first:])
	var wrong []string
	for _, c := range a.Name {
		if quoted := fmt.Sprintf("%q", c); !rule.allows(c) && !slices.Contains(wrong, quoted) {
			wrong = append(wrong, quoted)
		}
	}
	f := r.finding(rule.Rule, a.ID, "name")
	f.Span = govmedia.Span{Start: first, End: first + size}
	f.Explanation = fmt.Sprintf("名称“%s”含有%s不允许的字符：%s。", a.Name, rule.PlatformName, strings.Join(wrong, "、"))
	f.Suggestion = "请删去或改用允许的字符" + rule.allowed() + "。"
	return []govmedia.Finding{f}
}

func (r CharacterRule) allowed() string {
	var parts []string
	if r.Han {
		parts = append(parts, "汉字")
	}
	if r.ASCII {
		parts = append(parts, "英文字母", "数字")
	}
	for _, c := range r.Others {
		parts = append(parts, fmt.Sprintf("“%c”", c))
	}
	return "（" + strings.Join(parts, "、") + "）"
}

func isHan(c rune) bool { return unicode.Is(unicode.Han, c) }

func (r *Rules) reserved(a account.Account, u account.Unit) []govmedia.Finding {
	if slices.Contains(r.Reserved.Levels, u.Level) {
		return nil
	}
	visible := a.Name
	for _, chance := range r.Reserved.Except {
		visible = strings.ReplaceAll(visible, chance, strings.Repeat(" ", len(chance)))
	}
	var all []govmedia.Finding
	for _, word := range r.Reserved.Words {
		start := strings.Index(visible, word)
		if word == "" || start < 0 {
			continue
		}
		f := r.finding(r.Reserved.Rule, a.ID, "name")
		f.Span = govmedia.Span{Start: start, End: start + len(word)}
		f.Explanation = fmt.Sprintf("名称“%s”含有“%s”，而主办单位“%s”不是国家级单位。", a.Name, word, u.Name)
		f.Suggestion = fmt.Sprintf("请改用不含“%s”的名称；确有依据的（如国家机关的垂直管理单位），请备好证明材料供平台核验。", word)
		all = append(all, f)
	}
	return all
}

func (r *Rules) code(u account.Unit) []govmedia.Finding {
	if u.Code == "" {
		return nil
	}
	if bad := usccFault(u.Code); bad != nil {
		f := r.finding(r.Code, u.ID, "code")
		f.Span = bad.span(u.Code)
		f.Explanation = fmt.Sprintf("“%s”的统一社会信用代码不正确：%s。", u.Name, bad.zh)
		f.Suggestion = "请对照法人证书或赋码通知逐位核对；代码为18位，不用I、O、S、V、Z。"
		if residentFault(u.Code) == nil {
			f.Suggestion = "填入的像是公民身份号码，请立即删除，改填单位的统一社会信用代码。"
		}
		return []govmedia.Finding{f}
	}
	if slices.ContainsFunc(r.CodePrefix.Prefixes, func(p string) bool { return strings.HasPrefix(u.Code, p) }) {
		return nil
	}
	f := r.finding(r.CodePrefix.Rule, u.ID, "code")
	f.Span = govmedia.Span{Start: 0, End: 2}
	f.Explanation = fmt.Sprintf("“%s”的统一社会信用代码以%s开头，而政务新媒体主办单位通常以%s开头。",
		u.Name, u.Code[:2], strings.Join(r.CodePrefix.Prefixes, "、"))
	f.Suggestion = "请确认主办单位是行政机关或承担行政职能的事业单位；代运营企业不能登记为主办单位。"
	return []govmedia.Finding{f}
}

func (r *Rules) region(u account.Unit) []govmedia.Finding {
	bad := regionFault(u.Region)
	if bad == nil {
		return nil
	}
	f := r.finding(r.Region, u.ID, "region")
	f.Span = bad.span(u.Region)
	f.Explanation = fmt.Sprintf("“%s”的行政区划代码“%s”不正确：%s。", u.Name, shown(u.Region), bad.zh)
	f.Suggestion = "请填写6位行政区划代码，如110105；国家级单位填100000。"
	return []govmedia.Finding{f}
}

// shown is a code as it may be printed: what is longer than a region code could be somebody's number.
func shown(code string) string {
	if utf8.RuneCountInString(code) > 9 {
		return mask(code)
	}
	return code
}

func (f *fault) span(code string) govmedia.Span {
	at := 0
	for i, c := range code {
		at++
		if at == f.pos {
			return govmedia.Span{Start: i, End: i + len(string(c))}
		}
	}
	return govmedia.Span{}
}

func (r *Rules) finding(rule Rule, subject, field string) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: r.Version, Severity: rule.Severity, Subject: subject, Field: field,
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
