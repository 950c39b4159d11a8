package wechattest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// TestFaultsOnSubmit has a publication meet each fault once. What counts is the journal.
func TestFaultsOnSubmit(t *testing.T) {
	tests := []struct {
		fault   wechattest.Fault
		dropped bool
		status  int
		code    int
		held    int
		header  string // of Retry-After
	}{
		{fault: wechattest.Fault{Name: "refuse"}, dropped: true},
		{fault: wechattest.Fault{Name: "refuse", App: appID}, dropped: true},
		{fault: wechattest.Fault{Name: "drop-after-commit"}, dropped: true, held: 1},
		{fault: wechattest.Fault{Name: "commit-hang", Delay: time.Minute}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "hang", Delay: time.Minute}, dropped: true},
		{fault: wechattest.Fault{Name: "5xx-before-commit"}, status: 502},
		{fault: wechattest.Fault{Name: "5xx-before-commit", Status: 504}, status: 504},
		{fault: wechattest.Fault{Name: "5xx-after-commit"}, status: 502, held: 1},
		{fault: wechattest.Fault{Name: "4xx-after-commit"}, status: 400, code: -1, held: 1},
		{fault: wechattest.Fault{Name: "429"}, status: 429},
		{fault: wechattest.Fault{Name: "429", Code: 45011}, status: 429, code: 45011},
		{fault: wechattest.Fault{Name: "429", RetryAfter: 30 * time.Second}, status: 429, header: "30"},
		{fault: wechattest.Fault{Name: "429", RetryAfter: time.Hour, RetryAfterDate: true}, status: 429, header: "Sat, 01 Jan 2000 01:00:00 GMT"},
		{fault: wechattest.Fault{Name: "garbage"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "token-expired"}, status: 200, code: 42001},
		{fault: wechattest.Fault{Name: "token-overwritten"}, status: 200, code: 40001},
		{fault: wechattest.Fault{Name: "system-busy"}, status: 200, code: -1},
		{fault: wechattest.Fault{Name: "system-busy-after-commit"}, status: 200, code: -1, held: 1},
		{fault: wechattest.Fault{Name: "quota"}, status: 200, code: 45009},
		{fault: wechattest.Fault{Name: "quota", Code: 53501}, status: 200, code: 53501},
		{fault: wechattest.Fault{Name: "frequency"}, status: 200, code: 45011},
		{fault: wechattest.Fault{Name: "down"}, status: 503},
		{fault: wechattest.Fault{Name: "read-down"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "media-rejected"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "shadow-drop"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "skew", Skew: time.Hour}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "shift-pages"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "processing", Polls: 3}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "review-reject"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "draft-vanishes"}, status: 200, code: 40007},
		{fault: wechattest.Fault{Name: "string-publish-id"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "comment-reply-array"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "push-lost"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "push-doubled"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "push-reordered"}, status: 200, held: 1},
		{fault: wechattest.Fault{Name: "push-forged"}, status: 200, held: 1},
	}
	seen := map[wechattest.FaultName]bool{}
	for _, tt := range tests {
		seen[tt.fault.Name] = true
		t.Run(string(tt.fault.Name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				media := r.draft("通知")
				tt.fault.Times = 1
				r.Script(tt.fault)
				got := r.submit(media)
				if got.dropped != tt.dropped || got.status != tt.status || got.code() != tt.code {
					t.Errorf("answer %v, want dropped=%v %d code %d", got, tt.dropped, tt.status, tt.code)
				}
				equal(t, "Retry-After", got.header.Get("Retry-After"), tt.header)
				equal(t, "publications", len(r.Journal().Publications), tt.held)
				equal(t, "the draft is in the box", r.lastDraft().State == wechattest.DraftInBox, tt.held == 0 && tt.fault.Name != "draft-vanishes")
			})
		})
	}
	for _, name := range wechattest.FaultNames() {
		if !seen[name] {
			t.Errorf("fault %s is not tested", name)
		}
	}
}

func TestFaultHangEndsWithTheClient(t *testing.T) {
	for name, held := range map[wechattest.FaultName]int{wechattest.FaultHang: 0, wechattest.FaultHangAfter: 1} {
		t.Run(string(name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				media := r.draft("通知")
				r.Script(wechattest.Fault{Name: name})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				done := make(chan reply)
				go func() { done <- r.raw(ctx, "freepublish/submit", `{"media_id":"`+media+`"}`) }()
				synctest.Wait()
				equal(t, "publications while it hangs", len(r.Journal().Publications), held)
				if got := <-done; !got.dropped || time.Since(start) != 10*time.Second {
					t.Errorf("%v after %v", got, time.Since(start))
				}
				equal(t, "publications afterwards", len(r.Journal().Publications), held)
			})
		})
	}
}

func TestFaultDropOnMassIsToldByClientMsgID(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Times: 1})
	if got := r.sendAll("clientmsgid", "op-1"); !got.dropped {
		t.Fatal(got)
	}
	r.Advance(time.Minute)
	got := r.sendAll("clientmsgid", "op-1")
	r.expect(got, 45065)
	equal(t, "msg_id", got.field(t, "msg_id"), r.lastMass().MsgID)
	r.masses(1)
}

func TestFaultDropOnDraftAddLeavesNoKey(t *testing.T) {
	r := newRig(t, nil)
	r.cover()
	r.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Times: 1})
	add := func() reply { return r.post("draft/add", object{"articles": []object{r.article("通知")}}) }
	if got := add(); !got.dropped {
		t.Fatal(got)
	}
	r.expect(add(), 0)
	equal(t, "drafts", len(r.Journal().Drafts), 2)
	equal(t, "found by reading", r.post("draft/batchget", object{"offset": 0, "count": 20}).field(t, "total_count"), "2")
}

func TestFaultGarbageIsCutJSON(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	r.Script(wechattest.Fault{Name: wechattest.FaultGarbage, Times: 1})
	if got := r.submit(media); got.status != http.StatusOK || json.Valid(got.body) || len(got.body) == 0 {
		t.Error(got)
	}
	equal(t, "publications", len(r.Journal().Publications), 1)
}

func TestFaultShadowDrop(t *testing.T) {
	shadow := wechattest.Fault{Name: wechattest.FaultShadowDrop, Times: 1}
	t.Run("publication", func(t *testing.T) {
		r := newRig(t, nil)
		media := r.draft("通知")
		r.Script(shadow)
		id := r.submit(media).field(t, "publish_id")
		r.status(id)
		equal(t, "status", r.status(id), "0")
		p := r.lastPublication()
		if !p.Shadow || p.Visible {
			t.Errorf("journal %+v", p)
		}
		r.expect(r.post("freepublish/getarticle", object{"article_id": p.ArticleID}), 53600)
		equal(t, "listed", r.post("freepublish/batchget", object{"offset": 0, "count": 1}).field(t, "total_count"), "0")
	})
	t.Run("draft", func(t *testing.T) {
		r := newRig(t, nil)
		r.cover()
		r.Script(shadow)
		r.expect(r.submit(r.draft("通知")), 40007)
		equal(t, "state", r.lastDraft().State, wechattest.DraftVanished)
	})
	t.Run("upload", func(t *testing.T) {
		r := newRig(t, nil)
		r.Script(shadow)
		r.expect(r.post("draft/add", object{"articles": []object{r.article("通知")}}), 40007)
		equal(t, "deleted", r.Journal().Materials[0].Deleted, true)
	})
	t.Run("reply", func(t *testing.T) {
		r := newRig(t, nil)
		p := r.publish("通知")
		c := r.comment(p, "路灯坏了")
		r.Script(shadow)
		r.expect(r.post("comment/reply/add", on(c, "content", "已转办")), 0)
		equal(t, "reply", r.comments(p, 0).field(t, "comment.0.reply"), "")
		equal(t, "shadow", r.lastComment().Shadow, true)
	})
	t.Run("customer message", func(t *testing.T) {
		r := newRig(t, nil)
		r.say()
		r.Script(shadow)
		r.expect(r.answer(), 0)
		equal(t, "shadow", last(t, r.Journal().Messages).Shadow, true)
	})
	t.Run("mass message", func(t *testing.T) {
		r := newRig(t, nil)
		r.Script(shadow)
		r.expect(r.sendAll(), 0)
		equal(t, "shadow", r.lastMass().Shadow, true)
	})
}

func TestFaultTokenEndsForGood(t *testing.T) {
	for name, code := range map[wechattest.FaultName]int{wechattest.FaultTokenExpired: 42001, wechattest.FaultTokenOverwritten: 40001} {
		t.Run(string(name), func(t *testing.T) {
			r := newRig(t, nil)
			old := r.token
			r.Script(wechattest.Fault{Name: name, Times: 1, Skip: 1})
			r.expect(r.get("draft/count"), 0)
			r.expect(r.get("draft/count"), code)
			r.expect(r.get("draft/count"), code)
			fresh := r.stable(false).field(t, "access_token")
			if fresh == old {
				t.Error("stable_token answers with the dead token")
			}
			equal(t, "the new token", r.works(fresh), 0)
			equal(t, "tokens", r.Journal().Tokens, 1)
		})
	}
}

func TestFaultTokenAnswerLost(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: "token", Times: 1})
	if got := r.ordinary(); !got.dropped {
		t.Error(got)
	}
	r.expect(r.ordinary(), 0)
	equal(t, "tokens", r.Journal().Tokens, 2)
}

func TestFaultProcessing(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	r.Script(wechattest.Fault{Name: wechattest.FaultProcessing, Polls: 2, Times: 1})
	id := r.submit(media).field(t, "publish_id")
	r.Advance(time.Hour)
	equal(t, "statuses", r.status(id)+r.status(id)+r.status(id), "110")
	r.Script(wechattest.Fault{Name: wechattest.FaultProcessing, Times: 1})
	r.expect(r.sendAll(), 0)
	r.Advance(time.Hour)
	equal(t, "mass", r.lastMass().Status, wechattest.MassSending)
	equal(t, "hit", r.Journal().Faults["processing"], 2)
}

func TestFaultReviewReject(t *testing.T) {
	r := newRig(t, nil)
	for code, want := range map[int]int{0: wechattest.PublishRejected, 2: wechattest.PublishOriginal} {
		media := r.draft("通知")
		r.Script(wechattest.Fault{Name: wechattest.FaultReviewReject, Code: code, Times: 1})
		r.expect(r.submit(media), 0)
		r.Advance(time.Minute)
		equal(t, "status", r.lastPublication().Status, want)
		equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftInBox)
	}
	r.Script(wechattest.Fault{Name: wechattest.FaultReviewReject, Code: 20001, Times: 1})
	r.expect(r.sendAll(), 0)
	r.Advance(time.Minute)
	equal(t, "result", r.lastMass().Result+" "+r.lastMass().Status, "err(20001) SEND_FAIL")
}

func TestFaultDraftVanishes(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wechattest.Fault{Name: wechattest.FaultDraftVanishes, Endpoint: "draft/add", Times: 1})
	r.expect(r.submit(r.draft("通知")), 40007)
	r.Script(wechattest.Fault{Name: wechattest.FaultDraftVanishes, Times: 1})
	r.expect(r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": r.draft("通知")}), 40007)
	for _, d := range r.Journal().Drafts {
		equal(t, "state", d.State, wechattest.DraftVanished)
	}
	r.masses(0)
	equal(t, "publications", len(r.Journal().Publications), 0)
}

func TestFaultStringPublishID(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	r.Script(wechattest.Fault{Name: wechattest.FaultStringPublishID})
	got := r.submit(media)
	if !strings.Contains(string(got.body), `"publish_id":"`+r.lastPublication().PublishID+`"`) {
		t.Error(got)
	}
}

func TestFaultCommentReplyArray(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	r.expect(r.post("comment/reply/add", on(r.comment(p, "一"), "content", "答")), 0)
	r.Script(wechattest.Fault{Name: wechattest.FaultCommentReplyArray, Times: 1})
	equal(t, "array", r.comments(p, 0).field(t, "comment.0.reply.0.content"), "答")
	equal(t, "object", r.comments(p, 0).field(t, "comment.0.reply.content"), "答")
	equal(t, "journal", r.lastComment().Reply, "答")
}

func TestFaultShiftPages(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	r.comment(p, "一")
	r.Script(wechattest.Fault{Name: wechattest.FaultShiftPages, Times: 1, Text: "又一条"})
	page := func(begin int) string {
		return r.post("comment/list", object{"msg_data_id": p.MsgDataID, "begin": begin, "count": 1}).field(t, "comment.0.content")
	}
	equal(t, "pages", page(0)+page(1), "一一")
	equal(t, "journal", r.lastComment().Text, "又一条")
}

func TestFaultSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.cover()
		r.Script(wechattest.Fault{Name: wechattest.FaultSkew, Skew: -5 * time.Minute, Times: 1})
		got := r.post("draft/add", object{"articles": []object{r.article("通知")}})
		equal(t, "Date", got.header.Get("Date"), "Fri, 31 Dec 1999 23:55:00 GMT")
		equal(t, "created", r.lastDraft().Created, time.Now().Add(-5*time.Minute).UTC())
	})
}

func TestFaultMediaRejected(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wechattest.Fault{Name: wechattest.FaultMediaRejected})
	r.expect(r.upload("media/uploadimg", "", "a.png", png(100)), 40005)
	equal(t, "media", len(r.Journal().Materials), 0)
}

func TestFaultDownTakesTokensToo(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wechattest.Fault{Name: wechattest.FaultDown})
	equal(t, "status", r.ordinary().status, http.StatusServiceUnavailable)
	equal(t, "tokens", r.Journal().Tokens, 0)
}

func TestFaultMatching(t *testing.T) {
	tests := []struct {
		name         string
		fault        wechattest.Fault
		write, read  bool // hit
		secondWrite  bool
		pendingAfter int
	}{
		{name: "reads only", fault: wechattest.Fault{Name: "down", Only: "read"}, read: true, pendingAfter: 1},
		{name: "writes only", fault: wechattest.Fault{Name: "down", Only: "write"}, write: true, secondWrite: true, pendingAfter: 1},
		{name: "endpoint", fault: wechattest.Fault{Name: "down", Endpoint: "draft/count"}, read: true, pendingAfter: 1},
		{name: "another account", fault: wechattest.Fault{Name: "down", App: "wx0"}, pendingAfter: 1},
		{name: "this account", fault: wechattest.Fault{Name: "down", App: appID, Times: 1}, write: true},
		{name: "once", fault: wechattest.Fault{Name: "down", Times: 1}, write: true},
		{name: "skip two", fault: wechattest.Fault{Name: "down", Skip: 2, Times: 1}, secondWrite: true},
		{name: "read-down", fault: wechattest.Fault{Name: "read-down"}, read: true, pendingAfter: 1},
		{name: "a name with commit keeps to writes", fault: wechattest.Fault{Name: "5xx-after-commit"}, write: true, secondWrite: true, pendingAfter: 1},
		{name: "unless an endpoint is named", fault: wechattest.Fault{Name: "5xx-after-commit", Endpoint: "draft/count"}, read: true, pendingAfter: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.cover()
			r.Script(tt.fault)
			hit := func(got reply) bool { return got.status >= 500 }
			add := func() reply { return r.post("draft/add", object{"articles": []object{r.article("一")}}) }
			equal(t, "write", hit(add()), tt.write)
			equal(t, "read", hit(r.get("draft/count")), tt.read)
			equal(t, "second write", hit(add()), tt.secondWrite)
			equal(t, "pending", len(r.PendingFaults()), tt.pendingAfter)
		})
	}
}

func TestScriptPanicsOnAMistake(t *testing.T) {
	for name, fault := range map[string]wechattest.Fault{
		"unknown name":   {Name: "explode"},
		"no name":        {},
		"side":           {Name: "down", Only: "writes"},
		"side of a push": {Name: "push-lost", Only: "write"},
		"negative":       {Name: "down", Times: -1},
		"status":         {Name: "down", Status: 99},
		"forgery":        {Name: "push-forged", Forgery: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			wechattest.New(nil).Script(fault)
		})
	}
}

func TestFaultNamesAreFrozen(t *testing.T) {
	want := strings.Fields(`refuse drop-after-commit commit-hang hang 5xx-before-commit 5xx-after-commit 4xx-after-commit
		429 garbage token-expired token-overwritten system-busy system-busy-after-commit quota frequency down read-down
		media-rejected shadow-drop skew shift-pages processing review-reject draft-vanishes string-publish-id
		comment-reply-array push-lost push-doubled push-reordered push-forged`)
	var got []string
	for _, name := range wechattest.FaultNames() {
		got = append(got, string(name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzFaultJSON(f *testing.F) {
	f.Add(`{"name":"429","retry_after":"30s","times":2}`)
	f.Add(`{"name":"push-forged","forgery":"plain","endpoint":"text","app":"wx1"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var first, second wechattest.Fault
		if json.Unmarshal([]byte(text), &first) != nil || text == "null" {
			return
		}
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &second); err != nil || first != second {
			t.Errorf("%s: %+v became %+v, %v", text, first, second, err)
		}
	})
}
