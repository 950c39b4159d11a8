package matrix_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// populate registers and connects n accounts and returns their ids.
func populate(t *testing.T, m *matrix.Matrix, n int) []string {
	t.Helper()
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	ids := make([]string, n)
	for i := range n {
		ids[i] = fmt.Sprintf("c%03d", i)
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: ids[i], App: account.App{Platform: "board", Key: "k"}, Name: "示例" + ids[i], Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	for _, id := range ids {
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: id, Access: govmedia.NewSecret("tok-" + id)}))
	}
	return ids
}

// runUntil runs the matrices until done reports true, for at most two minutes, and drains them.
func runUntil(t *testing.T, done func() bool, ms ...*matrix.Matrix) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	errs := make([]error, len(ms))
	var wg sync.WaitGroup
	for i, m := range ms {
		wg.Go(func() { errs[i] = m.Run(ctx) })
	}
	ok := true
	for deadline := time.Now().Add(2 * time.Minute); !done() && ok; {
		ok = time.Now().Before(deadline)
		pause(ctx, 20*time.Millisecond)
	}
	stop()
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.True(t, ok, "not done in time")
}

func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// size is n, or a fifth of it under the race detector, which makes SQLite twenty times slower.
func size(n int) int {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" && s.Value == "true" {
			return n / 5
		}
	}
	return n
}

func allLive(t *testing.T, m *matrix.Matrix, posts ...string) func() bool {
	return func() bool {
		for _, p := range posts {
			ds, err := m.Publisher.Deliveries(t.Context(), p)
			if err != nil || publish.StateOf(ds) != publish.FullyLive {
				return false
			}
		}
		return true
	}
}

func TestRun_TwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "matrix.db")
	b := &board{}
	var ms []*matrix.Matrix
	var engines []matrix.Engine
	for range 2 {
		engine, err := sqlite.Open(t.Context(), path, nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, engine.Close()) })
		require.NoError(t, engine.Migrate(t.Context()))
		engines = append(engines, engine)
		ms = append(ms, build(t, engine, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}}))
	}
	ids := populate(t, ms[0], size(30))
	var posts []string
	for i := range 10 {
		posts = append(posts, approved(t, ms[0], fmt.Sprint("通知", i), ids...))
	}
	for i, p := range posts { // the second half arrives through the other process, some through both
		_, err := ms[i/5].Publisher.Publish(t.Context(), "author", p)
		require.NoError(t, err)
		_, err = ms[1].Publisher.Publish(t.Context(), "author", p)
		require.NoError(t, err)
	}
	runUntil(t, allLive(t, ms[1], posts...), ms...)
	for i := range posts {
		require.Equal(t, len(ids), b.count(fmt.Sprint("通知", i)), "each exactly once")
	}
	require.Equal(t, size(300), b.calls)
	verifyAudit(t, engines[0])
}

func TestRun_APageReadsDuringABroadcast(t *testing.T) {
	t.Parallel()
	b := &board{}
	m, engine, _ := openFile(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
	ids := populate(t, m, size(40))
	var posts []string
	for i := range 5 {
		posts = append(posts, publishPost(t, m, fmt.Sprint("通知", i), ids...))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	pages := 0
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := page(t.Context(), m, posts)
				mu.Lock()
				pages, errs = pages+1, append(errs, err)
				mu.Unlock()
				pause(ctx, 20*time.Millisecond)
			}
		})
	}
	runUntil(t, allLive(t, m, posts...), m)
	stop()
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Positive(t, pages)
	require.Equal(t, size(200), b.calls)
	verifyAudit(t, engine)
}

// page reads what a page of the portal shows.
func page(ctx context.Context, m *matrix.Matrix, posts []string) error {
	var errs []error
	for _, p := range posts {
		_, err := m.Publisher.Deliveries(ctx, p)
		errs = append(errs, err)
		_, err = m.Publisher.Post(ctx, p)
		errs = append(errs, err)
	}
	_, err := m.Attention(ctx)
	errs = append(errs, err)
	_, err = m.Registry.All(ctx)
	errs = append(errs, err)
	_, err = m.Desk.Cases(ctx, "")
	errs = append(errs, err)
	_, err = m.Metrics.Freshness(ctx)
	errs = append(errs, err)
	_, err = m.Vault.Expiries(ctx)
	return errors.Join(append(errs, err)...)
}

func TestRun_Drains(t *testing.T) {
	t.Parallel()
	const atOnce = 4
	started, release := make(chan struct{}, 100), make(chan struct{})
	slow := func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		started <- struct{}{}
		<-release
		return commit(), nil
	}
	b := &board{}
	for range 20 {
		b.script = append(b.script, slow)
	}
	m, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}, Concurrency: atOnce})
	id := publishPost(t, m, "停水通知", populate(t, m, 20)...)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	for range atOnce {
		<-started
	}
	stop()
	pause(t.Context(), 50*time.Millisecond)
	select {
	case err := <-ended:
		require.Fail(t, "returned while posts were on the wire", "%v", err)
	default:
	}
	close(release)
	require.NoError(t, <-ended)

	ds, err := m.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err)
	count := map[govmedia.DeliveryState]int{}
	for _, d := range ds {
		count[d.State]++
		if d.State == govmedia.Queued {
			require.Zero(t, d.Attempt)
			require.Empty(t, d.Reason)
		}
	}
	live := count[govmedia.Live]
	require.Equal(t, map[govmedia.DeliveryState]int{govmedia.Live: live, govmedia.Queued: 20 - live}, count, "what was begun is finished, the rest waits")
	require.GreaterOrEqual(t, live, atOnce)
	require.LessOrEqual(t, live, 2*atOnce, "as many again may have been fenced")
	var leased, tried int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM govmedia_delivery WHERE lease_owner <> '' OR lease_until > 0").Scan(&leased))
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT coalesce(sum(tries), 0) FROM govmedia_delivery").Scan(&tried))
	require.Zero(t, leased)
	require.Zero(t, tried)
	require.Equal(t, live, b.count("停水通知"))

	runUntil(t, allLive(t, m, id), m)
	require.Equal(t, 20, b.count("停水通知"))
	verifyAudit(t, engine)
}

// To be stopped is not to fail: it uses up no try and no patience.
func TestStep_BeingStoppedCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		b := &board{script: []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			stop()
			return commit(), nil
		}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}, Concurrency: 1, Patience: matrix.Patience{Tries: 1}})
		id := publishPost(t, m, "停水通知", "a1", "a2", "a3")
		_, err := m.Step(ctx)
		require.Error(t, err)
		ds, err := m.Publisher.Deliveries(t.Context(), id)
		require.NoError(t, err)
		for _, d := range ds {
			require.Contains(t, []govmedia.DeliveryState{govmedia.Live, govmedia.Queued}, d.State, d.Reason)
		}
		require.Equal(t, govmedia.Queued, ds[2].State, "one is on the wire, and one more may be fenced")
		stepFor(t, m, time.Minute)
		require.True(t, allLive(t, m, id)())

		// A reading that is stopped when its patience has nearly run out does not hand the post to a person.
		b.script = []script{commitHang}
		b.reading = func() error { return errDown }
		id = publishPost(t, m, "停电通知", "a1")
		stepFor(t, m, 29*time.Minute)
		require.Equal(t, govmedia.Uncertain, only(t, m, id).State)
		time.Sleep(3 * time.Minute)
		ctx, stop = context.WithCancel(t.Context())
		b.reading = func() error {
			stop()
			return ctx.Err()
		}
		_, _ = m.Step(ctx)
		require.Equal(t, govmedia.Uncertain, only(t, m, id).State, only(t, m, id).Reason)
		b.reading = nil
		stepFor(t, m, 10*time.Minute)
		require.Equal(t, govmedia.Live, only(t, m, id).State)
		require.Equal(t, 1, b.count("停电通知"))
	})
}
