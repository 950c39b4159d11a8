package matrix

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// Config configures a Matrix. Zero fields mean their defaults.
type Config struct {
	// Adapters speak to the platforms, one per app. Each is used in every role it supports: reply.Channel,
	// metrics.Source and account.Refresher are discovered here, once.
	Adapters []publish.Adapter
	Keys     account.Keyring // required: encrypts the credentials
	Publish  publish.Config  // its Authorize must be set for anybody to publish
	Reply    reply.Config    // its Authorize must be set for anybody to answer
	// Lifecycle is for Matrix.Lifecycle and Matrix.Operators; its Authorize must be set for anybody to apply, approve, open …
	Lifecycle account.LifecycleConfig

	Directory directory.Config // what the public directory of accounts needs besides the register

	Concurrency int           // writes of one batch on the wire at once; 16
	SendTimeout time.Duration // longest attempt at one write; 30 s
	Patience    Patience

	PollEvery    time.Duration // how often messages are read; 1 min
	CollectEvery time.Duration // how often figures are read and accounts left alone for months looked for; 1 h
	RefreshEvery time.Duration // how often the directory reads the register; 5 min
	TendEvery    time.Duration // how often credentials about to end are renewed and unfilled shifts looked for; 1 min

	Logger   *slog.Logger      // nil means slog.Default
	Observer govmedia.Observer // nil means nobody
	Now      func() time.Time  // nil means time.Now
}

// Patience says how long a delivery is tried, and read for, before it stops. Zero fields mean their defaults.
type Patience struct {
	Tries      int           // attempts that applied nothing before a delivery is left as not sent, and, counted apart, repetitions before a person is asked; 8
	RetryFirst time.Duration // wait before the second try, doubled each time; 2 s
	RetryMost  time.Duration // longest wait between tries; 5 min
	Throttled  time.Duration // wait after a refusal for quota that names no time; 1 min
	ReadFirst  time.Duration // wait before the first reading, doubled each time it cannot tell; 2 s
	ReadMost   time.Duration // longest wait between readings; 2 min
	GiveUp     time.Duration // how long reading may fail to tell before a person is asked; 30 min
	Process    time.Duration // how long a platform may work on an accepted post before a person is asked; 24 h
}

// Matrix (政务新媒体矩阵) is everything composed over one engine. Safe for concurrent use.
type Matrix struct {
	Registry  *account.Registry
	Vault     *account.Vault
	Lifecycle *account.Lifecycle
	Operators *account.Operators
	Roster    *account.Roster
	Directory *directory.Directory
	Publisher *publish.Publisher
	Desk      *reply.Desk
	Metrics   *metrics.Collector

	engine Engine
	pump   *outbox.Pump
	cfg    Config
}

// New composes a matrix over a migrated engine. It starts nothing.
func New(engine Engine, cfg Config) (*Matrix, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.PollEvery = cmp.Or(cfg.PollEvery, time.Minute)
	cfg.CollectEvery = cmp.Or(cfg.CollectEvery, time.Hour)
	cfg.TendEvery = cmp.Or(cfg.TendEvery, time.Minute)
	cfg.RefreshEvery = cmp.Or(cfg.RefreshEvery, 5*time.Minute)
	if min(cfg.PollEvery, cfg.CollectEvery, cfg.TendEvery, cfg.RefreshEvery) < 0 {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "matrix.new", "PollEvery, CollectEvery, TendEvery and RefreshEvery must not be negative")
	}
	if cfg.Directory.Now == nil {
		cfg.Directory.Now = cfg.Now
	}
	if cfg.Publish.Now == nil {
		cfg.Publish.Now = cfg.Now
	}
	if cfg.Reply.Now == nil {
		cfg.Reply.Now = cfg.Now
	}
	if cfg.Lifecycle.Now == nil {
		cfg.Lifecycle.Now = cfg.Now
	}
	roster := account.NewRoster(engine, cfg.Now)
	if cfg.Reply.Duty == nil {
		cfg.Reply.Duty = roster.DutyID
	}
	m := &Matrix{engine: engine, cfg: cfg, Registry: account.NewRegistry(engine), Roster: roster}
	if err := m.compose(); err != nil {
		return nil, err
	}
	m.pump = outbox.New(engine, append(m.Publisher.Writers(), m.Desk.Writers()...), outbox.Config{
		Owner: rand.Text(), Concurrency: cfg.Concurrency, SendTimeout: cfg.SendTimeout, Patience: outbox.Patience(cfg.Patience),
		Logger: cfg.Logger, Observer: cfg.Observer, Now: cfg.Now,
	})
	return m, nil
}

// compose builds the parts and gives every adapter the roles it supports.
func (m *Matrix) compose() (err error) {
	var channels []reply.Channel
	var sources []metrics.Source
	refreshers := map[account.App]account.Refresher{}
	for _, a := range m.cfg.Adapters {
		if c, ok := a.(reply.Channel); ok {
			channels = append(channels, c)
		}
		if s, ok := a.(metrics.Source); ok {
			sources = append(sources, s)
		}
		if r, ok := a.(account.Refresher); ok {
			refreshers[a.App()] = r
		}
	}
	m.Vault, err = account.NewVault(m.engine, account.VaultConfig{
		Keys: m.cfg.Keys, Now: m.cfg.Now,
		Refresher: func(ctx context.Context, id string) (account.Refresher, error) {
			a, err := m.Registry.Account(ctx, id)
			return refreshers[a.App], err
		},
	})
	if err != nil {
		return err
	}
	if err := m.lifecycle(); err != nil {
		return err
	}
	if m.Publisher, err = publish.New(m.engine, m.Registry, m.Vault, m.cfg.Adapters, m.cfg.Publish); err != nil {
		return err
	}
	if m.Desk, err = reply.New(m.engine, m.Registry, m.Vault, channels, m.cfg.Reply); err != nil {
		return err
	}
	if m.Metrics, err = metrics.New(m.engine, m.Registry, m.Vault, sources, m.cfg.Now); err != nil {
		return err
	}
	m.Directory, err = directory.New(m.Registry, m.cfg.Directory)
	return err
}

// Run works until ctx ends and then drains: what is being sent is finished, nothing new begins. It sends what is queued,
// reads for what is unknown, polls messages, renews credentials, collects figures, looks for unfilled shifts,
// returns accounts to review and refreshes the directory. It returns nil after a clean stop.
func (m *Matrix) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	every := func(d time.Duration, what string, f func(context.Context) error) {
		wg.Go(func() {
			for tick := time.NewTicker(d); ; {
				if err := m.caught(ctx, func() error { return f(ctx) }); err != nil && ctx.Err() == nil {
					m.cfg.Logger.ErrorContext(ctx, "work failed in part; trying again", "work", what, "error", err)
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					tick.Stop()
					return
				}
			}
		})
	}
	every(m.cfg.PollEvery, "reading messages", func(ctx context.Context) error { _, err := m.Poll(ctx); return err })
	every(m.cfg.TendEvery, "renewing credentials", m.Vault.Tend)
	every(m.cfg.CollectEvery, "collecting figures", m.Collect)
	every(m.cfg.TendEvery, "looking for unfilled shifts", m.watch)
	every(m.cfg.CollectEvery, "returning accounts to review", m.recheck)
	every(m.cfg.RefreshEvery, "reading the register for the directory", m.Directory.Refresh)
	err := m.engine.Run(ctx, m.pump)
	wg.Wait()
	return err
}

// Step does once, without any worker, what is due by the clock of the configuration: it sends, and reads for what is
// unknown. It returns how many deliveries it took. It is for simulations and tests; messages are polled by Poll.
func (m *Matrix) Step(ctx context.Context) (int, error) { return m.engine.Step(ctx, m.pump) }

// Poll reads the messages of every connected account once and returns the cases that were opened. An account that fails
// does not keep the others from being read; the error joins the failures.
func (m *Matrix) Poll(ctx context.Context) ([]reply.Case, error) {
	var mu sync.Mutex
	var opened []reply.Case
	err := m.each(ctx, m.Desk.Listens, func(ctx context.Context, a account.Account) error {
		cases, err := m.Desk.Poll(ctx, a.ID)
		mu.Lock()
		opened = append(opened, cases...)
		mu.Unlock()
		for _, c := range cases {
			m.observe(ctx, govmedia.Event{Name: "case.opened", Platform: a.App.Platform, Account: a.ID, Subject: c.ID, State: string(c.State)})
		}
		return err
	})
	return opened, err
}

// Collect reads the figures of every connected account once. Failures are joined, as in Poll.
func (m *Matrix) Collect(ctx context.Context) error {
	return m.each(ctx, m.Metrics.Measures, func(ctx context.Context, a account.Account) error {
		_, err := m.Metrics.Collect(ctx, a.ID)
		if errors.Is(err, govmedia.KindUnsupported) {
			return nil
		}
		return err
	})
}

// watch tells the observer about shifts that nobody fills, once each.
func (m *Matrix) watch(ctx context.Context) error {
	alerts, err := m.Roster.Sweep(ctx)
	for _, f := range alerts {
		m.cfg.Logger.WarnContext(ctx, "nobody is on duty", "account", f.Subject, "language", f.Field, "finding", f.Explanation)
		m.observe(ctx, govmedia.Event{Name: f.Rule, Account: f.Subject, Subject: f.Field, State: string(f.Severity)})
	}
	return err
}

const readers = 8 // accounts read at once

// each calls f for every open account that has a credential and that one of the adapters serves.
func (m *Matrix) each(ctx context.Context, serves func(account.Account) bool, f func(context.Context, account.Account) error) error {
	anybody := slices.ContainsFunc(m.cfg.Adapters, func(a publish.Adapter) bool {
		return serves(account.Account{App: a.App(), State: account.Open})
	})
	if !anybody {
		return nil
	}
	connected, err := m.Vault.Expiries(ctx)
	if err != nil {
		return err
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		free = make(chan struct{}, readers)
	)
	for some := range slices.Chunk(connected, 500) {
		ids := make([]string, len(some))
		for i, c := range some {
			ids[i] = c.Account
		}
		accounts, err := m.Registry.Accounts(ctx, ids)
		errs = append(errs, err)
		for _, a := range accounts {
			if a.State != account.Open || !serves(a) {
				continue
			}
			free <- struct{}{}
			if ctx.Err() != nil {
				break
			}
			wg.Go(func() {
				defer func() { <-free }()
				if err := m.caught(ctx, func() error { return f(ctx, a) }); err != nil {
					mu.Lock()
					errs = append(errs, fmt.Errorf("account %q: %w", a.ID, err))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
	}
	return errors.Join(errs...)
}

// caught keeps one adapter's panic from ending the process and with it the work for every other account. What the panic
// said may hold a secret and is only logged where the runtime said it.
func (m *Matrix) caught(ctx context.Context, f func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if _, ok := v.(runtime.Error); !ok {
			v = fmt.Sprintf("%T", v)
		}
		m.cfg.Logger.ErrorContext(ctx, "an adapter panicked", "panic", v, "stack", string(debug.Stack()))
		err = errors.New("an adapter panicked; the log shows where")
	}()
	return f()
}

func (m *Matrix) observe(ctx context.Context, e govmedia.Event) {
	if m.cfg.Observer != nil {
		e.At = m.cfg.Now()
		m.cfg.Observer.Observe(ctx, e)
	}
}

// Cluster returns the accounts of one cluster (矩阵), ordered by id.
func (m *Matrix) Cluster(ctx context.Context, name string) ([]account.Account, error) {
	return m.Registry.Cluster(ctx, name)
}

// Delivery returns one delivery of a post or an answer.
func (m *Matrix) Delivery(ctx context.Context, id string) (govmedia.Delivery, error) {
	return m.engine.Delivery(ctx, id)
}

// Nudge is for who hears from a platform that something has become of what it accepted under this receipt id: the delivery
// that is being processed there is looked at now instead of at its next turn. The word itself is not believed; the
// platform is asked. An id that no delivery of the app is processed under changes nothing and is no error: whoever
// speaks may be early, late or wrong, and the delivery is asked about in its turn all the same.
func (m *Matrix) Nudge(ctx context.Context, app account.App, receiptID string) error {
	return m.engine.Nudge(ctx, app.Platform, app.Key, receiptID)
}

// Attention returns the deliveries that wait for a person, oldest first: those only a person can settle, those given
// up as not sent, and those a platform rejected.
func (m *Matrix) Attention(ctx context.Context) ([]govmedia.Delivery, error) {
	return m.engine.Attention(ctx)
}

// Resolve carries out what a person decided about a delivery. url is where the person saw it, for DecideLive; note says
// why and is kept in the audit log. A decision that does not fit the delivery's state gives KindConflict.
func (m *Matrix) Resolve(ctx context.Context, actor, id string, decision govmedia.Decision, url, note string) error {
	if decision == govmedia.DecideSend || decision == govmedia.DecideBare {
		if err := m.Operators.Known(ctx, actor); err != nil {
			return err
		}
	}
	return m.engine.Resolve(ctx, actor, id, decision, url, note)
}
