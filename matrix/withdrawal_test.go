package matrix_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// What becomes of a withdrawal, by what happens to its write. deletes is how often the platform was asked: once for each
// time that the post was proved to be still there.
func TestP3_Withdrawal(t *testing.T) {
	for _, c := range []struct {
		name     string
		script   []takedown
		reading  error // what reading answers
		outcome  publish.Removal
		state    govmedia.DeliveryState // of the withdrawal
		evidence govmedia.Evidence
		up       int // posts that readers see
		deletes  int
	}{
		{name: "answered", outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceResponse, deletes: 1},
		{name: "commit then hang, reading works", script: []takedown{downHang}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceFound, deletes: 1},
		{name: "hang without commit, reading works", script: []takedown{upHang}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceResponse, deletes: 2},
		{name: "commit then hang, reading down", script: []takedown{downHang}, reading: errDown, outcome: publish.RemovalUnknown, state: govmedia.NeedsPerson, deletes: 1},
		{name: "hang without commit, reading down", script: []takedown{upHang}, reading: errDown, outcome: publish.RemovalUnknown, state: govmedia.NeedsPerson, up: 1, deletes: 1},
		{name: "gateway's page after commit", script: []takedown{downThen(gateway)}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceFound, deletes: 1},
		{name: "gateway's page before commit", script: []takedown{upThen(gateway)}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceResponse, deletes: 2},
		{name: "untyped error after commit", script: []takedown{downThen(errDown)}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceFound, deletes: 1},
		{name: "never carried out", script: []takedown{upHang, upHang, upHang, upHang, upHang, upHang, upHang, upHang, upHang},
			outcome: publish.StillLive, state: govmedia.NotSent, up: 1, deletes: 8},
		{name: "refused before the write, then up", script: []takedown{refuseDown(govmedia.KindTransport)}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceResponse, deletes: 2},
		{name: "throttled", script: []takedown{refuseDown(govmedia.KindRateLimited)}, outcome: publish.Removed, state: govmedia.Withdrawn, evidence: govmedia.EvidenceResponse, deletes: 2},
		{name: "refused", script: []takedown{refuseDown(govmedia.KindRejected)}, outcome: publish.StillLive, state: govmedia.Rejected, up: 1, deletes: 1},
		{name: "captcha", script: []takedown{refuseDown(govmedia.KindChallenge)}, outcome: publish.StillLive, state: govmedia.NeedsPerson, up: 1, deletes: 1},
		{name: "credential refused", script: []takedown{refuseDown(govmedia.KindUnauthorized)}, outcome: publish.StillLive, state: govmedia.NeedsPerson, up: 1, deletes: 1},
		{name: "no way on this platform", script: []takedown{refuseDown(govmedia.KindUnsupported)}, outcome: publish.CannotRemove, state: govmedia.Rejected, up: 1, deletes: 1},
		{name: "says that it is down, and reading shows it", up: 1, deletes: 1, outcome: publish.RemovalUnknown, state: govmedia.NeedsPerson,
			script: []takedown{upThen(&govmedia.Error{Kind: govmedia.KindUnavailable, Outcome: govmedia.Applied})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecallable(c.script...)
				r.showing = func() error { return c.reading }
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				id := published(t, m, "停水通知", "a1")
				receipt := only(t, m, id).Receipt
				for range 10 { // an impatient official
					withdraw(t, m, id)
				}
				stepFor(t, m, time.Hour)
				w := recalled(t, m, id)
				require.Equal(t, c.outcome, w.Outcome, w.Reason)
				require.Equal(t, c.evidence, w.Evidence)
				require.Equal(t, receipt, w.Receipt, "what was out is on record")
				require.Equal(t, c.up, r.count("停水通知"))
				require.Equal(t, c.deletes, r.asked())
				order, err := m.Delivery(t.Context(), "withdraw/"+id+"/a1")
				require.NoError(t, err)
				require.Equal(t, c.state, order.State, order.Reason)
				require.Equal(t, order.ID, w.ID)
				waiting, err := m.Attention(t.Context())
				require.NoError(t, err)
				d := only(t, m, id)
				require.Equal(t, receipt, d.Receipt)
				if c.outcome == publish.Removed {
					require.Equal(t, govmedia.Withdrawn, d.State)
					require.Equal(t, publish.NowhereLive, publish.StateOf([]govmedia.Delivery{d}))
					require.Empty(t, waiting)
				} else {
					require.Equal(t, govmedia.Live, d.State, "nobody has shown that it is down")
					require.Len(t, waiting, 1)
					require.Equal(t, order, waiting[0])
					require.NotEmpty(t, w.Reason)
				}
				verifyAudit(t, engine)
			})
		})
	}
}

// A process dies between the fence and the outcome of a withdrawal: the next one reads before it does anything.
func TestP3_WithdrawalOfADeadProcess(t *testing.T) {
	for name, committed := range map[string]bool{"after the commit": true, "before the commit": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecallable()
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				id := published(t, m, "停水通知", "a1")
				withdraw(t, m, id)
				now := time.Now()
				items, err := engine.Claim(t.Context(), outbox.Claim{
					App: outbox.App{Platform: "board", Key: "k"}, Lane: govmedia.LaneEmergency, Kinds: []govmedia.DeliveryKind{govmedia.DeliverWithdrawal},
					Owner: "dead", Now: now, Until: now.Add(time.Minute), Limit: 9,
				})
				require.NoError(t, err)
				require.Len(t, items, 1, "withdrawals go in the emergency lane")
				require.NoError(t, engine.Fence(t.Context(), outbox.Fence{ID: items[0].ID, Owner: "dead", At: now, Until: now.Add(time.Minute)}))
				if committed {
					require.NoError(t, r.Withdraw(t.Context(), &publish.Query{Receipt: &govmedia.Receipt{ID: "b1"}}))
				}
				before := r.asked()
				stepFor(t, m, 50*time.Second)
				require.Equal(t, before, r.asked(), "its fence stands")
				stepFor(t, m, 10*time.Minute)
				w := recalled(t, m, id)
				require.Equal(t, publish.Removed, w.Outcome, w.Reason)
				require.Equal(t, 1, r.asked(), "what is down is not taken down again")
				require.Zero(t, r.count("停水通知"))
				if committed {
					require.Equal(t, govmedia.EvidenceFound, w.Evidence)
				}
			})
		})
	}
}

// A platform that shows a post late says "not there" of one that is only new, and shows for a while what is gone.
func TestP3_WithdrawalIsNotFooledByACache(t *testing.T) {
	t.Run("not shown yet is not down", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecallable(upHang)
			r.lag = 50 * time.Second
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}, SendTimeout: 5 * time.Second})
			id := publishPost(t, m, "停水通知", "a1")
			stepFor(t, m, time.Second)
			withdraw(t, m, id)
			stepFor(t, m, 10*time.Minute)
			require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
			require.Equal(t, 2, r.asked())
			require.Zero(t, r.count("停水通知"))
		})
	})
	t.Run("still shown is not still there", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecallable(downHang)
			r.hides = 50 * time.Second
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}, SendTimeout: 5 * time.Second})
			id := published(t, m, "停水通知", "a1")
			withdraw(t, m, id)
			stepFor(t, m, 10*time.Minute)
			require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
			require.Equal(t, 1, r.asked())
		})
	})
}

// A post in doubt is not sent again after its withdrawal was ordered, and is taken down when it turns out to be there.
func TestP3_WithdrawalOfAPostInDoubt(t *testing.T) {
	for _, c := range []struct {
		name    string
		write   script
		outcome publish.Removal
		state   govmedia.DeliveryState
		deletes int
	}{
		{"it is there", commitHang, publish.Removed, govmedia.Withdrawn, 1},
		{"it is not there", hang, publish.NothingOut, govmedia.Cancelled, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecallable()
				r.board.script = []script{c.write}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				id := publishPost(t, m, "停水通知", "a1")
				_, err := m.Step(t.Context())
				require.NoError(t, err)
				require.Equal(t, []string{"unknown"}, statesOf(t, m, id))
				list := withdraw(t, m, id)
				require.Equal(t, publish.RemovalUnknown, list[0].Outcome)
				require.Contains(t, list[0].Reason, "as soon as it is known")
				stepFor(t, m, 10*time.Minute)
				w := recalled(t, m, id)
				require.Equal(t, c.outcome, w.Outcome, w.Reason)
				require.Equal(t, []string{string(c.state)}, statesOf(t, m, id))
				require.Equal(t, c.deletes, r.asked())
				require.Equal(t, 1, r.calls, "it was not sent again")
				require.Zero(t, r.count("停水通知"))
				waiting, err := m.Attention(t.Context())
				require.NoError(t, err)
				require.Empty(t, waiting)
				verifyAudit(t, engine)
			})
		})
	}
}

// Only a person can tell whether the post is there; what the person says of it decides about the withdrawal, too.
func TestP3_WithdrawalOfAPostThatAPersonSettles(t *testing.T) {
	for _, c := range []struct {
		name     string
		decision govmedia.Decision
		outcome  publish.Removal
	}{
		{"it is there, at an address and under an id that nobody knows", govmedia.DecideLive, publish.CannotRemove},
		{"give it up", govmedia.DecideCancel, publish.NothingOut},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecallable()
				r.board.script, r.reading = []script{commitHang}, func() error { return errDown }
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				id := publishPost(t, m, "停水通知", "a1")
				stepFor(t, m, 2*time.Hour)
				require.Equal(t, []string{"needs_person"}, statesOf(t, m, id))
				list := withdraw(t, m, id)
				require.Equal(t, publish.RemovalUnknown, list[0].Outcome)
				require.Contains(t, list[0].Reason, "a person")
				stepFor(t, m, time.Minute)
				d := only(t, m, id)
				err := m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "没有看到")
				require.ErrorIs(t, err, govmedia.KindConflict)
				require.ErrorContains(t, err, "to be withdrawn")
				require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, c.decision, "https://board.example/b1", "已查看"))
				stepFor(t, m, time.Minute)
				require.Equal(t, c.outcome, recalled(t, m, id).Outcome)
			})
		})
	}
}

// The audit log tells who ordered it, what was fenced, how it ended and what it did to the post.
func TestP10_TheAuditTellsOfAWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		id := published(t, m, "停水通知", "a1")
		withdraw(t, m, id)
		stepFor(t, m, time.Minute)
		var log bytes.Buffer
		require.NoError(t, engine.ExportAudit(context.WithoutCancel(t.Context()), &log))
		for _, line := range []string{
			`"actor":"chief","action":"post.withdraw","subject":"post/` + id + `"`,
			`"action":"delivery.fence","subject":"delivery/withdraw/` + id + `/a1"`,
			`"action":"delivery.settle","subject":"delivery/withdraw/` + id + `/a1"`,
			`"action":"delivery.withdraw","subject":"delivery/post/` + id + `/a1"`,
			`信息有误`,
		} {
			require.Contains(t, log.String(), line)
		}
		verifyAudit(t, engine)
	})
}

// What waits to be repeated, because the platform would recognise it, may be there: after its withdrawal it is neither
// cancelled nor repeated, but a person looks.
func TestP3_WithdrawalOfAPostThatWaitsToBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeyed(24*time.Hour, commitHang, refuse(govmedia.KindRateLimited, time.Hour))
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{k}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, 10*time.Minute)
		require.Equal(t, []string{"queued"}, statesOf(t, m, id))
		require.Equal(t, 2, k.calls)
		withdraw(t, m, id)
		require.Equal(t, []string{"queued"}, statesOf(t, m, id), "it may be there")
		stepFor(t, m, 3*time.Hour)
		require.Equal(t, 2, k.calls)
		require.Equal(t, []string{"needs_person"}, statesOf(t, m, id))
		require.Equal(t, publish.RemovalUnknown, recalled(t, m, id).Outcome)
		require.NoError(t, m.Resolve(t.Context(), "chief", only(t, m, id).ID, govmedia.DecideLive, "https://board.example/k1", "看到了"))
		stepFor(t, m, time.Minute)
		w := recalled(t, m, id)
		require.Equal(t, publish.CannotRemove, w.Outcome, "and there it must be taken down by hand")
		require.NoError(t, m.Resolve(t.Context(), "chief", w.ID, govmedia.DecideLive, "", "已手工删除"))
		require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
		verifyAudit(t, engine)
	})
}
