package account_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func TestA11_AnAccountLeftAloneForSixMonthsReturnsToReview(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-01-05 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{proposed("b", "v")}}))
	sweep := func() (ids []string) {
		t.Helper()
		events, err := o.Sweep(t.Context())
		require.NoError(t, err)
		for _, e := range events {
			require.Equal(t, account.StepRecheck, e.Step)
			require.Contains(t, e.Reason, "本系统默认", "no document says six months, and it says so")
			ids = append(ids, e.Account)
		}
		return ids
	}
	o.now = beijing(t, "2026-07-05 10:00").Add(-1000)
	require.Empty(t, sweep())
	o.now = beijing(t, "2026-07-05 10:00")
	require.Equal(t, []string{"a", "b"}, sweep())
	require.Empty(t, sweep(), "they wait already")
	f := o.check(t, "lifecycle.recheck")
	require.Len(t, f, 2)
	require.Contains(t, f["a"].Explanation, "2026年7月5日退回复核")
	require.Equal(t, govmedia.SeverityWarning, f["a"].Severity)

	require.ErrorIs(t, o.Keep(t.Context(), "chief", "a", account.Grounds{}), govmedia.KindInvalid, "say why")
	require.NoError(t, o.Keep(t.Context(), "chief", "a", account.Grounds{Reason: "汛期使用"}))
	require.NoError(t, o.Lifecycle.Suspend(t.Context(), "chief", "b", account.Grounds{Reason: "停用"}))
	require.Empty(t, o.check(t, "lifecycle.recheck"))
	o.now = beijing(t, "2027-01-05 10:00")
	require.Equal(t, []string{"a"}, sweep(), "it has been left alone again; b is suspended")
}

func TestA11_SixMonthsEndWithAShorterMonth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ opened, early, due string }{
		{"2026-03-01 10:00", "2026-08-31 23:59", "2026-09-01 10:00"}, // 31 February is no day in March
		{"2026-02-28 01:00", "2026-08-28 00:59", "2026-08-31 01:00"}, // of Beijing, not of UTC
	} {
		o := newOffice(t, beijing(t, c.opened), account.LifecycleConfig{})
		o.opened(t, proposed("a", "u"))
		o.now = beijing(t, c.early)
		events, err := o.Sweep(t.Context())
		require.NoError(t, err)
		require.Empty(t, events, c.early)
		o.now = beijing(t, c.due)
		events, err = o.Sweep(t.Context())
		require.NoError(t, err)
		require.Len(t, events, 1, c.due)
	}
}

func TestA11_TakeOverNeedsConsentArchiveNoticeAndRedirect(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	ctx := t.Context()
	o.opened(t, proposed("main", "u"))
	o.opened(t, proposed("a", "v"))
	put(t, o.vault, account.Credential{Account: "a", Access: govmedia.NewSecret("hush")})
	take := func(actor string) error { return o.TakeOver(ctx, actor, "a", "u", "main", o.grounds()) }
	refused := func(err error, words ...string) {
		t.Helper()
		require.ErrorIs(t, err, govmedia.KindForbidden)
		for _, w := range words {
			require.ErrorContains(t, err, w)
		}
	}
	refused(o.TakeOver(ctx, "chief", "a", "u", "none", account.Grounds{}), "主办单位同意", "归档", "公告", "去向")
	refused(o.TakeOver(ctx, "chief", "a", "v", "main", o.grounds()), "not among the supervisors")
	refused(o.TakeOver(ctx, "chief", "main", "v", "a", o.grounds()), "not among the supervisors")
	refused(o.Consent(ctx, "owner", "a", "v", "同意"), "not among the supervisors")
	require.NoError(t, o.Archived(ctx, "archivist", "a", "d0"))
	require.NoError(t, o.Consent(ctx, "owner", "a", "省", "同意"))
	refused(take("chief"), "主办单位同意", "归档")
	require.NoError(t, o.Consent(ctx, "owner", "a", "u", "同意"))
	refused(take("chief"), "归档")
	require.NoError(t, o.Archived(ctx, "archivist", "a", "d1"))
	require.NoError(t, o.Consent(ctx, "owner", "a", "u", "再次同意"))
	refused(take("chief"), "归档") // it may have published since
	require.NoError(t, o.Archived(ctx, "archivist", "a", "d2"))
	refused(take("owner"), "another person")
	refused(o.TakeOver(ctx, "chief", "a", "u", "a", o.grounds()), "去向")
	require.NoError(t, take("chief"))

	a, err := o.Account(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "u", a.Unit)
	require.Equal(t, "main", a.Redirect, "what the directory shows")
	require.Equal(t, account.Suspended, a.State)
	require.Empty(t, o.check(t, "lifecycle.one_account"), "it sends the public to the other one")
	require.Empty(t, o.check(t, "lifecycle.owner_notice"))
	history, err := o.History(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, account.StepApply, history[0].Step, "its history stays")
	last := history[len(history)-1]
	require.Equal(t, account.StepTakeOver, last.Step)
	require.Equal(t, []account.Change{{Field: "unit", Before: "v", After: "u"}, {Field: "state", Before: "open", After: "suspended"}, {Field: "redirect", After: "main"}}, last.Changes)
	filings, err := o.Filings(ctx)
	require.NoError(t, err)
	require.Equal(t, account.StepTakeOver, filings[len(filings)-1].Event.Step, "and is filed")
	refused(o.TakeOver(ctx, "chief", "a", "省", "main", o.grounds()), "主办单位同意")
	require.ErrorIs(t, o.Lifecycle.Reopen(ctx, "chief", "a", account.Grounds{}), govmedia.KindConflict, "u has one")
	require.NoError(t, o.Save(ctx, "importer", account.Register{Accounts: []account.Account{proposed("a", "u")}}))
	a, err = o.Account(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "main", a.Redirect, "an import takes no redirect away")
}

func TestA11_AConsentEndsWithTheOwnerWhoGaveIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	ctx := t.Context()
	o.opened(t, proposed("main", "省"))
	a := o.opened(t, proposed("a", "v"))
	require.NoError(t, o.Consent(ctx, "owner", "a", "省", "同意"))
	require.NoError(t, o.Archived(ctx, "archivist", "a", "d"))
	a.Unit = "u"
	require.NoError(t, o.Change(ctx, "chief", a, o.grounds()))
	err := o.TakeOver(ctx, "chief", "a", "省", "main", o.grounds())
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "主办单位同意")
}

func builtInJSON(tb testing.TB) []byte {
	tb.Helper()
	text, err := os.ReadFile("lifecycle.json")
	require.NoError(tb, err)
	return text
}

func TestA2_RulesAreData(t *testing.T) {
	t.Parallel()
	rules, err := account.ReadLifecycle(bytes.NewReader(builtInJSON(t)))
	require.NoError(t, err)
	require.Equal(t, account.BuiltInLifecycle(), rules)
	require.NotContains(t, string(builtInJSON(t)), `"confidence": "M"`, "nothing that was only recalled is a default")
	rules.Filing[0].Days = 99
	require.Equal(t, 5, account.BuiltInLifecycle().Filing[0].Days, "a copy of one's own")

	for what, change := range map[string][2]string{
		"unknown field":      {`"days": 5`, `"days": 5, "hours": 3`},
		"no days":            {`"days": 5`, `"days": 0`},
		"no version":         {`"version": "2026-11"`, `"version": ""`},
		"unknown step":       {`"open", "change"`, `"open", "dance"`},
		"what is not filed":  {`"open", "change"`, `"open", "archive"`},
		"unknown kind":       {`"mini_program"`, `"robot"`},
		"preset twice":       {`"strict"`, `"hubei"`},
		"no id":              {`"id": "operator.training"`, `"id": ""`},
		"no citation":        {`123号：加强业务培训，专岗专责"`, `", "citation": ""`},
		"unknown grade":      {`"confidence": "S"`, `"confidence": "?"`},
		"unknown severity":   {`"severity": "info"`, `"severity": "loud"`},
		"impossible day":     {`"2018-12-07"`, `"2018-13-07"`},
		"no months":          {`"months": 6`, `"months": 0`},
		"more after the end": {"\n}\n", "\n}{}\n"},
		"not JSON":           {`{`, `[`},
	} {
		text := strings.Replace(string(builtInJSON(t)), change[0], change[1], 1)
		require.NotEqual(t, string(builtInJSON(t)), text, what)
		_, err := account.ReadLifecycle(strings.NewReader(text))
		require.ErrorIs(t, err, govmedia.KindInvalid, what)
	}
	own, err := json.Marshal(account.BuiltInLifecycle())
	require.NoError(t, err)
	_, err = account.ReadLifecycle(bytes.NewReader(own))
	require.NoError(t, err)
	_, err = account.NewLifecycle(nil, nil, nil, account.LifecycleConfig{Preset: "mars"})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, `"hubei"`)
	_, err = account.NewOperators(nil, nil, account.LifecycleConfig{Rules: &account.LifecycleRules{}})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}
