package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
)

//go:embed tone.json
var toneJSON []byte

// builtInTone is read-only; BuiltInToneRules gives callers a copy of their own.
var builtInTone = sync.OnceValue(BuiltInToneRules)

// ToneRules (答复语气规则) is the data behind Tone. Patterns are regular expressions over a text whose white space is left
// out, whose punctuation is full-width and whose letters and digits are half-width; <词> stands for a macro.
type ToneRules struct {
	Version  string            `json:"version"` // such as "2026-11"; every finding repeats it
	Macros   map[string]string `json:"macros"`  // parts of patterns, by name
	Rules    []ToneRule        `json:"rules"`
	Hollow   HollowRule        `json:"hollow"`
	Register RegisterRule      `json:"register"`
	Signer   SignerRule        `json:"signer"`

	compiled compiledPatterns
}

// ToneRule is one fault of tone. A sentence has it when one of the patterns matches it, none of Unless matches that sentence,
// and none of UnlessText matches the text.
type ToneRule struct {
	Rule
	Title      string   `json:"title"` // in Chinese
	Patterns   []string `json:"patterns"`
	Unless     []string `json:"unless"`
	UnlessText []string `json:"unless_text"`
	Suggestion string   `json:"suggestion"` // in Chinese
}

// HollowRule finds an answer that says it has received the question, and little else.
type HollowRule struct {
	Rule
	Marks      []string `json:"marks"`      // words of receipt: 收悉
	Empty      []string `json:"empty"`      // patterns of phrases that answer nothing
	Unless     []string `json:"unless"`     // patterns that make a receipt enough: somebody is on the way
	Least      int      `json:"least"`      // characters that must remain when those are taken away
	Suggestion string   `json:"suggestion"` // in Chinese
}

// RegisterRule finds a text that talks about people and has none of the marks of an answer: no greeting, fact, rule,
// procedure, unit or time.
type RegisterRule struct {
	Rule
	About      string   `json:"about"`      // the pattern of a text that talks about people: 你, 谁
	Marks      []string `json:"marks"`      // patterns, one of which every answer has
	Suggestion string   `json:"suggestion"` // in Chinese
}

// SignerRule finds an answer that somebody else has signed.
type SignerRule struct {
	Rule
	Endings    []string `json:"endings"`    // how the name of a unit ends: 局
	Suggestion string   `json:"suggestion"` // in Chinese
}

// BuiltInToneRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInToneRules() ToneRules {
	r, err := ReadToneRules(bytes.NewReader(toneJSON))
	if err != nil {
		panic("verify: the embedded tone.json is damaged: " + err.Error())
	}
	return r
}

// ReadToneRules reads rules in the form of tone.json, the file embedded in this package. An unknown field, a rule without id,
// citation, title or suggestion, a pattern that is none, matches an empty text or names an unknown macro, and a severity of
// error give a KindInvalid error: what somebody's tone is, a person judges.
func ReadToneRules(r io.Reader) (ToneRules, error) {
	var rules ToneRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return ToneRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if err := rules.validate(); err != nil {
		return ToneRules{}, err
	}
	for _, p := range rules.patterns() {
		re, err := regexp.Compile(rules.expand(p))
		if err != nil {
			return ToneRules{}, badRule("pattern %q: %w", p, err)
		}
		if re.MatchString("") || macroName.MatchString(rules.expand(p)) {
			return ToneRules{}, badRule("pattern %q matches an empty text or names a macro that is none", p)
		}
		if rules.compiled == nil {
			rules.compiled = compiledPatterns{}
		}
		rules.compiled[p] = re
	}
	return rules, nil
}

func (r ToneRules) validate() error {
	if r.Version == "" {
		return badRule("the tone rules have no version")
	}
	all := []Rule{r.Hollow.Rule, r.Register.Rule, r.Signer.Rule}
	for _, t := range r.Rules {
		if t.Title == "" || t.Suggestion == "" || len(t.Patterns) == 0 {
			return badRule("rule %q needs a title, a suggestion and patterns", t.ID)
		}
		all = append(all, t.Rule)
	}
	for _, rule := range all {
		if err := rule.validate(); err != nil {
			return err
		}
		if rule.Severity == govmedia.SeverityError {
			return badRule("rule %q: tone is judged by a person; its severity is warning or info", rule.ID)
		}
	}
	if r.Hollow.Suggestion == "" || r.Register.Suggestion == "" || r.Signer.Suggestion == "" || slices.Contains(slices.Concat(r.Hollow.Marks, r.Signer.Endings), "") {
		return badRule("rules %q, %q and %q need suggestions and words that are not empty", r.Hollow.ID, r.Register.ID, r.Signer.ID)
	}
	return nil
}

func (r ToneRules) patterns() []string {
	all := slices.Concat(r.Hollow.Empty, r.Hollow.Unless, r.Register.Marks, []string{r.Register.About})
	for _, t := range r.Rules {
		all = slices.Concat(all, t.Patterns, t.Unless, t.UnlessText)
	}
	return all
}

var macroName = regexp.MustCompile(`<\p{Han}+>`)

// expand puts the macros in.
func (r ToneRules) expand(pattern string) string {
	return macroName.ReplaceAllStringFunc(pattern, func(name string) string {
		if text, ok := r.Macros[strings.Trim(name, "<>")]; ok {
			return text
		}
		return name
	})
}

// match returns the leftmost match of any of the patterns, or nil.
func (r ToneRules) match(pats []string, text string) (span []int) {
	for _, p := range pats {
		if m := r.pattern(p).FindStringIndex(text); m != nil && (span == nil || m[0] < span[0]) {
			span = m
		}
	}
	return span
}

// pattern returns a pattern to match with.
func (r ToneRules) pattern(p string) *regexp.Regexp {
	if re := r.compiled[p]; re != nil {
		return re
	}
	return compiledPatterns(nil).get(r.expand(p)) // put into the rules after they were read
}
