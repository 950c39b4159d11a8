package account_test

import (
	"bytes"
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

// An outsourced operator may do what the contract says, and only as long as it lasts.
func ExampleOperator_Bar() {
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	o := account.Operator{ID: "zhang", Outsourced: true, Contract: account.Contract{From: day(1), Until: day(30), Units: []string{"u1"}}}
	fmt.Printf("%q\n", o.Bar("a1", "u1", day(10)))
	fmt.Println(o.Bar("a2", "u2", day(10)))
	fmt.Println(o.Bar("a1", "u1", day(30)))
	// Output:
	// ""
	// account "a2" is not within the contract of operator "zhang"
	// the contract of operator "zhang" ended at 2026-11-30T00:00:00Z
}

// An archive is verified without the database that it came from. One bit has changed; it is found, and where.
func ExampleVerifyArchive() {
	var file bytes.Buffer
	w := account.NewArchive(&file, account.Manifest{Account: "a1", Actor: "archivist"}) // Matrix.Archive does this
	_ = w.Add("posts.jsonl", []byte("{\"text\":\"停水通知\"}\n{\"text\":\"恢复供水\"}\n"))
	_, _ = w.Close()

	b := file.Bytes()
	m, err := account.VerifyArchive(bytes.NewReader(b), int64(len(b)))
	fmt.Println(m.Account, m.Files[0].Name, len(m.Files[0].Lines), err)

	b[bytes.Index(b, []byte("恢复"))] ^= 1
	_, err = account.VerifyArchive(bytes.NewReader(b), int64(len(b)))
	fmt.Println(err)
	// Output:
	// a1 posts.jsonl 2 <nil>
	// archive.verify: corrupt: file "posts.jsonl": line 2 is altered; fetch the archive from a copy
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
