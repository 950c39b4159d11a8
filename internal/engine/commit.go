package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/uptrace/bun"
)

// A fence and a settlement must each be on disk before their caller goes on, and a disk can do that only so often a
// second. committer therefore lets everybody who waits at the same time share one transaction.
type committer struct {
	commit func(ctx context.Context, batch []*change) error

	mu      sync.Mutex
	waiting []*change
	busy    bool
}

// change is one fence or one settlement on its way to disk.
type change struct {
	fence      *outbox.Fence
	settlement *outbox.Settlement
	err        error // the store's answer to this change; the transaction stands nevertheless
	done       chan error
}

const groupSize = 256

// do makes the change durable and returns what became of it. It does not give up when its caller does, because the
// caller must know.
func (c *committer) do(ch *change) error {
	ch.done = make(chan error, 1)
	c.mu.Lock()
	c.waiting = append(c.waiting, ch)
	if !c.busy {
		c.busy = true
		go c.run()
	}
	c.mu.Unlock()
	return <-ch.done
}

// run commits groups until nobody waits.
func (c *committer) run() {
	for {
		c.mu.Lock()
		n := min(len(c.waiting), groupSize)
		group := c.waiting[:n:n]
		c.waiting = c.waiting[n:]
		if n == 0 {
			c.busy, c.waiting = false, nil
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		c.finish(group)
	}
}

func (c *committer) finish(group []*change) {
	err := c.commit(context.Background(), group)
	if err != nil && len(group) > 1 { // find out whose fault it is
		for _, ch := range group {
			c.finish([]*change{ch})
		}
		return
	}
	for _, ch := range group {
		if err != nil {
			ch.err = err
		}
		ch.done <- ch.err
	}
}

// Fence implements outbox.Store.
func (e *Engine[TTx]) Fence(_ context.Context, f outbox.Fence) error {
	return e.commits.do(&change{fence: &f})
}

// Settle implements outbox.Store.
func (e *Engine[TTx]) Settle(_ context.Context, s outbox.Settlement) error {
	return e.commits.do(&change{settlement: &s})
}

// commit carries out a group in one transaction.
func (e *Engine[TTx]) commit(ctx context.Context, group []*change) error {
	return e.write(ctx, "outbox", func(t tx[TTx]) error {
		var records []auditRow
		var fences []*change
		for _, ch := range group {
			ch.err = nil
			if ch.fence != nil {
				fences = append(fences, ch)
				continue
			}
			r, err := e.settle(ctx, t, ch)
			if err != nil {
				return err
			}
			records = append(records, r...)
		}
		r, err := e.fenceAll(ctx, t, fences)
		if err != nil {
			return err
		}
		return audit(ctx, t, append(records, r...)...)
	})
}

// guardRow is what the guards judge a delivery by.
type guardRow struct {
	ID           string                 `bun:"id"`
	Kind         govmedia.DeliveryKind  `bun:"kind"`
	State        govmedia.DeliveryState `bun:"state"`
	Owner        string                 `bun:"lease_owner"`
	Attempt      int                    `bun:"attempt"`
	Seal         string                 `bun:"seal"`
	AccountState string                 `bun:"account_state"`
	PostStage    string                 `bun:"post_stage"`
	PostSeal     string                 `bun:"post_seal"`
	WindowAt     int64                  `bun:"window_at"`
	Missed       string                 `bun:"missed"`
	After        string                 `bun:"after_id"`
	AfterState   govmedia.DeliveryState `bun:"after_state"`

	AfterEvidence govmedia.Evidence `bun:"after_evidence"`
	Recalled      string            `bun:"recalled"` // the id of its withdrawal, when that was ordered
}

// refusal says why a delivery must not leave, and where it stands then; the reason is empty when it may.
func (g guardRow) refusal(at time.Time, held string) (state govmedia.DeliveryState, why string) {
	if g.Kind == govmedia.DeliverWithdrawal {
		return g.withdrawable()
	}
	if g.Recalled != "" {
		return govmedia.Cancelled, "its withdrawal was ordered, and it is certain that it is not there"
	}
	if why := g.barred(); why != "" {
		return govmedia.NotSent, why
	}
	if held != "" {
		return govmedia.Held, "hold: " + held
	}
	if g.WindowAt == 0 || micros(at) <= g.WindowAt || g.Missed == "send" {
		return "", ""
	}
	why = fmt.Sprintf("its window ended at %s", instant(g.WindowAt).Format(time.RFC3339))
	if g.Missed == "skip" {
		return govmedia.Missed, why
	}
	return govmedia.NeedsPerson, why + "; send it late or give it up"
}

// barred says what forbids that it leaves at all.
func (g guardRow) barred() string {
	switch {
	case g.AccountState != "open":
		return fmt.Sprintf("the account is %s", g.AccountState)
	case g.Kind == govmedia.DeliverPost && g.PostStage != "approved":
		return fmt.Sprintf("the post stands at %q and is not approved", g.PostStage)
	case g.Kind == govmedia.DeliverPost && g.PostSeal != g.Seal:
		return "the seal is not the one that was approved"
	case g.After != "" && g.AfterState != govmedia.Live && g.AfterState != govmedia.Saved:
		return fmt.Sprintf("the part before it, %s, is %s", g.After, g.AfterState)
	}
	return ""
}

// fenceAll judges and fences in the same transaction, so that nothing can change in between.
func (e *Engine[TTx]) fenceAll(ctx context.Context, t tx[TTx], fences []*change) ([]auditRow, error) {
	if len(fences) == 0 {
		return nil, nil
	}
	ids := make([]string, len(fences))
	for i, ch := range fences {
		ids[i] = ch.fence.ID
	}
	var rows []guardRow
	err := t.NewRaw(`SELECT d.id, d.kind, d.state, d.lease_owner, d.attempt, d.seal, a.state AS account_state,
			coalesce(p.stage, '') AS post_stage, coalesce(p.seal, '') AS post_seal, d.window_at, d.missed, d.after_id, coalesce(b.state, '') AS after_state,
			coalesce(b.evidence, '') AS after_evidence, coalesce(w.id, '') AS recalled
		FROM govmedia_delivery d JOIN govmedia_account a ON a.id = d.account
		LEFT JOIN govmedia_post p ON d.kind = 'post' AND p.id = d.subject
		LEFT JOIN govmedia_delivery b ON d.after_id <> '' AND b.id = d.after_id
		LEFT JOIN govmedia_delivery w ON d.kind = 'post' AND w.id = `+recall+` AND w.state <> 'cancelled'
		WHERE d.id IN (?)`, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	guards := make(map[string]guardRow, len(rows))
	for _, r := range rows {
		guards[r.ID] = r
	}
	held, err := e.held(ctx, t, ids)
	if err != nil {
		return nil, err
	}
	quotas, err := loadQuotas(ctx, t, fences)
	if err != nil {
		return nil, err
	}
	var records []auditRow
	for _, ch := range fences {
		r, err := e.fence(ctx, t, ch, guards[ch.fence.ID], held[ch.fence.ID], quotas)
		if err != nil {
			return nil, err
		}
		records = append(records, r...)
	}
	return records, quotas.save(ctx, t)
}

func (e *Engine[TTx]) fence(ctx context.Context, t tx[TTx], ch *change, g guardRow, held string, quotas quotas) ([]auditRow, error) {
	f := ch.fence
	if g.State != govmedia.Queued && g.State != govmedia.Scheduled || g.Owner != f.Owner || g.Attempt != f.Attempt {
		ch.err = govmedia.Errorf(govmedia.KindNotFound, "store.fence", "delivery %q is not leased to %q any more", f.ID, f.Owner)
		return nil, nil
	}
	if state, why := g.refusal(f.At, held); why != "" {
		ch.err = govmedia.Errorf(govmedia.KindForbidden, "store.fence", "delivery %q may not leave: %s", f.ID, why)
		var cause govmedia.Kind
		if state == govmedia.NotSent {
			cause = govmedia.KindForbidden
		}
		_, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET state = ?, cause = ?, reason = ?, updated = ?, lease_owner = '', lease_until = 0 WHERE id = ?`,
			state, cause, why, micros(f.At), f.ID)
		records := []auditRow{e.audited(f.Owner, "delivery.refuse", "delivery/"+f.ID, map[string]any{"state": state, "why": why})}
		if err != nil || g.Kind != govmedia.DeliverWithdrawal || state != govmedia.Cancelled {
			return records, err
		}
		more, err := e.ended(ctx, t, g.After, f.ID, f.At)
		return append(records, more...), err
	}
	if !quotas.spend(ch) {
		return nil, nil
	}
	_, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET state = ?, attempt = attempt + 1, lease_until = ?, updated = ?, reason = '', cause = '',
			since_at = CASE WHEN since_at = 0 THEN ? ELSE since_at END WHERE id = ?`,
		govmedia.Sending, micros(f.Until), micros(f.At), micros(f.At), f.ID)
	return []auditRow{e.audited(f.Owner, "delivery.fence", "delivery/"+f.ID, map[string]any{"attempt": g.Attempt + 1, "seal": g.Seal})}, err
}

// unsettled are the states that a settlement may leave.
var unsettled = []govmedia.DeliveryState{govmedia.Scheduled, govmedia.Queued, govmedia.Sending, govmedia.Uncertain, govmedia.Processing}

func (e *Engine[TTx]) settle(ctx context.Context, t tx[TTx], ch *change) ([]auditRow, error) {
	s := ch.settlement
	var receipt govmedia.Receipt
	missing := slices.Clone(s.Missing)
	reason := plain(s.Reason)
	if s.Receipt != nil {
		receipt = *s.Receipt
		if receipt.At.IsZero() {
			receipt.At = s.At // the platform gave no time
		}
		receipt.ID, receipt.URL = plain(receipt.ID), plain(receipt.URL)
		for _, m := range receipt.Missing { // what the platform left out itself
			if !slices.ContainsFunc(missing, func(known govmedia.Missing) bool { return known.Digest == m.Digest }) {
				missing = append(missing, m)
			}
		}
		taken, err := e.taken(ctx, t, s)
		if err != nil {
			return nil, err
		}
		if taken != nil {
			ch.err = govmedia.Errorf(govmedia.KindDuplicate, "store.settle", "receipt %q: %w", receipt.ID, taken)
			return nil, nil
		}
	}
	var row deliveryRow
	err := t.NewRaw(`UPDATE govmedia_delivery SET state = ?, due = ?, tries = ?, checks = ?, until_at = ?, claimed = ?, cause = ?, reason = ?, updated = ?,
			receipt_id = ?, receipt_url = ?, receipt_at = ?, thread = ?, reach = ?, evidence = ?, missing = ?, lease_owner = '', lease_until = 0
		WHERE id = ? AND attempt = ? AND state IN (?) RETURNING *`,
		s.State, micros(s.Due), s.Tries, s.Checks, micros(s.Until), s.Claimed, s.Cause, reason, micros(s.At),
		receipt.ID, receipt.URL, micros(receipt.At), receipt.Thread, receipt.Reach, receipt.Evidence, encodeMissing(missing),
		s.ID, s.Attempt, bun.List(unsettled)).Scan(ctx, &row)
	if noRows(err) {
		ch.err = govmedia.Errorf(govmedia.KindConflict, "store.settle", "delivery %q has moved on from attempt %d", s.ID, s.Attempt)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if s.State == govmedia.Live && row.Kind == govmedia.DeliverAnswer {
		if err := e.answered(ctx, t, row.Subject, receipt.At); err != nil {
			return nil, err
		}
	}
	detail := map[string]any{
		"attempt": s.Attempt, "state": s.State, "receipt": receipt.ID, "reach": receipt.Reach, "evidence": receipt.Evidence, "reason": reason,
	}
	if len(missing) > 0 {
		detail["missing"] = missing
	}
	records := []auditRow{e.audited("outbox", "delivery.settle", "delivery/"+s.ID, detail)}
	if s.State == govmedia.Withdrawn && row.Kind == govmedia.DeliverWithdrawal {
		more, err := e.takenDown(ctx, t, row.After, s.ID, "taken down", s.At)
		return append(records, more...), err
	}
	return records, nil
}

// longest bounds a text that came from a platform: an audit record must stay readable.
const longest = 4 << 10

// plain makes what a platform said storable: SQLite ends a statement at a zero byte.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longest)], "\x00", ""), "\uFFFD")
}

// taken returns the other delivery of the account that owns the receipt, or nil.
func (e *Engine[TTx]) taken(ctx context.Context, t tx[TTx], s *outbox.Settlement) (*outbox.Taken, error) {
	if s.Receipt.ID == "" {
		return nil, nil
	}
	var owners []deliveryRow
	err := t.NewRaw(`SELECT o.* FROM govmedia_delivery d JOIN govmedia_delivery o
			ON o.account = d.account AND o.kind = d.kind AND o.receipt_id = ? AND o.receipt_id <> '' AND o.id <> d.id
		WHERE d.id = ?`, plain(s.Receipt.ID), s.ID).Scan(ctx, &owners)
	if err == nil && len(owners) == 0 && s.Receipt.URL != "" {
		// A person who saw a post names its address and not its id.
		err = t.NewRaw(`SELECT o.* FROM govmedia_delivery d JOIN govmedia_delivery o
				ON o.account = d.account AND o.kind = d.kind AND o.state IN ('live', 'withdrawn') AND o.evidence = ? AND o.receipt_url = ? AND o.id <> d.id
			WHERE d.id = ?`, govmedia.EvidencePerson, plain(s.Receipt.URL), s.ID).Scan(ctx, &owners)
	}
	if err != nil || len(owners) == 0 {
		return nil, err
	}
	by := &outbox.Taken{By: owners[0].ID}
	if owners[0].Evidence != govmedia.EvidenceResponse {
		by.Until = instant(owners[0].UntilAt)
	}
	return by, nil
}
