package main

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// weibo is what a client of the Weibo fake needs.
type weibo struct {
	Control     string    `json:"control"` // faults, journal and time are below it
	AppKey      string    `json:"app_key"`
	AppSecret   string    `json:"app_secret"`
	RedirectURI string    `json:"redirect_uri"`
	SafeDomain  string    `json:"safe_domain"` // a post must link to it
	UID         string    `json:"uid"`
	ScreenName  string    `json:"screen_name"`
	AccessToken string    `json:"access_token"`
	Expires     time.Time `json:"expires"`
}

// weChat is what a client of the WeChat fake needs, and what a callback server needs to read its pushes.
type weChat struct {
	Control        string    `json:"control"`
	AppID          string    `json:"appid"`
	Secret         string    `json:"secret"`
	Token          string    `json:"token"`            // signs pushes
	EncodingAESKey string    `json:"encoding_aes_key"` // encrypts pushes
	OpenID         string    `json:"openid"`           // of a follower
	AccessToken    string    `json:"access_token"`     // as stable_token gives it
	Expires        time.Time `json:"expires"`
}

// wordPress is what a client of the WordPress fake needs.
type wordPress struct {
	Control  string `json:"control"`
	Site     string `json:"site"`     // /wp-json/ is below it
	Login    string `json:"login"`    // of an editor
	Password string `json:"password"` // an application password, for HTTP Basic
	Name     string `json:"name"`
}

// The paths of control calls. Weibo had all of /_fake/ when it was alone.
const (
	control          = "/_fake/"
	weiboControl     = control + "weibo/"
	weChatControl    = control + "wechat/"
	wordPressControl = control + "wordpress/"
)

// platforms shares one address among the fakes by path: the first that fits.
type platforms []platform

type platform struct {
	prefix string
	fake   http.Handler
}

func (p platforms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, it := range p {
		if strings.HasPrefix(r.URL.Path, it.prefix) {
			it.fake.ServeHTTP(w, r)
			return
		}
	}
}

// newPlatforms returns all fakes behind one handler, and what their clients need.
func newPlatforms(base string, lenient bool) (http.Handler, greeting, error) {
	hello := greeting{BaseURL: base, Control: base + strings.TrimSuffix(control, "/")}
	weibo, account, err := newWeibo(base, lenient)
	if err != nil {
		return nil, hello, err
	}
	official, follower, err := newWeChat(base)
	if err != nil {
		return nil, hello, err
	}
	site, editor, err := newWordPress(base)
	if err != nil {
		return nil, hello, err
	}
	hello.Weibo, hello.WeChat, hello.WordPress = account, follower, editor
	shared := platforms{
		{weiboControl, below(weiboControl, control, weibo)},
		{weChatControl, official},
		{wordPressControl, site},
		{control, weibo},
		{"/2/", weibo},
		{"/oauth2/", weibo},
	}
	for _, prefix := range official.Prefixes() {
		shared = append(shared, platform{prefix, official})
	}
	return append(shared, platform{"/", site}), hello, nil
}

// below serves what is below one path as if it was below another one.
func below(path, other string, fake http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		moved := *r
		moved.URL = &url.URL{Path: other + strings.TrimPrefix(r.URL.Path, path), RawQuery: r.URL.RawQuery}
		fake.ServeHTTP(w, &moved)
	})
}

// newWeibo returns a fake with one app and one verified government account.
func newWeibo(base string, lenient bool) (*weibotest.Server, weibo, error) {
	fake := weibotest.New(&weibotest.Config{AllowMissingRIP: lenient, LenientDecode: lenient})
	app := weibotest.App{
		Key: "1000000001", Secret: rand.Text(), Name: "示例应用", RedirectURI: base + "/callback",
		SafeDomains: []string{"www.shili.example"}, Refreshable: true,
	}
	user := weibotest.User{UID: "9000000001", ScreenName: "示例发布", Verified: true, VerifiedType: 1, VerifiedReason: "示例省人民政府办公厅官方微博"}
	fake.AddApp(app)
	fake.AddUser(user)
	token, err := fake.Token(app.Key, user.UID)
	return fake, weibo{
		Control: base + strings.TrimSuffix(weiboControl, "/"),
		AppKey:  app.Key, AppSecret: app.Secret, RedirectURI: app.RedirectURI, SafeDomain: app.SafeDomains[0],
		UID: user.UID, ScreenName: user.ScreenName, AccessToken: token.AccessToken, Expires: token.Expires,
	}, err
}

// newWeChat returns a fake with one verified subscription account, whose pushes are encrypted, and one follower.
func newWeChat(base string) (*wechattest.Server, weChat, error) {
	fake := wechattest.New(&wechattest.Config{ControlPrefix: weChatControl})
	app := wechattest.App{
		ID: "wx1000000000000001", Secret: rand.Text(), Name: "示例发布", Token: rand.Text(),
		AESKey: (rand.Text() + rand.Text())[:43], PushMode: wechattest.PushSafe,
	}
	fake.AddApp(app)
	fan, err := fake.AddFan(wechattest.Fan{AppID: app.ID})
	if err != nil {
		return nil, weChat{}, err
	}
	token, err := fake.Token(app.ID, true)
	return fake, weChat{
		Control: base + strings.TrimSuffix(weChatControl, "/"),
		AppID:   app.ID, Secret: app.Secret, Token: app.Token, EncodingAESKey: app.AESKey,
		OpenID: fan.OpenID, AccessToken: token.AccessToken, Expires: token.Expires,
	}, err
}

// newWordPress returns a fake with one editor.
func newWordPress(base string) (*wordpresstest.Server, wordPress, error) {
	fake := wordpresstest.New(&wordpresstest.Config{Title: "示例市人民政府", ControlPrefix: wordPressControl})
	editor := wordpresstest.User{Login: "shili", Name: "示例市政府办公室", Role: wordpresstest.Editor}
	fake.AddUser(editor)
	password, err := fake.Password(editor.Login)
	return fake, wordPress{
		Control: base + strings.TrimSuffix(wordPressControl, "/"), Site: base,
		Login: editor.Login, Password: password, Name: editor.Name,
	}, err
}
