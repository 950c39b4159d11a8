package verify

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// grouped reports whether a window is written as people write such a number: in one piece, in two because a line ended,
// digit by digit, or in groups of one of the given lengths with the same sort of gap between them.
func (n *numbers) grouped(w window, forms ...string) bool { return n.groupedAfter(w, 0, forms...) }

// groupedAfter is grouped, where the first group has so many digits that do not count.
func (n *numbers) groupedAfter(w window, skip int, forms ...string) bool {
	some := n.groups[w.from:w.to]
	if len(some) == 1 {
		return true
	}
	lines, sort := 0, gapOther
	lengths := make([]string, len(some))
	for i, g := range some {
		length := len(g.digits)
		if i == 0 {
			length -= skip
		}
		lengths[i] = strconv.Itoa(length)
		switch {
		case i == 0:
		case g.gap == gapLine:
			lines++
		case g.gap == gapDot, sort != gapOther && sort != g.gap:
			return false
		default:
			sort = g.gap
		}
	}
	switch form := strings.Join(lengths, ","); {
	case lines > 1:
		return false
	case len(some) == 2 && lines == 1, slices.Contains(forms, form):
		return true
	default:
		return strings.Trim(form, "1,") == "" && !n.single(w.from-1, w.from) && !n.single(w.to, w.to)
	}
}

// dotted reports whether a window is 138.1234.5678.
func (n *numbers) dotted(w window, skip int) bool {
	some := n.groups[w.from:w.to]
	return len(some) == 3 && len(some[0].digits)-skip == 3 && len(some[1].digits) == 4 && some[1].gap == gapDot && some[2].gap == gapDot
}

// single reports whether group i is one digit that continues a window of such.
func (n *numbers) single(i, gapAt int) bool {
	return i >= 0 && i < len(n.groups) && len(n.groups[i].digits) == 1 && (n.groups[gapAt].gap == gapBlank || n.groups[gapAt].gap == gapTight)
}

// continues reports whether a window of several groups only goes on from a group of the same sort, as in the middle of
// an account number.
func (n *numbers) continues(w window) bool {
	if w.from == 0 || w.from == n.done {
		return false
	}
	length := len(n.groups[w.from-1].digits)
	return length >= 3 && length <= 5 && n.groups[w.from].gap == n.groups[w.from+1].gap
}

// partOfCode reports whether letters, hyphens or decimals make a window part of something longer.
func (n *numbers) partOfCode(w window) bool {
	before, after := n.text[:w.at.Start], n.text[w.at.End:]
	if inURL(before) {
		return true
	}
	c, size := utf8.DecodeLastRuneInString(before)
	head := before[:len(before)-size]
	last, _ := utf8.DecodeLastRuneInString(head)
	digits := trailing(head, 7)
	switch {
	case isLetter(c):
		if !lineOf(before) {
			return true
		}
	case c == '.' || c == '．': // 30.13812345678 is a coordinate, 1.13812345678 the first of a list
		if digits == "0" || len(digits) > 1 {
			return true
		}
	case c == '/':
		if isLetter(last) {
			return true
		}
	case c == '-' || c == '－' || c == '_':
		if isLetter(last) && !lineOf(head) || digits != "" && len(digits) < 7 && digits != "86" && digits != "0086" {
			return true
		}
	}
	c, size = utf8.DecodeRuneInString(after)
	if isLetter(c) {
		return true
	}
	rest := after[size:]
	next, _ := utf8.DecodeRuneInString(rest)
	digits = leading(rest, 7)
	switch c {
	case '.', '．':
		return digits != ""
	case '-', '－', '_':
		return digits != "" && len(digits) < 7 || isLetter(next)
	}
	return false
}

func isLetter(c rune) bool { return c < utf8.RuneSelf && unicode.IsLetter(c) }

// lineOf reports whether the letters at the end of a text are a word for a telephone or a chat.
func lineOf(head string) bool {
	i := len(head)
	for i > 0 && isLetter(rune(head[i-1])) {
		i--
	}
	return slices.Contains([]string{"tel", "phone", "mobile", "mob", "cell", "wx", "vx", "v", "weixin", "wechat", "call"}, strings.ToLower(head[i:]))
}

// longestURL bounds how far back the beginning of a web address is looked for, in bytes.
const longestURL = 300

// inURL reports whether a web address has begun and not ended.
func inURL(before string) bool {
	i := len(before)
	for i > 0 && len(before)-i < longestURL && before[i-1] > ' ' && before[i-1] < utf8.RuneSelf {
		i--
	}
	tail := before[i:]
	return strings.Contains(tail, "://") || strings.Contains(tail, "www.")
}

// units are what a quantity is counted in, each with the characters that make it a longer word and no unit: 户主, 元氏县.
// A unit stands before those that it begins with.
var units = []struct{ unit, not string }{
	{"亿元", ""}, {"亿美元", ""}, {"亿立方", ""}, {"亿千瓦", ""}, {"亿吨", ""}, {"亿斤", ""}, {"亿人", ""}, {"亿", anyWord},
	{"元", "氏谋阳江宝坝月旦宵首素件帅老勋"}, {"万元", ""}, {"千元", ""}, {"百元", ""}, {"美元", ""},
	{"%", ""}, {"％", ""}, {"‰", ""}, {"人次", ""}, {"批次", ""}, {"吨", ""}, {"亩", ""}, {"公顷", ""}, {"公里", ""},
	{"平方公里", ""}, {"平方千米", ""}, {"平方米", ""}, {"平方", ""}, {"立方米", ""}, {"立方", ""}, {"千瓦时", ""}, {"千瓦", ""}, {"kW", ""},
	{"户", anyWord}, {"株", anyWord}, {"剂", ""},
}

// anyWord stands for every Han character.
const anyWord = "*"

// measured reports whether a unit follows: 15000000000元 is money. After a blank the unit must be a word of its own.
func measured(after string) bool {
	rest := strings.TrimLeft(after, " ")
	for _, u := range units {
		tail, ok := strings.CutPrefix(rest, u.unit)
		if !ok {
			continue
		}
		next, _ := utf8.DecodeRuneInString(tail)
		switch {
		case !isHan(next):
			return true
		case len(rest) < len(after):
			return prefixOf(tail, []string{"整", "以上", "以下", "以内", "左右", "人民币"}) != ""
		default:
			return u.not != anyWord && !strings.ContainsRune(u.not, next)
		}
	}
	return false
}

// blanks may stand between a word and the number that it announces, but not a comma or the end of a line.
const blanks = " \t\u00a0\u3000:：#＃＝=为是（(〔[【“\"'《|+＋.№"

// label is the word before a number: what stands there back to the mark or number before it.
func (n *numbers) label(start int) string {
	head := n.text[max(0, start-120):start]
	for _, unit := range []string{"（元）", "(元)", "（万元）", "(万元)", "（亿元）", "（人）", "（户）", "（个）"} {
		if strings.HasSuffix(strings.TrimRight(head, " ：:"), unit) {
			return "金额"
		}
	}
	return lastWord(strings.TrimRight(head, blanks))
}

// heading is label, but it also crosses commas and the ends of lines. It may only show that a number is somebody's: in a
// table or a list, what stands in the line before may be about anything.
func (n *numbers) heading(start int) string {
	return lastWord(strings.TrimRight(n.text[max(0, start-120):start], blanks+"\r\n,，"))
}

func lastWord(head string) string {
	i, runes := len(head), 0
	for i > 0 && runes < 16 {
		c, size := utf8.DecodeLastRuneInString(head[:i])
		if !unicode.IsLetter(c) && c != '/' && c != ' ' {
			break
		}
		i -= size
		runes++
	}
	return head[i:]
}

// personal reports whether a word ends by naming a telephone or a card: then a unit behind the number is none.
func personal(label string) bool {
	label = strings.ToUpper(strings.TrimSpace(label))
	for _, word := range []string{
		"手机", "手机号", "电话", "电话号", "号码", "联系方式", "微信", "微信号", "卡号", "银行卡", "账号", "帐号", "TEL", "PHONE", "MOBILE",
	} {
		if strings.HasSuffix(label, word) {
			return true
		}
	}
	return false
}

// isCode reports whether a word announces a number that is no person's.
func isCode(label string) bool {
	label = strings.ToUpper(strings.TrimSpace(label))
	if containsAny(label, []string{"身份", "手机", "电话", "卡号", "银行", "联系", "微信"}) {
		return false
	}
	for _, word := range []string{
		"编号", "编码", "代码", "单号", "流水号", "文号", "批号", "案号", "票号", "票据号", "证号", "序列号", "序号", "备案号", "许可证", "注册号",
		"条码", "条形码", "标识码", "识别码", "识别号", "税号", "ISBN", "ISSN", "合同号", "项目号", "工单号", "受理号", "登记号", "档案号", "查询码", "验证码", "校验码", "取件码",
		"追溯码", "监管码", "监管号", "审图号", "产权号", "单元号", "宗地号", "地块号", "设备号", "车架号", "订单", "NO", "SN", "QQ群", "QQ", "坐标", "经度", "纬度", "金额", "总额", "数量", "面积",
	} {
		if strings.HasSuffix(label, word) {
			return true
		}
	}
	thing, ok := strings.CutSuffix(label, "ID")
	return ok && thingOf(strings.TrimSpace(thing))
}

// thingOf reports whether a word before ID names a thing. The ID of an account, as in 抖音ID, is often its owner's telephone.
func thingOf(word string) bool {
	for _, thing := range []string{
		"订单", "商品", "产品", "日志", "任务", "记录", "文章", "稿件", "视频", "作品", "设备", "终端", "流程", "工单", "项目", "消息", "请求", "交易", "事项", "事件", "数据",
		"资源", "页面", "网页", "会议", "直播间", "房间", "模板", "附件", "文件", "批次", "ORDER", "TASK", "LOG", "TRACE", "REQUEST", "MESSAGE", "DEVICE",
	} {
		if strings.HasSuffix(word, thing) {
			return true
		}
	}
	return false
}

func (n *numbers) labelled(start int) bool { return isCode(n.label(start)) }

// unitAccount reports whether the holder of an account beside it is a unit.
func unitAccount(text string, at govmedia.Span) bool {
	const far = 180
	around := strings.ToValidUTF8(text[max(0, at.Start-far):min(len(text), at.End+far)], "")
	for _, word := range []string{"户名", "开户名称", "账户名称", "收款单位", "单位名称", "收款人", "户主单位"} {
		_, holder, found := strings.Cut(around, word)
		if !found {
			continue
		}
		holder = strings.TrimLeft(holder, " \t：:为是")
		if i := strings.IndexAny(holder, "，。；、\n\t ,;"); i >= 0 {
			holder = holder[:i]
		}
		if containsAny(holder, []string{"局", "中心", "公司", "政府", "厅", "委员会", "医院", "学校", "学院", "财政", "专户", "协会", "基金会", "合作社", "银行", "办公室"}) {
			return true
		}
	}
	return false
}
