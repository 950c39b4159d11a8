package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// The engine's SQL names its tables without a schema, because SQLite has none. Here the schema is named by the search
// path of each transaction, and every statement runs in one: a single statement gets a transaction of its own. SET LOCAL
// ends with its transaction, so that the integrator's connections come back as they were, and it works through a pooler
// that hands out a server for each transaction. Setting the path for the session, or in the pool's configuration, would
// do neither; writing it into each statement would need two texts of every statement.

// pathOf names the schema alone. Naming pg_temp last keeps a temporary table from hiding one of ours. bun writes values
// into the text of a statement and relies on backslashes being plain characters; answers come as text.
func pathOf(schema string) string {
	return `SET LOCAL search_path = "` + schema + `", pg_temp; SET LOCAL standard_conforming_strings = on; SET LOCAL bytea_output = hex`
}

// beginRead begins a transaction in which everything that is read is of one moment.
func beginRead(schema string) string {
	return "BEGIN READ ONLY, ISOLATION LEVEL REPEATABLE READ; " + pathOf(schema)
}

// patience is how long the server waits in a transaction that writes.
type patience struct {
	turn time.Duration // for another one to end
	idle time.Duration // for its next statement; then it ends the transaction
}

// beginWrite begins a transaction that is the only one to write to the schema until it ends: the engine's code is
// written for one writer at a time, and reads what it then changes (the owner of a receipt, what is left of a quota, the
// head of the audit chain). READ COMMITTED is needed: the snapshot of a stricter level is older than the lock. The holder
// of the lock who falls asleep is thrown out by the server, not waited for.
func beginWrite(schema string, p patience) string {
	return strings.Join([]string{
		"BEGIN READ WRITE, ISOLATION LEVEL READ COMMITTED",
		pathOf(schema),
		fmt.Sprintf("SET LOCAL lock_timeout = %d", p.turn.Milliseconds()),
		fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", p.idle.Milliseconds()),
		// A fence must be on disk; a stronger setting than on stays.
		"SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE pg_catalog.current_setting('synchronous_commit') = 'off'",
		fmt.Sprintf("SELECT pg_catalog.pg_advisory_xact_lock(%d)", lockKey("write", schema)),
	}, "; ")
}

// lockKey is a number for an advisory lock, which all users of the database share.
func lockKey(what, schema string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("govmedia " + what + " " + schema))
	return int64(h.Sum64())
}

// connector lends connections of the pool to database/sql.
type connector struct {
	driver.Connector
	begin string
	conns int // that the pool may hold
}

func newConnector(pool *pgxpool.Pool, begin string) connector {
	return connector{stdlib.GetPoolConnector(pool), begin, int(pool.Config().MaxConns)}
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	std, err := c.lend(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{from: c, std: std}, nil
}

func (c connector) lend(ctx context.Context) (*stdlib.Conn, error) {
	lent, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	std, ok := lent.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("pgx lends a %T", lent), lent.Close())
	}
	return std, nil
}

// conn is one connection while database/sql has it.
type conn struct {
	from connector
	std  *stdlib.Conn
	tx   pgx.Tx // under way; nil between transactions
}

// open begins a transaction. A connection that turns out to be broken is changed for another one: after a restart of the
// server all that the pool holds are, until they are used.
func (c *conn) open(ctx context.Context) error {
	for n := 0; ; n++ {
		err := c.beginOn(ctx)
		if err == nil || !broken(err) || n > c.from.conns || ctx.Err() != nil {
			return err
		}
		other, lendErr := c.from.lend(ctx)
		if lendErr != nil {
			return lendErr
		}
		if err := c.std.Close(); err != nil {
			return errors.Join(err, other.Close())
		}
		c.std = other
	}
}

func (c *conn) beginOn(ctx context.Context) (err error) {
	raw := c.std.Conn()
	if raw.IsClosed() {
		return driver.ErrBadConn
	}
	c.tx, err = raw.BeginTx(ctx, pgx.TxOptions{BeginQuery: c.from.begin})
	if err != nil && !raw.IsClosed() && raw.PgConn().TxStatus() != 'I' { // it has begun, and the lock could not be had
		_, _ = raw.Exec(context.WithoutCancel(ctx), "ROLLBACK")
	}
	return err
}

// ending is how long the end of a transaction may take once its work is done.
const ending = 30 * time.Second

// commit ends the transaction under way. Its caller's end must not cut it: nobody would know what became of it.
func (c *conn) commit(ctx context.Context) error {
	tx := c.tx
	c.tx = nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	return tx.Commit(ctx)
}

func (c *conn) rollback(ctx context.Context) error {
	tx := c.tx
	c.tx = nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer cancel()
	return tx.Rollback(ctx)
}

// BeginTx implements driver.ConnBeginTx. The connection knows what kind of transaction it is for.
func (c *conn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	return ender{ctx, c}, nil
}

// ender is a transaction as database/sql sees it.
type ender struct {
	ctx context.Context //nolint:containedctx // database/sql hands one to BeginTx and none to Commit
	c   *conn
}

// Commit implements driver.Tx.
func (e ender) Commit() error { return e.c.commit(e.ctx) }

// Rollback implements driver.Tx.
func (e ender) Rollback() error { return e.c.rollback(e.ctx) }

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.tx != nil {
		return c.exec(ctx, query, args)
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	res, err := c.exec(ctx, query, args)
	if err != nil {
		_ = c.rollback(ctx)
		return nil, err
	}
	return res, c.commit(ctx)
}

func (c *conn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	res, err := c.std.ExecContext(ctx, query, args)
	return res, lost(ctx, err)
}

// errLost stands for driver.ErrBadConn, which must not reach database/sql in the middle of a transaction: it would give
// the connection back while the transaction is still to be ended on it.
var errLost = errors.New("the connection was lost")

func lost(ctx context.Context, err error) error {
	if !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	if ctx.Err() != nil { // pgx says nothing else of a statement that came too late
		return ctx.Err()
	}
	return errLost
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.tx != nil {
		return c.query(ctx, query, args)
	}
	for n := 1; ; n++ {
		rows, err := c.queryAlone(ctx, query, args)
		if err == nil || n == tries || !broken(err) || ctx.Err() != nil {
			return rows, err
		}
	}
}

// query runs a statement. Statements hold their values, so that no two are alike: preparing and keeping them, as the
// pool may be configured to, would only fill its connections.
func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.std.QueryContext(ctx, query, append([]driver.NamedValue{{Value: pgx.QueryExecModeExec}}, args...))
	return rows, lost(ctx, err)
}

// queryAlone runs a statement in a transaction of its own, which ends with its rows.
func (c *conn) queryAlone(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, query, args)
	if err != nil {
		_ = c.rollback(ctx) // a connection that cannot is not used again
		return nil, err
	}
	std, ok := rows.(*stdlib.Rows)
	if !ok {
		return nil, errors.Join(fmt.Errorf("pgx answers with %T", rows), rows.Close(), c.rollback(ctx))
	}
	return &lastRows{std, func() error { return c.commit(ctx) }}, nil
}

// lastRows are the rows of a statement with a transaction of its own, which ends with them.
type lastRows struct {
	*stdlib.Rows
	end func() error
}

// Close implements driver.Rows.
func (r *lastRows) Close() error {
	err := r.Rows.Close()
	if endErr := r.end(); err == nil && !errors.Is(endErr, pgx.ErrTxCommitRollback) { // then the rows have said why
		err = endErr
	}
	return err
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error { return c.std.CheckNamedValue(v) }

// Close implements driver.Conn: it gives the connection back to the pool.
func (c *conn) Close() error { return c.std.Close() }

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

// Prepare implements driver.Conn. A prepared statement would outlive its transaction.
func (*conn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("statements are not prepared here")
}

var (
	_ driver.ConnBeginTx       = (*conn)(nil)
	_ driver.ExecerContext     = (*conn)(nil)
	_ driver.QueryerContext    = (*conn)(nil)
	_ driver.NamedValueChecker = (*conn)(nil)
)
