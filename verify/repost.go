package verify

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// Repost (转载检查) checks a repost against the lists of permitted sources. An original on a party or government website
// (RepostRules.OfficialHosts) needs no list. Without a list every other repost is an error, because nobody knows who is
// permitted. It is safe for concurrent use as long as nobody changes what it holds.
type Repost struct {
	Lists []RepostList     // a source is permitted when one of them has it
	Rules *RepostRules     // nil means BuiltInRepostRules
	Now   func() time.Time // for the age of a list; nil means time.Now
}

// Reposted (转载稿) is a repost before it is published.
type Reposted struct {
	ID            string // of the post; findings have it as their Subject
	Source        string // 来源: from whom, as the editor states it
	URL           string // of the original; empty when it was not on the web
	Title         string
	OriginalTitle string // as the source published it; empty when not known
	Text          string // the post as readers will see it, with its title or without
	Credit        string // the platform's own field for the source; empty when it has none
}

// Check returns what is wrong with the repost: its source is on no list, it does not name the source to readers, or its title
// is not the original one. Fields are "source", "url", "text" and "title". A finding about an unlisted source names each list
// with date and version.
func (r Repost) Check(p Reposted) []govmedia.Finding {
	rules := builtInRepost()
	if r.Rules != nil {
		rules = *r.Rules
	}
	var all []govmedia.Finding
	all = append(all, r.source(rules, p)...)
	all = append(all, rules.named(p, r.namesOf(p.Source))...)
	return append(all, rules.sameTitle(p)...)
}

func (r Repost) source(rules RepostRules, p Reposted) []govmedia.Finding {
	host, urlOK := hostOf(p.URL)
	if urlOK && oneOf(rules.OfficialHosts, host) {
		return nil
	}
	if len(r.Lists) == 0 {
		f := rules.finding(rules.NoList, p, "source")
		f.Explanation = "没有载入稿源单位名单，无法判断能否转载。"
		f.Suggestion = "请载入主管部门最新公布的稿源单位名单后再检查；名单载入前不要转载。"
		return []govmedia.Finding{f}
	}
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	var all []govmedia.Finding
	for _, l := range r.Lists {
		day, err := time.Parse(time.DateOnly, l.Date)
		if days := int(now().Sub(day).Hours() / 24); rules.ListDays > 0 && (err != nil || days > rules.ListDays) {
			f := rules.finding(rules.Stale, p, "source")
			f.Explanation = fmt.Sprintf("所用名单%s已超过%d天，可能不是最新的。", l.words(), rules.ListDays)
			f.Suggestion = "请核对主管部门是否公布了新的名单，并载入最新的。"
			all = append(all, f)
		}
	}
	if !urlOK {
		f := rules.finding(rules.Unlisted, p, "url")
		f.Explanation = "原文链接不是完整的网址，无法核对来源。"
		f.Suggestion = "请填写以http或https开头的原文链接；原文不在网上的留空。"
		return append(all, f)
	}
	if plain(p.Source) == "" {
		return all // said by named
	}
	var listed, elsewhere bool // by name; by name but at another host
	for _, l := range r.Lists {
		s, ok := l.byName(p.Source)
		if ok && (host == "" || len(s.Hosts) == 0 || s.has(host)) {
			return all
		}
		listed = listed || ok
		elsewhere = elsewhere || ok && host != ""
	}
	f := rules.finding(rules.Unlisted, p, "source")
	f.Explanation = fmt.Sprintf("来源“%s”不在名单中。核对的名单：%s。", p.Source, r.listWords())
	f.Suggestion = "请改为转载名单内单位发布的同一信息；确需转载的，报主管部门确定为稿源单位并更新名单。"
	if listed && elsewhere {
		f.Field = "url"
		f.Explanation = fmt.Sprintf("来源“%s”在名单中，但原文链接的网站“%s”没有登记为它的网站。核对的名单：%s。", p.Source, host, r.listWords())
		f.Suggestion = "请核对原文是否确由该单位发布；网站属实的，在名单中补充登记。"
	}
	return append(all, f)
}

// hostOf returns the host of a web address in small letters; an empty address has none, which is right.
func hostOf(address string) (host string, ok bool) {
	if address == "" {
		return "", true
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return "", false
	}
	return strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), true
}

func (r Repost) listWords() string {
	var all []string
	for _, l := range r.Lists {
		all = append(all, l.words())
	}
	return strings.Join(all, "、")
}

func (l RepostList) words() string {
	return fmt.Sprintf("《%s》（%s公布，版本%s）", l.Title, l.Date, l.Version)
}

// namesOf are all names under which the source may be named to readers.
func (r Repost) namesOf(source string) []string {
	all := []string{source}
	for _, l := range r.Lists {
		if s, ok := l.byName(source); ok {
			all = append(append(all, s.Name), s.Aliases...)
		}
	}
	return all
}

// named finds a post that does not tell readers where it comes from.
func (r RepostRules) named(p Reposted, sourceNames []string) []govmedia.Finding {
	f := r.finding(r.Unnamed, p, "text")
	switch {
	case plain(p.Source) == "":
		f.Field = "source"
		f.Explanation = "转载稿没有填写来源。"
		f.Suggestion = "请填写首发该信息的单位全称。"
	case slices.ContainsFunc(sourceNames, func(n string) bool { return holdsName(p.Text, n) || holdsName(p.Credit, n) }):
		return nil
	default:
		f.Explanation = fmt.Sprintf("正文和来源栏都没有向读者注明来源“%s”。", p.Source)
		f.Suggestion = fmt.Sprintf("请在文末或来源栏注明“来源：%s”。", p.Source)
	}
	return []govmedia.Finding{f}
}

func (r RepostRules) sameTitle(p Reposted) []govmedia.Finding {
	if strings.TrimSpace(p.OriginalTitle) == "" {
		if strings.TrimSpace(p.Title) == "" {
			return nil // a post without titles, as on Weibo
		}
		f := r.finding(r.Original, p, "title")
		f.Explanation = "没有填写原标题，无法核对标题是否改动。"
		f.Suggestion = "请填写原文标题，或人工核对后注明。"
		return []govmedia.Finding{f}
	}
	if sameTitle(p.Title, p.OriginalTitle) {
		return nil
	}
	f := r.finding(r.Title, p, "title")
	f.Explanation = fmt.Sprintf("标题“%s”与原标题“%s”不一致。", p.Title, p.OriginalTitle)
	f.Suggestion = "请改回原标题；平台限制字数的，截短处加省略号也会改变标题，请改用不带标题的形式或附原文链接。"
	if strings.TrimSpace(p.Title) == "" {
		f.Explanation = fmt.Sprintf("转载稿没有标题，原标题是“%s”。", p.OriginalTitle)
		f.Suggestion = "请补上原标题。"
	}
	return []govmedia.Finding{f}
}

// sameTitle compares titles: white space, full-width forms, and shapes of quotation marks, dashes and dots make no
// difference, everything else does.
func sameTitle(a, b string) bool { return titleKey(a) == titleKey(b) }

func titleKey(title string) string {
	var b strings.Builder
	var last rune
	for _, c := range plain(title) {
		switch {
		case strings.ContainsRune("“”„‟「」『』＂", c):
			c = '"'
		case strings.ContainsRune("‘’‚‛", c):
			c = '\''
		case strings.ContainsRune("—–―─‐‑－", c):
			c = '-'
		case strings.ContainsRune("·•・‧", c):
			c = '·'
		case c == '…':
			c = '.'
		}
		if (c == '-' || c == '.') && c == last {
			continue // —— and —, …… and …
		}
		last = c
		b.WriteRune(c)
	}
	return b.String()
}

func (r RepostRules) finding(rule Rule, p Reposted, field string) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: r.Version, Severity: rule.Severity, Subject: p.ID, Field: field,
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
