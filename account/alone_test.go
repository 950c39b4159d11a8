package account_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// A register in which thousands of accounts are entered below one unit does not repeat all of them in each finding.
func TestA3_AFindingNamesAFewOfManyAccounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	var reg account.Register
	for i := range 300 {
		reg.Accounts = append(reg.Accounts, proposed(fmt.Sprintf("x%03d", i), "u"))
	}
	require.NoError(t, o.Save(t.Context(), "importer", reg))
	found := o.check(t, "lifecycle.one_account")
	require.Len(t, found, 300)
	for id, f := range found {
		require.Contains(t, f.Explanation, "等299个账号。")
		require.NotContains(t, f.Explanation, "（"+id+"）")
		require.Less(t, len(f.Explanation), 2000)
	}
}

func TestA3_ASecondAccountNeedsAnExemption(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		alter   func(first, second *account.Account)
		allowed bool
	}{
		{"another one on the platform", func(_, _ *account.Account) {}, false},
		{"a service account beside the broadcasting one", func(_, b *account.Account) { b.Role = account.RoleService }, false},
		{"through another client key", func(_, b *account.Account) { b.App.Key = "other" }, false},
		{"another app", func(a, b *account.Account) { a.Kind, b.Kind = account.KindApp, account.KindApp }, false},
		{"another mini-program", func(a, b *account.Account) { a.Kind, b.Kind = account.KindMiniProgram, account.KindMiniProgram }, false},
		{"on another platform", func(_, b *account.Account) { b.App.Platform = "wechat" }, true},
		{"of another unit", func(_, b *account.Account) { b.Unit = "v" }, true},
		{"a mini-program beside an account", func(_, b *account.Account) { b.Kind = account.KindMiniProgram }, true},
		{"an officer's", func(_, b *account.Account) { b.Kind = account.KindOfficer }, true},
		{"of an event", func(_, b *account.Account) {
			b.Kind, b.Expires = account.KindEvent, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
			first, second := proposed("a", "u"), proposed("b", "u")
			c.alter(&first, &second)
			o.opened(t, first)
			r := o.approved(t, complete(second))
			_, err := o.Open(t.Context(), "opener", r.ID)
			if c.allowed {
				require.NoError(t, err)
				require.Empty(t, o.check(t, "lifecycle.one_account"))
				return
			}
			require.ErrorIs(t, err, govmedia.KindConflict)
			require.ErrorContains(t, err, `"a"`)
			require.ErrorContains(t, err, "豁免")
			require.NoError(t, o.Exempt(t.Context(), "chief", account.Exemption{Account: "b", Unit: "u", Granted: "示例省政府办公厅", Reason: "双语", Until: o.now.AddDate(1, 0, 0)}))
			_, err = o.Open(t.Context(), "opener", r.ID)
			require.NoError(t, err)
			require.Empty(t, o.check(t, "lifecycle.one_account"))
			o.now = o.now.AddDate(1, 0, 0)
			late := o.check(t, "lifecycle.one_account")
			require.ElementsMatch(t, []string{"a", "b"}, slices.Collect(maps.Keys(late)), "the exemption has ended")
			require.Contains(t, late["b"].Explanation, "豁免已于2027年11月23日到期")
		})
	}
}

func TestA3_TheOtherOneMayBeGoneOrPointAway(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	r := o.approved(t, complete(proposed("b", "u")))
	require.NoError(t, o.Lifecycle.Suspend(t.Context(), "chief", "a", o.grounds()))
	_, err := o.Open(t.Context(), "opener", r.ID)
	require.ErrorIs(t, err, govmedia.KindConflict, "the platform still shows it")
	require.NoError(t, o.Deregister(t.Context(), "chief", "a", o.grounds()))
	_, err = o.Open(t.Context(), "opener", r.ID)
	require.NoError(t, err)

	c := o.opened(t, proposed("c", "v"))
	c.Unit = "u"
	require.ErrorIs(t, o.Change(t.Context(), "chief", c, o.grounds()), govmedia.KindConflict, "moving one to its owner is no way around")
	c.Unit, c.Name = "v", "新名"
	require.NoError(t, o.Change(t.Context(), "chief", c, o.grounds()))
}

// A register of what is there is imported as it is; what is wrong with it is found.
func TestA3_AnImportedRegisterIsChecked(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	on := func(id, unit, platform, name string, kind account.Kind) account.Account {
		a := proposed(id, unit)
		a.App.Platform, a.Name, a.Kind = platform, name, kind
		return a
	}
	gone := on("a5", "u", "weibo", "旧示例发布", account.KindUnit)
	gone.State = account.Deregistered
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{
		on("a1", "u", "weibo", "示例发布", account.KindUnit),
		on("a2", "u", "weibo", "示例发布二", account.KindUnit),
		on("a3", "u", "wechat", "示例发布", account.KindUnit),
		on("a4", "u", "weibo", "李局长", account.KindOfficer),
		gone,
		on("a6", "u", "weibo", "示例马拉松", account.KindEvent),
		on("a7", "u", "app", "示例通", account.KindApp),
		on("b1", "v", "weibo", "示例县", account.KindUnit),
		on("b2", "v", "wechat", "示例县发布", account.KindUnit),
	}}))
	two := o.check(t, "lifecycle.one_account")
	require.ElementsMatch(t, []string{"a1", "a2"}, slices.Collect(maps.Keys(two)))
	require.Contains(t, two["a1"].Explanation, "“示例发布二”（a2）")
	require.Equal(t, govmedia.SeverityError, two["a1"].Severity)
	require.Contains(t, two["a1"].Citation, "国办发〔2018〕123号")
	require.Contains(t, two["a1"].Citation, "（已核对原文）")
	names := o.check(t, "lifecycle.same_name")
	require.ElementsMatch(t, []string{"a2", "b2"}, slices.Collect(maps.Keys(names)), "the name that most have, or else the first")
	require.Equal(t, govmedia.SeverityWarning, names["a2"].Severity)
	require.Contains(t, names["b2"].Suggestion, "“示例县”")
	require.Contains(t, o.check(t, "lifecycle.event_account"), "a6", "without an end")
	require.Len(t, o.check(t, "lifecycle.opening"), 8, "nobody opened them here; that one is over")
	require.Equal(t, govmedia.SeverityInfo, o.check(t, "lifecycle.opening")["a1"].Severity)
}

func TestA3_AnExemptionSaysWhoWhyAndUntilWhen(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	whole := account.Exemption{Account: "b", Unit: "u", Granted: "示例省政府办公厅", Reason: "双语", Until: o.now.Add(time.Hour)}
	for what, alter := range map[string]func(*account.Exemption){
		"who":       func(x *account.Exemption) { x.Granted = " " },
		"why":       func(x *account.Exemption) { x.Reason = "" },
		"for ever":  func(x *account.Exemption) { x.Until = time.Time{} },
		"over":      func(x *account.Exemption) { x.Until = o.now },
		"for which": func(x *account.Exemption) { x.Account = "" },
	} {
		x := whole
		alter(&x)
		require.ErrorIs(t, o.Exempt(t.Context(), "chief", x), govmedia.KindInvalid, what)
	}
	x := whole
	x.Unit = "none"
	require.ErrorIs(t, o.Exempt(t.Context(), "chief", x), govmedia.KindNotFound)
	require.NoError(t, o.Exempt(t.Context(), "chief", whole))
}
