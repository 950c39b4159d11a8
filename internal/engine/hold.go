package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/publish"
	"github.com/uptrace/bun"
)

// Hold implements publish.Store.
func (e *Engine[TTx]) Hold(ctx context.Context, h publish.Hold) ([]govmedia.Delivery, error) {
	var late []govmedia.Delivery
	err := e.write(ctx, "hold", func(t tx[TTx]) error {
		late = nil
		_, err := t.ExecContext(ctx, `INSERT INTO govmedia_hold (id, from_at, body) VALUES (?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET from_at = excluded.from_at, body = excluded.body`, h.ID, micros(h.From), body(h))
		if err != nil {
			return err
		}
		subjects, err := subjectsOf(ctx, t, "d.state = ?", govmedia.Sending)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			if h.Stops(s) {
				late = append(late, s.Delivery)
			}
		}
		return e.audit(ctx, t, e.audited(h.Actor, "hold.set", "hold/"+h.ID, map[string]any{"hold": h, "on_the_wire": len(late)}))
	})
	return late, err
}

// Release implements publish.Store.
func (e *Engine[TTx]) Release(ctx context.Context, actor, id, note string, pace time.Duration) (int, error) {
	released := 0
	err := e.write(ctx, "hold", func(t tx[TTx]) error {
		released = 0
		res, err := t.ExecContext(ctx, "DELETE FROM govmedia_hold WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return missing("hold", id)
		}
		subjects, err := subjectsOf(ctx, t, "d.state = ?", govmedia.Held)
		if err != nil {
			return err
		}
		rest, err := holds(ctx, t)
		if err != nil {
			return err
		}
		fresh, now := map[waking]int{}, e.cfg.Now()
		for _, s := range subjects {
			if stopping(rest, s) != "" {
				continue
			}
			w := waking{outbox.App{Platform: s.Delivery.Platform, Key: s.Delivery.App}, s.Delivery.Lane}
			due := now.Add(time.Duration(fresh[w]) * pace)
			fresh[w]++
			_, err := t.ExecContext(ctx, "UPDATE govmedia_delivery SET state = ?, due = ?, updated = ?, reason = ? WHERE id = ?",
				govmedia.Queued, micros(due), micros(now), "released from hold "+id, s.Delivery.ID)
			if err != nil {
				return err
			}
			released++
		}
		if err := e.wake(ctx, t, fresh); err != nil {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "hold.release", "hold/"+id, map[string]any{"note": note, "released": released, "pace": pace.String()}))
	})
	return released, err
}

// Holds implements publish.Store.
func (e *Engine[TTx]) Holds(ctx context.Context) ([]publish.Hold, error) {
	list, err := holds(ctx, e.b.Read)
	return list, e.fail("hold", err)
}

func holds(ctx context.Context, db bun.IDB) ([]publish.Hold, error) {
	var bodies []string
	if err := db.NewRaw("SELECT body FROM govmedia_hold ORDER BY from_at, id").Scan(ctx, &bodies); err != nil {
		return nil, err
	}
	list := make([]publish.Hold, len(bodies))
	for i, text := range bodies {
		h, err := decode[publish.Hold]("hold", text)
		if err != nil {
			return nil, err
		}
		list[i] = h
	}
	return list, nil
}

// held returns, for those of the deliveries that a hold stops, why it was set.
func (e *Engine[TTx]) held(ctx context.Context, db bun.IDB, ids []string) (map[string]string, error) {
	list, err := holds(ctx, db)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	subjects, err := subjectsOf(ctx, db, "d.id IN (?)", bun.List(ids))
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for _, s := range subjects {
		if why := stopping(list, s); why != "" {
			held[s.Delivery.ID] = why
		}
	}
	return held, nil
}

// stopping says why the delivery is held; empty when it is not.
func stopping(list []publish.Hold, s publish.HoldSubject) string {
	for _, h := range list {
		if h.Stops(s) {
			return h.ID + ", " + h.Reason
		}
	}
	return ""
}

// subjectsOf returns what holds judge deliveries by, those that are due first first.
func subjectsOf(ctx context.Context, db bun.IDB, where string, args ...any) ([]publish.HoldSubject, error) {
	var rows []struct {
		deliveryRow
		Unit string `bun:"unit_body"`
	}
	err := db.NewRaw(`SELECT d.*, u.body AS unit_body FROM govmedia_delivery d JOIN govmedia_account a ON a.id = d.account
		JOIN govmedia_unit u ON u.id = a.unit WHERE `+where+` ORDER BY d.due, d.id`, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	list := make([]publish.HoldSubject, len(rows))
	for i, r := range rows {
		unit, err := decode[account.Unit]("unit", r.Unit)
		if err != nil {
			return nil, err
		}
		list[i] = publish.HoldSubject{Delivery: r.delivery(), Topic: r.Topic, Unit: unit}
	}
	return list, nil
}
