// Package postgres opens the engine on PostgreSQL, for where one machine is not enough: many processes share the work,
// each delivery exactly once. It works in a schema of its own within the integrator's database, through the integrator's
// own pool.
//
// A fence rests on the server: a commit must be on disk when it returns (fsync and full_page_writes on, which they are
// unless somebody turned them off). synchronous_commit is turned on for each write where it is off. The engine keeps
// nothing in a session, but River listens on a connection of its own; behind a pooler that hands out a server for each
// transaction, which was not tried, a fresh delivery would wait for the next sweep.
//
// The clocks of machines that share a schema must agree to a few seconds, as they do with NTP: leases are granted and ended
// by them, and traces of a delivery are looked for from its fence on.
//
// A backup is what pg_dump --schema=NAME writes: one consistent state, even while deliveries are being sent. To restore,
// read it into an empty database, and call Matrix.Restored before anything runs.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/engine"
	"github.com/govmedia/govmedia/matrix"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// DefaultSchema is the schema of a Config that names none.
const DefaultSchema = "govmedia"

// Config configures Open. Zero fields mean their defaults.
type Config struct {
	// Schema holds every table of this engine, River's included; DefaultSchema when empty. Engines with the same schema
	// share the work; engines with different schemas in one database know nothing of each other. Small letters, digits
	// and underscores, 46 at most.
	Schema string

	Engine matrix.EngineConfig
}

// leastConns is what one engine needs at the same time: one connection writes, one reads, and River takes two.
const leastConns = 4

// Open opens the engine on the database of pool, and asks the server whether it can be worked with; the schema is only
// touched by Migrate, which also creates it. cfg may be nil. Nothing is changed in the sessions of the pool's
// connections: they come back as they were lent. Close does not close the pool, which remains the caller's; it must stay
// open until Run and Close have returned.
//
// A bad configuration gives KindInvalid; a server that cannot be reached or refuses to write, KindUnavailable.
func Open(ctx context.Context, pool *pgxpool.Pool, cfg *Config) (matrix.Engine, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	e, err := openWith(ctx, pool, *cfg, patience{turn: time.Minute, idle: 15 * time.Second})
	if err != nil {
		return nil, err // and not an interface that holds a nil
	}
	return e, nil
}

func openWith(ctx context.Context, pool *pgxpool.Pool, cfg Config, p patience) (*opened, error) {
	schema := cmp.Or(cfg.Schema, DefaultSchema)
	if err := valid(schema); err != nil {
		return nil, err
	}
	if pool == nil {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "postgres.open", "the pool is nil; make one with pgxpool.New")
	}
	if n := pool.Config().MaxConns; n < leastConns {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "postgres.open", "the pool may hold %d connections and at least %d are needed; raise MaxConns", n, leastConns)
	}
	if err := healthy(ctx, pool, cmp.Or(cfg.Engine.Logger, slog.Default())); err != nil {
		return nil, err
	}
	write := open(pool, beginWrite(schema, p))
	write.SetMaxOpenConns(1) // more would wait for the same lock, and take the pool's connections while they do
	read := open(pool, beginRead(schema))
	closeBoth := func() error { return errors.Join(write.Close(), read.Close()) }
	db := bun.NewDB(write, pgdialect.New())
	e, err := engine.New(engine.Backend[pgx.Tx]{
		Write: db, Read: bun.NewDB(read, pgdialect.New()), Driver: riverpgxv5.New(pool), Schema: schema,
		Dialect: goose.DialectPostgres, Dir: "postgres", Rows: set, Each: each, Kind: kind, Close: closeBoth,
		InTx: func(ctx context.Context, f func(bun.IDB, pgx.Tx) error) error { return inTx(ctx, db, f) },
	}, engine.Config(cfg.Engine))
	if err != nil {
		return nil, errors.Join(err, closeBoth())
	}
	return &opened{Engine: e, pool: pool, schema: schema, write: db}, nil
}

// set is what stands in FROM for rows that travel as JSON.
const set = "jsonb_array_elements(CAST(? AS JSONB)) AS v"

// each runs one statement for all rows: a statement for each would wait for the network as often, and a text with every
// value of every row takes the server's parser longer than its tables.
func each(ctx context.Context, db bun.IDB, _ pgx.Tx, query string, rows [][]any) error {
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, engine.AsSet(query, set), string(text))
	return err
}

func open(pool *pgxpool.Pool, begin string) *sql.DB {
	db := sql.OpenDB(newConnector(pool, begin))
	db.SetMaxIdleConns(0) // the pool keeps them
	return db
}

// schemaName allows what needs no quotes anywhere, River's templates included.
var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// longestSchema leaves room for the longest channel that River listens on, "schema.river_leadership".
const longestSchema = 46

func valid(schema string) error {
	switch {
	case !schemaName.MatchString(schema), len(schema) > longestSchema:
		return govmedia.Errorf(govmedia.KindInvalid, "postgres.open",
			"schema %.60q: a name has small letters, digits and underscores, %d at most, and begins with no digit", schema, longestSchema)
	case strings.HasPrefix(schema, "pg_"), schema == "information_schema":
		return govmedia.Errorf(govmedia.KindInvalid, "postgres.open", "schema %q belongs to PostgreSQL; choose another name", schema)
	}
	return nil
}

// healthy asks the server for what every fence and every text relies on.
func healthy(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	var version int
	var server, client, fsync, readOnly string
	err := pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		current_setting('client_encoding'), current_setting('fsync'), current_setting('transaction_read_only')`).Scan(&version, &server, &client, &fsync, &readOnly)
	switch {
	case err != nil && (kind(err) == govmedia.KindUnavailable || ctx.Err() != nil):
		return govmedia.Errorf(govmedia.KindUnavailable, "postgres.open", "the server cannot be reached or does not let us in: %w", err)
	case err != nil:
		return govmedia.Errorf(govmedia.KindInternal, "postgres.open", "the server does not answer as PostgreSQL does: %w", err)
	case version < oldest*10000:
		return govmedia.Errorf(govmedia.KindUnsupported, "postgres.open", "the server is PostgreSQL %d; at least %d is needed", version/10000, oldest)
	case server != "UTF8", client != "UTF8":
		return govmedia.Errorf(govmedia.KindInvalid, "postgres.open",
			"the database is encoded in %s and its connections in %s; both must be UTF8", server, client)
	case readOnly != "off":
		return govmedia.Errorf(govmedia.KindUnavailable, "postgres.open",
			"nothing can be written: the server is a standby, or default_transaction_read_only is on; connect to the primary, with it off")
	}
	if fsync != "on" { // as on servers for tests
		log.WarnContext(ctx, "fsync is off on the database server: a power cut may lose what was committed, and then a post may be sent twice")
	}
	return nil
}

// oldest is the oldest major version that is still maintained.
const oldest = 14

// opened is the engine with a migration that creates its schema.
type opened struct {
	*engine.Engine[pgx.Tx]
	pool   *pgxpool.Pool
	schema string
	write  *bun.DB
}

// Migrate implements matrix.Engine. Processes that migrate at once take turns: a lock is held on a connection of its
// own while goose and River use others.
func (o *opened) Migrate(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, o.pool, func(turn pgx.Tx) error {
		if _, err := turn.Exec(ctx, "SELECT pg_catalog.pg_advisory_xact_lock($1)", lockKey("migrate", o.schema)); err != nil {
			return err
		}
		if err := o.createSchema(ctx); err != nil {
			return err
		}
		return o.Engine.Migrate(ctx)
	})
	return failed("postgres.migrate", fmt.Sprintf("schema %q cannot be brought up to date", o.schema), err)
}

// createSchema creates the schema unless it is there: to create is a right that a careful integrator may not have given.
func (o *opened) createSchema(ctx context.Context) error {
	var there bool
	if err := o.pool.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL", o.schema).Scan(&there); err != nil || there {
		return err
	}
	_, err := o.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{o.schema}.Sanitize())
	return err
}

// failed types an error that is not typed yet.
func failed(op, what string, err error) error {
	if err == nil {
		return nil
	}
	if _, typed := errors.AsType[*govmedia.Error](err); typed {
		return err
	}
	return govmedia.Errorf(cmp.Or(kind(err), govmedia.KindInternal), op, "%s: %w", what, err)
}

var _ matrix.Engine = (*opened)(nil)
