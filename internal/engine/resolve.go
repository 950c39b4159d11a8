package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/uptrace/bun"
)

// Delivery returns one delivery.
func (e *Engine[TTx]) Delivery(ctx context.Context, id string) (govmedia.Delivery, error) {
	var row deliveryRow
	err := e.get(ctx, e.b.Read, &row, "delivery", id, "SELECT * FROM govmedia_delivery WHERE id = ?", id)
	return row.delivery(), err
}

// Attention returns the deliveries that wait for a person, oldest first: those only a person can settle, those that
// were given up as not sent, and those a platform rejected.
func (e *Engine[TTx]) Attention(ctx context.Context) ([]govmedia.Delivery, error) {
	var rows []deliveryRow
	err := e.b.Read.NewRaw(`SELECT * FROM govmedia_delivery
		WHERE (state = 'needs_person' OR state = 'not_sent' OR state = 'rejected' OR state = 'missed') ORDER BY updated, id`).Scan(ctx, &rows)
	return deliveries(rows), e.fail("delivery", err)
}

// rule says what a decision does.
type rule struct {
	from []govmedia.DeliveryState
	to   govmedia.DeliveryState
}

// down is what DecideLive does to a withdrawal: whoever sees that the post is down need not wait for us.
var down = rule{[]govmedia.DeliveryState{
	govmedia.Queued, govmedia.Uncertain, govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected,
}, govmedia.Withdrawn}

var decisions = map[govmedia.Decision]rule{
	govmedia.DecideLive: {[]govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.Uncertain}, govmedia.Live},
	govmedia.DecideSend: {[]govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected, govmedia.Missed}, govmedia.Queued},
	govmedia.DecideBare: {[]govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected}, govmedia.Queued},
	govmedia.DecideRead: {[]govmedia.DeliveryState{govmedia.NeedsPerson}, govmedia.Uncertain},
	govmedia.DecideCancel: {[]govmedia.DeliveryState{
		govmedia.Scheduled, govmedia.Queued, govmedia.Held, govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected, govmedia.Missed,
	}, govmedia.Cancelled},
}

// Resolve carries out what a person decided. url is where the person saw it, for DecideLive; note says why and is kept
// in the audit log. A decision that does not fit the state changes nothing and gives KindConflict.
func (e *Engine[TTx]) Resolve(ctx context.Context, actor, id string, decision govmedia.Decision, url, note string) error {
	r, ok := decisions[decision]
	if !ok || actor == "" || note == "" {
		return govmedia.Errorf(govmedia.KindInvalid, "delivery.resolve", "a decision needs a known kind, a person and a reason (got %q by %q)", decision, actor)
	}
	if len(note) > longest || len(url) > longest || len(actor) > longest {
		return govmedia.Errorf(govmedia.KindInvalid, "delivery.resolve", "person, reason and address may have %d bytes each", longest)
	}
	return e.write(ctx, "resolve", func(t tx[TTx]) error {
		var row deliveryRow
		if err := e.get(ctx, t, &row, "delivery", id, "SELECT * FROM govmedia_delivery WHERE id = ?", id); err != nil {
			return err
		}
		now := micros(e.cfg.Now())
		r := r
		if row.Kind == govmedia.DeliverWithdrawal && decision == govmedia.DecideLive {
			r = down
		}
		if err := unfit(ctx, t, row, decision, r, now); err != nil {
			return err
		}
		before := row.State
		row.State, row.Due, row.Updated, row.Tries, row.Repeats, row.Checks, row.Cause, row.Reason = r.to, now, now, 0, 0, 0, "", note
		row.LeaseOwner, row.LeaseUntil = "", 0
		if decision == govmedia.DecideLive {
			row.ReceiptURL, row.ReceiptAt, row.Evidence = url, now, govmedia.EvidencePerson
			if row.Kind == govmedia.DeliverAnswer {
				if err := e.answered(ctx, t, row.Subject, instant(now)); err != nil {
					return err
				}
			}
		}
		switch decision {
		case govmedia.DecideRead:
			row.UntilAt = now // the patience for reading starts anew
		case govmedia.DecideSend, govmedia.DecideBare:
			row.Actor = plain(actor)
			row.Missing = "" // whole, if that is possible by now
			if decision == govmedia.DecideBare {
				row.OnMedia = string(publish.MediaDegrade)
			}
			row.WindowAt = 0 // late or not, a person wants it
			row.Claimed = "" // whatever the platform said of an earlier attempt, the person has seen that it is not there
		}
		if _, err := t.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		if row.State == govmedia.Queued {
			if err := e.wake(ctx, t, map[waking]int{row.waking(): 1}); err != nil {
				return err
			}
		}
		records := []auditRow{e.audited(actor, "delivery.resolve", "delivery/"+id,
			map[string]any{"decision": decision, "before": before, "url": url, "note": note})}
		if row.State == govmedia.Withdrawn {
			more, err := e.takenDown(ctx, t, row.After, id, note, instant(now))
			if err != nil {
				return err
			}
			records = append(records, more...)
		}
		return e.audit(ctx, t, records...)
	})
}

// unfit says why a decision does not fit a delivery.
func unfit(ctx context.Context, db bun.IDB, row deliveryRow, decision govmedia.Decision, r rule, now int64) error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindConflict, "delivery.resolve", "delivery %q "+format, append([]any{row.ID}, args...)...)
	}
	switch {
	case !slices.Contains(r.from, row.State):
		return bad("is %s; %q does not apply", row.State, decision)
	case decision == govmedia.DecideRead && row.UntilAt == 0:
		return bad("was never attempted in doubt; there is nothing to read for")
	case decision == govmedia.DecideBare && row.OnMedia != string(publish.MediaHold):
		return bad("may not go out without its pictures and films: the post's policy for them is %q", row.OnMedia)
	case row.State == govmedia.Queued && row.LeaseUntil > now:
		return bad("is about to leave; look again in a moment")
	case decision == govmedia.DecideCancel && row.State != govmedia.NeedsPerson && row.Repeats > 0:
		return bad("may be there already and is about to be found out; look again later")
	}
	switch {
	case r.to == govmedia.Queued && row.Kind == govmedia.DeliverPost:
		var order string
		err := db.NewRaw("SELECT w.id FROM govmedia_delivery d JOIN govmedia_delivery w ON w.id = "+recall+" AND w.state <> 'cancelled' WHERE d.id = ?", row.ID).
			Scan(ctx, &order)
		if noRows(err) {
			return nil
		}
		return cmp.Or(err, bad("is to be withdrawn; give %q up first", order))
	case r.to == govmedia.Withdrawn:
		var state govmedia.DeliveryState
		if err := db.NewRaw("SELECT state FROM govmedia_delivery WHERE id = ?", row.After).Scan(ctx, &state); err != nil {
			return err
		}
		if !slices.Contains(mayBeOut, state) {
			return bad("cannot be done yet, or not at all: %q is %s", row.After, state)
		}
	}
	return nil
}

// Nudge makes the delivery that the platform works on under this receipt id due at once. Where there is none, or it is
// due already, nothing changes.
func (e *Engine[TTx]) Nudge(ctx context.Context, platform, app, receiptID string) error {
	if receiptID == "" {
		return nil // what has no id is not what was pushed
	}
	return e.write(ctx, "nudge", func(t tx[TTx]) error {
		now := micros(e.cfg.Now())
		var ids []string
		err := t.NewRaw(`UPDATE govmedia_delivery SET due = ?
			WHERE platform = ? AND app = ? AND state = ? AND due > ? AND receipt_id = ? RETURNING id`,
			now, platform, app, govmedia.Processing, now, plainID(receiptID)).Scan(ctx, &ids)
		if err != nil {
			return err
		}
		var records []auditRow
		for _, id := range ids {
			records = append(records, e.audited("platform/"+platform, "delivery.nudge", "delivery/"+id, map[string]any{"receipt": plainID(receiptID)}))
		}
		return e.audit(ctx, t, records...)
	})
}
