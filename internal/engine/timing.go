package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/publish"
	"github.com/uptrace/bun"
)

// unsent are the states in which a delivery can still be given up.
var unsent = []govmedia.DeliveryState{govmedia.Scheduled, govmedia.Queued, govmedia.Held, govmedia.NotSent, govmedia.Missed}

// neverSent says in SQL that a delivery waits for a person and was never sent, nor in doubt: one that was restored from a
// backup may have left since.
const neverSent = `state = 'needs_person' AND attempt = 0 AND until_at = 0 AND evidence = ''`

// CancelPost implements publish.Store. A delivery that a worker has leased and not fenced is cancelled, too: the fence
// finds it so. One that waits to be repeated in doubt may be there already and is not.
func (e *Engine[TTx]) CancelPost(ctx context.Context, actor, id string, version int64, note string) error {
	return e.write(ctx, "post.cancel", func(t tx[TTx]) error {
		if err := unchanged(ctx, t, id, version); err != nil {
			return err
		}
		cancelled, err := e.giveUp(ctx, t, id, note, "state IN (?) OR "+neverSent)
		if err != nil || cancelled == 0 {
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "post.cancel", "post/"+id, map[string]any{"version": version, "cancelled": cancelled, "note": note}))
	})
}

// said refuses items that would tell an account's readers the same again.
func said(ctx context.Context, db bun.IDB, post string, items []outbox.Item, since time.Time) error {
	if since.IsZero() || len(items) == 0 {
		return nil
	}
	type saying struct {
		Account string `bun:"account"`
		Subject string `bun:"subject"`
	}
	var again []saying
	byDigest := map[string][]string{}
	for _, it := range items {
		byDigest[it.Said] = append(byDigest[it.Said], it.Account)
	}
	for digest, accounts := range byDigest {
		var found []saying
		err := db.NewRaw(`SELECT account, subject FROM govmedia_delivery
			WHERE said = ? AND account IN (?) AND kind = ? AND subject <> ? AND state NOT IN (?)
				AND (planned >= ? OR planned = 0 AND updated >= ?) ORDER BY account, subject`,
			digest, bun.List(accounts), govmedia.DeliverPost, post,
			bun.List(over), micros(since), micros(since)).Scan(ctx, &found)
		if err != nil {
			return err
		}
		again = append(again, found...)
	}
	if len(again) == 0 {
		return nil
	}
	var words []string
	for _, a := range again {
		words = append(words, a.Account+" (post "+a.Subject+")")
	}
	slices.Sort(words)
	return govmedia.Errorf(govmedia.KindDuplicate, "publish.repeat",
		"post %q says what %d accounts have said or will say since %s: %s; say why in Post.Repeat if it must be",
		post, len(words), since.UTC().Format(time.RFC3339), strings.Join(words[:min(len(words), 5)], ", "))
}

// Retry implements publish.Store.
func (e *Engine[TTx]) Retry(ctx context.Context, actor string, r publish.Retry, note string) ([]string, error) {
	var ids []string
	err := e.write(ctx, "retry", func(t tx[TTx]) error {
		ids = nil
		now := micros(e.cfg.Now())
		q := t.NewUpdate().Model((*deliveryRow)(nil)).
			Set("state = ?, actor = ?, due = ?, updated = ?, tries = 0, checks = 0, missing = '', cause = '', reason = ?, lease_owner = '', lease_until = 0", govmedia.Queued, plain(actor), now, now, note).
			Where("state = 'not_sent' OR state IN ('rejected', 'needs_person') AND until_at = 0 AND cause <> ''").
			Where("cause IN (?)", bun.List(r.Causes)).Where("kind = ?", govmedia.DeliverPost)
		if r.Post != "" {
			q = q.Where("subject = ?", r.Post)
		}
		if r.Platform != "" {
			q = q.Where("platform = ?", r.Platform)
		}
		var rows []deliveryRow
		if err := q.Returning("*").Scan(ctx, &rows); err != nil && !noRows(err) {
			return err
		}
		fresh := map[waking]int{}
		var records []auditRow
		for _, row := range rows {
			ids = append(ids, row.ID)
			fresh[row.waking()]++
			records = append(records, e.audited(actor, "delivery.retry", "delivery/"+row.ID, map[string]any{"note": note}))
		}
		slices.Sort(ids)
		if err := e.wake(ctx, t, fresh); err != nil {
			return err
		}
		return e.audit(ctx, t, records...)
	})
	return ids, err
}
