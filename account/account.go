package account

import (
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
)

// Level (行政层级) is the administrative level of a unit.
type Level string

// The levels.
const (
	National Level = "national"
	Province Level = "province"
	City     Level = "city"
	County   Level = "county"
	Township Level = "township"
)

// Kind (账号类别) says what an account is. Apps and mini-programs are accounts too.
type Kind string

// The kinds of account.
const (
	KindUnit        Kind = "unit"         // 单位账号
	KindOfficer     Kind = "officer"      // 公职人员账号
	KindEvent       Kind = "event"        // 专项账号, opened for one event
	KindApp         Kind = "app"          // 移动客户端
	KindMiniProgram Kind = "mini_program" // 小程序
)

// Scored reports whether accounts of this kind enter the figures of their unit. An officer's account never does.
func (k Kind) Scored() bool { return k != KindOfficer }

func (k Kind) known() bool {
	switch k {
	case KindUnit, KindOfficer, KindEvent, KindApp, KindMiniProgram:
		return true
	}
	return false
}

// Role (平台角色) is what the platform calls the account: WeChat, for one, has broadcasting and service accounts.
type Role string

// The roles.
const (
	RoleBroadcast Role = "broadcast" // 订阅/发布
	RoleService   Role = "service"   // 服务
)

// State (账号状态) is where an account stands.
type State string

// The states. Only an open account can publish or answer.
const (
	Open         State = "open"
	Suspended    State = "suspended"    // 关停
	Deregistered State = "deregistered" // 注销
)

// Unit (主办单位) owns accounts.
type Unit struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Code       string `json:"code"`       // 统一社会信用代码; empty when not known
	Region     string `json:"region"`     // six digits of GB/T 2260
	Level      Level  `json:"level"`      //
	System     string `json:"system"`     // 系统 (条), such as 公安 or 教育; empty for general offices
	Supervisor string `json:"supervisor"` // id of the 主管单位; empty at the top
	Source     string `json:"source"`     // the public document this row rests on; empty when unsourced
}

// App (应用) is the client that a platform issued to us: its platform and its key. A website's key is its host name.
type App struct {
	Platform string `json:"platform"`
	Key      string `json:"key"`
}

// String returns "platform/key".
func (a App) String() string { return a.Platform + "/" + a.Key }

// Account (账号) is one presence on one platform.
type Account struct {
	ID           string   `json:"id"`
	App          App      `json:"app"`          // Key is empty for an account that is registered but not connected
	UID          string   `json:"uid"`          // the platform's id of the account; empty when not known
	Name         string   `json:"name"`         // as shown to the public
	URL          string   `json:"url"`          //
	Unit         string   `json:"unit"`         // id of the owner
	Kind         Kind     `json:"kind"`         //
	Role         Role     `json:"role"`         //
	State        State    `json:"state"`        //
	Verification string   `json:"verification"` // 认证说明, the platform's public note on who this is
	Clusters     []string `json:"clusters"`     // 矩阵 it belongs to
	Source       string   `json:"source"`       // the public document this row rests on; empty when unsourced

	// What follows belongs to Lifecycle; an import may set it and never takes it away.

	Joint    []string  `json:"joint,omitempty"`    // ids of the units that own an event's account jointly with Unit (联合主办)
	Expires  time.Time `json:"expires,omitzero"`   // when an event's account ends: nothing of it leaves from then on; zero for never
	Redirect string    `json:"redirect,omitempty"` // id of the account to which the public is sent since this one was taken over
}

// In reports whether the account belongs to the cluster.
func (a Account) In(cluster string) bool {
	return slices.Contains(a.Clusters, cluster)
}

// Known reports whether the level is one of the constants.
func (l Level) Known() bool {
	switch l {
	case National, Province, City, County, Township:
		return true
	}
	return false
}

func (u Unit) validate() error {
	switch {
	case strings.TrimSpace(u.ID) == "":
		return govmedia.Errorf(govmedia.KindInvalid, "register.unit", "a unit has no id (name %q)", u.Name)
	case strings.TrimSpace(u.Name) == "":
		return govmedia.Errorf(govmedia.KindInvalid, "register.unit", "unit %q has no name", u.ID)
	}
	if u.Level.Known() {
		return nil
	}
	return govmedia.Errorf(govmedia.KindInvalid, "register.unit",
		"unit %q: unknown level %q; use national, province, city, county or township", u.ID, u.Level)
}

func (a Account) validate() error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "register.account", format, args...)
	}
	switch {
	case strings.TrimSpace(a.ID) == "":
		return bad("an account has no id (name %q)", a.Name)
	case strings.Contains(a.ID, "/"):
		return bad("account id %q contains a slash, which separates ids from each other", a.ID)
	case strings.TrimSpace(a.Name) == "":
		return bad("account %q has no name", a.ID)
	case a.App.Platform == "":
		return bad("account %q names no platform", a.ID)
	case a.Unit == "":
		return bad("account %q has no owner; every account belongs to a unit (谁开设、谁主办)", a.ID)
	}
	if !a.Kind.known() {
		return bad("account %q: unknown kind %q", a.ID, a.Kind)
	}
	switch a.Role {
	case RoleBroadcast, RoleService:
	default:
		return bad("account %q: unknown role %q", a.ID, a.Role)
	}
	switch a.State {
	case Open, Suspended, Deregistered:
		return nil
	}
	return bad("account %q: unknown state %q", a.ID, a.State)
}
