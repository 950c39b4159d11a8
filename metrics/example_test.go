package metrics_test

import (
	"fmt"
	"time"

	"github.com/govmedia/govmedia/metrics"
)

// An account that has been silent for two weeks fails its inspection; the finding says how much time is left before.
func ExampleFreshnessOf() {
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	for _, last := range []time.Time{now.AddDate(0, 0, -3), now.AddDate(0, 0, -13), now.AddDate(0, 0, -15), {}} {
		f := metrics.FreshnessOf("a1", last, now)
		fmt.Println(f.Grade)
		if finding, wrong := f.Finding(); wrong {
			fmt.Println(" ", finding.Explanation)
		}
	}
	// Output:
	// fresh
	// last
	//   该账号已13天未更新，距单项否决还有24小时。
	// veto
	//   该账号已15天未更新，超过14天，触发单项否决。
	// unknown
}
