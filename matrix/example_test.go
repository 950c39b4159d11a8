package matrix_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// A notice goes through its review and out to a fake Weibo, once. The README shows this code.
func Example() {
	ctx := context.Background()
	fake := weibotest.New(nil) // a stateful Weibo on loopback, with one app and one account
	fake.AddApp(weibotest.App{Key: "app", Secret: "s", SafeDomains: []string{"www.shili.example"}})
	fake.AddUser(weibotest.User{UID: "7001", ScreenName: "示例发布"})
	token, _ := fake.Token("app", "7001")
	server := httptest.NewServer(fake)
	defer server.Close()

	client, _ := weibo.New(&weibo.Config{AppKey: "app", BaseURL: server.URL, RealIP: "127.0.0.1"})
	engine, _ := sqlite.Open(ctx, sqlite.Memory, nil)
	_ = engine.Migrate(ctx)
	keys := account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}} // use random bytes
	everybody := publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }}
	m, _ := matrix.New(engine, matrix.Config{Adapters: []publish.Adapter{client}, Keys: keys, Publish: everybody})

	unit := account.Unit{ID: "u1", Name: "示例市人民政府办公室", Level: account.City}
	acc := account.Account{ID: "a1", App: client.App(), UID: "7001", Name: "示例发布", Unit: "u1", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open}
	_ = m.Registry.Save(ctx, "admin", account.Register{Units: []account.Unit{unit}, Accounts: []account.Account{acc}})
	_ = m.Vault.Put(ctx, "admin", account.Credential{Account: "a1", Access: govmedia.NewSecret(token.AccessToken)})

	post, _ := m.Publisher.Draft(ctx, "author", publish.Post{Text: "明日停水", Link: "https://www.shili.example/1", Targets: []string{"a1"}})
	post, _ = m.Publisher.Submit(ctx, "author", post, "")
	post, _ = m.Publisher.Review(ctx, "reviewer", post, "")
	post, _ = m.Publisher.Approve(ctx, "approver", post, "")
	_, _ = m.Publisher.Publish(ctx, "author", post.ID) // queue it; a second call queues nothing twice
	_, _ = m.Step(ctx)                                 // send what is due; an application calls m.Run

	deliveries, _ := m.Publisher.Deliveries(ctx, post.ID)
	fmt.Println(publish.StateOf(deliveries), len(fake.Journal().Posts))
	// Output: live 1
}
