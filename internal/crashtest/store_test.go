package crashtest

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

const serverVariable = "GOVMEDIA_POSTGRES_URL"

// openEngine opens the engine on a database of databases.
func openEngine(ctx context.Context, db string, cfg *matrix.EngineConfig) (matrix.Engine, error) {
	schema, url, ok := strings.Cut(db, " ")
	if !ok {
		return sqlite.Open(ctx, db, cfg)
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, err
	}
	engine, err := postgres.Open(ctx, pool, &postgres.Config{Schema: schema, Engine: *cfg})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pooled{engine, pool}, nil
}

// pooled is an engine that closes its pool, too.
type pooled struct {
	matrix.Engine
	pool *pgxpool.Pool
}

func (p pooled) Close() error {
	err := p.Engine.Close()
	p.pool.Close()
	return err
}

// databases make an empty database each: the path of an SQLite file, or a schema and the address of a PostgreSQL server.
func databases() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"SQLite": func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "portal.db") },
		"PostgreSQL": func(t *testing.T) string {
			t.Helper()
			url := os.Getenv(serverVariable)
			if url == "" {
				t.Skip(`no PostgreSQL; start one: eval "$(internal/realservers/postgres.sh start)", and later internal/realservers/postgres.sh stop`)
			}
			schema := "t_" + strings.ToLower(rand.Text())
			t.Cleanup(func() {
				conn, err := pgx.Connect(context.Background(), url)
				require.NoError(t, err)
				_, err = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
				require.NoError(t, errors.Join(err, conn.Close(context.Background())))
			})
			return schema + " " + url
		},
	}
}

// onEach runs the test on every engine.
func onEach(t *testing.T, f func(t *testing.T, database func(*testing.T) string)) {
	t.Helper()
	all := databases()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) { f(t, all[name]) })
	}
}
