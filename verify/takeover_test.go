package verify_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

// beijing is a time of November 2026.
func beijing(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, time.FixedZone("CST", 8*60*60))
}

func norm(id string) verify.Norm {
	return verify.Norm{
		Account: id, Name: "示例" + id, Unit: "u-" + id, Classes: []string{"notice", "service"},
		Hosts: []string{"www.shili.example", ".gov.shili.example"}, Clients: []string{"微博网页版", "政务矩阵"}, LastActive: beijing(1, 9, 0).AddDate(0, 0, -1),
	}
}

func post(id string, at time.Time, text string) verify.Action {
	return verify.Action{Account: id, At: at, Kind: verify.ActionPost, Text: text}
}

func signals(t *testing.T, a verify.Activity) map[string][]string {
	t.Helper()
	found, err := verify.Takeover{}.Check(a)
	require.NoError(t, err)
	all := map[string][]string{}
	for _, f := range found {
		requireComplete(t, f)
		all[f.Subject] = append(all[f.Subject], f.Rule)
	}
	return all
}

// Each case paraphrases one theft or misuse that the press reported; the names are invented.
func TestV10_EightHistoricalPatterns(t *testing.T) {
	until := beijing(30, 23, 59)
	for _, c := range []struct {
		name string
		make func() verify.Activity
		want map[string][]string
	}{
		{"a township sells shoes after a change of staff without hand-over", func() verify.Activity {
			n := norm("镇")
			n.CustodianLeft, n.Rotated = beijing(1, 18, 0).AddDate(-1, 0, 0), beijing(1, 9, 0).AddDate(-2, 0, 0)
			sale := post("镇", beijing(5, 15, 0), "厂家直销真皮男鞋，两双99元包邮，私信下单")
			sale.Kind = verify.ActionMessage
			return verify.Activity{Until: until, Accounts: []verify.Norm{n}, Actions: []verify.Action{sale}}
		}, map[string][]string{"镇": {"takeover.custodian", "takeover.advert"}}},
		{"a court's account carries adverts for months", func() verify.Activity {
			a := verify.Activity{Until: until, Accounts: []verify.Norm{norm("法院")}}
			for day := range 30 {
				x := post("法院", beijing(day+1, 11, 0), "减肥茶优惠价，加微信 abc12345，支持货到付款")
				x.Links = []string{"http://shop.evil.example/tea"}
				a.Actions = append(a.Actions, x)
			}
			return a
		}, map[string][]string{"法院": {"takeover.advert", "takeover.link"}}},
		{"prostitution adverts on a bureau's account", func() verify.Activity {
			return verify.Activity{Until: until, Accounts: []verify.Norm{norm("环保")}, Actions: []verify.Action{
				post("环保", beijing(7, 16, 0), "学生妹上门服务，电话13800000000"),
			}}
		}, map[string][]string{"环保": {"takeover.advert"}}},
		{"several cities post the same picture: one outsourcer", func() verify.Activity {
			a := verify.Activity{Until: until}
			for i, id := range []string{"东市", "西市"} {
				n := norm(id)
				n.Operator = "示例传媒公司"
				x := post(id, beijing(9, 14, i), "")
				x.Media = []string{"sha256:77aa"}
				a.Accounts, a.Actions = append(a.Accounts, n), append(a.Actions, x)
			}
			return a
		}, map[string][]string{"东市": {"takeover.same_text"}, "西市": {"takeover.same_text"}}},
		{"a disused account posts pornography", func() verify.Activity {
			n := norm("工程")
			n.LastActive = beijing(1, 9, 0).AddDate(-2, 0, 0)
			return verify.Activity{Until: until, Accounts: []verify.Norm{n}, Actions: []verify.Action{
				post("工程", beijing(3, 13, 0), "激情视频免费看 http://x.evil.example/1"),
			}}
		}, map[string][]string{"工程": {"takeover.awake", "takeover.advert", "takeover.link"}}},
		{"stolen for the second time within four months", func() verify.Activity {
			n := norm("局")
			n.Thefts = []time.Time{beijing(1, 9, 0).AddDate(0, -4, 0)}
			a := verify.Activity{Until: until, Accounts: []verify.Norm{n}}
			for i := range 6 {
				a.Actions = append(a.Actions, post("局", beijing(12, 2, i*5), fmt.Sprintf("第%d次转发有礼", i)))
			}
			return a
		}, map[string][]string{"局": {"takeover.burst", "takeover.again"}}},
		{"the operator cheers for a singer", func() verify.Activity {
			x := post("文明", beijing(14, 20, 0), "哥哥新歌打榜，大家冲啊！")
			x.Client = "iPhone客户端"
			return verify.Activity{Until: until, Accounts: []verify.Norm{norm("文明")}, Actions: []verify.Action{x}}
		}, map[string][]string{"文明": {"takeover.class", "takeover.client"}}},
		{"a museum announces a robbery that never was", func() verify.Activity {
			return verify.Activity{Until: until, Accounts: []verify.Norm{norm("博物馆")}, Actions: []verify.Action{
				post("博物馆", beijing(16, 21, 40), "本馆刚刚遭劫，多件文物被抢！"),
				post("博物馆", beijing(16, 22, 10), "刚才的微薄系误发"),
			}}
		}, map[string][]string{"博物馆": {"takeover.class"}}},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, signals(t, c.make())) })
	}
}

func TestV10_OneOutsourcerIsAnError(t *testing.T) {
	a, b := norm("东市"), norm("西市")
	act := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{a, b}, Actions: []verify.Action{
		post("东市", beijing(9, 14, 0), "完全相同的一段文字内容"), post("西市", beijing(9, 14, 5), "完全相同的 一段文字内容"),
	}}
	found, err := verify.Takeover{}.Check(act)
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, govmedia.SeverityWarning, found[0].Severity)
	act.Accounts[0].Operator, act.Accounts[1].Operator = "示例传媒公司", "示例传媒公司"
	found, err = verify.Takeover{}.Check(act)
	require.NoError(t, err)
	require.Equal(t, govmedia.SeverityError, found[0].Severity)
	act.Accounts[0].Clusters, act.Accounts[1].Clusters = []string{"示例省矩阵"}, []string{"示例省矩阵"}
	require.Empty(t, signals(t, act), "one cluster speaks together")
	act.Accounts[1].Clusters = nil
	act.Actions[1].At = beijing(20, 14, 0)
	require.Empty(t, signals(t, act), "eleven days later")
}

func TestV10_InsultInAReply(t *testing.T) {
	x := post("局", beijing(5, 10, 0), "你算老几，家里人又犯事了吧？")
	x.Kind, x.Operation, x.Reads = verify.ActionReply, "reply/1", account.Saw(int64(9000))
	a := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{norm("局")}, Actions: []verify.Action{x}}
	require.Equal(t, map[string][]string{"局": {"takeover.insult"}}, signals(t, a), "reviewed or not")
	found, err := verify.Takeover{}.Check(a)
	require.NoError(t, err)
	require.Contains(t, found[0].Explanation, "2026年11月5日10:00")
	require.Contains(t, found[0].Explanation, "9000次阅读")
}

func TestV10_WhatIsDutyReviewedOrUnknownIsNoSignal(t *testing.T) {
	night := func() verify.Activity {
		a := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{norm("应急")}}
		for i := range 6 {
			a.Actions = append(a.Actions, post("应急", beijing(12, 2, i*5), fmt.Sprintf("暴雨红色预警信号第%d次更新", i)))
		}
		return a
	}
	require.Equal(t, map[string][]string{"应急": {"takeover.burst"}}, signals(t, night()))
	a := night()
	a.Accounts[0].Duty = []verify.Duty{{From: beijing(11, 22, 0), To: beijing(12, 8, 0)}}
	require.Empty(t, signals(t, a), "on duty")
	a = night()
	for i := range a.Actions {
		a.Actions[i].Operation = "post/1"
	}
	require.Empty(t, signals(t, a), "reviewed and sent by us")
	a = night()
	a.Actions = a.Actions[:3]
	require.Empty(t, signals(t, a), "three are no burst")

	x := post("局", beijing(5, 10, 0), "演唱会安保公告 http://other.example/a")
	x.Client = "别的客户端"
	bare := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{{Account: "局"}}, Actions: []verify.Action{x}}
	require.Empty(t, signals(t, bare), "nobody knows what is normal there")
	n := norm("局")
	n.CustodianLeft, n.Rotated = beijing(2, 9, 0), beijing(2, 17, 0)
	require.Empty(t, signals(t, verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{n}}), "rotated the same day")
}

// quietMonth is a month of several accounts as it may well be: notices, reposts, answers, evening posts, campaigns against
// fraud and gambling, a broadcast, and a night of heavy rain with the roster on duty. Its words are not those of the rules.
func quietMonth(seed uint64) verify.Activity {
	r := rand.New(rand.NewPCG(seed, 10))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	a := verify.Activity{Until: beijing(30, 23, 59)}
	for _, id := range []string{"发布", "公安", "应急", "文旅", "教育", "交通", "环境", "博物馆"} {
		n := norm(id)
		n.Clusters = []string{"示例市矩阵"}
		switch id {
		case "公安":
			n.Classes = append(n.Classes, "incident")
		case "文旅":
			n.Classes = append(n.Classes, "fans")
		}
		if id == "发布" || id == "应急" || id == "交通" {
			n.Duty = []verify.Duty{{From: beijing(18, 20, 0), To: beijing(19, 8, 0)}}
		}
		a.Accounts = append(a.Accounts, n)
		for day := 1; day <= 30; day++ {
			for range 2 + r.IntN(4) {
				at := beijing(day, 8+r.IntN(14), r.IntN(60))
				x := post(id, at, pick("示例大道封闭施工", "办事大厅延时服务", "明日最高气温十二度", "防范电信诈骗，不轻信刷单返利", "抵制网络赌博，远离博彩平台",
					"免费讲座报名开始", "招聘公告", "本馆周一闭馆", "校园开放日", "秋季流感疫苗接种点")+
					fmt.Sprintf("（%d月%d日第%d号）", 11, day, r.IntN(1000)))
				x.Client = pick("微博网页版", "政务矩阵")
				if r.IntN(4) == 0 {
					x.Text += " https://" + pick("www.shili.example", "jtj.gov.shili.example") + "/n/" + fmt.Sprint(r.IntN(100))
				}
				switch r.IntN(5) {
				case 0:
					x.Kind, x.Text = verify.ActionRepost, "转发"
				case 1:
					x.Kind, x.Text = verify.ActionReply, pick("您好，请携带身份证到窗口办理。", "已转交通局处理，3个工作日内答复。", "谢谢提醒，路灯已修好。", "您好，电话0777-8880001。")
				}
				if id == "公安" && r.IntN(6) == 0 {
					x.Text = "警情通报：抢劫嫌疑人已抓获"
				}
				a.Actions = append(a.Actions, x)
			}
			if r.IntN(3) == 0 { // good night
				a.Actions = append(a.Actions, post(id, beijing(day, 22, 35+r.IntN(20)), "晚安，示例"))
			}
		}
		notice := post(id, beijing(20, 9, r.IntN(30)), "关于元旦假期服务安排的通知，请相互转告") // the same by hand, within the cluster
		a.Actions = append(a.Actions, notice)
	}
	for i := range 40 { // the night of the rain
		id := pick("发布", "应急", "交通")
		a.Actions = append(a.Actions, post(id, beijing(19, i/10, i%10*6), fmt.Sprintf("暴雨红色预警第%d报，请减少外出", i)))
	}
	r.Shuffle(len(a.Actions), func(i, j int) { a.Actions[i], a.Actions[j] = a.Actions[j], a.Actions[i] })
	return a
}

func TestV10_AQuietMonthRaisesNothing(t *testing.T) {
	for seed := range uint64(3) {
		a := quietMonth(seed)
		require.Greater(t, len(a.Actions), 800)
		require.Empty(t, signals(t, a), "seed %d", seed)
	}
	a := quietMonth(0)
	for i := range a.Accounts {
		a.Accounts[i].Duty = nil
	}
	require.NotEmpty(t, signals(t, a), "the same night without a roster")
}

// What an official account posts about prices, loans, visits and appointments is no advert, whatever word of one it has, and a
// hotline is not how advertisers are reached.
func TestV10_OrdinaryPostsAreNoAdverts(t *testing.T) {
	for _, text := range []string{
		"天气转热，气温增高，请注意防暑。", "儿童增高要靠睡眠和运动，不要迷信保健品。",
		"价格举报热线12315，哄抬价格可举报。", "价格认定咨询电话：13800000000。", "粮食收购价格咨询请拨打12345。",
		"咨询电话：88123456。符合条件的企业可享受税费优惠。", "关注微信号shilishuiwu，了解税费优惠政策。", "点击链接进入专区，查看优惠政策。",
		"欢迎参加我市技能培训，名额有限。", "扫码领取消费券，在指定商场可享折扣。", "公有住房出售政策咨询电话：0777-8880001。", "电商培训班教村民开淘宝店。",
		"减肥茶抽检不合格，已下架。", "批发市场周日照常营业，电话：13800000000。", "快递可以要求支持退换，货到付款更稳妥。",
		"小微企业可申请无抵押贷款", "退税款秒到账，纳税人点赞。", "返乡青年种葡萄，月入3万元。", "企业招聘外贸跟单员，月薪6000元。", "上门办证，联系人李科长13800000000。",
		"李小姐在政务大厅预约办理", "三级片区网格员入户走访", "高龄老人上门服务，电话预约12345678", "社区妹子上门服务老人", "礼仪小姐服务热情", "人体裸体素描展",
		"为行动不便的群众提供特殊服务，联系电话13800000000", "未成年人网吧包夜，家长很担心", "全民健身日，激情直播等你来",
		"开户即送达", "企业注册送达地址确认书", "数字人民币开户送20元红包", "棋牌室注册登记指南", "老年棋牌比赛报名平台开放", "警惕荐股群，入群即套路",
		"清理色情网站，网信部门受理举报", "拒绝裸聊，遇到敲诈请报警",
	} {
		t.Run(text, func(t *testing.T) {
			for _, kind := range []verify.ActionKind{verify.ActionPost, verify.ActionReply} {
				x := post("局", beijing(5, 10, 0), text)
				x.Kind = kind
				n := norm("局")
				n.Classes = nil
				require.Empty(t, signals(t, verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{n}, Actions: []verify.Action{x}}), kind)
			}
		})
	}
}

func TestV10_AdvertsAreFound(t *testing.T) {
	for _, text := range []string{
		"真皮女鞋，99元包邮", "手机现货出售，微信：abc12345", "正品代购，私信咨询", "厂家直销，联系13800000000", "特价名表，加我微信", "减肥药，电话 138 0000 0000",
		"增高鞋特价", "淘宝搜：示例鞋店", "诚招代理", "加盟费全免，手机13800000000",
		"无抵押贷款，加微信abc12345", "黑户可贷款", "当天放款，借款找13800000000", "内幕消息，荐股群", "日赚500，私信我", "刷单赚佣金", "信用卡套现", "办理毕业证，QQ：123456789",
		"开户即送彩金", "首存送100", "百家乐平台", "棋牌上分，abc123.com", "六合彩官网",
		"学生妹上门服务", "美女上门，13800000000", "小姐全套包夜", "特殊服务，加我好友", "激情视频在线观看", "三级片免费下载", "成人电影", "约炮", "裸聊，加我微信",
	} {
		t.Run(text, func(t *testing.T) {
			found := signals(t, verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{{Account: "局"}}, Actions: []verify.Action{post("局", beijing(5, 10, 0), text)}})
			require.Equal(t, map[string][]string{"局": {"takeover.advert"}}, found)
		})
	}
}

func TestV10_ActivitiesAreRefused(t *testing.T) {
	good := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{norm("局")}, Actions: []verify.Action{post("局", beijing(5, 10, 0), "通知")}}
	text, err := json.Marshal(good)
	require.NoError(t, err)
	again, err := verify.ReadActivity(strings.NewReader(string(text)))
	require.NoError(t, err)
	require.Len(t, again.Actions, 1)
	for name, change := range map[string]func(*verify.Activity){
		"no end":             func(a *verify.Activity) { a.Until = time.Time{} },
		"no id":              func(a *verify.Activity) { a.Accounts[0].Account = "" },
		"an id twice":        func(a *verify.Activity) { a.Accounts = append(a.Accounts, norm("局")) },
		"an unknown account": func(a *verify.Activity) { a.Actions[0].Account = "x" },
		"no time":            func(a *verify.Activity) { a.Actions[0].At = time.Time{} },
		"after the end":      func(a *verify.Activity) { a.Actions[0].At = beijing(30, 0, 1) },
		"an unknown kind":    func(a *verify.Activity) { a.Actions[0].Kind = "like" },
	} {
		bad := good
		bad.Accounts, bad.Actions = slices.Clone(good.Accounts), slices.Clone(good.Actions)
		change(&bad)
		_, err := verify.Takeover{}.Check(bad)
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
		text, err := json.Marshal(bad)
		require.NoError(t, err)
		_, err = verify.ReadActivity(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	_, err = verify.ReadActivity(strings.NewReader(`{"until":"2026-11-30T00:00:00Z","colour":1}`))
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func TestV10_TakeoverRulesAreData(t *testing.T) {
	for name, change := range map[string]func(*verify.TakeoverRules){
		"no version":       func(r *verify.TakeoverRules) { r.Version = "" },
		"no citation":      func(r *verify.TakeoverRules) { r.Advert.Citation = "" },
		"one is no burst":  func(r *verify.TakeoverRules) { r.Burst.Count = 1 },
		"no minutes":       func(r *verify.TakeoverRules) { r.Burst.Minutes = 0 },
		"no hours":         func(r *verify.TakeoverRules) { r.Burst.DayFrom = "25:00" },
		"hours backwards":  func(r *verify.TakeoverRules) { r.Burst.DayFrom, r.Burst.DayTo = r.Burst.DayTo, r.Burst.DayFrom },
		"a bad pattern":    func(r *verify.TakeoverRules) { r.Classes[0].Patterns[0] = "(" },
		"a greedy pattern": func(r *verify.TakeoverRules) { r.Classes[0].Patterns[0] = ".*" },
		"a nameless class": func(r *verify.TakeoverRules) { r.Classes[0].Name = "" },
	} {
		rules := verify.BuiltInTakeoverRules()
		change(&rules)
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		_, err = verify.ReadTakeoverRules(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	rules := verify.BuiltInTakeoverRules()
	rules.Awake.Days = 1
	a := verify.Activity{Until: beijing(30, 0, 0), Accounts: []verify.Norm{norm("局")}, Actions: []verify.Action{post("局", beijing(5, 10, 0), "通知")}}
	require.Empty(t, signals(t, a))
	found, err := verify.Takeover{Rules: &rules}.Check(a)
	require.NoError(t, err)
	require.Len(t, found, 1)
}

func FuzzTakeover(f *testing.F) {
	a := quietMonth(1)
	a.Actions = a.Actions[:5]
	text, err := json.Marshal(a)
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(`{"until":"2026-11-30T00:00:00Z","accounts":[{"account":"a","thefts":["2026-10-01T00:00:00Z"],"last_active":"2020-01-01T00:00:00Z"}],
		"actions":[{"account":"a","at":"2026-11-29T02:00:00+08:00","kind":"reply","text":"傻子 http://x.example","media":["m"],"reads":3}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := verify.ReadActivity(strings.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, govmedia.KindInvalid)
			return
		}
		found, err := verify.Takeover{}.Check(a)
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, f := range found {
			requireComplete(t, f)
			require.False(t, seen[f.Subject+f.Rule], "one of each signal")
			seen[f.Subject+f.Rule] = true
		}
	})
}

// Each account compared with each other, twice, would be 800 million comparisons.
func TestV10_ATextOnVeryManyAccounts(t *testing.T) {
	at := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	a := verify.Activity{Until: at.Add(time.Hour)}
	for i := range 20_000 {
		id := fmt.Sprintf("a%05d", i)
		a.Accounts = append(a.Accounts, verify.Norm{Account: id, Name: id, Unit: "u" + id, Operator: []string{"", "示例代运营公司"}[i/19_998]})
		a.Actions = append(a.Actions, verify.Action{Account: id, At: at, Kind: verify.ActionPost, Text: "各位市民，请注意防范电信网络诈骗，谨防上当受骗。"})
	}
	found, err := verify.Takeover{}.Check(a)
	require.NoError(t, err)
	same := map[string]govmedia.Finding{}
	for _, f := range found {
		if f.Rule == "takeover.same_text" {
			same[f.Subject] = f
		}
	}
	require.Len(t, same, 20_000)
	require.NotContains(t, same["a00000"].Explanation, "代运营")
	require.Equal(t, govmedia.SeverityError, same["a19999"].Severity, "the one of the same operator is found among all others")
	for i := range a.Accounts {
		a.Accounts[i].Clusters = []string{a.Accounts[i].Account, "全省"}
	}
	found, err = verify.Takeover{}.Check(a)
	require.NoError(t, err)
	for _, f := range found {
		require.NotEqual(t, "takeover.same_text", f.Rule, "all of one cluster")
	}
}
