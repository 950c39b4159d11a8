package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/govmedia/govmedia"
)

func at(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, "2026-11-29T02:30:00Z")
	require.NoError(t, err)
	return at
}

// sheetRows reads a sheet back. Rows are as long as the header.
func sheetRows(t *testing.T, book []byte, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	rows, err := f.GetRows(sheet)
	require.NoError(t, err)
	for i := range rows {
		for len(rows[i]) < len(rows[0]) {
			rows[i] = append(rows[i], "")
		}
	}
	return rows
}

// reportText is everything that a report shows.
func reportText(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	if filepath.Ext(name) != ".xlsx" {
		return string(content)
	}
	return fmt.Sprint(sheetRows(t, content, "概要"), sheetRows(t, content, "问题"))
}

// hostile is a report about a register that was written against its readers.
func hostile(t *testing.T) report {
	f := govmedia.Finding{
		Rule: "name.width", Version: "-1+1", Citation: `<a href="javascript:alert(1)">依据</a>`, Severity: govmedia.SeverityError,
		Subject: `=cmd|' /C calc'!A0`, Field: "@SUM(A1)", Explanation: "</script><script>alert(1)</script>", Suggestion: "</td><img src=x onerror=alert(1)>",
	}
	return report{file: `</title><script>alert(1)</script>.csv`, at: at(t), units: 1, accounts: 1, findings: []item{{f, "+1 \x1b[31m\u202e"}}}
}

func TestWorkbook_IsReadBack(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.xlsx")
	code, stdout, stderr := program(t, "-in", demonstration, "-out", out)
	require.Equal(t, exitFindings, code)
	require.Empty(t, stdout+stderr)
	content, err := os.ReadFile(out)
	require.NoError(t, err)

	rows := sheetRows(t, content, "问题")
	require.Equal(t, []string{"序号", "级别", "规则", "对象编号", "名称", "字段", "说明", "建议", "依据", "规则编号", "规则版本"}, rows[0])
	all := findings(t, exitFindings, "-in", demonstration)
	require.Len(t, rows, len(all)+1)
	for i, f := range all {
		row := rows[i+1]
		require.Equal(t, []string{f.Subject, f.Explanation, f.Suggestion, f.Citation, f.Rule, f.Version}, append([]string{row[3]}, append(row[6:9:9], row[9:]...)...))
		require.Equal(t, severity(f.Severity), row[1])
	}
	require.Equal(t, []string{"6", "错误", "名称用字", "a6", "示例市·文旅", "账号名称"}, rows[6][:6])
	summary := fmt.Sprint(sheetRows(t, content, "概要"))
	for _, s := range []string{"register.csv", "发现错误9个、警告1个，另有提示2条。", "单位9个、账号11个", "未检查", "[同平台多个账号 lifecycle.one_account 2 0 0]"} {
		require.Contains(t, summary, s)
	}

	f, err := excelize.OpenReader(bytes.NewReader(content))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	require.Equal(t, []string{"概要", "问题"}, f.GetSheetList())
	for _, s := range f.GetSheetList() {
		panes, err := f.GetPanes(s)
		require.NoError(t, err)
		require.True(t, panes.Freeze && panes.YSplit == 1, s)
	}
	width, err := f.GetColWidth("问题", "G")
	require.NoError(t, err)
	require.InDelta(t, 52, width, 0.5)
	require.Contains(t, part(t, content, "xl/worksheets/sheet2.xml"), fmt.Sprintf(`<autoFilter ref="$A$1:$K$%d"`, len(rows)))
}

// part is one file of a workbook.
func part(t *testing.T, book []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	require.NoError(t, err)
	f, err := z.Open(name)
	require.NoError(t, err)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(content)
}

func TestWorkbook_RunsNothing(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writeWorkbook(&out, hostile(t)))
	row := sheetRows(t, out.Bytes(), "问题")[1]
	require.Equal(t, `'=cmd|' /C calc'!A0`, row[3])
	require.True(t, strings.HasPrefix(row[4], "'+1"), row[4])
	require.Equal(t, "'@SUM(A1)", row[5])
	require.Equal(t, "'-1+1", row[10])
	require.NotContains(t, part(t, out.Bytes(), "xl/worksheets/sheet2.xml"), "<f>")
}

func TestWorkbook_SaysWhatACellCannotHold(t *testing.T) {
	r := hostile(t)
	r.findings[0].Explanation = strings.Repeat("𠮷", 40_000)
	var out bytes.Buffer
	require.NoError(t, writeWorkbook(&out, r))
	require.True(t, strings.HasSuffix(sheetRows(t, out.Bytes(), "问题")[1][6], "-json输出）"))
}

func TestPage_ShowsEverythingAndLoadsNothing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.html")
	code, stdout, stderr := program(t, "-in", demonstration, "-out", out)
	require.Equal(t, exitFindings, code)
	require.Empty(t, stdout+stderr)
	html := reportText(t, out)
	require.Equal(t, len(flaws), strings.Count(html, "<tr class="))
	for _, f := range findings(t, exitFindings, "-in", demonstration) {
		for _, s := range []string{f.Subject, f.Rule, f.Citation, f.Version} {
			require.Contains(t, html, s)
		}
	}
	for _, s := range []string{"发现错误9个、警告1个，另有提示2条。", "同平台多个账号", "示例市·文旅", "prefers-color-scheme: dark", "@media print", `<rect class="fill error" x="0" width="1000"`} {
		require.Contains(t, html, s)
	}
	require.Empty(t, regexp.MustCompile(`(?i)\s(src|href|srcset|style|on[a-z]+)\s*=|url\(|@import|https?:|ZgotmplZ`).FindAllString(html, -1))
	require.Equal(t, 1, strings.Count(html, "<script>"))
	require.NotContains(t, html, pageHTML)
}

func TestPage_RunsNothing(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writePage(&out, hostile(t)))
	html := out.String()
	require.Equal(t, 1, strings.Count(html, "<script>"), "its own")
	require.NotContains(t, html, "<img")
	require.NotContains(t, html, "<a ")
	require.Contains(t, html, "&lt;/script&gt;&lt;script&gt;alert(1)")
	require.Contains(t, html, "script-src &#39;sha256-")
}

// The policy names the very bytes of style and script that stand in the page, or a browser would refuse them.
func TestPage_PolicyFitsThePage(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, writePage(&out, hostile(t)))
	html := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(out.String())
	for _, tag := range []string{"style", "script"} {
		_, after, ok := strings.Cut(html, "<"+tag+">")
		require.True(t, ok)
		content, _, _ := strings.Cut(after, "</"+tag+">")
		require.Contains(t, html, tag+"-src 'sha256-"+digest(content)+"'")
	}
}

func TestSummary_DoesNotSteerTheTerminal(t *testing.T) {
	r := hostile(t)
	r.findings[0].Explanation, r.file = "a\x1b[31mb\u202ec\u009b", "\x1b]0;x\a.csv"
	var out bytes.Buffer
	require.NoError(t, writeSummary(&out, r))
	require.NotRegexp(t, "[\x1b\a\u202e\u009b]", out.String())
}

func TestReports_WithoutFindings(t *testing.T) {
	r := report{file: "r.csv", at: at(t), units: 1, accounts: 1}
	require.True(t, r.clean())
	var page, book, words bytes.Buffer
	require.NoError(t, writePage(&page, r))
	require.NoError(t, writeWorkbook(&book, r))
	require.NoError(t, writeSummary(&words, r))
	require.Contains(t, page.String(), "没有问题。")
	require.NotContains(t, page.String(), "<table>")
	require.Contains(t, page.String(), "2026年11月29日10:30（北京时间）")
	require.Len(t, sheetRows(t, book.Bytes(), "问题"), 1)
	require.Contains(t, words.String(), "没有发现问题。")
}
