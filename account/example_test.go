package account_test

import (
	"context"
	"fmt"
	"time"

	"github.com/govmedia/govmedia/account"
)

func ExampleKind_Scored() {
	fmt.Println(account.KindMiniProgram.Scored(), account.KindOfficer.Scored())
	// Output:
	// true false
}

// A register is saved as a whole or not at all, and every row that is wrong is named.
func ExampleRegistry_Save() {
	registry := account.NewRegistry(nil) // package matrix gives it a store
	err := registry.Save(context.Background(), "importer", account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市公安局", Level: "局"}, {ID: "u2"}},
	})
	fmt.Println(err)
	// Output:
	// register.unit: invalid: unit "u1": unknown level "局"; use national, province, city, county or township
	// register.unit: invalid: unit "u2" has no name
}

// Two persons take turns at local midnight; the profile says who it is today.
func ExampleRota() {
	shifts, err := account.Rota{
		Account: "a1", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 2,
		People: []account.OnDuty{{Person: "wang.fang", Shown: "小王"}, {Person: "li.na", Shown: "小李"}},
	}.Shifts()
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 12, 1, 16, 0, 0, 0, time.UTC) // the second day has just begun in Shanghai
	fmt.Println(shifts[0].Covers(now), shifts[1].Covers(now))
	fmt.Println(account.ProfileText("zh", "Asia/Shanghai", now, shifts))
	// Output:
	// false true
	// 今日值班：小李 <nil>
}
