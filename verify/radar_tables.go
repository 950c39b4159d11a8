package verify

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:generate go run ../internal/radargen -out . tables

//go:embed radar_fold.txt
var foldText string

//go:embed radar_sound.txt
var soundText string

//go:embed radar_shape.txt
var shapeText string

//go:embed radar_places.txt
var placesText string

// tables are read once, when the first radar is made: about 3 MB, read-only ever after.
var tables = sync.OnceValue(readTables)

type radarTables struct {
	width, look, traditional, drawn map[rune]string

	syllables map[string]syllable // by spelling; none is 0
	class     []uint16            // by syllable: those that are easily mistaken for each other share one
	first     map[rune]syllable   // the usual reading
	further   map[rune][]syllable
	shape     map[rune]string // characters that resemble the key; each pair stands once
	places    []string
}

type syllable = uint16

func readTables() *radarTables {
	t := &radarTables{
		syllables: map[string]syllable{}, class: []uint16{0},
		first: map[rune]syllable{}, further: map[rune][]syllable{}, shape: map[rune]string{},
	}
	var part map[rune]string
	eachLine(foldText, func(line string) {
		if strings.HasPrefix(line, "[") {
			part = map[rune]string{}
			switch name, _, _ := strings.Cut(line[1:], "]"); name {
			case "width":
				t.width = part
			case "look":
				t.look = part
			case "traditional":
				t.traditional = part
			case "drawn":
				t.drawn = part
			}
			return
		}
		to, from, _ := strings.Cut(line, " ")
		for _, r := range from {
			part[r] = to
		}
	})
	t.readSounds()
	eachLine(shapeText, func(line string) {
		one, others, _ := strings.Cut(line, " ")
		r, _ := utf8.DecodeRuneInString(one)
		t.shape[r] = others
	})
	eachLine(placesText, func(line string) { t.places = append(t.places, line) })
	return t
}

func (t *radarTables) readSounds() {
	classes := map[string]uint16{}
	number := func(spelling string) syllable {
		if n, ok := t.syllables[spelling]; ok {
			return n
		}
		sloppy := sloppily(spelling)
		if classes[sloppy] == 0 {
			classes[sloppy] = uint16(len(classes) + 1)
		}
		n := syllable(len(t.class))
		t.syllables[spelling], t.class = n, append(t.class, classes[sloppy])
		return n
	}
	eachLine(soundText, func(line string) {
		spelling, chars, _ := strings.Cut(line, " ")
		n := number(strings.ToLower(spelling))
		for _, r := range chars {
			if spelling[0] < 'a' {
				t.first[r] = n
			} else {
				t.further[r] = append(t.further[r], n)
			}
		}
	})
}

// sloppily spells what many speakers do not tell apart: zh and z, n and l at the beginning, ng and n at the end.
func sloppily(syllable string) string {
	s := syllable
	for _, initial := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(s, initial) {
			s = s[:1] + s[2:]
		}
	}
	if strings.HasPrefix(s, "n") && len(s) > 1 && s != "ng" {
		s = "l" + s[1:]
	}
	for _, final := range []string{"ang", "eng", "ing"} {
		if strings.HasSuffix(s, final) {
			s = s[:len(s)-1]
		}
	}
	return s
}

// eachLine calls yield with each line that is no comment.
func eachLine(text string, yield func(string)) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && line[0] != '#' {
			yield(line)
		}
	}
}
