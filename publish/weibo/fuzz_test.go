package weibo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/reply"
)

// canned answers every call alike, like a connection that has been made.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	return &http.Response{
		StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(c.body)),
	}, nil
}

// FuzzDecode holds that no answer, however broken, makes the adapter panic, run on without end, forget to type an error,
// show the token, claim a receipt without id, or call a success "not applied".
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `{"idstr":"9100000000000003","created_at":"Wed Oct 24 23:49:17 +0800 2012","user":{"idstr":"7001"}}`,
		`{"error":"expired_token","error_code":21327,"request":"/2/statuses/update.json"}`, `{"error_code":"20032","idstr":"1"}`,
		`{"statuses":[{"idstr":"1","text":"a","created_at":"Wed Oct 24 23:49:17 +0800 2012"}],"total_number":"1","next_cursor":0}`,
		`{"comments":[{"idstr":"5","text":"回复@a:b","created_at":"Wed Oct 24 23:49:17 +0800 2012","user":{"idstr":"7001"},"status":{"idstr":"4"},"reply_comment":{"idstr":"90"}}],"next_cursor":4}`,
		`[{"id":1,"comments":1,"reposts":2,"attitudes":3}]`, `{"idstr":"7001","followers_count":"3","statuses_count":4,"verified":true}`,
		`{"access_token":"2.00abc","expires_in":"157679999","uid":"7001"}`, `{"user":[],"idstr":{}}`, `{"error_code":{"a":1}}`,
		`{"idstr":"9100000000000003","deleted":"1"}`, `{"mid":"9100000000000003","visible":{"type":"1"}}`, `{"error_code":20101}`,
	} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		c, err := weibo.New(&weibo.Config{AppKey: appKey, HTTPClient: &http.Client{Transport: canned{status, body}}})
		if err != nil {
			t.Fatal(err)
		}
		everyRole(t, c, status, body)
	})
}

func everyRole(t *testing.T, c *weibo.Client, status int, body []byte) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := submission(text)
	a, cred := s.Account, s.Credential
	cred.Refresh = govmedia.NewSecret("2.01hush")
	m := reply.Message{ID: "90", Post: "80"}
	answer := reply.Submission{Account: a, Credential: cred, Message: m, Text: "答"}

	r, err := c.Publish(ctx, s)
	checkWrite(t, r, err, status, body)
	r, err = c.Answer(ctx, &answer)
	checkWrite(t, r, err, status, body)
	picture := pictureOf("image/png", 0)
	s.Rendition.Media, s.Media = []string{picture.Digest()}, func(context.Context, string) (publish.Media, error) { return picture, nil }
	r, err = c.Publish(ctx, s)
	checkWrite(t, r, err, status, body)

	post := &govmedia.Receipt{ID: "9100000000000003"}
	err = c.Withdraw(ctx, &publish.Query{Account: a, Credential: cred, Receipt: post})
	check(t, err)
	if err == nil && !bytes.Contains(body, []byte(post.ID)) && !bytes.Contains(bytes.ToLower(body), []byte("error")) && !bytes.Contains(body, []byte(`\`)) {
		t.Fatal("down, although nobody said so")
	}
	shown, err := c.Shown(ctx, &publish.Query{Account: a, Credential: cred, Receipt: post})
	check(t, err)
	if shown && !bytes.Contains(body, []byte(post.ID)) {
		t.Fatal("shown, although it is not there")
	}

	found, err := c.Find(ctx, &publish.Query{Account: a, Credential: cred, Rendition: s.Rendition})
	check(t, err)
	if err == nil {
		for _, r := range found.Receipts {
			checkWrite(t, &r, nil, status, body)
		}
	}
	_, err = c.FindAnswer(ctx, &reply.Query{Submission: answer})
	check(t, err)
	list, err := c.Messages(ctx, &reply.Inbox{Account: a, Credential: cred})
	check(t, err)
	for _, m := range list {
		if m.ID == "" || m.At.IsZero() {
			t.Fatalf("a message without identity: %+v", m)
		}
	}
	_, err = c.Counts(ctx, &metrics.Request{Account: a, Credential: cred, Posts: []string{"1"}})
	check(t, err)
	_, err = c.Profile(ctx, a, cred)
	check(t, err)
	var fresh account.Credential
	fresh, err = c.Refresh(ctx, cred)
	check(t, err)
	if err == nil && (fresh.Access.IsZero() || !fresh.Expires.After(time.Now())) {
		t.Fatal("a credential that is none")
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if _, ok := errors.AsType[*govmedia.Error](err); !ok {
		t.Fatalf("%T is not typed: %v", err, err)
	}
	if strings.Contains(err.Error(), "hush") {
		t.Fatalf("a secret in %v", err)
	}
}

func checkWrite(t *testing.T, r *govmedia.Receipt, err error, status int, body []byte) {
	t.Helper()
	check(t, err)
	switch {
	case (r == nil) == (err == nil):
		t.Fatal("neither or both of receipt and error")
	case r != nil && (r.ID == "" || strings.Trim(r.ID, "0123456789") != ""):
		t.Fatalf("a receipt with id %q", r.ID)
	case err != nil && govmedia.AsError(err).Outcome == govmedia.NotApplied && status != 429 && !bytes.Contains(bytes.ToLower(body), []byte("error")) && !bytes.Contains(body, []byte(`\`)):
		t.Fatalf("not applied, although nobody refused: %v", err)
	}
}

// FuzzTextLength holds that every 字 counts.
func FuzzTextLength(f *testing.F) {
	f.Add("今晚停水 https://gov.example/a")
	f.Add("\xff😀é")
	f.Fuzz(func(t *testing.T, s string) {
		n := weibo.TextLength(s)
		if n < 0 || n > 2*len(s) || weibo.TextLength(s+"水") != n+1 && weibo.TextLength(s+"水") != n+2 {
			t.Fatalf("%q counts %d", s, n)
		}
	})
}
