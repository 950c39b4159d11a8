package sla

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

const maxClosures = 10_000

// Closure (临时停办) is a one-off interruption: a power cut, a typhoon, a move. It is given in one of two ways: as an
// interval of instants, From inclusive to To exclusive, or as a civil Date with Windows, where no windows close the
// whole date. Overlapping closures are allowed. The zero Closure is invalid.
type Closure struct {
	Name     string    // what happened
	Source   string    // the document that ordered it
	From, To time.Time // an interval of instants; both zero if Date is set
	Date     Date      // a date in the calendar's zone; zero if From and To are set
	Windows  []Window  // the closed parts of Date
}

// Config describes a [Calendar]. New copies what it needs, so that later changes to a Config have no effect.
type Config struct {
	Name    string         // required; stands in errors and explanations
	Version string         // required; change it whenever the data below changes
	Zone    *time.Location // where the office is; nil means a fixed UTC+8 named Asia/Shanghai, which needs no tzdata
	Week    Week           // the weekly windows; at least one weekday must be worked
	// MakeUp gives the windows of a make-up day (调休) whose entry brings none of its own. Empty means the windows of the
	// first worked weekday, counted from Monday. They replace the day's weekly windows, if it has any.
	MakeUp   []Window
	Years    []Year    // the years that the calendar knows, in any order; at most 100
	Closures []Closure // at most 10,000; parts in years that the calendar does not know are ignored
}

// Calendar (工作日历) knows which instants are working time. Build it with New. It is immutable and safe for concurrent
// use. The zero Calendar knows no year, so that every question to it fails with a [*YearError].
type Calendar struct {
	name, version string
	zone          *time.Location
	runs          []run // in order of years, not adjacent
}

// run is the working time of consecutive known years.
type run struct {
	first, last int       // years
	spans       []span    // ordered, disjoint, never empty
	total       int64     // the working nanoseconds of all spans
	days        []workday // ordered by date
}

// span is an interval of working time in nanoseconds since 1970, from inclusive to to exclusive.
type span struct {
	from, to int64
	before   int64 // the working nanoseconds of the run before from
	day      int   // the date it belongs to, as a day number
}

// workday is a date with working time. end is its last instant of it, in nanoseconds since 1970.
type workday struct {
	day int
	end int64
}

// New builds a calendar. It checks everything and reports all that is wrong in one [*InputError].
func New(cfg Config) (*Calendar, error) {
	zone := cfg.Zone
	if zone == nil {
		zone = shanghai()
	}
	var p problems
	checkText(&p, "name", cfg.Name, true)
	checkText(&p, "version", cfg.Version, true)
	r := rules{zone: zone}
	for d := range cfg.Week {
		r.week[d] = sorted(cfg.Week[d], time.Weekday(d).String(), &p)
	}
	r.makeUp = sorted(cfg.MakeUp, "make-up days", &p)
	if len(r.makeUp) == 0 {
		r.makeUp = r.week.firstWorked()
	}
	if len(r.week.firstWorked()) == 0 {
		p.addf("no weekday is worked")
	}
	r.special = entries(cfg.Years, &p)
	r.closed = closedSpans(cfg.Closures, zone, &p)
	if err := p.err(fmt.Sprintf("calendar %q", cfg.Name)); err != nil {
		return nil, err
	}
	return &Calendar{name: cfg.Name, version: cfg.Version, zone: zone, runs: r.runs(cfg.Years)}, nil
}

// Name returns the name from the configuration.
func (c *Calendar) Name() string { return c.name }

// Version returns the version from the configuration.
func (c *Calendar) Version() string { return c.version }

// Zone returns the zone in which the calendar reads the clock.
func (c *Calendar) Zone() *time.Location {
	if c.zone == nil {
		return shanghai()
	}
	return c.zone
}

// Date returns the civil date of t in the calendar's zone.
func (c *Calendar) Date(t time.Time) Date {
	y, m, d := t.In(c.Zone()).Date()
	return Date{Year: y, Month: m, Day: d}
}

func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// rules is the checked configuration from which working time is computed.
type rules struct {
	zone    *time.Location
	week    Week
	makeUp  []Window
	special map[int]Day // by day number
	closed  []span      // ordered, disjoint
}

// windows returns the windows of a date before closures.
func (r *rules) windows(day int) []Window {
	d, ok := r.special[day]
	switch {
	case !ok:
		return r.week[(day+int(time.Thursday))%7] // 1970-01-01 was a Thursday
	case d.Kind == Holiday:
		return nil
	case len(d.Windows) > 0:
		return d.Windows
	}
	return r.makeUp
}

func (r *rules) runs(years []Year) []run {
	known := make([]int, len(years))
	for i, y := range years {
		known[i] = y.Year
	}
	slices.Sort(known)
	var runs []run
	for i := 0; i < len(known); {
		first := known[i]
		for i++; i < len(known) && known[i] == known[i-1]+1; i++ {
		}
		runs = append(runs, r.run(first, known[i-1]))
	}
	return runs
}

func (r *rules) run(first, last int) run {
	out := run{first: first, last: last}
	var spans []span
	newYear, end := (Date{first, 1, 1}).number(), (Date{last, 12, 31}).number()
	offsets := stretches(r.zone, newYear, end)
	for n := newYear; n <= end; n++ {
		spans = wall(spans, n, r.windows(n), offsets)
	}
	byStart(spans)
	out.spans = cut(spans, r.closed)
	ends := map[int]int64{}
	for i := range out.spans {
		s := &out.spans[i]
		s.before = out.total
		out.total += s.to - s.from
		ends[s.day] = max(ends[s.day], s.to)
	}
	for n, end := range ends {
		out.days = append(out.days, workday{n, end})
	}
	slices.SortFunc(out.days, func(a, b workday) int { return cmp.Compare(a.day, b.day) })
	return out
}

// wall appends the instants at which a clock shows this date and a time inside one of the windows. It looks at every
// stretch of constant offset around the date, so that an hour shown twice counts twice and a skipped one never.
func wall(spans []span, date int, windows []Window, offsets []stretch) []span {
	midnight := midnightUTC(date)
	i, _ := slices.BinarySearchFunc(offsets, midnight-aDay, func(o stretch, sec int64) int { return order(o.to > sec) })
	for ; i < len(offsets) && offsets[i].from < midnight+2*aDay; i++ {
		o := offsets[i]
		for _, w := range windows {
			from := max(o.from, midnight+int64(w.From/time.Second)-o.offset)
			to := min(o.to, midnight+int64(w.To/time.Second)-o.offset)
			if from < to {
				spans = append(spans, span{from: from * int64(time.Second), to: to * int64(time.Second), day: date})
			}
		}
	}
	return spans
}

// stretch is a time of constant offset from UTC, all in seconds, from inclusive to to exclusive.
type stretch struct{ from, to, offset int64 }

// stretches returns the offsets of the zone for everything that a clock may show as one of these dates.
//
// It finds changes by looking every six hours and then halving. Time.ZoneBounds is no help: beyond a zone's table of
// changes it ends each year after 365 days, so that on 31 December of a leap year the end lies before the time asked for.
func stretches(zone *time.Location, first, last int) []stretch {
	const step = 6 * 60 * 60
	offset := func(sec int64) int64 {
		_, o := time.Unix(sec, 0).In(zone).Zone()
		return int64(o)
	}
	at, end := midnightUTC(first)-aDay, midnightUTC(last)+2*aDay // no zone is a day away from UTC
	out := []stretch{{at, end, offset(at)}}
	for ; at < end; at += step {
		next := offset(at + step)
		open := &out[len(out)-1]
		if next == open.offset {
			continue
		}
		n := sort.Search(step, func(n int) bool { return offset(at+int64(n)) == next })
		open.to = at + int64(n)
		out = append(out, stretch{open.to, end, next})
	}
	return out
}

const aDay = int64(fullDay / time.Second)

// midnightUTC returns the second since 1970 at which a day number begins in UTC.
func midnightUTC(date int) int64 { return int64(date) * aDay }

func byStart(spans []span) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
}

// cut removes what is closed. Both lists are ordered and disjoint.
func cut(spans, closed []span) []span {
	var out []span
	for _, s := range spans {
		for len(closed) > 0 && closed[0].to <= s.from {
			closed = closed[1:]
		}
		for _, c := range closed {
			if c.from >= s.to {
				break
			}
			if c.from > s.from {
				out = append(out, span{from: s.from, to: c.from, day: s.day})
			}
			s.from = c.to
		}
		if s.from < s.to {
			out = append(out, s)
		}
	}
	return out
}

// closedSpans checks the closures and returns them as ordered, disjoint spans.
func closedSpans(closures []Closure, zone *time.Location, p *problems) []span {
	if len(closures) > maxClosures {
		p.addf("%d closures, at most %d are allowed", len(closures), maxClosures)
		return nil
	}
	var spans []span
	for i, c := range closures {
		spans = c.spans(spans, fmt.Sprintf("closure %d (%.40q)", i, c.Name), zone, p)
	}
	byStart(spans)
	var out []span
	for _, s := range spans {
		if last := len(out) - 1; last >= 0 && out[last].to >= s.from {
			out[last].to = max(out[last].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

func (c Closure) spans(spans []span, where string, zone *time.Location, p *problems) []span {
	checkText(p, where+": name", c.Name, true)
	checkText(p, where+": source", c.Source, true)
	if c.Date != (Date{}) {
		if !c.Date.valid() || !c.From.IsZero() || !c.To.IsZero() {
			p.addf("%s: want either an existing date of %d-%d or an interval, got date %s", where, minYear, maxYear, c.Date)
			return spans
		}
		windows := sorted(c.Windows, where, p)
		if len(windows) == 0 {
			windows = []Window{{0, fullDay}}
		}
		n := c.Date.number()
		return wall(spans, n, windows, stretches(zone, n, n))
	}
	from, to := c.From.UTC(), c.To.UTC()
	if from.Year() < minYear || to.Year() > maxYear || !from.Before(to) || len(c.Windows) > 0 {
		p.addf("%s: want either a date or an interval inside %d-%d without windows, got %s to %s", where, minYear, maxYear,
			c.From.Format(time.RFC3339), c.To.Format(time.RFC3339))
		return spans
	}
	return append(spans, span{from: from.UnixNano(), to: to.UnixNano()})
}
