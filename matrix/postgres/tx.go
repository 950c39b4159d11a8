package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"
	"github.com/uptrace/bun"
)

const (
	writeMost = 2 * time.Minute // a transaction that takes longer has lost its server
	tries     = 3               // of what came to nothing because its connection broke
)

// inTx runs f in a transaction that bun's statements and River's inserts share, and begins it again when its connection
// broke before the commit was sent.
func inTx(ctx context.Context, db *bun.DB, f func(bun.IDB, pgx.Tx) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, writeMost)
	defer cancel()
	for range tries {
		var again bool
		if again, err = once(ctx, db, f); !again || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// once reports whether the transaction certainly came to nothing, and only because of its connection.
func once(ctx context.Context, db *bun.DB, f func(bun.IDB, pgx.Tx) error) (again bool, err error) {
	lent, err := db.Conn(ctx)
	if err != nil {
		return broken(err), err
	}
	defer func() { _ = lent.Close() }() // the pool looks at what comes back
	var c *conn
	err = lent.Raw(func(raw any) error {
		var ok bool
		if c, ok = raw.(*conn); !ok {
			return fmt.Errorf("database/sql has a %T", raw)
		}
		return c.open(ctx)
	})
	if err != nil {
		return broken(err), err
	}
	done := false
	defer func() {
		if !done { // f has panicked
			_ = c.rollback(ctx)
		}
	}()
	err = f(lent, c.tx)
	done = true
	if err == nil {
		err = ctx.Err() // nobody waits for it any more
	}
	if err == nil && c.std.Conn().IsClosed() {
		err = driver.ErrBadConn
	}
	if err != nil {
		_ = c.rollback(ctx) // a connection that cannot is not used again
		return broken(err), err
	}
	return false, committed(c.commit(ctx))
}

// committed judges the answer to a commit. Only some errors say that it did not happen; after the others it may have.
// pgconn.SafeToRetry is not asked: up to v5.12.0 it also says yes when the connection ended after the commit was sent.
func committed(err error) error {
	e, answered := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil, answered && refused(e):
		return err
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return fmt.Errorf("a statement had failed and its error was overlooked: %w", err)
	}
	return &govmedia.Error{
		Op: "store.commit", Kind: govmedia.KindUnavailable, Outcome: govmedia.Unknown,
		Err: fmt.Errorf("the connection ended at the commit; whether it took effect is not known, read before you repeat it: %w", err),
	}
}

// refused reports whether the server says that it has not committed: a constraint checked at the end, or a conflict of
// transactions. Anything else, such as being shut down, it may also say afterwards.
func refused(e *pgconn.PgError) bool {
	return strings.HasPrefix(e.Code, "23") || strings.HasPrefix(e.Code, "40")
}

// broken reports whether the connection was at fault.
func broken(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "FATAL" && strings.HasPrefix(e.Code, "57") // the server is going away
	}
	_, network := errors.AsType[net.Error](err)
	return network || pgconn.SafeToRetry(err) || errors.Is(err, errLost) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// kind classifies by SQLSTATE, see https://www.postgresql.org/docs/15/errcodes-appendix.html (2026-11-22).
func kind(err error) govmedia.Kind {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok { // whatever the server said to it
		return govmedia.KindUnavailable
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return kindOf(e.Code)
	}
	if broken(err) || pgconn.Timeout(err) || errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, puddle.ErrClosedPool) {
		return govmedia.KindUnavailable
	}
	return ""
}

func kindOf(state string) govmedia.Kind {
	switch state {
	case "XX001", "XX002": // data or an index is damaged
		return govmedia.KindCorrupt
	case "25006", // the server or the transaction is read-only
		"25P03", "25P04", // the transaction was idle, or took, too long
		"55P03",          // a lock could not be had in time
		"40001", "40P01": // lost against another transaction
		return govmedia.KindUnavailable
	}
	if len(state) != 5 {
		return govmedia.KindInternal
	}
	switch state[:2] {
	case "08", // connection
		"28", // not let in: the operator has changed the password, or pg_hba.conf
		"53", // no disk, no memory, too many connections
		"57", // shutting down, starting up, cancelled by a timeout
		"58": // the operating system
		return govmedia.KindUnavailable
	}
	return govmedia.KindInternal
}
