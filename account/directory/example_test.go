package directory_test

import (
	"context"
	"fmt"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
)

// A citizen has two addresses and asks which one is the government's.
func Example() {
	registry := account.NewRegistry(&shelf{reg: register()}) // package matrix has one
	d, err := directory.New(registry, directory.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.Refresh(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for _, address := range []string{"https://weibo.com/u/1000000001", "https://weibo.com.evil.example/u/1000000001"} {
		a, err := d.Find(directory.Query{Text: address})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Status.Label() + a.Note)
		for _, e := range a.Accounts {
			fmt.Println(e.Name, e.PlatformName, e.Unit)
		}
	}
	// Output:
	// 官方账号
	// 示例发布 微博 示例市人民政府办公室
	// 未在本目录登记域名“weibo.com.evil.example”只是含有“weibo.com”，并不是该平台的网站。
}
