package wordpresstest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// rig is a site with a user of each role. It calls the handler directly, so that it works in a bubble.
type rig struct {
	*wordpresstest.Server
	t         *testing.T
	passwords map[string]string
}

func newRig(t *testing.T, cfg *wordpresstest.Config) *rig {
	t.Helper()
	r := &rig{Server: wordpresstest.New(cfg), t: t, passwords: map[string]string{"wrong": "abcd"}}
	for _, u := range []wordpresstest.User{ // in this order, so that the administrator is user 1
		{Login: "admin", Role: wordpresstest.Administrator}, {Login: "editor", Role: wordpresstest.Editor},
		{Login: "author", Role: wordpresstest.Author}, {Login: "contributor", Role: wordpresstest.Contributor},
		{Login: "subscriber", Role: wordpresstest.Subscriber},
	} {
		r.AddUser(u)
		password, err := r.Password(u.Login)
		ok(t, err)
		r.passwords[u.Login] = password
	}
	return r
}

// reply is what a client got.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	dropped bool
}

func (r reply) decode(t *testing.T, to any) {
	t.Helper()
	if err := json.Unmarshal(r.body, to); err != nil {
		t.Fatalf("answer %v: %v", r, err)
	}
}

// object returns the answer as an object.
func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var o map[string]any
	r.decode(t, &o)
	return o
}

// code returns status and, for an error, the code: "409 comment_duplicate".
func (r reply) code() string {
	var e struct {
		Code string `json:"code"`
	}
	if r.dropped {
		return "dropped"
	}
	_ = json.Unmarshal(r.body, &e) // lists and pages have none
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.status, e.Code))
}

func (r reply) String() string { return fmt.Sprintf("dropped=%v %d %s", r.dropped, r.status, r.body) }

func (r *rig) do(req *http.Request) (out reply) {
	rec := httptest.NewRecorder()
	defer func() {
		if v := recover(); v != nil {
			if err, is := v.(error); !is || !errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			out = reply{dropped: true}
		}
	}()
	r.ServeHTTP(rec, req)
	return reply{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

// call makes a call below /wp-json/wp/v2 as a user, "" for nobody. A body that begins with a brace is JSON.
func (r *rig) call(who, method, path, body string) reply {
	return r.do(r.request(who, method, "/wp-json/wp/v2"+path, body))
}

func (r *rig) request(who, method, path, body string) *http.Request {
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, content)
	switch {
	case strings.HasPrefix(body, "{") || strings.HasPrefix(body, "["):
		req.Header.Set("Content-Type", "application/json")
	case body != "":
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if who != "" {
		req.SetBasicAuth(who, r.passwords[who])
	}
	return req
}

// post publishes as the editor and returns the id.
func (r *rig) post(title string) string {
	r.t.Helper()
	got := r.call("editor", http.MethodPost, "/posts", url.Values{"title": {title}, "content": {title}, "status": {"publish"}}.Encode())
	if got.code() != "201" {
		r.t.Fatalf("post: %v", got)
	}
	return fmt.Sprint(got.object(r.t)["id"])
}

func (r *rig) lastPost() wordpresstest.Post {
	r.t.Helper()
	posts := r.Journal().Posts
	if len(posts) == 0 {
		r.t.Fatal("the journal holds no post")
	}
	return posts[len(posts)-1]
}

func (r *rig) expect(got reply, code string) {
	r.t.Helper()
	if got.code() != code {
		r.t.Errorf("answer %v, want %q", got, code)
	}
}

// ids returns the ids of a list.
func (r *rig) ids(got reply) string {
	r.t.Helper()
	var list []struct {
		ID int `json:"id"`
	}
	got.decode(r.t, &list)
	out := []string{}
	for _, it := range list {
		out = append(out, fmt.Sprint(it.ID))
	}
	return strings.Join(out, " ")
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
