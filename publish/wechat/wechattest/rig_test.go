package wechattest_test

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
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

const (
	appID  = "wx1234567890abcdef"
	secret = "app-secret"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	token  = "testtoken"
	openID = "oUser1"
)

type object = map[string]any

// rig is a platform with one account, one citizen and a token. It calls the handler
// directly, so that it works in a bubble.
type rig struct {
	*wechattest.Server
	t     *testing.T
	token string
	thumb string // media id of a cover
}

func app() wechattest.App {
	return wechattest.App{ID: appID, Secret: secret, OriginalID: "gh_test", Token: token, AESKey: aesKey}
}

func newRig(t *testing.T, cfg *wechattest.Config, change ...func(*wechattest.App)) *rig {
	t.Helper()
	s := wechattest.New(cfg)
	a := app()
	for _, c := range change {
		c(&a)
	}
	s.AddApp(a)
	_, err := s.AddFan(wechattest.Fan{AppID: appID, OpenID: openID, Tags: []int{2}})
	ok(t, err)
	creds, err := s.Token(appID, true)
	ok(t, err)
	return &rig{Server: s, t: t, token: creds.AccessToken}
}

func service(a *wechattest.App) { a.Kind = wechattest.KindService }

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

func (r reply) object(t *testing.T) object {
	t.Helper()
	var out object
	dec := json.NewDecoder(bytes.NewReader(r.body))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("answer %d %q: %v", r.status, r.body, err)
	}
	return out
}

// field returns a field of the answer as text; path goes through objects and arrays.
func (r reply) field(t *testing.T, path string) string {
	t.Helper()
	var at any = r.object(t)
	for name := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case object:
			at = v[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return ""
			}
			at = v[i]
		default:
			return ""
		}
	}
	if at == nil {
		return ""
	}
	return fmt.Sprint(at)
}

// code returns the errcode, 0 for an answer without.
func (r reply) code() int {
	var e struct {
		Code int `json:"errcode"`
	}
	_ = json.Unmarshal(r.body, &e)
	return e.Code
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

func path(name string) string {
	if strings.HasPrefix(name, "datacube/") {
		return "/" + name
	}
	return "/cgi-bin/" + name
}

// at moves the platform's time and fetches a token that is good there.
func (r *rig) at(when time.Time) {
	r.t.Helper()
	r.SetTime(when)
	creds, err := r.Token(appID, true)
	ok(r.t, err)
	r.token = creds.AccessToken
}

// later moves the platform's time on and fetches a token that is good there.
func (r *rig) later(d time.Duration) {
	r.t.Helper()
	r.at(r.Now().Add(d))
}

// raw posts a body with the rig's token.
func (r *rig) raw(ctx context.Context, name, body string) reply {
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, path(name)+"?access_token="+url.QueryEscape(r.token), strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json;charset=utf-8")
	return r.do(req)
}

// plain writes JSON as a client has to, with raw characters.
func plain(v any) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return out.String()
}

func (r *rig) post(name string, body any) reply { return r.raw(r.t.Context(), name, plain(body)) }

func (r *rig) get(name string, pairs ...string) reply {
	v := url.Values{"access_token": {r.token}}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, path(name)+"?"+v.Encode(), nil))
}

// upload sends a file as a multipart request.
func (r *rig) upload(name, query, fileName string, data []byte, fields ...string) reply {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("media", fileName)
	ok(r.t, err)
	_, err = part.Write(data)
	ok(r.t, err)
	for i := 0; i < len(fields); i += 2 {
		ok(r.t, w.WriteField(fields[i], fields[i+1]))
	}
	ok(r.t, w.Close())
	req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, path(name)+"?access_token="+r.token+"&"+query, &body)
	req.Header.Set("Content-Type", w.FormDataContentType())
	return r.do(req)
}

func png(size int) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, size-8)...)
}

func jpeg(size int) []byte { return append([]byte("\xff\xd8\xff"), make([]byte, size-3)...) }

// cover uploads a cover once and returns its media id.
func (r *rig) cover() string {
	r.t.Helper()
	if r.thumb == "" {
		r.thumb = r.upload("material/add_material", "type=thumb", "cover.jpg", jpeg(100)).field(r.t, "media_id")
	}
	return r.thumb
}

func (r *rig) article(title string) object {
	return object{"title": title, "content": "<p>正文</p>", "thumb_media_id": r.cover(), "need_open_comment": 1}
}

// draft adds a draft of one article and returns its media id.
func (r *rig) draft(title string) string {
	r.t.Helper()
	got := r.post("draft/add", object{"articles": []object{r.article(title)}})
	id := got.field(r.t, "media_id")
	if id == "" {
		r.t.Fatalf("draft/add: %v", got)
	}
	return id
}

// publish brings a draft through and returns its publication.
func (r *rig) publish(title string) wechattest.Publication {
	r.t.Helper()
	got := r.post("freepublish/submit", object{"media_id": r.draft(title)})
	ok(r.t, r.SettlePublication(got.field(r.t, "publish_id"), wechattest.PublishDone))
	return r.lastPublication()
}

func last[T any](t *testing.T, list []T) T {
	t.Helper()
	if len(list) == 0 {
		t.Fatal("the journal holds none")
	}
	return list[len(list)-1]
}

func (r *rig) lastPublication() wechattest.Publication {
	r.t.Helper()
	return last(r.t, r.Journal().Publications)
}

func (r *rig) lastDraft() wechattest.Draft {
	r.t.Helper()
	return last(r.t, r.Journal().Drafts)
}

func (r *rig) lastMass() wechattest.Mass {
	r.t.Helper()
	return last(r.t, r.Journal().Masses)
}

func (r *rig) lastComment() wechattest.Comment {
	r.t.Helper()
	return last(r.t, r.Journal().Comments)
}

// comment has a citizen comment on a publication.
func (r *rig) comment(p wechattest.Publication, text string) wechattest.Comment {
	r.t.Helper()
	c, err := r.AddComment(p.MsgDataID, 0, openID, text)
	ok(r.t, err)
	return c
}

// on names a comment in a request.
func on(c wechattest.Comment, more ...any) object {
	out := object{"msg_data_id": json.Number(c.MsgDataID), "index": c.Index, "user_comment_id": c.UserID}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// expect fails the test when an answer is not HTTP 200 with the errcode, 0 for success.
func (r *rig) expect(got reply, code int) {
	r.t.Helper()
	if got.code() != code || got.status != http.StatusOK {
		r.t.Errorf("answer %v, want code %d", got, code)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
