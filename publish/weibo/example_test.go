package weibo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// The answer to a post gets lost. The client says that the outcome is unknown, and a reading finds the post.
func Example() {
	fake := weibotest.New(nil)
	fake.AddApp(weibotest.App{Key: "1001", Secret: "s", SafeDomains: []string{"gov.example"}})
	fake.AddUser(weibotest.User{UID: "7001", ScreenName: "某市发布", Verified: true, VerifiedType: 1})
	token, err := fake.Token("1001", "7001")
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Script(weibotest.Fault{Name: weibotest.FaultDropAfter, Endpoint: "statuses/share", Times: 1})
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := weibo.New(&weibo.Config{
		AppKey: "1001", BaseURL: server.URL, RealIP: "203.0.113.7", SafeDomains: []string{"gov.example"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	city := account.Account{ID: "city", App: client.App(), UID: "7001", Name: "某市发布"}
	cred := account.Credential{Account: "city", Access: govmedia.NewSecret(token.AccessToken)}
	post := publish.Rendition{Text: "#停水通知#今晚十点起 https://www.gov.example/notice"}

	began, ctx := time.Now(), context.Background()
	_, err = client.Publish(ctx, &publish.Submission{Operation: "1", Account: city, Credential: cred, Rendition: post})
	e, _ := errors.AsType[*govmedia.Error](err)
	fmt.Printf("kind %s, outcome %q, remedy %s\n", e.Kind, e.Outcome, e.Remedy())

	found, err := client.Find(ctx, &publish.Query{Operation: "1", Account: city, Credential: cred, Rendition: post, Since: began})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("found %d: %t\n", len(found.Receipts), found.Receipts[0].ID == fake.Journal().Posts[0].ID)
	// Output:
	// kind transport, outcome "", remedy reconcile
	// found 1: true
}
