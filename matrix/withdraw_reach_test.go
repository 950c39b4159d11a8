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

// reviewed is a platform that looks at posts before it shows them, and keeps drafts.
type reviewed struct {
	*recallable
	until time.Time // until then it is at work
	early bool      // what it works on can be taken down
	never bool      // then it refuses it
}

func (v *reviewed) Limits() publish.Limits {
	l := v.recallable.Limits()
	l.Reaches = []govmedia.Reach{govmedia.ReachDraft, govmedia.ReachPublic}
	return l
}

func (v *reviewed) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	r, err := v.recallable.Publish(ctx, s)
	if r != nil {
		if r.Reach = govmedia.ReachSubmitted; s.Rendition.Want == govmedia.ReachDraft {
			r.Reach = govmedia.ReachDraft
		}
	}
	return r, err
}

func (v *reviewed) Track(_ context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	r := *q.Receipt
	for _, h := range v.posts {
		if h.id == r.ID && !h.gone.IsZero() {
			return nil, &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}
		}
	}
	if time.Now().After(v.until) && v.never {
		return nil, &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}
	}
	if time.Now().After(v.until) {
		r.Reach = govmedia.ReachPublic
	}
	return &r, nil
}

func (v *reviewed) Withdraw(ctx context.Context, q *publish.Query) error {
	if q.Receipt.Reach == govmedia.ReachSubmitted && !v.early {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.deletes = append(v.deletes, q.Receipt.ID)
		return &govmedia.Error{Op: "delete", Kind: govmedia.KindUnavailable, Outcome: govmedia.NotApplied}
	}
	return v.recallable.Withdraw(ctx, q)
}

func TestP10_DraftsAndWhatThePlatformWorksOn(t *testing.T) {
	for _, c := range []struct {
		name    string
		want    govmedia.Reach
		work    time.Duration
		early   bool
		state   string // when the withdrawal is ordered
		soon    publish.Removal
		outcome publish.Removal
	}{
		{name: "a draft", want: govmedia.ReachDraft, state: "saved", soon: publish.Removed, outcome: publish.Removed},
		{name: "in work, and can be stopped", work: 5 * time.Hour, early: true, state: "processing", soon: publish.Removed, outcome: publish.Removed},
		{name: "in work, and only then", work: 5 * time.Hour, state: "processing", soon: publish.RemovalUnderWay, outcome: publish.Removed},
		{name: "in work for too long", work: 50 * time.Hour, state: "processing", soon: publish.RemovalUnderWay, outcome: publish.StillLive},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &reviewed{recallable: newRecallable(), until: time.Now().Add(c.work), early: c.early}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{v}, Patience: matrix.Patience{Process: 8 * time.Hour}})
				p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "停水通知", Targets: []string{"a1"}, Want: c.want})
				require.NoError(t, err)
				p = sign(t, m, p)
				_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
				require.NoError(t, err)
				stepFor(t, m, time.Minute)
				require.Equal(t, []string{c.state}, statesOf(t, m, p.ID))
				withdraw(t, m, p.ID)
				stepFor(t, m, time.Hour)
				require.Equal(t, c.soon, recalled(t, m, p.ID).Outcome)
				stepFor(t, m, 24*time.Hour)
				w := recalled(t, m, p.ID)
				require.Equal(t, c.outcome, w.Outcome, w.Reason)
				require.Equal(t, c.outcome == publish.Removed, v.count("停水通知") == 0)
				require.NotNil(t, w.Receipt)
				verifyAudit(t, engine)
			})
		})
	}
}

// What the platform refuses after its withdrawal was ordered is given up for good: nobody sends it by mistake.
func TestP10_RefusedWhileItsWithdrawalWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &reviewed{recallable: newRecallable(), until: time.Now().Add(time.Hour), never: true}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{v}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Minute)
		withdraw(t, m, id)
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, publish.NothingOut, recalled(t, m, id).Outcome)
		require.Equal(t, []string{"cancelled"}, statesOf(t, m, id))
		err := m.Resolve(t.Context(), "chief", only(t, m, id).ID, govmedia.DecideSend, "", "再发")
		require.ErrorIs(t, err, govmedia.KindConflict)
		verifyAudit(t, engine)
	})
}

// The workers find by themselves when a withdrawal can go on: what it waited for is known, or is still being worked on.
func TestP10_TheWorkersCarryItOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		write script
		early bool
		state string // of the post when the withdrawal is ordered
		after string
	}{
		{"live", works, false, "live", "withdrawn"},
		{"in work, and can be stopped", works, true, "processing", "withdrawn"},
		{"in doubt, and there", commitHang, false, "unknown", "withdrawn"},
		{"in doubt, and not there", hang, false, "unknown", "cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var adapter publish.Adapter
				r := newRecallable()
				adapter = r
				if c.early {
					adapter = &reviewed{recallable: r, until: time.Now().Add(time.Hour), early: true}
				}
				r.board.script = []script{c.write}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{adapter}, SendTimeout: 5 * time.Second})
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- m.Run(ctx) }()
				id := publishPost(t, m, "停水通知", "a1")
				for statesOf(t, m, id)[0] != c.state {
					time.Sleep(100 * time.Millisecond)
				}
				withdraw(t, m, id)
				time.Sleep(2 * time.Minute)
				require.Equal(t, []string{c.after}, statesOf(t, m, id))
				require.Zero(t, r.count("停水通知"))
				stop()
				require.NoError(t, <-ended)
			})
		})
	}
}
