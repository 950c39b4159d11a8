package verify

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
)

// Radar (仿冒雷达) finds among registered names (已登记名称) those that another name may be mistaken for.
//
// Two genuine names are not look-alikes of each other, near as they may be: a name that is registered itself has no
// matches, and neither has one that differs from a registered one by a word which other registered names, the list of
// places or the rules know (江北区, 江南区). What is left is what an official should look at, not a proof.
//
// A Radar is read-only once made and safe for concurrent use. What one of 180,000 names takes is
// in BENCHMARKS.md; most of its memory are keys, and the names themselves are the caller's strings.
type Radar struct {
	*radarLore
	names  []string
	folded []rune   // of all names, one after the other
	starts []uint32 // where each begins in folded, and where the last ends
	index  index
	words  map[uint32]bool // the beginnings and ends that several registered names share
}

// radarLore is what a radar knows without any name. It is read-only once made.
type radarLore struct {
	rules   RadarRules
	fold    *folding
	affixes map[string]bool // folded
	longest int             // of the affixes, in characters
	apart   map[rune]int    // the group of a character, from 1
	places  map[string]bool // folded
}

// builtInLore is shared by all radars with the built-in rules.
var builtInLore = sync.OnceValue(func() *radarLore { return newRadarLore(BuiltInRadarRules()) })

// Trick (仿冒手法) is a way of making one name pass for another.
type Trick string

// The tricks.
const (
	TrickHomoglyph   Trick = "homoglyph"   // 同形字: a character that is drawn the same, of another script or elsewhere in Unicode
	TrickShape       Trick = "shape"       // 形近字: a Chinese character that looks similar
	TrickSound       Trick = "sound"       // 同音字: one that sounds the same, or nearly
	TrickTraditional Trick = "traditional" // 繁体字、异体字
	TrickDigits      Trick = "digits"      // 数字、字母与汉字数字互换: 0 and O, 1 and l, 零 and 〇, capitals
	TrickWidth       Trick = "width"       // 全角字符: full width and other compatibility forms
	TrickInserted    Trick = "inserted"    // 夹入空格、标点、不可见字符
	TrickAffix       Trick = "affix"       // 加减“官方”“发布”等词
	TrickOrder       Trick = "order"       // 调换词序
	TrickDropped     Trick = "dropped"     // 少一个字
	TrickAdded       Trick = "added"       // 多一个字
	TrickReplaced    Trick = "replaced"    // 换一个字
)

// words says what the trick is, to an official.
func (t Trick) words() string {
	switch t {
	case TrickHomoglyph:
		return "用了外形相同的另一字符"
	case TrickShape:
		return "换了形近的字"
	case TrickSound:
		return "换了同音或近音的字"
	case TrickTraditional:
		return "用了繁体字或异体字"
	case TrickDigits:
		return "互换了数字、字母、大小写或汉字数字"
	case TrickWidth:
		return "用了全角等兼容字符"
	case TrickInserted:
		return "增减了空格、标点或不可见字符"
	case TrickAffix:
		return "增减了“官方”“发布”一类的词"
	case TrickOrder:
		return "调换了字词的次序"
	case TrickDropped:
		return "少了一个字"
	case TrickAdded:
		return "多了一个字"
	case TrickReplaced:
		return "换了一个字"
	}
	return string(t)
}

// Match is a registered name that another name may be mistaken for.
type Match struct {
	Name   string  `json:"name"`   // the registered name, as it was given to NewRadar
	Tricks []Trick `json:"tricks"` // one at least, each once
	Score  float64 `json:"score"`  // how alike they are: above 0, below 1
}

// mostMatches bounds what Similar returns. Behind the tenth nobody looks.
const mostMatches = 10

// NewRadar makes a radar of registered names by the built-in rules. A name that stands twice counts once; a name
// without a letter or digit, and one longer than 1,024 bytes or 64 characters, matches nothing.
func NewRadar(names []string) *Radar { return newRadar(builtInLore(), names) }

// Radar makes a radar by these rules, which should come from ReadRadarRules or BuiltInRadarRules. See NewRadar.
func (r RadarRules) Radar(names []string) *Radar { return newRadar(newRadarLore(r), names) }

func newRadarLore(rules RadarRules) *radarLore {
	x := &radarLore{
		rules: rules, fold: newFolding(rules),
		affixes: map[string]bool{}, apart: map[rune]int{}, places: map[string]bool{},
	}
	for _, word := range rules.Affixes {
		folded := x.fold.view(word).runes
		x.affixes[string(folded)], x.longest = true, max(x.longest, len(folded))
	}
	for i, group := range rules.Apart {
		for _, c := range x.fold.view(group).runes {
			x.apart[c] = i + 1
		}
	}
	for _, place := range x.fold.places {
		folded := x.fold.view(place).runes
		x.places[string(folded)] = true
		if stem := folded[:len(folded)-1]; len(stem) > 1 {
			x.places[string(stem)] = true
		}
	}
	return x
}

func newRadar(lore *radarLore, names []string) *Radar {
	x := &Radar{radarLore: lore, words: map[uint32]bool{}}
	x.register(names)
	return x
}

func (x *Radar) register(names []string) {
	seen := make(map[string]bool, len(names))
	x.starts = append(make([]uint32, 0, len(names)+1), 0)
	for _, name := range names {
		if seen[name] || len(name) > mostBytes {
			continue
		}
		seen[name] = true
		if v := x.fold.view(name); len(v.runes) > 0 && len(v.runes) <= mostRunes {
			x.names, x.folded = append(x.names, name), append(x.folded, v.runes...)
			x.starts = append(x.starts, uint32(len(x.folded)))
		}
	}
	x.names, x.folded = slices.Clip(x.names), slices.Clip(x.folded)
	x.index = newIndex(x.keys())
	x.learn()
}

// runes returns the folded characters of a registered name.
func (x *Radar) runes(n int) []rune { return x.folded[x.starts[n]:x.starts[n+1]] }

// sounds appends the sounds of folded characters.
func (x *Radar) sounds(to []uint32, runes []rune, read []syllable) []uint32 {
	for i, r := range runes {
		to = append(to, x.fold.sound(r, read[i]))
	}
	return to
}

// keys returns a function that yields the keys of all registered names.
func (x *Radar) keys() func(yield func(hash uint32, n int)) {
	all, cores := make([]uint32, 0, len(x.folded)), make([][2]uint8, len(x.names))
	for n := range x.names {
		runes := x.runes(n)
		all = x.sounds(all, runes, x.fold.contextual(runes))
		from, to := x.core(runes)
		cores[n] = [2]uint8{uint8(from), uint8(to)}
	}
	return func(yield func(hash uint32, n int)) {
		for n := range x.names {
			sounds, core := all[x.starts[n]:x.starts[n+1]], cores[n]
			with := func(hash uint32) { yield(hash, n) }
			with(hashOf(wholeKey, sounds))
			with(hashSorted(sounds))
			deletions(lessOne, sounds, with)
			doubleDeletions(lessTwo, sounds, with)
			if from, to := int(core[0]), int(core[1]); to-from < len(sounds) {
				with(hashOf(coreKey, sounds[from:to]))
			}
		}
	}
}

// Similar returns the registered names that the name may be mistaken for, the most alike first, ten at most. It returns
// nothing for a name that is registered itself, byte for byte, and for one longer than 1,024 bytes or 64 characters.
func (x *Radar) Similar(name string) []Match {
	if len(name) > mostBytes {
		return nil
	}
	v := x.fold.view(name)
	if len(v.runes) == 0 || len(v.runes) > mostRunes {
		return nil
	}
	var s scan
	if x.whole(&s, v); slices.ContainsFunc(s.candidates, func(n int) bool { return x.names[n] == name }) {
		return nil
	}
	x.near(&s, v)
	x.judgeAll(&s, v, false)
	for _, core := range x.cores(v) {
		x.whole(&s, core)
		x.near(&s, core)
		x.judgeAll(&s, core, true)
	}
	x.judgeCores(&s, v)
	slices.SortFunc(s.matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Name, b.Name))
	})
	return s.matches[:min(len(s.matches), mostMatches)]
}

// Findings returns one finding a match of the name, with the rule and citation of the radar's rules. The subject is
// whatever the caller knows the account by; the field is "name".
func (x *Radar) Findings(subject, name string) []govmedia.Finding {
	var all []govmedia.Finding
	for _, m := range x.Similar(name) {
		var how []string
		for _, t := range m.Tricks {
			how = append(how, t.words())
		}
		all = append(all, govmedia.Finding{
			Rule: x.rules.Rule.ID, Version: x.rules.Version, Severity: x.rules.Rule.Severity, Subject: subject, Field: "name",
			Citation:    x.rules.Rule.Citation + "（" + x.rules.Rule.Confidence.words() + "）",
			Explanation: "名称“" + name + "”与已登记账号“" + m.Name + "”相似：" + strings.Join(how, "，") + "。",
			Suggestion:  "请核对该账号的主体：确系假冒的，保存证据，要求平台立即关闭，并报告主管部门；确属政务账号的，请办理登记。",
		})
	}
	return all
}
