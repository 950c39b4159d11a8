package wordpresstest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// TestControl drives the fake as a client in another language does.
func TestControl(t *testing.T) {
	r := newRig(t, nil)
	id := r.post("停水")
	control := func(method, path, body, want string) reply {
		t.Helper()
		got := r.do(r.request("", method, "/_fake/"+path, body))
		if !strings.HasPrefix(got.String(), "dropped=false "+want) {
			t.Errorf("%s %s %s: %v, want %s", method, path, body, got, want)
		}
		return got
	}
	control("POST", "faults", `{"name":"down","times":2,"delay":"90s"}`, `200 [{"name":"down","times":2,"delay":"1m30s"}]`)
	control("POST", "faults", `[{"name":"429","retry_after":"30s"}]`, "200")
	control("GET", "faults", "", `200 [{"name":"down"`)
	control("DELETE", "faults", "", "200 []")
	control("POST", "faults", `{"name":"bogus"}`, `400 {"error":`)
	control("POST", "faults", `null`, `400`)
	control("POST", "time", `{"now":"2026-01-01T00:00:00Z"}`, `200 {"now":"2026-01-01T00:00:00`)
	control("POST", "time", `{"advance":"90s"}`, `200 {"now":"2026-01-01T00:01:30`)
	control("POST", "time", `{}`, "400")
	control("GET", "time", "", "200")
	control("POST", "users", `{"login":"county","role":"author","name":"某县发布"}`, `200 {"id":"6","login":"county","name":"某县发布"`)
	control("POST", "users", `{"login":"county","role":"king"}`, "400")
	control("POST", "users", `{"login":""}`, "400")
	control("POST", "users", `{"login":"x","id":"1"}`, "400")
	control("POST", "tokens", `{"uid":"county"}`, `200 {"password":"`)
	control("DELETE", "tokens", `{"uid":"county"}`, "200")
	control("POST", "tokens", `{"uid":"nobody"}`, "404")
	control("POST", "comments", `{"post_id":"`+id+`","by":"网民甲","text":"几点？"}`, `200 {"id":"1"`)
	control("POST", "comments", `{"parent_id":"1","by":"editor","text":"十点"}`, `200 {"id":"2","post_id":"1","parent_id":"1","author":"editor"`)
	control("POST", "comments", `{"post_id":"99","by":"网民甲","text":"几点？"}`, "404")
	control("POST", "items", `{"kind":"comment","id":"1","action":"edit","text":"改"}`, "200")
	for _, action := range []string{"hold", "approve", "spam", "trash", "delete"} {
		control("POST", "items", `{"kind":"comment","id":"1","action":"`+action+`"}`, "200")
	}
	control("POST", "items", `{"kind":"comment","id":"1","action":"delete"}`, "404")
	control("POST", "items", `{"kind":"post","id":"1","action":"edit","text":"改"}`, "200")
	for _, action := range []string{"return", "approve", "close", "trash", "delete"} {
		control("POST", "items", `{"kind":"post","id":"1","action":"`+action+`"}`, "200")
	}
	control("POST", "items", `{"kind":"post","id":"1","action":"burn"}`, "400")
	control("POST", "items", `{"kind":"media","id":"1","action":"delete"}`, "404")
	control("GET", "nothing", "", "404")
	control("GET", "journal", "", `200 {"now":`)
	j := r.Journal()
	if p := j.Posts[0]; !p.Deleted || !p.CommentsClosed || p.Slug != "%e5%81%9c%e6%b0%b4__trashed" || p.Content != "改" {
		t.Errorf("the post is %+v", p)
	}
	if c := j.Comments[0]; !c.Deleted || c.Text != "改" || c.Status != wordpresstest.Trashed {
		t.Errorf("the comment is %+v", c)
	}
}

func TestUnknown(t *testing.T) {
	s := wordpresstest.New(nil)
	_, err1 := s.AddPost("nobody", "a", "b")
	_, err2 := s.AddReply("1", "网民甲", "b")
	for _, err := range []error{err1, err2, s.Revoke("nobody"), s.SetSlug("1", "x"), s.EditComment("1", "x")} {
		if !errors.Is(err, wordpresstest.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("AddUser takes a user without login")
		}
	}()
	s.AddUser(wordpresstest.User{})
}

func TestOtherRoutes(t *testing.T) {
	r := newRig(t, nil)
	index := r.do(r.request("", http.MethodGet, "/wp-json/", ""))
	if o := index.object(t); o["name"] != "某市人民政府" || o["gmt_offset"] != 8.0 {
		t.Errorf("the index is %v", index)
	}
	r.expect(r.do(r.request("", http.MethodGet, "/wp-json", "")), "200")
	r.expect(r.do(r.request("", http.MethodGet, "/about", "")), "404")
	home := r.do(r.request("", http.MethodGet, "/", ""))
	if home.code() != "200" || home.header.Get("Link") != `<http://example.com/wp-json/>; rel="https://api.w.org/"` {
		t.Errorf("the home page is %v %v", home, home.header)
	}
	r.expect(r.do(r.request("", http.MethodGet, "/wp-json/wp/v3/posts", "")), "404 rest_no_route")
	head := r.call("", http.MethodHead, "/posts", "")
	if head.status != http.StatusOK || len(head.body) != 0 || head.header.Get("X-WP-Total") != "0" {
		t.Errorf("HEAD gives %v", head)
	}
	put := r.request("editor", http.MethodPost, "/wp-json/wp/v2/posts/"+r.post("a"), "title=b")
	put.Header.Set("X-HTTP-Method-Override", "PUT")
	r.expect(r.do(put), "200")
	r.expect(r.call("editor", http.MethodPost, "/posts", "title="+strings.Repeat("x", 9<<20)), "413")
	r.expect(r.call("editor", http.MethodPost, "/posts", `{"title":{"raw":"r"},"content":{"raw":"s"}}`), "201")
	if p := r.lastPost(); p.Title != "r" || p.Content != "s" {
		t.Errorf("got %+v", p)
	}
}
