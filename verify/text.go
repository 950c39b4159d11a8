package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// Text (文字检查) reads a text before it is published. It finds wrong words and what else its lexicons describe, numbers
// of documents and dates that are written wrongly (see [TextRules]), and personal data that is not masked (see
// [Personal]). The zero value uses what is built in. It is safe for concurrent use as long as nobody changes its fields.
//
// Its lexicons are compiled in every Check, unless the value came from NewText.
type Text struct {
	Lexicons []Lexicon  // the integrator's own, beside the built-in one
	Rules    *TextRules // nil means BuiltInTextRules
	Public   []string   // telephone numbers, accounts and mail addresses that are published on purpose, as in Personal

	compiled *vocabulary // of the lexicons; nil means not yet
}

// NewText returns a Text that has compiled the lexicons beside the built-in one, once for all its copies. Its Lexicons are
// not looked at again; Rules and Public may be set afterwards. A lexicon that ReadLexicon would refuse gives its error.
func NewText(lexicons ...Lexicon) (Text, error) {
	for _, l := range lexicons {
		if err := l.validate(); err != nil {
			return Text{}, err
		}
	}
	t := Text{Lexicons: slices.Clone(lexicons)}
	t.compiled = t.vocabulary()
	return t, nil
}

// Check returns what is found in the text, in the order in which it stands there. A word inside one that is allowed is
// not wrong. Span is the place in the text; Subject and Field are the caller's to fill in. Every finding's rule names
// what was found, so that this can be let pass and nothing else; of personal data it names the masked form.
func (t Text) Check(text string) []govmedia.Finding {
	all := t.vocabulary().check(text)
	all = append(all, t.rules().forms(text)...)
	all = append(all, Personal{Rules: t.Rules, Public: t.Public}.Check(text)...)
	sortFindings(all)
	return all
}

func (t Text) rules() *TextRules {
	if t.Rules != nil {
		return t.Rules
	}
	return builtInTextRules()
}

func (t Text) vocabulary() *vocabulary {
	switch {
	case t.compiled != nil:
		return t.compiled
	case len(t.Lexicons) == 0:
		return builtInVocabulary()
	default:
		return newVocabulary(append([]Lexicon{builtInWords()}, t.Lexicons...))
	}
}

var builtInVocabulary = sync.OnceValue(func() *vocabulary { return newVocabulary([]Lexicon{builtInWords()}) })

func sortFindings(all []govmedia.Finding) {
	slices.SortStableFunc(all, func(a, b govmedia.Finding) int {
		return cmp.Or(a.Span.Start-b.Span.Start, a.Span.End-b.Span.End)
	})
}

// vocabulary is all words of some lexicons in one automaton. It is read-only.
type vocabulary struct {
	lexicons []Lexicon
	words    automaton
	uses     [][]use // of each word
}

// use is what a word is to one rule of one lexicon.
type use struct {
	role    role
	lexicon int
	rule    int
	word    int
}

type role int

const (
	roleWrong  role = iota // of a WordRule
	roleAllow              // of a lexicon
	roleRegion             // of a BesideRule
	roleHome               //
	roleState              //
	roleWhen               // of a ContextRule
	rolePerson             // of a LeaderRule
	rolePost               //
)

// hit is a word found in a text.
type hit struct {
	use
	at govmedia.Span
}

func newVocabulary(lexicons []Lexicon) *vocabulary {
	v := &vocabulary{lexicons: lexicons}
	var words []string
	ids := map[string]int{}
	add := func(word string, u use) {
		if word == "" || !utf8.ValidString(word) {
			return // NewText and ReadLexicon refuse such
		}
		id, ok := ids[word]
		if !ok {
			id = len(words)
			ids[word], words, v.uses = id, append(words, word), append(v.uses, nil)
		}
		v.uses[id] = append(v.uses[id], u)
	}
	addAll := func(list []string, role role, lexicon, rule int) {
		for i, w := range list {
			add(w, use{role, lexicon, rule, i})
		}
	}
	for i, l := range lexicons {
		for j, rule := range l.Rules {
			for k, w := range rule.Words {
				add(w.Wrong, use{roleWrong, i, j, k})
			}
		}
		addAll(l.Allow, roleAllow, i, 0)
		for j, rule := range l.Beside {
			addAll(rule.Regions, roleRegion, i, j)
			addAll(rule.Home, roleHome, i, j)
			addAll(rule.States, roleState, i, j)
		}
		for j, rule := range l.Contexts {
			addAll(rule.When, roleWhen, i, j)
		}
		for j, rule := range l.Leaders {
			addAll(rule.posts(), rolePost, i, j)
			for k, p := range rule.People {
				add(p.Name, use{rolePerson, i, j, k})
			}
		}
	}
	v.words = newAutomaton(words)
	return v
}

func (v *vocabulary) check(text string) []govmedia.Finding {
	hits := v.hits(text)
	if len(hits) == 0 {
		return nil
	}
	var all []govmedia.Finding
	reminded, silent := map[string]bool{}, v.silent(text)
	for _, h := range hits {
		switch l := &v.lexicons[h.lexicon]; h.role {
		case roleWrong:
			rule := l.Rules[h.rule]
			if w := rule.Words[h.word]; w.counts(text, h.at) {
				all = append(all, w.finding(l.Version, rule.Rule, h.at))
			}
		case roleWhen:
			if f, ok := l.Contexts[h.rule].check(l.Version, text, h); ok && !reminded[f.Rule] && !silent[[2]int{h.lexicon, h.rule}] {
				reminded[f.Rule] = true
				all = append(all, f)
			}
		}
	}
	for i, l := range v.lexicons {
		for j, rule := range l.Beside {
			all = append(all, rule.check(l.Version, text, ofRule(hits, i, j, roleRegion, roleState))...)
		}
		for j, rule := range l.Leaders {
			all = append(all, rule.find(l.Version, text, ofRule(hits, i, j, rolePerson, rolePost))...)
		}
	}
	return all
}

// silent are the context rules, by lexicon and number, that the text satisfies by a word anywhere in it.
func (v *vocabulary) silent(text string) map[[2]int]bool {
	silent := map[[2]int]bool{}
	for i, l := range v.lexicons {
		for j, rule := range l.Contexts {
			if containsAny(text, rule.Without) {
				silent[[2]int{i, j}] = true
			}
		}
	}
	return silent
}

// hits finds the words that are not inside of allowed ones, by increasing end.
func (v *vocabulary) hits(text string) []hit {
	var hits []hit
	var allowed []govmedia.Span
	v.words.walk(text, func(word int32, start, end int) {
		if !boundary(text, start) || !boundary(text, end) {
			return // only a text that is no UTF-8 has it there
		}
		at := govmedia.Span{Start: start, End: end}
		for _, u := range v.uses[word] {
			if u.role == roleAllow {
				allowed = append(allowed, at)
			} else {
				hits = append(hits, hit{u, at})
			}
		}
	})
	if len(allowed) == 0 || len(hits) == 0 {
		return hits
	}
	slices.SortFunc(allowed, func(a, b govmedia.Span) int { return a.Start - b.Start })
	for i := 1; i < len(allowed); i++ { // from here on, an end is the farthest of all that began before
		allowed[i].End = max(allowed[i].End, allowed[i-1].End)
	}
	return slices.DeleteFunc(hits, func(h hit) bool {
		i, _ := slices.BinarySearchFunc(allowed, h.at.Start+1, func(a govmedia.Span, start int) int { return a.Start - start })
		return i > 0 && allowed[i-1].End >= h.at.End
	})
}

// ofRule picks the hits of one rule whose role is in a range.
func ofRule(hits []hit, lexicon, rule int, from, to role) []hit {
	var some []hit
	for _, h := range hits {
		if h.lexicon == lexicon && h.rule == rule && from <= h.role && h.role <= to {
			some = append(some, h)
		}
	}
	return some
}

// boundary reports whether a character begins at i, or the text ends there.
func boundary(text string, i int) bool { return i == len(text) || utf8.RuneStart(text[i]) }

// counts says whether the word is wrong where it stands.
func (w Word) counts(text string, at govmedia.Span) bool {
	if len(w.Before) == 0 && len(w.After) == 0 {
		return true
	}
	before, after := text[:at.Start], text[at.End:]
	last, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	return !isHan(last) && !isHan(next) || prefixOf(after, w.After) != "" ||
		slices.ContainsFunc(w.Before, func(b string) bool { return strings.HasSuffix(before, b) })
}

func (w Word) finding(version string, rule Rule, at govmedia.Span) govmedia.Finding {
	f := rule.found(version, w.Wrong, at)
	f.Explanation = fmt.Sprintf("“%s”疑为“%s”之误。", w.Wrong, w.Right)
	f.Suggestion = fmt.Sprintf("请改为“%s”；确需使用的，请写明理由后放行。", w.Right)
	if w.Right == "" {
		f.Explanation = fmt.Sprintf("“%s”不宜使用。", w.Wrong)
		f.Suggestion = "请删去或改写；确需使用的，请写明理由后放行。"
	}
	return f
}

// found begins a finding about one part of a text, which what names.
func (r Rule) found(version, what string, at govmedia.Span) govmedia.Finding {
	return govmedia.Finding{
		Rule: r.ID + "/" + what, Version: version, Severity: r.Severity, Span: at,
		Citation: r.Cite(),
	}
}

// Cite returns the citation of a rule with how sure it is, as findings have it.
func (r Rule) Cite() string { return r.Citation + "（" + r.Confidence.words() + "）" }
