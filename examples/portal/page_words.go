package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
)

// word is a state as it is shown: in words, with a sign and a class of colour.
type word struct{ Text, Sign, Class string }

var deliveryWords = map[govmedia.DeliveryState]word{
	govmedia.Live:        {"已发布", "✓", "good"},
	govmedia.Saved:       {"已存草稿", "✓", "quiet"},
	govmedia.Processing:  {"平台处理中", "↻", "busy"},
	govmedia.Sending:     {"发送中", "↑", "busy"},
	govmedia.Queued:      {"排队中", "…", "quiet"},
	govmedia.Scheduled:   {"定时", "…", "quiet"},
	govmedia.Held:        {"暂停", "‖", "warn"},
	govmedia.Uncertain:   {"结果待核实", "?", "warn"},
	govmedia.NeedsPerson: {"待人工处理", "!", "bad"},
	govmedia.Rejected:    {"平台拒绝", "×", "plum"},
	govmedia.NotSent:     {"未发出", "−", "earth"},
	govmedia.Missed:      {"错过时段", "−", "earth"},
	govmedia.Cancelled:   {"已放弃", "/", "quiet"},
	govmedia.Withdrawn:   {"已撤回", "↩", "quiet"},
}

// deliveryBarOrder goes from done to given up; deliveryListOrder puts what needs a look first.
var (
	deliveryBarOrder = []govmedia.DeliveryState{
		govmedia.Live, govmedia.Saved, govmedia.Processing, govmedia.Sending, govmedia.Queued, govmedia.Scheduled, govmedia.Held, govmedia.Uncertain,
		govmedia.NeedsPerson, govmedia.Rejected, govmedia.NotSent, govmedia.Missed, govmedia.Cancelled, govmedia.Withdrawn,
	}
	deliveryListOrder = []govmedia.DeliveryState{
		govmedia.NeedsPerson, govmedia.Rejected, govmedia.NotSent, govmedia.Missed, govmedia.Uncertain, govmedia.Held,
		govmedia.Sending, govmedia.Processing, govmedia.Queued, govmedia.Scheduled, govmedia.Cancelled, govmedia.Withdrawn, govmedia.Saved, govmedia.Live,
	}
)

func deliveryRank(s govmedia.DeliveryState) int {
	for i, state := range deliveryListOrder {
		if s == state {
			return i
		}
	}
	return -1 // a state this page does not know is looked at first
}

// todoWord says what a person should do about a delivery; kind is why it stopped, if that is known.
func todoWord(s govmedia.DeliveryState, kind govmedia.Kind) string {
	switch {
	case s == govmedia.Rejected:
		return "请按平台要求修改内容后重发，或放弃。"
	case s == govmedia.NotSent:
		return "确认没有发出，原因消除后可以安全重发。"
	case s != govmedia.NeedsPerson:
		return ""
	case kind == govmedia.KindUnauthorized:
		return "请为该账号重新授权，再决定重发或放弃。"
	case kind == govmedia.KindChallenge:
		return "请本人登录平台完成验证，再决定重发或放弃。"
	}
	return "请到平台查看：已经发布的登记网址，确未发布的决定重发或放弃。"
}

var evidenceWords = map[govmedia.Evidence]string{
	govmedia.EvidenceResponse:  "平台应答",
	govmedia.EvidenceFound:     "读取核实",
	govmedia.EvidenceDuplicate: "重复拒绝佐证",
	govmedia.EvidencePerson:    "人工确认",
}

var gradeOrder = []metrics.Grade{metrics.Veto, metrics.Last, metrics.Late, metrics.Due, metrics.NeverYet, metrics.Fresh}

var gradeWords = map[metrics.Grade]word{
	metrics.Fresh:    {"正常", "✓", "good"},
	metrics.Due:      {"超7天", "·", "busy"},
	metrics.Late:     {"超10天", "!", "earth"},
	metrics.Last:     {"超12天", "!", "warn"},
	metrics.Veto:     {"超14天（单项否决）", "×", "bad"},
	metrics.NeverYet: {"暂无数据", "–", "quiet"},
}

// figureWord never shows what nobody knows as a number.
func figureWord(f metrics.Figure) string {
	n, known := f.Value()
	if !known {
		return "未知"
	}
	return strconv.FormatInt(n, 10)
}

var severityOrder = []govmedia.Severity{govmedia.SeverityError, govmedia.SeverityWarning, govmedia.SeverityInfo}

var severityWords = map[govmedia.Severity]word{
	govmedia.SeverityError:   {"须整改", "×", "bad"},
	govmedia.SeverityWarning: {"需关注", "!", "warn"},
	govmedia.SeverityInfo:    {"提示", "i", "busy"},
}

var stepWords = map[publish.Step]string{
	publish.StepSubmit: "初审", publish.StepReview: "复审", publish.StepApprove: "终审",
}

var kindWords = map[govmedia.Kind]string{
	govmedia.KindInvalid:      "内容不符合平台要求",
	govmedia.KindUnauthorized: "账号授权缺失、过期或已被撤销，需要重新授权",
	govmedia.KindForbidden:    "平台不允许此账号或应用这样做",
	govmedia.KindRateLimited:  "平台限制频次，等待后再试",
	govmedia.KindRejected:     "平台拒绝了这条内容",
	govmedia.KindDuplicate:    "平台提示内容重复",
	govmedia.KindNotFound:     "平台上找不到对象",
	govmedia.KindConflict:     "状态已变，操作不再适用",
	govmedia.KindUnavailable:  "平台暂时无法服务",
	govmedia.KindTransport:    "与平台的连接中断",
	govmedia.KindChallenge:    "平台要求人工验证",
	govmedia.KindUnsupported:  "平台不支持此操作",
	govmedia.KindCorrupt:      "数据与审定时不一致，已停止",
	govmedia.KindInternal:     "未归类的错误",
}

// reasonWords are the engine's own remarks, by how they begin.
var reasonWords = []struct{ begins, words string }{
	{"proved absent by reading; sent once more", "读取核实：平台上没有，已重新发送"},
	{"proved absent by reading", "读取核实：平台上没有"},
	{"in doubt, but the platform recognises a repetition", "上次结果不明；平台能识别重复，已用同一标识重新发送"},
	{"accepted; the platform is at work on it", "平台已受理，正在处理"},
	{"the platform accepted it and has not finished", "平台已受理，但迟迟没有处理完"},
	{"not there yet", "平台上还没有，可能稍后显示，继续核实"},
	{"the platform says it is there", "平台称已收到，但读取不到"},
	{"this platform cannot be read", "该平台无法读取，请人工查看"},
	{"reading cannot tell", "读取无法判断：平台已不显示当时的内容"},
}

// reasonWord says in Chinese why a delivery stands where it stands. What it does not know, such as a person's own note,
// stays as it is.
func reasonWord(reason string) string {
	for _, r := range reasonWords {
		if strings.HasPrefix(reason, r.begins) {
			return r.words
		}
	}
	prefix := ""
	switch {
	case strings.HasPrefix(reason, "reading failed: "):
		prefix = "核实时读取失败："
	case strings.HasPrefix(reason, "an earlier attempt may be there all the same: "):
		prefix = "此前一次可能已经发出；重发时："
	}
	if words, ok := kindWords[reasonKind(reason)]; ok {
		return prefix + words
	}
	return reason
}

// reasonKind finds the kind in a recorded govmedia.Error, which reads "platform op: kind: detail (facts)".
func reasonKind(reason string) govmedia.Kind {
	for segment := range strings.SplitSeq(reason, ": ") {
		name, _, _ := strings.Cut(segment, " (")
		if _, ok := kindWords[govmedia.Kind(name)]; ok {
			return govmedia.Kind(name)
		}
	}
	return ""
}

func platformWord(platform string) string {
	switch platform {
	case "weibo":
		return "微博"
	case "wechat":
		return "微信"
	case "douyin":
		return "抖音"
	case "app":
		return "客户端"
	case "website":
		return "网站"
	}
	return platform
}

func fieldWord(field string) string {
	switch field {
	case "name":
		return "账号名称"
	case "code":
		return "统一社会信用代码"
	case "region":
		return "行政区划代码"
	}
	return field
}

func postWord(s publish.State, live, all int) string {
	switch s {
	case publish.UnderWay:
		return fmt.Sprintf("正在投递：%d个账号中已发布%d个。", all, live)
	case publish.FullyLive:
		return fmt.Sprintf("投递完成：%d个账号全部发布。", all)
	case publish.PartiallyLive:
		return fmt.Sprintf("投递结束：%d个账号中已发布%d个，其余%d个未发布或待人工处理。", all, live, all-live)
	case publish.NowhereLive:
		return fmt.Sprintf("投递结束：%d个账号均未发布，请人工处理。", all)
	case publish.NotPublished:
		return "稿件尚未开始投递。"
	}
	return string(s)
}

var beijing = time.FixedZone("UTC+8", 8*60*60)

func clockWord(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(beijing).Format("2006-01-02 15:04")
}

// spanWord writes a span in its two largest units, in whole minutes.
func spanWord(d time.Duration) string {
	days, hours, minutes := d/(24*time.Hour), d%(24*time.Hour)/time.Hour, d%time.Hour/time.Minute
	amount := func(n time.Duration, unit string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(int64(n)) + unit
	}
	if days > 0 {
		return amount(days, "天") + amount(hours, "小时")
	}
	return cmp.Or(amount(hours, "小时")+amount(minutes, "分"), "不足1分钟")
}

// leftWord says how long a deadline is away. A deadline met to the second is not missed.
func leftWord(left time.Duration, known bool) string {
	switch {
	case !known:
		return "时限无法计算"
	case left < 0:
		return "已超时" + spanWord(-left)
	}
	return "剩余" + spanWord(left)
}

// maskName keeps the first character that can be seen.
func maskName(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return string(r) + "**"
		}
	}
	return "匿名"
}

// part is one section of a bar or one count of a legend.
type part struct {
	word
	N, X, Width int
}

// bar is a row of parts, drawn barWidth units wide.
type bar struct {
	Parts []part
	Total int
}

const barWidth = 1000

func (b *bar) add(w word, n int) {
	if n == 0 {
		return
	}
	b.Parts = append(b.Parts, part{word: w, N: n})
	b.Total += n
	sum := 0
	for i := range b.Parts {
		p := &b.Parts[i]
		p.X = sum * barWidth / b.Total
		sum += p.N
		p.Width = sum*barWidth/b.Total - p.X
	}
}

// Label reads the bar out.
func (b *bar) Label() string {
	texts := make([]string, len(b.Parts))
	for i, p := range b.Parts {
		texts[i] = fmt.Sprintf("%s%d个", p.Text, p.N)
	}
	return strings.Join(texts, "，")
}

func deliveryBar(counts map[govmedia.DeliveryState]int) *bar {
	b := &bar{}
	for _, s := range deliveryBarOrder {
		b.add(deliveryWords[s], counts[s])
	}
	return b
}
