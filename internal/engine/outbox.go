package engine

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/uptrace/bun"
)

type deliveryRow struct {
	bun.BaseModel `bun:"table:govmedia_delivery"`

	ID         string                 `bun:"id,pk"`
	Kind       govmedia.DeliveryKind  `bun:"kind"`
	Subject    string                 `bun:"subject"`
	Platform   string                 `bun:"platform"`
	App        string                 `bun:"app"`
	Account    string                 `bun:"account"`
	Actor      string                 `bun:"actor"` // who ordered it out
	Part       int                    `bun:"part"`
	After      string                 `bun:"after_id"`
	Lane       govmedia.Lane          `bun:"lane"`
	Topic      string                 `bun:"topic"`
	Said       string                 `bun:"said"`
	Planned    int64                  `bun:"planned"`
	WindowAt   int64                  `bun:"window_at"`
	Missed     string                 `bun:"missed"`
	Seal       string                 `bun:"seal"`
	State      govmedia.DeliveryState `bun:"state"`
	Attempt    int                    `bun:"attempt"`
	Due        int64                  `bun:"due"`
	LeaseOwner string                 `bun:"lease_owner"`
	LeaseUntil int64                  `bun:"lease_until"`
	Tries      int                    `bun:"tries"`
	Repeats    int                    `bun:"repeats"`
	Checks     int                    `bun:"checks"`
	SinceAt    int64                  `bun:"since_at"`
	UntilAt    int64                  `bun:"until_at"`
	Claimed    govmedia.Evidence      `bun:"claimed"`
	Prior      []byte                 `bun:"prior"`
	OnMedia    string                 `bun:"on_media"`
	Missing    string                 `bun:"missing"` // JSON; empty for none
	ReceiptID  string                 `bun:"receipt_id"`
	ReceiptURL string                 `bun:"receipt_url"`
	ReceiptAt  int64                  `bun:"receipt_at"`
	Thread     string                 `bun:"thread"`
	Reach      govmedia.Reach         `bun:"reach"`
	Evidence   govmedia.Evidence      `bun:"evidence"`
	Cause      govmedia.Kind          `bun:"cause"`
	Reason     string                 `bun:"reason"`
	Updated    int64                  `bun:"updated"`
}

// itemColumns are what deliveryRow.item needs, in the order of deliveryRow.columns.
const itemColumns = `id, kind, subject, platform, app, account, part, after_id, lane, topic, said, planned, window_at, missed, seal, state, attempt, due,
	tries, repeats, checks, since_at, until_at, claimed, prior, on_media, missing, receipt_id, receipt_url, receipt_at, thread, reach, evidence, cause, reason, updated`

func (r *deliveryRow) columns() []any {
	return []any{
		&r.ID, &r.Kind, &r.Subject, &r.Platform, &r.App, &r.Account, &r.Part, &r.After, &r.Lane, &r.Topic, &r.Said, &r.Planned, &r.WindowAt, &r.Missed,
		&r.Seal, &r.State, &r.Attempt, &r.Due, &r.Tries, &r.Repeats, &r.Checks, &r.SinceAt, &r.UntilAt, &r.Claimed, &r.Prior, &r.OnMedia, &r.Missing,
		&r.ReceiptID, &r.ReceiptURL, &r.ReceiptAt, &r.Thread, &r.Reach, &r.Evidence, &r.Cause, &r.Reason, &r.Updated,
	}
}

func (r deliveryRow) delivery() govmedia.Delivery {
	d := govmedia.Delivery{
		ID: r.ID, Kind: r.Kind, Subject: r.Subject, Platform: r.Platform, App: r.App, Account: r.Account, Part: r.Part,
		Lane: r.Lane, Planned: instant(r.Planned), State: r.State, Attempt: r.Attempt, Due: instant(r.Due), Updated: instant(r.Updated),
		Cause: r.Cause, Reason: r.Reason,
	}
	if r.Evidence != "" {
		d.Receipt = &govmedia.Receipt{
			ID: r.ReceiptID, URL: r.ReceiptURL, Thread: r.Thread, At: instant(r.ReceiptAt), Reach: r.Reach, Evidence: r.Evidence,
			Missing: decodeMissing(r.Missing),
		}
	}
	return d
}

func encodeMissing(list []govmedia.Missing) string {
	if len(list) == 0 {
		return ""
	}
	return body(list)
}

func decodeMissing(text string) []govmedia.Missing {
	if text == "" {
		return nil
	}
	list, err := decode[[]govmedia.Missing]("delivery", text)
	if err != nil {
		return []govmedia.Missing{{Reason: err.Error()}}
	}
	return list
}

func (r deliveryRow) item() outbox.Item {
	return outbox.Item{
		Delivery: r.delivery(), Seal: r.Seal, After: r.After, Topic: r.Topic, Said: r.Said,
		Window: instant(r.WindowAt), Missed: r.Missed, Prior: r.Prior, OnMedia: r.OnMedia, Missing: decodeMissing(r.Missing), Tries: r.Tries, Repeats: r.Repeats, Checks: r.Checks,
		Since: instant(r.SinceAt), Until: instant(r.UntilAt), Claimed: r.Claimed,
	}
}

// waking names who is to be woken for it.
func (r deliveryRow) waking() waking {
	return waking{outbox.App{Platform: r.Platform, Key: r.App}, r.Lane}
}

func deliveries(rows []deliveryRow) []govmedia.Delivery {
	list := make([]govmedia.Delivery, len(rows))
	for i, r := range rows {
		list[i] = r.delivery()
	}
	return list
}

func items(rows []deliveryRow) []outbox.Item {
	list := make([]outbox.Item, len(rows))
	for i, r := range rows {
		list[i] = r.item()
	}
	return list
}

func noRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// mayFollow says in SQL that delivery d waits for no other one any more. A part of a text waits until it is known whether
// the one before it is there or was given up; a withdrawal until what it takes down has a receipt, or certainly is not
// out, so that the withdrawal ends (guardRow.withdrawable tells the one from the other).
func mayFollow(d string) string {
	return `(` + d + `.after_id = '' OR EXISTS (SELECT 1 FROM govmedia_delivery b WHERE b.id = ` + d + `.after_id AND (
		b.state IN ('live', 'saved', 'cancelled', 'withdrawn')
		OR ` + d + `.kind = 'withdrawal' AND (b.state IN ('processing', 'rejected', 'not_sent', 'missed') OR b.state = 'needs_person' AND b.evidence <> ''))))`
}

var lanes = []govmedia.Lane{govmedia.LaneRoutine, govmedia.LaneEmergency}

// insertChunk bounds the length of one statement.
const insertChunk = 500

// queue inserts those items that do not exist yet, wakes the workers for them and returns how many there were.
func (e *Engine[TTx]) queue(ctx context.Context, t tx[TTx], actor string, list []outbox.Item) (int, error) {
	fresh := map[waking]int{}
	total := 0
	for len(list) > 0 {
		n := min(len(list), insertChunk)
		rows := make([]deliveryRow, n)
		for i, it := range list[:n] {
			rows[i] = deliveryRow{
				ID: it.ID, Kind: it.Kind, Subject: it.Subject, Platform: it.Platform, App: it.App, Account: it.Account, Actor: plain(actor),
				Part: it.Part, After: it.After, Lane: it.Lane, Topic: it.Topic, Said: it.Said,
				Planned: micros(it.Planned), WindowAt: micros(it.Window), Missed: it.Missed, OnMedia: it.OnMedia, Seal: it.Seal, State: it.State, Due: micros(it.Due), Updated: micros(it.Updated),
			}
		}
		list = list[n:]
		var inserted []deliveryRow
		err := t.NewInsert().Model(&rows).On("CONFLICT (id) DO NOTHING").Returning("platform, app, lane").Scan(ctx, &inserted)
		if err != nil && !noRows(err) {
			return 0, err
		}
		for _, r := range inserted {
			fresh[r.waking()]++
		}
		total += len(inserted)
	}
	return total, e.wake(ctx, t, fresh)
}

// Claim implements outbox.Store.
func (e *Engine[TTx]) Claim(ctx context.Context, c outbox.Claim) ([]outbox.Item, error) {
	return e.claim(ctx, string(c.Lane), c, nil, []govmedia.Lane{c.Lane}, govmedia.Queued, govmedia.Scheduled)
}

// ClaimUncertain implements outbox.Store.
func (e *Engine[TTx]) ClaimUncertain(ctx context.Context, c outbox.Claim) ([]outbox.Item, error) {
	expire := func(t tx[TTx]) error { return e.expire(ctx, t, c) }
	return e.claim(ctx, doubt, c, expire, lanes, govmedia.Uncertain, govmedia.Processing)
}

// claim leases items and then reads them: whoever holds them is the only one to change what is read, and nobody waits
// for the reading.
func (e *Engine[TTx]) claim(ctx context.Context, sort string, c outbox.Claim, before func(tx[TTx]) error, in []govmedia.Lane, states ...govmedia.DeliveryState) ([]outbox.Item, error) {
	ids, err := e.lease(ctx, sort, c, before, in, states)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, err := selected(ctx, e.b.Read, (*deliveryRow).columns, "SELECT "+itemColumns+` FROM govmedia_delivery WHERE id IN (?) AND lease_owner = ?`,
		bun.List(ids), c.Owner)
	oldestFirst(rows)
	return items(rows), e.fail("claim", err)
}

// lease leases what is due. Of each sort of work one claim at a time asks for the database: a province has as many apps
// as accounts, and fences and outcomes, which have a deadline, would stand in line behind the claims of all of them.
func (e *Engine[TTx]) lease(ctx context.Context, sort string, c outbox.Claim, before func(tx[TTx]) error, in []govmedia.Lane, states []govmedia.DeliveryState) (ids []string, err error) {
	waited, err := e.line(ctx, sort)
	if err != nil {
		return nil, e.fail("claim", err)
	}
	defer func() { <-e.claims[sort] }()
	c.Now, c.Until = c.Now.Add(waited), c.Until.Add(waited)
	err = e.write(ctx, "claim", func(t tx[TTx]) error {
		ids = nil
		if before != nil {
			if err := before(t); err != nil {
				return err
			}
		}
		for _, state := range states { // one by one, because only then the index gives them in order
			for _, lane := range in {
				some, err := claimSome(ctx, t, c, state, lane, c.Limit-len(ids))
				if err != nil {
					return err
				}
				ids = append(ids, some...)
			}
		}
		return nil
	})
	return ids, err
}

// line waits until the claim is the only one of its sort, and returns how long.
func (e *Engine[TTx]) line(ctx context.Context, sort string) (time.Duration, error) {
	select {
	case e.claims[sort] <- struct{}{}:
		return 0, nil
	default:
	}
	came := time.Now()
	select {
	case e.claims[sort] <- struct{}{}:
		return time.Since(came), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func claimSome(ctx context.Context, db bun.IDB, c outbox.Claim, state govmedia.DeliveryState, lane govmedia.Lane, limit int) (ids []string, err error) {
	if limit <= 0 {
		return nil, nil
	}
	err = db.NewRaw(`UPDATE govmedia_delivery SET lease_owner = ?, lease_until = ? WHERE id IN (
			SELECT id FROM govmedia_delivery WHERE platform = ? AND app = ? AND state = ? AND lane = ? AND due <= ?
				AND kind IN (?) AND lease_until <= ?
				AND `+mayFollow("govmedia_delivery")+`
			ORDER BY due, id LIMIT ?)
		RETURNING id`, c.Owner, micros(c.Until), c.App.Platform, c.App.Key, state, lane, micros(c.Now), bun.List(c.Kinds), micros(c.Now), limit).Scan(ctx, &ids)
	return ids, err
}

// oldestFirst orders what RETURNING returns in any order.
func oldestFirst(rows []deliveryRow) {
	slices.SortFunc(rows, func(a, b deliveryRow) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
}

// expire turns attempts whose fence has ended into unknown ones: whoever was at it has died or lost its time. Or else
// only the clock has jumped, as after the sleep of a machine, and the attempt has all its time before it. So it counts
// as ended when one that was fenced now would.
func (e *Engine[TTx]) expire(ctx context.Context, t tx[TTx], c outbox.Claim) error {
	var rows []deliveryRow
	err := t.NewRaw(`UPDATE govmedia_delivery SET state = ?, until_at = ?, due = ?, checks = 0, lease_owner = '', lease_until = 0,
			updated = ?, reason = 'the sender ended before it recorded an outcome'
		WHERE platform = ? AND app = ? AND state = ? AND lease_until <= ? RETURNING *`,
		govmedia.Uncertain, micros(c.Until), micros(c.Now), micros(c.Now), c.App.Platform, c.App.Key, govmedia.Sending, micros(c.Now)).Scan(ctx, &rows)
	if err != nil {
		return err
	}
	oldestFirst(rows)
	var records []auditRow
	for _, r := range rows {
		records = append(records, e.audited(c.Owner, "delivery.expire", "delivery/"+r.ID, map[string]any{"attempt": r.Attempt}))
	}
	return e.audit(ctx, t, records...)
}

// Checkpoint implements outbox.Store.
func (e *Engine[TTx]) Checkpoint(ctx context.Context, id string, attempt int, data []byte) error {
	return e.write(ctx, "checkpoint", func(t tx[TTx]) error {
		res, err := t.ExecContext(ctx, "UPDATE govmedia_delivery SET prior = ? WHERE id = ? AND attempt = ? AND state = ?",
			data, id, attempt, govmedia.Sending)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.checkpoint", "delivery %q is no longer at attempt %d", id, attempt)
		}
		return e.audit(ctx, t, e.audited("outbox", "delivery.checkpoint", "delivery/"+id, map[string]any{"attempt": attempt, "bytes": len(data)}))
	})
}
