package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Comparison (备案比对) sets the register beside what filing platforms hold, account by account and field by field.
type Comparison struct {
	// Entries are the accounts of the register ordered by id, then those that only exports hold, ordered by platform,
	// name and row.
	Entries []Entry
	// Findings tell the same to officials: what is missing, added, different or cannot be told, a finding for each field.
	Findings []govmedia.Finding

	register account.Register
}

// Entry is one account and how every export holds it.
type Entry struct {
	Account  string // id in the register; empty when it is not there
	Platform string
	UID      string
	Name     string
	Held     []Held // one for each export, in their order
}

// Held is how one export holds one account.
type Held struct {
	Export      string
	State       HeldState
	Row         ExportRow    // zero when the export does not hold it, or when several rows might be it
	Differences []Difference // where State is Differs or Lingering
}

// HeldState (比对结果) is the result of the comparison for one account and one export.
type HeldState string

// The results.
const (
	Same      HeldState = "same"      // 一致
	Differs   HeldState = "differs"   // 不一致
	Missing   HeldState = "missing"   // 未备案: the register has it and the export has not
	Added     HeldState = "added"     // 台账没有: the export has it and the register has not
	Ambiguous HeldState = "ambiguous" // 无法对应: several rows or several accounts could be meant
	Lingering HeldState = "lingering" // 注销未备案: it is deregistered, and the export has it without saying how it stands
	Absent    HeldState = "absent"    // neither has it; another export does, or it is deregistered
)

// Difference is one field of an account that the export holds differently.
type Difference struct {
	Field    string
	Register string
	Export   string
}

func (e Entry) in(export string) (Held, bool) {
	i := slices.IndexFunc(e.Held, func(h Held) bool { return h.Export == export })
	if i < 0 {
		return Held{}, false
	}
	return e.Held[i], true
}

// Compare sets the register beside exports, usually the provincial and the national one. An account and a row belong
// together by platform and UID, or else by platform and name, where exactly one of each has them; where several do, nothing
// is guessed. Only fields that an export has are compared. A deregistered account need not be held; where an export holds it
// and has no 状态, its deregistration is still to be filed. Two exports of one
// name are a KindInvalid error, and so is a register that could not be written.
func Compare(reg account.Register, exports ...Export) (Comparison, error) {
	all, err := join(reg)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{register: reg}
	for i, x := range exports {
		if slices.ContainsFunc(exports[:i], func(before Export) bool { return before.Name == x.Name }) {
			return Comparison{}, govmedia.Errorf(govmedia.KindInvalid, "register.compare", "two exports are called %q", x.Name)
		}
	}
	for _, r := range all {
		if r.account.ID == "" {
			continue // a unit without accounts
		}
		state := Missing
		if r.account.State == account.Deregistered {
			state = Absent
		}
		c.Entries = append(c.Entries, newEntry(r.account.ID, candidate{r.account.App.Platform, r.account.UID, r.account.Name}, state, exports))
	}
	values, ended := registered(reg, all), map[string]bool{}
	for _, r := range all {
		ended[r.account.ID] = r.account.State == account.Deregistered
	}
	for k, x := range exports {
		c.add(k, x, exports, values, ended)
	}
	slices.SortStableFunc(c.Entries, func(a, b Entry) int {
		if (a.Account == "") != (b.Account == "") {
			return strings.Compare(b.Account, a.Account) // those of the register first
		}
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Platform, b.Platform), strings.Compare(a.Name, b.Name))
	})
	for k, x := range exports {
		for _, e := range c.Entries {
			c.Findings = append(c.Findings, x.findings(e, e.Held[k])...)
		}
	}
	return c, nil
}

// candidate is what tells whether an entry and a row belong together.
type candidate struct{ platform, uid, name string }

func newEntry(id string, is candidate, state HeldState, exports []Export) Entry {
	e := Entry{Account: id, Platform: is.platform, UID: is.uid, Name: is.name}
	for _, x := range exports {
		e.Held = append(e.Held, Held{Export: x.Name, State: state})
	}
	return e
}

// add compares the k-th export with the entries that are known so far, and makes entries of what is new.
func (c *Comparison) add(k int, x Export, exports []Export, values map[string]map[string]string, ended map[string]bool) {
	known := make([]candidate, len(c.Entries))
	for i, e := range c.Entries {
		known[i] = candidate{e.Platform, strings.TrimSpace(e.UID), strings.TrimSpace(e.Name)}
	}
	rows := make([]candidate, len(x.Rows))
	for i, r := range x.Rows {
		rows[i] = candidate{r.Fields["平台"], r.Fields["平台账号ID"], r.Fields["账号名称"]}
	}
	m := match(known, rows)
	for i, doubtful := range m.left {
		if doubtful {
			c.Entries[i].Held[k].State = Ambiguous
		}
	}
	for i, r := range x.Rows {
		at, state := m.of[i], Added
		if at < 0 {
			if m.right[i] {
				state = Ambiguous
			}
			at = len(c.Entries)
			c.Entries = append(c.Entries, newEntry("", rows[i], Absent, exports))
		}
		held := Held{Export: x.Name, State: state, Row: r}
		if id := c.Entries[at].Account; id != "" {
			held.Differences = x.differences(r, values[id])
			held.State = Same
			switch {
			case ended[id] && !slices.Contains(x.Fields, "状态"):
				held.State = Lingering
			case len(held.Differences) > 0:
				held.State = Differs
			}
		}
		c.Entries[at].Held[k] = held
	}
}

// matching says which row belongs to which entry.
type matching struct {
	of          []int  // for each row the entry, or -1
	left, right []bool // the entries and rows that cannot be told apart
}

func match(known, rows []candidate) matching {
	m := matching{of: make([]int, len(rows)), left: make([]bool, len(known)), right: make([]bool, len(rows))}
	taken := make([]bool, len(known))
	for i := range m.of {
		m.of[i] = -1
	}
	for _, key := range []func(candidate) string{
		func(c candidate) string { return c.uid },
		func(c candidate) string { return c.name },
	} {
		entries, lines := map[[2]string][]int{}, map[[2]string][]int{}
		for i, c := range known {
			if k := key(c); k != "" && !taken[i] && !m.left[i] {
				entries[[2]string{c.platform, k}] = append(entries[[2]string{c.platform, k}], i)
			}
		}
		for i, c := range rows {
			if k := key(c); k != "" && m.of[i] < 0 && !m.right[i] {
				lines[[2]string{c.platform, k}] = append(lines[[2]string{c.platform, k}], i)
			}
		}
		for k, at := range lines {
			switch e := entries[k]; {
			case len(e) == 1 && len(at) == 1:
				m.of[at[0]], taken[e[0]] = e[0], true
			case len(e) > 0 || len(at) > 1:
				for _, i := range e {
					m.left[i] = true
				}
				for _, i := range at {
					m.right[i] = true
				}
			}
		}
	}
	return m
}

// registered are the values of every account of the register by field, as its file has them. A field that the register
// cannot know, such as one that it leaves unsaid and the name of a supervisor that is not in it, is left out.
func registered(reg account.Register, all []row) map[string]map[string]string {
	names := map[string]string{"": ""}
	for _, u := range reg.Units {
		names[u.ID] = u.Name
	}
	values, known := map[string]map[string]string{}, columnsOf(reg).at
	for _, r := range all {
		v := map[string]string{}
		for _, c := range known {
			v[c.name] = c.get(r)
		}
		if name, ok := names[r.unit.Supervisor]; ok && !slices.Contains(reg.Unsaid, "unit.supervisor") {
			v[supervisorName] = name
		}
		values[r.account.ID] = v
	}
	return values
}

func (x Export) differences(r ExportRow, registered map[string]string) []Difference {
	var all []Difference
	for _, field := range x.Fields {
		ours, known := registered[field]
		if theirs := r.Fields[field]; known && plain(field, ours) != plain(field, theirs) {
			all = append(all, Difference{field, ours, theirs})
		}
	}
	return all
}

// plain is a value without what does not matter: space around it, the order of a list, and how a day is written.
func plain(field, s string) string {
	s = strings.TrimSpace(s)
	switch field {
	case "到期日":
		if end, ok := parseEnd(s); ok {
			return formatEnd(end)
		}
	case "矩阵", "联合主办单位编号":
		list := strings.Split(s, separator)
		slices.Sort(list)
		return strings.Join(list, separator)
	}
	return s
}

const filingDuty = "国办发〔2018〕123号（分级备案：开设、变更、关停、注销均须备案）（已核对原文）；列名依据："

// findings tell officials how the export holds the account.
func (x Export) findings(e Entry, h Held) []govmedia.Finding {
	say := func(rule, field, explanation, suggestion string) govmedia.Finding {
		subject := e.Account
		if subject == "" {
			subject = fmt.Sprintf("%s第%d行", x.Name, h.Row.Row)
		}
		return govmedia.Finding{
			Rule: rule, Version: x.mapping.Version, Citation: filingDuty + x.mapping.source(), Severity: govmedia.SeverityWarning,
			Subject: subject, Field: field, Explanation: explanation, Suggestion: suggestion,
		}
	}
	who := fmt.Sprintf("账号“%s”（%s）", brief(e.Name), e.Platform)
	switch h.State {
	case Missing:
		return []govmedia.Finding{say("filing.missing", "", who+"在台账中，但"+x.Name+"没有。", "请到"+x.Name+"备案；若账号已不用，请先在台账中注销。")}
	case Added:
		return []govmedia.Finding{say("filing.added", "", fmt.Sprintf("%s第%d行的%s不在台账中。", x.Name, h.Row.Row, who), "请核实账号归属：属实的补录台账，不属实的请在"+x.Name+"更正。")}
	case Ambiguous:
		where := who
		if h.Row.Row > 0 {
			where = fmt.Sprintf("%s第%d行的%s", x.Name, h.Row.Row, who)
		}
		return []govmedia.Finding{say("filing.ambiguous", "", where+"无法与"+x.Name+"逐一对应：平台账号ID或名称相同的不止一个。", "请在台账和"+x.Name+"中补全平台账号ID，或删去重复的一条，再比对。")}
	}
	var all []govmedia.Finding
	if h.State == Lingering {
		all = append(all, say("filing.lingering", "状态", fmt.Sprintf("%s在台账中已注销，%s第%d行仍有，且没有“状态”一列可核对。", who, x.Name, h.Row.Row),
			"请核实"+x.Name+"是否已办注销备案；没有办的，请补办。"))
	}
	for _, d := range h.Differences {
		all = append(all, say("filing.differs", d.Field,
			fmt.Sprintf("%s的“%s”：台账为“%s”，%s第%d行为“%s”。", who, d.Field, brief(d.Register), x.Name, h.Row.Row, brief(d.Export)),
			"请核实哪一个正确；台账正确的，到"+x.Name+"办理变更备案。"))
	}
	return all
}
