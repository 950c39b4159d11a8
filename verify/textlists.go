package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// check looks at what stands around a word of the rule.
func (r ContextRule) check(version, text string, h hit) (govmedia.Finding, bool) {
	sentence := sentenceAround(text, h.at)
	if len(r.With) > 0 && !containsAny(sentence, r.With) || containsAny(sentence, r.Unless) {
		return govmedia.Finding{}, false
	}
	f := r.found(version, r.When[h.word], h.at)
	f.Explanation, f.Suggestion = r.Says, r.Suggests
	return f, true
}

// longestSentence bounds, in bytes, how far a sentence reaches to each side of a word.
const longestSentence = 600

func sentenceAround(text string, at govmedia.Span) string {
	const ends = "。！？!?；;\n"
	from, to := max(0, at.Start-longestSentence), min(len(text), at.End+longestSentence)
	if i := strings.LastIndexAny(text[from:at.Start], ends); i >= 0 {
		from += i
	}
	if i := strings.IndexAny(text[at.End:to], ends); i >= 0 {
		to = at.End + i
	}
	return text[from:to]
}

func containsAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// check finds lists in which a region stands beside a state.
func (r BesideRule) check(version, text string, hits []hit) []govmedia.Finding {
	if !slices.ContainsFunc(hits, func(h hit) bool { return h.role == roleRegion }) {
		return nil
	}
	var all []govmedia.Finding
	hits = longest(hits)
	for i := 0; i < len(hits); {
		j := i + 1
		for j < len(hits) && (hits[j].at.Start == hits[j-1].at.End || slices.Contains(r.Joins, text[hits[j-1].at.End:hits[j].at.Start])) {
			j++
		}
		if f, ok := r.judge(version, text, hits[i:j]); ok {
			all = append(all, f)
		}
		i = j
	}
	return all
}

// longest drops hits that lie in, or overlap, an earlier or longer one, and sorts the others by place.
func longest(hits []hit) []hit {
	hits = slices.Clone(hits)
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(a.at.Start-b.at.Start, b.at.End-a.at.End) })
	end := 0
	return slices.DeleteFunc(hits, func(h hit) bool {
		if h.at.Start < end {
			return true
		}
		end = h.at.End
		return false
	})
}

// judge decides about one list of regions and states, joined or touching: 日本、中国香港.
func (r BesideRule) judge(version, text string, list []hit) (govmedia.Finding, bool) {
	var bare, regions, states, homes int // bare regions are not called part of home
	for i, h := range list {
		touches := i > 0 && list[i-1].at.End == h.at.Start
		switch {
		case h.role == roleRegion && touches && list[i-1].role == roleHome:
			regions++
			homes--
		case h.role == roleRegion:
			regions++
			bare++
		case h.role == roleHome:
			homes++
		default:
			states++
		}
	}
	at := govmedia.Span{Start: list[0].at.Start, End: list[len(list)-1].at.End}
	rest := text[at.End:]
	tail := cmp.Or(prefixOf(rest, r.Wrong), r.counted(rest, regions+states+homes, states+homes > 0))
	switch {
	case regions == 0 || prefixOf(rest, r.Right) != "":
		return govmedia.Finding{}, false
	case tail != "":
		at.End += len(tail)
	case bare > 0 && homes > 0:
	case bare > 0 && states > 0 && ends(rest, r.Joins):
		f := r.found(version, text[at.Start:at.End], at)
		f.Severity = govmedia.SeverityWarning
		f.Explanation = fmt.Sprintf("“%s”把我国的地区与国家并列。", text[at.Start:at.End])
		f.Suggestion = "请在地区前加“中国”，或者在列举之后写明“等国家和地区”。"
		return f, true
	default:
		return govmedia.Finding{}, false
	}
	f := r.found(version, text[at.Start:at.End], at)
	f.Explanation = fmt.Sprintf("“%s”把台湾、香港、澳门等地区称作国家或与中国并列。", text[at.Start:at.End])
	f.Suggestion = "请改为“……等国家和地区”，或者改用“大陆和台湾”“内地和香港（澳门）”“中国香港”等规范说法。"
	return f, true
}

// counted returns what calls a list of so many members states, if the rest begins with it. Where the list has no state, what
// follows may be another word: 香港、澳门各国有企业.
func (r BesideRule) counted(rest string, members int, withStates bool) string {
	for _, c := range r.Counted {
		after, ok := strings.CutPrefix(rest, c.Wrong)
		if ok && members >= 2 && (c.Members == 0 || c.Members == members) && (withStates || ends(after, r.Joins)) {
			return c.Wrong
		}
	}
	return ""
}

func prefixOf(text string, words []string) string {
	for _, w := range words {
		if strings.HasPrefix(text, w) {
			return w
		}
	}
	return ""
}

// ends reports whether a name ends where the rest begins: 香港 does, but not the one of 香港大学.
func ends(rest string, joins []string) bool {
	c, _ := utf8.DecodeRuneInString(rest)
	return !isHan(c) || c == '等' || c == '的' || prefixOf(rest, joins) != ""
}

// posts are all posts that the rule knows.
func (r LeaderRule) posts() []string {
	all := slices.Clone(r.Posts)
	for _, p := range r.People {
		all = append(all, p.Posts...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// find looks at the names in a text: at the post beside each, and at their order.
func (r LeaderRule) find(version, text string, hits []hit) []govmedia.Finding {
	if !slices.ContainsFunc(hits, func(h hit) bool { return h.role == rolePerson }) {
		return nil
	}
	var all []govmedia.Finding
	hits = longest(hits)
	last := -1 // the name before, when nothing but posts and marks stand between
	for i, h := range hits {
		if i > 0 && strings.Trim(text[hits[i-1].at.End:h.at.Start], "、，,和 ") != "" {
			last = -1
		}
		if h.role != rolePerson {
			continue
		}
		if i > 0 && hits[i-1].role == rolePost && hits[i-1].at.End == h.at.Start {
			all = r.wrongPost(all, version, text, h, hits[i-1])
		} else if i+1 < len(hits) && hits[i+1].role == rolePost && hits[i+1].at.Start == h.at.End {
			all = r.wrongPost(all, version, text, h, hits[i+1])
		}
		if last >= 0 && hits[last].word > h.word {
			before, after := r.People[hits[last].word].Name, r.People[h.word].Name
			f := r.found(version, before+"、"+after, govmedia.Span{Start: hits[last].at.Start, End: h.at.End})
			f.Explanation = fmt.Sprintf("“%s”排在“%s”之前，与词库登记的排序不符。", before, after)
			f.Suggestion = fmt.Sprintf("请核对排序，规范顺序中“%s”在前；确需如此的，请写明理由后放行。", after)
			all = append(all, f)
		}
		last = i
	}
	return all
}

// wrongPost compares the post beside a name with those that the person holds.
func (r LeaderRule) wrongPost(all []govmedia.Finding, version, text string, h, beside hit) []govmedia.Finding {
	leader, said, at := r.People[h.word], text[beside.at.Start:beside.at.End], beside.at
	switch before, size := utf8.DecodeLastRuneInString(text[:at.Start]); before {
	case '原', '前', '任': // 原市长, 时任市长: a post of the past is not registered
		return all
	case '副':
		at.Start -= size
		said = text[at.Start:at.End]
	}
	if slices.Contains(leader.Posts, said) {
		return all
	}
	at = govmedia.Span{Start: min(at.Start, h.at.Start), End: max(at.End, h.at.End)}
	f := r.found(version, text[at.Start:at.End], at)
	f.Explanation = fmt.Sprintf("“%s”的职务写作“%s”，词库登记的是“%s”。", leader.Name, said, strings.Join(leader.Posts, "、"))
	f.Suggestion = "请核对职务；职务已变动的，请更新词库；确需如此的，请写明理由后放行。"
	return append(all, f)
}
