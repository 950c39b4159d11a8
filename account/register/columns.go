package register

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia/account"
)

// row is one line of the file. The account is zero when the line is a unit without accounts.
type row struct {
	unit    account.Unit
	account account.Account
}

// column is one column of the file. set returns what is wrong with the value, in Chinese, or "".
type column struct {
	name     string
	unit     bool     // the column describes the unit, not the account
	required bool     // the column must exist, and its field must not be empty
	date     bool     // a day or an instant, which may be a date of the spreadsheet
	code     bool     // an identifier: a spreadsheet that takes it for a number destroys it
	values   []string // all that it takes; nil when it takes any text
	unsaid   string   // what account.Register.Unsaid calls its field; empty when that has no name for it
	get      func(row) string
	set      func(*row, string) string
}

const separator = "；"

type choice[T ~string] struct {
	value T
	name  string
}

// text returns a column that takes every value.
func text(name string, field func(*row) *string) column {
	return column{
		name: name,
		get:  func(r row) string { return *field(&r) },
		set:  func(r *row, s string) string { *field(r) = s; return "" },
	}
}

// choices returns a column that takes a closed set of Chinese values. A value that has no name is written as it is, so
// that reading refuses it.
func choices[T ~string](name string, field func(*row) *T, all []choice[T]) column {
	var names []string
	for _, c := range all {
		names = append(names, c.name)
	}
	return column{
		name: name, values: names,
		get: func(r row) string {
			for _, c := range all {
				if c.value == *field(&r) {
					return c.name
				}
			}
			return string(*field(&r))
		},
		set: func(r *row, s string) string {
			for _, c := range all {
				if c.name == s {
					*field(r) = c.value
					return ""
				}
			}
			return "“" + brief(s) + "”不是可填的值，只能填：" + strings.Join(names, "、")
		},
	}
}

func ofUnit(c column) column   { c.unit = true; return c }
func required(c column) column { c.required = true; return c }
func code(c column) column     { c.code = true; return c }

func optional(unsaid string, c column) column { c.unsaid = unsaid; return c }

// columns returns the table of the package comment. No platforms means that every platform is known.
func columns(platforms []string) []column {
	return []column{
		ofUnit(required(code(text("单位编号", func(r *row) *string { return &r.unit.ID })))),
		ofUnit(required(text("单位名称", func(r *row) *string { return &r.unit.Name }))),
		optional("unit.code", ofUnit(code(text("统一社会信用代码", func(r *row) *string { return &r.unit.Code })))),
		optional("unit.region", ofUnit(code(text("行政区划代码", func(r *row) *string { return &r.unit.Region })))),
		ofUnit(required(choices("层级", func(r *row) *account.Level { return &r.unit.Level }, []choice[account.Level]{
			{account.National, "国家"}, {account.Province, "省"}, {account.City, "市"}, {account.County, "县"}, {account.Township, "乡"},
		}))),
		optional("unit.system", ofUnit(text("系统", func(r *row) *string { return &r.unit.System }))),
		optional("unit.supervisor", ofUnit(code(text("主管单位编号", func(r *row) *string { return &r.unit.Supervisor })))),
		optional("unit.source", ofUnit(text("单位来源", func(r *row) *string { return &r.unit.Source }))),
		required(code(text("账号编号", func(r *row) *string { return &r.account.ID }))),
		required(platform(platforms)),
		optional("account.app.key", code(text("应用", func(r *row) *string { return &r.account.App.Key }))),
		optional("account.uid", code(text("平台账号ID", func(r *row) *string { return &r.account.UID }))),
		required(text("账号名称", func(r *row) *string { return &r.account.Name })),
		optional("account.url", text("链接", func(r *row) *string { return &r.account.URL })),
		required(choices("账号类别", func(r *row) *account.Kind { return &r.account.Kind }, []choice[account.Kind]{
			{account.KindUnit, "单位账号"}, {account.KindOfficer, "公职人员账号"}, {account.KindEvent, "专项账号"},
			{account.KindApp, "移动客户端"}, {account.KindMiniProgram, "小程序"},
		})),
		required(choices("平台角色", func(r *row) *account.Role { return &r.account.Role }, []choice[account.Role]{
			{account.RoleBroadcast, "发布"}, {account.RoleService, "服务"},
		})),
		required(choices("状态", func(r *row) *account.State { return &r.account.State }, []choice[account.State]{
			{account.Open, "正常"}, {account.Suspended, "关停"}, {account.Deregistered, "注销"},
		})),
		optional("account.verification", text("认证说明", func(r *row) *string { return &r.account.Verification })),
		optional("account.clusters", clusters()),
		optional("account.source", text("来源", func(r *row) *string { return &r.account.Source })),
		expires(),
		code(joint()),
		code(text("承接账号编号", func(r *row) *string { return &r.account.Redirect })),
	}
}

func platform(known []string) column {
	c := text("平台", func(r *row) *string { return &r.account.App.Platform })
	set, names := c.set, sync.OnceValue(platformNames)
	c.set = func(r *row, s string) string {
		if !slices.Contains(known, s) {
			s = cmp.Or(names()[s], s)
		}
		if len(known) > 0 && !slices.Contains(known, s) {
			return "“" + brief(s) + "”不是已知的平台，请填：" + strings.Join(known, "、") + "，或平台的中文名称，如微博"
		}
		return set(r, s)
	}
	return c
}

// platformNames are the ids of platforms by the Chinese names that officials write, those of the built-in mapping.
func platformNames() map[string]string {
	names := map[string]string{}
	for _, v := range BuiltInMapping().Values {
		if v.Field == "平台" {
			names[v.From] = v.To
		}
	}
	return names
}

func clusters() column {
	return list("矩阵", "矩阵名称", func(r *row) *[]string { return &r.account.Clusters })
}

func joint() column {
	return list("联合主办单位编号", "单位编号", func(r *row) *[]string { return &r.account.Joint })
}

// list returns a column of several texts. Each is a what.
func list(name, what string, field func(*row) *[]string) column {
	return column{
		name: name,
		get:  func(r row) string { return strings.Join(*field(&r), separator) },
		set: func(r *row, s string) string {
			if s == "" {
				return ""
			}
			*field(r) = trimmed(strings.Split(s, separator))
			if slices.Contains(*field(r), "") {
				return "“" + brief(s) + "”中有空的" + what
			}
			return ""
		},
	}
}

// trimmed are the texts without the blanks around them, in a list of its own.
func trimmed(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	plain := make([]string, len(list))
	for i, s := range list {
		plain[i] = strings.TrimSpace(s)
	}
	return plain
}

// plainly is the row as it reads back. Blanks around an id are kept, because what has another id is another thing.
func (r row) plainly() row {
	for _, s := range []*string{
		&r.unit.Name, &r.unit.Code, &r.unit.Region, &r.unit.System, &r.unit.Source,
		&r.account.App.Key, &r.account.UID, &r.account.Name, &r.account.URL, &r.account.Verification, &r.account.Source,
	} {
		*s = strings.TrimSpace(*s)
	}
	r.account.Clusters, r.account.Joint = trimmed(r.account.Clusters), slices.Clone(r.account.Joint)
	if len(r.account.Joint) == 0 {
		r.account.Joint = nil
	}
	return r
}

// brief shortens a value that is quoted in a finding.
func brief(s string) string {
	const most = 20
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}

const formula = "=+-@\t\r"

// neutralise puts an apostrophe before what a spreadsheet would run, and before what expose would otherwise change.
func neutralise(s string) string {
	if risky(s) || strings.HasPrefix(s, "'") && (risky(s[1:]) || strings.HasPrefix(s[1:], "'")) {
		return "'" + s
	}
	return s
}

// expose undoes neutralise. A lone apostrophe before harmless text belongs to the text.
func expose(s string) string {
	if after, ok := strings.CutPrefix(s, "'"); ok && (risky(after) || strings.HasPrefix(after, "'")) {
		return after
	}
	return s
}

func risky(s string) bool { return s != "" && strings.Contains(formula, s[:1]) }
