package verify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest name that is looked at. No platform allows a tenth of it.
const (
	mostBytes = 1024
	mostRunes = 64 // after folding
)

// view is a name as the radar compares it: without what the eye passes over, each character as its simplest form.
type view struct {
	runes []rune     // folded
	raws  []rune     // what stood there
	read  []syllable // the reading, where the rules know it; 0 otherwise
	extra bool       // spaces, marks, punctuation or invisible characters were passed over
}

// cut returns the view without the part from i to j.
func (v view) cut(i, j int) view {
	return view{
		runes: slices.Concat(v.runes[:i], v.runes[j:]), raws: slices.Concat(v.raws[:i], v.raws[j:]),
		read: slices.Concat(v.read[:i], v.read[j:]), extra: v.extra,
	}
}

// part returns the view from i to j.
func (v view) part(i, j int) view {
	return view{runes: v.runes[i:j], raws: v.raws[i:j], read: v.read[i:j], extra: v.extra}
}

// folding makes views. It is read-only once made.
type folding struct {
	*radarTables
	final    map[rune]string // of those characters that change
	digits   map[rune]rune
	alike    map[rune]string // what people say resembles the key
	readings map[string][]syllable
	begins   map[rune]bool // a word with a reading
}

func newFolding(rules RadarRules) *folding {
	f := &folding{radarTables: tables(), final: map[rune]string{}, digits: map[rune]rune{}, alike: map[rune]string{}, readings: map[string][]syllable{}, begins: map[rune]bool{}}
	for digit, others := range rules.Digits {
		for _, r := range others {
			f.digits[r] = rune(digit[0])
		}
	}
	for r := range rune(unicode.MaxASCII) {
		f.final[r] = f.simplest(r)
	}
	for _, table := range []map[rune]string{f.width, f.look, f.traditional, f.drawn} {
		for r := range table {
			f.final[r] = f.simplest(r)
		}
	}
	for r := range f.digits {
		f.final[r] = f.simplest(r)
	}
	for _, group := range rules.Alike {
		for _, r := range group {
			f.alike[r] += group
		}
	}
	for word, reading := range rules.Readings {
		var all []syllable
		for s := range strings.FieldsSeq(reading) {
			all = append(all, f.syllables[s])
		}
		folded := f.view(word).runes
		f.readings[string(folded)], f.begins[folded[0]] = all, true
	}
	return f
}

// simplest applies the foldings one after the other.
func (f *folding) simplest(r rune) string {
	var b strings.Builder
	for _, r := range orSelf(f.width, r) {
		look := string(r)
		if unicode.IsLetter(r) || unicode.IsNumber(r) { // a bar between two words is no letter l
			look = orSelf(f.look, r)
		}
		for _, r := range look {
			for _, r := range orSelf(f.traditional, unicode.ToLower(r)) {
				r, _ = utf8.DecodeRuneInString(orSelf(f.drawn, r))
				if d, ok := f.digits[r]; ok {
					r = d
				}
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

func orSelf(m map[rune]string, r rune) string {
	if s, ok := m[r]; ok {
		return s
	}
	return string(r)
}

// view folds a name.
func (f *folding) view(name string) view {
	n := min(len(name)/2, mostRunes) + 1
	v := view{runes: make([]rune, 0, n), raws: make([]rune, 0, n)}
	for _, raw := range name {
		final, ok := f.final[raw]
		if !ok {
			v.add(unicode.ToLower(raw), raw)
			continue
		}
		for _, r := range final {
			v.add(r, raw)
		}
	}
	v.read = f.contextual(v.runes)
	return v
}

func (v *view) add(r, raw rune) {
	if !unicode.IsLetter(r) && !unicode.IsNumber(r) || strings.ContainsRune(blankLetters, r) {
		v.extra = true
	} else {
		v.runes, v.raws = append(v.runes, r), append(v.raws, raw)
	}
}

// blankLetters are Hangul fillers, which Unicode calls letters and fonts leave blank.
const blankLetters = "\u115f\u1160\u3164\uffa0"

// contextual returns the readings that the rules know.
func (f *folding) contextual(runes []rune) []syllable {
	read := make([]syllable, len(runes))
	for i, r := range runes {
		for n := 2; f.begins[r] && n <= longestReading && i+n <= len(runes); n++ {
			copy(read[i:], f.readings[string(runes[i:i+n])])
		}
	}
	return read
}

// sound is the class of a character's usual reading, or of the given one; what has no reading is a class of its own.
func (f *folding) sound(r rune, known syllable) uint32 {
	if known == 0 {
		known = f.first[r]
	}
	if known == 0 {
		return 1<<24 | uint32(r)
	}
	return uint32(f.class[known])
}

// likeness is what makes one character pass for another.
type likeness int

const (
	unlike likeness = iota
	same
	sameSound
	nearSound
	sameShape
	outlandish
)

// resembles says whether two folded characters look alike.
func (f *folding) resembles(a, b rune) bool {
	return strings.ContainsRune(f.shape[a], b) || strings.ContainsRune(f.shape[b], a) || strings.ContainsRune(f.alike[a], b)
}

// compare says how a folded character passes for another. Readings that the rules know are given.
func (f *folding) compare(q, c rune, readQ, readC syllable) likeness {
	if q == c {
		return same
	}
	best := unlike
	switch {
	case f.resembles(q, c):
		best = sameShape
	case isOutlandish(q) && !isOutlandish(c):
		return outlandish
	}
	for i := -1; i < len(f.further[q]); i++ {
		a := f.reading(q, readQ, i)
		for j := -1; a != 0 && j < len(f.further[c]); j++ {
			switch b := f.reading(c, readC, j); {
			case a == b:
				return sameSound
			case best == unlike && f.class[a] == f.class[b]:
				best = nearSound
			}
		}
	}
	return best
}

// isOutlandish says whether a folded character is one that genuine Chinese names do not have: a letter of another script
// than Latin, or a Chinese character so rare that Unicode got it late. Whoever uses one wants it to be taken for another.
func isOutlandish(r rune) bool {
	if unicode.Is(unicode.Han, r) {
		return r > 0xffff || r >= 0x3400 && r < 0x4e00
	}
	return unicode.IsLetter(r) && r > unicode.MaxASCII
}

// reading returns the reading number i of a character, from -1; 0 when there is none or another one is known to hold.
func (f *folding) reading(r rune, known syllable, i int) syllable {
	switch {
	case known != 0 && i >= 0:
		return 0
	case known != 0:
		return known
	case i >= 0:
		return f.further[r][i]
	}
	return f.first[r]
}

// disguise says by which trick a raw character passes for another that folds to the same; empty when they are the same.
func (f *folding) disguise(q, c rune) Trick {
	if q == c {
		return ""
	}
	a, b := orSelf(f.width, q), orSelf(f.width, c)
	switch {
	case a == b && (!unicode.Is(unicode.Han, q) || !unicode.Is(unicode.Han, c)):
		return TrickWidth
	case a == b:
		return TrickHomoglyph
	case strings.EqualFold(a, b):
		return TrickDigits
	case orSelf(f.traditional, q) == orSelf(f.traditional, c):
		return TrickTraditional
	case f.digital(q) && f.digital(c):
		return TrickDigits
	}
	return TrickHomoglyph
}

// digital says whether a character is a digit, or one of those that the rules list for a digit.
func (f *folding) digital(r rune) bool { return r >= '0' && r <= '9' || f.digits[r] != 0 }
