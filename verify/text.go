package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
)

//go:embed lexicon.json
var lexiconJSON []byte

// builtInWords is read-only; BuiltInLexicon gives callers a copy of their own.
var builtInWords = sync.OnceValue(BuiltInLexicon)

// Text (文字检查) finds wrong words in a text before it is published. The zero value uses the built-in lexicon. It is safe
// for concurrent use as long as nobody changes its lexicons.
type Text struct {
	Lexicons []Lexicon // the integrator's own, beside the built-in one
}

// Lexicon (词库) is the data behind Text.
type Lexicon struct {
	Version string     `json:"version"` // such as "2026-11"; every finding repeats it
	Rules   []WordRule `json:"rules"`
	// Allow are longer words in which a wrong one is right: 微薄之力, 大麻烦. They hold for every lexicon, so that a
	// lexicon of one's own also takes back what the built-in one says.
	Allow []string `json:"allow"`
}

// WordRule lists words that are wrong for one reason.
type WordRule struct {
	Rule
	Words []Word `json:"words"`
}

// Word is a wrong word and what was meant. A finding's rule is the id of the WordRule, a slash and the wrong word, so that
// one word can be let pass and no other.
type Word struct {
	Wrong string `json:"wrong"`
	Right string `json:"right"` // empty when there is nothing to put in its place
}

// BuiltInLexicon returns the lexicon of this version of the package. Every call gives a copy of its own.
func BuiltInLexicon() Lexicon {
	l, err := ReadLexicon(bytes.NewReader(lexiconJSON))
	if err != nil {
		panic("verify: the embedded lexicon.json is damaged: " + err.Error())
	}
	return l
}

// ReadLexicon reads a lexicon in the form of lexicon.json, the file embedded in this package. An unknown field, a rule
// without id or citation, an unknown grade, an empty word and one that is its own correction give a KindInvalid error.
func ReadLexicon(r io.Reader) (Lexicon, error) {
	var l Lexicon
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Lexicon{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if l.Version == "" {
		return Lexicon{}, badRule("the lexicon has no version")
	}
	for _, rule := range l.Rules {
		if err := rule.validate(); err != nil {
			return Lexicon{}, err
		}
		for _, w := range rule.Words {
			if w.Wrong == "" || w.Wrong == w.Right {
				return Lexicon{}, badRule("rule %q: %q instead of %q is no correction", rule.ID, w.Right, w.Wrong)
			}
		}
	}
	if slices.Contains(l.Allow, "") {
		return Lexicon{}, badRule("the lexicon allows an empty word")
	}
	return l, nil
}

// Check returns the wrong words of the text in the order in which they stand. A word inside one that is allowed is not
// wrong. Span is the place in the text; Subject and Field are the caller's to fill in.
func (t Text) Check(text string) []govmedia.Finding {
	lexicons := append([]Lexicon{builtInWords()}, t.Lexicons...)
	var allowed []govmedia.Span
	for _, l := range lexicons {
		for _, word := range l.Allow {
			allowed = append(allowed, places(text, word)...)
		}
	}
	var all []govmedia.Finding
	for _, l := range lexicons {
		for _, rule := range l.Rules {
			for _, w := range rule.Words {
				for _, at := range places(text, w.Wrong) {
					if !slices.ContainsFunc(allowed, func(a govmedia.Span) bool { return a.Start <= at.Start && at.End <= a.End }) {
						all = append(all, w.finding(l.Version, rule.Rule, at))
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b govmedia.Finding) int { return a.Span.Start - b.Span.Start })
	return all
}

func (w Word) finding(version string, rule Rule, at govmedia.Span) govmedia.Finding {
	f := govmedia.Finding{
		Rule: rule.ID + "/" + w.Wrong, Version: version, Severity: rule.Severity, Span: at,
		Citation:    rule.Citation + "（" + rule.Confidence.words() + "）",
		Explanation: fmt.Sprintf("“%s”疑为“%s”之误。", w.Wrong, w.Right),
		Suggestion:  fmt.Sprintf("请改为“%s”；确需使用的，请写明理由后放行。", w.Right),
	}
	if w.Right == "" {
		f.Explanation = fmt.Sprintf("“%s”不宜使用。", w.Wrong)
		f.Suggestion = "请删去或改写；确需使用的，请写明理由后放行。"
	}
	return f
}

// places are all occurrences of the word, overlapping ones too.
func places(text, word string) []govmedia.Span {
	var all []govmedia.Span
	for from := 0; word != ""; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			break
		}
		all = append(all, govmedia.Span{Start: from + i, End: from + i + len(word)})
		from += i + 1
	}
	return all
}
