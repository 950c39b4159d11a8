package consumer

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/publishtest"
)

func dot(t *testing.T) publish.Media {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return publish.Media{Name: "图.png", Type: "image/png", Data: b.Bytes()}
}

func TestConforms(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
		fake, picture := &board{token: "t/1", refresh: "r/1"}, dot(t)
		rendition := func(n int) publish.Rendition { return publish.Rendition{Text: fmt.Sprintf("通告第%d号", n)} }
		return &publishtest.Harness{
			Handler:    fake,
			Adapter:    func(c *http.Client) publish.Adapter { return New("http://board.invalid", c) },
			Account:    account.Account{ID: "a1", App: account.App{Platform: Platform, Key: "board"}},
			Credential: account.Credential{Account: "a1", Access: govmedia.NewSecret(fake.token), Refresh: govmedia.NewSecret(fake.refresh)},
			Rendition:  rendition,
			Illustrated: func(n int) publish.Rendition {
				r := rendition(n)
				r.Media = []string{picture.Digest()}
				return r
			},
			Media:   func(context.Context, string) (publish.Media, error) { return picture, nil },
			Creates: func(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/notes" },
			Fault:   fake.script,
			Posts:   fake.posts,
		}
	})
}

// A matrix renews the token, uploads the picture and publishes once, although the board takes the note and hangs up.
func TestMatrix(t *testing.T) {
	ctx, fake := t.Context(), &board{token: "t", refresh: "r"}
	server := httptest.NewServer(fake)
	defer server.Close()
	client := New(server.URL, nil)
	engine, err := sqlite.Open(ctx, sqlite.Memory, nil)
	must(t, err)
	defer func() { must(t, engine.Close()) }()
	must(t, engine.Migrate(ctx))
	ahead := time.Duration(0)
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{client},
		Keys:     account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}},
		Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
		Now:      func() time.Time { return time.Now().Add(ahead) },
	})
	must(t, err)
	must(t, m.Registry.Save(ctx, "管理员", account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例县人民政府办公室", Level: account.County}},
		Accounts: []account.Account{{
			ID: "a1", App: client.App(), Name: "示例县公告栏", Unit: "u1", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	}))
	must(t, m.Vault.Put(ctx, "管理员", account.Credential{
		Account: "a1", Access: govmedia.NewSecret("t"), Refresh: govmedia.NewSecret("r"), Expires: time.Now().Add(time.Minute),
	}))
	picture, err := m.Publisher.AddMedia(ctx, "甲", dot(t))
	must(t, err)
	p, err := m.Publisher.Draft(ctx, "甲", publish.Post{Text: "明日停水", Media: []string{picture}, Targets: []string{"a1"}})
	must(t, err)
	p, err = m.Publisher.Submit(ctx, "甲", p, "")
	must(t, err)
	p, err = m.Publisher.Review(ctx, "乙", p, "")
	must(t, err)
	p, err = m.Publisher.Approve(ctx, "丙", p, "")
	must(t, err)
	_, err = m.Publisher.Publish(ctx, "甲", p.ID)
	must(t, err)
	must(t, fake.script(publishtest.Fault{Name: "drop-after-commit", Times: 1}))
	for range 2 {
		_, err = m.Step(ctx)
		must(t, err)
		ahead += time.Minute
	}
	list, err := m.Publisher.Deliveries(ctx, p.ID)
	must(t, err)
	if state := publish.StateOf(list); state != publish.FullyLive {
		t.Errorf("the post is %q: %+v", state, list)
	}
	if on := fake.posts(); len(on) != 1 || on[0].Pictures != 1 || fake.files != 1 {
		t.Errorf("the board holds %+v and %d files, want one note with one picture", on, fake.files)
	}
	if fake.token == "t" {
		t.Error("the token was not renewed")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
