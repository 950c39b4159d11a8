package register_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
)

const header = "单位编号,单位名称,统一社会信用代码,行政区划代码,层级,系统,主管单位编号,单位来源," +
	"账号编号,平台,应用,平台账号ID,账号名称,链接,账号类别,平台角色,状态,认证说明,矩阵,来源\n"

// lastColumns are those that have come later; a file may lack them.
const lastColumns = ",到期日,联合主办单位编号,承接账号编号"

const good = "u1,示例市公安局,,636100,市,公安,,,a1,weibo,,,示例公安,,单位账号,发布,正常,,,\n"

func read(t *testing.T, text string, o register.ReadOptions) (account.Register, []govmedia.Finding, error) {
	t.Helper()
	reg, findings, err := register.Read(strings.NewReader(text), o)
	for _, f := range findings {
		require.NotEmpty(t, f.Rule)
		require.NotEmpty(t, f.Version)
		require.NotEmpty(t, f.Citation)
		require.NotEmpty(t, f.Suggestion)
		require.True(t, strings.HasPrefix(f.Explanation, f.Subject), f.Explanation)
	}
	return reg, findings, err
}

func roundTrip(t *testing.T, reg account.Register, bom bool) account.Register {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, register.Write(&file, reg, register.WriteOptions{BOM: bom}))
	require.Equal(t, bom, bytes.HasPrefix(file.Bytes(), []byte("\ufeff")))
	back, findings, err := register.Read(&file, register.ReadOptions{})
	require.NoError(t, err)
	require.Empty(t, findings)
	return back
}

func province() account.Register {
	return account.Register{
		Units: []account.Unit{
			{ID: "u0", Name: "示例省公安厅", Code: "11331002002673575G", Region: "637000", Level: account.Province, System: "公安", Source: "示例数据"},
			{ID: "u1", Name: "示例市公安局", Region: "636100", Level: account.City, System: "公安", Supervisor: "u0"},
			{ID: "u2", Name: "示例县人民政府", Region: "636121", Level: account.County, Supervisor: "u1"},
			{ID: "u3", Name: "示例乡人民政府", Region: "636121200", Level: account.Township, Supervisor: "u2"},
			{ID: "u4", Name: "示例部", Region: "100000", Level: account.National},
		},
		Accounts: []account.Account{
			{ID: "a1", App: account.App{Platform: "weibo", Key: "1000000001"}, UID: "9000000001", Name: "示例公安", URL: "https://weibo.com/u/9000000001",
				Unit: "u1", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
				Verification: "示例市公安局官方微博", Clusters: []string{"示例省矩阵", "公安矩阵"}, Source: "示例数据"},
			{ID: "a2", App: account.App{Platform: "weibo"}, Name: "示例民警", Unit: "u1", Kind: account.KindOfficer, Role: account.RoleBroadcast, State: account.Open},
			{ID: "a3", App: account.App{Platform: "app"}, Name: "示例通", Unit: "u2", Kind: account.KindApp, Role: account.RoleService, State: account.Suspended, Redirect: "a5"},
			{ID: "a4", App: account.App{Platform: "wechat"}, Name: "示例办", Unit: "u2", Kind: account.KindMiniProgram, Role: account.RoleService, State: account.Deregistered},
			{ID: "a5", App: account.App{Platform: "douyin"}, Name: "示例防汛", Unit: "u3", Kind: account.KindEvent, Role: account.RoleBroadcast, State: account.Open,
				Joint: []string{"u1", "u2"}, Expires: time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)},
		},
	}
}

func TestA1_EveryFieldSurvivesARoundTrip(t *testing.T) {
	reg := province()
	require.Equal(t, reg, roundTrip(t, reg, false))
	require.Equal(t, reg, roundTrip(t, reg, true))
	for _, a := range roundTrip(t, reg, false).Accounts {
		require.Equal(t, a.ID != "a2", a.Kind.Scored(), "only the officer's account stays out of the figures: %s", a.ID)
	}
}

func TestA4_TheEndTheJointOwnersAndTheSuccessorAreColumns(t *testing.T) {
	reg := province()
	text := written(t, reg)
	require.Contains(t, text, ",2026-12-31,u1；u2,\r\n", "the last day, not the instant after it")
	require.Contains(t, text, ",,,a5\r\n")
	c, err := register.Compare(reg, export(t, "省级平台", "平台,账号名称,到期日\n抖音,示例防汛,2027年1月1日\n"))
	require.NoError(t, err)
	_, err = register.Compare(reg)
	require.NoError(t, err)
	require.Equal(t, register.Differs, c.Entries[4].Held[0].State)
	c, err = register.Compare(reg, export(t, "省级平台", "平台,账号名称,到期日\n抖音,示例防汛,2026/12/31\n"))
	require.NoError(t, err)
	require.Equal(t, register.Same, c.Entries[4].Held[0].State)
	require.NoError(t, register.Write(io.Discard, c.Batch("省级平台"), register.WriteOptions{}))

	reg.Accounts[4].Expires = time.Date(2026, 12, 31, 18, 30, 15, 250_000, time.FixedZone("", 8*60*60))
	back := roundTrip(t, reg, false).Accounts[4].Expires
	require.True(t, reg.Accounts[4].Expires.Equal(back), back)

	const head, line = "单位编号,单位名称,层级,账号编号,平台,账号名称,账号类别,平台角色,状态,到期日,联合主办单位编号,承接账号编号", "u1,示例,市,a1,weibo,示例,专项账号,发布,正常,"
	midnight := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)
	evening := time.Date(2026, 12, 31, 10, 0, 0, 0, time.UTC)
	for end, want := range map[string]time.Time{
		"": {}, "2026-12-31": midnight, "2026/12/31": midnight, "2026年12月31日": midnight, "2027-01-01 00:00": midnight,
		"2026-12-31 18:00": evening, "2026/12/31 18:00:00": evening,
	} {
		reg, findings, err := read(t, head+"\n"+line+end+",,\n", register.ReadOptions{})
		require.NoError(t, err, end)
		require.Empty(t, findings)
		require.Equal(t, want, reg.Accounts[0].Expires, end)
	}
	for cells, field := range map[string]string{"2026-02-30,,": "到期日", "年底,,": "到期日", "0000-01-01 00:00,,": "到期日", "46387,,": "到期日", ",u2；；u3,": "联合主办单位编号", ",,a1": "承接账号编号"} {
		_, findings, err := read(t, head+"\n"+line+cells+"\n", register.ReadOptions{})
		require.ErrorIs(t, err, govmedia.KindInvalid, cells)
		require.Equal(t, field, findings[0].Field)
	}
	_, findings, err := read(t, head+"\n"+strings.Replace(line, "专项账号", "单位账号", 1)+"2026-12-31,,\n", register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"register.expires", "warning"}, []string{findings[0].Rule, string(findings[0].Severity)})
}

func TestWrite_NeutralisesFormulas(t *testing.T) {
	for _, value := range []string{
		"=1+1", "+86", "-1", "@SUM(A1)", "\tx", "\rx", "'", "''", "'''", "'=1", "'x", "''x", "'文", `"quoted", with comma`, "two\nlines",
		" padded ", "=", "x=1", "；", "\\.",
	} {
		reg := account.Register{
			Units:    []account.Unit{{ID: "u1", Name: value + "u", Level: account.City, System: value, Source: value}},
			Accounts: []account.Account{{ID: "a", Name: value + "a", Unit: "u1", App: account.App{Platform: "weibo", Key: value}, Kind: account.KindUnit, Role: account.RoleService, State: account.Open, Verification: value}},
		}
		plain := account.Register{Units: slices.Clone(reg.Units), Accounts: slices.Clone(reg.Accounts)}
		for _, s := range []*string{
			&plain.Units[0].Name, &plain.Units[0].System, &plain.Units[0].Source,
			&plain.Accounts[0].Name, &plain.Accounts[0].App.Key, &plain.Accounts[0].Verification,
		} {
			*s = strings.TrimSpace(*s)
		}
		require.Equal(t, plain, roundTrip(t, reg, false), "%q", value)

		var file bytes.Buffer
		require.NoError(t, register.Write(&file, reg, register.WriteOptions{}))
		for field := range strings.SplitSeq(strings.Split(file.String(), "\n")[1], ",") {
			require.NotContains(t, "=+-@\t\r", strings.TrimPrefix(field+" ", `"`)[:1], "%q", file.String())
		}
	}
}

func TestA4_BlanksAroundAValueAreNoPartOfIt(t *testing.T) {
	line := "u1\u3000,\u3000示例市公安局 ,, 636100,市 ,公安\t,,, a1, weibo ,, 123 ,示例\u3000公安 ,,单位账号,发布\u00a0,正常,, 甲 ； 乙,\n" +
		strings.NewReplacer("a1", "a2", "示例公安", "示例交警").Replace(good)
	reg, findings, err := read(t, header+line, register.ReadOptions{})
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, []account.Unit{{ID: "u1", Name: "示例市公安局", Region: "636100", Level: account.City, System: "公安"}}, reg.Units)
	a := reg.Accounts[0]
	require.Equal(t, []string{"a1", "weibo", "123", "示例\u3000公安"}, []string{a.ID, a.App.Platform, a.UID, a.Name})
	require.Equal(t, []string{"甲", "乙"}, a.Clusters)

	stored := province()
	stored.Accounts[0].UID, stored.Accounts[0].Clusters = "9000000001 ", []string{" 示例省矩阵", "公安矩阵"}
	require.Equal(t, province(), roundTrip(t, stored, false), "what an earlier version has stored is written without them")
	require.Equal(t, " 示例省矩阵", stored.Accounts[0].Clusters[0], "the caller's register stays as it is")
	for name, change := range map[string]func(*account.Register){
		"unit":       func(r *account.Register) { r.Units[4].ID = "u4 " },
		"account":    func(r *account.Register) { r.Accounts[4].ID = "a5\u3000" },
		"supervisor": func(r *account.Register) { r.Units[1].Supervisor = " u0" },
		"joint":      func(r *account.Register) { r.Accounts[4].Joint = []string{"u1 "} },
		"successor":  func(r *account.Register) { r.Accounts[2].Redirect = "a5 " },
	} {
		reg := province()
		change(&reg)
		require.ErrorIs(t, register.Write(io.Discard, reg, register.WriteOptions{}), govmedia.KindInvalid, name)
	}
}

func TestWrite_RefusesWhatWouldNotReadBack(t *testing.T) {
	for name, change := range map[string]func(*account.Register){
		"unit missing":      func(r *account.Register) { r.Accounts[0].Unit = "nobody" },
		"unit twice":        func(r *account.Register) { r.Units[1] = r.Units[0] },
		"account twice":     func(r *account.Register) { r.Accounts[1] = r.Accounts[0] },
		"no name":           func(r *account.Register) { r.Accounts[0].Name = "" },
		"unknown level":     func(r *account.Register) { r.Units[0].Level = "galaxy" },
		"level in Chinese":  func(r *account.Register) { r.Units[0].Level = "市" },
		"unknown kind":      func(r *account.Register) { r.Accounts[0].Kind = "" },
		"bad UTF-8":         func(r *account.Register) { r.Accounts[0].Name = "\xff" },
		"cluster separator": func(r *account.Register) { r.Accounts[0].Clusters = []string{"一；二"} },
		"cluster empty":     func(r *account.Register) { r.Accounts[0].Clusters = []string{""} },
		"line break":        func(r *account.Register) { r.Accounts[0].Verification = "一\r\n二" },
		"too long":          func(r *account.Register) { r.Accounts[0].Verification = strings.Repeat("长", 3000) },
		"own supervisor":    func(r *account.Register) { r.Units[1].Supervisor = "u1" },
	} {
		reg := province()
		change(&reg)
		var file bytes.Buffer
		err := register.Write(&file, reg, register.WriteOptions{BOM: true})
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		require.Zero(t, file.Len(), "nothing half written: %s", name)
	}
}

func TestRead_NamesRowAndColumn(t *testing.T) {
	for _, c := range []struct{ name, text, subject, field, rule string }{
		{"unit id empty", strings.Replace(good, "u1", "", 1), "第2行", "单位编号", "register.required"},
		{"account name blank", strings.Replace(good, "示例公安", " ", 1), "第2行", "账号名称", "register.required"},
		{"unknown level", strings.Replace(good, ",市,", ",市级,", 1), "第2行", "层级", "register.value"},
		{"unknown kind", strings.Replace(good, "单位账号", "单位", 1), "第2行", "账号类别", "register.value"},
		{"unknown role", strings.Replace(good, "发布", "订阅", 1), "第2行", "平台角色", "register.value"},
		{"unknown state", strings.Replace(good, "正常", "在用", 1), "第2行", "状态", "register.value"},
		{"unknown platform", good + strings.NewReplacer("a1", "a2", "weibo", "强国号").Replace(good), "第3行", "平台", "register.value"},
		{"empty cluster", strings.Replace(good, "正常,,,", "正常,,甲；；乙,", 1), "第2行", "矩阵", "register.value"},
		{"own supervisor", strings.Replace(good, "公安,,", "公安,u1,", 1), "第2行", "主管单位编号", "register.value"},
		{"bad UTF-8", strings.Replace(good, "示例公安", "\xca\xbe\xc0\xfd", 1), "第2行", "账号名称", "register.encoding"},
		{"too long", strings.Replace(good, "示例公安", strings.Repeat("长", 3000), 1), "第2行", "账号名称", "register.limit"},
		{"too few fields", "u1,示例市公安局\n", "第2行", "", "register.fields"},
		{"too many fields", strings.TrimSpace(good) + ",x\n", "第2行", "", "register.fields"},
		{"stray quote", strings.Replace(good, "示例公安", `示例"公安`, 1), "第2行", "", "register.syntax"},
		{"open quote", good + `"u2,`, "第3行", "", "register.syntax"},
		{"account twice", good + good, "第3行", "账号编号", "register.duplicate"},
		{"unit contradicts", good + strings.NewReplacer("a1", "a2", "636100", "636200").Replace(good), "第3行", "行政区划代码", "register.contradiction"},
		{"after blank lines", "\n\n" + good + "\n,,,,\n" + good, "第7行", "账号编号", "register.duplicate"},
		{"after a field of three lines", strings.Replace(good, "示例市公安局", "\"示例\n市\n公安局\"", 1) + good, "第3行", "单位名称", "register.contradiction"},
		{"last field of two lines", strings.TrimSpace(good) + "\"一\n二\"\n" + good, "第3行", "账号编号", "register.duplicate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg, findings, err := read(t, header+c.text, register.ReadOptions{})
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.Empty(t, reg)
			require.NotEmpty(t, findings)
			first := findings[0]
			require.Equal(t, []string{c.subject, c.field, c.rule}, []string{first.Subject, first.Field, first.Rule}, first.Explanation)
			require.Equal(t, govmedia.SeverityError, first.Severity)
		})
	}
}

func TestRead_RefusesTheWholeFile(t *testing.T) {
	for name, c := range map[string]struct {
		text, rule string
		options    register.ReadOptions
	}{
		"empty":            {"", "register.header", register.ReadOptions{}},
		"only a BOM":       {"\ufeff", "register.header", register.ReadOptions{}},
		"no header":        {good, "register.header", register.ReadOptions{}},
		"column missing":   {strings.Replace(header, "账号编号,", "", 1), "register.header", register.ReadOptions{}},
		"column twice":     {strings.Replace(header, "来源\n", "链接,来源\n", 1), "register.header", register.ReadOptions{}},
		"another encoding": {"\xa5\xb3\xc1\xbe\xb1\xe0\xff\xff,x\n", "register.encoding", register.ReadOptions{}},
		"UTF-16":           {"\xff\xfeU\x00", "register.encoding", register.ReadOptions{}},
		"quote in header":  {"单位\"编号,x\n", "register.syntax", register.ReadOptions{}},
		"too large":        {header + good, "register.limit", register.ReadOptions{MaxBytes: int64(len(header+good)) - 1}},
		"too many rows":    {header + good + strings.Replace(good, "a1", "a2", 1), "register.limit", register.ReadOptions{MaxRows: 1}},
		"too many faults":  {header + strings.Repeat("x\n", 20_000), "register.limit", register.ReadOptions{}},
		"tiny size":        {header, "register.limit", register.ReadOptions{MaxBytes: 1}},
	} {
		c.options.KeepGood = true
		reg, findings, err := read(t, c.text, c.options)
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		require.Empty(t, reg, name)
		rules := map[string]bool{}
		for _, f := range findings {
			rules[f.Rule] = true
		}
		require.True(t, rules[c.rule], "%s: %v", name, findings[0])
	}
	exact := header + good
	_, _, err := read(t, exact, register.ReadOptions{MaxBytes: int64(len(exact)), MaxRows: 1})
	require.NoError(t, err, "the bounds themselves are allowed")
}

func TestA4_AHeaderIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"empty columns":       strings.TrimSpace(header) + strings.Repeat(",", 200_000) + "\n",
		"one column repeated": strings.TrimSpace(header) + strings.Repeat(",平台", 200_000) + "\n",
		"not UTF-8":           strings.TrimSpace(header) + strings.Repeat(",\xff", 200_000) + "\n",
	} {
		for _, check := range []func() ([]govmedia.Finding, error){
			func() ([]govmedia.Finding, error) {
				_, findings, err := register.Read(strings.NewReader(text), register.ReadOptions{KeepGood: true})
				return findings, err
			},
			func() ([]govmedia.Finding, error) {
				_, findings, err := register.ReadExport(strings.NewReader(text), "省级平台", register.BuiltInMapping(), register.ReadOptions{KeepGood: true})
				return findings, err
			},
		} {
			findings, err := check()
			require.ErrorIs(t, err, govmedia.KindInvalid, name)
			require.Len(t, findings, 1, name)
			require.Contains(t, findings[0].Explanation, "超过上限256列", name)
		}
	}
	wide := 256 - strings.Count(header, ",") - 1
	reg, _, err := read(t, strings.TrimSpace(header)+strings.Repeat(",", wide)+"\n"+strings.TrimSpace(good)+strings.Repeat(",", wide)+"\n", register.ReadOptions{})
	require.NoError(t, err, "the bound itself is allowed")
	require.Len(t, reg.Accounts, 1)
}

func TestRead_FailingReaderIsNotTheFilesFault(t *testing.T) {
	broken := errors.New("disk on fire")
	_, findings, err := register.Read(iotest.ErrReader(broken), register.ReadOptions{KeepGood: true})
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, err, govmedia.KindInternal)
	require.Empty(t, findings)
}

func TestRead_WarnsWithoutRefusing(t *testing.T) {
	text := strings.Replace(header, "来源\n", "来源,联系人\n", 1) + strings.Replace(strings.TrimSpace(good), "公安,,", "公安,u9,", 1) + ",张三\n"
	reg, findings, err := read(t, text, register.ReadOptions{})
	require.NoError(t, err)
	require.Len(t, reg.Accounts, 1)
	require.Len(t, findings, 2)
	require.Equal(t, []string{"第1行", "联系人", "warning"}, []string{findings[0].Subject, findings[0].Field, string(findings[0].Severity)})
	require.Equal(t, []string{"第2行", "主管单位编号", "info"}, []string{findings[1].Subject, findings[1].Field, string(findings[1].Severity)})
}

func TestRead_KnowsPlatformsByTheirChineseNames(t *testing.T) {
	for name, id := range map[string]string{"微博": "weibo", "新浪微博": "weibo", "微信公众号": "wechat", "抖音": "douyin", "移动客户端": "app"} {
		reg, findings, err := read(t, header+strings.Replace(good, "weibo", name, 1), register.ReadOptions{})
		require.NoError(t, err, name)
		require.Empty(t, findings, name)
		require.Equal(t, id, reg.Accounts[0].App.Platform, name)
	}
	reg, _, err := read(t, header+strings.Replace(good, "weibo", "微博", 1), register.ReadOptions{Platforms: []string{"微博"}})
	require.NoError(t, err)
	require.Equal(t, "微博", reg.Accounts[0].App.Platform, "the integrator's own id is none of ours")
}

func TestRead_TakesColumnsInAnyOrderAndFurtherPlatforms(t *testing.T) {
	text := "\ufeff状态, 平台角色 ,账号类别,账号名称,平台,账号编号,层级,单位名称,单位编号\r\n正常,服务,单位账号,示例,强国号,a1,国家,示例部,u1\r\n"
	_, findings, err := read(t, text, register.ReadOptions{})
	require.Error(t, err)
	require.Equal(t, "平台", findings[0].Field)

	reg, findings, err := read(t, text, register.ReadOptions{Platforms: []string{"强国号"}})
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, account.Register{
		Units:    []account.Unit{{ID: "u1", Name: "示例部", Level: account.National}},
		Accounts: []account.Account{{ID: "a1", App: account.App{Platform: "强国号"}, Name: "示例", Unit: "u1", Kind: account.KindUnit, Role: account.RoleService, State: account.Open}},
		Unsaid: []string{
			"unit.code", "unit.region", "unit.system", "unit.supervisor", "unit.source", "account.app.key", "account.uid",
			"account.url", "account.verification", "account.clusters", "account.source",
		},
	}, reg)
	require.Equal(t, reg, func() account.Register {
		var file bytes.Buffer
		require.NoError(t, register.Write(&file, reg, register.WriteOptions{}))
		back, _, err := register.Read(&file, register.ReadOptions{Platforms: []string{"强国号"}})
		require.NoError(t, err)
		return back
	}(), "what is unsaid is no column of empty cells")
	whole := reg
	whole.Unsaid, whole.Accounts = nil, slices.Clone(reg.Accounts)
	whole.Accounts[0].App.Platform, whole.Accounts[0].URL = "weibo", "https://weibo.com/u/1"
	held := export(t, "省级平台", written(t, whole))
	reg.Accounts[0].App.Platform = "weibo"
	c, err := register.Compare(reg, held)
	require.NoError(t, err)
	require.Empty(t, c.Findings, "what is unsaid is not compared")
	var book bytes.Buffer
	require.NoError(t, register.WriteWorkbook(&book, reg))
	back, _, err := register.Read(&book, register.ReadOptions{})
	require.NoError(t, err)
	require.Equal(t, reg, back)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(header + good))
	f.Add([]byte("\ufeff" + header + good + good))
	f.Add([]byte(header + strings.Replace(good, "示例公安", "'=1\r\r\n", 1)))
	f.Add([]byte(header + "\"\n"))
	f.Add([]byte(header + strings.Replace(good, "正常,,,", "正常,,甲；乙,'", 1)))
	f.Add([]byte("\xb5\xa5\xce\xbb\xb1\xe0\xba\xc5,x\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, file []byte) {
		reg, findings, err := register.Read(bytes.NewReader(file), register.ReadOptions{KeepGood: true})
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.NotEmpty(t, findings)
			require.Empty(t, reg)
			return
		}
		var again bytes.Buffer
		require.NoError(t, register.Write(&again, reg, register.WriteOptions{BOM: len(file)%2 == 0}))
		back, _, err := register.Read(&again, register.ReadOptions{})
		require.NoError(t, err)
		require.Equal(t, reg, back)
	})
}
