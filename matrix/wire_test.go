package matrix_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// slowly is a write that takes so long.
func slowly(d time.Duration) script {
	return func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		time.Sleep(d)
		return commit(), nil
	}
}

// What is fenced and waits behind slow writes has not left: a hold stops it, too.
func TestP9_AHoldStopsWhatWaitsForTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		b.script = []script{slowly(time.Second), slowly(time.Second)}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Concurrency: 2})
		id := publishPost(t, m, "one", "a1", "a2", "a3")
		done := make(chan error)
		go func() {
			_, err := m.Step(t.Context())
			done <- err
		}()
		time.Sleep(500 * time.Millisecond)
		require.Equal(t, 2, b.calls)
		wire, err := m.Publisher.Hold(t.Context(), "chief", publish.Hold{ID: "h", Reason: "核查"})
		require.NoError(t, err)
		require.Len(t, wire, 3)
		require.NoError(t, <-done)
		require.Equal(t, 2, b.calls, "no write has begun since")
		require.ElementsMatch(t, []string{"live", "live", "held"}, statesOf(t, m, id))

		_, err = m.Publisher.Release(t.Context(), "chief", "h", "核查完毕", 0)
		require.NoError(t, err)
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"live", "live", "live"}, statesOf(t, m, id))
	})
}

// rationed may be called three times a day for each account, and once more would be one too many.
type rationed struct{ *readable }

func (r *rationed) Limits() publish.Limits {
	return publish.Limits{Quotas: []publish.Quota{{Name: "day", Limit: 3, Per: 24 * time.Hour, App: true}}}
}

// Waiting behind writes that hang spends neither a try nor a quota.
func TestP7_WaitingForTheWireSpendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &rationed{&readable{board: &board{}}}
		hangs := func(ctx context.Context, _ func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond)
			return nil, &govmedia.Error{Op: "write", Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied, Err: ctx.Err()}
		}
		b.script = []script{hangs, hangs}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Concurrency: 2, Patience: matrix.Patience{Tries: 1}})
		id := publishPost(t, m, "one", "a1", "a2", "a3")
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"rejected", "rejected", "live"}, statesOf(t, m, id))
		require.Equal(t, 3, b.calls)
	})
}

// holdsUp is an engine in which somebody reads a post slowly.
type holdsUp struct {
	matrix.Engine
	wait    atomic.Pointer[chan struct{}]
	reached chan struct{}
}

func (s *holdsUp) Post(ctx context.Context, id string) (publish.Post, error) {
	if c := s.wait.Swap(nil); c != nil {
		close(s.reached)
		<-*c
	}
	return s.Engine.Post(ctx, id)
}

// A worker that has claimed a delivery and comes to it after the post was moved says nothing of the new delivery.
func TestP6_AStaleClaimSaysNothingOfTheMovedPost(t *testing.T) {
	b := &readable{board: &board{}}
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
	slow := &holdsUp{Engine: engine, reached: make(chan struct{})}
	worker := build(t, slow, matrix.Config{Adapters: []publish.Adapter{b}})
	id := publishPost(t, m, "one", "a1")
	free := make(chan struct{})
	slow.wait.Store(&free)
	done := make(chan error)
	go func() {
		_, err := worker.Step(t.Context())
		done <- err
	}()
	<-slow.reached
	p, err := m.Publisher.Post(t.Context(), id)
	require.NoError(t, err)
	_, err = m.Publisher.Reschedule(t.Context(), "approver", p, schedule(24*time.Hour), "改期")
	require.NoError(t, err)
	close(free)
	require.NoError(t, <-done)
	require.Equal(t, []string{"scheduled"}, statesOf(t, m, id))
}

// What waits for a person and was never sent has not left: it can be moved, and cancelled.
func TestP6_WhatNeverLeftCanBeMovedAndCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		p := planned(t, m, time.Minute, nil)
		q := planned(t, m, 2*time.Minute, nil)
		time.Sleep(2 * time.Hour) // nobody ran; the windows passed
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"needs_person", "needs_person"}, statesOf(t, m, p.ID))
		_, err = m.Publisher.Reschedule(t.Context(), "approver", p, schedule(time.Hour), "改期")
		require.NoError(t, err)
		require.Equal(t, []string{"scheduled", "scheduled"}, statesOf(t, m, p.ID))
		_, err = m.Publisher.Cancel(t.Context(), "author", q, "不发了")
		require.NoError(t, err)
		require.Equal(t, []string{"cancelled", "cancelled"}, statesOf(t, m, q.ID))
		require.Zero(t, b.calls)
	})
}

func TestP9_AHoldThatNamesNothingIsRefused(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: &board{}}}})
	for name, h := range map[string]publish.Hold{
		"a blank after the code":  {Regions: []string{"620100 "}},
		"a code of twelve digits": {Regions: []string{"620102000000"}},
		"a level in Chinese":      {Levels: []account.Level{"市"}},
		"another platform":        {Platforms: []string{"bord"}},
		"an unknown unit":         {Units: []string{"u99"}},
		"an unknown account":      {Accounts: []string{"a1 "}},
	} {
		h.ID, h.Reason = "h", "核查"
		_, err := m.Publisher.Hold(t.Context(), "chief", h)
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	list, err := m.Publisher.Holds(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
}
