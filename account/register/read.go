package register

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

const (
	defaultBytes = 64 << 20
	defaultRows  = 200_000 // the whole country had 178,700 accounts at the end of 2018
	defaultField = 8 << 10
	maxFindings  = 10_000
)

// ReadOptions says how to read. The zero value reads all or nothing, within the default bounds.
type ReadOptions struct {
	KeepGood  bool     // return the good rows when others are bad; false means that one bad row refuses the file
	Platforms []string // ids of platforms besides those of the package comment
	MaxBytes  int64    // largest file; 0 means 64 MiB. A workbook may unpack to eight times that, or 64 MiB if that is more
	MaxRows   int      // most rows without the header; 0 means 200,000
	MaxField  int      // longest field in bytes; 0 means 8 KiB
}

// Read reads a register from a CSV file or an Excel workbook (xlsx); it tells them apart by their first bytes. CSV is UTF-8
// or, as Excel in China saves it, GBK. Of a workbook it reads the sheet 账号台账, or else the first one.
//
// A column that is not required may be missing: the register that is returned leaves its field unsaid, so that saving it
// keeps what is stored. An empty cell of a column that is there means empty.
//
// It returns units and accounts each ordered by id, and a finding for every fault: its Subject is "第N行" (the header is
// 第1行), its Field the name of the column. Findings of severity info and warning refuse nothing: a column that is not known
// and is left out, a supervisor that is not in the file, a file that was read as GBK.
//
// A file that cannot be trusted as a whole (too large, too many rows, columns or faults, no header, a required column missing,
// a column twice, an unknown encoding, a damaged workbook) gives a KindInvalid error and an empty register. So does a
// single bad row unless KeepGood is set. A failing reader gives KindInternal with its error inside.
func Read(r io.Reader, o ReadOptions) (account.Register, []govmedia.Finding, error) {
	in := newReader(o)
	defer in.open(r)()
	if in.header() {
		for in.next() {
		}
	}
	return in.result()
}

type reader struct {
	rows    source
	options ReadOptions
	columns []column
	table   table

	unsaid   []string // the fields that the file has no columns for
	row      int      // number of the last row, as a spreadsheet counts
	admitted int
	units    map[string]numbered[account.Unit]
	accounts map[string]numbered[account.Account]
	findings []govmedia.Finding
	bad      int   // findings of severity error
	fatal    bool  // the file as a whole is refused
	failed   error // the underlying reader's error
}

// numbered is a value with the row it came from.
type numbered[T any] struct {
	value T
	row   int
}

func newReader(o ReadOptions) *reader {
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultBytes)
	o.MaxRows = cmp.Or(o.MaxRows, defaultRows)
	o.MaxField = cmp.Or(o.MaxField, defaultField)
	return &reader{
		options:  o,
		columns:  columns(append(platforms(), o.Platforms...)),
		units:    map[string]numbered[account.Unit]{},
		accounts: map[string]numbered[account.Account]{},
	}
}

// open finds out what the file is. The function it returns ends the reading.
func (in *reader) open(r io.Reader) func() {
	rows, remarks, err := open(r, in.options.MaxBytes)
	if err != nil {
		in.broken(err)
		rows = nothing{}
	}
	in.rows = rows
	if book, ok := rows.(*sheetSource); ok {
		in.table.lossy, in.table.book, in.table.from1904 = book.lossy, true, book.from1904
	}
	for _, p := range remarks {
		in.add(p, govmedia.SeverityInfo)
	}
	return rows.close
}

func platforms() []string {
	return []string{"weibo", "wechat", "channels", "douyin", "kuaishou", "toutiao", "bilibili", "xiaohongshu", "zhihu", "alipay", "website", "wordpress", "app"}
}

// header reads the first row and reports whether rows can follow.
func (in *reader) header() bool {
	fields, ok := in.record()
	if !ok {
		if !in.fatal && in.failed == nil {
			in.refuse(problem{"register.header", "", "没有表头", "第一行应为列名，请使用导出的模板"})
		}
		return false
	}
	if in.wide(fields) {
		return false
	}
	seen := map[string]bool{}
	for _, name := range fields {
		name = strings.TrimSpace(name)
		in.head(name, seen[name])
		seen[name] = true
	}
	for _, c := range in.columns {
		switch {
		case seen[c.name]:
		case c.required:
			in.refuse(problem{"register.header", c.name, "缺少这一列", "请补上这一列，列名须完全一致"})
		case c.unsaid != "":
			in.unsaid = append(in.unsaid, c.unsaid)
		}
	}
	in.table.maxField = in.options.MaxField
	return !in.fatal
}

// wide refuses a header of more columns than a workbook may have.
func (in *reader) wide(header []string) bool {
	if len(header) <= maxColumns {
		return false
	}
	in.refuse(problem{"register.limit", "", fmt.Sprintf("表头有%d列，超过上限%d列", len(header), maxColumns), "请检查文件是否选对，删去多余的列"})
	return true
}

func (in *reader) head(name string, again bool) {
	i := slices.IndexFunc(in.columns, func(c column) bool { return c.name == name })
	switch {
	case !utf8.ValidString(name):
		in.refuse(problem{"register.encoding", "", "列名既不是UTF-8编码，也不是GBK编码", "请在Excel中另存为“Excel工作簿(*.xlsx)”或“CSV UTF-8（逗号分隔）”"})
	case i >= 0 && again:
		in.refuse(problem{"register.header", name, "这一列出现了两次", "请删去其中一列"})
	case i >= 0:
		in.table.at = append(in.table.at, &in.columns[i])
		return
	case name != "":
		in.add(problem{"register.header", brief(name), "不认识这一列，其内容没有导入", "请改用填表说明中的列名，或删去这一列"}, govmedia.SeverityWarning)
	}
	in.table.at = append(in.table.at, nil)
}

// next reads one row and reports whether to go on.
func (in *reader) next() bool {
	fields, ok := in.record()
	if fields == nil {
		return ok && !in.fatal
	}
	r, problems, ok := in.table.parse(fields)
	if !ok {
		return true
	}
	if in.admitted++; in.admitted > in.options.MaxRows {
		in.refuse(problem{"register.limit", "", fmt.Sprintf("超过%d行", in.options.MaxRows), "请分成几个文件导入"})
		return false
	}
	if len(problems) == 0 {
		problems = in.admit(r)
	}
	if a := r.account; len(problems) == 0 && !a.Expires.IsZero() && a.Kind != account.KindEvent {
		in.add(problem{"register.expires", "到期日", "这个账号不是专项账号，却填了到期日；到期后系统停止其发布", "请核对账号类别；不是专项账号的，到期日留空"}, govmedia.SeverityWarning)
	}
	for _, p := range problems {
		in.add(p, govmedia.SeverityError)
	}
	return !in.fatal
}

// record returns the fields of the next row. It returns nil and true for a row that cannot be read, which has become a
// finding, and nil and false at the end.
func (in *reader) record() ([]string, bool) {
	if in.fatal {
		return nil, false
	}
	fields, row, err := in.rows.next()
	in.row = row
	if err == nil {
		return fields, true
	}
	if f, ok := errors.AsType[*fault](err); ok && !f.whole && in.table.at != nil {
		in.add(f.problem, govmedia.SeverityError)
		return nil, true
	}
	if !errors.Is(err, io.EOF) {
		in.broken(err)
	}
	return nil, false
}

// broken ends the reading for an error of the source.
func (in *reader) broken(err error) {
	f, ok := errors.AsType[*fault](err)
	switch {
	case ok:
		in.refuse(f.problem)
	case errors.Is(err, errTooLarge):
		in.refuse(problem{"register.limit", "", fmt.Sprintf("文件超过%d字节", in.options.MaxBytes), "请分成几个文件导入"})
	default:
		in.failed, in.fatal = err, true
	}
}

// admit adds a row, unless it contradicts an earlier one.
func (in *reader) admit(r row) []problem {
	var problems []problem
	before, known := in.units[r.unit.ID]
	if known && before.value != r.unit {
		for _, c := range in.columns {
			if c.unit && c.get(row{unit: before.value}) != c.get(r) {
				problems = append(problems, problem{"register.contradiction", c.name,
					fmt.Sprintf("单位“%s”在第%d行填的是“%s”，这里是“%s”", brief(r.unit.ID), before.row, brief(c.get(row{unit: before.value})), brief(c.get(r))),
					"同一单位各行的单位信息须一致，请改正其中一处"})
			}
		}
	}
	if twin, ok := in.accounts[r.account.ID]; ok && r.account.ID != "" {
		problems = append(problems, problem{"register.duplicate", "账号编号",
			fmt.Sprintf("账号编号“%s”已在第%d行用过", brief(r.account.ID), twin.row), "每个账号的编号须唯一，请改正或删去重复的一行"})
	}
	if len(problems) > 0 {
		return problems
	}
	if !known {
		in.units[r.unit.ID] = numbered[account.Unit]{r.unit, in.row}
	}
	if r.account.ID != "" {
		in.accounts[r.account.ID] = numbered[account.Account]{r.account, in.row}
	}
	return nil
}

func (in *reader) refuse(p problem) {
	in.fatal = true
	in.add(p, govmedia.SeverityError)
}

func (in *reader) add(p problem, s govmedia.Severity) {
	if len(in.findings) > maxFindings {
		return // the last one says that there are too many
	}
	in.findings = append(in.findings, p.finding(max(in.row, 1), s))
	if s == govmedia.SeverityError {
		in.bad++
	}
	if len(in.findings) == maxFindings {
		in.refuse(problem{"register.limit", "", fmt.Sprintf("问题超过%d个，不再往下检查", maxFindings), "请先检查文件是否选对，再逐项改正"})
	}
}

func (in *reader) result() (account.Register, []govmedia.Finding, error) {
	switch {
	case in.failed != nil:
		return account.Register{}, in.findings, govmedia.Errorf(govmedia.KindInternal, "register.read", "after row %d: %w", in.row, in.failed)
	case in.fatal, in.bad > 0 && !in.options.KeepGood:
		first := in.findings[slices.IndexFunc(in.findings, func(f govmedia.Finding) bool { return f.Severity == govmedia.SeverityError })]
		return account.Register{}, in.findings, govmedia.Errorf(govmedia.KindInvalid, "register.read",
			"%d faults, nothing was read; the first: %s", in.bad, first.Explanation)
	}
	in.supervisors()
	return account.Register{Units: ordered(in.units), Accounts: ordered(in.accounts), Unsaid: in.unsaid}, in.findings, nil
}

// supervisors reports units whose supervisor is not in the file: it may be stored already, or be mistyped.
func (in *reader) supervisors() {
	for _, u := range ordered(in.units) {
		if _, ok := in.units[u.Supervisor]; u.Supervisor != "" && !ok {
			p := problem{"register.supervisor", "主管单位编号",
				fmt.Sprintf("主管单位“%s”不在本文件中", brief(u.Supervisor)), "若主管单位尚未登记，请先登记；否则请核对编号"}
			in.findings = append(in.findings, p.finding(in.units[u.ID].row, govmedia.SeverityInfo))
		}
	}
}

func ordered[T any](all map[string]numbered[T]) []T {
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]T, len(ids))
	for i, id := range ids {
		list[i] = all[id].value
	}
	return list
}
