package wordpress

import (
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia/publish"
)

// Article is what a site shows of a rendition: a title and a body, both HTML without anything that comes alive.
type Article struct {
	Title   string
	Content string
}

// Compose makes an article of a rendition without its pictures and films, which come in between once the site holds
// them. Every line of the text becomes a paragraph, addresses with http or https become links, and everything else is
// escaped. The link to the original (原文链接), an http or https address, is the last paragraph.
func Compose(r publish.Rendition) Article { return compose(r, nil) }

func compose(r publish.Rendition, shown []file) Article {
	blocks := paragraphs(r.Text)
	for _, f := range shown {
		blocks = append(blocks, f.figure())
	}
	if web(r.Link) {
		blocks = append(blocks, "<p>原文链接："+anchor(r.Link)+"</p>")
	}
	return Article{Title: escapeAll(strings.TrimSpace(r.Title)), Content: lines(blocks)}
}

func paragraphs(text string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, "<p>"+inline(line)+"</p>")
		}
	}
	return out
}

func lines(blocks []string) string { return strings.Join(blocks, "\n") }

// figure is the block that shows a file, of the classes that themes know.
func (f file) figure() string {
	if f.Film {
		return `<figure class="wp-block-video"><video controls src="` + escapeAll(f.URL) + `"></video></figure>`
	}
	return `<figure class="wp-block-image"><img src="` + escapeAll(f.URL) + `" alt="` + escapeAll(f.Alt) +
		`" class="wp-image-` + strconv.FormatInt(int64(f.ID), 10) + `" /></figure>`
}

// describe is what a file's name tells those who do not see it: the name without its ending, on one line.
func describe(name string) string {
	name = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(name, ""), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
	return strings.TrimSuffix(name, path.Ext(name))
}

// inline escapes a line and makes links of its addresses. An address ends where its printable ASCII ends; marks behind
// it belong to the sentence.
func inline(line string) string {
	var out strings.Builder
	from := 0
	for at := 0; at < len(line); {
		if line[at] != 'h' && line[at] != 'H' {
			at++
			continue
		}
		scheme := linkScheme(line[at:])
		end := at + scheme
		for scheme > 0 && end < len(line) && line[end] > ' ' && line[end] < 0x7F && !strings.ContainsRune(`<>"`, rune(line[end])) {
			end++
		}
		link := strings.TrimRight(line[at:end], `.,;:!?'")]}`)
		if scheme == 0 || len(link) <= scheme {
			at++
			continue
		}
		out.WriteString(escapeAll(line[from:at]) + anchor(link))
		at += len(link)
		from = at
	}
	out.WriteString(escapeAll(line[from:]))
	return out.String()
}

func anchor(link string) string {
	escaped := escapeAll(link)
	return `<a href="` + escaped + `">` + escaped + `</a>`
}

// linkScheme returns the length of the scheme that s begins with, or 0.
func linkScheme(s string) int {
	for _, scheme := range []string{"http://", "https://"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return len(scheme)
		}
	}
	return 0
}

// escapeText escapes what is markup in a comment; escapeAll also what ends an attribute or begins a shortcode.
func escapeText(text string) string { return markup.Replace(text) }

func escapeAll(text string) string { return alive.Replace(text) }

var (
	markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	alive  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "[", "&#091;", "]", "&#093;")
)

// fits refuses a text that the site would refuse or change, before any call is made.
func fits(op, text string) error {
	switch {
	case !utf8.ValidString(text):
		return invalid(op, "the text is not valid UTF-8")
	case strings.TrimSpace(text) == "":
		return invalid(op, "the text is empty")
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return invalid(op, "the text holds control characters, which the site would take out")
	}
	return nil
}

// web reports whether a text is the address of something on the web.
func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
