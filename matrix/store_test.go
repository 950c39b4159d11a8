package matrix_test

import (
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

var (
	boardApp = outbox.App{Platform: "board", Key: "k"}
	opened   = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)
)

// queued returns a store with one queued delivery, and the claim that takes it.
func queued(t *testing.T) (matrix.Engine, outbox.Claim, string) {
	t.Helper()
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	post := publishPost(t, m, "通知", "a1")
	later := time.Now().Add(time.Hour)
	return engine, outbox.Claim{
		App: boardApp, Kinds: []govmedia.DeliveryKind{govmedia.DeliverPost}, Owner: "p1", Now: later, Until: later.Add(time.Minute), Limit: 10,
	}, "post/" + post + "/a1"
}

func TestStore_OnlyTheOwnerOfALeaseFences(t *testing.T) {
	engine, claim, id := queued(t)
	items, err := engine.Claim(t.Context(), claim)
	require.NoError(t, err)
	require.Len(t, items, 1)
	other := claim
	other.Owner = "p2"
	items, err = engine.Claim(t.Context(), other)
	require.NoError(t, err)
	require.Empty(t, items, "leased to somebody else")

	fence := outbox.Fence{ID: id, Owner: "p2", At: claim.Now, Until: claim.Until}
	require.ErrorIs(t, engine.Fence(t.Context(), fence), govmedia.KindNotFound)
	fence.Owner = "p1"
	require.NoError(t, engine.Fence(t.Context(), fence))
	require.ErrorIs(t, engine.Fence(t.Context(), fence), govmedia.KindNotFound, "it is on its way already")
	fence.Attempt = 1
	require.ErrorIs(t, engine.Fence(t.Context(), fence), govmedia.KindNotFound, "not even by who knows the attempt")
}

func TestStore_AnOldAttemptSettlesNothing(t *testing.T) {
	engine, claim, id := queued(t)
	ctx := t.Context()
	send := func(attempt int, at time.Time) {
		c := claim
		c.Now, c.Until = at, at.Add(time.Minute)
		items, err := engine.Claim(ctx, c)
		require.NoError(t, err)
		require.Len(t, items, 1)
		require.NoError(t, engine.Fence(ctx, outbox.Fence{ID: id, Attempt: attempt, Owner: "p1", At: at, Until: at.Add(time.Minute)}))
	}
	first, second := claim.Now, claim.Now.Add(10*time.Minute)
	send(0, first)
	require.NoError(t, engine.Settle(ctx, outbox.Settlement{ID: id, Attempt: 1, State: govmedia.Queued, At: first, Due: first}))
	send(1, second)
	err := engine.Settle(ctx, outbox.Settlement{ID: id, Attempt: 1, State: govmedia.NotSent, At: second})
	require.ErrorIs(t, err, govmedia.KindConflict)
	d, err := engine.Delivery(ctx, id)
	require.NoError(t, err)
	require.Equal(t, govmedia.Sending, d.State)
	require.Equal(t, 2, d.Attempt)

	require.NoError(t, engine.Settle(ctx, outbox.Settlement{ID: id, Attempt: 2, State: govmedia.Uncertain, At: second, Due: second, Until: second}))
	claim.Now, claim.Until = second, second.Add(time.Minute)
	items, err := engine.ClaimUncertain(ctx, claim)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.WithinDuration(t, first, items[0].Since, time.Millisecond, "a trace of the first attempt counts as well")
}

func TestStore_ALeaseOnACredentialIsForItsVersion(t *testing.T) {
	m, engine := open(t, matrix.Config{})
	ctx := t.Context()
	require.NoError(t, m.Vault.Put(ctx, "admin", account.Credential{Account: "a1", Access: govmedia.NewSecret("second")}))
	c, err := engine.Credential(ctx, "a1")
	require.NoError(t, err)
	require.EqualValues(t, 2, c.Version)
	for _, lease := range []struct {
		name    string
		version int64
		owner   string
		at      time.Duration
		granted bool
	}{
		{"the version before", 1, "p1", 0, false},
		{"this version", 2, "p1", 0, true},
		{"somebody else's lease", 2, "p2", 59 * time.Second, false},
		{"its own again", 2, "p1", 59 * time.Second, true},
		{"after its end", 2, "p2", 2 * time.Minute, true},
	} {
		now := opened.Add(lease.at)
		granted, err := engine.LeaseCredential(ctx, "a1", lease.version, lease.owner, now, now.Add(time.Minute))
		require.NoError(t, err)
		require.Equal(t, lease.granted, granted, lease.name)
	}
}
