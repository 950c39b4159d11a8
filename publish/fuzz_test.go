package publish

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia/verify"
)

// Whatever the text: what comes out is within the limit, and nothing is lost but what was cut for the link.
func FuzzOverflow(f *testing.F) {
	f.Add("受降雨影响，今晚二十二时起停水。请储水。", "停水", 40)
	f.Add("详见https://a.example/x?y=1和公告，补贴10,000.50元。", "", 60)
	f.Add("👨‍👩‍👧‍👦e\u0301\u200d\r\n\n，", "题", 45)
	f.Fuzz(func(t *testing.T, text, title string, room int) {
		if !utf8.ValidString(text) || !utf8.ValidString(title) || strings.TrimSpace(text) == "" || room < 1 || room > 500 {
			t.Skip()
		}
		limits := Limits{Text: verify.TextLimit{Platform: "p", Max: room}}
		bare := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s)
		}
		const link = "https://x.example/1"
		short := Post{Title: title, Text: text, Link: link, Overflow: OverflowShorten}
		if r, err := short.rendition("p", limits); err == nil {
			if !limits.fits(r) || !utf8.ValidString(r.Text) || !strings.HasSuffix(r.Text, link) {
				t.Fatalf("%q", r.Text)
			}
		}
		long := Post{Text: text, Overflow: OverflowSplit}
		r, err := long.rendition("p", limits)
		if err != nil {
			return
		}
		var whole strings.Builder
		for i, part := range slices.Concat([]Rendition{r}, r.Rest) {
			if !limits.fits(part) {
				t.Fatalf("part %d: %q", i, part.Text)
			}
			body := part.Text
			if len(r.Rest) > 0 {
				_, body, _ = strings.Cut(body, "）")
			}
			whole.WriteString(body)
		}
		if bare(whole.String()) != bare(text) {
			t.Fatalf("%q became %q", text, whole.String())
		}
	})
}

func FuzzMediaInfo(f *testing.F) {
	for _, head := range []string{
		"\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "GIF89a", "BM", "RIFF\x00\x00\x00\x00WEBPVP8 ",
		"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isomavc1\x00\x00\x00\x10moov\x00\x00\x00\x08trak",
	} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Media{Name: "f", Data: data}.Info()
		if err == nil && (info.Width < 0 || info.Height < 0 || info.Length < 0 || info.Type == "") {
			t.Fatalf("%+v", info)
		}
	})
}
