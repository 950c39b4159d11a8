package verify_test

import (
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

const own = `{"version": "2026-12", "rules": [
	{"id": "own.drugs", "citation": "本单位用语规范", "effective": "2026-12-01", "confidence": "S", "severity": "error",
	 "words": [{"wrong": "大麻", "right": ""}, {"wrong": "执发", "right": "执法"}]}], "allow": ["大麻烦", "芝大麻"]}`

func TestV6_WrongWords(t *testing.T) {
	mine, err := verify.ReadLexicon(strings.NewReader(own))
	require.NoError(t, err)
	for _, c := range []struct {
		text string
		want []string // the part of the text, the rule and what to write instead
	}{
		{"请关注本局微薄", []string{"微薄 text.typo/微薄 微博"}},
		{"市人民攻府通知", []string{"攻府 text.grave/攻府 政府"}},
		{"领导小姐召开扫黑险恶会议", []string{"领导小姐 text.grave/领导小姐 领导小组", "扫黑险恶 text.grave/扫黑险恶 扫黑除恶"}},
		{"请关注本局微博，市政府领导小组", nil},
		{"志愿者献出微薄之力，收入微薄", nil},
		{"微薄之力，官方微薄", []string{"微薄 text.typo/微薄 微博"}},
		{"个人的力量虽微薄，聚起来就是大爱", nil}, // a right word where nothing speaks of an account
		{"薪水虽然微薄，他仍坚持", nil},
		{"志愿者的微薄心意获网友点赞转发", nil},
		{"本单位微薄的力量", nil},
		{"村集体经济基础微薄", nil},
		{"关于本馆微薄被盗用的声明", []string{"微薄 text.typo/微薄 微博"}},
		{"刚才的微薄系误发", []string{"微薄 text.typo/微薄 微博"}}, // the museum of 2015
		{"请到示例发布微薄留言", []string{"微薄 text.typo/微薄 微博"}},
		{"欢迎关注我局微信、微薄", []string{"微薄 text.typo/微薄 微博"}},
		{"这是个大麻烦", nil},
		{"大麻烦和大麻", []string{"大麻 own.drugs/大麻 删去"}},
		{"查获大麻，大麻烦", []string{"大麻 own.drugs/大麻 删去"}},
		{"芝大麻烦", nil},
		{"攻府攻府", []string{"攻府 text.grave/攻府 政府", "攻府 text.grave/攻府 政府"}},
		{"执发攻府", []string{"执发 own.drugs/执发 执法", "攻府 text.grave/攻府 政府"}},
		{"", nil},
		{"\xff微薄", []string{"微薄 text.typo/微薄 微博"}},
	} {
		t.Run(c.text, func(t *testing.T) {
			found := verify.Text{Lexicons: []verify.Lexicon{mine}}.Check(c.text)
			require.Len(t, found, len(c.want), "%v", found)
			for i, f := range found {
				parts := strings.Fields(c.want[i])
				require.Equal(t, parts[0], c.text[f.Span.Start:f.Span.End])
				require.Equal(t, parts[1], f.Rule)
				require.Contains(t, f.Suggestion, parts[2])
				require.Equal(t, govmedia.SeverityError, f.Severity)
				require.NotEmpty(t, f.Explanation)
				require.Contains(t, f.Citation, "（已核对原文）")
				if strings.HasPrefix(f.Rule, "own.") {
					require.Equal(t, "2026-12", f.Version)
				} else {
					require.Equal(t, "2026-11", f.Version)
				}
			}
		})
	}
}

func TestV6_TheZeroValueHasTheBuiltInWords(t *testing.T) {
	require.Len(t, verify.Text{}.Check("攻府，官方微薄"), 2)
	require.Empty(t, verify.Text{}.Check("大麻"))
	l := verify.BuiltInLexicon()
	l.Rules[0].Words[0].Wrong = "政府"
	require.Empty(t, verify.Text{}.Check("政府"), "a copy was changed")
	require.Empty(t, verify.Text{Lexicons: []verify.Lexicon{{Version: "1", Allow: []string{"微薄"}}}}.Check("微薄"), "one's own lexicon takes a word back")
}

func TestV6_LexiconsAreRefused(t *testing.T) {
	for _, c := range []struct{ name, from, to, says string }{
		{"no version", `"2026-12"`, `""`, "no version"},
		{"an unknown field", `"version"`, `"versions"`, "versions"},
		{"no citation", `本单位用语规范`, ``, "citation"},
		{"no id", `own.drugs`, ``, "needs an id"},
		{"an unknown grade", `"S"`, `"X"`, "confidence"},
		{"an unknown severity", `"error"`, `"bad"`, "severity"},
		{"a date that is none", `2026-12-01`, `2026-13-01`, "date"},
		{"an empty word", `"执发"`, `""`, "no correction"},
		{"corrected to itself", `"执发"`, `"执法"`, "no correction"},
		{"an empty word allowed", `"芝大麻"`, `""`, "empty word"},
		{"beside an empty word", `"right": "执法"`, `"right": "执法", "after": [""]`, "beside an empty word"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Contains(t, own, c.from)
			_, err := verify.ReadLexicon(strings.NewReader(strings.Replace(own, c.from, c.to, 1)))
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.ErrorContains(t, err, c.says)
		})
	}
}
