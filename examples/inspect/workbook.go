package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia"
)

// sheet is one table of the workbook. Its first row is the header.
type sheet struct {
	name   string
	widths []float64
	rows   [][]string
	filter bool
}

// writeWorkbook writes the report as an Excel workbook with the sheets 概要 and 问题. Every cell is text.
func writeWorkbook(w io.Writer, r report) (err error) {
	f := excelize.NewFile()
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	sheets := []sheet{r.summarySheet(), r.findingsSheet()}
	if err := f.SetSheetName(f.GetSheetName(0), sheets[0].name); err != nil {
		return err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: "账号台账检查报告", Creator: "govmedia", LastModifiedBy: "govmedia"}); err != nil {
		return err
	}
	for _, s := range sheets {
		if _, err := f.NewSheet(s.name); err != nil {
			return err
		}
		if err := s.write(f); err != nil {
			return fmt.Errorf("工作表%s：%w", s.name, err)
		}
	}
	return f.Write(w)
}

func (r report) summarySheet() sheet {
	rows := [][]string{
		{"项目", "内容", "", "", ""},
		{"台账文件", r.file},
		{"文件SHA-256", r.digest},
		{"检查时间", r.clock()},
		{"检查范围", r.scope()},
		{"结果", r.verdict()},
	}
	for i, s := range r.unchecked() {
		name := ""
		if i == 0 {
			name = "未检查"
		}
		rows = append(rows, []string{name, s})
	}
	rows = append(rows, nil, []string{"规则", "规则编号", "错误", "警告", "提示"})
	for _, t := range r.tallies() {
		rows = append(rows, []string{t.title, t.rule, fmt.Sprint(t.errors), fmt.Sprint(t.warnings), fmt.Sprint(t.infos)})
	}
	return sheet{name: "概要", widths: []float64{24, 72, 9, 9, 9}, rows: rows}
}

func (r report) findingsSheet() sheet {
	rows := [][]string{{"序号", "级别", "规则", "对象编号", "名称", "字段", "说明", "建议", "依据", "规则编号", "规则版本"}}
	for i, f := range r.findings {
		rows = append(rows, []string{
			fmt.Sprint(i + 1), severity(f.Severity), title(f.Rule), f.Subject, f.name, fieldTitle(f.Field), f.Explanation, f.Suggestion,
			f.Citation, f.Rule, f.Version,
		})
	}
	return sheet{name: "问题", widths: []float64{7, 7, 22, 22, 24, 18, 52, 52, 48, 28, 12}, rows: rows, filter: true}
}

func (s sheet) write(f *excelize.File) error {
	head, text, err := styles(f)
	if err != nil {
		return err
	}
	last, err := excelize.CoordinatesToCellName(len(s.widths), len(s.rows))
	if err != nil {
		return err
	}
	if s.filter { // before the rows, because the stream writes what follows them
		if err := f.AutoFilter(s.name, "A1:"+last, nil); err != nil {
			return err
		}
	}
	out, err := f.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	for i, width := range s.widths {
		if err := out.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for i, fields := range s.rows {
		style := text
		if i == 0 || slices.Contains(fields, "规则编号") {
			style = head
		}
		cells := make([]any, len(fields))
		for j, v := range fields {
			cells[j] = excelize.Cell{StyleID: style, Value: cellText(v)}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := out.SetRow(at, cells); err != nil {
			return err
		}
	}
	return out.Flush()
}

func styles(f *excelize.File) (head, text int, err error) {
	const textFormat = 49 // "@"
	if text, err = f.NewStyle(&excelize.Style{
		NumFmt: textFormat, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
	}); err != nil {
		return 0, 0, err
	}
	head, err = f.NewStyle(&excelize.Style{
		NumFmt: textFormat, Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "center"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}},
	})
	return head, text, err
}

// cellText keeps a spreadsheet from running what a register says, also after somebody has saved the report as CSV, and
// says where a cell cannot hold everything.
func cellText(s string) string {
	const most, cut = 30_000, "……（过长，以下省略；完整内容见-json输出）"
	if utf8.RuneCountInString(s) > most/2 { // Excel holds 32,767 units of UTF-16, of which a character has one or two
		s = string([]rune(s)[:most/2]) + cut
	}
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// worst is the gravest severity of the findings; empty when there are none.
func (r report) worst() govmedia.Severity {
	if len(r.findings) == 0 {
		return ""
	}
	return r.findings[0].Severity
}
