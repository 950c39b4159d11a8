package verify_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/longbridgeapp/opencc"
	"github.com/mozillazg/go-pinyin"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// The patterns of genuine names: P is the county with its last word, S without, T a township.
var patterns = strings.Fields(`P发布 S发布 平安S P公安局 S公安 S公安在线 S警方 S交警 P公安局交警大队 P公安局交通警察大队 S特警 S网警 P消防救援大队 S消防 S119
	P人民检察院 S检察 P人民法院 S法院 S司法 P司法局 P教育局 S教育 P教育和体育局 S教体 P卫生健康局 健康S S卫健 S疾控 P疾病预防控制中心 P民政局 S民政
	P财政局 S财政 P人力资源和社会保障局 S人社 P自然资源局 P住房和城乡建设局 S住建 P交通运输局 S交通 P水利局 S水利 P农业农村局 S农业 P商务局 P文化和旅游局
	S文旅 S文旅之声 美丽S 文明S 生态S 信用S P退役军人事务局 P应急管理局 S应急 P审计局 P统计局 S统计 P医疗保障局 S医保 P市场监督管理局 S市场监管 P税务局 S税务
	P气象局 S气象 P城市管理局 S城管 P综合行政执法局 P信访局 P妇联 S女性 共青团P委 S共青团 P总工会 S工会 P科协 S科普 P残联 P红十字会 P委宣传部 P委组织部 S党建
	S先锋 清廉S S纪检监察 P政务服务中心 S政务服务 S12345 S12345政务服务热线 S110 S12348公共法律服务 S12315 S12333 S-e政务 智慧S S网信 网信S S融媒 P融媒体中心 S统战
	P人大 P政协 P档案馆 P图书馆 P博物馆 P地震局 S供销 S烟草 P公积金中心 S不动产 P招商局 S乡村振兴 S生态环境 P生态环境局 S禁毒 S反诈 S扫黑办 S双拥 S文联 P志愿者协会`)

// townships are the patterns of names with a township in them.
var townships = strings.Fields("ST T发布 T政府 ST派出所 ST便民服务中心 平安T T综治中心 ST卫生院")

// material is what names are made of and disguised with. It shares no table with the radar: see internal/radargen
// for where the files come from; traditional forms are those of opencc and homophones those of go-pinyin.
type material struct {
	counties []string
	towns    map[string][]string
	strokes  map[string]string
	latin    map[string]string
	spoofs   map[string]string
	toTrad   *opencc.OpenCC
	sounds   map[string][]rune // by reading without tone, the characters of GB 2312's first level
	genuine  map[string]bool   // all names that the patterns and places allow
}

func readMaterial(t testing.TB) *material {
	t.Helper()
	m := &material{towns: map[string][]string{}, sounds: map[string][]rune{}, genuine: map[string]bool{}}
	table := func(name string) map[string]string {
		data, err := os.ReadFile("testdata/radar/" + name)
		require.NoError(t, err)
		all := map[string]string{}
		for line := range strings.Lines(string(data)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && line[0] != '#' {
				all[key] = value
			}
		}
		return all
	}
	m.strokes, m.latin, m.spoofs = mirrored(table("strokes.txt")), table("latin.txt"), table("spoofs.txt")
	for county, towns := range table("places.txt") {
		m.counties = append(m.counties, county)
		m.towns[county] = strings.Fields(towns)
	}
	slices.Sort(m.counties)
	var err error
	m.toTrad, err = opencc.New("s2t")
	require.NoError(t, err)
	for high := byte(0xb0); high <= 0xd7; high++ {
		for low := byte(0xa1); low <= 0xfe; low++ {
			s, err := simplifiedchinese.GBK.NewDecoder().String(string([]byte{high, low}))
			require.NoError(t, err)
			if c := []rune(s)[0]; unicode.Is(unicode.Han, c) {
				for _, sound := range readingsOf(c) {
					m.sounds[sound] = append(m.sounds[sound], c)
				}
			}
		}
	}
	for _, county := range m.counties {
		for _, name := range m.names(county) {
			m.genuine[name] = true
		}
	}
	return m
}

// readingsOf returns the first reading of a character by go-pinyin.
func readingsOf(c rune) []string {
	all := pinyin.SinglePinyin(c, pinyin.NewArgs())
	return all[:min(len(all), 1)]
}

func mirrored(m map[string]string) map[string]string {
	all := map[string]string{}
	for a, others := range m {
		for _, b := range others {
			all[a] += string(b)
			all[string(b)] += a
		}
	}
	return all
}

func stem(place string) string {
	r := []rune(place)
	if len(r) < 3 {
		return place
	}
	return strings.TrimSuffix(string(r[:len(r)-1]), "街")
}

// names returns all genuine names of a county, the same each time.
func (m *material) names(county string) []string {
	var all []string
	for _, p := range patterns {
		all = append(all, fill(p, county, ""))
	}
	for _, town := range m.towns[county] {
		for _, p := range townships {
			all = append(all, fill(p, county, town))
		}
	}
	return all
}

func fill(pattern, county, town string) string {
	if i := strings.IndexAny(pattern, "PST"); i >= 0 {
		place := map[byte]string{'P': county, 'S': stem(county), 'T': town}[pattern[i]]
		return pattern[:i] + place + fill(pattern[i+1:], county, town)
	}
	return pattern
}

// registry draws registered names: nine counties of ten have accounts, and each has about half of those it could have.
func (m *material) registry(rng *rand.Rand, n int) []string {
	seen := map[string]bool{}
	var all []string
	for _, i := range rng.Perm(len(m.counties)) {
		if i%10 == 0 {
			continue
		}
		for _, name := range m.names(m.counties[i]) {
			if rng.IntN(100) < 62 && !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
		}
	}
	// the rest are subordinate units of those
	for units := strings.Fields("办公室 机关党委 信息中心 宣传科 城关中队 城北中队 新区分局"); len(all) < n; {
		name := all[rng.IntN(len(all))] + units[rng.IntN(len(units))]
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all[:n]
}

// sample is a name that is shown to the radar.
type sample struct {
	kind string
	name string
	of   string // whom the impostor imitates; empty for the innocent
}

// Half of the material tunes and the other half measures, and so do the seeds.
type half int

const (
	tuning    half = 0
	measuring half = 1
)

func (h half) holds(r rune) bool { return int(r/3)%2 == int(h) }

func (h half) words(list string) []string {
	var all []string
	for i, w := range strings.Fields(list) {
		if i%2 == int(h) {
			all = append(all, w)
		}
	}
	return all
}

// forger disguises names by one half of the material.
type forger struct {
	*material
	half
	rng        *rand.Rand
	registered map[string]bool
	names      []string
}

func (f *forger) one(list []string) string { return list[f.rng.IntN(len(list))] }

// swap replaces up to n characters of a name by one of their substitutes.
func (f *forger) swap(name string, n int, substitutes func(r rune) []rune) string {
	runes := []rune(name)
	for _, i := range f.rng.Perm(len(runes)) {
		if to := substitutes(runes[i]); len(to) > 0 && n > 0 {
			runes[i] = to[f.rng.IntN(len(to))]
			n--
		}
	}
	return string(runes)
}

// some is 1, or for one long name in four 2.
func (f *forger) some(name string) int {
	if len([]rune(name)) >= 7 && f.rng.IntN(4) == 0 {
		return 2
	}
	return 1
}

func (f *forger) fromHalf(table map[string]string) func(r rune) []rune {
	return func(r rune) []rune {
		return slices.DeleteFunc([]rune(table[string(r)]), func(s rune) bool { return !f.holds(s) })
	}
}

func (f *forger) homophones(r rune) []rune {
	var all []rune
	if !unicode.Is(unicode.Han, r) {
		return nil
	}
	for _, sound := range readingsOf(r) {
		for _, near := range []string{sound, sound, strings.Replace(sound, "h", "", 1), sound + "g", strings.TrimSuffix(sound, "g")} {
			for _, s := range f.sounds[near] {
				if s != r && f.holds(s) && (near == sound || strings.HasSuffix(near, "n") || strings.HasSuffix(near, "ng") || strings.ContainsAny(sound[:1], "zcs")) {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

var gaps = []string{" ", "  ", "\u3000", "\u200b", "\u200d", "\u00a0", "\ufeff", "\u2060", "\u00ad", "-", "_", "·", ".", "・", "—", "|", "＿", "。", "、", "~", "*", "★", "©", "【", "〔", "\ufe0f", "\u0336", "🏛"}

const (
	suffixes = `官方 官方号 发布 官方微博 官微 官博 官方账号 官方发布 服务号 视频号 订阅号 官网 公众号 政务号 权威发布 官方平台 在线 资讯 微博 抖音号 快报 播报 V 加V 官方认证 官方抖音 服务平台 微平台 号 官号
		公众平台 客户端 热线 唯一官方 正式号 备用号 消息 新闻发布 客服 新号 网 头条号 小助手 官方网站 通报 最新消息 信息平台 直播间`
	prefixes = `官方 权威 认证 唯一官方 最新 关注 掌上 微信 正版 官微`
)

func (f *forger) forge(kind, name string) string {
	runes := []rune(name)
	switch kind {
	case "homoglyph":
		return f.swap(name, f.some(name), func(r rune) []rune { return append(f.fromHalf(f.spoofs)(r), f.fromHalf(f.latin)(r)...) })
	case "similar shape":
		return f.swap(name, f.some(name), f.fromHalf(f.strokes))
	case "homophone":
		return f.swap(name, f.some(name), f.homophones)
	case "traditional":
		return f.swap(name, 1+f.rng.IntN(4), func(r rune) []rune {
			if s, err := f.toTrad.Convert(string(r)); err == nil && s != string(r) {
				return []rune(s)
			}
			return nil
		})
	case "digits and letters":
		return f.swap(name, 1+f.rng.IntN(3), func(r rune) []rune {
			return []rune(map[rune]string{'0': "Oo〇零", '1': "lI一", '2': "二Z", '3': "三", '4': "四", '5': "五S", '8': "八B", '9': "九", 'e': "E", '一': "1", '三': "3", '二': "2"}[r])
		})
	case "full width":
		return f.swap(name, 1+f.rng.IntN(5), func(r rune) []rune {
			switch {
			case r > ' ' && r < 0x7f && f.rng.IntN(3) > 0:
				return []rune{r + 0xfee0}
			case r >= '1' && r <= '9':
				return []rune{r - '1' + '①', r - '1' + '⒈', r - '0' + '𝟎', r - '0' + '𝟘'}
			case r >= 'a' && r <= 'z':
				return []rune{r - 'a' + 'ⓐ', r - 'a' + '𝐚'}
			}
			return nil
		})
	case "inserted spaces":
		for range 1 + f.rng.IntN(3) {
			at := f.rng.IntN(len(runes)-1) + 1
			runes = slices.Insert(runes, at, []rune(f.one(gaps))...)
		}
		return string(runes)
	case "suffix":
		if f.rng.IntN(5) == 0 {
			return f.one(f.words(prefixes)) + name
		}
		return name + f.one(f.words(suffixes))
	case "order":
		switch at := 2 + f.rng.IntN(len(runes)-3); f.rng.IntN(3) {
		case 0: // two neighbours
			runes[at-1], runes[at] = runes[at], runes[at-1]
			return string(runes)
		default: // two words
			return string(runes[at:]) + string(runes[:at])
		}
	}
	panic(kind)
}

var kinds = []string{"homoglyph", "similar shape", "homophone", "traditional", "digits and letters", "full width", "inserted spaces", "suffix", "order"}

// impostors makes n impostors of each kind. None has a name that a genuine account could have.
func (f *forger) impostors(n int) []sample {
	var all []sample
	for _, kind := range kinds {
		for i := 0; i < n; {
			of := f.one(f.names)
			if len([]rune(of)) < 4 {
				continue
			}
			name := f.forge(kind, of)
			if name != of && !f.registered[name] && !f.genuine[name] {
				all = append(all, sample{kind, name, of})
				i++
			}
		}
	}
	return all
}

// innocents makes n genuine or ordinary names of each kind, near to registered ones and not registered.
func (f *forger) innocents(n int) []sample {
	near := f.neighbours()
	makers := []struct {
		kind string
		make func() string
	}{
		{"another county", func() string {
			county := f.one(f.counties)
			return fill(f.one(patterns), f.one(near[county]), "")
		}},
		{"another township", func() string {
			county := f.one(f.counties)
			if len(f.towns[county]) == 0 {
				return ""
			}
			town := f.one(f.towns[county])
			return fill(f.one(townships), county, f.one(near[town]))
		}},
		{"another bureau", func() string { return f.one(f.genuineOf(f.one(f.counties))) }},
		{"a unit below", func() string {
			return f.one(f.names) + f.one(strings.Fields("交警大队 特警大队 城东派出所 第二分局 老干部局 工会委员会 团委 监察室 城西执法中队 培训中心 家属院 食堂 离退休干部处"))
		}},
		{"media and enterprise", func() string {
			return fill(f.one(strings.Fields(`S晚报 S房产网 S生活圈 S美食 S同城 S建设集团 S农商银行 P人民医院 P中医院 S大药房 S旅行社 S摄影家协会 S教育培训中心 S二手车 S相亲会 S论坛 S特产
				S文旅集团 健康S药房 平安S物业 平安保险S支公司 美丽S美容院 S税务师事务所 S法律咨询 S气象站观察 S交通驾校 S水利工程公司 S消防器材 S公安县小吃 P第一中学 P实验小学 S民生在线论坛 S商会`)), f.one(f.counties), "")
		}},
		{"another level", func() string {
			r := []rune(f.one(f.counties))
			r[len(r)-1] = []rune("市县区州镇乡")[f.rng.IntN(6)]
			return fill(f.one(patterns), string(r), "")
		}},
		{"direction and ordinal", func() string {
			unit := f.one(strings.Fields("城东派出所 城西派出所 城南派出所 城北派出所 第一分局 第二分局 第三分局 一中队 二中队 三中队 东区分局 南区分局 上级法庭 新区法庭 老城区法庭"))
			return stem(f.one(f.counties)) + unit
		}},
	}
	var all []sample
	for _, m := range makers {
		seen := map[string]bool{}
		for i, tries := 0, 0; i < n; tries++ {
			if tries > 1000*n {
				panic(fmt.Sprintf("no more innocents of kind %s", m.kind))
			}
			if name := m.make(); name != "" && !f.registered[name] && !seen[name] {
				seen[name] = true
				all = append(all, sample{m.kind, name, ""})
				i++
			}
		}
	}
	return all
}

func (f *forger) genuineOf(county string) []string { return f.material.names(county) }

// neighbours returns for each county and township the others that differ in one character, or any when there is none.
func (f *forger) neighbours() map[string][]string {
	lists := [2][]string{f.counties, nil}
	for _, county := range f.counties {
		lists[1] = append(lists[1], f.towns[county]...)
	}
	near := map[string][]string{}
	for _, list := range lists {
		by := map[string][]string{}
		holes := func(place string, yield func(key string)) {
			r := []rune(place)
			for i := range r {
				yield(string(r[:i]) + "?" + string(r[i+1:]))
			}
		}
		for _, place := range list {
			holes(place, func(key string) { by[key] = append(by[key], place) })
		}
		for _, place := range list {
			holes(place, func(key string) {
				for _, other := range by[key] {
					if other != place {
						near[place] = append(near[place], other)
					}
				}
			})
			if len(near[place]) == 0 {
				near[place] = []string{list[f.rng.IntN(len(list))]}
			}
		}
	}
	return near
}
