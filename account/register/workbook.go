package register

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	sheetName  = "账号台账"
	maxParts   = 1000     // files in a workbook
	maxPart    = 16 << 20 // longest file in a workbook that is not a sheet or its texts; it is held in memory
	maxColumns = 256
)

// openWorkbook opens an xlsx file. The library that reads it takes the end of damaged data for the end of the sheet, so
// that the whole file is examined first.
func openWorkbook(r io.Reader, most int64) (source, []problem, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, nil, err
	}
	unpacked := max(8*most, 64<<20)
	lossy, err := examine(data, unpacked)
	if err != nil {
		return nil, nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: unpacked, UnzipXMLSizeLimit: maxPart, RawCellValue: true,
	})
	if err != nil {
		return nil, nil, damaged()
	}
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		_ = f.Close()
		return nil, nil, damaged()
	}
	sheet := sheets[0]
	var others []string
	for _, name := range sheets {
		if name == sheetName {
			sheet = name
		}
	}
	for _, name := range sheets {
		if name != sheet && filled(f, name) {
			others = append(others, "“"+brief(name)+"”")
		}
	}
	rows, err := f.Rows(sheet)
	if err != nil {
		_ = f.Close()
		return nil, nil, damaged()
	}
	var remarks []problem
	if len(others) > 0 {
		remarks = []problem{{"register.sheet", "", fmt.Sprintf("只读取了工作表“%s”，没有读取%s", brief(sheet), strings.Join(others[:min(len(others), 10)], "、")),
			"若台账在其他工作表中，请把它移到最前面，或命名为“" + sheetName + "”"}}
	}
	props, err := f.GetWorkbookProps()
	if err != nil {
		_ = rows.Close()
		_ = f.Close()
		return nil, nil, damaged()
	}
	return &sheetSource{file: f, rows: rows, lossy: lossy, from1904: props.Date1904 != nil && *props.Date1904}, remarks, nil
}

func filled(f *excelize.File, sheet string) bool {
	rows, err := f.Rows(sheet)
	if err != nil {
		return false // a chart
	}
	defer func() { _ = rows.Close() }()
	return rows.Next()
}

type sheetSource struct {
	file  *excelize.File
	rows  *excelize.Rows
	row   int
	width int             // of the header
	lossy map[string]bool // see examine

	from1904 bool
}

func (s *sheetSource) close() {
	_ = s.rows.Close()
	_ = s.file.Close() // removes the temporary files of large sheets
}

func (s *sheetSource) next() ([]string, int, error) {
	for s.rows.Next() {
		s.row++
		fields, err := s.rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, s.row, damaged()
		}
		for len(fields) > s.width && strings.TrimSpace(fields[len(fields)-1]) == "" {
			fields = fields[:len(fields)-1]
		}
		if len(fields) == 0 || s.width > 0 && blank(fields) {
			continue
		}
		if s.width == 0 {
			s.width = len(fields)
		}
		for len(fields) < s.width {
			fields = append(fields, "") // empty cells at the end of a row are not in the file
		}
		return fields, s.row, nil
	}
	if s.rows.Error() != nil {
		return nil, s.row, damaged()
	}
	return nil, s.row, io.EOF
}

func damaged() error {
	return &fault{problem{"register.format", "", "Excel工作簿已损坏，或不是Excel工作簿", "请用Excel打开，另存为“Excel工作簿(*.xlsx)”后再导入"}, true}
}

func tooMuch(explanation string) error {
	return &fault{problem{"register.limit", "", explanation, "请只保留台账，另存为新的Excel工作簿，必要时分成几个文件"}, true}
}

// digitsKept is how many digits of a number a spreadsheet keeps.
const digitsKept = 15

// examine unpacks the workbook once, into nothing: every part must be whole, within bounds and, where it is XML, well
// formed, with rows and cells in order. It returns the numbers, as they stand in cells that are no text, which are too
// long for a spreadsheet to have kept.
func examine(data []byte, most int64) (lossy map[string]bool, err error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged()
	}
	if len(archive.File) > maxParts {
		return nil, tooMuch(fmt.Sprintf("工作簿中的文件超过%d个", maxParts))
	}
	lossy = map[string]bool{}
	seen := map[string]bool{}
	for _, part := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		if seen[name] {
			return nil, damaged()
		}
		seen[name] = true
		left := most
		if !strings.HasPrefix(name, "xl/worksheets/sheet") && name != "xl/sharedstrings.xml" {
			left = min(left, maxPart)
		}
		n, err := examinePart(part, name, left, lossy)
		if errors.Is(err, errTooLarge) {
			return nil, tooMuch("工作簿解压后过大")
		}
		if f, ok := errors.AsType[*fault](err); ok {
			return nil, f
		}
		if err != nil {
			return nil, damaged()
		}
		most -= n
	}
	return lossy, nil
}

func examinePart(part *zip.File, name string, most int64, lossy map[string]bool) (int64, error) {
	if part.UncompressedSize64 > uint64(most) {
		return 0, errTooLarge
	}
	content, err := part.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }()
	counted := &bounded{content, most}
	if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") {
		s := scan{xml: xml.NewDecoder(counted), lossy: lossy}
		if err := s.all(); err != nil {
			return 0, err
		}
	}
	if _, err := io.Copy(io.Discard, counted); err != nil {
		return 0, err // the archive's own check of length and sum, too
	}
	return most - counted.left, nil
}

var errOrder = errors.New("register: rows or cells out of order")

// scan reads XML to its end. In a sheet, rows must have rising numbers and cells rising columns.
type scan struct {
	xml         *xml.Decoder
	lossy       map[string]bool
	sheet       bool // inside the rows of a sheet
	row, column int
	number      bool // inside the value of a cell that is a number
}

func (s *scan) all() error {
	numeric := false
	for {
		token, err := s.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch name := e.Name.Local; {
			case name == "sheetData":
				s.sheet, s.row = true, 0
			case s.sheet && name == "row":
				s.column = 0
				s.row, err = place(e, s.row, strconv.Atoi)
			case s.sheet && name == "c":
				numeric, err = s.cell(e)
			case s.sheet && name == "v":
				s.number = numeric
			}
			if err != nil {
				return err
			}
		case xml.CharData:
			if s.number && len(e) > digitsKept && len(s.lossy) < maxFindings {
				s.lossy[string(e)] = true
			}
		case xml.EndElement:
			s.sheet, s.number = s.sheet && e.Name.Local != "sheetData", false
		}
	}
}

// cell reports whether the cell is a number.
func (s *scan) cell(e xml.StartElement) (numeric bool, err error) {
	s.column, err = place(e, s.column, func(ref string) (int, error) {
		column, row, err := excelize.CellNameToCoordinates(ref)
		if err == nil && row != s.row {
			err = errOrder
		}
		return column, err
	})
	if err == nil && s.column > maxColumns {
		err = tooMuch(fmt.Sprintf("工作表超过%d列", maxColumns))
	}
	kind := attribute(e, "t")
	return kind == "" || kind == "n", err
}

// place returns the place that an element gives itself, or else the next one.
func place(e xml.StartElement, before int, parse func(string) (int, error)) (int, error) {
	ref := attribute(e, "r")
	if ref == "" {
		return before + 1, nil
	}
	at, err := parse(ref)
	if err == nil && (at <= before || at > excelize.TotalRows) {
		err = errOrder
	}
	return at, err
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
