package sla

import (
	"slices"
	"time"
)

// IsWorkday reports whether the date has any working time, closures taken off. It fails with a [*YearError] for an
// unknown year and with an [*InputError] for a date that does not exist.
func (c *Calendar) IsWorkday(date Date) (bool, error) {
	r, err := c.run(date.Year)
	if err != nil {
		return false, err
	}
	if !date.valid() {
		return false, inputError("date", "%s does not exist", date)
	}
	i := r.workday(date.number())
	return i < len(r.days) && r.days[i].day == date.number(), nil
}

// Next returns the first instant of working time that is not before t: t itself if it is working time. It fails with
// a [*YearError] if t is in an unknown year or no working time is left in the known years.
func (c *Calendar) Next(t time.Time) (time.Time, error) {
	r, err := c.run(c.Date(t).Year)
	if err != nil {
		return time.Time{}, err
	}
	now := t.UnixNano()
	i, _ := slices.BinarySearchFunc(r.spans, now, func(s span, now int64) int { return order(s.to > now) })
	if i == len(r.spans) {
		return time.Time{}, c.unknown(r.last + 1)
	}
	return c.time(max(now, r.spans[i].from)), nil
}

// Add returns the earliest instant at which d of working time has passed since t. With office hours to 17:00, Friday
// 16:00 plus one hour is Friday 17:00 and not Monday morning; plus zero it is t, even outside working time. It fails
// with an [*InputError] if d is negative and with a [*YearError] if t is in an unknown year or the time runs into one.
// The cost does not depend on d.
func (c *Calendar) Add(t time.Time, d time.Duration) (time.Time, error) {
	if d < 0 {
		return time.Time{}, inputError("Add", "the duration %v is negative", d)
	}
	r, err := c.run(c.Date(t).Year)
	if err != nil {
		return time.Time{}, err
	}
	now := t.UnixNano()
	done := r.worked(now)
	if int64(d) > r.total-done {
		return time.Time{}, c.unknown(r.last + 1)
	}
	if d == 0 {
		return c.time(now), nil
	}
	want := done + int64(d)
	i, _ := slices.BinarySearchFunc(r.spans, want, func(s span, want int64) int { return order(s.before+s.to-s.from >= want) })
	return c.time(r.spans[i].from + want - r.spans[i].before), nil
}

// Between returns the working time from a inclusive to b exclusive. It is negative if b is before a. It fails with
// a [*YearError] if any instant of the interval, or a equal b, is in an unknown year. For every t and d that Add
// accepts, Between(t, Add(t, d)) is exactly d.
func (c *Calendar) Between(a, b time.Time) (time.Duration, error) {
	if b.Before(a) {
		d, err := c.Between(b, a)
		return -d, err
	}
	r, err := c.run(c.Date(a).Year)
	if err != nil {
		return 0, err
	}
	// The end of the last known year is the first instant of an unknown one, but nothing of that one is needed.
	if b.After(a) && c.Date(b.Add(-1)).Year > r.last {
		return 0, c.unknown(r.last + 1)
	}
	return time.Duration(r.worked(b.UnixNano()) - r.worked(a.UnixNano())), nil
}

// AddDays returns the deadline of "within n working days" (n个工作日) for something received at t: the end of the last
// window of the n-th working day after the date of t. The date of receipt never counts, at whatever hour and whether it
// is worked or not. This is this package's convention; it follows 民法典 art. 201 (the first day is not counted) and
// art. 203 (where there are business hours, the last day ends when they end), because the rules on replies say nothing
// themselves. A day with any working time left after closures is one working day, however short.
//
// It fails with an [*InputError] if n is below 1 ("on the same day" is a rule about hours, not a count of days), and with
// a [*YearError] if t is in an unknown year or the count runs into one. The cost does not depend on n.
func (c *Calendar) AddDays(t time.Time, n int) (time.Time, error) {
	if n < 1 {
		return time.Time{}, inputError("AddDays", "%d working days; want 1 or more", n)
	}
	date := c.Date(t)
	r, err := c.run(date.Year)
	if err != nil {
		return time.Time{}, err
	}
	i := r.workday(date.number() + 1)
	if n > len(r.days)-i {
		return time.Time{}, c.unknown(r.last + 1)
	}
	return c.time(r.days[i+n-1].end), nil
}

// run returns the run of a year.
func (c *Calendar) run(year int) (*run, error) {
	for i := range c.runs {
		if r := &c.runs[i]; r.first <= year && year <= r.last {
			return r, nil
		}
	}
	return nil, c.unknown(year)
}

func (c *Calendar) unknown(year int) error { return &YearError{Calendar: c.name, Year: year} }

func (c *Calendar) time(ns int64) time.Time { return time.Unix(0, ns).In(c.Zone()) }

// worked returns the working nanoseconds of the run before an instant.
func (r *run) worked(ns int64) int64 {
	i, _ := slices.BinarySearchFunc(r.spans, ns, func(s span, ns int64) int { return order(s.to > ns) })
	if i == len(r.spans) {
		return r.total
	}
	return r.spans[i].before + max(0, ns-r.spans[i].from)
}

// workday returns the index of the first working day on or after a day number.
func (r *run) workday(day int) int {
	i, _ := slices.BinarySearchFunc(r.days, day, func(d workday, day int) int { return d.day - day })
	return i
}

// order makes a binary search find the first element for which the condition holds.
func order(holds bool) int {
	if holds {
		return 1
	}
	return -1
}
