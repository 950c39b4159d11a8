package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/uptrace/bun"
)

// recall is the SQL for the id of the withdrawal of a post's delivery d: "withdraw/…" for "post/…".
const recall = "'withdraw/' || substr(d.id, 6)"

// over are the states in which nothing of a delivery is out, nor will be without a person.
var over = []govmedia.DeliveryState{govmedia.Rejected, govmedia.NotSent, govmedia.Missed, govmedia.Cancelled, govmedia.Withdrawn}

// mayBeOut are the states from which a delivery becomes withdrawn; a platform that has been asked to take down what it
// works on may say that it refused it.
var mayBeOut = []govmedia.DeliveryState{
	govmedia.Live, govmedia.Saved, govmedia.Processing, govmedia.Rejected, govmedia.NeedsPerson, govmedia.Uncertain,
}

// Item implements publish.Store.
func (e *Engine[TTx]) Item(ctx context.Context, id string) (outbox.Item, error) {
	var row deliveryRow
	err := e.get(ctx, e.b.Read, &row, "delivery", id, "SELECT * FROM govmedia_delivery WHERE id = ?", id)
	return row.item(), err
}

// WithdrawPost implements publish.Store.
func (e *Engine[TTx]) WithdrawPost(ctx context.Context, actor, id string, version int64, items []outbox.Item, note string) error {
	return e.write(ctx, "post.withdraw", func(t tx[TTx]) error {
		if err := unchanged(ctx, t, id, version); err != nil {
			return err
		}
		now := micros(e.cfg.Now())
		cancelled, err := e.giveUp(ctx, t, id, note, `state IN (?) OR state = 'rejected' OR state = 'needs_person' AND until_at = 0 AND evidence = ''`)
		if err != nil {
			return err
		}
		var out []string
		err = t.NewRaw("SELECT id FROM govmedia_delivery WHERE kind = ? AND subject = ? AND state NOT IN (?)",
			govmedia.DeliverPost, id, bun.List(over)).Scan(ctx, &out)
		if err != nil {
			return err
		}
		is := map[string]bool{}
		for _, id := range out {
			is[id] = true
		}
		var orders []outbox.Item
		var ids []string
		for _, it := range items {
			if is[it.After] {
				orders, ids = append(orders, it), append(ids, it.ID)
			}
		}
		again, err := e.orderAgain(ctx, t, ids, now)
		if err != nil {
			return err
		}
		queued, err := e.queue(ctx, t, actor, orders)
		if err != nil || cancelled+int64(queued)+again == 0 {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "post.withdraw", "post/"+id,
			map[string]any{"version": version, "cancelled": cancelled, "queued": queued, "again": again, "note": note}))
	})
}

// unchanged gives KindConflict when the post is no longer at the version.
func unchanged(ctx context.Context, db bun.IDB, id string, version int64) error {
	var n int
	if err := db.NewRaw("SELECT count(*) FROM govmedia_post WHERE id = ? AND version = ?", id, version).Scan(ctx, &n); err != nil {
		return err
	}
	if n == 0 {
		return govmedia.Errorf(govmedia.KindConflict, "store.post", "post %q is no longer at version %d; read it again", id, version)
	}
	return nil
}

// giveUp cancels those deliveries of a post that have certainly not left, by a condition on unsent, and returns how many.
// One that waits to be repeated in doubt may be there already and is not among them.
func (e *Engine[TTx]) giveUp(ctx context.Context, t tx[TTx], post, note, where string) (int64, error) {
	res, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET state = ?, reason = ?, updated = ?, lease_owner = '', lease_until = 0
		WHERE kind = ? AND subject = ? AND repeats = 0 AND (`+where+`)`,
		govmedia.Cancelled, note, micros(e.cfg.Now()), govmedia.DeliverPost, post, bun.List(unsent))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// orderAgain queues those withdrawals again that had been given up.
func (e *Engine[TTx]) orderAgain(ctx context.Context, t tx[TTx], ids []string, now int64) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	var rows []deliveryRow
	err := t.NewRaw(`UPDATE govmedia_delivery SET state = ?, due = ?, updated = ?, tries = 0, checks = 0, claimed = '', cause = '', reason = ''
		WHERE id IN (?) AND kind = ? AND state = ? RETURNING *`,
		govmedia.Queued, now, now, bun.List(ids), govmedia.DeliverWithdrawal, govmedia.Cancelled).Scan(ctx, &rows)
	if err != nil && !noRows(err) {
		return 0, err
	}
	fresh := map[waking]int{}
	for _, r := range rows {
		fresh[r.waking()]++
	}
	return int64(len(rows)), e.wake(ctx, t, fresh)
}

// withdrawable says why a withdrawal must not leave, and where it stands then; the reason is empty when it may.
func (g *guardRow) withdrawable() (state govmedia.DeliveryState, why string) {
	switch {
	case g.AfterState == govmedia.Live, g.AfterState == govmedia.Saved, g.AfterState == govmedia.Processing,
		g.AfterState == govmedia.NeedsPerson && g.AfterEvidence != "":
		return "", ""
	case slices.Contains(over, g.AfterState):
		return govmedia.Cancelled, fmt.Sprintf("there is nothing to take down: %s is %s", g.After, g.AfterState)
	}
	return govmedia.Queued, fmt.Sprintf("waits until it is known whether %s is there", g.After)
}

// ended records that a withdrawal found nothing to take down: what it was for is given up for good, too.
func (e *Engine[TTx]) ended(ctx context.Context, db bun.IDB, id, by string, at time.Time) ([]auditRow, error) {
	return e.follow(ctx, db, id, by, "delivery.cancel", at, govmedia.Cancelled, "withdrawn before it was out",
		govmedia.Rejected, govmedia.NotSent, govmedia.Missed)
}

// takenDown records that a withdrawal is done: what it took down is withdrawn. Its receipt stays, so that nobody takes
// the same post for his own.
func (e *Engine[TTx]) takenDown(ctx context.Context, db bun.IDB, id, by, why string, at time.Time) ([]auditRow, error) {
	return e.follow(ctx, db, id, by, "delivery.withdraw", at, govmedia.Withdrawn, why,
		mayBeOut...)
}

func (e *Engine[TTx]) follow(ctx context.Context, db bun.IDB, id, by, action string, at time.Time, to govmedia.DeliveryState, why string, from ...govmedia.DeliveryState) ([]auditRow, error) {
	var row deliveryRow
	err := db.NewRaw(`UPDATE govmedia_delivery SET state = ?, cause = '', reason = ?, updated = ?, lease_owner = '', lease_until = 0
		WHERE id = ? AND state IN (?) RETURNING *`, to, why, micros(at), id, bun.List(from)).Scan(ctx, &row)
	if noRows(err) {
		return nil, nil
	}
	return []auditRow{e.audited("outbox", action, "delivery/"+id, map[string]any{"by": by, "state": to, "receipt": row.ReceiptID, "why": why})}, err
}
