package sla

import (
	"fmt"
	"slices"
	"time"
)

const (
	fullDay    = 24 * time.Hour
	maxWindows = 16
)

// Date (日期) is a civil date: a square in a wall calendar, not an instant. Its text form is "2026-02-14". The zero Date
// is no date.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String returns the date as "2026-02-14".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// MarshalText implements encoding.TextMarshaler. It fails for a date that does not exist.
func (d Date) MarshalText() ([]byte, error) {
	if !d.valid() {
		return nil, inputError("date", "%s does not exist or is outside %d-%d", d, minYear, maxYear)
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. It accepts only the form that String returns.
func (d *Date) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	if err != nil || len(text) != len(time.DateOnly) {
		return inputError("date", "%.40q is not a date of the form 2006-01-02", text)
	}
	d.Year, d.Month, d.Day = t.Date()
	return nil
}

func (d Date) valid() bool {
	return d.Year >= minYear && d.Year <= maxYear && dateOf(d.number()) == d
}

// number counts days since 1970-01-01.
func (d Date) number() int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / aDay)
}

func dateOf(number int) Date {
	y, m, d := time.Unix(midnightUTC(number), 0).UTC().Date()
	return Date{Year: y, Month: m, Day: d}
}

// Window (办公时段) is a stretch of one day on the wall clock, given as time since 00:00 in whole minutes. From is inside, To
// is not. To may be 24 hours. A window cannot cross midnight: write 22:00-24:00 on one day and 00:00-06:00 on the next.
// The text form is "09:00-12:00". The zero Window is invalid.
type Window struct {
	From, To time.Duration
}

// String returns the window as "09:00-12:00".
func (w Window) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", w.From/time.Hour, w.From%time.Hour/time.Minute, w.To/time.Hour, w.To%time.Hour/time.Minute)
}

// MarshalText implements encoding.TextMarshaler. It fails for an invalid window.
func (w Window) MarshalText() ([]byte, error) {
	if problem := w.problem(); problem != "" {
		return nil, inputError("window", "%s", problem)
	}
	return []byte(w.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler. It accepts only the form that String returns for a valid window.
func (w *Window) UnmarshalText(text []byte) error {
	var fh, fm, th, tm time.Duration
	n, err := fmt.Sscanf(string(text), "%02d:%02d-%02d:%02d", &fh, &fm, &th, &tm)
	got := Window{From: fh*time.Hour + fm*time.Minute, To: th*time.Hour + tm*time.Minute}
	if err != nil || n != 4 || got.String() != string(text) {
		return inputError("window", "%.40q is not of the form 09:00-12:00", text)
	}
	if problem := got.problem(); problem != "" {
		return inputError("window", "%s", problem)
	}
	*w = got
	return nil
}

// problem says in words why the window is invalid; it is empty if it is valid.
func (w Window) problem() string {
	switch {
	case w.From < 0 || w.To < 0 || w.From > fullDay || w.To > fullDay:
		return fmt.Sprintf("window from %v to %v leaves the day", w.From, w.To)
	case w.From%time.Minute != 0 || w.To%time.Minute != 0:
		return fmt.Sprintf("window from %v to %v is not in whole minutes", w.From, w.To)
	case w.From == w.To:
		return fmt.Sprintf("window %s is empty", w)
	case w.From > w.To:
		return fmt.Sprintf("window %s crosses midnight: write %s on this day and %s on the next",
			w, Window{w.From, fullDay}, Window{0, w.To})
	}
	return ""
}

// Week (每周办公时间) gives the windows of each weekday, indexed by [time.Weekday]. A weekday without windows is not worked.
// Windows of a day may touch but not overlap; their order does not matter; at most 16 a day.
type Week [7][]Window

// WorkWeek returns a week with these windows from Monday to Friday and a free weekend, which is what the term 工作日 means
// in Chinese regulations before holidays and make-up days are applied.
func WorkWeek(windows ...Window) Week {
	var week Week
	for d := time.Monday; d <= time.Friday; d++ {
		week[d] = slices.Clone(windows)
	}
	return week
}

// firstWorked returns the windows of the first worked weekday, counted from Monday.
func (w Week) firstWorked() []Window {
	for i := range w {
		if windows := w[(int(time.Monday)+i)%7]; len(windows) > 0 {
			return windows
		}
	}
	return nil
}

// sorted returns a sorted copy of windows and reports what is wrong with them.
func sorted(windows []Window, where string, p *problems) []Window {
	if len(windows) > maxWindows {
		p.addf("%s: %d windows, at most %d are allowed", where, len(windows), maxWindows)
		return nil
	}
	windows = slices.Clone(windows)
	slices.SortFunc(windows, func(a, b Window) int { return int(a.From/time.Minute) - int(b.From/time.Minute) })
	for i, w := range windows {
		if problem := w.problem(); problem != "" {
			p.addf("%s: %s", where, problem)
		} else if i > 0 && windows[i-1].To > w.From {
			p.addf("%s: windows %s and %s overlap", where, windows[i-1], w)
		}
	}
	return windows
}
