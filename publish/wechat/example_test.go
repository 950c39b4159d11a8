package wechat_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// The answer to the hand-over gets lost, and the process with it. The next one reads, with the checkpoint in its hand:
// the draft has left the box and the article is there, so nothing is sent again.
func Example() {
	fake := wechattest.New(nil)
	fake.AddApp(wechattest.App{ID: "wx1", Secret: "s"})
	fake.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: "freepublish/submit", Times: 1})
	server := httptest.NewServer(fake)
	defer server.Close()

	client, err := wechat.New(&wechat.Config{AppID: "wx1", AppSecret: govmedia.NewSecret("s"), BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, began := context.Background(), time.Now()
	cred, err := client.Connect(ctx, "city") // for account.Vault.Put
	if err != nil {
		fmt.Println(err)
		return
	}
	picture := publish.Media{Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\n…")}
	post := publish.Rendition{Title: "停水通知", Text: "今晚十点起停水。", Cover: picture.Digest(), Want: govmedia.ReachPublic}
	city := account.Account{ID: "city", App: client.App(), Name: "某市发布"}

	var prior []byte // the engine keeps this in its database
	_, err = client.Publish(ctx, &publish.Submission{
		Operation: "1", Account: city, Credential: cred, Rendition: post,
		Media:      func(context.Context, string) (publish.Media, error) { return picture, nil },
		Checkpoint: func(_ context.Context, data []byte) error { prior = data; return nil },
	})
	e := govmedia.AsError(err)
	fmt.Printf("%s: kind %s, outcome %q, remedy %s\n", e.Op, e.Kind, e.Outcome, e.Remedy())

	fake.Advance(time.Minute) // the platform has done its work
	found, err := client.Find(ctx, &publish.Query{Operation: "1", Account: city, Credential: cred, Rendition: post, Prior: prior, Since: began})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("found %d: %t\n", len(found.Receipts), found.Receipts[0].ID == fake.Journal().Publications[0].ArticleID)
	// Output:
	// freepublish/submit: kind transport, outcome "", remedy reconcile
	// found 1: true
}

// A citizen writes to the account; the platform pushes it, encrypted.
func ExampleClient_CallbackHandler() {
	fake := wechattest.New(nil)
	app := wechattest.App{ID: "wx1", Secret: "s", Token: "t", AESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", PushMode: wechattest.PushSafe}
	client, err := wechat.New(&wechat.Config{
		AppID: app.ID, AppSecret: govmedia.NewSecret(app.Secret), Token: govmedia.NewSecret(app.Token), EncodingAESKey: govmedia.NewSecret(app.AESKey),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	callback, err := client.CallbackHandler(&wechat.CallbackConfig{
		Handle: func(_ context.Context, e *wechat.Event) error {
			fmt.Printf("%s from %s: %s\n", e.Kind, e.From, e.Text)
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/wechat", callback)
	server := httptest.NewServer(mux)
	defer server.Close()

	app.CallbackURL = server.URL + "/wechat"
	fake.AddApp(app)
	_, err = fake.AddFan(wechattest.Fan{AppID: app.ID, OpenID: "oCitizen"})
	if err == nil {
		_, err = fake.Say(app.ID, "oCitizen", "几点来水？")
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	pushes, err := fake.DeliverPushes(context.Background(), server.Client())
	callback.Wait()
	fmt.Println(len(pushes), pushes[0].Answer, err)
	// Output:
	// message from oCitizen: 几点来水？
	// 1 success <nil>
}
