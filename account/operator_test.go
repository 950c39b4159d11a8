package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix/sqlite"
)

func TestA7_AnOperatorIsHeldToTermAndContract(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	until := from.AddDate(0, 1, 0)
	out := account.Operator{ID: "out", Outsourced: true, Contract: account.Contract{From: from, Until: until, Accounts: []string{"a"}, Units: []string{"v"}}}
	gone := out
	gone.Left = from.AddDate(0, 0, 10)
	own := account.Operator{ID: "own", Left: until}
	for _, c := range []struct {
		name          string
		o             account.Operator
		account, unit string
		at            time.Time
		says          string // empty when it is allowed
	}{
		{"an account of the contract", out, "a", "u", from, ""},
		{"a unit of the contract", out, "z", "v", from, ""},
		{"neither", out, "z", "u", from, "not within"},
		{"before it begins", out, "a", "u", from.Add(-1), "begins at"},
		{"at its last instant", out, "a", "u", until.Add(-1), ""},
		{"at its end", out, "a", "u", until, "ended at"},
		{"left before its end", gone, "a", "u", gone.Left, "left at"},
		{"not yet left", gone, "a", "u", gone.Left.Add(-1), ""},
		{"own staff anywhere", own, "z", "z", until.Add(-1), ""},
		{"own staff that left", own, "z", "z", until, "left at"},
		{"own staff for ever", account.Operator{ID: "x"}, "z", "z", until.AddDate(99, 0, 0), ""},
		{"an outsider without a contract", account.Operator{ID: "x", Outsourced: true}, "a", "u", from, "ended at"},
	} {
		t.Run(c.name, func(t *testing.T) {
			why := c.o.Bar(c.account, c.unit, c.at)
			if c.says == "" {
				require.Empty(t, why)
				return
			}
			require.Contains(t, why, c.says)
			require.Contains(t, why, c.o.ID)
		})
	}
	require.Equal(t, until, out.Ends())
	require.Equal(t, gone.Left, gone.Ends())
	require.True(t, account.Operator{}.Ends().IsZero())
}

func TestA7_AnOperatorIsRegisteredWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	own := account.Operator{ID: "x", Name: "王某", Unit: "u"}
	out := own
	out.Outsourced = true
	out.Contract = account.Contract{Number: "1", Company: "示例公司", From: o.now, Until: o.now.AddDate(1, 0, 0), Accounts: []string{"a"}}
	for what, alter := range map[string]func() account.Operator{
		"no id":                      func() account.Operator { x := own; x.ID = ""; return x },
		"id with a slash":            func() account.Operator { x := own; x.ID = "a/b"; return x },
		"no name":                    func() account.Operator { x := own; x.Name = " "; return x },
		"own staff with a contract":  func() account.Operator { x := out; x.Outsourced = false; return x },
		"no number":                  func() account.Operator { x := out; x.Contract.Number = ""; return x },
		"no company":                 func() account.Operator { x := out; x.Contract.Company = ""; return x },
		"no beginning":               func() account.Operator { x := out; x.Contract.From = time.Time{}; return x },
		"no end":                     func() account.Operator { x := out; x.Contract.Until = time.Time{}; return x },
		"an end before it begins":    func() account.Operator { x := out; x.Contract.Until = o.now; return x },
		"a contract for nothing":     func() account.Operator { x := out; x.Contract.Accounts = nil; return x },
		"a training without a day":   func() account.Operator { x := own; x.Training = []account.Training{{Course: "保密"}}; return x },
		"a training without subject": func() account.Operator { x := own; x.Training = []account.Training{{At: o.now}}; return x },
	} {
		_, err := o.operators.Save(t.Context(), "admin", alter())
		require.ErrorIs(t, err, govmedia.KindInvalid, what)
	}
	for what, alter := range map[string]func(*account.Operator){
		"employer":     func(x *account.Operator) { x.Unit = "none" },
		"contractor's": func(x *account.Operator) { x.Contract.Units = []string{"none"} },
	} {
		x := out
		alter(&x)
		_, err := o.operators.Save(t.Context(), "admin", x)
		require.ErrorIs(t, err, govmedia.KindNotFound, what)
	}
	saved, err := o.operators.Save(t.Context(), "admin", out)
	require.NoError(t, err)
	_, err = o.operators.Leave(t.Context(), "chief", "x", time.Time{})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	_, err = o.operators.Leave(t.Context(), "chief", "x", o.now)
	require.NoError(t, err)
	_, err = o.operators.Save(t.Context(), "admin", saved)
	require.ErrorIs(t, err, govmedia.KindConflict, "an older version")
	saved.Version = 2
	saved.Left = time.Time{}
	saved, err = o.operators.Save(t.Context(), "admin", saved)
	require.NoError(t, err)
	require.Equal(t, o.now, saved.Left, "an edit does not bring anybody back")
}

func TestA7_WhoLeftWithoutRotationIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	check := func(rule string) map[string]govmedia.Finding {
		t.Helper()
		list, err := o.operators.Check(t.Context())
		return found(t, list, err, rule)
	}
	o.opened(t, proposed("a", "u"))
	put(t, o.vault, account.Credential{Account: "a", Access: govmedia.NewSecret("hush")})
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{proposed("b", "v")}}))
	require.Empty(t, check("operator.rotation"))
	require.Contains(t, check("operator.custodian"), "b", "nobody keeps it")
	require.NotContains(t, check("operator.custodian"), "a", "who was named in the request does")

	_, err := o.operators.Save(t.Context(), "admin", account.Operator{ID: "new", Name: "新人", Unit: "u"})
	require.NoError(t, err)
	require.Contains(t, check("operator.training"), "new")
	require.NotContains(t, check("operator.training"), "op")

	owed, err := o.operators.Leave(t.Context(), "chief", "op", o.now.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, owed)
	require.Empty(t, check("operator.rotation"), "still here")
	o.now = o.now.Add(time.Hour)
	f := check("operator.rotation")["a"]
	require.Equal(t, govmedia.SeverityError, f.Severity)
	require.Contains(t, f.Explanation, "“王某”")
	require.Contains(t, f.Explanation, "2026年11月23日")
	require.Contains(t, check("operator.custodian"), "a")

	// What the platform renews, and another key of ours, change nothing about what somebody knows.
	c, err := o.vault.Open(t.Context(), "a")
	require.NoError(t, err)
	o.now = o.now.Add(time.Hour)
	rotated := vault(t, o.engine, nil, ring("k2", "k1"))
	n, err := rotated.Rotate(t.Context(), "admin")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Contains(t, check("operator.rotation"), "a")
	again, err := rotated.Open(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, c.Connected, again.Connected)
	require.Greater(t, again.Version, c.Version)

	fresh, err := account.NewVault(o.engine, account.VaultConfig{Keys: ring("k2"), Now: func() time.Time { return o.now }})
	require.NoError(t, err)
	require.NoError(t, fresh.Put(t.Context(), "admin", account.Credential{Account: "a", Access: govmedia.NewSecret("new")}))
	require.Empty(t, check("operator.rotation"))
}

func TestA7_ARenewalIsNoRotation(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Microsecond)
	engine := newStore(t, sqlite.Memory, "a")
	p := &platform{}
	v, err := account.NewVault(engine, account.VaultConfig{
		Keys: ring("k1"), Now: func() time.Time { return now },
		Refresher: func(context.Context, string) (account.Refresher, error) { return p, nil },
	})
	require.NoError(t, err)
	c := put(t, v, credential("a", 2*time.Hour))
	require.Equal(t, now, c.Connected)
	now = now.Add(time.Hour)
	fresh, err := v.Renew(t.Context(), c)
	require.NoError(t, err)
	require.NotEqual(t, c.Access, fresh.Access)
	require.Equal(t, c.Connected, fresh.Connected)
}

func TestA7_AContractThatRanOutIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	out, err := o.operators.Save(t.Context(), "admin", account.Operator{ID: "out", Name: "张某", Unit: "u", Outsourced: true,
		Contract: account.Contract{Number: "合〔2026〕1号", Company: "示例公司", From: o.now, Until: o.now.AddDate(0, 1, 0), Units: []string{"u"}}})
	require.NoError(t, err)
	a := proposed("a", "u")
	r := complete(a)
	r.Operators = []string{"out"}
	_, err = o.Open(t.Context(), "opener", o.approved(t, r).ID)
	require.NoError(t, err)
	o.now = o.now.AddDate(0, 1, 0)
	list, err := o.operators.Check(t.Context())
	require.Contains(t, found(t, list, err, "operator.contract")["out"].Explanation, "合〔2026〕1号")
	require.Contains(t, found(t, list, err, "operator.rotation"), "a")
	out.Contract.Until = o.now.AddDate(1, 0, 0)
	_, err = o.operators.Save(t.Context(), "admin", out)
	require.NoError(t, err)
	list, err = o.operators.Check(t.Context())
	require.Empty(t, found(t, list, err, "operator.contract"))
	require.Empty(t, found(t, list, err, "operator.rotation"))
}

func TestA7_ALeavingThatIsPutOffStillForcesRotation(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-12-01 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	leave := func(day string) {
		t.Helper()
		_, err := o.operators.Leave(t.Context(), "chief", "op", beijing(t, day))
		require.NoError(t, err)
	}
	leave("2026-12-10 09:00")
	leave("2026-12-31 09:00")
	o.now = beijing(t, "2026-12-15 09:00")
	put(t, o.vault, account.Credential{Account: "a", Access: govmedia.NewSecret("hush")})
	o.now = beijing(t, "2027-01-05 09:00")
	list, err := o.operators.Check(t.Context())
	require.Contains(t, found(t, list, err, "operator.rotation")["a"].Explanation, "2026年12月31日")
}

func TestA7_WhoIsToLeaveHandsOverBefore(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-12-01 10:00"), account.LifecycleConfig{})
	o.opened(t, proposed("a", "u"))
	_, err := o.operators.Save(t.Context(), "admin", account.Operator{ID: "next", Name: "新人", Unit: "u"})
	require.NoError(t, err)
	_, err = o.operators.Leave(t.Context(), "chief", "op", beijing(t, "2026-12-10 09:00"))
	require.NoError(t, err)
	o.now = beijing(t, "2026-12-05 09:00")
	require.NoError(t, o.operators.Entrust(t.Context(), "admin", "a", "op", "next"))
	o.now = beijing(t, "2026-12-05 10:00")
	put(t, o.vault, account.Credential{Account: "a", Access: govmedia.NewSecret("hush")})
	o.now = beijing(t, "2026-12-11 09:00")
	list, err := o.operators.Check(t.Context())
	require.Empty(t, found(t, list, err, "operator.rotation"), "it was obtained anew after the handing over")
	require.Empty(t, found(t, list, err, "operator.custodian"))
}

func TestA7_AKeeperOutsideTheContractIsFound(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	out, err := o.operators.Save(t.Context(), "admin", account.Operator{ID: "out", Name: "张某", Unit: "u", Outsourced: true,
		Contract: account.Contract{Number: "合〔2026〕1号", Company: "示例公司", From: o.now, Until: o.now.AddDate(0, 1, 0), Units: []string{"u", "v"}}})
	require.NoError(t, err)
	for _, a := range []account.Account{proposed("a", "u"), proposed("b", "v")} {
		o.opened(t, a)
		require.NoError(t, o.operators.Entrust(t.Context(), "admin", a.ID, "", "out"))
	}
	check := func() map[string]govmedia.Finding {
		t.Helper()
		list, err := o.operators.Check(t.Context())
		return found(t, list, err, "operator.contract")
	}
	require.Empty(t, check())
	out.Contract.Units = []string{"u"}
	_, err = o.operators.Save(t.Context(), "admin", out)
	require.NoError(t, err)
	f := check()
	require.Len(t, f, 1)
	require.Equal(t, "custodian", f["b"].Field)
	require.Contains(t, f["b"].Explanation, "“张某”仍保管该账号凭证，但合同（合〔2026〕1号）已不包括该账号")
	require.NoError(t, o.operators.Entrust(t.Context(), "admin", "b", "out", "op"))
	require.Empty(t, check())
}
