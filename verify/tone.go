package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// Tone (答复语气检查) advises on an answer to a citizen before it is sent: insults, coldness, telling people to leave, sarcasm,
// retorts, brush-offs, promises without a date, boilerplate, texts like those of a machine or without any mark of an answer, and a signer who is not the
// answering unit. It never says error, because a person judges tone; what it finds is to be logged with the answer. That an
// answer misses the question is beyond it. The zero value uses the built-in rules. It is safe for concurrent use as long as
// nobody changes its rules.
type Tone struct {
	Rules *ToneRules // nil means BuiltInToneRules
}

// Answered (答复稿) is an answer before it is sent.
type Answered struct {
	ID    string   // of the answer; findings have it as their Subject
	Text  string   //
	Unit  string   // the full name of the answering unit; empty checks no signer
	Names []string // other names under which the unit may sign, such as its account's
}

// Check returns the findings in the order of the text. Field is "text" and Span the place.
func (t Tone) Check(a Answered) []govmedia.Finding {
	rules := t.Rules
	if rules == nil {
		r := builtInTone()
		rules = &r
	}
	text, at := toneForm(a.Text)
	var all []govmedia.Finding
	excused := map[int]bool{} // rules that the whole text excuses, each asked once
	for _, s := range toneSentences(text) {
		for i, rule := range rules.Rules {
			m := rules.match(rule.Patterns, text[s.Start:s.End])
			if m == nil || rules.match(rule.Unless, text[s.Start:s.End]) != nil {
				continue
			}
			if _, asked := excused[i]; !asked {
				excused[i] = rules.match(rule.UnlessText, text) != nil
			}
			if excused[i] {
				continue
			}
			f := rules.finding(rule.Rule, a, rule.Suggestion)
			f.Span = govmedia.Span{Start: at[s.Start+m[0]], End: at[s.Start+m[1]]}
			f.Explanation = fmt.Sprintf("“%s”：%s。", a.Text[f.Span.Start:f.Span.End], rule.Title)
			all = append(all, f)
		}
	}
	all = append(all, rules.hollow(a, text, at)...)
	all = append(all, rules.register(a, text)...)
	all = append(all, rules.signer(a)...)
	slices.SortStableFunc(all, func(x, y govmedia.Finding) int { return x.Span.Start - y.Span.Start })
	return all
}

// toneForm writes a text as the patterns expect it, and says for each byte of the result, and its end, where it stood.
func toneForm(text string) (string, []int) {
	var b strings.Builder
	at := make([]int, 0, len(text)+1)
	for i, c := range text {
		switch {
		case c == '\n':
		case unicode.IsSpace(c) || unicode.In(c, unicode.Cf):
			continue
		case c >= '０' && c <= '９', c >= 'Ａ' && c <= 'Ｚ', c >= 'ａ' && c <= 'ｚ', c == '．', c == '－', c == '＠', c == '／':
			c -= '！' - '!'
		case strings.ContainsRune(",;!?:()~", c):
			c += '！' - '!'
		}
		before := b.Len()
		b.WriteRune(c)
		for range b.Len() - before {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(text))
}

// toneSentences splits at the marks that end a sentence, each of which belongs to the sentence before it.
func toneSentences(text string) []govmedia.Span {
	var all []govmedia.Span
	start := 0
	for i, c := range text {
		if strings.ContainsRune("。！？；\n", c) {
			if end := i + utf8.RuneLen(c); c != '\n' {
				all = append(all, govmedia.Span{Start: start, End: end})
			} else if i > start {
				all = append(all, govmedia.Span{Start: start, End: i})
			}
			start = i + utf8.RuneLen(c)
		}
	}
	if start < len(text) {
		all = append(all, govmedia.Span{Start: start, End: len(text)})
	}
	return all
}

// hollow takes everything away that answers nothing and looks at what remains.
func (r ToneRules) hollow(a Answered, text string, at []int) []govmedia.Finding {
	mark := slices.IndexFunc(r.Hollow.Marks, func(m string) bool { return strings.Contains(text, m) })
	if mark < 0 {
		return nil
	}
	rest := text
	if name, span := r.signed(a.Text); name != "" {
		rest, _ = toneForm(a.Text[:span.Start])
	}
	if r.match(r.Hollow.Unless, rest) != nil {
		return nil
	}
	for range mostEmptied {
		less := r.without(r.Hollow.Empty, rest)
		if less == rest {
			break
		}
		rest = less
	}
	left := 0
	for _, c := range rest {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			left++
		}
	}
	if left >= r.Hollow.Least {
		return nil
	}
	f := r.finding(r.Hollow.Rule, a, r.Hollow.Suggestion)
	start := strings.Index(text, r.Hollow.Marks[mark])
	f.Span = govmedia.Span{Start: at[start], End: at[start+len(r.Hollow.Marks[mark])]}
	f.Explanation = "答复只说明已收到，没有回答所反映的问题。"
	return []govmedia.Finding{f}
}

// mostEmptied is how often what is left of an answer is looked through, since what is taken away brings other words together.
const mostEmptied = 20

// without returns the text without what any of the patterns matches.
func (r ToneRules) without(pats []string, text string) string {
	var spans [][]int
	for _, p := range pats {
		spans = append(spans, r.pattern(p).FindAllStringIndex(text, -1)...)
	}
	slices.SortStableFunc(spans, func(x, y []int) int { return x[0] - y[0] })
	var b strings.Builder
	end := 0
	for _, s := range spans {
		if s[0] >= end {
			b.WriteString(text[end:s[0]])
			end = s[1]
		}
	}
	return b.String() + text[end:]
}

// register looks for a single mark of an answer in a text that talks about people.
func (r ToneRules) register(a Answered, text string) []govmedia.Finding {
	if r.match([]string{r.Register.About}, text) == nil || r.match(r.Register.Marks, text) != nil {
		return nil
	}
	f := r.finding(r.Register.Rule, a, r.Register.Suggestion)
	f.Explanation = "全文没有问候、事实、依据、办理单位或时间，不像公务答复。"
	return []govmedia.Finding{f}
}

const dateForm = `[（(]?[0-9０１２３４５６７８９〇零一二三四五六七八九十]{2,4}[年./-][0-9０１２３４５６７８９一二三四五六七八九十]{1,3}[月./-][0-9０１２３４５６７８９一二三四五六七八九十]{1,3}日?[)）]?`

var (
	// What may stand below a signature: the date, a telephone.
	signedBelow = regexp.MustCompile(`^((回复|答复|办理|办结|落款)?(时间|日期):?)?` + dateForm + `([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?$|^(联系|咨询|监督|服务|办公)?(人[^,。]{0,8})?(电话|热线|方式|邮箱|地址|网址)[:0-9].{0,40}$`)
	// What may stand behind one in its line: the seal, the date.
	signedTail = regexp.MustCompile(`[\s\p{Zs}]*([（(]?(盖章|公章)[）)]?)?[\s\p{Zs}]*(` + dateForm + `)?$`)
	signedLead = regexp.MustCompile(`^(答复单位|承办单位|回复单位|办理单位|单位)?[:：（(—-]*`)
)

// mostBelow is how many lines are looked at, from the last.
const mostBelow = 6

// signed returns who signed the text and where: a last line, before date and telephone if there are any, that reads like the
// name of a unit.
func (r ToneRules) signed(text string) (name string, span govmedia.Span) {
	end := len(text)
	for range mostBelow {
		start := strings.LastIndexByte(text[:end], '\n') + 1
		line := strings.TrimSpace(text[start:end])
		if start == 0 || line != "" && !signedBelow.MatchString(plain(line)) {
			if start == 0 {
				return "", govmedia.Span{} // the whole answer is one line
			}
			line = strings.TrimSuffix(line, signedTail.FindString(line))
			line = strings.TrimRight(strings.TrimPrefix(line, signedLead.FindString(line)), "）) 。")
			bare := plain(line)
			onlyHan := strings.IndexFunc(bare, func(c rune) bool { return !isHan(c) && !unicode.IsDigit(c) }) < 0
			if onlyHan && utf8.RuneCountInString(bare) >= 3 && utf8.RuneCountInString(bare) <= 30 &&
				slices.ContainsFunc(r.Signer.Endings, func(e string) bool { return strings.HasSuffix(bare, e) }) {
				at := start + strings.Index(text[start:end], line)
				return bare, govmedia.Span{Start: at, End: at + len(line)}
			}
			return "", govmedia.Span{}
		}
		end = start - 1
	}
	return "", govmedia.Span{}
}

func (r ToneRules) signer(a Answered) []govmedia.Finding {
	name, span := r.signed(a.Text)
	if plain(a.Unit) == "" || name == "" {
		return nil
	}
	for _, ours := range append([]string{a.Unit}, a.Names...) {
		ours = plain(ours)
		// 市公安局 is short for 示例市公安局, and its 交通警察支队 signs with both names or only the first.
		if ours != "" && (strings.HasSuffix(ours, name) || strings.HasPrefix(ours, name) || strings.HasPrefix(name, ours)) {
			return nil
		}
	}
	f := r.finding(r.Signer.Rule, a, r.Signer.Suggestion)
	f.Span = span
	f.Explanation = fmt.Sprintf("署名“%s”不是承办单位“%s”。", name, a.Unit)
	return []govmedia.Finding{f}
}

func (r ToneRules) finding(rule Rule, a Answered, suggestion string) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: r.Version, Severity: rule.Severity, Subject: a.ID, Field: "text", Suggestion: suggestion,
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
