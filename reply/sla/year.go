package sla

import (
	"bytes"
	_ "embed" // the built-in data is an embedded file
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Years before 1992 are refused because the default zone, a fixed UTC+8, is only true since China's daylight saving
// ended in 1991. Years after 2199 would not fit into nanoseconds of 64 bits.
const (
	minYear = 1992
	maxYear = 2199
)

const (
	yearsFormat = "govmedia/sla/years/1"
	maxData     = 1 << 20
	maxYears    = 100
	maxDays     = 400
	maxText     = 500
	maxDepth    = 8
)

// DayKind says what is special about a day. Its zero value is invalid.
type DayKind string

// The kinds of special day.
const (
	Holiday DayKind = "holiday" // 放假: the day is not worked
	MakeUp  DayKind = "make_up" // 调休上班: the day is worked, although it may be a weekend day
)

// Day (日历条目) is an entry for one civil date, or for a stretch of them, that departs from the weekly windows.
type Day struct {
	Kind    DayKind  `json:"kind"`
	Name    string   `json:"name"`              // such as 春节
	Date    Date     `json:"date"`              // a date of its year, or of the December before
	Through Date     `json:"through,omitzero"`  // the last date of a stretch; zero means Date alone
	Windows []Window `json:"windows,omitempty"` // only for MakeUp; empty means [Config.MakeUp]
	Source  string   `json:"source,omitempty"`  // the document that says so; empty means the Source of the year
}

// Year (年度放假安排) holds the special days of one calendar year. A Year without any Days is a statement too: nothing but
// the weekly windows applies. The zero Year is invalid.
type Year struct {
	Year    int    `json:"year"`    // 1992 to 2199
	Version string `json:"version"` // of this entry; changes when a notice is corrected
	Source  string `json:"source"`  // the document that announced the year
	Days    []Day  `json:"days"`    // at most 400
}

//go:embed data/china.json
var chinaYears []byte

// China returns the working-day data of mainland China for 2024, 2025 and 2026, each with the State Council notice that
// it follows. Every call returns a fresh copy, which the caller may change or append to.
func China() []Year {
	years, err := ParseYears(chinaYears)
	if err != nil {
		panic(err) // a broken build: the file is part of the program and a test reads it
	}
	return years
}

// ParseYears reads years from JSON, in the form of this package's data/china.json:
//
//	{"format": "govmedia/sla/years/1", "years": [{"year": 2027, "version": "1", "source": "…", "days": [
//	  {"kind": "holiday", "name": "春节", "date": "2027-02-05", "through": "2027-02-11"},
//	  {"kind": "make_up", "name": "春节调休", "date": "2027-02-20", "windows": ["09:00-12:00"]}]}]}
//
// (The dates are invented.) It is strict: unknown, repeated or oddly spelt keys, trailing data, dates that do not exist
// and contradicting entries are refused with an [*InputError]. Data may have 1 MiB and 100 years.
func ParseYears(data []byte) ([]Year, error) {
	const what = "years file"
	if len(data) > maxData {
		return nil, inputError(what, "%d bytes, at most %d are allowed", len(data), maxData)
	}
	if !utf8.Valid(data) {
		return nil, inputError(what, "not valid UTF-8")
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(data)), maxDepth); err != nil {
		return nil, inputError(what, "%.200s", err.Error())
	}
	var file struct {
		Format string `json:"format"`
		Years  []Year `json:"years"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, inputError(what, "%.200s", err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, inputError(what, "data after the end")
	}
	var p problems
	if file.Format != yearsFormat {
		p.addf("format is %.40q, want %q", file.Format, yearsFormat)
	}
	if len(file.Years) == 0 {
		p.addf("no years")
	}
	entries(file.Years, &p)
	return file.Years, p.err(what)
}

// checkKeys refuses what encoding/json lets pass: repeated keys, and keys that match a field only after case folding.
func checkKeys(dec *json.Decoder, depth int) error {
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	open, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	if depth == 0 {
		return errors.New("nested too deeply")
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			tok, err := dec.Token()
			if err != nil {
				return err
			}
			key, _ := tok.(string)
			if seen[key] {
				return fmt.Errorf("key %.40q is repeated", key)
			}
			for _, c := range key {
				if c < 'a' || c > 'z' {
					return fmt.Errorf("unknown key %.40q", key)
				}
			}
			seen[key] = true
		}
		if err := checkKeys(dec, depth-1); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// entries checks years and returns the entry of every special day by its day number. Windows in it are sorted copies.
func entries(years []Year, p *problems) map[int]Day {
	if len(years) > maxYears {
		p.addf("%d years, at most %d are allowed", len(years), maxYears)
		return nil
	}
	days, seen := map[int]Day{}, map[int]bool{}
	for _, y := range years {
		if y.Year < minYear || y.Year > maxYear {
			p.addf("year %d is outside %d-%d", y.Year, minYear, maxYear)
			continue
		}
		if seen[y.Year] {
			p.addf("year %d is given twice", y.Year)
		}
		seen[y.Year] = true
		checkText(p, fmt.Sprintf("year %d: version", y.Year), y.Version, true)
		checkText(p, fmt.Sprintf("year %d: source", y.Year), y.Source, true)
		if len(y.Days) > maxDays {
			p.addf("year %d: %d days, at most %d are allowed", y.Year, len(y.Days), maxDays)
			continue
		}
		for _, d := range y.Days {
			d.enter(days, y.Year, p)
		}
	}
	return days
}

// enter checks the entry and puts it into days once for each of its dates.
func (d Day) enter(days map[int]Day, year int, p *problems) {
	where := fmt.Sprintf("year %d: %s", year, d.Date)
	if d.Kind != Holiday && d.Kind != MakeUp {
		p.addf("%s: kind is %.40q, want %q or %q", where, d.Kind, Holiday, MakeUp)
	}
	checkText(p, where+": name", d.Name, true)
	checkText(p, where+": source", d.Source, false)
	if d.Kind == Holiday && len(d.Windows) > 0 {
		p.addf("%s: a holiday has no windows", where)
	}
	d.Windows = sorted(d.Windows, where, p)
	if d.Through == (Date{}) {
		d.Through = d.Date
	}
	if !d.Date.valid() || !d.Through.valid() {
		p.addf("%s through %s: no such date", where, d.Through)
		return
	}
	first, last := d.Date.number(), d.Through.number()
	if first < (Date{year - 1, 12, 1}).number() || last > (Date{year, 12, 31}).number() || first > last {
		p.addf("%s through %s: want dates in order, of %d or the December before", where, d.Through, year)
		return
	}
	for n := first; n <= last; n++ {
		if other, ok := days[n]; ok {
			p.addf("%s: %s is both %q and %q", where, dateOf(n), other.Name, d.Name)
			return
		}
		days[n] = d
	}
}

func checkText(p *problems, what, text string, required bool) {
	if required && text == "" {
		p.addf("%s is missing", what)
	}
	if len(text) > maxText {
		p.addf("%s has %d bytes, at most %d are allowed", what, len(text), maxText)
	}
	if !utf8.ValidString(text) {
		p.addf("%s is not valid UTF-8", what)
	}
}
