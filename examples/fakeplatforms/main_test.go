package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// start runs the program until the test ends and returns its line of JSON.
func start(t *testing.T) greeting {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, w, io.Discard) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	var g greeting
	require.NoError(t, json.NewDecoder(r).Decode(&g))
	return g
}

// send sends a request, checks the status and decodes the answer into to, unless that is nil.
func send(t *testing.T, req *http.Request, status int, to any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, "%s %s: %s", req.Method, req.URL, body)
	if to != nil {
		require.NoError(t, json.Unmarshal(body, to), "%s", body)
	}
}

func get(t *testing.T, address string, to any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	require.NoError(t, err)
	send(t, req, http.StatusOK, to)
}

func post(t *testing.T, address, contentType, body string, status int, to any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", contentType)
	send(t, req, status, to)
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// A client of any language works with what the line of JSON says and scripts the fake over HTTP.
func TestFakePlatforms(t *testing.T) {
	g := start(t)
	form := url.Values{
		"access_token": {g.Weibo.AccessToken}, "status": {"通知 https://" + g.Weibo.SafeDomain + "/1"}, "rip": {"127.0.0.1"},
	}.Encode()
	post(t, g.Control+"/faults", jsonType, `{"name":"5xx-before-commit","times":1}`, 200, nil)
	post(t, g.BaseURL+"/2/statuses/share.json", formType, form, 502, nil)
	post(t, g.BaseURL+"/2/statuses/share.json", formType, form, 200, nil)
	post(t, g.Control+"/time", jsonType, `{"advance":"24h"}`, 200, nil)

	for _, control := range []string{g.Control, g.Weibo.Control} {
		var journal struct {
			Posts []struct{ UID string }
			Calls map[string]int
		}
		get(t, control+"/journal", &journal)
		require.Len(t, journal.Posts, 1)
		require.Equal(t, g.Weibo.UID, journal.Posts[0].UID)
		require.Equal(t, 2, journal.Calls["statuses/share"])
	}
}

// The platforms share an address and nothing else: neither faults nor time nor what they hold.
func TestFakePlatforms_WordPress(t *testing.T) {
	g := start(t)
	write := func(address, body string, status int) {
		req, err := http.NewRequest(http.MethodPost, g.BaseURL+address, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", jsonType)
		req.SetBasicAuth(g.WordPress.Login, g.WordPress.Password)
		send(t, req, status, nil)
	}
	const body = `{"title":"停水通知","content":"今晚停水。","status":"publish"}`
	post(t, g.Weibo.Control+"/faults", jsonType, `{"name":"5xx-before-commit","times":1}`, 200, nil)
	write("/wp-json/wp/v2/posts", body, 201)
	post(t, g.WordPress.Control+"/faults", jsonType, `{"name":"5xx-before-commit","times":1}`, 200, nil)
	write("/?rest_route=/wp/v2/posts", body, 502)
	write("/?rest_route=/wp/v2/posts", body, 201)
	post(t, g.WordPress.Site+"/wp-comments-post.php", formType, url.Values{
		"comment_post_ID": {"1"}, "comment": {"几点恢复？"}, "author": {"网民甲"}, "email": {"a@example.cn"},
	}.Encode(), 404, nil) // after a redirect to a page that is not served

	var journal struct {
		Posts    []struct{ Author string }
		Comments []struct{ Name string }
	}
	get(t, g.WordPress.Control+"/journal", &journal)
	require.Len(t, journal.Posts, 2)
	require.Equal(t, g.WordPress.Login, journal.Posts[0].Author)
	require.Len(t, journal.Comments, 1)
	get(t, g.Weibo.Control+"/journal", &journal)
	require.Empty(t, journal.Posts)
}

func TestFakePlatforms_WeChat(t *testing.T) {
	g := start(t)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	post(t, g.WeChat.Control+"/faults", jsonType, `{"name":"5xx-before-commit","endpoint":"stable_token","times":1}`, 200, nil)
	body := `{"grant_type":"client_credential","appid":"` + g.WeChat.AppID + `","secret":"` + g.WeChat.Secret + `"}`
	post(t, g.BaseURL+"/cgi-bin/stable_token", jsonType, body, 502, nil)
	post(t, g.BaseURL+"/cgi-bin/stable_token", jsonType, body, 200, &token)
	require.Equal(t, g.WeChat.AccessToken, token.AccessToken)

	var user struct{ Subscribe int }
	get(t, g.BaseURL+"/cgi-bin/user/info?access_token="+token.AccessToken+"&openid="+g.WeChat.OpenID, &user)
	require.Equal(t, 1, user.Subscribe)
	var refused struct{ ErrCode int }
	post(t, g.BaseURL+"/datacube/getusersummary?access_token=none", jsonType, `{}`, 200, &refused)
	require.Equal(t, 40014, refused.ErrCode)

	var journal struct{ Calls map[string]int }
	get(t, g.WeChat.Control+"/journal", &journal)
	require.Equal(t, 2, journal.Calls["stable_token"])
	require.Equal(t, 1, journal.Calls["datacube/getusersummary"])
}
