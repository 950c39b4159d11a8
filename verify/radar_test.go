package verify_test

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

var registered = []string{
	"人民日报示例版", "示例市公安局", "示例市公安局交警支队", "平安示例", "示例12345", "示例e警", "示例县教育局", "示例县发布", "重庆示例发布",
	"示例市人力资源和社会保障局", "示例公安发布", "零陵示例发布", "江北示例区发布",
}

// A letter or a number in front or behind is the plainest way to a name that is still free. A registered name's own number
// tells offices apart, and so does one of a public service.
func TestV3_PlainSuffixesAreFound(t *testing.T) {
	radar := verify.NewRadar([]string{"示例公安", "示例市公安局", "示例气象", "示例110", "示例第1中学", "示例交警2", "示例e警"})
	for name, of := range map[string]string{
		"示例公安1": "示例公安", "示例公安a": "示例公安", "1示例公安": "示例公安", "A1示例公安": "示例公安", "示例公安官方1": "示例公安", "示例公安1官方": "示例公安",
		"示例市公安局1": "示例市公安局", "示例市公安局01": "示例市公安局", "示例市公安局A": "示例市公安局", "示例市公安局２０２６": "示例市公安局", "示例市公桉局Ｂ": "示例市公安局",
		"示例气象01": "示例气象", "示例气象abc": "示例气象", "示例e警1": "示例e警",
	} {
		matches := radar.Similar(name)
		require.NotEmpty(t, matches, name)
		require.Equal(t, of, matches[0].Name, name)
		require.Contains(t, matches[0].Tricks, verify.TrickAffix, name)
	}
	for _, name := range []string{"示例119", "示例第2中学", "示例交警3", "示例公安110", "示例气象12121", "示例水务1", "示例1"} {
		require.Empty(t, radar.Similar(name), name)
	}
}

func TestV3_TricksAreNamed(t *testing.T) {
	radar := verify.NewRadar(registered)
	for name, c := range map[string]struct {
		of     string
		tricks []verify.Trick
	}{
		"人民曰报示例版":       {"人民日报示例版", []verify.Trick{verify.TrickShape}},
		"示例市公桉局":        {"示例市公安局", []verify.Trick{verify.TrickSound, verify.TrickShape}},
		"示例巿公安局":        {"示例市公安局", []verify.Trick{verify.TrickHomoglyph}}, // fú, drawn like 市
		"⽰例市公安局":        {"示例市公安局", []verify.Trick{verify.TrickHomoglyph}},
		"示例е警":          {"示例e警", []verify.Trick{verify.TrickHomoglyph}}, // Cyrillic
		"平安实例":          {"平安示例", []verify.Trick{verify.TrickSound}},
		"平安示利":          {"平安示例", []verify.Trick{verify.TrickSound}},
		"虫庆示例发布":        {"重庆示例发布", []verify.Trick{verify.TrickSound}}, // chóng, though 重 is mostly read zhòng
		"示例縣發布":         {"示例县发布", []verify.Trick{verify.TrickTraditional}},
		"示例l2345":       {"示例12345", []verify.Trick{verify.TrickDigits}},
		"示例一二三四五":       {"示例12345", []verify.Trick{verify.TrickDigits}},
		"示例E警":          {"示例e警", []verify.Trick{verify.TrickDigits}},
		"〇陵示例发布":        {"零陵示例发布", []verify.Trick{verify.TrickDigits}},
		"示例１２３４５":       {"示例12345", []verify.Trick{verify.TrickWidth}},
		"平安 示例":         {"平安示例", []verify.Trick{verify.TrickInserted}},
		"平安\u200b示例":    {"平安示例", []verify.Trick{verify.TrickInserted}},
		"平安\u3164示例":    {"平安示例", []verify.Trick{verify.TrickInserted}}, // a letter that is blank
		"平安·示例":         {"平安示例", []verify.Trick{verify.TrickInserted}},
		"平安示例官方":        {"平安示例", []verify.Trick{verify.TrickAffix}},
		"官方平安示例发布":      {"平安示例", []verify.Trick{verify.TrickAffix}},
		"示例市公安局服务号":     {"示例市公安局", []verify.Trick{verify.TrickAffix}},
		"示例公安官微":        {"示例公安发布", []verify.Trick{verify.TrickAffix}},
		"平安示利官方":        {"平安示例", []verify.Trick{verify.TrickSound, verify.TrickAffix}},
		"示例平安":          {"平安示例", []verify.Trick{verify.TrickOrder}},
		"345示例12":       {"示例12345", []verify.Trick{verify.TrickOrder}},
		"公安局示例市":        {"示例市公安局", []verify.Trick{verify.TrickOrder}},
		"示例市公局":         {"示例市公安局", []verify.Trick{verify.TrickDropped}},
		"示例市公共安局":       {"示例市公安局", []verify.Trick{verify.TrickAdded}},
		"示例市人力资源和社会某障局": {"示例市人力资源和社会保障局", []verify.Trick{verify.TrickReplaced}},
	} {
		t.Run(name, func(t *testing.T) {
			matches := radar.Similar(name)
			require.NotEmpty(t, matches)
			require.Equal(t, c.of, matches[0].Name)
			require.Subset(t, matches[0].Tricks, c.tricks)
			require.Greater(t, matches[0].Score, 0.5)
			require.Less(t, matches[0].Score, 1.0)
		})
	}
}

func TestV3_GenuineNamesAreLeftAlone(t *testing.T) {
	radar := verify.NewRadar(registered)
	for _, name := range []string{
		"示例市公安局", "平安示例", // registered themselves
		"示例县公安局",          // another level
		"示例市公安局交警支队一大队",   // a unit below
		"示例县教育局城东小学",      // a school
		"示例12315",         // another number
		"江南示例区发布",         // another region
		"示例晚报", "示例县第一中学", // ordinary
		"", " ", "。", "公", strings.Repeat("平", 100), "平安示例" + strings.Repeat("\u200b", 400),
	} {
		require.Empty(t, radar.Similar(name), name)
	}
}

// Two registered names are not held against each other, in whatever way they are alike.
func TestV3_RegisteredNamesAreNoLookAlikesOfEachOther(t *testing.T) {
	radar := verify.NewRadar([]string{"平安示例", "平安示例发布", "平安示利", "平安  示例", "平安示例"})
	for _, name := range []string{"平安示例", "平安示例发布", "平安示利", "平安  示例"} {
		require.Empty(t, radar.Similar(name), name)
	}
	require.Len(t, radar.Similar("平安-示例"), 4, "whoever is none of them may be taken for any of them")
}

// What several registered names have in common tells genuine names apart.
func TestV3_WordsAreLearnedFromTheRegister(t *testing.T) {
	names := []string{"白合县公安局", "白合县教育局", "白合县民政局", "百合县公安局", "百合县教育局", "百合县民政局", "百合县发布"}
	require.Empty(t, verify.NewRadar(names).Similar("白合县发布"), "three other accounts of 白合县 are registered")
	require.Len(t, verify.NewRadar(names[3:]).Similar("白合县发布"), 1)
}

func TestV3_LocalPlacesAreKnown(t *testing.T) {
	// two real counties, both read fengxian; a radar that took one for the other would be of no use
	require.Empty(t, verify.NewRadar([]string{"凤县示例服务中心"}).Similar("奉贤示例服务中心"))
	require.Empty(t, verify.NewRadar([]string{"江北区示例服务"}).Similar("江南区示例服务"))
	require.Len(t, verify.NewRadar([]string{"示例士岸社区服务站"}).Similar("示例土岸社区服务站"), 1)
	require.Empty(t, verify.NewRadar([]string{"示例左岸社区服务站"}).Similar("示例右岸社区服务站"), "alike as they are")
}

func TestV3_FindingsAreForOfficials(t *testing.T) {
	rules := verify.BuiltInRadarRules()
	findings := rules.Radar(registered).Findings("weibo/42", "人民曰报示例版")
	require.Len(t, findings, 1)
	require.Equal(t, govmedia.Finding{
		Rule: "name.lookalike", Version: rules.Version, Severity: govmedia.SeverityError, Subject: "weibo/42", Field: "name",
		Citation:    rules.Rule.Citation + "（已核对原文）",
		Explanation: "名称“人民曰报示例版”与已登记账号“人民日报示例版”相似：换了形近的字。",
		Suggestion:  "请核对该账号的主体：确系假冒的，保存证据，要求平台立即关闭，并报告主管部门；确属政务账号的，请办理登记。",
	}, findings[0])
	require.Empty(t, verify.NewRadar(nil).Findings("x", "平安示例"))
}

func TestV3_RulesAreData(t *testing.T) {
	data, err := os.ReadFile("radar.json")
	require.NoError(t, err)
	rules, err := verify.ReadRadarRules(strings.NewReader(string(data)))
	require.NoError(t, err)
	require.Empty(t, rules.Radar(registered).Similar("平安示例自家人"))
	rules.Affixes = append(rules.Affixes, "自家人")
	require.Len(t, rules.Radar(registered).Similar("平安示例自家人"), 1)
	require.NotContains(t, verify.BuiltInRadarRules().Affixes, "自家人", "every call gives a copy")

	for name, change := range map[string]func(r map[string]any){
		"no version":              func(r map[string]any) { delete(r, "version") },
		"no citation":             func(r map[string]any) { r["rule"] = map[string]any{"id": "x"} },
		"unknown field":           func(r map[string]any) { r["suffixes"] = []string{"官方"} },
		"empty affix":             func(r map[string]any) { r["affixes"] = []string{""} },
		"empty group":             func(r map[string]any) { r["apart"] = []string{""} },
		"empty group of look":     func(r map[string]any) { r["alike"] = []string{""} },
		"no digit":                func(r map[string]any) { r["digits"] = map[string]string{"x": "y"} },
		"no such syllable":        func(r map[string]any) { r["readings"] = map[string]string{"重庆": "xong qing"} },
		"a reading of a mark":     func(r map[string]any) { r["readings"] = map[string]string{"——": "yi yi"} },
		"too few syllables":       func(r map[string]any) { r["readings"] = map[string]string{"重庆": "chong"} },
		"a reading of one letter": func(r map[string]any) { r["readings"] = map[string]string{"重": "chong"} },
	} {
		t.Run(name, func(t *testing.T) {
			var r map[string]any
			require.NoError(t, json.Unmarshal(data, &r))
			change(r)
			changed, err := json.Marshal(r)
			require.NoError(t, err)
			_, err = verify.ReadRadarRules(strings.NewReader(string(changed)))
			require.ErrorIs(t, err, govmedia.KindInvalid)
		})
	}
}

func TestRadarIsSafeForConcurrentUse(t *testing.T) {
	radar := verify.NewRadar(registered)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if m := radar.Similar("平安示利官方"); len(m) == 0 || m[0].Name != "平安示例" {
					t.Error(m)
				}
			}
		})
	}
	all.Wait()
}

func FuzzSimilar(f *testing.F) {
	for _, seed := range []string{"平安示例", "人民曰报示例版", "示例１２３４５", "官方官方官方官方官方发布", "\xff\xfe平安", strings.Repeat("号", 64), "𝟏㋿ﷺ㌀", "е\u0301"} {
		f.Add(seed)
	}
	radar := verify.NewRadar(registered)
	f.Fuzz(func(t *testing.T, name string) {
		matches := radar.Similar(name)
		require.LessOrEqual(t, len(matches), 10)
		for i, m := range matches {
			require.NotEqual(t, name, m.Name)
			require.Contains(t, registered, m.Name)
			require.NotEmpty(t, m.Tricks)
			require.Greater(t, m.Score, 0.0)
			require.Less(t, m.Score, 1.0)
			require.False(t, i > 0 && m.Score > matches[i-1].Score)
		}
		// whatever is registered is found again when a blank is put into it
		r := []rune(name)
		if len(name) > 1000 || len(r) < 2 || !utf8.ValidString(name) {
			return
		}
		padded := string(r[:1]) + "\u200b" + string(r[1:])
		if own := verify.NewRadar([]string{name}); len(own.Similar(padded)) == 0 {
			require.Empty(t, own.Similar(name+" "), "%q is found with a blank at the end and not with one inside", name)
		} else {
			require.Equal(t, name, own.Similar(padded)[0].Name)
			require.Empty(t, own.Similar(name))
		}
	})
}
