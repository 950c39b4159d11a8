package wechattest_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// handler is an account's callback address as it should be: it refuses what is forged.
type handler struct {
	mode   wechattest.PushMode
	now    func() time.Time
	seen   []string // clear text of what it believed
	answer func(w http.ResponseWriter)
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	stamp, nonce := q.Get("timestamp"), q.Get("nonce")
	if q.Get("signature") != wechattest.Signature(token, stamp, nonce) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if echo := q.Get("echostr"); r.Method == http.MethodGet {
		_, _ = io.WriteString(w, echo)
		return
	}
	body, _ := io.ReadAll(r.Body)
	text, good := h.open(q, string(body))
	if !good {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h.seen = append(h.seen, text)
	if h.answer != nil {
		h.answer(w)
		return
	}
	_, _ = io.WriteString(w, "success")
}

func (h *handler) open(q url.Values, body string) (string, bool) {
	var seconds int64
	for _, c := range q.Get("timestamp") {
		seconds = seconds*10 + int64(c-'0')
	}
	if h.now().Sub(time.Unix(seconds, 0)) > 5*time.Minute {
		return "", false
	}
	if h.mode == wechattest.PushPlain {
		return body, true
	}
	var in struct {
		Encrypt string
	}
	if xml.Unmarshal([]byte(body), &in) != nil || q.Get("encrypt_type") != "aes" ||
		q.Get("msg_signature") != wechattest.Signature(token, q.Get("timestamp"), q.Get("nonce"), in.Encrypt) {
		return "", false
	}
	text, id, err := wechattest.Decrypt(aesKey, in.Encrypt)
	return text, err == nil && id == appID
}

// wire carries requests to a handler without a network.
type wire struct{ http.Handler }

func (t wire) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	rec := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			resp, err = nil, errors.New("connection reset")
		}
	}()
	t.ServeHTTP(rec, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return rec.Result(), nil
}

// pushRig is a rig whose account has a callback address in a mode.
func pushRig(t *testing.T, mode wechattest.PushMode) (*rig, *handler, *http.Client) {
	t.Helper()
	r := newRig(t, nil, func(a *wechattest.App) {
		a.PushMode, a.CallbackURL = mode, "http://callback.example/wechat?site=1"
	})
	h := &handler{mode: mode, now: r.Now}
	return r, h, &http.Client{Transport: wire{h}}
}

func (r *rig) deliver(client *http.Client) []wechattest.Push {
	r.t.Helper()
	out, err := r.DeliverPushes(r.t.Context(), client)
	ok(r.t, err)
	return out
}

func (r *rig) lastPush() wechattest.Push {
	r.t.Helper()
	return last(r.t, r.Journal().Pushes)
}

func modes() []wechattest.PushMode {
	return []wechattest.PushMode{wechattest.PushPlain, wechattest.PushCompatible, wechattest.PushSafe}
}

func TestVectorEnvelope(t *testing.T) {
	const text = `<xml><ToUserName><![CDATA[gh_test]]></ToUserName><FromUserName><![CDATA[oUser1]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>1234567890123456</MsgId></xml>`
	e := wechattest.Envelope{
		Mode: wechattest.PushSafe, AppID: appID, Token: token, AESKey: aesKey, To: "gh_test", OpenID: openID,
		XML: text, Time: time.Unix(1700000000, 0), Nonce: "nonce123", Random: "0123456789abcdef",
	}
	req, err := e.Request(t.Context(), "http://callback.example/?a=b")
	ok(t, err)
	equal(t, "query", req.URL.RawQuery, "a=b&encrypt_type=aes&msg_signature=edd9e256bf2c2fda43670827a40ee41590e9d277&nonce=nonce123&openid=oUser1&signature=ee0843455eb31b87dbf6d6890273a3ab976bd56e&timestamp=1700000000")
	body, err := io.ReadAll(req.Body)
	ok(t, err)
	if !strings.HasPrefix(string(body), "<xml><ToUserName><![CDATA[gh_test]]></ToUserName><Encrypt><![CDATA[Q3stYC6h") {
		t.Errorf("body %s", body)
	}
	e.Mode = wechattest.PushCompatible
	req, err = e.Request(t.Context(), "http://callback.example/")
	ok(t, err)
	body, err = io.ReadAll(req.Body)
	ok(t, err)
	if !strings.Contains(string(body), "<MsgId>1234567890123456</MsgId><Encrypt><![CDATA[Q3stYC6h") {
		t.Errorf("body %s", body)
	}
}

func TestPushOfAMessage(t *testing.T) {
	for _, mode := range modes() {
		t.Run(string(mode), func(t *testing.T) {
			r, h, client := pushRig(t, mode)
			_, err := r.Say(appID, openID, "路灯坏了]]>")
			ok(t, err)
			r.deliver(client)
			if len(h.seen) != 1 {
				t.Fatalf("the handler believed %q", h.seen)
			}
			var in struct {
				ToUserName, FromUserName, MsgType, Content string
				MsgId                                      int64
			}
			text := h.seen[0]
			if mode == wechattest.PushCompatible && !strings.Contains(text, "FromUserName") {
				t.Errorf("body %s", text)
			}
			ok(t, xml.Unmarshal([]byte(text), &in))
			if in.ToUserName != "gh_test" || in.FromUserName != openID || in.MsgType != "text" || in.Content != "路灯坏了]]>" || in.MsgId <= 1<<53 {
				t.Errorf("push %+v", in)
			}
			p := r.lastPush()
			equal(t, "state", p.State, wechattest.PushDelivered)
			equal(t, "attempts", p.Attempts, 1)
			equal(t, "answer", p.Answer, "success")
			equal(t, "delivered again", len(r.deliver(client)), 0)
		})
	}
}

func TestPushOfAPublication(t *testing.T) {
	for name, old := range map[string]bool{"PUBLISHJOBFINISH": false, "FREEPUBLISHJOBFINISH": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, &wechattest.Config{OldPublishEvent: old})
			p := r.publish("通知")
			var in struct {
				Event string
				Info  struct {
					PublishID string `xml:"publish_id"`
					Status    int    `xml:"publish_status"`
					ArticleID string `xml:"article_id"`
					Detail    struct {
						Item []struct {
							Idx int    `xml:"idx"`
							URL string `xml:"article_url"`
						} `xml:"item"`
					} `xml:"article_detail"`
				} `xml:"PublishEventInfo"`
			}
			ok(t, xml.Unmarshal([]byte(r.lastPush().XML), &in))
			if in.Event != name || in.Info.PublishID != p.PublishID || in.Info.ArticleID != p.ArticleID || in.Info.Detail.Item[0].URL != p.Articles[0].URL {
				t.Errorf("push %+v", in)
			}
		})
	}
}

func TestPushOfAFailedPublication(t *testing.T) {
	r := newRig(t, nil)
	ok(t, r.SettlePublication(r.submit(r.draft("通知")).field(t, "publish_id"), wechattest.PublishRejected))
	if got := r.lastPush().XML; !strings.Contains(got, "<publish_status>4</publish_status><fail_idx>1</fail_idx>") {
		t.Error(got)
	}
}

func TestPushOfAMassMessage(t *testing.T) {
	r := newRig(t, nil)
	id := r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": r.draft("通知")}).field(t, "msg_id")
	ok(t, r.SettleMass(id, "send success"))
	got := r.lastPush()
	for _, want := range []string{
		"<Event><![CDATA[MASSSENDJOBFINISH]]></Event>", "<MsgID>" + id + "</MsgID>", "<Status><![CDATA[send success]]></Status>",
		"<SentCount>1</SentCount>", "<CheckState>1</CheckState>", r.lastMass().Articles[0].URL,
	} {
		if !strings.Contains(got.XML, want) {
			t.Errorf("no %s in %s", want, got.XML)
		}
	}
	equal(t, "kind", got.Kind, "MASSSENDJOBFINISH")
}

func TestPushIsTriedThreeTimes(t *testing.T) {
	answers := map[string]func(http.ResponseWriter){
		"status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"reset":  func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			r, h, client := pushRig(t, wechattest.PushSafe)
			h.answer = answer
			r.say()
			r.deliver(client)
			p := r.lastPush()
			equal(t, "state", p.State, wechattest.PushFailed)
			equal(t, "attempts", p.Attempts, 3)
			equal(t, "believed", len(h.seen), 3)
			equal(t, "notice", p.Notice, true)
		})
	}
}

func TestPushHasFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _ := pushRig(t, wechattest.PushPlain)
		slow := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
		r.say()
		start := time.Now()
		r.deliver(&http.Client{Transport: wire{slow}})
		equal(t, "time", time.Since(start), 15*time.Second)
		equal(t, "attempts", r.lastPush().Attempts, 3)
		equal(t, "state", r.lastPush().State, wechattest.PushFailed)
	})
}

func TestPushSecondAttemptSucceeds(t *testing.T) {
	r, h, client := pushRig(t, wechattest.PushSafe)
	h.answer = func(w http.ResponseWriter) {
		if len(h.seen) == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}
	r.say()
	r.deliver(client)
	equal(t, "state", r.lastPush().State, wechattest.PushDelivered)
	equal(t, "attempts", r.lastPush().Attempts, 2)
}

func TestPushNoticeAfterNonsense(t *testing.T) {
	for _, tt := range []struct {
		answer string
		notice bool
	}{{"ok", true}, {"", false}, {"success", false}, {"<xml><MsgType>text</MsgType></xml>", false}} {
		r, h, client := pushRig(t, wechattest.PushPlain)
		h.answer = func(w http.ResponseWriter) { _, _ = io.WriteString(w, tt.answer) }
		r.say()
		r.deliver(client)
		equal(t, tt.answer, r.lastPush().Notice, tt.notice)
		equal(t, "answer", r.lastPush().Answer, tt.answer)
	}
}

func TestPushStaysQueuedWhenTheCallerLeaves(t *testing.T) {
	r, h, client := pushRig(t, wechattest.PushPlain)
	ctx, cancel := context.WithCancel(t.Context())
	h.answer = func(http.ResponseWriter) { cancel() }
	r.say()
	r.say()
	if _, err := r.DeliverPushes(ctx, client); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, p := range r.Journal().Pushes {
		equal(t, "state", p.State, wechattest.PushQueued)
	}
	h.answer = nil
	equal(t, "delivered", len(r.deliver(client)), 2)
}

func TestPushWithoutAddressStaysQueued(t *testing.T) {
	r := newRig(t, nil)
	r.say()
	equal(t, "delivered", len(r.deliver(nil)), 0)
	equal(t, "state", r.lastPush().State, wechattest.PushQueued)
	reqs, err := r.TakePushes(t.Context(), "http://callback.example/")
	ok(t, err)
	equal(t, "taken", len(reqs), 1)
	equal(t, "state", r.lastPush().State, wechattest.PushDelivered)
}

func TestForgeriesAreRefused(t *testing.T) {
	for _, mode := range modes() {
		for _, forge := range wechattest.Forgeries() {
			t.Run(string(mode)+" "+string(forge), func(t *testing.T) {
				r, h, client := pushRig(t, mode)
				r.say()
				e, err := r.Envelope(r.lastPush().ID, forge)
				ok(t, err)
				req, err := e.Request(t.Context(), "http://callback.example/")
				ok(t, err)
				resp, err := client.Do(req)
				ok(t, err)
				ok(t, resp.Body.Close())
				shows := mode != wechattest.PushPlain || forge == wechattest.ForgeSignature || forge == wechattest.ForgeStale
				equal(t, "believed", len(h.seen) == 0, shows)
				if !shows && !strings.Contains(h.seen[0], "oForged") {
					t.Errorf("the forged push says %s", h.seen[0])
				}
			})
		}
	}
}

func TestFaultPushLost(t *testing.T) {
	r, h, client := pushRig(t, wechattest.PushSafe)
	r.Script(wechattest.Fault{Name: wechattest.FaultPushLost, Endpoint: "text", Times: 1})
	r.event(wechattest.EventClick)
	r.say()
	r.deliver(client)
	equal(t, "believed", len(h.seen), 1)
	equal(t, "state", r.lastPush().State, wechattest.PushLost)
	equal(t, "hit", r.Journal().Faults["push-lost"], 1)
}

func TestFaultPushDoubled(t *testing.T) {
	r, h, client := pushRig(t, wechattest.PushSafe)
	r.Script(wechattest.Fault{Name: wechattest.FaultPushDoubled, App: appID})
	r.say()
	r.deliver(client)
	if len(h.seen) != 2 || h.seen[0] != h.seen[1] {
		t.Errorf("believed %q", h.seen)
	}
	equal(t, "attempts", r.lastPush().Attempts, 2)
}

func TestFaultPushReordered(t *testing.T) {
	r, h, client := pushRig(t, wechattest.PushSafe)
	r.Script(wechattest.Fault{Name: wechattest.FaultPushReordered, Times: 1})
	for _, text := range []string{"一", "二"} {
		_, err := r.Say(appID, openID, text)
		ok(t, err)
	}
	r.deliver(client)
	if len(h.seen) != 2 || !strings.Contains(h.seen[0], "二") || !strings.Contains(h.seen[1], "一") {
		t.Errorf("believed %q", h.seen)
	}
	equal(t, "state", r.lastPush().State, wechattest.PushDelivered)
}

func TestFaultPushForged(t *testing.T) {
	for _, forge := range append(wechattest.Forgeries(), "") {
		r, h, client := pushRig(t, wechattest.PushSafe)
		r.Script(wechattest.Fault{Name: wechattest.FaultPushForged, Forgery: forge})
		r.say()
		r.deliver(client)
		if len(h.seen) != 1 || strings.Contains(h.seen[0], "oForged") {
			t.Errorf("%s: believed %q", forge, h.seen)
		}
		p := r.lastPush()
		if len(p.Forged) != 1 || p.Forged[0] != http.StatusForbidden || p.Attempts != 1 {
			t.Errorf("%s: journal %+v", forge, p)
		}
	}
}

func TestCheckCallback(t *testing.T) {
	r, _, client := pushRig(t, wechattest.PushSafe)
	ok(t, r.CheckCallback(t.Context(), client, appID))
	wrong := wire{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })}
	if err := r.CheckCallback(t.Context(), &http.Client{Transport: wrong}, appID); err == nil {
		t.Error("a wrong echo passes")
	}
}
