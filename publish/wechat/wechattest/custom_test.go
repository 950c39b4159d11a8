package wechattest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func words(text string) object {
	return object{"touser": openID, "msgtype": "text", "text": object{"content": text}, "customservice": object{"kf_account": "test1@gh"}}
}

func (r *rig) answer() reply { return r.post("message/custom/send", words("您好")) }

func (r *rig) say() {
	r.t.Helper()
	_, err := r.Say(appID, openID, "路灯坏了")
	ok(r.t, err)
}

func (r *rig) event(name string) {
	r.t.Helper()
	_, err := r.Event(appID, openID, name, "")
	ok(r.t, err)
}

func TestCustomWindowAfterAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(r.answer(), 45015)
		r.say()
		for range 5 {
			r.expect(r.answer(), 0)
		}
		r.expect(r.answer(), 45047)
		r.say()
		r.expect(r.answer(), 0)
		r.later(48*time.Hour - 1)
		r.expect(r.answer(), 0)
		r.later(1)
		r.expect(r.answer(), 45015)
		got := r.Journal().Messages
		equal(t, "messages", len(got), 7)
		equal(t, "the first", got[0].Text+got[0].Account, "您好test1@gh")
	})
}

func TestCustomWindowAfterAClick(t *testing.T) {
	for _, event := range []string{wechattest.EventClick, wechattest.EventSubscribe, wechattest.EventScan} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			r.event(event)
			for range 3 {
				r.expect(r.answer(), 0)
			}
			r.expect(r.answer(), 45047)
			r.Advance(time.Minute)
			r.expect(r.answer(), 45015)
			equal(t, "messages", len(r.Journal().Messages), 3)
		})
	}
}

func TestCustomWindowAfterOtherEvents(t *testing.T) {
	r := newRig(t, nil)
	r.event(wechattest.EventView)
	r.expect(r.answer(), 45015)
	r.event(wechattest.EventPay)
	r.expect(r.answer(), 0)
	equal(t, "messages", len(r.Journal().Messages), 1)
	equal(t, "pushes", len(r.Journal().Pushes), 1)
}

func TestCustomClickDoesNotShortenTheLongWindow(t *testing.T) {
	r := newRig(t, nil)
	r.say()
	r.event(wechattest.EventClick)
	for range 8 {
		r.expect(r.answer(), 0)
	}
	r.expect(r.answer(), 45047)
	equal(t, "messages", len(r.Journal().Messages), 8)
}

func TestCustomRefusals(t *testing.T) {
	tests := []struct {
		name string
		body object
		code int
	}{
		{"type", object{"touser": openID, "msgtype": "smoke", "smoke": object{}}, 40008},
		{"nothing in it", object{"touser": openID, "msgtype": "news"}, 40035},
		{"empty", words(""), 44004},
		{"too long", words(strings.Repeat("字", 683)), 45002},
		{"unknown picture", object{"touser": openID, "msgtype": "image", "image": object{"media_id": "x"}}, 40007},
		{"unknown article", object{"touser": openID, "msgtype": "mpnewsarticle", "mpnewsarticle": object{"article_id": "x"}}, 53600},
		{"nobody", object{"touser": "oNobody", "msgtype": "text", "text": object{"content": "一"}}, 40003},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.say()
			r.expect(r.post("message/custom/send", tt.body), tt.code)
			equal(t, "messages", len(r.Journal().Messages), 0)
			r.expect(r.answer(), 0)
		})
	}
}

func TestCustomAfterUnsubscribing(t *testing.T) {
	r := newRig(t, nil)
	r.say()
	r.event(wechattest.EventUnsubscribe)
	r.expect(r.answer(), 43004)
	equal(t, "messages", len(r.Journal().Messages), 0)
}

func TestTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		typing := func(command string) reply {
			return r.post("message/custom/typing", object{"touser": openID, "command": command})
		}
		r.expect(typing("Typing"), 45080)
		r.say()
		r.expect(typing("Sing"), 45072)
		r.expect(typing("Typing"), 0)
		r.expect(typing("Typing"), 45081)
		r.expect(typing("CancelTyping"), 0)
		r.expect(typing("Typing"), 0)
		r.expect(r.answer(), 0)
		r.expect(typing("Typing"), 0)
		r.Advance(31 * time.Second)
		r.expect(typing("Typing"), 45080)
	})
}

func TestUsers(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.AddFan(wechattest.Fan{AppID: appID, OpenID: "oUser2", UnionID: "u2", Remark: "甲"})
	ok(t, err)
	info := r.get("user/info", "openid", "oUser2", "lang", "zh_CN")
	equal(t, "info", info.field(t, "subscribe")+info.field(t, "unionid")+info.field(t, "remark")+info.field(t, "nickname"), "1u2甲")
	r.expect(r.get("user/info", "openid", "oNobody"), 40003)

	both := object{"user_list": []object{{"openid": openID}, {"openid": "oUser2"}}}
	equal(t, "second", r.post("user/info/batchget", both).field(t, "user_info_list.1.openid"), "oUser2")
	r.expect(r.post("user/info/batchget", object{"user_list": []object{{"openid": "oNobody"}}}), 40003)
	r.expect(r.post("user/info/batchget", object{"user_list": make([]object, 101)}), 40003)

	all := r.get("user/get")
	equal(t, "all", all.field(t, "total")+all.field(t, "count")+all.field(t, "next_openid"), "22oUser2")
	equal(t, "behind the first", r.get("user/get", "next_openid", openID).field(t, "data.openid.0"), "oUser2")
	end := r.get("user/get", "next_openid", "oUser2")
	equal(t, "behind the last", end.field(t, "count")+end.field(t, "next_openid"), "0")
	r.expect(r.get("user/get", "next_openid", "oNobody"), 40003)

	_, err = r.Event(appID, "oUser2", wechattest.EventUnsubscribe, "")
	ok(t, err)
	equal(t, "total", r.get("user/get").field(t, "total"), "1")
	gone := r.get("user/info", "openid", "oUser2")
	equal(t, "info", gone.field(t, "subscribe")+gone.field(t, "unionid"), "0")
	equal(t, "journal", r.Journal().Fans[1].Unsubscribed, true)
}

func TestDatacube(t *testing.T) {
	r := newRig(t, nil)
	r.at(time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)) // 11:00 in Beijing
	for _, date := range []string{"2026-11-15", "2026-11-20", "2026-11-21"} {
		ok(t, r.AddStat(wechattest.Stat{AppID: appID, Name: "getusersummary", Date: date, Row: object{"user_source": 0, "new_user": 7}}))
	}
	ok(t, r.AddStat(wechattest.Stat{AppID: appID, Name: "getbizsummary", Date: "2026-11-21", Row: object{"detail": object{"read_user": 3}}}))
	tests := []struct {
		name, begin, end string
		code             int
		rows             string
	}{
		{"getusersummary", "2026-11-15", "2026-11-21", 0, "3"},
		{"getusersummary", "2026-11-20", "2026-11-20", 0, "1"},
		{"getusersummary", "2026-11-14", "2026-11-21", 61501, ""},
		{"getusersummary", "2026-11-20", "2026-11-19", 61500, ""},
		{"getusersummary", "2026-11-21", "2026-11-22", 61500, ""},
		{"getusersummary", "20261120", "2026-11-20", 61500, ""},
		{"getusercumulate", "2026-11-20", "2026-11-20", 0, "0"},
		{"getarticletotal", "2026-11-20", "2026-11-21", 61501, ""},
		{"getuserread", "2026-11-19", "2026-11-21", 0, "0"},
		{"getupstreammsgdist", "2026-11-07", "2026-11-21", 0, "0"},
		{"getbizsummary", "2026-11-21", "2026-11-21", 0, "1"},
	}
	for _, tt := range tests {
		got := r.post("datacube/"+tt.name, object{"begin_date": tt.begin, "end_date": tt.end})
		r.expect(got, tt.code)
		if tt.code == 0 {
			list, _ := got.object(t)["list"].([]any)
			equal(t, tt.name, formatInt(len(list)), tt.rows)
		}
		if tt.name == "getbizsummary" {
			equal(t, "is_delay", got.field(t, "is_delay")+got.field(t, "list.0.detail.read_user")+got.field(t, "list.0.ref_date"), "false32026-11-21")
		}
	}
	r.at(time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC)) // 7:59 in Beijing, next day
	r.expect(r.post("datacube/getusersummary", object{"begin_date": "2026-11-22", "end_date": "2026-11-22"}), 61503)
	r.later(time.Minute)
	r.expect(r.post("datacube/getusersummary", object{"begin_date": "2026-11-22", "end_date": "2026-11-22"}), 0)
}

func formatInt(n int) string { return strings.TrimSpace(string(rune('0' + n))) }
