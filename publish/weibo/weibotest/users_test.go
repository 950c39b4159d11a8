package weibotest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

type userAnswer struct {
	ID             int64  `json:"id"`
	IDStr          string `json:"idstr"`
	ScreenName     string `json:"screen_name"`
	Verified       bool   `json:"verified"`
	VerifiedType   int    `json:"verified_type"`
	VerifiedReason string `json:"verified_reason"`
	FollowersCount int    `json:"followers_count"`
	StatusesCount  int    `json:"statuses_count"`
	Status         *struct {
		IDStr string `json:"idstr"`
		User  any    `json:"user"`
	} `json:"status"`
}

func (r *rig) user(args ...string) userAnswer {
	r.t.Helper()
	var u userAnswer
	r.get("users/show", args...).decode(r.t, &u)
	return u
}

func TestShowUser(t *testing.T) {
	r := newRig(t, nil)
	id := r.share("通知")
	u := r.user("uid", uid)
	if u.ID != 7001 || u.IDStr != uid || !u.Verified || u.VerifiedType != 1 || u.VerifiedReason != "某市人民政府" ||
		u.FollowersCount != 12 || u.StatusesCount != 1 {
		t.Errorf("got %+v", u)
	}
	if u.Status == nil || u.Status.IDStr != id || u.Status.User != nil {
		t.Errorf("status %+v, want the newest post without its user", u.Status)
	}
	if got := r.user("screen_name", "某市发布"); got.ID != u.ID {
		t.Errorf("by name %+v", got)
	}
	r.expect(r.get("users/show", "uid", "5"), 20003, 1)
	r.expect(r.get("users/show"), 20002, 1)
}

func TestCitizenIsUnverified(t *testing.T) {
	r := newRig(t, nil)
	r.comment(r.share("通知"), "网民甲", "收到")
	if u := r.user("screen_name", "网民甲"); u.Verified || u.VerifiedType != -1 {
		t.Errorf("got %+v", u)
	}
}

func TestRenameUnverifyBan(t *testing.T) {
	r := newRig(t, nil)
	r.AddUser(weibotest.User{UID: "7002", ScreenName: "巡查员"})
	observer, err := r.Token(appKey, "7002")
	ok(t, err)
	id := r.share("通知")

	ok(t, r.RenameUser(uid, "某市政府发布"))
	if err := r.RenameUser(uid, "巡查员"); err == nil {
		t.Error("took another user's name")
	}
	ok(t, r.Unverify(uid))
	u := r.user("uid", uid)
	if u.ScreenName != "某市政府发布" || u.Verified || u.VerifiedType != -1 || u.VerifiedReason != "" {
		t.Errorf("got %+v", u)
	}
	r.expect(r.get("users/show", "screen_name", "某市发布"), 20003, 1)

	ok(t, r.Ban(uid))
	r.expect(r.post("statuses/share", "status", "冻结以后"+link), 21317, 1)
	if _, err := r.Token(appKey, uid); !errors.Is(err, weibotest.ErrUnknown) {
		t.Errorf("token for a banned user: %v", err)
	}
	r.token = observer.AccessToken
	r.expect(r.get("users/show", "uid", uid), 20003, 1)
	r.expect(r.get("statuses/show", "id", id), 20101, 1)
}

func TestUserCounts(t *testing.T) {
	r := newRig(t, nil)
	got := r.get("users/counts", "uids", "5,"+uid)
	const want = `[{"id":7001,"followers_count":12,"friends_count":0,"statuses_count":0,"private_friends_count":0}]`
	if string(got.body) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestGetUID(t *testing.T) {
	r := newRig(t, nil)
	if got := r.get("account/get_uid"); string(got.body) != `{"uid":7001}` {
		t.Error(got)
	}
}

func TestRateLimitStatusIsInformationOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &weibotest.Config{CallsPerDay: 2})
		r.share("通知")
		got := r.get("account/rate_limit_status")
		for _, want := range []string{
			`"remaining_user_hits":150`, `"reset_time":"2000-01-01 09:00:00"`, `"reset_time_in_seconds":3600`,
			`{"api":"/statuses/share","limit":30,"limit_time_unit":"HOURS","remaining_hits":29}`,
		} {
			if !strings.Contains(string(got.body), want) {
				t.Errorf("no %s in %v", want, got)
			}
		}
		r.expect(r.get("account/get_uid"), 10023, 1)
	})
}

func TestQueryIDs(t *testing.T) {
	r := newRig(t, nil)
	tests := []struct {
		name, endpoint string
		args           []string
		want           string
		code           int
	}{
		{name: "base62", endpoint: "statuses/queryid", args: []string{"mid", "zCik3bc0H", "type", "1", "isBase62", "1"}, want: `{"id":"3591268992667779"}`},
		{name: "decimal", endpoint: "statuses/queryid", args: []string{"mid", "3591268992667779", "type", "1"}, want: `{"id":"3591268992667779"}`},
		{name: "batch", endpoint: "statuses/queryid", args: []string{"mid", "1,zCik3bc0H", "type", "2", "isBase62", "1", "is_batch", "1"}, want: `[{"1":"1"},{"zCik3bc0H":"3591268992667779"}]`},
		{name: "no mid", endpoint: "statuses/queryid", args: []string{"mid", "zz!", "type", "1", "isBase62", "1"}, code: 10017},
		{name: "no type", endpoint: "statuses/queryid", args: []string{"mid", "1"}, code: 10016},
		{name: "back", endpoint: "statuses/querymid", args: []string{"id", "3591268992667779", "type", "1"}, want: `{"mid":"zCik3bc0H"}`},
		{name: "back in batch", endpoint: "statuses/querymid", args: []string{"id", "3591268992667779", "type", "1", "is_batch", "1"}, want: `[{"3591268992667779":"zCik3bc0H"}]`},
		{name: "no id", endpoint: "statuses/querymid", args: []string{"id", "x", "type", "1"}, code: 10017},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := r.get(tt.endpoint, tt.args...)
			if got.code() != tt.code || tt.code == 0 && string(got.body) != tt.want {
				t.Errorf("got %v, want %s code %d", got, tt.want, tt.code)
			}
		})
	}
}
