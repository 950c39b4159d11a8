package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// outcome is what becomes of one delivery by what happens to its write.
type outcome struct {
	says     string
	script   []script
	reading  error // what reading answers
	blind    bool  // the adapter cannot read at all
	state    govmedia.DeliveryState
	evidence govmedia.Evidence
	held     int
	calls    int
}

func outcomes() []outcome {
	down := refuse(govmedia.KindUnavailable, 0)
	return []outcome{
		{says: "answered", state: govmedia.Live, evidence: govmedia.EvidenceResponse, held: 1, calls: 1},
		{says: "commit then hang, reading works", script: []script{commitHang}, state: govmedia.Live, evidence: govmedia.EvidenceFound, held: 1, calls: 1},
		{says: "hang without commit, reading works", script: []script{hang}, state: govmedia.Live, evidence: govmedia.EvidenceResponse, held: 1, calls: 2},
		{says: "commit then hang, reading down", script: []script{commitHang}, reading: errDown, state: govmedia.NeedsPerson, held: 1, calls: 1},
		{says: "hang without commit, reading down", script: []script{hang}, reading: errDown, state: govmedia.NeedsPerson, calls: 1},
		{says: "commit then hang, no reading", script: []script{commitHang}, blind: true, state: govmedia.NeedsPerson, held: 1, calls: 1},
		{says: "untyped error after commit", script: []script{commitThen(errDown)}, state: govmedia.Live, evidence: govmedia.EvidenceFound, held: 1, calls: 1},
		{says: "neither receipt nor error", script: []script{commitThen(nil)}, state: govmedia.Live, evidence: govmedia.EvidenceFound, held: 1, calls: 1},
		{
			says: "success without an id, reading down", reading: errDown, held: 1, calls: 1,
			script: []script{commitThen(&govmedia.Error{Kind: govmedia.KindUnavailable, Outcome: govmedia.Applied})},
			state:  govmedia.Live, evidence: govmedia.EvidenceResponse,
		},
		{says: "refused before the write, then up", script: []script{refuse(govmedia.KindTransport, 0)}, state: govmedia.Live, evidence: govmedia.EvidenceResponse, held: 1, calls: 2},
		{says: "throttled", script: []script{refuse(govmedia.KindRateLimited, time.Minute)}, state: govmedia.Live, evidence: govmedia.EvidenceResponse, held: 1, calls: 2},
		{says: "content rejected", script: []script{refuse(govmedia.KindRejected, 0)}, state: govmedia.Rejected, calls: 1},
		{says: "captcha", script: []script{refuse(govmedia.KindChallenge, 0)}, state: govmedia.NeedsPerson, calls: 1},
		{says: "credential refused", script: []script{refuse(govmedia.KindUnauthorized, 0)}, state: govmedia.NeedsPerson, calls: 1},
		{says: "repetition of somebody else's post", script: []script{refuse(govmedia.KindDuplicate, 0)}, state: govmedia.Rejected, calls: 1},
		{says: "always refused before the write", state: govmedia.NotSent, calls: 8, script: []script{down, down, down, down, down, down, down, down, down}},
	}
}

func outcomeRules() []rule {
	var rules []rule
	for _, c := range outcomes() {
		rules = append(rules, rule{"a post: " + c.says, func(t *testing.T, w *world) { postOutcome(t, w, c) }})
		if !c.blind { // a channel that cannot read has no way to be asked for answers either
			rules = append(rules, rule{"an answer: " + c.says, func(t *testing.T, w *world) { answerOutcome(t, w, c) }})
		}
	}
	return append(rules, rule{"a post that is partly live sends again what failed and nothing else", partial})
}

func postOutcome(t *testing.T, w *world, c outcome) {
	w.board.script, w.board.reading = c.script, func() error { return c.reading }
	cfg := w.full()
	if c.blind {
		cfg.Adapters = []publish.Adapter{blind{w.board}}
	}
	m := w.matrix(t, cfg)
	id := published(t, m, "停水通知", "a1")
	w.step(t, m, time.Hour)
	d := only(t, m, id)
	require.Equal(t, c.state, d.State, d.Reason)
	if d.Receipt != nil {
		require.Equal(t, c.evidence, d.Receipt.Evidence)
	}
	require.Equal(t, c.held, w.board.count("停水通知"))
	require.Equal(t, c.calls, w.board.calls)
	w.verify(t)
}

func answerOutcome(t *testing.T, w *world, c outcome) {
	w.board.script, w.board.reading = c.script, func() error { return c.reading }
	m := w.matrix(t, w.full())
	cases := w.ask(t, m)
	for range 3 { // an impatient clerk
		_, err := m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "今晚八点。")
		require.NoError(t, err)
	}
	w.step(t, m, time.Hour)
	got, err := m.Desk.Case(t.Context(), cases[0].ID)
	require.NoError(t, err)
	require.Equal(t, c.state == govmedia.Live, got.State == reply.CaseAnswered)
	require.Equal(t, c.held, w.board.count("今晚八点。"))
	require.Equal(t, c.calls, w.board.calls)
	w.verify(t)
}

func partial(t *testing.T, w *world) {
	w.board.script = []script{refuse(govmedia.KindRejected, 0)}
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1", "a2", "a3")
	states := func() string {
		ds := deliveries(t, m, id)
		var s []string
		for _, d := range ds {
			s = append(s, fmt.Sprint(d.State, " ", d.Attempt))
		}
		slices.Sort(s)
		return fmt.Sprint(publish.StateOf(ds), ": ", strings.Join(s, ", "))
	}
	w.step(t, m, time.Second)
	require.Equal(t, "partially_live: live 1, live 1, rejected 1", states())
	_, err := m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, err)
	w.step(t, m, time.Minute)
	require.Equal(t, "partially_live: live 1, live 1, rejected 1", states(), "publishing again touches nothing")
	waiting, err := m.Attention(t.Context())
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.NoError(t, m.Resolve(t.Context(), "chief", waiting[0].ID, govmedia.DecideSend, "", "platform apologised"))
	w.step(t, m, time.Minute)
	require.Equal(t, "live: live 1, live 1, live 2", states())
	require.Equal(t, 3, w.board.count("停水通知"))
}

func doubtRules() []rule {
	return []rule{
		{"time in which nobody read uses up no patience", doubtDowntime},
		{"a duplicate refusal proves the first try", doubtDuplicate},
		{"a post that another delivery owns proves nothing yet", doubtTaken},
		{"a reading belongs to one delivery", doubtOne},
		{"a jump of the clock proves nothing", doubtJump},
		{"a panic in an adapter is an unknown outcome", doubtPanic},
		{"an attempt whose process died is read for, and its checkpoint handed on", doubtDeath},
		{"after a backup was restored what had waited is read for before it is sent", doubtRestored},
	}
}

func doubtDowntime(t *testing.T, w *world) {
	w.board.script = []script{commitHang}
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1")
	_, err := m.Step(t.Context())
	require.NoError(t, err)
	w.clock.pass(24 * time.Hour)
	n := 0
	w.board.reading = func() error {
		if n++; n == 1 {
			return errDown // the network is not up yet
		}
		return nil
	}
	w.step(t, m, 10*time.Minute)
	require.Equal(t, govmedia.Live, only(t, m, id).State, only(t, m, id).Reason)
	require.Equal(t, 1, w.board.count("停水通知"))
}

func doubtDuplicate(t *testing.T, w *world) {
	w.board.lag, w.board.script = 3*time.Minute, []script{commitHang, refuse(govmedia.KindDuplicate, 0)}
	w.board.reading = func() error {
		if w.board.calls > 1 {
			return errDown
		}
		return nil
	}
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1")
	w.step(t, m, 2*time.Hour)
	d := only(t, m, id)
	require.Equal(t, govmedia.Live, d.State, d.Reason)
	require.Equal(t, govmedia.EvidenceDuplicate, d.Receipt.Evidence)
	require.Equal(t, 1, w.board.count("停水通知"))
}

func doubtTaken(t *testing.T, w *world) {
	w.board.lag, w.board.script = 50*time.Second, []script{commitThen(errDown), commitThen(errDown)}
	w.board.reading = func() error { return errDown }
	m := w.matrix(t, w.full())
	first := published(t, m, "停水通知", "a1")
	w.step(t, m, 90*time.Second)
	second := published(t, m, "停水通知", "a1")
	_, err := m.Step(t.Context())
	require.NoError(t, err)
	w.board.reading = nil
	w.clock.pass(3 * time.Second)
	w.step(t, m, 30*time.Minute)
	require.Equal(t, 2, w.board.count("停水通知"))
	require.Equal(t, govmedia.Live, only(t, m, first).State)
	require.Equal(t, govmedia.Live, only(t, m, second).State)
}

func doubtOne(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	first := published(t, m, "每周提示", "a1")
	w.step(t, m, time.Second)
	w.board.script = []script{hang}
	second := published(t, m, "每周提示", "a1")
	w.step(t, m, 10*time.Minute)
	require.Equal(t, 2, w.board.count("每周提示"), "the first post is no proof of the second")
	require.NotEqual(t, only(t, m, first).Receipt.ID, only(t, m, second).Receipt.ID)
}

// While a write is on the wire the clock jumps and another process works: the fence seems to have ended long ago.
func doubtJump(t *testing.T, w *world) {
	on, goOn := make(chan struct{}), make(chan struct{})
	w.board.script = []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		close(on)
		<-goOn
		return commit(), nil
	}}
	m := w.matrix(t, w.full())
	other := w.compose(t, w.process(t), w.full())
	id := published(t, m, "停水通知", "a1")
	ended := make(chan error, 1)
	go func() {
		_, err := m.Step(context.WithoutCancel(t.Context()))
		ended <- err
	}()
	<-on
	w.clock.pass(time.Hour)
	_, err := other.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, govmedia.Uncertain, only(t, m, id).State)
	close(goOn)
	require.NoError(t, <-ended)
	w.step(t, other, 10*time.Minute)
	require.Equal(t, govmedia.Live, only(t, m, id).State)
	require.Equal(t, 1, w.board.count("停水通知"))
}

func doubtPanic(t *testing.T, w *world) {
	w.board.script = []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		commit()
		panic("adapter broke")
	}}
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1")
	w.step(t, m, 10*time.Minute)
	d := only(t, m, id)
	require.Equal(t, govmedia.Live, d.State, d.Reason)
	require.Equal(t, 1, d.Attempt)
	require.Equal(t, 1, w.board.count("停水通知"))
}

func doubtDeath(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	id := "post/" + published(t, m, "停水通知", "a1") + "/a1"
	require.Len(t, claimed(t, w.engine, w.claimant("the dead")), 1)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "the dead", 0)))
	require.NoError(t, w.engine.Checkpoint(t.Context(), id, 1, []byte("draft-1")))
	other := w.compose(t, w.process(t), w.full())
	w.step(t, other, 30*time.Second)
	require.Zero(t, w.board.calls, "the dead may still be at it")
	w.step(t, other, 10*time.Minute)
	require.Equal(t, 1, w.board.count("停水通知"))
	d, err := m.Delivery(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, govmedia.Live, d.State)
	require.Equal(t, 2, d.Attempt)
}

func doubtRestored(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	post := published(t, m, "停水通知", "a1", "a2")
	later, _ := w.plan(t, m, "明日再发")
	cases := w.ask(t, m)
	_, err := m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "今晚八点。")
	require.NoError(t, err)
	w.clock.pass(time.Second)
	w.board.posts = []held{ // sent after the backup
		{"b1", "a1", "停水通知", w.clock.now()}, {"b2", "a1", "今晚八点。", w.clock.now()},
	}
	w.clock.pass(time.Minute)
	_, err = m.Restored(t.Context(), "chief", "")
	require.ErrorIs(t, err, govmedia.KindInvalid)
	n, err := m.Restored(t.Context(), "chief", "昨夜的备份")
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, "[scheduled scheduled]", states(t, m, later.ID))
	w.step(t, m, time.Hour)
	require.Equal(t, "[live live]", states(t, m, post))
	ds := deliveries(t, m, post)
	require.Equal(t, govmedia.EvidenceFound, ds[0].Receipt.Evidence)
	require.Equal(t, govmedia.EvidenceResponse, ds[1].Receipt.Evidence)
	require.Equal(t, 2, w.board.count("停水通知"))
	require.Equal(t, 1, w.board.count("今晚八点。"))
	require.Equal(t, 2, w.board.count("明日再发"))
	require.Contains(t, w.verify(t), `"action":"restored"`)
}

// ask lets a citizen ask something.
func (w *world) ask(t *testing.T, m *matrix.Matrix) []reply.Case {
	t.Helper()
	w.board.inbox = []reply.Message{{ID: "m1", Post: "b0", Author: "市民", Text: "几点来水？", At: w.clock.now()}}
	cases, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	require.Len(t, cases, 1)
	return cases
}

func pacingRules() []rule {
	var rules []rule
	for _, c := range []struct {
		says   string
		quotas []publish.Quota
		posts  map[string]int // queued, by account
		sent   map[string]int // within the first minute of the hour; "" is all of them
	}{
		{
			says: "an account's quota holds back that account alone", quotas: []publish.Quota{{Name: "posts", Limit: 2, Per: time.Hour}},
			posts: map[string]int{"a1": 5, "a2": 1, "a3": 2}, sent: map[string]int{"a1": 2, "a2": 1, "a3": 2},
		},
		{
			says: "the accounts of an app share its quota", quotas: []publish.Quota{{Name: "calls", App: true, Limit: 2, Per: time.Hour}},
			posts: map[string]int{"a1": 1, "a2": 1, "a3": 1}, sent: map[string]int{"": 2},
		},
		{
			says: "every quota must have room", quotas: []publish.Quota{{Name: "calls", App: true, Limit: 4, Per: time.Hour}, {Name: "posts", Limit: 1, Per: time.Hour}},
			posts: map[string]int{"a1": 3, "a2": 1}, sent: map[string]int{"a1": 1, "a2": 1},
		},
	} {
		rules = append(rules, rule{c.says, func(t *testing.T, w *world) {
			w.board.quotas = c.quotas
			m := w.matrix(t, w.full())
			var posts []string
			for _, id := range []string{"a1", "a2", "a3"} {
				for range c.posts[id] {
					posts = append(posts, published(t, m, "通知"+id, id))
				}
			}
			w.step(t, m, time.Minute)
			for id, n := range c.sent {
				if id == "" {
					require.Len(t, w.board.posts, n)
				} else {
					require.Equal(t, n, w.board.count("通知"+id), id)
				}
			}
			w.step(t, m, 6*time.Hour)
			for _, post := range posts {
				d := only(t, m, post)
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				require.Equal(t, 1, d.Attempt, "waiting spends no attempt")
			}
		}})
	}
	return rules
}

func guardRules() []rule {
	alter := func(queries ...string) func(*testing.T, *world, *matrix.Matrix) {
		return func(t *testing.T, w *world, _ *matrix.Matrix) {
			for _, q := range queries {
				w.store.Exec(t, q)
			}
		}
	}
	var rules []rule
	for _, c := range []struct {
		says   string
		change func(*testing.T, *world, *matrix.Matrix)
		state  govmedia.DeliveryState
		reason string
	}{
		{"account suspended", func(t *testing.T, _ *world, m *matrix.Matrix) {
			require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "被盗用"))
		}, govmedia.NotSent, "suspended"},
		{"account deregistered", func(t *testing.T, _ *world, m *matrix.Matrix) {
			a, err := m.Registry.Account(t.Context(), "a1")
			require.NoError(t, err)
			a.State = account.Deregistered
			require.NoError(t, m.Registry.Save(t.Context(), "admin", account.Register{Accounts: []account.Account{a}}))
		}, govmedia.NotSent, "deregistered"},
		{"text altered in the database", alter("UPDATE govmedia_post SET body = replace(body, '停水通知', '停电通知')"), govmedia.NeedsPerson, "no longer what was approved"},
		{"text altered with its seal", alter("UPDATE govmedia_post SET body = replace(body, '停水通知', '停电通知'), seal = 'x'"), govmedia.NeedsPerson, "no longer what was approved"},
		{"post replaced by one that is not approved", alter("UPDATE govmedia_post SET stage = 'draft'"), govmedia.NotSent, "not approved"},
		{"seal of the post altered", alter("UPDATE govmedia_post SET seal = 'x'"), govmedia.NotSent, "seal"},
		{"seal of the delivery altered", alter("UPDATE govmedia_delivery SET seal = 'x'"), govmedia.NeedsPerson, "no longer what was approved"},
		{"post unreadable", alter("UPDATE govmedia_post SET body = '{'"), govmedia.NeedsPerson, "cannot be read"},
		{"post gone", alter("DELETE FROM govmedia_sealed", "DELETE FROM govmedia_post"), govmedia.NeedsPerson, "no post"},
		{"delivery turned to another account", alter("UPDATE govmedia_delivery SET account = 'a2'"), govmedia.NeedsPerson, "not approved"},
		{"credential gone", alter("DELETE FROM govmedia_credential"), govmedia.NeedsPerson, "must be connected"},
		{"credential damaged", alter("UPDATE govmedia_credential SET box = substr(box, 2)"), govmedia.NeedsPerson, "does not open"},
		{"credential of another account", alter("UPDATE govmedia_credential SET box = (SELECT box FROM govmedia_credential WHERE account = 'a2')"), govmedia.NeedsPerson, "does not open"},
		{"key lost", alter("UPDATE govmedia_credential SET key_id = 'k0'"), govmedia.NeedsPerson, "k0"},
		{"credential ended", alter("UPDATE govmedia_credential SET expires = 1"), govmedia.NeedsPerson, "must be connected again"},
	} {
		rules = append(rules, rule{"nothing leaves: " + c.says, func(t *testing.T, w *world) {
			m := w.matrix(t, w.full())
			id := published(t, m, "停水通知", "a1")
			c.change(t, w, m)
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			d := only(t, m, id)
			require.Equal(t, c.state, d.State, d.Reason)
			require.Contains(t, d.Reason, c.reason)
			require.NotContains(t, d.Reason, "tok-")
			require.Zero(t, d.Attempt)
			require.Zero(t, w.board.calls)
			waiting, err := m.Attention(t.Context())
			require.NoError(t, err)
			require.Len(t, waiting, 1)
			require.Contains(t, w.verify(t), c.reason)
		}})
	}
	return append(rules, rule{"what a guard stopped goes out once when a person has mended the cause", mended})
}

func mended(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1")
	require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "核实中"))
	w.step(t, m, time.Second)
	d := only(t, m, id)
	require.Equal(t, govmedia.NotSent, d.State)
	require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "too early"))
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.NotSent, only(t, m, id).State, "still suspended")
	require.NoError(t, m.Registry.Reopen(t.Context(), "chief", "a1", "核实完毕"))
	w.step(t, m, time.Minute)
	require.Equal(t, govmedia.NotSent, only(t, m, id).State, "nothing goes out by itself")
	require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "open again"))
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.Live, only(t, m, id).State)
	require.Equal(t, 1, w.board.calls)
}
