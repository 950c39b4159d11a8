package sla_test

import (
	"testing"
	"time"
	_ "time/tzdata" // only the tests need zones other than the default

	"github.com/govmedia/govmedia/reply/sla"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// plain is a calendar in another zone whose years have no special days.
func plain(t testing.TB, name, hours string, years ...int) *sla.Calendar {
	t.Helper()
	return office(t, "", func(c *sla.Config) {
		c.Zone, c.Years = zone(t, name), nil
		for d := range c.Week {
			c.Week[d] = windows(t, hours)
		}
		for _, y := range years {
			c.Years = append(c.Years, sla.Year{Year: y, Version: "1", Source: "test"})
		}
	})
}

func TestR6_DefaultZoneIsShanghai(t *testing.T) {
	fixed := office(t, "09:00-17:00")
	real := office(t, "09:00-17:00", func(c *sla.Config) { c.Zone = zone(t, "Asia/Shanghai") })
	urumqi := at(t, "2026-02-13 14:30").In(zone(t, "Asia/Urumqi")) // 12:30 on a clock in Urumqi
	for _, cal := range []*sla.Calendar{fixed, real} {
		got, err := cal.Add(urumqi, 3*time.Hour)
		wantTime(t, got, err, "2026-02-14 09:30")
		if name := got.Location().String(); name != "Asia/Shanghai" {
			t.Errorf("result is in %q", name)
		}
	}
	start, end := at(t, "2024-01-01 00:00"), at(t, "2027-01-01 00:00")
	a, err := fixed.Between(start, end)
	b, err2 := real.Between(start, end)
	if err != nil || err2 != nil || a != b || a != (251+248+248)*8*time.Hour {
		t.Errorf("three years: %v %v, %v %v", a, err, b, err2)
	}
	if fixed.Date(urumqi) != date(t, "2026-02-13") || fixed.Zone().String() != "Asia/Shanghai" {
		t.Error("date or zone is wrong")
	}
}

func TestR6_DaylightSaving(t *testing.T) {
	newYork := zone(t, "America/New_York")
	cal := plain(t, "America/New_York", "01:30-02:30 09:00-17:00", 2026)
	// On 2026-03-08 the clock jumps from 02:00 to 03:00, on 2026-11-01 it goes back from 02:00 to 01:00.
	for text, want := range map[string]time.Duration{
		"2026-03-07": 9 * time.Hour,
		"2026-03-08": 8*time.Hour + 30*time.Minute, // 02:00-02:30 does not exist
		"2026-11-01": 9*time.Hour + 30*time.Minute, // 01:30-02:00 is shown twice
	} {
		midnight, err := time.ParseInLocation(time.DateOnly, text, newYork)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cal.Between(midnight, midnight.AddDate(0, 0, 1)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, c := range []struct{ from, want string }{{"2026-03-07 16:30", "2026-03-08 09:30"}, {"2026-10-31 16:30", "2026-11-01 09:30"}} {
		from, _ := time.ParseInLocation("2006-01-02 15:04", c.from, newYork)
		nine := plain(t, "America/New_York", "09:00-17:00", 2026)
		got, err := nine.Add(from, time.Hour)
		if text := got.Format("2006-01-02 15:04"); err != nil || text != c.want {
			t.Errorf("got %s, %v, want %s", text, err, c.want)
		}
	}
}

// Zones that move at midnight, skip a whole date or are offset by half an hour, against a count of each minute.
func TestR6_OddZonesAgainstOracle(t *testing.T) {
	for name, from := range map[string]string{
		"Europe/Berlin": "2026-03-25", "Africa/Cairo": "2026-04-20", "America/Havana": "2026-10-28",
		"Australia/Lord_Howe": "2026-04-01", "Pacific/Apia": "2011-12-27", "America/St_Johns": "2006-10-26",
		"Asia/Pyongyang": "2018-05-02", "Africa/Casablanca": "2026-02-13",
	} {
		loc := zone(t, name)
		start, err := time.ParseInLocation(time.DateOnly, from, loc)
		if err != nil {
			t.Fatal(err)
		}
		for _, hours := range []string{"00:00-24:00", "00:00-00:45 01:30-02:30 23:10-24:00", "09:00-17:00"} {
			cal := plain(t, name, hours, start.Year(), start.Year()+1)
			want := time.Duration(0)
			for m := start; m.Before(start.Add(8 * 24 * time.Hour)); m = m.Add(time.Minute) {
				if got, err := cal.Between(start, m); err != nil || got != want {
					t.Fatalf("%s %s: until %v got %v, %v, want %v", name, hours, m, got, err, want)
				}
				shown := time.Duration(m.Hour())*time.Hour + time.Duration(m.Minute())*time.Minute
				for _, w := range windows(t, hours) {
					if w.From <= shown && shown < w.To {
						want += time.Minute
					}
				}
			}
		}
	}
}
