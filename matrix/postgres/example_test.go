package postgres_test

import (
	"context"
	"fmt"

	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The pool is the application's own and stays open; the engine gets a schema of its own in its database.
func ExampleOpen() {
	ctx := context.Background()
	open := func(url, schema string) (matrix.Engine, error) {
		pool, err := pgxpool.New(ctx, url) // no connection is made yet
		if err != nil {
			return nil, err
		}
		defer pool.Close() // here, because nothing opens; an application closes it after the engine
		return postgres.Open(ctx, pool, &postgres.Config{Schema: schema})
	}

	_, err := open("postgres://portal:secret@127.0.0.1:1/portal?pool_max_conns=8", "Portal-2026")
	fmt.Println(err)
	_, err = open("postgres://portal:secret@127.0.0.1:1/portal?pool_max_conns=2", "portal")
	fmt.Println(err)
	// Output:
	// postgres.open: invalid: schema "Portal-2026": a name has small letters, digits and underscores, 46 at most, and begins with no digit
	// postgres.open: invalid: the pool may hold 2 connections and at least 4 are needed; raise MaxConns
}
