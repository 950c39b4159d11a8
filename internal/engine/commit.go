package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	row        []any    // of a settlement, as it is written; made by its caller, so that no other waits for it
	record     auditRow // of a settlement, likewise
	err        error    // the store's answer to this change; the transaction stands nevertheless
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
	// Find out whose fault it is, unless the database cannot be used, or nobody knows whether it has committed.
	if err != nil && len(group) > 1 && !errors.Is(err, govmedia.KindUnavailable) {
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
	storable(&s)
	return e.commits.do(&change{settlement: &s, row: rowOf(&s), record: e.settled(&s)})
}

// commit carries out a group in one transaction, in a handful of statements however large it is.
func (e *Engine[TTx]) commit(ctx context.Context, group []*change) error {
	return e.write(ctx, "outbox", func(t tx[TTx]) error {
		var fences, settlements []*change
		for _, ch := range group {
			if ch.err = nil; ch.fence != nil {
				fences = append(fences, ch)
			} else {
				settlements = append(settlements, ch)
			}
		}
		settled, err := e.settleAll(ctx, t, settlements)
		if err != nil {
			return err
		}
		fenced, err := e.fenceAll(ctx, t, fences)
		if err != nil {
			return err
		}
		return e.audit(ctx, t, append(settled, fenced...)...)
	})
}

// guardRow is what the guards judge a delivery by.
type guardRow struct {
	ID           string
	Kind         govmedia.DeliveryKind
	State        govmedia.DeliveryState
	Owner        string
	Attempt      int
	Repeats      int
	Seal         string
	AccountState string
	PostStage    string
	PostSeal     string
	WindowAt     int64
	Missed       string
	After        string
	AfterState   govmedia.DeliveryState

	AfterEvidence govmedia.Evidence
	Recalled      string // the id of its withdrawal, when that was ordered

	Account string
	Part    int
	Lane    govmedia.Lane
	Topic   string
	OnMedia string
	Planned int64

	AccountUnit    string
	AccountExpires int64
	Operator       string // who ordered it, as JSON, if that is an operator
}

const guardQuery = `SELECT d.id, d.kind, d.state, d.lease_owner, d.attempt, d.repeats, d.seal, a.state, coalesce(p.stage, ''), coalesce(p.seal, ''),
		d.window_at, d.missed, d.after_id, coalesce(b.state, ''), coalesce(b.evidence, ''), coalesce(w.id, ''),
		d.account, d.part, d.lane, d.topic, d.on_media, d.planned, a.unit, a.expires, coalesce(o.body, '')
	{rows} JOIN govmedia_delivery d ON d.id = {0} JOIN govmedia_account a ON a.id = d.account
	LEFT JOIN govmedia_operator o ON o.id = d.actor
	LEFT JOIN govmedia_post p ON d.kind = 'post' AND p.id = d.subject
	LEFT JOIN govmedia_delivery b ON d.after_id <> '' AND b.id = d.after_id
	LEFT JOIN govmedia_delivery w ON d.kind = 'post' AND w.id = ` + recall + ` AND w.state <> 'cancelled'`

// columns are those of guardQuery.
func (g *guardRow) columns() []any {
	return []any{
		&g.ID, &g.Kind, &g.State, &g.Owner, &g.Attempt, &g.Repeats, &g.Seal, &g.AccountState, &g.PostStage, &g.PostSeal,
		&g.WindowAt, &g.Missed, &g.After, &g.AfterState, &g.AfterEvidence, &g.Recalled,
		&g.Account, &g.Part, &g.Lane, &g.Topic, &g.OnMedia, &g.Planned, &g.AccountUnit, &g.AccountExpires, &g.Operator,
	}
}

// altered reports whether the row says something else than what was compared with what was approved.
func (g *guardRow) altered(terms *outbox.Terms) bool {
	return terms != nil && *terms != outbox.Terms{
		Account: g.Account, Seal: g.Seal, After: g.After, Topic: g.Topic, Missed: g.Missed, OnMedia: g.OnMedia,
		Part: g.Part, Lane: g.Lane, Planned: instant(g.Planned), Window: instant(g.WindowAt),
	}
}

// refusal says why a delivery must not leave, and where it stands then; the reason is empty when it may.
func (g *guardRow) refusal(f outbox.Fence, held string) (state govmedia.DeliveryState, why string) {
	if g.altered(f.Terms) {
		return govmedia.NotSent, "its row was altered after it had been compared with what was approved"
	}
	if g.Kind == govmedia.DeliverWithdrawal {
		return g.withdrawable()
	}
	if g.Recalled != "" {
		return govmedia.Cancelled, "its withdrawal was ordered before it left"
	}
	if why := cmp.Or(g.barred(), g.overdue(f.At)); why != "" {
		return govmedia.NotSent, why
	}
	if held != "" {
		return govmedia.Held, "hold: " + held
	}
	if g.WindowAt == 0 || micros(f.At) <= g.WindowAt || g.Missed == "send" {
		return "", ""
	}
	why = fmt.Sprintf("its window ended at %s", instant(g.WindowAt).Format(time.RFC3339))
	if g.Missed == "skip" {
		return govmedia.Missed, why
	}
	return govmedia.NeedsPerson, why + "; send it late or give it up"
}

// barred says what forbids that it leaves at all.
func (g *guardRow) barred() string {
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
	var list paramRows
	ids := make([]string, len(fences))
	for i, ch := range fences {
		ids[i] = ch.fence.ID
		list.add(ch.fence.ID)
	}
	found, err := selectEach(ctx, e, t, list, guardQuery, (*guardRow).columns)
	if err != nil {
		return nil, err
	}
	guards := make(map[string]*guardRow, len(found))
	for i := range found {
		guards[found[i].ID] = &found[i]
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
	var through []*change
	for _, ch := range fences {
		g := cmp.Or(guards[ch.fence.ID], &guardRow{})
		r, err := e.judge(ctx, t, ch, g, held[ch.fence.ID])
		if err != nil {
			return nil, err
		}
		records = append(records, r...)
		fenced := ch.err == nil && quotas.spend(ch)
		if fenced {
			through = append(through, ch)
			records = append(records, e.audited(ch.fence.Owner, "delivery.fence", "delivery/"+ch.fence.ID, fencedDetail{g.Attempt + 1, g.Seal}))
		}
		if fenced || errors.Is(ch.err, govmedia.KindForbidden) {
			delete(guards, ch.fence.ID) // another batch of this process may have claimed it again, and fence it in this very group
		}
	}
	if err := e.fence(ctx, t, through); err != nil {
		return nil, err
	}
	return records, quotas.save(ctx, t)
}

// Still implements outbox.Store. It reads beside the transactions that write: a fence that waits for the wire is no
// reason to hold them up, and what it must see is committed.
func (e *Engine[TTx]) Still(ctx context.Context, f outbox.Fence) error {
	var list paramRows
	list.add(f.ID)
	found, err := selectSet(ctx, e.b.Read, e.b.Rows, list, guardQuery, (*guardRow).columns)
	if err != nil {
		return e.fail("outbox", err)
	}
	held, err := e.held(ctx, e.b.Read, []string{f.ID})
	if err != nil {
		return e.fail("outbox", err)
	}
	if len(found) == 0 || found[0].State != govmedia.Sending || found[0].Owner != f.Owner || found[0].Attempt != f.Attempt+1 {
		return govmedia.Errorf(govmedia.KindForbidden, "store.still", "delivery %q is not fenced by %q any more", f.ID, f.Owner)
	}
	_, why := found[0].refusal(f, held[f.ID])
	if why == "" {
		return nil
	}
	return govmedia.Errorf(govmedia.KindForbidden, "store.still", "delivery %q may not leave any more: %s", f.ID, why)
}

type fencedDetail struct {
	Attempt int    `json:"attempt"`
	Seal    string `json:"seal"`
}

// judge leaves an error with a fence that may not be, and records a refusal.
func (e *Engine[TTx]) judge(ctx context.Context, db bun.IDB, ch *change, g *guardRow, held string) ([]auditRow, error) {
	f := ch.fence
	if g.State != govmedia.Queued && g.State != govmedia.Scheduled || g.Owner != f.Owner || g.Attempt != f.Attempt {
		ch.err = govmedia.Errorf(govmedia.KindNotFound, "store.fence", "delivery %q is not leased to %q any more", f.ID, f.Owner)
		return nil, nil
	}
	state, why := g.refusal(*f, held)
	if why == "" {
		return nil, nil
	}
	ch.err = govmedia.Errorf(govmedia.KindForbidden, "store.fence", "delivery %q may not leave: %s", f.ID, why)
	if g.Repeats > 0 && state != govmedia.Held { // what is refused is a repetition; the attempt before it may be there
		state = govmedia.NeedsPerson
	}
	var cause govmedia.Kind
	if state == govmedia.NotSent {
		cause = govmedia.KindForbidden
	}
	_, err := db.ExecContext(ctx, `UPDATE govmedia_delivery SET state = ?, cause = ?, reason = ?, updated = ?, lease_owner = '', lease_until = 0 WHERE id = ?`,
		state, cause, why, micros(f.At), f.ID)
	records := []auditRow{e.audited(f.Owner, "delivery.refuse", "delivery/"+f.ID, map[string]any{"state": state, "why": why})}
	if err != nil || g.Kind != govmedia.DeliverWithdrawal || state != govmedia.Cancelled {
		return records, err
	}
	more, err := e.ended(ctx, db, g.After, f.ID, f.At)
	return append(records, more...), err
}

// fence marks those that may leave as sending.
func (e *Engine[TTx]) fence(ctx context.Context, t tx[TTx], through []*change) error {
	var list paramRows
	for _, ch := range through {
		list.add(ch.fence.ID, micros(ch.fence.At), micros(ch.fence.Until))
	}
	return e.each(ctx, t, list, `UPDATE govmedia_delivery SET state = 'sending', attempt = attempt + 1, reason = '', cause = '',
			lease_until = {2:int}, updated = {1:int}, since_at = CASE WHEN since_at = 0 THEN {1:int} ELSE since_at END
		{rows} WHERE govmedia_delivery.id = {0}`)
}
