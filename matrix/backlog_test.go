package matrix_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// A hundred thousand routine deliveries are due, all of them for longer: the first byte of an emergency leaves within
// twice the time that it takes when nothing else is to be done. Tries of both take turns, and the fastest of each are
// compared: whatever else the machine does only adds. BenchmarkEmergency in matrix/sqlite measures the same while the
// backlog is on the wire.
func TestP8_AHundredThousandAreOvertaken(t *testing.T) {
	idle, behind := newEmergencies(t), newEmergencies(t)
	_, err := behind.db.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO govmedia_delivery (id, kind, subject, platform, app, account, seal, state, due, updated)
		SELECT 'post/backlog/' || i, 'post', 'backlog', 'board', 'k', 'a1', 'x', 'queued', i, i FROM n`)
	require.NoError(t, err)
	for range 25 {
		idle.send(t)
		behind.send(t)
	}
	t.Logf("first byte after %s when idle, %s behind 100,000 (fastest of 25)", idle.fastest, behind.fastest)
	require.LessOrEqual(t, behind.fastest, 2*idle.fastest)
	var left int
	require.NoError(t, behind.db.QueryRowContext(t.Context(), "SELECT count(*) FROM govmedia_delivery WHERE state = 'queued' AND attempt = 0").Scan(&left))
	require.Equal(t, 100_000, left)
}

// emergencies send emergency posts and note how soon the first byte of the fastest left.
type emergencies struct {
	board   *board
	m       *matrix.Matrix
	db      *sql.DB
	fastest time.Duration
}

func newEmergencies(t *testing.T) *emergencies {
	t.Helper()
	e := &emergencies{board: &board{}, fastest: time.Hour}
	e.m, _, e.db = openFile(t, matrix.Config{Adapters: []publish.Adapter{e.board}})
	return e
}

func (e *emergencies) send(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p, err := e.m.Publisher.Draft(ctx, "author", publish.Post{Text: "紧急：立即转移", Lane: govmedia.LaneEmergency, Targets: []string{"a2"}})
	require.NoError(t, err)
	p = sign(t, e.m, p)
	var first time.Time
	e.board.script = []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		first = time.Now()
		stop() // enough seen: nothing routine is begun
		return commit(), nil
	}}
	began := time.Now()
	_, err = e.m.Publisher.Publish(t.Context(), "author", p.ID)
	require.NoError(t, err)
	_, err = e.m.Step(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, govmedia.Live, only(t, e.m, p.ID).State)
	e.fastest = min(e.fastest, first.Sub(began))
}

// A claim that has waited for those of many other apps leases for as long as one that came alone.
func TestC1_WaitingInLineShortensNoLease(t *testing.T) {
	_, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	const apps = 50
	_, err := db.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO govmedia_delivery (id, kind, subject, platform, app, account, seal, state, due, updated)
		SELECT 'post/p/' || i, 'post', 'p', 'board', 'app' || i, 'a1', 'x', 'queued', 1, 1 FROM n`, apps)
	require.NoError(t, err)
	now := time.Now()
	until := now.Add(time.Minute)
	var wg sync.WaitGroup
	for i := range apps {
		wg.Go(func() {
			items, err := engine.Claim(t.Context(), outbox.Claim{
				App: outbox.App{Platform: "board", Key: fmt.Sprint("app", i+1)}, Kinds: []govmedia.DeliveryKind{govmedia.DeliverPost},
				Owner: "p", Now: now, Until: until, Limit: 1,
			})
			if err != nil || len(items) != 1 {
				t.Error(items, err)
			}
		})
	}
	wg.Wait()
	var first, last int64
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT min(lease_until), max(lease_until) FROM govmedia_delivery").Scan(&first, &last))
	require.GreaterOrEqual(t, first, until.UnixMicro())
	require.Greater(t, last, until.UnixMicro(), "the last one had waited")
}
