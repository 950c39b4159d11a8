package publish

import (
	"cmp"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/govmedia/govmedia"
)

// Overflow (超长处理) says what becomes of a text that is over a platform's limit. Whatever it is, the reviewers see and
// seal the result.
type Overflow string

// The ways.
const (
	OverflowRefuse  Overflow = ""        // 退回: Draft refuses it and names the excess
	OverflowShorten Overflow = "shorten" // 缩写: cut at the end of a sentence, with the link to the full text
	OverflowSplit   Overflow = "split"   // 分条: several posts, numbered, each sent when the one before it is there
)

const mostParts = 9 // more than that nobody reads in order

// rendition makes what one platform is sent.
func (p *Post) rendition(platform string, limits Limits) (Rendition, error) {
	v := p.Variants[platform]
	whole := p.compose(limits, cmp.Or(v.Text, p.Text), "", "")
	if v.Text != "" && !limits.Article {
		whole.Text = v.Text // to the letter
	}
	if v.Title != "" && limits.Article {
		whole.Title = v.Title
	}
	if whole.Media = p.Media; v.Media != nil {
		whole.Media = v.Media
	}
	if v.Text != "" || p.Overflow == OverflowRefuse || limits.fits(whole) {
		return whole, nil
	}
	short := whole
	err := govmedia.Errorf(govmedia.KindInvalid, "publish.overflow", "%s: there is no way %q to handle a text that is too long", platform, p.Overflow)
	switch p.Overflow {
	case OverflowShorten:
		short, err = p.shorten(platform, limits, whole.Media)
	case OverflowSplit:
		short, err = p.split(platform, limits, whole.Media)
	}
	if err != nil {
		return whole, err
	}
	return short, nil
}

// compose puts a rendition together. part numbers it; more stands between a text that was cut and the link.
func (p *Post) compose(limits Limits, text, part, more string) Rendition {
	r := Rendition{Text: text, Want: cmp.Or(p.Want, govmedia.ReachPublic)}
	if limits.Article {
		r.Title, r.Link, r.Cover = p.Title+part, p.Link, p.Cover
		if more != "" {
			r.Text += "…" // what leads to the link is the platform's
		}
		return r
	}
	r.Text = part + text
	if p.Title != "" {
		r.Text = "【" + p.Title + "】" + r.Text
	}
	if p.Link != "" {
		r.Text += cmp.Or(more, " ") + p.Link
	}
	return r
}

// shorten cuts the text and leads to the link.
func (p *Post) shorten(platform string, limits Limits, media []string) (Rendition, *govmedia.Error) {
	short := func(head string) Rendition {
		r := p.compose(limits, strings.TrimRight(head, " \t\r\n，、；：,;:"), "", "…全文：")
		r.Media = media
		return r
	}
	if p.Link == "" {
		return Rendition{}, govmedia.Errorf(govmedia.KindInvalid, "publish.overflow", "%s: a text is shortened only with Post.Link, where the full text stands", platform)
	}
	n := limits.longest(p.Text, short)
	if n == 0 {
		return Rendition{}, govmedia.Errorf(govmedia.KindInvalid, "publish.overflow", "%s: title and link leave no room for any of the text; shorten the title", platform)
	}
	return short(p.Text[:n]), nil
}

// split makes numbered parts, each with title and link; pictures and films go with the first.
func (p *Post) split(platform string, limits Limits, media []string) (Rendition, *govmedia.Error) {
	var heads []string
	for rest := strings.TrimSpace(p.Text); rest != ""; {
		n := limits.longest(rest, func(head string) Rendition {
			r := p.compose(limits, strings.TrimSpace(head), "（9/9）", "")
			if len(heads) == 0 {
				r.Media = media
			}
			return r
		})
		if n == 0 || len(heads) == mostParts {
			return Rendition{}, govmedia.Errorf(govmedia.KindInvalid, "publish.overflow", "%s: the text does not fit into %d parts; shorten it", platform, mostParts)
		}
		heads = append(heads, strings.TrimSpace(rest[:n]))
		rest = strings.TrimSpace(rest[n:])
	}
	var parts []Rendition
	for i, head := range heads {
		parts = append(parts, p.compose(limits, head, fmt.Sprintf("（%d/%d）", i+1, len(heads)), ""))
	}
	parts[0].Media, parts[0].Rest = media, parts[1:]
	return parts[0], nil
}

// fits reports whether title and text, beside the files, are within their limits.
func (l Limits) fits(r Rendition) bool {
	return l.beside(r.Media).Check(r.Text) == nil && (!l.Article || l.Title.Check(r.Title) == nil)
}

// longest returns the length of the longest beginning of the text that may end there and, once composed, fits: to the end
// of a sentence, unless that would leave out half of what fits.
func (l Limits) longest(text string, compose func(head string) Rendition) int {
	cuts := cutsOf(text)
	n := sort.Search(len(cuts), func(i int) bool { return !l.fits(compose(text[:cuts[i].at])) })
	if n == 0 {
		return 0
	}
	best := cuts[n-1].at
	for i := n - 1; i >= 0 && 2*cuts[i].at >= best; i-- {
		if cuts[i].sentence {
			return cuts[i].at
		}
	}
	return best
}

// cut is a place where a text may end.
type cut struct {
	at       int
	sentence bool // a sentence or paragraph ends there
}

// cutsOf lists the places where a line may be broken (Unicode Annex 14), so that no number, word or character is torn
// apart; addresses are not broken either.
func cutsOf(text string) []cut {
	sentences := map[int]bool{}
	for rest, state, at := text, -1, 0; rest != ""; {
		var s string
		s, rest, state = uniseg.FirstSentenceInString(rest, state)
		at += len(s)
		sentences[at] = true
	}
	var cuts []cut
	addresses := address.FindAllStringIndex(text, -1)
	for rest, state, at := text, -1, 0; rest != ""; {
		var s string
		s, rest, _, state = uniseg.FirstLineSegmentInString(rest, state)
		at += len(s)
		for len(addresses) > 0 && addresses[0][1] <= at {
			addresses = addresses[1:]
		}
		if len(addresses) == 0 || at <= addresses[0][0] {
			cuts = append(cuts, cut{at, sentences[at]})
		}
	}
	return cuts
}

var address = regexp.MustCompile(`https?://[[:graph:]]+`)
