package verify

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// digitOf returns the ASCII form of a digit, half-width or full-width; 0 for every other character.
func digitOf(c rune) byte {
	switch {
	case c >= '0' && c <= '9':
		return byte(c)
	case c >= '０' && c <= '９':
		return byte(c-'０') + '0'
	}
	return 0
}

// group is digits without anything between them.
type group struct {
	digits string // ASCII
	at     govmedia.Span
	gap    gap // between the group before and this one
}

// gap is what stands between two groups of digits.
type gap byte

const (
	gapOther gap = iota // they do not belong together, so they are of different chains
	gapBlank            // blanks
	gapTight            // a hyphen or the like, with or without blanks
	gapDot              // one dot
	gapLine             // a line ends, perhaps after a hyphen
)

// chains calls f for all groups of digits that are near enough to each other to be one number. The slice is used again.
func chains(text string, f func([]group)) {
	var chain []group
	for i := 0; i < len(text); {
		c := text[i]
		if c < '0' || c > '9' && c != 0xEF {
			i++
			continue
		}
		if c == 0xEF {
			if r, _ := utf8.DecodeRuneInString(text[i:]); digitOf(r) == 0 {
				i++
				continue
			}
		}
		g := scanGroup(text, i)
		i = g.at.End
		if len(chain) > 0 {
			if g.gap = gapOf(text[chain[len(chain)-1].at.End:g.at.Start]); g.gap == gapOther {
				f(chain)
				chain = chain[:0]
			}
		}
		chain = append(chain, g)
	}
	if len(chain) > 0 {
		f(chain)
	}
}

func scanGroup(text string, start int) group {
	g := group{at: govmedia.Span{Start: start, End: start}}
	var wide []byte
	plain := true
	for i := start; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		d := digitOf(r)
		if d == 0 && !invisible(r) {
			break
		}
		i += size
		if d == 0 {
			continue // counts only when a digit follows
		}
		if plain = plain && size == 1 && i == g.at.End+1; !plain && wide == nil {
			wide = []byte(text[start:g.at.End])
		}
		if !plain {
			wide = append(wide, d)
		}
		g.at.End = i
	}
	g.digits = string(wide)
	if plain {
		g.digits = text[start:g.at.End]
	}
	return g
}

// invisible characters come with what is copied from web pages.
func invisible(c rune) bool {
	return c == '\u200b' || c == '\u200c' || c == '\u200d' || c == '\u2060' || c == '\ufeff' || c == '\u00ad'
}

// longestGap is how many characters may stand between two groups.
const longestGap = 8

func gapOf(between string) gap {
	kind := gapBlank
	n := 0
	for _, c := range between {
		n++
		switch {
		case n > longestGap, c >= 0x3400 && c < 0xfe00:
			return gapOther
		case invisible(c), c == ' ', c == '\t', c == '\u00a0', c == '\u3000', c >= '\u2000' && c <= '\u200a', c == '\u202f':
		case c == '\n', c == '\r', c == '\v', c == '\f', c == '\u2028', c == '\u2029', c == '\u0085':
			kind = gapLine
		case strings.ContainsRune("-‐‑‒–—―－−﹣_·", c):
			if kind == gapOther || kind == gapDot {
				return gapOther
			}
			if kind == gapBlank {
				kind = gapTight
			}
		case c == '.' && n == 1 && len(between) == 1:
			kind = gapDot
		default:
			return gapOther
		}
	}
	return kind
}

// numbers are the groups of one chain in a text.
type numbers struct {
	text   string
	groups []group
	done   int // the groups before it are taken by numbers
}

// findNumbers finds residents' numbers, telephone numbers and bank cards.
func findNumbers(text string) []datum {
	var all []datum
	chains(text, func(chain []group) {
		if len(chain) == 1 && len(chain[0].digits) < 11 {
			return
		}
		n := numbers{text: text, groups: chain}
		for i := 0; i < len(chain); {
			d, next, ok := n.at(i)
			if !ok {
				i++
				continue
			}
			all = append(all, d)
			i, n.done = next, next
		}
	})
	return all
}

// window is some groups in a row, taken as one number.
type window struct {
	from, to int // groups
	plain    string
	at       govmedia.Span
}

const mostDigits = 20 // of the longest number, a certificate of disability

// at looks for a number that begins with a group. A resident's number proves itself, so it comes first; then what stands in
// one piece, and then the longest.
func (n *numbers) at(i int) (datum, int, bool) {
	windows := n.windows(i)
	for _, w := range slices.Backward(windows) {
		if d, ok := n.residentID(w); ok {
			return d, w.to, true
		}
	}
	if d, next, ok := n.broken(i, windows); ok {
		return d, next, true
	}
	kinds := []func(window) (datum, bool){n.card, n.oldResidentID, n.phone}
	if len(windows) > 0 && windows[0].to == i+1 {
		for _, kind := range kinds {
			if d, ok := kind(windows[0]); ok {
				return d, i + 1, true
			}
		}
	}
	for _, w := range slices.Backward(windows) {
		for _, kind := range kinds {
			if d, ok := kind(w); ok {
				return d, w.to, true
			}
		}
	}
	return datum{}, 0, false
}

// broken looks for a number in two lines whose first half reads like a shorter one: 13010265010⏎1123 begins like a
// telephone number.
func (n *numbers) broken(i int, windows []window) (datum, int, bool) {
	for _, w := range slices.Backward(windows) {
		if w.to != i+2 || n.groups[i+1].gap != gapLine || counts(n.text[w.at.End:]) {
			continue
		}
		kind := n.oldResidentID
		if containsAny(n.heading(w.at.Start), []string{"卡", "账"}) {
			kind = n.card
		}
		if d, ok := kind(w); ok {
			return d, w.to, true
		}
	}
	return datum{}, 0, false
}

// windows are the numbers that begin with group i, by increasing length.
func (n *numbers) windows(i int) []window {
	var all []window
	w := window{from: i, at: n.groups[i].at}
	for j := i; j < len(n.groups); j++ {
		g := n.groups[j]
		if len(w.plain)+len(g.digits) > mostDigits {
			break
		}
		w.plain += g.digits
		w.to, w.at.End = j+1, g.at.End
		// Digits beside stars are what is left of a masked number, not the beginning or the end of another one.
		if len(w.plain) >= 11 && (j == i || !endsMasked(n.text[:w.at.Start]) && !beginsMasked(n.text[w.at.End:])) {
			all = append(all, w)
		}
	}
	return all
}

const masks = "*＊×✱●■█※"

func endsMasked(head string) bool {
	c, _ := utf8.DecodeLastRuneInString(head)
	return strings.ContainsRune(masks, c)
}

func beginsMasked(rest string) bool {
	c, _ := utf8.DecodeRuneInString(rest)
	return strings.ContainsRune(masks, c)
}

func resident(r *TextRules) Rule    { return r.ResidentID }
func oldResident(r *TextRules) Rule { return r.OldResidentID }
func phoneRule(r *TextRules) Rule   { return r.Phone }
func cardRule(r *TextRules) Rule    { return r.Card }

// residentID accepts any division into groups: the check digit, the date and the province together are proof enough.
func (n *numbers) residentID(w window) (datum, bool) {
	id := w.plain
	if len(id) < 17 || id[6:8] < "18" || id[6:8] > "20" {
		return datum{}, false
	}
	if len(id) == 17 {
		if rest, ok := cutX(n.text[w.at.End:]); ok {
			id, w.at.End = id+"X", len(n.text)-len(rest)
		}
	}
	if len(id) == 20 && disability(id[18:]) {
		id = id[:18]
	}
	if len(id) != 18 || residentFault(id) != nil {
		return datum{}, false
	}
	label := n.label(w.at.Start)
	if usccFault(id) == nil && strings.Contains(label, "代码") {
		return datum{}, false
	}
	// Numbers of projects are made of a region, a day and a serial, too.
	if id[6:10] >= "2005" && isCode(label) && !containsAny(label, []string{"证", "学籍", "人"}) {
		return datum{}, false
	}
	return datum{rule: resident, name: "公民身份号码", plain: id, masked: stars(id, 2, 3), at: w.at}, true
}

// disability reports whether digits are the kind and the grade that make a resident's number one of a 残疾人证.
func disability(two string) bool {
	return len(two) == 2 && two[0] >= '1' && two[0] <= '7' && two[1] >= '1' && two[1] <= '4'
}

// cutX takes off the X at the end of a resident's number, as people write it.
func cutX(text string) (rest string, ok bool) {
	for i := 0; i < len(text) && i < 3*longestGap; {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		if strings.ContainsRune("XxＸｘⅩⅹХх", c) {
			next, _ := utf8.DecodeRuneInString(text[i:])
			return text[i:], (digitOf(next) == 0 || disability(leading(text[i:], 3))) && !strings.ContainsRune("XxＸｘ*＊", next)
		}
		if gapOf(text[:i]) == gapOther {
			break
		}
	}
	return text, false
}

// oldResidentID has no check digit: one number in a hundred of 15 digits looks like one. So its date must be that of
// somebody who had such a number (born 1910 to 1999) and its groups those in which people write it.
func (n *numbers) oldResidentID(w window) (datum, bool) {
	id := w.plain
	if len(id) != 15 || id[6] == '0' || w.to-w.from > 1 && n.continues(w) || !n.grouped(w, "6,6,3", "6,9", "6,2,2,2,3", "3,3,3,3,3", "4,4,4,3", "5,5,5", "8,7") || n.labelled(w.at.Start) || n.partOfCode(w) {
		return datum{}, false
	}
	if !listed(provinces, id[:2]) || cityFault(id[:2], id[2:4]) != nil || !realDate("19"+id[6:12]) {
		return datum{}, false
	}
	return datum{rule: oldResident, name: "公民身份号码（15位）", plain: id, masked: stars(id, 2, 3), at: w.at}, true
}

func realDate(eight string) bool {
	_, err := time.Parse("20060102", eight)
	return err == nil
}

// phone is 1[3-9] and nine digits, perhaps after 86, +86, 0086 or 0.
func (n *numbers) phone(w window) (datum, bool) {
	tail := w.plain[max(0, len(w.plain)-11):]
	prefix := w.plain[:len(w.plain)-len(tail)]
	if len(tail) != 11 || tail[0] != '1' || tail[1] < '3' || !slices.Contains([]string{"", "86", "0086", "0"}, prefix) {
		return datum{}, false
	}
	body := w
	for prefix != "" && len(n.groups[body.from].digits) <= len(prefix) && strings.HasPrefix(prefix, n.groups[body.from].digits) {
		prefix = prefix[len(n.groups[body.from].digits):]
		body.from++
	}
	head := n.groups[body.from].digits
	if prefix != "" && !strings.HasPrefix(head, prefix) {
		return datum{}, false
	}
	if !n.dotted(body, len(prefix)) && !n.groupedAfter(body, len(prefix), "3,4,4", "4,3,4", "4,4,3", "3,3,5", "3,5,3", "3,3,3,2", "5,6", "6,5", "7,4", "3,8", "4,7") {
		return datum{}, false
	}
	if w.to-w.from > 1 && n.continues(w) || body.from != w.from && n.groups[body.from].gap == gapLine || n.labelled(w.at.Start) || n.partOfCode(w) ||
		!personal(n.heading(w.at.Start)) && measured(n.text[w.at.End:]) {
		return datum{}, false
	}
	if strings.HasSuffix(n.text[:w.at.Start], "+") {
		w.at.Start--
	} else if strings.HasSuffix(n.text[:w.at.Start], "＋") {
		w.at.Start -= len("＋")
	}
	return datum{rule: phoneRule, name: "手机号码", plain: tail, masked: stars(tail, 3, 4), at: w.at}, true
}

// card must pass Luhn, as one in ten numbers does. First digits of telephone cards, dates and airlines count only after a
// word that speaks of a bank's card, and numbers of units only after one that speaks of a card.
func (n *numbers) card(w window) (datum, bool) {
	number := w.plain
	if len(number) < 16 || len(number) > 19 || !luhn(number) {
		return datum{}, false
	}
	label, heading := n.label(w.at.Start), n.heading(w.at.Start)
	said := containsAny(heading, []string{"卡号", "银行卡", "储蓄卡", "借记卡", "社保卡", "一卡通", "信用卡"})
	if !said && (!strings.ContainsRune("34569", rune(number[0])) || listed(unitKinds, number[:2]) && usccFault(number) == nil || isCode(label) || unitAccount(n.text, w.at)) {
		return datum{}, false
	}
	if !n.grouped(w, "4,4,4,4", "4,4,4,4,1", "4,4,4,4,2", "4,4,4,4,3", "4,4,4,5", "4,4,4,6", "4,4,4,7", "6,10", "6,11", "6,12", "6,13", "8,8", "8,11", "5,5,5,4", "4,4,11", "4,15") {
		return datum{}, false
	}
	if w.to-w.from > 1 && (n.fours(w.from-1, w.from) || n.fours(w.to, w.to)) || n.partOfCode(w) || !personal(heading) && measured(n.text[w.at.End:]) {
		return datum{}, false // a row of a table
	}
	return datum{rule: cardRule, name: "银行卡号", plain: number, masked: stars(number, 0, 4), at: w.at}, true
}

// fours reports whether group i has four digits and a blank between it and its neighbour in the window.
func (n *numbers) fours(i, gapAt int) bool {
	return i >= 0 && i < len(n.groups) && len(n.groups[i].digits) == 4 && n.groups[gapAt].gap == gapBlank
}

// unitKinds begin the codes of units (统一社会信用代码) that also begin like a card.
const unitKinds = "51 52 53 59 91 92 93"

// counts reports whether what follows a number makes it a year or a quantity.
func counts(after string) bool {
	c, _ := utf8.DecodeRuneInString(after)
	return strings.ContainsRune("年月日号人名元个户次万亿件", c)
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
