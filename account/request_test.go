package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// ofUnit lets people of a unit, called "v.clerk", do everything with accounts of it and nothing else; admin is of all.
func ofUnit(_ context.Context, actor string, _ account.Step, a account.Account) error {
	if unit, _, _ := strings.Cut(actor, "."); unit != "admin" && unit != a.Unit {
		return errors.New("another unit's")
	}
	return nil
}

func TestA2_ARequestIsEditedByItsOwnUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{Authorize: ofUnit})
	mine, err := o.Apply(t.Context(), "u.clerk", complete(proposed("a", "u")))
	require.NoError(t, err)
	other := complete(proposed("b", "v"))
	other.ID, other.Version = mine.ID, mine.Version
	_, err = o.Apply(t.Context(), "v.clerk", other)
	require.ErrorIs(t, err, govmedia.KindForbidden)
	stored, err := o.Request(t.Context(), mine.ID)
	require.NoError(t, err)
	require.Equal(t, mine, stored)
	mine.Reason = "再次说明"
	mine, err = o.Apply(t.Context(), "u.clerk", mine)
	require.NoError(t, err)
	mine.Version--
	_, err = o.Apply(t.Context(), "u.clerk", mine)
	require.ErrorIs(t, err, govmedia.KindConflict, "an older version")
}

func TestA3_AnExemptionIsItsUnits(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{Authorize: ofUnit})
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{proposed("a", "u")}}))
	exempt := func(id, unit string, d time.Duration) error {
		return o.Exempt(t.Context(), unit+".chief", account.Exemption{Account: id, Unit: unit, Granted: "示例省政府办公厅", Reason: "民族语言", Until: o.now.Add(d)})
	}
	require.NoError(t, exempt("b", "u", time.Hour))
	before, err := o.engine.Exemptions(t.Context())
	require.NoError(t, err)
	for what, err := range map[string]error{"an account": exempt("a", "v", time.Hour), "an exemption": exempt("b", "v", time.Hour)} {
		require.ErrorIs(t, err, govmedia.KindConflict, "%s of u's", what)
	}
	after, err := o.engine.Exemptions(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, exempt("b", "u", 2*time.Hour), "the own one is replaced")
	require.NoError(t, exempt("a", "u", time.Hour))
	o.now = o.now.Add(2 * time.Hour)
	require.NoError(t, exempt("b", "v", time.Hour), "u's is over, and the id nobody's")
	require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{proposed("b", "u")}}))
	require.NoError(t, exempt("b", "u", time.Hour), "what v was granted says nothing about the account of u")
}

func TestA2_NobodyDecidesARequestThatIsPartlyTheOwn(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(t *testing.T, o *office, r account.Request) account.Request{
		"another one edited it since": func(_ *testing.T, _ *office, r account.Request) account.Request { return r },
		"it was turned down before": func(t *testing.T, o *office, r account.Request) account.Request {
			r, err := o.Reject(t.Context(), "p3", r, account.Grounds{Reason: "补充"})
			require.NoError(t, err)
			return r
		},
		"it was approved before": func(t *testing.T, o *office, r account.Request) account.Request {
			r, err := o.Approve(t.Context(), "p3", r, account.Grounds{})
			require.NoError(t, err)
			return r
		},
		"it was for another account": func(t *testing.T, o *office, r account.Request) account.Request {
			r.Account.ID = "b"
			r, err := o.Apply(t.Context(), "p4", r)
			require.NoError(t, err)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
			other := complete(proposed("z", "v")) // somebody else's, by p3
			_, err := o.Apply(t.Context(), "p3", other)
			require.NoError(t, err)
			r, err := o.Apply(t.Context(), "p1", complete(proposed("a", "u")))
			require.NoError(t, err)
			r = between(t, o, r)
			r.Reason += "！"
			r, err = o.Apply(t.Context(), "p2", r)
			require.NoError(t, err)
			for _, actor := range []string{"p1", "p2"} {
				_, err := o.Approve(t.Context(), actor, r, account.Grounds{})
				require.ErrorIs(t, err, govmedia.KindForbidden, actor)
				require.ErrorContains(t, err, "another person")
				_, err = o.Reject(t.Context(), actor, r, account.Grounds{})
				require.ErrorIs(t, err, govmedia.KindForbidden, actor)
			}
			r, err = o.Approve(t.Context(), "p3", r, account.Grounds{})
			require.NoError(t, err)
			require.Equal(t, "p3", r.Approver)
		})
	}
}

func TestA2_TheOwnersNoticeOfADeregisteredAccountCanBeAdded(t *testing.T) {
	t.Parallel()
	o := newOffice(t, beijing(t, "2026-11-23 10:00"), account.LifecycleConfig{})
	a := proposed("a", "u")
	for _, alter := range []func(){func() {}, func() { a.Unit = "v" }, func() { a.State = account.Deregistered }} {
		alter()
		require.NoError(t, o.Save(t.Context(), "importer", account.Register{Accounts: []account.Account{a}}))
	}
	f := o.check(t, "lifecycle.owner_notice")["a"]
	require.NotContains(t, f.Suggestion, "以“变更”")
	require.Contains(t, f.Suggestion, "以“注销”")
	require.ErrorIs(t, o.Change(t.Context(), "chief", a, o.grounds()), govmedia.KindConflict)
	require.NoError(t, o.Deregister(t.Context(), "chief", "a", o.grounds()), "as it advises")
	require.Empty(t, o.check(t, "lifecycle.owner_notice"))
}
