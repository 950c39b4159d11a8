package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

//go:embed names.json
var builtInJSON []byte

// builtIn is read-only; BuiltIn gives callers a copy of their own.
var builtIn = sync.OnceValue(BuiltIn)

// Rules (命名规则) is the data behind Names.
type Rules struct {
	Version    string          `json:"version"`     // such as "2026-11"; every finding repeats it
	Width      []WidthRule     `json:"width"`       // one a platform; a platform without one is not checked
	Characters []CharacterRule `json:"characters"`  // one a platform; a platform without one is not checked
	Reserved   ReservedRule    `json:"reserved"`    //
	Code       Rule            `json:"code"`        // the owner's USCC is valid, when it has one
	CodePrefix PrefixRule      `json:"code_prefix"` //
	Region     Rule            `json:"region"`      // the owner's region code is valid

	News         NewsRule         `json:"news"`         //
	NameRegion   NameRegionRule   `json:"name_region"`  // a region in the name is the owner's
	Contact      ContactRule      `json:"contact"`      //
	Verification VerificationRule `json:"verification"` //

	compiled compiledPatterns // those that ReadRules has checked; others are compiled when they are used
}

// Rule is what every rule has.
type Rule struct {
	ID         string            `json:"id"`
	Citation   string            `json:"citation"`   // the document the rule rests on, in Chinese
	Effective  string            `json:"effective"`  // the day it came into force, YYYY-MM-DD; empty when the source gives none
	Confidence Confidence        `json:"confidence"` // findings repeat it after the citation
	Severity   govmedia.Severity `json:"severity"`   // of its findings
}

// Confidence (可信度) says how well a rule is known.
type Confidence string

// The grades of confidence.
const (
	Sure     Confidence = "S" // the official text was read
	Likely   Confidence = "L" // one official notice, or several retellings that agree
	Unsure   Confidence = "U" // the sources are weak or disagree
	Recalled Confidence = "M" // from memory; no built-in rule rests on this alone
)

// words says to an official how well a rule is known.
func (c Confidence) words() string {
	switch c {
	case Sure:
		return "已核对原文"
	case Likely:
		return "据公开通报，未见原文"
	case Recalled:
		return "未经核实"
	default:
		return "来源说法不一"
	}
}

// WidthRule bounds the length of a name on one platform, both ends included.
type WidthRule struct {
	Rule
	Platform     string `json:"platform"`
	PlatformName string `json:"platform_name"` // in Chinese
	Count        Count  `json:"count"`
	Min          int    `json:"min"`
	Max          int    `json:"max"`
}

// Count says how a platform counts the length of a name.
type Count string

// The ways of counting.
const (
	CountWidth      Count = "width"      // as Width does
	CountCharacters Count = "characters" // each character is 1
)

// CharacterRule lists the characters that a name on one platform may have.
type CharacterRule struct {
	Rule
	Platform     string `json:"platform"`
	PlatformName string `json:"platform_name"` // in Chinese
	Han          bool   `json:"han"`           // Chinese characters
	ASCII        bool   `json:"ascii"`         // a–z, A–Z and 0–9
	Others       string `json:"others"`        // each character of this string
}

// ReservedRule lists words which only units of some levels may have in the names of their accounts.
type ReservedRule struct {
	Rule
	Words  []string        `json:"words"`
	Except []string        `json:"except"` // longer strings in which the word arises by chance: 吴中国税 contains 中国
	Levels []account.Level `json:"levels"`
}

// PrefixRule lists how the USCC of a unit that owns official accounts normally begins.
type PrefixRule struct {
	Rule
	Prefixes []string `json:"prefixes"`
}

// BuiltIn returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltIn() Rules {
	r, err := ReadRules(bytes.NewReader(builtInJSON))
	if err != nil {
		panic("verify: the embedded names.json is damaged: " + err.Error())
	}
	return r
}

// ReadRules reads rules in the form of names.json, the file embedded in this package. An unknown field, a rule
// without id or citation, an unknown grade and an impossible bound give a KindInvalid error.
func ReadRules(r io.Reader) (Rules, error) {
	var rules Rules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return Rules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if err := rules.validate(); err != nil {
		return Rules{}, err
	}
	rules.compiled = compile(rules.regexps()...)
	return rules, nil
}

func (r Rules) validate() error {
	if r.Version == "" {
		return badRule("the rules have no version")
	}
	all := []Rule{r.Reserved.Rule, r.Code, r.CodePrefix.Rule, r.Region}
	for _, w := range r.Width {
		if w.Min < 0 || w.Max < max(w.Min, 1) || (w.Count != CountWidth && w.Count != CountCharacters) {
			return badRule("rule %q of platform %q: count %q from %d to %d", w.ID, w.Platform, w.Count, w.Min, w.Max)
		}
		all = append(all, w.Rule)
	}
	for _, c := range r.Characters {
		all = append(all, c.Rule)
	}
	for _, rule := range all {
		if err := rule.validate(); err != nil {
			return err
		}
	}
	return r.validateNames()
}

func (r Rule) validate() error {
	if r.ID == "" || r.Citation == "" {
		return badRule("rule %q needs an id and a citation (%q)", r.ID, r.Citation)
	}
	if !slices.Contains([]Confidence{Sure, Likely, Unsure, Recalled}, r.Confidence) {
		return badRule("rule %q: confidence %q is none of S, L, U, M", r.ID, r.Confidence)
	}
	if !slices.Contains([]govmedia.Severity{govmedia.SeverityError, govmedia.SeverityWarning, govmedia.SeverityInfo}, r.Severity) {
		return badRule("rule %q: unknown severity %q", r.ID, r.Severity)
	}
	if _, err := time.Parse(time.DateOnly, r.Effective); r.Effective != "" && err != nil {
		return badRule("rule %q: effective %q is no date YYYY-MM-DD", r.ID, r.Effective)
	}
	return nil
}

func badRule(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, "verify.rules", format, args...)
}

func (r CharacterRule) allows(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return r.ASCII || strings.ContainsRune(r.Others, c)
	}
	return r.Han && isHan(c) || strings.ContainsRune(r.Others, c)
}
