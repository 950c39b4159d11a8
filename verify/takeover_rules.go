package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
)

//go:embed takeover.json
var takeoverJSON []byte

// builtInTakeover is read-only; BuiltInTakeoverRules gives callers a copy of their own.
var builtInTakeover = sync.OnceValue(BuiltInTakeoverRules)

// TakeoverRules (被盗用信号规则) is the data behind Takeover.
type TakeoverRules struct {
	Version   string         `json:"version"`   // such as "2026-11"; every finding repeats it
	Burst     BurstRule      `json:"burst"`     // many actions while nobody is on duty
	NewClass  Rule           `json:"new_class"` // a class of content that the account has never had
	Advert    Rule           `json:"advert"`    // a class that no official account may have
	Link      Rule           `json:"link"`      // a link to a site that the account does not link to
	Client    Rule           `json:"client"`    // sent with a client that the account does not use
	SameText  SameTextRule   `json:"same_text"` // the same words or picture on unrelated accounts
	Custodian Rule           `json:"custodian"` // whoever had the password has left, and it is the same
	Awake     AwakeRule      `json:"awake"`     // an account that was silent speaks
	Insult    InsultRule     `json:"insult"`    // a reply that insults
	Again     AgainRule      `json:"again"`     // any of these soon after an earlier theft
	Classes   []ContentClass `json:"classes"`   //

	compiled compiledPatterns
}

// BurstRule counts actions within some minutes outside the hours of a day, in Beijing time.
type BurstRule struct {
	Rule
	Count   int    `json:"count"`
	Minutes int    `json:"minutes"`
	DayFrom string `json:"day_from"` // HH:MM; from here to DayTo somebody is always on duty
	DayTo   string `json:"day_to"`
}

// SameTextRule says when equal content on accounts with neither a unit nor a cluster in common is a signal.
type SameTextRule struct {
	Rule
	Accounts int `json:"accounts"` // on how many
	Days     int `json:"days"`     // within how many
	Least    int `json:"least"`    // characters; shorter texts are equal by chance
}

// AwakeRule says how long a silent account was silent.
type AwakeRule struct {
	Rule
	Days int `json:"days"`
}

// InsultRule names the rules of Tone that make a reply a signal.
type InsultRule struct {
	Rule
	Tone []string `json:"tone"`
}

// AgainRule says how long after a theft another signal means that the account was not secured.
type AgainRule struct {
	Rule
	Days int `json:"days"`
}

// ContentClass (内容类别) tells what a text is about when the caller does not. The first that fits is taken.
type ContentClass struct {
	Name      string   `json:"name"`
	Title     string   `json:"title"`     // in Chinese
	Forbidden bool     `json:"forbidden"` // no official account has it, whatever its norm says
	Patterns  []string `json:"patterns"`
	Unless    []string `json:"unless"` // patterns of a text that warns of such content
}

// BuiltInTakeoverRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInTakeoverRules() TakeoverRules {
	r, err := ReadTakeoverRules(bytes.NewReader(takeoverJSON))
	if err != nil {
		panic("verify: the embedded takeover.json is damaged: " + err.Error())
	}
	return r
}

// ReadTakeoverRules reads rules in the form of takeover.json, the file embedded in this package. An unknown field, a rule
// without id or citation, impossible numbers and hours, and a pattern that is none or matches an empty text give a
// KindInvalid error.
func ReadTakeoverRules(r io.Reader) (TakeoverRules, error) {
	var rules TakeoverRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return TakeoverRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if err := rules.validate(); err != nil {
		return TakeoverRules{}, err
	}
	rules.compiled = compiledPatterns{}
	for _, c := range rules.Classes {
		if c.Name == "" || c.Title == "" || len(c.Patterns) == 0 {
			return TakeoverRules{}, badRule("class %q needs a name, a title and patterns", c.Name)
		}
		for _, p := range slices.Concat(c.Patterns, c.Unless) {
			re, err := regexp.Compile(p)
			if err != nil || re.MatchString("") {
				return TakeoverRules{}, badRule("class %q: pattern %q is none or matches an empty text: %v", c.Name, p, err)
			}
			rules.compiled[p] = re
		}
	}
	return rules, nil
}

func (r TakeoverRules) validate() error {
	if r.Version == "" {
		return badRule("the take-over rules have no version")
	}
	for _, rule := range []Rule{
		r.Burst.Rule, r.NewClass, r.Advert, r.Link, r.Client, r.SameText.Rule, r.Custodian, r.Awake.Rule, r.Insult.Rule, r.Again.Rule,
	} {
		if err := rule.validate(); err != nil {
			return err
		}
	}
	for _, n := range []int{r.Burst.Count - 1, r.Burst.Minutes, r.SameText.Accounts - 1, r.SameText.Days, r.SameText.Least, r.Awake.Days, r.Again.Days} {
		if n < 1 {
			return badRule("a number of the take-over rules is too small")
		}
	}
	from, err1 := time.Parse("15:04", r.Burst.DayFrom)
	to, err2 := time.Parse("15:04", r.Burst.DayTo)
	if err1 != nil || err2 != nil || !from.Before(to) {
		return badRule("rule %q: from %q to %q are no hours of a day", r.Burst.ID, r.Burst.DayFrom, r.Burst.DayTo)
	}
	if slices.Contains(r.Insult.Tone, "") {
		return badRule("rule %q: an empty rule of tone", r.Insult.ID)
	}
	return nil
}

// class returns what the text is about, or false when no class matches.
func (r TakeoverRules) class(text string) (ContentClass, bool) {
	matches := func(p string) bool { return r.compiled.get(p).MatchString(text) }
	for _, c := range r.Classes {
		if slices.ContainsFunc(c.Patterns, matches) && !slices.ContainsFunc(c.Unless, matches) {
			return c, true
		}
	}
	return ContentClass{}, false
}
