package wordpresstest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

func TestPages(t *testing.T) {
	r := newRig(t, nil)
	for n := range 25 {
		r.post(fmt.Sprintf("第%d号", n))
	}
	got := r.call("", http.MethodGet, "/posts?per_page=10&page=2&_fields=id", "")
	if total, pages := got.header.Get("X-WP-Total"), got.header.Get("X-WP-TotalPages"); total != "25" || pages != "3" {
		t.Errorf("total %s, pages %s", total, pages)
	}
	if ids := r.ids(got); ids != "15 14 13 12 11 10 9 8 7 6" {
		t.Errorf("page 2 holds %s", ids)
	}
	links := strings.Join(got.header.Values("Link"), "\n")
	for _, want := range []string{`page=1&per_page=10>; rel="prev"`, `page=3&per_page=10>; rel="next"`} {
		if !strings.Contains(links, want) {
			t.Errorf("links %s, want %s", links, want)
		}
	}
	if last := r.call("", http.MethodGet, "/posts?per_page=10&page=3", ""); strings.Contains(strings.Join(last.header.Values("Link"), ""), "next") {
		t.Error("the last page names a next one")
	}
	r.expect(r.call("", http.MethodGet, "/posts?per_page=10&page=4", ""), "400 rest_post_invalid_page_number")
	r.expect(r.call("", http.MethodGet, "/posts?page=4&search=nothing", ""), "200") // an empty list has no end
	r.expect(r.call("", http.MethodGet, "/posts?per_page=x", ""), "400 rest_invalid_param")
	if ids := r.ids(r.call("", http.MethodGet, "/posts?offset=23", "")); ids != "2 1" {
		t.Errorf("offset gives %s", ids)
	}
	if ids := r.ids(r.call("", http.MethodGet, "/posts?include[]=3&include[]=5&orderby=id&order=asc", "")); ids != "3 5" {
		t.Errorf("include gives %s", ids)
	}
}

func TestDates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &wordpresstest.Config{Zone: time.FixedZone("CST", 8*60*60)})
		r.SetTime(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC))
		old := r.post("旧")
		r.Advance(time.Hour)
		middle := r.post("今")
		got := r.call("editor", http.MethodPost, "/posts", `{"title":"明","status":"publish","date":"2026-11-23T08:00:00"}`)
		if o := got.object(t); o["status"] != "future" || o["date_gmt"] != "2026-11-23T00:00:00" {
			t.Errorf("got %v", got)
		}
		for query, want := range map[string]string{
			"after=2026-11-22T06:30:00Z":              middle,
			"after=2026-11-22T14:30:00":               middle, // in the site's zone
			"after=2026-11-22T07:00:00Z":              "",     // the instant itself is not after it
			"before=2026-11-22T06:30:00Z":             old,
			"modified_after=2026-11-22T06:30:00Z":     middle,
			"status=future,publish&per_page=1&page=3": old,
		} {
			if ids := r.ids(r.call("editor", http.MethodGet, "/posts?"+query, "")); ids != want {
				t.Errorf("%s gives %q, want %q", query, ids, want)
			}
		}
		r.Advance(24 * time.Hour)
		if p := r.lastPost(); p.Status != "publish" {
			t.Errorf("a future post whose time has come is %s", p.Status)
		}
		old2 := r.call("editor", http.MethodPost, "/posts/"+old, `{"title":"改"}`)
		if o := old2.object(t); o["date_gmt"] != "2026-11-22T06:00:00" || o["modified_gmt"] != "2026-11-23T07:00:00" {
			t.Errorf("an edit gives %v", old2)
		}
	})
}

func TestRoles(t *testing.T) {
	r := newRig(t, nil)
	const script = `{"title":"<b>t</b>","content":"<script>x</script><p onclick=\"y\">a & b</p>","status":"%s"}`
	for who, want := range map[string]struct{ publish, draft, content string }{
		"admin":       {"201", "201", `<script>x</script><p onclick="y">a & b</p>`},
		"editor":      {"201", "201", `<script>x</script><p onclick="y">a & b</p>`},
		"author":      {"201", "201", `x<p>a &amp; b</p>`},
		"contributor": {"403 rest_cannot_publish", "201", `x<p>a &amp; b</p>`},
		"subscriber":  {"403 rest_cannot_create", "403 rest_cannot_create", ""},
		"":            {"401 rest_cannot_create", "401 rest_cannot_create", ""},
	} {
		r.expect(r.call(who, http.MethodPost, "/posts", fmt.Sprintf(script, "publish")), want.publish)
		got := r.call(who, http.MethodPost, "/posts", fmt.Sprintf(script, "draft"))
		r.expect(got, want.draft)
		if want.content == "" {
			continue
		}
		p := r.lastPost()
		if p.Content != want.content || p.Author != who {
			t.Errorf("%s left %q by %s, want %q", who, p.Content, p.Author, want.content)
		}
		r.expect(r.call("", http.MethodGet, "/posts/"+p.ID, ""), "401 rest_forbidden")
		r.expect(r.call(who, http.MethodGet, "/posts/"+p.ID+"?context=edit", ""), "200")
	}
	r.expect(r.call("author", http.MethodPost, "/posts", `{"title":"a","author":1}`), "403 rest_cannot_edit_others")
	r.expect(r.call("author", http.MethodPost, "/posts", `{"title":"a","status":"private"}`), "403 rest_cannot_publish")
}

func TestPasswords(t *testing.T) {
	r := newRig(t, nil)
	second, err := r.Password("editor")
	ok(t, err)
	if len(strings.Fields(second)) != 6 || second == r.passwords["editor"] {
		t.Errorf("password %q", second)
	}
	for _, password := range []string{second, strings.ReplaceAll(second, " ", ""), r.passwords["editor"]} {
		r.passwords["editor"] = password
		r.expect(r.call("editor", http.MethodGet, "/users/me", ""), "200")
	}
	r.passwords["editor@gov.invalid"] = second
	r.expect(r.call("editor@gov.invalid", http.MethodGet, "/users/me", ""), "200")
	ok(t, r.Revoke("editor"))
	r.expect(r.call("editor", http.MethodGet, "/users/me", ""), "401 rest_not_logged_in")
	r.expect(newRig(t, &wordpresstest.Config{Production: true}).call("editor", http.MethodGet, "/users/me", ""), "401 rest_not_logged_in")
}

func TestMeta(t *testing.T) {
	r := newRig(t, &wordpresstest.Config{MetaKeys: []string{"gm_operation", "_views"}})
	got := r.call("editor", http.MethodPost, "/posts", `{"title":"a","status":"publish","meta":{"gm_operation":"7","other":"x"}}`)
	r.expect(got, "201")
	if p := r.lastPost(); len(p.Meta) != 1 || p.Meta["gm_operation"] != "7" {
		t.Errorf("meta %v", p.Meta)
	}
	if field(any(got.object(t)), "meta.gm_operation") != "7" {
		t.Errorf("shown as %v", got)
	}
	r.expect(r.call("editor", http.MethodPost, "/posts", `{"title":"b","status":"publish","meta":{"_views":"1"}}`), "403 rest_cannot_update")
	if p := r.lastPost(); p.Title != "b" {
		t.Error("the refusal came before the post was stored, unlike the real one")
	}
}

func TestSlugs(t *testing.T) {
	r := newRig(t, nil)
	for title, want := range map[string]string{
		"Hello, World.": "hello-world", "停水": "%e5%81%9c%e6%b0%b4", "a <b>b</b>": "a-b", "😀": "%f0%9f%98%80", "!": "1",
	} {
		r := newRig(t, nil)
		r.post(title)
		if p := r.lastPost(); p.Slug != want {
			t.Errorf("%q becomes %q, want %q", title, p.Slug, want)
		}
	}
	r.post(strings.Repeat("水", 100))
	if p := r.lastPost(); len(p.Slug) > 200 || strings.HasSuffix(p.Slug, "%") {
		t.Errorf("a long slug is %q", p.Slug)
	}
	for _, want := range []string{"x", "x-2", "x-3"} {
		r.expect(r.call("editor", http.MethodPost, "/posts", "title=a&status=publish&slug=x"), "201")
		if p := r.lastPost(); p.Slug != want {
			t.Errorf("slug %q, want %q", p.Slug, want)
		}
	}
}

// TestFirstIDAndPrefix holds that several fakes can share a listener and a person's notes.
func TestFirstIDAndPrefix(t *testing.T) {
	r := newRig(t, &wordpresstest.Config{FirstID: 5000, ControlPrefix: "/_fake/wordpress/", SiteURL: "https://www.city.example/"})
	if id := r.post("a"); id != "5000" {
		t.Errorf("the first id is %s", id)
	}
	c, err := r.AddComment("5000", "网民甲", "b")
	ok(t, err)
	if c.ID != "5000" {
		t.Errorf("the first comment is %s", c.ID)
	}
	r.expect(r.do(r.request("", http.MethodGet, "/_fake/wordpress/journal", "")), "200")
	r.expect(r.do(r.request("", http.MethodGet, "/_fake/journal", "")), "404")
	if link := r.call("", http.MethodGet, "/posts/5000", "").object(t)["link"]; link != "https://www.city.example/a/" {
		t.Errorf("the link is %v", link)
	}
}

func TestForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.post("停水")
		form := func(text, email string) reply {
			return r.do(r.request("", http.MethodPost, "/wp-comments-post.php",
				url.Values{"comment_post_ID": {id}, "author": {"网民乙"}, "email": {email}, "comment": {text}}.Encode()))
		}
		got := form("水费 < 电费 & <b>b</b> <script>s</script>", "c@d.cn")
		if got.status != http.StatusFound || !strings.Contains(got.header.Get("Location"), "unapproved=1") {
			t.Errorf("got %v %v", got, got.header)
		}
		held := r.Journal().Comments[0]
		if held.Status != wordpresstest.Held || held.Text != "水费 &lt; 电费 &amp; <b>b</b> s" || held.Name != "网民乙" {
			t.Errorf("held %+v", held)
		}
		r.expect(form("又问", "c@d.cn"), "429")
		time.Sleep(15 * time.Second)
		r.expect(form("又问", "c@d.cn"), "302")
		r.expect(form("又问", "c@d.cn"), "409")
		ok(t, r.SetCommentStatus("1", wordpresstest.Approved))
		time.Sleep(15 * time.Second)
		if got := form("三问", "c@d.cn"); strings.Contains(got.header.Get("Location"), "unapproved") {
			t.Error("a comment waits although its author has one that was approved")
		}
		if n := len(r.Journal().Comments); n != 3 {
			t.Errorf("the journal holds %d comments", n)
		}
		ok(t, r.CloseComments(id))
		r.expect(form("四问", "e@d.cn"), "403")
	})
}

func TestModeration(t *testing.T) {
	for moderation, want := range map[wordpresstest.Moderation]string{
		"": wordpresstest.Held, wordpresstest.ModerateAll: wordpresstest.Held, wordpresstest.ModerateNone: wordpresstest.Approved,
	} {
		r := newRig(t, &wordpresstest.Config{Moderation: moderation, AnonymousComments: true, FloodWindow: -1})
		id := r.post("停水")
		body := `{"post":` + id + `,"content":"几点？","author_name":"网民甲","author_email":"a@b.cn"}`
		r.expect(r.call("", http.MethodPost, "/comments", body), "201")
		r.expect(r.call("", http.MethodPost, "/comments", `{"post":`+id+`,"content":"几点？"}`), "400 rest_comment_author_data_required")
		r.expect(r.call("", http.MethodPost, "/comments", `{"post":`+id+`,"content":"x","status":"approved"}`), "401 rest_comment_invalid_status")
		if c := r.Journal().Comments; len(c) != 1 || c[0].Status != want {
			t.Errorf("%q: %+v", moderation, c)
		}
		r.expect(r.call("author", http.MethodPost, "/comments/1", `{"status":"approved"}`), "403 rest_cannot_edit")
		r.expect(r.call("editor", http.MethodPost, "/comments/1", `{"status":"approved","content":"改"}`), "200")
		if c := r.Journal().Comments[0]; c.Status != wordpresstest.Approved || c.Text != "改" {
			t.Errorf("after moderation: %+v", c)
		}
		r.expect(r.call("editor", http.MethodGet, "/comments/1?context=edit", ""), "200")
		r.expect(r.call("editor", http.MethodDelete, "/comments/1?force=true", ""), "200")
		r.expect(r.call("editor", http.MethodGet, "/comments/1", ""), "404 rest_comment_invalid_id")
	}
}
