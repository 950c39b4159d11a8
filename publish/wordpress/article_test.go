package wordpress_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia/publish/wordpress"
)

func TestCompose(t *testing.T) {
	for text, want := range map[string]wordpress.Article{
		"【停水通知】今晚十点起": {"停水通知", "<p>今晚十点起</p>"},
		"【停水】\n\n第一段\r\n第二段 https://gov.example/a?b=1&c=2。": {
			"停水", "<p>第一段</p>\n" + `<p>第二段 <a href="https://gov.example/a?b=1&amp;c=2">https://gov.example/a?b=1&amp;c=2</a>。</p>`,
		},
		"关于停水的通知\n今晚十点起":                                    {"关于停水的通知", "<p>今晚十点起</p>"},
		"今晚十点起停水。请储水":                                       {"今晚十点起停水", "<p>今晚十点起停水。请储水</p>"},
		"【】空":                                               {"【】空", "<p>【】空</p>"},
		"【没有右括号":                                            {"【没有右括号", "<p>【没有右括号</p>"},
		"【标题】":                                              {"标题", ""},
		"  前后有空格  ":                                         {"前后有空格", "<p>前后有空格</p>"},
		strings.Repeat("长", 50):                             {strings.Repeat("长", 40) + "…", "<p>" + strings.Repeat("长", 50) + "</p>"},
		strings.Repeat("长", 120) + "\n尾":                    {strings.Repeat("长", 40) + "…", "<p>" + strings.Repeat("长", 120) + "</p>\n<p>尾</p>"},
		`【a<b>&"】<script>x</script>[gallery] <!-- wp:x -->`: {"a&lt;b&gt;&amp;&quot;", "<p>&lt;script&gt;x&lt;/script&gt;&#091;gallery&#093; &lt;!-- wp:x --&gt;</p>"},
		`【t】(HTTP://a.cn/b"onclick="x) http:// javascript:x`: {
			"t", `<p>(<a href="HTTP://a.cn/b">HTTP://a.cn/b</a>&quot;onclick=&quot;x) http:// javascript:x</p>`,
		},
	} {
		require.Equal(t, want, wordpress.Compose(text), text)
	}
}

// FuzzCompose holds that no text brings forth markup other than paragraphs and links, and that none gets lost.
func FuzzCompose(f *testing.F) {
	f.Add("【a】b https://c.cn/<d>\n[e]")
	f.Add("https://a.cn/\"><script>")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		a := wordpress.Compose(text)
		if strings.ContainsAny(a.Title, `<>"[]`) || strings.ContainsAny(a.Content, "[]") {
			t.Fatalf("%q gives %+v", text, a)
		}
		rest := strings.NewReplacer("<p>", "", "</p>", "", "</a>", "").Replace(a.Content)
		for _, part := range strings.Split(rest, `<a href="`)[1:] {
			address, shown, ok := strings.Cut(part, `">`)
			if !ok || !strings.HasPrefix(shown, address) || !strings.HasPrefix(strings.ToLower(address), "http") {
				t.Fatalf("%q gives the link %q", text, part)
			}
			rest = strings.Replace(rest, `<a href="`+address+`">`, "", 1)
		}
		if strings.ContainsAny(rest, `<>"`) {
			t.Fatalf("%q gives %q", text, a.Content)
		}
	})
}

func TestMarker(t *testing.T) {
	m := wordpress.Marker("post/1/city")
	require.Regexp(t, `^gm-[0-9a-f]{20}$`, m)
	require.Equal(t, m, wordpress.Marker("post/1/city"))
	require.NotEqual(t, m, wordpress.Marker("post/1/county"))
}
