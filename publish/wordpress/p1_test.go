package wordpress_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
)

// At each limit a post passes and is held as it was written; one over, it is refused before any call, with the unit and
// by how much.
func TestP1_WordPressLimits(t *testing.T) {
	const room = 4096 // bytes of a file
	size := func(m publish.Media) int { return room - len(m.Data) }
	pictures := func(n int) (files []publish.Media) {
		for i := range n {
			files = append(files, picture("图.png", i))
		}
		return files
	}
	films := func(n int) (files []publish.Media) {
		for i := range n {
			files = append(files, film("现场.mp4", i))
		}
		return files
	}
	bitmap := publish.Media{Name: "图.bmp", Type: "image/bmp", Data: append([]byte("BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"+
		"\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00"), make([]byte, 28)...)}
	for _, c := range []struct {
		name        string
		title, text string // empty for the usual
		cover       *publish.Media
		media       []publish.Media
		says        []string // empty when it passes
	}{
		{name: "the longest title", title: strings.Repeat("字", 21_845)},
		{name: "a title one over", title: strings.Repeat("字", 21_845) + "a", says: []string{"65535 字节", "65536", "1 too many"}},
		{name: "a title of what has to be escaped", title: strings.Repeat("&", 13_107)},
		{name: "one more of it", title: strings.Repeat("&", 13_108), says: []string{"65535 字节", "5 too many"}},
		{name: "no title", title: " ", says: []string{"the text is empty"}},
		{name: "the longest text", text: strings.Repeat("字", 97) + "a"}, // 292 bytes and <p></p>
		{name: "a text one over", text: strings.Repeat("字", 97) + "ab", says: []string{"299 字节", "300", "1 too many"}},
		{name: "a picture at the limit", media: []publish.Media{picture("a.png", size(picture("", 0)))}},
		{name: "a picture one over", media: []publish.Media{picture("a.png", size(picture("", 0))+1)}, says: []string{`the picture "a.png"`, "4097 bytes", "1 more"}},
		{name: "a picture of another type", media: []publish.Media{bitmap}, says: []string{"is image/bmp", "image/webp"}},
		{name: "a film at the limit", media: []publish.Media{film("a.mp4", size(film("", 0)))}},
		{name: "a film one over", media: []publish.Media{film("a.mp4", size(film("", 0))+1)}, says: []string{`the film "a.mp4"`, "4097 bytes", "1 more"}},
		{name: "as many files as there may be", media: append(pictures(50), films(5)...)},
		{name: "a picture too many", media: pictures(51), says: []string{"takes 50 pictures", "has 51", "1 too many"}},
		{name: "a film too many", media: films(6), says: []string{"takes 5 films", "has 6", "1 too many"}},
		{name: "a cover at the limit", cover: new(picture("a.png", size(picture("", 0))))},
		{name: "a cover one over", cover: new(picture("a.png", size(picture("", 0))+1)), says: []string{"the cover", "4097 bytes", "1 more"}},
		{name: "a film for a cover", cover: new(film("a.mp4", 0)), says: []string{"the cover", "must be a picture"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			house(t, wordpress.Config{MaxUpload: room, MaxContent: 299}, func(t *testing.T, e *engine) {
				p := publish.Post{Title: title, Text: "今晚停水", Link: link}
				if c.title != "" {
					p.Title = c.title
				}
				if c.text != "" {
					p.Text = c.text
				}
				if c.cover != nil {
					p.Cover = e.add(t, *c.cover)
				}
				for _, m := range c.media {
					p.Media = append(p.Media, e.add(t, m))
				}
				if len(c.says) > 0 {
					_, err := e.draft(t, p)
					require.ErrorIs(t, err, govmedia.KindInvalid)
					for _, says := range c.says {
						require.ErrorContains(t, err, says)
					}
					require.Empty(t, e.fake.Journal().Calls)
					return
				}
				d := e.settle(t, e.post(t, p))
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				j := e.fake.Journal()
				require.Len(t, j.Posts, 1)
				text, _ := written(j.Posts[0].Content)
				require.Equal(t, p.Text, text)
				require.Equal(t, len(c.media), strings.Count(j.Posts[0].Content, "<figure"))
			})
		})
	}
}

// A text that is too long is cut for the site as for any other, and leads to the original.
func TestP1_WordPressShortens(t *testing.T) {
	house(t, wordpress.Config{MaxContent: 100}, func(t *testing.T, e *engine) {
		d := e.settle(t, e.post(t, publish.Post{
			Title: title, Text: "今晚十点起城北片区停水。" + strings.Repeat("请储水。", 9), Link: link, Overflow: publish.OverflowShorten,
		}))
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		p := e.fake.Journal().Posts[0]
		text, original := written(p.Content)
		require.Equal(t, []string{title, "今晚十点起城北片区停水。请储水。请储水。请储水。请储水。…", link}, []string{p.Title, text, original})
	})
}
