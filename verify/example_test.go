package verify_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

func ExampleUSCC() {
	fmt.Println(verify.USCC("11331002002673575G"))
	fmt.Println(verify.USCC("11331002002673575X"))
	// Output:
	// <nil>
	// verify.uscc: invalid: the check character at position 18 is X; the characters before it demand G
}

func ExampleResidentID() {
	fmt.Println(verify.ResidentID("110105194912310021"))
	// Output:
	// verify.resident_id: invalid: the check character at position 18 is 1; the characters before it demand X in 11*************021
}

func ExampleIdentify() {
	fmt.Println(verify.Identify("11331002002673575G"), verify.Identify("11010519491231002X"))
	// Output:
	// [uscc] [resident_id]
}

func ExampleNames() {
	owner := account.Unit{ID: "gz", Name: "示例市人民政府", Level: account.City, Region: "636100"}
	name := account.Account{ID: "gz-weibo", Name: "中国示例市发布", App: account.App{Platform: "weibo"}, Verification: "示例市人民政府官方微博"}
	var names verify.Names
	for _, f := range names.Check(name, owner) {
		fmt.Println(f.Rule, f.Severity, f.Explanation)
	}
	// Output:
	// name.reserved warning 名称“中国示例市发布”含有“中国”，而主办单位“示例市人民政府”不是国家级单位。
}

// Wrong words are found, and right ones that contain them are not.
func ExampleText_Check() {
	for _, f := range (verify.Text{}).Check("尽微薄之力，请关注本局官方微薄。") {
		fmt.Println(f.Rule, f.Span.Start, f.Explanation)
	}
	// Output: text.typo/微薄 39 “微薄”疑为“微博”之误。
}

// One's own words stand beside the built-in ones; compiled once, the gate serves all texts.
func ExampleNewText() {
	gate, err := verify.NewText(verify.Lexicon{Version: "2026-12", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own", Citation: "本单位用语规范", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "执发", Right: "执法"}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range gate.Check("根据国办发[2018]123号，2023年2月30日联合执发，联系电话13812345678。") {
		fmt.Println(f.Rule)
	}
	// Output:
	// text.document_number/国办发[2018]123号
	// text.date/2023年2月30日
	// own/执发
	// personal.phone/138****5678
}

func ExamplePersonal_Mask() {
	text := "张某（11010519491231002X），电话 138-1234-5678，住示例镇示例路12号3单元501室；信用代码11331002002673575G。"
	fmt.Println(verify.Personal{}.Mask(text))
	// Output:
	// 张某（11*************02X），电话 138****5678，住示例镇***；信用代码11331002002673575G。
}

// The platform has taken the mark away since the profile was filed.
func ExampleDrift_Check() {
	a := account.Account{ID: "gz-weibo", Name: "示例市发布"}
	filed := account.Profile{Name: account.Saw("示例市发布"), Verified: account.Saw(true)}
	seen := account.Profile{Name: account.Saw("示例市发布"), Verified: account.Saw(false)}
	for _, f := range (verify.Drift{}).Check(a, filed, seen) {
		fmt.Println(f.Rule, f.Severity, f.Explanation)
	}
	// Output: drift.mark error 账号“示例市发布”的政府认证标识已被平台取消：备案为“认证”，现为“未认证”。
}

// A source that is on no list, with the list's date and version.
func ExampleRepost_Check() {
	list, err := verify.ReadRepostList(strings.NewReader(`{"version": "1", "title": "示例名单", "publisher": "示例省网信办", "date": "2026-07-02",
		"citation": "虚构", "sources": [{"name": "示例日报社", "aliases": ["示例日报"], "hosts": ["paper.shili.example"]}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	check := verify.Repost{Lists: []verify.RepostList{list}, Now: func() time.Time { return time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC) }}
	for _, f := range check.Check(verify.Reposted{ID: "p1", Source: "吃瓜前线", Text: "来源：吃瓜前线"}) {
		fmt.Println(f.Rule, f.Explanation)
	}
	// Output: repost.unlisted 来源“吃瓜前线”不在名单中。核对的名单：《示例名单》（2026-07-02公布，版本1）。
}

// Advice on an answer before it is sent.
func ExampleTone_Check() {
	for _, f := range (verify.Tone{}).Check(verify.Answered{ID: "r1", Text: "您好，此事不归我们管，请咨询其他部门。"}) {
		fmt.Println(f.Rule, f.Severity, f.Explanation)
	}
	// Output: tone.brush_off warning “不归我们管”：推诿，没有指明承办单位。
}

// An account that sells shoes at night.
func ExampleTakeover_Check() {
	at := time.Date(2026, 11, 28, 15, 0, 0, 0, time.UTC)
	found, err := verify.Takeover{}.Check(verify.Activity{
		Until: at, Accounts: []verify.Norm{{Account: "gz-weibo", Name: "示例市发布"}},
		Actions: []verify.Action{{Account: "gz-weibo", At: at, Kind: verify.ActionPost, Text: "厂家直销男鞋，两双99元包邮，私信下单"}},
	})
	fmt.Println(found[0].Rule, found[0].Explanation, err)
	// Output: takeover.advert 账号“示例市发布”自2026年11月28日23:00起出现政务账号不得发布的内容（商品或服务推销），共1次。 <nil>
}

// A site that names another account than the registered one.
func ExampleSiteProof_Check() {
	a := account.Account{ID: "gz-weibo", Name: "示例市发布", UID: "9000000001", App: account.App{Platform: "weibo"}}
	for _, f := range (verify.SiteProof{}).Check(a, "www.shili.example", []verify.SiteClaim{{Kind: verify.ClaimTXT, Value: "weibo/9000000002"}}) {
		fmt.Println(f.Rule, f.Explanation)
	}
	// Output:
	// site.unproved 网站“www.shili.example”没有声明账号“示例市发布”为其官方账号。
	// site.other_account 网站“www.shili.example”声明的同平台账号是“weibo/9000000002”，不是“示例市发布”。
}
