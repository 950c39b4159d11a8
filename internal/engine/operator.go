package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/uptrace/bun"
)

// SaveOperator implements account.OperatorStore.
func (e *Engine[TTx]) SaveOperator(ctx context.Context, actor string, step account.Step, o account.Operator) error {
	return e.write(ctx, "operator", func(t tx[TTx]) error {
		ends := micros(o.Ends())
		res, err := t.ExecContext(ctx, "UPDATE govmedia_operator SET version = ?, ends = ?, body = ? WHERE id = ? AND version = ?",
			o.Version, ends, body(o), o.ID, o.Version-1)
		if err == nil && o.Version == 1 {
			res, err = t.ExecContext(ctx, "INSERT INTO govmedia_operator (id, version, ends, body) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING", o.ID, ends, body(o))
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.operator", "operator %q is no longer at version %d; read it again", o.ID, o.Version-1)
		}
		return e.audit(ctx, t, e.audited(actor, "operator."+string(step), "operator/"+o.ID, map[string]any{
			"version": o.Version, "unit": o.Unit, "outsourced": o.Outsourced, "contract": o.Contract, "training": o.Training, "left": o.Left,
		}))
	})
}

// Operator implements account.OperatorStore.
func (e *Engine[TTx]) Operator(ctx context.Context, id string) (account.Operator, error) {
	var text string
	if err := e.get(ctx, e.b.Read, &text, "operator", id, "SELECT body FROM govmedia_operator WHERE id = ?", id); err != nil {
		return account.Operator{}, err
	}
	return decode[account.Operator]("operator", text)
}

// Operators implements account.OperatorStore.
func (e *Engine[TTx]) Operators(ctx context.Context) ([]account.Operator, error) {
	var texts []string
	if err := e.b.Read.NewRaw("SELECT body FROM govmedia_operator ORDER BY id").Scan(ctx, &texts); err != nil {
		return nil, e.fail("operator", err)
	}
	return decodeAll[account.Operator]("operator", texts)
}

// Entrust implements account.OperatorStore.
func (e *Engine[TTx]) Entrust(ctx context.Context, actor, id, from, to string, at time.Time) error {
	return e.write(ctx, "custody", func(t tx[TTx]) error {
		if from != "" {
			res, err := t.ExecContext(ctx, "UPDATE govmedia_custody SET until_at = ? WHERE account = ? AND operator = ? AND (until_at = 0 OR until_at > ?)",
				micros(at), id, from, micros(at))
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				return govmedia.Errorf(govmedia.KindConflict, "store.custody", "account %q is not in the custody of %q", id, from)
			}
		}
		if to != "" {
			if err := entrust(ctx, t, id, to, at); err != nil {
				return err
			}
		}
		return e.audit(ctx, t, e.audited(actor, "account."+string(account.StepEntrust), "account/"+id, map[string]string{"from": from, "to": to}))
	})
}

// entrust begins a custody, unless it lasts already.
func entrust(ctx context.Context, db bun.IDB, id, operator string, at time.Time) error {
	_, err := db.ExecContext(ctx, `INSERT INTO govmedia_custody (account, operator, since_at)
		SELECT a.id, o.id, CAST(? AS BIGINT) FROM govmedia_account a JOIN govmedia_operator o ON o.id = ? WHERE a.id = ?
			AND NOT EXISTS (SELECT 1 FROM govmedia_custody c WHERE c.account = a.id AND c.operator = o.id AND c.until_at = 0)
		ON CONFLICT (account, operator, since_at) DO UPDATE SET until_at = 0`, micros(at), operator, id)
	return err
}

// custodyEnds is when custody c of operator o ends: handed on, or with the operator's own end, which may still move and is
// therefore written nowhere else; never before it began.
const custodyEnds = `CASE WHEN o.ends = 0 OR c.until_at > 0 AND c.until_at <= o.ends THEN c.until_at
	WHEN o.ends < c.since_at THEN c.since_at ELSE o.ends END`

type custodyRow struct {
	Account  string `bun:"account"`
	Operator string `bun:"operator"`
	Since    int64  `bun:"since_at"`
	Until    int64  `bun:"until_at"`
}

func (e *Engine[TTx]) custodies(ctx context.Context, query string, args ...any) ([]account.Custody, error) {
	var rows []custodyRow
	if err := e.b.Read.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, e.fail("custody", err)
	}
	list := make([]account.Custody, len(rows))
	for i, r := range rows {
		list[i] = account.Custody{Account: r.Account, Operator: r.Operator, Since: instant(r.Since), Until: instant(r.Until)}
	}
	return list, nil
}

// Custodies implements account.OperatorStore.
func (e *Engine[TTx]) Custodies(ctx context.Context) ([]account.Custody, error) {
	return e.custodies(ctx, "SELECT c.account, c.operator, c.since_at, "+custodyEnds+` AS until_at
		FROM govmedia_custody c JOIN govmedia_operator o ON o.id = c.operator ORDER BY c.account, c.operator, c.since_at`)
}

// Rotations implements account.OperatorStore. Of several custodies of one operator over one account the last decides.
func (e *Engine[TTx]) Rotations(ctx context.Context, now time.Time) ([]account.Custody, error) {
	return e.custodies(ctx, `SELECT k.account, k.operator, k.since_at, k.until_at FROM (
			SELECT c.account, c.operator, max(c.since_at) AS since_at, max(`+custodyEnds+`) AS until_at
			FROM govmedia_custody c JOIN govmedia_operator o ON o.id = c.operator
			WHERE o.ends > 0 AND o.ends <= ? GROUP BY c.account, c.operator) k
		JOIN govmedia_account a ON a.id = k.account AND a.state <> ?
		LEFT JOIN govmedia_credential s ON s.account = k.account
		WHERE coalesce(s.connected, 0) <= k.until_at ORDER BY k.account, k.operator`, micros(now), account.Deregistered)
}

// mayOrder refuses items that the actor, as an operator, may not order out. Whoever is no operator is not its business.
func mayOrder(ctx context.Context, db bun.IDB, actor string, items []outbox.Item, at time.Time) error {
	var text string
	err := db.NewRaw("SELECT body FROM govmedia_operator WHERE id = ?", plain(actor)).Scan(ctx, &text)
	if noRows(err) || len(items) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	o, err := decode[account.Operator]("operator", text)
	if err != nil {
		return err
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.Account
	}
	var rows []struct {
		ID   string `bun:"id"`
		Unit string `bun:"unit"`
	}
	if err := db.NewRaw("SELECT id, unit FROM govmedia_account WHERE id IN (?) ORDER BY id", bun.List(ids)).Scan(ctx, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if why := o.Bar(r.ID, r.Unit, at); why != "" {
			return govmedia.Errorf(govmedia.KindForbidden, "store.operator", "nothing was queued: %s", why)
		}
	}
	return nil
}

// overdue says that the account's time is over, or that of whoever ordered the delivery.
func (g *guardRow) overdue(at time.Time) string {
	if g.AccountExpires > 0 && micros(at) >= g.AccountExpires {
		return "the account ended at " + instant(g.AccountExpires).Format(time.RFC3339)
	}
	if g.Operator == "" {
		return ""
	}
	o, err := decode[account.Operator]("operator", g.Operator)
	if err != nil {
		return err.Error()
	}
	return o.Bar(g.Account, g.AccountUnit, at)
}
