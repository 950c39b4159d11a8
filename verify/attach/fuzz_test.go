package attach_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify/attach"
)

// judged makes sure that an answer is findings with a place, or an error of one of the two kinds.
func judged(t *testing.T, data []byte) {
	t.Helper()
	found, err := attach.Checker{MaxExpanded: 4 << 20, MaxCells: 100_000}.File("f", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		require.True(t, errors.Is(err, govmedia.KindInvalid) || errors.Is(err, govmedia.KindUnsupported), "%v", err)
		require.Nil(t, found)
		return
	}
	for _, f := range found {
		require.NotEmpty(t, f.Field)
		require.NotEmpty(t, f.Rule)
		require.True(t, f.Span.Start >= 0 && f.Span.Start <= f.Span.End)
		require.True(t, utf8.ValidString(f.Explanation))
	}
}

func FuzzDocx(f *testing.F) {
	for _, body := range []string{para("电话138", "12345678"), grid([]string{"姓名", "电话"}, []string{"张某", phone}), "<w:p>", "<w:tc/><w:tr/>", "<w:tbl><w:tc>" + para("a") + "</w:tc></w:tbl>", "</w:p>"} {
		f.Add(body, "word/header1.xml", para(phone))
	}
	f.Add("", "word/embeddings/a.docx", "PK")
	f.Add("", "xl/workbook.xml", "<workbook/>")
	f.Fuzz(func(t *testing.T, body, name, content string) {
		judged(t, []byte(content))
		if strings.HasSuffix(name, "/") || len(name) > 1000 {
			return // no file of an archive can be called so
		}
		judged(t, docx(t, body, [2]string{name, content}))
	})
}

func FuzzXlsx(f *testing.F) {
	whole := xlsx(f, func(f *excelize.File) {
		if err := f.SetSheetRow("名单", "A1", &[]any{"姓名", "电话", 13812345678, "x"}); err != nil {
			panic(err)
		}
	})
	f.Add("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>`)
	f.Add("xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1048577"><c r="XFD1" t="s"><v>99</v></c><c><v>1e17</v></c></row></sheetData></worksheet>`)
	f.Add("xl/sharedStrings.xml", `<sst><si><t>13812345678</t></si></sst>`)
	f.Add("xl/workbook.xml", `<workbook><sheets><sheet name="a" sheetId="1" r:id="rId9"/></sheets></workbook>`)
	f.Add("xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`)
	f.Fuzz(func(t *testing.T, name, content string) {
		judged(t, rewrite(t, whole, func(part, old string) string {
			if part == name {
				return content
			}
			return old
		}))
	})
}
