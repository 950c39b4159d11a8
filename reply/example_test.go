package reply_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/reply/sla"
)

// A citizen asks under a post. The desk opens a case for the unit that must answer; the case is answered when the
// platform shows the answer under the question.
func ExampleDesk() {
	ctx := context.Background()
	fake := weibotest.New(nil)
	server := httptest.NewServer(fake)
	defer server.Close()
	m, err := desk(ctx, fake, server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	post, _ := fake.AddPost("7001", "今晚十点起停水")
	_, _ = fake.AddComment(post.ID, "市民张先生", "水压为什么这么低？")

	cases, err := m.Desk.Poll(ctx, "a1") // Matrix.Run does this every minute
	if err != nil {
		fmt.Println(err)
		return
	}
	c := cases[0]
	left, _ := c.Limits[0].Left(c.Opened)
	fmt.Println(c.State, c.Unit, c.Route, left)

	_, err = m.Desk.Answer(ctx, "王芳", c.ID, "您好，管网抢修，今晚八点恢复。")
	fmt.Println(err)
	_, _ = m.Desk.Answer(ctx, "王芳", c.ID, "您好，管网抢修，今晚八点恢复。") // pressed twice: queued once
	_, _ = m.Step(ctx)                                       // Matrix.Run does this

	c, _ = m.Desk.Case(ctx, c.ID)
	fmt.Println(c.State, len(fake.Journal().Comments))
	// Output:
	// open water 供水 24h0m0s
	// <nil>
	// answered 2
}

// desk is a matrix in memory with one account at the fake platform and a rule for questions about water.
func desk(ctx context.Context, fake *weibotest.Server, address string) (*matrix.Matrix, error) {
	fake.AddApp(weibotest.App{Key: "app", Secret: "s"})
	fake.AddUser(weibotest.User{UID: "7001", ScreenName: "示例发布"})
	token, err := fake.Token("app", "7001")
	if err != nil {
		return nil, err
	}
	client, err := weibo.New(&weibo.Config{AppKey: "app", BaseURL: address, RealIP: "127.0.0.1"})
	if err != nil {
		return nil, err
	}
	engine, err := sqlite.Open(ctx, sqlite.Memory, nil)
	if err != nil {
		return nil, err
	}
	if err := engine.Migrate(ctx); err != nil {
		return nil, err
	}
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{client},
		Keys:     account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}}, // use random bytes
		Reply: reply.Config{
			Authorize: func(context.Context, string, reply.Case) error { return nil },
			Routes:    []reply.Route{{Name: "供水", Contains: []string{"停水", "水压"}, Unit: "water"}},
			Targets:   []sla.Target{{Name: "首次回应", Basis: sla.Wall, Duration: 24 * time.Hour, Citation: "GB/T 33358-2016", Version: "2017-07-01"}},
		},
	})
	if err != nil {
		return nil, err
	}
	err = m.Registry.Save(ctx, "admin", account.Register{
		Units: []account.Unit{
			{ID: "city", Name: "示例市人民政府办公室", Level: account.City},
			{ID: "water", Name: "示例市水务局", Level: account.City, Supervisor: "city"},
		},
		Accounts: []account.Account{{
			ID: "a1", App: client.App(), UID: "7001", Name: "示例发布", Unit: "city",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	})
	if err != nil {
		return nil, err
	}
	return m, m.Vault.Put(ctx, "admin", account.Credential{Account: "a1", Access: govmedia.NewSecret(token.AccessToken)})
}
