package wechat_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/publishtest"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestP16_WeChatConforms(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
		fake := wechattest.New(nil)
		r := newRig(t, nil, "http://wechat.invalid", fake)
		return &publishtest.Harness{
			Handler: fake,
			Adapter: func(c *http.Client) publish.Adapter {
				client, err := wechat.New(config(c, "http://wechat.invalid"))
				require.NoError(t, err)
				return client
			},
			Account: r.acct, Credential: r.cred, Secrets: []string{appSecret, pushToken, aesKey},
			Rendition: func(n int) publish.Rendition {
				p := rendition(govmedia.ReachPublic)
				p.Title, p.Text = fmt.Sprintf("停水通知第%d号", n), fmt.Sprintf("今晚十点起停水。\n第%d号 <&>", n)
				return p
			},
			Illustrated: func(n int) publish.Rendition {
				p := illustrated(govmedia.ReachPublic, 2)
				p.Title, p.Text = fmt.Sprintf("停水通知第%d号", n), fmt.Sprintf("图见下。\n第%d号 <&>", n)
				return p
			},
			Media: loadCover,
			Fault: func(f publishtest.Fault) error {
				script := wechattest.Fault{
					Name: wechattest.FaultName(f.Name), Endpoint: submitOp, Times: f.Times,
					RetryAfter: f.RetryAfter, RetryAfterDate: f.RetryAfterDate, Skew: f.Skew, Polls: f.Polls,
				}
				switch f.Name {
				case "read-down", "skew":
					script.Endpoint = ""
				case "quota-account":
					script.Name = wechattest.FaultQuota
				case "review":
					script.Name = wechattest.FaultProcessing // for ever
				case "review-pass":
					return settle(fake, wechattest.PublishDone)
				case "review-reject":
					return settle(fake, wechattest.PublishRejected)
				case "account-banned":
					script.Name, script.Code, script.Times = wechattest.FaultFrequency, 53500, 0
				case "account-unverified":
					script.Name, script.Code, script.Times = wechattest.FaultFrequency, 48001, 0
				case "account-renamed":
					fake.AddApp(wechattest.App{
						ID: appID, Secret: appSecret, Name: "某市发布新名", Token: pushToken, AESKey: aesKey, PushMode: wechattest.PushSafe,
					})
					return nil
				case "quota-app":
					return fmt.Errorf("an app of WeChat is one account: %w", errors.ErrUnsupported)
				case "shift-pages":
					return fmt.Errorf("the fake moves lists of comments only: %w", errors.ErrUnsupported)
				case "media-rejected":
					script.Endpoint = "media/uploadimg"
				case "token-revoked":
					script.Name = wechattest.FaultTokenOverwritten
				case "captcha": // what comes nearest: a person must go to the platform
					script.Name, script.Code = wechattest.FaultFrequency, 53504
				case "refresh-lost":
					return fmt.Errorf("a stable token is fetched again and again, nothing is used up: %w", errors.ErrUnsupported)
				case "duplicate", "slow-success":
					return fmt.Errorf("freepublish knows no such answer: %w", errors.ErrUnsupported)
				}
				if f.Withdrawal {
					script.Endpoint = "freepublish/delete"
				}
				fake.Script(script) // panics on a name that it does not know
				return nil
			},
			Posts: func() []publishtest.Held {
				var held []publishtest.Held
				for _, p := range fake.Journal().Publications {
					a := p.Articles[0]
					if a.Deleted {
						continue
					}
					text, _, _ := strings.Cut(a.Content, "<p><img ") // pictures stand below the text
					held = append(held, publishtest.Held{
						ID: p.PublishID, Also: []string{p.ArticleID}, Title: a.Title, Text: plainText(text), Link: a.SourceURL,
						Pictures: strings.Count(a.Content, "<p><img "),
					})
				}
				return held
			},
			Creates: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, submitOp) },
			Withdraws: func(r *http.Request) bool {
				return strings.HasSuffix(r.URL.Path, "freepublish/delete") || strings.HasSuffix(r.URL.Path, "draft/delete")
			},
		}
	})
}

// settle ends the platform's work on every publication.
func settle(fake *wechattest.Server, status int) error {
	var errs []error
	for _, p := range fake.Journal().Publications {
		errs = append(errs, fake.SettlePublication(p.PublishID, status))
	}
	return errors.Join(errs...)
}
