package enginetest

import (
	"bytes"
	"cmp"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// world is one case: a database, its time, and a platform.
type world struct {
	store  *Store
	engine matrix.Engine
	clock  *clock
	board  *board
}

func newWorld(t *testing.T, s *Store) *world {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)}
	w := &world{store: s, clock: c, board: &board{clock: c}}
	w.engine = s.Open(t, w.config())
	require.NoError(t, w.engine.Migrate(t.Context()))
	return w
}

func (w *world) config() *matrix.EngineConfig {
	return &matrix.EngineConfig{Now: w.clock.now, SweepEvery: 20 * time.Millisecond}
}

// process returns an engine as another process has it; in memory there is only one.
func (w *world) process(t *testing.T) matrix.Engine {
	t.Helper()
	if !w.store.Shared {
		return w.engine
	}
	return w.store.Open(t, w.config())
}

// clock is the time of a case. It stands still unless it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// matrix builds a matrix over the engine of this process with the accounts a1, a2, a3 connected.
func (w *world) matrix(t *testing.T, cfg matrix.Config) *matrix.Matrix {
	t.Helper()
	m := w.compose(t, w.engine, cfg)
	w.populate(t, m, "a1", "a2", "a3")
	return m
}

// compose builds a matrix over an engine.
func (w *world) compose(t *testing.T, engine matrix.Engine, cfg matrix.Config) *matrix.Matrix {
	t.Helper()
	cfg.Now, cfg.Keys = w.clock.now, account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": []byte("0123456789abcdef0123456789abcdef")}}
	cfg.Publish.Authorize = func(context.Context, string, publish.Step, publish.Post) error { return nil }
	cfg.Publish.RepeatWithin = cmp.Or(cfg.Publish.RepeatWithin, -1) // most cases say the same again and again
	cfg.Lifecycle.Authorize = func(context.Context, string, account.Step, account.Account) error { return nil }
	cfg.Reply.Authorize = func(context.Context, string, reply.Case) error { return nil }
	m, err := matrix.New(engine, cfg)
	require.NoError(t, err)
	return m
}

// populate registers and connects accounts of the board.
func (w *world) populate(t *testing.T, m *matrix.Matrix, ids ...string) {
	t.Helper()
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	for _, id := range ids {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: w.board.App(), Name: "示例" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open, Clusters: []string{"c"},
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	for _, id := range ids {
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: id, Access: govmedia.NewSecret("tok-" + id)}))
	}
}

// full is a board in all its roles, as the one adapter of a matrix.
func (w *world) full() matrix.Config { return matrix.Config{Adapters: []publish.Adapter{w.board}} }

func approved(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	ctx := t.Context()
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: text, Targets: targets})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	return p.ID
}

func published(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	id := approved(t, m, text, targets...)
	_, err := m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, err)
	return id
}

func deliveries(t *testing.T, m *matrix.Matrix, post string) []govmedia.Delivery {
	t.Helper()
	ds, err := m.Publisher.Deliveries(t.Context(), post)
	require.NoError(t, err)
	return ds
}

// only returns the one delivery of a post.
func only(t *testing.T, m *matrix.Matrix, post string) govmedia.Delivery {
	t.Helper()
	ds := deliveries(t, m, post)
	require.Len(t, ds, 1)
	return ds[0]
}

// step lets time pass, working often at first and less often later. Once nothing moves by itself any more it passes in
// one go.
func (w *world) step(t *testing.T, m *matrix.Matrix, d time.Duration) {
	t.Helper()
	start := w.clock.now()
	for end := start.Add(d); w.clock.now().Before(end); {
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		if w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE state IN ('scheduled', 'queued', 'sending', 'unknown', 'processing')") == 0 {
			w.clock.pass(end.Sub(w.clock.now()))
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			return
		}
		w.clock.pass(max(time.Second, w.clock.now().Sub(start)/10))
	}
}

// verify verifies the whole log and returns it.
func (w *world) verify(t *testing.T) string {
	t.Helper()
	var log bytes.Buffer
	require.NoError(t, w.engine.ExportAudit(t.Context(), &log))
	report, err := govmedia.VerifyAudit(bytes.NewReader(log.Bytes()))
	require.NoError(t, err)
	require.Positive(t, report.Sealed)
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, report.Head)
	return log.String()
}

// atOnce runs f n times at once and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	var wg sync.WaitGroup
	errs, start := make([]error, n), make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
