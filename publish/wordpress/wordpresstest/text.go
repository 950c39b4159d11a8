package wordpresstest

import (
	"regexp"
	"slices"
	"strings"
)

var (
	tags     = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>`)
	entities = regexp.MustCompile(`&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,20});`)
	scripts  = regexp.MustCompile(`(?i)\s(on[a-z]+|style)\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)`)
)

// commentTags are what a citizen may use; an author of posts may use more.
var commentTags = []string{"a", "abbr", "acronym", "b", "blockquote", "cite", "code", "del", "em", "i", "q", "s", "strike", "strong"}

var postTags = []string{"p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "img", "div", "span", "table", "tr", "td", "th", "pre", "hr", "figure"}

// filtered is a text as stored for a user: editors and administrators may write any HTML (unfiltered_html), scripts
// included; from others' texts the tags that are not allowed are taken out, while what stands between them stays.
func (u *user) filtered(text string) string {
	if u.can(Editor) {
		return text
	}
	return keepTags(text, slices.Concat(postTags, commentTags))
}

func filterComment(text string) string { return keepTags(text, commentTags) }

func stripTags(text string) string { return tags.ReplaceAllString(text, "") }

// keepTags is a simpler kses: it drops other tags and event handlers, and escapes what is no markup.
func keepTags(text string, allowed []string) string {
	var out strings.Builder
	from := 0
	for _, m := range tags.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(escapeLoose(text[from:m[0]]))
		from = m[1]
		name := strings.ToLower(text[m[4]:m[5]])
		for _, a := range allowed {
			if a == name {
				out.WriteString(scripts.ReplaceAllString(text[m[0]:m[1]], ""))
			}
		}
	}
	out.WriteString(escapeLoose(text[from:]))
	return out.String()
}

// escapeLoose escapes angle brackets and ampersands that begin no entity.
func escapeLoose(text string) string {
	var out strings.Builder
	from := 0
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	for _, m := range entities.FindAllStringIndex(text, -1) {
		out.WriteString(escape.Replace(text[from:m[0]]) + text[m[0]:m[1]])
		from = m[1]
	}
	out.WriteString(escape.Replace(text[from:]))
	return out.String()
}
