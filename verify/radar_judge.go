package verify

import (
	"math"
	"math/bits"
	"regexp"
	"slices"
	"unicode"
)

// scan is the work of one call of Similar.
type scan struct {
	sounds     []uint32
	candidates []int
	matches    []Match
}

// whole looks for names with the same sounds, in the same or another order.
func (x *Radar) whole(s *scan, v view) {
	s.sounds = x.sounds(s.sounds[:0], v.runes, v.read)
	s.candidates = x.index.find(s.candidates, hashOf(wholeKey, s.sounds))
	s.candidates = x.index.find(s.candidates, hashSorted(s.sounds))
}

// near looks for names with one sound more, less or other, and of longer ones with two others.
func (x *Radar) near(s *scan, v view) {
	find := func(hash uint32) { s.candidates = x.index.find(s.candidates, hash) }
	s.sounds = x.sounds(s.sounds[:0], v.runes, v.read)
	find(hashOf(lessOne, s.sounds))
	deletions(wholeKey, s.sounds, find)
	deletions(lessOne, s.sounds, find)
	doubleDeletions(lessTwo, s.sounds, find)
}

// judgeAll judges the candidates and forgets them. Without its affixes a name must be all the more like the other one.
func (x *Radar) judgeAll(s *scan, v view, stripped bool) {
	slices.Sort(s.candidates)
	for _, n := range slices.Compact(s.candidates) {
		runes := x.runes(n)
		d := x.compare(v, runes, x.fold.contextual(runes))
		if stripped && (d.length() > 1 || len(runes) < shortestCore) || !x.deceptive(v, runes, d) {
			continue
		}
		x.accept(s, v, x.fold.view(x.names[n]), n, d, stripped)
	}
	s.candidates = s.candidates[:0]
}

// judgeCores looks for registered names that are the same but for their own affixes: 示例公安发布, 示例公安官微.
func (x *Radar) judgeCores(s *scan, v view) {
	for _, core := range append(x.cores(v), v) {
		s.sounds = x.sounds(s.sounds[:0], core.runes, core.read)
		s.candidates = x.index.find(s.candidates, hashOf(coreKey, s.sounds))
		for _, n := range s.candidates {
			c := x.fold.view(x.names[n])
			from, to := x.core(c.runes)
			if c = c.part(from, to); len(c.runes) < shortestCore+1 || x.isPlace(c.runes) {
				continue
			}
			if d := x.compare(core, c.runes, c.read); d.length() <= 1 && x.deceptive(core, c.runes, d) {
				x.accept(s, core, c, n, d, true)
			}
		}
		s.candidates = s.candidates[:0]
	}
}

// difference is where a name departs from a registered one.
type difference struct {
	trick      Trick // of order, dropped, added and replaced; empty when each character has its counterpart
	pairs      []pair
	fromQ, toQ int // the part of the name that differs
	fromC, toC int
	hopeless   bool
}

// pair is a character and its counterpart, when they are not the same.
type pair struct {
	q, c int
	like likeness
}

// length is how many characters were dropped, added, replaced or do not stand where they should.
func (d difference) length() int {
	switch {
	case d.hopeless:
		return mostRunes
	case d.trick == "":
		return 0
	case d.trick == TrickOrder:
		return 1
	}
	return 2
}

// compare lays two names side by side.
func (x *Radar) compare(v view, c []rune, read []syllable) difference {
	d := difference{}
	switch len(v.runes) - len(c) {
	case 0:
		d = x.sideBySide(v, c, read)
	case 1:
		at := firstUnlike(v.runes, c)
		d = x.sideBySide(v.cut(at, at+1), c, read)
		for i := range d.pairs {
			if d.pairs[i].q >= at {
				d.pairs[i].q++
			}
		}
		d.hopeless = d.hopeless || d.trick != "" || len(d.pairs) > 0
		d.trick, d.fromQ, d.toQ, d.fromC, d.toC = TrickAdded, at, at+1, at, at
	case -1:
		at := firstUnlike(c, v.runes)
		rest := slices.Concat(c[:at], c[at+1:])
		d = x.sideBySide(v, rest, slices.Concat(read[:at], read[at+1:]))
		d.hopeless = d.hopeless || d.trick != "" || len(d.pairs) > 0
		d.trick, d.fromQ, d.toQ, d.fromC, d.toC = TrickDropped, at, at, at, at+1
	default:
		d.hopeless = true
	}
	return d
}

// firstUnlike is where the longer name first departs from the shorter.
func firstUnlike(long, short []rune) int {
	i := 0
	for i < len(short) && long[i] == short[i] {
		i++
	}
	return i
}

// sideBySide compares two names of equal length.
func (x *Radar) sideBySide(v view, c []rune, read []syllable) difference {
	d := difference{fromQ: -1}
	strangers := 0
	for i, q := range v.runes {
		if q == c[i] {
			continue
		}
		p := pair{i, i, x.fold.compare(q, c[i], v.read[i], read[i])}
		if p.like == unlike {
			strangers++
		}
		d.pairs = append(d.pairs, p)
		if d.fromQ < 0 {
			d.fromQ = i
		}
		d.toQ = i + 1
	}
	d.fromQ = max(d.fromQ, 0)
	d.fromC, d.toC = d.fromQ, d.toQ
	switch {
	case len(d.pairs) > 1 && sameCharacters(v.runes, c):
		d.trick, d.pairs = TrickOrder, nil
	case strangers == 1 && len(d.pairs) == 1:
		d.trick, d.pairs = TrickReplaced, nil
	default:
		d.hopeless = strangers > 0 || len(d.pairs) > max(1, len(c)/3)
	}
	return d
}

func sameCharacters(a, b []rune) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// accept adds a match unless the name has one that is as good.
func (x *Radar) accept(s *scan, v, c view, n int, d difference, affix bool) {
	m := Match{Name: x.names[n]}
	add := func(t Trick) {
		if t != "" && !slices.Contains(m.Tricks, t) {
			m.Tricks = append(m.Tricks, t)
		}
	}
	cost := 0.0
	for _, p := range d.pairs {
		switch p.like {
		case sameSound:
			add(TrickSound)
			cost += 0.4
			if x.fold.resembles(v.runes[p.q], c.runes[p.c]) {
				add(TrickShape)
			}
		case nearSound:
			add(TrickSound)
			cost += 0.6
		case sameShape:
			add(TrickShape)
			cost += 0.4
		case outlandish:
			add(TrickHomoglyph)
			cost += 0.4
		}
	}
	if d.trick == "" && len(v.runes) == len(c.runes) {
		for i, q := range v.runes {
			if q == c.runes[i] && x.fold.disguise(v.raws[i], c.raws[i]) != "" {
				add(x.fold.disguise(v.raws[i], c.raws[i]))
				cost += 0.2
			}
		}
	}
	if add(d.trick); d.trick != "" {
		cost++
	}
	if affix {
		add(TrickAffix)
		cost += 0.7
	}
	if v.extra != c.extra || len(m.Tricks) == 0 {
		add(TrickInserted)
		cost += 0.1
	}
	score := 1 - cost/float64(max(len(v.runes), len(c.runes))+1)
	m.Score = max(math.Round(1000*score)/1000, 0.001)
	for i := range s.matches {
		if s.matches[i].Name == m.Name {
			if m.Score > s.matches[i].Score {
				s.matches[i] = m
			}
			return
		}
	}
	s.matches = append(s.matches, m)
}

// deceptive says whether the difference is one that an impostor makes, and not one between genuine names.
func (x *Radar) deceptive(v view, c []rune, d difference) bool {
	if d.hopeless {
		return false
	}
	if d.trick == "" && len(d.pairs) == 0 {
		return true
	}
	for _, p := range d.pairs {
		if g := x.apart[v.runes[p.q]]; g != 0 && g == x.apart[c[p.c]] {
			return false
		}
	}
	if x.genuine(v.runes, d) {
		return false
	}
	switch d.trick {
	case TrickOrder:
		return len(c) >= shortestCore+1 && (x.sameNumbers(v.runes, c) || turned(v.runes, c))
	case TrickReplaced:
		g := x.apart[v.runes[d.fromQ]]
		return len(c) >= longEnough+2 && (g == 0 || g != x.apart[c[d.fromC]]) && !x.inPlace(c, d)
	case TrickAdded:
		return len(c) >= shortestCore+1 && d.fromQ > 0 && d.toQ < len(v.runes) && !x.tellsApart(v.runes[d.fromQ]) && !x.inPlace(c, d)
	case TrickDropped:
		return len(c) >= shortestCore+2 && !x.isDigit(c[d.fromC]) && !x.inPlace(c, d)
	}
	return true
}

// inPlace says whether what differs stands in the part of a registered name that names the place: few characters before
// a word like county or town, or where several names begin alike and go on like others.
func (x *Radar) inPlace(c []rune, d difference) bool {
	for _, r := range c[d.toC:min(d.toC+3, len(c))] {
		if g := x.apart['县']; g != 0 && x.apart[r] == g {
			return true
		}
	}
	for i := max(d.toC, 1); i <= len(c)-2; i++ {
		if x.words[hashRunes(headKey, c[:i])] && x.words[hashRunes(tailKey, c[i:])] {
			return true
		}
	}
	return false
}

// turned says whether the end of one name stands before its beginning in the other.
func turned(q, c []rune) bool {
	for i := 1; i < len(c); i++ {
		if slices.Equal(q[:len(c)-i], c[i:]) && slices.Equal(q[len(c)-i:], c[:i]) {
			return true
		}
	}
	return false
}

// tellsApart says whether the character belongs to a group that tells genuine names apart. A city and a province do not:
// the city's own accounts leave the word out.
func (x *Radar) tellsApart(r rune) bool { return x.apart[r] != 0 && r != '市' && r != '省' }

func (x *Radar) isDigit(r rune) bool { return r >= '0' && r <= '9' }

// sameNumbers says whether the numbers in two names are the same and in the same order.
func (x *Radar) sameNumbers(q, c []rune) bool {
	only := func(runes []rune) []rune {
		return slices.DeleteFunc(slices.Clone(runes), func(r rune) bool { return !x.isDigit(r) })
	}
	return slices.Equal(only(q), only(c))
}

// shortestCore is the least that is left of a name without its affixes.
const shortestCore = 3

// genuine says whether the part that differs lies within a word that genuine names have: a place, or the beginning or
// end of several registered names.
func (x *Radar) genuine(q []rune, d difference) bool {
	inner := 0
	if d.fromQ == d.toQ { // a character is missing: the word must span the gap
		inner = 1
	}
	for to := max(d.toQ+inner, 2); to <= len(q); to++ {
		if d.fromQ >= inner && x.words[hashRunes(headKey, q[:to])] {
			return true
		}
	}
	for from := min(d.fromQ-inner, len(q)-2); from >= 0; from-- {
		if d.toQ <= len(q)-inner && x.words[hashRunes(tailKey, q[from:])] {
			return true
		}
	}
	for from := max(d.fromQ-longestPlace, 0); from <= d.fromQ-inner; from++ {
		for to := max(d.toQ+inner, from+2); to <= min(from+longestPlace, len(q)); to++ {
			added := d.trick == TrickAdded && to == d.toQ && !x.tellsApart(q[d.fromQ]) // behind the place, not in it
			if x.places[string(q[from:to])] && !added {
				return true
			}
		}
	}
	return false
}

// longestPlace is the longest name of a place that is looked for, in characters.
const longestPlace = 8

// isPlace says whether the characters name a place and nothing else.
func (x *Radar) isPlace(runes []rune) bool {
	return x.places[string(runes)] || x.apart[runes[len(runes)-1]] == x.apart['县'] && x.apart['县'] != 0
}

// The words that registered names share: learned from as many names at least, and of as many characters at most.
const (
	severalNames = 3
	longestWord  = 12
)

// learn counts the beginnings and the ends of registered names.
func (x *Radar) learn() {
	// by hash; two words in one place are a pity and no harm
	shift := 32 - min(bits.Len(uint(len(x.folded)))+2, 24)
	counts := make([]uint8, 1<<(32-shift))
	each := func(yield func(hash uint32)) {
		for n := range x.names {
			runes := x.runes(n)
			for i := 2; i < len(runes) && i <= longestWord; i++ {
				yield(hashRunes(headKey, runes[:i]))
				yield(hashRunes(tailKey, runes[len(runes)-i:]))
			}
		}
	}
	each(func(hash uint32) {
		if c := &counts[hash>>shift]; *c < severalNames {
			*c++
		}
	})
	each(func(hash uint32) {
		if counts[hash>>shift] >= severalNames {
			x.words[hash] = true
		}
	})
}

// core returns what is left of a registered name without the affixes at its ends, or all of it.
func (x *Radar) core(runes []rune) (from, to int) {
	starts, ends := x.affixEnds(runes, nil) // a number of its own belongs to the name
	from, to = starts[len(starts)-1], ends[len(ends)-1]
	if to-from < shortestCore {
		return 0, len(runes)
	}
	return from, to
}

// affixEnds returns after how many characters the affixes at the beginning end, from 0, and where those at the end
// begin, from the end. With the raw characters of the name, Latin letters and digits at its ends are affixes, too.
func (x *Radar) affixEnds(runes, raws []rune) (starts, ends []int) {
	affix := func(from, to int) bool {
		return to-from <= x.longest && x.affixes[string(runes[from:to])] || isSerial(raws, from, to)
	}
	starts, ends = []int{0}, []int{len(runes)}
	for i := 1; i <= len(runes)-shortestCore; i++ {
		if slices.ContainsFunc(starts, func(from int) bool { return affix(from, i) }) {
			starts = append(starts, i)
		}
	}
	for i := len(runes) - 1; i >= shortestCore; i-- {
		if slices.ContainsFunc(ends, func(to int) bool { return affix(i, to) }) {
			ends = append(ends, i)
		}
	}
	return starts, ends
}

// isSerial says whether a part of a name is all of the Latin letters and digits that stand together there, as in 示例公安01,
// and no number of a public service, which an office may well have in its name: 110, 12345.
func isSerial(raws []rune, from, to int) bool {
	if len(raws) == 0 || from > 0 && isLatin(raws[from-1]) || to < len(raws) && isLatin(raws[to]) {
		return false
	}
	if slices.ContainsFunc(raws[from:to], func(r rune) bool { return !isLatin(r) }) {
		return false
	}
	half, _ := halfWidth(string(raws[from:to]))
	return !serviceNumber.MatchString(half)
}

var serviceNumber = regexp.MustCompile(`^(1[12][0-9]|1[0-2][0-9]{3}|9[56][0-9]{3,4})$`)

// isLatin says whether a character is a Latin letter or a digit, of half or full width.
func isLatin(r rune) bool {
	r = half(r)
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// cores returns what a name is without affixes: at the ends, each way, or one within.
func (x *Radar) cores(v view) []view {
	var all []view
	starts, ends := x.affixEnds(v.runes, v.raws)
	for _, from := range starts {
		for _, to := range ends {
			if to-from >= shortestCore && to-from < len(v.runes) && len(all) < mostCores {
				all = append(all, v.part(from, to))
			}
		}
	}
	for i := 1; i < len(v.runes); i++ {
		for j := i + 2; j < len(v.runes) && j-i <= x.longest && len(all) < mostCores; j++ {
			if len(v.runes)-(j-i) >= shortestCore && x.affixes[string(v.runes[i:j])] {
				all = append(all, v.cut(i, j))
			}
		}
	}
	return all
}

// mostCores bounds the work on a name that consists of affixes.
const mostCores = 16
