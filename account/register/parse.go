package register

import (
	"fmt"
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
}

// parse returns the row of the fields and everything that is wrong with it. A blank row gives ok false and nothing.
func (t table) parse(fields []string) (r row, problems []problem, ok bool) {
	if blank(fields) {
		return row{}, nil, false
	}
	if len(fields) != len(t.at) {
		return row{}, []problem{{"register.fields", "",
			fmt.Sprintf("有%d列，而表头有%d列", len(fields), len(t.at)),
			"请检查是否少了逗号、多了逗号，或引号没有成对"}}, true
	}
	unitOnly := t.unitOnly(fields)
	for i, field := range fields {
		c := t.at[i]
		if c == nil || unitOnly && !c.unit {
			continue
		}
		if p := t.field(&r, *c, expose(field)); p != nil {
			problems = append(problems, *p)
		}
	}
	if r.unit.Supervisor != "" && r.unit.Supervisor == r.unit.ID {
		problems = append(problems, problem{"register.value", "主管单位编号", "主管单位就是本单位", "请填写上级主管单位的编号；没有上级的留空"})
	}
	r.account.Unit = r.unit.ID
	if unitOnly {
		r.account.Unit = ""
	}
	return r, problems, true
}

func (t table) field(r *row, c column, value string) *problem {
	switch {
	case len(value) > t.maxField:
		return &problem{"register.limit", c.name, fmt.Sprintf("内容有%d字节，超过上限%d字节", len(value), t.maxField), "请缩短内容"}
	case !utf8.ValidString(value):
		return &problem{"register.encoding", c.name, "内容不是UTF-8编码", "请在Excel中另存为“CSV UTF-8（逗号分隔）”"}
	case strings.Contains(value, "\r\n"):
		return &problem{"register.value", c.name, "内容中有回车换行", "请删去单元格内的换行"}
	case c.required && strings.TrimSpace(value) == "":
		return &problem{"register.required", c.name, "没有填写", "请填写“" + c.name + "”"}
	}
	if wrong := c.set(r, value); wrong != "" {
		return &problem{"register.value", c.name, wrong, "请按填表说明修改"}
	}
	return nil
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
		Rule: p.rule, Version: "2026-11", Citation: "govmedia 账号台账CSV填表说明", Severity: severity,
		Subject: fmt.Sprintf("第%d行", number), Field: p.column,
		Explanation: where + "：" + p.explanation + "。", Suggestion: p.suggestion + "。",
	}
}
