package wordpress_test

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
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
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
		StatusCode: c.status, Header: http.Header{"X-Wp-Total": {"3"}}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(c.body)),
	}, nil
}

// FuzzDecode holds that no answer, however broken, makes the adapter panic, run on without end, forget to type an error,
// show the password, claim a receipt without id, or call a success "not applied".
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `{"id":5,"date_gmt":"2026-11-22T06:16:24","link":"https://a.cn/","status":"publish","slug":"gm-1"}`,
		`{"code":"rest_cannot_create","message":"hush","data":{"status":401}}`, `{"code":"rest_invalid_param","data":{"details":{"status":{"data":{"status":401}}}}}`,
		`[{"id":5,"date_gmt":"2026-11-22T06:16:24","status":"publish","title":{"raw":"a"},"content":{"raw":"b"}}]`,
		`[{"id":5,"post":4,"parent":0,"author":5,"author_name":"x","date_gmt":"2026-11-22T06:16:24","status":"approved","content":{"raw":"答"}}]`,
		`{"id":5,"slug":"gm-1","source_url":"https://a.cn/gm-1.png"}`, `[{"id":5,"slug":"gm-1","source_url":"https://a.cn/gm-1.png"}]`,
		`{"id":5,"status":"trash"}`, `{"code":"rest_already_trashed","data":{"status":410}}`, `{"code":"rest_post_invalid_id","data":{"status":404}}`,
		`[` + strings.Repeat(`{"id":5},`, 99) + `{"id":5}]`, `{"code":{"a":1}}`, `<b>Notice</b>{"id":5}`,
	} {
		f.Add(200, []byte(body))
		f.Add(201, []byte(body))
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		c, err := wordpress.New(&wordpress.Config{BaseURL: "https://a.cn", HTTPClient: &http.Client{Transport: canned{status, body}}})
		if err != nil {
			t.Fatal(err)
		}
		everyRole(t, c, status)
	})
}

func everyRole(t *testing.T, c *wordpress.Client, status int) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := submission(text)
	r, err := c.Publish(ctx, s)
	checkWrite(t, r, err, status)
	pictured, files := *s, library{}
	pictured.Rendition.Cover, pictured.Media = files.add(picture("a.png", 0)), files.load
	pictured.Checkpoint = func(context.Context, []byte) error { return nil }
	r, err = c.Publish(ctx, &pictured)
	check(t, err)
	if (r == nil) == (err == nil) {
		t.Fatal("neither or both of receipt and error")
	}
	everyQuestion(ctx, t, c, s)
	q := answerOf(s)
	r, err = c.Answer(ctx, &q.Submission)
	checkWrite(t, r, err, status)
	found, err := c.Find(ctx, queryOf(s))
	check(t, err)
	if err == nil {
		for _, r := range found.Receipts {
			checkWrite(t, &r, nil, status)
		}
	}
	answers, err := c.FindAnswer(ctx, q)
	check(t, err)
	if err == nil {
		for _, r := range answers.Receipts {
			checkWrite(t, &r, nil, status)
		}
	}
	list, err := c.Messages(ctx, &reply.Inbox{Account: s.Account, Credential: s.Credential})
	check(t, err)
	for _, m := range list {
		if m.ID == "" || m.Post == "" || m.At.IsZero() {
			t.Fatalf("a message without identity: %+v", m)
		}
	}
	_, err = c.Counts(ctx, countsOf(s))
	check(t, err)
	_, err = c.Profile(ctx, s.Account, s.Credential)
	check(t, err)
}

// everyQuestion is about a post that has a receipt.
func everyQuestion(ctx context.Context, t *testing.T, c *wordpress.Client, s *publish.Submission) {
	q := queryOf(s)
	q.Receipt = &govmedia.Receipt{ID: "5"}
	r, err := c.Track(ctx, q)
	check(t, err)
	if (r == nil) == (err == nil) || r != nil && (r.ID != "5" || r.Reach == "") {
		t.Fatalf("Track gives %+v", r)
	}
	_, err = c.Shown(ctx, q)
	check(t, err)
	check(t, c.Withdraw(ctx, q))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if _, ok := errors.AsType[*govmedia.Error](err); !ok {
		t.Fatalf("%T is not typed: %v", err, err)
	}
	if strings.Contains(err.Error(), "hush-a-bye") {
		t.Fatalf("a secret in %v", err)
	}
}

func checkWrite(t *testing.T, r *govmedia.Receipt, err error, status int) {
	t.Helper()
	check(t, err)
	switch {
	case (r == nil) == (err == nil):
		t.Fatal("neither or both of receipt and error")
	case r != nil && (r.ID == "" || strings.Trim(r.ID, "0123456789") != ""):
		t.Fatalf("a receipt with id %q", r.ID)
	case err != nil && govmedia.AsError(err).Outcome == govmedia.NotApplied && status < 400:
		t.Fatalf("not applied, although nobody refused: %v", err)
	}
}
