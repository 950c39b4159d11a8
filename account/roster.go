package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// RosterStore keeps shifts and watches. It is implemented by this module's engine only and may gain methods. Every method
// is one transaction, and every change appends its audit record in that transaction. A missing id gives a KindNotFound
// error. Instants are kept to the microsecond.
type RosterStore interface {
	// SaveShifts inserts the shifts, or none of them. One that is there already is left alone; one that overlaps another
	// of its account and language is a KindConflict error naming both.
	SaveShifts(ctx context.Context, actor string, shifts []DutyShift) error
	// RemoveShift removes a shift that has not begun at now; one that has is a KindConflict error.
	RemoveShift(ctx context.Context, actor, id string, now time.Time, reason string) error
	// NoteShift replaces the note of a shift.
	NoteShift(ctx context.Context, actor, id, note string) error
	// SplitShift ends a shift where next begins and inserts next. A shift that is not on then is a KindConflict error.
	SplitShift(ctx context.Context, actor, id, note string, next DutyShift) error
	// Shift returns one shift.
	Shift(ctx context.Context, id string) (DutyShift, error)
	// Shifts returns the shifts that are on at some instant from one time to another, the second excluded, ordered by
	// account, language and time. An empty account means all.
	Shifts(ctx context.Context, account string, from, to time.Time) ([]DutyShift, error)
	// ShiftsAround returns when the last shift that is over at the instant ended, and when the first one after it begins;
	// zero when there is none.
	ShiftsAround(ctx context.Context, account, language string, at time.Time) (ended, begins time.Time, err error)
	// SaveWatch inserts or replaces the watch of its account and language, RemoveWatch removes it.
	SaveWatch(ctx context.Context, actor string, w Watch) error
	RemoveWatch(ctx context.Context, actor, account, language, reason string) error
	// Watches returns all watches ordered by account and language.
	Watches(ctx context.Context) ([]Watch, error)
	// NoteGaps remembers which gaps there are now, forgets the others, and returns those that were not remembered.
	NoteGaps(ctx context.Context, gaps []Gap) ([]Gap, error)
}

// Roster (值班表) knows who is accountable for an account in a language at any instant: nobody or one person, never two.
// Safe for concurrent use.
type Roster struct {
	store RosterStore
	now   func() time.Time
}

// NewRoster returns a roster over the store. now is the clock; nil means time.Now.
func NewRoster(store RosterStore, now func() time.Time) *Roster {
	if now == nil {
		now = time.Now
	}
	return &Roster{store, now}
}

// Plan stores shifts, all or none, and returns them with their ids. Shifts that overlap for one account and language, among
// each other or with stored ones, are a KindConflict error. Planning the same again changes nothing.
func (r *Roster) Plan(ctx context.Context, actor string, shifts ...DutyShift) ([]DutyShift, error) {
	var errs []error
	planned := make([]DutyShift, len(shifts))
	for i, s := range shifts {
		var err error
		planned[i], err = s.normal()
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := r.store.SaveShifts(ctx, actor, planned); err != nil {
		return nil, err
	}
	return planned, nil
}

// Cancel removes a shift that has not begun. One that has is part of the record: see Relieve.
func (r *Roster) Cancel(ctx context.Context, actor, id, reason string) error {
	return r.store.RemoveShift(ctx, actor, id, r.now(), reason)
}

// HandOver writes the note (交接班记录) of a shift for whoever comes next; it replaces an earlier one.
func (r *Roster) HandOver(ctx context.Context, actor, id, note string) error {
	return r.store.NoteShift(ctx, actor, id, note)
}

// Relieve (换班) ends a shift that is on now and lets another person take the rest of it. The note is that of the shift that
// ends. It returns the new shift.
func (r *Roster) Relieve(ctx context.Context, actor, id string, by OnDuty, note string) (DutyShift, error) {
	s, err := r.store.Shift(ctx, id)
	if err != nil {
		return DutyShift{}, err
	}
	if !s.Covers(r.now()) {
		return DutyShift{}, govmedia.Errorf(govmedia.KindConflict, "roster.relieve", "shift %q is not on now; plan or cancel shifts that are to come", id)
	}
	s.ID, s.Person, s.Shown, s.From, s.Note = "", by.Person, by.Shown, r.now(), ""
	next, err := s.normal()
	if err != nil {
		return DutyShift{}, err
	}
	return next, r.store.SplitShift(ctx, actor, id, note, next)
}

// Shift returns one shift, such as the one that an answer is stamped with.
func (r *Roster) Shift(ctx context.Context, id string) (DutyShift, error) {
	return r.store.Shift(ctx, id)
}

// Shifts returns the shifts that are on at some instant from one time to another, the second excluded, ordered by account,
// language and time. An empty account means all.
func (r *Roster) Shifts(ctx context.Context, account string, from, to time.Time) ([]DutyShift, error) {
	return r.store.Shifts(ctx, account, from, to)
}

// OnDuty returns the shift that is on at the instant; a KindNotFound error says that nobody is accountable.
func (r *Roster) OnDuty(ctx context.Context, account, language string, at time.Time) (DutyShift, error) {
	shifts, err := r.at(ctx, account, at)
	if err != nil {
		return DutyShift{}, err
	}
	for _, s := range shifts {
		if s.Language == language {
			return s, nil
		}
	}
	return DutyShift{}, govmedia.Errorf(govmedia.KindNotFound, "roster.on_duty",
		"nobody is on duty for account %q in language %q at %s; plan a shift", account, language, at.UTC().Format(time.RFC3339))
}

func (r *Roster) at(ctx context.Context, account string, at time.Time) ([]DutyShift, error) {
	at = at.Truncate(time.Microsecond)
	return r.store.Shifts(ctx, account, at, at.Add(time.Microsecond))
}

// DutyID returns the id of the shift that answers for what the actor says through the account at the instant: the actor's
// own, or else that of Chinese, or else the first by language. It is empty when nobody is on duty: a citizen does not wait
// for a roster.
func (r *Roster) DutyID(ctx context.Context, account, actor string, at time.Time) (string, error) {
	shifts, err := r.at(ctx, account, at)
	if err != nil || len(shifts) == 0 {
		return "", err
	}
	for _, fits := range []func(DutyShift) bool{
		func(s DutyShift) bool { return s.Person == actor },
		func(s DutyShift) bool { return s.Language == "zh" || strings.HasPrefix(s.Language, "zh-") },
	} {
		if i := slices.IndexFunc(shifts, fits); i >= 0 {
			return shifts[i].ID, nil
		}
	}
	return shifts[0].ID, nil
}

// Profile returns the line for the profile of an account today, on the clock of the zone; see ProfileText.
func (r *Roster) Profile(ctx context.Context, account, language, zone string) (string, error) {
	now := r.now()
	shifts, err := r.store.Shifts(ctx, account, now.Add(-50*time.Hour), now.Add(50*time.Hour))
	if err != nil {
		return "", err
	}
	return ProfileText(language, zone, now, shifts)
}

// Require sets a watch, replacing an earlier one of the account and language. Its From is now when it is zero.
func (r *Roster) Require(ctx context.Context, actor string, w Watch) error {
	if w.From.IsZero() {
		w.From = r.now()
	}
	w.From = w.From.UTC().Truncate(time.Microsecond)
	if !w.Until.IsZero() {
		w.Until = w.Until.UTC().Truncate(time.Microsecond)
	}
	switch {
	case w.Account == "":
		return govmedia.Errorf(govmedia.KindInvalid, "roster.watch", "a watch names no account")
	case !languageTag.MatchString(w.Language):
		return govmedia.Errorf(govmedia.KindInvalid, "roster.watch", "account %q: %q is no language; use a BCP 47 tag such as zh or en", w.Account, w.Language)
	case !w.Until.IsZero() && !w.Until.After(w.From):
		return govmedia.Errorf(govmedia.KindInvalid, "roster.watch", "account %q: the watch ends before it begins", w.Account)
	}
	if _, err := location("roster.watch", w.Zone); err != nil {
		return err
	}
	return r.store.SaveWatch(ctx, actor, w)
}

// Release ends the watch of an account and language.
func (r *Roster) Release(ctx context.Context, actor, account, language, reason string) error {
	return r.store.RemoveWatch(ctx, actor, account, language, reason)
}

// Watches returns all watches ordered by account and language.
func (r *Roster) Watches(ctx context.Context) ([]Watch, error) { return r.store.Watches(ctx) }

// Unfilled returns a finding for every gap that is going on (error) or begins within AlertBefore (warning).
func (r *Roster) Unfilled(ctx context.Context) ([]govmedia.Finding, error) {
	now := r.now()
	gaps, err := r.gaps(ctx, now)
	return findings(gaps, now), err
}

// Sweep returns the findings of Unfilled that no sweep has returned before, in whatever process, so that an alert is sent
// once. A gap that was filled and opens again is new. Matrix.Run sweeps.
func (r *Roster) Sweep(ctx context.Context) ([]govmedia.Finding, error) {
	now := r.now()
	gaps, err := r.gaps(ctx, now)
	if err != nil {
		return nil, err
	}
	fresh, err := r.store.NoteGaps(ctx, gaps)
	return findings(fresh, now), err
}

func findings(gaps []Gap, now time.Time) []govmedia.Finding {
	var all []govmedia.Finding
	for _, g := range gaps {
		all = append(all, g.finding(now))
	}
	return all
}

// gaps returns the gaps of all watches. One that is going on begins when the last shift ended or the watch began.
func (r *Roster) gaps(ctx context.Context, now time.Time) ([]Gap, error) {
	now = now.UTC().Truncate(time.Microsecond)
	watches, err := r.store.Watches(ctx)
	if err != nil || len(watches) == 0 {
		return nil, err
	}
	horizon := now.Add(AlertBefore)
	shifts, err := r.store.Shifts(ctx, "", now, horizon.Add(time.Microsecond))
	if err != nil {
		return nil, err
	}
	type key struct{ account, language string }
	of := map[key][]DutyShift{}
	for _, s := range shifts {
		of[key{s.Account, s.Language}] = append(of[key{s.Account, s.Language}], s)
	}
	var all []Gap
	for _, w := range watches {
		for _, g := range w.gaps(of[key{w.Account, w.Language}], now, horizon) {
			if g, err = r.whole(ctx, g, now); err != nil {
				return nil, err
			}
			all = append(all, g)
		}
	}
	return all, nil
}

// whole looks beyond what was loaded: back for when a gap that is going on began, and ahead for its end.
func (r *Roster) whole(ctx context.Context, g Gap, now time.Time) (Gap, error) {
	goingOn := g.From.Equal(now)
	if !goingOn && !g.To.IsZero() && !g.To.Equal(g.Watch.Until) {
		return g, nil
	}
	ended, begins, err := r.store.ShiftsAround(ctx, g.Watch.Account, g.Watch.Language, g.From)
	if goingOn {
		if g.From = g.Watch.From; ended.After(g.From) {
			g.From = ended
		}
	}
	if !begins.IsZero() && (g.To.IsZero() || begins.Before(g.To)) {
		g.To = begins
	}
	return g, err
}
