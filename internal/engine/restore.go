package engine

import (
	"context"

	"github.com/govmedia/govmedia"
	"github.com/uptrace/bun"
)

// Restored makes doubtful whatever may have left after the backup was taken from which the database was restored: a
// delivery that waited then was perhaps sent an hour later, and only the platform knows. It is read for before it may be
// sent; a trace of it cannot be older than its last change. What is planned for later stays planned.
func (e *Engine[TTx]) Restored(ctx context.Context, actor, note string) (int, error) {
	if actor == "" || note == "" || len(note) > longest || len(actor) > longest {
		return 0, govmedia.Errorf(govmedia.KindInvalid, "restored", "say who restored a backup and which, in %d bytes each at most", longest)
	}
	n := 0
	err := e.write(ctx, "restored", func(t tx[TTx]) error {
		now := micros(e.cfg.Now())
		res, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET state = ?, due = ?, until_at = ?, checks = 0,
				attempt = CASE WHEN attempt = 0 THEN 1 ELSE attempt END, claimed = '', lease_owner = '', lease_until = 0,
				since_at = CASE WHEN since_at = 0 THEN updated ELSE since_at END, updated = ?, reason = 'restored from a backup; it may have left since'
			WHERE (state IN (?) OR state = ? AND due <= ?) AND kind IN (?)`,
			govmedia.Uncertain, now, now, now,
			bun.List([]govmedia.DeliveryState{govmedia.Queued, govmedia.Held, govmedia.Sending, govmedia.Uncertain}), govmedia.Scheduled, now,
			bun.List([]govmedia.DeliveryKind{govmedia.DeliverPost, govmedia.DeliverAnswer}))
		if err != nil {
			return err
		}
		doubtful, err := res.RowsAffected()
		if err != nil {
			return err
		}
		n = int(doubtful)
		return e.audit(ctx, t, e.audited(actor, "restored", "deliveries", map[string]any{"note": note, "doubtful": n}))
	})
	return n, err
}
