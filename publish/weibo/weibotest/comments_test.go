package weibotest_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func TestCommentWrites(t *testing.T) {
	tests := []struct {
		name     string
		endpoint string
		args     []string
		code     int
		shown    string // of the comment held when code is 0
	}{
		{name: "create", endpoint: "comments/create", args: []string{"comment", "收到"}, shown: "收到"},
		{name: "reply names the citizen", endpoint: "comments/reply", args: []string{"comment", "已转办"}, shown: "回复@网民甲:已转办"},
		{name: "reply without mention", endpoint: "comments/reply", args: []string{"comment", "已转办", "without_mention", "1"}, shown: "已转办"},
		{name: "no text", endpoint: "comments/create", code: 20008},
		{name: "too long", endpoint: "comments/create", args: []string{"comment", strings.Repeat("汉", 141)}, code: 20012},
		{name: "just fits", endpoint: "comments/create", args: []string{"comment", strings.Repeat("汉", 140)}, shown: strings.Repeat("汉", 140)},
		{name: "no such post", endpoint: "comments/create", args: []string{"comment", "收到", "id", "5"}, code: 20101},
		{name: "no such comment", endpoint: "comments/reply", args: []string{"comment", "收到", "cid", "5"}, code: 20201},
		{name: "comment of another post", endpoint: "comments/reply", args: []string{"comment", "收到", "id", "5"}, code: 20201},
		{name: "rip missing", endpoint: "comments/create", args: []string{"comment", "收到", "rip", ""}, code: 10016},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			post := r.share("通知")
			question := r.comment(post, "网民甲", "路灯坏了")
			r.expect(r.post(tt.endpoint, append([]string{"id", post, "cid", question}, tt.args...)...), tt.code, 1)
			_, held := r.held()
			switch last := r.lastComment(); {
			case tt.code != 0 && held != 1:
				t.Errorf("the journal holds %d comments, want the citizen's only", held)
			case tt.code == 0 && (held != 2 || last.Shown != tt.shown || last.UID != uid || last.AppKey != appKey):
				t.Errorf("the journal holds %d comments, last %+v", held, last)
			}
		})
	}
}

func TestRestrictedComments(t *testing.T) {
	r := newRig(t, nil)
	theirs := r.AddUser(weibotest.User{ScreenName: "别人"})
	post, err := r.AddPost(theirs.UID, "通知")
	if err != nil {
		t.Fatal(err)
	}
	for _, closed := range []bool{true, false} {
		if err := r.RestrictComments(theirs.UID, closed); err != nil {
			t.Fatal(err)
		}
		code := 0
		if closed {
			code = 20206
		}
		r.expect(r.post("comments/create", "id", post.ID, "comment", "收到"), code, 1)
	}
	mine := r.share("我的通知")
	if err := r.RestrictComments(uid, true); err != nil {
		t.Fatal(err)
	}
	r.expect(r.post("comments/create", "id", mine, "comment", "补充说明"), 0, 2)
	if err := r.Redecorate("1", "", ""); err == nil {
		t.Error("an unknown user was redecorated")
	}
}

func TestRepeatedComment(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	first, second := r.comment(post, "网民甲", "一"), r.comment(post, "网民乙", "二")
	r.expect(r.post("comments/reply", "id", post, "cid", first, "comment", "已转办"), 0, 1)
	r.expect(r.post("comments/reply", "id", post, "cid", first, "comment", "已转办"), 20019, 1)
	r.expect(r.post("comments/reply", "id", post, "cid", second, "comment", "已转办"), 0, 1)
	if _, held := r.held(); held != 4 {
		t.Errorf("the journal holds %d comments, want 4", held)
	}
}

func TestCommentQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		post := r.share("通知")
		for i := range 60 {
			r.expect(r.post("comments/create", "id", post, "comment", strconv.Itoa(i)), 0, 1)
		}
		r.expect(r.post("comments/create", "id", post, "comment", "第61条"), 10024, 1)
		r.Advance(time.Hour)
		r.expect(r.post("comments/create", "id", post, "comment", "第61条"), 0, 1)
		if _, held := r.held(); held != 61 {
			t.Errorf("the journal holds %d comments, want 61", held)
		}
	})
}

func TestCommentsClosed(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	ok(t, r.CloseComments(post))
	r.expect(r.post("comments/create", "id", post, "comment", "收到"), 20206, 1)
}

func TestDestroyComments(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	citizen := r.comment(post, "网民甲", "一")
	var mine []string
	for i := range 3 {
		r.expect(r.post("comments/create", "id", post, "comment", strconv.Itoa(i)), 0, 1)
		mine = append(mine, r.lastComment().ID)
	}
	r.expect(r.post("comments/destroy", "cid", citizen), 20203, 1)
	r.expect(r.post("comments/destroy", "cid", "5"), 20201, 1)
	r.expect(r.post("comments/destroy", "cid", mine[0]), 0, 1)
	r.expect(r.post("comments/destroy", "cid", mine[0]), 20201, 1)
	r.expect(r.post("comments/destroy_batch", "cids", strings.Join(append(mine, citizen), ",")), 0, 1)
	r.expect(r.post("comments/destroy_batch", "cids", strings.Repeat("1,", 20)+"1"), 20009, 1)
	deleted := 0
	for _, c := range r.Journal().Comments {
		if c.Deleted {
			deleted++
		}
	}
	if deleted != 3 {
		t.Errorf("the journal holds %d deleted comments, want the 3 own ones", deleted)
	}
}

func TestShowBatch(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	id := r.comment(post, "网民甲", "一")
	got := r.get("comments/show_batch", "cids", "5,"+id)
	var out []struct{ IDStr string }
	got.decode(t, &out)
	if len(out) != 1 || out[0].IDStr != id {
		t.Error(got)
	}
}

func TestCitizenEditsDeletesAndIsHidden(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	id := r.comment(post, "网民甲", "路灯坏了")
	ok(t, r.Edit(id, "路灯好了"))
	if c := r.lastComment(); c.Shown != "路灯好了" || !c.Edited {
		t.Errorf("journal %+v", c)
	}
	ok(t, r.Hide(id))
	if got := commentIDs(r, "comments/show", "id", post); len(got) != 0 {
		t.Errorf("hidden comment on the list: %v", got)
	}
	ok(t, r.Delete(id))
	if _, err := r.AddReply(id, "网民乙", "晚了"); err == nil {
		t.Error("answered a deleted comment")
	}
	if c := r.lastComment(); !c.Deleted || c.Visible {
		t.Errorf("journal %+v", c)
	}
}

func TestShadowDroppedComment(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	r.Script(weibotest.Fault{Name: weibotest.FaultShadowDrop, Times: 1})
	r.expect(r.post("comments/create", "id", post, "comment", "已转办"), 0, 1)
	if c := r.lastComment(); !c.Shadow || c.Visible {
		t.Errorf("journal %+v", c)
	}
	if got := commentIDs(r, "comments/by_me"); len(got) != 0 {
		t.Errorf("by_me %v", got)
	}
}
