package attach

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetPaths returns the part of every sheet by its name.
func sheetPaths(parts map[string][]byte) map[string]string {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	// What is missing or broken has no sheets to be found; the reader of cells refuses it.
	_ = xml.Unmarshal(parts["xl/workbook.xml"], &book)
	_ = xml.Unmarshal(parts["xl/_rels/workbook.xml.rels"], &rels)
	targets := map[string]string{}
	for _, r := range rels.All {
		target := strings.ReplaceAll(r.Target, "\\", "/")
		if !strings.HasPrefix(target, "/") {
			target = "xl/" + target
		}
		targets[r.ID] = strings.TrimPrefix(path.Clean(target), "/")
	}
	paths := map[string]string{}
	for _, s := range book.Sheets {
		for _, a := range s.Attrs {
			if a.Name.Local == "id" {
				paths[s.Name] = targets[a.Value]
			}
		}
	}
	return paths
}

// beside is what a sheet's part holds beside the values of its cells. The reader of cells would build the whole sheet in
// memory for it.
type beside struct {
	root  string
	pages [][2]string     // headers and footers: the place, and the text with its codes
	long  map[[2]int]bool // cells by column and row that hold a number of more than exact characters
}

// besideCells reads the part of a sheet.
func besideCells(data []byte) (beside, error) {
	b := beside{long: map[[2]int]bool{}}
	d := xml.NewDecoder(bytes.NewReader(data))
	var element, kind string
	var page []byte
	column, row := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return beside{}, invalid("a part of the file is not well-formed: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if b.root == "" {
				b.root = t.Name.Local
			}
			element, page = t.Name.Local, nil
			switch element {
			case "row":
				column, row = 0, row+1
				if n, err := strconv.Atoi(attribute(t, "r")); err == nil {
					row = n
				}
			case "c":
				column, kind = column+1, attribute(t, "t")
				if x, y, err := excelize.CellNameToCoordinates(attribute(t, "r")); err == nil {
					column, row = x, y
				}
			}
		case xml.CharData:
			page = append(page, t...)
		case xml.EndElement:
			switch {
			case element == "v" && len(page) > exact && (kind == "" || kind == "n"):
				b.long[[2]int{column, row}] = true
			case strings.HasSuffix(element, "Header"):
				b.pages = append(b.pages, [2]string{"页眉", string(page)})
			case strings.HasSuffix(element, "Footer") && element != "headerFooter":
				b.pages = append(b.pages, [2]string{"页脚", string(page)})
			}
			element, page = "", nil
		}
	}
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// page checks the headers and footers of a sheet. The size of a font stands before the text without a mark between
// them, so that the digits of both run together: then each way to read them is tried.
func (w *work) page(at string, b beside) {
	for _, p := range b.pages {
		for _, size := range []int{2, 1, 3, 0} {
			text, sized := pageText(p[1], size)
			if w.text(at+p[0], "", text) || !sized {
				break
			}
		}
	}
}

// pageText takes the codes out of a header: &L, &"font,style", &K and a colour, &12; && is an ampersand. It reports
// whether there was a size, of which at most so many digits are taken.
func pageText(coded string, size int) (text string, sized bool) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(coded, "&")
		b.WriteString(before)
		if !found || rest == "" {
			return b.String(), sized
		}
		switch c := rest[0]; {
		case c == '&':
			b.WriteByte('&')
			rest = rest[1:]
		case c == '"':
			if _, after, closed := strings.Cut(rest[1:], `"`); closed {
				rest = after
			}
		case c >= '0' && c <= '9':
			sized = true
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			rest = rest[min(size, digits):]
		case c == 'L' || c == 'C' || c == 'R':
			b.WriteByte('\n')
			rest = rest[1:]
		case c == 'K' && len(rest) >= 7 && colour(rest[1:7]):
			rest = rest[7:]
		case c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			rest = rest[1:]
		}
		coded = rest
	}
}

// colour reports whether a code is RRGGBB or a colour of the theme, such as 04+000.
func colour(code string) bool {
	if _, err := strconv.ParseUint(code, 16, 32); err == nil {
		return true
	}
	return strings.Trim(code[:2]+code[3:], "0123456789") == "" && (code[2] == '+' || code[2] == '-')
}
