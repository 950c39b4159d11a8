package verify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// forms finds what is written in a wrong form: numbers of documents and dates.
func (r *TextRules) forms(text string) []govmedia.Finding {
	all := r.documentNumbers(text)
	all = r.months(all, text)
	return r.numericDates(all, text)
}

// documentNumbers finds 国办发[2016]61号 and the like. Codes of licences and court cases have their round brackets by right:
// there the serial number is 第…号, or other characters stand before it.
func (r *TextRules) documentNumbers(text string) []govmedia.Finding {
	const number = "号"
	var all []govmedia.Finding
	for from := 0; ; {
		i := strings.Index(text[from:], number)
		if i < 0 {
			return all
		}
		from += i + len(number)
		head := strings.TrimRight(text[:from-len(number)], " ")
		serial := trailing(head, 5)
		head = strings.TrimRight(head[:len(head)-len(serial)], " ")
		closing, size := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-size]
		year := trailing(head, 5)
		head = head[:len(head)-len(year)]
		opening, size := utf8.DecodeLastRuneInString(head)
		head = head[:len(head)-size]
		if serial == "" || len(year) != 4 || year < "1949" || year > "2099" ||
			!strings.ContainsRune("[【（(［﹝〔", opening) || !strings.ContainsRune("]】）)］﹞〕", closing) ||
			opening == '〔' && closing == '〕' || containsAny(text[from:min(len(text), from+6)], numbered) {
			continue
		}
		issuer := issuerOf(head)
		if issuer == "" {
			continue
		}
		at := govmedia.Span{Start: len(head) - len(issuer), End: from}
		f := r.DocumentNumber.found(r.Version, text[at.Start:at.End], at)
		f.Explanation = fmt.Sprintf("发文字号“%s”的年份没有用六角括号〔〕。", text[at.Start:at.End])
		f.Suggestion = fmt.Sprintf("请改为“%s〔%s〕%s号”。", issuer, year, serial)
		all = append(all, f)
	}
}

// numbered are things that follow their own number: 3号楼 is no document.
var numbered = []string{"楼", "线", "门", "地块", "窗口", "厅", "馆", "院", "桥", "井", "库", "机", "车"}

// issuerOf returns the characters at the end that may be the issuer's code (发文机关代字), without the verb before it.
func issuerOf(head string) string {
	start, n := len(head), 0
	for start > 0 && n < 12 {
		c, size := utf8.DecodeLastRuneInString(head[:start])
		if !isHan(c) {
			break
		}
		start -= size
		n++
	}
	issuer := head[start:]
	for _, verb := range []string{"根据", "按照", "依据", "依照", "遵照", "参照", "落实", "贯彻", "执行", "印发", "以及", "详见", "参见", "文号", "的", "见", "为"} {
		if i := strings.LastIndex(issuer, verb); i >= 0 {
			issuer = issuer[i+len(verb):]
		}
	}
	return issuer
}

// trailing are the ASCII digits at the end, at most so many.
func trailing(text string, most int) string {
	i := len(text)
	for i > 0 && len(text)-i < most && isDigit(text[i-1]) {
		i--
	}
	return text[i:]
}

// leading are the ASCII digits at the beginning, at most so many.
func leading(text string, most int) string {
	i := 0
	for i < len(text) && i < most && isDigit(text[i]) {
		i++
	}
	return text[:i]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// months finds dates around 月: 2023年13月, 2月30日, 2023年5月1日（星期二）. Months of the lunar calendar may have 30 days.
func (r *TextRules) months(all []govmedia.Finding, text string) []govmedia.Finding {
	const mark = "月"
	for from := 0; ; {
		i := strings.Index(text[from:], mark)
		if i < 0 {
			return all
		}
		from += i + len(mark)
		head := strings.TrimRight(text[:from-len(mark)], " ")
		month := trailing(head, 3)
		head = strings.TrimRight(head[:len(head)-len(month)], " ")
		year := ""
		if before, ok := strings.CutSuffix(head, "年"); ok {
			before = strings.TrimRight(before, " ")
			if year = trailing(before, 5); len(year) == 4 {
				head = before[:len(before)-4]
			} else {
				year = ""
			}
		}
		rest := strings.TrimLeft(text[from:], " ")
		day := leading(rest, 3)
		rest = strings.TrimLeft(rest[len(day):], " ")
		rest, ok := strings.CutPrefix(rest, "日")
		if !ok {
			day = ""
		}
		if month == "" || len(month) > 2 || len(day) > 2 || day == "" && year == "" || lunar(head) {
			continue
		}
		d := writtenDate{year: year, month: month, day: day, at: govmedia.Span{Start: len(head), End: len(text) - len(rest)}}
		if day == "" {
			d.at.End = from
		}
		d.at.Start += len(text[d.at.Start:]) - len(strings.TrimLeft(text[d.at.Start:], " "))
		all = r.dateFindings(all, text, d)
	}
}

// lunar reports whether a date of the lunar calendar follows.
func lunar(head string) bool {
	for _, word := range []string{"农历", "阴历", "旧历", "夏历"} {
		if i := strings.LastIndex(head[max(0, len(head)-30):], word); i >= 0 {
			between := head[max(0, len(head)-30)+i+len(word):]
			return !strings.ContainsAny(between, "，。；、（")
		}
	}
	return false
}

// numericDates finds 2023-02-30, 2023/2/30 and 2023.02.30 that stand alone. A month over 12 makes it some other number.
func (r *TextRules) numericDates(all []govmedia.Finding, text string) []govmedia.Finding {
	for i := 4; i < len(text); i++ {
		sep := text[i]
		if (sep != '-' && sep != '/' && sep != '.') || !isDigit(text[i-1]) {
			continue
		}
		year := trailing(text[:i], 5)
		month := leading(text[i+1:], 3)
		rest := text[i+1+len(month):]
		if len(year) != 4 || year < "1900" || year > "2099" || month == "" || len(month) > 2 || rest == "" || rest[0] != sep {
			continue
		}
		day := leading(rest[1:], 3)
		end := len(text) - len(rest) + 1 + len(day)
		if day == "" || len(day) > 2 || number(month) > 12 || number(month) == 0 || !alone(text, i-4, end) {
			continue
		}
		all = r.dateFindings(all, text, writtenDate{year, month, day, govmedia.Span{Start: i - 4, End: end}})
	}
	return all
}

// alone reports whether what surrounds a number does not make it part of a longer code.
func alone(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	part := func(c rune) bool {
		return c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-_/.#", c))
	}
	if after == '.' && (end+1 == len(text) || !isDigit(text[end+1])) {
		after = ' ' // the end of a sentence
	}
	if after == 'T' && end+1 < len(text) && isDigit(text[end+1]) {
		after = ' ' // a time of day
	}
	return !part(before) && !part(after)
}

func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// writtenDate is a date as it stands in a text; year or day may be missing.
type writtenDate struct {
	year, month, day string
	at               govmedia.Span
}

func (r *TextRules) dateFindings(all []govmedia.Finding, text string, d writtenDate) []govmedia.Finding {
	said := text[d.at.Start:d.at.End]
	month, day, year := number(d.month), number(d.day), 2000 // a leap year, where none is given
	if d.year != "" {
		year = number(d.year)
	}
	if d.day == "" {
		day = 1
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if month < 1 || month > 12 || date.Day() != day || date.Month() != time.Month(month) {
		f := r.Date.found(r.Version, said, d.at)
		f.Explanation = fmt.Sprintf("公历没有“%s”这个日期。", said)
		f.Suggestion = "请核对日期；如为农历，请在日期前写明“农历”。"
		return append(all, f)
	}
	weekday, end := weekdayAfter(text, d.at.End)
	if d.year == "" || d.day == "" || weekday < 0 || weekday == date.Weekday() {
		return all
	}
	at := govmedia.Span{Start: d.at.Start, End: end}
	f := r.Weekday.found(r.Version, text[at.Start:at.End], at)
	f.Explanation = fmt.Sprintf("%s是星期%s，不是星期%s。", said, weekdays[date.Weekday()], weekdays[weekday])
	f.Suggestion = "请核对日期和星期。"
	return append(all, f)
}

var weekdays = []string{"日", "一", "二", "三", "四", "五", "六"}

// weekdayAfter reads （星期一） or 周一 at a place in the text; -1 when there is none.
func weekdayAfter(text string, at int) (time.Weekday, int) {
	rest := strings.TrimLeft(text[at:], " （(")
	if len(text)-at-len(rest) > 6 {
		return -1, at
	}
	for _, word := range []string{"星期", "礼拜", "周"} {
		after, ok := strings.CutPrefix(rest, word)
		if !ok {
			continue
		}
		for i, name := range append(weekdays, "天") {
			if tail, ok := strings.CutPrefix(after, name); ok && prefixOf(tail, []string{"至", "到", "、", "-", "—", "～"}) == "" {
				return time.Weekday(i % 7), len(text) - len(tail)
			}
		}
	}
	return -1, at
}
