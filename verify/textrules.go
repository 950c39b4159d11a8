package verify

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"sync"

	"github.com/govmedia/govmedia"
)

//go:embed textrules.json
var textRulesJSON []byte

// builtInTextRules is read-only; BuiltInTextRules gives callers a copy of their own.
var builtInTextRules = sync.OnceValue(func() *TextRules { r := BuiltInTextRules(); return &r })

// TextRules (文字规则) says on what those checks of Text and Personal rest whose working is code: which document, how sure
// it is, and how grave a finding is.
type TextRules struct {
	Version string `json:"version"` // such as "2026-11"; every finding repeats it

	DocumentNumber Rule `json:"document_number"` // 发文字号: the year stands in 〔〕
	Date           Rule `json:"date"`            // a date exists
	Weekday        Rule `json:"weekday"`         // and has the day of the week that stands beside it

	ResidentID    Rule `json:"resident_id"`     // 公民身份号码
	OldResidentID Rule `json:"old_resident_id"` // of 15 digits, which have no check
	Phone         Rule `json:"phone"`           // 手机号码
	Card          Rule `json:"card"`            // 银行卡号
	Address       Rule `json:"address"`         // 住址, to the door
	Mail          Rule `json:"mail"`            // 电子邮箱
	Birth         Rule `json:"birth"`           // 出生日期, to the day

	LostDigits Rule `json:"lost_digits"` // of attachments: a long number stored as a floating point number
	NotRead    Rule `json:"not_read"`    // a part that cannot be checked
	Pictures   Rule `json:"pictures"`    // pictures, whose text nobody has read
}

// BuiltInTextRules returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInTextRules() TextRules {
	r, err := ReadTextRules(bytes.NewReader(textRulesJSON))
	if err != nil {
		panic("verify: the embedded textrules.json is damaged: " + err.Error())
	}
	return r
}

// ReadTextRules reads rules in the form of textrules.json, the file embedded in this package. An unknown field, a rule
// that is missing or has no id or citation, and an unknown grade give a KindInvalid error.
func ReadTextRules(r io.Reader) (TextRules, error) {
	var rules TextRules
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&rules); err != nil {
		return TextRules{}, govmedia.Errorf(govmedia.KindInvalid, "verify.rules", "%w", err)
	}
	if rules.Version == "" {
		return TextRules{}, badRule("the rules of texts have no version")
	}
	for _, rule := range []Rule{
		rules.DocumentNumber, rules.Date, rules.Weekday, rules.ResidentID, rules.OldResidentID, rules.Phone, rules.Card,
		rules.Address, rules.Mail, rules.Birth,
		rules.LostDigits, rules.NotRead, rules.Pictures,
	} {
		if err := rule.validate(); err != nil {
			return TextRules{}, err
		}
	}
	return rules, nil
}
