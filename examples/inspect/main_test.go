package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
	"github.com/govmedia/govmedia/verify"
)

// program runs the program and returns everything that it said.
func program(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// findings runs the program with -json and decodes its lines, which hold nothing but findings.
func findings(t *testing.T, want int, args ...string) []govmedia.Finding {
	t.Helper()
	code, stdout, stderr := program(t, append(args, "-json")...)
	require.Empty(t, stderr)
	require.Equal(t, want, code, stdout)
	var all []govmedia.Finding
	for line := range strings.Lines(stdout) {
		var f govmedia.Finding
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&f), line)
		require.NotContains(t, []string{f.Rule, f.Version, f.Citation, string(f.Severity), f.Subject, f.Explanation, f.Suggestion}, "", line)
		all = append(all, f)
	}
	return all
}

// brief is what findings say, as "subject rule".
func brief(all []govmedia.Finding) []string {
	var list []string
	for _, f := range all {
		list = append(list, f.Subject+" "+base(f.Rule))
	}
	return list
}

func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

const header = "单位编号,单位名称,行政区划代码,层级,账号编号,平台,账号名称,账号类别,平台角色,状态,认证说明,来源\n"

// good is a row without a fault; n tells rows apart.
func good(n int) string {
	return fmt.Sprintf("u%d,示例市第%d中学,636100,市,a%d,weibo,示例第%d中学,单位账号,发布,正常,示例市第%d中学官方微博,示例数据\n", n, n, n, n, n)
}

const demonstration = "testdata/register.csv"

var flaws = []string{
	"第12行 register.value", "第13行 register.required", "第14行 register.duplicate", "u6 unit.code", "a5 personal.phone",
	"a6 name.characters", "a7 text.typo", "a3 lifecycle.one_account", "a4 lifecycle.one_account", "a4 lifecycle.same_name",
	"第11行 register.supervisor", "a9 account.verification_missing",
}

// Every check speaks once about the demonstration register, whichever form that has.
func TestInspect_EveryCheckInEveryForm(t *testing.T) {
	content, err := os.ReadFile(demonstration)
	require.NoError(t, err)
	require.Equal(t, flaws, brief(findings(t, exitFindings, "-in", demonstration)))

	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.TrimPrefix(string(content), "\ufeff"))
	require.NoError(t, err)
	all := brief(findings(t, exitFindings, "-in", file(t, "r.csv", gbk)))
	require.Contains(t, all, "第1行 register.encoding")
	require.Subset(t, all, flaws)

	reg, _, err := register.Read(bytes.NewReader(content), register.ReadOptions{KeepGood: true})
	require.NoError(t, err)
	var book bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&book, reg))
	for i := range reg.Accounts { // a workbook without the rows that could not be read
		require.NotEqual(t, "a12", reg.Accounts[i].ID)
	}
	all = brief(findings(t, exitFindings, "-in", file(t, "r.xlsx", book.String())))
	require.Subset(t, all, flaws[3:10])
	require.NotContains(t, strings.Join(all, "\n"), "register.value")

	var out, errs bytes.Buffer
	require.Equal(t, exitFindings, run(t.Context(), []string{"-in", "-", "-json"}, bytes.NewReader(content), &out, &errs))
	require.Equal(t, len(flaws), strings.Count(out.String(), "\n"), errs.String())
}

func TestInspect_ExitCodes(t *testing.T) {
	dir := t.TempDir()
	clean := file(t, "clean.csv", header+good(1)+good(2))
	informed := file(t, "informed.csv", header+strings.Replace(good(1), "示例市第1中学官方微博", "", 1))
	rules := file(t, "rules.json", `{"version":"x","unknown":1}`)
	for name, c := range map[string]struct {
		args []string
		code int
		says string // on stderr
	}{
		"clean":             {[]string{"-in", clean}, exitClean, ""},
		"information only":  {[]string{"-in", informed}, exitClean, ""},
		"findings":          {[]string{"-in", demonstration}, exitFindings, ""},
		"help":              {[]string{"-h"}, exitClean, ""},
		"no file named":     {nil, exitFailed, "-in"},
		"no such file":      {[]string{"-in", filepath.Join(dir, "none.csv")}, exitFailed, "打不开"},
		"a folder":          {[]string{"-in", dir}, exitFailed, "读不了"},
		"unknown flag":      {[]string{"-in", clean, "-fast"}, exitFailed, "-fast"},
		"an argument":       {[]string{"-in", clean, "x"}, exitFailed, `"x"`},
		"unknown extension": {[]string{"-in", clean, "-out", filepath.Join(dir, "r.pdf")}, exitFailed, ".pdf"},
		"no extension":      {[]string{"-in", clean, "-out", filepath.Join(dir, "r")}, exitFailed, ".xlsx"},
		"no folder":         {[]string{"-in", clean, "-out", filepath.Join(dir, "none", "r.html")}, exitFailed, "写不出"},
		"not a register":    {[]string{"-in", file(t, "x.csv", "甲,乙\n1,2\n")}, exitFailed, "“账号编号”列：缺少这一列"},
		"empty":             {[]string{"-in", file(t, "x.csv", "\n")}, exitFailed, "空的"},
		"a broken workbook": {[]string{"-in", file(t, "x.xlsx", "PK\x03\x04rubbish")}, exitFailed, "不是可以检查的台账"},
		"rules":             {[]string{"-in", clean, "-rules", rules}, exitFailed, "unknown"},
		"lexicon":           {[]string{"-in", clean, "-lexicon", rules}, exitFailed, "unknown"},
		"names in GBK":      {[]string{"-in", clean, "-names", file(t, "n.txt", "\xca\xbe\xc0\xfd")}, exitFailed, "UTF-8"},
		"no names":          {[]string{"-in", clean, "-names", file(t, "n.txt", "甲\n"+strings.Repeat("长", 65))}, exitFailed, "第2行"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := program(t, c.args...)
			require.Equal(t, c.code, code, stdout+stderr)
			if c.says == "" {
				require.Empty(t, stderr)
				require.NotEmpty(t, stdout)
				return
			}
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.says)
			require.NotContains(t, stderr, "\x1b")
		})
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "what fails leaves nothing behind")
}

func TestInspect_SummarySaysWhatItLeavesOut(t *testing.T) {
	code, stdout, stderr := program(t, "-in", "../portal/testdata/register.csv")
	require.Equal(t, exitFindings, code)
	require.Empty(t, stderr)
	require.Contains(t, stdout, "结果：发现错误8个、警告6个，另有提示44条。")
	require.Contains(t, stdout, "其余44条未在此列出")
	require.Contains(t, stdout, "未检查：")
}

// A report never takes the place of what was read.
func TestInspect_NeverOverwritesTheRegister(t *testing.T) {
	reg := account.Register{Units: []account.Unit{{ID: "u1", Name: "示例市", Region: "636100", Level: account.City}}}
	var book bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&book, reg))
	in := file(t, "r.xlsx", book.String())
	code, _, stderr := program(t, "-in", in, "-out", in)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "不能写到")
	after, err := os.ReadFile(in)
	require.NoError(t, err)
	require.Equal(t, book.Bytes(), after)
}

func TestInspect_FiveThousandRows(t *testing.T) {
	const rows, bad = 5000, 37
	var b strings.Builder
	b.WriteString(header)
	var want []string
	for n := 1; n <= rows; n++ {
		row := good(n)
		if n%135 == 0 {
			i := n / 135 // 1 to 37
			row = []func() string{
				func() string { return strings.Replace(row, ",weibo,", ",强国号,", 1) },
				func() string { return strings.Replace(row, ",示例第", ",,示例第", 1) },
				func() string { return strings.Replace(row, ",正常,", ",不明,", 1) },
				func() string { return strings.Replace(row, fmt.Sprintf(",a%d,", n), ",a1,", 1) },
				func() string { return strings.Replace(row, fmt.Sprintf("u%d,", n), "1.1331E+17,", 1) },
			}[i%5]()
			want = append(want, fmt.Sprintf("第%d行", n+1))
		}
		b.WriteString(row)
	}
	require.Len(t, want, bad)
	in := file(t, "large.csv", b.String())
	var got []string
	out := filepath.Join(t.TempDir(), "r.html")
	for _, f := range findings(t, exitFindings, "-in", in, "-out", out) {
		require.Equal(t, govmedia.SeverityError, f.Severity, f.Explanation)
		got = append(got, f.Subject)
	}
	require.Equal(t, want, got)
	html := reportText(t, out)
	require.Contains(t, html, "账号4963个")
	require.Contains(t, html, "发现错误37个、警告0个，另有提示0条。")
}

// The portal's register has the flaws that package verify's tests know, and what only all accounts together show.
func TestInspect_PortalRegister(t *testing.T) {
	count := map[string]int{}
	for _, f := range findings(t, exitFindings, "-in", "../portal/testdata/register.csv") {
		count[base(f.Rule)]++
	}
	require.Equal(t, map[string]int{
		"name.reserved": 2, "name.width": 1, "name.characters": 1, "account.verification": 1, "account.verification_missing": 44,
		"unit.code": 1, "unit.code_prefix": 1, "unit.region": 1, "lifecycle.one_account": 3, "lifecycle.same_name": 3,
	}, count)
}

// A fault of a unit is told once, however many accounts the unit has, and also when it has none.
func TestInspect_UnitsOnce(t *testing.T) {
	in := file(t, "r.csv", header+
		"u1,示例市教育局,639900,市,a1,weibo,示例市教育,单位账号,发布,正常,示例市教育局官方微博,示例数据\n"+
		"u1,示例市教育局,639900,市,a2,wechat,示例市教育,单位账号,发布,正常,示例市教育局,示例数据\n"+
		"u2,示例省教育厅,639900,省,,,,,,,,\n")
	require.Equal(t, []string{"u1 unit.region", "u2 unit.region"}, brief(findings(t, exitFindings, "-in", in)))
}

func TestInspect_NamesSeenOnPlatforms(t *testing.T) {
	in := file(t, "r.csv", header+good(1)+
		"u2,示例市公安局,636100,市,a2,weibo,示例市公安,单位账号,发布,正常,示例市公安局官方微博,示例数据\n"+
		"u3,示例市林业局,636100,市,a3,weibo,示例林业资讯,单位账号,发布,注销,,示例数据\n")
	names := file(t, "names.txt", "\ufeff示例市公安\r\n\r\n示例市公鞍\r\n今日美食推荐\r\n示例林业咨讯\r\n")
	require.Equal(t, []string{"名单第3行 name.lookalike"}, brief(findings(t, exitFindings, "-in", in, "-names", names)))
	require.Empty(t, findings(t, exitClean, "-in", in))
}

// The integrator's rules stand beside the built-in ones; one of the same id, and platform, takes the other's place.
func TestInspect_OwnRules(t *testing.T) {
	in := file(t, "r.csv", header+
		"u1,示例市教育局,636100,市,a1,weibo,示例市教育局政务公开办公室官方微博号,单位账号,发布,正常,示例市教育局官方微博,示例数据\n"+
		"u2,示例市林业局,636100,市,a2,wechat,林,单位账号,发布,正常,示例市林业局,示例数据\n"+
		"u3,示例市水务局,639900,市,a3,weibo,国家示例水务,单位账号,发布,正常,示例市水务局 执发专用,示例数据\n")
	builtIn := []string{"u3 unit.region", "a1 name.width", "a2 name.width", "a3 name.reserved"}
	require.ElementsMatch(t, builtIn, brief(findings(t, exitFindings, "-in", in)))

	rules := verify.BuiltIn()
	rules.Version = "本单位-1"
	rules.Reserved.ID, rules.Reserved.Words = "own.reserved", []string{"水务"}
	rules.Width = rules.Width[:1]
	require.Equal(t, "weibo", rules.Width[0].Platform)
	rules.Width[0].Max = 60
	content, err := json.Marshal(rules)
	require.NoError(t, err)
	lexicon, err := json.Marshal(verify.Lexicon{Version: "本单位-2", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own.word", Citation: "本单位用语规范", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "执发", Right: "执法"}},
	}}})
	require.NoError(t, err)
	all := findings(t, exitFindings, "-in", in, "-rules", file(t, "rules.json", string(content)), "-lexicon", file(t, "words.json", string(lexicon)))
	require.ElementsMatch(t, []string{"u3 unit.region", "a2 name.width", "a3 name.reserved", "a3 own.reserved", "a3 own.word"}, brief(all))
	for _, f := range all {
		switch base(f.Rule) {
		case "unit.region", "own.reserved":
			require.Equal(t, "本单位-1", f.Version)
		case "own.word":
			require.Equal(t, "认证说明", f.Field)
			require.Equal(t, "本单位-2", f.Version)
		default:
			require.NotContains(t, f.Version, "本单位")
		}
	}
}

// Whatever stands in the register or is done with it, no output shows anybody's number in full.
func TestInspect_PersonalDataIsMasked(t *testing.T) {
	const phone, id = "13812345678", "11010519491231002X"
	in := file(t, "r.csv", header+
		"u1,示例市教育局,636100,市,a1,weibo,示例"+phone+",单位账号,发布,正常,示例市教育局,"+phone+"\n"+
		"u2,示例市林业局,636100,市,"+id+",weibo,示例林业,公职人员账号,发布,正常,示例市林业局,示例数据\n"+
		"u3,示例市水务局,636100,"+phone+",a3,weibo,示例水务,单位账号,发布,正常,示例市水务局,示例数据\n")
	names := file(t, "n.txt", "示例林业"+phone+"\n")
	dir := t.TempDir()
	for _, args := range [][]string{{}, {"-json"}, {"-out", filepath.Join(dir, "r.html")}, {"-out", filepath.Join(dir, "r.xlsx")}} {
		code, stdout, _ := program(t, append(args, "-in", in, "-names", names)...)
		require.Equal(t, exitFindings, code)
		if len(args) == 2 {
			stdout = reportText(t, args[1])
		}
		require.NotContains(t, stdout, phone)
		require.NotContains(t, stdout, id)
		require.Contains(t, stdout, "138****5678")
		require.Contains(t, stdout, "11*************02X")
	}
	require.Subset(t, brief(findings(t, exitFindings, "-in", in)), []string{"a1 personal.phone", "11*************02X personal.resident_id", "第4行 register.value"})
}

// Nor does a column's name, nor what is said when the check fails.
func TestInspect_PersonalDataInAHeaderIsMasked(t *testing.T) {
	const phone = "13812345678"
	dir := t.TempDir()
	in := file(t, "r.csv", strings.Replace(header, "\n", ",王小明"+phone+"\n", 1)+strings.Replace(good(1), "\n", ",x\n", 1))
	for _, args := range [][]string{{}, {"-json"}, {"-out", filepath.Join(dir, "r.html")}, {"-out", filepath.Join(dir, "r.xlsx")}} {
		code, stdout, stderr := program(t, append(args, "-in", in)...)
		require.Equal(t, exitFindings, code)
		if len(args) == 2 {
			stdout += reportText(t, args[1])
		}
		require.NotContains(t, stdout+stderr, phone)
		require.Contains(t, stdout, "王小明138****5678")
	}
	code, stdout, stderr := program(t, "-in", in, "-rules", file(t, "own.json", `{"王小明`+phone+`": 1}`))
	require.Equal(t, exitFailed, code)
	require.NotContains(t, stdout+stderr, phone)
	require.Contains(t, stderr, "138****5678", "what the reader of the file quotes")
}

// An id that no engine takes is reported and does not keep the rest from being checked.
func TestInspect_WhatAnEngineWouldRefuse(t *testing.T) {
	in := file(t, "r.csv", header+strings.Replace(good(1), ",a1,", ",a/1,", 1)+good(2)+
		"u2,示例市第2中学,636100,市,a3,weibo,示例第2中学,单位账号,发布,正常,示例市第2中学官方微博,示例数据\n")
	require.Equal(t, []string{"a/1 register.account_id", "a2 lifecycle.one_account", "a3 lifecycle.one_account"},
		brief(findings(t, exitFindings, "-in", in)))
}

// A column of one unit's id is told briefly, and that not everything was compared.
func TestInspect_OneUnitForEverything(t *testing.T) {
	const rows = 500
	var b strings.Builder
	b.WriteString(header)
	for n := 1; n <= rows; n++ {
		fmt.Fprintf(&b, "u1,示例市教育局,636100,市,a%04d,weibo,示例第%d中学,单位账号,发布,正常,示例市教育局官方微博,示例数据\n", n, n)
		fmt.Fprintf(&b, "u1,示例市教育局,636100,市,o%04d,weibo,示例民警%d,公职人员账号,发布,正常,示例市教育局,示例数据\n", n, n)
	}
	_, stdout, _ := program(t, "-json", "-in", file(t, "r.csv", b.String()))
	require.Less(t, len(stdout), 1<<20)
	require.Equal(t, crowd+1, strings.Count(stdout, "lifecycle.one_account"))
	require.Contains(t, stdout, "主办单位u1在同一平台（weibo）有500个账号；只逐一核对了编号在前的100个，其余没有核对。")
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := newBar(&out)
	b.show("检查", 1, 2)
	b.end()
	require.Empty(t, out.String(), "what is no terminal gets nothing")

	b = &bar{w: &out}
	for i := range 10_000 {
		b.show("检查", i, 10_000)
	}
	require.Equal(t, 100, strings.Count(out.String(), "\r"), "it is drawn when it changes")
	require.Contains(t, out.String(), "███████████████░░░░░░░░░░░░░░░  50% 检查")
	b.end()
	b.end()
	require.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"))
	require.Equal(t, 101, strings.Count(out.String(), "\r"))
}

func FuzzInspect(f *testing.F) {
	content, err := os.ReadFile(demonstration)
	require.NoError(f, err)
	f.Add(content, "示例市发佈")
	f.Add([]byte(header+good(1)), "=1")
	f.Add([]byte(header+good(1)+"\xff\x00"), "</script>")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		x, err := readOwn(options{})
		require.NoError(t, err)
		x.names = []seenName{{1, name}}
		r, err := inspect(t.Context(), "r.csv", content, x, at(t), &bar{})
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		var page, book, lines, words bytes.Buffer
		require.NoError(t, writePage(&page, r))
		require.NoError(t, writeWorkbook(&book, r))
		require.NoError(t, writeJSON(&lines, r))
		require.NoError(t, writeSummary(&words, r))
		require.Equal(t, len(r.findings), bytes.Count(lines.Bytes(), []byte("\n")))
		require.Equal(t, 1, strings.Count(page.String(), "<script>"))
		require.Len(t, sheetRows(t, book.Bytes(), "问题"), len(r.findings)+1)
	})
}
