package wordpress_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
	"github.com/govmedia/govmedia/reply"
)

const (
	title = "停水通知"
	text  = "今晚十点起城北片区停水 https://www.gov.example/map"
	link  = "https://www.gov.example/notice?a=1&b=2"
)

// article is what most tests publish.
func article(text string) publish.Rendition {
	return publish.Rendition{Title: title, Text: text, Link: link, Want: govmedia.ReachPublic}
}

// rig is a fake site with one editor, and a client for it.
type rig struct {
	fake   *wordpresstest.Server
	client *wordpress.Client
	acct   account.Account
	cred   account.Credential
	files  library
	prior  []byte             // the last checkpoint, of whatever delivery
	lose   func([]byte) error // what becomes of a checkpoint; nil keeps it
	errs   []error            // every error a test got, searched for secrets at the end
}

// library holds files by digest.
type library map[string]publish.Media

// add stores a file and returns its digest.
func (l library) add(m publish.Media) string {
	l[m.Digest()] = m
	return m.Digest()
}

func (l library) load(_ context.Context, digest string) (publish.Media, error) {
	m, ok := l[digest]
	if !ok {
		return m, govmedia.Errorf(govmedia.KindNotFound, "media", "no such file")
	}
	return m, nil
}

// picture is a PNG with so many bytes behind its end, which tell one from another.
func picture(name string, more int) publish.Media {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 4))); err != nil {
		panic(err) // a buffer takes everything
	}
	return publish.Media{Name: name, Type: "image/png", Data: append(b.Bytes(), make([]byte, more)...)}
}

// film is an MP4 of one track and no frames, likewise.
func film(name string, more int) publish.Media {
	box := func(name string, body ...[]byte) []byte {
		all := slices.Concat(body...)
		return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(8+len(all))), []byte(name), all)
	}
	clock := make([]byte, 100)
	clock[15], clock[19] = 1, 20 // units a second, units
	return publish.Media{Name: name, Type: "video/mp4", Data: slices.Concat(
		box("ftyp", []byte("mp42\x00\x00\x00\x00mp42")), box("moov", box("mvhd", clock), box("trak", box("tkhd", make([]byte, 84)))), box("free", make([]byte, more)),
	)}
}

func newRig(t *testing.T, cfg *wordpress.Config, fake *wordpresstest.Server) *rig {
	t.Helper()
	client, err := wordpress.New(cfg)
	require.NoError(t, err)
	fake.AddUser(wordpresstest.User{Login: "other", Name: "某局", Role: wordpresstest.Editor})
	fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Editor})
	password, err := fake.Password("city")
	require.NoError(t, err)
	return &rig{
		fake: fake, client: client, files: library{},
		acct: account.Account{ID: "site", App: client.App(), UID: "city", Name: "某市发布", State: account.Open},
		cred: account.Credential{Account: "site", Access: govmedia.NewSecret(password), Version: 1},
	}
}

// loopback serves the fake on a socket.
func loopback(t *testing.T, cfg *wordpresstest.Config) *rig {
	t.Helper()
	fake := wordpresstest.New(cfg)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	r := newRig(t, &wordpress.Config{BaseURL: server.URL, HTTPClient: server.Client()}, fake)
	t.Cleanup(func() { r.noSecrets(t) })
	return r
}

// bubble runs the test in fake time, with the fake in memory.
func bubble(t *testing.T, cfg *wordpresstest.Config, run func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := wordpresstest.New(cfg)
		server := memnet.Serve(fake)
		defer server.Close()
		r := newRig(t, &wordpress.Config{BaseURL: "http://127.0.0.1", HTTPClient: server.Client()}, fake)
		run(t, r)
		r.noSecrets(t)
	})
}

func (r *rig) submission(op, text string) *publish.Submission {
	return r.attempt(op, article(text))
}

// attempt is an attempt at a delivery, as the engine makes it: with the last checkpoint.
func (r *rig) attempt(op string, what publish.Rendition) *publish.Submission {
	return &publish.Submission{
		Operation: op, Account: r.acct, Credential: r.cred, Rendition: what, Prior: r.prior, Media: r.files.load,
		Checkpoint: func(_ context.Context, data []byte) error {
			if r.lose != nil {
				if err := r.lose(data); err != nil {
					return err
				}
			}
			r.prior = slices.Clone(data)
			return nil
		},
	}
}

func (r *rig) publish(ctx context.Context, op, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Publish(ctx, r.submission(op, text))
	r.errs = append(r.errs, err)
	return receipt, err
}

func (r *rig) find(t *testing.T, op, text string, since time.Time) *publish.Found {
	t.Helper()
	found, err := r.client.Find(t.Context(), &publish.Query{
		Operation: op, Account: r.acct, Credential: r.cred, Rendition: article(text), Prior: r.prior, Since: since,
	})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return found
}

func (r *rig) messages(t *testing.T, since time.Time) []reply.Message {
	t.Helper()
	list, err := r.client.Messages(t.Context(), &reply.Inbox{Account: r.acct, Credential: r.cred, Since: since})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return list
}

func (r *rig) answer(ctx context.Context, m reply.Message, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Answer(ctx, &reply.Submission{Operation: "a", Account: r.acct, Credential: r.cred, Message: m, Text: text})
	r.errs = append(r.errs, err)
	return receipt, err
}

func (r *rig) findAnswer(t *testing.T, m reply.Message, text string, since time.Time) *reply.Found {
	t.Helper()
	found, err := r.client.FindAnswer(t.Context(), &reply.Query{
		Submission: reply.Submission{Operation: "a", Account: r.acct, Credential: r.cred, Message: m, Text: text}, Since: since,
	})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return found
}

// asked publishes a post and has a citizen ask under it.
func (r *rig) asked(t *testing.T, text string) reply.Message {
	t.Helper()
	p, err := r.fake.AddPost("city", "停水通知", "<p>今晚</p>")
	require.NoError(t, err)
	c, err := r.fake.AddComment(p.ID, "网民甲", text)
	require.NoError(t, err)
	return reply.Message{Platform: wordpress.Platform, Account: "site", ID: c.ID, Post: p.ID, Text: text, At: c.Date}
}

// noSecrets searches every error that was seen.
func (r *rig) noSecrets(t *testing.T) {
	t.Helper()
	secret := r.cred.Access.Reveal()
	for _, err := range r.errs {
		printed := fmt.Sprintf("%v %+v %#v %+v", err, err, err, govmedia.AsError(err))
		require.NotContains(t, printed, secret)
		require.NotContains(t, printed, strings.ReplaceAll(secret, " ", ""))
	}
}

// typed returns err as the SDK's error.
func typed(t *testing.T, err error) *govmedia.Error {
	t.Helper()
	require.Error(t, err)
	e, ok := errors.AsType[*govmedia.Error](err)
	require.True(t, ok, "%T is not typed", err)
	return e
}

// answering returns a client whose every call is answered as given.
func answering(t testing.TB, status int, header http.Header, body string) *wordpress.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k := range header {
			w.Header().Set(k, header.Get(k))
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	client, err := wordpress.New(&wordpress.Config{BaseURL: server.URL, HTTPClient: server.Client()})
	require.NoError(t, err)
	return client
}

func submission(text string) *publish.Submission {
	return &publish.Submission{
		Operation: "post/1/site", Account: account.Account{ID: "site", UID: "city"},
		Credential: account.Credential{Account: "site", Access: govmedia.NewSecret("hush-a-bye")},
		Rendition:  article(text),
	}
}

// written takes apart again what the site holds of an article: paragraphs and the link to the original.
func written(content string) (text, link string) {
	var lines []string
	for block := range strings.SplitSeq(content, "\n") {
		inner := html.UnescapeString(tags.ReplaceAllString(block, ""))
		if original, ok := strings.CutPrefix(inner, "原文链接："); ok {
			link = original
		} else if !strings.HasPrefix(block, "<figure") {
			lines = append(lines, inner)
		}
	}
	return strings.Join(lines, "\n"), link
}

var tags = regexp.MustCompile(`<[^>]*>`)
