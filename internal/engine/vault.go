package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/uptrace/bun"
)

type credentialRow struct {
	bun.BaseModel `bun:"table:govmedia_credential"`

	Account    string `bun:"account,pk"`
	Version    int64  `bun:"version"`
	KeyID      string `bun:"key_id"`
	Box        []byte `bun:"box"`
	Expires    int64  `bun:"expires"`
	Renews     int64  `bun:"renews"`
	LeaseOwner string `bun:"lease_owner"`
	LeaseUntil int64  `bun:"lease_until"`
	Connected  int64  `bun:"connected"`
}

func (r credentialRow) sealed() account.SealedCredential {
	return account.SealedCredential{
		Account: r.Account, Version: r.Version, KeyID: r.KeyID, Box: r.Box, Expires: instant(r.Expires), Renews: r.Renews != 0,
		Connected: instant(r.Connected),
	}
}

// Credential implements account.VaultStore.
func (e *Engine[TTx]) Credential(ctx context.Context, id string) (account.SealedCredential, error) {
	var row credentialRow
	err := e.get(ctx, e.b.Read, &row, "credential", id, "SELECT * FROM govmedia_credential WHERE account = ?", id)
	return row.sealed(), err
}

// Credentials implements account.VaultStore.
func (e *Engine[TTx]) Credentials(ctx context.Context, accounts []string) ([]account.SealedCredential, error) {
	query, args := "SELECT * FROM govmedia_credential ORDER BY account", []any(nil)
	if accounts != nil {
		query, args = "SELECT * FROM govmedia_credential WHERE account IN (?) ORDER BY account", []any{bun.List(accounts)}
	}
	var rows []credentialRow
	if err := e.b.Read.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, e.fail("credential", err)
	}
	list := make([]account.SealedCredential, len(rows))
	for i, row := range rows {
		list[i] = row.sealed()
	}
	return list, nil
}

// PutCredential implements account.VaultStore.
func (e *Engine[TTx]) PutCredential(ctx context.Context, actor string, c account.SealedCredential) error {
	renews := 0
	if c.Renews {
		renews = 1
	}
	return e.write(ctx, "credential", func(t tx[TTx]) error {
		res, err := t.ExecContext(ctx, `UPDATE govmedia_credential
			SET version = ?, key_id = ?, box = ?, expires = ?, renews = ?, connected = ?, lease_owner = '', lease_until = 0
			WHERE account = ? AND version = ?`, c.Version, c.KeyID, c.Box, micros(c.Expires), renews, micros(c.Connected), c.Account, c.Version-1)
		if err == nil && c.Version == 1 {
			if err := exists(ctx, t, "account", c.Account); err != nil {
				return err
			}
			res, err = t.ExecContext(ctx, `INSERT INTO govmedia_credential (account, version, key_id, box, expires, renews, connected)
				VALUES (?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, c.Account, c.KeyID, c.Box, micros(c.Expires), renews, micros(c.Connected))
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return govmedia.Errorf(govmedia.KindConflict, "store.credential", "the credential of account %q has changed meanwhile", c.Account)
		}
		return e.audit(ctx, t, e.audited(actor, "credential.put", "account/"+c.Account,
			map[string]any{"version": c.Version, "key": c.KeyID, "expires": c.Expires}))
	})
}

// LeaseCredential implements account.VaultStore.
func (e *Engine[TTx]) LeaseCredential(ctx context.Context, id string, version int64, owner string, now, until time.Time) (bool, error) {
	granted := false
	err := e.write(ctx, "credential.lease", func(t tx[TTx]) error {
		res, err := t.ExecContext(ctx, `UPDATE govmedia_credential SET lease_owner = ?, lease_until = ?
			WHERE account = ? AND version = ? AND (lease_owner = ? OR lease_until <= ?)`,
			owner, micros(until), id, version, owner, micros(now))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		granted = n == 1
		return err
	})
	return granted, err
}

// ReleaseCredential implements account.VaultStore.
func (e *Engine[TTx]) ReleaseCredential(ctx context.Context, id, owner string) error {
	return e.write(ctx, "credential.release", func(t tx[TTx]) error {
		_, err := t.ExecContext(ctx, `UPDATE govmedia_credential SET lease_owner = '', lease_until = 0
			WHERE account = ? AND lease_owner = ?`, id, owner)
		return err
	})
}
