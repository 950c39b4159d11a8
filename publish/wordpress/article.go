package wordpress

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Article is what a site shows of a text: a title and a body, both HTML without anything that comes alive.
type Article struct {
	Title   string
	Content string
}

const (
	longestHead  = 100 // characters between 【 and 】, or of a first line, that still make a title
	longestTitle = 40  // characters of a title that is taken from the body
)

// Compose makes an article of a text. The title is
//
//   - what stands between 【 and 】 at the very beginning, as publish renders a post with a title; else
//   - the first line, when more lines follow; else
//   - the first sentence, or its beginning and …, in which case the body repeats it.
//
// In the first two cases the body is the rest. Every line of the body becomes a paragraph, addresses with http or https
// become links, and everything else is escaped.
func Compose(text string) Article {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	title, body := head(text)
	var content strings.Builder
	for line := range strings.SplitSeq(body, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			if content.Len() > 0 {
				content.WriteByte('\n')
			}
			content.WriteString("<p>" + inline(line) + "</p>")
		}
	}
	return Article{Title: escapeAll(title), Content: content.String()}
}

func head(text string) (title, body string) {
	first, rest, more := strings.Cut(text, "\n")
	if inner, ok := strings.CutPrefix(first, "【"); ok {
		if inner, after, ok := strings.Cut(inner, "】"); ok && short(inner) {
			return strings.TrimSpace(inner), after + "\n" + rest
		}
	}
	if first = strings.TrimSpace(first); more && short(first) {
		return first, rest
	}
	if i := strings.IndexAny(first, "。！？!?"); i > 0 {
		first = first[:i]
	}
	if runes := []rune(first); len(runes) > longestTitle {
		first = strings.TrimSpace(string(runes[:longestTitle])) + "…"
	}
	return first, text
}

func short(title string) bool {
	return strings.TrimSpace(title) != "" && utf8.RuneCountInString(title) <= longestHead
}

// inline escapes a line and makes links of its addresses. An address ends where its printable ASCII ends; marks behind
// it belong to the sentence.
func inline(line string) string {
	var out strings.Builder
	from := 0
	for at := 0; at < len(line); {
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
		escaped := escapeAll(link)
		out.WriteString(escapeAll(line[from:at]) + `<a href="` + escaped + `">` + escaped + `</a>`)
		at += len(link)
		from = at
	}
	out.WriteString(escapeAll(line[from:]))
	return out.String()
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
func escapeText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func escapeAll(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "[", "&#091;", "]", "&#093;").Replace(text)
}

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
