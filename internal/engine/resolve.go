package engine

import (
	"context"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
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
	err := e.b.Read.NewRaw(`SELECT * FROM govmedia_delivery WHERE state IN ('needs_person', 'not_sent', 'rejected', 'missed') ORDER BY updated, id`).Scan(ctx, &rows)
	return deliveries(rows), e.fail("delivery", err)
}

var decisions = map[govmedia.Decision]struct {
	from []govmedia.DeliveryState
	to   govmedia.DeliveryState
}{
	govmedia.DecideLive: {[]govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.Uncertain}, govmedia.Live},
	govmedia.DecideSend: {[]govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected, govmedia.Missed}, govmedia.Queued},
	govmedia.DecideRead: {[]govmedia.DeliveryState{govmedia.NeedsPerson}, govmedia.Uncertain},
	govmedia.DecideCancel: {[]govmedia.DeliveryState{
		govmedia.Scheduled, govmedia.Queued, govmedia.Held, govmedia.NeedsPerson, govmedia.NotSent, govmedia.Rejected, govmedia.Missed,
	}, govmedia.Cancelled},
}

// Resolve carries out what a person decided. url is where the person saw it, for DecideLive; note says why and is kept
// in the audit log. A decision that does not fit the state changes nothing and gives KindConflict.
func (e *Engine[TTx]) Resolve(ctx context.Context, actor, id string, decision govmedia.Decision, url, note string) error {
	rule, ok := decisions[decision]
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
		switch {
		case !slices.Contains(rule.from, row.State):
			return govmedia.Errorf(govmedia.KindConflict, "delivery.resolve", "delivery %q is %s; %q does not apply", id, row.State, decision)
		case decision == govmedia.DecideRead && row.UntilAt == 0:
			return govmedia.Errorf(govmedia.KindConflict, "delivery.resolve", "delivery %q was never attempted in doubt; there is nothing to read for", id)
		case decision == govmedia.DecideCancel && row.State == govmedia.Queued && row.LeaseUntil > now:
			return govmedia.Errorf(govmedia.KindConflict, "delivery.resolve", "delivery %q is about to leave; look again in a moment", id)
		case decision == govmedia.DecideCancel && row.State != govmedia.NeedsPerson && row.Repeats > 0:
			return govmedia.Errorf(govmedia.KindConflict, "delivery.resolve", "delivery %q may be there already and is about to be found out; look again later", id)
		}
		before := row.State
		row.State, row.Due, row.Updated, row.Tries, row.Repeats, row.Checks, row.Cause, row.Reason = rule.to, now, now, 0, 0, 0, "", note
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
		case govmedia.DecideSend:
			row.WindowAt = 0 // late or not, a person wants it
			row.Claimed = "" // whatever the platform said of an earlier attempt, the person has seen that it is not there
		}
		if _, err := t.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
			return err
		}
		if decision == govmedia.DecideSend {
			if err := e.wake(ctx, t, map[waking]int{{outbox.App{Platform: row.Platform, Key: row.App}, row.Lane}: 1}); err != nil {
				return err
			}
		}
		return e.audit(ctx, t, e.audited(actor, "delivery.resolve", "delivery/"+id,
			map[string]any{"decision": decision, "before": before, "url": url, "note": note}))
	})
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
			now, platform, app, govmedia.Processing, now, plain(receiptID)).Scan(ctx, &ids)
		if err != nil {
			return err
		}
		var records []auditRow
		for _, id := range ids {
			records = append(records, e.audited("platform/"+platform, "delivery.nudge", "delivery/"+id, map[string]any{"receipt": plain(receiptID)}))
		}
		return e.audit(ctx, t, records...)
	})
}
