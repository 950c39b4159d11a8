package postgres_test

import (
	"context"
	"testing"

	"github.com/govmedia/govmedia/internal/enginetest"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestC1_RulesOnPostgreSQL(t *testing.T) {
	url := server(t)
	admin := newPool(t, url, nil)
	free := make(chan string, 1000) // schemas that have been emptied: making one takes longer than most rules do
	enginetest.Run(t, func(c *testing.T) *enginetest.Store {
		var schema string
		select {
		case schema = <-free:
		default:
			schema = freshSchema(t, url)
		}
		c.Cleanup(func() {
			empty(t, admin, schema)
			free <- schema
		})
		return store(url, schema)
	})
}

// empty removes every row of a schema, but for what has been migrated.
func empty(t *testing.T, pool *pgxpool.Pool, schema string) {
	t.Helper()
	_, err := pool.Exec(context.Background(), `DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ') || ' RESTART IDENTITY'
		FROM pg_tables WHERE schemaname = '`+schema+`' AND tablename NOT LIKE '%migration'); END $$`)
	require.NoError(t, err)
}

// store opens engines on a schema. They are closed before it is emptied.
func store(url, schema string) *enginetest.Store {
	var door *pgxpool.Pool // of the first engine
	return &enginetest.Store{
		Shared: true,
		Open: func(t *testing.T, cfg *matrix.EngineConfig) matrix.Engine {
			pool := newPool(t, url, nil)
			engine, err := postgres.Open(t.Context(), pool, &postgres.Config{Schema: schema, Engine: *cfg})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, engine.Close()) })
			if door == nil {
				door = pool
			}
			return engine
		},
		Exec: func(t *testing.T, query string) {
			require.NoError(t, within(t.Context(), door, schema, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), query)
				return err
			}))
		},
		Count: func(t *testing.T, query string) (n int) {
			require.NoError(t, within(t.Context(), door, schema, func(tx pgx.Tx) error {
				return tx.QueryRow(t.Context(), query).Scan(&n)
			}))
			return n
		},
	}
}
