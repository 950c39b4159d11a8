package wechat_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// desk is a callback handler with what it was told.
type desk struct {
	*wechat.Callback
	mu     sync.Mutex
	events []*wechat.Event
	heard  []string
	handle func(context.Context, *wechat.Event) error
}

// Observe implements govmedia.Observer.
func (d *desk) Observe(_ context.Context, e govmedia.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heard = append(d.heard, fmt.Sprint(e.Name, ": ", e.Err))
}

func newDesk(t testing.TB, change func(*wechat.Config), cfg wechat.CallbackConfig) *desk {
	t.Helper()
	own := config(nil, "http://wechat.invalid")
	if change != nil {
		change(own)
	}
	client, err := wechat.New(own)
	require.NoError(t, err)
	d := &desk{}
	cfg.Observer = d
	cfg.Handle = func(ctx context.Context, e *wechat.Event) error {
		d.mu.Lock()
		d.events = append(d.events, e)
		d.mu.Unlock()
		if d.handle != nil {
			return d.handle(ctx, e)
		}
		return nil
	}
	d.Callback, err = client.CallbackHandler(&cfg)
	require.NoError(t, err)
	return d
}

// send carries a request to the handler and returns the answer.
func (d *desk) send(t testing.TB, r *http.Request) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
	return w.Code, w.Body.String()
}

func (d *desk) got() []*wechat.Event {
	d.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events
}

func (d *desk) push(t testing.TB, e wechattest.Envelope) (int, string) {
	t.Helper()
	r, err := e.Request(t.Context(), "http://gov.example/wechat")
	require.NoError(t, err)
	return d.send(t, r)
}

func envelope(xml string) wechattest.Envelope {
	return wechattest.Envelope{
		Mode: wechattest.PushSafe, AppID: appID, Token: pushToken, AESKey: aesKey, To: "gh_test", OpenID: "oUser1", XML: xml, Time: time.Now(),
	}
}

const (
	vectorXML       = `<xml><ToUserName><![CDATA[gh_test]]></ToUserName><FromUserName><![CDATA[oUser1]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>1234567890123456</MsgId></xml>`
	vectorEncrypt   = `Q3stYC6hdFzMh9T8HCvyDF1H9kwak3335s7+/WV9wmdX5ofcJd783dVlvX34gwFRWDKzaXNadfCYPYHeAUUadO2R9t0ipROnuvTzGDPtjmD+ca1sr1aaKDPD63q6TB3JMq8yW4RIIpVZ7GKWtbf87aZOyTS1DFaQBixM7CZ0Y9e123us2WEfBkVpI/J7s1BNOQK9AdPphOkVBdk0vH4+NW2fUwBVRnl85lFV34U3gDu/ngntvZWCJ0Cu1U9soX3umqz2k1cj10KVNeOZ9I62I63FrKQNboxuXjsmZocaKAMJBMwR6vJOq4Ic/m9345xxXr9cfXnf7coqdpaLPVFmty/S2UriBPbP92afQrA/ofGJNUO3tBmEm2PGCZTMvgM3`
	vectorSignature = `ee0843455eb31b87dbf6d6890273a3ab976bd56e`
	vectorMessage   = `edd9e256bf2c2fda43670827a40ee41590e9d277`
)

// TestCallback_vector holds the test vector on which silenceper's SDK and npm's wechat-crypto agree.
func TestCallback_vector(t *testing.T) {
	d := newDesk(t, func(c *wechat.Config) {
		c.Token, c.Now = govmedia.NewSecret("testtoken"), func() time.Time { return time.Unix(1700000000, 0) }
	}, wechat.CallbackConfig{})
	q := url.Values{
		"signature": {vectorSignature}, "timestamp": {"1700000000"}, "nonce": {"nonce123"}, "openid": {"oUser1"}, "encrypt_type": {"aes"}, "msg_signature": {vectorMessage},
	}
	body := "<xml><ToUserName><![CDATA[gh_test]]></ToUserName><Encrypt><![CDATA[" + vectorEncrypt + "]]></Encrypt></xml>"
	status, answer := d.send(t, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+q.Encode(), strings.NewReader(body)))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "success", answer, "and not an encrypted nothing")
	require.Equal(t, []*wechat.Event{{
		Kind: wechat.EventMessage, From: "oUser1", To: "gh_test", At: time.Unix(1700000000, 0).UTC(), Name: "text", MsgID: "1234567890123456",
		Text: "你好", Raw: []byte(vectorXML),
	}}, d.got())

	q = url.Values{"signature": {vectorSignature}, "timestamp": {"1700000000"}, "nonce": {"nonce123"}, "echostr": {"5837397583475<b>"}}
	status, answer = d.send(t, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+q.Encode(), http.NoBody))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "5837397583475<b>", answer)
}

// TestCallback_afterwards holds that time goes on after 2038.
func TestCallback_afterwards(t *testing.T) {
	at := time.Date(2044, 5, 6, 7, 8, 9, 0, time.UTC)
	d := newDesk(t, func(c *wechat.Config) { c.Now = func() time.Time { return at } }, wechat.CallbackConfig{})
	e := envelope(strings.Replace(vectorXML, "1700000000", fmt.Sprint(at.Unix()), 1))
	e.Time = at
	status, _ := d.push(t, e)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, at, d.got()[0].At)
}

// TestCallback_fake holds the handler against the fake platform in every mode.
func TestCallback_fake(t *testing.T) {
	for _, mode := range []wechattest.PushMode{wechattest.PushSafe, wechattest.PushCompatible, wechattest.PushPlain} {
		t.Run(string(mode), func(t *testing.T) {
			d := newDesk(t, func(c *wechat.Config) {
				if mode == wechattest.PushPlain {
					c.EncodingAESKey = govmedia.Secret{}
				}
			}, wechat.CallbackConfig{})
			server := httptest.NewServer(d)
			defer server.Close()
			fake := wechattest.New(nil)
			fake.AddApp(wechattest.App{
				ID: appID, Secret: appSecret, Token: pushToken, AESKey: aesKey, PushMode: mode, CallbackURL: server.URL + "/wechat?tenant=1",
			})
			require.NoError(t, fake.CheckCallback(t.Context(), server.Client(), appID))
			fan, err := fake.AddFan(wechattest.Fan{AppID: appID})
			require.NoError(t, err)
			for _, event := range []string{wechattest.EventSubscribe, wechattest.EventClick, wechattest.EventUnsubscribe} {
				_, err = fake.Event(appID, fan.OpenID, event, "key")
				require.NoError(t, err)
			}
			_, err = fake.Event(appID, fan.OpenID, wechattest.EventSubscribe, "qrscene_7")
			require.NoError(t, err)
			_, err = fake.Say(appID, fan.OpenID, "什么时候来水？]]> <b>")
			require.NoError(t, err)
			fake.Script(wechattest.Fault{Name: wechattest.FaultPushDoubled, Endpoint: "text"})
			for _, forgery := range wechattest.Forgeries() {
				if mode == wechattest.PushPlain && forgery != wechattest.ForgeSignature && forgery != wechattest.ForgeStale {
					continue // there is nothing else that a plain push proves
				}
				fake.Script(wechattest.Fault{Name: wechattest.FaultPushForged, Forgery: forgery, Times: 1})
			}
			pushes, err := fake.DeliverPushes(t.Context(), server.Client())
			require.NoError(t, err)
			kinds := map[wechat.EventKind]int{}
			for _, e := range d.got() {
				require.Equal(t, fan.OpenID, e.From, "nothing forged gets in")
				kinds[e.Kind]++
				if e.Kind == wechat.EventMessage {
					require.Equal(t, "什么时候来水？]]> <b>", e.Text)
				}
			}
			require.Equal(t, map[wechat.EventKind]int{
				wechat.EventSubscribe: 2, wechat.EventUnsubscribe: 1, wechat.EventOther: 1, wechat.EventMessage: 1,
			}, kinds)
			for _, p := range pushes {
				require.Equal(t, wechattest.PushDelivered, p.State)
				require.Equal(t, "success", p.Answer)
				for _, status := range p.Forged {
					require.Equal(t, http.StatusForbidden, status)
				}
			}
		})
	}
}

// TestCallback_jobs holds what the platform pushes about publications and mass messages, under both names.
func TestCallback_jobs(t *testing.T) {
	for _, old := range []bool{false, true} {
		bubble(t, &wechattest.Config{OldPublishEvent: old}, func(t *testing.T, r *rig) {
			d := newDesk(t, nil, wechat.CallbackConfig{})
			deliver := func() []*wechat.Event {
				requests, err := r.fake.TakePushes(t.Context(), "http://gov.example/")
				require.NoError(t, err)
				for _, req := range requests {
					status, _ := d.send(t, req)
					require.Equal(t, http.StatusOK, status)
				}
				defer func() { d.events = nil }()
				return d.got()
			}
			pending, err := r.attempt(t.Context(), rendition(govmedia.ReachPublic))
			require.NoError(t, err)
			require.NoError(t, r.fake.SettlePublication(pending.ID, wechattest.PublishDone))
			p := r.fake.Journal().Publications[0]
			e := deliver()[0]
			require.Equal(t, wechat.EventPublished, e.Kind)
			require.Equal(t, &wechat.PublishResult{PublishID: pending.ID, ArticleID: p.ArticleID, URLs: []string{p.Articles[0].URL}}, e.Published)
			receipt, err := e.Published.Receipt(time.Now())
			require.NoError(t, err)
			require.Equal(t, p.ArticleID, receipt.ID)

			r.prior = nil
			pending, err = r.attempt(t.Context(), rendition(govmedia.ReachPublic))
			require.NoError(t, err)
			require.NoError(t, r.fake.SettlePublication(pending.ID, wechattest.PublishRejected))
			e = deliver()[0]
			require.Equal(t, &wechat.PublishResult{PublishID: pending.ID, Status: wechat.PublishRefused, Failed: []int{1}}, e.Published)
			_, err = e.Published.Receipt(time.Now())
			require.ErrorIs(t, err, govmedia.KindRejected)

			r.prior = nil
			pending, err = r.attempt(t.Context(), rendition(govmedia.ReachMass))
			require.NoError(t, err)
			require.NoError(t, r.fake.SettleMass(pending.ID, "send success"))
			e = deliver()[0]
			require.Equal(t, wechat.EventMassSent, e.Kind)
			require.Equal(t, pending.ID, e.MassSent.MsgID, "an event's MsgID is no message's MsgId")
			require.Empty(t, e.MsgID)
			require.True(t, e.MassSent.Success)
			require.Equal(t, []string{r.fake.Journal().Masses[0].Articles[0].URL}, e.MassSent.URLs)
		})
	}
	d := newDesk(t, nil, wechat.CallbackConfig{})
	n := 1000
	for status, reason := range map[string]string{"err(20001)": "涉嫌政治", "err(40002)": "管理员30分钟内未确认", "err(20431)": "群发失败", "send fail": "群发失败"} {
		e := envelope(`<xml><ToUserName>gh</ToUserName><FromUserName>mphelper</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>
			<Event>MASSSENDJOBFINISH</Event><MsgID>` + fmt.Sprint(n) + `</MsgID><Status>` + status + `</Status></xml>`)
		n++
		e.Nonce = status
		code, _ := d.push(t, e)
		require.Equal(t, http.StatusOK, code)
		events := d.got()
		require.Equal(t, reason, events[len(events)-1].MassSent.Reason)
		require.False(t, events[len(events)-1].MassSent.Success)
	}
}

// TestCallback_nudges holds that a push which gets in brings the question to the platform forward, so that the delivery
// is live at the next step, and that one which is forged, or about something else, does nothing.
func TestCallback_nudges(t *testing.T) {
	head := `<xml><ToUserName>gh</ToUserName><FromUserName>mphelper</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType>`
	published := head + `<Event>PUBLISHJOBFINISH</Event><PublishEventInfo><publish_id>%s</publish_id><publish_status>0</publish_status></PublishEventInfo></xml>`
	massSent := head + `<Event>MASSSENDJOBFINISH</Event><MsgID>%s</MsgID><Status>send success</Status></xml>`
	for name, row := range map[string]struct {
		want   govmedia.Reach
		xml    string
		id     string // empty is the right one
		forge  wechattest.Forgery
		status int
		moves  bool
	}{
		"published":                      {want: govmedia.ReachPublic, xml: published, status: http.StatusOK, moves: true},
		"mass sent":                      {want: govmedia.ReachMass, xml: massSent, status: http.StatusOK, moves: true},
		"published, under an unknown id": {want: govmedia.ReachPublic, xml: published, id: "1", status: http.StatusOK},
		"mass sent, under an unknown id": {want: govmedia.ReachMass, xml: massSent, id: "1", status: http.StatusOK},
		"a citizen follows":              {want: govmedia.ReachPublic, xml: head + `<Event>subscribe</Event><EventKey>%s</EventKey></xml>`, status: http.StatusOK},
		"published, forged":              {want: govmedia.ReachPublic, xml: published, forge: wechattest.ForgeSignature, status: http.StatusForbidden},
		"mass sent, forged":              {want: govmedia.ReachMass, xml: massSent, forge: wechattest.ForgeCipher, status: http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			house(t, &wechattest.Config{ProcessDelay: 2 * time.Hour, ProcessPolls: 1000}, func(t *testing.T, e *engine) {
				id := e.post(t, row.want, "p1")
				step := func() govmedia.Delivery {
					_, err := e.m.Step(t.Context())
					require.NoError(t, err)
					d, err := e.m.Delivery(t.Context(), id)
					require.NoError(t, err)
					return d
				}
				for range 20 {
					step()
					time.Sleep(time.Minute)
				}
				before := step()
				require.Equal(t, govmedia.Processing, before.State)
				require.Greater(t, time.Until(before.Due), time.Minute)
				settle := func() error { return e.fake.SettlePublication(before.Receipt.ID, wechattest.PublishDone) }
				if row.want == govmedia.ReachMass {
					settle = func() error { return e.fake.SettleMass(before.Receipt.ID, "send success") }
				}
				require.NoError(t, settle())

				d := newDesk(t, nil, wechat.CallbackConfig{})
				d.handle = func(ctx context.Context, push *wechat.Event) error {
					return e.m.Nudge(ctx, e.client.App(), push.ReceiptID())
				}
				push := envelope(fmt.Sprintf(row.xml, cmp.Or(row.id, before.Receipt.ID)))
				push.Forge = row.forge
				status, _ := d.push(t, push)
				require.Equal(t, row.status, status)
				require.Len(t, d.got(), len(d.heard)^1, "it got in, or it was refused")

				after := step()
				if row.moves {
					require.Equal(t, govmedia.Live, after.State, after.Reason)
					return
				}
				require.Equal(t, before, after)
				time.Sleep(time.Until(before.Due))
				require.Equal(t, govmedia.Live, step().State, "it is asked about in its turn all the same")
			})
		})
	}
}

// TestCallback_refuses holds what does not get in, and with what it is answered.
func TestCallback_refuses(t *testing.T) {
	long := strings.Replace(vectorXML, "你好", strings.Repeat("水", 300<<10), 1)
	for name, row := range map[string]struct {
		change func(*wechattest.Envelope)
		edit   func(*http.Request)
		status int
	}{
		"good":                {status: 200},
		"wrong token":         {change: func(e *wechattest.Envelope) { e.Token = "other" }, status: 403},
		"in clear":            {change: func(e *wechattest.Envelope) { e.Mode = wechattest.PushPlain }, status: 403},
		"body swapped":        {change: func(e *wechattest.Envelope) { e.Forge = wechattest.ForgeBody }, status: 403},
		"for another account": {change: func(e *wechattest.Envelope) { e.Forge = wechattest.ForgeAppID }, status: 403},
		"not a cipher":        {change: func(e *wechattest.Envelope) { e.Forge = wechattest.ForgeCipher }, status: 403},
		"old":                 {change: func(e *wechattest.Envelope) { e.Time = e.Time.Add(-6 * time.Minute) }, status: 403},
		"from the future":     {change: func(e *wechattest.Envelope) { e.Time = e.Time.Add(6 * time.Minute) }, status: 403},
		"no type":             {edit: query(func(q url.Values) { q.Del("encrypt_type") }), status: 403},
		"type raw":            {edit: query(func(q url.Values) { q.Set("encrypt_type", "raw") }), status: 403},
		"no signature":        {edit: query(func(q url.Values) { q.Del("msg_signature") }), status: 403},
		"only the other one":  {edit: query(func(q url.Values) { q.Set("msg_signature", q.Get("signature")) }), status: 403},
		"no timestamp":        {edit: query(func(q url.Values) { q.Del("timestamp") }), status: 400},
		"no nonce":            {edit: query(func(q url.Values) { q.Del("nonce") }), status: 400},
		"other nonce":         {edit: query(func(q url.Values) { q.Set("nonce", "1") }), status: 403},
		"no body":             {edit: func(r *http.Request) { r.Body = http.NoBody }, status: 400},
		"JSON":                {edit: func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, status: 415},
		"method":              {edit: func(r *http.Request) { r.Method = http.MethodPut }, status: 405},
		"too large":           {change: func(e *wechattest.Envelope) { e.XML = long }, status: 413},
		"no XML inside":       {change: func(e *wechattest.Envelope) { e.XML = "hello" }, status: 400},
		"no time inside":      {change: func(e *wechattest.Envelope) { e.XML = "<xml><MsgType>text</MsgType></xml>" }, status: 400},
		"entities inside": {change: func(e *wechattest.Envelope) {
			e.XML = `<!DOCTYPE xml [<!ENTITY a "b">]>` + strings.Replace(vectorXML, "<![CDATA[你好]]>", "&a;", 1)
		}, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil, wechat.CallbackConfig{})
			e := envelope(vectorXML)
			if row.change != nil {
				row.change(&e)
			}
			r, err := e.Request(t.Context(), "http://gov.example/")
			require.NoError(t, err)
			if row.edit != nil {
				row.edit(r)
			}
			status, answer := d.send(t, r)
			require.Equal(t, row.status, status, answer)
			require.Len(t, d.got(), map[bool]int{true: 1}[status == 200])
			require.Len(t, d.heard, map[bool]int{false: 1}[status == 200], "every refusal is told")
			for _, secret := range []string{pushToken, aesKey} {
				require.NotContains(t, answer+strings.Join(d.heard, ""), secret)
			}
		})
	}
	d := newDesk(t, nil, wechat.CallbackConfig{})
	for _, echo := range []string{"", strings.Repeat("x", 2000)} {
		r, err := envelope("").CheckRequest(t.Context(), "http://gov.example/", echo)
		require.NoError(t, err)
		status, _ := d.send(t, r)
		require.Equal(t, http.StatusBadRequest, status)
	}
	e := envelope("")
	e.Token = "other"
	r, err := e.CheckRequest(t.Context(), "http://gov.example/", "echo")
	require.NoError(t, err)
	status, _ := d.send(t, r)
	require.Equal(t, http.StatusForbidden, status)
}

func query(change func(url.Values)) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		change(q)
		r.URL.RawQuery = q.Encode()
	}
}

// TestCallback_plain holds that an account in plain mode understands no ciphertext, and that its pushes cannot be replayed.
func TestCallback_plain(t *testing.T) {
	d := newDesk(t, func(c *wechat.Config) { c.EncodingAESKey = govmedia.Secret{} }, wechat.CallbackConfig{})
	status, _ := d.push(t, envelope(vectorXML))
	require.Equal(t, http.StatusForbidden, status)
	e := envelope(vectorXML)
	e.Mode, e.Nonce = wechattest.PushPlain, "other"
	for range 2 { // the second time with another body under the same signature
		status, _ = d.push(t, e)
		require.Equal(t, http.StatusOK, status)
		e.XML = strings.Replace(vectorXML, "1234567890123456", "99", 1)
	}
	require.Len(t, d.got(), 1)
}

// TestCallback_repetitions holds that what comes again is answered and not handled again.
func TestCallback_repetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil, wechat.CallbackConfig{})
		send := func(nonce, xml string) {
			e := envelope(xml)
			e.Nonce = nonce
			status, answer := d.push(t, e)
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, "success", answer)
		}
		event := func(at, event, key string) string {
			return `<xml><ToUserName>gh</ToUserName><FromUserName>oUser1</FromUserName><CreateTime>` + at + `</CreateTime><MsgType>event</MsgType><Event>` +
				event + `</Event><EventKey>` + key + `</EventKey></xml>`
		}
		send("1", vectorXML)
		send("1", vectorXML)                                                             // replayed
		send("2", vectorXML)                                                             // sent again by the platform
		send("2", strings.Replace(vectorXML, "1234567890123456", "7", 1))                // another message under a used nonce
		send("3", strings.Replace(vectorXML, "1234567890123456", "1234567890123457", 1)) // another message
		require.Len(t, d.got(), 2)
		send("4", event("1700000000", "CLICK", "a"))
		send("5", event("1700000000", "CLICK", "a"))
		send("6", event("1700000000", "CLICK", "b")) // in the same second
		send("7", event("1700000001", "CLICK", "a"))
		require.Len(t, d.got(), 5)
		time.Sleep(10 * time.Minute)
		send("8", vectorXML) // the platform gives up after seconds, but a restarted proxy may not
		require.Len(t, d.got(), 5)
		time.Sleep(time.Hour)
		send("9", vectorXML)
		require.Len(t, d.got(), 6, "nothing is remembered for ever")
	})
}

// TestCallback_slow holds that the platform is answered at once, however long the work takes, and that the work ends.
func TestCallback_slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, nil, wechat.CallbackConfig{AtOnce: 2})
		d.handle = func(ctx context.Context, _ *wechat.Event) error { <-ctx.Done(); return ctx.Err() }
		start := time.Now()
		send := func(id string) int {
			ctx, cancel := context.WithCancel(t.Context())
			e := envelope(strings.Replace(vectorXML, "1234567890123456", id, 1))
			e.Nonce = "n" + id
			r, err := e.Request(ctx, "http://gov.example/")
			require.NoError(t, err)
			status, _ := d.send(t, r)
			cancel() // the request has ended; the work goes on
			return status
		}
		require.Equal(t, []int{200, 200, 503}, []int{send("1"), send("2"), send("3")})
		require.Zero(t, time.Since(start))
		require.Len(t, d.got(), 2)
		require.Equal(t, 30*time.Second, time.Since(start), "the deadline is Handle's own")
		require.Equal(t, http.StatusOK, send("3"), "what was not taken is taken when it comes again")
		require.Len(t, d.got(), 3)
		require.Contains(t, strings.Join(d.heard, "\n"), "callback.failed: context deadline exceeded")
	})
}

func TestCallback_handlerTroubles(t *testing.T) {
	d := newDesk(t, nil, wechat.CallbackConfig{})
	d.handle = func(context.Context, *wechat.Event) error { panic("hush") }
	status, _ := d.push(t, envelope(vectorXML))
	require.Equal(t, http.StatusOK, status)
	d.got()
	require.Equal(t, []string{"callback.failed: wechat: Handle panicked"}, d.heard)
	d = newDesk(t, nil, wechat.CallbackConfig{})
	d.handle = func(context.Context, *wechat.Event) error { return errors.New("disk full") }
	_, _ = d.push(t, envelope(vectorXML))
	d.got()
	require.Equal(t, []string{"callback.failed: disk full"}, d.heard)
}

func TestCallbackHandler_namesEveryProblem(t *testing.T) {
	cfg := config(nil, "")
	cfg.Token, cfg.EncodingAESKey = govmedia.Secret{}, govmedia.NewSecret("short-hush")
	client, err := wechat.New(cfg)
	require.NoError(t, err)
	_, err = client.CallbackHandler(&wechat.CallbackConfig{Window: -1})
	for _, what := range []string{"Handle", "Window", "Token", "EncodingAESKey"} {
		require.ErrorContains(t, err, what)
	}
	require.NotContains(t, err.Error(), "hush")
	_, err = client.CallbackHandler(nil)
	require.ErrorIs(t, err, govmedia.KindInvalid)
}
