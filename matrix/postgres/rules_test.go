package postgres_test

import (
	"context"
	"crypto/rand"
	"flag"
	"os"
	"strings"
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
	enginetest.Run(t, func(t *testing.T) *enginetest.Store {
		schema := freshSchema(t, url)
		var door *pgxpool.Pool // of the first engine
		return &enginetest.Store{
			Shared: true,
			Open: func(t *testing.T, cfg *matrix.EngineConfig) matrix.Engine {
				pool := newPool(t, url)
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
	})
}

// server returns the address of a server for tests.
func server(t *testing.T) string {
	t.Helper()
	url := os.Getenv("GOVMEDIA_POSTGRES_URL")
	if url == "" {
		t.Skip(`no PostgreSQL; start one: eval "$(internal/realservers/postgres.sh start)", and later internal/realservers/postgres.sh stop`)
	}
	return url
}

func newPool(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// freshSchema names a schema that is not there, and drops it after the test.
func freshSchema(t *testing.T, url string) string {
	t.Helper()
	schema := "t_" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), url)
		require.NoError(t, err)
		_, err = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
		require.NoError(t, err)
		require.NoError(t, conn.Close(context.Background()))
	})
	return schema
}

// within runs f where table names carry no schema.
func within(ctx context.Context, pool *pgxpool.Pool, schema string, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+schema); err != nil {
			return err
		}
		return f(tx)
	})
}

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // the tests wait for the server's disk, not for a processor
	os.Exit(m.Run())
}
