package wechattest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func (r *rig) submit(mediaID string) reply {
	return r.post("freepublish/submit", object{"media_id": mediaID})
}

func (r *rig) status(publishID any) string {
	r.t.Helper()
	return r.post("freepublish/get", object{"publish_id": publishID}).field(r.t, "publish_status")
}

func TestSubmitIsAcceptedOnly(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	got := r.submit(media)
	r.expect(got, 0)
	id := got.field(t, "publish_id")
	if !strings.Contains(string(got.body), `"publish_id":`+id) || got.field(t, "msg_data_id") == id {
		t.Error(got)
	}
	p := r.lastPublication()
	equal(t, "publish_id", p.PublishID, id)
	equal(t, "status", p.Status, wechattest.PublishWorking)
	equal(t, "visible", p.Visible, false)
	equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftGone)
	r.expect(r.submit(media), 40007)

	equal(t, "first poll", r.status(id), "1")
	equal(t, "second poll", r.status(id), "0")
	p = r.lastPublication()
	equal(t, "visible", p.Visible, true)
	done := r.post("freepublish/get", object{"publish_id": p.PublishID})
	equal(t, "article_id", done.field(t, "article_id"), p.ArticleID)
	equal(t, "address", done.field(t, "article_detail.item.0.article_url"), p.Articles[0].URL)
	equal(t, "polls", r.lastPublication().Polls, 3)
}

func TestPublicationEndsWithTimeToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.submit(r.draft("通知"))
		r.Advance(30*time.Second - 1)
		equal(t, "before", r.lastPublication().Status, wechattest.PublishWorking)
		r.Advance(time.Hour)
		p := r.lastPublication()
		equal(t, "after", p.Status, wechattest.PublishDone)
		equal(t, "settled", p.Settled.Sub(p.Submitted), 30*time.Second)
		equal(t, "push", last(t, r.Journal().Pushes).Created, p.Settled)
	})
}

func TestProcessPollsAreConfigurable(t *testing.T) {
	for polls, want := range map[int]string{-1: "0", 0: "1", 3: "1110"} {
		r := newRig(t, &wechattest.Config{ProcessPolls: polls, ProcessDelay: -1})
		id := r.submit(r.draft("通知")).field(t, "publish_id")
		var got strings.Builder
		for range want {
			got.WriteString(r.status(id))
		}
		equal(t, "statuses", got.String(), want)
	}
}

func TestPublishIDAsNumberOrString(t *testing.T) {
	for name, cfg := range map[string]*wechattest.Config{"number": nil, "string": {StringPublishID: true}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, cfg)
			got := r.submit(r.draft("通知"))
			id := r.lastPublication().PublishID
			equal(t, "as a string", strings.Contains(string(got.body), `"publish_id":"`+id+`"`), name == "string")
			equal(t, "asked with a string", r.status(id), "1")
			var n int64
			for _, digit := range id {
				n = n*10 + int64(digit-'0')
			}
			equal(t, "asked with a number", r.status(n), "0")
			if n <= 1<<31 {
				t.Errorf("publish_id %d fits 32 bits", n)
			}
		})
	}
}

func TestFailedPublicationGivesTheDraftBack(t *testing.T) {
	for _, status := range []int{wechattest.PublishOriginal, wechattest.PublishFailed, wechattest.PublishRejected} {
		r := newRig(t, nil)
		media := r.draft("通知")
		id := r.submit(media).field(t, "publish_id")
		ok(t, r.SettlePublication(id, status))
		p := r.lastPublication()
		equal(t, "status", p.Status, status)
		equal(t, "article_id", p.ArticleID, "")
		equal(t, "fail_idx", r.post("freepublish/get", object{"publish_id": id}).field(t, "fail_idx.0"), "1")
		equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftInBox)
		r.expect(r.submit(media), 0)
	}
}

func TestSandboxPublicationsAlwaysFail(t *testing.T) {
	r := newRig(t, nil, func(a *wechattest.App) { a.Sandbox = true })
	id := r.submit(r.draft("通知")).field(t, "publish_id")
	r.status(id)
	equal(t, "status", r.status(id), "3")
	equal(t, "journal", r.lastPublication().Status, wechattest.PublishFailed)
}

func TestKeepDraftsUntilThrough(t *testing.T) {
	r := newRig(t, &wechattest.Config{KeepDrafts: true})
	media := r.draft("通知")
	first := r.submit(media).field(t, "publish_id")
	equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftInBox)
	second := r.submit(media).field(t, "publish_id")
	ok(t, r.SettlePublication(first, wechattest.PublishDone))
	equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftGone)
	ok(t, r.SettlePublication(second, wechattest.PublishFailed))
	equal(t, "the draft's state after the other failed", r.lastDraft().State, wechattest.DraftGone)
	equal(t, "publications of one draft", len(r.Journal().Publications), 2)
}

func TestPublishedArticlesAreListedReadAndDeleted(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	list := r.post("freepublish/batchget", object{"offset": 0, "count": 20, "no_content": true})
	equal(t, "listed", list.field(t, "item.0.article_id"), p.ArticleID)
	equal(t, "content", list.field(t, "item.0.content.news_item.0.content"), "")
	equal(t, "address", list.field(t, "item.0.content.news_item.0.url"), p.Articles[0].URL)
	read := r.post("freepublish/getarticle", object{"article_id": p.ArticleID})
	equal(t, "title", read.field(t, "news_item.0.title")+" "+read.field(t, "news_item.0.is_deleted"), "通知 false")

	r.expect(r.post("freepublish/delete", object{"article_id": p.ArticleID, "index": 2}), 40035)
	r.expect(r.post("freepublish/delete", object{"article_id": p.ArticleID}), 0)
	equal(t, "status", r.status(p.PublishID), "5")
	r.expect(r.post("freepublish/delete", object{"article_id": p.ArticleID}), 53600)
	r.expect(r.post("freepublish/getarticle", object{"article_id": "x"}), 53600)
	r.expect(r.post("freepublish/get", object{"publish_id": 5}), 53502)
	gone := r.lastPublication()
	equal(t, "deleted", gone.Articles[0].Deleted, true)
	equal(t, "visible", gone.Visible, false)
}

func TestDeletingOneArticleOfTwo(t *testing.T) {
	r := newRig(t, nil)
	media := r.post("draft/add", object{"articles": []object{r.article("一"), r.article("二")}}).field(t, "media_id")
	id := r.submit(media).field(t, "publish_id")
	ok(t, r.SettlePublication(id, wechattest.PublishDone))
	r.expect(r.post("freepublish/delete", object{"article_id": r.lastPublication().ArticleID, "index": 2}), 0)
	p := r.lastPublication()
	if p.Articles[0].Deleted || !p.Articles[1].Deleted || p.Status != wechattest.PublishDone {
		t.Errorf("journal %+v", p)
	}
}

func TestBannedArticle(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("通知")
	ok(t, r.BanArticle(p.ArticleID))
	equal(t, "status", r.status(p.PublishID), "6")
	r.expect(r.post("freepublish/getarticle", object{"article_id": p.ArticleID}), 53600)
	r.expect(r.post("comment/list", object{"msg_data_id": p.MsgDataID, "begin": 0, "count": 1}), 88002)
	equal(t, "visible", r.lastPublication().Visible, false)
}

func TestRestartedServerRepeatsNoID(t *testing.T) {
	seen := map[string]bool{}
	for _, first := range []int64{0, 5_000_000_000} {
		r := newRig(t, &wechattest.Config{FirstID: first})
		p := r.publish("通知")
		for _, id := range []string{r.token, p.PublishID, p.MsgDataID, p.MediaID, p.ArticleID, r.cover()} {
			if seen[id] {
				t.Errorf("%s twice", id)
			}
			seen[id] = true
		}
	}
}
