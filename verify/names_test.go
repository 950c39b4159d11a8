package verify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

var (
	city     = account.Unit{ID: "u1", Name: "示例市公安局", Level: account.City, Region: "636100", Code: uscc("11636100", "EX000001")}
	ministry = account.Unit{ID: "u0", Name: "公安部", Level: account.National, Region: "100000"}
)

func on(platform, name string) account.Account {
	return account.Account{ID: "a1", Name: name, App: account.App{Platform: platform}}
}

func withCode(code string) account.Unit {
	u := city
	u.Code = code
	return u
}

func withRegion(region string) account.Unit {
	u := city
	u.Region = region
	return u
}

func TestNames_Fixtures(t *testing.T) {
	for _, c := range []struct {
		rule    string
		account account.Account
		unit    account.Unit
		span    string // the part of the field that a failing case points at; "" for a passing case, "*" for the whole
	}{
		{"name.width", on("weibo", "上海发布"), city, ""},
		{"name.width", on("weibo", "上海"), city, ""},
		{"name.width", on("weibo", "警民直通车-上海"), city, ""},
		{"name.width", on("weibo", strings.Repeat("沪", 15)), city, ""},
		{"name.width", on("weibo", strings.Repeat("沪", 14)+"12"), city, ""},
		{"name.width", on("wechat", "平安北京"), city, ""},
		{"name.width", on("douyin", strings.Repeat("沪", 20)), city, ""},
		{"name.width", on("website", strings.Repeat("沪", 99)), city, ""},
		{"name.width", on("weibo", "沪"), city, "*"},
		{"name.width", on("weibo", ""), city, "*"},
		{"name.width", on("weibo", "沪a"), city, "*"},
		{"name.width", on("weibo", strings.Repeat("沪", 15)+"市"), city, "市"},
		{"name.width", on("weibo", strings.Repeat("沪", 14)+"a市bc"), city, "市bc"},
		{"name.width", on("wechat", "示例市人民政府办公室政务新媒体管理中心"), city, "管理中心"},
		{"name.width", on("douyin", strings.Repeat("沪", 20)+"市"), city, "市"},

		{"name.characters", on("weibo", "平安北京"), city, ""},
		{"name.characters", on("weibo", "上海地铁shmetro"), city, ""},
		{"name.characters", on("weibo", "警民直通车-上海"), city, ""},
		{"name.characters", on("weibo", "示例_110"), city, ""},
		{"name.characters", on("wechat", "示例·文旅"), city, ""},
		{"name.characters", on("weibo", "示例·文旅"), city, "·"},
		{"name.characters", on("weibo", "平安 示例"), city, " "},
		{"name.characters", on("weibo", "示例发布★"), city, "★"},
		{"name.characters", on("weibo", "示例ＦＢ"), city, "Ｆ"},
		{"name.characters", on("weibo", "示例\u200b发布"), city, "\u200b"},

		{"name.reserved", on("weibo", "平安北京"), city, ""},
		{"name.reserved", on("weibo", "中国维和警察"), ministry, ""},
		{"name.reserved", on("weibo", "全国打黑办"), ministry, ""},
		{"name.reserved", on("weibo", "吴中国税"), city, ""},
		{"name.reserved", on("weibo", "示例国资"), city, ""},
		{"name.reserved", on("weibo", "中国广州发布"), city, "中国"},
		{"name.reserved", on("weibo", "示例国家公园"), city, "国家"},
		{"name.reserved", on("wechat", "爱我中华"), city, "中华"},
		{"name.reserved", on("wechat", "吴中国税中国"), city, "中国"},

		{"unit.code", on("weibo", "平安北京"), city, ""},
		{"unit.code", on("weibo", "平安北京"), withCode(""), ""},
		{"unit.code", on("weibo", "平安北京"), withCode("11331002002673575G"), ""},
		{"unit.code", on("weibo", "平安北京"), withCode("11331002002673575H"), "H"},
		{"unit.code", on("weibo", "平安北京"), withCode("11331002O02673575G"), "O"},
		{"unit.code", on("weibo", "平安北京"), withCode("002673575"), "*"},
		{"unit.code", on("weibo", "平安北京"), withCode("11010519491231002X"), "0"},

		{"unit.code_prefix", on("weibo", "平安北京"), city, ""},
		{"unit.code_prefix", on("weibo", "平安北京"), withCode(uscc("12636100", "EX000001")), ""},
		{"unit.code_prefix", on("weibo", "平安北京"), withCode(uscc("13636100", "EX000001")), ""},
		{"unit.code_prefix", on("weibo", "平安北京"), withCode(uscc("91636100", "EX000001")), "91"},
		{"unit.code_prefix", on("weibo", "平安北京"), withCode(uscc("51636100", "EX000001")), "51"},
		{"unit.code_prefix", on("weibo", "平安北京"), withCode(uscc("19636100", "EX000001")), "19"},

		{"unit.region", on("weibo", "平安北京"), withRegion("110000"), ""},
		{"unit.region", on("weibo", "平安北京"), withRegion("110105001"), ""},
		{"unit.region", on("weibo", "平安北京"), ministry, ""},
		{"unit.region", on("weibo", "平安北京"), withRegion(""), "*"},
		{"unit.region", on("weibo", "平安北京"), withRegion("990000"), "9"},
		{"unit.region", on("weibo", "平安北京"), withRegion("447100"), "7"},
		{"unit.region", on("weibo", "平安北京"), withRegion("11010519491231002X"), "*"},
	} {
		t.Run(c.rule+"/"+c.account.App.Platform+"/"+c.account.Name+"/"+c.unit.Code+"/"+c.unit.Region, func(t *testing.T) {
			var hits []govmedia.Finding
			for _, f := range new(verify.Names).Check(c.account, c.unit) {
				if f.Rule == c.rule {
					hits = append(hits, f)
				}
			}
			if c.span == "" {
				require.Empty(t, hits)
				return
			}
			require.Len(t, hits, 1)
			requireComplete(t, hits[0])
			field := map[string]string{"name": c.account.Name, "code": c.unit.Code, "region": c.unit.Region}[hits[0].Field]
			if c.span == "*" {
				require.Zero(t, hits[0].Span)
			} else {
				require.Equal(t, c.span, field[hits[0].Span.Start:hits[0].Span.End])
			}
		})
	}
}

func requireComplete(t *testing.T, f govmedia.Finding) {
	t.Helper()
	for _, part := range []string{f.Rule, f.Version, f.Citation, string(f.Severity), f.Subject, f.Field, f.Explanation, f.Suggestion} {
		require.NotEmpty(t, part)
	}
	require.Regexp(t, "（(已核对原文|据公开通报，未见原文|来源说法不一|未经核实)）$", f.Citation)
}

func TestNames_ReportsEverythingAtOnce(t *testing.T) {
	unit := withCode("11331002002673575H")
	unit.Region = ""
	var rules []string
	for _, f := range new(verify.Names).Check(on("weibo", "全国 示例中国市人民政府办公室官方微博"), unit) {
		rules = append(rules, f.Rule+" "+f.Subject)
	}
	require.Equal(t, []string{
		"name.width a1", "name.characters a1", "name.reserved a1", "name.reserved a1", "account.verification_missing a1",
		"unit.code u1", "unit.region u1",
	}, rules)
}

// A person's number typed into the unit's field must not travel on in a report.
func TestNames_NeverRepeatAResidentID(t *testing.T) {
	const id = "11010519491231002X"
	unit := withCode(id)
	unit.Region = id
	a := on("weibo", "平安北京")
	a.Verification = unit.Name
	found := new(verify.Names).Check(a, unit)
	require.Len(t, found, 2)
	require.Contains(t, found[0].Suggestion, "公民身份号码")
	for _, f := range found {
		require.NotContains(t, f.Explanation+f.Suggestion, id[2:15])
	}
}

func TestNames_TakesOtherRules(t *testing.T) {
	rules := verify.BuiltIn()
	for i := range rules.Width {
		if rules.Width[i].Platform == "douyin" {
			rules.Width[i].Max = 16
		}
	}
	rules.Version = "本省-1"
	name := on("douyin", strings.Repeat("沪", 17))
	name.Verification = city.Name
	require.Empty(t, new(verify.Names).Check(name, city))
	found := verify.Names{Rules: &rules}.Check(name, city)
	require.Len(t, found, 1)
	require.Equal(t, "本省-1", found[0].Version)
	require.Equal(t, govmedia.SeverityWarning, found[0].Severity, "an unsure rule is only a warning")

	name.Name = "示例发布"
	rules.Reserved.Words[0] = "示例"
	require.Empty(t, new(verify.Names).Check(name, city), "a caller's rules are a copy")
}

func TestRules_RefuseDataWithoutASource(t *testing.T) {
	good, err := json.Marshal(verify.BuiltIn())
	require.NoError(t, err)
	again, err := verify.ReadRules(strings.NewReader(string(good)))
	require.NoError(t, err)
	require.Equal(t, verify.BuiltIn(), again)

	for name, change := range map[string]func(*verify.Rules){
		"no version":         func(r *verify.Rules) { r.Version = "" },
		"no citation":        func(r *verify.Rules) { r.Reserved.Citation = "" },
		"no id":              func(r *verify.Rules) { r.Characters[0].ID = "" },
		"unknown confidence": func(r *verify.Rules) { r.Code.Confidence = "A" },
		"unknown severity":   func(r *verify.Rules) { r.Region.Severity = "fatal" },
		"no date":            func(r *verify.Rules) { r.CodePrefix.Effective = "2015年" },
		"bounds crossed":     func(r *verify.Rules) { r.Width[0].Min = 31 },
		"unknown count":      func(r *verify.Rules) { r.Width[0].Count = "bytes" },
		"an empty news word": func(r *verify.Rules) { r.News.Words[0] = "" },
		"an empty everyday":  func(r *verify.Rules) { r.NameRegion.Everyday[0] = "" },
		"a bad street":       func(r *verify.Rules) { r.NameRegion.Before = "(" },
		"a bad contact":      func(r *verify.Rules) { r.Contact.Patterns[0].Pattern = "(" },
		"a greedy contact":   func(r *verify.Rules) { r.Contact.Patterns[0].Pattern = ".*" },
		"a nameless contact": func(r *verify.Rules) { r.Contact.Patterns[0].Kind = "" },
		"no rule on missing": func(r *verify.Rules) { r.Verification.Missing.ID = "" },
	} {
		rules := verify.BuiltIn()
		change(&rules)
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		_, err = verify.ReadRules(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	for _, text := range []string{"", "[]", `{"version":"1","colour":1}`} {
		_, err := verify.ReadRules(strings.NewReader(text))
		require.ErrorIs(t, err, govmedia.KindInvalid, text)
	}
}

func TestRules_BuiltInRulesRestOnNothingRecalled(t *testing.T) {
	r := verify.BuiltIn()
	all := []verify.Rule{
		r.Reserved.Rule, r.Code, r.CodePrefix.Rule, r.Region,
		r.News.Rule, r.NameRegion.Rule, r.Contact.Rule, r.Verification.Rule, r.Verification.Missing,
	}
	for _, w := range r.Width {
		all = append(all, w.Rule)
	}
	for _, c := range r.Characters {
		all = append(all, c.Rule)
	}
	for _, rule := range all {
		require.NotEqual(t, verify.Recalled, rule.Confidence, rule.ID)
	}
}
