package sla_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

func FuzzAddBetween(f *testing.F) {
	cals := []*sla.Calendar{
		office(f, "09:00-17:00"),
		office(f, "09:00-12:00 14:00-17:30", func(c *sla.Config) {
			c.Closures = []sla.Closure{{Name: "x", Source: "x", From: at(f, "2026-03-03 11:00").Add(7), To: at(f, "2026-03-04 14:30").Add(1)}}
		}),
		office(f, "00:00-24:00"),
		plain(f, "America/New_York", "00:30-01:30 02:00-24:00", 2025, 2026),
		plain(f, "Australia/Lord_Howe", "00:00-24:00", 2024, 2025, 2026),
		plain(f, "America/Havana", "00:00-00:01 23:59-24:00", 2026, 2024),
	}
	f.Add(uint8(0), at(f, "2026-02-13 16:30").Unix(), int64(0), int64(time.Hour))
	f.Add(uint8(1), at(f, "2026-03-02 12:30").Unix(), int64(1), int64(30*time.Hour))
	f.Add(uint8(2), at(f, "2026-12-31 23:59").Unix(), int64(0), int64(time.Minute))
	f.Add(uint8(3), at(f, "2026-11-01 13:00").Unix(), int64(999), int64(time.Hour))
	f.Add(uint8(100), at(f, "2025-05-01 00:00").Unix(), int64(-5), int64(1234567890123456))
	f.Add(uint8(4), at(f, "2024-01-01 00:00").Unix(), int64(0), int64(1<<62))
	first, years := at(f, "2023-12-01 00:00").Unix(), int64(4*366*24*60*60)
	f.Fuzz(func(t *testing.T, which uint8, sec, nsec, d int64) {
		cal, from := cals[int(which)%len(cals)], time.Unix(sec, nsec)
		if which >= 64 { // otherwise almost every number is in an unknown year
			from = time.Unix(first+(sec%years+years)%years, nsec%1e9)
			d %= years * 1e9
		}
		due, err := cal.Add(from, time.Duration(d))
		if err != nil {
			_, year := errors.AsType[*sla.YearError](err)
			_, input := errors.AsType[*sla.InputError](err)
			if !year && !input || input != (d < 0) {
				t.Fatalf("Add(%v, %v): %v", from, time.Duration(d), err)
			}
			return
		}
		if got, err := cal.Between(from, due); err != nil || got != time.Duration(d) {
			t.Fatalf("Between(%v, Add = %v) = %v, %v, want %v", from, due, got, err, time.Duration(d))
		}
		if back, err := cal.Between(due, from); d > 0 && (err != nil || back != -time.Duration(d)) {
			t.Fatalf("backwards: %v, %v", back, err)
		}
		if d > 0 {
			if early, err := cal.Between(from, due.Add(-1)); err != nil || early != time.Duration(d)-1 {
				t.Fatalf("%v is not the earliest: %v, %v", due, early, err)
			}
			if half, err := cal.Add(from, time.Duration(d/2)); err != nil || half.After(due) {
				t.Fatalf("half of it ends at %v, %v", half, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(oneYear))
	f.Add([]byte(`{"format":"govmedia/sla/years/1","years":[{"year":2199,"version":"1","source":"s"},{"year":1992,"version":"1","source":"s","days":null}]}`))
	f.Add([]byte(`{"format":1,"years":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		years, err := sla.ParseYears(data)
		if err != nil {
			wantInput(t, err, "")
			return
		}
		again, err := json.Marshal(map[string]any{"format": "govmedia/sla/years/1", "years": years})
		if err != nil {
			t.Fatal(err)
		}
		if same, err := sla.ParseYears(again); err != nil || !equalYears(same, years) {
			t.Fatalf("%s: %v", again, err)
		}
		cal := office(t, "09:00-17:00", func(c *sla.Config) { c.Years = years })
		for _, y := range years {
			if _, err := cal.IsWorkday(sla.Date{Year: y.Year, Month: 12, Day: 31}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// equalYears compares without telling an empty list from none.
func equalYears(a, b []sla.Year) bool {
	for _, years := range [][]sla.Year{a, b} {
		for i := range years {
			years[i].Days = append([]sla.Day{}, years[i].Days...)
			for j := range years[i].Days {
				years[i].Days[j].Windows = append([]sla.Window{}, years[i].Days[j].Windows...)
			}
		}
	}
	return reflect.DeepEqual(a, b)
}
