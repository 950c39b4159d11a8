package register_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
)

func export(t *testing.T, name, text string) register.Export {
	t.Helper()
	x, _, err := register.ReadExport(strings.NewReader(text), name, register.BuiltInMapping(), register.ReadOptions{})
	require.NoError(t, err)
	return x
}

// states lists, for one export, "id or platform/name: state".
func states(c register.Comparison, k int) []string {
	var all []string
	for _, e := range c.Entries {
		who := e.Account
		if who == "" {
			who = e.Platform + "/" + e.Name
		}
		all = append(all, who+": "+string(e.Held[k].State))
	}
	return all
}

func TestA5_RegisterAgainstProvinceAndNation(t *testing.T) {
	reg := province()
	provincial := export(t, "省级平台", "平台,平台账号ID,账号名称,主管单位,账号状态,运维人员\n"+
		"新浪微博,9000000001,示例公安局,示例省公安厅,正常,甲\n"+ // a1 under another name
		"微博,,示例民警,示例市公安局,正常,\n"+ // a2 with another supervisor
		"移动客户端,,示例通,示例市公安局,关停,\n"+ // a3 as it is
		"抖音,,示例旅游,,正常,乙\n") // nobody's
	national := export(t, "全国系统", "平台,账号名称\n微博,示例公安\n抖音,示例旅游\n快手,示例文旅\n")
	c, err := register.Compare(reg, provincial, national)
	require.NoError(t, err)
	require.Equal(t, []string{
		"a1: differs", "a2: differs", "a3: same", "a4: absent", "a5: missing", "douyin/示例旅游: added", "kuaishou/示例文旅: absent",
	}, states(c, 0))
	require.Equal(t, []string{
		"a1: same", "a2: missing", "a3: missing", "a4: absent", "a5: missing", "douyin/示例旅游: added", "kuaishou/示例文旅: added",
	}, states(c, 1))

	a1 := c.Entries[0].Held[0]
	require.Equal(t, []register.Difference{{Field: "账号名称", Register: "示例公安", Export: "示例公安局"}}, a1.Differences)
	require.Equal(t, 2, a1.Row.Row)
	require.Equal(t, map[string]string{"运维人员": "甲"}, a1.Row.Other, "what the register does not hold is not dropped")
	require.Equal(t, []register.Difference{{Field: "主管单位名称", Register: "示例省公安厅", Export: "示例市公安局"}}, c.Entries[1].Held[0].Differences)

	count := map[string]int{}
	for _, f := range c.Findings {
		count[f.Rule]++
		require.NotEmpty(t, f.Subject)
		require.Contains(t, f.Citation, "123号")
		require.Contains(t, f.Citation, "来源说法不一")
		require.Equal(t, "2026-11", f.Version)
	}
	require.Equal(t, map[string]int{"filing.differs": 2, "filing.missing": 4, "filing.added": 3}, count)
	require.Contains(t, c.Findings[0].Explanation, "台账为“示例公安”，省级平台第2行为“示例公安局”")
}

func TestA5_TheBatchIsARegisterThatCanBeFiled(t *testing.T) {
	reg := province()
	x := export(t, "省级平台", "平台,账号名称,状态,链接\n微博,示例公安,正常,https://weibo.com/u/9000000001\n移动客户端,示例通,正常,\n抖音,=示例旅游,正常,\n")
	c, err := register.Compare(reg, x)
	require.NoError(t, err)
	batch := c.Batch("省级平台")
	var ids, units []string
	for _, a := range batch.Accounts {
		ids = append(ids, a.ID)
	}
	for _, u := range batch.Units {
		units = append(units, u.ID)
	}
	require.Equal(t, []string{"a2", "a3", "a5"}, ids, "missing, of another state, missing; what is the same or deregistered is not filed")
	require.Equal(t, []string{"u1", "u2", "u3"}, units)
	var file bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&file, batch))
	back, _, err := register.Read(&file, register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, batch, back)
	require.Empty(t, c.Batch("不是它").Accounts)

	var added bytes.Buffer
	require.NoError(t, c.WriteAdded(&added, "省级平台", register.WriteOptions{}))
	require.Equal(t, strings.TrimSpace(header)+lastColumns+"\n,,,,,,,,,douyin,,,'=示例旅游,,,,正常,,,,,,\n", added.String())
	_, findings, err := register.Read(bytes.NewReader(added.Bytes()), register.ReadOptions{})
	require.ErrorIs(t, err, govmedia.KindInvalid, "a person completes it first")
	require.Equal(t, "单位编号", findings[0].Field)

	// What was filed as the batch says is the same afterwards.
	whole := export(t, "省级平台", written(t, reg))
	c, err = register.Compare(reg, whole)
	require.NoError(t, err)
	require.Empty(t, c.Findings)
	require.Empty(t, c.Batch("省级平台").Accounts)
}

func TestA5_ADeregistrationThatIsStillToBeFiled(t *testing.T) {
	reg := province() // a4 is deregistered
	c, err := register.Compare(reg, export(t, "省级平台", "平台,账号名称,链接\n微信,示例办,https://shili.example/\n"))
	require.NoError(t, err)
	require.Equal(t, "a4: lingering", states(c, 0)[3])
	var told []govmedia.Finding
	for _, f := range c.Findings {
		if f.Subject == "a4" {
			told = append(told, f)
		}
	}
	require.Len(t, told, 2)
	require.Equal(t, []string{"filing.lingering", "状态"}, []string{told[0].Rule, told[0].Field})
	require.Contains(t, told[0].Explanation, "已注销，省级平台第2行仍有")
	require.Equal(t, "filing.differs", told[1].Rule)
	require.True(t, slices.ContainsFunc(c.Batch("省级平台").Accounts, func(a account.Account) bool { return a.ID == "a4" }))

	for text, want := range map[string]string{
		"微信,示例办,已注销": "a4: same", "微信,示例办,注销": "a4: same", "微信,示例办,正常运行": "a4: differs", "微信,示例办,": "a4: differs", "抖音,示例防汛,在用": "a4: absent",
	} {
		c, err := register.Compare(reg, export(t, "省级平台", "平台,账号名称,账号状态\n"+text+"\n"))
		require.NoError(t, err)
		require.Equal(t, want, states(c, 0)[3], text)
	}
	c, err = register.Compare(reg, export(t, "省级平台", "平台,账号名称,状态\n移动客户端,示例通,已关停\n抖音,示例防汛,正常运营\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"a3: same", "a4: absent", "a5: same"}, states(c, 0)[2:])
}

func written(t *testing.T, reg account.Register) string {
	var file bytes.Buffer
	require.NoError(t, register.Write(&file, reg, register.WriteOptions{BOM: true}))
	return file.String()
}

func TestA5_NothingIsGuessed(t *testing.T) {
	account := func(id, uid, name string) account.Account {
		return account.Account{ID: id, App: account.App{Platform: "weibo"}, UID: uid, Name: name, Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open}
	}
	reg := registerOf(account("a", "1", "甲"), account("b", "", "乙"), account("c", "", "乙"), account("d", "4", "丁"), account("e", "5", "戊"))
	for _, c := range []struct {
		name, rows string
		want       []string
	}{
		{"by UID before name", "微博,1,乙\n", []string{"a: differs", "b: missing", "c: missing", "d: missing", "e: missing"}},
		{"two accounts of one name", "微博,,乙\n", []string{"a: missing", "b: ambiguous", "c: ambiguous", "d: missing", "e: missing", "weibo/乙: ambiguous"}},
		{"two rows of one UID", "微博,1,甲\n微博,1,甲二\n", []string{"a: ambiguous", "b: missing", "c: missing", "d: missing", "e: missing", "weibo/甲: ambiguous", "weibo/甲二: ambiguous"}},
		{"two rows of one name", "微博,,丁\n微博,,丁\n", []string{"a: missing", "b: missing", "c: missing", "d: ambiguous", "e: missing", "weibo/丁: ambiguous", "weibo/丁: ambiguous"}},
		{"the same name on another platform is another account", "抖音,1,甲\n", []string{"a: missing", "b: missing", "c: missing", "d: missing", "e: missing", "douyin/甲: added"}},
		{"same name, another UID", "微博,9,丁\n", []string{"a: missing", "b: missing", "c: missing", "d: differs", "e: missing"}},
		{"names crossed, told apart by UID", "微博,4,戊\n微博,5,丁\n", []string{"a: missing", "b: missing", "c: missing", "d: differs", "e: differs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := register.Compare(reg, export(t, "省级平台", "平台,平台账号ID,账号名称\n"+c.rows))
			require.NoError(t, err)
			require.Equal(t, c.want, states(got, 0))
			ambiguous := slices.DeleteFunc(slices.Clone(got.Findings), func(f govmedia.Finding) bool { return f.Rule != "filing.ambiguous" })
			require.Len(t, ambiguous, strings.Count(strings.Join(c.want, " "), "ambiguous"))
		})
	}
	_, err := register.Compare(reg, export(t, "x", "平台,账号名称\n"), export(t, "x", "平台,账号名称\n"))
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func registerOf(accounts ...account.Account) account.Register {
	return account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}, Accounts: accounts}
}

func TestA5_ExportsAreReadThroughTheMapping(t *testing.T) {
	text := "平台,账号名称,更新频率,奇怪的列\n微博,甲,每日,值\n陌生平台,乙,,\n微博,,,\n"
	x, findings, err := register.ReadExport(strings.NewReader(text), "省级平台", register.BuiltInMapping(), register.ReadOptions{KeepGood: true})
	require.NoError(t, err)
	var told []string
	for _, f := range findings {
		told = append(told, fmt.Sprint(f.Rule, " ", f.Subject, " ", f.Field, " ", f.Severity))
	}
	require.Equal(t, []string{
		"filing.columns 第1行 更新频率 info", "filing.columns 第1行 奇怪的列 warning",
		"register.value 第3行 平台 error", "register.required 第4行 账号名称 error",
	}, told)
	require.Len(t, x.Rows, 1)
	require.Equal(t, []string{"奇怪的列", "更新频率"}, slices.Sorted(maps.Keys(x.Rows[0].Other)))
	_, _, err = register.ReadExport(strings.NewReader(text), "省级平台", register.BuiltInMapping(), register.ReadOptions{})
	require.ErrorIs(t, err, govmedia.KindInvalid)

	for name, text := range map[string]string{
		"no platform":              "账号名称\n甲\n",
		"no name":                  "平台,链接\n微博,x\n",
		"two columns, one meaning": "平台,账号名称,平台类型\n微博,甲,微博\n",
		"empty":                    "",
	} {
		_, findings, err := register.ReadExport(strings.NewReader(text), "省级平台", register.BuiltInMapping(), register.ReadOptions{KeepGood: true})
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		require.NotEmpty(t, findings, name)
	}

	own, err := register.ReadMapping(strings.NewReader(`{"id":"filing.shili","version":"1","citation":"示例省备案平台导出说明","effective":"2026-01-01","confidence":"S","own":false,
		"fields":[{"columns":["号名"],"field":"账号名称"},{"columns":["类型"],"field":"平台"}],"values":[{"field":"平台","from":"W","to":"weibo"}]}`))
	require.NoError(t, err)
	x, findings, err = register.ReadExport(bytes.NewReader(workbook(t, map[string][][]any{"s": cells("号名,类型,平台", "甲,W,x")}, "s")), "省级平台", own, register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"账号名称": "甲", "平台": "weibo"}, x.Rows[0].Fields)
	require.Equal(t, []string{"filing.shili", "平台"}, []string{findings[0].Rule, findings[0].Field})
}

func TestA5_MappingsAreChecked(t *testing.T) {
	for name, text := range map[string]string{
		"unknown field":    `{"id":"a","version":"1","citation":"c","confidence":"S","extra":1}`,
		"no citation":      `{"id":"a","version":"1","confidence":"S"}`,
		"no confidence":    `{"id":"a","version":"1","citation":"c"}`,
		"no such column":   `{"id":"a","version":"1","citation":"c","confidence":"S","fields":[{"columns":["x"],"field":"没有"}]}`,
		"two meanings":     `{"id":"a","version":"1","citation":"c","confidence":"S","fields":[{"columns":["x"],"field":"平台"},{"columns":["x"],"field":"链接"}]}`,
		"against our own":  `{"id":"a","version":"1","citation":"c","confidence":"S","own":true,"fields":[{"columns":["平台"],"field":"链接"}]}`,
		"no columns":       `{"id":"a","version":"1","citation":"c","confidence":"S","fields":[{"field":"平台"}]}`,
		"value twice":      `{"id":"a","version":"1","citation":"c","confidence":"S","values":[{"field":"平台","from":"a","to":"b"},{"field":"平台","from":"a","to":"c"}]}`,
		"value of nothing": `{"id":"a","version":"1","citation":"c","confidence":"S","values":[{"field":"","from":"a","to":"b"}]}`,
		"not JSON":         `x`,
	} {
		_, err := register.ReadMapping(strings.NewReader(text))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		require.ErrorContains(t, err, "register.mapping", name)
	}
	m := register.BuiltInMapping()
	require.NotEqual(t, "M", m.Confidence)
	m.Fields[0].Field = "没有"
	_, _, err := register.ReadExport(strings.NewReader("平台,账号名称\n"), "x", m, register.ReadOptions{})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.NotEqual(t, m, register.BuiltInMapping())
}

func FuzzReadExport(f *testing.F) {
	f.Add([]byte("平台,平台账号ID,账号名称,主管单位,账号状态,运维人员\n新浪微博,9000000001,示例公安局,示例省公安厅,正常,甲\n"))
	f.Add([]byte("平台,账号名称,\n微博,'=甲,x\n微博,\"\n"))
	f.Add([]byte(header + good + good))
	f.Fuzz(func(t *testing.T, file []byte) {
		x, findings, err := register.ReadExport(bytes.NewReader(file), "省级平台", register.BuiltInMapping(), register.ReadOptions{KeepGood: true})
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.NotEmpty(t, findings)
			return
		}
		c, err := register.Compare(province(), x)
		require.NoError(t, err)
		held := 0
		for _, e := range c.Entries {
			if e.Held[0].Row.Row > 0 {
				held++
			}
		}
		require.Equal(t, len(x.Rows), held, "every row has its place")
	})
}
