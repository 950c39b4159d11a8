package weibotest

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextLength(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"empty", "", 0},
		{"ascii is half", "ab", 1},
		{"rounded up", "abc", 2},
		{"latin-1 is one", "é", 1},
		{"chinese is one", "汉字", 2},
		{"astral is two", "🌧", 2},
		{"no discount for addresses", "http://t.cn/abcdefg", 10},
		{"mixed", "汉a字", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := TextLength(tt.text); got != tt.want {
				t.Errorf("TextLength(%q) = %d, want %d", tt.text, got, tt.want)
			}
		})
	}
}

func TestFindLinks(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"none", "没有 http:// 链接", nil},
		{"alone", "https://a.example/x?y=1&z=%20#f", []string{"https://a.example/x?y=1&z=%20#f"}},
		{"ends at Chinese", "见http://a.example/x。谢谢", []string{"http://a.example/x"}},
		{"without the full stop", "see http://a.example/x.", []string{"http://a.example/x"}},
		{"in brackets", "(http://a.example)", []string{"http://a.example"}},
		{"two", "http://a.example https://b.example", []string{"http://a.example", "https://b.example"}},
		{"upper case", "HTTP://A.example/", []string{"HTTP://A.example/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, at := range findLinks(tt.text) {
				got = append(got, tt.text[at.from:at.to])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStripTopics(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"#暴雨#来了":          "暴雨来了",
		"#一##二#":          "一二",
		"单个 # 号":          "单个 # 号",
		"##":              "##",
		"# #":             "# #",
		"###暴雨#":          "##暴雨",
		"无":               "无",
		"#防汛 应急#与#地震#三 #": "防汛 应急与地震三 #",
	} {
		t.Run(text, func(t *testing.T) {
			if got := stripTopics(text); got != want {
				t.Errorf("stripTopics(%q) = %q, want %q", text, got, want)
			}
		})
	}
}

func TestPublishLeavesFragmentsAlone(t *testing.T) {
	const long = "https://a.example/#x#y"
	if got, want := publish("#题#"+long+" http://t.cn/abc"), "题"+shorten(long)+" http://t.cn/abc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzPublish(f *testing.F) {
	f.Add("#暴雨预警#详见 https://www.gov.example/a?b=c#d。")
	f.Add("http://http://#https://")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, at := range findLinks(text) {
			if at.from < last || at.to <= at.from || at.to > len(text) || linkScheme(text[at.from:at.to]) == 0 {
				t.Fatalf("links %v of %q", findLinks(text), text)
			}
			last = at.to
		}
		out := publish(text)
		if utf8.ValidString(text) != utf8.ValidString(out) && utf8.ValidString(text) {
			t.Errorf("publish(%q) = %q", text, out)
		}
		if strings.Count(out, "#") > strings.Count(text, "#") {
			t.Errorf("publish(%q) = %q has more marks", text, out)
		}
	})
}

func TestMIDs(t *testing.T) {
	tests := []struct {
		name string
		id   int64
		mid  string
	}{
		{"documented", 3591268992667779, "zCik3bc0H"},
		{"one", 1, "1"},
		{"one group", 9999999, "FXsj"},
		{"padded group", 10000000, "10000"},
		{"largest", 1<<63 - 1, "nZDue0tk2p9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := MID(tt.id); got != tt.mid {
				t.Errorf("MID(%d) = %q, want %q", tt.id, got, tt.mid)
			}
			if got, err := ID(tt.mid); err != nil || got != tt.id {
				t.Errorf("ID(%q) = %d, %v, want %d", tt.mid, got, err, tt.id)
			}
		})
	}
	for _, id := range []int64{0, -1} {
		if got := MID(id); got != "" {
			t.Errorf("MID(%d) = %q, want none", id, got)
		}
	}
	for _, mid := range []string{"", "0", "01", "zCik3bc0!", "ZZZZ", "nZEue0tk2p9", "ZZZZZZZZZZZZ", strings.Repeat("1", 40), "汉"} {
		if id, err := ID(mid); err == nil {
			t.Errorf("ID(%q) = %d, want an error", mid, id)
		}
	}
}

func FuzzID(f *testing.F) {
	f.Add("zCik3bc0H")
	f.Add("10000")
	f.Add("ZZZZZZZZZZZZZZZZ")
	f.Fuzz(func(t *testing.T, mid string) {
		id, err := ID(mid)
		if err == nil && (id <= 0 || MID(id) != mid) {
			t.Errorf("ID(%q) = %d, whose mid is %q", mid, id, MID(id))
		}
	})
}
