package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/uptrace/bun"
)

var _ account.RosterStore = (*Engine[any])(nil)

// SaveShifts implements account.RosterStore.
func (e *Engine[TTx]) SaveShifts(ctx context.Context, actor string, shifts []account.DutyShift) error {
	return e.write(ctx, "shift", func(t tx[TTx]) error {
		for _, s := range shifts {
			if err := e.saveShift(ctx, t, actor, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine[TTx]) saveShift(ctx context.Context, t tx[TTx], actor string, s account.DutyShift) error {
	if err := exists(ctx, t, "account", s.Account); err != nil {
		return err
	}
	var clash []string
	err := t.NewRaw(`SELECT id FROM govmedia_shift WHERE id = ? OR account = ? AND language = ? AND from_at < ? AND until_at > ?
		ORDER BY from_at LIMIT 2`, s.ID, s.Account, s.Language, micros(s.To), micros(s.From)).Scan(ctx, &clash)
	if err != nil {
		return err
	}
	if len(clash) == 1 && clash[0] == s.ID {
		stored, err := e.shift(ctx, t, s.ID)
		if err != nil {
			return err
		}
		if stored.Account == s.Account && stored.Language == s.Language && stored.Person == s.Person && stored.From.Equal(s.From) && stored.To.Equal(s.To) {
			return nil
		}
	}
	if len(clash) > 0 {
		return govmedia.Errorf(govmedia.KindConflict, "roster.plan",
			"account %q, language %q: the shift from %s to %s overlaps shift %q; two persons would be accountable at once",
			s.Account, s.Language, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), clash[0])
	}
	_, err = t.ExecContext(ctx, "INSERT INTO govmedia_shift (id, account, language, from_at, until_at, body) VALUES (?, ?, ?, ?, ?, ?)",
		s.ID, s.Account, s.Language, micros(s.From), micros(s.To), body(s))
	if err != nil {
		return err
	}
	return e.audit(ctx, t, e.audited(actor, "shift.plan", "shift/"+s.ID,
		map[string]any{"account": s.Account, "language": s.Language, "person": s.Person, "from": s.From, "to": s.To}))
}

func (e *Engine[TTx]) updateShift(ctx context.Context, db bun.IDB, s account.DutyShift) error {
	_, err := db.ExecContext(ctx, "UPDATE govmedia_shift SET until_at = ?, body = ? WHERE id = ?", micros(s.To), body(s), s.ID)
	return err
}

func (e *Engine[TTx]) shift(ctx context.Context, db bun.IDB, id string) (account.DutyShift, error) {
	var text string
	if err := e.get(ctx, db, &text, "shift", id, "SELECT body FROM govmedia_shift WHERE id = ?", id); err != nil {
		return account.DutyShift{}, err
	}
	return decode[account.DutyShift]("shift", text)
}

// RemoveShift implements account.RosterStore.
func (e *Engine[TTx]) RemoveShift(ctx context.Context, actor, id string, now time.Time, reason string) error {
	return e.write(ctx, "shift", func(t tx[TTx]) error {
		s, err := e.shift(ctx, t, id)
		if err != nil {
			return err
		}
		if !s.From.After(now) {
			return govmedia.Errorf(govmedia.KindConflict, "roster.cancel", "shift %q has begun and stays on record; let somebody relieve it", id)
		}
		if _, err := t.ExecContext(ctx, "DELETE FROM govmedia_shift WHERE id = ?", id); err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "shift.cancel", "shift/"+id, map[string]any{"shift": s, "reason": plain(reason)}))
	})
}

// NoteShift implements account.RosterStore.
func (e *Engine[TTx]) NoteShift(ctx context.Context, actor, id, note string) error {
	return e.write(ctx, "shift", func(t tx[TTx]) error {
		s, err := e.shift(ctx, t, id)
		if err != nil {
			return err
		}
		before := s.Note
		s.Note = plain(note)
		if err := e.updateShift(ctx, t, s); err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "shift.hand_over", "shift/"+id, map[string]any{"before": before, "after": s.Note}))
	})
}

// SplitShift implements account.RosterStore.
func (e *Engine[TTx]) SplitShift(ctx context.Context, actor, id, note string, next account.DutyShift) error {
	return e.write(ctx, "shift", func(t tx[TTx]) error {
		s, err := e.shift(ctx, t, id)
		if err != nil {
			return err
		}
		if !next.From.After(s.From) || !next.From.Before(s.To) || !next.To.Equal(s.To) || next.Account != s.Account || next.Language != s.Language {
			return govmedia.Errorf(govmedia.KindConflict, "roster.relieve", "shift %q is not on at %s; plan or cancel shifts that are to come", id, next.From.Format(time.RFC3339))
		}
		s.To = next.From
		if note != "" {
			s.Note = plain(note)
		}
		if err := e.updateShift(ctx, t, s); err != nil {
			return err
		}
		if err := e.saveShift(ctx, t, actor, next); err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "shift.relieve", "shift/"+id, map[string]any{"at": s.To, "next": next.ID, "note": s.Note}))
	})
}

// Shift implements account.RosterStore.
func (e *Engine[TTx]) Shift(ctx context.Context, id string) (account.DutyShift, error) {
	return e.shift(ctx, e.b.Read, id)
}

// Shifts implements account.RosterStore.
func (e *Engine[TTx]) Shifts(ctx context.Context, id string, from, to time.Time) ([]account.DutyShift, error) {
	query, args := "SELECT body FROM govmedia_shift WHERE until_at > ? AND from_at < ? ORDER BY account, language, from_at", []any{micros(from), micros(to)}
	if id != "" {
		query = "SELECT body FROM govmedia_shift WHERE account = ? AND until_at > ? AND from_at < ? ORDER BY language, from_at"
		args = append([]any{id}, args...)
	}
	var texts []string
	if err := e.b.Read.NewRaw(query, args...).Scan(ctx, &texts); err != nil {
		return nil, e.fail("shift", err)
	}
	return decodeAll[account.DutyShift]("shift", texts)
}

// ShiftsAround implements account.RosterStore.
func (e *Engine[TTx]) ShiftsAround(ctx context.Context, id, language string, at time.Time) (ended, begins time.Time, err error) {
	var around struct {
		Ended  int64 `bun:"ended"`
		Begins int64 `bun:"begins"`
	}
	err = e.b.Read.NewRaw(`SELECT
		(SELECT coalesce(max(until_at), 0) FROM govmedia_shift WHERE account = ? AND language = ? AND until_at <= ?) AS ended,
		(SELECT coalesce(min(from_at), 0) FROM govmedia_shift WHERE account = ? AND language = ? AND until_at > ? AND from_at > ?) AS begins`,
		id, language, micros(at), id, language, micros(at), micros(at)).Scan(ctx, &around)
	return instant(around.Ended), instant(around.Begins), e.fail("shift", err)
}

// SaveWatch implements account.RosterStore.
func (e *Engine[TTx]) SaveWatch(ctx context.Context, actor string, w account.Watch) error {
	return e.write(ctx, "watch", func(t tx[TTx]) error {
		if err := exists(ctx, t, "account", w.Account); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `INSERT INTO govmedia_watch (account, language, body) VALUES (?, ?, ?)
			ON CONFLICT (account, language) DO UPDATE SET body = excluded.body`, w.Account, w.Language, body(w))
		if err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "watch.require", "account/"+w.Account, map[string]any{"watch": w}))
	})
}

// RemoveWatch implements account.RosterStore.
func (e *Engine[TTx]) RemoveWatch(ctx context.Context, actor, id, language, reason string) error {
	return e.write(ctx, "watch", func(t tx[TTx]) error {
		res, err := t.ExecContext(ctx, "DELETE FROM govmedia_watch WHERE account = ? AND language = ?", id, language)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return missing("watch", id+"/"+language)
		}
		return e.audit(ctx, t, e.audited(actor, "watch.release", "account/"+id, map[string]any{"language": language, "reason": plain(reason)}))
	})
}

// Watches implements account.RosterStore.
func (e *Engine[TTx]) Watches(ctx context.Context) ([]account.Watch, error) {
	var texts []string
	if err := e.b.Read.NewRaw("SELECT body FROM govmedia_watch ORDER BY account, language").Scan(ctx, &texts); err != nil {
		return nil, e.fail("watch", err)
	}
	return decodeAll[account.Watch]("watch", texts)
}

type gapRow struct {
	Account  string `bun:"account"`
	Language string `bun:"language"`
	From     int64  `bun:"from_at"`
}

func gapOf(g account.Gap) gapRow { return gapRow{g.Watch.Account, g.Watch.Language, micros(g.From)} }

// NoteGaps implements account.RosterStore.
func (e *Engine[TTx]) NoteGaps(ctx context.Context, gaps []account.Gap) ([]account.Gap, error) {
	// Most sweeps find what the last one found, and write nothing.
	if stored, err := noted(ctx, e.b.Read); err != nil {
		return nil, e.fail("gap", err)
	} else if len(stored) == len(gaps) && len(unknown(gaps, stored)) == 0 {
		return nil, nil
	}
	var fresh []account.Gap
	err := e.write(ctx, "gap", func(t tx[TTx]) error {
		stored, err := noted(ctx, t)
		if err != nil {
			return err
		}
		fresh = unknown(gaps, stored)
		for _, g := range gaps {
			delete(stored, gapOf(g))
		}
		for over := range stored {
			_, err := t.ExecContext(ctx, "DELETE FROM govmedia_gap WHERE account = ? AND language = ? AND from_at = ?", over.Account, over.Language, over.From)
			if err != nil {
				return err
			}
		}
		for _, g := range fresh {
			row := gapOf(g)
			_, err := t.ExecContext(ctx, "INSERT INTO govmedia_gap (account, language, from_at) VALUES (?, ?, ?)", row.Account, row.Language, row.From)
			if err != nil {
				return err
			}
			err = e.audit(ctx, t, e.audited("roster", "duty.unfilled", "account/"+row.Account, map[string]any{"language": row.Language, "from": g.From}))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return fresh, err
}

func noted(ctx context.Context, db bun.IDB) (map[gapRow]bool, error) {
	var rows []gapRow
	if err := db.NewRaw("SELECT account, language, from_at FROM govmedia_gap").Scan(ctx, &rows); err != nil {
		return nil, err
	}
	known := map[gapRow]bool{}
	for _, r := range rows {
		known[r] = true
	}
	return known, nil
}

func unknown(gaps []account.Gap, known map[gapRow]bool) []account.Gap {
	var fresh []account.Gap
	for _, g := range gaps {
		if !known[gapOf(g)] {
			fresh = append(fresh, g)
		}
	}
	return fresh
}
