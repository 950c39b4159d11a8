package weibotest_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

type idList struct {
	Statuses []struct{ IDStr string }
	Comments []struct {
		IDStr  string
		Text   string
		Status struct {
			Deleted string
			IDStr   string
		}
		ReplyComment struct{ IDStr string } `json:"reply_comment"`
	}
	TotalNumber int   `json:"total_number"`
	NextCursor  int64 `json:"next_cursor"`
}

func timelineIDs(r *rig, args ...string) []string {
	r.t.Helper()
	var out idList
	r.get("statuses/user_timeline", args...).decode(r.t, &out)
	ids := []string{}
	for _, s := range out.Statuses {
		ids = append(ids, s.IDStr)
	}
	return ids
}

func commentIDs(r *rig, endpoint string, args ...string) []string {
	r.t.Helper()
	var out idList
	r.get(endpoint, args...).decode(r.t, &out)
	ids := []string{}
	for _, c := range out.Comments {
		ids = append(ids, c.IDStr)
	}
	return ids
}

func TestUserTimelineShowsTheNewestFive(t *testing.T) {
	r := newRig(t, nil)
	var ids []string
	for i := range 7 {
		ids = append(ids, r.share(strconv.Itoa(i)))
	}
	slices.Reverse(ids)
	var out idList
	r.get("statuses/user_timeline").decode(t, &out)
	if out.TotalNumber != 7 {
		t.Errorf("total_number %d, want all 7", out.TotalNumber)
	}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"all", nil, ids[:5]},
		{"own uid", []string{"uid", uid}, ids[:5]},
		{"count", []string{"count", "2"}, ids[:2]},
		{"page", []string{"count", "2", "page", "3"}, ids[4:5]},
		{"past the end", []string{"count", "2", "page", "4"}, ids[:0]},
		{"absurd page", []string{"count", "100", "page", "9223372036854775807"}, ids[:0]},
		{"since_id is exclusive", []string{"since_id", ids[2]}, ids[:2]},
		{"max_id is inclusive", []string{"max_id", ids[2]}, ids[2:5]},
		{"older than the window", []string{"max_id", ids[5]}, ids[:0]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := timelineIDs(r, tt.args...); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestUserTimelineOfOthersIsRefused(t *testing.T) {
	r := newRig(t, nil)
	r.AddUser(weibotest.User{UID: "7002", ScreenName: "别人"})
	r.expect(r.get("statuses/user_timeline", "uid", "7002"), 21335, 0)
	r.expect(r.get("statuses/user_timeline", "screen_name", "别人"), 21335, 0)
}

func TestBaseAppHidesOtherSources(t *testing.T) {
	r := newRig(t, nil)
	mine := r.share("应用发的")
	_, err := r.AddPost(uid, "网页发的")
	ok(t, err)
	if got := timelineIDs(r, "base_app", "1"); !slices.Equal(got, []string{mine}) {
		t.Errorf("got %v", got)
	}
}

func TestPagesAreCutBeforeFiltering(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	first := r.comment(post, "网民甲", "一")
	for i := range 2 {
		ok(t, r.Hide(r.comment(post, "网民乙", strconv.Itoa(i))))
	}
	if got := commentIDs(r, "comments/show", "id", post, "count", "2"); len(got) != 0 {
		t.Errorf("first page %v, want it empty", got)
	}
	if got := commentIDs(r, "comments/show", "id", post, "count", "2", "page", "2"); !slices.Equal(got, []string{first}) {
		t.Errorf("second page %v, want %v", got, first)
	}
}

func TestVisibilityDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &weibotest.Config{VisibilityDelay: time.Minute})
		id := r.share("通知")
		if r.lastPost().Visible || len(timelineIDs(r)) != 0 {
			t.Error("visible at once")
		}
		r.expect(r.get("statuses/show", "id", id), 20101, 1)
		r.Advance(time.Minute)
		if !r.lastPost().Visible || !slices.Equal(timelineIDs(r), []string{id}) {
			t.Error("invisible after the delay")
		}
	})
}

func TestHiddenPost(t *testing.T) {
	r := newRig(t, nil)
	id := r.share("通知")
	ok(t, r.Hide(id))
	r.expect(r.get("statuses/show", "id", id), 20112, 1)
	ok(t, r.Unhide(id))
	r.expect(r.get("statuses/show", "id", id), 0, 1)
}

func TestCountLeavesOutMissingPosts(t *testing.T) {
	r := newRig(t, nil)
	id := r.share("通知")
	r.comment(id, "网民甲", "收到")
	ok(t, r.SetCounts(id, 3, 4))
	got := r.get("statuses/count", "ids", "12345,"+id)
	if !strings.HasPrefix(string(got.body), `[{"id":`+id+`,"idstr":"`+id+`","comments":1,"reposts":3,"attitudes":4,"number_display_strategy":{`) {
		t.Error(got)
	}
	hundred := strings.TrimSuffix(strings.Repeat("1,", 100), ",")
	if got := r.get("statuses/count", "ids", hundred); string(got.body) != "[]" {
		t.Errorf("100 missing ids: %v", got)
	}
	r.expect(r.get("statuses/count", "ids", hundred+",1"), 20009, 1)
	r.expect(r.get("statuses/count"), 20001, 1)
	r.expect(r.get("statuses/count", "ids", "1,,2"), 10008, 1)
}

func TestCommentLists(t *testing.T) {
	r := newRig(t, nil)
	other := r.AddUser(weibotest.User{ScreenName: "别人"})
	foreign, err := r.AddPost(other.UID, "别人的 @某市发布")
	ok(t, err)
	post := r.share("通知")
	question := r.comment(post, "网民甲", "路灯坏了")
	elsewhere := r.comment(foreign.ID, "网民甲", "@某市发布 来看看")
	r.comment(foreign.ID, "网民甲", "@某市发布厅 不是你")
	r.expect(r.post("comments/reply", "id", post, "cid", question, "comment", "已转办"), 0, 2)
	mine := r.lastComment().ID
	answer, err := r.AddReply(mine, "网民甲", "谢谢")
	ok(t, err)
	tests := []struct {
		endpoint string
		args     []string
		want     []string
	}{
		{"comments/show", []string{"id", post}, []string{answer.ID, mine, question}},
		{"comments/show", []string{"id", post, "since_id", question, "max_id", mine}, []string{mine}},
		{"comments/to_me", nil, []string{answer.ID, question}},
		{"comments/by_me", nil, []string{mine}},
		{"comments/timeline", nil, []string{answer.ID, mine, question}},
		{"comments/mentions", nil, []string{elsewhere}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.endpoint, tt.args), func(t *testing.T) {
			if got := commentIDs(r, tt.endpoint, tt.args...); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("statuses/mentions", func(t *testing.T) {
		var out idList
		r.get("statuses/mentions").decode(t, &out)
		if len(out.Statuses) != 1 || out.Statuses[0].IDStr != foreign.ID {
			t.Errorf("got %+v", out)
		}
	})
	t.Run("reply_comment", func(t *testing.T) {
		var out idList
		r.get("comments/by_me").decode(t, &out)
		if out.Comments[0].ReplyComment.IDStr != question || out.Comments[0].Status.IDStr != post {
			t.Errorf("got %+v", out.Comments[0])
		}
	})
}

func TestCursorLeadsThroughAllPages(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	want := 0
	for range 7 {
		r.comment(post, "网民甲", "一")
		want++
	}
	got, from := 0, "0"
	for from != "" {
		var out idList
		r.get("comments/show", "id", post, "count", "3", "max_id", from).decode(t, &out)
		got += len(out.Comments)
		from = ""
		if out.NextCursor != 0 {
			from = strconv.FormatInt(out.NextCursor, 10)
		}
	}
	if got != want {
		t.Errorf("read %d comments, want %d", got, want)
	}
}

func TestDeletedPostInsideComment(t *testing.T) {
	r := newRig(t, nil)
	post := r.share("通知")
	r.comment(post, "网民甲", "收到")
	ok(t, r.Delete(post))
	var out idList
	got := r.get("comments/to_me")
	got.decode(t, &out)
	if len(out.Comments) != 1 || out.Comments[0].Status.Deleted != "1" {
		t.Error(got)
	}
	r.expect(r.get("comments/show", "id", post), 20101, 1)
}

func TestBadPaging(t *testing.T) {
	r := newRig(t, nil)
	for _, field := range []string{"since_id", "max_id", "count", "page"} {
		r.expect(r.get("statuses/user_timeline", field, "-1"), 10008, 0)
		r.expect(r.get("statuses/user_timeline", field, "x"), 10008, 0)
	}
}
