package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

//go:embed site.json
var siteJSON []byte

// builtInSite is read-only; BuiltInSiteRules gives callers a copy of their own.
var builtInSite = sync.OnceValue(BuiltInSiteRules)

// SiteRules (网站证明规则) is the data behind SiteProof.
type SiteRules struct {
	Version   string         `json:"version"`   // such as "2026-11"; every finding repeats it
	Proved    Rule           `json:"proved"`    // the site names the account
	Other     Rule           `json:"other"`     // the site names another account of the platform
	Platforms []SitePlatform `json:"platforms"` // whose accounts are recognised by their address
}

// SitePlatform says how the addresses of a platform's accounts look.
type SitePlatform struct {
	Platform string   `json:"platform"`
	Hosts    []string `json:"hosts"`
	Paths    []string `json:"paths"` // with {uid}
	// Numeric says that a uid is a number. Anything else is a custom address, which may be the same account's.
	Numeric bool `json:"numeric"`
}

// BuiltInSiteRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInSiteRules() SiteRules {
	r, err := ReadSiteRules(bytes.NewReader(siteJSON))
	if err != nil {
		panic("verify: the embedded site.json is damaged: " + err.Error())
	}
	return r
}

// ReadSiteRules reads rules in the form of site.json, the file embedded in this package. An unknown field, a rule without id
// or citation, and a platform without hosts or with a path that has no {uid} give a KindInvalid error.
func ReadSiteRules(r io.Reader) (SiteRules, error) {
	var rules SiteRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return SiteRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if rules.Version == "" {
		return SiteRules{}, badRule("the site rules have no version")
	}
	for _, rule := range []Rule{rules.Proved, rules.Other} {
		if err := rule.validate(); err != nil {
			return SiteRules{}, err
		}
	}
	for _, p := range rules.Platforms {
		noUID := slices.ContainsFunc(p.Paths, func(path string) bool { return strings.Count(path, "{uid}") != 1 })
		if p.Platform == "" || len(p.Hosts) == 0 || noUID {
			return SiteRules{}, badRule("platform %q needs hosts and paths with one {uid}", p.Platform)
		}
	}
	return rules, nil
}

// SiteClaim (网站声明) is what a government site says about one account, as package verify/siteproof has read it.
type SiteClaim struct {
	Kind  SiteClaimKind `json:"kind"`
	Value string        `json:"value"` // an address, or "platform/uid"
}

// SiteClaimKind says where a claim stands.
type SiteClaimKind string

// The kinds of claim, from the hardest to forge to the easiest: an anchor may stand in what a visitor of the site wrote.
const (
	ClaimTXT    SiteClaimKind = "txt"    // the domain's TXT record _govmedia
	ClaimLink   SiteClaimKind = "link"   // <link rel="me"> in the page's head
	ClaimMeta   SiteClaimKind = "meta"   // <meta name="govmedia-account"> in the page's head
	ClaimAnchor SiteClaimKind = "anchor" // <a rel="me">
)

// SiteProof (网站证明核查) checks that a government site names an account as its own. The zero value uses the built-in rules.
// It is safe for concurrent use as long as nobody changes its rules.
type SiteProof struct {
	Rules *SiteRules // nil means BuiltInSiteRules
	// Kinds are the claims that are believed; nil means all but ClaimAnchor.
	Kinds []SiteClaimKind
}

// Check returns a finding when none of the site's claims names the account, by its address or as "platform/uid", and
// one for each other account of the same platform that is named while this one is not; a custom address proves no other
// account. Subject is the account's id, Field "url". A site that could not be read has no claims to check: its error is
// no proof of anything.
func (s SiteProof) Check(a account.Account, site string, claims []SiteClaim) []govmedia.Finding {
	rules := builtInSite()
	if s.Rules != nil {
		rules = *s.Rules
	}
	kinds := s.Kinds
	if kinds == nil {
		kinds = []SiteClaimKind{ClaimTXT, ClaimLink, ClaimMeta}
	}
	var others []string
	for _, c := range claims {
		if !slices.Contains(kinds, c.Kind) {
			continue
		}
		platform, uid := rules.names(c.Value)
		switch {
		case uid != "" && platform == a.App.Platform && uid == a.UID, a.URL != "" && sameAddress(c.Value, a.URL):
			return nil
		case rules.isUID(platform, uid) && platform == a.App.Platform && !slices.Contains(others, c.Value):
			others = append(others, c.Value)
		}
	}
	var all []govmedia.Finding
	f := rules.finding(rules.Proved, a)
	f.Explanation = fmt.Sprintf("网站“%s”没有声明账号“%s”为其官方账号。", site, a.Name)
	f.Suggestion = fmt.Sprintf("请在网站首页的<head>中加入<link rel=\"me\" href=\"账号主页\">或<meta name=\"govmedia-account\" content=\"%s/%s\">，或添加域名TXT记录。",
		a.App.Platform, a.UID)
	all = append(all, f)
	for _, other := range others {
		f := rules.finding(rules.Other, a)
		f.Explanation = fmt.Sprintf("网站“%s”声明的同平台账号是“%s”，不是“%s”。", site, other, a.Name)
		f.Suggestion = "请核对哪一个是官方账号：网站写错的改正；账号登记有误的更正；属假冒的，要求平台关停并报告主管单位。"
		all = append(all, f)
	}
	return all
}

// isUID reports whether it is certain that a claim names an account by its uid.
func (r SiteRules) isUID(platform, uid string) bool {
	numeric := slices.ContainsFunc(r.Platforms, func(p SitePlatform) bool { return p.Platform == platform && p.Numeric })
	return uid != "" && (!numeric || strings.Trim(uid, "0123456789") == "")
}

// names returns the account that a claim names; uid is empty when it names none of a known platform.
func (r SiteRules) names(value string) (platform, uid string) {
	value = strings.TrimSpace(value)
	u, err := url.Parse(value)
	if err != nil {
		return "", ""
	}
	if u.Host == "" {
		platform, uid, ok := strings.Cut(value, "/")
		if !ok || platform == "" || strings.ContainsAny(uid, "/?#: ") {
			return "", ""
		}
		return platform, uid
	}
	for _, p := range r.Platforms {
		if !slices.Contains(p.Hosts, strings.ToLower(u.Hostname())) {
			continue
		}
		for _, path := range p.Paths {
			before, after, _ := strings.Cut(path, "{uid}")
			rest, ok := strings.CutPrefix(strings.TrimSuffix(u.Path, "/"), before)
			uid, found := strings.CutSuffix(rest, after)
			if ok && found && uid != "" && !strings.Contains(uid, "/") {
				return p.Platform, uid
			}
		}
	}
	return "", ""
}

// sameAddress compares addresses without scheme, fragment, trailing slash, and the case and port of the host. The query
// stays, because some platforms put the account there.
func sameAddress(a, b string) bool {
	x, err1 := url.Parse(strings.TrimSpace(a))
	y, err2 := url.Parse(strings.TrimSpace(b))
	if err1 != nil || err2 != nil || x.Host == "" || y.Host == "" {
		return false
	}
	return strings.EqualFold(x.Hostname(), y.Hostname()) && x.RawQuery == y.RawQuery &&
		strings.TrimSuffix(x.EscapedPath(), "/") == strings.TrimSuffix(y.EscapedPath(), "/")
}

func (r SiteRules) finding(rule Rule, a account.Account) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: r.Version, Severity: rule.Severity, Subject: a.ID, Field: "url",
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
