package matrix_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// recallable is a board from which posts can be taken down.
type recallable struct {
	*readable
	mu      sync.Mutex
	deletes []string      // ids, as they were asked for
	script  []takedown    // what the next ones do; when it is used up, they work
	showing func() error  // what Shown answers; nil means it works
	hides   time.Duration // how long a deleted post is still shown
}

type takedown = func(ctx context.Context, commit func()) error

func newRecallable(script ...takedown) *recallable {
	return &recallable{readable: &readable{board: &board{}}, script: script}
}

func (r *recallable) Withdraw(ctx context.Context, q *publish.Query) error {
	if q.Receipt.ID == "" {
		return govmedia.Errorf(govmedia.KindUnsupported, "delete", "nobody knows its id; take it down by hand")
	}
	r.mu.Lock()
	r.deletes = append(r.deletes, q.Receipt.ID)
	step := func(_ context.Context, commit func()) error { commit(); return nil }
	if len(r.script) > 0 {
		step, r.script = r.script[0], r.script[1:]
	}
	r.mu.Unlock()
	return step(ctx, func() {
		r.board.mu.Lock()
		defer r.board.mu.Unlock()
		for i, h := range r.posts {
			if h.id == q.Receipt.ID && h.gone.IsZero() {
				r.posts[i].gone = time.Now()
			}
		}
	})
}

func (r *recallable) Shown(_ context.Context, q *publish.Query) (bool, error) {
	r.board.mu.Lock()
	defer r.board.mu.Unlock()
	if r.showing != nil {
		if err := r.showing(); err != nil {
			return false, err
		}
	}
	for _, h := range r.posts {
		if h.id == q.Receipt.ID {
			return time.Since(h.at) >= r.lag && (h.gone.IsZero() || time.Since(h.gone) < r.hides), nil
		}
	}
	return false, nil
}

func (r *recallable) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.deletes)
}

// The scripts of a withdrawal.

func downHang(ctx context.Context, commit func()) error {
	commit()
	<-ctx.Done()
	return &govmedia.Error{Op: "delete", Kind: govmedia.KindTransport, Err: ctx.Err()}
}

func upHang(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return &govmedia.Error{Op: "delete", Kind: govmedia.KindTransport, Err: ctx.Err()}
}

func downThen(err error) takedown {
	return func(_ context.Context, commit func()) error { commit(); return err }
}

func upThen(err error) takedown {
	return func(context.Context, func()) error { return err }
}

func refuseDown(kind govmedia.Kind) takedown {
	return upThen(&govmedia.Error{Op: "delete", Kind: kind, Outcome: govmedia.NotApplied})
}

var gateway = &govmedia.Error{Op: "delete", Kind: govmedia.KindUnavailable, Status: 502}

// withdraw orders the withdrawal of a post and returns the receipts.
func withdraw(t *testing.T, m *matrix.Matrix, post string) []publish.Withdrawal {
	t.Helper()
	p, err := m.Publisher.Post(t.Context(), post)
	require.NoError(t, err)
	list, err := m.Publisher.Withdraw(t.Context(), "chief", p, "信息有误")
	require.NoError(t, err)
	return list
}

// recalled returns the receipt of the withdrawal of a post with one delivery.
func recalled(t *testing.T, m *matrix.Matrix, post string) publish.Withdrawal {
	t.Helper()
	list, err := m.Publisher.Withdrawals(t.Context(), post)
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0]
}

// published publishes a post to a1 and waits until readers must be able to see it.
func published(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	id := publishPost(t, m, text, targets...)
	stepFor(t, m, 2*time.Minute)
	return id
}
