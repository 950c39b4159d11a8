package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
)

// Refresher renews a credential at the platform. An adapter implements it when the platform has refresh tokens.
// The answer's Refresh may be empty when the platform keeps the old one.
type Refresher interface {
	Refresh(ctx context.Context, c Credential) (Credential, error)
}

// VaultConfig configures a Vault.
type VaultConfig struct {
	Keys Keyring // required
	// Refresher returns what renews the credentials of one account, or nil when nothing does. nil means nothing
	// is ever renewed.
	Refresher func(ctx context.Context, account string) (Refresher, error)
	Before    time.Duration    // how long before its end a credential is renewed; 0 means 10 minutes
	Lease     time.Duration    // how long one refresh may take; 0 means 30 seconds
	Now       func() time.Time // nil means time.Now
}

// Vault (凭证库) keeps credentials encrypted at rest. Safe for concurrent use; several processes may share one store.
type Vault struct {
	store VaultStore
	cfg   VaultConfig
	owner string

	mu    sync.Mutex
	turns map[string]chan struct{} // one refresh per account in this process; the store's lease keeps processes apart
}

// NewVault returns a vault over the store. It fails when the current key is missing or has the wrong size.
func NewVault(store VaultStore, cfg VaultConfig) (*Vault, error) {
	if _, err := cfg.Keys.aead(cfg.Keys.Current); err != nil {
		return nil, err
	}
	if cfg.Before == 0 {
		cfg.Before = 10 * time.Minute
	}
	if cfg.Lease == 0 {
		cfg.Lease = 30 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Vault{store: store, cfg: cfg, owner: newOwner(), turns: map[string]chan struct{}{}}, nil
}

// Put stores a credential that a person or an OAuth callback obtained, replacing the one before.
// An empty access token is refused, and an empty refresh token never overwrites a stored one.
func (v *Vault) Put(ctx context.Context, actor string, c Credential) error {
	if c.Account == "" || c.Access.IsZero() {
		return govmedia.Errorf(govmedia.KindInvalid, "vault.put", "a credential needs an account and an access token (account %q)", c.Account)
	}
	for {
		old, err := v.read(ctx, c.Account)
		if err != nil && !errors.Is(err, govmedia.KindNotFound) {
			return err
		}
		c.Version = old.Version + 1
		if c.Refresh.IsZero() {
			c.Refresh = old.Refresh
		}
		if err := v.write(ctx, actor, c); !errors.Is(err, govmedia.KindConflict) {
			return err
		}
	}
}

// Open returns the credential of an account, renewing it first when it is about to end. When it has ended and cannot
// be renewed the error is KindUnauthorized: the account must be connected again by a person.
func (v *Vault) Open(ctx context.Context, account string) (Credential, error) {
	c, err := v.read(ctx, account)
	if err != nil || !v.ending(c) {
		return c, err
	}
	return v.renew(ctx, c, true)
}

// Renew is for a caller to whom the platform said that this credential is invalid. It re-reads first: if somebody
// has changed the credential since, that one is returned and nothing is asked of the platform.
func (v *Vault) Renew(ctx context.Context, used Credential) (Credential, error) {
	return v.renew(ctx, used, false)
}

// Expiry is one line of the re-authorisation countdown.
type Expiry struct {
	Account string
	Expires time.Time // zero when it does not end
	Renews  bool      // renewed without a person
	KeyID   string
}

// Expiries lists when each stored credential ends.
func (v *Vault) Expiries(ctx context.Context) ([]Expiry, error) {
	all, err := v.store.Credentials(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Expiry, len(all))
	for i, s := range all {
		list[i] = Expiry{s.Account, s.Expires, s.Renews, s.KeyID}
	}
	return list, nil
}

// Tend renews every credential that is about to end and can be renewed, so that an account nobody used does not fall
// asleep. The error joins what failed; the others are renewed all the same.
func (v *Vault) Tend(ctx context.Context) error {
	all, err := v.Expiries(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range all {
		if e.Renews && !e.Expires.IsZero() && v.cfg.Now().Add(v.cfg.Before).After(e.Expires) {
			_, err := v.Open(ctx, e.Account)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Rotate re-encrypts every credential that is not under the current key and returns how many it changed.
func (v *Vault) Rotate(ctx context.Context, actor string) (int, error) {
	all, err := v.store.Credentials(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, s := range all {
		if s.KeyID == v.cfg.Keys.Current {
			continue
		}
		c, err := v.cfg.Keys.open(s)
		if err != nil {
			return n, err
		}
		c.Version++
		if err := v.write(ctx, actor, c); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (v *Vault) read(ctx context.Context, account string) (Credential, error) {
	s, err := v.store.Credential(ctx, account)
	if err != nil {
		return Credential{}, err
	}
	return v.cfg.Keys.open(s)
}

func (v *Vault) write(ctx context.Context, actor string, c Credential) error {
	s, err := v.cfg.Keys.seal(c)
	if err != nil {
		return err
	}
	return v.store.PutCredential(ctx, actor, s)
}

func (v *Vault) ending(c Credential) bool {
	return !c.Expires.IsZero() && v.cfg.Now().Add(v.cfg.Before).After(c.Expires)
}

func (v *Vault) ended(c Credential) bool {
	return !c.Expires.IsZero() && !v.cfg.Now().Before(c.Expires)
}

// renew replaces the credential that the caller used, unless somebody already has. When that fails and usable is
// true, a credential that has not ended yet is handed out as it is.
func (v *Vault) renew(ctx context.Context, used Credential, usable bool) (Credential, error) {
	done, err := v.turn(ctx, used.Account)
	if err != nil {
		return Credential{}, err
	}
	defer done()
	for {
		c, err := v.read(ctx, used.Account)
		if err != nil || c.Version != used.Version {
			return c, err
		}
		usable := usable && !v.ended(c)
		r, err := v.refresher(ctx, c)
		if err != nil {
			return fallback(c, usable, err)
		}
		now := v.cfg.Now()
		mine, err := v.store.LeaseCredential(ctx, c.Account, c.Version, v.owner, now, now.Add(v.cfg.Lease))
		if err != nil {
			return Credential{}, err
		}
		if mine {
			fresh, err := v.refresh(ctx, r, c)
			if err != nil {
				return fallback(c, usable, err)
			}
			return fresh, nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return Credential{}, err
		}
	}
}

func (v *Vault) refresher(ctx context.Context, c Credential) (Refresher, error) {
	if c.Refresh.IsZero() || v.cfg.Refresher == nil {
		return nil, reconnect(c.Account, "the credential cannot be renewed")
	}
	r, err := v.cfg.Refresher(ctx, c.Account)
	if err == nil && r == nil {
		err = reconnect(c.Account, "its platform has no renewal")
	}
	return r, err
}

// refresh runs under the lease of this version.
func (v *Vault) refresh(ctx context.Context, r Refresher, c Credential) (Credential, error) {
	call, cancel := context.WithTimeout(ctx, v.cfg.Lease/2)
	defer cancel()
	fresh, err := r.Refresh(call, c)
	if err == nil && (fresh.Access.IsZero() || !fresh.Expires.After(v.cfg.Now())) {
		err = govmedia.Errorf(govmedia.KindUnavailable, "vault.refresh", "the platform's answer for account %q proves no new expiry", c.Account)
	}
	if err != nil {
		// Nothing is to be gained from the release error: the lease ends by itself.
		_ = v.store.ReleaseCredential(context.WithoutCancel(ctx), c.Account, v.owner)
		return Credential{}, err
	}
	fresh.Account, fresh.Version = c.Account, c.Version+1
	if fresh.Refresh.IsZero() {
		fresh.Refresh = c.Refresh
	}
	// The old token may be dead by now: the new one must reach the store even if the caller has gone.
	err = v.write(context.WithoutCancel(ctx), "vault", fresh)
	if errors.Is(err, govmedia.KindConflict) {
		return v.read(ctx, c.Account)
	}
	return fresh, err
}

func fallback(c Credential, usable bool, err error) (Credential, error) {
	if usable {
		return c, nil
	}
	return Credential{}, err
}

func reconnect(account, why string) error {
	return govmedia.Errorf(govmedia.KindUnauthorized, "vault.renew", "account %q must be connected again: %s", account, why)
}

// turn waits until this goroutine is the only one of the process renewing the account.
func (v *Vault) turn(ctx context.Context, account string) (done func(), err error) {
	v.mu.Lock()
	turn, ok := v.turns[account]
	if !ok {
		turn = make(chan struct{}, 1)
		v.turns[account] = turn
	}
	v.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Recover is for a caller whose call was refused. When err says that the platform refused the credential and certainly
// did nothing, Recover renews the credential and returns an error whose remedy is to try again; where that fails, or
// err is anything else, err comes back as it is.
func (v *Vault) Recover(ctx context.Context, used Credential, err error) error {
	e, ok := errors.AsType[*govmedia.Error](err)
	if !ok || e.Kind != govmedia.KindUnauthorized || e.Outcome != govmedia.NotApplied {
		return err
	}
	if _, renewErr := v.Renew(ctx, used); renewErr != nil {
		return err
	}
	return govmedia.Errorf(govmedia.KindUnavailable, "vault.recover", "the credential was refused and has been renewed: %w", err)
}
