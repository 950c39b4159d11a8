package weibo

import (
	"html"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// TextLength counts a text in 字, rounded up: ASCII is half a 字, the rest of the basic plane one, everything above it
// (most emoji) two. Links get no discount. How the API server counts is not published, so this is the strictest of what
// is known: the website's own counter of 2013 gave U+0080 to U+00FF, such as the dot in 买买提·吐尔逊, a whole 字,
// an independent measurement of 2012 half of one.
func TextLength(text string) int {
	halves := 0
	for _, r := range text {
		switch {
		case r < 0x80:
			halves++
		case r <= 0xFFFF:
			halves += 2
		default:
			halves += 4
		}
	}
	return (halves + 1) / 2
}

// fits refuses a text that the platform would certainly refuse, before any call is made.
func fits(op, text string) error {
	switch {
	case !utf8.ValidString(text):
		return invalid(op, "the text is not valid UTF-8")
	case text != "" && strings.TrimSpace(text) == "":
		return invalid(op, "the text is blank")
	}
	return textLimit().Check(text)
}

// linked refuses a post without the link that the platform asks of every post.
func (c *Client) linked(op, text string) error {
	_, links := cutLinks(text)
	if len(c.cfg.SafeDomains) == 0 {
		if len(links) == 0 {
			return invalid(op, "the post has no link; Weibo accepts none without a link to a safe domain (安全域名) of the app")
		}
		return nil
	}
	for _, link := range links {
		u, err := url.Parse(strings.TrimRight(link, `.,;:!?'")]}>`))
		if err == nil && c.safe(strings.ToLower(u.Hostname())) {
			return nil
		}
	}
	return invalid(op, "the post has no link to a safe domain (安全域名) of the app: %s", strings.Join(c.cfg.SafeDomains, ", "))
}

func (c *Client) safe(host string) bool {
	for _, d := range c.cfg.SafeDomains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

// textKey is what stays of a text however the platform shows it: links become t.cn links, the marks of #topics# go,
// blanks and invisible characters come and go, and <, > and & may be escaped. Texts are the same when their keys are.
func textKey(text string) string {
	rest, _ := cutLinks(html.UnescapeString(text))
	return strings.Map(func(r rune) rune {
		if r == '#' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, rest)
}

// cutLinks returns the text without its http and https links, and the links. A link ends where its printable ASCII
// ends, so that punctuation behind it goes with it, on whichever side of the platform it is read.
func cutLinks(text string) (rest string, links []string) {
	var out strings.Builder
	from := 0
	for at := 0; at < len(text); {
		scheme := linkScheme(text[at:])
		if scheme == 0 {
			at++
			continue
		}
		end := at + scheme
		for end < len(text) && text[end] > ' ' && text[end] < 0x7F {
			end++
		}
		if end > at+scheme {
			out.WriteString(text[from:at])
			links = append(links, text[at:end])
			from = end
		}
		at = end
	}
	out.WriteString(text[from:])
	return out.String(), links
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

func invalid(op, format string, args ...any) error {
	return failed(govmedia.KindInvalid, op, format, args...)
}

// failed is an error of ours, made before any byte left.
func failed(kind govmedia.Kind, op, format string, args ...any) error {
	e := govmedia.Errorf(kind, op, format, args...)
	e.Platform = Platform
	return e
}
