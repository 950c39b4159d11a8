package attach_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
	"github.com/govmedia/govmedia/verify/attach"
)

const (
	id    = "11010519491231002X" // of the standard
	phone = "13812345678"
)

func check(t testing.TB, c attach.Checker, data []byte) ([]govmedia.Finding, error) {
	t.Helper()
	return c.File("附件.bin", bytes.NewReader(data), int64(len(data)))
}

// places are the findings as "field rule".
func places(t testing.TB, data []byte) []string {
	t.Helper()
	found, err := check(t, attach.Checker{}, data)
	require.NoError(t, err)
	var all []string
	for _, f := range found {
		require.Equal(t, "附件.bin", f.Subject)
		require.NotContains(t, f.Explanation+f.Suggestion+f.Rule, phone)
		require.NotContains(t, f.Explanation+f.Suggestion+f.Rule, id[6:17])
		rule, _, _ := strings.Cut(f.Rule, "/")
		all = append(all, f.Field+" "+rule)
	}
	return all
}

func TestV7_AttachmentsDocx(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		want []string
	}{
		{"clean", docx(t, para("关于印发实施方案的通知")+grid([]string{"序号", "单位"}, []string{"1", "示例局"})), nil},
		{"a paragraph", docx(t, para("标题")+para("电话"+phone)), []string{"正文第2段 personal.phone"}},
		{"split over runs", docx(t, para("身份证", "110105", "19491231", "002", "X。")), []string{"正文第1段 personal.resident_id"}},
		{"a wrong word", docx(t, para("请关注官方微", "薄")), []string{"正文第1段 text.typo"}},
		{"a table", docx(t, grid([]string{"姓名", "电话"}, []string{"张某", phone}, []string{"李某", "138****5678"})+para("电话"+phone)),
			[]string{"正文表格1第2行第2列 personal.phone", "正文第1段 personal.phone"}},
		{"the header of the column says what it is", docx(t, grid([]string{"姓名", "订单号", "出生日期"}, []string{"张某", phone, "1990-01-01"})), []string{"正文表格1第2行第3列 personal.birth"}},
		{"a digit a cell", docx(t, grid(append([]string{"身份证号"}, strings.Split(id, "")...))), []string{"正文表格1第1行 personal.resident_id"}},
		{"a header, a footer, a note and a comment", docx(t, para("正文"),
			[2]string{"word/header1.xml", part("hdr", para(phone))}, [2]string{"word/footer2.xml", part("ftr", para(phone))},
			[2]string{"word/footnotes.xml", part("footnotes", "<w:footnote>"+para(phone)+"</w:footnote>")},
			[2]string{"word/comments.xml", part("comments", "<w:comment>"+para(phone)+"</w:comment>")}),
			[]string{"批注第1段 personal.phone", "页脚（footer2.xml）第1段 personal.phone", "脚注第1段 personal.phone", "页眉（header1.xml）第1段 personal.phone"}},
		{"deleted, and kept by a revision", docx(t, "<w:p><w:del><w:r><w:delText>"+phone+"</w:delText></w:r></w:del></w:p>"), []string{"正文第1段 personal.phone"}},
		{"hidden", docx(t, "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>"+phone+"</w:t></w:r></w:p>"), []string{"正文第1段 personal.phone"}},
		{"a text box, once", docx(t, "<w:p><w:r><mc:AlternateContent><mc:Choice>"+para(phone)+"</mc:Choice><mc:Fallback>"+para(phone)+"</mc:Fallback></mc:AlternateContent></w:r></w:p>"),
			[]string{"正文第1段 personal.phone"}},
		{"a word broken by a line", docx(t, "<w:p><w:r><w:t>13812</w:t><w:br/><w:t>345678</w:t></w:r></w:p>"), []string{"正文第1段 personal.phone"}},
		{"a hyphen that does not break", docx(t, "<w:p><w:r><w:t>138</w:t><w:noBreakHyphen/><w:t>1234</w:t><w:noBreakHyphen/><w:t>5678</w:t></w:r></w:p>"), []string{"正文第1段 personal.phone"}},
		{"words about a picture", docx(t, `<w:p><w:r><wp:docPr id="1" descr="`+phone+`"/></w:r></w:p>`), []string{"正文 personal.phone"}},
		{"a link", docx(t, para("来信"), [2]string{"word/_rels/document.xml.rels", `<Relationships><Relationship Target="mailto:zhang@163.com" TargetMode="External"/></Relationships>`}), []string{"链接 personal.mail"}},
		{"a field", docx(t, `<w:p><w:r><w:instrText>HYPERLINK "mailto:zhang@163.com"</w:instrText></w:r></w:p>`), []string{"正文域代码 personal.mail"}},
		{"a picture", docx(t, para("图"), [2]string{"word/media/image1.png", "x"}), []string{"图片 attach.pictures"}},
		{"an old spreadsheet inside", docx(t, para("表"), [2]string{"word/embeddings/oleObject1.bin", "x"}), []string{"嵌入内容“oleObject1.bin” attach.not_read"}},
		{"a spreadsheet inside", docx(t, para("表"), [2]string{"word/embeddings/Book1.xlsx", string(xlsx(t, func(f *excelize.File) {
			require.NoError(t, f.SetCellValue("名单", "A1", "电话"+phone))
		}))}), []string{"嵌入文件“Book1.xlsx”工作表“名单”!A1 personal.phone"}},
		{"a chart", docx(t, para("图"), [2]string{"word/charts/chart1.xml", "<c:chart xmlns:c='c'><c:pt><c:v>" + phone + "</c:v></c:pt></c:chart>"}), []string{"部件“chart1.xml” personal.phone"}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, places(t, c.data)) })
	}
}

func TestV7_AttachmentsXlsx(t *testing.T) {
	cell := func(name string, value any) func(f *excelize.File) {
		return func(f *excelize.File) { require.NoError(t, f.SetCellValue("名单", name, value)) }
	}
	for _, c := range []struct {
		name string
		fill func(f *excelize.File)
		want []string
	}{
		{"clean", func(f *excelize.File) {
			require.NoError(t, f.SetSheetRow("名单", "A1", &[]any{"序号", "单位", "代码", "金额"}))
			require.NoError(t, f.SetSheetRow("名单", "A2", &[]any{1, "示例局", "11331002002673575G", 13812345678.5}))
		}, nil},
		{"a text", cell("C7", "身份证号"+id), []string{"工作表“名单”!C7 personal.resident_id"}},
		{"a number", cell("B2", 13812345678), []string{"工作表“名单”!B2 personal.phone"}},
		{"a number with an exponent", cell("B2", 1.3812345678e10), []string{"工作表“名单”!B2 personal.phone"}},
		{"a long number has lost its end", cell("D4", 1.1010519491231e17), []string{"工作表“名单”!D4 attach.lost_digits"}},
		{"a text that ends in zeros is whole", cell("D4", "110105194912310000"), nil},
		{"a hidden sheet", func(f *excelize.File) {
			_, err := f.NewSheet("底表")
			require.NoError(t, err)
			require.NoError(t, f.SetCellValue("底表", "A1", phone))
			require.NoError(t, f.SetSheetVisible("底表", false, true))
		}, []string{"工作表“底表”!A1 personal.phone"}},
		{"a hidden row and column", func(f *excelize.File) {
			cell("E9", phone)(f)
			require.NoError(t, f.SetRowVisible("名单", 9, false))
			require.NoError(t, f.SetColVisible("名单", "E", false))
		}, []string{"工作表“名单”!E9 personal.phone"}},
		{"the name of a sheet", func(f *excelize.File) { require.NoError(t, f.SetSheetName("名单", phone)) }, []string{"工作表“138****5678”名称 personal.phone"}},
		{"a comment", func(f *excelize.File) {
			require.NoError(t, f.AddComment("名单", excelize.Comment{Cell: "B3", Author: "甲", Text: "电话" + phone}))
		}, []string{"工作表“名单”!B3批注 personal.phone"}},
		{"rich text", func(f *excelize.File) {
			require.NoError(t, f.SetCellRichText("名单", "A1", []excelize.RichTextRun{{Text: "138"}, {Text: "12345678", Font: &excelize.Font{Bold: true}}}))
		}, []string{"工作表“名单”!A1 personal.phone"}},
		{"the header of a page", func(f *excelize.File) {
			require.NoError(t, f.SetHeaderFooter("名单", &excelize.HeaderFooterOptions{OddHeader: "&C电话" + phone}))
		}, []string{"工作表“名单”页眉 personal.phone"}},
		{"a text box", func(f *excelize.File) {
			require.NoError(t, f.AddShape("名单", &excelize.Shape{Cell: "A1", Type: "rect", Paragraph: []excelize.RichTextRun{{Text: phone}}}))
		}, []string{"部件“drawing1.xml”第1段 personal.phone"}},
		{"the column says order", func(f *excelize.File) {
			require.NoError(t, f.SetSheetRow("名单", "A1", &[]any{"姓名", "订单号", "家庭住址"}))
			require.NoError(t, f.SetSheetRow("名单", "A2", &[]any{"张某", 13812345678, "示例市示例路12号501室"}))
		}, []string{"工作表“名单”!C2 personal.address"}},
		{"a date of birth", func(f *excelize.File) {
			require.NoError(t, f.SetSheetRow("名单", "A1", &[]any{"姓名", "出生日期", "发布日期"}))
			day := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
			require.NoError(t, f.SetSheetRow("名单", "A2", &[]any{"张某", day, day}))
		}, []string{"工作表“名单”!B2 personal.birth"}},
		{"a wrong word", cell("A1", "示例市人民攻府"), []string{"工作表“名单”!A1 text.grave"}},
		{"a digit a cell", func(f *excelize.File) {
			for i, c := range strings.Split(id, "") {
				name, err := excelize.CoordinatesToCellName(i+2, 3)
				require.NoError(t, err)
				cell(name, c)(f)
			}
		}, []string{"工作表“名单”第3行 personal.resident_id"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := xlsx(t, c.fill)
			require.Equal(t, c.want, places(t, data))
		})
	}
}

func TestV7_AttachmentsAreRefused(t *testing.T) {
	sheet := xlsx(t, func(f *excelize.File) { require.NoError(t, f.SetCellValue("名单", "A1", "正文")) })
	text := docx(t, para("正文"))
	swap := func(data []byte, part, from, to string) []byte {
		return rewrite(t, data, func(name, content string) string {
			if name != part {
				return content
			}
			require.Contains(t, content, from)
			return strings.Replace(content, from, to, 1)
		})
	}
	for _, c := range []struct {
		name    string
		data    []byte
		checker attach.Checker
		kind    govmedia.Kind
		says    string
	}{
		{"nothing", nil, attach.Checker{}, govmedia.KindUnsupported, "neither"},
		{"an old format", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), attach.Checker{}, govmedia.KindUnsupported, "older format"},
		{"a PDF", []byte("%PDF-1.7 ..."), attach.Checker{}, govmedia.KindUnsupported, "PDF"},
		{"plain text", []byte(phone), attach.Checker{}, govmedia.KindUnsupported, "neither"},
		{"another archive", archive(t, [2]string{"a.txt", "x"}), attach.Checker{}, govmedia.KindUnsupported, "zip archive"},
		{"half a document", text[:len(text)/2], attach.Checker{}, govmedia.KindInvalid, "broken"},
		{"half a workbook", sheet[:len(sheet)/2], attach.Checker{}, govmedia.KindInvalid, "broken"},
		{"XML that ends too early", docx(t, "<w:p>"), attach.Checker{}, govmedia.KindInvalid, "well-formed"},
		{"a sheet that ends too early", swap(sheet, "xl/worksheets/sheet1.xml", "</worksheet>", ""), attach.Checker{}, govmedia.KindInvalid, "well-formed"},
		{"an entity", swap(text, "word/document.xml", "<w:document", `<!DOCTYPE w [<!ENTITY a "13812345678">]><w:document`), attach.Checker{}, govmedia.KindInvalid, "document type"},
		{"an entity in a sheet", swap(sheet, "xl/sharedStrings.xml", "<sst", `<!DOCTYPE w [<!ENTITY a "13812345678">]><sst`), attach.Checker{}, govmedia.KindInvalid, "document type"},
		{"another encoding", swap(text, "word/document.xml", "UTF-8", "GBK"), attach.Checker{}, govmedia.KindInvalid, "well-formed"},
		{"a part twice", docx(t, para("a"), [2]string{"word/document.xml", part("document", para(phone))}), attach.Checker{}, govmedia.KindInvalid, "two parts"},
		{"elements too deep", docx(t, strings.Repeat("<w:r>", 2000)+strings.Repeat("</w:r>", 2000)), attach.Checker{}, govmedia.KindInvalid, "deep"},
		{"too large", text, attach.Checker{MaxSize: 100}, govmedia.KindInvalid, "100 are allowed"},
		{"expands too much", docx(t, para(strings.Repeat("零", 100_000))), attach.Checker{MaxExpanded: 100_000}, govmedia.KindInvalid, "expands"},
		{"a workbook that expands too much", sheet, attach.Checker{MaxExpanded: 1000}, govmedia.KindInvalid, "expands"},
		{"too many parts", text, attach.Checker{MaxParts: 2}, govmedia.KindInvalid, "parts more"},
		{"too many cells", xlsx(t, func(f *excelize.File) { require.NoError(t, f.SetCellValue("名单", "XFD3", "x")) }), attach.Checker{MaxCells: 1000}, govmedia.KindInvalid, "more cells"},
		{"a broken workbook inside", docx(t, para("表"), [2]string{"word/embeddings/Book1.xlsx", string(sheet[:len(sheet)/2])}), attach.Checker{}, govmedia.KindInvalid, "broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := check(t, c.checker, c.data)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.Nil(t, found, "half a check is none")
			require.Equal(t, c.kind == govmedia.KindUnsupported, errors.Is(err, errors.ErrUnsupported))
			require.NotContains(t, err.Error(), phone)
		})
	}
}

// The gate is the caller's, and so are the rules of what attach finds itself.
func TestV7_AttachmentsUseTheGateGiven(t *testing.T) {
	gate, err := verify.NewText(verify.Lexicon{Version: "7", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "执发", Right: "执法"}},
	}}})
	require.NoError(t, err)
	rules := verify.BuiltInTextRules()
	rules.Pictures.ID = "own.pictures"
	found, err := check(t, attach.Checker{Check: gate.Check, Rules: &rules}, docx(t, para("联合执发"), [2]string{"word/media/a.png", "x"}))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "own/执发", found[0].Rule)
	require.Equal(t, govmedia.Span{Start: 6, End: 12}, found[0].Span)
	require.Equal(t, "own.pictures", found[1].Rule)
}

// A cell with many paragraphs costs as much as many paragraphs without a cell.
func TestV7_ParagraphsOfACellAreNotCopiedAgainAndAgain(t *testing.T) {
	inside := strings.Repeat(para("示例"), 20_000)
	data := docx(t, "<w:tbl><w:tr><w:tc>"+inside+"</w:tc><w:tc>"+para("电话"+phone)+"</w:tc></w:tr></w:tbl>")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found, err := check(t, attach.Checker{Check: verify.Personal{}.Check}, data)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(400), "MiB")
}

// sheetOf is a workbook whose one sheet has this content.
func sheetOf(t testing.TB, content string) []byte {
	t.Helper()
	data := xlsx(t, func(*excelize.File) {})
	return rewrite(t, data, func(name, old string) string {
		if name == "xl/worksheets/sheet1.xml" {
			return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` + content + `</worksheet>`
		}
		return old
	})
}

// Cells count as they are written down, also those that are empty or repeated, and before anybody builds them in memory.
func TestV7_EmptyCellsCount(t *testing.T) {
	data := sheetOf(t, `<sheetData><row r="1">`+strings.Repeat(`<c r="A1"/>`, 200_000)+`</row></sheetData>`)
	_, err := check(t, attach.Checker{MaxCells: 100_000}, data)
	require.ErrorContains(t, err, "more cells")
	_, err = check(t, attach.Checker{MaxCells: 100_000}, sheetOf(t, `<sheetData>`+strings.Repeat(`<row r="1"/>`, 200_000)+`</sheetData>`))
	require.ErrorContains(t, err, "more cells")

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found, err := check(t, attach.Checker{}, data)
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Empty(t, found)
	require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(450), "MiB for 200,000 cells, most of it passing")

	full := sheetOf(t, `<sheetData>`+strings.Repeat(`<row><c><v>1</v></c></row>`, 100)+`</sheetData>`)
	_, err = check(t, attach.Checker{MaxCells: 100}, full)
	require.NoError(t, err, "a row and its cell are one")
	places := places(t, sheetOf(t, `<sheetData><row><c><v>1</v></c><c><v>110105194912310000</v></c></row></sheetData>`))
	require.Equal(t, []string{"工作表“名单”!B1 attach.lost_digits"}, places)
}

// The codes of a header are none of its text.
func TestV7_HeadersOfSheetsWithoutTheirCodes(t *testing.T) {
	for _, c := range []struct{ header, want string }{
		{"&amp;C" + phone, "personal.phone"},
		{`&amp;C&amp;"宋体,常规"&amp;12` + phone, "personal.phone"},
		{"&amp;8" + phone, "personal.phone"},
		{"&amp;L示例&amp;K01+000" + phone, "personal.phone"},
		{"&amp;C138&amp;B1234&amp;B5678", "personal.phone"},
		{"&amp;C第 &amp;P 页，共 &amp;N 页&amp;R&amp;D", ""},
	} {
		t.Run(c.header, func(t *testing.T) {
			var want []string
			if c.want != "" {
				want = []string{"工作表“名单”页眉 " + c.want}
			}
			require.Equal(t, want, places(t, sheetOf(t, "<sheetData/><headerFooter><oddHeader>"+c.header+"</oddHeader></headerFooter>")))
		})
	}
}

func TestV7_SheetsOfCharts(t *testing.T) {
	data := xlsx(t, func(f *excelize.File) {
		require.NoError(t, f.SetCellValue("名单", "A1", "电话"+phone))
		require.NoError(t, f.AddChartSheet("图表", &excelize.Chart{
			Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "名单!$A$1", Values: "名单!$B$1:$B$2"}},
			Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: "联系" + phone}}},
		}))
	})
	require.Equal(t, []string{"工作表“名单”!A1 personal.phone", "部件“chart1.xml”第1段 personal.phone"}, places(t, data))
}

// Where a tab stops is no text, so that spans are those of what a reader sees.
func TestV7_TabStopsAreNoText(t *testing.T) {
	found, err := check(t, attach.Checker{}, docx(t, `<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="420"/><w:tab w:val="left" w:pos="840"/></w:tabs></w:pPr><w:r><w:tab/><w:t>`+phone+`</w:t></w:r></w:p>`))
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, govmedia.Span{Start: 1, End: 12}, found[0].Span)
}

// A cell is read with the header of its column of the grid, however many columns the cells before it span.
func TestV7_CellsThatSpanColumns(t *testing.T) {
	cell := func(span, text string) string {
		return `<w:tc><w:tcPr><w:gridSpan w:val="` + span + `"/></w:tcPr>` + para(text) + `</w:tc>`
	}
	header := "<w:tr>" + cell("2", "姓名") + cell("1", "订单号") + cell("1", "联系电话") + "</w:tr>"
	for _, c := range []struct {
		name, row string
		want      []string
	}{
		{"a phone", cell("1", "张") + cell("1", "某") + cell("1", "无") + cell("1", phone), []string{"正文表格1第2行第4列 personal.phone"}},
		{"below a name of two columns", cell("1", "张某") + cell("1", phone), []string{"正文表格1第2行第2列 personal.phone"}},
		{"an order", cell("1", "张") + cell("1", "某") + cell("1", phone), nil},
		{"a row that begins later", `<w:trPr><w:gridBefore w:val="2"/></w:trPr>` + cell("1", phone) + cell("1", phone), []string{"正文表格1第2行第2列 personal.phone"}},
		{"spans beyond reason", cell("2000000000", "张某") + cell("-5", phone) + cell("x", phone), []string{"正文表格1第2行第2列 personal.phone", "正文表格1第2行第3列 personal.phone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, places(t, docx(t, "<w:tbl>"+header+"<w:tr>"+c.row+"</w:tr></w:tbl>")))
		})
	}
}
