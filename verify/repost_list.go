package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
)

//go:embed repost.json
var repostJSON []byte

// builtInRepost is read-only; BuiltInRepostRules gives callers a copy of their own.
var builtInRepost = sync.OnceValue(BuiltInRepostRules)

// RepostRules (转载规则) is the data behind Repost.
type RepostRules struct {
	Version  string `json:"version"`   // such as "2026-11"; findings about the rules repeat it
	NoList   Rule   `json:"no_list"`   // there is a list
	Unlisted Rule   `json:"unlisted"`  // the source is on it
	Stale    Rule   `json:"stale"`     // the list is young enough
	Unnamed  Rule   `json:"unnamed"`   // the post names its source
	Title    Rule   `json:"title"`     // the title is the original one
	Original Rule   `json:"original"`  // the original title is known
	ListDays int    `json:"list_days"` // how old a list may be, in days; 0 asks nothing
	// OfficialHosts are those of party and government websites (党委和政府网站), from which one may repost without a list. They
	// are written like RepostSource.Hosts; .gov.cn is registered for government bodies only. Add party websites elsewhere.
	OfficialHosts []string `json:"official_hosts"`
}

// BuiltInRepostRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInRepostRules() RepostRules {
	r, err := ReadRepostRules(bytes.NewReader(repostJSON))
	if err != nil {
		panic("verify: the embedded repost.json is damaged: " + err.Error())
	}
	return r
}

// ReadRepostRules reads rules in the form of repost.json, the file embedded in this package. An unknown field, a rule
// without id or citation, an impossible number of days and what is no host name give a KindInvalid error.
func ReadRepostRules(r io.Reader) (RepostRules, error) {
	var rules RepostRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return RepostRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if rules.Version == "" || rules.ListDays < 0 {
		return RepostRules{}, badRule("the repost rules have version %q and %d list_days", rules.Version, rules.ListDays)
	}
	for _, h := range rules.OfficialHosts {
		if !hostPattern(h) {
			return RepostRules{}, badRule("official_hosts: %q is no host name; write www.shili.example, or .gov.shili.example for all below it", h)
		}
	}
	for _, rule := range []Rule{rules.NoList, rules.Unlisted, rules.Stale, rules.Unnamed, rules.Title, rules.Original} {
		if err := rule.validate(); err != nil {
			return RepostRules{}, err
		}
	}
	return rules, nil
}

// RepostList (稿源名单) lists from whom an account may repost. This package has none built in: the competent authority
// publishes it, and the integrator loads the newest with [ReadRepostList].
type RepostList struct {
	Version   string         `json:"version"`   // as the integrator counts; findings repeat it
	Title     string         `json:"title"`     // 互联网新闻信息稿源单位名单
	Publisher string         `json:"publisher"` // who fixed it
	Date      string         `json:"date"`      // the day it was published, YYYY-MM-DD
	Citation  string         `json:"citation"`  // the document
	Sources   []RepostSource `json:"sources"`
}

// RepostSource (稿源单位) is one unit on a list.
type RepostSource struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"` // other names under which it publishes
	// Hosts are those of its websites. One that begins with a dot stands for every host below it: ".gov.example". Of a source
	// without hosts the list says nothing about websites, and none is checked.
	Hosts []string `json:"hosts"`
}

// ReadRepostList reads a list in the form of testdata/repost_list.json. An unknown field, a list without version, date,
// publisher, citation or sources, a source without a name, a name on it twice and what is no host name give a KindInvalid
// error.
func ReadRepostList(r io.Reader) (RepostList, error) {
	var l RepostList
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return RepostList{}, govmedia.Errorf(govmedia.KindInvalid, "verify.repost_list", "%w", err)
	}
	bad := func(format string, args ...any) (RepostList, error) {
		return RepostList{}, govmedia.Errorf(govmedia.KindInvalid, "verify.repost_list", format, args...)
	}
	if _, err := time.Parse(time.DateOnly, l.Date); err != nil {
		return bad("the date %q is no date YYYY-MM-DD", l.Date)
	}
	if l.Version == "" || l.Title == "" || l.Publisher == "" || l.Citation == "" || len(l.Sources) == 0 {
		return bad("the list of %s needs version, title, publisher, citation and sources", l.Date)
	}
	seen := map[string]bool{}
	for i, s := range l.Sources {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			key := plain(name)
			if key == "" || seen[key] {
				return bad("source %d: the name %q is empty or stands twice", i+1, name)
			}
			seen[key] = true
		}
		for _, h := range s.Hosts {
			if !hostPattern(h) {
				return bad("source %q: %q is no host name; write www.shili.example, or .shili.example for all below it", s.Name, h)
			}
		}
	}
	return l, nil
}

// hostPattern accepts a host name in small letters, or a dot and one that has a dot itself: a whole top-level domain is no
// source.
func hostPattern(h string) bool {
	name, below := strings.CutPrefix(h, ".")
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || slices.Contains(strings.Split(name, "."), "") {
		return false
	}
	return !below || strings.Contains(name, ".")
}

// byName returns the source of that name.
func (l RepostList) byName(name string) (RepostSource, bool) {
	name = plain(name)
	for _, s := range l.Sources {
		if plain(s.Name) == name || slices.ContainsFunc(s.Aliases, func(a string) bool { return plain(a) == name }) {
			return s, true
		}
	}
	return RepostSource{}, false
}

// has reports whether the host is one of the source's.
func (s RepostSource) has(host string) bool { return oneOf(s.Hosts, host) }

// oneOf reports whether the host is one of the hosts, or lies below one that begins with a dot.
func oneOf(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool {
		return host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h)
	})
}
