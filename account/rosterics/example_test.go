package rosterics_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/rosterics"
)

func ExampleWrite() {
	shifts, err := account.Rota{
		Account: "a1", Language: "zh", Zone: "Asia/Shanghai", First: "2026-12-01", Days: 1,
		People: []account.OnDuty{{Person: "wang.fang", Shown: "小王"}},
	}.Shifts()
	if err != nil {
		fmt.Println(err)
		return
	}
	var file strings.Builder
	err = rosterics.Write(&file, shifts, rosterics.Options{
		Host: "www.shili.example", Accounts: map[string]string{"a1": "示例发布"}, Now: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(file.String()) {
		if strings.HasPrefix(line, "DT") || strings.HasPrefix(line, "SUMMARY") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output:
	// DTSTAMP:20261122T010000Z
	// DTSTART:20261130T160000Z
	// DTEND:20261201T160000Z
	// SUMMARY:值班：小王（示例发布）
}
