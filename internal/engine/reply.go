package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/reply"
)

// Receive implements reply.Store.
func (e *Engine[TTx]) Receive(ctx context.Context, account string, at time.Time, incoming []reply.Incoming) ([]reply.Case, error) {
	var opened []reply.Case
	err := e.write(ctx, "message", func(t tx[TTx]) error {
		opened = nil
		for _, in := range incoming {
			fresh, err := e.receive(ctx, t, in)
			if err != nil {
				return err
			}
			if fresh && in.Case != nil {
				opened = append(opened, *in.Case)
			}
		}
		_, err := t.ExecContext(ctx, `INSERT INTO govmedia_inbox (account, read_at) VALUES (?, ?)
			ON CONFLICT (account) DO UPDATE SET read_at = excluded.read_at`, account, micros(at))
		return err
	})
	return opened, err
}

func (e *Engine[TTx]) receive(ctx context.Context, t tx[TTx], in reply.Incoming) (fresh bool, err error) {
	m := in.Message
	key := identity(m.Key())
	res, err := t.ExecContext(ctx, `INSERT INTO govmedia_message (key, account, said_at, body) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, key, m.Account, micros(m.At), body(m))
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	records := []auditRow{e.audited("platform/"+m.Platform, "message.receive", "message/"+key, map[string]any{"said": m.At, "own": m.Own})}
	if c := in.Case; c != nil {
		_, err := t.ExecContext(ctx, "INSERT INTO govmedia_case (id, unit, state, opened, body) VALUES (?, ?, ?, ?, ?)",
			c.ID, c.Unit, c.State, micros(c.Opened), body(c))
		if err != nil {
			return false, err
		}
		records = append(records, e.audited("desk", "case.open", "case/"+c.ID, map[string]any{"unit": c.Unit, "route": c.Route}))
	}
	return true, e.audit(ctx, t, records...)
}

// LastRead implements reply.Store.
func (e *Engine[TTx]) LastRead(ctx context.Context, account string) (time.Time, error) {
	var at int64
	err := e.b.Read.NewRaw("SELECT coalesce(max(read_at), 0) FROM govmedia_inbox WHERE account = ?", account).Scan(ctx, &at)
	return instant(at), e.fail("inbox", err)
}

// LiveThreads implements reply.Store.
func (e *Engine[TTx]) LiveThreads(ctx context.Context, account string, limit int) ([]string, error) {
	var threads []string
	err := e.b.Read.NewRaw(`SELECT CASE WHEN thread = '' THEN receipt_id ELSE thread END FROM govmedia_delivery
		WHERE state = 'live' AND kind = ? AND account = ? AND receipt_id <> '' ORDER BY receipt_at DESC LIMIT ?`,
		govmedia.DeliverPost, account, limit).Scan(ctx, &threads)
	return threads, e.fail("delivery", err)
}

type caseRow struct {
	State    reply.CaseState `bun:"state"`
	Answered int64           `bun:"answered"`
	Body     string          `bun:"body"`
}

func (r caseRow) decode() (reply.Case, error) {
	c, err := decode[reply.Case]("case", r.Body)
	c.State, c.Answered = r.State, instant(r.Answered)
	return c, err
}

// Case implements reply.Store.
func (e *Engine[TTx]) Case(ctx context.Context, id string) (reply.Case, error) {
	var row caseRow
	if err := e.get(ctx, e.b.Read, &row, "case", id, "SELECT state, answered, body FROM govmedia_case WHERE id = ?", id); err != nil {
		return reply.Case{}, err
	}
	return row.decode()
}

// Cases implements reply.Store.
func (e *Engine[TTx]) Cases(ctx context.Context, state reply.CaseState) ([]reply.Case, error) {
	query, args := "SELECT state, answered, body FROM govmedia_case ORDER BY opened, id", []any(nil)
	if state != "" {
		query, args = "SELECT state, answered, body FROM govmedia_case WHERE state = ? ORDER BY opened, id", []any{state}
	}
	var rows []caseRow
	err := e.b.Read.NewRaw(query, args...).Scan(ctx, &rows)
	if err != nil {
		return nil, e.fail("case", err)
	}
	list := make([]reply.Case, len(rows))
	for i, row := range rows {
		if list[i], err = row.decode(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Answer implements reply.Store.
func (e *Engine[TTx]) Answer(ctx context.Context, id string) (reply.Answer, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "answer", id, "SELECT body FROM govmedia_answer WHERE id = ?", id); err != nil {
		return reply.Answer{}, err
	}
	return decode[reply.Answer]("answer", text)
}

// QueueAnswer implements reply.Store.
func (e *Engine[TTx]) QueueAnswer(ctx context.Context, a reply.Answer, item outbox.Item) error {
	return e.write(ctx, "answer", func(t tx[TTx]) error {
		if err := exists(ctx, t, "case", a.Case); err != nil {
			return err
		}
		_, err := t.ExecContext(ctx, "INSERT INTO govmedia_answer (id, case_id, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", a.ID, a.Case, body(a))
		if err != nil {
			return err
		}
		if err := mayOrder(ctx, t, a.Actor, []outbox.Item{item}, e.cfg.Now()); err != nil {
			return err
		}
		queued, err := e.queue(ctx, t, a.Actor, []outbox.Item{item})
		if err != nil || queued == 0 {
			return err
		}
		return e.audit(ctx, t, e.audited(a.Actor, "case.answer", "case/"+a.Case, map[string]any{"answer": a.ID, "duty": a.Duty}))
	})
}

// answered stops the clock of the case whose answer has become live.
func (e *Engine[TTx]) answered(ctx context.Context, t tx[TTx], answer string, at time.Time) error {
	var id string
	err := t.NewRaw(`UPDATE govmedia_case SET state = ?, answered = ?
		WHERE state = ? AND id = (SELECT case_id FROM govmedia_answer WHERE id = ?) RETURNING id`,
		reply.CaseAnswered, micros(at), reply.CaseOpen, answer).Scan(ctx, &id)
	if noRows(err) {
		return nil // answered before
	}
	if err != nil {
		return err
	}
	return e.audit(ctx, t, e.audited("desk", "case.answered", "case/"+id, map[string]any{"answer": answer, "at": at}))
}

var _ reply.Store = (*Engine[any])(nil)

// Deliveries implements publish.Store and reply.Store.
func (e *Engine[TTx]) Deliveries(ctx context.Context, kind govmedia.DeliveryKind, subject string) ([]govmedia.Delivery, error) {
	var rows []deliveryRow
	err := e.b.Read.NewRaw("SELECT * FROM govmedia_delivery WHERE kind = ? AND subject = ? ORDER BY account, part", kind, subject).Scan(ctx, &rows)
	return deliveries(rows), e.fail("delivery", err)
}
