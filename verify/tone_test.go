package verify_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/verify"
)

// toneCases reads a file of answers, one a line, by the heading above them.
func toneCases(t testing.TB, name string) map[string][]string {
	t.Helper()
	f, err := os.Open("testdata/tone/" + name)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	cases, heading := map[string][]string{}, ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if h, ok := strings.CutPrefix(line, "== "); ok {
			heading = h
		} else if line != "" && !strings.HasPrefix(line, "#") {
			cases[heading] = append(cases[heading], strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	return cases
}

// rude are the rules that an insult, a retort or "go elsewhere" breaks, as opposed to those about form.
func rude() []string {
	return []string{"tone.insult", "tone.cold", "tone.leave", "tone.sarcasm", "tone.retort", "tone.register"}
}

func TestV9_AnswersLikeTheFourIncidentsAreFlagged(t *testing.T) {
	for _, file := range []string{"incidents.txt", "incidents_2.txt", "incidents_3.txt", "incidents_4.txt"} {
		cases := toneCases(t, file)
		require.Len(t, cases, 4)
		for incident, texts := range cases {
			require.GreaterOrEqual(t, len(texts), 10)
			for _, text := range texts {
				found := verify.Tone{}.Check(verify.Answered{ID: "a1", Text: text})
				flagged := slices.ContainsFunc(found, func(f govmedia.Finding) bool { return slices.Contains(rude(), f.Rule) })
				if !flagged {
					t.Errorf("%s: not flagged: %s (%v)", incident, text, found)
				}
				for _, f := range found {
					requireComplete(t, f)
					require.NotEqual(t, govmedia.SeverityError, f.Severity, "advice only")
				}
			}
		}
	}
}

// The formal and the short answers are counted apart: neither may hide behind the other.
func TestV9_OrdinaryAnswersRaiseNoAlarm(t *testing.T) {
	formal := toneCases(t, "ordinary.txt")[""]
	require.GreaterOrEqual(t, len(formal), 200)
	for kind, texts := range map[string][]string{
		"formal": formal, "short": slices.Concat(toneCases(t, "short.txt")[""], toneCases(t, "short_2.txt")[""], toneCases(t, "short_3.txt")[""]),
	} {
		alarms := 0
		for _, text := range texts {
			if found := (verify.Tone{}).Check(verify.Answered{ID: "a1", Text: text}); len(found) > 0 {
				alarms++
				t.Logf("%s: %s\n%s", found[0].Rule, text, found[0].Explanation)
			}
		}
		t.Logf("%s: %d of %d answers raise a finding", kind, alarms, len(texts))
		require.LessOrEqual(t, float64(alarms), 0.02*float64(len(texts)), kind)
	}
}

// A word insults by what stands around it. None of these answers may be flagged, nor be a sign of a take-over.
func TestV9_TheSameWordsInOrdinaryAnswers(t *testing.T) {
	texts := toneCases(t, "ordinary_5.txt")[""]
	require.GreaterOrEqual(t, len(texts), 35)
	for _, text := range texts {
		for _, f := range (verify.Tone{}).Check(verify.Answered{ID: "a1", Text: text}) {
			t.Errorf("%s: %s %s", text, f.Rule, f.Explanation)
		}
		x := post("局", beijing(5, 10, 0), text)
		x.Kind = verify.ActionReply
		require.Empty(t, signals(t, verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{{Account: "局"}}, Actions: []verify.Action{x}}), text)
	}
	for _, text := range []string{
		"您配吗？", "你也配，别问了。", "你真是温室里的花朵。", "像疯狗一样。", "哪来的狗，乱叫什么！", "你是不是耳聋？", "你该去看心理医生了。", "要不要给您配个保姆？", "好大的架子。",
		"庙小，容不下您这尊大佛。", "你最好不要出门。", "我们对你没有兴趣。", "你家是不是有人在看守所？", "你真恶心。", "你算什么东西！", "你是来找事吧？",
	} {
		found := verify.Tone{}.Check(verify.Answered{ID: "a1", Text: text})
		require.True(t, slices.ContainsFunc(found, func(f govmedia.Finding) bool { return slices.Contains(rude(), f.Rule) }), text)
	}
}

// What the sets of somebody who did not write the rules measure; their headings say what it was before these were mended.
func TestV9_SetsOfAnotherHand(t *testing.T) {
	flagged, rudes, alarms, polite := 0, 0, 0, 0
	for _, file := range []string{"incidents_5.txt", "incidents_6.txt", "incidents_7.txt"} {
		for incident, texts := range toneCases(t, file) {
			for _, text := range texts {
				found := verify.Tone{}.Check(verify.Answered{ID: "a1", Text: text})
				rudes++
				if slices.ContainsFunc(found, func(f govmedia.Finding) bool { return slices.Contains(rude(), f.Rule) }) {
					flagged++
				} else {
					t.Logf("%s: not flagged: %s", incident, text)
				}
			}
		}
	}
	for _, file := range []string{"ordinary_2.txt", "ordinary_3.txt", "ordinary_4.txt"} {
		for _, text := range toneCases(t, file)[""] {
			polite++
			if found := (verify.Tone{}).Check(verify.Answered{ID: "a1", Text: text}); len(found) > 0 {
				alarms++
				t.Logf("%s: %s", found[0].Rule, text)
			}
		}
	}
	t.Logf("%d of %d rude answers flagged, %d of %d ordinary ones raise a finding", flagged, rudes, alarms, polite)
	require.Equal(t, 80, rudes)
	require.Equal(t, 200, polite)
	require.GreaterOrEqual(t, float64(flagged), 0.85*float64(rudes))
	require.LessOrEqual(t, float64(alarms), 0.02*float64(polite))
}

func TestV9_FormOfAnAnswer(t *testing.T) {
	for _, c := range []struct {
		rule, text, span string // span is what the finding points at; "" for none
	}{
		{"tone.brush_off", "您好，此事不归我们管。", "不归我们管"},
		{"tone.brush_off", "您好，该问题不属于我局职责范围，请咨询其他部门。", "不属于我局职责范围"},
		{"tone.brush_off", "您好，请向有关部门反映。", "向有关部门"},
		{"tone.brush_off", "您好，请咨询相关部门。", "咨询相关部门"},
		{"tone.brush_off", "您好，上级规定的，我们也没办法。", "*"},
		{"tone.brush_off", "您好，此事不归我们管，由示例市水务局负责。", ""},
		{"tone.brush_off", "您好，该问题不属于我局职责范围，请致电0777-8880001。", ""},
		{"tone.brush_off", "您好，不属于我局职责，已转示例区城市管理局办理。", ""},

		{"tone.empty_promise", "您好，我们将尽快处理。", "*"},
		{"tone.empty_promise", "您好，近期安排维修。", "*"},
		{"tone.empty_promise", "您好，该项目待条件成熟时启动建设。", "*"},
		{"tone.empty_promise", "您好，我们正在研究，请耐心等待。", "*"},
		{"tone.empty_promise", "您好，我们将尽快处理，3个工作日内答复您。", ""},
		{"tone.empty_promise", "您好，我们将尽快修复，预计12月5日完工。", ""},
		{"tone.empty_promise", "您好，近期气温下降，注意保暖。", ""},
		{"tone.empty_promise", "您好，请您尽快补齐材料。", ""},

		{"tone.boilerplate", "您好，您的来信已收悉，感谢您的关注与支持！", "收悉"},
		{"tone.boilerplate", "网友您好：您反映的问题收悉，我局高度重视，将转交相关部门研究处理。祝您生活愉快！", "收悉"},
		{"tone.boilerplate", "您好！留言已收到。\n示例市公安局\n2026年11月28日", "收到"},
		{"tone.boilerplate", "您好，您的来信已收悉。经核查，示例路路灯因线路老化损坏，已更换。", ""},
		{"tone.boilerplate", "您好，路灯已修好。", ""},
		{"tone.boilerplate", "您的留言已收到，执法人员正赶到现场。", ""},

		{"tone.auto_reply", "本消息为系统自动回复，请勿回复。", "*"},
		{"tone.auto_reply", "您好，我听不懂您的问题，换个问题试试吧。", "*"},
		{"tone.auto_reply", "感谢关注示例发布公众号！回复数字1查询社保。", "*"},
		{"tone.auto_reply", "您好，公园智能机器人讲解服务免费。", ""},
		{"tone.auto_reply", "您好，路灯已修好，感谢您的关注。", ""},
		{"tone.auto_reply", "您好，我局已关闭公众号的自动回复，今后由人工答复。", ""},

		{"tone.insult", "您 真 是 脑 残。", "脑 残"}, // blanks do not hide it
		{"tone.insult", "您好，垃圾分类点7时开放，蚊虫消杀每周三进行。", ""},
		{"tone.retort", "您好，嫌疑人违法犯罪，家属已到案，所以案件正在审理。", ""},
	} {
		t.Run(c.rule+"/"+c.text, func(t *testing.T) {
			var hits []govmedia.Finding
			for _, f := range (verify.Tone{}).Check(verify.Answered{ID: "a1", Text: c.text}) {
				if f.Rule == c.rule {
					hits = append(hits, f)
				}
			}
			if c.span == "" {
				require.Empty(t, hits)
				return
			}
			require.NotEmpty(t, hits)
			requireComplete(t, hits[0])
			if c.span != "*" {
				require.Equal(t, c.span, c.text[hits[0].Span.Start:hits[0].Span.End])
			}
		})
	}
}

// An answer of 14,000 characters took minutes while each phrase and each sentence was looked for in all of it.
func TestV9_LongAnswersTakeNoLonger(t *testing.T) {
	start := time.Now()
	empty := verify.Tone{}.Check(verify.Answered{ID: "a1", Text: "来信收悉。" + strings.Repeat("感谢您的关注！", 2000)})
	require.True(t, slices.ContainsFunc(empty, func(f govmedia.Finding) bool { return f.Rule == "tone.boilerplate" }), "however long nothing is")
	require.Len(t, verify.Tone{}.Check(verify.Answered{ID: "a1", Text: strings.Repeat("此事不归我们管。", 2000)}), 2000)
	require.Less(t, time.Since(start), 30*time.Second)
}

func TestV9_WrongSigner(t *testing.T) {
	body := "您好，示例路12号路灯已于11月20日修复。\n"
	for _, c := range []struct {
		name, text, unit string
		names            []string
		want             string // the part at fault
	}{
		{"the unit", body + "示例市公安局\n2026年11月28日", "示例市公安局", nil, ""},
		{"its short name", body + "市公安局", "示例市公安局", nil, ""},
		{"a part of the unit", body + "示例市公安局交通警察支队", "示例市公安局", nil, ""},
		{"the body above an office", body + "示例市人民政府", "示例市人民政府办公室", nil, ""},
		{"its account", body + "示例热线", "示例市12345政务服务便民热线中心", []string{"示例热线"}, ""},
		{"not signed", strings.TrimSpace(body), "示例市公安局", nil, ""},
		{"a last line that is no unit", body + "祝您生活愉快", "示例市公安局", nil, ""},
		{"nobody asked", body + "示例市教育局", "", nil, ""},
		{"another unit", body + "示例市教育局", "示例市公安局", nil, "示例市教育局"},
		{"another unit, dated", body + "示例市教育局\n2026年11月28日\n", "示例市公安局", nil, "示例市教育局"},
		{"another unit, in brackets", body + "（示例市教育局）", "示例市公安局", nil, "示例市教育局"},
		{"another unit, dated in its line", body + "示例市城管局 2024年5月3日", "示例市公安局", nil, "示例市城管局"},
		{"another unit, sealed", body + "示例市城管局（盖章）", "示例市公安局", nil, "示例市城管局"},
		{"another unit, sealed and dated", body + "示例市城管局（公章）　２０２４年５月３日\n", "示例市公安局", nil, "示例市城管局"},
		{"another unit, said with the time", body + "回复单位：示例市城管局\n回复时间：2024年5月3日", "示例市公安局", nil, "示例市城管局"},
		{"another unit and its telephone", body + "示例市城管局\n2024年5月3日\n联系电话：0777-8880001", "示例市公安局", nil, "示例市城管局"},
		{"the unit, dated in its line", body + "示例市公安局 2024年5月3日", "示例市公安局", nil, ""},
		{"the unit and its telephone", body + "示例市公安局（盖章）\n咨询电话：0777-8880001", "示例市公安局", nil, ""},
		{"another unit, said so", body + "答复单位：示例县人民政府", "示例市人民政府", nil, "示例县人民政府"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := verify.Tone{}.Check(verify.Answered{ID: "a1", Text: c.text, Unit: c.unit, Names: c.names})
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, "tone.signer", found[0].Rule)
			requireComplete(t, found[0])
			require.Equal(t, c.want, c.text[found[0].Span.Start:found[0].Span.End])
		})
	}
}

func TestV9_ToneRulesAreData(t *testing.T) {
	good, err := json.Marshal(verify.BuiltInToneRules())
	require.NoError(t, err)
	own, err := verify.ReadToneRules(strings.NewReader(string(good)))
	require.NoError(t, err)
	own.Version, own.Rules = "本省-1", own.Rules[:1]
	own.Rules[0].Patterns = []string{"<对方>(真|好)烦"}
	found := verify.Tone{Rules: &own}.Check(verify.Answered{ID: "a1", Text: "您好，您真烦。"})
	require.Len(t, found, 1)
	require.Equal(t, "本省-1", found[0].Version)
	require.Empty(t, verify.Tone{}.Check(verify.Answered{ID: "a1", Text: "您好，12月1日办结。"}))

	for name, change := range map[string]func(*verify.ToneRules){
		"no version":            func(r *verify.ToneRules) { r.Version = "" },
		"no citation":           func(r *verify.ToneRules) { r.Rules[0].Citation = "" },
		"no title":              func(r *verify.ToneRules) { r.Rules[0].Title = "" },
		"no suggestion":         func(r *verify.ToneRules) { r.Rules[0].Suggestion = "" },
		"no patterns":           func(r *verify.ToneRules) { r.Rules[0].Patterns = nil },
		"a bad pattern":         func(r *verify.ToneRules) { r.Rules[0].Patterns[0] = "(" },
		"a pattern of anything": func(r *verify.ToneRules) { r.Rules[0].Unless = []string{".*"} },
		"an unknown macro":      func(r *verify.ToneRules) { r.Rules[0].Patterns[0] = "<谁>好" },
		"an error":              func(r *verify.ToneRules) { r.Rules[0].Severity = govmedia.SeverityError },
		"an empty mark":         func(r *verify.ToneRules) { r.Hollow.Marks[0] = "" },
	} {
		rules := verify.BuiltInToneRules()
		change(&rules)
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		_, err = verify.ReadToneRules(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
}

func FuzzTone(f *testing.F) {
	f.Add("您好，此事不归我们管，请咨询其他部门。\n示例市教育局\n2026年11月28日", "示例市公安局")
	f.Add("你 不 说 话 没人\u200b把你当哑巴！", "")
	f.Add("来信收悉\xff\n局", "局")
	f.Fuzz(func(t *testing.T, text, unit string) {
		last := 0
		for _, found := range (verify.Tone{}).Check(verify.Answered{ID: "a1", Text: text, Unit: unit}) {
			requireComplete(t, found)
			require.NotEqual(t, govmedia.SeverityError, found.Severity)
			require.LessOrEqual(t, last, found.Span.Start, "in the order of the text")
			require.True(t, found.Span.Start <= found.Span.End && found.Span.End <= len(text))
			last = found.Span.Start
		}
	})
}
