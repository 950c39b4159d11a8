package weibo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
		fake := weibotest.New(&weibotest.Config{PostsPerHour: -1})
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
			Illustrated: func(n int) publish.Rendition {
				return publish.Rendition{Text: fmt.Sprintf("【停水通知】第%d号 https://www.gov.example/n/%d", n, n), Media: []string{pictureOf("image/png", 0).Digest()}}
			},
			Media: func(context.Context, string) (publish.Media, error) { return pictureOf("image/png", 0), nil },
			Fault: func(f publishtest.Fault) error {
				script := weibotest.Fault{
					Name: weibotest.FaultName(f.Name), Times: f.Times, Only: "write",
					RetryAfter: f.RetryAfter, RetryAfterDate: f.RetryAfterDate, Skew: f.Skew,
				}
				switch f.Name {
				case "read-down", "shift-pages":
					script.Only = "read"
				case "skew":
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
				fake.Script(script) // panics on a name that it does not know
				return nil
			},
			Posts: func() []publishtest.Held {
				var held []publishtest.Held
				for _, p := range fake.Journal().Posts {
					held = append(held, publishtest.Held{ID: p.ID, Text: p.Text})
				}
				return held
			},
		}
	})
}
