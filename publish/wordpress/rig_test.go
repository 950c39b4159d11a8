package wordpress_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
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

const text = "【停水通知】今晚十点起城北片区停水 https://www.gov.example/notice"

// rig is a fake site with one editor, and a client for it.
type rig struct {
	fake   *wordpresstest.Server
	client *wordpress.Client
	acct   account.Account
	cred   account.Credential
	errs   []error // every error a test got, searched for secrets at the end
}

func newRig(t *testing.T, h *http.Client, base string, fake *wordpresstest.Server) *rig {
	t.Helper()
	client, err := wordpress.New(&wordpress.Config{BaseURL: base, HTTPClient: h})
	require.NoError(t, err)
	fake.AddUser(wordpresstest.User{Login: "other", Name: "某局", Role: wordpresstest.Editor})
	fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Editor})
	password, err := fake.Password("city")
	require.NoError(t, err)
	return &rig{
		fake: fake, client: client,
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
	r := newRig(t, server.Client(), server.URL, fake)
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
		r := newRig(t, server.Client(), "http://127.0.0.1", fake)
		run(t, r)
		r.noSecrets(t)
	})
}

func (r *rig) submission(op, text string) *publish.Submission {
	return &publish.Submission{Operation: op, Account: r.acct, Credential: r.cred, Rendition: publish.Rendition{Text: text}}
}

func (r *rig) publish(ctx context.Context, op, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Publish(ctx, r.submission(op, text))
	r.errs = append(r.errs, err)
	return receipt, err
}

func (r *rig) find(t *testing.T, op, text string, since time.Time) *publish.Found {
	t.Helper()
	found, err := r.client.Find(t.Context(), &publish.Query{
		Operation: op, Account: r.acct, Credential: r.cred, Rendition: publish.Rendition{Text: text}, Since: since,
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
		Rendition:  publish.Rendition{Text: text},
	}
}

// written puts together again what Compose has made of a text with 【title】, one paragraph and links.
func written(title, content string) string {
	for _, tag := range []string{"<p>", "</p>", "</a>"} {
		content = strings.ReplaceAll(content, tag, "")
	}
	for {
		before, rest, ok := strings.Cut(content, "<a ")
		if !ok {
			return "【" + html.UnescapeString(title) + "】" + html.UnescapeString(content)
		}
		_, after, _ := strings.Cut(rest, ">")
		content = before + after
	}
}
