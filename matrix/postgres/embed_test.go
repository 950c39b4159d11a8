package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// until runs the matrices until done reports true, for at most a minute, and drains them.
func until(t *testing.T, done func() bool, ms ...*matrix.Matrix) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, len(ms))
	for _, m := range ms {
		go func() { ended <- m.Run(ctx) }()
	}
	tick, timeout := time.NewTicker(10*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case err := <-ended:
			require.FailNow(t, "ended by itself", "%v", err)
		case <-timeout:
			require.FailNow(t, "not done in time")
		}
	}
	stop()
	for range ms {
		require.NoError(t, <-ended)
	}
}

// Two portals live in one database and share a pool. They have the same accounts, posts of the same text and River
// queues of the same names; the application has tables of the same names, too, and temporary ones that hide others.
func TestC8_TwoEmbeddersInTwoSchemas(t *testing.T) {
	url := server(t)
	theirs, ours := freshSchema(t, url), freshSchema(t, url)
	app := freshSchema(t, url)
	pool := newPool(t, url, func(cfg *pgxpool.Config) {
		cfg.MaxConns = 8
		cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+app+"; SET search_path = "+app+"; CREATE TEMPORARY TABLE govmedia_post (id INT)")
			return err
		}
	})
	_, err := pool.Exec(t.Context(), "CREATE TABLE govmedia_delivery (id INT); CREATE TABLE river_job (id INT); CREATE TABLE govmedia_migration (id INT)")
	require.NoError(t, err)

	type portal struct {
		schema string
		engine matrix.Engine
		wall   *wall
		m      *matrix.Matrix
		posts  []string
	}
	var portals []*portal
	for _, schema := range []string{theirs, ours} {
		p := &portal{schema: schema, engine: open(t, pool, schema, nil), wall: &wall{app: "k"}}
		require.NoError(t, p.engine.Migrate(t.Context()))
		var ids []string
		p.m, ids = compose(t, p.engine, p.wall, nil, 5)
		for n := range 1 + len(portals) {
			p.posts = append(p.posts, approved(t, p.m, fmt.Sprint("停水通知", n), ids...))
			_, err := p.m.Publisher.Publish(t.Context(), "author", p.posts[n])
			require.NoError(t, err)
		}
		portals = append(portals, p)
	}
	until(t, func() bool {
		for _, p := range portals {
			for _, post := range p.posts {
				if !live(t, p.m, post) {
					return false
				}
			}
		}
		return true
	}, portals[0].m, portals[1].m)
	require.Equal(t, 5, portals[0].wall.held(t))
	require.Equal(t, 10, portals[1].wall.held(t))
	for i, p := range portals {
		require.Equal(t, 5*(i+1), count(t, pool, p.schema, "govmedia_delivery"))
		require.Equal(t, 1+i, count(t, pool, p.schema, "govmedia_post"))
		require.Positive(t, count(t, pool, p.schema, "river_job"))
	}
	require.NotEqual(t, sound(t, portals[0].engine), sound(t, portals[1].engine))
	for _, table := range []string{"govmedia_delivery", "river_job", "govmedia_migration"} {
		require.Zero(t, count(t, pool, app, table), "the application's own")
	}
	for conn := range sessions(t, pool) {
		var path, channels string
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting('search_path'), coalesce((SELECT string_agg(c, ',') FROM pg_listening_channels() c), '')").Scan(&path, &channels))
		require.Equal(t, app, path)
		require.Empty(t, channels)
	}

	// One of them leaves.
	_, err = pool.Exec(t.Context(), "DROP SCHEMA "+theirs+" CASCADE")
	require.NoError(t, err)
	require.True(t, live(t, portals[1].m, portals[1].posts[0]))
	require.NoError(t, portals[1].engine.Migrate(t.Context()))
	sound(t, portals[1].engine)
}

// sessions lends every connection of the pool that is idle.
func sessions(t *testing.T, pool *pgxpool.Pool) func(func(*pgxpool.Conn) bool) {
	return func(yield func(*pgxpool.Conn) bool) {
		conns := pool.AcquireAllIdle(t.Context())
		require.NotEmpty(t, conns)
		defer func() {
			for _, c := range conns {
				c.Release()
			}
		}()
		for _, c := range conns {
			if !yield(c) {
				return
			}
		}
	}
}

// A portal that waits for its turn does not wait for another one's.
func TestC8_EachSchemaHasItsOwnTurn(t *testing.T) {
	url := server(t)
	pool := newPool(t, url, func(cfg *pgxpool.Config) { cfg.MaxConns = 8 })
	one, other := freshSchema(t, url), freshSchema(t, url)
	for _, schema := range []string{one, other} {
		require.NoError(t, open(t, pool, schema, nil).Migrate(t.Context()))
	}
	require.NoError(t, writing(t, pool, one, func(pgx.Tx) error {
		compose(t, open(t, pool, other, nil), &wall{}, nil, 1)
		return nil
	}))
}

func TestC8_ManyMigrateAtOnce(t *testing.T) {
	url := server(t)
	schema := freshSchema(t, url)
	const processes = 4
	engines := make([]matrix.Engine, processes)
	for i := range engines {
		engines[i] = open(t, newPool(t, url, nil), schema, nil)
	}
	var wg sync.WaitGroup
	errs := make([]error, processes)
	for i, e := range engines {
		wg.Go(func() { errs[i] = e.Migrate(t.Context()) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	compose(t, engines[3], &wall{}, nil, 1)
}

// The operator makes the schema, one role migrates, another one works with what it may touch.
func TestC8_RolesWithFewRights(t *testing.T) {
	url := server(t)
	admin := newPool(t, url, nil)
	schema := freshSchema(t, url)
	as := func(role string) *pgxpool.Pool {
		return newPool(t, url, func(cfg *pgxpool.Config) { cfg.ConnConfig.User = role })
	}
	for _, role := range []string{"owner_" + schema, "worker_" + schema} {
		_, err := admin.Exec(t.Context(), "CREATE ROLE "+role+" LOGIN")
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = admin.Exec(context.Background(), "DROP OWNED BY "+role+" CASCADE; DROP ROLE "+role) })
	}
	owner, worker := as("owner_"+schema), as("worker_"+schema)
	engine := open(t, owner, schema, nil)
	err := engine.Migrate(t.Context())
	require.Error(t, err)
	require.ErrorContains(t, err, schema)
	require.ErrorContains(t, err, "permission denied")

	_, err = admin.Exec(t.Context(), "CREATE SCHEMA "+schema+" AUTHORIZATION owner_"+schema)
	require.NoError(t, err)
	require.NoError(t, engine.Migrate(t.Context()))
	_, err = owner.Exec(t.Context(), fmt.Sprintf(`GRANT USAGE ON SCHEMA %[1]s TO worker_%[1]s;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[1]s TO worker_%[1]s; GRANT USAGE ON ALL SEQUENCES IN SCHEMA %[1]s TO worker_%[1]s`, schema))
	require.NoError(t, err)
	w := &wall{app: "k"}
	working := open(t, worker, schema, nil)
	m, ids := compose(t, working, w, nil, 3)
	post := approved(t, m, "停水通知", ids...)
	_, err = m.Publisher.Publish(t.Context(), "author", post)
	require.NoError(t, err)
	until(t, func() bool { return live(t, m, post) }, m)
	require.Equal(t, 3, w.held(t))
	sound(t, working)
}

// The integrator's pool may be set up in any way.
func TestC8_PoolsOfAnyKind(t *testing.T) {
	url := server(t)
	set := func(name, value string) func(*pgxpool.Config) {
		return func(cfg *pgxpool.Config) { cfg.ConnConfig.RuntimeParams[name] = value }
	}
	mode := func(m pgx.QueryExecMode) func(*pgxpool.Config) {
		return func(cfg *pgxpool.Config) { cfg.ConnConfig.DefaultQueryExecMode = m }
	}
	for _, c := range []struct {
		name   string
		change func(*pgxpool.Config)
	}{
		{"serializable", set("default_transaction_isolation", "serializable")},
		{"repeatable read", set("default_transaction_isolation", "repeatable read")},
		{"backslashes escape", set("standard_conforming_strings", "off")},
		{"commits that do not wait for the disk", set("synchronous_commit", "off")},
		{"a path of its own", set("search_path", "elsewhere")},
		{"another zone and format", func(cfg *pgxpool.Config) {
			set("TimeZone", "Asia/Shanghai")(cfg)
			set("DateStyle", "German, DMY")(cfg)
			set("bytea_output", "escape")(cfg)
			set("IntervalStyle", "sql_standard")(cfg)
		}},
		{"nothing prepared", mode(pgx.QueryExecModeExec)},
		{"the simple protocol, as through a pooler", mode(pgx.QueryExecModeSimpleProtocol)},
		{"descriptions cached", mode(pgx.QueryExecModeCacheDescribe)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pool := newPool(t, url, c.change)
			schema := freshSchema(t, url)
			engine := open(t, pool, schema, nil)
			require.NoError(t, engine.Migrate(t.Context()))
			w := &wall{app: "k"}
			m, ids := compose(t, engine, w, nil, 4)
			text := `今晚停水 \'; DROP SCHEMA public; -- "\\` + strings.Repeat(`'\`, 20)
			post := approved(t, m, text, ids...)
			_, err := m.Publisher.Publish(t.Context(), "author", post)
			require.NoError(t, err)
			until(t, func() bool { return live(t, m, post) }, m)
			require.Equal(t, 4, w.held(t))
			stored, err := m.Publisher.Post(t.Context(), post)
			require.NoError(t, err)
			require.Equal(t, text, stored.Text)
			require.NoError(t, engine.SaveMedia(t.Context(), "author", everyByte()))
			media, err := engine.Media(t.Context(), everyByte().Digest())
			require.NoError(t, err)
			require.Equal(t, everyByte(), media)
			sound(t, engine)
			require.NoError(t, writing(t, pool, schema, func(tx pgx.Tx) error {
				var durable, isolation string
				err := tx.QueryRow(t.Context(), "SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation')").Scan(&durable, &isolation)
				require.Equal(t, "on", durable, "a fence is on disk")
				require.Equal(t, "read committed", isolation, "what is read is newer than the turn to write")
				return err
			}))
			for conn := range sessions(t, pool) {
				for name, want := range pool.Config().ConnConfig.RuntimeParams {
					var got string
					require.NoError(t, conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got))
					require.Equal(t, want, got, "%s of the session", name)
				}
			}
		})
	}
}

// A lost credential must not be what a stranger reads in a log.
func TestOpen_SaysNoPassword(t *testing.T) {
	for _, url := range []string{
		"postgres://portal:hush-hush@127.0.0.1:1/portal?connect_timeout=1",
		"host=127.0.0.1 port=1 user=portal password='hush-hush' dbname=portal connect_timeout=1",
	} {
		_, err := tryOpen(t, newPool(t, url, nil), "")
		require.ErrorIs(t, err, govmedia.KindUnavailable)
		require.Equal(t, govmedia.Retry, govmedia.AsError(err).Remedy())
		require.NotContains(t, err.Error(), "hush")
	}
}
