package register

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// problem is one fault of one row.
type problem struct {
	rule, column, explanation, suggestion string
}

// table reads rows whose fields stand in the order of at: at[i] is the column of field i, nil when it is unknown.
type table struct {
	at       []*column
	maxField int
	lossy    map[string]bool // numbers that have lost digits
	book     bool            // of a workbook, whose dates are numbers
	from1904 bool            // those count from 1904
}

// parse returns the row of the fields and everything that is wrong with it. A blank row gives ok false and nothing.
func (t table) parse(fields []string) (r row, problems []problem, ok bool) {
	if blank(fields) {
		return row{}, nil, false
	}
	if len(fields) != len(t.at) {
		return row{}, []problem{{"register.fields", "",
			fmt.Sprintf("有%d列，而表头有%d列", len(fields), len(t.at)),
			"请检查是否少了或多了单元格、逗号，引号是否成对"}}, true
	}
	unitOnly := t.unitOnly(fields)
	for i, field := range fields {
		c := t.at[i]
		if c == nil || unitOnly && !c.unit {
			continue
		}
		value := strings.TrimSpace(expose(field))
		if c.date && t.book {
			value = spelled(value, t.from1904)
		}
		if p := t.field(&r, *c, value); p != nil {
			problems = append(problems, *p)
		}
	}
	if r.unit.Supervisor != "" && r.unit.Supervisor == r.unit.ID {
		problems = append(problems, problem{"register.value", "主管单位编号", "主管单位就是本单位", "请填写上级主管单位的编号；没有上级的留空"})
	}
	if r.account.Redirect != "" && r.account.Redirect == r.account.ID {
		problems = append(problems, problem{"register.value", "承接账号编号", "承接账号就是本账号", "请填写承接本账号的另一账号的编号；没有被收回的留空"})
	}
	r.account.Unit = r.unit.ID
	if unitOnly {
		r.account.Unit = ""
	}
	return r, problems, true
}

func (t table) field(r *row, c column, value string) *problem {
	if p := t.legible(c, value); p != nil {
		return p
	}
	if c.required && value == "" {
		return &problem{"register.required", c.name, "没有填写", "请填写“" + c.name + "”"}
	}
	if wrong := c.set(r, value); wrong != "" {
		return &problem{"register.value", c.name, wrong, "请按填表说明修改"}
	}
	return nil
}

// legible says what is wrong with a text whatever it means.
func (t table) legible(c column, value string) *problem {
	switch {
	case len(value) > t.maxField:
		return &problem{"register.limit", c.name, fmt.Sprintf("内容有%d字节，超过上限%d字节", len(value), t.maxField), "请缩短内容"}
	case !utf8.ValidString(value), strings.ContainsRune(value, utf8.RuneError):
		return &problem{"register.encoding", c.name, "内容有乱码", "请改正内容，并在Excel中另存为“Excel工作簿(*.xlsx)”或“CSV UTF-8（逗号分隔）”"}
	case strings.ContainsFunc(value, invisible):
		return &problem{"register.value", c.name, "内容中有不可见的控制字符", "请删去后重新输入这一格"}
	case slices.Contains(excelErrors, value):
		return &problem{"register.value", c.name, "这一格是Excel公式出错的结果“" + value + "”", "请改正公式，或直接填写内容"}
	case c.code && (floating.MatchString(value) || t.lossy[value]):
		return &problem{"register.number", c.name, "编号被Excel当作数字改成了“" + brief(value) + "”，原来的数字可能已经丢失", "请先把这一列设为“文本”格式，再照原件重新输入"}
	case strings.Contains(value, "\r\n"):
		return &problem{"register.value", c.name, "内容中有回车换行", "请删去单元格内的换行"}
	}
	return nil
}

// excelErrors are what a cell shows whose formula failed.
var excelErrors = []string{"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"}

// floating is how spreadsheets write a long number, of which they keep fifteen digits, and a whole number that went
// through floating point: 1.1331E+17, 636100.0.
var floating = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?E\+?[0-9]+$|^[0-9]{6,}\.0$`)

// invisible reports what XML cannot hold, so that no register holds it: control characters other than tab and line ends.
func invisible(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

func (t table) unitOnly(fields []string) bool {
	for i, field := range fields {
		if c := t.at[i]; c != nil && !c.unit && strings.TrimSpace(field) != "" {
			return false
		}
	}
	return true
}

func blank(fields []string) bool {
	return !slices.ContainsFunc(fields, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// finding tells a problem of a row; row 1 is the header.
func (p problem) finding(number int, severity govmedia.Severity) govmedia.Finding {
	where := fmt.Sprintf("第%d行", number)
	if p.column != "" {
		where += "“" + p.column + "”列"
	}
	return govmedia.Finding{
		Rule: p.rule, Version: "2026-11", Citation: "govmedia 账号台账填表说明", Severity: severity,
		Subject: fmt.Sprintf("第%d行", number), Field: p.column,
		Explanation: where + "：" + p.explanation + "。", Suggestion: p.suggestion + "。",
	}
}
