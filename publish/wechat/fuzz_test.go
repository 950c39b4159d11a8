package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/reply"
)

// canned answers every call alike, like a connection that has been made, but for what leads up to the hand-over.
type canned struct {
	status int
	body   []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	body, status := c.body, c.status
	if strings.HasSuffix(r.URL.Path, "add_material") || strings.HasSuffix(r.URL.Path, "draft/add") {
		body, status = []byte(`{"media_id":"m"}`), 200
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
	}, nil
}

// FuzzDecode holds that no answer, however broken, makes the adapter panic, run on without end, forget to type an error,
// show a secret, claim a receipt without id, or call a success "not applied".
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `"x"`, `{"errcode":0,"errmsg":"ok","publish_id":2247483655,"msg_data_id":2247483656}`,
		`{"errcode":40001,"errmsg":"invalid credential rid: 0123abcd-89abcdef-01234567"}`, `{"errcode":"45065","msg_id":34182}`, `{"errcode":-1}`,
		`{"publish_id":"1","publish_status":0,"article_id":"a","article_detail":{"count":1,"item":[{"idx":1,"article_url":"u"}]},"fail_idx":[]}`,
		`{"total_count":1,"item_count":1,"item":[{"article_id":"a","content":{"news_item":[{"title":"关于停水的通知","content_source_url":"https://www.gov.example/notice?a=1&b=2"}]},"update_time":1763775600}]}`,
		`{"total":2,"comment":[{"user_comment_id":1,"create_time":1763775600,"content":"x","reply":{"content":"答","create_time":1763775600}},{"user_comment_id":2,"create_time":1763775600,"reply":[]}]}`,
		`{"msg_id":1,"msg_status":"SEND_SUCCESS"}`, `{"access_token":"x","expires_in":7200}`, `{"total":1,"count":1,"data":{"openid":["o"]}}`,
		`{"list":[{"ref_date":"2026-11-20","msgid":"1_1","details":[{"stat_date":"2026-11-21","n":1}],"detail":{"a":1}}]}`, inBox,
		`{"total":9223372036854775807,"comment":[{"user_comment_id":1,"create_time":1}]}`, `{"errcode":{"a":1}}`, `{"news_item":[{"content":"<<>&#x;"}]}`,
		`{"errcode":0,"news_item":[{"is_deleted":1}]}`, `{"errcode":53600}`, `{"errcode":40007}`, `{"errcode":40059}`, `{"msg_status":"DELETE"}`,
		`{"publish_status":5}`, `{"url":"http://mmbiz.qpic.cn/mmbiz_png/x/0?a=1&b=2"}`,
	} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		c, err := wechat.New(config(&http.Client{Transport: canned{status, body}}, ""))
		if err != nil {
			t.Fatal(err)
		}
		everyRole(t, c, status, body)
	})
}

func everyRole(t *testing.T, c *wechat.Client, status int, body []byte) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cred := credential()
	q := &publish.Query{Credential: cred, Receipt: &govmedia.Receipt{ID: "1"}, Prior: []byte(`{"draft":"d","article":"a"}`)}
	for _, want := range []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachMass, govmedia.ReachDraft} {
		s := submission(want)
		r, err := c.Publish(ctx, s)
		checkWrite(t, r, err, status, body)
		q.Rendition = s.Rendition
		r, err = c.Track(ctx, q)
		checkWrite(t, r, err, 429, body)
		for _, prior := range []string{`{"draft":"d","article":"a"}`, ""} {
			q.Prior = []byte(prior)
			found, err := c.Find(ctx, q)
			check(t, err)
			if err == nil {
				for _, r := range found.Receipts {
					checkWrite(t, &r, nil, status, body)
				}
			}
		}
	}
	s := submission(govmedia.ReachPublic)
	s.Rendition = illustrated(govmedia.ReachPublic, 1)
	r, err := c.Publish(ctx, s)
	check(t, err)
	if err == nil && r.ID == "" {
		t.Fatal("a receipt without id")
	}
	for _, post := range []govmedia.Receipt{{ID: "article"}, {ID: "1"}, {ID: "1", Reach: govmedia.ReachMass}, {ID: "d", Reach: govmedia.ReachDraft}} {
		q.Receipt = &post
		err := c.Withdraw(ctx, q)
		check(t, err)
		if says := bytes.ToLower(body); err == nil && !bytes.Contains(says, []byte("errcode")) && !bytes.Contains(says, []byte("publish_status")) && !bytes.Contains(body, []byte(`\`)) {
			t.Fatal("down, although nobody said so")
		}
		_, err = c.Shown(ctx, q)
		check(t, err)
	}
	a := reply.Submission{Credential: cred, Message: reply.Message{ID: "1_0_1"}, Text: "答"}
	_, err = c.Answer(ctx, &a)
	check(t, err)
	_, err = c.FindAnswer(ctx, &reply.Query{Submission: a})
	check(t, err)
	list, err := c.Messages(ctx, &reply.Inbox{Credential: cred, Threads: []string{"1"}})
	check(t, err)
	for _, m := range list {
		if m.ID == "" || m.At.IsZero() {
			t.Fatalf("a message without identity: %+v", m)
		}
	}
	_, err = c.Counts(ctx, &metrics.Request{Credential: cred})
	check(t, err)
	_, err = c.Statistics(ctx, cred, wechat.StatTotals, time.Now(), time.Now())
	check(t, err)
	_, err = c.UploadImage(ctx, cred, cover())
	check(t, err)
	check(t, c.Elect(ctx, cred, "1_0_1"))
	check(t, c.SendText(ctx, cred, "o", "x"))
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
	case r != nil && r.ID == "":
		t.Fatal("a receipt without id")
	case err != nil && govmedia.AsError(err).Outcome == govmedia.NotApplied && status != 429 && !bytes.Contains(bytes.ToLower(body), []byte("errcode")) && !bytes.Contains(body, []byte(`\`)):
		t.Fatalf("not applied, although nobody refused: %v", err)
	}
}

// uploading answers uploads with a body and notes the article that is made of it.
type uploading struct {
	answer  []byte
	content *string
}

func (u uploading) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(`{"media_id":"m","errcode":0,"publish_id":1}`)
	switch {
	case strings.HasSuffix(r.URL.Path, uploadOp):
		body = u.answer
	case strings.HasSuffix(r.URL.Path, "draft/add"):
		var in struct{ Articles []struct{ Content string } }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return nil, err
		}
		*u.content = in.Articles[0].Content
	}
	return canned{200, body}.RoundTrip(r.Clone(r.Context()))
}

// FuzzPictureAddress holds that whatever address the platform gives a picture, the article gets one picture with exactly
// that address below its unchanged text, and nothing else, or is not made.
func FuzzPictureAddress(f *testing.F) {
	for _, address := range []string{
		"http://mmbiz.qpic.cn/mmbiz_png/AbCd/0?from=appmsg&wx_fmt=png", "https://x/\"/><script>alert(1)</script>", "http://x/'&quot;<>", "javascript:x",
		"//x/y", "", "http://", "http://x/ \u2028", "http://\u0000", "http://x/%zz", "http://[::1", "http://x/&amp;amp;",
		"http://x/" + strings.Repeat("a", 30_000),
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if !utf8.ValidString(address) {
			return // JSON has no such strings
		}
		answer, err := json.Marshal(map[string]string{"url": address})
		if err != nil {
			t.Fatal(err)
		}
		var content string
		c, err := wechat.New(config(&http.Client{Transport: uploading{answer, &content}}, ""))
		if err != nil {
			t.Fatal(err)
		}
		s := submission(govmedia.ReachPublic)
		plain := s.Rendition
		s.Rendition = illustrated(govmedia.ReachPublic, 1)
		_, err = c.Publish(t.Context(), s)
		check(t, err)
		if err != nil && (govmedia.AsError(err).Outcome != govmedia.NotApplied || content != "") {
			t.Fatalf("an address that was refused, and yet: %v, %q", err, content)
		}
		if err != nil {
			return
		}
		text, image, _ := strings.Cut(content, `<p><img src="`)
		image, closed := strings.CutSuffix(image, `"/></p>`)
		if plainText(text) != plain.Text || !closed || html.UnescapeString(image) != address || strings.ContainsAny(image, `"<>`) {
			t.Fatalf("%q became %q", address, content)
		}
	})
}

// FuzzPush holds that no push, however broken, makes the handler panic or handle what has no sender and time, and that in
// safe mode nothing in clear gets in.
func FuzzPush(f *testing.F) {
	for _, xml := range []string{
		vectorXML, ``, `<xml>`, `<xml/>`, `<xml></xml><xml></xml>`, `<xml></xml>x`, `<?xml version="1.0" encoding="GBK"?><xml/>`,
		`<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><xml><MsgType>&lol2;</MsgType></xml>`,
		`<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>`, strings.Repeat("<xml>", 100000), `<xml><Encrypt>QUFB</Encrypt></xml>`,
		`<xml><FromUserName>a</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event><PublishEventInfo><publish_id>1</publish_id><publish_status>0</publish_status><article_detail><item><article_url>u</article_url></item></article_detail><fail_idx>1</fail_idx><fail_idx>x</fail_idx></PublishEventInfo></xml>`,
		`<xml><FromUserName>a</FromUserName><CreateTime>-1</CreateTime><MsgType>text</MsgType></xml>`, "<xml>\xff</xml>", `<xml>&nbsp;</xml>`,
	} {
		f.Add(xml)
	}
	f.Fuzz(func(t *testing.T, xml string) {
		for _, mode := range []wechattest.PushMode{wechattest.PushSafe, wechattest.PushPlain} {
			d := newDesk(t, func(c *wechat.Config) {
				if mode == wechattest.PushPlain {
					c.EncodingAESKey = govmedia.Secret{}
				}
			}, wechat.CallbackConfig{})
			e := envelope(xml)
			e.Mode = mode
			status, _ := d.push(t, e)
			if events := d.got(); (status == http.StatusOK) != (len(events) == 1) {
				t.Fatalf("answered %d, handled %d", status, len(events))
			}
			for _, e := range d.got() {
				if e.From == "" || e.At.IsZero() || e.Name == "" && e.Kind == wechat.EventMessage {
					t.Fatalf("handled %+v", e)
				}
			}
			if mode == wechattest.PushSafe { // the same as the body, signed for what it is
				e.Mode = wechattest.PushPlain
				r, err := e.Request(t.Context(), "http://gov.example/?encrypt_type=aes&msg_signature=x")
				if err != nil {
					t.Fatal(err)
				}
				w := httptest.NewRecorder()
				d.ServeHTTP(w, r)
				if w.Code == http.StatusOK {
					t.Fatal("a push in clear got in")
				}
			}
		}
	})
}
