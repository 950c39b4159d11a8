package register

import (
	"bytes"
	"encoding/csv"
	"io"
	"reflect"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// WriteOptions says how to write.
type WriteOptions struct {
	// BOM writes for Excel: a byte order mark first, without which it shows Chinese as mojibake, and CRLF at the end of each
	// row. Line breaks inside a field stay as they are.
	BOM bool
}

// Write writes the register as CSV with every column but those of fields that it leaves unsaid, one row per account in
// the given order, then one row per unit that has no account. Reading the file gives the same units and accounts,
// ordered by id, without the blanks around their texts.
//
// Before the first byte it refuses, with a KindInvalid error, what could not be read back: an account whose unit is
// not in the register, an id twice, a required field that is empty, an unknown level, kind, role or state, text that is
// not UTF-8 or holds control characters, a field over 8 KiB or with a carriage return before a line feed, a code that looks
// like what Excel makes of long numbers, an id with blanks around it, a cluster name or joint owner that is empty or contains "；". Any platform is accepted; reading needs ReadOptions.Platforms for those it does not know.
func Write(w io.Writer, reg account.Register, o WriteOptions) error {
	rows, err := encode(reg)
	if err != nil {
		return err
	}
	if o.BOM {
		if _, err := io.WriteString(w, bom); err != nil {
			return writing(err)
		}
	}
	return writeRows(w, rows, o.BOM)
}

func writeRows(w io.Writer, rows [][]string, crlf bool) error {
	var line bytes.Buffer
	one := csv.NewWriter(&line) // its own UseCRLF would change line breaks inside fields
	for _, fields := range rows {
		line.Reset()
		if err := one.Write(fields); err != nil {
			return writing(err)
		}
		if one.Flush(); crlf {
			line.Truncate(line.Len() - 1)
			line.WriteString("\r\n")
		}
		if _, err := w.Write(line.Bytes()); err != nil {
			return writing(err)
		}
	}
	return nil
}

func writing(err error) error {
	return govmedia.Errorf(govmedia.KindInternal, "register.write", "%w", err)
}

// encode returns the rows of the file, the header first.
func encode(reg account.Register) ([][]string, error) {
	t := columnsOf(reg)
	header := make([]string, len(t.at))
	for i, c := range t.at {
		header[i] = c.name
	}
	all, err := join(reg)
	if err != nil {
		return nil, err
	}
	rows := [][]string{header}
	for _, r := range all {
		fields, err := t.encode(r)
		if err != nil {
			return nil, err
		}
		rows = append(rows, fields)
	}
	return rows, nil
}

// columnsOf are the columns of a register's file: all but those about which it says nothing.
func columnsOf(reg account.Register) table {
	t := table{maxField: defaultField}
	for _, c := range columns(nil) {
		if !slices.Contains(reg.Unsaid, c.unsaid) || c.unsaid == "" {
			t.at = append(t.at, &c)
		}
	}
	return t
}

// join pairs each account with its unit and adds the units without accounts.
func join(reg account.Register) ([]row, error) {
	units, used := map[string]account.Unit{}, map[string]bool{}
	for _, u := range reg.Units {
		if _, twice := units[u.ID]; twice {
			return nil, refused("unit %q is in the register twice", u.ID)
		}
		units[u.ID] = u
	}
	var rows []row
	seen := map[string]bool{}
	for _, a := range reg.Accounts {
		u, ok := units[a.Unit]
		if !ok {
			return nil, refused("account %q: its unit %q is not in the register", a.ID, a.Unit)
		}
		if seen[a.ID] {
			return nil, refused("account %q is in the register twice", a.ID)
		}
		seen[a.ID], used[u.ID] = true, true
		rows = append(rows, row{u, a})
	}
	for _, u := range reg.Units {
		if !used[u.ID] {
			rows = append(rows, row{unit: u})
		}
	}
	return rows, nil
}

// encode returns the fields of one row, after making sure that they read back as the same row.
func (t table) encode(r row) ([]string, error) {
	r = r.plainly()
	fields := make([]string, len(t.at))
	for i, c := range t.at {
		fields[i] = neutralise(c.get(r))
	}
	back, problems, _ := t.parse(fields)
	for _, p := range problems {
		return nil, refused("unit %q, account %q: %s: %s", r.unit.ID, r.account.ID, p.column, p.explanation)
	}
	if back.account.Expires.Equal(r.account.Expires) {
		back.account.Expires = r.account.Expires // in whatever zone
	}
	if !reflect.DeepEqual(back, r) {
		return nil, refused("unit %q, account %q: a field would not read back as it is; is there a “；” in the name of a cluster, or a “；” or a blank around an id?", r.unit.ID, r.account.ID)
	}
	return fields, nil
}

func refused(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, "register.write", format, args...)
}
