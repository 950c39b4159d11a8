package wordpresstest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// step is one call and what a WordPress answers to it: status, error code, and the fields that are asked for.
type step struct {
	who, method, path, body string
	header                  string // "Name: value"
	want                    string
	show                    string // names of fields, separated by blanks
	save                    string // what the id is called in later paths and bodies, as {name}
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde" +
	"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"

const film = "\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp42\x00\x00\x00\x08mdat"

// conversation is the same for the fake and for a real WordPress. {run} differs from run to run.
func conversation() []step {
	const subscriber, editor = "subscriber", "editor"
	return []step{
		// who may
		{"", "POST", "/posts", `{"title":"a"}`, "", "401 rest_cannot_create", "", ""},
		{"wrong", "POST", "/posts", `{"title":"a"}`, "", "401 rest_cannot_create", "", ""},
		{subscriber, "POST", "/posts", `{"title":"a"}`, "", "403 rest_cannot_create", "", ""},
		{"wrong", "GET", "/users/me", "", "", "401 rest_not_logged_in", "", ""},
		{"wrong", "GET", "/posts?per_page=1&_fields=slug", "", "", "200", "", ""},
		{"wrong", "GET", "/posts?context=edit", "", "", "401 rest_forbidden_context", "", ""},
		{subscriber, "GET", "/posts?context=edit", "", "", "403 rest_forbidden_context", "", ""},
		{"wrong", "GET", "/posts?status=draft", "", "", "400 rest_invalid_param", "data.details.status.code=rest_forbidden_status data.details.status.data.status=401", ""},
		{subscriber, "GET", "/posts?status=draft", "", "", "400 rest_invalid_param", "data.details.status.data.status=403", ""},
		{editor, "GET", "/users/me?context=edit", "", "", "200", "roles.0=editor", ""},

		// what a post needs
		{editor, "POST", "/posts", `{}`, "", "400 empty_content", "", ""},
		{editor, "POST", "/posts", `[]`, "", "400 empty_content", "", ""},
		{editor, "POST", "/posts", `{`, "", "400 rest_invalid_json", "", ""},
		{editor, "POST", "/posts", `{"title":"a","status":"bogus"}`, "", "400 rest_invalid_param", "data.details.status.code=rest_not_in_enum", ""},
		{editor, "POST", "/posts", `{"title":"a","date_gmt":"yesterday"}`, "", "400 rest_invalid_param", "data.details.date_gmt.code=rest_invalid_date", ""},
		{editor, "POST", "/posts", `{"title":"a","author":99999}`, "", "400 rest_invalid_author", "", ""},
		{editor, "POST", "/posts", `{"title":"a","meta":"x"}`, "", "400 rest_invalid_param", "", ""},

		// no idempotency
		{editor, "POST", "/posts", `{"title":"A &lt; B {run}","content":"<p>x \\ y</p>","status":"publish","slug":"gm-{run}"}`, "", "201", "slug=gm-{run} status=publish title.raw=A&lt;B{run} content.raw=<p>x\\y</p>", "first"},
		{editor, "POST", "/posts", `{"title":"A","status":"publish","slug":"gm-{run}"}`, "", "201", "slug=gm-{run}-2", "second"},
		{editor, "GET", "/posts?slug=gm-{run},gm-{run}-2&status=publish,trash&orderby=id&order=asc&_fields=id", "", "", "200", "0.id={first} 1.id={second}", ""},
		{editor, "POST", "/posts", `{"title":"m","status":"publish","slug":"m-{run}","meta":{"unregistered":"1"},"featured_media":99999}`, "", "201", "featured_media=0", "plain"},

		// future and publish
		{editor, "POST", "/posts", `{"title":"d","status":"publish","date_gmt":"2037-01-01T00:00:00"}`, "", "201", "status=future date=2037-01-01T08:00:00", "later"},
		{editor, "POST", "/posts", `{"title":"d","status":"future","date_gmt":"2020-01-01T00:00:00"}`, "", "201", "status=publish date_gmt=2020-01-01T00:00:00", "past"},

		// lists
		{editor, "GET", "/posts?per_page=101", "", "", "400 rest_invalid_param", "data.details.per_page.code=rest_out_of_bounds", ""},
		{editor, "GET", "/posts?page=9999", "", "", "400 rest_post_invalid_page_number", "", ""},
		{editor, "GET", "/comments?page=9999", "", "", "200", "", ""},
		{editor, "GET", "/posts?orderby=bogus", "", "", "400 rest_invalid_param", "", ""},
		{editor, "GET", "/posts?after=x", "", "", "400 rest_invalid_param", "", ""},
		{editor, "GET", "/posts?status=bogus", "", "", "400 rest_invalid_param", "data.params.status=status[0]isnotoneofpublish,future,draft,pending,private,trash,auto-draft,inherit,request-pending,request-confirmed,request-failed,request-completed,andany.", ""},
		{editor, "GET", "/posts?include={first},{second}&exclude={second}&orderby=id&_fields=id", "", "", "200", "0.id={second} 1.id={first}", ""},
		{editor, "GET", "/posts?search=A+%26lt%3B+B+{run}&orderby=id&order=desc&per_page=1&_fields=id", "", "", "200", "0.id={first}", ""},
		{editor, "GET", "/bogus", "", "", "404 rest_no_route", "", ""},
		{editor, "PATCH", "/posts", "", "", "404 rest_no_route", "", ""},

		// trash
		{editor, "DELETE", "/posts/{second}", "", "", "200", "status=trash slug=gm-{run}-2__trashed", ""},
		{editor, "GET", "/posts/{second}?_fields=status", "", "", "200", "status=trash", ""},
		{"", "GET", "/posts/{second}", "", "", "401 rest_forbidden", "", ""},
		{editor, "DELETE", "/posts/{second}", "", "", "410 rest_already_trashed", "", ""},
		{editor, "GET", "/posts?slug=gm-{run}-2__trashed&status=publish,trash&_fields=id", "", "", "200", "0.id={second}", ""},
		{editor, "POST", "/comments", `{"post":{second},"content":"x"}`, "", "403 rest_comment_trash_post", "", ""},
		{editor, "DELETE", "/posts/{second}?force=true", "", "", "200", "deleted=true previous.id={second}", ""},
		{editor, "GET", "/posts/{second}", "", "", "404 rest_post_invalid_id", "", ""},
		{editor, "DELETE", "/posts/{second}?force=true", "", "", "404 rest_post_invalid_id", "", ""},

		// edits
		{editor, "POST", "/posts/{plain}", `{"slug":"gm-{run}","title":"changed"}`, "", "200", "slug=gm-{run}-2 title.raw=changed", ""},
		{editor, "POST", "/posts/99999", `{"title":"x"}`, "", "404 rest_post_invalid_id", "", ""},
		{subscriber, "POST", "/posts/{plain}", `{"title":"x"}`, "", "403 rest_cannot_edit", "", ""},
		{subscriber, "DELETE", "/posts/{plain}", "", "", "403 rest_cannot_delete", "", ""},

		// comments
		{"", "POST", "/comments", `{"post":{first},"content":"x","author_name":"a","author_email":"a@b.cn"}`, "", "401 rest_comment_login_required", "", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":" a &lt; b &amp; 😀\n\nc "}`, "", "201", "status=approved parent=0 content.raw=a&lt;b&amp;😀c", "said"},
		{editor, "POST", "/comments", `{"post":{first},"content":"a &lt; b &amp; 😀\n\nc"}`, "", "409 comment_duplicate", "", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":"a &lt; b &amp; 😀\n\nc","parent":{said}}`, "", "201", "parent={said}", "answer"},
		{editor, "POST", "/comments", `{"post":{first},"content":"UP {run}"}`, "", "201", "", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":"up {run}"}`, "", "409 comment_duplicate", "", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":"back \\ slash {run}"}`, "", "201", "content.raw=back\\slash{run}", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":"back \\ slash {run}"}`, "", "201", "", ""}, // nobody notices
		{editor, "POST", "/comments", `{"post":{first},"content":"orphan {run}","parent":99999}`, "", "201", "parent=99999", "orphan"},
		{editor, "POST", "/comments", `{"post":{first},"content":" "}`, "", "400 rest_comment_content_invalid", "", ""},
		{editor, "POST", "/comments", `{"post":99999,"content":"x"}`, "", "403 rest_comment_invalid_post_id", "", ""},
		{editor, "POST", "/comments", `{"post":{first},"content":"` + strings.Repeat("长", 30000) + `"}`, "", "400 comment_content_column_length", "", ""},
		{subscriber, "POST", "/comments", `{"post":{first},"content":"one {run}"}`, "", "201", "", "citizen"},
		{subscriber, "POST", "/comments", `{"post":{first},"content":"two {run}"}`, "", "400 comment_flood", "", ""},
		{"", "GET", "/comments?status=hold", "", "", "401 rest_forbidden_param", "", ""},
		{subscriber, "GET", "/comments?author=1", "", "", "403 rest_forbidden_param", "", ""},
		{"", "GET", "/comments?context=edit", "", "", "401 rest_forbidden_context", "", ""},
		{editor, "GET", "/comments?post={first}&parent={said}&status=any&_fields=id", "", "", "200", "0.id={answer}", ""},
		{editor, "DELETE", "/comments/{orphan}", "", "", "200", "status=trash", ""},
		{editor, "DELETE", "/comments/{orphan}", "", "", "410 rest_already_trashed", "", ""},
		{editor, "GET", "/comments?post={first}&parent=99999&status=all&_fields=id", "", "", "200", "0=", ""},
		{editor, "GET", "/comments?post={first}&parent=99999&status=any&_fields=id", "", "", "200", "0.id={orphan}", ""},
		{editor, "GET", "/comments/99999", "", "", "404 rest_comment_invalid_id", "", ""},
		{editor, "POST", "/posts", `{"title":"closed","status":"publish","comment_status":"closed"}`, "", "201", "comment_status=closed", "closed"},
		{editor, "POST", "/comments", `{"post":{closed},"content":"x"}`, "", "403 rest_comment_closed", "", ""},
		{editor, "POST", "/posts", `{"title":"draft"}`, "", "201", "status=draft slug=", "draft"},
		{editor, "POST", "/comments", `{"post":{draft},"content":"x"}`, "", "403 rest_comment_draft_post", "", ""},

		// files
		{editor, "POST", "/media", png, "Content-Disposition: attachment; filename=\"a{run}.png\"", "201", "mime_type=image/png media_type=image", "file"},
		{editor, "POST", "/media", png, "", "400 rest_upload_no_content_disposition", "", ""},
		{editor, "POST", "/media", png, "Content-Disposition: attachment", "400 rest_upload_invalid_disposition", "", ""},
		{editor, "POST", "/media", png, "Content-Disposition: attachment; filename=\"a.exe\"", "500 rest_upload_sideload_error", "", ""},
		{editor, "POST", "/media", "not a picture", "Content-Disposition: attachment; filename=\"a.png\"", "500 rest_upload_sideload_error", "", ""},
		{subscriber, "POST", "/media", png, "Content-Disposition: attachment; filename=\"a.png\"", "403 rest_cannot_create", "", ""},
		{editor, "DELETE", "/media/{file}", "", "", "501 rest_trash_not_supported", "", ""},
		{editor, "DELETE", "/media/{file}?force=true", "", "", "200", "deleted=true", ""},

		// files that a post shows
		{editor, "GET", "/users/me", "", "", "200", "", "me"},
		{editor, "POST", "/media?slug=gm-f{run}&title=%E5%81%9C%E6%B0%B4&alt_text=%E5%9B%BE%3Cb%3E%20%20x", png, "Content-Disposition: attachment; filename=\"gm-f{run}.png\"", "201", "slug=gm-f{run} title.raw=停水 alt_text=图x author={me}", "cover"},
		{editor, "POST", "/media?slug=gm-f{run}", png, "Content-Disposition: attachment; filename=\"gm-f{run}.png\"", "201", "slug=gm-f{run}-2 title.raw=gm-f{run}-1", "again"},
		{editor, "POST", "/media", png, "Content-Disposition: attachment; filename=\"b{run}.jpg\"", "201", "slug=b{run} mime_type=image/png", ""},
		{editor, "POST", "/media?slug=gm-v{run}", film, "Content-Disposition: attachment; filename=\"v{run}.mp4\"", "201", "slug=gm-v{run} mime_type=video/mp4 media_type=file", "film"},
		{editor, "GET", "/media?slug=gm-f{run},gm-v{run}&author={me}&context=edit&orderby=id&order=asc&_fields=id,slug", "", "", "200", "0.id={cover} 1.id={film} 2=", ""},
		{editor, "GET", "/media?slug=gm-f{run}&author=99999&_fields=id", "", "", "200", "0=", ""},
		{editor, "GET", "/media?include={cover},{again}&context=edit&orderby=id&order=asc&_fields=id", "", "", "200", "0.id={cover} 1.id={again}", ""},
		{subscriber, "GET", "/media?context=edit", "", "", "403 rest_forbidden_context", "", ""},
		{"wrong", "GET", "/media?context=edit", "", "", "401 rest_forbidden_context", "", ""},
		{editor, "POST", "/posts", `{"title":"c","status":"publish","slug":"c-{run}","featured_media":{cover}}`, "", "201", "featured_media={cover}", "covered"},
		{editor, "POST", "/posts", `{"title":"c","status":"publish","featured_media":{film}}`, "", "201", "featured_media=0", ""},
		{editor, "POST", "/posts/{covered}", `{"featured_media":99999}`, "", "200", "featured_media={cover}", ""},
		{editor, "POST", "/posts", `{"title":"c","status":"publish","content":"<figure class=\"wp-block-image\"><img src=\"/a.png\" alt=\"a&quot;&lt;\" class=\"wp-image-{cover}\" /></figure>\n<figure class=\"wp-block-video\"><video controls src=\"/a.mp4\"></video></figure>"}`, "", "201", `content.raw=<figureclass="wp-block-image"><imgsrc="/a.png"alt="a&quot;&lt;"class="wp-image-{cover}"/></figure><figureclass="wp-block-video"><videocontrolssrc="/a.mp4"></video></figure>`, ""},
		{editor, "DELETE", "/media/{cover}?force=true", "", "", "200", "deleted=true", ""},
		{editor, "GET", "/media?slug=gm-f{run}&_fields=id", "", "", "200", "0=", ""},
		{editor, "GET", "/media/{cover}", "", "", "404 rest_post_invalid_id", "", ""},

		// what readers do not see yet
		{editor, "POST", "/posts", `{"title":"d","status":"draft","slug":"d-{run}"}`, "", "201", "status=draft slug=d-{run}", "sketch"},
		{editor, "POST", "/posts", `{"title":"d","status":"pending","slug":"d-{run}"}`, "", "201", "status=pending slug=d-{run}-2", "held"},
		{editor, "POST", "/posts", `{"title":"d","status":"publish","slug":"d-{run}"}`, "", "201", "status=publish slug=d-{run}-3", ""},
		{editor, "GET", "/posts?slug=d-{run},d-{run}-2&status=publish,future,draft,pending,private,trash&context=edit&orderby=id&order=asc&_fields=id,status", "", "", "200", "0.id={sketch} 0.status=draft 1.id={held} 1.status=pending", ""},
		{editor, "GET", "/posts?slug=d-{run}&_fields=id", "", "", "200", "0=", ""},
		{"", "GET", "/posts/{sketch}", "", "", "401 rest_forbidden", "", ""},
		{"wrong", "GET", "/posts/{first}?context=edit", "", "", "401 rest_forbidden_context", "", ""},
		{editor, "GET", "/posts/{held}?context=edit", "", "", "200", "status=pending", ""},
		{editor, "POST", "/posts/{held}", `{"status":"publish"}`, "", "200", "status=publish slug=d-{run}-2", ""},
		{editor, "POST", "/posts/{held}", `{"status":"draft"}`, "", "200", "status=draft slug=d-{run}-2", ""},
		{editor, "DELETE", "/posts/{sketch}", "", "", "200", "id={sketch} status=trash slug=d-{run}__trashed", ""},
		{editor, "DELETE", "/posts/{sketch}", "", "", "410 rest_already_trashed", "", ""},
		{editor, "GET", "/posts/{sketch}?context=edit", "", "", "200", "status=trash", ""},
		{editor, "POST", "/posts", `{"title":"` + strings.Repeat("字", 21_846) + `"}`, "", "500 db_insert_error", "", ""},
		{editor, "POST", "/posts", `{"title":"` + strings.Repeat("字", 21_845) + `"}`, "", "201", "status=draft", ""},

		// the form of the website
		{"", "GET", "^/wp-comments-post.php", "", "", "405", "", ""},
		{"", "POST", "^/wp-comments-post.php", "comment_post_ID=99999&author=a&email=a@b.cn&comment=x", "", "200", "", ""},
		{"", "POST", "^/wp-comments-post.php", "comment_post_ID={first}&comment=x", "", "200", "", ""},
		{"", "POST", "^/wp-comments-post.php", "comment_post_ID={closed}&author=a&email=a@b.cn&comment=x", "", "403", "", ""},
		{"", "GET", "^/?rest_route=/wp/v2/posts&include={first}&_fields=id", "", "", "200", "0.id={first}", ""},
	}
}

// site is what a conversation is held with.
type site struct {
	url    string
	client *http.Client
	logins map[string][2]string
	names  map[string]string
}

func TestAgreesWithWordPress(t *testing.T) {
	t.Run("fake", func(t *testing.T) {
		r := newRig(t, nil)
		server := httptest.NewServer(r)
		defer server.Close()
		s := &site{url: server.URL, client: server.Client(), logins: map[string][2]string{}}
		for who, password := range r.passwords {
			s.logins[who] = [2]string{who, password}
		}
		s.converse(t)
	})
	t.Run("real", func(t *testing.T) {
		address := os.Getenv("GOVMEDIA_WORDPRESS_URL")
		subscriber := os.Getenv("GOVMEDIA_WORDPRESS_SUBSCRIBER")
		if address == "" || subscriber == "" {
			t.Skip(`no real WordPress; start one: eval "$(internal/realservers/wordpress.sh start)"`)
		}
		s := &site{url: address, client: http.DefaultClient, logins: map[string][2]string{
			"editor":     {os.Getenv("GOVMEDIA_WORDPRESS_USER"), os.Getenv("GOVMEDIA_WORDPRESS_PASSWORD")},
			"subscriber": {subscriber, os.Getenv("GOVMEDIA_WORDPRESS_SUBSCRIBER_PASSWORD")},
			"wrong":      {"nobody", "abcd"},
		}}
		s.converse(t)
	})
}

func (s *site) converse(t *testing.T) {
	t.Helper()
	client := *s.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client, s.names = &client, map[string]string{"run": fmt.Sprint(time.Now().UnixMicro())}
	for i, st := range conversation() {
		name := fmt.Sprintf("%d: %s %s %.40s", i, st.method, st.path, st.body)
		got := s.send(t, st)
		for wait := 0; wait < 20 && got.code() == "400 comment_flood" && st.want == "201"; wait++ { // from the run before
			<-time.After(time.Second)
			got = s.send(t, st)
		}
		if got.code() != st.want {
			t.Errorf("%s: answer %v, want %q", name, got, st.want)
			continue
		}
		var value any
		if st.show != "" || st.save != "" {
			got.decode(t, &value)
		}
		if st.save != "" {
			s.names[st.save] = field(value, "id")
		}
		for want := range strings.FieldsSeq(s.fill(st.show)) {
			name2, text, _ := strings.Cut(want, "=")
			if have := strings.Join(strings.Fields(field(value, name2)), ""); have != text {
				t.Errorf("%s: %s is %q, want %q", name, name2, have, text)
			}
		}
	}
}

func (s *site) fill(text string) string {
	for name, value := range s.names {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

func (s *site) send(t *testing.T, st step) reply {
	t.Helper()
	path := "/wp-json/wp/v2" + st.path
	if rest, ok := strings.CutPrefix(st.path, "^"); ok {
		path = rest
	}
	body := s.fill(st.body)
	req, err := http.NewRequestWithContext(t.Context(), st.method, s.url+s.fill(path), bytes.NewReader([]byte(body)))
	ok(t, err)
	switch {
	case body == film:
		req.Header.Set("Content-Type", "video/mp4")
	case strings.HasPrefix(st.path, "/media"):
		req.Header.Set("Content-Type", "image/png")
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		req.Header.Set("Content-Type", "application/json")
	case body != "":
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if name, value, given := strings.Cut(s.fill(st.header), ": "); given {
		req.Header.Set(name, value)
	}
	if st.who != "" {
		req.SetBasicAuth(s.logins[st.who][0], s.logins[st.who][1])
	}
	resp, err := s.client.Do(req)
	ok(t, err)
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	ok(t, err)
	return reply{status: resp.StatusCode, header: resp.Header, body: answer}
}

// field returns what stands at a path such as data.params.status or 0.id, "" when there is nothing.
func field(value any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i := slices.Index([]string{"0", "1", "2"}, name)
			if i < 0 || i >= len(v) {
				return ""
			}
			value = v[i]
		default:
			return ""
		}
	}
	if s, is := value.(string); is {
		return s
	}
	out, err := json.Marshal(value)
	if err != nil || value == nil {
		return ""
	}
	return string(out)
}

var _ http.Handler = (*wordpresstest.Server)(nil)
