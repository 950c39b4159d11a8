package verify_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// record is invented personal data inside a sentence, with the part that must be found. The generator shares nothing with
// the detector: check digits come from the tables printed in the standards, forms from how people write.
type record struct {
	kind, form, text string
	value            string // as it stands in the text
	digits           string // the digits of it that must not survive a mask; empty when that says nothing
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomDigits(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + r.IntN(10))
	}
	return string(b)
}

func randomRegion(r *rand.Rand) string {
	province := pick(r, strings.Fields("11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65")...)
	city := fmt.Sprintf("%02d", 1+r.IntN(12))
	if strings.Contains("11 12 31 50", province) {
		city = "01"
	}
	return province + city + fmt.Sprintf("%02d", 1+r.IntN(30))
}

func randomDay(r *rand.Rand, from, to int) (year, month, day int) {
	return from + r.IntN(to-from+1), 1 + r.IntN(12), 1 + r.IntN(28)
}

func randomID(r *rand.Rand) string {
	y, m, d := randomDay(r, 1932, 2018)
	body := randomRegion(r) + fmt.Sprintf("%04d%02d%02d", y, m, d) + randomDigits(r, 3)
	return body + residentDigit(body)
}

func randomOldID(r *rand.Rand) string {
	y, m, d := randomDay(r, 1912, 1998)
	return randomRegion(r) + fmt.Sprintf("%02d%02d%02d", y%100, m, d) + randomDigits(r, 3)
}

func randomPhone(r *rand.Rand) string {
	return pick(r, "13", "14", "15", "16", "17", "18", "19") + randomDigits(r, 9)
}

func randomCard(r *rand.Rand) string {
	body := pick(r, "622202", "621700", "622848", "620522", "623058", "436742", "552245", "356827", "955880", "622588")
	body += randomDigits(r, pick(r, 16, 17, 18, 19, 19, 16)-len(body)-1)
	for c := '0'; ; c++ {
		if luhnByTable(body + string(c)) {
			return body + string(c)
		}
	}
}

// luhnByTable sums from the left, with the doubled digits in a table.
func luhnByTable(number string) bool {
	doubled := [10]int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}
	sum := 0
	for i, c := range number {
		if v := int(c - '0'); (len(number)-i)%2 == 0 {
			sum += doubled[v]
		} else {
			sum += v
		}
	}
	return sum%10 == 0
}

func fullWidth(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return c - '0' + '０'
		case c == 'X':
			return 'Ｘ'
		}
		return c
	}, s)
}

// split writes a number in groups of these lengths; what is left stands in the last one.
func split(s, gap string, lengths ...int) string {
	var parts []string
	for _, n := range lengths {
		if n < len(s) {
			parts, s = append(parts, s[:n]), s[n:]
		}
	}
	return strings.Join(append(parts, s), gap)
}

// written returns the number in one of the forms in which people write it, and the name of the form.
func written(r *rand.Rand, s string, usual []int) (form, text string) {
	gap := pick(r, " ", "  ", "\u00a0", "\u3000", "-", " - ", "－", "—")
	switch r.IntN(8) {
	case 0:
		return "full-width", fullWidth(s)
	case 1:
		return "grouped", split(s, gap, usual...)
	case 2:
		return "full-width, grouped", fullWidth(split(s, gap, usual...))
	case 3:
		at := 3 + r.IntN(len(s)-6)
		return "broken line", s[:at] + pick(r, "\n", "\r\n", "\n  ", "-\n", "\n\u3000\u3000") + s[at:]
	case 4:
		return "digit by digit", strings.Join(strings.Split(s, ""), pick(r, " ", "\u00a0"))
	case 5:
		at := 1 + r.IntN(len(s)-2)
		return "with an invisible character", s[:at] + pick(r, "\u200b", "\ufeff", "\u00ad") + s[at:]
	default:
		return "plain", s
	}
}

var carriers = map[string][]string{
	"id":   {"张某，身份证号%s，现予公示。", "公民身份号码：%s", "申请人李某（%s）已提交材料", "%s", "序号1 王某 男 %s 低保", "姓名|证件号码\n赵某|%s\n", "证件号%s；", "他的号码是%s吗"},
	"tel":  {"联系人：张某，电话%s。", "手机：%s", "请拨打%s咨询", "%s", "李某 %s 示例村", "联系方式（%s）", "王科长13楼，%s，周末不休", "微信同号%s", "赵某|%s|2人"},
	"card": {"补贴发放至账号%s。", "银行卡号：%s", "开户行示例银行，卡号 %s", "收款账户：%s，户名张某", "李某 %s", "%s"},
}

func personalRecord(r *rand.Rand) record {
	in := func(kind, form, carrier, value, digits string) record {
		return record{kind, form, fmt.Sprintf(pick(r, carriers[carrier]...), value), value, digits}
	}
	switch n := r.IntN(100); {
	case n < 30:
		id := randomID(r)
		form, value := written(r, id, pick(r, []int{6, 8, 4}, []int{6, 4, 4, 4}, []int{4, 4, 4, 4, 2}, []int{3, 3, 4, 4, 4}))
		return in("resident_id", form, "id", pick(r, value, strings.ToLower(value)), id[6:17])
	case n < 38:
		id := randomOldID(r)
		form, value := written(r, id, pick(r, []int{6, 6, 3}, []int{5, 5, 5}, []int{3, 3, 3, 3, 3}))
		return in("old_resident_id", form, "id", value, id[6:])
	case n < 66:
		phone := randomPhone(r)
		form, value := written(r, phone, pick(r, []int{3, 4, 4}, []int{3, 4, 4}, []int{3, 3, 5}, []int{4, 3, 4}))
		if prefix := pick(r, "", "", "", "+86", "0086", "86", "+86 ", "0086 ", "+86-", "86-"); prefix != "" && form != "digit by digit" && form != "broken line" {
			form, value = form+", "+prefix, prefix+value
		}
		return in("phone", form, "tel", value, phone[3:])
	case n < 82:
		card := randomCard(r)
		form, value := written(r, card, pick(r, []int{4, 4, 4, 4}, []int{6}))
		return in("card", form, "card", value, card[:len(card)-4])
	case n < 90:
		return addressRecord(r)
	case n < 95:
		local := pick(r, "zhang.san", "li_si88", "wang5", "zhao-liu", "sun+qi", "ZHOUBA") + randomDigits(r, 2)
		value := local + pick(r, "@", "@", "＠") + pick(r, "163.com", "qq.com", "mail.shili.example", "SINA.CN", "vip.126.com")
		return record{"mail", "plain", fmt.Sprintf(pick(r, "请发送至%s。", "邮箱：%s", "<%s>", "本人邮箱%s，电话12345"), value), value, ""}
	default:
		return birthRecord(r)
	}
}

func addressRecord(r *rand.Rand) record {
	n := func(most int) string {
		s := fmt.Sprint(1 + r.IntN(most))
		if r.IntN(4) == 0 {
			return fullWidth(s)
		}
		return s
	}
	room := fmt.Sprintf("%d%02d", 1+r.IntN(18), 1+r.IntN(6))
	if r.IntN(4) == 0 {
		room = fullWidth(room)
	}
	form := r.IntN(6)
	value := []string{
		"示例路" + n(300) + "号" + n(9) + "单元" + room + "室",
		"示例小区" + n(30) + "幢" + n(4) + "单元" + room,
		"示例新村" + n(30) + pick(r, "栋", "号楼") + room + "室",
		"示例路" + n(900) + "弄" + n(60) + "号" + room + "室",
		"示例村" + n(12) + "组" + n(120) + "号",
		"示例街" + n(300) + "号" + n(5) + "幢" + n(3) + " 单元 " + n(6) + "楼" + pick(r, "东户", "西户"),
	}[form]
	where := pick(r, "示例区", "示例市示例区示例街道", "示例县示例镇", "")
	return record{"address", fmt.Sprint("form ", form), fmt.Sprintf(pick(r, "住址：%s。", "家住%s", "张某（%s）申请救助", "%s，一人户"), where+value), value, ""}
}

func birthRecord(r *rand.Rand) record {
	y, m, d := randomDay(r, 1940, 2020)
	date := fmt.Sprintf(pick(r, "%d年%d月%d日", "%d-%02d-%02d", "%d.%02d.%02d", "%d/%d/%d", "%d 年 %d 月 %d 日", "%d%02d%02d"), y, m, d)
	if r.IntN(5) == 0 {
		date = fmt.Sprintf("%d年%d月%d日", y, m, d)
		return record{"birth", "before the word", fmt.Sprintf(pick(r, "张某，女，%s出生，示例县人", "李某，%s生，汉族", "王某（%s生）"), date), date, ""}
	}
	return record{"birth", "after the word", fmt.Sprintf(pick(r, "出生日期：%s", "张某，出生年月日%s，汉族", "生于%s", "出生于%s，示例县人", "生日 %s"), date), date, ""}
}
