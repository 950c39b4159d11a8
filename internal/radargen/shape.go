package main

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// shape lists common characters that look alike. Two do when their pictures nearly cover each other, or when a dictionary
// finds them by nearly the same parts and their pictures cover each other somewhat.
func (s sources) shape() ([]byte, error) {
	usual, err := s.common()
	if err != nil {
		return nil, err
	}
	everyday, err := s.unihan("Unihan_OtherMappings.txt.bz2", "kGB0") // of GB 2312
	if err != nil {
		return nil, err
	}
	chars, pictures, err := s.draw(sorted(usual))
	if err != nil {
		return nil, err
	}
	codes, err := s.codes(chars)
	if err != nil {
		return nil, err
	}
	alike := map[string][]rune{}
	for i, a := range chars {
		for j := i + 1; j < len(chars); j++ {
			need := likeness(codes[i], codes[j])
			switch x, y := everyday["kGB0"][a] != "", everyday["kGB0"][chars[j]] != ""; {
			case !x && !y:
				continue
			case !x || !y: // names of places have characters that nobody else uses
				need = max(need, 0.62)
			}
			if pictures[i].correlation(&pictures[j]) >= need {
				alike[string(a)] = append(alike[string(a)], chars[j])
			}
		}
	}
	var b bytes.Buffer
	b.WriteString("# Common Chinese characters that look alike: one, a space and those of a higher code point that resemble it.\n" +
		"# Sources: measured on pictures drawn with Noto Sans CJK SC 2.004 (SIL Open Font License; nothing of the font is in\n" +
		"# here); kCangjie, kPhonetic, kRSUnicode and kTotalStrokes of Unihan 15.0.0.\n" + unicodeLicence)
	groups(&b, alike)
	return b.Bytes(), nil
}

// drawnAlike is the common character whose picture that of a rare one nearly covers.
func (s sources) drawnAlike() (map[rune]string, error) {
	usual, err := s.common()
	if err != nil {
		return nil, err
	}
	traditional, err := s.simplified()
	if err != nil {
		return nil, err
	}
	var rare []rune
	for _, block := range [][2]rune{{0x2e80, 0x2fe0}, {0x31c0, 0x31e4}, {0x3400, 0x4dc0}, {0x4e00, 0xa000}, {0x20000, 0x2ffff}} {
		for r := block[0]; r < block[1]; r++ {
			if !usual[r] && traditional[r] == "" {
				rare = append(rare, r)
			}
		}
	}
	rare, theirs, err := s.draw(rare)
	if err != nil {
		return nil, err
	}
	chars, pictures, err := s.draw(sorted(usual))
	if err != nil {
		return nil, err
	}
	m := map[rune]string{}
	for i, r := range rare {
		best := float32(drawnTheSame)
		for j := range chars {
			if theirs[i].rough(&pictures[j]) < drawnTheSame-0.15 {
				continue
			}
			if c := theirs[i].correlation(&pictures[j]); c >= best {
				best, m[r] = c, string(chars[j])
			}
		}
	}
	return m, nil
}

// drawnTheSame is how much of the pictures of a common and a rare character must be the same.
const drawnTheSame = 0.88

func sorted(set map[rune]bool) []rune {
	var all []rune
	for r := range set {
		all = append(all, r)
	}
	slices.Sort(all)
	return all
}

const side = 28 // of a picture, in pixels

type picture struct {
	fine   [side * side]float32
	coarse [side * side / 16]float32
}

// draw returns the characters that the font has, and one picture of each, blurred and normalised: the product of two is their correlation.
func (s sources) draw(chars []rune) ([]rune, []picture, error) {
	data, err := os.ReadFile(s.font)
	if err != nil {
		return nil, nil, err
	}
	collection, err := opentype.ParseCollection(data)
	if err != nil {
		return nil, nil, err
	}
	f, err := collection.Font(2) // JP, KR, SC, TC, HK
	if err != nil {
		return nil, nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: side - 2, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, nil, err
	}
	var drawn []rune
	var all []picture
	for _, r := range chars {
		if n, err := f.GlyphIndex(nil, r); err != nil {
			return nil, nil, err
		} else if n == 0 {
			continue
		}
		drawn, all = append(drawn, r), append(all, picture{})
		all[len(all)-1].draw(face, r)
	}
	return drawn, all, face.Close()
}

func (p *picture) draw(face font.Face, r rune) {
	dst := image.NewAlpha(image.Rect(0, 0, side, side))
	d := font.Drawer{Dst: dst, Src: image.Opaque, Face: face, Dot: fixed.P(1, side-5)}
	d.DrawString(string(r))
	at := func(x, y int) float32 {
		if x < 0 || y < 0 || x >= side || y >= side {
			return 0
		}
		return float32(dst.AlphaAt(x, y).A)
	}
	for y := range side {
		for x := range side {
			v := 4*at(x, y) + 2*(at(x-1, y)+at(x+1, y)+at(x, y-1)+at(x, y+1)) + at(x-1, y-1) + at(x+1, y-1) + at(x-1, y+1) + at(x+1, y+1)
			p.fine[y*side+x] = v
			p.coarse[y/4*(side/4)+x/4] += v
		}
	}
	normalise(p.fine[:])
	normalise(p.coarse[:])
}

// normalise gives the values mean 0 and square sum 1.
func normalise(v []float32) {
	var sum, square float64
	for _, x := range v {
		sum += float64(x)
	}
	for i := range v {
		v[i] -= float32(sum / float64(len(v)))
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
}

func (p *picture) correlation(q *picture) float32 { return product(p.fine[:], q.fine[:]) }

// rough is a cheap estimate of the correlation.
func (p *picture) rough(q *picture) float32 { return product(p.coarse[:], q.coarse[:]) }

func product(p, q []float32) float32 {
	var a, b, c, d float32
	i := 0
	for ; i+4 <= len(p) && i+4 <= len(q); i += 4 {
		a += p[i] * q[i]
		b += p[i+1] * q[i+1]
		c += p[i+2] * q[i+2]
		d += p[i+3] * q[i+3]
	}
	for ; i < len(p); i++ {
		a += p[i] * q[i]
	}
	return a + b + c + d
}

// code is how dictionaries find a character.
type code struct {
	cangjie  []string
	radical  string
	strokes  int // beside the radical
	total    int
	phonetic []string
}

func (s sources) codes(chars []rune) ([]code, error) {
	u, err := s.unihan("Unihan_DictionaryLikeData.txt.bz2", "kCangjie", "kPhonetic")
	if err != nil {
		return nil, err
	}
	rs, err := s.unihan("Unihan_IRGSources.txt.bz2", "kRSUnicode", "kTotalStrokes")
	if err != nil {
		return nil, err
	}
	all := make([]code, len(chars))
	for i, r := range chars {
		c := &all[i]
		c.cangjie, c.phonetic = strings.Fields(u["kCangjie"][r]), strings.Fields(u["kPhonetic"][r])
		first, _, _ := strings.Cut(rs["kRSUnicode"][r], " ")
		radical, strokes, _ := strings.Cut(first, ".")
		c.radical = strings.TrimRight(radical, "'")
		if c.strokes, err = strconv.Atoi(strokes); err != nil {
			return nil, fmt.Errorf("kRSUnicode of %q: %w", r, err)
		}
		total, _, _ := strings.Cut(rs["kTotalStrokes"][r], " ")
		if c.total, err = strconv.Atoi(total); err != nil {
			return nil, fmt.Errorf("kTotalStrokes of %q: %w", r, err)
		}
	}
	return all, nil
}

// likeness is how much of two pictures must be the same: the less, the more the dictionaries say for it. One character
// in a hundred resembles another by it: it is one sign among several, and a name is judged as a whole.
func likeness(a, b code) float32 {
	parts := a.parts(b)
	kin := a.radical == b.radical && max(a.strokes, b.strokes)-min(a.strokes, b.strokes) <= 2
	sound := slices.ContainsFunc(a.phonetic, func(p string) bool { return slices.Contains(b.phonetic, p) })
	switch {
	case parts == 0:
		return 0.30
	case parts == 1:
		return 0.40
	case sound:
		return 0.50
	case kin, max(a.total, b.total) <= 5 && max(a.total, b.total)-min(a.total, b.total) <= 1:
		return 0.50
	}
	return 0.75
}

// parts is 0 when the parts are the same, 1 when they nearly are, 2 otherwise.
func (c code) parts(d code) int {
	best := 2
	for _, x := range c.cangjie {
		for _, y := range d.cangjie {
			n := min(len(x), len(y))
			switch {
			case x == y:
				return 0
			case n >= 2 && (strings.HasSuffix(x, y) || strings.HasSuffix(y, x) || strings.HasPrefix(x, y) || strings.HasPrefix(y, x)):
				best = 1
			case n >= 3 && oneEdit(x, y):
				best = 1
			}
		}
	}
	return best
}

// oneEdit says whether one letter more, less or other makes x into y.
func oneEdit(x, y string) bool {
	if len(x) < len(y) {
		x, y = y, x
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	if len(x) == len(y) {
		return i == len(y) || x[i+1:] == y[i+1:]
	}
	return len(x) == len(y)+1 && x[i+1:] == y[i:]
}
