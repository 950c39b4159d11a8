package register_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
)

// workbook is an xlsx file with these rows, each cell as its Go value: a string is text, a number a number.
func workbook(t testing.TB, sheets map[string][][]any, first string) []byte {
	t.Helper()
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetName("Sheet1", first))
	for name, rows := range sheets {
		if name != first {
			_, err := f.NewSheet(name)
			require.NoError(t, err)
		}
		for i, cells := range rows {
			require.NoError(t, f.SetSheetRow(name, fmt.Sprint("A", i+1), &cells))
		}
	}
	var file bytes.Buffer
	require.NoError(t, f.Write(&file))
	return file.Bytes()
}

func cells(lines ...string) (rows [][]any) {
	for _, line := range lines {
		var row []any
		for field := range strings.SplitSeq(strings.TrimSpace(line), ",") {
			row = append(row, field)
		}
		rows = append(rows, row)
	}
	return rows
}

// repack rewrites one part of a workbook.
func repack(t testing.TB, file []byte, part string, change func([]byte) []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	found := false
	for _, p := range in.File {
		r, err := p.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		if p.Name == part {
			data, found = change(data), true
		}
		to, err := w.Create(p.Name)
		require.NoError(t, err)
		_, err = to.Write(data)
		require.NoError(t, err)
	}
	require.True(t, found, part)
	require.NoError(t, w.Close())
	return out.Bytes()
}

const sheetPart = "xl/worksheets/sheet1.xml"

// gather is a file of n rows of which those in bad name a level that does not exist, as CSV and as a workbook.
func gather(t *testing.T, n int, bad map[int]bool) map[string][]byte {
	var text strings.Builder
	text.WriteString(header)
	lines := []string{header}
	for row := 2; row <= n+1; row++ {
		level := "市"
		if bad[row] {
			level = "大市"
		}
		line := fmt.Sprintf("u%d,示例单位%d,,636100,%s,,,,a%d,weibo,,,示例%d,,单位账号,发布,正常,,,\n", row, row, level, row, row)
		text.WriteString(line)
		lines = append(lines, line)
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text.String())
	require.NoError(t, err)
	return map[string][]byte{
		"csv": []byte(text.String()), "csv in GBK": []byte(gbk), "xlsx": workbook(t, map[string][][]any{"台账": cells(lines...)}, "台账"),
	}
}

func TestA4_37BadRowsOf5000InEveryFormat(t *testing.T) {
	bad := map[int]bool{}
	for i := range 37 {
		bad[3+i*133] = true
	}
	for name, file := range gather(t, 5000, bad) {
		t.Run(name, func(t *testing.T) {
			for _, keep := range []bool{false, true} {
				reg, findings, err := register.Read(bytes.NewReader(file), register.ReadOptions{KeepGood: keep})
				wrong := map[int]bool{}
				for _, f := range findings {
					if f.Severity != govmedia.SeverityError {
						require.Equal(t, "register.encoding", f.Rule)
						continue
					}
					var row int
					_, scanErr := fmt.Sscanf(f.Subject, "第%d行", &row)
					require.NoError(t, scanErr)
					require.Equal(t, "层级", f.Field)
					wrong[row] = true
				}
				require.Equal(t, bad, wrong)
				if keep {
					require.NoError(t, err)
					require.Len(t, reg.Accounts, 4963)
					require.Len(t, reg.Units, 4963)
				} else {
					require.ErrorIs(t, err, govmedia.KindInvalid)
					require.Empty(t, reg)
				}
			}
		})
	}
}

func TestA4_WorkbookAndCSVHoldTheSame(t *testing.T) {
	reg := province()
	reg.Units[0].Source = "=1+1"
	reg.Units[1].Source = "'-1"
	reg.Units[2].Source = " 前后空格 "
	reg.Units[3].Source = "_x0041_ _x005F_ _x0001_ _x005F_x0041_ <b>&\"'\ttab\rcr\n换行"
	reg.Units[4].Source = "-- 𠮷 \u200b"
	var book, text bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&book, reg))
	require.NoError(t, register.Write(&text, reg, register.WriteOptions{BOM: true}))
	fromBook, findings, err := register.Read(bytes.NewReader(book.Bytes()), register.ReadOptions{})
	require.NoError(t, err)
	require.Empty(t, findings)
	fromText, _, err := register.Read(bytes.NewReader(text.Bytes()), register.ReadOptions{})
	require.NoError(t, err)
	reg.Units[2].Source = "前后空格"
	require.Equal(t, reg, fromBook)
	require.Equal(t, reg, fromText)

	var again bytes.Buffer
	require.NoError(t, register.Write(&again, fromBook, register.WriteOptions{BOM: true}))
	require.Equal(t, text.String(), again.String())
}

func TestA4_WorkbookCellsAreTextAndNoFormula(t *testing.T) {
	reg := province()
	for i, start := range []string{"=", "+", "-", "@", "\t"} {
		reg.Units[i].Source = start + "SUM(A1)"
	}
	var book bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&book, reg))
	f, err := excelize.OpenReader(bytes.NewReader(book.Bytes()))
	require.NoError(t, err)
	require.Equal(t, []string{"账号台账"}, f.GetSheetList())
	rows, err := f.GetRows("账号台账")
	require.NoError(t, err)
	require.Len(t, rows, 1+7)
	for i, row := range rows {
		for j, value := range row {
			require.NotContains(t, "=+-@\t\r", (value + " ")[:1])
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			require.NoError(t, err)
			kind, err := f.GetCellType("账号台账", at)
			require.NoError(t, err)
			require.NotEqual(t, excelize.CellTypeNumber, kind, at)
			require.NotEqual(t, excelize.CellTypeFormula, kind, at)
			id, err := f.GetCellStyle("账号台账", at)
			require.NoError(t, err)
			style, err := f.GetStyle(id)
			require.NoError(t, err)
			require.Equal(t, 49, style.NumFmt, "the format of text: a code typed in here stays one")
		}
	}
	lists, err := f.GetDataValidations("账号台账")
	require.NoError(t, err)
	require.Len(t, lists, 4)
}

func TestA4_CSVForExcelByItsBytes(t *testing.T) {
	reg := account.Register{Units: []account.Unit{{ID: "u1", Name: "示例\n市", Level: account.City, Source: "a\rb"}}}
	var file bytes.Buffer
	require.NoError(t, register.Write(&file, reg, register.WriteOptions{BOM: true}))
	require.Equal(t, "\ufeff"+strings.TrimSpace(header)+lastColumns+"\r\nu1,\"示例\n市\",,,市,,,\"a\rb\",,,,,,,,,,,,,,,\r\n", file.String())
	back, _, err := register.Read(&file, register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, reg.Units, back.Units)
}

func TestA4_CodesThatExcelTookForNumbers(t *testing.T) {
	line := strings.TrimSpace(good)
	row := func(at int, value any) []byte {
		rows := cells(header, line)
		rows[1][at] = value
		return workbook(t, map[string][][]any{"s": rows}, "s")
	}
	reg, findings, err := register.Read(bytes.NewReader(row(3, 636100)), register.ReadOptions{})
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, "636100", reg.Units[0].Region, "a number of up to fifteen digits is what was typed")
	for _, c := range []struct {
		name  string
		file  []byte
		field string
	}{
		{"a number cell", row(2, 113310020026735750.0), "统一社会信用代码"},
		{"text in a workbook", row(11, "1.2345678901234567E+19"), "平台账号ID"},
		{"LibreOffice", row(11, "1.2345678901234567E+019"), "平台账号ID"},
		{"CSV", []byte(header + strings.Replace(good, "weibo,,,", "weibo,,9.00000E+15,", 1)), "平台账号ID"},
		{"floating point", []byte(header + strings.Replace(good, "636100", "636100.0", 1)), "行政区划代码"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings, err := register.Read(bytes.NewReader(c.file), register.ReadOptions{})
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.Len(t, findings, 1)
			require.Equal(t, []string{"register.number", "第2行", c.field}, []string{findings[0].Rule, findings[0].Subject, findings[0].Field})
		})
	}
}

func TestA4_DatesOfASpreadsheet(t *testing.T) {
	for _, c := range []struct {
		value    any
		from1904 bool
		want     time.Time
	}{
		{46387, false, time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)},
		{46387.75, false, time.Date(2026, 12, 31, 10, 0, 0, 0, time.UTC)},
		{46387 - 1462, true, time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)},
		{"2026-12-31", true, time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)},
	} {
		rows := cells(strings.TrimSpace(header)+",到期日", strings.Replace(strings.TrimSpace(good), "单位账号", "专项账号", 1))
		rows[1] = append(rows[1], c.value)
		file := workbook(t, map[string][][]any{"s": rows}, "s")
		if c.from1904 {
			file = repack(t, file, "xl/workbook.xml", func(b []byte) []byte {
				return regexp.MustCompile(`<workbookPr[^>]*>(</workbookPr>)?`).ReplaceAll(b, []byte(`<workbookPr date1904="1"/>`))
			})
		}
		reg, findings, err := register.Read(bytes.NewReader(file), register.ReadOptions{})
		require.NoError(t, err)
		require.Empty(t, findings)
		require.Equal(t, c.want, reg.Accounts[0].Expires, "%v", c.value)
	}
}

func TestA4_WorkbooksNameRowAndColumn(t *testing.T) {
	file := func(change func([][]any) [][]any) []byte {
		return workbook(t, map[string][][]any{"s": change(cells(header, good))}, "s")
	}
	for _, c := range []struct {
		name                 string
		file                 []byte
		rule, subject, field string
	}{
		{"a formula that failed", file(func(r [][]any) [][]any { r[1][12] = "#REF!"; return r }), "register.value", "第2行", "账号名称"},
		{"after empty rows", file(func(r [][]any) [][]any { return append(r, nil, nil, r[1]) }), "register.duplicate", "第5行", "账号编号"},
		{"a cell right of the table", file(func(r [][]any) [][]any { r[1] = append(r[1], nil, "备注"); return r }), "register.fields", "第2行", ""},
		{"required cell missing at the end", file(func(r [][]any) [][]any { r[1] = r[1][:15]; return r }), "register.required", "第2行", "平台角色"},
		{"broken characters", file(func(r [][]any) [][]any { r[1][12] = "示例\ufffd"; return r }), "register.encoding", "第2行", "账号名称"},
		{"control characters", file(func(r [][]any) [][]any { r[1][12] = "示_x0001_例"; return r }), "register.value", "第2行", "账号名称"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings, err := register.Read(bytes.NewReader(c.file), register.ReadOptions{})
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.Equal(t, []string{c.rule, c.subject, c.field}, []string{findings[0].Rule, findings[0].Subject, findings[0].Field})
		})
	}
}

func TestA4_TheSheetThatIsRead(t *testing.T) {
	other := cells("说明", "请填写")
	first := workbook(t, map[string][][]any{"台账": cells(header, good), "填表说明": other, "空": nil}, "台账")
	reg, findings, err := register.Read(bytes.NewReader(first), register.ReadOptions{})
	require.NoError(t, err)
	require.Len(t, reg.Accounts, 1)
	require.Len(t, findings, 1)
	require.Equal(t, "register.sheet", findings[0].Rule)
	require.Contains(t, findings[0].Explanation, "“填表说明”")
	require.NotContains(t, findings[0].Explanation, "“空”")

	named := workbook(t, map[string][][]any{"账号台账": cells(header, good), "填表说明": other}, "填表说明")
	reg, _, err = register.Read(bytes.NewReader(named), register.ReadOptions{})
	require.NoError(t, err)
	require.Len(t, reg.Accounts, 1)
}

func TestA4_GBKIsRead(t *testing.T) {
	text, err := simplifiedchinese.GB18030.NewEncoder().String(header + strings.Replace(good, "示例公安", "示例㐀𠮷镕", 1))
	require.NoError(t, err)
	reg, findings, err := read(t, text, register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, "示例㐀𠮷镕", reg.Accounts[0].Name)
	require.Len(t, findings, 1)
	require.Equal(t, govmedia.SeverityInfo, findings[0].Severity)
	require.Contains(t, findings[0].Explanation, "GBK")

	_, findings, err = read(t, strings.Replace(text, "weibo", "\xff\xff", 1), register.ReadOptions{})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.Equal(t, []string{"register.encoding", "平台"}, []string{findings[1].Rule, findings[1].Field})
}

// A damaged workbook must not pass for a shorter one.
func TestA4_DamagedAndHostileWorkbooks(t *testing.T) {
	whole := workbook(t, map[string][][]any{"s": cells(header, good, strings.Replace(good, "a1", "a2", 1))}, "s")
	_, _, err := register.Read(bytes.NewReader(whole), register.ReadOptions{})
	require.NoError(t, err)
	sheet := func(change func(string) string) []byte {
		return repack(t, whole, sheetPart, func(b []byte) []byte { return []byte(change(string(b))) })
	}
	for _, c := range []struct {
		name, rule string
		file       []byte
	}{
		{"cut off", "register.format", whole[:len(whole)-40]},
		{"one byte of a sheet changed", "register.format", flip(t, whole)},
		{"sheet ends early", "register.format", sheet(func(s string) string { return s[:strings.LastIndex(s, "<row")] })},
		{"text cut in the middle", "register.format", sheet(func(s string) string { return s[:len(s)/2] })},
		{"row numbers go back", "register.format", sheet(func(s string) string { return strings.Replace(s, `<row r="3"`, `<row r="2"`, 1) })},
		{"cells go back", "register.format", sheet(func(s string) string { return strings.Replace(s, `r="B2"`, `r="A2"`, 1) })},
		{"cells of another row", "register.format", sheet(func(s string) string { return strings.Replace(s, `r="B2"`, `r="B3"`, 1) })},
		{"a cell far to the right", "register.limit", sheet(func(s string) string { return strings.Replace(s, `r="T1"`, `r="XFD1"`, 1) })},
		{"a row beyond the last", "register.format", sheet(func(s string) string { return strings.Replace(s, `<row r="3"`, `<row r="1048577"`, 1) })},
		{"a part of zeros", "register.limit", bomb(t, whole, "xl/media/a.bin", 20<<20, 20<<20)},
		{"a part of zeros that says it is small", "register.format", bomb(t, whole, "xl/media/a.bin", 20<<20, 1)},
		{"a sheet of zeros", "register.limit", bomb(t, whole, "xl/worksheets/sheet9.bin", 80<<20, 80<<20)},
		{"a zip of something else", "register.format", repack(t, whole, "[Content_Types].xml", func([]byte) []byte { return []byte("<") })},
		{"a part twice", "register.format", bomb(t, whole, "XL\\worksheets/sheet1.xml", 1, 1)},
		{"old Excel", "register.format", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on")},
		{"nothing but the first bytes", "register.format", []byte("PK\x03\x04")},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg, findings, err := register.Read(bytes.NewReader(c.file), register.ReadOptions{KeepGood: true, MaxBytes: 8 << 20})
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.Empty(t, reg)
			require.Equal(t, c.rule, findings[0].Rule, findings[0].Explanation)
		})
	}
	_, findings, err := register.Read(bytes.NewReader(whole), register.ReadOptions{MaxBytes: int64(len(whole)) - 1})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.Equal(t, "register.limit", findings[0].Rule)
	_, _, err = register.Read(bytes.NewReader(whole), register.ReadOptions{MaxBytes: int64(len(whole)), MaxRows: 2})
	require.NoError(t, err)
	_, findings, err = register.Read(bytes.NewReader(whole), register.ReadOptions{MaxRows: 1})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.Equal(t, "register.limit", findings[0].Rule)
}

// flip changes a byte of what is packed of the sheet.
func flip(t *testing.T, file []byte) []byte {
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	for _, p := range in.File {
		if p.Name == sheetPart {
			at, err := p.DataOffset()
			require.NoError(t, err)
			changed := bytes.Clone(file)
			changed[at+int64(p.CompressedSize64)/2] ^= 0x40
			return changed
		}
	}
	t.Fatal("no sheet")
	return nil
}

// bomb adds a part that unpacks to n zeros and says how many they are.
func bomb(t *testing.T, file []byte, name string, n, says int) []byte {
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range in.File {
		require.NoError(t, w.Copy(p))
	}
	var packed bytes.Buffer
	deflate, err := flate.NewWriter(&packed, flate.BestSpeed)
	require.NoError(t, err)
	zeros := make([]byte, n)
	_, err = deflate.Write(zeros)
	require.NoError(t, err)
	require.NoError(t, deflate.Close())
	raw, err := w.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(zeros),
		CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(says),
	})
	require.NoError(t, err)
	_, err = raw.Write(packed.Bytes())
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func FuzzReadWorkbook(f *testing.F) {
	for _, rows := range [][][]any{cells(header, good), cells(header, good, strings.Replace(good, "a1", "a2", 1)), {{"单位编号", 1, 2.5, true}}} {
		file := workbook(f, map[string][][]any{"s": rows}, "s")
		repack(f, file, sheetPart, func(b []byte) []byte { f.Add(b); return b })
	}
	f.Add([]byte(`<worksheet><sheetData><row><c t="inlineStr"><is><t>单位编号</t></is></c></row></sheetData></worksheet>`))
	whole := workbook(f, map[string][][]any{"s": cells(header, good)}, "s")
	f.Fuzz(func(t *testing.T, sheet []byte) {
		file := repack(t, whole, sheetPart, func([]byte) []byte { return sheet })
		reg, findings, err := register.Read(bytes.NewReader(file), register.ReadOptions{KeepGood: true})
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.NotEmpty(t, findings)
			require.Empty(t, reg)
			return
		}
		var again bytes.Buffer
		require.NoError(t, register.WriteWorkbook(&again, reg))
		back, _, err := register.Read(&again, register.ReadOptions{})
		require.NoError(t, err)
		require.Equal(t, reg, back)
	})
}
