package metrics

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Store keeps snapshots. It is implemented by this module's engine only and may gain methods.
type Store interface {
	// AppendSnapshot adds a snapshot; nothing is ever overwritten.
	AppendSnapshot(ctx context.Context, s Snapshot) error
	// Snapshots returns the newest snapshot of each account that has one.
	Snapshots(ctx context.Context) (map[string]Snapshot, error)
	// LastPosts returns when the newest live post of each account appeared, for accounts that have one.
	LastPosts(ctx context.Context) (map[string]time.Time, error)
	// LivePosts returns the platform's ids of the account's newest live posts, at most limit.
	LivePosts(ctx context.Context, account string, limit int) ([]string, error)
}

// Collector reads figures from the platforms and keeps them. Safe for concurrent use.
type Collector struct {
	store    Store
	registry *account.Registry
	vault    *account.Vault
	sources  map[account.App]Source
	now      func() time.Time
}

// New returns a collector for the sources; now nil means time.Now.
func New(store Store, registry *account.Registry, vault *account.Vault, sources []Source, now func() time.Time) (*Collector, error) {
	if now == nil {
		now = time.Now
	}
	c := &Collector{store: store, registry: registry, vault: vault, sources: map[account.App]Source{}, now: now}
	for _, s := range sources {
		if _, twice := c.sources[s.App()]; twice {
			return nil, govmedia.Errorf(govmedia.KindInvalid, "metrics.new", "two sources for app %s", s.App())
		}
		c.sources[s.App()] = s
	}
	return c, nil
}

// postsPerSnapshot is how many of the newest posts one snapshot asks about: what one Weibo call allows.
const postsPerSnapshot = 100

// Measures reports whether one of the sources has figures of the account's app.
func (c *Collector) Measures(a account.Account) bool {
	_, ok := c.sources[a.App]
	return ok
}

// Collect reads one account and appends a snapshot. Where the platform fails, nothing is stored.
func (c *Collector) Collect(ctx context.Context, accountID string) (Snapshot, error) {
	a, err := c.registry.Account(ctx, accountID)
	if err != nil {
		return Snapshot{}, err
	}
	source, ok := c.sources[a.App]
	if !ok {
		return Snapshot{}, govmedia.Errorf(govmedia.KindUnsupported, "metrics.collect",
			"account %q is on %s with app %q, for which no source is configured", a.ID, a.App.Platform, a.App.Key)
	}
	cred, err := c.vault.Open(ctx, a.ID)
	if err != nil {
		return Snapshot{}, err
	}
	posts, err := c.store.LivePosts(ctx, a.ID, postsPerSnapshot)
	if err != nil {
		return Snapshot{}, err
	}
	counts, err := source.Counts(ctx, &Request{Account: a, Credential: cred, Posts: posts})
	if err != nil {
		return Snapshot{}, c.vault.Recover(ctx, cred, err)
	}
	s := Snapshot{Account: a.ID, At: c.now(), Counts: *counts, Complete: counts.covers(posts)}
	return s, c.store.AppendSnapshot(ctx, s)
}

// Figures adds up the newest snapshots by unit.
func (c *Collector) Figures(ctx context.Context) (map[string]UnitFigures, error) {
	reg, err := c.registry.All(ctx)
	if err != nil {
		return nil, err
	}
	snapshots, err := c.store.Snapshots(ctx)
	if err != nil {
		return nil, err
	}
	return ByUnit(reg.Accounts, snapshots), nil
}

// Freshness grades every open account of the register, in the register's order.
func (c *Collector) Freshness(ctx context.Context) ([]Freshness, error) {
	reg, err := c.registry.All(ctx)
	if err != nil {
		return nil, err
	}
	last, err := c.store.LastPosts(ctx)
	if err != nil {
		return nil, err
	}
	var list []Freshness
	for _, a := range reg.Accounts {
		if a.State == account.Open {
			list = append(list, FreshnessOf(a.ID, last[a.ID], c.now()))
		}
	}
	return list, nil
}
