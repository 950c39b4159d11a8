package register

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Export (备案导出表) is what a filing platform says that it holds, in the words of the register.
type Export struct {
	Name    string   // what officials call the platform: 省级平台
	Fields  []string // the fields that it has: names of columns of the register, and 主管单位名称
	Rows    []ExportRow
	mapping Mapping
}

// ExportRow is one account of an export.
type ExportRow struct {
	Row    int               // its number in the file; the header is 1
	Fields map[string]string // by field; in the values of the register where the mapping knows them
	Other  map[string]string // by column: what the register does not hold, or nobody knows the meaning of
}

// ReadExport reads the export of the platform that officials call name, from CSV or a workbook as Read does, within the same
// bounds and with the same errors. Which columns it has is up to the platform; it needs 平台, and 账号名称 or 平台账号ID.
// A column that the mapping does not know is a warning, one that the register does not hold is an info; the contents of both
// are in ExportRow.Other.
func ReadExport(r io.Reader, name string, m Mapping, o ReadOptions) (Export, []govmedia.Finding, error) {
	if err := m.validate(); err != nil {
		return Export{}, nil, err
	}
	in := &exportReader{reader: newReader(o), out: Export{Name: name, mapping: m}}
	in.table.maxField = in.options.MaxField
	defer in.open(r)()
	if in.header() {
		for in.next() {
		}
	}
	for i := range in.findings {
		f := &in.findings[i]
		f.Version, f.Citation = m.Version, m.source()
		if strings.HasPrefix(f.Rule, "filing.column") {
			f.Rule = m.ID
		}
	}
	if _, _, err := in.result(); err != nil {
		return Export{}, in.findings, err
	}
	return in.out, in.findings, nil
}

// exportReader reads a table whose columns the mapping names; the bounds, the faults and their count are reader's.
type exportReader struct {
	*reader
	out   Export
	names []string // of the columns as they stand in the file
	means []string // the field of each column; empty when there is none
}

func (in *exportReader) header() bool {
	fields, ok := in.record()
	if !ok {
		if !in.fatal {
			in.refuse(problem{"register.header", "", "没有表头", "第一行应为列名，请从平台重新导出"})
		}
		return false
	}
	if in.wide(fields) {
		return false
	}
	for _, name := range fields {
		in.column(strings.TrimSpace(name))
	}
	has := func(field string) bool { return slices.Contains(in.out.Fields, field) }
	if !has("平台") || !has("账号名称") && !has("平台账号ID") {
		in.refuse(problem{"filing.column", "", "无法识别账号：须有“平台”一列，以及“账号名称”或“平台账号ID”", "请检查表头，或在字段对照文件中写明这些列的名称"})
	}
	in.table.at = []*column{} // from here on a bad row is only a bad row
	return !in.fatal
}

func (in *exportReader) column(name string) {
	field, known := in.out.mapping.field(name)
	switch {
	case slices.Contains(in.names, name) && name != "", field != "" && slices.Contains(in.out.Fields, field):
		in.refuse(problem{"register.header", brief(name), "这一列出现了两次，或与另一列含义相同", "请删去其中一列"})
	case name == "":
	case !known:
		in.add(problem{"filing.column", brief(name), "字段对照中没有这一列，其内容原样保留，没有比对", "请在字段对照文件中写明这一列对应台账的哪一列"}, govmedia.SeverityWarning)
	case field == "":
		in.add(problem{"filing.column", brief(name), "台账没有这一项，其内容原样保留，没有比对", "如需核对，请人工查看"}, govmedia.SeverityInfo)
	default:
		in.out.Fields = append(in.out.Fields, field)
	}
	in.names, in.means = append(in.names, name), append(in.means, field)
}

func (in *exportReader) next() bool {
	fields, ok := in.record()
	if fields == nil || blank(fields) {
		return ok && !in.fatal
	}
	if in.admitted++; in.admitted > in.options.MaxRows {
		in.refuse(problem{"register.limit", "", fmt.Sprintf("超过%d行", in.options.MaxRows), "请分成几个文件"})
		return false
	}
	row, problems := in.parse(fields)
	if in.unitOnly(row) {
		return !in.fatal
	}
	for _, p := range problems {
		in.add(p, govmedia.SeverityError)
	}
	if len(problems) == 0 {
		in.out.Rows = append(in.out.Rows, row)
	}
	return !in.fatal
}

// unitOnly reports a row of the register's own form that is a unit without accounts.
func (in *exportReader) unitOnly(row ExportRow) bool {
	f := row.Fields
	return slices.Contains(in.out.Fields, "账号编号") && f["单位编号"] != "" && f["账号编号"] == "" && f["平台"] == "" && f["账号名称"] == "" && f["平台账号ID"] == ""
}

func (in *exportReader) parse(fields []string) (ExportRow, []problem) {
	if len(fields) != len(in.names) {
		return ExportRow{}, []problem{{"register.fields", "", fmt.Sprintf("有%d列，而表头有%d列", len(fields), len(in.names)), "请从平台重新导出"}}
	}
	row := ExportRow{Row: in.row, Fields: map[string]string{}, Other: map[string]string{}}
	var problems []problem
	for i, field := range fields {
		value, c := strings.TrimSpace(expose(field)), column{name: in.names[i]}
		if at := slices.IndexFunc(in.columns, func(c column) bool { return c.name == in.means[i] }); at >= 0 {
			c.code = in.columns[at].code
			if in.columns[at].date && in.table.book {
				value = spelled(value, in.table.from1904)
			}
		}
		if p := in.table.legible(c, value); p != nil {
			problems = append(problems, *p)
			continue
		}
		switch {
		case in.means[i] != "":
			row.Fields[in.means[i]] = in.out.mapping.value(in.means[i], value)
		case in.names[i] != "" && value != "":
			row.Other[in.names[i]] = value
		}
	}
	if len(problems) > 0 {
		return row, problems
	}
	switch p := row.Fields["平台"]; {
	case p == "":
		problems = []problem{{"register.required", "平台", "没有填写", "请在平台上补全后重新导出"}}
	case !slices.Contains(append(platforms(), in.options.Platforms...), p):
		problems = []problem{{"register.value", "平台", "“" + brief(p) + "”不是已知的平台", "请在字段对照文件中写明它是哪个平台"}}
	case row.Fields["账号名称"] == "" && row.Fields["平台账号ID"] == "":
		problems = []problem{{"register.required", "账号名称", "没有填写，也没有平台账号ID，无法识别是哪个账号", "请在平台上补全后重新导出"}}
	}
	return row, problems
}

// WriteAdded writes, as CSV in the register's form, the accounts that the export holds and the register does not. Cells
// about which the export says nothing are empty: a person completes them before the file is read.
func (c Comparison) WriteAdded(w io.Writer, export string, o WriteOptions) error {
	t := columnsOf(account.Register{})
	header := make([]string, len(t.at))
	for i, c := range t.at {
		header[i] = c.name
	}
	rows := [][]string{header}
	for _, e := range c.Entries {
		held, ok := e.in(export)
		if !ok || e.Account != "" || held.State != Added {
			continue
		}
		fields := make([]string, len(t.at))
		for i, c := range t.at {
			fields[i] = neutralise(held.Row.Fields[c.name])
		}
		rows = append(rows, fields)
	}
	if o.BOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return writing(err)
		}
	}
	return writeRows(w, rows, o.BOM)
}

// Batch returns the part of the register that has to be filed with the export's platform: the accounts that it lacks,
// holds differently, or holds though they are deregistered, with their units. Write and WriteWorkbook make a file of it.
func (c Comparison) Batch(export string) account.Register {
	reg := account.Register{Unsaid: c.register.Unsaid}
	owed, owners := map[string]bool{}, map[string]bool{}
	for _, e := range c.Entries {
		held, ok := e.in(export)
		owed[e.Account] = ok && e.Account != "" && (held.State == Missing || held.State == Differs || held.State == Lingering)
	}
	for _, a := range c.register.Accounts {
		if owed[a.ID] {
			reg.Accounts = append(reg.Accounts, a)
			owners[a.Unit] = true
		}
	}
	for _, u := range c.register.Units {
		if owners[u.ID] {
			reg.Units = append(reg.Units, u)
		}
	}
	return reg
}
