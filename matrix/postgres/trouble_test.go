package postgres_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/govmedia/govmedia/publish"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"
	"github.com/stretchr/testify/require"
)

func everyByte() publish.Media {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return publish.Media{Name: "n", Type: "t", Data: bytes.Repeat(b, 8)}
}

func tryOpen(t *testing.T, pool *pgxpool.Pool, schema string) (matrix.Engine, error) {
	t.Helper()
	engine, err := postgres.Open(t.Context(), pool, &postgres.Config{Schema: schema})
	if err == nil {
		t.Cleanup(func() { require.NoError(t, engine.Close()) })
	} else {
		require.Nil(t, engine)
	}
	return engine, err
}

// writing runs f while it is the schema's turn to write.
func writing(t *testing.T, pool *pgxpool.Pool, schema string, f func(pgx.Tx) error) error {
	t.Helper()
	engine, write, err := postgres.OpenImpatient(t.Context(), pool, postgres.Config{Schema: schema}, time.Minute, time.Minute)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	return write(t.Context(), f)
}

func TestOpen_RefusesWhatItCannotWorkWith(t *testing.T) {
	url := server(t)
	ascii := newPool(t, url, nil)
	name := "ascii_" + freshSchema(t, url)
	_, err := ascii.Exec(t.Context(), "CREATE DATABASE "+name+" ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := ascii.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
	})
	closed := newPool(t, url, nil)
	closed.Close()
	for _, c := range []struct {
		name   string
		pool   *pgxpool.Pool
		schema string
		kind   govmedia.Kind
		says   string
	}{
		{"a nil pool", nil, "", govmedia.KindInvalid, "pgxpool.New"},
		{"a closed pool", closed, "", govmedia.KindUnavailable, "closed"},
		{"a small pool", newPool(t, url, func(c *pgxpool.Config) { c.MaxConns = 3 }), "", govmedia.KindInvalid, "MaxConns"},
		{"no text encoding", newPool(t, url, func(c *pgxpool.Config) { c.ConnConfig.Database = name }), "", govmedia.KindInvalid, "SQL_ASCII"},
		{"connections in another encoding", newPool(t, url, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["client_encoding"] = "GBK" }), "", govmedia.KindInvalid, "GBK"},
		{"read-only", newPool(t, url, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["default_transaction_read_only"] = "on" }), "", govmedia.KindUnavailable, "primary"},
		{"a database that is not there", newPool(t, url, func(c *pgxpool.Config) { c.ConnConfig.Database = "not-there" }), "", govmedia.KindUnavailable, "not-there"},
		{"capital letters", ascii, "Portal", govmedia.KindInvalid, "Portal"},
		{"a quote", ascii, `a"b`, govmedia.KindInvalid, "small letters"},
		{"a digit in front", ascii, "1a", govmedia.KindInvalid, "begins with no digit"},
		{"Chinese", ascii, "矩阵", govmedia.KindInvalid, "矩阵"},
		{"too long", ascii, strings.Repeat("a", 47), govmedia.KindInvalid, "46"},
		{"PostgreSQL's own", ascii, "pg_portal", govmedia.KindInvalid, "pg_portal"},
		{"the standard's own", ascii, "information_schema", govmedia.KindInvalid, "information_schema"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tryOpen(t, c.pool, c.schema)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
		})
	}
	long := strings.Repeat("a", 46)
	engine, err := tryOpen(t, ascii, long)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = ascii.Exec(context.Background(), "DROP SCHEMA "+long+" CASCADE") })
	require.NoError(t, engine.Migrate(t.Context()))
	compose(t, engine, &wall{}, nil, 1)
}

func TestOpen_NotMigrated(t *testing.T) {
	url := server(t)
	schema := freshSchema(t, url)
	engine := open(t, newPool(t, url, nil), schema, nil)
	_, err := engine.Register(t.Context())
	require.ErrorContains(t, err, `relation "govmedia_unit" does not exist`)
	_, err = engine.AuditHead(t.Context())
	require.ErrorContains(t, err, `relation "govmedia_audit" does not exist`)
}

// The server drops every connection, as when it restarts or fails over: the pool is full of dead ones.
func TestC1_ConnectionsThatBreakAreReplaced(t *testing.T) {
	url := server(t)
	admin := newPool(t, url, nil)
	w, schema := &wall{app: "k"}, freshSchema(t, url)
	pool := newPool(t, url, func(cfg *pgxpool.Config) {
		cfg.MaxConns = 8
		cfg.ConnConfig.RuntimeParams["application_name"] = schema
	})
	engine := open(t, pool, schema, nil)
	require.NoError(t, engine.Migrate(t.Context()))
	m, ids := compose(t, engine, w, nil, 3)
	drop := func() {
		_, err := admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", schema)
		require.NoError(t, err)
	}
	var posts []string
	for n := range 5 {
		post := approved(t, m, fmt.Sprint("通知", n), ids...)
		drop()
		_, err := m.Publisher.Publish(t.Context(), "author", post)
		require.NoError(t, err)
		posts = append(posts, post)
	}
	drop()
	_, err := m.Step(t.Context())
	require.NoError(t, err)
	for _, p := range posts {
		require.True(t, live(t, m, p))
	}

	// While it runs. What is on its way when an outcome cannot be recorded is read for.
	posts = nil
	for n := range 6 {
		posts = append(posts, approved(t, m, fmt.Sprint("通知", 5+n), ids...))
	}
	published := 0
	until(t, func() bool {
		if published > 0 && !live(t, m, posts[0]) {
			return false // it has not started, or is still reading
		}
		if published < len(posts) {
			_, err := m.Publisher.Publish(t.Context(), "author", posts[published])
			require.NoError(t, err)
			if published++; published > 1 {
				drop()
			}
			return false
		}
		for _, p := range posts {
			if !live(t, m, p) {
				return false
			}
		}
		return true
	}, m)
	require.Equal(t, len(ids)*11, w.held(t))
	sound(t, engine)
}

// Another process holds the turn to write.
func TestBusy_AnotherProcessWrites(t *testing.T) {
	url := server(t)
	schema, w := freshSchema(t, url), &wall{app: "k"}
	pool := newPool(t, url, nil)
	engine := open(t, pool, schema, nil)
	require.NoError(t, engine.Migrate(t.Context()))
	m, ids := compose(t, engine, w, nil, 2)
	post := approved(t, m, "停水通知", ids...)
	impatient, _, err := postgres.OpenImpatient(t.Context(), pool, postgres.Config{Schema: schema}, 100*time.Millisecond, time.Minute)
	require.NoError(t, err)
	defer func() { require.NoError(t, impatient.Close()) }()

	other := newPool(t, url, nil)
	queued := make(chan error, 1)
	require.NoError(t, writing(t, other, schema, func(pgx.Tx) error {
		_, err := m.Publisher.Post(t.Context(), post)
		require.NoError(t, err, "reading works")

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err = m.Publisher.Publish(ctx, "author", post)
		require.ErrorIs(t, err, govmedia.KindUnavailable)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, govmedia.NotApplied, govmedia.AsError(err).Outcome)

		err = impatient.SetAccountState(t.Context(), "chief", "a1", account.Suspended, "")
		require.ErrorIs(t, err, govmedia.KindUnavailable)
		require.ErrorContains(t, err, "lock timeout")

		go func() {
			_, err := m.Publisher.Publish(context.WithoutCancel(t.Context()), "author", post)
			queued <- err
		}()
		ds, err := m.Publisher.Deliveries(t.Context(), post)
		require.Empty(t, ds, "nothing is queued for a caller who was told that it failed")
		return err
	}))
	require.NoError(t, <-queued, "it waits for its turn")
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, w.held(t))
}

// A process falls asleep in the middle of a transaction. The server ends it, and the others go on.
func TestBusy_AnotherProcessSleeps(t *testing.T) {
	url := server(t)
	schema := freshSchema(t, url)
	pool := newPool(t, url, nil)
	engine := open(t, pool, schema, nil)
	require.NoError(t, engine.Migrate(t.Context()))
	sleepy, write, err := postgres.OpenImpatient(t.Context(), newPool(t, url, nil), postgres.Config{Schema: schema}, time.Minute, 200*time.Millisecond)
	require.NoError(t, err)
	defer func() { require.NoError(t, sleepy.Close()) }()
	asleep, awake := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	runs := 0
	go func() {
		ended <- write(context.WithoutCancel(t.Context()), func(tx pgx.Tx) error {
			runs++
			close(asleep)
			<-awake
			_, err := tx.Exec(context.WithoutCancel(t.Context()), "DELETE FROM govmedia_unit")
			return err
		})
	}()
	<-asleep
	compose(t, engine, &wall{}, nil, 1) // waits for the server to act
	close(awake)
	err = <-ended
	require.Error(t, err)
	require.Equal(t, govmedia.KindUnavailable, postgres.Classify(err), "%v", err)
	require.Equal(t, 1, runs)
	reg, err := engine.Register(t.Context())
	require.NoError(t, err)
	require.Len(t, reg.Units, 1)
}

func TestClassify(t *testing.T) {
	state := func(code string) error { return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		name string
		err  error
		kind govmedia.Kind
	}{
		{"not the database's", errors.New("x"), ""},
		{"damaged data", state("XX001"), govmedia.KindCorrupt},
		{"damaged index", state("XX002"), govmedia.KindCorrupt},
		{"a bug of the server", state("XX000"), govmedia.KindInternal},
		{"disk full", state("53100"), govmedia.KindUnavailable},
		{"too many connections", state("53300"), govmedia.KindUnavailable},
		{"read-only", state("25006"), govmedia.KindUnavailable},
		{"lock timeout", state("55P03"), govmedia.KindUnavailable},
		{"statement timeout", state("57014"), govmedia.KindUnavailable},
		{"deadlock", state("40P01"), govmedia.KindUnavailable},
		{"starting up", state("57P03"), govmedia.KindUnavailable},
		{"idle too long", state("25P03"), govmedia.KindUnavailable},
		{"input or output", state("58030"), govmedia.KindUnavailable},
		{"password changed", state("28P01"), govmedia.KindUnavailable},
		{"no such table", state("42P01"), govmedia.KindInternal},
		{"a constraint", state("23505"), govmedia.KindInternal},
		{"no code", state(""), govmedia.KindInternal},
		{"end of the stream", io.ErrUnexpectedEOF, govmedia.KindUnavailable},
		{"the network", &net.OpError{Op: "read", Err: errors.New("reset")}, govmedia.KindUnavailable},
		{"a bad connection", driver.ErrBadConn, govmedia.KindUnavailable},
		{"a closed pool", puddle.ErrClosedPool, govmedia.KindUnavailable},
		{"a closed connection", pgconn.ErrConnClosed, govmedia.KindUnavailable},
	} {
		require.Equal(t, c.kind, postgres.Classify(c.err), c.name)
	}
}
