package weibotest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

// TestFaultsOnShare has a post meet each fault once. What counts is the journal.
func TestFaultsOnShare(t *testing.T) {
	tests := []struct {
		fault   weibotest.Fault
		dropped bool
		status  int
		code    int
		held    int
		header  string // of Retry-After
	}{
		{fault: weibotest.Fault{Name: "refuse"}, dropped: true},
		{fault: weibotest.Fault{Name: "refuse", UID: uid}, dropped: true},
		{fault: weibotest.Fault{Name: "drop-after-commit"}, dropped: true, held: 1},
		{fault: weibotest.Fault{Name: "commit-hang", Delay: time.Minute}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "hang", Delay: time.Minute}, dropped: true},
		{fault: weibotest.Fault{Name: "5xx-before-commit"}, status: 502},
		{fault: weibotest.Fault{Name: "5xx-before-commit", Status: 504}, status: 504},
		{fault: weibotest.Fault{Name: "5xx-after-commit"}, status: 502, held: 1},
		{fault: weibotest.Fault{Name: "4xx-after-commit"}, status: 400, code: 10001, held: 1},
		{fault: weibotest.Fault{Name: "duplicate"}, status: 400, code: 20019},
		{fault: weibotest.Fault{Name: "duplicate", Code: 20017, Status: 200}, status: 200, code: 20017},
		{fault: weibotest.Fault{Name: "429"}, status: 429},
		{fault: weibotest.Fault{Name: "429", Code: 10024}, status: 429, code: 10024},
		{fault: weibotest.Fault{Name: "429", RetryAfter: 30 * time.Second}, status: 429, header: "30"},
		{fault: weibotest.Fault{Name: "429", RetryAfter: time.Hour, RetryAfterDate: true}, status: 429, header: "Sat, 01 Jan 2000 01:00:00 GMT"},
		{fault: weibotest.Fault{Name: "quota-app"}, status: 403, code: 10022},
		{fault: weibotest.Fault{Name: "quota-user"}, status: 403, code: 10023},
		{fault: weibotest.Fault{Name: "token-expired"}, status: 400, code: 21327},
		{fault: weibotest.Fault{Name: "token-revoked"}, status: 400, code: 21316},
		{fault: weibotest.Fault{Name: "slow-success"}, status: 400, code: 20032, held: 1},
		{fault: weibotest.Fault{Name: "captcha"}, status: 400, code: 20031},
		{fault: weibotest.Fault{Name: "shadow-drop"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "string-code"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "garbage"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "refresh-lost"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "down"}, status: 503},
		{fault: weibotest.Fault{Name: "read-down"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "shift-pages"}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "skew", Skew: time.Hour}, status: 200, held: 1},
		{fault: weibotest.Fault{Name: "media-rejected"}, status: 200, held: 1},
	}
	seen := map[weibotest.FaultName]bool{}
	for _, tt := range tests {
		seen[tt.fault.Name] = true
		t.Run(string(tt.fault.Name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				tt.fault.Times = 1
				r.Script(tt.fault)
				got := r.post("statuses/share", "status", "通知"+link)
				if got.dropped != tt.dropped || got.status != tt.status || got.code() != tt.code {
					t.Errorf("answer %v, want dropped=%v %d code %d", got, tt.dropped, tt.status, tt.code)
				}
				if got.header.Get("Retry-After") != tt.header {
					t.Errorf("Retry-After %q, want %q", got.header.Get("Retry-After"), tt.header)
				}
				if held, _ := r.held(); held != tt.held {
					t.Errorf("the journal holds %d posts, want %d", held, tt.held)
				}
			})
		})
	}
	for _, name := range weibotest.FaultNames() {
		if !seen[name] {
			t.Errorf("fault %s is not tested", name)
		}
	}
}

func TestFaultDropSurvivesRetry(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultDropAfter, Times: 1})
	if got := r.post("statuses/share", "status", "通知"+link); !got.dropped {
		t.Fatal(got)
	}
	r.expect(r.post("statuses/share", "status", "通知"+link), 20019, 1)
}

func TestFaultHangEndsWithTheClient(t *testing.T) {
	for name, held := range map[weibotest.FaultName]int{weibotest.FaultHang: 0, weibotest.FaultHangAfter: 1} {
		t.Run(string(name), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.Script(weibotest.Fault{Name: name})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				start := time.Now()
				done := make(chan reply)
				go func() {
					done <- r.form(ctx, "/2/statuses/share.json",
						values("access_token", r.token, "rip", "203.0.113.7", "status", "通知"+link))
				}()
				synctest.Wait()
				if got, _ := r.held(); got != held {
					t.Errorf("while it hangs the journal holds %d posts, want %d", got, held)
				}
				if got := <-done; !got.dropped || time.Since(start) != 10*time.Second {
					t.Errorf("%v after %v", got, time.Since(start))
				}
				if got, _ := r.held(); got != held {
					t.Errorf("afterwards the journal holds %d posts, want %d", got, held)
				}
			})
		})
	}
}

func TestFaultGarbageIsCutJSON(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultGarbage, Times: 1})
	got := r.post("statuses/share", "status", "通知"+link)
	if got.status != http.StatusOK || json.Valid(got.body) || len(got.body) == 0 {
		t.Error(got)
	}
	r.expect(r.get("account/get_uid"), 0, 1)
}

func TestFaultShadowDropIsSeenByNobody(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultShadowDrop, Times: 1})
	id := r.share("通知")
	if p := r.lastPost(); !p.Shadow || p.Visible {
		t.Errorf("journal %+v", p)
	}
	r.expect(r.get("statuses/show", "id", id), 20101, 1)
	if got := timelineIDs(r); len(got) != 0 {
		t.Errorf("timeline %v", got)
	}
}

func TestFaultSlowSuccessLeavesRefusalsAlone(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultSlowSuccess})
	r.expect(r.post("statuses/share", "status", "没有链接"), 10017, 0)
}

func TestFaultTokenExpiredIsForGood(t *testing.T) {
	for name, code := range map[weibotest.FaultName]int{weibotest.FaultTokenExpired: 21327, weibotest.FaultTokenRevoked: 21316} {
		t.Run(string(name), func(t *testing.T) {
			r := newRig(t, nil)
			r.Script(weibotest.Fault{Name: name, Times: 1, Skip: 1})
			r.share("第一条")
			r.expect(r.post("statuses/share", "status", "第二条"+link), code, 1)
			r.expect(r.post("statuses/share", "status", "第二条"+link), code, 1)
		})
	}
}

func TestFaultStringCode(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultStringCode}, weibotest.Fault{Name: weibotest.FaultCaptcha, Times: 1})
	for _, want := range []string{`"error_code":"20031"`, `"error_code":"10017"`} {
		if got := r.post("statuses/share", "status", "没有链接"); !strings.Contains(string(got.body), want) {
			t.Errorf("%v, want %s", got, want)
		}
	}
	r.expect(r.get("account/get_uid"), 0, 0)
}

func TestFaultRefreshLost(t *testing.T) {
	tests := []struct {
		name   string
		rotate bool
		code   int // of the second refresh
	}{{"kept refresh token", false, 0}, {"rotating refresh token", true, 21325}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, &weibotest.Config{RotateRefresh: tt.rotate})
			r.Script(weibotest.Fault{Name: weibotest.FaultRefreshLost, Times: 1})
			refresh := func() reply {
				return r.oauth("access_token", "client_id", appKey, "client_secret", secret,
					"grant_type", "refresh_token", "refresh_token", r.creds.RefreshToken)
			}
			if got := refresh(); !got.dropped {
				t.Errorf("first refresh %v", got)
			}
			if got := refresh(); got.code() != tt.code {
				t.Errorf("second refresh %v, want code %d", got, tt.code)
			}
			if j := r.Journal(); j.Refreshes != 2 || j.Calls["oauth2/access_token"] != 2 {
				t.Errorf("journal counts %d refreshes, calls %v", j.Refreshes, j.Calls)
			}
		})
	}
}

func TestFaultReadDown(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultReadDown})
	id := r.share("通知")
	if got := r.get("statuses/show", "id", id); got.status != http.StatusServiceUnavailable {
		t.Error(got)
	}
	r.ClearFaults()
	r.expect(r.get("statuses/show", "id", id), 0, 1)
}

func TestFaultDownTakesOAuthToo(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultDown})
	if got := r.oauth("get_token_info", "access_token", r.token); got.status != http.StatusServiceUnavailable {
		t.Error(got)
	}
}

func TestFaultMediaRejected(t *testing.T) {
	r := newRig(t, nil)
	r.Script(weibotest.Fault{Name: weibotest.FaultMediaRejected})
	r.expect(r.upload("带图"+link, png(100)), 20005, 0)
	r.expect(r.post("statuses/share", "status", "无图"+link), 0, 1)
}

func TestFaultShiftPages(t *testing.T) {
	lists := []struct {
		endpoint string
		args     func(post string) []string
	}{
		{"comments/show", func(post string) []string { return []string{"id", post} }},
		{"comments/to_me", nil},
		{"comments/timeline", nil},
		{"comments/by_me", nil},
		{"comments/mentions", nil},
	}
	for _, tt := range lists {
		t.Run(tt.endpoint, func(t *testing.T) {
			r := newRig(t, nil)
			post := r.share("通知")
			r.comment(post, "网民甲", "一 @某市发布")
			r.expect(r.post("comments/create", "id", post, "comment", "答"), 0, 1)
			r.Script(weibotest.Fault{Name: weibotest.FaultShiftPages, Endpoint: tt.endpoint, Times: 1})
			args := []string{"count", "1"}
			if tt.args != nil {
				args = append(args, tt.args(post)...)
			}
			first := commentIDs(r, tt.endpoint, append(args, "page", "1")...)
			second := commentIDs(r, tt.endpoint, append(args, "page", "2")...)
			if len(first) != 1 || !slices.Equal(first, second) {
				t.Errorf("page 1 %v, page 2 %v: want the same item again", first, second)
			}
			if _, comments := r.held(); comments != 3 {
				t.Errorf("the journal holds %d comments, want 3", comments)
			}
		})
	}
	for _, endpoint := range []string{"statuses/user_timeline", "statuses/mentions"} {
		t.Run(endpoint, func(t *testing.T) {
			r := newRig(t, nil)
			r.share("通知")
			r.Script(weibotest.Fault{Name: weibotest.FaultShiftPages, Times: 1, Text: "插队"})
			r.expect(r.get(endpoint), 0, 2)
			if p := r.lastPost(); !strings.HasPrefix(p.Text, "插队") || !p.Visible {
				t.Errorf("journal %+v", p)
			}
		})
	}
	t.Run("a refused read adds nothing", func(t *testing.T) {
		r := newRig(t, &weibotest.Config{ErrorStatus: http.StatusOK})
		r.Script(weibotest.Fault{Name: weibotest.FaultShiftPages})
		r.expect(r.get("comments/show", "id", "5"), 20101, 0)
	})
}

func TestFaultSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.Script(weibotest.Fault{Name: weibotest.FaultSkew, Skew: -5 * time.Minute, Times: 1})
		got := r.post("statuses/share", "status", "通知"+link)
		r.expect(got, 0, 1)
		if date := got.header.Get("Date"); date != "Fri, 31 Dec 1999 23:55:00 GMT" {
			t.Errorf("Date %q", date)
		}
		if at := r.lastPost().Created; !at.Equal(time.Now().Add(-5 * time.Minute)) {
			t.Errorf("created %v", at)
		}
		r.share("准时")
		if at := r.lastPost().Created; !at.Equal(time.Now()) {
			t.Errorf("created %v", at)
		}
	})
}

func TestFaultMatching(t *testing.T) {
	tests := []struct {
		name         string
		fault        weibotest.Fault
		write, read  bool // hit
		secondWrite  bool
		pendingAfter int
	}{
		{name: "reads only", fault: weibotest.Fault{Name: "down", Only: "read"}, read: true, pendingAfter: 1},
		{name: "writes only", fault: weibotest.Fault{Name: "down", Only: "write"}, write: true, secondWrite: true, pendingAfter: 1},
		{name: "endpoint", fault: weibotest.Fault{Name: "down", Endpoint: "statuses/user_timeline"}, read: true, pendingAfter: 1},
		{name: "another user", fault: weibotest.Fault{Name: "down", UID: "7002"}, pendingAfter: 1},
		{name: "this user", fault: weibotest.Fault{Name: "down", UID: uid, Times: 1}, write: true},
		{name: "once", fault: weibotest.Fault{Name: "down", Times: 1}, write: true},
		{name: "skip two", fault: weibotest.Fault{Name: "down", Skip: 2, Times: 1}, secondWrite: true},
		{name: "a name with commit keeps to writes", fault: weibotest.Fault{Name: "5xx-after-commit"}, write: true, secondWrite: true, pendingAfter: 1},
		{name: "unless an endpoint is named", fault: weibotest.Fault{Name: "5xx-after-commit", Endpoint: "statuses/user_timeline"}, read: true, pendingAfter: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.Script(tt.fault)
			hit := func(got reply) bool { return got.status >= 500 }
			if got := hit(r.post("statuses/share", "status", "一"+link)); got != tt.write {
				t.Errorf("write hit %v", got)
			}
			if got := hit(r.get("statuses/user_timeline")); got != tt.read {
				t.Errorf("read hit %v", got)
			}
			if got := hit(r.post("statuses/share", "status", "二"+link)); got != tt.secondWrite {
				t.Errorf("second write hit %v", got)
			}
			if got := len(r.PendingFaults()); got != tt.pendingAfter {
				t.Errorf("%d faults pending, want %d", got, tt.pendingAfter)
			}
		})
	}
}

func TestFaultsActInOrder(t *testing.T) {
	r := newRig(t, nil)
	r.Script(
		weibotest.Fault{Name: weibotest.FaultCaptcha, Times: 1},
		weibotest.Fault{Name: weibotest.FaultDropAfter, Times: 1},
	)
	r.expect(r.post("statuses/share", "status", "通知"+link), 20031, 0)
	if got := r.post("statuses/share", "status", "通知"+link); !got.dropped {
		t.Error(got)
	}
	if j := r.Journal(); len(j.Posts) != 1 || j.Faults["captcha"] != 1 || j.Faults["drop-after-commit"] != 1 {
		t.Errorf("journal %+v", j)
	}
}

func TestScriptPanicsOnAMistake(t *testing.T) {
	for name, fault := range map[string]weibotest.Fault{
		"unknown name": {Name: "explode"},
		"no name":      {},
		"side":         {Name: "down", Only: "writes"},
		"negative":     {Name: "down", Times: -1},
		"status":       {Name: "down", Status: 99},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			weibotest.New(nil).Script(fault)
		})
	}
}

func FuzzFaultJSON(f *testing.F) {
	f.Add(`{"name":"429","retry_after":"30s","times":2}`)
	f.Add(`{"name":"skew","skew":"-1h2m","endpoint":"statuses/share","uid":"1","only":"write"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var first, second weibotest.Fault
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
