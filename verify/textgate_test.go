package verify_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// cabinet are invented persons in office.
func cabinet() []verify.LeaderRule {
	return []verify.LeaderRule{{
		Rule: verify.Rule{ID: "own.leader", Citation: "示例市领导班子名录", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		People: []verify.Leader{
			{Name: "张示例", Posts: []string{"市委书记", "书记"}},
			{Name: "李示例", Posts: []string{"市委副书记", "市长"}},
			{Name: "王示例", Posts: []string{"副市长", "市公安局局长"}},
		},
		Posts: []string{"主任"},
	}}
}

// gate checks a table of texts: each line is rule "part of the text" and what the suggestion contains.
func gate(t *testing.T, text verify.Text, cases map[string][]string) {
	t.Helper()
	for in, want := range cases {
		t.Run(in, func(t *testing.T) {
			found := text.Check(in)
			require.Len(t, found, len(want), "%v", found)
			for i, f := range found {
				parts := strings.Split(want[i], "|")
				require.Equal(t, parts[0], f.Rule)
				require.Equal(t, parts[1], in[f.Span.Start:f.Span.End])
				require.Contains(t, f.Suggestion+f.Explanation, parts[2])
				require.Contains(t, f.Citation, "（")
				require.NotEmpty(t, f.Version)
			}
		})
	}
}

func TestV6_DocumentNumbers(t *testing.T) {
	gate(t, verify.Text{}, map[string][]string{
		"根据国办发[2016]61号文件":         {"text.document_number/国办发[2016]61号|国办发[2016]61号|“国办发〔2016〕61号”"},
		"（示政函【2023】5号）":            {"text.document_number/示政函【2023】5号|示政函【2023】5号|示政函〔2023〕5号"},
		"示府办(2023)12号、示府（2022）3 号": {"text.document_number/示府办(2023)12号|示府办(2023)12号|〔2023〕12号", "text.document_number/示府（2022）3 号|示府（2022）3 号|〔2022〕3号"},
		"示政发〔2016)61号":             {"text.document_number/示政发〔2016)61号|示政发〔2016)61号|示政发〔2016〕61号"},
		"国办发〔2016〕61号":             nil,
		"示卫消证字（2019）第0012号":        nil,
		"（2023）示01民初123号判决":        nil,
		"示例地块（2020）3号楼":            nil,
		"示（2023）示例市不动产权第0012号":     nil,
		"见附件（2023）":                nil,
		"61号、[2016]61号":            nil,
		"（16）61号":                  nil,
	})
}

func TestV6_Dates(t *testing.T) {
	gate(t, verify.Text{}, map[string][]string{
		"定于2023年2月30日召开":                              {"text.date/2023年2月30日|2023年2月30日|公历没有"},
		"截至4月31日":                                     {"text.date/4月31日|4月31日|公历没有"},
		"2023年13月起":                                   {"text.date/2023年13月|2023年13月|公历没有"},
		"2023年2月29日和2024年2月29日":                       {"text.date/2023年2月29日|2023年2月29日|公历没有"},
		"2023 年 6 月 31 日":                             {"text.date/2023 年 6 月 31 日|2023 年 6 月 31 日|公历没有"},
		"发布于2023-02-30 08:00":                         {"text.date/2023-02-30|2023-02-30|公历没有"},
		"发布于2023/11/31。":                              {"text.date/2023/11/31|2023/11/31|公历没有"},
		"2023年5月1日（星期二）":                              {"text.weekday/2023年5月1日（星期二|2023年5月1日（星期二|星期一"},
		"2023年5月1日周日休市":                               {"text.weekday/2023年5月1日周日|2023年5月1日周日|星期一"},
		"2023年5月1日（星期一）、5月7日（星期天）":                    nil,
		"2023年5月7日 星期天":                               nil,
		"2023年5月2日起周一至周五":                             nil,
		"2023年5月2日（周一至周五）":                            nil,
		"农历2月30日":                                     nil,
		"农历2023年2月30日前后":                              nil,
		"2月29日":                                       nil,
		"13月龄、18月龄接种":                                 nil,
		"招标编号2023-13-45、2023-02-30-01、ZB-2023-02-30":  nil,
		"2023.12.31":                                  nil,
		"第3月、12个月":                                    nil,
		"https://www.shili.example/2023/02/30/1.html": nil,
	})
}

func TestV6_RegionsAreNoStates(t *testing.T) {
	gate(t, verify.Text{}, map[string][]string{
		"游客来自日本、韩国、台湾等国家": {"text.beside/日本、韩国、台湾等国家|日本、韩国、台湾等国家|等国家和地区"},
		"香港、澳门等国":         {"text.beside/香港、澳门等国|香港、澳门等国|等国家和地区"},
		"中国和香港签署协议":       {"text.beside/中国和香港|中国和香港|内地和香港"},
		"中国和香港大学":         nil,
		"中国和台湾的往来":        {"text.beside/中国和台湾|中国和台湾|大陆和台湾"},
		"产品销往美国、香港。":      {"text.beside/美国、香港|美国、香港|等国家和地区"},
		"日本、中国香港等国家":      {"text.beside/日本、中国香港等国家|日本、中国香港等国家|等国家和地区"},
		"日本、韩国、台湾等国家和地区":  nil,
		"日本、中国香港":         nil,
		"内地与香港、澳门；大陆和台湾":  nil,
		"一个中国、台湾问题":       nil,
		"香港等国家级新区":        nil,
		"美国和香港大学":         nil,
		"中国、美国等国家":        nil,
		"维护香港国家安全":        nil,

		"日本、香港两国":       {"text.beside/日本、香港两国|日本、香港两国|等国家和地区"},
		"日本、韩国、台湾三国领导人": {"text.beside/日本、韩国、台湾三国|日本、韩国、台湾三国|等国家和地区"},
		"香港、澳门各国的代表":    {"text.beside/香港、澳门各国|香港、澳门各国|等国家和地区"},
		"日本、中国香港各国选手":   {"text.beside/日本、中国香港各国|日本、中国香港各国|等国家和地区"},
		"香港各国总领事馆参加":    nil,
		"香港、澳门各国有企业":    nil,
		"日本、香港各国有企业":    nil,
		"香港、澳门各国总领事馆":   nil,
		"中国香港三国文化展开幕":   nil,
		"香港、澳门三国演义展":    nil,
		"台湾两国小结对":       nil, // 国小: a primary school there
		"香港、澳门等国产品牌":    nil,
	})
}

func TestV6_OrgansAndSlogans(t *testing.T) {
	gate(t, verify.Text{}, map[string][]string{
		"中华人民共合国成立": {"text.organ/中华人民共合国|中华人民共合国|中华人民共和国"},
		"不忘初心，忘记使命": {"text.slogan/不忘初心，忘记使命|不忘初心，忘记使命|牢记使命"},
		"中华人民共和国成立": nil,
		"不忘初心、牢记使命": nil,
		"绝不能忘记使命":   nil,
		"扫黑除恶领导小组":  nil,
	})
}

func TestV6_Reminders(t *testing.T) {
	gate(t, verify.Text{}, map[string][]string{
		"辖区行政区划图如下":                 {"text.map/行政区划图|行政区划图|审图号"},
		"行政区划图，又见行政区划图":             {"text.map/行政区划图|行政区划图|审图号"},
		"行政区划图如下，审图号：GS（2019）1822号": nil,
		"景区分布地图":                    nil,
		"某商标含有国旗图案":                 {"text.flag_use/国旗|国旗|商标"},
		"国旗图案不得用作商标和广告":             nil,
		"举行升国旗仪式。本月广告招租":            nil,
		"楼顶的国旗已经褪色":                 {"text.flag_worn/国旗|国旗|褪色"},
		"及时更换破损国旗":                  nil,
		"特产限时抢购，点击购买":               {"text.advertising/限时抢购|限时抢购|商业广告", "text.advertising/点击购买|点击购买|商业广告"},
		"谨防“限时抢购”骗局":                nil,
	})
}

func TestV6_Leaders(t *testing.T) {
	text, err := verify.NewText(verify.Lexicon{Version: "1", Leaders: cabinet()})
	require.NoError(t, err)
	gate(t, text, map[string][]string{
		"市长张示例出席":              {"own.leader/市长张示例|市长张示例|市委书记、书记"},
		"李示例副市长讲话":             {"own.leader/李示例副市长|李示例副市长|市长"},
		"李示例、张示例出席":            {"own.leader/李示例、张示例|李示例、张示例|“张示例”在前"},
		"市长李示例，市委书记张示例":        {"own.leader/李示例、张示例|李示例，市委书记张示例|“张示例”在前"},
		"主任王示例":                {"own.leader/主任王示例|主任王示例|副市长"},
		"市委书记张示例，市长李示例，副市长王示例": nil,
		"王示例在会上说。张示例指出":        nil,
		"原市长张示例":               nil,
		"市长赵某":                 nil,
		"张示例书记":                nil,
	})
	require.Empty(t, verify.BuiltInLexicon().Leaders, "no real person is built in")
}

// A word of one's own inside an ordinary one is no hit, without an allow list of one's own.
func TestV6_CannabisIsNotTrouble(t *testing.T) {
	own := verify.Lexicon{Version: "1", Rules: []verify.WordRule{{
		Rule:  verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError},
		Words: []verify.Word{{Wrong: "大麻"}, {Wrong: "大麻叶"}},
	}}}
	text, err := verify.NewText(own)
	require.NoError(t, err)
	gate(t, text, map[string][]string{
		"惹上大麻烦":       nil,
		"查获大麻":        {"own/大麻|大麻|不宜使用"},
		"大麻叶":         {"own/大麻|大麻|不宜使用", "own/大麻叶|大麻叶|不宜使用"},
		"大麻烦在于有人吸食大麻": {"own/大麻|大麻|不宜使用"},
	})
	_, err = verify.NewText(verify.Lexicon{})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

// However many words there are, the text is read once, and by many at once.
func TestV6_ManyWordsManyReaders(t *testing.T) {
	var words []verify.Word
	var text strings.Builder
	for i := range 10_000 {
		word := string([]rune{rune(0x4e00 + i%97), rune(0x5000 + i/97), rune(0x6000 + i%13)})
		words = append(words, verify.Word{Wrong: word, Right: "对"})
		text.WriteString(word + "文")
	}
	own := verify.Lexicon{Version: "1", Rules: []verify.WordRule{{
		Rule: verify.Rule{ID: "own", Citation: "本单位", Confidence: verify.Sure, Severity: govmedia.SeverityError}, Words: words,
	}}}
	gate, err := verify.NewText(own)
	require.NoError(t, err)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			found := gate.Check(text.String())
			if len(found) != len(words) {
				t.Errorf("%d of %d words found", len(found), len(words))
				return
			}
			for i, f := range found {
				if f.Rule != "own/"+words[i].Wrong {
					t.Errorf("%s, want %s", f.Rule, words[i].Wrong)
					return
				}
			}
		})
	}
	wait.Wait()
	require.Empty(t, gate.Check(strings.Repeat("政府发布通知", 1000)))
}

func TestV6_SectionsAreRefused(t *testing.T) {
	const head, rule = `{"version":"1",`, `"id":"x","citation":"c","confidence":"S","severity":"error"`
	for name, data := range map[string]string{
		"beside without regions": head + `"beside":[{` + rule + `,"joins":["、"]}]}`,
		"an empty state":         head + `"beside":[{` + rule + `,"regions":["台湾"],"states":[""]}]}`,
		"beside without id":      head + `"beside":[{"citation":"c","confidence":"S","severity":"error","regions":["台湾"]}]}`,
		"a list of one":          head + `"beside":[{` + rule + `,"regions":["台湾"],"counted":[{"wrong":"两国","members":1}]}]}`,
		"a silent context":       head + `"contexts":[{` + rule + `,"when":["a"]}]}`,
		"a context without when": head + `"contexts":[{` + rule + `,"says":"a","suggests":"b"}]}`,
		"a leader without posts": head + `"leaders":[{` + rule + `,"people":[{"name":"张示例"}]}]}`,
		"a leader twice":         head + `"leaders":[{` + rule + `,"people":[{"name":"张示例","posts":["a"]},{"name":"张示例","posts":["b"]}]}]}`,
		"an empty post":          head + `"leaders":[{` + rule + `,"posts":[" "]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := verify.ReadLexicon(strings.NewReader(data))
			require.ErrorIs(t, err, govmedia.KindInvalid)
		})
	}
	_, err := verify.ReadTextRules(strings.NewReader(`{"version":"1"}`))
	require.ErrorIs(t, err, govmedia.KindInvalid, "rules are missing")
	_, err = verify.ReadTextRules(strings.NewReader(`{"versions":"1"}`))
	require.ErrorIs(t, err, govmedia.KindInvalid, "an unknown field")
	rules := verify.BuiltInTextRules()
	rules.Version, rules.Date.Severity = "own", govmedia.SeverityInfo
	found := verify.Text{Rules: &rules}.Check("2月30日 13812345678")
	require.Equal(t, govmedia.SeverityInfo, found[0].Severity)
	require.Equal(t, "own", found[1].Version)
}

// Nothing in ordinary notices is found by the whole gate either.
func TestV6_OrdinaryNoticesPass(t *testing.T) { gateAlarms(t, 3, 10_000, measured) }
