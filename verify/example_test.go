package verify_test

import (
	"fmt"

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
