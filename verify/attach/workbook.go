package attach

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// workbook checks the sheets of an xlsx and those of its other parts that hold words.
func (w *work) workbook(where string, r io.ReaderAt, size int64, parts map[string][]byte) (err error) {
	defer func() {
		// The file is a stranger's, and its reader has panicked on such before. Nothing is claimed about the file then.
		if p := recover(); p != nil {
			err = invalid("the file is broken: the reader of spreadsheets stopped")
		}
	}()
	limit := w.MaxExpanded
	if limit == 0 {
		limit = 256 << 20
	}
	f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{UnzipSizeLimit: limit, UnzipXMLSizeLimit: limit})
	if err != nil {
		return invalid("the file is broken: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return invalid("the file is broken: it has no sheets")
	}
	paths := sheetPaths(parts)
	cells := map[string]bool{} // the parts that are read as cells
	for _, sheet := range sheets {
		at := where + "工作表“" + base(sheet) + "”"
		w.text(at+"名称", "", sheet)
		raw, err := besideCells(parts[paths[sheet]])
		if err != nil {
			return err
		}
		w.page(at, raw)
		switch raw.root {
		case "worksheet":
			cells[paths[sheet]] = true
		case "chartsheet":
			cells[paths[sheet]] = true // its words stand in the part of the chart
			continue
		case "":
			return invalid("the file is broken: it has no part for one of its sheets")
		default:
			continue // an old dialogue or macro is read as a part
		}
		if err := w.sheet(at, f, sheet, raw); err != nil {
			return err
		}
	}
	for _, name := range sorted(parts) {
		if !isXML(name) || strings.HasSuffix(name, ".rels") || cells[name] ||
			strings.HasPrefix(name, "xl/comments") || !wordy(name) {
			continue
		}
		if err := w.part(where+"部件“"+base(name)+"”", parts[name]); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) sheet(at string, f *excelize.File, sheet string, beside beside) error {
	raw, err := f.Rows(sheet)
	if err != nil {
		return invalid("a sheet cannot be read: %w", err)
	}
	defer func() { _ = raw.Close() }()
	shown, err := f.Rows(sheet)
	if err != nil {
		return invalid("a sheet cannot be read: %w", err)
	}
	defer func() { _ = shown.Close() }()
	var headers []string
	for row := 1; raw.Next() && shown.Next(); row++ {
		values, err := raw.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return invalid("row %d of a sheet cannot be read: %w", row, err)
		}
		displayed, err := shown.Columns()
		if err != nil {
			return invalid("row %d of a sheet cannot be read: %w", row, err)
		}
		if w.cells -= max(1, len(values)); w.cells < 0 {
			return invalid("the sheets have more cells than allowed")
		}
		for i, value := range values {
			if value == "" {
				continue
			}
			name, err := excelize.CoordinatesToCellName(i+1, row)
			if err != nil {
				return invalid("row %d of a sheet cannot be read: %w", row, err)
			}
			c := cell{file: f, value: value, number: beside.long[[2]int{i + 1, row}]}
			if i < len(displayed) {
				c.shown = displayed[i]
			}
			if i < len(headers) {
				c.header = headers[i]
			}
			w.cell(at+"!"+name, c)
		}
		if headers == nil && areHeaders(values) {
			headers = values
		}
		w.digitCells(fmt.Sprintf("%s第%d行", at, row), values)
	}
	if err := errors.Join(raw.Error(), shown.Error()); err != nil {
		return invalid("a sheet cannot be read: %w", err)
	}
	return w.comments(at, f, sheet)
}

func (w *work) comments(at string, f *excelize.File, sheet string) error {
	comments, err := f.GetComments(sheet)
	if err != nil {
		return invalid("the comments of a sheet cannot be read: %w", err)
	}
	for _, c := range comments {
		text := c.Text
		for _, run := range c.Paragraph {
			if !strings.Contains(text, run.Text) {
				text += run.Text
			}
		}
		w.text(at+"!"+c.Cell+"批注", "", text)
	}
	return nil
}

// cell is one cell: its value as stored and as shown, and the name of its column.
type cell struct {
	file                 *excelize.File
	value, shown, header string
	number               bool // it is stored as a number, and is a long one
}

// exact is how many digits a number of a spreadsheet keeps.
const exact = 15

func (w *work) cell(field string, c cell) {
	text := c.value
	number, ok := c.whole()
	switch {
	case ok && len(number) > exact:
		w.lost(field, number)
		return
	case ok:
		text = number
	}
	if w.text(field, c.header, text) || c.shown == "" || c.shown == c.value || c.shown == text {
		return
	}
	if days, err := strconv.ParseFloat(c.value, 64); err == nil && strings.Contains(c.header, "出生") && days > 0 && days < 80_000 {
		w.text(field, c.header, c.date(days)) // shown, it may lack the century
		return
	}
	w.text(field, c.header, c.shown)
}

// whole returns the digits of a whole number that is stored as a floating point number. Digits as they stand need no
// such care, unless they end like what is left of a longer number: then the cell may still be a text.
func (c cell) whole() (digits string, ok bool) {
	f, err := strconv.ParseFloat(c.value, 64)
	if err != nil || f != math.Trunc(f) || f < 1 || f >= 1e20 {
		return "", false
	}
	if strings.ContainsAny(c.value, "eE") {
		return strconv.FormatFloat(f, 'f', -1, 64), true
	}
	if len(c.value) <= exact || strings.Trim(c.value[exact:], "0") != "" {
		return "", false
	}
	if !c.number {
		return "", false
	}
	return c.value, true
}

func (c cell) date(days float64) string {
	props, err := c.file.GetWorkbookProps()
	from1904 := err == nil && props.Date1904 != nil && *props.Date1904
	t, err := excelize.ExcelDateToTime(days, from1904)
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// lost reports a number of which a spreadsheet has kept 15 digits only: nobody can check the rest, but the front of a
// resident's number shows region and birthday all the same.
func (w *work) lost(field, number string) {
	says, what := "长数字按数值保存，第15位以后的数字已经丢失。", "请核对原始数据；编号应按文本保存，属于个人信息的应当遮盖或者删去。"
	if len(number) == 18 && birthday(number[6:14]) {
		says = "疑似公民身份号码按数值保存：末三位已经丢失，但地区和出生日期仍然可见（" + number[:2] + strings.Repeat("*", 16) + "）。"
	}
	w.about(w.rules.LostDigits, field, says, what)
}

func birthday(eight string) bool {
	t, err := time.Parse("20060102", eight)
	return err == nil && t.Year() >= 1900 && t.Year() < 2100
}
