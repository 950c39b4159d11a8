package wechat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

const (
	appID     = "wx1234567890abcdef"
	appSecret = "app-secret-hush"
	pushToken = "push-token-hush"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	submitOp  = "freepublish/submit"
	massOp    = "message/mass/sendall"
)

// rig is a fake platform with one government account, a client for it, and what the engine would keep of one delivery.
type rig struct {
	fake   *wechattest.Server
	client *wechat.Client
	acct   account.Account
	cred   account.Credential

	prior []byte             // the last checkpoint
	lose  func([]byte) error // what becomes of a checkpoint; nil keeps it
	seen  []string           // every error and checkpoint, searched for secrets at the end
}

func config(h *http.Client, base string) *wechat.Config {
	return &wechat.Config{
		AppID: appID, AppSecret: govmedia.NewSecret(appSecret), BaseURL: base, HTTPClient: h, Author: "某市发布", OpenComments: true,
		Token: govmedia.NewSecret(pushToken), EncodingAESKey: govmedia.NewSecret(aesKey),
	}
}

func newRig(t *testing.T, h *http.Client, base string, fake *wechattest.Server) *rig {
	t.Helper()
	client, err := wechat.New(config(h, base))
	require.NoError(t, err)
	fake.AddApp(wechattest.App{
		ID: appID, Secret: appSecret, Name: "某市发布", Token: pushToken, AESKey: aesKey, PushMode: wechattest.PushSafe,
	})
	token, err := fake.Token(appID, true)
	require.NoError(t, err)
	return &rig{
		fake: fake, client: client, acct: account.Account{ID: "city", App: client.App(), Name: "某市发布", State: account.Open},
		cred: account.Credential{
			Account: "city", Access: govmedia.NewSecret(token.AccessToken), Refresh: govmedia.NewSecret("client_credential"),
			Expires: token.Expires, Version: 1,
		},
	}
}

// bubble runs the test in fake time, with the fake in memory.
func bubble(t *testing.T, cfg *wechattest.Config, run func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := wechattest.New(cfg)
		server := memnet.Serve(fake)
		defer server.Close()
		r := newRig(t, server.Client(), "http://wechat.invalid", fake)
		run(t, r)
		r.noSecrets(t)
	})
}

func rendition(want govmedia.Reach) publish.Rendition {
	return publish.Rendition{
		Title: "关于停水的通知", Text: "今晚十点起，城北片区停水。\n\n咨询：<12345> & \"值班室\"\u2028。", Link: "https://www.gov.example/notice?a=1&b=2",
		Cover: cover().Digest(), Want: want,
	}
}

func cover() publish.Media {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 4))); err != nil {
		panic(err)
	}
	return publish.Media{Name: "封面.png", Type: "image/png", Data: picture.Bytes()}
}

// picture is one of several pictures, each different.
func picture(n int) publish.Media {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20+n, 7))); err != nil {
		panic(err)
	}
	return publish.Media{Name: fmt.Sprintf("图%d.png", n), Type: "image/png", Data: b.Bytes()}
}

// illustrated is a rendition with so many pictures.
func illustrated(want govmedia.Reach, n int) publish.Rendition {
	what := rendition(want)
	for i := range n {
		what.Media = append(what.Media, picture(i).Digest())
	}
	return what
}

func loadCover(_ context.Context, digest string) (publish.Media, error) {
	for n := -1; n < 3; n++ {
		m := cover()
		if n >= 0 {
			m = picture(n)
		}
		if m.Digest() == digest {
			return m, nil
		}
	}
	return publish.Media{}, govmedia.Errorf(govmedia.KindNotFound, "media", "no such file")
}

// attempt makes one attempt at the rig's delivery, as the engine does: with the last checkpoint.
func (r *rig) attempt(ctx context.Context, what publish.Rendition) (*govmedia.Receipt, error) {
	receipt, err := r.client.Publish(ctx, &publish.Submission{
		Operation: "post/p1/city", Account: r.acct, Credential: r.cred, Rendition: what, Prior: r.prior, Media: loadCover,
		Checkpoint: func(_ context.Context, data []byte) error {
			r.seen = append(r.seen, string(data))
			if r.lose != nil {
				if err := r.lose(data); err != nil {
					return err
				}
			}
			r.prior = append([]byte(nil), data...)
			return nil
		},
	})
	r.saw(err)
	return receipt, err
}

func (r *rig) saw(err error) {
	if err != nil {
		r.seen = append(r.seen, fmt.Sprintf("%v %+v %#v %+v", err, err, err, govmedia.AsError(err)))
	}
}

func (r *rig) query(what publish.Rendition, since time.Time) *publish.Query {
	return &publish.Query{Operation: "post/p1/city", Account: r.acct, Credential: r.cred, Rendition: what, Prior: r.prior, Since: since}
}

// find reads once the platform has had its time.
func (r *rig) find(t *testing.T, what publish.Rendition, since time.Time) *publish.Found {
	t.Helper()
	time.Sleep(r.client.Limits().VisibleWithin)
	found, err := r.client.Find(t.Context(), r.query(what, since))
	r.saw(err)
	require.NoError(t, err)
	return found
}

func (r *rig) track(t *testing.T, what publish.Rendition, pending *govmedia.Receipt) (*govmedia.Receipt, error) {
	t.Helper()
	q := r.query(what, time.Time{})
	q.Receipt = pending
	receipt, err := r.client.Track(t.Context(), q)
	r.saw(err)
	return receipt, err
}

func (r *rig) noSecrets(t *testing.T) {
	t.Helper()
	for _, text := range r.seen {
		for _, secret := range []string{appSecret, pushToken, aesKey, r.cred.Access.Reveal(), url.QueryEscape(r.cred.Access.Reveal())} {
			require.NotContains(t, text, secret)
		}
	}
}

// within gives a call the time that the engine would.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// plainText undoes the paragraphs of the adapter.
func plainText(content string) string {
	content = strings.ReplaceAll(content, "<br/>", "")
	lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(content, "<p>"), "</p>"), "</p><p>")
	return html.UnescapeString(strings.Join(lines, "\n"))
}

// typed returns err as the SDK's error.
func typed(t *testing.T, err error) *govmedia.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*govmedia.Error](err)
	require.True(t, ok, "%T is not typed", err)
	return e
}

// script is a platform that answers as told, by path, and knows what it was asked.
type script struct {
	status  int
	header  http.Header
	answers map[string]string // by path below /cgi-bin/; "" is for every other
	asked   []string
	bodies  []string
}

const inBox = `{"news_item":[{"title":"关于停水的通知","content":"<p>今晚十点起，城北片区停水。</p><p><br/></p><p>咨询：&lt;12345&gt; &amp; \"值班室\"。</p>","content_source_url":"https://www.gov.example/notice?a=1&b=2"}]}`

// answering returns a client of a platform that answers everything alike except for what leads up to the hand-over.
func answering(t testing.TB, status int, header http.Header, body string) (*wechat.Client, *script) {
	t.Helper()
	s := &script{status: status, header: header, answers: map[string]string{
		"": body, "material/add_material": `{"media_id":"cover"}`, "draft/add": `{"media_id":"draft"}`,
	}}
	client := s.client(t)
	return client, s
}

func (s *script) client(t testing.TB) *wechat.Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := config(server.Client(), server.URL)
	cfg.Now = func() time.Time { return time.Date(2026, 11, 22, 9, 40, 0, 0, time.UTC) }
	client, err := wechat.New(cfg)
	require.NoError(t, err)
	return client
}

// ServeHTTP implements http.Handler.
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	body := new(strings.Builder)
	if r.Body != nil {
		var buf [1 << 16]byte
		for n, err := r.Body.Read(buf[:]); ; n, err = r.Body.Read(buf[:]) {
			body.Write(buf[:n])
			if err != nil {
				break
			}
		}
	}
	s.asked, s.bodies = append(s.asked, op), append(s.bodies, body.String())
	answer, known := s.answers[op]
	if known {
		_, _ = w.Write([]byte(answer))
		return
	}
	for k := range s.header {
		w.Header().Set(k, s.header.Get(k))
	}
	w.WriteHeader(s.status)
	_, _ = w.Write([]byte(s.answers[""]))
}

func submission(want govmedia.Reach) *publish.Submission {
	return &publish.Submission{
		Operation: "op", Account: account.Account{ID: "city"}, Credential: credential(), Rendition: rendition(want), Media: loadCover,
		Checkpoint: func(context.Context, []byte) error { return nil },
	}
}

func credential() account.Credential {
	return account.Credential{Account: "city", Access: govmedia.NewSecret("tok-hush"), Refresh: govmedia.NewSecret("client_credential")}
}
