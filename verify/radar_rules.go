package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

//go:embed radar.json
var radarJSON []byte

// RadarRules (仿冒名称规则) is the part of what a Radar goes by that people decide. What characters look and sound like is
// measured and not theirs to change.
type RadarRules struct {
	Version string `json:"version"` // such as "2026-11"; every finding repeats it
	Rule    Rule   `json:"rule"`    // what findings cite
	// Affixes are words which make a name sound official and say nothing about whose it is: 官方, 发布, 服务号. Several may
	// stand in a row, before, after and within a name.
	Affixes []string `json:"affixes"`
	// Apart are groups of characters that tell genuine names apart: who puts one in the place of another of its group
	// names another unit (城东, 城西; 示例市, 示例县).
	Apart []string `json:"apart"`
	// Digits are the letters and Chinese numerals that stand for a digit.
	Digits map[string]string `json:"digits"`
	// Alike are groups of characters that are easily taken for each other, beside those that are drawn nearly the same.
	Alike []string `json:"alike"`
	// Readings are words in which a character is not read as usual (重庆), in pinyin without tones, ü written v.
	Readings map[string]string `json:"readings"`
}

// BuiltInRadarRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInRadarRules() RadarRules {
	r, err := ReadRadarRules(bytes.NewReader(radarJSON))
	if err != nil {
		panic("verify: the embedded radar.json is damaged: " + err.Error())
	}
	return r
}

// ReadRadarRules reads rules in the form of radar.json, the file embedded in this package. An unknown field, a rule
// without id or citation, an empty affix and a reading that does not fit its word give a KindInvalid error.
func ReadRadarRules(r io.Reader) (RadarRules, error) {
	var rules RadarRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return RadarRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	return rules, rules.validate()
}

func (r RadarRules) validate() error {
	if r.Version == "" {
		return badRule("the radar's rules have no version")
	}
	if err := r.Rule.validate(); err != nil {
		return err
	}
	if slices.Contains(r.Affixes, "") || slices.Contains(r.Apart, "") || slices.Contains(r.Alike, "") {
		return badRule("the radar's rules have an empty affix or an empty group of characters")
	}
	for digit := range r.Digits {
		if len(digit) != 1 || digit[0] < '0' || digit[0] > '9' {
			return badRule("%q is no digit", digit)
		}
	}
	known := tables().syllables
	for word, reading := range r.Readings {
		syllables := strings.Fields(reading)
		if strings.ContainsFunc(word, func(r rune) bool { return !isHan(r) }) {
			return badRule("the word %q with a reading has more than Chinese characters", word)
		}
		if n := utf8.RuneCountInString(word); n < 2 || n > longestReading || n != len(syllables) {
			return badRule("the reading %q of %q needs one syllable a character, of %d at most", reading, word, longestReading)
		}
		for _, s := range syllables {
			if known[s] == 0 {
				return badRule("the reading %q of %q: there is no syllable %q", reading, word, s)
			}
		}
	}
	return nil
}

// longestReading bounds the words of RadarRules.Readings, in characters.
const longestReading = 4
