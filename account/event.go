package account

import (
	"strings"
	"time"
)

// Step (生命周期动作) is what a person does to an account, or to those who run it.
type Step string

// The steps in the life of an account, in the order of 申请 → 批准 → 备案 → 开设 → 变更 → 关停 → 注销 and what may come in between.
const (
	StepApply      Step = "apply"      // 申请
	StepApprove    Step = "approve"    // 批准
	StepReject     Step = "reject"     // 不予批准
	StepFile       Step = "file"       // 备案, of another event
	StepOpen       Step = "open"       // 开设
	StepRegister   Step = "register"   // 登记: an import brought an account that nobody had opened here
	StepChange     Step = "change"     // 变更
	StepSuspend    Step = "suspend"    // 关停
	StepReopen     Step = "reopen"     // 恢复
	StepDeregister Step = "deregister" // 注销

	StepExtend   Step = "extend"    // 延期, of an event's account
	StepHandBack Step = "hand_back" // 交还, of an event's account
	StepRecheck  Step = "recheck"   // 退回复核: nothing has happened for long
	StepKeep     Step = "keep"      // 复核保留
	StepConsent  Step = "consent"   // 同意收回
	StepTakeOver Step = "take_over" // 收回
	StepArchive  Step = "archive"   // 归档
	StepExempt   Step = "exempt"    // 豁免“一单位一账号”

	StepOperator Step = "operator" // 登记运维人员
	StepEntrust  Step = "entrust"  // 交付保管
	StepLeave    Step = "leave"    // 离岗
)

// filable are the events that a rule may demand to be filed.
var filable = []Step{
	StepApprove, StepOpen, StepChange, StepSuspend, StepReopen, StepDeregister, StepExtend, StepHandBack, StepTakeOver,
}

// transitions says from which state a step of an account that exists starts, and where it leads; "" leaves it there.
var transitions = map[Step]struct {
	from []State
	to   State
}{
	StepChange:     {[]State{Open, Suspended}, ""},
	StepSuspend:    {[]State{Open}, Suspended},
	StepReopen:     {[]State{Suspended}, Open},
	StepDeregister: {[]State{Open, Suspended, Deregistered}, Deregistered},
	StepExtend:     {[]State{Open, Suspended}, ""},
	StepHandBack:   {[]State{Open, Suspended}, Suspended},
	StepKeep:       {[]State{Open}, ""},
	StepConsent:    {[]State{Open, Suspended}, ""},
	StepTakeOver:   {[]State{Open, Suspended}, Suspended},
	StepArchive:    {[]State{Open, Suspended, Deregistered}, ""},
}

// words are the steps in Chinese, for officials.
var words = map[Step]string{
	StepApprove: "批准", StepOpen: "开设", StepChange: "变更", StepSuspend: "关停", StepReopen: "恢复", StepDeregister: "注销",
	StepExtend: "延期", StepHandBack: "交还", StepTakeOver: "收回",
}

// Event (账号事件) is one step in the life of an account. Events are only ever added.
type Event struct {
	ID       string    `json:"id"`
	Account  string    `json:"account"`
	Step     Step      `json:"step"`
	Actor    string    `json:"actor"`
	At       time.Time `json:"at"`                 // when it took effect
	Reason   string    `json:"reason,omitempty"`   //
	Decision string    `json:"decision,omitempty"` // 决定文号; of a filing its number (备案号)
	Notice   Notice    `json:"notice,omitzero"`    // 公告
	Of       string    `json:"of,omitempty"`       // what it answers: the request, the event that is filed, the consent
	Unit     string    `json:"unit,omitempty"`     // of a consent and a take-over: the superior
	Changes  []Change  `json:"changes,omitempty"`  //
	Digest   string    `json:"digest,omitempty"`   // of an archive: Manifest.Digest
}

// Change (变更项) is one field that an event changed.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Notice (公告) is where and when the public was told.
type Notice struct {
	URL string    `json:"url"`
	On  time.Time `json:"on"`
}

func (n Notice) missing() bool { return strings.TrimSpace(n.URL) == "" || n.On.IsZero() }

// changed reports whether the event changed the field.
func (e Event) changed(field string) bool {
	for _, c := range e.Changes {
		if c.Field == field {
			return true
		}
	}
	return false
}

// Changes lists what a supervisor is told about when an account changes: what the public sees, who owns it, where it
// stands. It is nil when nothing of that differs.
func Changes(before, after Account) []Change {
	var list []Change
	add := func(field, b, a string) {
		if b != a {
			list = append(list, Change{field, b, a})
		}
	}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	add("name", before.Name, after.Name)
	add("platform", before.App.Platform, after.App.Platform)
	add("url", before.URL, after.URL)
	add("unit", before.Unit, after.Unit)
	add("joint", strings.Join(before.Joint, ","), strings.Join(after.Joint, ","))
	add("kind", string(before.Kind), string(after.Kind))
	add("role", string(before.Role), string(after.Role))
	add("verification", before.Verification, after.Verification)
	add("state", string(before.State), string(after.State))
	add("expires", date(before.Expires), date(after.Expires))
	add("redirect", before.Redirect, after.Redirect)
	return list
}
