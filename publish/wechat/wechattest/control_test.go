package wechattest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func (r *rig) fake(method, name, body string) reply {
	return r.do(httptest.NewRequestWithContext(r.t.Context(), method, "/_fake/"+name, strings.NewReader(body)))
}

func TestControlCalls(t *testing.T) {
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // part of the answer
	}{
		{name: "no faults", method: "GET", path: "faults", status: 200, want: "[]"},
		{name: "one fault", method: "POST", path: "faults", body: `{"name":"429","retry_after":"30s","times":2}`, status: 200, want: `[{"name":"429","times":2,"retry_after":"30s"}]`},
		{name: "two faults", method: "POST", path: "faults", body: ` [{"name":"down","only":"read"},{"name":"processing","polls":3}]`, status: 200, want: `[{"name":"down","only":"read"},{"name":"processing","polls":3}]`},
		{name: "unknown fault", method: "POST", path: "faults", body: `{"name":"explode"}`, status: 400, want: "explode"},
		{name: "unknown field of a fault", method: "POST", path: "faults", body: `{"name":"down","time":1}`, status: 400},
		{name: "null fault", method: "POST", path: "faults", body: `null`, status: 400},
		{name: "array with null", method: "POST", path: "faults", body: `[null]`, status: 400},
		{name: "bad duration", method: "POST", path: "faults", body: `{"name":"hang","delay":90}`, status: 400},
		{name: "two values", method: "POST", path: "faults", body: `{"name":"down"}{}`, status: 400},
		{name: "too much", method: "POST", path: "faults", body: `"` + strings.Repeat("x", 2<<20) + `"`, status: 413},
		{name: "app", method: "POST", path: "apps", body: `{"appid":"wx9","secret":"s","kind":"service"}`, status: 200, want: `"appid":"wx9"`},
		{name: "app without appid", method: "POST", path: "apps", body: `{}`, status: 400},
		{name: "app of no kind", method: "POST", path: "apps", body: `{"appid":"wx9","kind":"x"}`, status: 400},
		{name: "app in safe mode without key", method: "POST", path: "apps", body: `{"appid":"wx9","push_mode":"safe"}`, status: 400},
		{name: "app in no mode", method: "POST", path: "apps", body: `{"appid":"wx9","push_mode":"x"}`, status: 400},
		{name: "token", method: "POST", path: "tokens", body: `{"appid":"` + appID + `"}`, status: 200, want: `"access_token":"`},
		{name: "token of nobody", method: "POST", path: "tokens", body: `{"appid":"wx9"}`, status: 404},
		{name: "overwriting nothing", method: "DELETE", path: "tokens", body: `{"access_token":"x"}`, status: 404},
		{name: "fan", method: "POST", path: "fans", body: `{"appid":"` + appID + `"}`, status: 200, want: `"openid":"o`},
		{name: "fan of nobody", method: "POST", path: "fans", body: `{"appid":"wx9"}`, status: 404},
		{name: "message", method: "POST", path: "messages", body: `{"appid":"` + appID + `","openid":"oUser1","text":"一"}`, status: 200, want: `"kind":"text"`},
		{name: "event", method: "POST", path: "messages", body: `{"appid":"` + appID + `","openid":"oUser1","event":"CLICK","key":"k"}`, status: 200, want: `"kind":"CLICK"`},
		{name: "no event", method: "POST", path: "messages", body: `{"appid":"` + appID + `","openid":"oUser1","event":"JUMP"}`, status: 400},
		{name: "nothing said", method: "POST", path: "messages", body: `{"appid":"` + appID + `","openid":"oUser1"}`, status: 400},
		{name: "message of nobody", method: "POST", path: "messages", body: `{"appid":"` + appID + `","openid":"oNobody","text":"一"}`, status: 404},
		{name: "comment on nothing", method: "POST", path: "comments", body: `{"msg_data_id":"5","text":"一"}`, status: 404},
		{name: "item unknown", method: "POST", path: "items", body: `{"id":"5","action":"hide-comment"}`, status: 404},
		{name: "action unknown", method: "POST", path: "items", body: `{"id":"5","action":"burn"}`, status: 400},
		{name: "status that ends nothing", method: "POST", path: "items", body: `{"id":"5","action":"settle-publication","status":1}`, status: 400},
		{name: "mass without result", method: "POST", path: "items", body: `{"id":"5","action":"settle-mass"}`, status: 400},
		{name: "stat", method: "POST", path: "stats", body: `{"appid":"` + appID + `","name":"getuserread","date":"2026-11-01","row":{"ori_page_read_user":3}}`, status: 200},
		{name: "stat of no name", method: "POST", path: "stats", body: `{"appid":"` + appID + `","name":"x","date":"2026-11-01"}`, status: 404},
		{name: "stat of no day", method: "POST", path: "stats", body: `{"appid":"` + appID + `","name":"getuserread","date":"1.11."}`, status: 400},
		{name: "no pushes", method: "GET", path: "pushes", status: 200, want: "[]"},
		{name: "nothing to deliver", method: "POST", path: "pushes", body: `{"action":"deliver"}`, status: 200, want: "[]"},
		{name: "nothing to take", method: "POST", path: "pushes", body: `{"action":"take","target":"http://x/"}`, status: 200, want: "[]"},
		{name: "pushes otherwise", method: "POST", path: "pushes", body: `{"action":"burn"}`, status: 400},
		{name: "time both ways", method: "POST", path: "time", body: `{"advance":"1s","now":"2026-01-01T00:00:00Z"}`, status: 400},
		{name: "time neither way", method: "POST", path: "time", body: `{}`, status: 400},
		{name: "no such call", method: "GET", path: "nonsense", status: 404},
		{name: "wrong method", method: "PUT", path: "faults", status: 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			got := r.fake(tt.method, tt.path, tt.body)
			if got.status != tt.status || !strings.Contains(string(got.body), tt.want) {
				t.Errorf("got %.300s, want %d %s", got, tt.status, tt.want)
			}
			if tt.status != http.StatusOK && len(r.PendingFaults()) != 0 {
				t.Error("a refused script has left faults")
			}
		})
	}
}

func TestControlTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		steps := []struct{ method, body, want string }{
			{"GET", "", "2000-01-01T00:00:00Z"},
			{"POST", `{"advance":"90s"}`, "2000-01-01T00:01:30Z"},
			{"POST", `{"advance":"-1h"}`, "1999-12-31T23:01:30Z"},
			{"POST", `{"now":"2026-11-22T08:00:00+08:00"}`, "2026-11-22T00:00:00Z"},
		}
		for _, step := range steps {
			equal(t, step.body, string(r.fake(step.method, "time", step.body).body), `{"now":"`+step.want+`"}`)
		}
		time.Sleep(time.Hour) // of the bubble
		equal(t, "the platform's time", r.Now(), time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC))
	})
}

// TestControlStory drives a whole case the way a client in another language would.
func TestControlStory(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	r.fake("POST", "faults", `{"name":"drop-after-commit","endpoint":"freepublish/submit","times":1}`)
	if got := r.submit(media); !got.dropped {
		t.Error(got)
	}
	r.fake("POST", "time", `{"advance":"1m"}`)
	p := r.lastPublication()
	var c wechattest.Comment
	r.fake("POST", "comments", `{"msg_data_id":"`+p.MsgDataID+`","openid":"oUser1","text":"路灯坏了"}`).decode(t, &c)
	r.expect(r.post("comment/reply/add", on(c, "content", "已转办")), 0)
	r.fake("POST", "items", `{"id":"`+c.ID+`","action":"hide-comment"}`)
	r.fake("POST", "items", `{"id":"`+c.ID+`","action":"unhide-comment"}`)
	r.fake("POST", "items", `{"id":"`+c.ID+`","action":"delete-comment"}`)
	r.fake("POST", "items", `{"id":"`+p.ArticleID+`","action":"delete-article"}`)
	r.fake("POST", "items", `{"id":"`+p.ArticleID+`","action":"ban-article"}`)
	r.fake("POST", "items", `{"id":"`+r.draft("又一份")+`","action":"delete-draft"}`)
	r.fake("POST", "messages", `{"appid":"`+appID+`","openid":"oUser1","text":"在吗"}`)
	taken := r.fake("POST", "pushes", `{"action":"take","target":"http://callback.example/"}`)
	if body := string(taken.body); !strings.Contains(body, "http://callback.example/?nonce=") || !strings.Contains(body, "PUBLISHJOBFINISH") {
		t.Error(taken)
	}
	r.fake("DELETE", "tokens", `{"access_token":"`+r.token+`"}`)
	r.expect(r.get("draft/count"), 40001)
	r.fake("POST", "faults", `{"name":"down"}`)
	equal(t, "faults", string(r.fake("DELETE", "faults", "").body), "[]")

	var j wechattest.Journal
	r.fake("GET", "journal", "").decode(t, &j)
	equal(t, "publication", j.Publications[0].Status, wechattest.PublishBanned)
	equal(t, "comment", j.Comments[0].Reply+" "+j.Comments[0].Deleted, "已转办 citizen")
	equal(t, "draft", j.Drafts[1].State, wechattest.DraftDeleted)
	equal(t, "pushes", len(j.Pushes), 2)
	equal(t, "push", j.Pushes[1].State, wechattest.PushDelivered)
	equal(t, "calls", j.Calls["freepublish/submit"], 1)
	equal(t, "faults", j.Faults["drop-after-commit"], 1)
}

func TestControlPrefixIsConfigurable(t *testing.T) {
	for prefix, want := range map[string]string{"": "/_fake/", "/_fake/wechat": "/_fake/wechat/", "/x/": "/x/"} {
		s := wechattest.New(&wechattest.Config{ControlPrefix: prefix})
		equal(t, "prefix", s.ControlPrefix(), want)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, want+"time", nil))
		equal(t, "status", rec.Code, http.StatusOK)
	}
	for _, prefix := range []string{"fake", "/cgi-bin/fake"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %q", prefix)
				}
			}()
			wechattest.New(&wechattest.Config{ControlPrefix: prefix})
		}()
	}
}

func TestPathsOfItsOwn(t *testing.T) {
	r := newRig(t, nil)
	equal(t, "prefixes", strings.Join(r.Prefixes(), " "), "/cgi-bin/ /datacube/")
	r.expect(r.get("nonsense"), 40066)
	got := r.do(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/elsewhere", nil))
	equal(t, "elsewhere", got.status, http.StatusNotFound)
	r.expect(r.post("draft/count", object{}), 43001)
	r.expect(r.get("draft/add"), 43002)
	equal(t, "endpoints", strings.Contains(strings.Join(r.Endpoints(), " "), "freepublish/submit"), true)
}

func TestRefusalsLookLikeThePlatforms(t *testing.T) {
	r := newRig(t, nil)
	got := r.post("draft/get", object{"media_id": "x"})
	equal(t, "Content-Type", got.header.Get("Content-Type"), "application/json; encoding=utf-8")
	var a, b, c uint32
	if n, err := fmt.Sscanf(got.field(t, "errmsg"), "invalid media_id rid: %08x-%08x-%08x", &a, &b, &c); n != 3 || err != nil {
		t.Error(got, err)
	}
}

func TestMistakesOfFixturesPanic(t *testing.T) {
	for name, app := range map[string]wechattest.App{
		"no appid":     {},
		"kind":         {ID: "wx1", Kind: "x"},
		"mode":         {ID: "wx1", PushMode: "x"},
		"no key":       {ID: "wx1", PushMode: wechattest.PushSafe},
		"key no key":   {ID: "wx1", AESKey: "short"},
		"key too long": {ID: "wx1", AESKey: aesKey + "x"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			wechattest.New(nil).AddApp(app)
		})
	}
}

func TestUnknownThings(t *testing.T) {
	r := newRig(t, nil)
	_, tokenErr := r.Token("wx0", false)
	_, fanErr := r.AddFan(wechattest.Fan{AppID: "wx0"})
	_, sayErr := r.Say(appID, "oNobody", "一")
	_, eventErr := r.Event("wx0", openID, "CLICK", "")
	_, commentErr := r.AddComment("5", 0, openID, "一")
	_, envelopeErr := r.Envelope("push-5", "")
	for i, err := range []error{
		tokenErr, fanErr, sayErr, eventErr, commentErr, envelopeErr, r.Overwrite("x"), r.SettlePublication("5", 0), r.SettleMass("5", "x"),
		r.BanArticle("5"), r.DeleteArticle("5"), r.DeleteDraft("5"), r.DeleteComment("5"), r.HideComment("5"), r.UnhideComment("5"),
		r.AddStat(wechattest.Stat{AppID: "wx0"}), r.AddStat(wechattest.Stat{AppID: appID, Name: "x"}), r.CheckCallback(t.Context(), nil, "wx0"),
	} {
		if !errors.Is(err, wechattest.ErrUnknown) {
			t.Errorf("%d: %v is not ErrUnknown", i, err)
		}
	}
}

func TestJournalIsACopy(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	r.say()
	j := r.Journal()
	j.Publications[0].Articles[0].Title, j.Drafts[0].Articles[0].Title, j.Fans[0].Tags[0], j.Calls["draft/add"] = "x", "x", 9, 9
	again := r.Journal()
	equal(t, "titles", again.Publications[0].Articles[0].Title+again.Drafts[0].Articles[0].Title, "通知通知")
	equal(t, "tag", again.Fans[0].Tags[0], 2)
	equal(t, "calls", again.Calls["draft/add"], 1)
	equal(t, "publication", again.Publications[0].PublishID, p.PublishID)
}

// TestManyAtOnce is for the race detector.
func TestManyAtOnce(t *testing.T) {
	r := newRig(t, &wechattest.Config{DailyLimits: map[string]int{"freepublish/submit": -1, "freepublish/get": -1}})
	r.cover()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				got := r.submit(r.draft("通知"))
				r.status(got.field(t, "publish_id"))
				r.status(got.field(t, "publish_id"))
				_, err := r.Say(appID, openID, "在吗")
				if err != nil {
					t.Error(err)
				}
				_, err = r.TakePushes(t.Context(), "http://callback.example/")
				if err != nil {
					t.Error(err)
				}
				r.Journal()
			}
		})
	}
	wg.Wait()
	j := r.Journal()
	equal(t, "publications", len(j.Publications), 80)
	equal(t, "pushes", len(j.Pushes), 160)
	for _, p := range j.Publications {
		equal(t, "status", p.Status, wechattest.PublishDone)
	}
}

// TestDropsOverLoopback shows that a real client sees a closed connection, whatever it
// asked for, and that what was committed is held.
func TestDropsOverLoopback(t *testing.T) {
	for name, held := range map[wechattest.FaultName]int{
		wechattest.FaultRefuse: 0, wechattest.FaultHang: 0, wechattest.FaultDropAfter: 1, wechattest.FaultHangAfter: 1,
	} {
		t.Run(string(name), func(t *testing.T) {
			r := newRig(t, nil)
			media := r.draft("通知")
			server := httptest.NewServer(r)
			defer server.Close()
			r.Script(wechattest.Fault{Name: name, Times: 1, Delay: time.Millisecond})
			answer, err := server.Client().Post(server.URL+"/cgi-bin/freepublish/submit?access_token="+r.token, "application/json",
				strings.NewReader(`{"media_id":"`+media+`"}`))
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
				err = errors.Join(err, answer.Body.Close())
			}
			if answered := name == wechattest.FaultHangAfter; (err == nil) != answered {
				t.Errorf("error %v", err)
			}
			equal(t, "publications", len(r.Journal().Publications), held)
		})
	}
}

// FuzzRequests throws bodies at every call: whatever comes, the answer is HTTP 200 with
// an errcode or a proper answer in JSON, and nothing panics.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		`{"articles":[{"title":"一","content":"<img src=x>","thumb_media_id":"t"}]}`, `{"media_id":"x","index":"0","articles":{}}`,
		`{"publish_id":"5"}`, `{"offset":0,"count":20,"no_content":true}`, `{"msg_data_id":5,"index":0,"begin":0,"count":10,"type":0}`,
		`{"filter":{"is_to_all":true},"msgtype":"text","text":{"content":"x"},"clientmsgid":"1"}`, `{"touser":["a","b"],"msgtype":"images"}`,
		`{"touser":"oUser1","msgtype":"text","text":{"content":"x"}}`, `{"begin_date":"2026-01-01","end_date":"2026-01-02"}`, `[]`, `null`, `{"appid":1}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := newRig(t, nil, service)
		for _, name := range r.Endpoints() {
			got := r.raw(t.Context(), name, body)
			if got.dropped || got.status != http.StatusOK {
				t.Fatalf("%s: %v", name, got)
			}
			got.object(t)
		}
		r.Journal()
	})
}
