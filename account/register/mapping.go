package register

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"

	"github.com/govmedia/govmedia"
)

//go:embed mapping.json
var mappingJSON []byte

// supervisorName is a field of a mapping that is no column of the register: it follows from 主管单位编号.
const supervisorName = "主管单位名称"

// Mapping (字段对照) says what the columns of a filing platform's export mean. The official list of columns is not
// public, so that a mapping is data with its source, to be replaced by the integrator's own.
type Mapping struct {
	ID         string     `json:"id"`         // findings about columns repeat it
	Version    string     `json:"version"`    // such as "2026-11"; every finding repeats it
	Citation   string     `json:"citation"`   // where the names of the columns are from, in Chinese
	Effective  string     `json:"effective"`  // since when, YYYY-MM-DD; empty when the source says nothing
	Confidence string     `json:"confidence"` // S sure, L likely, U unsure; M, recalled, is for an integrator's own
	Own        bool       `json:"own"`        // columns named like those of the register mean the same
	Fields     []FieldMap `json:"fields"`
	Values     []ValueMap `json:"values"`
}

// FieldMap says that columns of these names mean one field.
type FieldMap struct {
	Columns []string `json:"columns"`
	// Field is the name of a column of the register, or 主管单位名称. Empty means that the register does not hold it: it is
	// reported and handed through, and not compared.
	Field string `json:"field"`
}

// ValueMap says that a value of the export means a value of the register.
type ValueMap struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// BuiltInMapping returns the mapping of this version of the package: the register's own form, and column names that
// local authorities have used in public. Every call gives a copy of its own.
func BuiltInMapping() Mapping {
	m, err := ReadMapping(bytes.NewReader(mappingJSON))
	if err != nil {
		panic("register: the embedded mapping.json is damaged: " + err.Error())
	}
	return m
}

// ReadMapping reads a mapping in the form of mapping.json, the file embedded in this package. An unknown field, a missing
// id, version or citation, an unknown confidence, a field that the register does not have, and a column or a value with two
// meanings give a KindInvalid error.
func ReadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Mapping{}, govmedia.Errorf(govmedia.KindInvalid, "register.mapping", "%w", err)
	}
	if err := m.validate(); err != nil {
		return Mapping{}, err
	}
	return m, nil
}

func (m Mapping) validate() error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "register.mapping", format, args...)
	}
	if m.ID == "" || m.Version == "" || m.Citation == "" {
		return bad("a mapping needs an id, a version and a citation")
	}
	if !slices.Contains([]string{"S", "L", "U", "M"}, m.Confidence) {
		return bad("unknown confidence %q; use S, L, U or M", m.Confidence)
	}
	fields := fieldNames()
	names := map[string]string{}
	if m.Own {
		for _, f := range fields {
			names[f] = f
		}
	}
	for _, f := range m.Fields {
		if f.Field != "" && !slices.Contains(fields, f.Field) {
			return bad("the register has no column %q", f.Field)
		}
		if len(f.Columns) == 0 {
			return bad("field %q has no columns", f.Field)
		}
		for _, c := range f.Columns {
			if before, twice := names[c]; c == "" || twice && before != f.Field {
				return bad("column %q is empty or means both %q and %q", c, before, f.Field)
			}
			names[c] = f.Field
		}
	}
	values := map[[2]string]bool{}
	for _, v := range m.Values {
		key := [2]string{v.Field, v.From}
		if !slices.Contains(fields, v.Field) || v.From == "" || v.To == "" || values[key] {
			return bad("value %q of %q is incomplete, of an unknown column, or there twice", v.From, v.Field)
		}
		values[key] = true
	}
	return nil
}

// fieldNames are the names that a mapping may refer to.
func fieldNames() []string {
	var names []string
	for _, c := range columns(nil) {
		names = append(names, c.name)
	}
	return append(names, supervisorName)
}

// field returns what a column of the export means; known is false when nobody says.
func (m Mapping) field(column string) (name string, known bool) {
	for _, f := range m.Fields {
		if slices.Contains(f.Columns, column) {
			return f.Field, true
		}
	}
	if m.Own && slices.Contains(fieldNames(), column) {
		return column, true
	}
	return "", false
}

// value returns what a value of the export is in the register.
func (m Mapping) value(field, s string) string {
	for _, v := range m.Values {
		if v.Field == field && v.From == s {
			return v.To
		}
	}
	return s
}

// source is the citation that findings about the export carry.
func (m Mapping) source() string {
	words := map[string]string{"S": "已核对原文", "L": "据公开通报，未见原文", "U": "来源说法不一", "M": "未经核实"}
	return m.Citation + "（" + words[m.Confidence] + "）"
}
