package weibotest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
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
		{name: "two faults", method: "POST", path: "faults", body: ` [{"name":"down","only":"read"},{"name":"hang"}]`, status: 200, want: `[{"name":"down","only":"read"},{"name":"hang"}]`},
		{name: "unknown fault", method: "POST", path: "faults", body: `{"name":"explode"}`, status: 400, want: "explode"},
		{name: "unknown field of a fault", method: "POST", path: "faults", body: `{"name":"down","time":1}`, status: 400},
		{name: "null fault", method: "POST", path: "faults", body: `null`, status: 400},
		{name: "array with null", method: "POST", path: "faults", body: `[null]`, status: 400},
		{name: "bad duration", method: "POST", path: "faults", body: `{"name":"hang","delay":90}`, status: 400},
		{name: "two values", method: "POST", path: "faults", body: `{"name":"down"}{}`, status: 400},
		{name: "too much", method: "POST", path: "faults", body: `"` + strings.Repeat("x", 2<<20) + `"`, status: 413},
		{name: "app", method: "POST", path: "apps", body: `{"key":"9","secret":"s","safe_domains":["a.test"]}`, status: 200, want: `"key":"9"`},
		{name: "app without key", method: "POST", path: "apps", body: `{}`, status: 400},
		{name: "app of no level", method: "POST", path: "apps", body: `{"key":"9","level":"x"}`, status: 400},
		{name: "user", method: "POST", path: "users", body: `{"screen_name":"新号"}`, status: 200, want: `"uid":"7000000`},
		{name: "user without name", method: "POST", path: "users", body: `{"uid":"5"}`, status: 400},
		{name: "user with a word for uid", method: "POST", path: "users", body: `{"uid":"abc","screen_name":"x"}`, status: 400},
		{name: "ban", method: "POST", path: "users", body: `{"uid":"7001","screen_name":"某市发布","banned":true}`, status: 200, want: `"banned":true`},
		{name: "token", method: "POST", path: "tokens", body: `{"app":"1001","uid":"7001"}`, status: 200, want: `"access_token":"2.00`},
		{name: "token for nobody", method: "POST", path: "tokens", body: `{"app":"1001","uid":"5"}`, status: 404},
		{name: "token of no app", method: "POST", path: "tokens", body: `{"app":"5","uid":"7001"}`, status: 404},
		{name: "revoke nothing", method: "DELETE", path: "tokens", body: `{"access_token":"x"}`, status: 404},
		{name: "comment on nothing", method: "POST", path: "comments", body: `{"post_id":"5","by":"甲","text":"一"}`, status: 404},
		{name: "answer to nothing", method: "POST", path: "comments", body: `{"parent_id":"5","by":"甲","text":"一"}`, status: 404},
		{name: "item unknown", method: "POST", path: "items", body: `{"id":"5","action":"hide"}`, status: 404},
		{name: "action unknown", method: "POST", path: "items", body: `{"id":"5","action":"burn"}`, status: 400},
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
			if got := r.fake(step.method, "time", step.body); string(got.body) != `{"now":"`+step.want+`"}` {
				t.Errorf("%s: got %v, want %s", step.body, got, step.want)
			}
		}
		time.Sleep(time.Hour) // of the bubble
		if got := r.Now(); !got.Equal(time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)) {
			t.Errorf("the platform's time stands still at %v", got)
		}
	})
}

// TestControlStory drives a whole case the way a client in another language would.
func TestControlStory(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	r.fake("POST", "faults", `{"name":"drop-after-commit","endpoint":"comments/reply","times":1}`)
	var question struct{ ID string }
	r.fake("POST", "comments", `{"post_id":"`+post+`","by":"网民甲","text":"路灯坏了"}`).decode(t, &question)
	if got := r.post("comments/reply", "id", post, "cid", question.ID, "comment", "已转办"); !got.dropped {
		t.Error(got)
	}
	r.fake("POST", "items", `{"id":"`+question.ID+`","action":"edit","text":"路灯又亮了"}`)
	r.fake("POST", "items", `{"id":"`+question.ID+`","action":"hide"}`)
	r.fake("POST", "items", `{"id":"`+question.ID+`","action":"unhide"}`)
	r.fake("POST", "items", `{"id":"`+post+`","action":"delete"}`)
	r.fake("DELETE", "tokens", `{"access_token":"`+r.token+`"}`)
	r.fake("POST", "faults", `{"name":"down"}`)
	if got := r.fake("DELETE", "faults", ""); string(got.body) != "[]" {
		t.Error(got)
	}
	r.expect(r.get("account/get_uid"), 21316, 1)

	var j weibotest.Journal
	r.fake("GET", "journal", "").decode(t, &j)
	if len(j.Posts) != 1 || !j.Posts[0].Deleted || len(j.Comments) != 2 {
		t.Fatalf("journal %+v", j)
	}
	if c := j.Comments[0]; c.Text != "路灯又亮了" || !c.Edited || !c.Visible {
		t.Errorf("the citizen's comment %+v", c)
	}
	if c := j.Comments[1]; c.Shown != "回复@网民甲:已转办" || c.ParentID != question.ID {
		t.Errorf("the lost answer %+v", c)
	}
	if j.Calls["comments/reply"] != 1 || j.Calls["statuses/share"] != 1 || j.Faults["drop-after-commit"] != 1 {
		t.Errorf("calls %v, faults %v", j.Calls, j.Faults)
	}
	if len(j.Users) != 2 || j.Users[0].UID != uid {
		t.Errorf("users %+v", j.Users)
	}
}

func TestMistakesOfFixturesPanic(t *testing.T) {
	for name, mistake := range map[string]func(*rig){
		"app without key": func(r *rig) { r.AddApp(weibotest.App{}) },
		"user of no name": func(r *rig) { r.AddUser(weibotest.User{}) },
		"name taken":      func(r *rig) { r.AddUser(weibotest.User{ScreenName: "某市发布"}) },
		"uid zero":        func(r *rig) { r.AddUser(weibotest.User{UID: "0", ScreenName: "x"}) },
		"uid padded":      func(r *rig) { r.AddUser(weibotest.User{UID: "007", ScreenName: "x"}) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
				if users := r.Journal().Users; len(users) != 1 {
					t.Errorf("users %+v", users)
				}
			}()
			mistake(r)
		})
	}
}

func TestUnknownThings(t *testing.T) {
	r := newRig(t, nil)
	_, tokenErr := r.Token("5", uid)
	_, postErr := r.AddPost("5", "一")
	_, commentErr := r.AddComment("5", "网民甲", "一")
	_, anonymousErr := r.AddComment(r.share("通知"), "", "一")
	_, replyErr := r.AddReply("5", "网民甲", "一")
	for i, err := range []error{
		tokenErr, postErr, commentErr, anonymousErr, replyErr, r.Edit("5", ""), r.Delete("x"), r.Hide("5"), r.Unhide("5"),
		r.CloseComments("5"), r.SetCounts("5", 1, 1), r.RenameUser("5", "x"), r.Unverify("5"), r.Ban("5"), r.Revoke("x"),
	} {
		if !errors.Is(err, weibotest.ErrUnknown) {
			t.Errorf("%d: %v is not ErrUnknown", i, err)
		}
	}
}

func TestJournalIsACopy(t *testing.T) {
	r := newRig(t, nil)
	r.upload("带图"+link, png(100))
	j := r.Journal()
	j.Posts[0].Text, j.Posts[0].Picture.Size, j.Calls["statuses/share"] = "x", 0, 9
	if again := r.Journal(); again.Posts[0].Text == "x" || again.Posts[0].Picture.Size != 100 || again.Calls["statuses/share"] != 1 {
		t.Errorf("journal %+v", again)
	}
}

// TestDropsOverLoopback shows that a real client sees a closed connection, whatever it
// asked for, and that what was committed is held.
func TestDropsOverLoopback(t *testing.T) {
	for name, held := range map[weibotest.FaultName]int{
		weibotest.FaultRefuse: 0, weibotest.FaultHang: 0, weibotest.FaultDropAfter: 1, weibotest.FaultHangAfter: 1,
	} {
		t.Run(string(name), func(t *testing.T) {
			r := newRig(t, nil)
			server := httptest.NewServer(r)
			defer server.Close()
			r.Script(weibotest.Fault{Name: name, Times: 1, Delay: time.Millisecond})
			form := values("access_token", r.token, "rip", "203.0.113.7", "status", "通知"+link)
			answer, err := server.Client().PostForm(server.URL+"/2/statuses/share.json", form)
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
				err = errors.Join(err, answer.Body.Close())
			}
			if answered := name == weibotest.FaultHangAfter; (err == nil) != answered {
				t.Errorf("error %v", err)
			}
			if got, _ := r.held(); got != held {
				t.Errorf("the journal holds %d posts, want %d", got, held)
			}
		})
	}
}

func TestFaultNamesAreFrozen(t *testing.T) {
	want := strings.Fields(`refuse drop-after-commit commit-hang hang 5xx-before-commit 5xx-after-commit
		4xx-after-commit duplicate 429 quota-app quota-user token-expired token-revoked slow-success captcha
		shadow-drop string-code garbage refresh-lost down read-down shift-pages skew media-rejected`)
	var got []string
	for _, name := range weibotest.FaultNames() {
		got = append(got, string(name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
