package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

//go:embed drift.json
var driftJSON []byte

// builtInProfile is read-only; BuiltInProfileRules gives callers a copy of their own.
var builtInProfile = sync.OnceValue(BuiltInProfileRules)

// ProfileRules (账号资料规则) is the data behind Certification and Drift.
type ProfileRules struct {
	Version string       `json:"version"` // such as "2026-11"; every finding repeats it
	Mark    Rule         `json:"mark"`    // the platform marks the account as a verified government account
	Owner   Rule         `json:"owner"`   // the platform's verification text names the owner
	Unknown Rule         `json:"unknown"` // the platform told nothing about one of the two
	Changes []ChangeRule `json:"changes"` // the points that Drift compares, in the order of its findings
}

// ChangeRule says of one point of a profile that it changes only with a filing.
type ChangeRule struct {
	Rule
	Field string `json:"field"` // of account.Profile, as its JSON writes it
	Title string `json:"title"` // in Chinese
}

// BuiltInProfileRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInProfileRules() ProfileRules {
	r, err := ReadProfileRules(bytes.NewReader(driftJSON))
	if err != nil {
		panic("verify: the embedded drift.json is damaged: " + err.Error())
	}
	return r
}

// ReadProfileRules reads rules in the form of drift.json, the file embedded in this package. An unknown field, a rule
// without id or citation, and a point that a profile does not have or that is named twice give a KindInvalid error.
func ReadProfileRules(r io.Reader) (ProfileRules, error) {
	var rules ProfileRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return ProfileRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if rules.Version == "" {
		return ProfileRules{}, badRule("the profile rules have no version")
	}
	all := []Rule{rules.Mark, rules.Owner, rules.Unknown}
	var fields []string
	for _, c := range rules.Changes {
		if _, ok := pointOf(c.Field, account.Profile{}); !ok || c.Title == "" || slices.Contains(fields, c.Field) {
			return ProfileRules{}, badRule("rule %q: field %q (%s) is no point of a profile, has no title, or stands twice", c.ID, c.Field, c.Title)
		}
		fields = append(fields, c.Field)
		all = append(all, c.Rule)
	}
	for _, rule := range all {
		if err := rule.validate(); err != nil {
			return ProfileRules{}, err
		}
	}
	return rules, nil
}

// Certification (认证核查) checks what a platform says about who an account is. The zero value uses the built-in rules. It is
// safe for concurrent use as long as nobody changes its rules.
type Certification struct {
	Rules *ProfileRules // nil means BuiltInProfileRules
}

// Check returns what is wrong with the platform's certification of an account that the unit owns: no government mark, or a
// verification text without the unit's name. What the platform did not tell is a finding for information, so that nobody
// takes it for checked. Subject is the account's id; Field is "verified" or "verification_note". That a mark which was
// there is gone is found by [Drift].
func (c Certification) Check(a account.Account, u account.Unit, seen account.Profile) []govmedia.Finding {
	rules := profileRules(c.Rules)
	var all []govmedia.Finding
	marked, known := seen.Verified.Value()
	switch {
	case !known:
		all = append(all, rules.untold(a, "verified", "是否为政府认证账号"))
	case !marked:
		f := rules.finding(rules.Mark, a, "verified")
		f.Explanation = fmt.Sprintf("平台没有把账号“%s”标为政府认证账号，公众无法分辨真伪。", a.Name)
		f.Suggestion = "请以主办单位名义申请政府机构认证；原已认证的，请立即联系平台查明认证被取消的原因。"
		all = append(all, f)
	}
	note, known := seen.VerificationNote.Value()
	switch {
	case !known:
		all = append(all, rules.untold(a, "verification_note", "认证说明的内容"))
	case !holdsName(note, u.Name):
		f := rules.finding(rules.Owner, a, "verification_note")
		f.Explanation = fmt.Sprintf("平台公示的认证说明“%s”没有写明主办单位“%s”。", note, u.Name)
		f.Suggestion = fmt.Sprintf("请向平台申请修改认证说明，写出主办单位全称“%s”。", u.Name)
		all = append(all, f)
	}
	return all
}

// Drift (资料变动监测) finds what has changed on an account without a filing. The zero value uses the built-in rules. It is
// safe for concurrent use as long as nobody changes its rules.
type Drift struct {
	Rules *ProfileRules // nil means BuiltInProfileRules
}

// Check compares what was seen with what was filed last. A change that is filed becomes part of the filed profile, so that
// it is no finding afterwards; seeing the old value again then is one. A point that either profile does not know cannot have
// changed. Subject is the account's id, Field the point as account.Profile's JSON writes it; the explanation has before and
// after. That an account is marked as verified, or open for comments, which it was not, is only for information.
func (d Drift) Check(a account.Account, filed, seen account.Profile) []govmedia.Finding {
	rules := profileRules(d.Rules)
	var all []govmedia.Finding
	for _, c := range rules.Changes {
		before, ok := pointOf(c.Field, filed)
		after, _ := pointOf(c.Field, seen)
		if !ok || !before.known || !after.known || before.text == after.text {
			continue
		}
		f := rules.finding(c.Rule, a, c.Field)
		f.Explanation = fmt.Sprintf("账号“%s”的%s与备案不符：备案为%s，现为%s。", a.Name, c.Title, before.quoted(), after.quoted())
		f.Suggestion = "请立即核实是谁改动的：未经批准的，改回并检查账号是否被盗；确需变更的，按规定办理变更备案。"
		switch {
		case after.yes: // gained
			f.Severity = govmedia.SeverityInfo
			f.Suggestion = "请核实后办理变更备案，更新备案信息。"
		case c.Field == "verified":
			f.Explanation = fmt.Sprintf("账号“%s”的政府认证标识已被平台取消：备案为%s，现为%s。", a.Name, before.quoted(), after.quoted())
			f.Suggestion = "请立即联系平台查明原因并恢复认证；恢复之前，请在本单位网站说明账号情况，防止被仿冒。"
		}
		all = append(all, f)
	}
	return all
}

// point is one value of a profile, ready to be compared and shown.
type point struct {
	known bool
	text  string
	yes   bool // a switch that is on
	on    string
}

func (p point) quoted() string {
	switch {
	case p.on != "" && p.yes:
		return "“" + p.on + "”"
	case p.on != "":
		return "“未" + p.on + "”"
	case p.text == "":
		return "空"
	}
	return "“" + p.text + "”"
}

// pointOf returns the value of a field; ok is false for a field that is not watched. White space around a text and line
// ends of another system are no change.
func pointOf(field string, p account.Profile) (value point, ok bool) {
	text := func(s account.Seen[string]) (point, bool) {
		v, known := s.Value()
		return point{known: known, text: strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))}, true
	}
	onOff := func(s account.Seen[bool], on string) (point, bool) {
		v, known := s.Value()
		return point{known: known, text: fmt.Sprint(v), yes: v, on: on}, true
	}
	switch field {
	case "name":
		return text(p.Name)
	case "verified":
		return onOff(p.Verified, "认证")
	case "verification_note":
		return text(p.VerificationNote)
	case "bio":
		return text(p.Bio)
	case "avatar":
		return text(p.Avatar)
	case "comments_open":
		return onOff(p.CommentsOpen, "开放")
	case "auto_reply":
		return text(p.AutoReply)
	}
	return point{}, false
}

func profileRules(own *ProfileRules) ProfileRules {
	if own != nil {
		return *own
	}
	return builtInProfile()
}

func (r ProfileRules) untold(a account.Account, field, what string) govmedia.Finding {
	f := r.finding(r.Unknown, a, field)
	f.Explanation = fmt.Sprintf("平台没有提供账号“%s”%s，这一项没有核查。", a.Name, what)
	f.Suggestion = "请到平台页面人工核对，并保存截图。"
	return f
}

func (r ProfileRules) finding(rule Rule, a account.Account, field string) govmedia.Finding {
	return govmedia.Finding{
		Rule: rule.ID, Version: r.Version, Severity: rule.Severity, Subject: a.ID, Field: field,
		Citation: rule.Citation + "（" + rule.Confidence.words() + "）",
	}
}
