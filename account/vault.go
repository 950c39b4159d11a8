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
	// Refresh fails with an error that matches ErrNoNewer when all is well and the platform will not give another
	// credential before this one is nearer to its end.
	Refresh(ctx context.Context, c Credential) (Credential, error)
}

// ErrNoNewer says that a platform has no newer credential yet than the one it was asked to renew. That is a failure only
// for who needs another one: after a refusal, or when this one has ended.
var ErrNoNewer = errors.New("account: the platform has no newer credential yet")

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
	keys  func() Keyring // a dump of the vault shows an address
	cfg   VaultConfig
	owner string

	mu    sync.Mutex
	turns map[string]*turn // one refresh per account in this process; the store's lease keeps processes apart
}

// turn belongs to the goroutine that has sent to busy.
type turn struct {
	busy chan struct{}

	failed int64     // the version whose renewal the platform refused last
	until  time.Time // before this it is not asked for that version again
	err    error     // what it said
}

// coolDown is how long a renewal that failed is not tried again, so that a platform is asked once by all who wait.
const coolDown = 10 * time.Second

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
	keys := cfg.Keys
	cfg.Keys = Keyring{}
	return &Vault{store: store, keys: func() Keyring { return keys }, cfg: cfg, owner: newOwner(), turns: map[string]*turn{}}, nil
}

// Put stores a credential that a person or an OAuth callback obtained, replacing the one before.
// An empty access token is refused, and an empty refresh token never overwrites a stored one.
func (v *Vault) Put(ctx context.Context, actor string, c Credential) error {
	if c.Account == "" || c.Access.IsZero() {
		return govmedia.Errorf(govmedia.KindInvalid, "vault.put", "a credential needs an account and an access token (account %q)", c.Account)
	}
	for {
		s, err := v.store.Credential(ctx, c.Account)
		if err != nil && !errors.Is(err, govmedia.KindNotFound) {
			return err
		}
		next := c
		next.Version, next.Connected = s.Version+1, v.cfg.Now().UTC().Truncate(time.Microsecond)
		if c.Refresh.IsZero() && s.Renews {
			old, err := v.keys().open(s)
			if err != nil && !errors.Is(err, govmedia.KindCorrupt) { // what is damaged is not worth keeping
				return err
			}
			next.Refresh = old.Refresh
		}
		if err := v.write(ctx, actor, next); !errors.Is(err, govmedia.KindConflict) {
			return err
		}
	}
}

// Open returns the credential of an account, renewing it first when it is about to end. When it has ended and cannot
// be renewed, or when there is none, the error is KindUnauthorized: the account must be connected by a person.
//
// A renewal that has begun is finished even if ctx ends, because its answer may hold the only token that still works;
// it takes at most VaultConfig.Lease. One that failed is not tried again for ten seconds.
func (v *Vault) Open(ctx context.Context, account string) (Credential, error) {
	c, err := v.read(ctx, account)
	if err != nil || !v.ending(c) {
		return c, err
	}
	return v.renew(ctx, c, true)
}

// Ready returns the credentials of those of the accounts for which Open would not have to ask the platform first. It is
// for callers who need many; for the others they call Open.
func (v *Vault) Ready(ctx context.Context, accounts []string) (map[string]Credential, error) {
	sealed, err := v.store.Credentials(ctx, accounts)
	if err != nil {
		return nil, err
	}
	ready := make(map[string]Credential, len(sealed))
	for _, s := range sealed {
		if c, err := v.keys().open(s); err == nil && !v.ending(c) {
			ready[s.Account] = c
		}
	}
	return ready, nil
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
	all, err := v.store.Credentials(ctx, nil)
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
// asleep. The error joins what failed; the others are renewed all the same. ErrNoNewer is no failure before the
// credential has ended: a later call renews it.
func (v *Vault) Tend(ctx context.Context) error {
	all, err := v.Expiries(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range all {
		if e.Renews && !e.Expires.IsZero() && v.cfg.Now().Add(v.cfg.Before).After(e.Expires) {
			c, err := v.read(ctx, e.Account)
			if err == nil && v.ending(c) {
				_, err = v.renew(ctx, c, false)
			}
			if errors.Is(err, ErrNoNewer) && !v.ended(c) {
				continue
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Rotate re-encrypts every credential that is not under the current key and returns how many it changed. The error joins
// what failed; the others are re-encrypted all the same. It may be repeated, and run beside renewals.
func (v *Vault) Rotate(ctx context.Context, actor string) (int, error) {
	all, err := v.store.Credentials(ctx, nil)
	if err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, s := range all {
		changed, err := v.rekey(ctx, actor, s)
		if changed {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

// rekey holds the lease while it re-encrypts, so that it neither loses what a renewal brings nor ends its lease.
func (v *Vault) rekey(ctx context.Context, actor string, s SealedCredential) (changed bool, err error) {
	if s.KeyID == v.keys().Current {
		return false, nil
	}
	t, err := v.turn(ctx, s.Account)
	if err != nil {
		return false, err
	}
	defer t.leave()
	for {
		c, err := v.keys().open(s)
		if err != nil {
			return false, err
		}
		now := v.cfg.Now()
		mine, err := v.store.LeaseCredential(ctx, c.Account, c.Version, v.owner, now, now.Add(v.cfg.Lease))
		if err != nil {
			return false, err
		}
		if mine {
			c.Version++
			err := v.write(ctx, actor, c)
			if !errors.Is(err, govmedia.KindConflict) { // a person's Put needs no lease
				return err == nil, err
			}
		} else if err := pause(ctx, leasePoll); err != nil {
			return false, err
		}
		if s, err = v.store.Credential(ctx, s.Account); err != nil || s.KeyID == v.keys().Current {
			return false, err
		}
	}
}

func (v *Vault) read(ctx context.Context, account string) (Credential, error) {
	s, err := v.store.Credential(ctx, account)
	if errors.Is(err, govmedia.KindNotFound) {
		err = govmedia.Errorf(govmedia.KindUnauthorized, "vault.open", "account %q must be connected: %w", account, err)
	}
	if err != nil {
		return Credential{}, err
	}
	return v.keys().open(s)
}

func (v *Vault) write(ctx context.Context, actor string, c Credential) error {
	s, err := v.keys().seal(c)
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
	t, err := v.turn(ctx, used.Account)
	if err != nil {
		return Credential{}, err
	}
	defer t.leave()
	for {
		c, err := v.read(ctx, used.Account)
		if err != nil || !c.same(used) {
			return c, err
		}
		usable := usable && !v.ended(c)
		if t.failed == c.Version && v.cfg.Now().Before(t.until) {
			return fallback(c, usable, t.err)
		}
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
				t.failed, t.until, t.err = c.Version, v.cfg.Now().Add(coolDown), err
				return fallback(c, usable, err)
			}
			return fresh, nil
		}
		if err := pause(ctx, leasePoll); err != nil {
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

// leasePoll is how often a lease that somebody else holds is looked at.
const leasePoll = 20 * time.Millisecond

// refresh runs under the lease of this version and does not end with its caller: the platform may have spent the old
// token, and then the answer holds the only one that works.
func (v *Vault) refresh(ctx context.Context, r Refresher, c Credential) (Credential, error) {
	ctx = context.WithoutCancel(ctx)
	lease, cancel := context.WithTimeout(ctx, v.cfg.Lease)
	defer cancel()
	call, cancelCall := context.WithTimeout(lease, v.cfg.Lease/2)
	defer cancelCall()
	fresh, err := r.Refresh(call, c)
	if err == nil && (fresh.Access.IsZero() || !fresh.Expires.After(v.cfg.Now())) {
		err = govmedia.Errorf(govmedia.KindUnavailable, "vault.refresh", "the platform's answer for account %q proves no new expiry", c.Account)
	}
	if err != nil {
		// Nothing is to be gained from the release error: the lease ends by itself.
		_ = v.store.ReleaseCredential(ctx, c.Account, v.owner)
		return Credential{}, err
	}
	fresh.Account, fresh.Version, fresh.Connected = c.Account, c.Version+1, c.Connected
	if fresh.Refresh.IsZero() {
		fresh.Refresh = c.Refresh
	}
	for {
		err := v.write(ctx, "vault", fresh)
		switch {
		case err == nil:
			return fresh, nil
		case errors.Is(err, govmedia.KindConflict):
			now, err := v.read(ctx, c.Account)
			if err != nil || now.Refresh != c.Refresh {
				return now, err
			}
			fresh.Version = now.Version + 1 // what stands there depends on the token that was spent here
		case pause(lease, time.Second) != nil: // no room on the disk, perhaps: keep trying while the lease lasts
			return Credential{}, err
		}
	}
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
func (v *Vault) turn(ctx context.Context, account string) (*turn, error) {
	v.mu.Lock()
	t, ok := v.turns[account]
	if !ok {
		t = &turn{busy: make(chan struct{}, 1)}
		v.turns[account] = t
	}
	v.mu.Unlock()
	select {
	case t.busy <- struct{}{}:
		return t, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *turn) leave() { <-t.busy }

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
// did nothing, Recover renews the credential and returns an error whose remedy is to try again, also when the renewal
// failed only for now; when the credential cannot be renewed, one that asks for the account to be connected again. Any
// other err comes back as it is.
func (v *Vault) Recover(ctx context.Context, used Credential, err error) error {
	e, ok := errors.AsType[*govmedia.Error](err)
	if !ok || e.Kind != govmedia.KindUnauthorized || e.Outcome != govmedia.NotApplied {
		return err
	}
	_, renewErr := v.Renew(ctx, used)
	if renewErr == nil {
		return govmedia.Errorf(govmedia.KindUnavailable, "vault.recover", "the credential was refused and has been renewed: %w", err)
	}
	switch govmedia.AsError(renewErr).Kind {
	case govmedia.KindTransport, govmedia.KindUnavailable, govmedia.KindRateLimited:
		return govmedia.Errorf(govmedia.KindUnavailable, "vault.recover", "the credential was refused and cannot be renewed now: %w; %w", err, renewErr)
	case govmedia.KindUnauthorized, govmedia.KindForbidden, govmedia.KindInvalid, govmedia.KindRejected:
		return govmedia.Errorf(govmedia.KindUnauthorized, "vault.recover", "account %q must be connected again: %w", used.Account, err)
	}
	return err
}
