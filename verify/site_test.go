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

func TestV11_SiteProof(t *testing.T) {
	weibo := account.Account{ID: "a1", Name: "示例发布", UID: "9000000001", URL: "https://weibo.com/u/9000000001", App: account.App{Platform: "weibo"}}
	other := account.Account{ID: "a2", Name: "示例发布", URL: "https://social.shili.example/@fabu?lang=zh", App: account.App{Platform: "other"}}
	for _, c := range []struct {
		name    string
		account account.Account
		claim   verify.SiteClaim
		want    string
	}{
		{"address", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://weibo.com/u/9000000001"}, ""},
		{"another form of it", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "http://WWW.weibo.com/9000000001/"}, ""},
		{"platform and uid", weibo, verify.SiteClaim{Kind: verify.ClaimTXT, Value: "weibo/9000000001"}, ""},
		{"an address only", other, verify.SiteClaim{Kind: verify.ClaimMeta, Value: "http://social.shili.example/@fabu/?lang=zh#top"}, ""},
		{"an anchor", weibo, verify.SiteClaim{Kind: verify.ClaimAnchor, Value: "https://weibo.com/u/9000000001"}, "site.unproved"},
		{"another uid", weibo, verify.SiteClaim{Kind: verify.ClaimTXT, Value: "weibo/9000000002"}, "site.unproved site.other_account"},
		{"another address", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://weibo.com/u/90000000010"}, "site.unproved site.other_account"},
		{"a custom address", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://weibo.com/shilifabu"}, "site.unproved"}, // may be the same account's
		{"a custom name", weibo, verify.SiteClaim{Kind: verify.ClaimTXT, Value: "weibo/shilifabu"}, "site.unproved"},
		{"another short address", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://weibo.com/9000000002"}, "site.unproved site.other_account"},
		{"another platform", weibo, verify.SiteClaim{Kind: verify.ClaimTXT, Value: "douyin/9000000001"}, "site.unproved"},
		{"a host that ends alike", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://evilweibo.com/u/9000000001"}, "site.unproved"},
		{"a path below", weibo, verify.SiteClaim{Kind: verify.ClaimLink, Value: "https://weibo.com/u/9000000001/x"}, "site.unproved"},
		{"another query", other, verify.SiteClaim{Kind: verify.ClaimMeta, Value: "https://social.shili.example/@fabu"}, "site.unproved"},
		{"nothing", weibo, verify.SiteClaim{}, "site.unproved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range (verify.SiteProof{}).Check(c.account, "www.shili.example", []verify.SiteClaim{c.claim}) {
				requireComplete(t, f)
				got = append(got, f.Rule)
			}
			require.Equal(t, c.want, strings.Join(got, " "))
		})
	}
	require.NotEmpty(t, verify.SiteProof{}.Check(account.Account{ID: "a3", App: account.App{Platform: "weibo"}}, "x",
		[]verify.SiteClaim{{Kind: verify.ClaimTXT, Value: "weibo/"}}), "an account without uid is not the one without uid")
}

func TestV11_SiteRulesAreData(t *testing.T) {
	for name, change := range map[string]func(*verify.SiteRules){
		"no version":  func(r *verify.SiteRules) { r.Version = "" },
		"no citation": func(r *verify.SiteRules) { r.Proved.Citation = "" },
		"no hosts":    func(r *verify.SiteRules) { r.Platforms[0].Hosts = nil },
		"no uid":      func(r *verify.SiteRules) { r.Platforms[0].Paths[0] = "/u/" },
	} {
		rules := verify.BuiltInSiteRules()
		change(&rules)
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		_, err = verify.ReadSiteRules(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
}

func FuzzSiteProof(f *testing.F) {
	f.Add("weibo", "9000000001", "https://weibo.com/u/9000000001", "weibo/9000000001")
	f.Add("", "", ":", "//x/")
	f.Fuzz(func(t *testing.T, platform, uid, address, claim string) {
		a := account.Account{ID: "a", UID: uid, URL: address, App: account.App{Platform: platform}}
		found := verify.SiteProof{}.Check(a, "x", []verify.SiteClaim{{Kind: verify.ClaimTXT, Value: claim}})
		for _, x := range found {
			requireComplete(t, x)
		}
		if len(found) == 0 {
			require.NotEmpty(t, claim)
			require.True(t, uid != "" || address != "", "nothing to compare proves nothing")
		}
	})
}
