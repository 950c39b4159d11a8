package wordpress_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
)

func TestCompose(t *testing.T) {
	for _, c := range []struct {
		name              string
		title, text, link string
		want              wordpress.Article
	}{
		{"one line", "停水通知", "今晚十点起", "", wordpress.Article{Title: "停水通知", Content: "<p>今晚十点起</p>"}},
		{"several lines, blank ones too", " 停水 ", "\n第一段\r\n\r第二段  \n", "", wordpress.Article{Title: "停水", Content: "<p>第一段</p>\n<p>第二段</p>"}},
		{"the original", "停水", "今晚", "https://gov.example/n?a=1&b=[2]", wordpress.Article{
			Title: "停水", Content: "<p>今晚</p>\n" +
				`<p>原文链接：<a href="https://gov.example/n?a=1&amp;b=&#091;2&#093;">https://gov.example/n?a=1&amp;b=&#091;2&#093;</a></p>`,
		}},
		{"an address in the text", "停水", "见 https://gov.example/a?b=1&c=2。", "", wordpress.Article{
			Title: "停水", Content: `<p>见 <a href="https://gov.example/a?b=1&amp;c=2">https://gov.example/a?b=1&amp;c=2</a>。</p>`,
		}},
		{"no link at all", "停水", "今晚", "javascript:alert(1)", wordpress.Article{Title: "停水", Content: "<p>今晚</p>"}},
		{"a title in brackets is text", "停水", "【停水】今晚", "", wordpress.Article{Title: "停水", Content: "<p>【停水】今晚</p>"}},
		{"markup", `a<b>&"[x]`, `<script>x</script>[gallery] <!-- wp:x -->`, "", wordpress.Article{
			Title: "a&lt;b&gt;&amp;&quot;&#091;x&#093;", Content: "<p>&lt;script&gt;x&lt;/script&gt;&#091;gallery&#093; &lt;!-- wp:x --&gt;</p>",
		}},
		{"what only looks like an address", "t", `(HTTP://a.cn/b"onclick="x) http:// javascript:x`, "", wordpress.Article{
			Title: "t", Content: `<p>(<a href="HTTP://a.cn/b">HTTP://a.cn/b</a>&quot;onclick=&quot;x) http:// javascript:x</p>`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, wordpress.Compose(publish.Rendition{Title: c.title, Text: c.text, Link: c.link}))
		})
	}
}

// FuzzCompose holds that nothing brings forth markup other than paragraphs and links.
func FuzzCompose(f *testing.F) {
	f.Add("a", "b https://c.cn/<d>\n[e]", "https://a.cn/")
	f.Add("<b>", "https://a.cn/\"><script>", "https://a.cn/\"><script>")
	f.Fuzz(func(t *testing.T, title, text, link string) {
		if !utf8.ValidString(title + text + link) {
			return
		}
		a := wordpress.Compose(publish.Rendition{Title: title, Text: text, Link: link})
		if strings.ContainsAny(a.Title, `<>"[]`) || strings.ContainsAny(a.Content, "[]") {
			t.Fatalf("%q %q %q gives %+v", title, text, link, a)
		}
		rest := strings.NewReplacer("<p>", "", "</p>", "", "</a>", "").Replace(a.Content)
		for _, part := range strings.Split(rest, `<a href="`)[1:] {
			address, shown, ok := strings.Cut(part, `">`)
			if !ok || !strings.HasPrefix(shown, address) || !strings.HasPrefix(strings.ToLower(address), "http") {
				t.Fatalf("%q %q gives the link %q", text, link, part)
			}
			rest = strings.Replace(rest, `<a href="`+address+`">`, "", 1)
		}
		if strings.ContainsAny(rest, `<>"`) {
			t.Fatalf("%q %q gives %q", text, link, a.Content)
		}
	})
}

func TestMarker(t *testing.T) {
	m := wordpress.Marker("post/1/city")
	require.Regexp(t, `^gm-[0-9a-f]{20}$`, m)
	require.Equal(t, m, wordpress.Marker("post/1/city"))
	require.NotEqual(t, m, wordpress.Marker("post/1/county"))
}
