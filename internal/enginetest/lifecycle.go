package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func lifecycleRules() []rule {
	return []rule{
		{"a request is kept by its version, and opens one account", requestOpens},
		{"of two openings at once that one unit may not both have, one succeeds", openingsRace},
		{"an exemption is for its account, its owner and its time", exemptions},
		{"an account changes only from what was read", movesOnce},
		{"an import records what changed and takes nothing away that was decided here", importRecords},
		{"an event is filed once", filedOnce},
		{"an account that nothing happened to is returned to review once, by whoever sweeps", rechecks},
		{"nothing of an event's account leaves once it has ended, until it is extended", eventEnds},
		{"the state is not changed behind the lifecycle's back", stateGuarded},
		{"an archive holds what the account did, and its digest is recorded", archiveHolds},
	}
}

// officed registers the units that the cases below open accounts for, and an operator.
func officed(t *testing.T, w *world) *matrix.Matrix {
	t.Helper()
	m := w.compose(t, w.engine, w.full())
	require.NoError(t, m.Registry.Save(t.Context(), "admin", account.Register{Units: []account.Unit{
		{ID: "省", Name: "示例省政府办公厅", Level: account.Province},
		{ID: "u", Name: "示例市政府办公室", Level: account.City, Supervisor: "省"},
		{ID: "v", Name: "示例县政府办公室", Level: account.County, Supervisor: "u"},
	}}))
	_, err := m.Operators.Save(t.Context(), "admin", account.Operator{ID: "op", Name: "运维", Unit: "u"})
	require.NoError(t, err)
	return m
}

func (w *world) proposed(id, unit string) account.Account {
	return account.Account{
		ID: id, App: w.board.App(), Name: "示例" + id, Unit: unit, Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
	}
}

func request(a account.Account) account.Request {
	return account.Request{
		Account: a, Operators: []string{"op"}, Contact: account.Contact{Name: "王某", Phone: "000-0000"}, Rules: "管理办法", Reason: "便民",
	}
}

func approvedRequest(t *testing.T, m *matrix.Matrix, a account.Account) account.Request {
	t.Helper()
	r, err := m.Lifecycle.Apply(t.Context(), "applicant", request(a))
	require.NoError(t, err)
	r, err = m.Lifecycle.Approve(t.Context(), "approver", r, account.Grounds{Reason: "同意"})
	require.NoError(t, err)
	return r
}

// opens opens an account and connects it.
func opens(t *testing.T, m *matrix.Matrix, a account.Account) account.Account {
	t.Helper()
	a, err := m.Lifecycle.Open(t.Context(), "opener", approvedRequest(t, m, a).ID)
	require.NoError(t, err)
	require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: a.ID, Access: govmedia.NewSecret("tok-" + a.ID)}))
	return a
}

func steps(events []account.Event) []account.Step {
	var list []account.Step
	for _, e := range events {
		list = append(list, e.Step)
	}
	return list
}

func history(t *testing.T, m *matrix.Matrix, id string) []account.Event {
	t.Helper()
	list, err := m.Lifecycle.History(t.Context(), id)
	require.NoError(t, err)
	return list
}

func requestOpens(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	first, err := m.Lifecycle.Apply(ctx, "applicant", request(w.proposed("a1", "u")))
	require.NoError(t, err)
	edited, err := m.Lifecycle.Apply(ctx, "applicant", first)
	require.NoError(t, err)
	_, err = m.Lifecycle.Apply(ctx, "applicant", first)
	require.ErrorIs(t, err, govmedia.KindConflict, "an older version")
	_, err = m.Lifecycle.Approve(ctx, "approver", first, account.Grounds{})
	require.ErrorIs(t, err, govmedia.KindConflict, "not what the approver saw")
	approved, err := m.Lifecycle.Approve(ctx, "approver", edited, account.Grounds{})
	require.NoError(t, err)
	stored, err := w.engine.Request(ctx, first.ID)
	require.NoError(t, err)
	require.Equal(t, approved, stored)
	errs := atOnce(8, func(int) error { _, err := m.Lifecycle.Open(ctx, "opener", first.ID); return err })
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	a, err := w.engine.Account(ctx, "a1")
	require.NoError(t, err)
	require.Equal(t, w.proposed("a1", "u"), a)
	require.Equal(t, []account.Step{account.StepApply, account.StepApply, account.StepApprove, account.StepOpen}, steps(history(t, m, "a1")))
	custodies, err := m.Operators.Custodies(ctx)
	require.NoError(t, err)
	require.Equal(t, []account.Custody{{Account: "a1", Operator: "op", Since: w.clock.now()}}, custodies)
	opened, err := m.Lifecycle.Requests(ctx, account.RequestOpened)
	require.NoError(t, err)
	require.Len(t, opened, 1)
	again := approvedRequest(t, m, w.proposed("a1", "v"))
	_, err = m.Lifecycle.Open(ctx, "opener", again.ID)
	require.ErrorIs(t, err, govmedia.KindConflict)
	require.ErrorContains(t, err, `there is an account "a1" already`)
	require.Contains(t, w.verify(t), `"actor":"applicant","action":"account.apply","subject":"account/a1"`)
	require.NotContains(t, w.verify(t), "000-0000", "who is called at night is nobody's business who reads the log")
}

func openingsRace(t *testing.T, w *world) {
	m := officed(t, w)
	other := w.compose(t, w.process(t), w.full())
	var ids []string
	for i := range 8 {
		ids = append(ids, approvedRequest(t, m, w.proposed(fmt.Sprint("a", i), "u")).ID)
	}
	errs := atOnce(len(ids), func(i int) error {
		by := []*matrix.Matrix{m, other}[i%2]
		_, err := by.Lifecycle.Open(t.Context(), "opener", ids[i])
		return err
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_account"))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_request WHERE stage = 'opened'"), "what was refused changed nothing")
	w.verify(t)
}

func exemptions(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	opens(t, m, w.proposed("a1", "u"))
	second := approvedRequest(t, m, w.proposed("a2", "u"))
	refused := func(why string) {
		t.Helper()
		_, err := m.Lifecycle.Open(ctx, "opener", second.ID)
		require.ErrorIs(t, err, govmedia.KindConflict, why)
		require.ErrorContains(t, err, `"a1"`, "which one it has")
		require.ErrorContains(t, err, "exemption")
	}
	refused("none")
	until := w.clock.now().Add(24 * time.Hour)
	x := account.Exemption{Account: "a3", Unit: "u", Granted: "示例省政府办公厅", Reason: "民族语言", Until: until}
	for _, x.Account = range []string{"a3", "a2"} {
		x.Unit = map[string]string{"a3": "u", "a2": "v"}[x.Account]
		require.NoError(t, m.Lifecycle.Exempt(ctx, "chief", x))
		refused("for another account, for another owner")
	}
	x.Unit = "u"
	require.ErrorIs(t, m.Lifecycle.Exempt(ctx, "chief", x), govmedia.KindConflict, "v's still holds")
	w.clock.pass(24 * time.Hour)
	x.Until = w.clock.now().Add(24 * time.Hour)
	require.NoError(t, m.Lifecycle.Exempt(ctx, "chief", x))
	w.clock.pass(24 * time.Hour)
	refused("its time is over")
	x.Until = w.clock.now().Add(time.Hour)
	require.NoError(t, m.Lifecycle.Exempt(ctx, "chief", x))
	_, err := m.Lifecycle.Open(ctx, "opener", second.ID)
	require.NoError(t, err)
	all, err := w.engine.Exemptions(ctx)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, x, all[0])
	g := account.Grounds{Decision: "1", Notice: account.Notice{URL: "https://www.shili.example/1", On: w.clock.now()}}
	require.NoError(t, m.Lifecycle.Deregister(ctx, "chief", "a1", g))
	opens(t, m, w.proposed("a4", "u")) // beside the one that is exempt
	x.Unit = "v"
	require.ErrorIs(t, m.Lifecycle.Exempt(ctx, "chief", x), govmedia.KindConflict, "it is u's account")
	w.clock.pass(time.Hour)
	require.ErrorIs(t, m.Lifecycle.Exempt(ctx, "chief", x), govmedia.KindInvalid, "it is over")
	x.Until = w.clock.now().Add(time.Hour)
	require.ErrorIs(t, m.Lifecycle.Exempt(ctx, "chief", x), govmedia.KindConflict, "it is u's account still")
	require.Contains(t, w.verify(t), "民族语言")
}

func movesOnce(t *testing.T, w *world) {
	m := officed(t, w)
	a := opens(t, m, w.proposed("a1", "v"))
	errs := atOnce(8, func(i int) error {
		after := a
		after.Name = fmt.Sprint("新名", i)
		e := account.Event{ID: fmt.Sprint("e", i), Account: a.ID, Step: account.StepChange, Actor: "x", At: w.clock.now(), Changes: account.Changes(a, after)}
		return w.engine.MoveAccount(t.Context(), e, a, after, nil)
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	last := history(t, m, "a1")
	now, err := w.engine.Account(t.Context(), "a1")
	require.NoError(t, err)
	require.Equal(t, []account.Change{{Field: "name", Before: a.Name, After: now.Name}}, last[len(last)-1].Changes)
	require.ErrorIs(t, w.engine.MoveAccount(t.Context(), account.Event{ID: "e", Account: "none"}, a, account.Account{ID: "none"}, nil), govmedia.KindNotFound)
}

func importRecords(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	a := w.proposed("a1", "u")
	a.Kind, a.Expires, a.Joint = account.KindEvent, w.clock.now().Add(time.Hour), []string{"v"}
	opens(t, m, a)
	b := w.proposed("b1", "v")
	save := func(list ...account.Account) {
		t.Helper()
		require.NoError(t, m.Registry.Save(ctx, "importer", account.Register{Accounts: list}))
	}
	bare := a
	bare.Expires, bare.Joint = time.Time{}, nil
	save(bare, b)
	save(bare, b)
	stored, err := m.Registry.Account(ctx, "a1")
	require.NoError(t, err)
	require.Equal(t, a, stored, "a file that does not know of an end takes none away")
	bare.Expires = a.Expires.Add(time.Hour)
	save(bare)
	stored, err = m.Registry.Account(ctx, "a1")
	require.NoError(t, err)
	require.Equal(t, a.Expires, stored.Expires, "nor does it extend one")
	wrong := a
	wrong.Joint = []string{"v", "无此单位"}
	err = m.Registry.Save(ctx, "importer", account.Register{Accounts: []account.Account{wrong}})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, `joint owner "无此单位"`)
	b.Name, b.Unit = "新名", "u"
	save(b)
	b.State = account.Deregistered
	save(b)
	b.State = account.Suspended
	save(b)
	stored, err = m.Registry.Account(ctx, "b1")
	require.NoError(t, err)
	require.Equal(t, account.Deregistered, stored.State)
	events := history(t, m, "b1")
	require.Equal(t, []account.Step{account.StepRegister, account.StepChange, account.StepDeregister}, steps(events))
	require.Equal(t, []account.Change{{Field: "name", Before: "示例b1", After: "新名"}, {Field: "unit", Before: "v", After: "u"}}, events[1].Changes)
	require.Equal(t, "importer", events[1].Actor)
	require.Len(t, history(t, m, "a1"), 3, "apply, approve, open")
	w.verify(t)
}

func filedOnce(t *testing.T, w *world) {
	m := officed(t, w)
	opens(t, m, w.proposed("a1", "u"))
	filings, err := m.Lifecycle.Filings(t.Context())
	require.NoError(t, err)
	require.Len(t, filings, 1)
	errs := atOnce(8, func(int) error {
		return m.Lifecycle.File(t.Context(), "clerk", filings[0].Event.ID, "备〔2026〕1号", w.clock.now())
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	filings, err = m.Lifecycle.Filings(t.Context())
	require.NoError(t, err)
	require.Len(t, filings, 1)
	require.Equal(t, "备〔2026〕1号", filings[0].Number)
	require.ErrorIs(t, m.Lifecycle.File(t.Context(), "clerk", "none", "1", w.clock.now()), govmedia.KindNotFound)
}

func rechecks(t *testing.T, w *world) {
	m := officed(t, w)
	other := w.compose(t, w.process(t), w.full())
	for _, id := range []string{"a1", "a2", "a3"} {
		a := w.proposed(id, "u")
		a.Kind = account.KindOfficer
		opens(t, m, a)
	}
	require.NoError(t, m.Lifecycle.Suspend(t.Context(), "chief", "a3", account.Grounds{Reason: "停用"}))
	w.clock.pass(100 * 24 * time.Hour)
	post := published(t, m, "还在", "a2")
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.Live, only(t, m, post).State)
	w.clock.pass(90 * 24 * time.Hour) // half a year and some days since the opening
	returned := make([][]account.Event, 8)
	errs := atOnce(8, func(i int) (err error) {
		returned[i], err = []*matrix.Matrix{m, other}[i%2].Lifecycle.Sweep(t.Context())
		return err
	})
	require.NoError(t, errors.Join(errs...))
	var all []string
	for _, events := range returned {
		for _, e := range events {
			all = append(all, e.Account)
		}
	}
	require.Equal(t, []string{"a1"}, all, "a2 has spoken, a3 is suspended")
	list := history(t, m, "a1")
	require.Equal(t, account.StepRecheck, list[len(list)-1].Step)
	require.Contains(t, w.verify(t), "account.recheck")
}

func eventEnds(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	a := w.proposed("a1", "u")
	a.Kind, a.Expires = account.KindEvent, w.clock.now().Add(time.Hour)
	opens(t, m, a)
	first := published(t, m, "最后一条", "a1")
	w.clock.pass(time.Hour - time.Microsecond)
	_, err := m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, govmedia.Live, only(t, m, first).State)
	second := published(t, m, "迟到的", "a1") // queued, and its fence is at the end
	w.clock.pass(time.Microsecond)
	w.step(t, m, time.Second)
	d := only(t, m, second)
	require.Equal(t, govmedia.NotSent, d.State)
	require.Contains(t, d.Reason, "the account ended at 2026-11-22T02:00:00Z")
	require.Zero(t, d.Attempt)
	require.Equal(t, 1, w.board.written())
	_, err = m.Publisher.Draft(ctx, "author", publish.Post{Text: "更迟的", Targets: []string{"a1"}})
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "have it extended")
	require.NoError(t, m.Lifecycle.Extend(ctx, "chief", "a1", w.clock.now().Add(time.Hour), account.Grounds{Reason: "活动顺延"}))
	require.NoError(t, m.Resolve(ctx, "chief", d.ID, govmedia.DecideSend, "", "已延期"))
	w.step(t, m, time.Second)
	require.Equal(t, govmedia.Live, only(t, m, second).State)
	require.NoError(t, m.Lifecycle.HandBack(ctx, "chief", "a1", account.Grounds{Reason: "活动结束"}))
	now, err := m.Registry.Account(ctx, "a1")
	require.NoError(t, err)
	require.Equal(t, account.Suspended, now.State)
	require.Equal(t, []account.Step{account.StepApply, account.StepApprove, account.StepOpen, account.StepExtend, account.StepHandBack}, steps(history(t, m, "a1")))
	w.verify(t)
}

func stateGuarded(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	opens(t, m, w.proposed("a1", "u"))
	require.NoError(t, m.Registry.Suspend(ctx, "duty", "a1", "被盗用"))
	require.NoError(t, m.Registry.Suspend(ctx, "duty", "a1", "被盗用"))
	require.NoError(t, m.Registry.Reopen(ctx, "duty", "a1", "已收回"))
	require.Equal(t, []account.Step{account.StepApply, account.StepApprove, account.StepOpen, account.StepSuspend, account.StepReopen}, steps(history(t, m, "a1")),
		"the brake is an event as well, once")
	g := account.Grounds{Reason: "合并", Decision: "示办〔2026〕1号", Notice: account.Notice{URL: "https://www.shili.example/1", On: w.clock.now()}}
	require.NoError(t, m.Lifecycle.Deregister(ctx, "chief", "a1", g))
	require.ErrorIs(t, m.Registry.Reopen(ctx, "duty", "a1", "后悔"), govmedia.KindConflict)
	require.ErrorIs(t, m.Registry.Suspend(ctx, "duty", "a1", "后悔"), govmedia.KindConflict)
	opens(t, m, w.proposed("a2", "u"))
	opens(t, m, w.proposed("b1", "v"))
	require.NoError(t, m.Lifecycle.Consent(ctx, "owner", "b1", "u", "同意"))
	_, err := m.Archive(ctx, "archivist", "b1", &bytes.Buffer{})
	require.NoError(t, err)
	require.NoError(t, m.Lifecycle.TakeOver(ctx, "chief", "b1", "u", "a2", g))
	require.ErrorIs(t, m.Registry.Reopen(ctx, "duty", "b1", "后悔"), govmedia.KindConflict, "it sends the public to another one")
	require.ErrorIs(t, m.Lifecycle.Reopen(ctx, "chief", "b1", account.Grounds{}), govmedia.KindConflict, "its new owner has one")
	b, err := m.Registry.Account(ctx, "b1")
	require.NoError(t, err)
	require.Equal(t, "a2", b.Redirect)
	require.Equal(t, "u", b.Unit)
	require.Equal(t, account.Suspended, b.State)
	w.verify(t)
}

func archiveHolds(t *testing.T, w *world) {
	m := officed(t, w)
	ctx := t.Context()
	opens(t, m, w.proposed("a1", "u"))
	opens(t, m, w.proposed("b1", "v"))
	post := published(t, m, "通知一", "a1", "b1")
	published(t, m, "别人的", "b1")
	w.step(t, m, time.Second)
	var zip bytes.Buffer
	manifest, err := m.Archive(ctx, "archivist", "a1", &zip)
	require.NoError(t, err)
	verified, err := account.VerifyArchive(bytes.NewReader(zip.Bytes()), int64(zip.Len()))
	require.NoError(t, err)
	require.Equal(t, manifest, verified)
	require.Equal(t, "a1", manifest.Account)
	require.Contains(t, w.verify(t), manifest.Digest, "the log says which archive it was")
	require.Contains(t, w.verify(t), `"hash":"`+manifest.Head+`"`, "and the archive what the log was")
	text := zip.String()
	for _, held := range []string{"通知一", "post/" + post + "/a1", `"receipt"`, "account.jsonl", "便民"} {
		require.Contains(t, text, held)
	}
	for _, strange := range []string{"别人的", "post/" + post + "/b1", "000-0000"} {
		require.NotContains(t, text, strange)
	}
	list := history(t, m, "a1")
	require.Equal(t, manifest.Digest, list[len(list)-1].Digest)
	_, err = m.Archive(ctx, "archivist", "none", &zip)
	require.ErrorIs(t, err, govmedia.KindNotFound)
	require.ErrorIs(t, w.engine.History(ctx, "a1", func(string, any) error { return errDown }), errDown)
}
