package wechattest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestUploadLimits(t *testing.T) {
	const mb = 1 << 20
	tests := []struct {
		name, endpoint, query, file string
		data                        []byte
		code                        int
	}{
		{"image", "material/add_material", "type=image", "a.png", png(100), 0},
		{"image at its limit", "material/add_material", "type=image", "a.png", png(10 * mb), 0},
		{"image over it", "material/add_material", "type=image", "a.png", png(10*mb + 1), 40009},
		{"image of text", "material/add_material", "type=image", "a.png", []byte("text"), 40005},
		{"thumb at its limit", "material/add_material", "type=thumb", "a.jpg", jpeg(64 << 10), 0},
		{"thumb over it", "material/add_material", "type=thumb", "a.jpg", jpeg(64<<10 + 1), 40006},
		{"thumb no jpg", "material/add_material", "type=thumb", "a.png", png(100), 40005},
		{"voice by its name", "material/add_material", "type=voice", "a.amr", []byte("#!AMR"), 0},
		{"no type", "material/add_material", "", "a.png", png(100), 40004},
		{"another call's type", "material/add_material", "type=uploadimg", "a.png", png(100), 40004},
		{"empty", "material/add_material", "type=image", "a.png", nil, 41005},
		{"uploadimg", "media/uploadimg", "", "a.png", png(100), 0},
		{"uploadimg just below", "media/uploadimg", "", "a.png", png(mb - 1), 0},
		{"uploadimg at its limit", "media/uploadimg", "", "a.png", png(mb), 40009},
		{"uploadimg of a gif", "media/uploadimg", "", "a.gif", []byte("GIF89a....."), 40005},
		{"more than any", "media/uploadimg", "", "a.png", png(12 * mb), 45001},
		{"temporary", "media/upload", "type=image", "a.png", png(100), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.expect(r.upload(tt.endpoint, tt.query, tt.file, tt.data), tt.code)
			held := 0
			if tt.code == 0 {
				held = 1
			}
			if got := r.Journal().Materials; len(got) != held || held == 1 && got[0].Size != len(tt.data) {
				t.Errorf("the journal holds %+v", got)
			}
		})
	}
}

func TestUploadMustBeMultipart(t *testing.T) {
	r := newRig(t, nil)
	r.expect(r.post("media/uploadimg", object{"media": "x"}), 41005)
	equal(t, "uploads", len(r.Journal().Materials), 0)
}

func TestVideoNeedsItsDescription(t *testing.T) {
	mp4 := append([]byte("\x00\x00\x00\x18ftypmp42"), make([]byte, 100)...)
	r := newRig(t, nil)
	r.expect(r.upload("material/add_material", "type=video", "a.mp4", mp4), 40035)
	r.expect(r.upload("material/add_material", "type=video", "a.mp4", mp4, "description", `{"title":"片名","introduction":"简介"}`), 0)
	equal(t, "title", last(t, r.Journal().Materials).Title, "片名")
}

func TestTemporaryMediaEndsAfterThreeDays(t *testing.T) {
	r := newRig(t, nil)
	id := r.upload("media/upload", "type=image", "a.png", png(50)).field(t, "media_id")
	_, err := r.Say(appID, openID, "请发图")
	ok(t, err)
	image := object{"touser": openID, "msgtype": "image", "image": object{"media_id": id}}
	r.expect(r.post("message/custom/send", image), 0)
	r.Advance(72 * time.Hour)
	_, err = r.Say(appID, openID, "再发一次")
	ok(t, err)
	token, err := r.Token(appID, true)
	ok(t, err)
	r.token = token.AccessToken
	r.expect(r.post("message/custom/send", image), 40007)
	equal(t, "messages", len(r.Journal().Messages), 1)
}

func TestMaterialIsListedCountedAndDeleted(t *testing.T) {
	r := newRig(t, nil)
	image := r.upload("material/add_material", "type=image", "一.png", png(60))
	if !strings.HasPrefix(image.field(t, "url"), "http://mmbiz.qpic.cn/") {
		t.Error(image)
	}
	r.cover()
	list := r.post("material/batchget_material", object{"type": "image", "offset": 0, "count": 20})
	equal(t, "listed", list.field(t, "total_count")+" "+list.field(t, "item.1.name"), "2 一.png")
	equal(t, "counted", r.get("material/get_materialcount").field(t, "image_count"), "2")
	r.expect(r.post("material/del_material", object{"media_id": image.field(t, "media_id")}), 0)
	r.expect(r.post("material/del_material", object{"media_id": image.field(t, "media_id")}), 40007)
	equal(t, "counted", r.get("material/get_materialcount").field(t, "image_count"), "1")
	equal(t, "deleted in the journal", r.Journal().Materials[0].Deleted, true)
	r.expect(r.post("material/batchget_material", object{"type": "image", "offset": 0, "count": 21}), 40035)
}

func TestMediaOfAnotherAccountIsUnknown(t *testing.T) {
	r := newRig(t, nil)
	r.AddApp(wechattest.App{ID: "wx2", Secret: "s"})
	cover := r.cover()
	creds, err := r.Token("wx2", false)
	ok(t, err)
	r.token = creds.AccessToken
	r.expect(r.post("draft/add", object{"articles": []object{{"title": "一", "content": "二", "thumb_media_id": cover}}}), 40007)
	equal(t, "drafts", len(r.Journal().Drafts), 0)
}
