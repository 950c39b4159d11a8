package verify_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

// unit is an owner in a region, whose level does not matter here.
func unit(region, name string) account.Unit {
	return account.Unit{ID: "u1", Name: name, Level: account.City, Region: region}
}

func noted(platform, name, verification string) account.Account {
	a := on(platform, name)
	a.Verification = verification
	return a
}

// Each case names the rule, the account, its owner and the part of the field that the finding points at: "" for a passing
// case, "*" for the whole field.
func TestV1_NewsRegionContactAndVerification(t *testing.T) {
	county := unit("636121", "示例县人民政府办公室")
	for _, c := range []struct {
		rule    string
		account account.Account
		unit    account.Unit
		span    string
	}{
		{"name.news", on("weibo", "示例市发布"), city, ""},
		{"name.news", on("weibo", "示例新闻"), unit("636121", "示例县融媒体中心"), ""},
		{"name.news", on("weibo", "示例日报"), unit("636100", "示例日报社"), ""},
		{"name.news", on("weibo", "示例市政府新闻办"), unit("636100", "示例市人民政府新闻办公室"), ""},
		{"name.news", on("weibo", "示例市新闻发布会"), city, ""},
		{"name.news", on("weibo", "示例市新闻"), city, "新闻"},
		{"name.news", on("wechat", "示例警方报道"), city, "报道"},
		{"name.news", on("douyin", "示例文旅资讯"), city, "资讯"},
		{"name.news", on("wechat", "示例县日报"), county, "日报"},
		{"name.news", on("wechat", "新闻办说新闻"), city, "新闻"},

		{"name.region", on("weibo", "南京发布"), unit("320100", "南京市人民政府新闻办公室"), ""},
		{"name.region", on("weibo", "北京西路街道"), unit("320106", "南京市鼓楼区北京西路街道办事处"), ""},
		{"name.region", on("weibo", "上海路派出所"), unit("320106", "南京市公安局鼓楼分局上海路派出所"), ""},
		{"name.region", on("weibo", "吉林市公安"), unit("220200", "吉林市公安局"), ""},
		{"name.region", on("weibo", "吉林发布"), unit("220000", "吉林省人民政府新闻办公室"), ""},
		{"name.region", on("weibo", "吉林文旅"), unit("220202", "吉林市昌邑区文化和旅游局"), ""},
		{"name.region", on("weibo", "平安北京"), unit("110000", "北京市公安局"), ""},
		{"name.region", on("weibo", "平安朝阳"), unit("110105", "北京市公安局朝阳分局"), ""},
		{"name.region", on("weibo", "朝阳区融媒"), unit("220104", "长春市朝阳区融媒体中心"), ""},
		{"name.region", on("weibo", "湖北仙桃"), unit("429004", "仙桃市人民政府"), ""},
		{"name.region", on("weibo", "平安恩施"), unit("422800", "恩施土家族苗族自治州公安局"), ""},
		{"name.region", on("weibo", "江宁公安在线"), unit("320115", "南京市公安局江宁分局"), ""},
		{"name.region", on("weibo", "示例公安"), city, ""}, // 公安 is a county of 湖北, too
		{"name.region", on("weibo", "和平街道"), city, ""},
		{"name.region", on("weibo", "上海南站"), unit("310104", "上海市徐汇区人民政府"), ""},
		{"name.region", on("weibo", "江苏驻上海办"), unit("320000", "江苏省人民政府驻上海办事处"), ""},
		{"name.region", on("weibo", "北京发布"), unit("", "示例市公安局"), ""}, // the owner's code is a finding of its own
		{"name.region", on("weibo", "公安部北京"), ministry, ""},
		{"name.region", on("weibo", "朝阳街道"), unit("636102001", "示例街道办事处"), ""},
		{"name.region", on("weibo", "西湖北山发布"), unit("330106", "杭州市西湖区北山街道办事处"), ""}, // no 湖北: 西湖 ends within it
		{"name.region", on("weibo", "中山东区发布"), unit("442000", "中山市东区街道办事处"), ""},
		{"name.region", on("weibo", "宝山西泰发布"), unit("310113", "上海市宝山区示例居委会"), ""},
		{"name.region", on("weibo", "江北京东社区"), unit("500105", "重庆市江北区示例社区"), ""},
		{"name.region", on("weibo", "东湖南岸发布"), unit("330106", "示例街道办事处"), ""},
		{"name.region", on("weibo", "美丽西湖北山"), unit("330106", "杭州市西湖区北山街道办事处"), ""},
		{"name.region", on("weibo", "黄河东营发布"), unit("370500", "东营市人民政府"), ""}, // doubtful, and ours
		{"name.region", on("weibo", "南山东莞发布"), unit("440300", "深圳市人民政府"), "东莞"},
		{"name.region", on("weibo", "西湖湖北发布"), unit("330106", "杭州市西湖区人民政府"), "湖北"},
		{"name.region", on("weibo", "西湖北山湖北发布"), unit("330106", "杭州市西湖区人民政府"), "湖北"},
		{"name.region", on("weibo", "北京发布"), unit("320100", "南京市人民政府"), "北京"},
		{"name.region", on("weibo", "平安洛阳"), unit("370900", "泰安市公安局"), "洛阳"},
		{"name.region", on("weibo", "昆山发布"), unit("320281", "江阴市人民政府"), "昆山"},
		{"name.region", on("weibo", "平安昆山"), unit("320281", "江阴市公安局"), "昆山"},
		{"name.region", on("wechat", "朝阳区发布"), unit("320106", "南京市鼓楼区人民政府"), "朝阳区"},
		{"name.region", on("wechat", "内蒙古交警"), unit("630000", "青海省公安厅"), "内蒙古"},
		{"name.region", on("wechat", "恩施州文旅"), unit("430000", "湖南省文化和旅游厅"), "恩施"},
		{"name.region", on("wechat", "智慧广州"), unit("636102001", "示例街道办事处"), "广州"},
		{"name.region", on("wechat", "吉林发布"), unit("230100", "哈尔滨市人民政府"), "吉林"},

		{"name.contact", on("weibo", "示例市12345"), city, ""},
		{"name.contact", on("weibo", "平安示例110"), city, ""},
		{"name.contact", on("weibo", "示例检察12309"), city, ""},
		{"name.contact", on("wechat", "示例2026马拉松"), city, ""},
		{"name.contact", on("wechat", "示例地铁shmetro"), city, ""},
		{"name.contact", on("weibo", "示例办事13800001234"), city, "13800001234"},
		{"name.contact", on("weibo", "示例办事１３８００００１２３４"), city, "１３８００００１２３４"},
		{"name.contact", on("wechat", "示例热线0777-8880000"), city, "0777-8880000"},
		{"name.contact", on("wechat", "示例热线400-888-0000"), city, "400-888-0000"},
		{"name.contact", on("wechat", "示例局www.shili.example"), city, "www."},
		{"name.contact", on("wechat", "示例局shili.gov.cn"), city, "shili.gov"},
		{"name.contact", on("wechat", "示例信箱hi@shili.example"), city, "hi@shili.example"},
		{"name.contact", on("wechat", "示例政务加微信"), city, "加微信"},
		{"name.contact", on("wechat", "示例办事QQ群123456"), city, "QQ群123456"},
		{"name.contact", on("wechat", "示例办事扫码"), city, "扫码"},

		{"account.verification", noted("weibo", "示例公安", "示例市公安局官方微博"), city, ""},
		{"account.verification", noted("weibo", "示例公安", "示例市 公安局"), city, ""},
		{"account.verification", noted("wechat", "示例县发布", "账号主体：示例县人民政府办公室"), county, ""},
		{"account.verification", noted("website", "示例公安", "别的单位"), city, ""},
		{"account.verification", noted("weibo", "示例公安", "示例市官方微博"), city, "*"},
		{"account.verification", noted("wechat", "示例县发布", "示例文化传媒有限公司"), county, "*"},
		{"account.verification", noted("douyin", "示例公安", "示例市公安局分局"), unit("636100", "示例市公安局交通警察支队"), "*"},

		{"account.verification_missing", noted("weibo", "示例公安", "示例市公安局官方微博"), city, ""},
		{"account.verification_missing", noted("wechat", "示例公安", "示例市公安局"), city, ""},
		{"account.verification_missing", on("website", "示例公安"), city, ""},
		{"account.verification_missing", on("weibo", "示例公安"), city, "*"},
		{"account.verification_missing", noted("wechat", "示例公安", " \t"), city, "*"},
		{"account.verification_missing", on("bilibili", "示例公安"), city, "*"},
	} {
		t.Run(c.rule+"/"+c.account.Name+"/"+c.account.Verification+"/"+c.unit.Name, func(t *testing.T) {
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
			field := map[string]string{"name": c.account.Name, "verification": c.account.Verification}[hits[0].Field]
			if c.span == "*" {
				require.Zero(t, hits[0].Span)
			} else {
				require.Equal(t, c.span, field[hits[0].Span.Start:hits[0].Span.End])
			}
		})
	}
}

func TestV1_RegionFindingNamesBothPlaces(t *testing.T) {
	found := new(verify.Names).Check(noted("weibo", "朝阳区发布", "南京市鼓楼区人民政府"), unit("320106", "南京市鼓楼区人民政府"))
	require.Len(t, found, 1)
	require.Contains(t, found[0].Explanation, "北京市朝阳区（110105）、吉林省长春市朝阳区（220104）")
	require.Contains(t, found[0].Explanation, "江苏省南京市鼓楼区（320106）")
	require.Equal(t, govmedia.SeverityWarning, found[0].Severity)
}

// A rule set of one's own decides which words are ordinary.
func TestV1_EverydayWordsAreData(t *testing.T) {
	rules := verify.BuiltIn()
	a := noted("weibo", "昆山发布", "江阴市人民政府")
	owner := unit("320281", "江阴市人民政府")
	require.Len(t, verify.Names{Rules: &rules}.Check(a, owner), 1)
	rules.NameRegion.Everyday = append(rules.NameRegion.Everyday, "昆山")
	require.Empty(t, verify.Names{Rules: &rules}.Check(a, owner))
}

func FuzzNames(f *testing.F) {
	f.Add("weibo", "北京西路街道13800001234", "示例市公安局", "示例市公安局", "320106")
	f.Add("wechat", "中国新闻www.shili.example", "", "示例", "100000")
	f.Add("weibo", "ｗｗｗ．\u200b加V信１", "示例市　公安局", "\xff", "636102001")
	f.Fuzz(func(t *testing.T, platform, name, verification, owner, region string) {
		a := account.Account{ID: "a1", Name: name, Verification: verification, App: account.App{Platform: platform}}
		u := account.Unit{ID: "u1", Name: owner, Region: region}
		for _, found := range new(verify.Names).Check(a, u) {
			requireComplete(t, found)
			if found.Field == "name" {
				require.True(t, 0 <= found.Span.Start && found.Span.Start <= found.Span.End && found.Span.End <= len(name))
				if utf8.ValidString(name) {
					require.True(t, utf8.ValidString(name[found.Span.Start:found.Span.End]), "the span cuts a character")
				}
			}
		}
		if owner != "" && strings.TrimSpace(owner) != "" && utf8.ValidString(owner) {
			a.Verification = "认证：" + owner
			for _, found := range new(verify.Names).Check(a, u) {
				require.NotEqual(t, "account.verification", found.Rule)
			}
		}
	})
}
