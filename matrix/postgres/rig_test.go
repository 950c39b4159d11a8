package postgres_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/govmedia/govmedia/publish"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // the tests wait for the server's disk, not for a processor
	os.Exit(m.Run())
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

// newPool returns a pool; change may alter its configuration.
func newPool(t *testing.T, url string, change func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	if change != nil {
		change(cfg)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
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

func open(t *testing.T, pool *pgxpool.Pool, schema string, c *clock) matrix.Engine {
	t.Helper()
	cfg := &postgres.Config{Schema: schema, Engine: matrix.EngineConfig{SweepEvery: 20 * time.Millisecond}}
	if c != nil {
		cfg.Engine.Now = c.now
	}
	engine, err := postgres.Open(t.Context(), pool, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	return engine
}

// within runs f where table names carry no schema.
func within(ctx context.Context, pool *pgxpool.Pool, schema string, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL search_path = "+schema+", pg_temp"); err != nil {
			return err
		}
		return f(tx)
	})
}

func count(t *testing.T, pool *pgxpool.Pool, schema, what string) (n int) {
	t.Helper()
	require.NoError(t, within(t.Context(), pool, schema, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+what).Scan(&n)
	}))
	return n
}

// clock is a time that tests move.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// wall is a platform and its adapter: it holds posts and can be read.
type wall struct {
	app   string
	mu    sync.Mutex
	calls int
	posts map[string][]govmedia.Receipt // by account and text
}

func (w *wall) App() account.App { return account.App{Platform: "wall", Key: w.app} }

func (*wall) Limits() publish.Limits { return publish.Limits{} }

func (w *wall) Publish(_ context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if w.posts == nil {
		w.posts = map[string][]govmedia.Receipt{}
	}
	place := s.Account.ID + s.Rendition.Text
	r := govmedia.Receipt{ID: s.Account.ID + strconv.Itoa(w.calls), At: time.Now()}
	w.posts[place] = append(w.posts[place], r)
	return &r, nil
}

func (w *wall) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &publish.Found{Receipts: w.posts[q.Account.ID+q.Rendition.Text], Complete: true}, nil
}

// held returns how many posts the wall holds, and fails when it holds one twice.
func (w *wall) held(t *testing.T) int {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for place, copies := range w.posts {
		require.Len(t, copies, 1, place)
	}
	return len(w.posts)
}

// matrixOver builds a matrix over a migrated engine.
func matrixOver(t *testing.T, engine matrix.Engine, w *wall, c *clock) *matrix.Matrix {
	t.Helper()
	now := time.Now
	if c != nil {
		now = c.now
	}
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{w}, Now: now, Concurrency: 8, SendTimeout: 2 * time.Second,
		Patience: matrix.Patience{ReadFirst: 100 * time.Millisecond},
		Keys:     account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}},
		Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
	})
	require.NoError(t, err)
	return m
}

// compose is matrixOver with n connected accounts of the wall.
func compose(t *testing.T, engine matrix.Engine, w *wall, c *clock, n int) (*matrix.Matrix, []string) {
	t.Helper()
	m := matrixOver(t, engine, w, c)
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	ids := make([]string, n)
	for i := range n {
		ids[i] = fmt.Sprintf("a%03d", i)
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: ids[i], App: w.App(), Name: "示例" + ids[i], Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	for _, id := range ids {
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: id, Access: govmedia.NewSecret("tok-hush")}))
	}
	return m, ids
}

func approved(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: text, Targets: targets})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(t.Context(), "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(t.Context(), "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(t.Context(), "approver", p, "")
	require.NoError(t, err)
	return p.ID
}

func live(t *testing.T, m *matrix.Matrix, post string) bool {
	t.Helper()
	ds, err := m.Publisher.Deliveries(t.Context(), post)
	require.NoError(t, err)
	return publish.StateOf(ds) == publish.FullyLive
}

// sound verifies the log and returns its head.
func sound(t *testing.T, engine matrix.Engine) string {
	t.Helper()
	var log bytes.Buffer
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	report, err := govmedia.VerifyAudit(&log)
	require.NoError(t, err)
	return report.Head
}

// cutter breaks connections at the commit of a transaction that fits.
type cutter struct {
	mu    sync.Mutex
	fits  func(sql string) bool // nil: none; it is asked once more after a cut
	after bool                  // the server commits and its answer is lost; or else the commit is lost on its way
	cuts  int
}

// dial is for pgconn.Config.DialFunc.
func (c *cutter) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &cutConn{Conn: conn, cutter: c}, nil
}

func (c *cutter) set(after bool, fits func(sql string) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.after, c.fits, c.cuts = after, fits, 0
}

func (c *cutter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

// due reports whether this commit is to be cut, and how.
func (c *cutter) due(sql string) (cut, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fits == nil || !c.fits(sql) {
		return false, false
	}
	c.cuts++
	c.fits = nil
	return true, c.after
}

// cutConn is used by one goroutine for writing, as pgx does.
type cutConn struct {
	net.Conn
	cutter *cutter
	sql    strings.Builder // of the transaction that writes
}

// Write looks for the statements of a transaction that writes.
func (c *cutConn) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("BEGIN READ WRITE")) {
		c.sql.Reset()
		c.sql.WriteString(" ") // it has begun
	}
	if c.sql.Len() == 0 || !bytes.Contains(p, []byte("commit\x00")) {
		if c.sql.Len() > 0 {
			c.sql.Write(p)
		}
		return c.Conn.Write(p)
	}
	cut, after := c.cutter.due(c.sql.String())
	c.sql.Reset()
	if !cut {
		return c.Conn.Write(p)
	}
	if after {
		if _, err := c.Conn.Write(p); err != nil {
			return 0, err
		}
		_, _ = c.Read(make([]byte, 1<<10)) // the answer
	}
	_ = c.Close()
	return len(p), nil
}
