package engine

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/uptrace/bun"
)

// body encodes a value for a body column; the types stored there always encode.
func body(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func decode[T any](what, text string) (T, error) {
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return v, govmedia.Errorf(govmedia.KindCorrupt, "store."+what, "a stored %s cannot be read: %w", what, err)
	}
	return v, nil
}

func decodeAll[T any](what string, texts []string) ([]T, error) {
	list := make([]T, 0, len(texts))
	for _, text := range texts {
		v, err := decode[T](what, text)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// SaveRegister implements account.Store.
func (e *Engine[TTx]) SaveRegister(ctx context.Context, actor string, r account.Register) error {
	return e.write(ctx, "register", func(t tx[TTx]) error {
		var errs []error
		var happened []account.Event
		units := make([]account.Unit, len(r.Units))
		unsaid, err := unsaidOf(r)
		if err != nil {
			return err
		}
		for i, u := range r.Units {
			if unsaid.units {
				if u, err = e.keptUnit(ctx, t, unsaid, u); err != nil {
					return err
				}
			}
			units[i] = u
			if err := e.saveUnit(ctx, t, u); err != nil {
				return err
			}
		}
		for _, u := range units {
			if u.Supervisor != "" {
				errs = append(errs, known(ctx, t, "unit", u.ID, "supervisor", u.Supervisor))
			}
		}
		for _, a := range r.Accounts {
			if err := known(ctx, t, "account", a.ID, "owner", a.Unit); err != nil {
				errs = append(errs, err)
				continue
			}
			for _, joint := range a.Joint {
				errs = append(errs, known(ctx, t, "account", a.ID, "joint owner", joint))
			}
			var before *account.Account
			switch stored, err := e.account(ctx, t, a.ID); {
			case err == nil:
				before = &stored
				a = unsaid.account(stored, a)
			case !errors.Is(err, govmedia.KindNotFound):
				return err
			}
			a, what := e.merge(actor, before, a)
			happened = append(happened, what...)
			if err := e.saveAccount(ctx, t, a); err != nil {
				return err
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if _, err := e.happened(ctx, t, happened...); err != nil { // one record stands for all of them
			return err
		}
		return e.audit(ctx, t, e.audited(actor, "register.save", "register", map[string]int{"units": len(r.Units), "accounts": len(r.Accounts), "events": len(happened)}))
	})
}

func (e *Engine[TTx]) saveUnit(ctx context.Context, db bun.IDB, u account.Unit) error {
	_, err := db.ExecContext(ctx, `INSERT INTO govmedia_unit (id, body) VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET body = excluded.body`, u.ID, body(u))
	return err
}

func (e *Engine[TTx]) saveAccount(ctx context.Context, db bun.IDB, a account.Account) error {
	_, err := db.ExecContext(ctx, `INSERT INTO govmedia_account (id, unit, state, body, expires) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, state = excluded.state, body = excluded.body, expires = excluded.expires`,
		a.ID, a.Unit, a.State, body(a), micros(a.Expires))
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "DELETE FROM govmedia_cluster WHERE account = ?", a.ID); err != nil {
		return err
	}
	for _, c := range a.Clusters {
		_, err := db.ExecContext(ctx, "INSERT INTO govmedia_cluster (cluster, account) VALUES (?, ?) ON CONFLICT DO NOTHING", c, a.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// exists gives KindNotFound when the table has no row with this id.
func exists(ctx context.Context, db bun.IDB, what, id string) error {
	var n int
	err := db.NewRaw("SELECT count(*) FROM ? WHERE id = ?", bun.Ident("govmedia_"+what), id).Scan(ctx, &n)
	if err == nil && n == 0 {
		err = missing(what, id)
	}
	return err
}

func known(ctx context.Context, db bun.IDB, what, id, role, unit string) error {
	err := exists(ctx, db, "unit", unit)
	if !errors.Is(err, govmedia.KindNotFound) {
		return err
	}
	return govmedia.Errorf(govmedia.KindInvalid, "register."+what, "%s %q names %s %q, which is not in the register", what, id, role, unit)
}

// Unit implements account.Store.
func (e *Engine[TTx]) Unit(ctx context.Context, id string) (account.Unit, error) {
	return e.unit(ctx, e.b.Read, id)
}

func (e *Engine[TTx]) unit(ctx context.Context, db bun.IDB, id string) (account.Unit, error) {
	var text string
	if err := e.get(ctx, db, &text, "unit", id, "SELECT body FROM govmedia_unit WHERE id = ?", id); err != nil {
		return account.Unit{}, err
	}
	return decode[account.Unit]("unit", text)
}

// Account implements account.Store.
func (e *Engine[TTx]) Account(ctx context.Context, id string) (account.Account, error) {
	return e.account(ctx, e.b.Read, id)
}

// Accounts implements account.Store.
func (e *Engine[TTx]) Accounts(ctx context.Context, ids []string) ([]account.Account, error) {
	var texts []string
	if err := e.b.Read.NewRaw("SELECT body FROM govmedia_account WHERE id IN (?) ORDER BY id", bun.List(ids)).Scan(ctx, &texts); err != nil {
		return nil, e.fail("account", err)
	}
	return decodeAll[account.Account]("account", texts)
}

// Register implements account.Store.
func (e *Engine[TTx]) Register(ctx context.Context) (account.Register, error) {
	var r account.Register
	err := e.b.Read.RunInTx(ctx, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, t bun.Tx) error {
		var units, accounts []string
		if err := t.NewRaw("SELECT body FROM govmedia_unit ORDER BY id").Scan(ctx, &units); err != nil {
			return err
		}
		if err := t.NewRaw("SELECT body FROM govmedia_account ORDER BY id").Scan(ctx, &accounts); err != nil {
			return err
		}
		var err error
		if r.Units, err = decodeAll[account.Unit]("unit", units); err != nil {
			return err
		}
		r.Accounts, err = decodeAll[account.Account]("account", accounts)
		return err
	})
	return r, e.fail("register", err)
}

// Cluster implements account.Store.
func (e *Engine[TTx]) Cluster(ctx context.Context, cluster string) ([]account.Account, error) {
	var texts []string
	err := e.b.Read.NewRaw(`SELECT a.body FROM govmedia_cluster c JOIN govmedia_account a ON a.id = c.account
		WHERE c.cluster = ? ORDER BY a.id`, cluster).Scan(ctx, &texts)
	if err != nil {
		return nil, e.fail("cluster", err)
	}
	return decodeAll[account.Account]("account", texts)
}

// SetAccountState implements account.Store.
func (e *Engine[TTx]) SetAccountState(ctx context.Context, actor, id string, state account.State, reason string) error {
	return e.write(ctx, "account", func(t tx[TTx]) error {
		before, err := e.account(ctx, t, id)
		if err != nil {
			return err
		}
		switch {
		case before.State == account.Deregistered && state != account.Deregistered:
			return govmedia.Errorf(govmedia.KindConflict, "store.account", "account %q is deregistered, and that is for good; open another one", id)
		case before.Redirect != "" && state == account.Open:
			return govmedia.Errorf(govmedia.KindConflict, "store.account", "account %q was taken over and sends the public to %q; use Lifecycle.Reopen, which ends that", id, before.Redirect)
		}
		a := before
		a.State = state
		if err := e.saveAccount(ctx, t, a); err != nil {
			return err
		}
		if changes := account.Changes(before, a); changes != nil {
			_, err := e.happened(ctx, t, account.Event{
				ID: rand.Text(), Account: id, Step: moved(state), Actor: plain(actor), At: instant(micros(e.cfg.Now())), Reason: plain(reason), Changes: changes,
			})
			if err != nil {
				return err
			}
		}
		return e.audit(ctx, t, e.audited(actor, "account.state", "account/"+id,
			map[string]any{"before": before.State, "after": state, "reason": plain(reason)}))
	})
}
