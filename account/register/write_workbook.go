package register

import (
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia/account"
)

// WriteWorkbook writes the register as an Excel workbook (xlsx) with the one sheet 账号台账: the same rows with the same
// texts that Write writes, refused for the same reasons. Every cell is text, so that codes stay what they are; columns
// with a closed set of values offer it. Large registers go through a temporary file.
func WriteWorkbook(w io.Writer, reg account.Register) error {
	rows, err := encode(reg)
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := fill(f, rows, columnsOf(reg).at); err != nil {
		return writing(err)
	}
	if err := f.Write(w); err != nil {
		return writing(err)
	}
	return nil
}

func fill(f *excelize.File, rows [][]string, columns []*column) error {
	if err := f.SetSheetName(f.GetSheetName(0), sheetName); err != nil {
		return err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: sheetName, Creator: "govmedia", LastModifiedBy: "govmedia"}); err != nil {
		return err
	}
	const textFormat = 49 // "@"
	text, err := f.NewStyle(&excelize.Style{NumFmt: textFormat})
	if err != nil {
		return err
	}
	head, err := f.NewStyle(&excelize.Style{
		NumFmt: textFormat, Font: &excelize.Font{Bold: true},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}},
	})
	if err != nil {
		return err
	}
	if err := offer(f, columns); err != nil {
		return err
	}
	sheet, err := f.NewStreamWriter(sheetName)
	if err != nil {
		return err
	}
	if err := layout(sheet, len(rows[0]), text); err != nil {
		return err
	}
	cells := make([]any, len(rows[0]))
	for i, fields := range rows {
		style := text
		if i == 0 {
			style = head
		}
		for j, field := range fields {
			cells[j] = excelize.Cell{StyleID: style, Value: field}
		}
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := sheet.SetRow(at, cells); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

func layout(sheet *excelize.StreamWriter, columns, style int) error {
	const width = 18
	if err := sheet.SetColWidth(1, columns, width); err != nil {
		return err
	}
	if err := sheet.SetColStyle(1, columns, style); err != nil {
		return err
	}
	return sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// offer lets people choose where the values of a column are a closed set.
func offer(f *excelize.File, columns []*column) error {
	for i, c := range columns {
		if len(c.values) == 0 {
			continue
		}
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		choice := excelize.NewDataValidation(true)
		choice.SetSqref(name + "2:" + name + "1048576")
		if err := choice.SetDropList(c.values); err != nil {
			return err
		}
		choice.SetError(excelize.DataValidationErrorStyleStop, c.name, "请从列表中选择")
		if err := f.AddDataValidation(sheetName, choice); err != nil {
			return err
		}
	}
	return nil
}
