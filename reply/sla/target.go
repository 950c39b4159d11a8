package sla

import (
	"fmt"
	"strings"
	"time"
)

// Basis (计时方式) says how a target counts time. The values are frozen strings. The zero value is invalid, because no
// way of counting may be assumed.
type Basis string

// The ways of counting.
const (
	Wall        Basis = "wall"         // 自然时间: every second counts, nights and holidays too
	WorkingTime Basis = "working_time" // 工作时间: only the hours of the calendar count
	WorkingDays Basis = "working_days" // 工作日: whole working days count, as AddDays defines them
)

// Target (时限) is one rule: within what time something must be done, and who says so. The zero Target is invalid.
type Target struct {
	Name     string        // required; such as 首次回应
	Basis    Basis         // required
	Duration time.Duration // for Wall and WorkingTime: whole seconds, more than 0
	Days     int           // for WorkingDays: 1 or more
	Citation string        // required; the document that sets the rule, such as 国办发〔2016〕61号
	Version  string        // required; of this rule
}

// Deadline (办理期限) is a target applied to one start. Only [Target.Due] makes usable ones. It is immutable if its fields
// are left alone, and safe for concurrent use.
type Deadline struct {
	Target      Target
	Start       time.Time // when the clock started
	Due         time.Time // the last instant that is still in time
	Explanation string    // the sum in Chinese, with rule, version and calendar, fit to be shown on a page

	calendar *Calendar
}

// Due applies the target to a start. The calendar is needed for WorkingTime and WorkingDays; for Wall it only gives the
// zone in which the times are shown, and nil means UTC+8. It fails with an [*InputError] if the target is incomplete,
// contradicts itself, or start is the zero time, and with a [*YearError] as [Calendar.Add] and [Calendar.AddDays] do.
func (t Target) Due(start time.Time, calendar *Calendar) (Deadline, error) {
	if err := t.check(start, calendar); err != nil {
		return Deadline{}, err
	}
	if calendar == nil {
		calendar = &Calendar{}
	}
	d := Deadline{Target: t, Start: start.In(calendar.Zone()).Round(0), calendar: calendar}
	var err error
	switch t.Basis {
	case Wall:
		d.Due = d.Start.Add(t.Duration)
	case WorkingTime:
		d.Due, err = calendar.Add(start, t.Duration)
	case WorkingDays:
		d.Due, err = calendar.AddDays(start, t.Days)
	}
	if err != nil {
		return Deadline{}, err
	}
	d.Explanation = d.explain()
	return d, nil
}

func (t Target) check(start time.Time, calendar *Calendar) error {
	var p problems
	checkText(&p, "name", t.Name, true)
	checkText(&p, "citation", t.Citation, true)
	checkText(&p, "version", t.Version, true)
	switch t.Basis {
	case Wall, WorkingTime:
		if t.Duration <= 0 || t.Duration%time.Second != 0 || t.Days != 0 {
			p.addf("basis %q wants whole seconds in Duration and no Days, got %v and %d", t.Basis, t.Duration, t.Days)
		}
	case WorkingDays:
		if t.Days < 1 || t.Duration != 0 {
			p.addf("basis %q wants 1 or more Days and no Duration, got %d and %v", t.Basis, t.Days, t.Duration)
		}
	default:
		p.addf("basis is %.40q, want %q, %q or %q", t.Basis, Wall, WorkingTime, WorkingDays)
	}
	if calendar == nil && t.Basis != Wall {
		p.addf("basis %.40q needs a calendar", t.Basis)
	}
	if start.IsZero() {
		p.addf("the start is the zero time")
	}
	return p.err(fmt.Sprintf("target %.40q", t.Name))
}

// Left returns the time from now to the deadline, counted on the target's own basis: wall time for Wall, working time
// for WorkingTime and WorkingDays. It is negative when overdue. Working time may be 0 on both sides of the deadline (a
// Saturday, when a deadline on Friday at closing time has passed), so ask Breached and not the sign. It fails with
// a [*YearError] if working time between now and the deadline is unknown, and with an [*InputError] for a Deadline that
// Due did not make.
func (d Deadline) Left(now time.Time) (time.Duration, error) {
	if d.calendar == nil {
		return 0, inputError("deadline", "it was not made by Target.Due")
	}
	if d.Target.Basis == Wall {
		return d.Due.Sub(now), nil
	}
	return d.calendar.Between(now, d.Due)
}

// Breached reports whether something that happened, or has still not happened, at this instant is too late. Exactly at
// Due is in time. A zero Deadline is breached at any time after year 1.
func (d Deadline) Breached(at time.Time) bool { return at.After(d.Due) }

// explain says, for example: 首次回应：自2026-02-13 16:30起48小时（自然时间），至2026-02-15 16:30止；依据…（规则版本…）。
func (d Deadline) explain() string {
	var b strings.Builder
	t, c := d.Target, d.calendar
	fmt.Fprintf(&b, "%s：自%s", t.Name, clock(d.Start))
	switch t.Basis {
	case Wall:
		fmt.Fprintf(&b, "起%s（自然时间）", duration(t.Duration))
	case WorkingTime:
		fmt.Fprintf(&b, "起%s（工作时间）", duration(t.Duration))
	case WorkingDays:
		fmt.Fprintf(&b, "收到起%[1]d个工作日（收到当日不计，至第%[1]d个工作日下班时止）", t.Days)
	}
	fmt.Fprintf(&b, "，至%s止；依据%s（规则版本%s）", clock(d.Due), t.Citation, t.Version)
	if t.Basis != Wall {
		fmt.Fprintf(&b, "，工作日历“%s”（版本%s）", c.name, c.version)
	}
	return b.String() + "。"
}

// clock writes an instant as a clock in its zone shows it, with seconds and a foreign offset only where there are any.
func clock(t time.Time) string {
	layout := "2006-01-02 15:04"
	if t.Second() != 0 {
		layout = "2006-01-02 15:04:05"
	}
	if _, offset := t.Zone(); offset != 8*60*60 {
		layout += "（UTC-07:00）"
	}
	return t.Format(layout)
}

// duration writes whole seconds as 48小时, 1小时30分钟 or 15秒.
func duration(d time.Duration) string {
	var b strings.Builder
	if h := d / time.Hour; h > 0 {
		fmt.Fprintf(&b, "%d小时", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		fmt.Fprintf(&b, "%d分钟", m)
	}
	if s := d % time.Minute / time.Second; s > 0 {
		fmt.Fprintf(&b, "%d秒", s)
	}
	return b.String()
}
