package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/govmedia/govmedia/internal/engine"
	"github.com/uptrace/bun"
)

// writer runs the engine's transactions, one at a time, on the one connection that writes. It keeps the statements that
// change many rows prepared on it, and runs them there row by row: in the process that is several times as fast as one
// statement that takes the rows out of JSON, and a statement on a table with many indexes takes long to prepare.
type writer struct {
	db *bun.DB

	// Of the transaction under way.
	conn *sql.Conn

	// Of the connection, whichever the pool has opened last.
	of       driver.Conn
	prepared map[string]driver.StmtExecContext
}

// inTx implements engine.Backend.
func (w *writer) inTx(ctx context.Context, f func(bun.IDB, *sql.Tx) error) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back to the pool
	return conn.RunInTx(ctx, nil, func(_ context.Context, t bun.Tx) error {
		w.conn = conn.Conn
		return f(t, t.Tx)
	})
}

// each implements engine.Backend. The transaction is the one under way on the connection.
func (w *writer) each(ctx context.Context, _ bun.IDB, _ *sql.Tx, query string, rows [][]any) error {
	return w.conn.Raw(func(raw any) error {
		stmt, err := w.prepare(ctx, raw, engine.AsOne(query, len(rows[0])))
		if err != nil {
			return err
		}
		args := make([]driver.NamedValue, len(rows[0]))
		for _, row := range rows {
			for i, v := range row {
				value, err := driver.DefaultParameterConverter.ConvertValue(v)
				if err != nil {
					return err
				}
				args[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
			}
			if _, err := stmt.ExecContext(ctx, args); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) prepare(ctx context.Context, raw any, query string) (driver.StmtExecContext, error) {
	conn, ok := raw.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("the driver has a %T", raw)
	}
	if w.of != conn { // and what was prepared on the other one has ended with it
		w.of, w.prepared = conn, map[string]driver.StmtExecContext{}
	}
	if stmt, ok := w.prepared[query]; ok {
		return stmt, nil
	}
	preparer, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, errors.New("the driver prepares nothing")
	}
	stmt, err := preparer.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	exec, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver executes no prepared statement"), stmt.Close())
	}
	w.prepared[query] = exec
	return exec, nil
}
