package verify_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// placed makes sure that findings lie in the text, begin and end with its characters and are in order.
func placed(t *testing.T, text string, found []govmedia.Finding) {
	t.Helper()
	last := govmedia.Span{}
	for _, f := range found {
		require.True(t, f.Span.Start >= 0 && f.Span.Start < f.Span.End && f.Span.End <= len(text), "%v", f.Span)
		if utf8.ValidString(text) {
			require.True(t, utf8.RuneStart(text[f.Span.Start]), "%v", f)
			require.True(t, f.Span.End == len(text) || utf8.RuneStart(text[f.Span.End]), "%v", f)
		}
		require.True(t, utf8.ValidString(f.Rule+f.Explanation+f.Suggestion), "%v", f)
		require.LessOrEqual(t, last.Start, f.Span.Start, "not in order")
		require.NotEmpty(t, f.Rule)
		require.NotEmpty(t, f.Citation)
		require.NotEmpty(t, f.Explanation)
		require.NotEmpty(t, f.Suggestion)
		last = f.Span
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "请关注本局微薄", "根据国办发[2016]61号，2023年2月30日", "2023年5月1日（星期二）", "日本、台湾等国家和中国、香港", "附地图", "国旗广告",
		"张示例市长、李示例副市长", "\xff微薄\xff", "2023-02-30", "农历2月30日", "（2023）1号 13月 月日", "微薄之力微薄", "国办发【２０２３】1号",
	} {
		f.Add(seed)
	}
	own := verify.Lexicon{Version: "1", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "a"}, {Wrong: "ab"}, {Wrong: "微"}},
	}}, Leaders: cabinet()}
	compiled, err := verify.NewText(own)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		found := verify.Text{Lexicons: []verify.Lexicon{own}}.Check(text)
		placed(t, text, found)
		require.Equal(t, found, compiled.Check(text))
		placed(t, text, verify.Text{}.Check(text))
	})
}

func FuzzPersonal(f *testing.F) {
	for _, seed := range []string{
		"", "11010519491231002X", "1101051949123100 2Ｘ", "１３８ １２３４ ５６７８", "+86-138-1234-5678", "6222 0212 3456 7890 128", "138****1234",
		"330106650101123", "a@b.com", "出生日期：1990-01-01", "示例路12号3单元501室", "家住示例村3组12号", "1 3 8 1 2 3 4 5 6 7 8", "13812345678\n2023年",
		"138\u200b12345678", "138.1234.5678", "x@13812345678.com", "1990年1月1日生1990年1月1日出生", "*13812345678*1234 5678 9012 3456", "\xef\xbc\x91\xef",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p verify.Personal
		found := p.Check(text)
		placed(t, text, found)
		masked := p.Mask(text)
		require.Empty(t, p.Check(masked), "%q", masked)
		require.Equal(t, masked, p.Mask(masked))
		require.Equal(t, len(found) == 0, masked == text)
	})
}
