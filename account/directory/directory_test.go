package directory_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/idna"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
)

// shelf is a register that is only read.
type shelf struct {
	account.Store
	reg account.Register
	err error
}

func (s *shelf) Register(context.Context) (account.Register, error) { return s.reg, s.err }

func acc(id, platform, uid, name, address string) account.Account {
	return account.Account{
		ID: id, App: account.App{Platform: platform}, UID: uid, Name: name, URL: address, Unit: "u1",
		Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
	}
}

const biz = "MzAwMDAwMDAwMQ=="

func register() account.Register {
	officer := acc("officer", "weibo", "1000000002", "示例民警老王", "")
	officer.Kind = account.KindOfficer
	stopped := acc("stopped", "weibo", "1000000003", "示例旧发布", "")
	stopped.State = account.Suspended
	gone := acc("gone", "douyin", "MS4wGone", "示例旧抖音", "")
	gone.State = account.Deregistered
	taken := acc("taken", "weibo", "1000000004", "示例街道", "")
	taken.State = account.Suspended
	return account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市人民政府办公室", Level: account.City}},
		Accounts: []account.Account{
			acc("weibo", "weibo", "1000000001", "示例发布", "https://weibo.com/shilifabu"),
			acc("wechat", "wechat", "gh_000000000001", "示例发布", "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz="+biz+"#wechat_redirect"),
			acc("douyin", "douyin", "MS4wLjABAAAA-1", "示例发布", ""),
			acc("site", "website", "", "示例市人民政府网站", "https://www.shili.example/"),
			acc("desk", "website", "", "示例市信访栏目", "http://www.shili.example/xinfang/"),
			acc("idn", "website", "", "示例市政务网", "https://示例.政务/"),
			acc("app", "app", "", "示例通", "https://app.shili.example/download?id=7"),
			officer, stopped, gone, taken,
		},
	}
}

func open(t testing.TB, reg account.Register, cfg directory.Config) *directory.Directory {
	t.Helper()
	d, err := directory.New(account.NewRegistry(&shelf{reg: reg}), cfg)
	require.NoError(t, err)
	require.NoError(t, d.Refresh(context.Background()))
	return d
}

func find(t testing.TB, d *directory.Directory, text string) directory.Answer {
	t.Helper()
	a, err := d.Find(directory.Query{Text: text})
	require.NoError(t, err)
	return a
}

func ids(a directory.Answer) []string {
	var all []string
	for _, e := range a.Accounts {
		all = append(all, e.ID)
	}
	return all
}

func TestA9_ByAddressHandleOrName(t *testing.T) {
	d := open(t, register(), directory.Config{})
	for text, want := range map[string][]string{
		"https://weibo.com/u/1000000001":                                    {"weibo"},
		"http://weibo.com/u/1000000001/":                                    {"weibo"},
		"weibo.com/u/1000000001":                                            {"weibo"},
		"//weibo.com/u/1000000001":                                          {"weibo"},
		"HTTPS://WEIBO.COM/u/1000000001?from=x#y":                           {"weibo"},
		"https://weibo.com.:443/u/1000000001":                               {"weibo"},
		"https://ｗｅｉｂｏ．ｃｏｍ/u/1000000001":                                    {"weibo"},
		"https://weibo。com/u/1000000001":                                    {"weibo"},
		"https://weibo.com/u/%31000000001":                                  {"weibo"},
		"https://m.weibo.cn/u/1000000001":                                   {"weibo"},
		"https://m.weibo.cn/profile/1000000001":                             {"weibo"},
		"https://weibo.com/1000000001":                                      {"weibo"},
		"https://weibo.com/1000000001/zCik3bc0H":                            {"weibo"},
		"https://weibo.com/shilifabu":                                       {"weibo"},
		"https://weibo.com/n/示例发布":                                          {"weibo"},
		"https://weibo.com/n/%E7%A4%BA%E4%BE%8B%E5%8F%91%E5%B8%83":          {"weibo"},
		"https://mp.weixin.qq.com/s?__biz=" + biz + "&mid=2247486449&idx=1": {"wechat"},
		"https://mp.weixin.qq.com/s?mid=1&__biz=MzAwMDAwMDAwMQ%3D%3D#rd":    {"wechat"},
		"https://www.douyin.com/user/MS4wLjABAAAA-1?vid=7":                  {"douyin"},
		"https://www.shili.example":                                         {"site"},
		"https://www.shili.example/news/2026/1.html?x=1":                    {"site"},
		"https://www.shili.example/xinfang":                                 {"desk"},
		"https://www.shili.example/xinfang/form/1":                          {"desk"},
		"https://www.shili.example/xinfangban":                              {"site"},
		"https://示例.政务/a":                                                   {"idn"},
		"https://app.shili.example/download?id=7":                           {"app"},
		"示例通":             {"app"},
		"@示例民警老王":         {"officer"},
		"＠示例民警老王 ":        {"officer"},
		"示例发布":            {"weibo", "wechat", "douyin"},
		"gh_000000000001": {"wechat"},
		"1000000001":      {"weibo"},
		"shilifabu":       {"weibo"},
		"示例市政务网":          {"idn"},
	} {
		a := find(t, d, text)
		require.ElementsMatch(t, want, ids(a), text)
		require.Equal(t, directory.Official, a.Status, text)
	}
	encoded, err := idna.Lookup.ToASCII("示例.政务")
	require.NoError(t, err)
	require.Equal(t, []string{"idn"}, ids(find(t, d, "https://"+encoded+"/")))
	limited, err := d.Find(directory.Query{Text: "示例发布", Platform: "wechat"})
	require.NoError(t, err)
	require.Equal(t, []string{"wechat"}, ids(limited))
	limited, err = d.Find(directory.Query{Text: "1000000001", Platform: "douyin"})
	require.NoError(t, err)
	require.Equal(t, directory.NotRegistered, limited.Status, "a number on another platform is another account")
}

// None of these leads a citizen to an account of ours, whatever it looks like.
func TestA9_HostileAddressesAreNotOfficial(t *testing.T) {
	d := open(t, register(), directory.Config{})
	for name, text := range map[string]string{
		"our host as a label of another":     "https://weibo.com.evil.example/u/1000000001",
		"our host as a prefix":               "https://weibo.comevil.example/u/1000000001",
		"our host as a suffix":               "https://evil-weibo.com/u/1000000001",
		"our site below another":             "https://www.shili.example.evil.example/",
		"user information":                   "https://weibo.com@evil.example/u/1000000001",
		"user information and password":      "https://weibo.com:443@evil.example/u/1000000001",
		"user information of the real host":  "https://evil.example@weibo.com/u/1000000001",
		"encoded user information":           "https://weibo.com%2Fu%2F1000000001@evil.example/",
		"encoded host":                       "https://weibo%2ecom.evil.example/u/1000000001",
		"a host in the path":                 "https://evil.example/weibo.com/u/1000000001",
		"a host in the query":                "https://evil.example/?https://weibo.com/u/1000000001",
		"a host in the fragment":             "https://evil.example/#https://weibo.com/u/1000000001",
		"another port":                       "https://weibo.com:8443/u/1000000001",
		"http's port on https":               "https://weibo.com:80/u/1000000001",
		"another port of the site":           "https://www.shili.example:8080/",
		"Cyrillic е":                         "https://wеibo.com/u/1000000001",
		"encoded Cyrillic е":                 "https://xn--wibo-vof.com/u/1000000001",
		"Cyrillic in the site":               "https://www.shіli.example/",
		"two final dots":                     "https://weibo.com../u/1000000001",
		"an empty label":                     "https://weibo..com/u/1000000001",
		"a subdomain that we do not know":    "https://evil.www.shili.example/",
		"the parent of the site":             "https://shili.example/",
		"backslash":                          `https://evil.example\@weibo.com/u/1000000001`,
		"backslash after the host":           `https://weibo.com\.evil.example/u/1000000001`,
		"a tab in the host":                  "https://wei\tbo.com/u/1000000001",
		"a space":                            "https://weibo.com /u/1000000001",
		"a null":                             "https://weibo.com\x00.evil.example/u/1000000001",
		"script":                             "javascript://weibo.com/u/1000000001%0aalert(1)",
		"data":                               "data://weibo.com/u/1000000001",
		"file":                               "file://weibo.com/u/1000000001",
		"no host":                            "https:///weibo.com/u/1000000001",
		"opaque":                             "https:weibo.com/u/1000000001",
		"a bracketed host":                   "https://[weibo.com]/u/1000000001",
		"an address as a number":             "https://2130706433/u/1000000001",
		"going up":                           "https://weibo.com/u/1000000009/../1000000001",
		"going up, encoded":                  "https://weibo.com/u/%2e%2e/u/1000000001",
		"up from an account to the root":     "https://weibo.com/1000000001/..",
		"up from an account, encoded":        "https://weibo.com/1000000001/%2E%2e",
		"out of a registered section":        "https://www.shili.example/xinfang/%2e%2e/other",
		"an encoded slash after an account":  "https://weibo.com/1000000001/..%2f1000000009",
		"an empty segment":                   "https://weibo.com//u/1000000001",
		"an encoded slash":                   "https://weibo.com/u%2f1000000001",
		"an encoded question mark":           "https://weibo.com/u/1000000001%3fx",
		"zero width inside the number":       "https://weibo.com/u/1000000001%E2%80%8B",
		"full-width digits":                  "https://weibo.com/u/１０００００００01",
		"another account's number":           "https://weibo.com/u/10000000010",
		"two accounts in one address":        "https://mp.weixin.qq.com/s?__biz=" + biz + "&__biz=MzIyMjIyMjIyMg==",
		"two accounts, ours last":            "https://mp.weixin.qq.com/s?__biz=MzIyMjIyMjIyMg==&__biz=" + biz,
		"semicolons":                         "https://mp.weixin.qq.com/s?__biz=MzIyMjIyMjIyMg==;__biz=" + biz,
		"WeChat's parameter on Weibo":        "https://weibo.com/s?__biz=" + biz,
		"Weibo's path on Douyin":             "https://www.douyin.com/u/1000000001",
		"another query of a registered page": "https://app.shili.example/download?id=8",
		"a name that only looks alike":       "示例发市",
		"a name with a zero width space":     "示例发\u200b布",
		"half of a name":                     "示例",
		"a regular expression":               ".*",
		"SQL":                                "' OR '1'='1",
	} {
		t.Run(name, func(t *testing.T) {
			a := find(t, d, text)
			require.Empty(t, a.Accounts, "%+v", a)
			require.Contains(t, []directory.Status{directory.NotRegistered, directory.Undetermined}, a.Status)
		})
	}
	require.Contains(t, find(t, d, "https://weibo.com.evil.example/u/1000000001").Note, "只是含有“weibo.com”")
	require.Contains(t, find(t, d, "https://weibo.com@evil.example/").Note, "实际指向 evil.example")
	require.Contains(t, find(t, d, "https://wеibo.com/u/1").Note, "外观相同")
	elsewhere := find(t, d, "https://app.shili.example/download?id=8")
	require.Len(t, elsewhere.Similar, 1)
	require.Equal(t, "app", elsewhere.Similar[0].ID)
}

func TestA9_AnAddressThatNamesNoAccountIsUndetermined(t *testing.T) {
	d := open(t, register(), directory.Config{})
	for _, text := range []string{
		"https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOpQrStUv", "https://t.cn/A6xyz", "https://v.douyin.com/ZbvqNyHo61I/", "https://weibo.com/", "https://weibo.com/u/abc",
	} {
		a := find(t, d, text)
		require.Equal(t, directory.Undetermined, a.Status, text)
		require.NotEmpty(t, a.Note)
	}
}

func TestA9_WhatAnAccountHasBecome(t *testing.T) {
	reg := register()
	event := acc("event", "weibo", "1000000005", "示例防汛", "")
	event.Kind = account.KindEvent
	reg.Accounts = append(reg.Accounts, event)
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	end := now.Add(time.Hour)
	d := open(t, reg, directory.Config{
		Now: func() time.Time { return now },
		Redirect: func(a account.Account) string {
			return map[string]string{"taken": "weibo", "stopped": "nobody"}[a.ID]
		},
		Expires: func(a account.Account) time.Time {
			return map[string]time.Time{"event": end}[a.ID]
		},
	})
	taken := find(t, d, "示例街道")
	require.Equal(t, directory.TakenOver, taken.Status)
	require.Equal(t, "weibo", taken.Accounts[0].Redirect.ID)
	require.Equal(t, directory.Official, taken.Accounts[0].Redirect.Status)
	stopped := find(t, d, "示例旧发布")
	require.Equal(t, directory.TakenOver, stopped.Status)
	require.Nil(t, stopped.Accounts[0].Redirect, "the one it is sent to is not registered")
	require.Equal(t, directory.Deregistered, find(t, d, "https://douyin.com/user/MS4wGone").Status)
	officer := find(t, d, "示例民警老王")
	require.Equal(t, directory.Official, officer.Status)
	require.True(t, officer.Accounts[0].Officer)
	require.Equal(t, directory.Official, find(t, d, "示例防汛").Status)
	now = end
	require.Equal(t, directory.Expired, find(t, d, "示例防汛").Status, "from that instant on, without a new reading")

	require.Equal(t, directory.Suspended, find(t, open(t, register(), directory.Config{}), "示例旧发布").Status)
}

func TestA9_OfficialOnesComeFirst(t *testing.T) {
	reg := register()
	old := acc("old", "kuaishou", "k1", "示例发布", "")
	old.State = account.Deregistered
	reg.Accounts = append([]account.Account{old}, reg.Accounts...)
	a := find(t, open(t, reg, directory.Config{}), "示例发布")
	require.Equal(t, directory.Official, a.Status)
	require.Equal(t, []string{"weibo", "wechat", "douyin", "old"}, ids(a), "all of them, in the order of the register")
	require.Equal(t, directory.Deregistered, a.Accounts[3].Status)
}

func TestA9_LookAlikesAnswerWithTheRealOne(t *testing.T) {
	var asked []string
	d := open(t, register(), directory.Config{Similar: func(name string) []account.Resemblance {
		asked = append(asked, name)
		if name != "示例发市" {
			return nil
		}
		return []account.Resemblance{{Name: "示例旧发布", Why: "x"}, {Name: "没有登记的", Why: "x"}, {Name: "示例发布", Why: "“市”与“布”字形相近"}}
	}})
	for _, text := range []string{"示例发市", "https://weibo.com/n/示例发市"} {
		a := find(t, d, text)
		require.Equal(t, directory.NotRegistered, a.Status)
		require.Len(t, a.Similar, 3, "the same name on three platforms; nothing that is not official")
		require.Equal(t, "示例发布", a.Similar[0].Name)
		require.Equal(t, "“市”与“布”字形相近", a.Similar[0].Why)
	}
	find(t, d, "示例发布")
	find(t, d, "https://weibo.com/u/77")
	require.Empty(t, find(t, d, "示例.发市").Note, "a name with a dot is no suspicious host")
	require.Equal(t, []string{"示例发市", "示例发市", "示例.发市"}, asked, "only names that are not registered")
	only, err := d.Find(directory.Query{Text: "示例发市", Platform: "douyin"})
	require.NoError(t, err)
	require.Len(t, only.Similar, 1)
}

func TestA9_RefreshExchangesTheWholeIndex(t *testing.T) {
	s := &shelf{reg: register()}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	d, err := directory.New(account.NewRegistry(s), directory.Config{Now: func() time.Time { return now }})
	require.NoError(t, err)
	_, err = d.Find(directory.Query{Text: "示例发布"})
	require.ErrorIs(t, err, govmedia.KindUnavailable, "nothing is known yet: not even that it is not registered")
	require.NoError(t, d.Refresh(t.Context()))
	s.reg = account.Register{Units: s.reg.Units, Accounts: []account.Account{acc("new", "weibo", "2", "示例新发布", "")}}
	require.Equal(t, directory.Official, find(t, d, "示例发布").Status)
	now = now.Add(time.Hour)
	require.NoError(t, d.Refresh(t.Context()))
	a := find(t, d, "示例发布")
	require.Equal(t, directory.NotRegistered, a.Status)
	require.Equal(t, now, a.AsOf)
	require.Equal(t, directory.Official, find(t, d, "示例新发布").Status)
	s.err = govmedia.Errorf(govmedia.KindUnavailable, "store", "down")
	require.ErrorIs(t, d.Refresh(t.Context()), govmedia.KindUnavailable)
	require.Equal(t, directory.Official, find(t, d, "示例新发布").Status, "as before")

	for _, text := range []string{"", " ", strings.Repeat("长", 700)} {
		_, err := d.Find(directory.Query{Text: text})
		require.ErrorIs(t, err, govmedia.KindInvalid)
	}
}

func TestA9_PlacesAreChecked(t *testing.T) {
	place := func(fields string) string {
		return `{"version":"1","platforms":[{"platform":"p","name":"某平台","citation":"某文件","confidence":"S",` + fields + `}]}`
	}
	good := place(`"hosts":["p.example"],"paths":[{"path":"/a/{uid}"}]`)
	p, err := directory.ReadPlaces(strings.NewReader(good))
	require.NoError(t, err)
	reg := register()
	reg.Accounts = append(reg.Accounts, acc("p", "p", "77", "某号", ""))
	d := open(t, reg, directory.Config{Places: &p})
	require.Equal(t, []string{"p"}, ids(find(t, d, "https://p.example/a/77")))
	require.Empty(t, ids(find(t, d, "https://weibo.com/u/1000000001")), "the integrator's own rules instead of ours")
	for name, text := range map[string]string{
		"unknown field":     place(`"hosts":[],"x":1`),
		"no version":        strings.Replace(good, `"1"`, `""`, 1),
		"no citation":       strings.Replace(good, "某文件", "", 1),
		"unknown grade":     strings.Replace(good, `"S"`, `"Z"`, 1),
		"host not plain":    place(`"hosts":["P.example"]`),
		"host with port":    place(`"hosts":["p.example:1"]`),
		"host twice":        place(`"hosts":["p.example"],"short":["p.example"]`),
		"path names none":   place(`"paths":[{"path":"/a"}]`),
		"path names two":    place(`"paths":[{"path":"/{uid}/{name}"}]`),
		"path and query":    place(`"paths":[{"path":"/{uid}","query":"q"}]`),
		"unknown segment":   place(`"paths":[{"path":"/{id}"}]`),
		"path without root": place(`"paths":[{"path":"{uid}"}]`),
		"not JSON":          "x",
	} {
		_, err := directory.ReadPlaces(strings.NewReader(text))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	p.Version = ""
	_, err = directory.New(account.NewRegistry(nil), directory.Config{Places: &p})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	for _, place := range directory.BuiltInPlaces().Platforms {
		require.NotEqual(t, "M", place.Confidence)
	}
}

func FuzzDirectoryURL(f *testing.F) {
	for _, text := range []string{
		"https://weibo.com/u/1000000001", "https://weibo.com@evil.example/u/1000000001", "weibo。com/u/1000000001", "https://mp.weixin.qq.com/s?__biz=" + biz,
		"https://www.shili.example/xinfang/../", "https://xn--wibo-vof.com/u/1", "示例发布", "@示例发布", "https://[::1]/", "//weibo.com:443/n/%e7%a4",
	} {
		f.Add(text)
	}
	d := open(f, register(), directory.Config{})
	hosts := []string{"www.shili.example", "app.shili.example"}
	idn, err := idna.Lookup.ToASCII("示例.政务")
	require.NoError(f, err)
	hosts = append(hosts, idn)
	for _, p := range directory.BuiltInPlaces().Platforms {
		hosts = append(hosts, p.Hosts...)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := d.Find(directory.Query{Text: text})
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			return
		}
		require.Equal(t, len(a.Accounts) == 0, a.Status == directory.NotRegistered || a.Status == directory.Undetermined)
		if len(a.Accounts) == 0 || !strings.Contains(text, "://") {
			return
		}
		u, err := url.Parse(strings.TrimSpace(text))
		require.NoError(t, err)
		require.Nil(t, u.User)
		host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" {
			require.True(t, slices.Contains(hosts, host), host)
		}
	})
}

func TestA9_AnAddressOnASharedHostIsNoPrefix(t *testing.T) {
	reg := register()
	reg.Accounts = append(reg.Accounts,
		acc("zhihu", "zhihu", "", "示例知乎", "https://www.zhihu.com/"),
		acc("org", "zhihu", "", "示例知乎号", "https://www.zhihu.com/org/shili"),
		acc("channels", "channels", "", "示例视频号", "https://channels.weixin.qq.com/"),
		acc("alipay", "alipay", "", "示例支付宝", "https://render.alipay.com/p/shili"),
		acc("other", "强国号", "", "示例强国号", "https://www.shared.example/"),
		acc("download", "app", "", "示例通二", "https://store.example/apps"),
		acc("blog", "wordpress", "", "示例博客", "https://blog.shili.example/"),
	)
	d := open(t, reg, directory.Config{})
	for text, want := range map[string]directory.Status{
		"https://www.zhihu.com/org/impostor":       directory.NotRegistered,
		"https://www.zhihu.com/org/impostor/posts": directory.NotRegistered,
		"https://www.zhihu.com/people/impostor":    directory.Undetermined,
		"https://www.zhihu.com/":                   directory.Undetermined,
		"https://channels.weixin.qq.com/":          directory.Undetermined,
		"https://channels.weixin.qq.com/impostor":  directory.Undetermined,
		"https://render.alipay.com/p/shili/x":      directory.Undetermined,
		"https://render.alipay.com/p/impostor":     directory.Undetermined,
		"https://qr.alipay.com/impostor":           directory.Undetermined,
		"https://www.shared.example/impostor":      directory.NotRegistered,
		"https://store.example/apps/impostor":      directory.NotRegistered,
	} {
		a := find(t, d, text)
		require.Empty(t, a.Accounts, text)
		require.Equal(t, want, a.Status, text)
	}
	for text, id := range map[string]string{
		"https://www.zhihu.com/org/shili":        "org",
		"https://zhihu.com/org/shili/activities": "org",
		"https://render.alipay.com/p/shili":      "alipay",
		"https://www.shared.example":             "other",
		"https://store.example/apps/":            "download",
		"https://blog.shili.example/2026/1":      "blog",
		"https://www.shili.example/news/1":       "site",
	} {
		require.Equal(t, []string{id}, ids(find(t, d, text)), text)
	}
}

func TestA9_TheRegisterSaysWhatHasEndedAndWhatWasTakenOver(t *testing.T) {
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	reg := register()
	event := acc("event", "weibo", "1000000005", "示例防汛", "")
	event.Kind, event.Expires = account.KindEvent, now
	later := acc("later", "weibo", "1000000006", "示例运动会", "")
	later.Kind, later.Expires = account.KindEvent, now.Add(time.Hour)
	reg.Accounts = append(reg.Accounts, event, later)
	for i := range reg.Accounts {
		if reg.Accounts[i].ID == "taken" {
			reg.Accounts[i].Redirect = "weibo"
		}
	}
	d := open(t, reg, directory.Config{Now: func() time.Time { return now }})
	require.Equal(t, directory.Expired, find(t, d, "示例防汛").Status)
	require.Equal(t, directory.Official, find(t, d, "示例运动会").Status)
	taken := find(t, d, "示例街道")
	require.Equal(t, directory.TakenOver, taken.Status)
	require.Equal(t, "weibo", taken.Accounts[0].Redirect.ID)
}

func TestA9_BlanksAroundAUIDAreNoPartOfIt(t *testing.T) {
	reg := register()
	reg.Accounts = append(reg.Accounts, acc("blank", "weibo", "1000000007\u3000 ", "示例空格", ""))
	d := open(t, reg, directory.Config{})
	for _, text := range []string{"1000000007", "https://weibo.com/u/1000000007"} {
		a := find(t, d, text)
		require.Equal(t, []string{"blank"}, ids(a), text)
		require.Equal(t, "1000000007", a.Accounts[0].UID)
	}
}
