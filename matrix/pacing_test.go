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

// paced is a board whose platform limits posts.
type paced struct {
	*readable
	quotas []publish.Quota
}

func (p *paced) Limits() publish.Limits {
	l := p.readable.Limits()
	l.Quotas = p.quotas
	return l
}

func TestP7_Pacing(t *testing.T) {
	for _, c := range []struct {
		name   string
		quotas []publish.Quota
		posts  map[string]int // queued, by account
		sent   map[string]int // within the first minute of the hour
	}{
		{
			name: "an account's quota holds back that account alone", quotas: []publish.Quota{{Name: "posts", Limit: 2, Per: time.Hour}},
			posts: map[string]int{"a1": 5, "a2": 1, "a3": 2}, sent: map[string]int{"a1": 2, "a2": 1, "a3": 2},
		},
		{
			name: "the accounts of an app share its quota", quotas: []publish.Quota{{Name: "calls", App: true, Limit: 2, Per: time.Hour}},
			posts: map[string]int{"a1": 1, "a2": 1, "a3": 1}, sent: map[string]int{"": 2},
		},
		{
			name: "every quota must have room", quotas: []publish.Quota{{Name: "calls", App: true, Limit: 4, Per: time.Hour}, {Name: "posts", Limit: 1, Per: time.Hour}},
			posts: map[string]int{"a1": 3, "a2": 1}, sent: map[string]int{"a1": 1, "a2": 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &paced{readable: &readable{board: &board{}}, quotas: c.quotas}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{p}})
				var posts []string
				for _, id := range []string{"a1", "a2", "a3"} {
					for range c.posts[id] {
						posts = append(posts, publishPost(t, m, "通知"+id, id))
					}
				}
				stepFor(t, m, time.Minute)
				for id, n := range c.sent {
					if id == "" {
						require.Len(t, p.posts, n)
					} else {
						require.Equal(t, n, p.count("通知"+id), id)
					}
				}
				stepFor(t, m, 6*time.Hour)
				for _, post := range posts {
					d := only(t, m, post)
					require.Equal(t, govmedia.Live, d.State, d.Reason)
					require.Equal(t, 1, d.Attempt, "waiting spends no attempt")
				}
			})
		})
	}
}

// A day that the platform counts in Beijing begins there and not in Greenwich.
func TestP7_ADayOfBeijing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is eight in the morning in Beijing
		daily := publish.Quota{Name: "posts", Limit: 1, Per: 24 * time.Hour, Offset: 8 * time.Hour}
		p := &paced{readable: &readable{board: &board{}}, quotas: []publish.Quota{daily}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{p}})
		ids := []string{publishPost(t, m, "通知一", "a1"), publishPost(t, m, "通知二", "a1")}
		sent := func() (n int) {
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			for _, id := range ids {
				if d := only(t, m, id); d.State == govmedia.Live {
					n++
				}
			}
			return n
		}
		require.Equal(t, 1, sent())
		time.Sleep(16*time.Hour - time.Microsecond)
		require.Equal(t, 1, sent(), "it is not yet midnight")
		time.Sleep(time.Microsecond)
		require.Equal(t, 2, sent(), "a new day")
		ids = append(ids, publishPost(t, m, "通知三", "a1"))
		time.Sleep(8 * time.Hour)
		require.Equal(t, 2, sent(), "midnight in Greenwich begins no day")
		time.Sleep(16 * time.Hour)
		require.Equal(t, 3, sent())
	})
}

func TestP7_AThrottledAccountNeverDelaysItsNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &readable{board: &board{script: []script{refuse(govmedia.KindRateLimited, 3*time.Hour)}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		throttled := publishPost(t, m, "通知一", "a1")
		stepFor(t, m, time.Second)
		neighbour := publishPost(t, m, "通知二", "a2")
		stepFor(t, m, time.Second)
		require.Equal(t, govmedia.Live, only(t, m, neighbour).State)
		d := only(t, m, throttled)
		require.Equal(t, govmedia.Queued, d.State)
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, 2, r.calls, "the wait that the platform named is honoured")
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, govmedia.Live, only(t, m, throttled).State)
	})
}

// working is a platform that accepts a post and works on it.
type working struct {
	*readable
	stages []any // what successive questions are answered with: a reach or an error
}

func (w *working) Limits() publish.Limits {
	l := w.readable.Limits()
	l.Reaches = []govmedia.Reach{govmedia.ReachDraft, govmedia.ReachPublic}
	return l
}

func (w *working) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	r, err := w.readable.Publish(ctx, s)
	if r != nil {
		r.Reach = govmedia.ReachSubmitted
		if s.Rendition.Want == govmedia.ReachDraft {
			r.Reach = govmedia.ReachDraft
		}
	}
	return r, err
}

func (w *working) Track(_ context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	stage := w.stages[0]
	if len(w.stages) > 1 {
		w.stages = w.stages[1:]
	}
	if err, ok := stage.(error); ok {
		return nil, err
	}
	r := *q.Receipt
	if r.Reach = stage.(govmedia.Reach); r.Reach != govmedia.ReachSubmitted {
		r.ID, r.Thread = "article-"+r.ID, "thread"
	}
	return &r, nil
}

func TestP15_EachReachNeedsItsEvidence(t *testing.T) {
	submitted, public := govmedia.ReachSubmitted, govmedia.ReachPublic
	for _, c := range []struct {
		name   string
		want   govmedia.Reach
		script []script
		stages []any
		state  govmedia.DeliveryState
		reach  govmedia.Reach
		sum    publish.State
	}{
		{name: "accepted is not public", stages: []any{submitted}, state: govmedia.Processing, reach: submitted, sum: publish.UnderWay},
		{name: "accepted, then public", stages: []any{submitted, submitted, public}, state: govmedia.Live, reach: public, sum: publish.FullyLive},
		{name: "accepted, then refused", stages: []any{submitted, &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}}, state: govmedia.Rejected, sum: publish.NowhereLive},
		{name: "asking fails for a while", stages: []any{errDown, errDown, public}, state: govmedia.Live, reach: public, sum: publish.FullyLive},
		{name: "a draft is no publication", want: govmedia.ReachDraft, state: govmedia.Saved, reach: govmedia.ReachDraft, sum: publish.FullyLive},
		{name: "accepted without an answer", script: []script{commitHang}, state: govmedia.Live, sum: publish.FullyLive},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &working{readable: &readable{board: &board{script: c.script}}, stages: c.stages}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{w}})
				p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "通知", Targets: []string{"a1"}, Want: c.want})
				require.NoError(t, err)
				p, err = m.Publisher.Submit(t.Context(), "author", p, "")
				require.NoError(t, err)
				p, err = m.Publisher.Review(t.Context(), "reviewer", p, "")
				require.NoError(t, err)
				p, err = m.Publisher.Approve(t.Context(), "approver", p, "")
				require.NoError(t, err)
				list, err := m.Publisher.Publish(t.Context(), "author", p.ID)
				require.NoError(t, err)
				require.Len(t, list, 1)
				stepFor(t, m, time.Hour)
				d := only(t, m, p.ID)
				require.Equal(t, c.state, d.State, d.Reason)
				require.Equal(t, c.sum, publish.StateOf([]govmedia.Delivery{d}))
				if c.reach != "" {
					require.Equal(t, c.reach, d.Receipt.Reach)
				}
				if c.reach == public {
					threads, err := engine.LiveThreads(t.Context(), "a1", 5)
					require.NoError(t, err)
					require.Equal(t, []string{"thread"}, threads)
				}
				require.Equal(t, 1, w.calls)
			})
		})
	}
}

func TestP15_APlatformWorksForTooLong(t *testing.T) {
	for name, stage := range map[string]any{
		"at work":           govmedia.ReachSubmitted,
		"asked for a pause": &govmedia.Error{Kind: govmedia.KindRateLimited, Outcome: govmedia.NotApplied, RetryAfter: 16 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &working{readable: &readable{board: &board{}}, stages: []any{stage}}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{w}, Patience: matrix.Patience{Process: time.Hour}})
				id := publishPost(t, m, "通知", "a1")
				stepFor(t, m, 90*time.Minute)
				d := only(t, m, id)
				require.Equal(t, govmedia.NeedsPerson, d.State)
				require.NotNil(t, d.Receipt, "the person sees under which id it was accepted")
				require.Equal(t, 1, w.calls)
			})
		})
	}
}

func TestP15_WhatAPlatformCannotDoIsRefusedAtTheDraft(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	_, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "通知", Targets: []string{"a1"}, Want: govmedia.ReachMass})
	require.ErrorIs(t, err, govmedia.KindUnsupported)
}
