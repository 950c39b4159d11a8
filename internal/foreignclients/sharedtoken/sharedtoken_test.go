// Package sharedtoken proves that an integrator's own client of silenceper's SDK and ours use one access token. It is a
// module of its own because the SDK drags in what no user of govmedia should have to link.
package sharedtoken

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/util"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestOneTokenForBoth(t *testing.T) {
	fake := wechattest.New(nil)
	fake.AddApp(wechattest.App{ID: "wx1", Secret: "s", Name: "示例发布"})
	server := httptest.NewServer(fake)
	defer server.Close()
	// The SDK's only way to another host is this hook, one for the whole process.
	util.SetURIModifier(func(uri string) string { return strings.Replace(uri, "https://api.weixin.qq.com", server.URL, 1) })
	sdk := officialaccount.NewOfficialAccount(&config.Config{AppID: "wx1", AppSecret: "s", Cache: cache.NewMemory(), UseStableAK: true})

	client, err := wechat.New(&wechat.Config{AppID: "wx1", BaseURL: server.URL, AccessTokenHandle: sdk})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.GetDraft().CountDraft(); err != nil {
		t.Fatal(err)
	}
	cred, err := client.Connect(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.Publish(t.Context(), &publish.Submission{
		Operation: "post/p/a", Account: account.Account{ID: "a", App: client.App()}, Credential: cred,
		Rendition: publish.Rendition{Title: "停水通知", Text: "明日停水。", Cover: "c", Want: "public"},
		Media: func(context.Context, string) (publish.Media, error) {
			return publish.Media{Name: "c.jpg", Type: "image/jpeg", Data: []byte("\xff\xd8\xff\xe0jpeg")}, nil
		},
		Checkpoint: func(context.Context, []byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.GetDraft().CountDraft(); err != nil {
		t.Fatal(err)
	}
	journal := fake.Journal()
	if journal.Tokens != 1 {
		t.Errorf("the platform gave %d tokens; both clients should share one", journal.Tokens)
	}
	if len(journal.Publications) != 1 || journal.Publications[0].PublishID != r.ID {
		t.Errorf("publications: %+v, receipt %+v", journal.Publications, r)
	}
}
