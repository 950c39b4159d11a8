package weibotest_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// A post whose answer gets lost: the client sees an error, the platform holds the post.
func Example() {
	fake := weibotest.New(nil)
	fake.AddApp(weibotest.App{Key: "1001", Secret: "s", SafeDomains: []string{"gov.example"}})
	user := fake.AddUser(weibotest.User{UID: "7001", ScreenName: "某市发布", Verified: true, VerifiedType: 1})
	token, err := fake.Token("1001", user.UID)
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.Script(weibotest.Fault{Name: weibotest.FaultDropAfter, Endpoint: "statuses/share", Times: 1})

	server := httptest.NewServer(fake)
	defer server.Close()
	answer, err := server.Client().PostForm(server.URL+"/2/statuses/share.json", url.Values{
		"access_token": {token.AccessToken},
		"status":       {"#停水通知#今晚十点起 https://www.gov.example/notice"},
		"rip":          {"203.0.113.7"},
	})
	if err == nil {
		_ = answer.Body.Close()
	}
	fmt.Println("answered:", err == nil)
	for _, post := range fake.Journal().Posts {
		fmt.Println("held:", post.Shown)
	}
	// Output:
	// answered: false
	// held: 停水通知今晚十点起 http://t.cn/plTS9JB
}
