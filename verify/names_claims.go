package verify

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

func (r *Rules) news(a account.Account, u account.Unit) []govmedia.Finding {
	if r.News.mayReport(u) {
		return nil
	}
	visible := a.Name
	for _, claimsNothing := range r.News.Except {
		visible = strings.ReplaceAll(visible, claimsNothing, strings.Repeat(" ", len(claimsNothing)))
	}
	var all []govmedia.Finding
	for _, word := range r.News.Words {
		start := strings.Index(visible, word)
		if start < 0 {
			continue
		}
		f := r.finding(r.News.Rule, a.ID, "name")
		f.Span = govmedia.Span{Start: start, End: start + len(word)}
		f.Explanation = fmt.Sprintf("名称“%s”含有“%s”，容易被当作新闻媒体，而主办单位“%s”不像有新闻信息服务资质的单位。", a.Name, word, u.Name)
		f.Suggestion = "请改用“发布”等不涉及新闻媒体的名称；确有资质的，请备好互联网新闻信息服务许可证供平台核验。"
		all = append(all, f)
	}
	return all
}

func (r *Rules) nameRegion(a account.Account, u account.Unit) []govmedia.Finding {
	if regionFault(u.Region) != nil || u.Region == nation || u.Level == account.National {
		return nil
	}
	regions, street := regionNames(), r.compiled.get(r.NameRegion.street())
	words := slices.DeleteFunc(regions.words(a.Name, r.NameRegion.Everyday), func(w regionWord) bool {
		return r.NameRegion.Before != "" && street.MatchString(a.Name[w.end:])
	})
	ours := func(w regionWord) bool {
		return slices.ContainsFunc(w.codes, func(c string) bool { return inside(c, u.Region) })
	}
	if slices.ContainsFunc(words, ours) {
		return nil
	}
	words = slices.DeleteFunc(words, func(w regionWord) bool { return w.doubtful })
	if len(words) == 0 {
		return nil
	}
	var meant []string
	for _, c := range words[0].codes {
		meant = append(meant, regions.title(c))
	}
	if len(meant) > 3 {
		meant = append(meant[:3], "等")
	}
	f := r.finding(r.NameRegion.Rule, a.ID, "name")
	f.Span = govmedia.Span{Start: words[0].start, End: words[0].end}
	f.Explanation = fmt.Sprintf("名称“%s”中的“%s”是%s，而主办单位“%s”的行政区划是%s。",
		a.Name, a.Name[words[0].start:words[0].end], strings.Join(meant, "、"), u.Name, regions.title(u.Region))
	f.Suggestion = "请核对主办单位的行政区划代码；代码无误的，名称应改用主办单位所在地的地名。"
	return []govmedia.Finding{f}
}

func (r *Rules) contact(a account.Account) []govmedia.Finding {
	name, at := halfWidth(a.Name)
	var all []govmedia.Finding
	var taken []govmedia.Span // an address in a mail address is not reported twice
	for _, p := range r.Contact.Patterns {
		m := r.compiled.get(p.Pattern).FindStringIndex(name)
		if m == nil || m[0] == m[1] {
			continue
		}
		span := govmedia.Span{Start: at[m[0]], End: at[m[1]]}
		if slices.ContainsFunc(taken, func(t govmedia.Span) bool { return span.Start < t.End && t.Start < span.End }) {
			continue
		}
		taken = append(taken, span)
		f := r.finding(r.Contact.Rule, a.ID, "name")
		f.Span = span
		f.Explanation = fmt.Sprintf("名称中含有%s，账号名称不得含有联系方式或引流信息。", p.Kind)
		f.Suggestion = fmt.Sprintf("请从名称中删去%s，需要公布的放在账号简介或菜单里。", p.Kind)
		all = append(all, f)
	}
	return all
}

func (r *Rules) verification(a account.Account, u account.Unit) []govmedia.Finding {
	if !slices.Contains(r.Verification.Platforms, a.App.Platform) {
		return nil
	}
	if strings.TrimSpace(a.Verification) == "" {
		f := r.finding(r.Verification.Missing, a.ID, "verification")
		f.Explanation = fmt.Sprintf("账号“%s”没有登记认证说明，无法核对公开认证信息是否写明主办单位。", a.Name)
		f.Suggestion = "请到平台查看并登记认证说明；尚未认证的，请尽快办理政府机构认证。"
		return []govmedia.Finding{f}
	}
	if holdsName(a.Verification, u.Name) {
		return nil
	}
	f := r.finding(r.Verification.Rule, a.ID, "verification")
	f.Explanation = fmt.Sprintf("认证说明“%s”没有写明主办单位“%s”。", a.Verification, u.Name)
	f.Suggestion = fmt.Sprintf("请向平台申请修改认证说明，写出主办单位全称“%s”；主办单位已变更的，请先办理变更备案。", u.Name)
	return []govmedia.Finding{f}
}

// holdsName reports whether the text holds the name. Spaces and full-width forms make no difference.
func holdsName(text, name string) bool {
	name = plain(name)
	return name != "" && strings.Contains(plain(text), name)
}

// plain is a text without white space, invisible characters and full-width forms, for comparing.
func plain(text string) string {
	half, _ := halfWidth(text)
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.In(c, unicode.Cf) {
			return -1
		}
		return c
	}, half)
}

// half is a full-width form of ASCII in half width, and any other character as it is.
func half(c rune) rune {
	if c >= '！' && c <= '～' {
		return c - ('！' - '!')
	}
	return c
}

// halfWidth replaces the full-width forms of ASCII, and says for each byte of the result, and its end, where it stood.
func halfWidth(text string) (string, []int) {
	var b strings.Builder
	at := make([]int, 0, len(text)+1)
	for i, c := range text {
		if c = half(c); c == '　' {
			c = ' '
		}
		before := b.Len()
		b.WriteRune(c)
		for range b.Len() - before {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(text))
}
