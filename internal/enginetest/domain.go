package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/stretchr/testify/require"
)

func registerRules() []rule {
	return []rule{
		{"units and accounts come back as they were, in the order of their ids' bytes", registerKeeps},
		{"a register is saved whole or not at all", registerWhole},
		{"an import never reopens what was stopped", registerStopped},
		{"units and accounts that are read together belong together", registerOneMoment},
	}
}

// odd are texts that a store may want to change.
func odd() []string {
	return []string{"B", "a", "Z", "é", "中文", "ａ", "a'b", `a"b`, `a\b`, "a?b", "a%b", "𠮷", "-- x", "$1", "a b ", "ß", "\u0000nul", "1e3", "NULL"}
}

func registerKeeps(t *testing.T, w *world) {
	var reg account.Register
	for _, o := range odd() {
		id := strings.ReplaceAll(o, "\x00", "")
		reg.Units = append(reg.Units, account.Unit{ID: id, Name: "单位" + o, Level: account.City, Source: o})
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: "board", Key: "k"}, Name: o, Unit: id, Kind: account.KindUnit, Role: account.RoleBroadcast,
			State: account.Open, Clusters: []string{"矩阵", id}, Verification: o,
		})
	}
	require.NoError(t, w.engine.SaveRegister(t.Context(), "管理员", reg))
	got, err := w.engine.Register(t.Context())
	require.NoError(t, err)
	slices.SortFunc(reg.Units, func(a, b account.Unit) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(reg.Accounts, func(a, b account.Account) int { return strings.Compare(a.ID, b.ID) })
	require.Equal(t, reg, got)
	members, err := w.engine.Cluster(t.Context(), "矩阵")
	require.NoError(t, err)
	require.Equal(t, reg.Accounts, members)
	for _, a := range reg.Accounts {
		one, err := w.engine.Account(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, a, one)
		u, err := w.engine.Unit(t.Context(), a.ID)
		require.NoError(t, err)
		require.Equal(t, "单位"+a.Name, u.Name)
	}
	_, err = w.engine.Account(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	nobody, err := w.engine.Cluster(t.Context(), "none")
	require.NoError(t, err)
	require.Empty(t, nobody)
}

func registerWhole(t *testing.T, w *world) {
	w.matrix(t, w.full())
	before, err := w.engine.Register(t.Context())
	require.NoError(t, err)
	err = w.engine.SaveRegister(t.Context(), "admin", account.Register{
		Units:    []account.Unit{{ID: "v", Name: "新", Level: account.City}, {ID: "w", Name: "新", Level: account.City, Supervisor: "无此单位"}},
		Accounts: []account.Account{{ID: "x", Unit: "也无"}},
	})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, "无此单位")
	require.ErrorContains(t, err, "也无")
	after, err := w.engine.Register(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func registerStopped(t *testing.T, w *world) {
	w.matrix(t, w.full())
	require.NoError(t, w.engine.SetAccountState(t.Context(), "chief", "a1", account.Suspended, "被盗\x00用"))
	reg, err := w.engine.Register(t.Context())
	require.NoError(t, err)
	reg.Accounts[0].State, reg.Accounts[0].Name = account.Open, "新名"
	require.NoError(t, w.engine.SaveRegister(t.Context(), "admin", reg))
	a, err := w.engine.Account(t.Context(), "a1")
	require.NoError(t, err)
	require.Equal(t, account.Suspended, a.State)
	require.Equal(t, "新名", a.Name)
	require.NoError(t, w.engine.SetAccountState(t.Context(), "chief", "a1", account.Open, "核实"))
	require.ErrorIs(t, w.engine.SetAccountState(t.Context(), "chief", "none", account.Open, "核实"), govmedia.KindNotFound)
	require.Contains(t, w.verify(t), "被盗用")
}

// Every set has as many accounts as units; whoever reads must not see the units of one and the accounts of another.
func registerOneMoment(t *testing.T, w *world) {
	other := w.process(t)
	errs := atOnce(4, func(i int) (err error) {
		for n := range 20 {
			if i == 0 {
				id := fmt.Sprint("n", n)
				err = errors.Join(err, other.SaveRegister(t.Context(), "admin", account.Register{
					Units:    []account.Unit{{ID: id, Name: id, Level: account.City}},
					Accounts: []account.Account{{ID: id, Unit: id, Name: id, State: account.Open}},
				}))
				continue
			}
			reg, readErr := w.engine.Register(t.Context())
			if len(reg.Units) != len(reg.Accounts) {
				readErr = errors.Join(readErr, fmt.Errorf("%d units and %d accounts", len(reg.Units), len(reg.Accounts)))
			}
			err = errors.Join(err, readErr)
		}
		return err
	})
	require.NoError(t, errors.Join(errs...))
}

func vaultRules() []rule {
	return []rule{
		{"a credential is replaced by its next version only", vaultVersions},
		{"a lease is for its version and its time", vaultLeases},
		{"credentials are kept to the byte, in the order of their accounts", vaultKeeps},
	}
}

func sealed(id string, version int64) account.SealedCredential {
	box := make([]byte, 256)
	for i := range box {
		box[i] = byte(i)
	}
	return account.SealedCredential{Account: id, Version: version, KeyID: "k1", Box: box, Expires: time.Date(2027, 1, 1, 0, 0, 0, 123456000, time.UTC), Renews: version%2 == 0}
}

func vaultVersions(t *testing.T, w *world) {
	w.populate(t, w.compose(t, w.engine, w.full()), "a1")
	put := func(version int64) error { return w.engine.PutCredential(t.Context(), "admin", sealed("a1", version)) }
	require.ErrorIs(t, put(1), govmedia.KindConflict)
	require.ErrorIs(t, put(3), govmedia.KindConflict)
	require.NoError(t, put(2))
	require.ErrorIs(t, put(2), govmedia.KindConflict)
	require.ErrorIs(t, w.engine.PutCredential(t.Context(), "admin", sealed("none", 1)), govmedia.KindNotFound)
	errs := atOnce(8, func(int) error { return put(3) })
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
}

func vaultLeases(t *testing.T, w *world) {
	w.matrix(t, w.full())
	ctx := t.Context()
	require.NoError(t, w.engine.PutCredential(ctx, "admin", sealed("a1", 2)))
	opened := w.clock.now()
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
		granted, err := w.engine.LeaseCredential(ctx, "a1", lease.version, lease.owner, now, now.Add(time.Minute))
		require.NoError(t, err)
		require.Equal(t, lease.granted, granted, lease.name)
	}
	require.NoError(t, w.engine.ReleaseCredential(ctx, "a1", "p1"), "not its lease any more")
	granted, err := w.engine.LeaseCredential(ctx, "a1", 2, "p3", opened.Add(2*time.Minute), opened.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, granted)
	require.NoError(t, w.engine.ReleaseCredential(ctx, "a1", "p2"))
	granted, err = w.engine.LeaseCredential(ctx, "a1", 2, "p3", opened, opened.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, granted)
	require.NoError(t, w.engine.PutCredential(ctx, "p3", sealed("a1", 3)), "a new version ends the lease")
	granted, err = w.engine.LeaseCredential(ctx, "a1", 3, "p4", opened, opened.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, granted)
}

func vaultKeeps(t *testing.T, w *world) {
	w.populate(t, w.compose(t, w.engine, w.full()), "b", "B", "中", "a")
	for _, id := range []string{"b", "B", "中", "a"} {
		require.NoError(t, w.engine.PutCredential(t.Context(), "admin", sealed(id, 2)))
	}
	got, err := w.engine.Credential(t.Context(), "b")
	require.NoError(t, err)
	require.Equal(t, sealed("b", 2), got)
	some, err := w.engine.Credentials(t.Context(), []string{"中", "none", "a"})
	require.NoError(t, err)
	require.Equal(t, []account.SealedCredential{sealed("a", 2), sealed("中", 2)}, some)
	all, err := w.engine.Credentials(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []account.SealedCredential{sealed("B", 2), sealed("a", 2), sealed("b", 2), sealed("中", 2)}, all)
	_, err = w.engine.Credential(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}
