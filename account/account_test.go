package account_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func TestA1_OnlyOfficersStayOutOfTheFigures(t *testing.T) {
	for kind, scored := range map[account.Kind]bool{
		account.KindUnit: true, account.KindEvent: true, account.KindApp: true, account.KindMiniProgram: true,
		account.KindOfficer: false,
	} {
		require.Equal(t, scored, kind.Scored(), kind)
	}
}

func valid() account.Register {
	return account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市公安局", Region: "636100", Level: account.City, System: "公安"}},
		Accounts: []account.Account{{ID: "a1", App: account.App{Platform: "weibo"}, Name: "示例公安", Unit: "u1",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open, Clusters: []string{"示例省矩阵"}}},
	}
}

// The registry has no store here: a register that is wrong never reaches one.
func TestA1_RegistryRefusesAnIncompleteUnitOrAccount(t *testing.T) {
	for want, change := range map[string]func(*account.Register){
		"a unit has no id":           func(r *account.Register) { r.Units[0].ID = " " },
		"has no name":                func(r *account.Register) { r.Units[0].Name = "" },
		`unknown level "galaxy"`:     func(r *account.Register) { r.Units[0].Level = "galaxy" },
		`unit "u1" appears twice`:    func(r *account.Register) { r.Units = append(r.Units, r.Units[0]) },
		"an account has no id":       func(r *account.Register) { r.Accounts[0].ID = "" },
		`account "a1" has no name`:   func(r *account.Register) { r.Accounts[0].Name = "" },
		"names no platform":          func(r *account.Register) { r.Accounts[0].App.Platform = "" },
		"has no owner":               func(r *account.Register) { r.Accounts[0].Unit = "" },
		`unknown kind "robot"`:       func(r *account.Register) { r.Accounts[0].Kind = "robot" },
		`unknown role ""`:            func(r *account.Register) { r.Accounts[0].Role = "" },
		`unknown state "asleep"`:     func(r *account.Register) { r.Accounts[0].State = "asleep" },
		`account "a1" appears twice`: func(r *account.Register) { r.Accounts = append(r.Accounts, r.Accounts[0]) },
	} {
		reg := valid()
		change(&reg)
		err := account.NewRegistry(nil).Save(t.Context(), "tester", reg)
		require.ErrorIs(t, err, govmedia.KindInvalid, want)
		require.ErrorContains(t, err, want)
	}
}

func TestA1_AccountKnowsItsClusters(t *testing.T) {
	a := valid().Accounts[0]
	require.True(t, a.In("示例省矩阵"))
	require.False(t, a.In("示例省"))
	require.False(t, account.Account{}.In(""))
	require.Equal(t, "weibo/1000000001", account.App{Platform: "weibo", Key: "1000000001"}.String())
}
