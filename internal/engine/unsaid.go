package engine

import (
	"context"
	"errors"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/uptrace/bun"
)

// unsaid are the fields of account.Register.Unsaid.
type unsaid struct {
	fields []string
	units  bool // some of them are of units
}

func unsaidOf(r account.Register) (unsaid, error) {
	all := unsaid{fields: r.Unsaid}
	for _, field := range r.Unsaid {
		switch {
		case keepInUnit(field, account.Unit{}, &account.Unit{}):
			all.units = true
		case !keepInAccount(field, account.Account{}, &account.Account{}):
			return unsaid{}, govmedia.Errorf(govmedia.KindInvalid, "store.register", "%q is no field that a register may leave unsaid; account.Register.Unsaid lists them", field)
		}
	}
	return all, nil
}

// keptUnit is the unit with what the register does not say about it as it is stored.
func (e *Engine[TTx]) keptUnit(ctx context.Context, db bun.IDB, all unsaid, u account.Unit) (account.Unit, error) {
	stored, err := e.unit(ctx, db, u.ID)
	if errors.Is(err, govmedia.KindNotFound) {
		return u, nil
	}
	if err != nil {
		return u, err
	}
	for _, field := range all.fields {
		keepInUnit(field, stored, &u)
	}
	return u, nil
}

// account is the account with what the register does not say about it as it is stored.
func (all unsaid) account(stored, a account.Account) account.Account {
	for _, field := range all.fields {
		keepInAccount(field, stored, &a)
	}
	return a
}

// keepInUnit reports whether units have the field.
func keepInUnit(field string, stored account.Unit, u *account.Unit) bool {
	switch field {
	case "unit.code":
		u.Code = stored.Code
	case "unit.region":
		u.Region = stored.Region
	case "unit.system":
		u.System = stored.System
	case "unit.supervisor":
		u.Supervisor = stored.Supervisor
	case "unit.source":
		u.Source = stored.Source
	default:
		return false
	}
	return true
}

// keepInAccount reports whether accounts have the field. What a platform gave out belongs to no other.
func keepInAccount(field string, stored account.Account, a *account.Account) bool {
	given := field == "account.app.key" || field == "account.uid" || field == "account.url"
	if given && stored.App.Platform != a.App.Platform {
		return true
	}
	switch field {
	case "account.app.key":
		a.App.Key = stored.App.Key
	case "account.uid":
		a.UID = stored.UID
	case "account.url":
		a.URL = stored.URL
	case "account.verification":
		a.Verification = stored.Verification
	case "account.clusters":
		a.Clusters = stored.Clusters
	case "account.source":
		a.Source = stored.Source
	default:
		return false
	}
	return true
}
