package verify_test

import (
	"fmt"

	"github.com/govmedia/govmedia/verify"
)

func ExampleRadar() {
	radar := verify.NewRadar([]string{"示例市公安局", "平安示例", "示例12345"})
	for _, name := range []string{"示例市公桉局", "平安示例官方", "示例l2345", "示例县公安局", "平安示例"} {
		fmt.Println(name, radar.Similar(name))
	}
	for _, f := range radar.Findings("weibo/1001", "示例平安") {
		fmt.Println(f.Explanation)
	}
	// Output:
	// 示例市公桉局 [{示例市公安局 [sound shape] 0.943}]
	// 平安示例官方 [{平安示例 [affix] 0.86}]
	// 示例l2345 [{示例12345 [digits] 0.975}]
	// 示例县公安局 []
	// 平安示例 []
	// 名称“示例平安”与已登记账号“平安示例”相似：调换了字词的次序。
}
