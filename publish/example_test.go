package publish_test

import (
	"context"
	"fmt"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
)

// Three people take a notice through its review. Nobody signs twice, and an edit voids what was signed.
func ExamplePublisher() {
	ctx := context.Background()
	m, err := office(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	post, err := m.Publisher.Draft(ctx, "王芳", publish.Post{
		Title: "停水通知", Text: "今晚十点起城北片区停水", Link: "https://www.shili.example/1", Targets: []string{"a1"},
	})
	fmt.Println(post.Stage, post.Renditions["weibo"].Text, err)

	post, _ = m.Publisher.Submit(ctx, "王芳", post, "")
	_, err = m.Publisher.Review(ctx, "王芳", post, "")
	fmt.Println(err != nil)
	post, _ = m.Publisher.Review(ctx, "李明", post, "时间已核对")
	post, _ = m.Publisher.Approve(ctx, "赵局", post, "")
	fmt.Println(post.Stage, len(post.Signatures), post.Seal == post.Digest())

	post.Text = "今晚十一点起城北片区停水"
	post, _ = m.Publisher.Draft(ctx, "王芳", post)
	fmt.Println(post.Stage, len(post.Signatures), post.Seal == "")
	// Output:
	// draft 【停水通知】今晚十点起城北片区停水 https://www.shili.example/1 <nil>
	// true
	// approved 3 true
	// draft 0 true
}

// office is a matrix in memory with one account. Package matrix has an example that publishes.
func office(ctx context.Context) (*matrix.Matrix, error) {
	client, err := weibo.New(&weibo.Config{AppKey: "app"})
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
		Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
	})
	if err != nil {
		return nil, err
	}
	return m, m.Registry.Save(ctx, "admin", account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市人民政府办公室", Level: account.City}},
		Accounts: []account.Account{{
			ID: "a1", App: client.App(), UID: "7001", Name: "示例发布", Unit: "u1",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	})
}
