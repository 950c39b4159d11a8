package weibotest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const (
	appKey = "1001"
	secret = "app-secret"
	uid    = "7001"
	back   = "https://matrix.gov.example/back"
	link   = " https://www.gov.example/a"
)

// rig is a platform with one application, one government account and a token. It calls
// the handler directly, so that it works in a bubble.
type rig struct {
	*weibotest.Server
	t     *testing.T
	token string
	creds weibotest.Credentials
}

func newRig(t *testing.T, cfg *weibotest.Config) *rig {
	t.Helper()
	s := weibotest.New(cfg)
	s.AddApp(weibotest.App{
		Key: appKey, Secret: secret, Name: "政务矩阵", RedirectURI: back,
		SafeDomains: []string{"gov.example"}, Refreshable: true,
	})
	s.AddUser(weibotest.User{
		UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 1, VerifiedReason: "某市人民政府", Followers: 12,
	})
	creds, err := s.Token(appKey, uid)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Server: s, t: t, token: creds.AccessToken, creds: creds}
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
		t.Fatalf("answer %d %q: %v", r.status, r.body, err)
	}
}

// code returns the error_code, 0 for an answer without.
func (r reply) code() int {
	var e struct {
		Code json.Number `json:"error_code"`
	}
	if json.Unmarshal(r.body, &e) != nil || e.Code == "" {
		return 0
	}
	n, _ := e.Code.Int64()
	return int(n)
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

func values(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func (r *rig) form(ctx context.Context, path string, v url.Values) reply {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(v.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(req)
}

// post calls a write with the rig's token and an address of the end user.
func (r *rig) post(name string, pairs ...string) reply {
	v := values(append([]string{"access_token", r.token, "rip", "203.0.113.7"}, pairs...)...)
	return r.form(r.t.Context(), "/2/"+name+".json", v)
}

func (r *rig) get(name string, pairs ...string) reply {
	v := values(append([]string{"access_token", r.token}, pairs...)...)
	return r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/2/"+name+".json?"+v.Encode(), nil))
}

func (r *rig) oauth(name string, pairs ...string) reply {
	return r.form(r.t.Context(), "/oauth2/"+name, values(pairs...))
}

// share posts a text on a safe domain and returns the id.
func (r *rig) share(text string) string {
	r.t.Helper()
	got := r.post("statuses/share", "status", text+link)
	if got.status != http.StatusOK {
		r.t.Fatalf("share: %v", got)
	}
	return r.lastPost().ID
}

func (r *rig) lastPost() weibotest.Post {
	r.t.Helper()
	posts := r.Journal().Posts
	if len(posts) == 0 {
		r.t.Fatal("the journal holds no post")
	}
	return posts[len(posts)-1]
}

func (r *rig) lastComment() weibotest.Comment {
	r.t.Helper()
	comments := r.Journal().Comments
	if len(comments) == 0 {
		r.t.Fatal("the journal holds no comment")
	}
	return comments[len(comments)-1]
}

// comment has a citizen comment on a post and returns the id.
func (r *rig) comment(postID, by, text string) string {
	r.t.Helper()
	c, err := r.AddComment(postID, by, text)
	if err != nil {
		r.t.Fatal(err)
	}
	return c.ID
}

// upload posts a text with a picture in a multipart request.
func (r *rig) upload(status string, picture []byte) reply {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range map[string]string{"access_token": r.token, "rip": "203.0.113.7", "status": status} {
		if err := w.WriteField(name, value); err != nil {
			r.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("pic", "picture")
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := part.Write(picture); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/2/statuses/share.json", &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return r.do(req)
}

func (r *rig) held() (posts, comments int) {
	j := r.Journal()
	return len(j.Posts), len(j.Comments)
}

// expect fails the test when an answer has not the error code, 0 for success, or the
// journal not the number of posts.
func (r *rig) expect(got reply, code, posts int) {
	r.t.Helper()
	if got.code() != code || (code == 0 && got.status != http.StatusOK) {
		r.t.Errorf("answer %v, want code %d", got, code)
	}
	if held, _ := r.held(); held != posts {
		r.t.Errorf("the journal holds %d posts, want %d", held, posts)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
