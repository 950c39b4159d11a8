package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/govmedia/govmedia/internal/engine"
	"github.com/uptrace/bun"
)

// writer runs the engine's transactions, one at a time, on the one connection that writes. It keeps the statements for
// many rows prepared on it, because one on a table with many indexes takes long to prepare, and runs those that change
// rows row by row: in the process that is several times as fast as one statement that takes the rows out of JSON.
type writer struct {
	db *bun.DB

	// Of the transaction under way.
	conn *sql.Conn

	// Of the connection, whichever the pool has opened last.
	of       driver.Conn
	prepared map[string]statement // by the statement as the engine writes it
}

// close ends what is prepared: SQLite keeps a connection open, and its files, while it has statements.
func (w *writer) close() error {
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(raw any) error { return w.forget(raw) })
}

// forget closes the statements if the connection is theirs.
func (w *writer) forget(raw any) (err error) {
	if w.of == raw {
		for _, stmt := range w.prepared {
			err = errors.Join(err, stmt.Close())
		}
	}
	w.of, w.prepared = nil, nil
	return err
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

// set is what stands in FROM for rows that travel as JSON.
const set = "json_each(?) AS v"

// each implements engine.Backend. The transaction is the one under way on the connection.
func (w *writer) each(ctx context.Context, _ bun.IDB, _ *sql.Tx, query string, rows [][]any) error {
	return w.conn.Raw(func(raw any) error {
		stmt, err := w.prepare(ctx, raw, query, engine.AsOne)
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

// selectEach implements engine.Backend. Here the rows travel as JSON: a query costs more to begin than an update.
func (w *writer) selectEach(ctx context.Context, _ *sql.Tx, query string, rows [][]any, answer func(scan func(...any) error) error) error {
	text, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	return w.conn.Raw(func(raw any) (err error) {
		stmt, err := w.prepare(ctx, raw, query, func(query string) string { return engine.AsSet(query, set) })
		if err != nil {
			return err
		}
		found, err := stmt.QueryContext(ctx, []driver.NamedValue{{Ordinal: 1, Value: string(text)}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, found.Close()) }()
		values := make([]driver.Value, len(found.Columns()))
		scan := func(dest ...any) error { return assign(dest, values) }
		for {
			switch err := found.Next(values); {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
			if err := answer(scan); err != nil {
				return err
			}
		}
	})
}

// assign puts values where pointers to strings and integers of any type point.
func assign(dest []any, values []driver.Value) error {
	if len(dest) != len(values) {
		return fmt.Errorf("%d columns for %d places", len(values), len(dest))
	}
	for i, value := range values {
		to := reflect.ValueOf(dest[i]).Elem()
		text, isText := value.(string)
		number, isNumber := value.(int64)
		switch {
		case isText && to.Kind() == reflect.String:
			to.SetString(text)
		case isNumber && to.CanInt() && !to.OverflowInt(number):
			to.SetInt(number)
		default:
			return fmt.Errorf("column %d is a %T and not a %s", i, value, to.Type())
		}
	}
	return nil
}

// statement is what the driver prepares.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// prepare returns a statement of the engine, as write writes it for SQLite.
func (w *writer) prepare(ctx context.Context, raw any, query string, write func(string) string) (statement, error) {
	conn, ok := raw.(driver.Conn)
	if !ok {
		return nil, fmt.Errorf("the driver has a %T", raw)
	}
	if w.of != conn { // the pool has opened another one
		w.of, w.prepared = conn, map[string]statement{}
	}
	if stmt, ok := w.prepared[query]; ok {
		return stmt, nil
	}
	preparer, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, errors.New("the driver prepares nothing")
	}
	stmt, err := preparer.PrepareContext(ctx, write(query))
	if err != nil {
		return nil, err
	}
	both, ok := stmt.(statement)
	if !ok {
		return nil, errors.Join(errors.New("the driver's prepared statements take no context"), stmt.Close())
	}
	w.prepared[query] = both
	return both, nil
}
