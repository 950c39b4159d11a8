package postgres_test

import (
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
	enginetest.Run(t, func(t *testing.T) *enginetest.Store { return store(t, url, nil) })
}

func store(t *testing.T, url string, change func(*pgxpool.Config)) *enginetest.Store {
	schema := freshSchema(t, url)
	var door *pgxpool.Pool // of the first engine
	return &enginetest.Store{
		Shared: true,
		Open: func(t *testing.T, cfg *matrix.EngineConfig) matrix.Engine {
			pool := newPool(t, url, change)
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
