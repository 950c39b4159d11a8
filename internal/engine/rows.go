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

// selectEach returns what a query answers for all rows. Its columns are written as those of each; into names where the
// columns of an answer go.
func selectEach[T any](ctx context.Context, db bun.IDB, source string, list paramRows, query string, into func(*T) []any) ([]T, error) {
	if len(list) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return selected(ctx, db, into, AsSet(query, len(list[0]), source), string(text))
}

// selected returns what a query answers. It is for where it answers often: bun looks each column up by its name.
func selected[T any](ctx context.Context, db bun.IDB, into func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(into(&one)...); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// AsSet writes a statement of Backend.Each for a parameter that holds all rows as JSON: source is what stands in FROM for
// it, named v with the column value.
func AsSet(query string, columns int, source string) string {
	return column(query, columns, "FROM "+source, func(n string) string { return "v.value ->> " + n },
		func(n string) string { return "CAST(v.value ->> " + n + " AS BIGINT)" })
}

// AsOne writes a statement of Backend.Each for the columns of one row as numbered parameters.
func AsOne(query string, columns int) string {
	numbered := func(n string) string { i, _ := strconv.Atoi(n); return "?" + strconv.Itoa(i+1) }
	return column(query, columns, "", numbered, numbered)
}

func column(query string, columns int, source string, text, number func(n string) string) string {
	swaps := []string{"{rows}", source}
	for i := range columns {
		n := strconv.Itoa(i)
		swaps = append(swaps, "{"+n+"}", text(n), "{"+n+":int}", number(n))
	}
	return strings.NewReplacer(swaps...).Replace(query)
}
