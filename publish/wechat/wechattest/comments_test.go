package wechattest_test

import (
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func (r *rig) comments(p wechattest.Publication, kind int) reply {
	return r.post("comment/list", object{"msg_data_id": p.MsgDataID, "index": 0, "begin": 0, "count": 49, "type": kind})
}

func TestCommentsAreListedNewestFirst(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	r.comment(p, "一")
	_, err := r.AddComment(p.MsgDataID, 0, "", "二")
	ok(t, err)
	got := r.comments(p, 0)
	equal(t, "total", got.field(t, "total"), "2")
	equal(t, "first", got.field(t, "comment.0.content")+got.field(t, "comment.0.openid"), "二")
	equal(t, "second", got.field(t, "comment.1.content")+got.field(t, "comment.1.openid"), "一"+openID)
	page := r.post("comment/list", object{"msg_data_id": p.MsgDataID, "begin": 1, "count": 1})
	equal(t, "second page", page.field(t, "comment.0.content")+page.field(t, "total"), "一2")
	equal(t, "comments in the journal", len(r.Journal().Comments), 2)
}

func TestCommentListCount(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	for count, code := range map[int]int{0: 88010, 1: 0, 49: 0, 50: 88010} {
		r.expect(r.post("comment/list", object{"msg_data_id": p.MsgDataID, "begin": 0, "count": count}), code)
	}
}

func TestCommentsOfWhat(t *testing.T) {
	r := newRig(t, nil)
	working := r.submit(r.draft("通知")).field(t, "msg_data_id")
	r.expect(r.post("comment/open", object{"msg_data_id": working}), 88002)
	r.expect(r.post("comment/open", object{"msg_data_id": 5}), 88001)
	p := r.publish("通知")
	r.expect(r.post("comment/open", object{"msg_data_id": p.MsgDataID, "index": 1}), 88001)
	ok(t, r.DeleteArticle(p.ArticleID))
	r.expect(r.post("comment/open", object{"msg_data_id": p.MsgDataID}), 88002)
}

func TestCommentsOpenAndClose(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	r.expect(r.post("comment/close", object{"msg_data_id": p.MsgDataID}), 0)
	if _, err := r.AddComment(p.MsgDataID, 0, openID, "一"); err == nil {
		t.Error("a citizen comments although comments are closed")
	}
	r.expect(r.post("comment/open", object{"msg_data_id": p.MsgDataID}), 0)
	r.comment(p, "一")
	equal(t, "comments", len(r.Journal().Comments), 1)
}

func TestCommentElection(t *testing.T) {
	r := newRig(t, &wechattest.Config{MaxElected: 1})
	p := r.publish("通知")
	first, second := r.comment(p, "一"), r.comment(p, "二")
	r.expect(r.post("comment/markelect", on(first)), 0)
	r.expect(r.post("comment/markelect", on(first)), 0)
	r.expect(r.post("comment/markelect", on(second)), 88003)
	equal(t, "elected", r.comments(p, 2).field(t, "comment.0.content"), "一")
	equal(t, "comment_type", r.comments(p, 2).field(t, "comment.0.comment_type"), "1")
	equal(t, "ordinary", r.comments(p, 1).field(t, "comment.0.content"), "二")
	r.expect(r.post("comment/unmarkelect", on(first)), 0)
	equal(t, "elected in the journal", r.Journal().Comments[0].Elected, false)
}

func TestCommentReply(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	c := r.comment(p, "路灯坏了")
	r.expect(r.post("comment/reply/add", on(c, "content", "")), 88007)
	r.expect(r.post("comment/reply/add", on(c, "content", strings.Repeat("字", 141))), 88007)
	r.expect(r.post("comment/reply/add", on(c, "content", "已转办")), 0)
	r.expect(r.post("comment/reply/add", on(c, "content", "再答")), 88005)
	equal(t, "reply", r.comments(p, 0).field(t, "comment.0.reply.content"), "已转办")
	equal(t, "journal", r.lastComment().Reply, "已转办")
	r.expect(r.post("comment/reply/delete", on(c)), 0)
	r.expect(r.post("comment/reply/delete", on(c)), 88008)
	r.expect(r.post("comment/reply/add", on(c, "content", "再答")), 0)
	got := r.lastComment()
	equal(t, "reply in the journal", got.Reply, "再答")
	equal(t, "replies ever", got.Replies, 2)
}

func TestCommentReplyArray(t *testing.T) {
	r := newRig(t, &wechattest.Config{ReplyArray: true})
	p := r.publish("通知")
	c := r.comment(p, "路灯坏了")
	if got := r.comments(p, 0); !strings.Contains(string(got.body), `"reply":[]`) {
		t.Error(got)
	}
	r.expect(r.post("comment/reply/add", on(c, "content", "已转办")), 0)
	equal(t, "reply", r.comments(p, 0).field(t, "comment.0.reply.0.content"), "已转办")
	equal(t, "journal", r.lastComment().Reply, "已转办")
}

func TestCommentsThatAreGone(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	byCitizen, byAccount, hidden := r.comment(p, "一"), r.comment(p, "二"), r.comment(p, "三")
	ok(t, r.DeleteComment(byCitizen.ID))
	r.expect(r.post("comment/delete", on(byAccount)), 0)
	ok(t, r.HideComment(hidden.ID))
	for _, call := range []string{"comment/markelect", "comment/unmarkelect", "comment/delete", "comment/reply/add", "comment/reply/delete"} {
		r.expect(r.post(call, on(byCitizen, "content", "答")), 88004)
		r.expect(r.post(call, on(byAccount, "content", "答")), 88008)
		r.expect(r.post(call, on(hidden, "content", "答")), 88008)
		r.expect(r.post(call, object{"msg_data_id": p.MsgDataID, "user_comment_id": 9, "content": "答"}), 88008)
	}
	equal(t, "listed", r.comments(p, 0).field(t, "total"), "0")
	ok(t, r.UnhideComment(hidden.ID))
	equal(t, "listed", r.comments(p, 0).field(t, "total"), "1")
	j := r.Journal().Comments
	equal(t, "who deleted", j[0].Deleted+" "+j[1].Deleted+" "+j[2].Deleted, "citizen account ")
}

func TestUserCommentIDsCountOnEachArticle(t *testing.T) {
	r := newRig(t, nil)
	first, second := r.comment(r.publish("一"), "甲"), r.comment(r.publish("二"), "乙")
	equal(t, "user_comment_id", first.UserID, second.UserID)
	if first.ID == second.ID {
		t.Error("the journal's ids are the same")
	}
}

func TestCommentsOnAMassMessage(t *testing.T) {
	r := newRig(t, nil)
	got := r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": r.draft("通知")})
	ok(t, r.SettleMass(got.field(t, "msg_id"), "send success"))
	_, err := r.AddComment(got.field(t, "msg_data_id"), 0, openID, "好")
	ok(t, err)
	equal(t, "listed", r.post("comment/list", object{"msg_data_id": got.field(t, "msg_data_id"), "begin": 0, "count": 1}).field(t, "total"), "1")
}
