package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/govmedia/govmedia/internal/enginetest"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

func TestC1_RulesInMemory(t *testing.T) {
	enginetest.Run(t, func(*testing.T) *enginetest.Store { return store(sqlite.Memory) })
}

func TestC1_RulesOnAFile(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) *enginetest.Store {
		s := store(filepath.Join(t.TempDir(), "matrix.db"))
		s.Shared = true
		return s
	})
}

func store(path string) *enginetest.Store {
	var door *sql.DB // of the first engine
	return &enginetest.Store{
		Open: func(t *testing.T, cfg *matrix.EngineConfig) matrix.Engine {
			engine, write, err := sqlite.OpenWritingWith(t.Context(), path, cfg)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, engine.Close()) })
			if door == nil {
				door = write
			}
			return engine
		},
		Exec: func(t *testing.T, query string) {
			_, err := door.ExecContext(t.Context(), query)
			require.NoError(t, err)
		},
		Count: func(t *testing.T, query string) (n int) {
			require.NoError(t, door.QueryRowContext(t.Context(), query).Scan(&n))
			return n
		},
	}
}
