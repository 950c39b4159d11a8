package wordpresstest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// TestFaults holds, for each fault, what the client sees and what the journal has afterwards.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		fault wordpresstest.Fault
		want  string // of a new post
		posts int
	}{
		{wordpresstest.Fault{Name: wordpresstest.FaultRefuse}, "dropped", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultRefuse, UID: "editor"}, "dropped", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultDropAfter}, "dropped", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultHangAfter}, "dropped", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultHangAfter, Delay: time.Second}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultHang}, "dropped", 0},
		{wordpresstest.Fault{Name: wordpresstest.Fault5xxBefore}, "502", 0},
		{wordpresstest.Fault{Name: wordpresstest.Fault5xxAfter, Status: 504}, "504", 1},
		{wordpresstest.Fault{Name: wordpresstest.Fault4xxAfter}, "403 rest_cannot_update", 1},
		{wordpresstest.Fault{Name: wordpresstest.Fault4xxAfter, Code: "rest_x", Status: 400}, "400 rest_x", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultTooMany}, "429", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultTooMany, Code: "rest_slow"}, "429 rest_slow", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultTokenRevoked}, "401 rest_cannot_create", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultShadowDrop}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultGarbage}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultNotice}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDown}, "503", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultMaintenance}, "503", 0},
		{wordpresstest.Fault{Name: wordpresstest.FaultPending}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultSlug}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultSkew, Skew: time.Hour}, "201", 1},
		// these do not see it
		{wordpresstest.Fault{Name: wordpresstest.FaultReadDown}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDuplicate}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultFlood}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultMediaRejected}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultShiftPages}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDown, Endpoint: "comments.create"}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDown, UID: "author"}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDown, Only: "read"}, "201", 1},
		{wordpresstest.Fault{Name: wordpresstest.FaultDown, Skip: 1}, "201", 1},
	} {
		name := string(c.fault.Name) + " " + c.fault.UID + c.fault.Endpoint + c.fault.Only + c.fault.Code
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				c.fault.Times = 1
				r.Script(c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				req := r.request("editor", http.MethodPost, "/wp-json/wp/v2/posts", `{"title":"停水","content":"停水","status":"publish"}`)
				got := r.do(req.WithContext(ctx))
				r.expect(got, c.want)
				j := r.Journal()
				if len(j.Posts) != c.posts || j.Calls["posts.create"] != 1 {
					t.Errorf("the journal holds %d posts after %d calls, want %d", len(j.Posts), j.Calls["posts.create"], c.posts)
				}
				for _, p := range j.Posts {
					checkPost(t, r, c.fault.Name, p, got)
				}
			})
		})
	}
}

func checkPost(t *testing.T, r *rig, name wordpresstest.FaultName, p wordpresstest.Post, got reply) {
	t.Helper()
	r.ClearFaults()
	visible := r.ids(r.call("", http.MethodGet, "/posts?_fields=id", "")) == p.ID
	fired := r.Journal().Faults[name] == 1
	switch name {
	case wordpresstest.FaultShadowDrop:
		if visible || !p.Shadow {
			t.Error("a shadow is seen")
		}
		return
	case wordpresstest.FaultPending:
		if p.Status != "pending" || visible {
			t.Errorf("it is %s, visible %v", p.Status, visible)
		}
		return
	case wordpresstest.FaultSlug:
		if p.Slug == "%e5%81%9c%e6%b0%b4" {
			t.Error("the slug is what it would have been")
		}
	case wordpresstest.FaultSkew:
		if d := p.Date.Sub(r.Now()); d != time.Hour {
			t.Errorf("the clock is off by %v", d)
		}
	case wordpresstest.FaultGarbage, wordpresstest.FaultNotice:
		if json.Valid(got.body) {
			t.Errorf("the answer can be read: %v", got)
		}
	case wordpresstest.FaultReadDown, wordpresstest.FaultDuplicate, wordpresstest.FaultFlood, wordpresstest.FaultMediaRejected, wordpresstest.FaultShiftPages, wordpresstest.FaultDown:
		fired = true
	}
	if !visible || !fired {
		t.Errorf("visible %v, fired %v", visible, fired)
	}
}

func TestFaults_commentsAndMedia(t *testing.T) {
	r := newRig(t, nil)
	id := r.post("停水")
	for name, want := range map[wordpresstest.FaultName]string{
		wordpresstest.FaultDuplicate: "409 comment_duplicate", wordpresstest.FaultFlood: "400 comment_flood",
	} {
		r.Script(wordpresstest.Fault{Name: name, Times: 1})
		r.expect(r.call("editor", http.MethodPost, "/comments", `{"post":`+id+`,"content":"答"}`), want)
	}
	r.Script(wordpresstest.Fault{Name: wordpresstest.FaultMediaRejected, Times: 1})
	req := r.request("editor", http.MethodPost, "/wp-json/wp/v2/media", png)
	req.Header.Set("Content-Type", "image/png")
	req.Header.Set("Content-Disposition", `attachment; filename="a.png"`)
	r.expect(r.do(req), "500 rest_upload_sideload_error")
	if j := r.Journal(); len(j.Comments)+len(j.Media) != 0 {
		t.Errorf("the journal holds %+v %+v", j.Comments, j.Media)
	}
	r.Script(wordpresstest.Fault{Name: wordpresstest.FaultShiftPages, Times: 1}, wordpresstest.Fault{Name: wordpresstest.FaultShiftPages, Times: 1, Endpoint: "posts.list"})
	r.expect(r.call("editor", http.MethodGet, "/comments", ""), "200")
	r.expect(r.call("editor", http.MethodGet, "/posts", ""), "200")
	if j := r.Journal(); len(j.Comments) != 1 || len(j.Posts) != 2 {
		t.Errorf("the journal holds %+v %+v", j.Comments, j.Posts)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		for _, c := range []struct {
			fault wordpresstest.Fault
			want  string
		}{
			{wordpresstest.Fault{Name: wordpresstest.FaultTooMany}, ""},
			{wordpresstest.Fault{Name: wordpresstest.FaultTooMany, RetryAfter: 37 * time.Second}, "37"},
			{wordpresstest.Fault{Name: wordpresstest.FaultTooMany, RetryAfter: time.Minute, RetryAfterDate: true}, "Sat, 01 Jan 2000 00:01:00 GMT"},
			{wordpresstest.Fault{Name: wordpresstest.FaultMaintenance}, "600"},
		} {
			c.fault.Times = 1
			r.Script(c.fault)
			if got := r.call("", http.MethodGet, "/posts", "").header.Get("Retry-After"); got != c.want {
				t.Errorf("%v: Retry-After %q, want %q", c.fault.Name, got, c.want)
			}
		}
	})
}

func TestFaults_validation(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"bogus"}`: "unknown name", `{"name":"429","only":"auth"}`: "none of", `{"name":"429","times":-1}`: "negative",
		`{"name":"429","status":99}`: "status 99", `{"nme":"429"}`: "unknown field", `{"name":"hang","delay":5}`: "cannot unmarshal",
	} {
		var f wordpresstest.Fault
		if err := json.Unmarshal([]byte(body), &f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Script takes a fault that is none")
		}
	}()
	wordpresstest.New(nil).Script(wordpresstest.Fault{Name: "bogus"})
}

// TestMedia holds what the conversation with a real site cannot show: what a server in front, a person and a setting do.
func TestMedia(t *testing.T) {
	r := newRig(t, &wordpresstest.Config{MaxUpload: int64(len(png)), NoTrash: true})
	upload := func(body string) reply {
		req := r.request("editor", http.MethodPost, "/wp-json/wp/v2/media", body)
		req.Header.Set("Content-Type", "image/png")
		req.Header.Set("Content-Disposition", `attachment; filename="a.png"`)
		return r.do(req)
	}
	r.expect(upload(png+"x"), "413")
	got := upload(png)
	r.expect(got, "201")
	id := fmt.Sprint(got.object(t)["id"])
	ok(t, r.EditMedia(id))
	if m := r.Journal().Media[0]; m.Slug != "a" || !strings.HasPrefix(m.File, "a-e") {
		t.Errorf("after an edit: %+v", m)
	}
	ok(t, r.DeleteMedia(id))
	r.expect(r.call("editor", http.MethodGet, "/media/"+id, ""), "404 rest_post_invalid_id")
	r.expect(r.call("editor", http.MethodDelete, "/posts/"+r.post("a"), ""), "501 rest_trash_not_supported")
}

// TestReviewed holds how a post that was held, or dated later, comes to its readers or does not.
func TestReviewed(t *testing.T) {
	r := newRig(t, nil)
	r.Script(wordpresstest.Fault{Name: wordpresstest.FaultPending, Times: 1}, wordpresstest.Fault{Name: wordpresstest.FaultFuture, Skip: 1, Times: 1})
	held, later := r.post("a"), r.post("b")
	for id, want := range map[string]string{held: "pending", later: "future"} {
		if got := r.call("editor", http.MethodGet, "/posts/"+id, "").object(t)["status"]; got != want {
			t.Errorf("%s is %v, want %s", id, got, want)
		}
	}
	ok(t, r.SetPostStatus(held, "publish"))
	r.expect(r.call("", http.MethodGet, "/posts/"+held, ""), "200")
	r.expect(r.call("", http.MethodGet, "/posts/"+later, ""), "401 rest_forbidden")
	r.Advance(time.Hour)
	r.expect(r.call("", http.MethodGet, "/posts/"+later, ""), "200")
}
