package weibotest

import (
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"strings"
	"unicode/utf8"
)

// TextLength counts a text the way the fake does unless [Config] says otherwise, in
// Chinese characters (汉字) rounded up: ASCII is half a character, the rest of the basic
// plane one, everything above it (most emoji) two. Addresses get no discount. No count
// by bytes that has been published is stricter; which one the platform's API server
// uses is not known, and one observer suspects that it counts plain characters.
func TextLength(text string) int { return (halfWidths(text) + 1) / 2 }

func halfWidths(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			n++
		case r <= 0xFFFF:
			n += 2
		default:
			n += 4
		}
	}
	return n
}

// span is a half-open range of bytes in a text.
type span struct{ from, to int }

// findLinks returns where http and https addresses stand in a text, in order. An
// address ends at the first character that cannot stand in one, such as a Chinese
// full stop, and does not include the punctuation of the sentence around it.
func findLinks(text string) []span {
	var found []span
	for at := 0; at < len(text); {
		scheme := linkScheme(text[at:])
		if scheme == 0 {
			at++
			continue
		}
		end := at + scheme
		for end < len(text) && linkByte(text[end]) {
			end++
		}
		link := strings.TrimRight(text[at:end], ".,;:!?')")
		if len(link) > scheme {
			found = append(found, span{at, at + len(link)})
		}
		at = end
	}
	return found
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

func linkByte(b byte) bool {
	return alphanumeric(b) || strings.IndexByte("-._~:/?#[]@!$&'()*+,;=%", b) >= 0
}

func alphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// hasSafeLink reports whether a text holds an address whose host is one of the
// domains or below one of them.
func hasSafeLink(text string, domains []string) bool {
	for _, at := range findLinks(text) {
		link, err := url.Parse(text[at.from:at.to])
		if err != nil {
			continue
		}
		host := strings.ToLower(link.Hostname())
		for _, domain := range domains {
			domain = strings.ToLower(domain)
			if host == domain || strings.HasSuffix(host, "."+domain) {
				return true
			}
		}
	}
	return false
}

// publish returns a posted text as readers get it: addresses become t.cn links and
// the marks of #topics# are gone.
func publish(text string) string {
	var out strings.Builder
	last := 0
	for _, at := range findLinks(text) {
		out.WriteString(stripTopics(text[last:at.from]))
		out.WriteString(shorten(text[at.from:at.to]))
		last = at.to
	}
	out.WriteString(stripTopics(text[last:]))
	return out.String()
}

// stripTopics removes the marks of #topics#, keeping their words.
func stripTopics(text string) string {
	var out strings.Builder
	for {
		before, rest, marked := strings.Cut(text, "#")
		out.WriteString(before)
		if !marked {
			return out.String()
		}
		topic, after, closed := strings.Cut(rest, "#")
		if !closed || strings.TrimSpace(topic) == "" {
			out.WriteByte('#')
			text = rest
			continue
		}
		out.WriteString(topic)
		text = after
	}
}

// shorten returns the t.cn link of an address, always the same for the same one.
func shorten(link string) string {
	const host = "http://t.cn/"
	if strings.HasPrefix(link, host) {
		return link
	}
	sum := sha256.Sum256([]byte(link))
	n := binary.BigEndian.Uint64(sum[:])
	code := make([]byte, 7)
	for i := range code {
		code[i] = base62[n%62]
		n /= 62
	}
	return host + string(code)
}

// decodeOnce undoes the percent-encoding which some clients apply inside a
// multipart part. A text that does not decode to UTF-8 is returned as it is.
func decodeOnce(text string) string {
	decoded, err := url.PathUnescape(text)
	if err != nil || !utf8.ValidString(decoded) {
		return text
	}
	return decoded
}
