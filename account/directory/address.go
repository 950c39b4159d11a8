package directory

import (
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// address is a web address as a browser would understand it.
type address struct {
	host     string // plain: ASCII, lower case, no port of its scheme, no final dot
	segments []string
	query    string
	odd      bool // the path has segments that different programs understand differently
}

// parse reads an address. What is wrong is said to the public, in Chinese.
func parse(text string) (address, string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || r == '\u3000' }) {
		return address{}, "网址中有空格、反斜杠或控制字符，可能被用来伪装。"
	}
	if !strings.Contains(text, "://") {
		text = "https://" + strings.TrimPrefix(text, "//")
	}
	u, err := url.Parse(text)
	if err != nil {
		return address{}, "这不是完整、规范的网址。"
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return address{}, "只能查询以 https:// 或 http:// 开头的网址。"
	}
	host, ok := plainHost(u.Hostname())
	if !ok {
		return address{}, "网址中的域名不规范。"
	}
	if u.User != nil {
		return address{}, "网址中有“@”：“@”前面的文字不是网站，它实际指向 " + host + "。"
	}
	a := address{host: host, query: u.RawQuery}
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		a.host += ":" + port
	}
	path := strings.TrimSuffix(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	if path == "" {
		return a, ""
	}
	for segment := range strings.SplitSeq(path, "/") {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r == '/' || r == '\\' }) {
			a.odd = true
		}
		a.segments = append(a.segments, plain)
	}
	return a, ""
}

// plainHost returns the name of a host as it is looked up in the DNS. Full-width letters and ideographic full stops are
// what browsers make of them; look-alikes from other scripts stay other names.
func plainHost(host string) (string, bool) {
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return "", false
	}
	if !simple(host) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return "", false
		}
		host = strings.TrimSuffix(ascii, ".")
	}
	host = strings.ToLower(host)
	if strings.HasPrefix(host, ".") || strings.Contains(host, "..") || strings.Contains(host, ":") || host == "" {
		return "", false
	}
	return host, true
}

// simple reports a host of letters, digits, hyphens and dots that is not an encoded one.
func simple(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-':
		default:
			return false
		}
	}
	return !strings.Contains(strings.ToLower(host), "xn--")
}
