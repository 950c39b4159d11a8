package verify_test

import (
	"fmt"

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
	name := account.Account{ID: "gz-weibo", Name: "中国示例市发布", App: account.App{Platform: "weibo"}}
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
