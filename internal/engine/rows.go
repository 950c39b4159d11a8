package engine

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// paramRows are the parameters of a statement that changes many rows.
type paramRows [][]any

func (r *paramRows) add(values ...any) { *r = append(*r, values) }

// each runs a statement for all rows. {0}, {1:int} and so on stand for the columns of a row, {rows} for what names them
// in FROM; a condition begins after it.
func (e *Engine[TTx]) each(ctx context.Context, t tx[TTx], list paramRows, query string) error {
	if len(list) == 0 {
		return nil
	}
	return e.b.Each(ctx, t.IDB, t.raw, query, list)
}

// selectEach returns what a query answers for all rows, in the transaction. Its columns are written as those of each;
// into names where the columns of an answer go: strings and integers.
func selectEach[T, TTx any](ctx context.Context, e *Engine[TTx], t tx[TTx], list paramRows, query string, into func(*T) []any) ([]T, error) {
	if len(list) == 0 {
		return nil, nil
	}
	if e.b.Select == nil {
		return selectSet(ctx, t.IDB, e.b.Rows, list, query, into)
	}
	all := make([]T, 0, len(list))
	var one T
	columns := into(&one)
	err := e.b.Select(ctx, t.raw, query, list, func(scan func(...any) error) error {
		if err := scan(columns...); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	})
	return all, err
}

// selectSet is selectEach anywhere; source is Backend.Rows.
func selectSet[T any](ctx context.Context, db bun.IDB, source string, list paramRows, query string, into func(*T) []any) ([]T, error) {
	if len(list) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return selected(ctx, db, into, AsSet(query, source), string(text))
}

// selected returns what a query answers. It is for where it answers often: bun looks each column up by its name.
func selected[T any](ctx context.Context, db bun.IDB, into func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	var one T
	columns := into(&one)
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// AsSet writes a statement of Backend.Each or Backend.Select for a parameter that holds all rows as JSON: source is
// what stands in FROM for it, named v with the column value.
func AsSet(query, source string) string {
	return column(query, "FROM "+source, func(n string) string { return "v.value ->> " + n },
		func(n string) string { return "CAST(v.value ->> " + n + " AS BIGINT)" })
}

// AsOne writes a statement of Backend.Each for the columns of one row as numbered parameters.
func AsOne(query string) string {
	numbered := func(n string) string { i, _ := strconv.Atoi(n); return "?" + strconv.Itoa(i+1) }
	return column(query, "", numbered, numbered)
}

func column(query, source string, text, number func(n string) string) string {
	var b strings.Builder
	for {
		before, rest, more := strings.Cut(query, "{")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		var name string
		name, query, _ = strings.Cut(rest, "}")
		switch n, isNumber := strings.CutSuffix(name, ":int"); {
		case name == "rows":
			b.WriteString(source)
		case isNumber:
			b.WriteString(number(n))
		default:
			b.WriteString(text(name))
		}
	}
}
