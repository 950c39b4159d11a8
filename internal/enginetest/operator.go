package enginetest

import (
	"slices"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

func operatorRules() []rule {
	rules := []rule{
		{"operators come back as they were, and are kept by their version", operatorsKept},
		{"nothing is queued by an operator whose time is over, or for an account outside the contract", operatorQueues},
		{"what another person orders again leaves", operatorReplaced},
		{"a withdrawal leaves, whoever ordered it", operatorWithdraws},
		{"whoever is no operator is left to Authorize", operatorUnknown},
		{"a custody is handed from one to another, and ends with the operator", custodies},
		{"a day of leaving that is put off moves what is owed, and does not keep anybody from handing over", leavingPutOff},
		{"a credential that somebody who left has known is owed until it is obtained anew", rotations},
	}
	for _, c := range []struct {
		says   string
		change func(t *testing.T, w *world, m *matrix.Matrix)
		reason string
	}{
		{"has left", func(t *testing.T, w *world, m *matrix.Matrix) {
			_, err := m.Operators.Leave(t.Context(), "chief", "out", w.clock.now())
			require.NoError(t, err)
		}, `operator "out" left at 2026-11-22T01:00:00Z`},
		{"has a contract that ran out", func(_ *testing.T, w *world, _ *matrix.Matrix) { w.clock.pass(24 * time.Hour) },
			`the contract of operator "out" ended at 2026-11-23T01:00:00Z`},
		{"has a contract that covers less by now", func(t *testing.T, _ *world, m *matrix.Matrix) {
			o, err := m.Operators.Operator(t.Context(), "out")
			require.NoError(t, err)
			o.Contract.Units, o.Contract.Accounts = nil, []string{"a2"}
			_, err = m.Operators.Save(t.Context(), "chief", o)
			require.NoError(t, err)
		}, `account "a1" is not within the contract of operator "out"`},
		{"has another owner's account by now", func(t *testing.T, w *world, m *matrix.Matrix) {
			w.store.Exec(t, "INSERT INTO govmedia_unit (id, body) SELECT 'v', replace(body, '\"u\"', '\"v\"') FROM govmedia_unit")
			w.store.Exec(t, "UPDATE govmedia_account SET unit = 'v'")
		}, `account "a1" is not within the contract of operator "out"`},
	} {
		rules = append(rules, rule{"nothing leaves that was ordered by an operator who " + c.says, func(t *testing.T, w *world) {
			m := contracted(t, w)
			id := approved(t, m, "停水通知", "a1")
			_, err := m.Publisher.Publish(t.Context(), "out", id)
			require.NoError(t, err)
			c.change(t, w, m)
			w.step(t, m, time.Second)
			d := only(t, m, id)
			require.Equal(t, govmedia.NotSent, d.State, d.Reason)
			require.Equal(t, c.reason, d.Reason)
			require.Equal(t, govmedia.KindForbidden, d.Cause)
			require.Zero(t, d.Attempt)
			require.Zero(t, w.board.written())
			w.verify(t)
		}})
	}
	return rules
}

// contracted has an operator from outside for all accounts of u, for one day.
func contracted(t *testing.T, w *world) *matrix.Matrix {
	t.Helper()
	m := w.matrix(t, w.full())
	_, err := m.Operators.Save(t.Context(), "admin", outsider(w.clock.now()))
	require.NoError(t, err)
	return m
}

func outsider(now time.Time) account.Operator {
	return account.Operator{
		ID: "out", Name: "张某", Unit: "u", Outsourced: true,
		Contract: account.Contract{Number: "合〔2026〕1号", Company: "示例公司", From: now, Until: now.Add(24 * time.Hour), Units: []string{"u"}},
		Training: []account.Training{{Course: "保密", At: now}},
	}
}

func operatorsKept(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	want := outsider(w.clock.now())
	want.Version = 1
	got, err := m.Operators.Operator(ctx, "out")
	require.NoError(t, err)
	require.Equal(t, want, got)
	errs := atOnce(8, func(int) error { _, err := m.Operators.Save(ctx, "admin", got); return err })
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	_, err = m.Operators.Save(ctx, "admin", account.Operator{ID: "out", Name: "冒名", Unit: "u"})
	require.ErrorIs(t, err, govmedia.KindConflict, "the id is taken")
	_, err = m.Operators.Operator(ctx, "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = m.Operators.Save(ctx, "admin", account.Operator{ID: "b", Name: "乙", Unit: "u"})
	require.NoError(t, err)
	all, err := m.Operators.All(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, []string{"b", "out"}, []string{all[0].ID, all[1].ID})
	require.Contains(t, w.verify(t), "合〔2026〕1号")
}

func operatorQueues(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	_, err := m.Operators.Save(ctx, "admin", account.Operator{
		ID: "narrow", Name: "李某", Unit: "u", Outsourced: true,
		Contract: account.Contract{Number: "2", Company: "示例公司", From: w.clock.now().Add(time.Hour), Until: w.clock.now().Add(24 * time.Hour), Accounts: []string{"a1"}},
	})
	require.NoError(t, err)
	id := approved(t, m, "停水通知", "a1", "a2")
	refused := func(actor, why string) {
		t.Helper()
		_, err := m.Publisher.Publish(ctx, actor, id)
		require.ErrorIs(t, err, govmedia.KindForbidden)
		require.ErrorContains(t, err, why)
		require.Empty(t, deliveries(t, m, id), "not even for the account that it may")
	}
	refused("narrow", "begins at")
	w.clock.pass(time.Hour)
	refused("narrow", `account "a2" is not within`)
	w.clock.pass(23 * time.Hour)
	refused("out", "ended at")
	waiting, _ := w.plan(t, m, "明日停水")
	_, err = m.Publisher.Reschedule(ctx, "out", waiting, nil, "立即")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "nothing was queued")
	require.Equal(t, govmedia.Scheduled, deliveries(t, m, waiting.ID)[0].State, "it goes out when it was to")
	// Answers to citizens are held to the same.
	_, err = w.engine.Receive(ctx, "a1", w.clock.now(), []reply.Incoming{w.incoming("m1", "问")})
	require.NoError(t, err)
	_, err = m.Desk.Answer(ctx, "out", "case-m1", "答")
	require.ErrorIs(t, err, govmedia.KindForbidden)
	_, err = m.Desk.Answer(ctx, "clerk", "case-m1", "答")
	require.NoError(t, err)
	_, err = m.Publisher.Publish(ctx, "clerk", id)
	require.NoError(t, err)
	require.Len(t, deliveries(t, m, id), 2)
	w.verify(t)
}

func operatorReplaced(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	id := approved(t, m, "停水通知", "a1", "a2")
	_, err := m.Publisher.Publish(ctx, "out", id)
	require.NoError(t, err)
	w.clock.pass(24 * time.Hour)
	w.step(t, m, time.Second)
	ds := deliveries(t, m, id)
	require.Equal(t, govmedia.NotSent, ds[0].State)
	require.NoError(t, m.Resolve(ctx, "out", ds[0].ID, govmedia.DecideSend, "", "again"))
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.NotSent, deliveries(t, m, id)[0].State, "the same person")
	require.NoError(t, m.Resolve(ctx, "chief", ds[0].ID, govmedia.DecideSend, "", "仍要发"))
	w.step(t, m, time.Second)
	ds = deliveries(t, m, id)
	require.Equal(t, govmedia.Live, ds[0].State)
	require.Equal(t, govmedia.NotSent, ds[1].State, "that one was not ordered again")
	_, err = m.Publisher.Retry(ctx, "chief", publish.Retry{Post: id, Causes: []govmedia.Kind{govmedia.KindForbidden}}, "仍要发")
	require.NoError(t, err)
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.Live, deliveries(t, m, id)[1].State)
	require.Equal(t, 2, w.board.written())
}

func operatorWithdraws(t *testing.T, w *world) {
	m := contracted(t, w)
	id := published(t, m, "停水通知", "a1")
	w.step(t, m, time.Second)
	p, err := m.Publisher.Post(t.Context(), id)
	require.NoError(t, err)
	_, err = m.Publisher.Withdraw(t.Context(), "out", p, "有误")
	require.NoError(t, err)
	w.clock.pass(24 * time.Hour)
	w.step(t, m, time.Minute)
	d, err := m.Delivery(t.Context(), "withdraw/"+id+"/a1")
	require.NoError(t, err)
	require.NotContains(t, d.Reason, "contract", "taking down is what everybody may")
}

func operatorUnknown(t *testing.T, w *world) {
	m := contracted(t, w)
	id := published(t, m, "停水通知", "a1") // by "author"
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.Live, only(t, m, id).State)

	cfg := w.full()
	cfg.Lifecycle.KnownOperators = true
	strict := w.compose(t, w.engine, cfg)
	id = approved(t, strict, "停电通知", "a1")
	_, err := strict.Publisher.Publish(t.Context(), "author", id)
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "not in the register of operators")
	_, err = strict.Publisher.Publish(t.Context(), "out", id)
	require.NoError(t, err)
	w.step(t, strict, time.Second)
	require.Equal(t, govmedia.Live, only(t, strict, id).State)
}

func custodies(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	_, err := m.Operators.Save(ctx, "admin", account.Operator{ID: "own", Name: "王某", Unit: "u"})
	require.NoError(t, err)
	start := w.clock.now()
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "", "out"))
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "", "out"), "it is there already")
	require.ErrorIs(t, m.Operators.Entrust(ctx, "admin", "a1", "own", "out"), govmedia.KindConflict, "not in that custody")
	w.clock.pass(time.Hour)
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "out", "own"))
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a2", "", "own"))
	_, err = m.Operators.Leave(ctx, "chief", "own", start.Add(2*time.Hour))
	require.NoError(t, err)
	list, err := m.Operators.Custodies(ctx)
	require.NoError(t, err)
	require.Equal(t, []account.Custody{
		{Account: "a1", Operator: "out", Since: start, Until: start.Add(time.Hour)},
		{Account: "a1", Operator: "own", Since: start.Add(time.Hour), Until: start.Add(2 * time.Hour)},
		{Account: "a2", Operator: "own", Since: start.Add(time.Hour), Until: start.Add(2 * time.Hour)},
	}, slices.SortedFunc(slices.Values(list), func(a, b account.Custody) int { return a.Since.Compare(b.Since) }))
	w.clock.pass(time.Hour)
	require.ErrorIs(t, m.Operators.Entrust(ctx, "admin", "a3", "", "own"), govmedia.KindForbidden, "has left")
	require.ErrorIs(t, m.Operators.Entrust(ctx, "admin", "a3", "", "none"), govmedia.KindNotFound)
	w.verify(t)
}

func rotations(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	owed := func() (list []string) {
		t.Helper()
		all, err := m.Operators.Rotations(ctx)
		require.NoError(t, err)
		for _, c := range all {
			list = append(list, c.Operator+" "+c.Account)
		}
		return list
	}
	connect := func(id string) {
		t.Helper()
		require.NoError(t, m.Vault.Put(ctx, "admin", account.Credential{Account: id, Access: govmedia.NewSecret("tok")}))
	}
	_, err := m.Operators.Save(ctx, "admin", account.Operator{ID: "own", Name: "王某", Unit: "u"})
	require.NoError(t, err)
	for _, id := range []string{"a1", "a2", "a3"} {
		require.NoError(t, m.Operators.Entrust(ctx, "admin", id, "", "own"))
	}
	w.clock.pass(time.Hour)
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "own", "out"))
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a2", "own", "out"))
	w.clock.pass(time.Minute)
	connect("a2")
	require.Empty(t, owed(), "nobody has left")
	accounts, err := m.Operators.Leave(ctx, "chief", "own", w.clock.now())
	require.NoError(t, err)
	require.Equal(t, []string{"a1", "a3"}, accounts, "a2 has got another credential since it was handed over")
	require.Equal(t, []string{"own a1", "own a3"}, owed())

	// A renewal by the platform, and another key of ours, are no rotation.
	c, err := w.engine.Credential(ctx, "a1")
	require.NoError(t, err)
	c.Version++
	require.NoError(t, w.engine.PutCredential(ctx, "vault", c))
	require.Equal(t, []string{"own a1", "own a3"}, owed())
	connect("a1")
	require.Equal(t, []string{"own a3"}, owed(), "it was handed over before")
	connect("a3")
	require.Equal(t, []string{"own a3"}, owed(), "at the instant of leaving it may still have been seen")
	g := account.Grounds{Decision: "1", Notice: account.Notice{URL: "https://www.shili.example/1", On: w.clock.now()}}
	require.NoError(t, m.Lifecycle.Deregister(ctx, "chief", "a3", g))
	require.Empty(t, owed(), "what is gone needs no credential")
	w.clock.pass(24 * time.Hour)
	require.Equal(t, []string{"out a1", "out a2"}, owed(), "a contract that ran out is a leaving")
	w.verify(t)
}

func leavingPutOff(t *testing.T, w *world) {
	m := contracted(t, w)
	ctx := t.Context()
	_, err := m.Operators.Save(ctx, "admin", account.Operator{ID: "own", Name: "王某", Unit: "u"})
	require.NoError(t, err)
	for _, id := range []string{"a1", "a2"} {
		require.NoError(t, m.Operators.Entrust(ctx, "admin", id, "", "own"))
	}
	start := w.clock.now()
	leave := func(after time.Duration) {
		t.Helper()
		_, err := m.Operators.Leave(ctx, "chief", "own", start.Add(after))
		require.NoError(t, err)
	}
	owed := func() (list []account.Custody) {
		t.Helper()
		list, err := m.Operators.Rotations(ctx)
		require.NoError(t, err)
		return list
	}
	leave(time.Hour)
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a2", "own", "out"), "before the day")
	require.ErrorIs(t, m.Operators.Entrust(ctx, "admin", "a2", "own", "out"), govmedia.KindConflict, "it was handed over")
	leave(4 * time.Hour)
	w.clock.pass(2 * time.Hour)
	for _, id := range []string{"a1", "a2"} { // by the one who is still there
		require.NoError(t, m.Vault.Put(ctx, "own", account.Credential{Account: id, Access: govmedia.NewSecret("tok")}))
	}
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "", "own"), "it is there already")
	require.Empty(t, owed())
	custodies, err := m.Operators.Custodies(ctx)
	require.NoError(t, err)
	require.Equal(t, []account.Custody{
		{Account: "a1", Operator: "own", Since: start, Until: start.Add(4 * time.Hour)},
		{Account: "a2", Operator: "out", Since: start, Until: start.Add(24 * time.Hour)},
		{Account: "a2", Operator: "own", Since: start, Until: start},
	}, custodies)
	w.clock.pass(2 * time.Hour)
	require.Equal(t, custodies[:1], owed(), "a1 was connected before the leaving, a2 after it was handed over")
	require.NoError(t, m.Operators.Entrust(ctx, "admin", "a1", "own", "out"), "handed over late")
	require.Equal(t, custodies[:1], owed())
	w.verify(t)
}
