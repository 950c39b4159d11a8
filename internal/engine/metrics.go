package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/metrics"
)

// AppendSnapshot implements metrics.Store.
func (e *Engine[TTx]) AppendSnapshot(ctx context.Context, s metrics.Snapshot) error {
	return e.write(ctx, "snapshot", func(t tx[TTx]) error {
		_, err := t.ExecContext(ctx, "INSERT INTO govmedia_snapshot (account, taken_at, body) VALUES (?, ?, ?)", s.Account, micros(s.At), body(s))
		return err
	})
}

// Snapshots implements metrics.Store.
func (e *Engine[TTx]) Snapshots(ctx context.Context) (map[string]metrics.Snapshot, error) {
	var texts []string
	err := e.b.Read.NewRaw("SELECT body FROM govmedia_snapshot WHERE n IN (SELECT max(n) FROM govmedia_snapshot GROUP BY account)").Scan(ctx, &texts)
	if err != nil {
		return nil, e.fail("snapshot", err)
	}
	list, err := decodeAll[metrics.Snapshot]("snapshot", texts)
	if err != nil {
		return nil, err
	}
	newest := make(map[string]metrics.Snapshot, len(list))
	for _, s := range list {
		newest[s.Account] = s
	}
	return newest, nil
}

// LastPosts implements metrics.Store.
func (e *Engine[TTx]) LastPosts(ctx context.Context) (map[string]time.Time, error) {
	var rows []struct {
		Account string `bun:"account"`
		At      int64  `bun:"at"`
	}
	err := e.b.Read.NewRaw(`SELECT account, max(receipt_at) AS at FROM govmedia_delivery
		WHERE state = 'live' AND kind = ? GROUP BY account`, govmedia.DeliverPost).Scan(ctx, &rows)
	last := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		last[r.Account] = instant(r.At)
	}
	return last, e.fail("delivery", err)
}

// LivePosts implements metrics.Store.
func (e *Engine[TTx]) LivePosts(ctx context.Context, account string, limit int) ([]string, error) {
	var ids []string
	err := e.b.Read.NewRaw(`SELECT receipt_id FROM govmedia_delivery WHERE state = 'live' AND kind = ? AND account = ? AND receipt_id <> ''
		ORDER BY receipt_at DESC LIMIT ?`, govmedia.DeliverPost, account, limit).Scan(ctx, &ids)
	return ids, e.fail("delivery", err)
}
