package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

//go:embed lexicon.json
var lexiconJSON []byte

// builtInWords is read-only; BuiltInLexicon gives callers a copy of their own.
var builtInWords = sync.OnceValue(BuiltInLexicon)

// Lexicon (词库) is the data behind Text.
type Lexicon struct {
	Version string     `json:"version"` // such as "2026-11"; every finding repeats it
	Rules   []WordRule `json:"rules"`
	// Allow are longer words in which a wrong one is right: 微薄之力, 大麻烦. They hold for every lexicon, so that a
	// lexicon of one's own also takes back what the built-in one says.
	Allow    []string      `json:"allow"`
	Beside   []BesideRule  `json:"beside"`
	Contexts []ContextRule `json:"contexts"`
	Leaders  []LeaderRule  `json:"leaders"`
}

// WordRule lists words that are wrong for one reason.
type WordRule struct {
	Rule
	Words []Word `json:"words"`
}

// Word is a wrong word and what was meant. A finding's rule is the id of the WordRule, a slash and the wrong word, so that
// one word can be let pass and no other. A word with Before or After is a right one elsewhere: it is found only where one of
// Before ends right before it, one of After begins right behind it, or no Chinese character touches it.
type Word struct {
	Wrong  string   `json:"wrong"`
	Right  string   `json:"right"` // empty when there is nothing to put in its place
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// BesideRule (并列) lists regions that must not stand beside states as if they were one: 日本、台湾等国家, 中国和香港. What
// follows such a list decides: 国家和地区 makes it right. A region beside states where nothing follows is a warning only.
// A finding's rule is the id, a slash and the list as it stands in the text.
type BesideRule struct {
	Rule
	Regions []string `json:"regions"`
	Home    []string `json:"home"`   // what the regions are part of: 中国
	States  []string `json:"states"` // the others
	Joins   []string `json:"joins"`  // what may stand between the members of a list: 、 和
	Wrong   []string `json:"wrong"`  // what calls the list states: 等国家
	Right   []string `json:"right"`  // what does not, or is another word: 国家和地区, 等国家级; it precedes Wrong
	// Counted are what does so only after a list of several, because it begins other words: 香港各国有企业.
	Counted []BesideCount `json:"counted"`
}

// BesideCount is what calls a list of several states: 两国 after two of them. After regions only, it counts where no other
// word goes on.
type BesideCount struct {
	Wrong   string `json:"wrong"`
	Members int    `json:"members"` // how many the list must have; 0 means two or more
}

// ContextRule is a reminder that depends on what else a text says. It is found where a word of When stands in a sentence
// that has a word of With (if there are any) and none of Unless, in a text with none of Without; once for each word of
// When. A finding's rule is the id, a slash and that word.
type ContextRule struct {
	Rule
	When     []string `json:"when"`
	With     []string `json:"with"`
	Unless   []string `json:"unless"`
	Without  []string `json:"without"`
	Says     string   `json:"says"`     // the explanation, in Chinese
	Suggests string   `json:"suggests"` // the suggestion, in Chinese
}

// LeaderRule lists persons in office in the order in which they are named. The built-in lexicon has none. It finds a post
// right before or after a name that is not that person's (市长 or 副市长, but not 原市长), and names of one list in another order.
// A finding's rule is the id, a slash and the post with the name or the two names, as they stand in the text.
type LeaderRule struct {
	Rule
	People []Leader `json:"people"`
	Posts  []string `json:"posts"` // posts besides those of the people, which are known, too
}

// Leader is a person in office.
type Leader struct {
	Name  string   `json:"name"`
	Posts []string `json:"posts"` // all of them, as texts say them: 市委书记, 书记
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
	if err := l.validate(); err != nil {
		return Lexicon{}, err
	}
	return l, nil
}

func (l Lexicon) validate() error {
	if l.Version == "" {
		return badRule("the lexicon has no version")
	}
	for _, rule := range l.Rules {
		if err := rule.validate(); err != nil {
			return err
		}
		for _, w := range rule.Words {
			if w.Wrong == "" || w.Wrong == w.Right || !utf8.ValidString(w.Wrong) {
				return badRule("rule %q: %q instead of %q is no correction", rule.ID, w.Right, w.Wrong)
			}
			if slices.Contains(w.Before, "") || slices.Contains(w.After, "") {
				return badRule("rule %q: %q stands beside an empty word", rule.ID, w.Wrong)
			}
		}
	}
	if slices.Contains(l.Allow, "") {
		return badRule("the lexicon allows an empty word")
	}
	for _, rule := range l.Beside {
		if err := rule.validate(); err != nil {
			return err
		}
		if err := full(rule.ID, rule.Regions, rule.Joins, rule.Home, rule.States, rule.Wrong, rule.Right); err != nil {
			return err
		}
		if slices.ContainsFunc(rule.Counted, func(c BesideCount) bool { return c.Wrong == "" || c.Members < 0 || c.Members == 1 }) {
			return badRule("rule %q: what is counted needs words and two members or more, or 0 for any number", rule.ID)
		}
	}
	for _, rule := range l.Contexts {
		if err := rule.validate(); err != nil {
			return err
		}
		if rule.Says == "" || rule.Suggests == "" {
			return badRule("rule %q says or suggests nothing", rule.ID)
		}
		if err := full(rule.ID, rule.When, rule.With, rule.Unless, rule.Without); err != nil {
			return err
		}
	}
	for _, rule := range l.Leaders {
		if err := rule.check(); err != nil {
			return err
		}
	}
	return nil
}

// full makes sure that the first list has words and that no list has an empty one.
func full(id string, first []string, others ...[]string) error {
	if len(first) == 0 || slices.Contains(first, "") || slices.ContainsFunc(others, func(l []string) bool { return slices.Contains(l, "") }) {
		return badRule("rule %q needs words, and none of them is empty", id)
	}
	return nil
}

func (r LeaderRule) check() error {
	if err := r.validate(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, p := range r.People {
		if p.Name == "" || seen[p.Name] || len(p.Posts) == 0 || slices.Contains(p.Posts, "") {
			return badRule("rule %q: %q needs a name of their own and the posts that they hold", r.ID, p.Name)
		}
		seen[p.Name] = true
	}
	if slices.ContainsFunc(r.Posts, func(p string) bool { return strings.TrimSpace(p) == "" }) {
		return badRule("rule %q: an empty post", r.ID)
	}
	return nil
}
