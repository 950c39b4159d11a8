package account

import (
	"time"

	"github.com/govmedia/govmedia"
)

// Rota (排班表) lets people take turns on one account in one language, changing at times on the clock of a zone. A change
// at a time that the clocks skip happens when they are put forward, one at a time that comes twice at the first.
type Rota struct {
	Account  string
	Language string
	Zone     string // IANA name
	First    string // the first day there: 2026-12-01
	Days     int    // how many days, at most 400
	// Changes are the times of day at which people change, rising: 08:00, 20:00. None means local midnight.
	Changes []string
	People  []OnDuty // in turn, one shift each; one whose Person is empty leaves the shift unfilled
}

// OnDuty (值班人员) is a person as a rota names one.
type OnDuty struct {
	Person string // who is accountable
	Shown  string // what the public is told; empty tells nobody's name
}

const maxRotaDays = 400

// Shifts returns the shifts of the rota, for Roster.Plan.
func (r Rota) Shifts() ([]DutyShift, error) {
	bad := func(format string, args ...any) ([]DutyShift, error) {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "roster.rota", format, args...)
	}
	loc, err := location("roster.rota", r.Zone)
	if err != nil {
		return nil, err
	}
	first, err := time.Parse(time.DateOnly, r.First)
	if err != nil {
		return bad("%q is no day; write it as 2026-12-01", r.First)
	}
	if r.Days < 1 || r.Days > maxRotaDays || len(r.People) == 0 {
		return bad("a rota has people and 1 to %d days", maxRotaDays)
	}
	changes := []time.Duration{0}
	for i, text := range r.Changes {
		at, err := time.Parse("15:04", text)
		if err != nil {
			return bad("%q is no time of day; write it as 08:00", text)
		}
		clock := at.Sub(at.Truncate(24 * time.Hour))
		if i == 0 {
			changes = changes[:0]
		} else if clock <= changes[i-1] {
			return bad("changes rise over the day, and %s does not", text)
		}
		changes = append(changes, clock)
	}
	var shifts []DutyShift
	for i := range r.Days * len(changes) {
		// Where the clocks skip a whole shift it has no length, and its person's turn is over.
		from, to := r.change(first, changes, i, loc), r.change(first, changes, i+1, loc)
		who := r.People[i%len(r.People)]
		if who.Person == "" || !to.After(from) {
			continue
		}
		s, err := DutyShift{Account: r.Account, Language: r.Language, Zone: r.Zone, Person: who.Person, Shown: who.Shown, From: from, To: to}.normal()
		if err != nil {
			return nil, err
		}
		shifts = append(shifts, s)
	}
	return shifts, nil
}

func (r Rota) change(first time.Time, changes []time.Duration, i int, loc *time.Location) time.Time {
	return firstInstant(first.AddDate(0, 0, i/len(changes)), changes[i%len(changes)], loc)
}

// firstInstant returns the first instant at which the clocks of the zone show this time of this day, or a later one where
// they skip it.
func firstInstant(day time.Time, clock time.Duration, loc *time.Location) time.Time {
	wanted := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC).Add(clock)
	shows := func(t time.Time) time.Time { // the clock's face as if it were UTC, to compare with wanted
		_, offset := t.In(loc).Zone()
		return t.Add(time.Duration(offset) * time.Second)
	}
	// Zones are up to 26 hours apart, and a day may be skipped at the date line.
	low, high := wanted.Add(-50*time.Hour), wanted.Add(50*time.Hour)
	for _, near := range []time.Time{low, high} { // before a change of the clocks, then after it
		_, offset := near.In(loc).Zone()
		if t := wanted.Add(-time.Duration(offset) * time.Second); shows(t).Equal(wanted) {
			return t
		}
	}
	for high.Sub(low) > time.Second {
		middle := low.Add(high.Sub(low) / 2).Truncate(time.Second)
		if shows(middle).Before(wanted) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// location opens a zone by its name, never the process's own.
func location(op, name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "it needs its zone, such as Asia/Shanghai")
	}
	zone, err := time.LoadLocation(name) //nolint:forbidigo // named, never the process's
	if err != nil {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "unknown zone %q; use an IANA name such as Asia/Shanghai", name)
	}
	return zone, nil
}
