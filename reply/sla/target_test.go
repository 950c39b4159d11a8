package sla_test

import (
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

func TestR6_TargetDue(t *testing.T) {
	cal := office(t, "09:00-12:00 14:00-17:30")
	start := at(t, "2026-02-13 16:30")
	for _, c := range []struct {
		target           sla.Target
		due, explanation string
	}{
		{sla.Target{Name: "公开回应", Basis: sla.Wall, Duration: 48 * time.Hour, Citation: "国办发〔2016〕61号", Version: "2016-1"}, "2026-02-15 16:30",
			"公开回应：自2026-02-13 16:30起48小时（自然时间），至2026-02-15 16:30止；依据国办发〔2016〕61号（规则版本2016-1）。"},
		{sla.Target{Name: "首次回应", Basis: sla.WorkingTime, Duration: 90*time.Minute + 5*time.Second, Citation: "本单位规定", Version: "1"}, "2026-02-14 09:30:05",
			"首次回应：自2026-02-13 16:30起1小时30分钟5秒（工作时间），至2026-02-14 09:30:05止；依据本单位规定（规则版本1），工作日历“测试”（版本1）。"},
		{sla.Target{Name: "办结", Basis: sla.WorkingDays, Days: 2, Citation: "本单位规定", Version: "1"}, "2026-02-24 17:30",
			"办结：自2026-02-13 16:30收到起2个工作日（收到当日不计，至第2个工作日下班时止），至2026-02-24 17:30止；依据本单位规定（规则版本1），工作日历“测试”（版本1）。"},
	} {
		d, err := c.target.Due(start.UTC(), cal)
		wantTime(t, d.Due, err, c.due)
		if d.Explanation != c.explanation {
			t.Errorf("got  %s\nwant %s", d.Explanation, c.explanation)
		}
		if d.Target != c.target || !d.Start.Equal(start) {
			t.Errorf("got %+v", d)
		}
		if d.Breached(d.Due) || d.Breached(d.Due.Add(-1)) || !d.Breached(d.Due.Add(1)) {
			t.Error("exactly at Due is in time, after it is not")
		}
	}
}

func TestR6_DeadlineLeft(t *testing.T) {
	cal := office(t, "09:00-12:00 14:00-17:30")
	start := at(t, "2026-02-13 16:30")
	wall := sla.Target{Name: "a", Basis: sla.Wall, Duration: 48 * time.Hour, Citation: "c", Version: "1"}
	hours := sla.Target{Name: "a", Basis: sla.WorkingTime, Duration: time.Hour, Citation: "c", Version: "1"} // due 02-13 17:30
	days := sla.Target{Name: "a", Basis: sla.WorkingDays, Days: 1, Citation: "c", Version: "1"}              // due 02-14 17:30
	for _, c := range []struct {
		target   sla.Target
		now      string
		want     time.Duration
		breached bool
	}{
		{wall, "2026-02-14 16:30", 24 * time.Hour, false},
		{wall, "2026-02-15 17:30", -time.Hour, true},
		{wall, "2040-02-15 16:30", -5113 * 24 * time.Hour, true}, // wall time needs no calendar data
		{hours, "2026-02-13 16:30", time.Hour, false},
		{hours, "2026-02-13 17:30", 0, false},
		{hours, "2026-02-13 22:00", 0, true}, // no working time has passed, and yet it is late
		{hours, "2026-02-14 10:00", -time.Hour, true},
		{days, "2026-02-13 16:30", time.Hour + 6*time.Hour + 30*time.Minute, false},
		{days, "2026-02-24 09:30", -30 * time.Minute, true},
	} {
		d, err := c.target.Due(start, cal)
		if err != nil {
			t.Fatal(err)
		}
		left, err := d.Left(at(t, c.now))
		if err != nil || left != c.want || d.Breached(at(t, c.now)) != c.breached {
			t.Errorf("%s at %s: left %v, %v, want %v", c.target.Basis, c.now, left, err, c.want)
		}
	}
	d, err := hours.Due(start, cal)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Left(at(t, "2027-01-02 00:00"))
	wantYear(t, err, 2027)
	_, err = sla.Deadline{}.Left(start)
	wantInput(t, err, "Target.Due")
}

func TestR6_TargetIsChecked(t *testing.T) {
	cal := office(t, "09:00-17:00")
	good := sla.Target{Name: "a", Basis: sla.WorkingTime, Duration: time.Hour, Citation: "c", Version: "1"}
	start := at(t, "2026-02-13 16:30")
	for part, change := range map[string]func(*sla.Target){
		"name is missing":     func(t *sla.Target) { t.Name = "" },
		"citation is missing": func(t *sla.Target) { t.Citation = "" },
		"version is missing":  func(t *sla.Target) { t.Version = "" },
		`basis is ""`:         func(t *sla.Target) { t.Basis = "" },
		"got 0s and 0":        func(t *sla.Target) { t.Duration = 0 },
		"got -1h0m0s and 0":   func(t *sla.Target) { t.Duration = -time.Hour },
		"whole seconds":       func(t *sla.Target) { t.Duration++ },
		"got 1h0m0s and 1":    func(t *sla.Target) { t.Days = 1 },
		"got 0 and 1h0m0s":    func(t *sla.Target) { t.Basis = sla.WorkingDays },
	} {
		target := good
		change(&target)
		_, err := target.Due(start, cal)
		wantInput(t, err, part)
	}
	_, err := good.Due(start, nil)
	wantInput(t, err, "needs a calendar")
	_, err = good.Due(time.Time{}, cal)
	wantInput(t, err, "zero time")
	good.Duration = 100_000 * time.Hour
	_, err = good.Due(start, cal)
	wantYear(t, err, 2027)
}

func TestR6_ExplanationNamesAForeignZone(t *testing.T) {
	cal := plain(t, "America/New_York", "09:00-17:00", 2026)
	target := sla.Target{Name: "回应", Basis: sla.Wall, Duration: 5 * time.Hour, Citation: "c", Version: "1"}
	for _, c := range []struct {
		calendar *sla.Calendar
		want     string
	}{
		{cal, "回应：自2026-03-07 23:00（UTC-05:00）起5小时（自然时间），至2026-03-08 05:00（UTC-04:00）止；依据c（规则版本1）。"},
		{nil, "回应：自2026-03-08 12:00起5小时（自然时间），至2026-03-08 17:00止；依据c（规则版本1）。"},
	} {
		d, err := target.Due(at(t, "2026-03-08 12:00"), c.calendar)
		if err != nil || d.Explanation != c.want {
			t.Errorf("got %s, %v, want %s", d.Explanation, err, c.want)
		}
	}
}
