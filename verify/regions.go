package verify

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// regionsText is written by internal/regiongen, which says where the names come from.
//
//go:embed regions.txt
var regionsText string

// regionIndex finds regions (行政区划) by code and by name. It is read-only.
type regionIndex struct {
	names map[string]string   // code to full name
	full  map[string][]string // full name to codes: 朝阳区 exists in two cities
	short map[string][]string // name without 省, 市, 县 … to codes of provinces and cities
	weak  map[string][]string // the same to codes of counties, many of which are everyday words
	most  int                 // characters of the longest name
}

var regionNames = sync.OnceValue(func() *regionIndex {
	x := &regionIndex{names: map[string]string{}, full: map[string][]string{}, short: map[string][]string{}, weak: map[string][]string{}}
	for line := range strings.Lines(regionsText) {
		code, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		x.names[code] = name
		x.most = max(x.most, utf8.RuneCountInString(name))
		if utf8.RuneCountInString(name) > 2 { // 城区, 郊区, 赵县: too short to be told from other words
			x.full[name] = append(x.full[name], code)
		}
		short := shortRegion(name)
		switch {
		case utf8.RuneCountInString(short) < 2 || short == name:
		case strings.HasSuffix(code, "00"):
			x.short[short] = append(x.short[short], code)
		default:
			x.weak[short] = append(x.weak[short], code)
		}
	}
	return x
})

// shortRegion is the name as people use it: 恩施 for 恩施土家族苗族自治州. A name that does not end like a region stays.
func shortRegion(name string) string {
	endings := []string{"特别行政区", "自治区", "自治州", "自治县", "自治旗", "联合旗", "地区", "林区", "特区", "新区", "省", "市", "区", "县", "旗", "盟"}
	i := slices.IndexFunc(endings, func(e string) bool { return strings.HasSuffix(name, e) })
	if i < 0 {
		return name
	}
	short := strings.TrimSuffix(name, endings[i])
	if !strings.HasPrefix(endings[i], "自治") {
		return short
	}
	for {
		j := slices.IndexFunc(peoples(), func(p string) bool {
			return strings.HasSuffix(short, p) && utf8.RuneCountInString(short)-utf8.RuneCountInString(p) >= 2
		})
		if j < 0 {
			return short
		}
		short = strings.TrimSuffix(short, peoples()[j])
	}
}

// peoples are the names of peoples as they stand in the names of autonomous regions; longer ones that end like a shorter
// one come first.
func peoples() []string {
	return strings.Fields("达斡尔族 鄂温克族 维吾尔族 维吾尔 蒙古族 蒙古 哈萨克族 哈萨克 柯尔克孜族 柯尔克孜 塔吉克族 塔吉克 锡伯族 锡伯 " +
		"布依族 朝鲜族 土家族 哈尼族 傈僳族 拉祜族 东乡族 纳西族 景颇族 仫佬族 布朗族 撒拉族 毛南族 仡佬族 裕固族 保安族 普米族 独龙族 " +
		"回族 藏族 苗族 彝族 壮族 满族 侗族 瑶族 白族 傣族 黎族 佤族 畲族 水族 土族 羌族 怒族 各族")
}

// regionWord is a region that a text names.
type regionWord struct {
	start, end int
	codes      []string // every region of that name
	doubtful   bool     // it is read across the end of an everyday word, which is the likelier reading
}

// words returns the regions that a name holds, from left to right and the longest first, so that 上海南京路 is 上海 and
// 南京 and not 海南. Short names in everyday are not regions, and a region that begins in one and ends behind it is doubtful:
// 湖北 in 西湖北山. A county's short name is one only at the beginning or the end.
func (x *regionIndex) words(name string, everyday []string) []regionWord {
	var found []regionWord
	for start := 0; start < len(name); {
		w, ok := x.at(name, start, everyday)
		if ok {
			found = append(found, w)
			start = w.end
			continue
		}
		_, size := utf8.DecodeRuneInString(name[start:])
		end := start + max(size, len(longestPrefix(name[start:], everyday)))
		for start += size; start < end; start += size {
			if w, ok := x.at(name, start, everyday); ok && w.end > end {
				w.doubtful = true
				found = append(found, w)
			}
			_, size = utf8.DecodeRuneInString(name[start:])
		}
	}
	return found
}

func longestPrefix(text string, words []string) (longest string) {
	for _, w := range words {
		if len(w) > len(longest) && strings.HasPrefix(text, w) {
			longest = w
		}
	}
	return longest
}

// at returns the longest region that begins at start.
func (x *regionIndex) at(name string, start int, everyday []string) (regionWord, bool) {
	var longest regionWord
	for end, n := start, 0; end < len(name) && n < x.most; n++ {
		_, size := utf8.DecodeRuneInString(name[end:])
		end += size
		word := name[start:end]
		codes := slices.Concat(x.full[word], x.short[word])
		if len(codes) > 0 || start == 0 || end == len(name) {
			codes = append(codes, x.weak[word]...)
		}
		if len(codes) > len(x.full[word]) && slices.Contains(everyday, word) {
			codes = x.full[word]
		}
		if len(codes) > 0 {
			longest = regionWord{start: start, end: end, codes: codes}
		}
	}
	return longest, longest.end > 0
}

// inside reports whether one of two regions lies in the other, or they are the same. Codes may have nine digits.
func inside(a, b string) bool {
	a, b = regionStem(a), regionStem(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// regionStem is a code without the levels that it does not name: 320000 becomes 32, 320100 3201. Counties directly under
// a province share digits that are no city, which does not matter here.
func regionStem(code string) string {
	code = code[:min(6, len(code))]
	for len(code) > 2 && strings.HasSuffix(code, "00") {
		code = code[:len(code)-2]
	}
	return code
}

// title is the region's name with its province's and city's in front, and its code; only the code when it has no name.
func (x *regionIndex) title(code string) string {
	var parts []string
	for _, c := range []string{code[:2] + "0000", code[:4] + "00", code[:min(6, len(code))]} {
		if name := x.names[c]; name != "" && !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, "") + "（" + code + "）"
}
