package matrix_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

// limited is a board with limits of every sort.
type limited struct {
	*readable
	limits publish.Limits
}

func (l *limited) Limits() publish.Limits { return l.limits }

func newLimited(length int) *limited {
	return &limited{&readable{board: &board{}}, publish.Limits{Text: verify.TextLimit{Platform: "board", Max: length, Unit: "字"}}}
}

const link = "https://www.shili.example/n/7"

func TestP1_ATextTooLongIsShortenedWithItsLink(t *testing.T) {
	first := "受上游降雨影响，城北片区今晚二十二时起停水。"
	for _, c := range []struct {
		name, title, text, link string
		room                    int
		want                    string
		says                    string
	}{
		{"it fits", "通知", first, link, 100, "【通知】" + first + " " + link, ""},
		{"cut at the end of a sentence", "", first + "请提前储水，恢复时间另行通知。", link, 22 + 4 + 29, first + "…全文：" + link, ""},
		{"one less than the sentence needs", "", first + "请提前储水。", link, 22 + 4 + 28, "受上游降雨影响，城北片区今晚二十二时起停…全文：" + link, ""},
		{"with its title", "停水", first + "请提前储水，恢复时间另行通知。", link, 4 + 22 + 4 + 29, "【停水】" + first + "…全文：" + link, ""},
		{"a number is not torn", "", "补贴标准为每亩10000元以内，以公告为准。", link, 10 + 4 + 29, "补贴标准为每亩…全文：" + link, ""},
		{"an address is not torn", "", "详见https://a.example/very/long/path/of/it和公告。", link, 25 + 4 + 29, "详见…全文：" + link, ""},
		{"a character is not torn", "", "祝贺👨‍👩‍👧‍👦一家", link, 5 + 4 + 29, "祝贺…全文：" + link, ""},
		{"no link", "", first + first, "", 30, "", "Post.Link"},
		{"no room", strings.Repeat("题", 60), first, link, 60, "", "shorten the title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{newLimited(c.room)}})
			p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{
				Title: c.title, Text: c.text, Link: c.link, Overflow: publish.OverflowShorten, Targets: []string{"a1"},
			})
			if c.says != "" {
				require.ErrorIs(t, err, govmedia.KindInvalid)
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, p.Renditions["board"].Text)
			require.Equal(t, c.text, p.Text, "the author's own text stays")
		})
	}
}

func TestP1_NobodyAskedForShortening(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{newLimited(10)}})
	_, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: strings.Repeat("水", 11), Targets: []string{"a1"}})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, "allows 10 字; the text has 11, which is 1 too many")
	_, err = m.Publisher.Draft(t.Context(), "author", publish.Post{Text: strings.Repeat("水", 11), Overflow: "squeeze", Targets: []string{"a1"}})
	require.ErrorContains(t, err, `no way "squeeze"`)
	_, err = m.Publisher.Draft(t.Context(), "author", publish.Post{
		Text: "水", Overflow: publish.OverflowShorten, Link: link, Variants: map[string]publish.Variant{"board": {Text: strings.Repeat("水", 11)}}, Targets: []string{"a1"},
	})
	require.ErrorContains(t, err, "1 too many", "what an author wrote for the platform is never cut")
}

func TestP1_PartsAreComplete(t *testing.T) {
	sentence := "第甲条，城北片区停水十小时，请储水。"
	text := strings.Repeat(sentence, 7)
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{newLimited(4 + 5 + 36 + 30)}})
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{
		Title: "停水", Text: text, Link: link, Overflow: publish.OverflowSplit, Targets: []string{"a1"},
	})
	require.NoError(t, err)
	r := p.Renditions["board"]
	require.Len(t, r.Rest, 3)
	var whole string
	for i, part := range append([]publish.Rendition{r}, r.Rest...) {
		require.LessOrEqual(t, utf8.RuneCountInString(part.Text), 75)
		body, ok := strings.CutPrefix(part.Text, "【停水】（"+string(rune('1'+i))+"/4）")
		require.True(t, ok, part.Text)
		body, ok = strings.CutSuffix(body, " "+link)
		require.True(t, ok, part.Text)
		whole += body
	}
	require.Equal(t, text, whole)
	_, err = m.Publisher.Draft(t.Context(), "author", publish.Post{
		Text: strings.Repeat(text, 10), Overflow: publish.OverflowSplit, Targets: []string{"a1"},
	})
	require.ErrorContains(t, err, "9 parts")
}

// Parts are posts of their own: each has its fence and its outcome, and none leaves before the one in front of it is there.
func TestP1_PartsGoInOrder(t *testing.T) {
	two := func(t *testing.T, b *limited) (*matrix.Matrix, string) {
		t.Helper()
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{
			Text: "第一句在这里。第二句在这里。", Overflow: publish.OverflowSplit, Targets: []string{"a1", "a2"},
		})
		require.NoError(t, err)
		sign(t, m, p)
		_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
		require.NoError(t, err)
		return m, p.ID
	}
	states := func(t *testing.T, m *matrix.Matrix, id string) (states []govmedia.DeliveryState) {
		t.Helper()
		ds, err := m.Publisher.Deliveries(t.Context(), id)
		require.NoError(t, err)
		for _, d := range ds {
			states = append(states, d.State)
		}
		return states
	}
	t.Run("all well", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newLimited(12)
			m, id := two(t, b)
			stepFor(t, m, 10*time.Second)
			require.Equal(t, []govmedia.DeliveryState{govmedia.Live, govmedia.Live, govmedia.Live, govmedia.Live}, states(t, m, id))
			last := map[string]string{}
			for _, h := range b.posts {
				require.Less(t, last[h.account], h.text, "in order")
				last[h.account] = h.text
			}
			require.Len(t, b.posts, 4)
		})
	})
	t.Run("the first is in doubt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newLimited(12)
			b.script = []script{commitHang, commitHang}
			m, id := two(t, b)
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			require.Len(t, b.posts, 2, "only first parts")
			stepFor(t, m, 10*time.Minute)
			require.Len(t, b.posts, 4)
			require.Equal(t, []govmedia.DeliveryState{govmedia.Live, govmedia.Live, govmedia.Live, govmedia.Live}, states(t, m, id))
		})
	})
	t.Run("the first is rejected", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newLimited(12)
			b.script = []script{refuse(govmedia.KindRejected, 0), refuse(govmedia.KindRejected, 0)}
			m, id := two(t, b)
			stepFor(t, m, time.Hour)
			require.Empty(t, b.posts)
			require.Equal(t, []govmedia.DeliveryState{govmedia.Rejected, govmedia.Queued, govmedia.Rejected, govmedia.Queued}, states(t, m, id))
			ds, err := m.Publisher.Deliveries(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, publish.NowhereLive, publish.StateOf(ds), "nothing moves by itself")
			require.NoError(t, m.Resolve(t.Context(), "chief", ds[0].ID, govmedia.DecideSend, "", "平台已放行"))
			require.NoError(t, m.Resolve(t.Context(), "chief", ds[2].ID, govmedia.DecideCancel, "", "不再发布"))
			stepFor(t, m, time.Minute)
			require.Equal(t, []govmedia.DeliveryState{govmedia.Live, govmedia.Live, govmedia.Cancelled, govmedia.NotSent}, states(t, m, id))
		})
	})
}

// sign takes a draft through its review.
func sign(t *testing.T, m *matrix.Matrix, p publish.Post) publish.Post {
	t.Helper()
	p, err := m.Publisher.Submit(t.Context(), "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(t.Context(), "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(t.Context(), "approver", p, "")
	require.NoError(t, err)
	return p
}

func TestP1_PicturesAndFilmsArePreFlighted(t *testing.T) {
	picture, film := pngOf(t, 40, 30), publish.Media{Name: "a.mp4", Type: "video/mp4", Data: filmOf(20 * time.Second)}
	size := len(picture.Data)
	for _, c := range []struct {
		name   string
		limits publish.MediaLimit
		media  []publish.Media
		says   []string
	}{
		{"a picture at every limit", publish.MediaLimit{Pictures: 1, Picture: publish.FileLimit{MaxBytes: size, MaxSide: 40, Types: []string{"image/png"}}}, []publish.Media{picture}, nil},
		{"one byte over", publish.MediaLimit{Pictures: 1, Picture: publish.FileLimit{MaxBytes: size - 1}}, []publish.Media{picture}, []string{"board", "bytes", "1 more"}},
		{"one pixel over", publish.MediaLimit{Pictures: 1, Picture: publish.FileLimit{MaxSide: 39}}, []publish.Media{picture}, []string{"40×30 pixels", "1 more"}},
		{"another type", publish.MediaLimit{Pictures: 1, Picture: publish.FileLimit{Types: []string{"image/jpeg"}}}, []publish.Media{picture}, []string{"image/png", "image/jpeg"}},
		{"one too many", publish.MediaLimit{Pictures: 1}, []publish.Media{picture, pngOf(t, 1, 1)}, []string{"takes 1 pictures", "has 2", "1 too many"}},
		{"none taken", publish.MediaLimit{}, []publish.Media{picture}, []string{"takes 0 pictures"}},
		{"a film at its limit", publish.MediaLimit{Films: 1, Film: publish.FileLimit{MaxLength: 20 * time.Second}}, []publish.Media{film}, nil},
		{"a film too long", publish.MediaLimit{Films: 1, Film: publish.FileLimit{MaxLength: 19 * time.Second}}, []publish.Media{film}, []string{"lasts 20s", "1s more"}},
		{"no films here", publish.MediaLimit{Pictures: 9}, []publish.Media{film}, []string{"takes 0 films"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newLimited(100)
			b.limits.Media = c.limits
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
			post := publish.Post{Text: "文", Targets: []string{"a1"}}
			for _, f := range c.media {
				digest, err := m.Publisher.AddMedia(t.Context(), "author", f)
				require.NoError(t, err)
				post.Media = append(post.Media, digest)
			}
			_, err := m.Publisher.Draft(t.Context(), "author", post)
			if c.says == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, govmedia.KindInvalid)
			for _, s := range c.says {
				require.ErrorContains(t, err, s)
			}
			post.Variants = map[string]publish.Variant{"board": {Media: []string{}}}
			_, err = m.Publisher.Draft(t.Context(), "author", post)
			require.NoError(t, err, "there it goes without them")
		})
	}
}

func TestP1_AFileIsWhatItsBytesSay(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{newLimited(100)}})
	picture := pngOf(t, 4, 3)
	for _, c := range []struct {
		name string
		file publish.Media
		says string
	}{
		{"a PNG called JPEG", publish.Media{Name: "a.jpg", Type: "image/jpeg", Data: picture.Data}, "its bytes are image/png"},
		{"a text called PNG", publish.Media{Name: "a.png", Type: "image/png", Data: []byte("abc")}, "its bytes are text/plain"},
		{"a PNG called a text", publish.Media{Name: "a.txt", Type: "text/plain", Data: picture.Data}, "its bytes are image/png"},
		{"cut off", publish.Media{Name: "a.png", Type: "image/png", Data: picture.Data[:20]}, "cannot be read"},
		{"a film without a track", publish.Media{Name: "a.mp4", Type: "video/mp4", Data: filmOf(0)[:32]}, "cannot be read"},
		{"no type", publish.Media{Name: "a.png", Data: picture.Data}, "media type"},
		{"empty", publish.Media{Name: "a.png", Type: "image/png"}, "0 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := m.Publisher.AddMedia(t.Context(), "author", c.file)
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func pngOf(t *testing.T, width, height int) publish.Media {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return publish.Media{Name: "图.png", Type: "image/png", Data: b.Bytes()}
}

// filmOf is the head of an MP4 with one track of the length.
func filmOf(length time.Duration) []byte {
	box := func(name string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
	}
	numbers := func(n ...uint32) (b []byte) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	ms := uint32(length / time.Millisecond)
	head := func(n int) []byte { return make([]byte, n) }
	mvhd := box("mvhd", numbers(0, 0, 0, 1000, ms), head(80))
	tkhd := box("tkhd", numbers(3, 0, 0, 1, 0, ms), head(60))
	mdhd := box("mdhd", numbers(0, 0, 0, 1000, ms), head(4))
	hdlr := box("hdlr", numbers(0, 0), []byte("vide"), head(13))
	stbl := box("stbl", box("stsd", numbers(0, 0)), box("stts", numbers(0, 0)), box("stsc", numbers(0, 0)), box("stsz", numbers(0, 0, 0)), box("stco", numbers(0, 0)))
	trak := box("trak", tkhd, box("mdia", mdhd, hdlr, box("minf", stbl)))
	return bytes.Join([][]byte{box("ftyp", []byte("isom"), numbers(0), []byte("isomavc1")), box("moov", mvhd, trak)}, nil)
}
