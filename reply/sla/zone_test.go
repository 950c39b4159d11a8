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
	loaded := office(t, "09:00-17:00", func(c *sla.Config) { c.Zone = zone(t, "Asia/Shanghai") })
	urumqi := at(t, "2026-02-13 14:30").In(zone(t, "Asia/Urumqi")) // 12:30 on a clock in Urumqi
	for _, cal := range []*sla.Calendar{fixed, loaded} {
		got, err := cal.Add(urumqi, 3*time.Hour)
		wantTime(t, got, err, "2026-02-14 09:30")
		if name := got.Location().String(); name != "Asia/Shanghai" {
			t.Errorf("result is in %q", name)
		}
	}
	start, end := at(t, "2024-01-01 00:00"), at(t, "2027-01-01 00:00")
	a, err := fixed.Between(start, end)
	b, err2 := loaded.Between(start, end)
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

// 31 December of a leap year once hung: time.Time.ZoneBounds returns an end in the past there.
func TestR6_LeapYearBeyondTheZoneTable(t *testing.T) {
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe"} {
		cal := plain(t, name, "09:00-17:00", 2048, 2049)
		start := time.Date(2048, 12, 30, 16, 0, 0, 0, cal.Zone())
		got, err := cal.Add(start, 17*time.Hour)
		if text := got.Format("2006-01-02 15:04"); err != nil || text != "2049-01-01 17:00" {
			t.Errorf("%s: got %s, %v", name, text, err)
		}
		year, err := cal.Between(time.Date(2048, 1, 1, 0, 0, 0, 0, cal.Zone()), time.Date(2050, 1, 1, 0, 0, 0, 0, cal.Zone()))
		if want := (366 + 365) * 8 * time.Hour; err != nil || year != want {
			t.Errorf("%s: got %v, %v, want %v", name, year, err, want)
		}
	}
}

// The most that New accepts must build soon.
func TestR6_LargestCalendar(t *testing.T) {
	var hourly []sla.Window
	for h := range 16 {
		hourly = append(hourly, sla.Window{From: time.Duration(h) * time.Hour, To: time.Duration(h)*time.Hour + time.Minute})
	}
	start := time.Now()
	cal := office(t, "", func(c *sla.Config) {
		c.Zone, c.Years = zone(t, "America/New_York"), nil
		for d := range c.Week {
			c.Week[d] = hourly
		}
		for y := range 100 {
			c.Years = append(c.Years, sla.Year{Year: 2100 + y, Version: "1", Source: "test"})
		}
		for i := range 10_000 {
			c.Closures = append(c.Closures, sla.Closure{Name: "x", Source: "x",
				Date: sla.Date{Year: 2150, Month: time.January, Day: 1 + i%31}, Windows: hourly})
		}
	})
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	_, err := cal.AddDays(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC), 100*365)
	wantYear(t, err, 2200)
	_, err = cal.Add(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC), 1<<63-1)
	wantYear(t, err, 2200)
}

// Zones that move at midnight, skip a whole date or are offset by half an hour, against a count of every fifth minute,
// on which all windows and changes here fall; only St John's changed its clocks at 00:01.
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
			want, list := time.Duration(0), windows(t, hours)
			step := 5 * time.Minute
			if name == "America/St_Johns" {
				step = time.Minute
			}
			for m := start; m.Before(start.Add(8 * 24 * time.Hour)); m = m.Add(step) {
				if got, err := cal.Between(start, m); err != nil || got != want {
					t.Fatalf("%s %s: until %v got %v, %v, want %v", name, hours, m, got, err, want)
				}
				shown := time.Duration(m.Hour())*time.Hour + time.Duration(m.Minute())*time.Minute
				for _, w := range list {
					if w.From <= shown && shown < w.To {
						want += step
					}
				}
			}
		}
	}
}
