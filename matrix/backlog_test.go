package matrix_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// A hundred thousand routine deliveries are due, all of them for longer: the first byte of an emergency leaves within
// twice the time that it takes when nothing else is to be done. BenchmarkEmergency in matrix/sqlite measures the same
// while the backlog is on the wire.
func TestP8_AHundredThousandAreOvertaken(t *testing.T) {
	b := &board{}
	m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{b}})
	ctx := t.Context()
	emergency := func() time.Duration {
		p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: "紧急：立即转移", Lane: govmedia.LaneEmergency, Targets: []string{"a2"}})
		require.NoError(t, err)
		p = sign(t, m, p)
		step, stop := context.WithCancel(ctx)
		defer stop()
		var first time.Time
		b.script = []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			first = time.Now()
			stop() // enough seen: nothing routine is begun
			return commit(), nil
		}}
		began := time.Now()
		_, err = m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
		_, err = m.Step(step)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, govmedia.Live, only(t, m, p.ID).State)
		return first.Sub(began)
	}
	median := func() time.Duration {
		var took []time.Duration
		for range 15 {
			took = append(took, emergency())
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	emergency() // what is done once for all
	idle := median()

	_, err := db.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO govmedia_delivery (id, kind, subject, platform, app, account, seal, state, due, updated)
		SELECT 'post/backlog/' || i, 'post', 'backlog', 'board', 'k', 'a1', 'x', 'queued', i, i FROM n`)
	require.NoError(t, err)
	behind := median()
	t.Logf("first byte after %s when idle, %s behind 100,000 (medians of 15)", idle, behind)
	require.LessOrEqual(t, behind, 2*idle+2*time.Millisecond)
	var left int
	require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM govmedia_delivery WHERE state = 'queued' AND attempt = 0").Scan(&left))
	require.Equal(t, 100_000, left)
}
