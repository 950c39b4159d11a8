package verify_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

func repostList(t testing.TB) verify.RepostList {
	t.Helper()
	f, err := os.Open("testdata/repost_list.json")
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	l, err := verify.ReadRepostList(f)
	require.NoError(t, err)
	return l
}

func november() time.Time { return time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC) }

func rightRepost() verify.Reposted {
	return verify.Reposted{
		ID: "p1", Source: "示例日报", URL: "https://paper.shili.example/2026/11/a.html",
		Title: "示例市：“一件事”一次办——三个月办结1.2万件", OriginalTitle: "示例市：“一件事”一次办——三个月办结1.2万件",
		Text: "11月28日起，新生儿“一件事”可以在网上办。\n（来源：示例日报）",
	}
}

func TestV8_Repost(t *testing.T) {
	check := verify.Repost{Lists: []verify.RepostList{repostList(t)}, Now: november}
	for _, c := range []struct {
		name   string
		change func(*verify.Reposted)
		want   string // rule, field and severity; "" for none
	}{
		{"listed, named, same title", func(*verify.Reposted) {}, ""},
		{"the unit's full name", func(p *verify.Reposted) { p.Source = "示例日报社" }, ""},
		{"named in the credit", func(p *verify.Reposted) { p.Text, p.Credit = "正文", "来源 示例日报" }, ""},
		{"a host below", func(p *verify.Reposted) {
			p.Source, p.Credit, p.URL = "示例省人民政府网", "示例省人民政府网", "https://jtt.gov.shili.example/a"
		}, ""},
		{"not on the web", func(p *verify.Reposted) { p.URL = "" }, ""},
		{"title in full width and with spaces", func(p *verify.Reposted) {
			p.Title = " 示例市:「一件事」一次办 — 三个月办结 １.２万件"
		}, ""},
		{"a post without titles", func(p *verify.Reposted) { p.Title, p.OriginalTitle = "", "" }, ""},

		{"unlisted", func(p *verify.Reposted) { p.Source, p.Credit = "吃瓜前线", "吃瓜前线" }, "repost.unlisted source error"},
		{"listed name, foreign host", func(p *verify.Reposted) { p.URL = "https://paper.shili.example.evil.example/a" }, "repost.unlisted url error"},
		{"the domain above", func(p *verify.Reposted) { p.URL = "https://shili.example/a" }, "repost.unlisted url error"},
		{"user in the address", func(p *verify.Reposted) { p.URL = "https://paper.shili.example@evil.example/a" }, "repost.unlisted url error"},
		{"no address", func(p *verify.Reposted) { p.URL = "javascript:alert(1)" }, "repost.unlisted url error"},
		{"source not named", func(p *verify.Reposted) { p.Text = "正文" }, "repost.unnamed text error"},
		{"no source", func(p *verify.Reposted) { p.Source = " " }, "repost.unnamed source error"},
		{"a word changed", func(p *verify.Reposted) { p.Title = strings.Replace(p.Title, "三个月", "半年", 1) }, "repost.title title error"},
		{"a word added", func(p *verify.Reposted) { p.Title = "重磅！" + p.Title }, "repost.title title error"},
		{"shortened", func(p *verify.Reposted) { p.Title = "示例市：“一件事”一次办" }, "repost.title title error"},
		{"a number changed", func(p *verify.Reposted) { p.Title = strings.Replace(p.Title, "1.2", "12", 1) }, "repost.title title error"},
		{"title dropped", func(p *verify.Reposted) { p.Title = "" }, "repost.title title error"},
		{"original title not known", func(p *verify.Reposted) { p.OriginalTitle = "" }, "repost.original_unknown title info"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rightRepost()
			c.change(&p)
			var got []string
			for _, f := range check.Check(p) {
				requireComplete(t, f)
				got = append(got, f.Rule+" "+f.Field+" "+string(f.Severity))
				if f.Rule == "repost.unlisted" && p.URL != "javascript:alert(1)" {
					require.Contains(t, f.Explanation, "2026-07-02公布，版本示例-1", "the list's date and version")
				}
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}

func TestV8_WithoutAListNothingIsAllowed(t *testing.T) {
	found := verify.Repost{}.Check(rightRepost())
	require.Len(t, found, 1)
	require.Equal(t, "repost.no_list", found[0].Rule)
	require.Equal(t, govmedia.SeverityError, found[0].Severity)
}

// The rule that asks for a list permits party and government websites without one. What decides is the parsed host.
func TestV8_GovernmentSitesNeedNoList(t *testing.T) {
	for _, c := range []struct{ source, url, want string }{
		{"中国政府网", "https://www.gov.cn/x.htm", ""},
		{"示例市人民政府网", "http://WWW.SHILI.GOV.CN.:8080/a?b=c", ""},
		{"示例日报", "https://www.shili.gov.cn/a", ""}, // listed with another host, and the government's own site has it
		{"中国政府网", "https://gov.cn.evil.example/x", "repost.unlisted"},
		{"中国政府网", "https://www.evilgov.cn/x", "repost.unlisted"},
		{"中国政府网", "https://www.gov.cn@evil.example/x", "repost.unlisted"},
		{"中国政府网", "https://evil.example/www.gov.cn", "repost.unlisted"},
		{"中国政府网", "ftp://www.gov.cn/x", "repost.unlisted"},
		{"中国政府网", "", "repost.unlisted"}, // a name alone proves nothing
	} {
		t.Run(c.source+c.url, func(t *testing.T) {
			p := rightRepost()
			p.Source, p.Credit, p.URL = c.source, c.source, c.url
			for list, lists := range map[string][]verify.RepostList{"repost.unlisted": {repostList(t)}, "repost.no_list": nil} {
				var got string
				for _, f := range (verify.Repost{Lists: lists, Now: november}).Check(p) {
					requireComplete(t, f)
					got += f.Rule
				}
				require.Equal(t, strings.ReplaceAll(c.want, "repost.unlisted", list), got)
			}
		})
	}
	rules := verify.BuiltInRepostRules()
	rules.OfficialHosts = []string{"dangwei.shili.example"}
	p := rightRepost()
	p.URL = "https://dangwei.shili.example/a"
	require.Empty(t, verify.Repost{Rules: &rules}.Check(p), "the integrator's own data")
	rules.OfficialHosts = []string{".cn"}
	text, err := json.Marshal(rules)
	require.NoError(t, err)
	_, err = verify.ReadRepostRules(strings.NewReader(string(text)))
	require.ErrorIs(t, err, govmedia.KindInvalid, "a whole top-level domain")
}

// A finding names where its rule comes from: the list says nothing about titles, and no document how old a list may be.
func TestV8_CitationsNameTheirDocument(t *testing.T) {
	rules := verify.BuiltInRepostRules()
	for _, r := range []verify.Rule{rules.Unnamed, rules.Title, rules.Original} {
		require.Contains(t, r.Citation, "湖北省")
		require.NotContains(t, r.Citation, "稿源单位名单")
	}
	require.Contains(t, rules.Stale.Citation, "730天是本库的建议")
}

func TestV8_SeveralListsAndOldOnes(t *testing.T) {
	old, own := repostList(t), repostList(t)
	old.Sources = old.Sources[1:]
	own.Version, own.Title, own.Sources = "本市-3", "示例市稿源补充名单", own.Sources[:1]
	check := verify.Repost{Lists: []verify.RepostList{old, own}, Now: november}
	require.Empty(t, check.Check(rightRepost()), "the second list has it")
	p := rightRepost()
	p.Source, p.Credit = "吃瓜前线", "吃瓜前线"
	found := check.Check(p)
	require.Len(t, found, 1)
	require.Contains(t, found[0].Explanation, "版本示例-1")
	require.Contains(t, found[0].Explanation, "版本本市-3")

	check.Now = func() time.Time { return november().AddDate(3, 0, 0) }
	found = check.Check(rightRepost())
	require.Len(t, found, 2)
	require.Equal(t, "repost.list_stale", found[0].Rule)
}

func TestV8_ListsAreRefused(t *testing.T) {
	good, err := os.ReadFile("testdata/repost_list.json")
	require.NoError(t, err)
	for _, c := range []struct{ name, from, to string }{
		{"no date", `"2026-07-02"`, `""`},
		{"a date that is none", `2026-07-02`, `2026年7月`},
		{"no version", `"示例-1"`, `""`},
		{"no citation", `示例省互联网信息办公室2026年7月2日公告（虚构，仅作格式示例）`, ``},
		{"an unknown field", `"publisher"`, `"publishers"`},
		{"a source without a name", `"示例日报社"`, `" "`},
		{"a name twice", `"示例广播电视台"`, `"示例日报"`},
		{"an address for a host", `"www.shili.example"`, `"https://www.shili.example"`},
		{"a whole top-level domain", `".gov.shili.example"`, `".example"`},
		{"an empty label", `".gov.shili.example"`, `"..example"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, string(good), c.from)
			_, err := verify.ReadRepostList(strings.NewReader(strings.Replace(string(good), c.from, c.to, 1)))
			require.ErrorIs(t, err, govmedia.KindInvalid)
		})
	}
	rules := verify.BuiltInRepostRules()
	rules.ListDays = -1
	text, err := json.Marshal(rules)
	require.NoError(t, err)
	_, err = verify.ReadRepostRules(strings.NewReader(string(text)))
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func FuzzRepostList(f *testing.F) {
	good, err := os.ReadFile("testdata/repost_list.json")
	require.NoError(f, err)
	f.Add(string(good), "示例日报", "https://paper.shili.example/a", "标题", "原标题")
	f.Add(`{}`, "", "", "", "")
	f.Fuzz(func(t *testing.T, list, source, address, title, original string) {
		l, err := verify.ReadRepostList(strings.NewReader(list))
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			l = repostList(t)
		}
		check := verify.Repost{Lists: []verify.RepostList{l}, Now: november}
		for _, found := range check.Check(verify.Reposted{ID: "p", Source: source, URL: address, Title: title, OriginalTitle: original, Text: title}) {
			requireComplete(t, found)
		}
		for _, s := range l.Sources {
			p := verify.Reposted{ID: "p", Source: s.Name, Title: title, OriginalTitle: title, Credit: s.Name}
			for _, found := range check.Check(p) {
				require.Contains(t, []string{"repost.list_stale", "repost.original_unknown"}, found.Rule)
			}
		}
	})
}
