package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
)

// Personal (个人信息检查) finds personal data in a text: residents' numbers (18 digits, or 15 without a check), mobile
// telephone numbers, bank cards, mail addresses, home addresses to the door and dates of birth; also in full-width digits and
// split by blanks, hyphens and line breaks. Names and fixed lines are not decidable and not looked at, nor are the hotlines
// and addresses of offices, or mail at gov.cn. What is masked already passes. The zero value uses the built-in rules.
//
// A number is judged by its check digits and its date, and by the word before it: what follows 订单号 or 项目编号 is an
// order or a project, unless it is a resident's number. A number of 18 digits that is valid both as a unit's code (统一社会
// 信用代码) and as a resident's number counts as the latter, unless the word before it says that it is the former.
//
// No finding shows the data: its rule and explanation have the masked form. Two data with the same masked form in one text
// are told apart by #2, #3, …. It is safe for concurrent use as long as nobody changes its fields.
type Personal struct {
	Rules *TextRules // nil means BuiltInTextRules
	// Public are telephone numbers, account numbers and mail addresses that a unit publishes on purpose, such as the
	// mobile telephone on duty. Blanks, hyphens, +86 and the width of digits do not matter.
	Public []string
}

// datum is one piece of personal data in a text.
type datum struct {
	rule   func(*TextRules) Rule
	name   string // in Chinese
	plain  string // without blanks and other differences of writing
	masked string // what takes its place
	shown  string // what a finding shows, when that is more than the mask
	at     govmedia.Span
}

// Check returns the personal data in the text, in the order in which it stands there. Subject and Field are the caller's
// to fill in.
func (p Personal) Check(text string) []govmedia.Finding {
	rules := Text{Rules: p.Rules}.rules()
	var all []govmedia.Finding
	type like struct{ id, shown string }
	seen := map[like]map[string]int{} // what has the same masked form, numbered
	for _, d := range p.find(text) {
		rule, shown := d.rule(rules), cmp.Or(d.shown, d.masked)
		same := seen[like{rule.ID, shown}]
		if same == nil {
			same = map[string]int{}
			seen[like{rule.ID, shown}] = same
		}
		i, known := same[d.plain]
		if !known {
			i = len(same)
			same[d.plain] = i
		}
		what := shown
		if i > 0 {
			what = fmt.Sprintf("%s#%d", shown, i+1)
		}
		f := rule.found(rules.Version, what, d.at)
		f.Explanation = fmt.Sprintf("含有未作遮盖的%s（%s）。", d.name, shown)
		f.Suggestion = fmt.Sprintf("请遮盖为“%s”或者删去；依法应当公开的，请写明理由后放行。", shown)
		all = append(all, f)
	}
	return all
}

// Mask returns the text with all personal data that Check finds in the form in which it is published: 138****1234,
// 35*************123. Nothing is left to find in what it returns.
func (p Personal) Mask(text string) string {
	// What is masked may stand beside what now reads differently, so look again. Every round leaves fewer letters and digits.
	for {
		found := p.find(text)
		if len(found) == 0 {
			return text
		}
		var b strings.Builder
		end := 0
		for _, d := range found {
			b.WriteString(text[end:d.at.Start])
			b.WriteString(d.masked)
			end = d.at.End
		}
		b.WriteString(text[end:])
		text = b.String()
	}
}

// find returns all personal data by place; where two overlap, the one that begins first, or is longer.
func (p Personal) find(text string) []datum {
	all := findPlaces(findNumbers(text), text)
	if len(p.Public) > 0 {
		all = slices.DeleteFunc(all, func(d datum) bool {
			return slices.ContainsFunc(p.Public, func(public string) bool { return samePublic(d.plain, public) })
		})
	}
	slices.SortStableFunc(all, func(a, b datum) int { return cmp.Or(a.at.Start-b.at.Start, b.at.End-a.at.End) })
	end := 0
	return slices.DeleteFunc(all, func(d datum) bool {
		if d.at.Start < end {
			return true
		}
		end = d.at.End
		return false
	})
}

// samePublic compares a datum with an entry of Personal.Public.
func samePublic(plain, public string) bool {
	if strings.EqualFold(plain, public) {
		return true
	}
	digits := strings.Map(func(c rune) rune {
		if d := digitOf(c); d != 0 {
			return rune(d)
		}
		return -1
	}, public)
	return plain == digits || len(plain) == 11 && strings.HasSuffix(digits, plain) && strings.Trim(digits[:len(digits)-11], "086") == ""
}

// stars masks the middle of digits.
func stars(plain string, head, tail int) string {
	return plain[:head] + strings.Repeat("*", len(plain)-head-tail) + plain[len(plain)-tail:]
}
