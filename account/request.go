package account

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// RequestStage (申请状态) is where a request stands.
type RequestStage string

// The stages of a request. An edit returns it to RequestApplied.
const (
	RequestApplied  RequestStage = "applied"  // 待批准
	RequestApproved RequestStage = "approved" // 已批准
	RequestRejected RequestStage = "rejected" // 未批准
	RequestOpened   RequestStage = "opened"   // 已开设
)

// Request (开设申请) asks for an account to be opened.
type Request struct {
	ID        string       `json:"id"`        // chosen by the caller; empty lets Apply choose
	Account   Account      `json:"account"`   // as it is to be; its State is ignored
	Operators []string     `json:"operators"` // ids of the 运维人员, who will keep its credential
	Contact   Contact      `json:"contact"`   // 应急联系人
	Rules     string       `json:"rules"`     // 管理制度: title or address of the rules that it will be run by
	Reason    string       `json:"reason"`    // why it is needed
	Applicant string       `json:"applicant"` // who applied last; set by Apply, as all below
	Approver  string       `json:"approver"`
	Stage     RequestStage `json:"stage"`
	Version   int64        `json:"version"` // grows with every change; an edit names the one it saw
}

// Contact (应急联系人) is who is called when something happens at night. It never enters an error or the audit log.
type Contact struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// missing names everything that an opening needs and the request does not have.
func (r Request) missing() []string {
	var list []string
	need := func(there bool, what string) {
		if !there {
			list = append(list, what)
		}
	}
	need(r.Stage == RequestApproved, "an approved request (批准的申请)")
	need(len(r.Operators) > 0, "an operator (运维人员)")
	need(strings.TrimSpace(r.Contact.Name) != "" && strings.TrimSpace(r.Contact.Phone) != "", "an emergency contact with name and phone (应急联系人)")
	need(strings.TrimSpace(r.Rules) != "", "rules of management (管理制度)")
	if r.Account.Kind == KindEvent {
		need(!r.Account.Expires.IsZero(), "the day on which the event's account ends (到期日)")
	}
	return list
}

// Exemption (豁免) lets a unit have an account beside the one that it may have on a platform.
type Exemption struct {
	Account string    `json:"account"` // id of the account that is one too many; it need not exist yet
	Unit    string    `json:"unit"`    // id of its owner; for another owner it says nothing
	Granted string    `json:"granted"` // who granted it
	Reason  string    `json:"reason"`  //
	Until   time.Time `json:"until"`   //
}

// Covers reports whether the exemption holds for the account at the instant.
func (x Exemption) Covers(a Account, at time.Time) bool {
	return x.Account == a.ID && x.Unit == a.Unit && at.Before(x.Until)
}

// Filing (备案) is the duty to file one event with the supervisor.
type Filing struct {
	Event       Event
	Due         time.Time // the last instant that is in time; zero when it cannot be computed, and Explanation says why
	Explanation string    // in Chinese, with the rule, its source and the calendar
	Done        time.Time // when it was filed; zero while it is not
	Number      string    // 备案号
}

// Late reports whether the event was filed too late, or has not been filed and it is too late by now. It reports false
// where nobody can tell, because Due is zero.
func (f Filing) Late(now time.Time) bool {
	if f.Done.IsZero() {
		return !f.Due.IsZero() && now.After(f.Due)
	}
	return !f.Due.IsZero() && f.Done.After(f.Due)
}

// Grounds (依据) is what a step rests on.
type Grounds struct {
	Reason   string
	Decision string // 决定文号
	Notice   Notice // 公告
}

// legible refuses texts that a database could not keep as they are, and ids with the slash that separates ids.
func legible(op string, ids []string, texts ...string) error {
	for _, id := range ids {
		if strings.TrimSpace(id) == "" || strings.Contains(id, "/") || len(id) > 200 {
			return govmedia.Errorf(govmedia.KindInvalid, op, "%.40q is no id: it needs 1 to 200 bytes and no slash", id)
		}
	}
	for i, t := range append(texts, ids...) {
		if !utf8.ValidString(t) || strings.Contains(t, "\x00") || len(t) > 4000 {
			// It may be somebody's name or number, so it is not repeated.
			return govmedia.Errorf(govmedia.KindInvalid, op, "text %d of the call, of %d bytes, is no valid UTF-8 text of at most 4,000 bytes", i+1, len(t))
		}
	}
	return nil
}
