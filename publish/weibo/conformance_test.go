package weibo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/publishtest"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func TestP16_WeiboConforms(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
		const key, secret, uid = "1001", "app-secret-hush", "7001"
		fake := weibotest.New(&weibotest.Config{PostsPerHour: -1, RotateRefresh: true})
		fake.AddApp(weibotest.App{Key: key, Secret: secret, SafeDomains: []string{"gov.example"}, Refreshable: true})
		fake.AddUser(weibotest.User{UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 1})
		creds, err := fake.Token(key, uid)
		require.NoError(t, err)
		return &publishtest.Harness{
			Handler: fake,
			Adapter: func(c *http.Client) publish.Adapter {
				client, err := weibo.New(&weibo.Config{
					AppKey: key, AppSecret: govmedia.NewSecret(secret), BaseURL: "http://weibo.invalid", HTTPClient: c,
					RealIP: "203.0.113.7", SafeDomains: []string{"gov.example"},
				})
				require.NoError(t, err)
				return client
			},
			Account: account.Account{ID: "city", App: account.App{Platform: weibo.Platform, Key: key}, UID: uid, Name: "某市发布"},
			Credential: account.Credential{
				Account: "city", Access: govmedia.NewSecret(creds.AccessToken),
				Refresh: govmedia.NewSecret(creds.RefreshToken), Expires: creds.Expires,
			},
			Secrets: []string{secret},
			Rendition: func(n int) publish.Rendition {
				return publish.Rendition{Text: fmt.Sprintf("【停水通知】第%d号 https://www.gov.example/n/%d", n, n)}
			},
			Creates:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/statuses/share.json") },
			Withdraws: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/statuses/destroy.json") },
			Illustrated: func(n int) publish.Rendition {
				return publish.Rendition{Text: fmt.Sprintf("【停水通知】图%d https://www.gov.example/n/%d", n, n), Media: []string{onePicture(t).Digest()}}
			},
			Media: func(context.Context, string) (publish.Media, error) { return onePicture(t), nil },
			Fault: func(f publishtest.Fault) error {
				script := weibotest.Fault{
					Name: weibotest.FaultName(f.Name), Times: f.Times, Only: "write",
					RetryAfter: f.RetryAfter, RetryAfterDate: f.RetryAfterDate, Skew: f.Skew,
				}
				switch f.Name {
				case "read-down", "shift-pages":
					script.Only = "read"
				case "skew", "refresh-lost":
					script.Only = ""
				case "quota-account":
					script.Name = weibotest.FaultUserQuota
				case "account-banned":
					return fake.Ban(uid)
				case "account-renamed":
					return fake.RenameUser(uid, "某市发布新名")
				case "account-unverified":
					return fake.Unverify(uid)
				case "processing", "review", "review-pass", "review-reject":
					return fmt.Errorf("a post on Weibo is public at once: %w", errors.ErrUnsupported)
				}
				if f.Withdrawal {
					script.Only, script.Endpoint = "", destroyOp
				}
				fake.Script(script) // panics on a name that it does not know
				return nil
			},
			Posts: func() []publishtest.Held {
				var held []publishtest.Held
				for _, p := range fake.Journal().Posts {
					if p.Deleted {
						continue
					}
					h := publishtest.Held{ID: p.ID, Text: p.Text}
					if p.Picture != nil {
						h.Pictures = 1
					}
					held = append(held, h)
				}
				return held
			},
		}
	})
}

func onePicture(t *testing.T) publish.Media {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))))
	return publish.Media{Name: "图.png", Type: "image/png", Data: b.Bytes()}
}
