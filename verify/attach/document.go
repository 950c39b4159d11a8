package attach

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// document checks the parts of a docx.
func (w *work) document(where string, parts map[string][]byte) error {
	for _, name := range sorted(parts) {
		base := base(name)
		var place string
		switch {
		case !isXML(name) || strings.HasSuffix(name, ".rels"):
			continue
		case name == "word/document.xml":
			place = "正文"
		case strings.HasPrefix(name, "word/header"):
			place = "页眉（" + base + "）"
		case strings.HasPrefix(name, "word/footer"):
			place = "页脚（" + base + "）"
		case name == "word/footnotes.xml":
			place = "脚注"
		case name == "word/endnotes.xml":
			place = "尾注"
		case strings.HasPrefix(name, "word/comments"):
			place = "批注"
		case !wordy(name):
			continue
		default:
			place = "部件“" + base + "”"
		}
		if err := w.part(where+place, parts[name]); err != nil {
			return err
		}
	}
	return nil
}

// wordy reports whether a part may hold words: neither formats nor settings do.
func wordy(name string) bool {
	if name == "[Content_Types].xml" || strings.Contains(name, "/theme/") {
		return false
	}
	switch path.Base(name) {
	case "styles.xml", "stylesWithEffects.xml", "settings.xml", "webSettings.xml", "fontTable.xml", "numbering.xml", "app.xml", "calcChain.xml", "sharedStrings.xml", "workbook.xml":
		return false
	}
	return true
}

// part reads one part of WordprocessingML, DrawingML or the like, in which p is a paragraph, tbl, tr and tc a table, and
// t the pieces of its text. What stands in other elements is checked piece by piece.
func (w *work) part(place string, data []byte) error {
	p := reader{work: w, place: place}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid("a part of the file is not well-formed: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			p.start(t)
		case xml.EndElement:
			p.end(t.Name.Local)
		case xml.CharData:
			p.chars(string(t))
		}
	}
}

// reader is the state of reading a part.
type reader struct {
	*work
	place      string
	paragraphs []*strings.Builder // open ones: a text box stands within a paragraph
	count      int                // of paragraphs outside of tables
	tables     []*table           // open ones
	tableCount int
	element    string
	stops      int // how many tabs elements are open: the tab in them is where one stops, and no text
	fallback   int // how many Fallback elements are open: they repeat what stands in a Choice
	seen       map[string]bool
}

type table struct {
	number, row, column int
	cells               []string    // of the row
	places              []gridPlace // of these cells
	next                int         // the column of the grid after the last cell
	headers             []string    // by column of the grid
}

// gridPlace is where a cell begins and ends in the grid: one cell may span some columns of it.
type gridPlace struct{ from, to int }

// widest is how many columns of a grid one cell spans at most. Word has 63 in a table.
const widest = 63

func (p *reader) start(t xml.StartElement) {
	p.element = t.Name.Local
	switch t.Name.Local {
	case "p":
		p.paragraphs = append(p.paragraphs, &strings.Builder{})
	case "tabs":
		p.stops++
	case "tab":
		if p.stops == 0 {
			p.chars("\t")
		}
	case "br", "cr":
		p.chars("\n")
	case "noBreakHyphen":
		p.chars("-")
	case "tbl":
		p.tableCount++
		p.tables = append(p.tables, &table{number: p.tableCount})
	case "Fallback":
		p.fallback++
	}
	if n := len(p.tables); n > 0 {
		switch top := p.tables[n-1]; t.Name.Local {
		case "tr":
			top.row, top.column, top.next, top.cells, top.places = top.row+1, 0, 0, nil, nil
		case "tc":
			top.column, top.cells = top.column+1, append(top.cells, "")
			top.places = append(top.places, gridPlace{top.next, top.next + 1})
			top.next++
		case "gridBefore":
			top.next += columns(t)
		case "gridSpan":
			if last := len(top.places) - 1; last >= 0 {
				top.places[last].to = top.places[last].from + max(1, columns(t))
				top.next = top.places[last].to
			}
		}
	}
	for _, a := range t.Attr {
		switch a.Name.Local {
		case "v", "descr", "title", "author", "name", "alt": // cached records, words about pictures
			if len(p.paragraphs) == 0 || a.Name.Local == "descr" {
				p.text(p.place, "", a.Value)
			}
		}
	}
}

// columns is the number that an element about the grid of a table gives.
func columns(t xml.StartElement) int {
	n, err := strconv.Atoi(attribute(t, "val"))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, widest)
}

func (p *reader) chars(s string) {
	switch n := len(p.paragraphs); {
	case n > 0 && p.element == "instrText":
		p.text(p.place+"域代码", "", s)
	case n > 0:
		if p.element != "pPr" && p.element != "rPr" {
			p.paragraphs[n-1].WriteString(s)
		}
	case strings.TrimSpace(s) != "":
		p.text(p.place, "", s)
	}
}

func (p *reader) end(name string) {
	p.element = ""
	n := len(p.tables)
	switch {
	case name == "p" && len(p.paragraphs) > 0:
		last := len(p.paragraphs) - 1
		text := p.paragraphs[last].String()
		p.paragraphs = p.paragraphs[:last]
		p.paragraph(text)
	case name == "tbl" && n > 0:
		p.tables = p.tables[:n-1]
	case name == "tr" && n > 0:
		p.rowEnd(p.tables[n-1])
	case name == "tabs" && p.stops > 0:
		p.stops--
	case name == "Fallback" && p.fallback > 0:
		p.fallback--
	}
}

// longestCell is how many bytes of a cell are kept for its row, which looks for headers and single digits only.
const longestCell = 100

func (p *reader) paragraph(text string) {
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	if p.fallback > 0 && p.seen[text] {
		return
	}
	p.seen[text] = true
	n := len(p.tables)
	if n == 0 || p.tables[n-1].column == 0 {
		p.count++
		p.text(fmt.Sprintf("%s第%d段", p.place, p.count), "", text)
		return
	}
	top := p.tables[n-1]
	if cell := &top.cells[top.column-1]; len(*cell) <= longestCell {
		*cell += text
	}
	header := ""
	if from := top.places[top.column-1].from; from < len(top.headers) {
		header = top.headers[from]
	}
	p.text(fmt.Sprintf("%s表格%d第%d行第%d列", p.place, top.number, top.row, top.column), header, text)
}

func (p *reader) rowEnd(t *table) {
	if t.headers == nil && areHeaders(t.cells) {
		t.headers = make([]string, t.next)
		for i, place := range t.places {
			for column := place.from; column < place.to; column++ {
				t.headers[column] = t.cells[i]
			}
		}
	}
	p.digitCells(fmt.Sprintf("%s表格%d第%d行", p.place, t.number, t.row), t.cells)
}

// areHeaders reports whether a row names its columns: at least two of its cells have words and none has digits.
func areHeaders(cells []string) bool {
	words := 0
	for _, c := range cells {
		if strings.ContainsAny(c, "0123456789０１２３４５６７８９") || utf8.RuneCountInString(c) > 20 {
			return false
		}
		if strings.TrimSpace(c) != "" {
			words++
		}
	}
	return words >= 2
}

// digitCells reads a number of which every digit has a cell of its own, as in forms.
func (w *work) digitCells(field string, cells []string) {
	var run []string
	for i, c := range append(cells, "") {
		c = strings.TrimSpace(c)
		if utf8.RuneCountInString(c) == 1 && strings.Contains("0123456789０１２３４５６７８９XxＸ", c) {
			run = append(run, c)
			continue
		}
		if len(run) >= 11 {
			header := ""
			if i > len(run) {
				header = strings.TrimSpace(cells[i-len(run)-1])
			}
			w.text(field, header, strings.Join(run, " "))
		}
		run = nil
	}
}
