package crashtest

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
	"github.com/stretchr/testify/require"
)

// side is what the tests need to know of one platform.
type side struct {
	app, uid     string
	post, answer string // the endpoints that make a post and an answer public
	adapter      func(j job) (publish.Adapter, error)
	start        func(t *testing.T) fake
}

// fake is a platform with one account that may publish.
type fake interface {
	http.Handler
	credential(t *testing.T) account.Credential
	fault(name, endpoint string, times int) // an empty endpoint leaves the calls to the name
	calls(endpoint string) int
	ask(t *testing.T, d *govmedia.Receipt) // a citizen comments under a post of ours
	copies() (posts, answers int)          // of notice and answer, as the platform really holds them
}

const secret = "app-secret"

var sides = map[string]side{
	weibo.Platform: {
		app: "1000000001", uid: "9000000001", post: "statuses/share", answer: "comments/reply", start: startWeibo,
		adapter: func(j job) (publish.Adapter, error) {
			return weibo.New(&weibo.Config{
				AppKey: "1000000001", AppSecret: govmedia.NewSecret(j.AppSecret), BaseURL: j.BaseURL, RealIP: "127.0.0.1",
				VisibleWithin: time.Second, ClockSkew: 2 * time.Second,
			})
		},
	},
	wechat.Platform: {
		app: "wx0000000000000001", post: "freepublish/submit", answer: "comment/reply/add", start: startWeChat,
		adapter: func(j job) (publish.Adapter, error) {
			return wechat.New(&wechat.Config{
				AppID: "wx0000000000000001", AppSecret: govmedia.NewSecret(j.AppSecret), BaseURL: j.BaseURL, OpenComments: true,
				VisibleWithin: time.Second, ClockSkew: 2 * time.Second,
			})
		},
	},
	wordpress.Platform: {
		app: "www.shili.example", uid: "shili", post: "posts.create", answer: "comments.create", start: startWordPress,
		adapter: func(j job) (publish.Adapter, error) {
			return wordpress.New(&wordpress.Config{BaseURL: j.BaseURL, Site: "www.shili.example", ClockSkew: 2 * time.Second})
		},
	},
}

type weiboFake struct{ *weibotest.Server }

func startWeibo(*testing.T) fake {
	f := weiboFake{weibotest.New(nil)}
	f.AddApp(weibotest.App{Key: "1000000001", Secret: secret, SafeDomains: []string{"www.shili.example"}, Refreshable: true})
	f.AddUser(weibotest.User{UID: "9000000001", ScreenName: "示例发布", Verified: true, VerifiedType: 1})
	return f
}

func (f weiboFake) credential(t *testing.T) account.Credential {
	token, err := f.Token("1000000001", "9000000001")
	require.NoError(t, err)
	return account.Credential{
		Access: govmedia.NewSecret(token.AccessToken), Refresh: govmedia.NewSecret(token.RefreshToken), Expires: token.Expires,
	}
}

func (f weiboFake) fault(name, endpoint string, times int) {
	f.Script(weibotest.Fault{Name: weibotest.FaultName(name), Endpoint: endpoint, Times: times})
}

func (f weiboFake) calls(endpoint string) int { return f.Journal().Calls[endpoint] }

func (f weiboFake) ask(t *testing.T, r *govmedia.Receipt) {
	_, err := f.AddComment(r.ID, "路过的风", "几点来水？")
	require.NoError(t, err)
}

func (f weiboFake) copies() (posts, answers int) {
	j := f.Journal()
	for _, p := range j.Posts {
		if strings.Contains(p.Text, notice) {
			posts++
		}
	}
	for _, c := range j.Comments {
		if c.Text == answer && c.UID == "9000000001" {
			answers++
		}
	}
	return posts, answers
}

type wechatFake struct{ *wechattest.Server }

func startWeChat(*testing.T) fake {
	f := wechatFake{wechattest.New(&wechattest.Config{ProcessDelay: 200 * time.Millisecond})}
	f.AddApp(wechattest.App{ID: "wx0000000000000001", Secret: secret, Name: "示例发布"})
	return f
}

func (f wechatFake) credential(t *testing.T) account.Credential {
	token, err := f.Token("wx0000000000000001", true)
	require.NoError(t, err)
	return account.Credential{
		Access: govmedia.NewSecret(token.AccessToken), Refresh: govmedia.NewSecret("client_credential"), Expires: token.Expires,
	}
}

func (f wechatFake) fault(name, endpoint string, times int) {
	f.Script(wechattest.Fault{Name: wechattest.FaultName(name), Endpoint: endpoint, Times: times})
}

func (f wechatFake) calls(endpoint string) int { return f.Journal().Calls[endpoint] }

func (f wechatFake) ask(t *testing.T, r *govmedia.Receipt) {
	_, err := f.AddComment(r.Thread, 0, "o-citizen", "几点来水？")
	require.NoError(t, err)
}

func (f wechatFake) copies() (posts, answers int) {
	j := f.Journal()
	for _, p := range j.Publications {
		for _, a := range p.Articles {
			if strings.Contains(a.Content, notice) {
				posts++
			}
		}
	}
	for _, c := range j.Comments {
		answers += c.Replies
	}
	return posts, answers
}

type wordpressFake struct{ *wordpresstest.Server }

func startWordPress(*testing.T) fake {
	f := wordpressFake{wordpresstest.New(nil)}
	f.AddUser(wordpresstest.User{Login: "shili", Name: "示例发布", Role: wordpresstest.Editor})
	return f
}

func (f wordpressFake) credential(t *testing.T) account.Credential {
	password, err := f.Password("shili")
	require.NoError(t, err)
	return account.Credential{Access: govmedia.NewSecret(password)}
}

func (f wordpressFake) fault(name, endpoint string, times int) {
	f.Script(wordpresstest.Fault{Name: wordpresstest.FaultName(name), Endpoint: endpoint, Times: times})
}

func (f wordpressFake) calls(endpoint string) int { return f.Journal().Calls[endpoint] }

func (f wordpressFake) ask(t *testing.T, r *govmedia.Receipt) {
	_, err := f.AddComment(r.ID, "路过的风", "几点来水？")
	require.NoError(t, err)
}

func (f wordpressFake) copies() (posts, answers int) {
	j := f.Journal()
	for _, p := range j.Posts {
		if strings.Contains(p.Content, notice) {
			posts++
		}
	}
	for _, c := range j.Comments {
		if c.ParentID != "" && strings.Contains(c.Text, answer) {
			answers++
		}
	}
	return posts, answers
}

// picture stores a cover, which one of the platforms asks for.
func picture(t *testing.T, m *matrix.Matrix) string {
	var data bytes.Buffer
	require.NoError(t, png.Encode(&data, image.NewGray(image.Rect(0, 0, 9, 4))))
	digest, err := m.Publisher.AddMedia(t.Context(), "author", publish.Media{Name: "cover.png", Type: "image/png", Data: data.Bytes()})
	require.NoError(t, err)
	return digest
}
