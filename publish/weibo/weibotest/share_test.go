package weibotest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func png(size int) []byte {
	return append([]byte("\x89PNG\x0D\x0A\x1A\x0A"), make([]byte, size-8)...)
}

func TestShareStatusObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		got := r.post("statuses/share", "status", "#暴雨预警#市区内涝"+link+"。")
		r.expect(got, 0, 1)
		var status struct {
			ID        int64  `json:"id"`
			IDStr     string `json:"idstr"`
			MID       string `json:"mid"`
			Text      string `json:"text"`
			Source    string `json:"source"`
			CreatedAt string `json:"created_at"`
			User      struct {
				ID           int64 `json:"id"`
				Verified     bool  `json:"verified"`
				VerifiedType int   `json:"verified_type"`
			} `json:"user"`
		}
		got.decode(t, &status)
		if status.ID <= 1<<53 || int64(float64(status.ID)) == status.ID {
			t.Errorf("id %d survives a float64", status.ID)
		}
		if want := strconv.FormatInt(status.ID, 10); status.IDStr != want || status.MID != want {
			t.Errorf("idstr %q, mid %q, want %q", status.IDStr, status.MID, want)
		}
		if !regexp.MustCompile(`^暴雨预警市区内涝 http://t\.cn/[0-9a-zA-Z]{7}。$`).MatchString(status.Text) {
			t.Errorf("text %q: topic marks or address as sent", status.Text)
		}
		if status.CreatedAt != "Sat Jan 01 08:00:00 +0800 2000" {
			t.Errorf("created_at %q", status.CreatedAt)
		}
		if !strings.Contains(status.Source, `rel="nofollow">政务矩阵</a>`) {
			t.Errorf("source %q", status.Source)
		}
		if status.User.ID != 7001 || !status.User.Verified || status.User.VerifiedType != 1 {
			t.Errorf("user %+v", status.User)
		}
		p := r.lastPost()
		if p.Text != "#暴雨预警#市区内涝"+link+"。" || p.Shown != status.Text || p.RIP != "203.0.113.7" || !p.Visible {
			t.Errorf("journal %+v", p)
		}
	})
}

func TestShareRefusals(t *testing.T) {
	tests := []struct {
		name  string
		cfg   weibotest.Config
		form  url.Values // replaces the good form's fields
		code  int
		posts int
	}{
		{name: "good", posts: 1},
		{name: "subdomain of a safe domain", form: values("status", "https://a.b.GOV.example/x?y=1#z"), posts: 1},
		{name: "no address at all", form: values("status", "没有链接"), code: 10017},
		{name: "address elsewhere", form: values("status", "https://gov.example.evil.test/"), code: 10017},
		{name: "safe domain as suffix only", form: values("status", "https://notgov.example/"), code: 10017},
		{name: "empty text", form: values("status", " "), code: 20008},
		{name: "rip missing", form: values("rip", ""), code: 10016},
		{name: "rip missing but allowed", cfg: weibotest.Config{AllowMissingRIP: true}, form: values("rip", ""), posts: 1},
		{name: "rip is no address", form: values("rip", "localhost"), code: 10017},
		{name: "picture outside multipart", form: values("pic", "abc"), code: 20007},
		{name: "140 characters", form: values("status", strings.Repeat("汉", 127)+link), posts: 1},
		{name: "one over", form: values("status", strings.Repeat("汉", 128)+link), code: 20012},
		{name: "emoji count two", form: values("status", strings.Repeat("🌧", 64)+link), code: 20012},
		{
			name: "own counter", form: values("status", "甲"+link), code: 20012,
			cfg: weibotest.Config{TextLength: func(text string) int { return len(text) }, MaxText: 10},
		},
		{name: "unknown fields are ignored", form: values("annotations", "x", "response_type", "code"), posts: 1},
		{name: "token unknown", form: values("access_token", "2.00nobody"), code: 21332},
		{name: "token missing", form: values("access_token", ""), code: 10006},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, &tt.cfg)
			form := values("access_token", r.token, "rip", "2001:db8::7", "status", "通知"+link)
			for name := range tt.form {
				form.Set(name, tt.form.Get(name))
			}
			r.expect(r.form(t.Context(), "/2/statuses/share.json", form), tt.code, tt.posts)
		})
	}
}

func TestShareNeedsBoundDomain(t *testing.T) {
	r := newRig(t, nil)
	r.AddApp(weibotest.App{Key: appKey, Secret: secret})
	got := r.post("statuses/share", "status", "通知"+link)
	r.expect(got, 10017, 0)
	if !strings.Contains(string(got.body), "appkey not bind domain!") {
		t.Error(got)
	}
}

func TestSharePictures(t *testing.T) {
	const limit = 5 << 20
	tests := []struct {
		name    string
		picture []byte
		code    int
	}{
		{"png", png(100), 0},
		{"jpeg", []byte("\xFF\xD8\xFF\xE0 and so on"), 0},
		{"gif", []byte("GIF89a and so on"), 0},
		{"webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), 20005},
		{"empty", []byte{}, 20005},
		{"just below 5 MiB", png(limit - 1), 0},
		{"5 MiB", png(limit), 20006},
		{"far over", png(limit + 1<<20), 10018},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			posts := 0
			if tt.code == 0 {
				posts = 1
			}
			r.expect(r.upload("带图"+link, tt.picture), tt.code, posts)
			if posts == 1 && r.lastPost().Picture.Size != len(tt.picture) {
				t.Errorf("picture %+v", r.lastPost().Picture)
			}
		})
	}
}

func TestLenientDecode(t *testing.T) {
	twice := url.PathEscape("图片" + link)
	t.Run("strict finds no address in a text encoded twice", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(r.upload(twice, png(100)), 10017, 0)
	})
	t.Run("lenient", func(t *testing.T) {
		r := newRig(t, &weibotest.Config{LenientDecode: true})
		r.expect(r.upload(twice, png(100)), 0, 1)
		if p := r.lastPost(); p.Text != "图片"+link {
			t.Errorf("text %q", p.Text)
		}
		r.expect(r.upload("完成 100%"+link, png(100)), 0, 2)
	})
}

func TestRepeatedContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		id := r.share("通知")
		r.expect(r.post("statuses/share", "status", "通知"+link), 20019, 1)
		ok(t, r.Delete(id))
		r.expect(r.post("statuses/share", "status", "通知"+link), 20019, 1)
		r.Advance(time.Hour - time.Second)
		r.expect(r.post("statuses/share", "status", "通知"+link), 20019, 1)
		r.Advance(time.Second)
		r.expect(r.post("statuses/share", "status", "通知"+link), 0, 2)
	})
	t.Run("switched off", func(t *testing.T) {
		r := newRig(t, &weibotest.Config{DuplicateWindow: -1})
		r.share("通知")
		r.share("通知")
	})
}

func TestQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		for i := range 30 {
			r.share(strconv.Itoa(i))
		}
		got := r.post("statuses/share", "status", "第31条"+link)
		r.expect(got, 20016, 30)
		if got.status != http.StatusForbidden {
			t.Errorf("status %d, want 403", got.status)
		}
		r.Advance(59 * time.Minute)
		r.expect(r.post("statuses/share", "status", "第31条"+link), 20016, 30)
		r.Advance(time.Minute)
		r.expect(r.post("statuses/share", "status", "第31条"+link), 0, 31)
	})
	t.Run("calls per day reset at midnight in Beijing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, &weibotest.Config{CallsPerDay: 2})
			r.expect(r.get("account/get_uid"), 0, 0)
			r.expect(r.get("account/get_uid"), 0, 0)
			got := r.get("account/get_uid")
			r.expect(got, 10023, 0)
			if strings.Contains(string(got.body), "request\":") {
				t.Errorf("10023 with request: %v", got)
			}
			r.Advance(16*time.Hour - time.Second) // the bubble begins at 08:00 in Beijing
			r.expect(r.get("account/get_uid"), 10023, 0)
			r.Advance(time.Second)
			r.expect(r.get("account/get_uid"), 0, 0)
		})
	})
}

func TestClosedWrites(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range []string{
		"statuses/update", "statuses/upload", "statuses/upload_url_text", "statuses/upload_pic", "statuses/repost",
	} {
		r.expect(r.post(name, "status", "通知"+link), 10014, 0)
	}
}

func TestErrorStatus(t *testing.T) {
	r := newRig(t, &weibotest.Config{ErrorStatus: http.StatusOK})
	if got := r.post("statuses/share", "status", "没有链接"); got.status != http.StatusOK || got.code() != 10017 {
		t.Error(got)
	}
	if got := r.get("comments/show", "id", "5"); got.status != http.StatusOK || got.code() != 20101 {
		t.Error(got)
	}
}

func TestStringTypes(t *testing.T) {
	r := newRig(t, &weibotest.Config{StringTypes: true})
	if got := r.get("statuses/show", "id", "5"); !strings.Contains(string(got.body), `"error_code":"20101"`) {
		t.Error(got)
	}
	if got := r.oauth("get_token_info", "access_token", r.token); !strings.Contains(string(got.body), `"uid":"7001"`) {
		t.Error(got)
	}
	if got := r.oauth("revokeoauth2", "access_token", r.token); !strings.Contains(string(got.body), `"result":"true"`) {
		t.Error(got)
	}
}

func TestTokenPlaces(t *testing.T) {
	form := values("status", "通知"+link, "rip", "203.0.113.7")
	send := func(r *rig, path, authorization string, form url.Values) reply {
		req := httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", authorization)
		return r.do(req)
	}
	t.Run("query", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(send(r, "/2/statuses/share.json?access_token="+r.token, "", form), 0, 1)
	})
	t.Run("header", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(send(r, "/2/statuses/share.json", "OAuth2 "+r.token, form), 0, 1)
	})
	t.Run("bearer is not it", func(t *testing.T) {
		r := newRig(t, nil)
		r.expect(send(r, "/2/statuses/share.json", "Bearer "+r.token, form), 10006, 0)
	})
}

func TestUnknownPathsAndMethods(t *testing.T) {
	r := newRig(t, nil)
	r.expect(r.get("statuses/nonsense"), 10020, 0)
	r.expect(r.get("statuses/share"), 10021, 0)
	r.expect(r.post("statuses/show"), 10021, 0)
	r.expect(r.do(httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/2/statuses/show", nil)), 10020, 0)
}

func TestRequestBodyBounded(t *testing.T) {
	r := newRig(t, nil)
	r.expect(r.post("statuses/share", "status", strings.Repeat("a", 2<<20)), 10018, 0)
}

func TestDestroy(t *testing.T) {
	r := newRig(t, nil)
	other := r.AddUser(weibotest.User{ScreenName: "别人"})
	foreign, err := r.AddPost(other.UID, "别人的")
	ok(t, err)
	mine := r.share("我的")
	r.expect(r.post("statuses/destroy", "id", foreign.ID), 20102, 2)
	r.expect(r.post("statuses/destroy", "id", "12345"), 20101, 2)
	r.expect(r.post("statuses/destroy", "id", "x"), 10008, 2)
	r.expect(r.post("statuses/destroy"), 20109, 2)
	got := r.post("statuses/destroy", "id", mine)
	r.expect(got, 0, 2)
	if !strings.Contains(string(got.body), mine) || !r.lastPost().Deleted {
		t.Errorf("answer %v, journal %+v", got, r.lastPost())
	}
	r.expect(r.post("statuses/destroy", "id", mine), 20101, 2)
	r.expect(r.get("statuses/show", "id", mine), 20101, 2)
}

func TestShowDeleted(t *testing.T) {
	r := newRig(t, &weibotest.Config{ShowDeleted: true})
	mine := r.share("我的")
	r.expect(r.post("statuses/destroy", "id", mine), 0, 1)
	var shown struct {
		IDStr   string `json:"idstr"`
		Deleted string `json:"deleted"`
		User    any    `json:"user"`
	}
	got := r.get("statuses/show", "id", mine)
	r.expect(got, 0, 1)
	got.decode(t, &shown)
	if shown.IDStr != mine || shown.Deleted != "1" || shown.User != nil {
		t.Errorf("shown %+v", shown)
	}
	r.expect(r.get("statuses/show", "id", "12345"), 20101, 1)
}

func TestShadowedDeletions(t *testing.T) {
	r := newRig(t, nil)
	mine := r.share("我的")
	r.expect(r.post("comments/create", "id", mine, "comment", "补充"), 0, 1)
	comment := r.lastComment().ID
	r.Script(weibotest.Fault{Name: weibotest.FaultShadowDrop, Times: 2})
	r.expect(r.post("statuses/destroy", "id", mine), 0, 1)
	if r.lastPost().Deleted || r.get("statuses/show", "id", mine).code() != 0 {
		t.Error("the post is gone")
	}
	r.expect(r.post("comments/destroy", "cid", comment), 0, 1)
	if r.lastComment().Deleted {
		t.Error("the comment is gone")
	}
}

func TestConcurrentSharesKeepTheQuota(t *testing.T) {
	r := newRig(t, nil)
	r.SetTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) // no hour ends in between
	done := make(chan int)
	for i := range 50 {
		go func() { done <- r.post("statuses/share", "status", strconv.Itoa(i)+link).code() }()
	}
	var codes []int
	for range 50 {
		codes = append(codes, <-done)
		r.Journal()
	}
	slices.Sort(codes)
	if codes[29] != 0 || codes[30] != 20016 {
		t.Errorf("codes %v", codes)
	}
	r.expect(r.get("account/get_uid"), 0, 30)
}
