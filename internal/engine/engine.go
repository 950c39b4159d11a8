// Package engine is the one SQL implementation of every store of the SDK. The packages matrix/sqlite and later
// openers give it a database; it gives them the migrations, the transactions in which a state change, its audit record
// and its wake-up commit together, and the workers.
package engine

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/uptrace/bun"
)

//go:embed migrations
var migrations embed.FS

// versionTable keeps our migrations apart from the integrator's own.
const versionTable = "govmedia_migration"

// Backend is what an opener provides. TTx is the transaction type of its River driver.
type Backend[TTx any] struct {
	Write   *bun.DB // writes, one transaction at a time on SQLite
	Read    *bun.DB // reads that never wait for a broadcast; may be Write
	Driver  riverdriver.Driver[TTx]
	Schema  string // of River's tables; empty where there are none
	Dialect goose.Dialect
	Dir     string // of the migrations
	// Rows is what stands in FROM for a parameter that holds rows as JSON, named v with the column value.
	Rows string
	// Each runs a statement for every row; AsSet and AsOne write its columns. db and tx are the same transaction.
	Each func(ctx context.Context, db bun.IDB, tx TTx, query string, rows [][]any) error
	// Select calls answer for each answer that a query gives for the rows in the transaction. It is for where that is faster
	// than a query of database/sql; nil where it is not.
	Select func(ctx context.Context, tx TTx, query string, rows [][]any, answer func(scan func(dest ...any) error) error) error
	// InTx runs f in one transaction that bun statements and River's inserts share. What it reads stays true until its
	// end: no other write happens in between, by whichever process. It may run f again when nothing has come of the first
	// time. An error after which nobody knows whether the transaction took effect is typed, with Outcome Unknown.
	InTx func(ctx context.Context, f func(db bun.IDB, tx TTx) error) error
	// Kind classifies an error of the database; empty means it is not one.
	Kind  func(error) govmedia.Kind
	Close func() error
}

// Config configures an engine. Zero fields mean their defaults.
type Config struct {
	Logger     *slog.Logger     // nil means slog.Default
	Now        func() time.Time // nil means time.Now
	SweepEvery time.Duration    // how often due work is looked for; 500 ms
}

// Engine implements every store. Safe for concurrent use.
type Engine[TTx any] struct {
	b       Backend[TTx]
	cfg     Config
	inserts *river.Client[TTx] // inserts jobs; works none
	commits committer
	claims  map[string]chan struct{} // by lane, or doubt; see lease
}

// New returns an engine over the backend. Nothing is read or started.
func New[TTx any](b Backend[TTx], cfg Config) (*Engine[TTx], error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.SweepEvery = cmp.Or(cfg.SweepEvery, 500*time.Millisecond)
	inserts, err := river.NewClient(b.Driver, &river.Config{Logger: quiet(cfg.Logger), Schema: b.Schema})
	if err != nil {
		return nil, err
	}
	e := &Engine[TTx]{b: b, cfg: cfg, inserts: inserts, claims: map[string]chan struct{}{}}
	for _, sort := range []string{string(govmedia.LaneRoutine), string(govmedia.LaneEmergency), doubt} {
		e.claims[sort] = make(chan struct{}, 1)
	}
	e.commits.commit = e.commit
	return e, nil
}

// Migrate brings the schema up to date. It is the only call that changes the schema.
func (e *Engine[TTx]) Migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations/"+e.b.Dir)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(e.b.Dialect, e.b.Write.DB, dir, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return e.fail("migrate", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return e.fail("migrate", err)
	}
	return e.fail("migrate", e.migrateJobs(ctx))
}

// Close closes what the opener opened. Run must have returned.
func (e *Engine[TTx]) Close() error { return e.b.Close() }

// tx is one transaction.
type tx[TTx any] struct {
	bun.IDB
	raw TTx
}

// write runs f in one transaction and makes the error ours.
func (e *Engine[TTx]) write(ctx context.Context, op string, f func(t tx[TTx]) error) error {
	return e.fail(op, e.b.InTx(ctx, func(db bun.IDB, raw TTx) error { return f(tx[TTx]{db, raw}) }))
}

// fail turns an error of the database into a typed one; typed errors pass.
func (e *Engine[TTx]) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, typed := errors.AsType[*govmedia.Error](err); typed {
		return err
	}
	op = "store." + op
	switch kind := e.b.Kind(err); {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, sql.ErrConnDone):
		return govmedia.Errorf(govmedia.KindUnavailable, op, "%w", err)
	case kind == govmedia.KindCorrupt:
		return govmedia.Errorf(kind, op, "the database is damaged; stop, keep its files and restore a backup: %w", err)
	case kind == govmedia.KindUnavailable:
		return govmedia.Errorf(kind, op, "the database cannot be used now; make room, free its lock or bring its server back, nothing is lost: %w", err)
	default:
		return govmedia.Errorf(govmedia.KindInternal, op, "%w", err)
	}
}

func missing(what, id string) error {
	return govmedia.Errorf(govmedia.KindNotFound, "store."+what, "no %s %q", what, id)
}

// get scans one row, and gives KindNotFound when there is none.
func (e *Engine[TTx]) get(ctx context.Context, db bun.IDB, dest any, what, id, query string, args ...any) error {
	err := db.NewRaw(query, args...).Scan(ctx, dest)
	if errors.Is(err, sql.ErrNoRows) {
		return missing(what, id)
	}
	return e.fail(what, err)
}

// micros is an instant as stored; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// quiet keeps the job engine's routine messages out of the integrator's log.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(warnOnly{l.Handler()}) }

type warnOnly struct{ slog.Handler }

func (h warnOnly) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}
func (h warnOnly) WithAttrs(a []slog.Attr) slog.Handler { return warnOnly{h.Handler.WithAttrs(a)} }
func (h warnOnly) WithGroup(name string) slog.Handler   { return warnOnly{h.Handler.WithGroup(name)} }
