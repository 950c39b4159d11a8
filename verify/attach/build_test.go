package attach_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// archive makes a zip file; what has a name twice is written twice.
func archive(t testing.TB, parts ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p[0])
		require.NoError(t, err)
		_, err = w.Write([]byte(p[1]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

const (
	ooxmlTypes = `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	nameSpaces = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"`
)

// docx makes a document of a body and further parts.
func docx(t testing.TB, body string, more ...[2]string) []byte {
	t.Helper()
	return archive(t, slices.Concat([][2]string{
		{"[Content_Types].xml", ooxmlTypes},
		{"word/document.xml", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document` + nameSpaces + `><w:body>` + body + `</w:body></w:document>`},
		{"word/styles.xml", `<w:styles` + nameSpaces + `><w:style w:styleId="13812345678"/></w:styles>`},
	}, more)...)
}

// part wraps the content of a part of a document.
func part(root, content string) string {
	return "<w:" + root + nameSpaces + ">" + content + "</w:" + root + ">"
}

// para is a paragraph whose text is split over runs.
func para(runs ...string) string {
	var b strings.Builder
	b.WriteString("<w:p><w:pPr><w:jc/></w:pPr>")
	for _, r := range runs {
		fmt.Fprintf(&b, `<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">%s</w:t></w:r>`, r)
	}
	return b.String() + "</w:p>"
}

// grid is a table with one paragraph a cell.
func grid(rows ...[]string) string {
	var b strings.Builder
	b.WriteString("<w:tbl><w:tblPr/>")
	for _, row := range rows {
		b.WriteString("<w:tr>")
		for _, cell := range row {
			b.WriteString("<w:tc><w:tcPr/>" + para(cell) + "</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	return b.String() + "</w:tbl>"
}

// xlsx makes a workbook; fill gets it with one sheet, 名单.
func xlsx(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetName("Sheet1", "名单"))
	fill(f)
	b, err := f.WriteToBuffer()
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return b.Bytes()
}

// rewrite changes the parts of a zip file.
func rewrite(t testing.TB, data []byte, change func(name, content string) string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	var parts [][2]string
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		var b bytes.Buffer
		_, err = b.ReadFrom(r)
		require.NoError(t, err)
		parts = append(parts, [2]string{f.Name, change(f.Name, b.String())})
	}
	return archive(t, parts...)
}
