package sla_test

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

var beijing = time.FixedZone("", 8*60*60)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	got, err := time.ParseInLocation("2006-01-02 15:04:05", text, beijing)
	if err != nil {
		got, err = time.ParseInLocation("2006-01-02 15:04", text, beijing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func date(t testing.TB, text string) (d sla.Date) {
	t.Helper()
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

// windows parses "09:00-12:00 14:00-17:30".
func windows(t testing.TB, text string) []sla.Window {
	t.Helper()
	var out []sla.Window
	for field := range strings.FieldsSeq(text) {
		var w sla.Window
		if err := w.UnmarshalText([]byte(field)); err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	return out
}

// office is a calendar from Monday to Friday with the China data; change alters its configuration.
func office(t testing.TB, hours string, change ...func(*sla.Config)) *sla.Calendar {
	t.Helper()
	cfg := sla.Config{Name: "测试", Version: "1", Week: sla.WorkWeek(windows(t, hours)...), Years: sla.China()}
	for _, f := range change {
		f(&cfg)
	}
	cal, err := sla.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func wantTime(t testing.TB, got time.Time, err error, want string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(at(t, want)) {
		t.Errorf("got %s, want %s", got.Format("2006-01-02 15:04:05.999999999"), want)
	}
}

func wantYear(t testing.TB, err error, year int) {
	t.Helper()
	e, ok := errors.AsType[*sla.YearError](err)
	if !ok || e.Year != year || e.Calendar != "测试" {
		t.Fatalf("got error %v, want a YearError for %d", err, year)
	}
	for _, part := range []string{"测试", "Config.Years", strconv.Itoa(year)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not mention %q", err, part)
		}
	}
}

func wantInput(t testing.TB, err error, part string) {
	t.Helper()
	if e, ok := errors.AsType[*sla.InputError](err); !ok || len(e.Problems) == 0 || !strings.Contains(err.Error(), part) {
		t.Fatalf("got error %v, want an InputError with %q", err, part)
	}
}

func TestR6_MakeUpDayCountsAndHolidayDoesNot(t *testing.T) {
	cal := office(t, "09:00-17:00")
	for text, want := range map[string]bool{
		"2026-02-13": true,  // Friday
		"2026-02-14": true,  // Saturday, make-up day
		"2026-02-15": false, // Sunday, holiday
		"2026-02-16": false, // Monday, holiday
		"2026-02-23": false, // Monday, holiday
		"2026-02-24": true,  // Tuesday
		"2026-02-28": true,  // Saturday, make-up day
		"2026-03-01": false, // Sunday
	} {
		if got, err := cal.IsWorkday(date(t, text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	got, err := cal.Add(at(t, "2026-02-13 16:30"), time.Hour)
	wantTime(t, got, err, "2026-02-14 09:30")
	got, err = cal.Add(at(t, "2026-02-14 16:30"), time.Hour)
	wantTime(t, got, err, "2026-02-24 09:30")
	worked, err := cal.Between(at(t, "2026-02-14 00:00"), at(t, "2026-02-24 00:00"))
	if err != nil || worked != 8*time.Hour {
		t.Errorf("got %v, %v, want the 8 hours of the make-up day", worked, err)
	}
}

func TestR6_FridayEveningEndsMondayMorning(t *testing.T) {
	cal := office(t, "09:00-17:00")
	got, err := cal.Add(at(t, "2026-01-09 16:30"), time.Hour)
	wantTime(t, got, err, "2026-01-12 09:30")
	got, err = cal.Add(at(t, "2026-01-09 16:30"), 30*time.Minute)
	wantTime(t, got, err, "2026-01-09 17:00") // the earliest such instant
	got, err = cal.Add(at(t, "2026-01-10 03:00"), 0)
	wantTime(t, got, err, "2026-01-10 03:00")
}

func TestR6_LunchBreak(t *testing.T) {
	cal := office(t, "14:00-17:30 09:00-12:00")
	got, err := cal.Next(at(t, "2026-01-09 12:30"))
	wantTime(t, got, err, "2026-01-09 14:00")
	got, err = cal.Next(at(t, "2026-01-09 12:00"))
	wantTime(t, got, err, "2026-01-09 14:00") // the end is not inside
	got, err = cal.Next(at(t, "2026-01-09 09:00"))
	wantTime(t, got, err, "2026-01-09 09:00") // the start is
	got, err = cal.Add(at(t, "2026-01-09 12:30"), time.Nanosecond)
	wantTime(t, got.Add(-time.Nanosecond), err, "2026-01-09 14:00")
	got, err = cal.Add(at(t, "2026-01-09 11:45"), 30*time.Minute)
	wantTime(t, got, err, "2026-01-09 14:15")
}

func TestR6_WorkingDays(t *testing.T) {
	cal := office(t, "09:00-12:00 14:00-17:30")
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-02-12 00:00", 1, "2026-02-13 17:30"},
		{"2026-02-12 08:00", 1, "2026-02-13 17:30"}, // before opening: still the day of receipt
		{"2026-02-12 23:59", 1, "2026-02-13 17:30"},
		{"2026-02-13 10:00", 1, "2026-02-14 17:30"}, // a make-up Saturday
		{"2026-02-13 10:00", 2, "2026-02-24 17:30"}, // past the Spring Festival
		{"2026-02-16 10:00", 1, "2026-02-24 17:30"}, // received on a holiday
		{"2026-02-16 10:00", 5, "2026-02-28 17:30"}, // 24, 25, 26, 27, 28 (make-up)
		{"2024-01-01 00:00", 251, "2024-12-31 17:30"},
	} {
		got, err := cal.AddDays(at(t, c.from), c.n)
		wantTime(t, got, err, c.want)
	}
	_, err := cal.AddDays(at(t, "2026-02-13 10:00"), 0)
	wantInput(t, err, "0 working days")
	_, err = cal.AddDays(at(t, "2026-02-13 10:00"), math.MinInt)
	wantInput(t, err, "want 1 or more")
}

func TestR6_UnknownYear(t *testing.T) {
	cal := office(t, "09:00-17:00")
	inside, before, after := at(t, "2026-12-31 16:30"), at(t, "2023-12-31 23:59:59"), at(t, "2027-01-01 00:00")

	got, err := cal.Add(inside, 30*time.Minute) // the last working minute that is known
	wantTime(t, got, err, "2026-12-31 17:00")
	_, err = cal.Add(inside, 30*time.Minute+1)
	wantYear(t, err, 2027)
	_, err = cal.Add(inside, math.MaxInt64)
	wantYear(t, err, 2027)
	_, err = cal.Add(before, 0)
	wantYear(t, err, 2023)
	_, err = cal.AddDays(inside, 1)
	wantYear(t, err, 2027)
	_, err = cal.AddDays(at(t, "2024-01-01 00:00"), math.MaxInt)
	wantYear(t, err, 2027)
	_, err = cal.AddDays(before, 1)
	wantYear(t, err, 2023)
	_, err = cal.Next(at(t, "2026-12-31 17:00"))
	wantYear(t, err, 2027)
	_, err = cal.Next(after)
	wantYear(t, err, 2027)
	_, err = cal.Between(inside, after) // half open: nothing of 2027 is needed
	if err != nil {
		t.Error(err)
	}
	_, err = cal.Between(inside, after.Add(1))
	wantYear(t, err, 2027)
	_, err = cal.Between(after, after)
	wantYear(t, err, 2027)
	_, err = cal.Between(inside, before)
	wantYear(t, err, 2023)
	_, err = cal.Between(inside, time.Unix(1<<55, 0))
	wantYear(t, err, 2027)
	_, err = cal.IsWorkday(sla.Date{Year: 2028, Month: 2, Day: 29})
	wantYear(t, err, 2028)
	_, err = cal.Add(time.Time{}, time.Hour)
	wantYear(t, err, 1)

	if _, err := new(sla.Calendar).Add(inside, 1); !strings.Contains(err.Error(), "2026") {
		t.Errorf("zero calendar: %v", err)
	}
}

func TestR6_GapBetweenKnownYears(t *testing.T) {
	cal := office(t, "09:00-17:00", func(c *sla.Config) { c.Years = []sla.Year{c.Years[2], c.Years[0]} })
	_, err := cal.Between(at(t, "2024-06-01 00:00"), at(t, "2026-06-01 00:00"))
	wantYear(t, err, 2025)
	_, err = cal.Add(at(t, "2024-12-31 16:00"), 2*time.Hour)
	wantYear(t, err, 2025)
	got, err := cal.Add(at(t, "2026-01-04 16:00"), 2*time.Hour) // a make-up Sunday
	wantTime(t, got, err, "2026-01-05 10:00")
}

func TestR6_MakeUpWindows(t *testing.T) {
	saturday := at(t, "2026-02-14 00:00")
	worked := func(cal *sla.Calendar) time.Duration {
		d, err := cal.Between(saturday, saturday.Add(24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	week := sla.Week{time.Tuesday: windows(t, "10:00-15:00"), time.Friday: windows(t, "09:00-12:00"), time.Sunday: windows(t, "08:00-09:00")}
	own := []sla.Year{{Year: 2026, Version: "1", Source: "x", Days: []sla.Day{
		{Kind: sla.MakeUp, Name: "调休", Date: date(t, "2026-02-14"), Windows: windows(t, "09:00-10:00")}}}}
	for name, c := range map[string]struct {
		change func(*sla.Config)
		want   time.Duration
	}{
		"first worked weekday": {func(c *sla.Config) { c.Week = week }, 5 * time.Hour},
		"configured":           {func(c *sla.Config) { c.MakeUp = windows(t, "09:00-11:00") }, 2 * time.Hour},
		"of the entry":         {func(c *sla.Config) { c.MakeUp, c.Years = windows(t, "09:00-11:00"), own }, time.Hour},
		"replaces the weekly":  {func(c *sla.Config) { c.Week[time.Saturday] = windows(t, "09:00-09:30") }, 8 * time.Hour},
	} {
		if got := worked(office(t, "09:00-17:00", c.change)); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestR6_Closures(t *testing.T) {
	cal := office(t, "09:00-12:00 14:00-17:30", func(c *sla.Config) {
		c.Closures = []sla.Closure{
			{Name: "停电", Source: "通知", From: at(t, "2026-03-03 11:00"), To: at(t, "2026-03-03 14:30")},
			{Name: "停电", Source: "通知", From: at(t, "2026-03-03 14:00"), To: at(t, "2026-03-03 15:00")},
			{Name: "台风", Source: "通知", Date: date(t, "2026-03-05")},
			{Name: "搬迁", Source: "通知", Date: date(t, "2026-03-06"), Windows: windows(t, "16:00-24:00 10:00-10:10")},
			{Name: "未知年份", Source: "通知", Date: date(t, "2030-03-06")},
		}
	})
	got, err := cal.Add(at(t, "2026-03-03 10:30"), time.Hour)
	wantTime(t, got, err, "2026-03-03 15:30")
	got, err = cal.Next(at(t, "2026-03-03 11:00"))
	wantTime(t, got, err, "2026-03-03 15:00")
	got, err = cal.Add(at(t, "2026-03-04 17:30"), time.Hour+time.Minute)
	wantTime(t, got, err, "2026-03-06 10:11")
	if ok, err := cal.IsWorkday(date(t, "2026-03-05")); ok || err != nil {
		t.Errorf("a date that is closed altogether is no working day: %v, %v", ok, err)
	}
	got, err = cal.AddDays(at(t, "2026-03-04 09:00"), 1)
	wantTime(t, got, err, "2026-03-06 16:00")
}

func TestR6_NegativeDuration(t *testing.T) {
	cal := office(t, "09:00-17:00")
	_, err := cal.Add(at(t, "2026-03-03 10:30"), -1)
	wantInput(t, err, "negative")
	d, err := cal.Between(at(t, "2026-03-03 10:30"), at(t, "2026-03-02 16:30"))
	if err != nil || d != -2*time.Hour {
		t.Errorf("got %v, %v, want -2h", d, err)
	}
	_, err = cal.IsWorkday(sla.Date{Year: 2026, Month: 2, Day: 30})
	wantInput(t, err, "2026-02-30")
}

func TestR6_ConfigurationIsChecked(t *testing.T) {
	for part, change := range map[string]func(*sla.Config){
		"name is missing":      func(c *sla.Config) { c.Name = "" },
		"version is missing":   func(c *sla.Config) { c.Version = "" },
		"no weekday is worked": func(c *sla.Config) { c.Week = sla.Week{} },
		"write 22:00-24:00 on this day and 00:00-06:00 on the next": func(c *sla.Config) {
			c.Week[time.Friday] = []sla.Window{{From: 22 * time.Hour, To: 6 * time.Hour}}
		},
		"windows 09:00-12:00 and 11:00-13:00 overlap": func(c *sla.Config) {
			c.Week[time.Friday] = windows(t, "11:00-13:00 09:00-12:00")
		},
		"whole minutes": func(c *sla.Config) { c.MakeUp = []sla.Window{{From: time.Second, To: time.Minute}} },
		"is empty":      func(c *sla.Config) { c.MakeUp = []sla.Window{{}} },
		"leaves the day": func(c *sla.Config) {
			c.MakeUp = []sla.Window{{From: 9 * time.Hour, To: 25 * time.Hour}}
		},
		"at most 16":          func(c *sla.Config) { c.MakeUp = make([]sla.Window, 17) },
		"2024 is given twice": func(c *sla.Config) { c.Years = append(c.Years, c.Years[0]) },
		"outside 1992-2199":   func(c *sla.Config) { c.Years = append(c.Years, sla.Year{}) },
		`both "春节" and "x"`: func(c *sla.Config) {
			c.Years[2].Days = append(c.Years[2].Days, sla.Day{Kind: sla.Holiday, Name: "x", Date: date(t, "2026-02-16")})
		},
		"a holiday has no windows": func(c *sla.Config) { c.Years[0].Days[0].Windows = windows(t, "09:00-10:00") },
		"source is missing":        func(c *sla.Config) { c.Years[0].Source = "" },
		`kind is ""`:               func(c *sla.Config) { c.Years[0].Days[0].Kind = "" },
		"or the December before":   func(c *sla.Config) { c.Years[0].Days[0].Date = date(t, "2023-11-30") },
		"no such date":             func(c *sla.Config) { c.Years[0].Days[0].Date = sla.Date{Year: 2024, Month: 2, Day: 30} },
		"either a date": func(c *sla.Config) {
			c.Closures = []sla.Closure{{Name: "x", Source: "x", From: at(t, "2026-01-05 00:00"), To: at(t, "2026-01-05 00:00")}}
		},
		"either an existing date": func(c *sla.Config) {
			c.Closures = []sla.Closure{{Name: "x", Source: "x", Date: date(t, "2026-01-05"), To: at(t, "2026-01-05 00:00")}}
		},
		"10001 closures": func(c *sla.Config) { c.Closures = make([]sla.Closure, 10_001) },
		"101 years":      func(c *sla.Config) { c.Years = make([]sla.Year, 101) },
	} {
		cfg := sla.Config{Name: "n", Version: "1", Week: sla.WorkWeek(windows(t, "09:00-12:00")...), Years: sla.China()}
		change(&cfg)
		_, err := sla.New(cfg)
		wantInput(t, err, part)
	}
	_, err := sla.New(sla.Config{Closures: make([]sla.Closure, 10_000)})
	if e, ok := errors.AsType[*sla.InputError](err); !ok || len(e.Problems) != 20 {
		t.Errorf("want 20 problems: %v", err)
	}
}

func TestR6_ConfigIsCopiedAndUseIsConcurrent(t *testing.T) {
	var cfg sla.Config
	cal := office(t, "09:00-17:00", func(c *sla.Config) { cfg = *c })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := cal.Add(at(t, "2026-02-13 16:30"), time.Hour)
			wantTime(t, got, err, "2026-02-14 09:30")
		})
	}
	cfg.Week[time.Monday][0].To = 0
	cfg.Years[2].Days[0].Kind = ""
	wg.Wait()
}
