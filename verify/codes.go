package verify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

const (
	digits       = "0123456789"
	usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" // GB 32100: no I, O, S, V, Z
	orgAlphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// USCC checks a unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters of a 31-letter alphabet
// without I, O, S, V and Z; a region whose first two digits are a province (or 100000, used by central bodies); the
// check character at position 18; and the organisation code of GB 11714 at positions 9 to 17. The error is KindInvalid.
// Small letters are refused, because the code is written in capitals.
func USCC(code string) error { return usccFault(code).err("verify.uscc") }

// OrgCode checks an organisation code (组织机构代码, GB 11714): eight digits or capitals and a check character, which
// may be set off with a hyphen ("00267357-5"). The error is KindInvalid.
func OrgCode(code string) error {
	if len(code) == 10 && code[8] == '-' {
		code = code[:8] + code[9:]
	}
	return orgFault(code, 0).err("verify.org_code")
}

// ResidentID checks a resident's number (公民身份号码, GB 11643-1999): a province at positions 1 and 2, a date of birth
// that exists (years 1800 to 2099; there is no clock here, so a date in the future passes) and the check character.
// The rest of the region is not checked, because a number keeps the region of its day. The error is KindInvalid and
// shows the number only as "35*************123".
func ResidentID(id string) error {
	f := residentFault(id)
	if f == nil {
		return nil
	}
	return (&fault{en: f.en + " in " + mask(id)}).err("verify.resident_id")
}

// Code is a kind of code.
type Code string

// The kinds of code that Identify tells apart.
const (
	CodeResidentID Code = "resident_id" // 公民身份号码
	CodeUSCC       Code = "uscc"        // 统一社会信用代码
	CodeOrg        Code = "org"         // 组织机构代码
	CodeRegion     Code = "region"      // 行政区划代码
	CodeSite       Code = "site"        // 政府网站标识码
)

// Identify returns every kind of code that the string is a valid example of, and nothing when it is none. Some strings
// are valid as two kinds: about one in 341 of the numbers whose digits 3 and 4 are a province is also a valid USCC.
// The personal reading comes first, so a caller who must choose one treats such a string as a person's number and
// hides it.
func Identify(code string) []Code {
	var kinds []Code
	for _, k := range []struct {
		kind  Code
		check func(string) error
	}{
		{CodeResidentID, ResidentID}, {CodeUSCC, USCC}, {CodeOrg, OrgCode}, {CodeRegion, Region}, {CodeSite, SiteCode},
	} {
		if k.check(code) == nil {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// fault is what is wrong with a code, told to developers and to officials. It quotes at most one character.
type fault struct {
	pos    int // position of the character at fault, from 1; 0 when it is the whole
	en, zh string
}

func (f *fault) err(op string) error {
	if f == nil {
		return nil
	}
	return govmedia.Errorf(govmedia.KindInvalid, op, "%s", f.en)
}

func usccFault(code string) *fault {
	values, f := decode(code, 18, usccAlphabet)
	if f != nil {
		return f
	}
	if f := usccRegionFault(code); f != nil {
		return f
	}
	if want := usccCheck(values); code[17] != want {
		return checkFault(18, code[17], want)
	}
	return orgFault(code[8:17], 8)
}

func usccRegionFault(code string) *fault {
	for i := 2; i < 8; i++ {
		if code[i] > '9' {
			return &fault{i + 1,
				fmt.Sprintf("position %d is %q; positions 3 to 8 are the digits of a region code", i+1, code[i]),
				fmt.Sprintf("第%d位是“%c”，而第3至8位是行政区划代码，只能是数字", i+1, code[i])}
		}
	}
	if code[2:8] == nation {
		return nil
	}
	return provinceFault(code[2:4], 3)
}

// usccCheck computes position 18 from the values of the 17 before it; the weights are the powers of 3 modulo 31.
func usccCheck(values []int) byte {
	sum, weight := 0, 1
	for _, v := range values[:17] {
		sum += v * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31]
}

// orgFault checks nine characters which stand after offset others.
func orgFault(code string, offset int) *fault {
	values, f := decode(code, 9, orgAlphabet)
	if f != nil {
		return f
	}
	if want := orgCheck(values); code[8] != want {
		return checkFault(9+offset, code[8], want)
	}
	return nil
}

func orgCheck(values []int) byte {
	sum := 0
	for i, weight := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += values[i] * weight
	}
	return "0X987654321"[sum%11]
}

func residentFault(id string) *fault {
	if _, f := decode(id, 18, digits+"X"); f != nil {
		return f
	}
	if i := strings.IndexByte(id[:17], 'X'); i >= 0 {
		return &fault{i + 1, fmt.Sprintf("position %d is X; only position 18 can be", i+1),
			fmt.Sprintf("第%d位是X，只有第18位可以是X", i+1)}
	}
	// Residence permits of people from Taiwan use 83 (国办发〔2018〕81号), which is no province in GB/T 2260.
	if id[:2] != "83" {
		if f := provinceFault(id[:2], 1); f != nil {
			return f
		}
	}
	birth, err := time.Parse("20060102", id[6:14])
	if err != nil || birth.Year() < 1800 || birth.Year() > 2099 {
		return &fault{7, "positions 7 to 14 are not a date of birth", "第7至14位不是真实的出生日期"}
	}
	if want := residentCheck(id); id[17] != want {
		return checkFault(18, id[17], want)
	}
	return nil
}

// residentCheck computes position 18; the weight of position i is 2^(18-i) modulo 11.
func residentCheck(id string) byte {
	sum := 0
	for i := range 17 {
		sum = (sum*2 + int(id[i]-'0')) % 11
	}
	return "10X98765432"[sum*2%11]
}

// decode returns the value of each character: its index in the alphabet.
func decode(code string, length int, alphabet string) ([]int, *fault) {
	if n := utf8.RuneCountInString(code); n != length {
		return nil, &fault{0, fmt.Sprintf("%d characters; it has %d", n, length),
			fmt.Sprintf("有%d个字符，应为%d个", n, length)}
	}
	values := make([]int, 0, length)
	for _, r := range code {
		pos := len(values) + 1
		v := strings.IndexRune(alphabet, r)
		switch {
		case v >= 0:
			values = append(values, v)
		case r >= 'a' && r <= 'z':
			return nil, &fault{pos, fmt.Sprintf("position %d is the small letter %q; write capitals", pos, r),
				fmt.Sprintf("第%d位是小写字母“%c”，应使用大写", pos, r)}
		default:
			return nil, &fault{pos, fmt.Sprintf("position %d is %q; possible are %s", pos, r, alphabet),
				fmt.Sprintf("第%d位是%s，只允许%s", pos, strconv.QuoteRune(r), alphabet)}
		}
	}
	return values, nil
}

func checkFault(pos int, got, want byte) *fault {
	return &fault{pos,
		fmt.Sprintf("the check character at position %d is %c; the characters before it demand %c", pos, got, want),
		fmt.Sprintf("第%d位校验码是“%c”，按前面各位计算应为“%c”", pos, got, want)}
}

// mask hides a resident ID the way published lists do: two characters, stars, three characters.
func mask(id string) string {
	runes := []rune(id)
	if len(runes) < 8 {
		return strings.Repeat("*", len(runes))
	}
	return string(runes[:2]) + strings.Repeat("*", len(runes)-5) + string(runes[len(runes)-3:])
}
