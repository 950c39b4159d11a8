package sla_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

func TestR6_ChinaWorkingDays(t *testing.T) {
	cal := office(t, "09:00-17:00")
	for year, want := range map[int]int{2024: 251, 2025: 248, 2026: 248} {
		got := 0
		for d := time.Date(year, 1, 1, 12, 0, 0, 0, beijing); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if ok, err := cal.IsWorkday(cal.Date(d)); err != nil {
				t.Fatal(err)
			} else if ok {
				got++
			}
		}
		if got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
	}
}

func TestR6_ChinaDataIsCitedAndConsistent(t *testing.T) {
	for _, y := range sla.China() {
		if !strings.Contains(y.Source, "gov.cn") || y.Version == "" {
			t.Errorf("%d: source %q, version %q", y.Year, y.Source, y.Version)
		}
		for _, d := range y.Days {
			day := time.Date(d.Date.Year, d.Date.Month, d.Date.Day, 0, 0, 0, 0, time.UTC)
			if weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; d.Kind == sla.MakeUp && !weekend {
				t.Errorf("%s is a make-up day, but no weekend", d.Date)
			}
		}
	}
	sla.China()[0].Days[0].Name = "changed"
	if sla.China()[0].Days[0].Name != "元旦" {
		t.Error("China returns shared data")
	}
}

func TestR6_DecemberOfTheYearBefore(t *testing.T) {
	cal := office(t, "09:00-17:00", func(c *sla.Config) {
		c.Years = append(c.Years, sla.Year{Year: 2027, Version: "x", Source: "invented", Days: []sla.Day{
			{Kind: sla.Holiday, Name: "元旦", Date: date(t, "2026-12-31"), Through: date(t, "2027-01-02")}}})
	})
	got, err := cal.Add(at(t, "2026-12-30 16:30"), time.Hour)
	wantTime(t, got, err, "2027-01-04 09:30")
}

const oneYear = `{"format":"govmedia/sla/years/1","years":[{"year":2027,"version":"1","source":"s","days":[
	{"kind":"holiday","name":"春节","date":"2027-02-05","through":"2027-02-11"},
	{"kind":"make_up","name":"调休","date":"2027-02-20","windows":["09:00-12:00","14:00-24:00"],"source":"另文"}]}]}`

func TestR6_ParseYears(t *testing.T) {
	got, err := sla.ParseYears([]byte(oneYear))
	if err != nil {
		t.Fatal(err)
	}
	want := []sla.Year{{Year: 2027, Version: "1", Source: "s", Days: []sla.Day{
		{Kind: sla.Holiday, Name: "春节", Date: date(t, "2027-02-05"), Through: date(t, "2027-02-11")},
		{Kind: sla.MakeUp, Name: "调休", Date: date(t, "2027-02-20"), Windows: windows(t, "09:00-12:00 14:00-24:00"), Source: "另文"},
	}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestR6_ParseYearsIsStrict(t *testing.T) {
	for name, c := range map[string]struct{ old, new, part string }{
		"unknown key":      {`"name":`, `"title":"x","name":`, "unknown field"},
		"upper case":       {`"name":`, `"Name":`, "unknown key"},
		"repeated key":     {`"name":"春节"`, `"name":"春节","name":"春节"`, "repeated"},
		"trailing data":    {`]}]}`, `]}]}{}`, "after the end"},
		"broken":           {`]}]}`, `]}`, "EOF"},
		"format":           {`years/1`, `years/2`, "format"},
		"no such date":     {`2027-02-11`, `2027-02-29`, "2027-02-29"},
		"short date":       {`2027-02-11`, `2027-2-11`, "form 2006-01-02"},
		"other year":       {`2027-02-11`, `2028-02-11`, "want dates in order"},
		"backwards":        {`2027-02-11`, `2027-02-04`, "want dates in order"},
		"window":           {`09:00-12:00`, `9:00-12:00`, "form 09:00-12:00"},
		"window minute":    {`09:00-12:00`, `09:00-11:60`, "form 09:00-12:00"},
		"window after day": {`14:00-24:00`, `14:00-24:01`, "leaves the day"},
		"midnight":         {`14:00-24:00`, `14:00-02:00`, "crosses midnight"},
		"overlap":          {`14:00-24:00`, `11:59-24:00`, "overlap"},
		"twice":            {`2027-02-20`, `2027-02-10`, "is both"},
		"no source":        {`"source":"s"`, `"source":""`, "source is missing"},
		"not UTF-8":        {`春`, "\xff", "UTF-8"},
		"long text":        {`春`, strings.Repeat("春", 200), "at most 500"},
		"nesting":          {`"days":[`, `"days":[` + strings.Repeat("[", 1000), "nested"},
		"size":             {`"days":[`, `"days":[` + strings.Repeat(" ", 1<<20), "1048576"},
		"null":             {oneYear, `null`, "no years"},
		"empty":            {oneYear, ``, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(oneYear, c.old) {
				t.Fatalf("nothing to replace")
			}
			_, err := sla.ParseYears([]byte(strings.Replace(oneYear, c.old, c.new, 1)))
			wantInput(t, err, c.part)
		})
	}
}

func TestR6_TextForms(t *testing.T) {
	for _, w := range []sla.Window{{}, {From: -time.Hour, To: time.Hour}} {
		if text, err := w.MarshalText(); err == nil {
			t.Errorf("invalid window marshals as %q", text)
		}
	}
	if text, err := (sla.Date{}).MarshalText(); err == nil {
		t.Errorf("zero date marshals as %q", text)
	}
	text, err := json.Marshal(sla.Day{Kind: sla.MakeUp, Date: date(t, "2026-02-14"), Windows: windows(t, "22:00-24:00")})
	if want := `{"kind":"make_up","name":"","date":"2026-02-14","windows":["22:00-24:00"]}`; err != nil || string(text) != want {
		t.Errorf("got %s, %v, want %s", text, err, want)
	}
}
