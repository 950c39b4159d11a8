package verify

import (
	"fmt"
	"strings"
)

const (
	nation         = "100000"
	provinces      = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82"
	municipalities = "11 12 31 50"
)

// Region checks the structure of a region code (行政区划代码): six digits of GB/T 2260, or nine when the township of
// GB/T 10114 follows. Digits 1 and 2 are a province; digits 3 and 4 are 00, a city (01–20, 51–70), a prefecture or
// league (21–50) or 90 for counties directly under the province, and in the four municipalities 00, 01 or 02; digits 5
// and 6 are 00 or a county; digits 7 to 9 are 001–599. 100000, which central bodies use in their USCC, is accepted.
// Whether the code was ever assigned is not checked. The error is KindInvalid.
func Region(code string) error { return regionFault(code).err("verify.region") }

// SiteCode checks a government website's identifier (政府网站标识码) of ten characters: a six-digit region code and a
// four-digit serial, or "bm", a two-digit body and a six-digit serial for bodies of the State Council. No published
// rule for it was found: the form is inferred from identifiers seen on government websites, there is no check
// character, and so the confidence is L (likely). The error is KindInvalid.
func SiteCode(code string) error { return siteFault(code).err("verify.site_code") }

func regionFault(code string) *fault {
	length := 6
	if len(code) == 9 {
		length = 9
	}
	if _, f := decode(code, length, digits); f != nil {
		return f
	}
	if code == nation {
		return nil
	}
	if f := provinceFault(code[:2], 1); f != nil {
		return f
	}
	if f := cityFault(code[:2], code[2:4]); f != nil {
		return f
	}
	if code[2:4] == "00" && code[4:6] != "00" {
		return &fault{5, fmt.Sprintf("positions 5 and 6 name county %s, but positions 3 and 4 name no city", code[4:6]),
			fmt.Sprintf("第5至6位是县级代码%s，但第3至4位没有地级代码", code[4:6])}
	}
	if length == 9 {
		return townshipFault(code)
	}
	return nil
}

func provinceFault(province string, pos int) *fault {
	if listed(provinces, province) {
		return nil
	}
	return &fault{pos, fmt.Sprintf("positions %d and %d are %s, which is no province", pos, pos+1, province),
		fmt.Sprintf("第%d至%d位是%s，不是省级行政区代码", pos, pos+1, province)}
}

func cityFault(province, city string) *fault {
	valid := city <= "70" || city == "90"
	if listed(municipalities, province) {
		valid = city <= "02"
	}
	if valid {
		return nil
	}
	return &fault{3, fmt.Sprintf("positions 3 and 4 are %s, which is no city of province %s", city, province),
		fmt.Sprintf("第3至4位是%s，不是%s开头的省级行政区可用的地级代码", city, province)}
}

func townshipFault(code string) *fault {
	if code[4:6] == "00" {
		return &fault{5, "positions 7 to 9 name a township, but positions 5 and 6 name no county",
			"第7至9位是乡级代码，但第5至6位没有县级代码"}
	}
	if t := code[6:]; t < "001" || t > "599" {
		return &fault{7, fmt.Sprintf("positions 7 to 9 are %s; townships are 001 to 599", t),
			fmt.Sprintf("第7至9位是%s，乡级代码为001至599", t)}
	}
	return nil
}

func siteFault(code string) *fault {
	if _, f := decode(code, 10, digits+"bm"); f != nil {
		return f
	}
	if strings.HasPrefix(code, "bm") {
		code = code[2:]
		if i := strings.IndexAny(code, "bm"); i >= 0 {
			return siteLetterFault(i + 3)
		}
		return nil
	}
	if i := strings.IndexAny(code, "bm"); i >= 0 {
		return siteLetterFault(i + 1)
	}
	return regionFault(code[:6])
}

func siteLetterFault(pos int) *fault {
	return &fault{pos, fmt.Sprintf("position %d is a letter; only a leading bm can be", pos),
		fmt.Sprintf("第%d位是字母，只有开头可以是bm", pos)}
}

// listed reports whether a two-digit code is one of a list separated by blanks.
func listed(list, code string) bool {
	return len(code) == 2 && strings.Contains(" "+list+" ", " "+code+" ")
}
