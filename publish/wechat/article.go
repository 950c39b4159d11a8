package wechat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// Limits of an article that nothing configures (developers.weixin.qq.com, draft/add, read 2026-11-22).
const (
	maxContent = 20_000 - 1 // characters; they never come to the 1 MB that is the other limit
	maxSource  = 1 << 10    // bytes
	maxAuthor  = 16
)

const contentUnit = "字（含HTML标签）"

func coverTypes() []string { return []string{"image/jpeg", "image/png", "image/gif", "image/bmp"} }

// paragraphs is the HTML of a plain text: every line is a paragraph, and what looks like markup is text.
func paragraphs(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if line == "" {
			line = "<br/>"
		} else {
			line = markup.Replace(line)
		}
		out.WriteString("<p>" + line + "</p>")
	}
	return out.String()
}

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// contentLength counts what is sent for a text.
func (c *Client) contentLength(text string) int {
	if text == "" {
		return 0
	}
	return utf8.RuneCountInString(c.cfg.Body(text))
}

// content is the HTML of an article: its text, and below it its pictures. address gives the address of a picture from its
// digest.
func (c *Client) content(r publish.Rendition, address func(digest string) string) string {
	var out strings.Builder
	out.WriteString(c.cfg.Body(r.Text))
	for _, digest := range r.Media {
		out.WriteString(pictureHTML(address(digest)))
	}
	return out.String()
}

// acceptable refuses a rendition that the platform would certainly refuse, before any call is made.
func (c *Client) acceptable(r publish.Rendition) error {
	const op = "draft/add"
	body := c.cfg.Body(r.Text)
	switch {
	case !plain(r.Title + r.Link + r.Text + body):
		return invalid(op, "title, text or link hold control characters or are not valid UTF-8")
	case strings.TrimSpace(r.Title) == "":
		return invalid(op, "the title is blank; an article must have one")
	case strings.ContainsAny(r.Title, "\r\n"):
		return invalid(op, "the title has several lines")
	case strings.TrimSpace(r.Text) == "":
		return invalid(op, "the text is blank")
	case len(r.Link) > maxSource:
		return invalid(op, "the link to the original has %d bytes, which is %d more than the %d allowed", len(r.Link), len(r.Link)-maxSource, maxSource)
	}
	if n := c.contentLength(r.Text) + len(r.Media)*pictureLength; n > maxContent {
		return invalid(op, "the content may have %d %s; this one has up to %d, %d of them for each of its %d pictures, which is %d too many: shorten the text",
			maxContent, contentUnit, n, pictureLength, len(r.Media), n-maxContent)
	}
	if r.Link != "" && !webAddress(r.Link) {
		return invalid(op, "the link to the original must be an http or https address")
	}
	return nil
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// fits is everything that Limits declares, for callers that did not come through a Publisher.
func (c *Client) fits(r publish.Rendition) error {
	limits := c.Limits()
	if err := limits.Title.Check(r.Title); err != nil {
		return with(err, govmedia.KindInvalid, no)
	}
	if err := limits.Text.Check(r.Text); err != nil {
		return with(err, govmedia.KindInvalid, no)
	}
	if r.Cover == "" {
		return invalid("draft/add", "a cover (封面) is required")
	}
	if n := len(r.Media); n > maxPictures {
		return invalid("draft/add", "an article takes %d pictures (图片); this one has %d, which is %d too many", maxPictures, n, n-maxPictures)
	}
	return c.acceptable(r)
}

// plain reports whether a text can be sent without escapes: JSON has no other way to write most control characters.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

// draftArticle is one article of draft/add.
type draftArticle struct {
	Type     string `json:"article_type"`
	Title    string `json:"title"`
	Author   string `json:"author,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Content  string `json:"content"`
	Source   string `json:"content_source_url,omitempty"`
	Cover    string `json:"thumb_media_id"`
	Comments int    `json:"need_open_comment"`
	FansOnly int    `json:"only_fans_can_comment"`
}

func (c *Client) article(r publish.Rendition, cover string, address func(digest string) string) draftArticle {
	return draftArticle{
		Type: "news", Title: r.Title, Author: c.cfg.Author, Digest: c.summary(r.Text), Content: c.content(r, address),
		Source: r.Link, Cover: cover, Comments: bit(c.cfg.OpenComments), FansOnly: bit(c.cfg.OpenComments && c.cfg.FansOnly),
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// summary is the text's first paragraph, cut to what a digest (摘要) may have.
func (c *Client) summary(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(strings.TrimSpace(first))
	return string(runes[:min(len(runes), max(0, c.cfg.MaxDigest))])
}

// fingerprint is the digest of everything that readers of an article get. Pictures are in it by their own digests, so that
// it is known before they have addresses.
func (c *Client) fingerprint(r publish.Rendition) string {
	text, err := json.Marshal(c.article(r, r.Cover, func(digest string) string { return digest }))
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// shows reports whether an article as the platform shows it is the rendition. The platform cleans the markup, so texts
// are compared without it, and so without pictures.
func (c *Client) shows(a article, r publish.Rendition) bool {
	return strings.TrimSpace(string(a.Title)) == strings.TrimSpace(r.Title) && string(a.Source) == r.Link &&
		textKey(string(a.Content)) == textKey(c.cfg.Body(r.Text))
}

// textKey is what stays of HTML without tags, blanks and invisible characters.
func textKey(content string) string {
	var out strings.Builder
	for content != "" {
		text, rest, _ := strings.Cut(content, "<")
		out.WriteString(text)
		_, content, _ = strings.Cut(rest, ">")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, html.UnescapeString(out.String()))
}
