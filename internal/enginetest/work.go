package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// reviewRules are about the order of the three-step review and the seal, as the store holds them.
func reviewRules() []rule {
	var rules []rule
	for _, c := range []struct {
		says  string
		steps string
		kind  govmedia.Kind // of the refusal of the last step; empty when it is allowed
	}{
		{"in order", "submit author, review reviewer, approve approver, publish author", ""},
		{"publication before approval", "submit author, review reviewer, publish author", govmedia.KindConflict},
		{"author reviews", "submit author, review author", govmedia.KindForbidden},
		{"returned after approval", "submit author, review reviewer, approve approver, return approver, publish author", govmedia.KindConflict},
		{"edited after approval", "submit author, review reviewer, approve approver, draft author, publish author", govmedia.KindConflict},
		{"edited after publication, before it has left", "submit author, review reviewer, approve approver, publish author, draft author", ""},
		{"edited after it has left", "submit author, review reviewer, approve approver, publish author, leave, draft author", govmedia.KindConflict},
		{"returned after it has left", "submit author, review reviewer, approve approver, publish author, leave, return author", govmedia.KindConflict},
	} {
		rules = append(rules, rule{c.says, func(t *testing.T, w *world) {
			m := w.matrix(t, w.full())
			p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "停水通知", Targets: []string{"a1"}})
			require.NoError(t, err)
			steps := strings.Split(c.steps, ", ")
			for i, s := range steps {
				if s == "leave" {
					w.step(t, m, time.Second)
					continue
				}
				step, actor, _ := strings.Cut(s, " ")
				next, err := take(t.Context(), m, publish.Step(step), actor, p)
				if i == len(steps)-1 && c.kind != "" {
					require.ErrorIs(t, err, c.kind)
					break
				}
				require.NoError(t, err, s)
				p = next
			}
			stored, err := m.Publisher.Post(t.Context(), p.ID)
			require.NoError(t, err)
			require.Equal(t, p, stored, "what was refused changed nothing")
			w.verify(t)
		}})
	}
	return rules
}

func take(ctx context.Context, m *matrix.Matrix, step publish.Step, actor string, p publish.Post) (publish.Post, error) {
	switch step {
	case publish.StepDraft:
		return m.Publisher.Draft(ctx, actor, p)
	case publish.StepSubmit:
		return m.Publisher.Submit(ctx, actor, p, "")
	case publish.StepReview:
		return m.Publisher.Review(ctx, actor, p, "")
	case publish.StepApprove:
		return m.Publisher.Approve(ctx, actor, p, "")
	case publish.StepReturn:
		return m.Publisher.Return(ctx, actor, p, "")
	}
	_, err := m.Publisher.Publish(ctx, actor, p.ID)
	return p, err
}

// runRules let the workers run, in real time.
func runRules() []rule {
	return []rule{
		{"processes share the work, each delivery once", runShared},
		{"a stop finishes what is on the wire, begins nothing, and gives the rest back", runDrains},
		{"a page reads during a broadcast", runPages},
	}
}

// until works until done reports true, for at most a minute, and drains.
func until(t *testing.T, done func() bool, ms ...*matrix.Matrix) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, len(ms))
	for _, m := range ms {
		go func() { ended <- m.Run(ctx) }()
	}
	ok := eventually(t.Context(), time.Minute, done)
	stop()
	var errs []error
	for range ms {
		errs = append(errs, <-ended)
	}
	require.NoError(t, errors.Join(errs...))
	require.True(t, ok, "not done in time")
}

// eventually asks every few milliseconds.
func eventually(ctx context.Context, most time.Duration, done func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (w *world) allLive(t *testing.T, m *matrix.Matrix, posts ...string) func() bool {
	return func() bool {
		w.clock.pass(10 * time.Millisecond) // as long as eventually waits
		for _, p := range posts {
			if publish.StateOf(deliveries(t, m, p)) != publish.FullyLive {
				return false
			}
		}
		return true
	}
}

func runShared(t *testing.T, w *world) {
	ids := numbered(20)
	m := w.compose(t, w.engine, w.full())
	w.populate(t, m, ids...)
	other := w.compose(t, w.process(t), w.full())
	var posts []string
	for i := range 5 {
		posts = append(posts, approved(t, m, fmt.Sprint("通知", i), ids...))
	}
	for i, p := range posts { // some arrive through the one, some through both
		for _, publisher := range []*matrix.Matrix{m, other}[i%2:] {
			_, err := publisher.Publisher.Publish(t.Context(), "author", p)
			require.NoError(t, err)
		}
	}
	until(t, w.allLive(t, other, posts...), m, other)
	for i := range posts {
		require.Equal(t, len(ids), w.board.count(fmt.Sprint("通知", i)), "each exactly once")
	}
	require.Equal(t, len(posts)*len(ids), w.board.written())
	w.verify(t)
}

func runDrains(t *testing.T, w *world) {
	const atOnce = 4
	started, release := make(chan struct{}, 100), make(chan struct{})
	for range 20 {
		w.board.script = append(w.board.script, func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			started <- struct{}{}
			<-release
			return commit(), nil
		})
	}
	cfg := w.full()
	cfg.Concurrency = atOnce
	m := w.compose(t, w.engine, cfg)
	ids := numbered(20)
	w.populate(t, m, ids...)
	post := published(t, m, "停水通知", ids...)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	for range atOnce {
		<-started
	}
	stop()
	require.False(t, eventually(t.Context(), 100*time.Millisecond, func() bool { return len(ended) > 0 }), "returned while posts were on the wire")
	close(release)
	require.NoError(t, <-ended)
	count := map[govmedia.DeliveryState]int{}
	for _, d := range deliveries(t, m, post) {
		count[d.State]++
		if d.State == govmedia.Queued {
			require.Zero(t, d.Attempt)
			require.Empty(t, d.Reason)
		}
	}
	live := count[govmedia.Live]
	require.Equal(t, map[govmedia.DeliveryState]int{govmedia.Live: live, govmedia.Queued: len(ids) - live}, count)
	require.GreaterOrEqual(t, live, atOnce)
	require.LessOrEqual(t, live, 2*atOnce, "as many again may have been fenced")
	require.Zero(t, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE lease_owner <> '' OR lease_until > 0"))
	until(t, w.allLive(t, m, post), m)
	require.Equal(t, len(ids), w.board.count("停水通知"))
	w.verify(t)
}

func runPages(t *testing.T, w *world) {
	ids := numbered(20)
	m := w.compose(t, w.engine, w.full())
	w.populate(t, m, ids...)
	posts := []string{published(t, m, "通知一", ids...), published(t, m, "通知二", ids...)}
	done := w.allLive(t, m, posts...)
	until(t, func() bool {
		errs := atOnce(4, func(int) error { return page(t.Context(), m, posts) })
		require.NoError(t, errors.Join(errs...))
		return done()
	}, m)
	require.Equal(t, len(ids)*len(posts), w.board.written())
	w.verify(t)
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
