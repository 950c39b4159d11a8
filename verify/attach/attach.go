package attach

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// Checker (附件检查) checks attachments. The zero value uses the built-in gate and the bounds below. It is safe for
// concurrent use as long as nobody changes its fields.
type Checker struct {
	// Check is the gate, called for each cell and paragraph; nil means verify.Text{}.Check. One with lexicons of one's own
	// should come from verify.NewText, which compiles them once.
	Check func(text string) []govmedia.Finding
	Rules *verify.TextRules // of the findings about the file itself; nil means verify.BuiltInTextRules

	MaxSize     int64 // bytes of the file; 0 means 50 MiB
	MaxExpanded int64 // bytes of all its parts together; 0 means 256 MiB
	MaxParts    int   // number of parts; 0 means 10,000
	MaxCells    int   // cells of all sheets together, with the empty ones between, and shared texts; 0 means 5,000,000
}

const op = "attach.check"

// File checks one file of so many bytes. Every finding has the name as its Subject and the place as its Field; Span is
// relative to the text of the cell or paragraph. The kind of file is told by its content.
//
// An error says that the file was not checked to the end: KindUnsupported for what is neither xlsx nor docx (or is
// encrypted), KindInvalid for a file that is broken or exceeds a bound.
func (c Checker) File(name string, r io.ReaderAt, size int64) ([]govmedia.Finding, error) {
	w := c.work(name)
	if err := w.file("", r, size); err != nil {
		return nil, err
	}
	if w.pictures > 0 {
		w.about(w.rules.Pictures, "图片", fmt.Sprintf("附件中有%d张图片，图片里的文字没有检查。", w.pictures), "请人工核对图片中是否有个人信息和错误表述。")
	}
	return w.found, nil
}

// work is the check of one file.
type work struct {
	Checker
	name     string
	found    []govmedia.Finding
	expanded int64 // bytes left
	parts    int   // left
	cells    int   // left
	elements int   // cells left that are written down, also empty and repeated ones
	pictures int
	depth    int // of files within files
	rules    verify.TextRules
}

func (c Checker) work(name string) *work {
	w := &work{Checker: c, name: name, expanded: c.MaxExpanded, parts: c.MaxParts, cells: c.MaxCells}
	if w.Check == nil {
		w.Check = verify.Text{}.Check
	}
	if w.MaxSize == 0 {
		w.MaxSize = 50 << 20
	}
	if w.expanded == 0 {
		w.expanded = 256 << 20
	}
	if w.parts == 0 {
		w.parts = 10_000
	}
	if w.cells == 0 {
		w.cells = 5_000_000
	}
	w.elements = w.cells
	if c.Rules != nil {
		w.rules = *c.Rules
	} else {
		w.rules = verify.BuiltInTextRules()
	}
	return w
}

// about adds a finding about the file itself.
func (w *work) about(rule verify.Rule, field, says, suggests string) {
	w.found = append(w.found, govmedia.Finding{
		Rule: rule.ID, Version: w.rules.Version, Citation: rule.Cite(), Severity: rule.Severity,
		Subject: w.name, Field: field, Explanation: says, Suggestion: suggests,
	})
}

// text checks one text, and reports whether anything was found. The header of its column, when there is one, is read
// with it: a number below 订单号 is no telephone, and a date below 出生日期 is a birth.
func (w *work) text(field, header, text string) bool {
	if strings.TrimSpace(text) == "" {
		return false
	}
	prefix := ""
	if header != "" {
		prefix = header + "："
	}
	found := false
	for _, f := range w.Check(prefix + text) {
		if f.Span.End != 0 && f.Span.Start < len(prefix) {
			continue // the header is checked where it stands
		}
		if f.Span.End != 0 {
			f.Span.Start, f.Span.End = f.Span.Start-len(prefix), f.Span.End-len(prefix)
		}
		f.Subject, f.Field = w.name, field
		w.found, found = append(w.found, f), true
	}
	return found
}

func invalid(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, op, format, args...)
}

// file checks a file or one inside of it, whose places begin with where.
func (w *work) file(where string, r io.ReaderAt, size int64) error {
	if size > w.MaxSize {
		return invalid("the file has %d bytes; %d are allowed", size, w.MaxSize)
	}
	head := make([]byte, 8)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return govmedia.Errorf(govmedia.KindUnavailable, op, "reading the file: %w", err)
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return govmedia.Errorf(govmedia.KindUnsupported, op, "the file is of an older format (xls, doc) or encrypted; save it as xlsx or docx without a password")
	case bytes.HasPrefix(head, []byte("%PDF")):
		return govmedia.Errorf(govmedia.KindUnsupported, op, "a PDF cannot be checked; check the document that it was made from")
	case !bytes.HasPrefix(head, []byte("PK")):
		return govmedia.Errorf(govmedia.KindUnsupported, op, "the file is neither xlsx nor docx")
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return invalid("the file is broken: %w", err)
	}
	parts, err := w.read(z)
	if err != nil {
		return err
	}
	switch {
	case parts["xl/workbook.xml"] != nil:
		if err := w.workbook(where, r, size, parts); err != nil {
			return err
		}
	case parts["word/document.xml"] != nil:
		if err := w.document(where, parts); err != nil {
			return err
		}
	default:
		return govmedia.Errorf(govmedia.KindUnsupported, op, "the file is a zip archive, but neither xlsx nor docx")
	}
	return w.others(where, parts)
}

// read expands all parts within the bounds and makes sure that their XML is whole and declares nothing.
func (w *work) read(z *zip.Reader) (map[string][]byte, error) {
	if w.parts -= len(z.File); w.parts < 0 {
		return nil, invalid("the file has %d parts more than allowed", -w.parts)
	}
	parts := map[string][]byte{}
	for _, f := range z.File {
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, "\\", "/"), "/")
		if strings.HasSuffix(name, "/") {
			continue
		}
		if parts[name] != nil {
			return nil, invalid("the file has two parts of one name")
		}
		rc, err := f.Open()
		if err != nil {
			return nil, invalid("a part of the file cannot be opened: %w", err)
		}
		data, err := io.ReadAll(io.LimitReader(rc, w.expanded+1))
		if err = errors.Join(err, rc.Close()); err != nil {
			return nil, invalid("a part of the file is broken: %w", err)
		}
		if w.expanded -= int64(len(data)); w.expanded < 0 {
			return nil, invalid("the file expands to more than is allowed")
		}
		if isXML(name) {
			cells, err := whole(data)
			if err != nil {
				return nil, err
			}
			if w.elements -= cells; w.elements < 0 {
				return nil, invalid("the sheets have more cells than allowed")
			}
		}
		if data == nil {
			data = []byte{}
		}
		parts[name] = data
	}
	return parts, nil
}

func isXML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".xml" || ext == ".rels" || ext == ".vml"
}

// deepest is how deep the elements of a part may lie within each other.
const deepest = 1000

// whole reads XML to its end. It counts the elements that spreadsheets call cells, rows and shared texts, each of which
// costs their reader much more memory than its few bytes.
func whole(data []byte) (cells int, err error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	for depth, empty := 0, false; ; {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > deepest {
				return 0, invalid("a part of the file has elements %d deep", depth)
			}
			switch token.Name.Local {
			case "row":
				cells, empty = cells+1, true
			case "c", "si":
				if !empty {
					cells++
				}
				empty = false // a row and its first cell count once
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return 0, invalid("a part of the file declares a document type (%.10q), which office files do not", token)
		case nil:
			if errors.Is(err, io.EOF) {
				return cells, nil
			}
			return 0, invalid("a part of the file is not well-formed: %w", err)
		}
	}
}

// others looks at the parts that are neither cells nor paragraphs: files within the file, pictures, links.
func (w *work) others(where string, parts map[string][]byte) error {
	for _, name := range sorted(parts) {
		data, ext := parts[name], strings.ToLower(path.Ext(name))
		switch {
		case ext == ".rels":
			w.links(where, data)
		case isXML(name) && ext != ".vml":
		case slices.Contains([]string{".docx", ".docm", ".xlsx", ".xlsm"}, ext) && w.depth == 0:
			w.depth++
			err := w.file(where+"嵌入文件“"+base(name)+"”", bytes.NewReader(data), int64(len(data)))
			w.depth--
			if errors.Is(err, govmedia.KindUnsupported) {
				w.notRead(where, name)
			} else if err != nil {
				return err
			}
		case slices.Contains([]string{".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".webp"}, ext):
			if !strings.HasPrefix(name, "docProps/") {
				w.pictures++
			}
		case slices.Contains([]string{".odttf", ".ttf", ".vml", ".psmdcp", ".sigs"}, ext),
			strings.Contains(name, "printerSettings"), strings.HasSuffix(name, "vbaProject.bin"):
		default:
			w.notRead(where, name)
		}
	}
	return nil
}

func (w *work) notRead(where, name string) {
	w.about(w.rules.NotRead, where+"嵌入内容“"+base(name)+"”", "附件内有无法检查的嵌入内容。", "请另行检查该内容，或者删去后再公开。")
}

// links checks mail and telephone links, whose target need not be what a reader sees.
func (w *work) links(where string, data []byte) {
	var rels struct {
		All []struct {
			Target string `xml:"Target,attr"`
			Mode   string `xml:"TargetMode,attr"`
		} `xml:"Relationship"`
	}
	if xml.Unmarshal(data, &rels) != nil {
		return // whole has read it; what has another root has no links
	}
	for _, r := range rels.All {
		for _, scheme := range []string{"mailto:", "tel:", "sms:"} {
			if rest, ok := strings.CutPrefix(r.Target, scheme); ok {
				w.text(where+"链接", "", rest)
			}
		}
	}
}

// base is the last part of a name, as findings show it. Names are written by people, too.
func base(name string) string {
	return verify.Personal{}.Mask(name[strings.LastIndexByte(name, '/')+1:])
}

func sorted(parts map[string][]byte) []string {
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
