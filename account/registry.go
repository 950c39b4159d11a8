package account

import (
	"context"
	"errors"

	"github.com/govmedia/govmedia"
)

// Register (台账) is a set of units and accounts that is stored as a whole.
type Register struct {
	Units    []Unit
	Accounts []Account

	// Unsaid are the fields about which the set says nothing, such as those that a file has no columns for: unit.code,
	// unit.region, unit.system, unit.supervisor, unit.source, account.app.key, account.uid, account.url,
	// account.verification, account.clusters, account.source. Saving keeps what is stored of them; the key, the UID and the
	// address only while the account stays on its platform. Any other field that is empty is emptied.
	Unsaid []string
}

// Store keeps the register. It is implemented by this module's engine only and may gain methods.
//
// Every method is one transaction, and every change appends its audit record in that transaction. A missing id gives
// a KindNotFound error. Values are copies; callers may change them.
type Store interface {
	// SaveRegister inserts or replaces all units and accounts, or none. An owner or supervisor that is neither in
	// the set nor stored is a KindInvalid error naming it. A stored account that is not open stays so, whatever
	// the set says: an import never reopens what was stopped; SetAccountState does. Nor does it move the end or the redirect
	// of an account. An account that is new, and what a supervisor is told about that differs, become events.
	SaveRegister(ctx context.Context, actor string, r Register) error
	// Unit returns one unit.
	Unit(ctx context.Context, id string) (Unit, error)
	// Account returns one account.
	Account(ctx context.Context, id string) (Account, error)
	// Accounts returns those of the accounts that exist, ordered by id.
	Accounts(ctx context.Context, ids []string) ([]Account, error)
	// Register returns everything, units and accounts each ordered by id.
	Register(ctx context.Context) (Register, error)
	// Cluster returns the accounts of one cluster ordered by id; an unknown cluster is empty.
	Cluster(ctx context.Context, cluster string) ([]Account, error)
	// SetAccountState changes the state of an account, with an event; no delivery is fenced that the new state forbids.
	// A deregistered account stays so, and one that redirects is not opened: KindConflict.
	SetAccountState(ctx context.Context, actor, id string, state State, reason string) error
}

// Registry (账号台账) is the register of units and accounts. It is safe for concurrent use.
type Registry struct{ store Store }

// NewRegistry returns a registry over the store.
func NewRegistry(store Store) *Registry { return &Registry{store} }

// Save validates and stores units and accounts, all or nothing. The error joins every row that is wrong. An account that
// was suspended or deregistered stays so even if the register calls it open: only Reopen opens it again. What Lifecycle
// would refuse, such as a second account of a unit on a platform, is no error here, because a register of what is there
// must be importable: [Lifecycle.Check] finds it.
func (r *Registry) Save(ctx context.Context, actor string, reg Register) error {
	var errs []error
	seen := map[string]bool{}
	for _, u := range reg.Units {
		errs = append(errs, u.validate(), once(seen, "unit", u.ID))
	}
	for _, a := range reg.Accounts {
		errs = append(errs, a.validate(), once(seen, "account", a.ID))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return r.store.SaveRegister(ctx, actor, reg)
}

func once(seen map[string]bool, what, id string) error {
	if seen[what+"/"+id] {
		return govmedia.Errorf(govmedia.KindInvalid, "register."+what, "%s %q appears twice", what, id)
	}
	seen[what+"/"+id] = true
	return nil
}

// Unit returns one unit, or a KindNotFound error.
func (r *Registry) Unit(ctx context.Context, id string) (Unit, error) { return r.store.Unit(ctx, id) }

// Account returns one account, or a KindNotFound error.
func (r *Registry) Account(ctx context.Context, id string) (Account, error) {
	return r.store.Account(ctx, id)
}

// Accounts returns those of the accounts that exist, ordered by id.
func (r *Registry) Accounts(ctx context.Context, ids []string) ([]Account, error) {
	return r.store.Accounts(ctx, ids)
}

// All returns every unit and every account, each ordered by id.
func (r *Registry) All(ctx context.Context) (Register, error) { return r.store.Register(ctx) }

// Cluster returns the accounts of one cluster (矩阵) ordered by id; an unknown cluster is empty.
func (r *Registry) Cluster(ctx context.Context, cluster string) ([]Account, error) {
	return r.store.Cluster(ctx, cluster)
}

// Suspend stops an account (关停): from the moment the call returns no delivery of it is fenced. It is the brake that asks
// for nobody's authorization; the filing is owed like that of [Lifecycle.Suspend].
func (r *Registry) Suspend(ctx context.Context, actor, id, reason string) error {
	return r.store.SetAccountState(ctx, actor, id, Suspended, reason)
}

// Reopen lets a suspended account publish again. A deregistered one, and one that was taken over, gives KindConflict.
func (r *Registry) Reopen(ctx context.Context, actor, id, reason string) error {
	return r.store.SetAccountState(ctx, actor, id, Open, reason)
}
