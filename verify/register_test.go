package verify_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
	"github.com/govmedia/govmedia/verify"
)

func portalRegister(t *testing.T) (account.Register, map[string]account.Unit) {
	t.Helper()
	file, err := os.Open("../examples/portal/testdata/register.csv")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	reg, findings, err := register.Read(file, register.ReadOptions{})
	require.NoError(t, err)
	require.Empty(t, findings)
	units := map[string]account.Unit{}
	for _, u := range reg.Units {
		units[u.ID] = u
	}
	return reg, units
}

// The portal's register names real accounts only with the document that names them, and can publish only as invented
// ones.
func TestPortalRegister_PublishesInNoRealName(t *testing.T) {
	reg, units := portalRegister(t)
	demo, actual, uids := map[string]int{}, 0, map[string]bool{}
	apps := map[string]string{"weibo": "1000000001", "wordpress": "www.shili.example"}
	for _, a := range reg.Accounts {
		if !a.In("示例省矩阵") {
			actual++
			require.NotEmpty(t, a.Source, a.Name)
			require.Empty(t, a.App.Key+a.UID+units[a.Unit].Code, a.Name)
			continue
		}
		demo[a.App.Platform]++
		if a.App.Platform == "wechat" { // an official account is its own app
			require.True(t, strings.HasPrefix(a.App.Key, "wx5ha1e0000"), a.App.Key)
		} else {
			require.Equal(t, apps[a.App.Platform], a.App.Key)
		}
		require.True(t, strings.HasPrefix(a.Name, "示例") && strings.HasPrefix(units[a.Unit].Name, "示例"), a.Name)
		require.Equal(t, []string{"示例数据", "示例数据"}, []string{a.Source, units[a.Unit].Source})
		require.Equal(t, account.Open, a.State)
		if a.App.Platform != "weibo" {
			continue
		}
		uid, err := strconv.Atoi(a.UID)
		require.NoError(t, err)
		require.False(t, uids[a.UID] || uid < 9000000001 || uid > 9000000064, a.UID)
		uids[a.UID] = true
	}
	require.Equal(t, map[string]int{"weibo": 64, "wechat": 3, "wordpress": 1}, demo)
	require.GreaterOrEqual(t, actual, 30)
}

// Everything the rules find in the portal's register is known here, so that its findings page shows neither less nor more.
func TestPortalRegister_HasExactlyTheKnownFlaws(t *testing.T) {
	reg, units := portalRegister(t)
	found := map[string]string{}
	for _, a := range reg.Accounts {
		for _, f := range new(verify.Names).Check(a, units[a.Unit]) {
			requireComplete(t, f)
			if f.Rule == "account.verification_missing" { // the documents that name real accounts do not quote it
				require.Empty(t, a.App.Key)
				require.Equal(t, govmedia.SeverityInfo, f.Severity)
				continue
			}
			require.NotContains(t, found, a.Name)
			found[a.Name] = f.Rule
		}
	}
	require.Equal(t, map[string]string{
		"中国广州发布":             "name.reserved",
		"示例国家湿地公园":           "name.reserved",
		"示例市人民政府政务公开办公室官方微博": "name.width",
		"示例市·文旅":             "name.characters",
		"示例市马拉松":             "account.verification",
		"示例市林业":              "unit.code",
		"示例市公交":              "unit.code_prefix",
		"示例西市水务":             "unit.region",
	}, found)
}
