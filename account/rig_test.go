package account_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

// newStore opens a migrated engine with accounts of these ids.
func newStore(t *testing.T, path string, ids ...string) matrix.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	for _, id := range ids {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: "board", Key: "k"}, Name: "示例" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, account.NewRegistry(engine).Save(t.Context(), "admin", reg))
	return engine
}

func key(b byte) []byte {
	k := make([]byte, 32)
	for i := range k {
		k[i] = b + byte(i)
	}
	return k
}

// ring is a keyring whose current key is the first.
func ring(ids ...string) account.Keyring {
	r := account.Keyring{Current: ids[0], Keys: map[string][]byte{}}
	for _, id := range ids {
		r.Keys[id] = key(id[len(id)-1])
	}
	return r
}

// platform renews credentials: each refresh token works once, and each answer brings the next one.
type platform struct {
	mu      sync.Mutex
	calls   int
	current map[string]string // account → the refresh token that works
	script  []func(context.Context, account.Credential) (account.Credential, error)
}

var errSpent = errors.New("the refresh token has been used")

// serve is the platform's own work.
func (p *platform) serve(c account.Credential) (account.Credential, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now, ok := p.current[c.Account]; ok && now != c.Refresh.Reveal() {
		return account.Credential{}, errSpent
	}
	if p.current == nil {
		p.current = map[string]string{}
	}
	n := strconv.Itoa(p.calls)
	p.current[c.Account] = "refresh-hush-" + n
	return account.Credential{
		Access: govmedia.NewSecret("access-hush-" + n), Refresh: govmedia.NewSecret("refresh-hush-" + n),
		Expires: time.Now().Add(time.Hour),
	}, nil
}

func (p *platform) Refresh(ctx context.Context, c account.Credential) (account.Credential, error) {
	p.mu.Lock()
	p.calls++
	var step func(context.Context, account.Credential) (account.Credential, error)
	if len(p.script) > 0 {
		step, p.script = p.script[0], p.script[1:]
	}
	p.mu.Unlock()
	if step != nil {
		return step(ctx, c)
	}
	return p.serve(c)
}

func (p *platform) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// vault returns a vault over the store that renews at the platform, which may be nil.
func vault(t *testing.T, store account.VaultStore, p *platform, keys account.Keyring) *account.Vault {
	t.Helper()
	cfg := account.VaultConfig{Keys: keys}
	if p != nil {
		cfg.Refresher = func(context.Context, string) (account.Refresher, error) { return p, nil }
	}
	v, err := account.NewVault(store, cfg)
	require.NoError(t, err)
	return v
}

// credential ends after d.
func credential(id string, d time.Duration) account.Credential {
	return account.Credential{
		Account: id, Access: govmedia.NewSecret("access-hush"), Refresh: govmedia.NewSecret("refresh-hush"), Expires: time.Now().Add(d),
	}
}

func put(t *testing.T, v *account.Vault, c account.Credential) account.Credential {
	t.Helper()
	require.NoError(t, v.Put(t.Context(), "admin", c))
	c, err := v.Renew(t.Context(), account.Credential{Account: c.Account, Version: -1}) // it has changed since: read it
	require.NoError(t, err)
	return c
}

// crowd calls f from n goroutines at once and returns what each got.
func crowd(n int, f func(i int) (account.Credential, error)) ([]account.Credential, []error) {
	creds, errs := make([]account.Credential, n), make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { creds[i], errs[i] = f(i) })
	}
	wg.Wait()
	return creds, errs
}

// flaky is a store that refuses to write while broken.
type flaky struct {
	matrix.Engine
	mu     sync.Mutex
	broken int
}

func (f *flaky) PutCredential(ctx context.Context, actor string, c account.SealedCredential) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken > 0 {
		f.broken--
		return govmedia.Errorf(govmedia.KindUnavailable, "test", "the disk is full")
	}
	return f.Engine.PutCredential(ctx, actor, c)
}
