package wechattest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestDraftLimits(t *testing.T) {
	chars := func(n int) string { return strings.Repeat("字", n) }
	tests := []struct {
		name, field string
		value       any
		code        int
	}{
		{"title at its limit", "title", chars(64), 0},
		{"title over it", "title", chars(65), 45003},
		{"no title", "title", " ", 40227},
		{"author at its limit", "author", chars(8), 0},
		{"author over it", "author", chars(9), 45110},
		{"digest at its limit", "digest", chars(120), 0},
		{"digest over it", "digest", chars(121), 45004},
		{"content below its limit", "content", chars(19_999), 0},
		{"content at it", "content", chars(20_000), 45002},
		{"no content", "content", "", 44004},
		{"address at its limit", "content_source_url", "https://a.example/" + strings.Repeat("x", 1006), 0},
		{"address over it", "content_source_url", "https://a.example/" + strings.Repeat("x", 1007), 45005},
		{"address of another kind", "content_source_url", "ftp://a.example/", 41039},
		{"no cover", "thumb_media_id", "", 40007},
		{"unknown cover", "thumb_media_id", "x", 40007},
		{"type", "article_type", "video", 40035},
		{"comments as a number", "need_open_comment", 1, 0},
		{"comments as a boolean", "need_open_comment", true, 0},
		{"comments as a word", "need_open_comment", "yes", 47001},
		{"unknown field", "show_cover_pic", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			a := r.article("通知")
			a[tt.field] = tt.value
			r.expect(r.post("draft/add", object{"articles": []object{a}}), tt.code)
			held := 0
			if tt.code == 0 {
				held = 1
			}
			equal(t, "drafts", len(r.Journal().Drafts), held)
		})
	}
}

func TestDraftLimitsAreConfigurable(t *testing.T) {
	r := newRig(t, &wechattest.Config{MaxTitle: 32, MaxAuthor: -1, MaxArticles: 1})
	a := r.article(strings.Repeat("字", 33))
	r.expect(r.post("draft/add", object{"articles": []object{a}}), 45003)
	a["title"], a["author"] = "一", strings.Repeat("字", 100)
	r.expect(r.post("draft/add", object{"articles": []object{a}}), 0)
	r.expect(r.post("draft/add", object{"articles": []object{a, a}}), 45008)
	equal(t, "drafts", len(r.Journal().Drafts), 1)
}

func TestDraftWarnsAboutTheNewTitleLimit(t *testing.T) {
	r := newRig(t, nil)
	r.draft(strings.Repeat("字", 33))
	equal(t, "warnings", len(r.lastDraft().Articles[0].Warnings), 1)
}

func TestDraftContentIsCleaned(t *testing.T) {
	r := newRig(t, nil)
	picture := r.upload("media/uploadimg", "", "a.png", png(100)).field(t, "url")
	a := r.article("通知")
	a["content"] = `<p>你好<script>alert("x")</script></p><img src="https://elsewhere.example/a.png"><img data-src="` + picture + `">`
	r.expect(r.post("draft/add", object{"articles": []object{a}}), 0)
	got := r.lastDraft().Articles[0]
	equal(t, "shown", got.Shown, `<p>你好</p><img data-src="`+picture+`">`)
	equal(t, "digest", got.Digest, "你好")
}

func TestDraftDigestIsFilledIn(t *testing.T) {
	r := newRig(t, nil)
	a := r.article("通知")
	a["content"] = "<b>" + strings.Repeat("字", 60) + "</b>"
	r.expect(r.post("draft/add", object{"articles": []object{a}}), 0)
	equal(t, "digest", r.lastDraft().Articles[0].Digest, strings.Repeat("字", 54))
}

func TestDraftNewspic(t *testing.T) {
	r := newRig(t, nil)
	image := r.upload("material/add_material", "type=image", "a.png", png(100)).field(t, "media_id")
	list := func(n int, id string) object {
		images := make([]object, n)
		for i := range images {
			images[i] = object{"image_media_id": id}
		}
		return object{"articles": []object{{"article_type": "newspic", "title": "组图", "content": "说明", "image_info": object{"image_list": images}}}}
	}
	r.expect(r.post("draft/add", list(20, image)), 0)
	equal(t, "cover", r.lastDraft().Articles[0].ThumbMediaID, image)
	r.expect(r.post("draft/add", list(21, image)), 45008)
	r.expect(r.post("draft/add", list(0, image)), 40007)
	r.expect(r.post("draft/add", list(1, r.cover())), 40007)
	equal(t, "drafts", len(r.Journal().Drafts), 1)
}

func TestDraftRequestsThatAreNone(t *testing.T) {
	tests := []struct {
		name, body string
		code       int
	}{
		{"empty", "", 44002},
		{"no JSON", "{", 47001},
		{"no articles", `{"articles":[]}`, 44003},
		{"articles as an object", `{"articles":{}}`, 47001},
		{"article as a text", `{"articles":["x"]}`, 47001},
		{"escaped characters", `{"articles":[{"title":"\u901a\u77e5"}]}`, 40033},
		{"no UTF-8", "{\"articles\":\"\xff\"}", 40033},
		{"a backslash and a u", `{"articles":[{"title":"\\u901a","content":"x"}]}`, 40007},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.expect(r.raw(t.Context(), "draft/add", tt.body), tt.code)
			equal(t, "drafts", len(r.Journal().Drafts), 0)
		})
	}
}

func TestEscapesByHabit(t *testing.T) {
	for habit, title := range map[wechattest.Escapes]string{wechattest.EscapesLiteral: `\u901a知`, wechattest.EscapesDecoded: "通知"} {
		t.Run(string(habit), func(t *testing.T) {
			r := newRig(t, &wechattest.Config{Escapes: habit})
			r.expect(r.raw(t.Context(), "draft/add", `{"articles":[{"title":"\u901a知","content":"x","thumb_media_id":"`+r.cover()+`"}]}`), 0)
			equal(t, "title", r.lastDraft().Articles[0].Title, title)
		})
	}
}

func TestDraftGetUpdateDelete(t *testing.T) {
	r := newRig(t, nil)
	id := r.draft("一")
	got := r.post("draft/get", object{"media_id": id})
	equal(t, "title", got.field(t, "news_item.0.title"), "一")
	if !strings.Contains(got.field(t, "news_item.0.url"), "tempkey=") || got.field(t, "news_item.0.thumb_url") == "" {
		t.Error(got)
	}
	r.expect(r.post("draft/update", object{"media_id": id, "index": 0, "articles": r.article("二")}), 0)
	equal(t, "title", r.lastDraft().Articles[0].Title, "二")
	r.expect(r.post("draft/update", object{"media_id": id, "index": 1, "articles": r.article("三")}), 40114)
	r.expect(r.post("draft/update", object{"media_id": id, "index": 0, "articles": []object{r.article("三")}}), 47001)
	r.expect(r.post("draft/delete", object{"media_id": id}), 0)
	r.expect(r.post("draft/get", object{"media_id": id}), 40007)
	r.expect(r.post("draft/get", object{}), 41006)
	equal(t, "state", r.lastDraft().State, wechattest.DraftDeleted)
}

func TestDraftLists(t *testing.T) {
	r := newRig(t, nil)
	first := r.draft("一")
	r.Advance(time.Second)
	r.draft("二")
	r.Advance(time.Second)
	r.expect(r.post("draft/update", object{"media_id": first, "index": "0", "articles": r.article("三")}), 0)
	equal(t, "count", r.get("draft/count").field(t, "total_count"), "2")
	for _, noContent := range []any{0, 1, false, true, nil} {
		got := r.post("draft/batchget", object{"offset": 0, "count": 1, "no_content": noContent})
		equal(t, "counts", got.field(t, "total_count")+got.field(t, "item_count"), "21")
		equal(t, "the last changed is first", got.field(t, "item.0.media_id"), first)
		wants := noContent != 1 && noContent != true
		equal(t, "content", got.field(t, "item.0.content.news_item.0.content") != "", wants)
	}
	for _, count := range []int{0, 21} {
		r.expect(r.post("draft/batchget", object{"offset": 0, "count": count}), 40035)
	}
	equal(t, "past the end", r.post("draft/batchget", object{"offset": 5, "count": 20}).field(t, "item_count"), "0")
	equal(t, "drafts", len(r.Journal().Drafts), 2)
}

func TestVisibilityDelay(t *testing.T) {
	r := newRig(t, &wechattest.Config{VisibilityDelay: time.Minute})
	id := r.draft("一")
	equal(t, "count", r.get("draft/count").field(t, "total_count"), "0")
	r.expect(r.post("draft/get", object{"media_id": id}), 0)
	r.Advance(time.Minute)
	equal(t, "count", r.get("draft/count").field(t, "total_count"), "1")
	p := r.publish("二")
	equal(t, "visible", p.Visible, false)
	equal(t, "listed", r.post("freepublish/batchget", object{"offset": 0, "count": 20}).field(t, "total_count"), "0")
	r.Advance(time.Minute)
	equal(t, "listed", r.post("freepublish/batchget", object{"offset": 0, "count": 20}).field(t, "total_count"), "1")
}

func TestUnverifiedAccountsAreShutOut(t *testing.T) {
	r := newRig(t, nil)
	p := r.publish("一")
	a := app()
	a.Unverified = true
	r.AddApp(a)
	r.expect(r.post("draft/add", object{"articles": []object{r.article("二")}}), 48001)
	r.expect(r.post("freepublish/submit", object{"media_id": "x"}), 48001)
	r.expect(r.post("freepublish/batchget", object{"offset": 0, "count": 1}), 48001)
	r.expect(r.post("message/custom/send", object{}), 48001)
	r.expect(r.post("datacube/getusersummary", object{}), 48001)
	r.expect(r.post("comment/list", object{"msg_data_id": p.MsgDataID, "begin": 0, "count": 1}), 88000)
	r.expect(r.get("draft/count"), 0)
	equal(t, "drafts", len(r.Journal().Drafts), 1)
}
