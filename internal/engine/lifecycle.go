package engine

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/uptrace/bun"
)

// happened stores events and returns their audit records.
func (e *Engine[TTx]) happened(ctx context.Context, t tx[TTx], events ...account.Event) ([]auditRow, error) {
	var list paramRows
	records := make([]auditRow, len(events))
	for i, ev := range events {
		list.add(ev.ID, plain(ev.Account), ev.Step, micros(ev.At), of(ev), body(ev))
		records[i] = e.audited(ev.Actor, "account."+string(ev.Step), "account/"+ev.Account, ev)
	}
	return records, e.each(ctx, t, list, `INSERT INTO govmedia_event (id, account, step, at, of_event, body)
		SELECT {0}, {1}, {2}, {3:int}, {4}, {5} {rows}`)
}

// of is the event that a filing is for.
func of(ev account.Event) string {
	if ev.Step == account.StepFile {
		return ev.Of
	}
	return ""
}

// SaveRequest implements account.LifecycleStore.
func (e *Engine[TTx]) SaveRequest(ctx context.Context, ev account.Event, r account.Request) error {
	return e.write(ctx, "request", func(t tx[TTx]) error {
		if err := saveRequest(ctx, t, r); err != nil {
			return err
		}
		records, err := e.happened(ctx, t, ev)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
}

func saveRequest(ctx context.Context, db bun.IDB, r account.Request) error {
	res, err := db.ExecContext(ctx, "UPDATE govmedia_request SET version = ?, stage = ?, body = ? WHERE id = ? AND version = ?",
		r.Version, r.Stage, body(r), r.ID, r.Version-1)
	if err == nil && r.Version == 1 {
		res, err = db.ExecContext(ctx, "INSERT INTO govmedia_request (id, version, stage, body) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING", r.ID, r.Stage, body(r))
	}
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return govmedia.Errorf(govmedia.KindConflict, "store.request", "request %q is no longer at version %d; read it again", r.ID, r.Version-1)
}

// Request implements account.LifecycleStore.
func (e *Engine[TTx]) Request(ctx context.Context, id string) (account.Request, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "request", id, "SELECT body FROM govmedia_request WHERE id = ?", id); err != nil {
		return account.Request{}, err
	}
	return decode[account.Request]("request", text)
}

// Requests implements account.LifecycleStore.
func (e *Engine[TTx]) Requests(ctx context.Context, stage account.RequestStage) ([]account.Request, error) {
	var texts []string
	err := e.b.Read.NewRaw("SELECT body FROM govmedia_request WHERE ? = '' OR stage = ? ORDER BY id", stage, stage).Scan(ctx, &texts)
	if err != nil {
		return nil, e.fail("request", err)
	}
	return decodeAll[account.Request]("request", texts)
}

// OpenAccount implements account.LifecycleStore.
func (e *Engine[TTx]) OpenAccount(ctx context.Context, ev account.Event, r account.Request, a account.Account, alone []account.Kind) error {
	return e.write(ctx, "account.open", func(t tx[TTx]) error {
		if err := saveRequest(ctx, t, r); err != nil {
			return err
		}
		var taken int
		if err := t.NewRaw("SELECT count(*) FROM govmedia_account WHERE id = ?", a.ID).Scan(ctx, &taken); err != nil {
			return err
		}
		if taken > 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.account", "there is an account %q already; choose another id", a.ID)
		}
		if err := e.aloneAt(ctx, t, account.Account{}, a, alone, ev.At); err != nil {
			return err
		}
		if err := e.saveAccount(ctx, t, a); err != nil {
			return err
		}
		for _, o := range r.Operators {
			if err := exists(ctx, t, "operator", o); err != nil {
				return err
			}
			if err := entrust(ctx, t, a.ID, o, ev.At); err != nil {
				return err
			}
		}
		records, err := e.happened(ctx, t, ev)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
}

// MoveAccount implements account.LifecycleStore.
func (e *Engine[TTx]) MoveAccount(ctx context.Context, ev account.Event, before, after account.Account, alone []account.Kind) error {
	return e.write(ctx, "account.move", func(t tx[TTx]) error {
		now, err := e.account(ctx, t, after.ID)
		if err != nil {
			return err
		}
		if body(now) != body(before) {
			return govmedia.Errorf(govmedia.KindConflict, "store.account", "account %q has changed meanwhile; read it again", after.ID)
		}
		if err := e.aloneAt(ctx, t, before, after, alone, ev.At); err != nil {
			return err
		}
		if err := e.saveAccount(ctx, t, after); err != nil {
			return err
		}
		records, err := e.happened(ctx, t, ev)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
}

// account reads one account in a transaction.
func (e *Engine[TTx]) account(ctx context.Context, db bun.IDB, id string) (account.Account, error) {
	var text string
	if err := e.get(ctx, db, &text, "account", id, "SELECT body FROM govmedia_account WHERE id = ?", id); err != nil {
		return account.Account{}, err
	}
	return decode[account.Account]("account", text)
}

// aloneAt refuses an account beside the one that its owner has of its kind on the platform.
func (e *Engine[TTx]) aloneAt(ctx context.Context, db bun.IDB, before, after account.Account, kinds []account.Kind, at time.Time) error {
	counts := func(a account.Account) bool {
		return a.State != account.Deregistered && a.Redirect == "" && slices.Contains(kinds, a.Kind)
	}
	same := func(a, b account.Account) bool {
		return a.Unit == b.Unit && a.App.Platform == b.App.Platform && a.Kind == b.Kind
	}
	if !counts(after) || counts(before) && same(before, after) {
		return nil
	}
	var texts []string
	err := db.NewRaw("SELECT body FROM govmedia_account WHERE unit = ? AND id <> ? AND state <> ? ORDER BY id", after.Unit, after.ID, account.Deregistered).Scan(ctx, &texts)
	if err != nil {
		return err
	}
	others, err := decodeAll[account.Account]("account", texts)
	if err != nil {
		return err
	}
	if err := db.NewRaw("SELECT body FROM govmedia_exemption WHERE unit = ?", after.Unit).Scan(ctx, &texts); err != nil {
		return err
	}
	exemptions, err := decodeAll[account.Exemption]("exemption", texts)
	if err != nil {
		return err
	}
	exempt := func(a account.Account) bool {
		return slices.ContainsFunc(exemptions, func(x account.Exemption) bool { return x.Covers(a, at) })
	}
	for _, o := range others {
		if counts(o) && same(o, after) && !exempt(o) && !exempt(after) {
			return govmedia.Errorf(govmedia.KindConflict, "store.account",
				"unit %q has account %q on %s already, and a unit has one (一个单位一个平台一个账号): deregister that one, or record an exemption (豁免) for %q",
				after.Unit, o.ID, after.App.Platform, after.ID)
		}
	}
	return nil
}

// RecordEvent implements account.LifecycleStore.
func (e *Engine[TTx]) RecordEvent(ctx context.Context, ev account.Event) error {
	return e.write(ctx, "event", func(t tx[TTx]) error {
		if ev.Step == account.StepFile {
			var n int
			if err := t.NewRaw("SELECT count(*) FROM govmedia_event WHERE of_event = ? AND step = ?", ev.Of, ev.Step).Scan(ctx, &n); err != nil {
				return err
			}
			if n > 0 {
				return govmedia.Errorf(govmedia.KindConflict, "store.event", "event %q has been filed already", ev.Of)
			}
		}
		records, err := e.happened(ctx, t, ev)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
}

// Event implements account.LifecycleStore.
func (e *Engine[TTx]) Event(ctx context.Context, id string) (account.Event, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "event", id, "SELECT body FROM govmedia_event WHERE id = ?", id); err != nil {
		return account.Event{}, err
	}
	return decode[account.Event]("event", text)
}

// Events implements account.LifecycleStore.
func (e *Engine[TTx]) Events(ctx context.Context, id string, steps ...account.Step) ([]account.Event, error) {
	list, err := events(ctx, e.b.Read, id, steps)
	return list, e.fail("event", err)
}

func events(ctx context.Context, db bun.IDB, id string, steps []account.Step) ([]account.Event, error) {
	where, args := "1 = 1", []any(nil)
	if id != "" {
		where, args = where+" AND account = ?", append(args, id)
	}
	if len(steps) > 0 {
		where, args = where+" AND step IN (?)", append(args, bun.List(steps))
	}
	var texts []string
	if err := db.NewRaw("SELECT body FROM govmedia_event WHERE "+where+" ORDER BY n", args...).Scan(ctx, &texts); err != nil {
		return nil, err
	}
	return decodeAll[account.Event]("event", texts)
}

// Recheck implements account.LifecycleStore.
func (e *Engine[TTx]) Recheck(ctx context.Context, ev account.Event, before time.Time) ([]account.Event, error) {
	// Most sweeps find nothing, and keep nobody from writing.
	if ids, err := leftAlone(ctx, e.b.Read, before); err != nil || len(ids) == 0 {
		return nil, e.fail("recheck", err)
	}
	var returned []account.Event
	err := e.write(ctx, "recheck", func(t tx[TTx]) error {
		returned = nil
		ids, err := leftAlone(ctx, t, before)
		if err != nil {
			return err
		}
		for _, id := range ids {
			one := ev
			one.ID, one.Account = rand.Text(), id
			returned = append(returned, one)
		}
		records, err := e.happened(ctx, t, returned...)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
	return returned, err
}

// leftAlone are the open accounts to which nothing has happened since.
func leftAlone(ctx context.Context, db bun.IDB, since time.Time) (ids []string, err error) {
	err = db.NewRaw(`SELECT a.id FROM govmedia_account a WHERE a.state = ?
		AND NOT EXISTS (SELECT 1 FROM govmedia_event e WHERE e.account = a.id AND e.at > ?)
		AND NOT EXISTS (SELECT 1 FROM govmedia_delivery d WHERE d.account = a.id AND d.state = 'live' AND d.receipt_at > ?)
		ORDER BY a.id`, account.Open, micros(since), micros(since)).Scan(ctx, &ids)
	return ids, err
}

// SaveExemption implements account.LifecycleStore.
func (e *Engine[TTx]) SaveExemption(ctx context.Context, actor string, x account.Exemption) error {
	return e.write(ctx, "exemption", func(t tx[TTx]) error {
		if err := e.exemptible(ctx, t, x); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, `INSERT INTO govmedia_exemption (account, unit, until_at, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (account) DO UPDATE SET unit = excluded.unit, until_at = excluded.until_at, body = excluded.body`,
			x.Account, x.Unit, micros(x.Until), body(x))
		if err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "account."+string(account.StepExempt), "account/"+x.Account, x))
	})
}

// exemptible refuses an exemption that would take another unit's place. Once there is an account, only its owner counts.
func (e *Engine[TTx]) exemptible(ctx context.Context, db bun.IDB, x account.Exemption) error {
	var units []string
	if err := db.NewRaw("SELECT unit FROM govmedia_account WHERE id = ?", x.Account).Scan(ctx, &units); err != nil {
		return err
	}
	if len(units) == 0 {
		err := db.NewRaw("SELECT unit FROM govmedia_exemption WHERE account = ? AND until_at > ?", x.Account, micros(e.cfg.Now())).Scan(ctx, &units)
		if err != nil {
			return err
		}
	}
	if slices.ContainsFunc(units, func(unit string) bool { return unit != x.Unit }) {
		return govmedia.Errorf(govmedia.KindConflict, "store.exemption",
			"account %q, or the exemption that holds for this id, is another unit's, not %q's; have the owner ask for it, or choose another id", x.Account, x.Unit)
	}
	return nil
}

// Exemptions implements account.LifecycleStore.
func (e *Engine[TTx]) Exemptions(ctx context.Context) ([]account.Exemption, error) {
	var texts []string
	if err := e.b.Read.NewRaw("SELECT body FROM govmedia_exemption ORDER BY account").Scan(ctx, &texts); err != nil {
		return nil, e.fail("exemption", err)
	}
	return decodeAll[account.Exemption]("exemption", texts)
}

// merge lays an imported account over the stored one: what was stopped stays stopped, and what Lifecycle has set stays. It
// returns what has happened to the account with that, nothing when it is as it was.
func (e *Engine[TTx]) merge(actor string, stored *account.Account, a account.Account) (account.Account, []account.Event) {
	ev := account.Event{ID: rand.Text(), Account: a.ID, Step: account.StepRegister, Actor: plain(actor), At: instant(micros(e.cfg.Now()))}
	if stored == nil {
		return a, []account.Event{ev}
	}
	if stored.State == account.Deregistered || stored.State != account.Open && a.State == account.Open {
		a.State = stored.State
	}
	if !stored.Expires.IsZero() {
		a.Expires = stored.Expires
	}
	if stored.Redirect != "" {
		a.Redirect = stored.Redirect
	}
	if a.Joint == nil {
		a.Joint = stored.Joint
	}
	if ev.Changes = account.Changes(*stored, a); ev.Changes == nil {
		return a, nil
	}
	ev.Step, ev.Reason = account.StepChange, "import"
	if stored.State != a.State {
		ev.Step = moved(a.State)
	}
	return a, []account.Event{ev}
}

// moved is the step that leads to a state.
func moved(to account.State) account.Step {
	switch to {
	case account.Suspended:
		return account.StepSuspend
	case account.Deregistered:
		return account.StepDeregister
	}
	return account.StepReopen
}

var (
	_ account.LifecycleStore = (*Engine[any])(nil)
	_ account.OperatorStore  = (*Engine[any])(nil)
)
