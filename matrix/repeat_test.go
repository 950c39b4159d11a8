package matrix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// keyed is a platform that lists nothing and knows a repetition by its idempotency key, for as long as window.
type keyed struct {
	*board
	window time.Duration
	first  map[string]time.Time
	known  map[string]*govmedia.Receipt
}

func newKeyed(window time.Duration, scripts ...script) *keyed {
	return &keyed{&board{script: scripts}, window, map[string]time.Time{}, map[string]*govmedia.Receipt{}}
}

func (k *keyed) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if k.first[s.Operation].IsZero() {
		k.first[s.Operation] = time.Now()
	}
	if time.Since(k.first[s.Operation]) >= k.window {
		return nil, &govmedia.Error{Op: "write", Kind: govmedia.KindConflict}
	}
	k.mu.Lock()
	k.calls++
	step := func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		return commit(), nil
	}
	if len(k.script) > 0 {
		step, k.script = k.script[0], k.script[1:]
	}
	k.mu.Unlock()
	return step(ctx, func() *govmedia.Receipt {
		if k.known[s.Operation] == nil {
			k.mu.Lock()
			k.posts = append(k.posts, held{id: "k1", account: s.Account.ID, text: s.Rendition.Text, at: time.Now()})
			k.mu.Unlock()
			k.known[s.Operation] = &govmedia.Receipt{ID: "k1", At: time.Now()}
		}
		return k.known[s.Operation]
	})
}

func (k *keyed) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	return &publish.Found{Repeatable: time.Since(k.first[q.Operation]) < k.window}, nil
}

func TestP4_IdempotencyKey(t *testing.T) {
	forever := func(s script) []script {
		list := make([]script, 100)
		for i := range list {
			list[i] = s
		}
		return list
	}
	offline, tooLate := refuse(govmedia.KindTransport, 0), refuse(govmedia.KindRateLimited, 25*time.Hour)
	for _, c := range []struct {
		name   string
		window time.Duration
		script []script
		state  govmedia.DeliveryState
		copies int
		calls  int
	}{
		{"there, and the answer was lost", 24 * time.Hour, []script{commitHang}, govmedia.Live, 1, 2},
		{"not there", 24 * time.Hour, []script{hang}, govmedia.Live, 1, 2},
		{"answered the third time", 24 * time.Hour, []script{commitHang, hang}, govmedia.Live, 1, 3},
		{"never answered", 24 * time.Hour, forever(commitHang), govmedia.NeedsPerson, 1, 9},
		{"the window was over before it was read for", time.Second, []script{commitHang}, govmedia.NeedsPerson, 1, 1},
		{"the window ends while a quota is waited for", 24 * time.Hour, []script{commitHang, tooLate}, govmedia.NeedsPerson, 1, 2},
		{"the repetition is refused", 24 * time.Hour, []script{commitHang, refuse(govmedia.KindRejected, 0)}, govmedia.NeedsPerson, 1, 2},
		{"no connection any more", 24 * time.Hour, append([]script{commitHang}, forever(offline)...), govmedia.NeedsPerson, 1, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeyed(c.window, c.script...)
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{k}})
				id := publishPost(t, m, "停水通知", "a1")
				stepFor(t, m, 30*24*time.Hour)
				d := only(t, m, id)
				require.Equal(t, c.state, d.State, d.Reason)
				require.Equal(t, c.copies, k.count("停水通知"))
				require.Equal(t, c.calls, k.calls)
				verifyAudit(t, engine)
			})
		})
	}
}

// What waits to be repeated may be there: whatever happens meanwhile, it is neither "not sent" nor "missed" nor given up.
func TestP4_ADoubtOutlivesItsWaitingRoom(t *testing.T) {
	cancelled := func(t *testing.T, m *matrix.Matrix, p publish.Post, d govmedia.Delivery) {
		t.Helper()
		require.ErrorIs(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideCancel, "", "not needed"), govmedia.KindConflict)
		_, err := m.Publisher.Cancel(t.Context(), "chief", p, "not needed")
		require.ErrorIs(t, err, govmedia.KindConflict)
		require.Equal(t, d.State, only(t, m, p.ID).State)
	}
	for _, c := range []struct {
		name  string
		while func(*testing.T, *matrix.Matrix, publish.Post, govmedia.Delivery) // it waits for an hour
		state govmedia.DeliveryState                                            // after two
		why   string
		then  func(*testing.T, *matrix.Matrix, publish.Post, govmedia.Delivery) // until it is live; nil when it is
	}{
		{name: "somebody cancels it", while: cancelled, state: govmedia.Live},
		{
			name: "the account is suspended",
			while: func(t *testing.T, m *matrix.Matrix, _ publish.Post, _ govmedia.Delivery) {
				t.Helper()
				require.NoError(t, m.Registry.Suspend(t.Context(), "admin", "a1", "moved"))
			},
			state: govmedia.NeedsPerson, why: "suspended",
			then: func(t *testing.T, m *matrix.Matrix, _ publish.Post, d govmedia.Delivery) {
				t.Helper()
				require.NoError(t, m.Registry.Reopen(t.Context(), "admin", "a1", "back"))
				require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideRead, "", "the account is back"))
			},
		},
		{
			name: "everything is held",
			while: func(t *testing.T, m *matrix.Matrix, _ publish.Post, _ govmedia.Delivery) {
				t.Helper()
				_, err := m.Publisher.Hold(t.Context(), "chief", publish.Hold{ID: "h", Reason: "a day of mourning"})
				require.NoError(t, err)
			},
			state: govmedia.Held, why: "a day of mourning",
			then: func(t *testing.T, m *matrix.Matrix, p publish.Post, d govmedia.Delivery) {
				t.Helper()
				cancelled(t, m, p, d)
				_, err := m.Publisher.Release(t.Context(), "chief", "h", "over", 0)
				require.NoError(t, err)
			},
		},
		{
			name: "its hour passes", state: govmedia.NeedsPerson, why: "its window ended",
			while: func(t *testing.T, _ *matrix.Matrix, _ publish.Post, _ govmedia.Delivery) { t.Helper() },
			then: func(t *testing.T, m *matrix.Matrix, _ publish.Post, d govmedia.Delivery) {
				t.Helper()
				require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "looked: it is not there; late is better than never"))
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKeyed(24*time.Hour, commitHang, refuse(govmedia.KindRateLimited, time.Hour))
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{k}})
				p := planned(t, m, time.Minute, func(p *publish.Post) {
					p.Text, p.Targets = "停水通知", []string{"a1"}
					p.Schedule.Window, p.Schedule.Missed = 24*time.Hour, publish.MissedSkip
					if c.why == "its window ended" {
						p.Schedule.Window = time.Hour
					}
				})
				stepFor(t, m, 10*time.Minute)
				d := only(t, m, p.ID)
				require.Equal(t, []any{govmedia.Queued, 2}, []any{d.State, d.Attempt}, d.Reason)
				c.while(t, m, p, d)
				stepFor(t, m, 2*time.Hour)
				d = only(t, m, p.ID)
				require.Equal(t, c.state, d.State, d.Reason)
				require.Contains(t, d.Reason, c.why)
				if c.then != nil {
					c.then(t, m, p, d)
					stepFor(t, m, 10*time.Minute)
				}
				require.Equal(t, govmedia.Live, only(t, m, p.ID).State)
				require.Equal(t, 1, k.count("停水通知"))
			})
		})
	}
}
