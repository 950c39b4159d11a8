package enginetest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/stretchr/testify/require"
)

// claimant asks for queued posts of the board.
func (w *world) claimant(owner string) outbox.Claim {
	now := w.clock.now()
	return outbox.Claim{
		App: outbox.App(w.board.App()), Kinds: []govmedia.DeliveryKind{govmedia.DeliverPost}, Owner: owner,
		Now: now, Until: now.Add(time.Minute), Limit: 500,
	}
}

func (w *world) fence(id, owner string, attempts int) outbox.Fence {
	now := w.clock.now()
	return outbox.Fence{ID: id, Attempt: attempts, Owner: owner, At: now, Until: now.Add(time.Minute)}
}

// queue publishes a post to each of the accounts and returns the ids of the deliveries.
func (w *world) queue(t *testing.T, accounts ...string) []string {
	t.Helper()
	m := w.compose(t, w.engine, w.full())
	w.populate(t, m, accounts...)
	post := published(t, m, "通知", accounts...)
	ids := make([]string, len(accounts))
	for i, a := range accounts {
		ids[i] = "post/" + post + "/" + a
	}
	return ids
}

func claimed(t *testing.T, e matrix.Engine, c outbox.Claim) []string {
	t.Helper()
	items, err := e.Claim(t.Context(), c)
	require.NoError(t, err)
	return names(items)
}

func names(items []outbox.Item) []string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return ids
}

func outboxRules() []rule {
	return []rule{
		{"only the owner of a lease fences, and once", ownerFences},
		{"an older claim fences nothing", oldClaim},
		{"an older attempt settles nothing, and the first fence is remembered", oldAttempt},
		{"what is due comes oldest first", oldestFirst},
		{"a lease ends and is free again", leaseEnds},
		{"a fence that ended without an outcome is unknown, and counts as ended one attempt later", fenceEnds},
		{"a receipt belongs to one delivery of an account", oneOwner},
		{"an address that a person named belongs to one delivery", onePersonsOwner},
		{"a quota without room changes nothing and says how long to wait", quotas},
		{"a window that one clock has begun is not begun again by a clock that is behind", quotaClocks},
		{"a checkpoint is kept to the byte, by its own attempt only", checkpoints},
		{"odd words of a platform are stored as far as they can be", oddWords},
		{"a person's decision takes effect once and not against the state", resolves},
	}
}

func ownerFences(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	require.Equal(t, []string{id}, claimed(t, w.engine, w.claimant("p1")))
	require.Empty(t, claimed(t, w.engine, w.claimant("p2")), "leased to somebody else")
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence(id, "p2", 0)), govmedia.KindNotFound)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 0)))
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 0)), govmedia.KindNotFound, "it is on its way")
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 1)), govmedia.KindNotFound, "not even by who knows the attempt")
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence("post/none/a1", "p1", 0)), govmedia.KindNotFound)
}

func oldClaim(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1) // by a batch that is slow
	w.clock.pass(2 * time.Minute)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)))
	now := w.clock.now()
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 1, State: govmedia.Queued, At: now, Due: now}))
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)), govmedia.KindNotFound, "the slow batch knows nothing of the attempt")
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 1)))
}

func oldAttempt(t *testing.T, w *world) {
	id, first := w.queue(t, "a1")[0], w.clock.now()
	for n := range 2 {
		require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
		require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", n)))
		if n == 0 {
			now := w.clock.now()
			require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 1, State: govmedia.Queued, At: now, Due: now}))
			w.clock.pass(10 * time.Minute)
		}
	}
	now := w.clock.now()
	err := w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 1, State: govmedia.NotSent, At: now})
	require.ErrorIs(t, err, govmedia.KindConflict)
	d, err := w.engine.Delivery(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, govmedia.Sending, d.State)
	require.Equal(t, 2, d.Attempt)
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{
		ID: id, Attempt: 2, State: govmedia.Uncertain, At: now, Due: now, Until: now, Tries: 3, Checks: 4, Claimed: govmedia.EvidenceDuplicate, Reason: "because",
	}))
	items, err := w.engine.ClaimUncertain(t.Context(), w.claimant("p"))
	require.NoError(t, err)
	require.Len(t, items, 1)
	it := items[0]
	require.Equal(t, first, it.Since, "a trace of the first attempt counts as well")
	require.Equal(t, now, it.Until)
	require.Equal(t, []any{3, 4, govmedia.EvidenceDuplicate, "because"}, []any{it.Tries, it.Checks, it.Claimed, it.Reason})
	err = w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 2, State: govmedia.NeedsPerson, At: now})
	require.NoError(t, err)
	err = w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 2, State: govmedia.Queued, At: now})
	require.ErrorIs(t, err, govmedia.KindConflict, "what is settled stays so")
}

// The accounts are named so that a collation of words would put them in another order than their bytes.
func oldestFirst(t *testing.T, w *world) {
	ids := w.queue(t, "B", "a", "中", "é", "Z-1", "Z1", "b2")
	late := w.clock.now().Add(-time.Hour)
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: ids[2], State: govmedia.Queued, At: late, Due: late}))
	want := []string{ids[2], ids[0], ids[4], ids[5], ids[1], ids[6], ids[3]}
	c := w.claimant("p")
	c.Limit = 3
	require.Equal(t, want[:3], claimed(t, w.engine, c))
	require.Equal(t, want[3:6], claimed(t, w.engine, c))
	require.Equal(t, want[6:], claimed(t, w.engine, c))
	w.clock.pass(-30 * time.Minute)
	require.Empty(t, claimed(t, w.engine, w.claimant("p")))
}

func leaseEnds(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	require.Len(t, claimed(t, w.engine, w.claimant("p1")), 1)
	w.clock.pass(time.Minute - time.Microsecond)
	require.Empty(t, claimed(t, w.engine, w.claimant("p2")))
	w.clock.pass(time.Microsecond)
	require.Len(t, claimed(t, w.engine, w.claimant("p2")), 1)
	require.ErrorIs(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 0)), govmedia.KindNotFound)
	other := w.claimant("p3")
	other.App.Key = "other"
	require.Empty(t, claimed(t, w.engine, other))
	other = w.claimant("p3")
	other.Now, other.Kinds = other.Now.Add(time.Hour), []govmedia.DeliveryKind{govmedia.DeliverAnswer}
	require.Empty(t, claimed(t, w.engine, other), "who cannot send it does not get it")
}

func fenceEnds(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	require.Len(t, claimed(t, w.engine, w.claimant("p1")), 1)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 0)))
	items, err := w.engine.ClaimUncertain(t.Context(), w.claimant("p2"))
	require.NoError(t, err)
	require.Empty(t, items, "its sender may be at it")
	w.clock.pass(time.Minute)
	c := w.claimant("p2")
	items, err = w.engine.ClaimUncertain(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{id}, names(items))
	require.Equal(t, govmedia.Uncertain, items[0].State)
	require.Equal(t, c.Until, items[0].Until)
	require.Contains(t, w.verify(t), `"action":"delivery.expire"`)
}

// settled brings a delivery through one attempt.
func (w *world) settled(t *testing.T, id string, r govmedia.Receipt) error {
	t.Helper()
	w.clock.pass(time.Minute) // whoever had claimed it
	require.Contains(t, claimed(t, w.engine, w.claimant("p")), id)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)))
	r.At = w.clock.now()
	return w.engine.Settle(t.Context(), outbox.Settlement{ID: id, Attempt: 1, State: govmedia.Live, At: r.At, Receipt: &r})
}

func oneOwner(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	var first, second string
	for _, id := range []*string{&first, &second} {
		*id = "post/" + published(t, m, "通知", "a1", "a2")
	}
	receipt := govmedia.Receipt{ID: "r1", Evidence: govmedia.EvidenceResponse}
	require.NoError(t, w.settled(t, first+"/a1", receipt))
	require.NoError(t, w.settled(t, first+"/a2", receipt), "another account has ids of its own")
	err := w.settled(t, second+"/a1", receipt)
	require.ErrorIs(t, err, govmedia.KindDuplicate)
	taken, ok := errors.AsType[*outbox.Taken](err)
	require.True(t, ok)
	require.Equal(t, first+"/a1", taken.By)
	d, err := w.engine.Delivery(t.Context(), second+"/a1")
	require.NoError(t, err)
	require.Equal(t, govmedia.Sending, d.State, "nothing was changed")
	require.NoError(t, w.settled(t, second+"/a2", govmedia.Receipt{Evidence: govmedia.EvidenceDuplicate}), "no id is nobody's")
}

func onePersonsOwner(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	first, second := "post/"+published(t, m, "通知", "a1")+"/a1", "post/"+published(t, m, "通知", "a1")+"/a1"
	now := w.clock.now()
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: first, State: govmedia.NeedsPerson, At: now, Until: now}))
	require.NoError(t, m.Resolve(t.Context(), "chief", first, govmedia.DecideLive, "https://board.example/7", "seen"))
	err := w.settled(t, second, govmedia.Receipt{ID: "r7", URL: "https://board.example/7", Evidence: govmedia.EvidenceFound})
	require.ErrorIs(t, err, govmedia.KindDuplicate)
}

func quotas(t *testing.T, w *world) {
	ids := w.queue(t, "a1", "a2", "a3")
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 3)
	w.clock.pass(20 * time.Second)
	app, one := outbox.Quota{Key: "board/k/calls", Limit: 2, Per: time.Minute}, outbox.Quota{Key: "board/k/one", Limit: 1, Per: time.Minute}
	fence := func(i int, quotas ...outbox.Quota) error {
		f := w.fence(ids[i], "p", 0)
		f.Quotas = quotas
		return w.engine.Fence(t.Context(), f)
	}
	require.NoError(t, fence(0, app, one))
	err := fence(1, app, one)
	require.ErrorIs(t, err, govmedia.KindRateLimited)
	require.Equal(t, 40*time.Second, govmedia.AsError(err).RetryAfter)
	require.NoError(t, fence(1, app), "the refusal spent nothing of the other one")
	require.ErrorIs(t, fence(2, app), govmedia.KindRateLimited)
	d, err := w.engine.Delivery(t.Context(), ids[2])
	require.NoError(t, err)
	require.Equal(t, govmedia.Queued, d.State)
	require.Zero(t, d.Attempt)
	w.clock.pass(40 * time.Second)
	require.Equal(t, ids[2:], claimed(t, w.engine, w.claimant("p")))
	require.NoError(t, fence(2, app, one), "a new window")
}

// At the turn of the minute two processes fence in turns, one by a clock that is two seconds behind.
func quotaClocks(t *testing.T, w *world) {
	ids := w.queue(t, numbered(10)...)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	minute := w.clock.now().Truncate(time.Minute).Add(time.Minute)
	fence := func(i int, at time.Time) error {
		f := w.fence(ids[i], "p", 0)
		f.At, f.Quotas = at, []outbox.Quota{{Key: "board/k/calls", Limit: 3, Per: time.Minute}}
		return w.engine.Fence(t.Context(), f)
	}
	for i, behind := range []time.Duration{0, 2 * time.Second, 0} {
		require.NoError(t, fence(i, minute.Add(time.Second-behind)))
	}
	for i, behind := range []time.Duration{2 * time.Second, 0, 2 * time.Second} {
		err := fence(3+i, minute.Add(time.Second-behind))
		require.ErrorIs(t, err, govmedia.KindRateLimited)
		require.Positive(t, govmedia.AsError(err).RetryAfter)
	}
	// A clock that was an hour ahead for once does not keep everybody waiting.
	require.NoError(t, fence(6, minute.Add(time.Hour)))
	require.NoError(t, fence(7, minute.Add(2*time.Second)))
}

func checkpoints(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(i)
	}
	require.ErrorIs(t, w.engine.Checkpoint(t.Context(), id, 1, data), govmedia.KindConflict, "nothing is on its way")
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)))
	require.NoError(t, w.engine.Checkpoint(t.Context(), id, 1, data))
	require.ErrorIs(t, w.engine.Checkpoint(t.Context(), id, 2, nil), govmedia.KindConflict)
	w.clock.pass(time.Hour)
	items, err := w.engine.ClaimUncertain(t.Context(), w.claimant("p"))
	require.NoError(t, err)
	require.Equal(t, data, items[0].Prior)
	require.ErrorIs(t, w.engine.Checkpoint(t.Context(), id, 1, nil), govmedia.KindConflict, "the attempt has ended")
}

func oddWords(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	for name, odd := range map[string]string{
		"nul": "no\x00no", "not UTF-8": "\xff\xfe中\xe4", "quotes": `'"\';--?`, "long": strings.Repeat("长", 1<<16), "newlines": "a\r\nb\u2028", "backslash": `\`,
		"long and like noise": noise(4000),
	} {
		id := "post/" + published(t, m, "通知"+name, "a1") + "/a1"
		err := w.settled(t, id, govmedia.Receipt{ID: name + odd, URL: odd, Thread: odd, Evidence: govmedia.EvidenceFound})
		require.NoError(t, err, name)
		again := "post/" + published(t, m, "通知"+name, "a1") + "/a1"
		err = w.settled(t, again, govmedia.Receipt{ID: name + odd, Evidence: govmedia.EvidenceFound})
		require.ErrorIs(t, err, govmedia.KindDuplicate, "%s: it is recognised", name)
		now := w.clock.now()
		require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: again, Attempt: 1, State: govmedia.NeedsPerson, At: now, Reason: odd}), name)
		d, err := w.engine.Delivery(t.Context(), again)
		require.NoError(t, err)
		if name == "quotes" || name == "newlines" || name == "backslash" {
			require.Equal(t, odd, d.Reason)
		} else {
			require.NotContains(t, d.Reason, "\x00")
			require.NotEmpty(t, d.Reason)
		}
	}
	w.verify(t)
}

// noise is a text that nothing compresses; an index has less room for it than for a long repetition.
func noise(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()[:n]
}

func resolves(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	ctx := t.Context()
	at := func(state govmedia.DeliveryState, until time.Time) string {
		id := "post/" + published(t, m, fmt.Sprint("通知", state, until), "a1") + "/a1"
		require.NoError(t, w.engine.Settle(ctx, outbox.Settlement{ID: id, State: state, At: w.clock.now(), Due: w.clock.now().Add(time.Hour), Until: until}))
		return id
	}
	now := w.clock.now()
	for _, c := range []struct {
		from   govmedia.DeliveryState
		until  time.Time
		decide govmedia.Decision
		to     govmedia.DeliveryState // empty: refused
	}{
		{govmedia.NeedsPerson, now, govmedia.DecideLive, govmedia.Live},
		{govmedia.Uncertain, now, govmedia.DecideLive, govmedia.Live},
		{govmedia.NeedsPerson, now, govmedia.DecideRead, govmedia.Uncertain},
		{govmedia.NeedsPerson, time.Time{}, govmedia.DecideRead, ""},
		{govmedia.NeedsPerson, time.Time{}, govmedia.DecideSend, govmedia.Queued},
		{govmedia.NotSent, time.Time{}, govmedia.DecideSend, govmedia.Queued},
		{govmedia.Rejected, time.Time{}, govmedia.DecideCancel, govmedia.Cancelled},
		{govmedia.Queued, time.Time{}, govmedia.DecideCancel, govmedia.Cancelled},
		{govmedia.Queued, time.Time{}, govmedia.DecideSend, ""},
		{govmedia.Uncertain, now, govmedia.DecideSend, ""},
		{govmedia.Uncertain, now, govmedia.DecideCancel, ""},
	} {
		id := at(c.from, c.until)
		err := m.Resolve(ctx, "chief", id, c.decide, "", "looked")
		d, readErr := m.Delivery(ctx, id)
		require.NoError(t, readErr)
		if c.to == "" {
			require.ErrorIs(t, err, govmedia.KindConflict, "%s, %s", c.from, c.decide)
			require.Equal(t, c.from, d.State)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.to, d.State)
		require.Equal(t, "looked", d.Reason)
	}
	id := at(govmedia.NotSent, time.Time{})
	errs := atOnce(8, func(int) error { return m.Resolve(ctx, "chief", id, govmedia.DecideSend, "", "looked") })
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			require.ErrorIs(t, err, govmedia.KindConflict)
		}
	}
	require.Equal(t, 1, done, "of many persons one decides")
	require.ErrorIs(t, m.Resolve(ctx, "chief", "post/none/a1", govmedia.DecideSend, "", "looked"), govmedia.KindNotFound)
}
