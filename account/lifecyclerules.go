package account

import (
	"bytes"
	_ "embed" // the built-in data is an embedded file
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
)

//go:embed lifecycle.json
var lifecycleJSON []byte

// builtInLifecycle is read-only; BuiltInLifecycle gives callers a copy of their own.
var builtInLifecycle = sync.OnceValue(BuiltInLifecycle)

// LifecycleRules (生命周期规则) is the data behind Lifecycle and Operators.
type LifecycleRules struct {
	Version string       `json:"version"` // such as "2026-11"; every finding repeats it
	Filing  []FilingRule `json:"filing"`  // one a preset
	// Opening is about accounts that are in the register without having been opened through Lifecycle.
	Opening LifecycleRule `json:"opening"`
	// OneAccount: one unit has one account of each of these kinds on a platform. An officer's account is a person's, and an
	// event's ends, so they are not among the built-in kinds; a suspended account counts, because the platform shows it, one
	// that was deregistered or redirects to another does not.
	OneAccount     KindsRule     `json:"one_account"`
	SameName       KindsRule     `json:"same_name"`      // the accounts of these kinds of one unit have one name
	OwnerNotice    LifecycleRule `json:"owner_notice"`   // 公告 when the owner changes
	Deregistration LifecycleRule `json:"deregistration"` // decision and 公告
	EventAccount   LifecycleRule `json:"event_account"`  // ends, and is handed back
	Recheck        RecheckRule   `json:"recheck"`        // 定期复核
	TakeOver       LifecycleRule `json:"take_over"`      // 收回
	Rotation       LifecycleRule `json:"rotation"`       // whoever leaves knows no credential afterwards
	Contract       LifecycleRule `json:"contract"`       // of outsourced operators
	Training       LifecycleRule `json:"training"`       //
	Custodian      LifecycleRule `json:"custodian"`      // every account has one
}

// LifecycleRule is what every rule has.
type LifecycleRule struct {
	ID         string            `json:"id"`
	Citation   string            `json:"citation"`   // the document the rule rests on, in Chinese
	Effective  string            `json:"effective"`  // the day it came into force, YYYY-MM-DD; empty when the source gives none
	Confidence string            `json:"confidence"` // S: the official text was read; L: a notice or several retellings; U: weak, or our own choice; M: from memory, as no built-in rule is
	Severity   govmedia.Severity `json:"severity"`   // of its findings
}

// FilingRule (备案规则) says what is filed with the supervisor, and within how many working days.
type FilingRule struct {
	LifecycleRule
	Preset string `json:"preset"` // by which LifecycleConfig chooses it
	Days   int    `json:"days"`   // working days after the day of the event
	Steps  []Step `json:"steps"`  // the events that are filed
	// BeforeOpening demands that the approval is filed before the account is opened; the approval is then filed too.
	BeforeOpening bool `json:"before_opening"`
}

// KindsRule is a rule for accounts of some kinds.
type KindsRule struct {
	LifecycleRule
	Kinds []Kind `json:"kinds"`
}

// RecheckRule says after how many months without anything happening an account returns to review.
type RecheckRule struct {
	LifecycleRule
	Months int `json:"months"`
}

// BuiltInLifecycle returns the rules of this version of the package, with the filing presets "hubei" (five working days)
// and "strict" (two). Every call gives a copy of its own.
func BuiltInLifecycle() LifecycleRules {
	r, err := ReadLifecycle(bytes.NewReader(lifecycleJSON))
	if err != nil {
		panic("account: the embedded lifecycle.json is damaged: " + err.Error())
	}
	return r
}

// ReadLifecycle reads rules in the form of lifecycle.json, the file embedded in this package. An unknown field, a rule
// without id or citation, an unknown grade, preset, step or kind, and a number below 1 give a KindInvalid error.
func ReadLifecycle(r io.Reader) (LifecycleRules, error) {
	var rules LifecycleRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return LifecycleRules{}, badLifecycle("%w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return LifecycleRules{}, badLifecycle("data after the end")
	}
	if err := rules.validate(); err != nil {
		return LifecycleRules{}, err
	}
	return rules, nil
}

func (r LifecycleRules) validate() error {
	if r.Version == "" || len(r.Filing) == 0 {
		return badLifecycle("the rules need a version and a filing preset")
	}
	all := []LifecycleRule{
		r.Opening, r.OneAccount.LifecycleRule, r.SameName.LifecycleRule, r.OwnerNotice, r.Deregistration, r.EventAccount,
		r.Recheck.LifecycleRule, r.TakeOver, r.Rotation, r.Contract, r.Training, r.Custodian,
	}
	presets := map[string]bool{}
	for _, f := range r.Filing {
		if f.Preset == "" || presets[f.Preset] || f.Days < 1 {
			return badLifecycle("filing preset %q: it needs a name of its own and 1 or more working days, not %d", f.Preset, f.Days)
		}
		presets[f.Preset] = true
		for _, s := range f.Steps {
			if !slices.Contains(filable, s) {
				return badLifecycle("filing preset %q: %q is nothing that is filed", f.Preset, s)
			}
		}
		all = append(all, f.LifecycleRule)
	}
	if r.Recheck.Months < 1 {
		return badLifecycle("rule %q: %d months", r.Recheck.ID, r.Recheck.Months)
	}
	for _, k := range slices.Concat(r.OneAccount.Kinds, r.SameName.Kinds) {
		if !k.known() {
			return badLifecycle("unknown kind of account %q", k)
		}
	}
	for _, rule := range all {
		if err := rule.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (r LifecycleRule) validate() error {
	if r.ID == "" || r.Citation == "" {
		return badLifecycle("rule %q needs an id and a citation (%q)", r.ID, r.Citation)
	}
	if r.words() == "" {
		return badLifecycle("rule %q: confidence %q is none of S, L, U, M", r.ID, r.Confidence)
	}
	if !slices.Contains([]govmedia.Severity{govmedia.SeverityError, govmedia.SeverityWarning, govmedia.SeverityInfo}, r.Severity) {
		return badLifecycle("rule %q: unknown severity %q", r.ID, r.Severity)
	}
	if _, err := time.Parse(time.DateOnly, r.Effective); r.Effective != "" && err != nil {
		return badLifecycle("rule %q: effective %q is no date YYYY-MM-DD", r.ID, r.Effective)
	}
	return nil
}

// words says to an official how well a rule is known.
func (r LifecycleRule) words() string {
	return map[string]string{"S": "已核对原文", "L": "据公开通报，未见原文", "U": "来源说法不一或为本系统设定", "M": "未经核实"}[r.Confidence]
}

// finding begins a finding of the rule.
func (r LifecycleRule) finding(version, subject, field string) govmedia.Finding {
	return govmedia.Finding{
		Rule: r.ID, Version: version, Citation: r.Citation + "（" + r.words() + "）", Severity: r.Severity, Subject: subject, Field: field,
	}
}

// filing returns the preset; an empty name means the first.
func (r LifecycleRules) filing(preset string) (FilingRule, error) {
	var names []string
	for _, f := range r.Filing {
		if f.Preset == preset || preset == "" {
			return f, nil
		}
		names = append(names, f.Preset)
	}
	return FilingRule{}, badLifecycle("there is no filing preset %q; there are %q", preset, names)
}

// files reports whether the event is to be filed.
func (f FilingRule) files(step Step) bool {
	return slices.Contains(f.Steps, step) || f.BeforeOpening && step == StepApprove
}

func badLifecycle(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, "lifecycle.rules", format, args...)
}
