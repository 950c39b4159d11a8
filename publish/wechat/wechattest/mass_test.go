package wechattest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func toAll(more ...any) object {
	out := object{"filter": object{"is_to_all": true}, "msgtype": "text", "text": object{"content": "通知"}}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

func (r *rig) sendAll(more ...any) reply { return r.post("message/mass/sendall", toAll(more...)) }

func (r *rig) masses(want int) {
	r.t.Helper()
	equal(r.t, "mass messages", len(r.Journal().Masses), want)
}

func TestMassOfADraft(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	got := r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": media}, "send_ignore_reprint", 0)
	r.expect(got, 0)
	equal(t, "errmsg", got.field(t, "errmsg"), "send job submission success")
	m := r.lastMass()
	equal(t, "msg_id", got.field(t, "msg_id"), m.MsgID)
	equal(t, "msg_data_id", got.field(t, "msg_data_id"), m.MsgDataID)
	equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftGone)
	for _, want := range []string{"SENDING", "SEND_SUCCESS"} {
		equal(t, "status", r.post("message/mass/get", object{"msg_id": m.MsgID}).field(t, "msg_status"), want)
	}
	m = r.lastMass()
	equal(t, "reached", strings.Join(m.To, " "), openID)
	if m.Result != "send success" || m.Articles[0].URL == "" {
		t.Errorf("journal %+v", m)
	}
}

func TestMassTextHasNoMsgDataID(t *testing.T) {
	r := newRig(t, nil)
	equal(t, "msg_data_id", r.sendAll().field(t, "msg_data_id"), "")
	r.masses(1)
}

func TestClientMsgIDRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		media := r.draft("通知")
		send := func() reply {
			return r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": media}, "clientmsgid", "op-1")
		}
		id := send().field(t, "msg_id")
		r.Advance(time.Minute - 1)
		r.expect(send(), 45066)
		r.Advance(time.Minute - 1)
		r.expect(send(), 45066)
		r.Advance(time.Minute)
		again := send()
		r.expect(again, 45065)
		equal(t, "msg_id", again.field(t, "msg_id"), id)
		r.masses(1)
		r.later(24 * time.Hour)
		r.expect(send(), 40007)
		r.masses(1)
	})
}

func TestClientMsgIDIsMadeWhenThereIsNone(t *testing.T) {
	r := newRig(t, &wechattest.Config{MassPerDay: -1})
	r.expect(r.sendAll(), 0)
	r.expect(r.sendAll(), 45066)
	r.expect(r.sendAll("text", object{"content": "另一条"}), 0)
	r.masses(2)
}

func TestClientMsgIDOfARefusedMessageIsFree(t *testing.T) {
	r := newRig(t, nil)
	r.expect(r.sendAll("clientmsgid", "op-1", "text", object{}), 44004)
	r.expect(r.sendAll("clientmsgid", "op-1"), 0)
	r.expect(r.sendAll("clientmsgid", strings.Repeat("x", 33)), 45067)
	r.masses(1)
}

func TestMassRefusals(t *testing.T) {
	tests := []struct {
		name string
		more []any
		code int
	}{
		{"type", []any{"msgtype", "smoke"}, 40008},
		{"no draft named", []any{"msgtype", "mpnews"}, 41006},
		{"unknown draft", []any{"msgtype", "mpnews", "mpnews", object{"media_id": "x"}}, 40007},
		{"no picture named", []any{"msgtype", "images"}, 41006},
		{"unknown picture", []any{"msgtype", "images", "images", object{"media_ids": []string{"x"}}}, 40007},
		{"unknown voice", []any{"msgtype", "voice", "voice", object{"media_id": "x"}}, 40007},
		{"no card", []any{"msgtype", "wxcard"}, 40215},
		{"unknown tag", []any{"filter", object{"is_to_all": false, "tag_id": 9}}, 40152},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.expect(r.sendAll(tt.more...), tt.code)
			r.masses(0)
		})
	}
}

func TestMassToATag(t *testing.T) {
	r := newRig(t, nil)
	_, err := r.AddFan(wechattest.Fan{AppID: appID, OpenID: "oUser2"})
	ok(t, err)
	r.expect(r.sendAll("filter", object{"is_to_all": false, "tag_id": "2"}), 0)
	equal(t, "to", strings.Join(r.lastMass().To, " "), openID)
}

func TestSubscriptionAccountSendsOnceADay(t *testing.T) {
	r := newRig(t, nil)
	r.at(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	r.expect(r.sendAll("clientmsgid", "1"), 0)
	r.expect(r.sendAll("clientmsgid", "2"), 45028)
	ok(t, r.SettleMass(r.lastMass().MsgID, "err(20001)"))
	r.expect(r.sendAll("clientmsgid", "3"), 0)
	r.masses(2)
	r.at(time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)) // midnight in Beijing
	r.expect(r.sendAll("clientmsgid", "4"), 0)
	r.masses(3)
}

func TestServiceAccountReachesACitizenFourTimesAMonth(t *testing.T) {
	r := newRig(t, nil, service)
	r.at(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC))
	for i := range 4 {
		r.expect(r.sendAll("clientmsgid", fmt.Sprint(i)), 0)
	}
	r.expect(r.sendAll("clientmsgid", "5"), 45028)
	_, err := r.AddFan(wechattest.Fan{AppID: appID, OpenID: "oUser2"})
	ok(t, err)
	r.expect(r.sendAll("clientmsgid", "6"), 0)
	equal(t, "to", strings.Join(r.lastMass().To, " "), "oUser2")
	r.at(time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC))
	r.expect(r.sendAll("clientmsgid", "7"), 0)
	equal(t, "to", len(r.lastMass().To), 2)
}

func TestMassSendIsForServiceAccounts(t *testing.T) {
	r := newRig(t, nil)
	two := object{"touser": []string{openID, "oUser2"}, "msgtype": "text", "text": object{"content": "一"}}
	r.expect(r.post("message/mass/send", two), 48001)
	service := newRig(t, nil, service)
	service.expect(service.post("message/mass/send", object{"touser": []string{openID}, "msgtype": "text"}), 40130)
	service.expect(service.post("message/mass/send", object{"touser": openID, "msgtype": "text"}), 40003)
	service.expect(service.post("message/mass/send", two), 0)
	equal(t, "to", strings.Join(service.lastMass().To, " "), openID)
	r.masses(0)
}

func TestMassIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &wechattest.Config{MassPerMinute: 1, MassPerDay: -1})
		r.expect(r.sendAll("clientmsgid", "1"), 0)
		r.expect(r.sendAll("clientmsgid", "2"), 42010)
		r.Advance(time.Minute)
		r.expect(r.sendAll("clientmsgid", "2"), 0)
		r.masses(2)
	})
}

func TestPreviewSpendsNothing(t *testing.T) {
	r := newRig(t, nil)
	media := r.draft("通知")
	preview := object{"touser": openID, "msgtype": "mpnews", "mpnews": object{"media_id": media}}
	r.expect(r.post("message/mass/preview", preview), 0)
	r.expect(r.post("message/mass/preview", object{"towxname": "某人", "msgtype": "text", "text": object{"content": "一"}}), 0)
	r.expect(r.post("message/mass/preview", object{"touser": "oNobody", "msgtype": "text", "text": object{"content": "一"}}), 40003)
	r.expect(r.post("message/mass/preview", object{"msgtype": "text", "text": object{"content": "一"}}), 40003)
	equal(t, "the draft's state", r.lastDraft().State, wechattest.DraftInBox)
	equal(t, "previews", len(r.Journal().Previews), 2)
	equal(t, "previewed to", last(t, r.Journal().Previews).OpenID, "某人")
	r.masses(0)
}

func TestMassDelete(t *testing.T) {
	r := newRig(t, &wechattest.Config{MassPerDay: -1})
	media := r.post("draft/add", object{"articles": []object{r.article("一"), r.article("二")}}).field(t, "media_id")
	id := r.sendAll("msgtype", "mpnews", "mpnews", object{"media_id": media}).field(t, "msg_id")
	del := func(more object) reply {
		more["msg_id"] = id
		return r.post("message/mass/delete", more)
	}
	r.expect(del(object{}), 40059)
	ok(t, r.SettleMass(id, "send success"))
	r.expect(del(object{"article_idx": 3}), 40060)
	r.expect(del(object{"article_idx": 1}), 0)
	m := r.lastMass()
	if !m.Articles[0].Deleted || m.Articles[1].Deleted || m.Status != wechattest.MassSuccess {
		t.Errorf("journal %+v", m)
	}
	r.expect(r.post("message/mass/delete", object{"url": m.Articles[1].URL}), 0)
	equal(t, "status", r.lastMass().Status, wechattest.MassDeleted)
	text := r.sendAll().field(t, "msg_id")
	ok(t, r.SettleMass(text, "send success"))
	r.expect(r.post("message/mass/delete", object{"msg_id": text}), 40008)
	r.expect(r.post("message/mass/delete", object{"url": "http://x"}), 40059)
	r.expect(r.post("message/mass/get", object{"msg_id": 5}), 40059)
}

func TestMassSpeed(t *testing.T) {
	r := newRig(t, nil)
	r.expect(r.post("message/mass/speed/set", object{"speed": 4}), 0)
	r.expect(r.post("message/mass/speed/set", object{"speed": 5}), 40035)
	equal(t, "realspeed", r.post("message/mass/speed/get", object{}).field(t, "realspeed"), "10")
}
