package verify

import (
	"regexp"
	"slices"
	"strings"

	"github.com/govmedia/govmedia/account"
)

// NewsRule lists words that belong to news media.
type NewsRule struct {
	Rule
	Words   []string `json:"words"`
	Except  []string `json:"except"`  // longer strings in which the word claims nothing: 新闻办
	Holders []string `json:"holders"` // an owner whose name contains one of these has the right: 融媒体中心
}

// NameRegionRule says which regions a name may hold: those in which its owner lies, and those that lie in the owner's. It
// judges nothing when the owner's region code is not valid, which is a finding of its own, nor for national units.
type NameRegionRule struct {
	Rule
	Everyday []string `json:"everyday"` // short names of regions that are ordinary words too: 和平; in full (和平区) they still count
	Before   string   `json:"before"`   // a regular expression for what makes a region a street when it follows: 路 in 北京西路
}

// ContactRule lists what counts as an address, a number or an invitation in a name.
type ContactRule struct {
	Rule
	Patterns []ContactPattern `json:"patterns"`
}

// ContactPattern is one kind of contact.
type ContactPattern struct {
	Kind    string `json:"kind"`    // as officials call it: 电话号码
	Pattern string `json:"pattern"` // a regular expression; full-width letters and digits are matched as half-width ones
}

// VerificationRule demands that the verification text names the owner.
type VerificationRule struct {
	Rule
	Missing   Rule     `json:"missing"`   // of an account without a verification text
	Platforms []string `json:"platforms"` // only these have a verification text
}

func (r Rules) validateNames() error {
	for _, rule := range []Rule{r.News.Rule, r.NameRegion.Rule, r.Contact.Rule, r.Verification.Rule, r.Verification.Missing} {
		if err := rule.validate(); err != nil {
			return err
		}
	}
	if slices.Contains(slices.Concat(r.News.Words, r.News.Except, r.News.Holders, r.NameRegion.Everyday), "") {
		return badRule("rules %q and %q: an empty word", r.News.ID, r.NameRegion.ID)
	}
	if _, err := regexp.Compile(r.NameRegion.Before); err != nil {
		return badRule("rule %q: %w", r.NameRegion.ID, err)
	}
	for _, p := range r.Contact.Patterns {
		re, err := regexp.Compile(p.Pattern)
		if err != nil {
			return badRule("rule %q: %w", r.Contact.ID, err)
		}
		if p.Kind == "" || re.MatchString("") {
			return badRule("rule %q: pattern %q has no kind or matches an empty name", r.Contact.ID, p.Pattern)
		}
	}
	return nil
}

// mayReport reports whether the unit is one of those that own the right to news words.
func (r NewsRule) mayReport(u account.Unit) bool {
	return slices.ContainsFunc(r.Holders, func(h string) bool { return strings.Contains(u.Name, h) })
}

// regexps are the patterns of these rules, as they are used.
func (r Rules) regexps() []string {
	all := []string{r.NameRegion.street()}
	for _, p := range r.Contact.Patterns {
		all = append(all, p.Pattern)
	}
	return all
}

func (r NameRegionRule) street() string { return "^(?:" + r.Before + ")" }

// compiledPatterns holds regular expressions by their text. It is not changed once it is made.
type compiledPatterns map[string]*regexp.Regexp

// compile compiles patterns that were validated.
func compile(texts ...string) compiledPatterns {
	all := compiledPatterns{}
	for _, t := range texts {
		all[t] = regexp.MustCompile(t)
	}
	return all
}

// get returns the compiled pattern. One that was put into the rules after they were read and is no regular expression
// matches nothing.
func (p compiledPatterns) get(text string) *regexp.Regexp {
	if re := p[text]; re != nil {
		return re
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return regexp.MustCompile(`[^\s\S]`)
	}
	return re
}
