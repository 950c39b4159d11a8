package verify

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

func mailRule(r *TextRules) Rule    { return r.Mail }
func addressRule(r *TextRules) Rule { return r.Address }
func birthRule(r *TextRules) Rule   { return r.Birth }

// landmarks are the words and signs near which mail addresses, home addresses and dates of birth are looked for.
type landmarks struct {
	words automaton
	look  []func(text string, at govmedia.Span) (datum, bool) // of each word
}

var builtInLandmarks = sync.OnceValue(func() *landmarks {
	var l landmarks
	var words []string
	add := func(look func(string, govmedia.Span) (datum, bool), near ...string) {
		for _, word := range near {
			words, l.look = append(words, word), append(l.look, look)
		}
	}
	add(mailAt, "@", "＠")
	for _, d := range doors {
		add(d.at, d.near...)
	}
	add(bornAt, "出生", "生于", "生日", "日生")
	l.words = newAutomaton(words)
	return &l
})

// findPlaces finds what stands beside landmarks.
func findPlaces(all []datum, text string) []datum {
	l := builtInLandmarks()
	l.words.walk(text, func(word int32, start, end int) {
		if d, ok := l.look[word](text, govmedia.Span{Start: start, End: end}); ok {
			all = append(all, d)
		}
	})
	return all
}

// mailAt reads a mail address, but none at gov.cn, which belong to offices.
func mailAt(text string, sign govmedia.Span) (datum, bool) {
	start, end := sign.Start, sign.End
	for start > 0 && (isAlnum(text[start-1]) || strings.IndexByte("._%+-", text[start-1]) >= 0) && sign.Start-start < 64 {
		start--
	}
	for end < len(text) && (isAlnum(text[end]) || text[end] == '.' || text[end] == '-') && end-sign.End < 253 {
		end++
	}
	domain := strings.TrimRight(text[sign.End:end], ".-")
	dot := strings.LastIndexByte(domain, '.')
	lower := strings.ToLower(domain)
	if start == sign.Start || dot < 1 || strings.Trim(lower[dot+1:], "abcdefghijklmnopqrstuvwxyz") != "" || len(domain)-dot < 3 ||
		lower == "gov.cn" || strings.HasSuffix(lower, ".gov.cn") {
		return datum{}, false
	}
	return datum{
		rule: mailRule, name: "电子邮箱", plain: text[start:sign.Start] + "@" + domain, masked: text[start:start+1] + "***@" + domain,
		at: govmedia.Span{Start: start, End: sign.End + len(domain)},
	}, true
}

func isAlnum(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

const (
	numeral  = `[0-9０-９A-Za-z一二三四五六七八九十百〇零○]{1,6}`
	building = `(?:` + numeral + `\s?(?:号院|号楼|号|弄|幢|栋|座|期|区|#)\s?[，,]?)`
	door     = `(?:` + numeral + `\s?[层楼]\s?)?(?:` + numeral + `\s?[室户号房]|[0-9０-９]{3,4}|[东西南北中]{1,2}户)`
)

// estates end the names of housing estates.
var estates = []string{"小区", "花园", "新村", "公寓", "家园", "苑", "嘉园", "名邸", "华庭", "庄园", "宿舍", "家属院", "佳园"}

// doorForm is one form of an address to the door.
type doorForm struct {
	near []string // the words near which it is looked for
	form *regexp.Regexp
	fits func(head, rest string) bool // what stands before and after the word makes it worth looking
}

// doors are the forms of an address to the door. Their first group, or
// else the whole, is what goes beyond the street. Offices have numbers, buildings and rooms too; what they do not have is an
// entrance (单元) with a door, a house number of a group of villagers, or rooms in a housing estate.
var doors = []doorForm{
	{[]string{"单元"}, regexp.MustCompile(building + `*` + numeral + `\s?单元\s?` + door), afterNumeral},
	{[]string{"弄"}, regexp.MustCompile(numeral + `\s?弄\s?` + numeral + `\s?号\s?(?:` + numeral + `\s?号?楼\s?)?` + numeral + `\s?室`), afterNumeral},
	{[]string{"幢", "栋", "号楼", "座"}, regexp.MustCompile(`(?:小区|花园|新村|公寓|家园|苑|嘉园|名邸|华庭|庄园|宿舍|家属院|佳园)\p{Han}{0,4}?(` + building + `*` + numeral + `\s?(?:幢|栋|号楼|座)\s?` + door + `)`), inEstate},
	{[]string{"组", "社", "队"}, regexp.MustCompile(`[村庄屯寨](` + numeral + `\s?[组社队]\s?` + numeral + `\s?号)`), inVillage},
	{[]string{"住址", "居住地", "户籍地", "户籍所在地", "常住地", "家住", "家庭地址"}, regexp.MustCompile(
		`(?:(?:住址|居住地址?|户籍地址?|户籍所在地|常住地址?)[为是]?[：:\s]{1,3}|(?:住址|户籍地址|家庭地址)[为是：:\s]{0,3}|家住)` + `\p{Han}{2,30}?` + house), homeNamed},
	{[]string{"住所"}, regexp.MustCompile(`住所地?[为是：:\s]{0,3}\p{Han}{2,30}?` + house), ownHome},
	{[]string{"通讯地址", "通信地址", "联系地址", "邮寄地址", "收件地址", "收货地址"}, regexp.MustCompile(
		`(?:通讯|通信|联系|邮寄|收件|收货)地址[为是：:\s]{0,3}\p{Han}{2,30}?(` + numeral + `\s?[号弄幢栋][^，。；;、：:（(\n]{0,20}[室户])`), ownHome},
	{[]string{"住"}, regexp.MustCompile(`住[于在：:\s]{0,3}\p{Han}{1,30}?[路街道巷同里村屯庄寨镇乡区苑园坊寓庭]` + house), livesThere},
}

// house is, as the first group, what goes beyond a street.
const house = `(` + numeral + `\s?[号室弄幢栋组](?:[^，。；;、：:（(\n]{0,20}[号室户])?)`

// at looks for an address around one of the words.
func (d doorForm) at(text string, word govmedia.Span) (datum, bool) {
	if !d.fits(text[:word.Start], text[word.End:]) {
		return datum{}, false
	}
	return doorAt(text, word, d.form)
}

// cutNumeral takes off the numeral at the end, if there is one.
func cutNumeral(head string) (before string, ok bool) {
	head = strings.TrimRight(head, " ")
	before = head
	for range 6 {
		c, size := utf8.DecodeLastRuneInString(before)
		number := c < utf8.RuneSelf && isAlnum(byte(c)) || digitOf(c) != 0 || strings.ContainsRune("一二三四五六七八九十百〇零○", c)
		if !number {
			break
		}
		before = before[:len(before)-size]
	}
	return before, before != head
}

func afterNumeral(head, _ string) bool {
	_, ok := cutNumeral(head)
	return ok
}

func inEstate(head, _ string) bool {
	before, ok := cutNumeral(head)
	return ok && containsAny(before[max(0, len(before)-60):], estates)
}

func inVillage(head, _ string) bool {
	before, ok := cutNumeral(head)
	c, _ := utf8.DecodeLastRuneInString(before)
	return ok && strings.ContainsRune("村庄屯寨", c)
}

func homeNamed(_, rest string) bool {
	return strings.ContainsAny(rest[:min(len(rest), 100)], "0123456789０１２３４５６７８９一二三四五六七八九十")
}

// ownHome is homeNamed, unless the clause before or the line behind speaks of a unit: that publishes where it is.
func ownHome(head, rest string) bool {
	if !homeNamed(head, rest) {
		return false
	}
	head = strings.ToValidUTF8(head[max(0, len(head)-180):], "")
	head = head[strings.LastIndexAny(head, "。；;\n")+1:]
	rest = strings.ToValidUTF8(rest[:min(len(rest), 180)], "")
	if i := strings.IndexAny(rest, "。；;\n"); i >= 0 {
		rest = rest[:i]
	}
	return !containsAny(head, unitWords) && !containsAny(rest, unitWords)
}

// unitWords show that an address is that of a unit, or the one where a unit gets letters.
var unitWords = []string{
	"公司", "企业", "法定代表人", "信用代码", "合作社", "事务所", "协会", "商会", "基金会", "研究院", "集团", "商店", "门店", "酒店", "厂", "银行",
	"政府", "委员会", "局", "厅", "法院", "检察院", "中心", "大厦", "大楼", "广场", "机关", "单位", "部门", "办公", "学校", "学院", "大学", "中学", "小学", "医院",
	"街道办", "窗口", "大厅", "传真", "邮编", "邮政编码", "征求意见", "反馈", "来信", "信函", "举报", "监督", "受理", "报名", "咨询",
}

// livesThere reports whether 住 is a verb with a person's place behind it: not 住房, 住院 or 入住.
func livesThere(head, rest string) bool {
	before, _ := utf8.DecodeLastRuneInString(head)
	after, _ := utf8.DecodeRuneInString(rest)
	return !strings.ContainsRune("入记站稳保抓守拦困挡堵留拖顶常衣接", before) && !strings.ContainsRune("房建院宅户所宿民持址地校进满", after) &&
		homeNamed(head, rest) && !containsAny(rest[:min(len(rest), 90)], []string{"医院", "病区", "病房", "宾馆", "酒店", "招待所"})
}

// doorAt looks for an address around a word.
func doorAt(text string, word govmedia.Span, form *regexp.Regexp) (datum, bool) {
	from, to := max(0, word.Start-90), min(len(text), word.End+130)
	for !boundary(text, from) {
		from++
	}
	for !boundary(text, to) {
		to--
	}
	for _, m := range form.FindAllStringSubmatchIndex(text[from:to], -1) {
		if from+m[1] < word.End || from+m[0] > word.Start {
			continue
		}
		at := govmedia.Span{Start: from + m[0], End: from + m[1]}
		if len(m) > 2 && m[2] >= 0 {
			at.Start, at.End = from+m[2], from+m[3]
		}
		if counted(text[at.Start:at.End], text[at.End:]) {
			continue
		}
		plain := text[at.Start:at.End]
		at.Start = streetEnd(text[:at.Start])
		shown := hanTail(text[:at.Start], 8)
		return datum{rule: addressRule, name: "住址门牌", plain: plain, masked: "***", shown: shown + "***", at: at}, true
	}
	return datum{}, false
}

// hanTail returns the Han characters at the end of a text, at most so many. Letters and digits may belong to a number.
func hanTail(text string, most int) string {
	start := len(text)
	for range most {
		c, size := utf8.DecodeLastRuneInString(text[:start])
		if !isHan(c) {
			break
		}
		start -= size
	}
	return text[start:]
}

// counted reports whether what looks like a door is a number of something, such as 3单元120人, 3栋4单元48户 or 5号窗口.
func counted(door, rest string) bool {
	last, size := utf8.DecodeLastRuneInString(door)
	switch {
	case digitOf(last) != 0:
		c, _ := utf8.DecodeRuneInString(rest)
		return digitOf(c) != 0 || strings.ContainsRune("元个人名课页题万余次套米%.", c) ||
			prefixOf(strings.TrimLeft(rest, " \u00a0\u3000"), quantities) != ""
	case last == '户' && prefixOf(rest, []string{"居民", "住户", "村民", "群众", "家庭", "人"}) != "":
		return true
	case last == '户':
		return households(door[:len(door)-size])
	}
	return prefixOf(rest, []string{"窗口", "线", "公告", "文件", "令", "附近", "周边", "一带"}) != ""
}

// quantities begin what is counted or measured in hundreds and thousands.
var quantities = []string{
	"千瓦", "千伏", "千米", "千克", "兆瓦", "万千瓦", "万元", "万吨", "万平", "亿元", "吨", "亩", "公顷", "公里", "平方", "立方", "元", "kW", "kw", "KW", "MW", "kV", "KV", "%",
}

// households reports whether the numeral at the end counts households: as a door it would name a floor and a flat on it
// (502户), or a floor would stand before it (5楼2户). No numeral at all is 东户.
func households(head string) bool {
	before, ok := cutNumeral(head)
	if !ok {
		return false
	}
	var digits []rune
	for _, c := range head[len(before):] {
		if d := digitOf(c); d != 0 {
			digits = append(digits, rune(d))
		}
	}
	if before = strings.TrimRight(before, " "); strings.HasSuffix(before, "楼") && !strings.HasSuffix(before, "号楼") || strings.HasSuffix(before, "层") {
		return false
	}
	if len(digits) < 3 || len(digits) > 4 {
		return true
	}
	flat := string(digits[len(digits)-2:])
	return flat == "00" || flat > "12"
}

// streetEnd returns where the township or street before a door ends (addresses are published no farther), or the end.
func streetEnd(head string) int {
	start := len(head)
	for n := 0; start > 0 && n < 24; n++ {
		c, size := utf8.DecodeLastRuneInString(head[:start])
		if !isHan(c) && !isAlnum(byte(min(c, 127))) && digitOf(c) == 0 {
			break
		}
		start -= size
	}
	run := head[start:]
	for _, word := range []string{"街道", "镇", "乡"} {
		if i := strings.LastIndex(run, word); i >= 0 {
			return start + i + len(word)
		}
	}
	return len(head)
}

const day = `((?:19|20|１９|２０)[0-9０-９]{2})(?:\s?[年.．/-]\s?[0-9０-９]{1,2}\s?[月.．/-]\s?[0-9０-９]{1,2}\s?日?|[0-9]{4})`

// births are the forms of a date of birth. A range or a limit (至…出生, …前出生) is a rule for many and nobody's birth.
var births = []*regexp.Regexp{
	regexp.MustCompile(`(?:出生日期|出生年月日|出生年月|出生时间|生日|出生于|生于|出生)[为是]?[：:\s]{0,3}(` + day + `)`),
	regexp.MustCompile(`(` + day + `)\s?(?:出生|生(?:[，。；、）),;\s]|$))`),
}

// bornAt looks for a date of birth before or after a word.
func bornAt(text string, word govmedia.Span) (datum, bool) {
	said := text[word.Start:word.End]
	if said != "日生" && dateBegins(text[word.End:]) {
		if d, ok := birthAt(text, word.Start, word.End, births[0]); ok {
			return d, true
		}
	}
	if (said == "日生" || said == "出生") && dateEnds(text[:word.Start], said) {
		return birthAt(text, word.Start, word.End, births[1])
	}
	return datum{}, false
}

func dateBegins(rest string) bool {
	c, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, "日期年月时间于为是：: \t\r\n"))
	return digitOf(c) != 0
}

func dateEnds(head, word string) bool {
	c, _ := utf8.DecodeLastRuneInString(strings.TrimRight(head, " "))
	return word == "日生" || c == '日' || digitOf(c) != 0
}

func birthAt(text string, start, end int, form *regexp.Regexp) (datum, bool) {
	from, to := max(0, start-48), min(len(text), end+64)
	for !boundary(text, from) {
		from++
	}
	for !boundary(text, to) {
		to--
	}
	for _, m := range form.FindAllStringSubmatchIndex(text[from:to], -1) {
		if from+m[1] < end || from+m[0] > start {
			continue
		}
		at := govmedia.Span{Start: from + m[2], End: from + m[3]}
		before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[:at.Start], " "))
		after := strings.TrimLeft(text[at.End:], " （(")
		if strings.ContainsRune("至到—-~～－", before) || prefixOf(after, []string{"至", "到", "—", "-", "~", "～", "－", "前", "后", "以", "之", "起", "含"}) != "" {
			continue
		}
		year := text[from+m[4] : from+m[5]]
		return datum{rule: birthRule, name: "出生日期", plain: text[at.Start:at.End], masked: year + "年**月**日", at: at}, true
	}
	return datum{}, false
}
