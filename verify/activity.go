package verify

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Activity (账号动态) is what some accounts did in a span of time, and what is normal for each of them. Whoever watches
// accounts fills it in; nothing here asks a platform.
type Activity struct {
	Until    time.Time `json:"until"` // the end of the span
	Accounts []Norm    `json:"accounts"`
	Actions  []Action  `json:"actions"` // in any order
}

// Norm (常态) is what is normal for an account. An empty list of classes, hosts or clients is unknown, and nothing is judged
// by it.
type Norm struct {
	Account       string      `json:"account"`        // its id
	Name          string      `json:"name"`           // as shown
	Unit          string      `json:"unit"`           // id of the owner
	Clusters      []string    `json:"clusters"`       // accounts with one in common, or one owner, are related
	Operator      string      `json:"operator"`       // 代运营单位: whoever runs it for the owner; empty when the owner does
	Classes       []string    `json:"classes"`        // classes of content it has had
	Hosts         []string    `json:"hosts"`          // sites it links to; ".gov.example" stands for all below
	Clients       []string    `json:"clients"`        // clients it sends with, as the platform shows them
	LastActive    time.Time   `json:"last_active"`    // the last action before the span; zero is unknown
	Duty          []Duty      `json:"duty"`           // when somebody is on duty outside the hours of a day
	CustodianLeft time.Time   `json:"custodian_left"` // when whoever had the password left; zero when nobody did
	Rotated       time.Time   `json:"rotated"`        // when the password was changed last; zero is unknown
	Thefts        []time.Time `json:"thefts"`         // earlier thefts of this account
}

// Duty (值班) is a shift of the roster: From is in it, To is not.
type Duty struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// ActionKind (动作) is what an account did.
type ActionKind string

// The kinds of action.
const (
	ActionPost    ActionKind = "post"    // 发布
	ActionRepost  ActionKind = "repost"  // 转发, with the platform's own function
	ActionReply   ActionKind = "reply"   // 回复, in public
	ActionMessage ActionKind = "message" // 私信
)

// Action is one thing that an account did.
type Action struct {
	Account string     `json:"account"` // id
	At      time.Time  `json:"at"`
	Kind    ActionKind `json:"kind"`
	Text    string     `json:"text"`
	Links   []string   `json:"links"`  // besides those in the text
	Class   string     `json:"class"`  // of content; empty lets the rules tell
	Media   []string   `json:"media"`  // digests of its pictures and films
	Client  string     `json:"client"` // as the platform shows it; empty is unknown
	// Operation is the delivery by which this module sent it after review; empty when somebody used the platform's own page.
	// What was sent that way is no signal, except an insult.
	Operation string              `json:"operation"`
	Reads     account.Seen[int64] `json:"reads"`
}

// ReadActivity reads an Activity as JSON. An unknown field, an account without id or twice, an action without account, time or
// known kind, and a time after Until give a KindInvalid error.
func ReadActivity(r io.Reader) (Activity, error) {
	var a Activity
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return Activity{}, govmedia.Errorf(govmedia.KindInvalid, "verify.activity", "%w", err)
	}
	if err := a.validate(); err != nil {
		return Activity{}, err
	}
	return a, nil
}

func (a Activity) validate() error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "verify.activity", format, args...)
	}
	if a.Until.IsZero() {
		return bad("until is missing: say where the span ends")
	}
	ids := map[string]bool{}
	for i, n := range a.Accounts {
		if n.Account == "" || ids[n.Account] {
			return bad("account %d: the id %q is empty or stands twice", i+1, n.Account)
		}
		ids[n.Account] = true
	}
	for i, x := range a.Actions {
		switch {
		case !ids[x.Account]:
			return bad("action %d: nothing is said about account %q; add it to accounts, if only with its id", i+1, x.Account)
		case x.At.IsZero() || x.At.After(a.Until):
			return bad("action %d: the time is missing or after until", i+1)
		case !slices.Contains([]ActionKind{ActionPost, ActionRepost, ActionReply, ActionMessage}, x.Kind):
			return bad("action %d: unknown kind %q; use post, repost, reply or message", i+1, x.Kind)
		}
	}
	return nil
}

// related reports whether two accounts may well say the same.
func (n Norm) related(other Norm) bool {
	return n.Unit != "" && n.Unit == other.Unit ||
		slices.ContainsFunc(n.Clusters, func(c string) bool { return slices.Contains(other.Clusters, c) })
}

func (n Norm) onDuty(at time.Time) bool {
	return slices.ContainsFunc(n.Duty, func(d Duty) bool { return !at.Before(d.From) && at.Before(d.To) })
}

func (n Norm) linksTo(host string) bool { return RepostSource{Hosts: n.Hosts}.has(host) }

var webAddress = regexp.MustCompile(`https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+`)

// hosts are the sites that an action links to.
func (x Action) hosts() []string {
	var all []string
	for _, address := range slices.Concat(x.Links, webAddress.FindAllString(x.Text, -1)) {
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			all = append(all, strings.TrimSuffix(strings.ToLower(u.Hostname()), "."))
		}
	}
	return all
}
