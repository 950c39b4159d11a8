package matrix_test

import (
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	files "github.com/govmedia/govmedia/account/register"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func TestA4_AColumnThatIsAbsentKeepsWhatIsStored(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	read := func(lines ...string) account.Register {
		t.Helper()
		reg, _, err := files.Read(strings.NewReader(strings.Join(lines, "\n")), files.ReadOptions{})
		require.NoError(t, err)
		return reg
	}
	save := func(reg account.Register) (account.Unit, account.Account) {
		t.Helper()
		require.NoError(t, m.Registry.Save(t.Context(), "登记员", reg))
		u, err := m.Registry.Unit(t.Context(), "u9")
		require.NoError(t, err)
		a, err := m.Registry.Account(t.Context(), "a9")
		require.NoError(t, err)
		return u, a
	}
	events := func() int {
		t.Helper()
		list, err := m.Lifecycle.History(t.Context(), "a9")
		require.NoError(t, err)
		return len(list)
	}
	const whole = "单位编号,单位名称,统一社会信用代码,行政区划代码,层级,系统,主管单位编号,单位来源," +
		"账号编号,平台,应用,平台账号ID,账号名称,链接,账号类别,平台角色,状态,认证说明,矩阵,来源"
	full := read(whole,
		"u8,示例省公安厅,,630000,省,,,,,,,,,,,,,,,",
		"u9,示例市公安局,11331002002673575G,636100,市,公安,u8,示例文件,a9,weibo,1000000001,9000000001,示例公安,https://weibo.com/u/9000000001,单位账号,发布,正常,示例市公安局官方微博,公安矩阵,示例数据")
	u, a := save(full)
	require.Equal(t, full.Units[1], u)
	require.Equal(t, full.Accounts[0], a)
	require.Equal(t, 1, events())

	const bare = "单位编号,单位名称,层级,账号编号,平台,账号名称,账号类别,平台角色,状态"
	u, a = save(read(bare, "u9,示例市公安局,市,a9,weibo,示例公安,单位账号,发布,正常"))
	require.Equal(t, full.Units[1], u)
	require.Equal(t, full.Accounts[0], a)
	require.Equal(t, 1, events(), "nothing has happened, so nothing is to be filed")

	u, a = save(read(bare+",链接,系统", "u9,示例市公安局,市,a9,weibo,示例公安二,单位账号,发布,正常,,"))
	want, unit := full.Accounts[0], full.Units[1]
	want.Name, want.URL, unit.System = "示例公安二", "", ""
	require.Equal(t, unit, u, "an empty cell of a column that is there empties")
	require.Equal(t, want, a)
	require.Equal(t, 2, events())

	_, a = save(read(bare, "u9,示例市公安局,市,a9,wechat,示例公安二,单位账号,发布,正常"))
	want.App, want.UID = account.App{Platform: "wechat"}, ""
	require.Equal(t, want, a, "what a platform gave out belongs to no other")

	wrong := account.Register{Unsaid: []string{"account.name"}}
	require.ErrorIs(t, m.Registry.Save(t.Context(), "登记员", wrong), govmedia.KindInvalid)
}
