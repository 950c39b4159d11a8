package wordpress_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// The answer to a post gets lost. The client says that the outcome is unknown, and a look-up of the post's own address
// finds it.
func Example() {
	fake := wordpresstest.New(nil)
	fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Editor})
	password, err := fake.Password("city")
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultDropAfter, Endpoint: "posts.create", Times: 1})
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := wordpress.New(&wordpress.Config{BaseURL: server.URL, Site: "www.city.gov.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	site := account.Account{ID: "site", App: client.App(), UID: "city", Name: "某市政府网"}
	cred := account.Credential{Account: "site", Access: govmedia.NewSecret(password)}
	post := publish.Rendition{Title: "停水通知", Text: "今晚十点起城北片区停水"}

	began, ctx := time.Now(), context.Background()
	_, err = client.Publish(ctx, &publish.Submission{Operation: "post/1/site", Account: site, Credential: cred, Rendition: post})
	e, _ := errors.AsType[*govmedia.Error](err)
	fmt.Printf("kind %s, outcome %q, remedy %s\n", e.Kind, e.Outcome, e.Remedy())

	found, err := client.Find(ctx, &publish.Query{Operation: "post/1/site", Account: site, Credential: cred, Rendition: post, Since: began})
	if err != nil {
		fmt.Println(err)
		return
	}
	held := fake.Journal().Posts[0]
	fmt.Printf("found %d: %t %s %s\n", len(found.Receipts), found.Receipts[0].ID == held.ID, held.Title, held.Content)
	// Output:
	// kind transport, outcome "", remedy reconcile
	// found 1: true 停水通知 <p>今晚十点起城北片区停水</p>
}

// What readers of the site get.
func ExampleCompose() {
	a := wordpress.Compose(publish.Rendition{
		Title: "停水通知", Text: "今晚十点起。\n地图见 https://www.gov.example/map", Link: "https://www.gov.example/n?a=1&b=2",
	})
	fmt.Println(a.Title)
	fmt.Println(a.Content)
	// Output:
	// 停水通知
	// <p>今晚十点起。</p>
	// <p>地图见 <a href="https://www.gov.example/map">https://www.gov.example/map</a></p>
	// <p>原文链接：<a href="https://www.gov.example/n?a=1&amp;b=2">https://www.gov.example/n?a=1&amp;b=2</a></p>
}
