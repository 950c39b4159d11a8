package directory

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Config configures a Directory. The zero value works.
type Config struct {
	Places *Places // nil means BuiltInPlaces
	// Similar returns names of accounts that a name which is not registered may be mistaken for, best first; nil means
	// none. It is called for each such question and must be quick.
	Similar func(name string) []account.Resemblance
	// Redirect returns the id of the account to which the public is sent since this one was taken over, empty when it was
	// not; nil means the account's own Redirect.
	Redirect func(a account.Account) string
	// Expires returns when an account ends, zero when it does not; nil means the account's own Expires.
	Expires func(a account.Account) time.Time
	Now     func() time.Time // nil means time.Now
}

// Directory (账号目录) answers whether an account is official. Safe for concurrent use.
type Directory struct {
	registry *account.Registry
	cfg      Config
	hosts    map[string]*platform
	names    map[string]string // of platforms, in Chinese
	index    atomic.Pointer[index]
}

// New returns a directory of the registry. It is empty, and says so, until Refresh.
func New(registry *account.Registry, cfg Config) (*Directory, error) {
	places := BuiltInPlaces()
	if cfg.Places != nil {
		places = *cfg.Places
		if err := places.validate(); err != nil {
			return nil, err
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Redirect == nil {
		cfg.Redirect = func(a account.Account) string { return a.Redirect }
	}
	if cfg.Expires == nil {
		cfg.Expires = func(a account.Account) time.Time { return a.Expires }
	}
	return &Directory{registry: registry, cfg: cfg, hosts: places.byHost(), names: places.named()}, nil
}

// Refresh reads the register and answers from it from now on. After an error the directory answers as before.
func (d *Directory) Refresh(ctx context.Context) error {
	reg, err := d.registry.All(ctx)
	if err != nil {
		return err
	}
	d.index.Store(d.build(reg))
	return nil
}

// Query is a question.
type Query struct {
	Text     string // an address, a handle or UID, or a name; of at most 2,048 bytes
	Platform string // id of the platform that is meant; empty means any
}

const longestQuery = 2048

// Status (账号状态) is what the public is told about an account.
type Status string

// The answers.
const (
	Official      Status = "official"       // 官方账号
	NotRegistered Status = "not_registered" // 未登记
	Undetermined  Status = "undetermined"   // 无法判断: the address names no account
	Suspended     Status = "suspended"      // 已关停
	Deregistered  Status = "deregistered"   // 已注销
	Expired       Status = "expired"        // 已到期: its event is over
	TakenOver     Status = "taken_over"     // 已由其他账号承接
)

// Answer is what the directory knows.
type Answer struct {
	Query    string    `json:"query"`
	Status   Status    `json:"status"`             // of the best of Accounts; Undetermined or NotRegistered when there is none
	Accounts []Entry   `json:"accounts,omitempty"` // that are meant, official ones first
	Similar  []Similar `json:"similar,omitempty"`  // that may have been meant
	Note     string    `json:"note,omitempty"`     // for the public, in Chinese
	AsOf     time.Time `json:"as_of"`              // when the register was read
}

// Similar is an account that what was asked for resembles.
type Similar struct {
	Entry
	Why string `json:"why"` // for the public, in Chinese
}

// Entry is what the public may know about an account.
type Entry struct {
	ID           string       `json:"id"`
	Status       Status       `json:"status"`
	Platform     string       `json:"platform"`
	PlatformName string       `json:"platform_name"` // in Chinese
	UID          string       `json:"uid,omitempty"`
	Name         string       `json:"name"`
	URL          string       `json:"url,omitempty"`
	Unit         string       `json:"unit"` // name of the owner
	Kind         account.Kind `json:"kind"`
	Officer      bool         `json:"officer,omitempty"` // the account of a person (公职人员账号), who does not speak for the unit
	Verification string       `json:"verification,omitempty"`
	Redirect     *Entry       `json:"redirect,omitempty"` // the account to go to instead

	state   Status // without what time changes
	expires time.Time
}

// Find answers one question from the register as it was last read. Before the first Refresh the error is KindUnavailable; a
// question that is empty or too long is KindInvalid. The answer is the caller's.
func (d *Directory) Find(q Query) (Answer, error) {
	ix := d.index.Load()
	if ix == nil {
		return Answer{}, govmedia.Errorf(govmedia.KindUnavailable, "directory.find", "the register has not been read yet; call Refresh")
	}
	text := strings.TrimSpace(q.Text)
	if text == "" || len(text) > longestQuery {
		return Answer{}, govmedia.Errorf(govmedia.KindInvalid, "directory.find", "a question has 1 to %d bytes, this one %d", longestQuery, len(text))
	}
	a := Answer{Query: text, Status: NotRegistered, AsOf: ix.asOf}
	name := strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "@"), "＠"))
	if !strings.Contains(text, "://") {
		if d.accounts(&a, ix, q, ix.called(name)); len(a.Accounts) > 0 {
			return a, nil
		}
		if !strings.Contains(text, ".") && !strings.ContainsRune(text, '。') {
			d.resembling(&a, ix, q, name)
			return a, nil
		}
	}
	d.visit(&a, ix, q, text)
	if len(a.Accounts) == 0 && !strings.ContainsAny(text, "/:") { // a name may have a dot, too
		if strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f }) {
			a.Note = ""
		}
		d.resembling(&a, ix, q, name)
	}
	return a, nil
}

// visit answers for an address.
func (d *Directory) visit(a *Answer, ix *index, q Query, text string) {
	at, wrong := parse(text)
	if wrong != "" {
		a.Note = wrong
		return
	}
	p, known := d.hosts[at.host]
	if !known {
		inside, elsewhere := ix.site(at)
		d.accounts(a, ix, q, inside)
		for _, i := range elsewhere {
			a.Similar = append(a.Similar, Similar{d.entry(ix, i), "同一网站上登记的是这个地址"})
		}
		if len(a.Accounts) == 0 {
			a.Note = d.deceptive(at.host)
		}
		return
	}
	k, named := p.account(at)
	if !named {
		if d.accounts(a, ix, q, ix.exact(at)); len(a.Accounts) == 0 {
			a.Status, a.Note = Undetermined, "这是"+p.name+"的网址，但从中看不出是哪个账号。请打开后核对账号名称，再按名称查询。"
		}
		return
	}
	if d.accounts(a, ix, q, ix.find(k)); len(a.Accounts) == 0 && k.kind == "name" {
		d.resembling(a, ix, q, k.value)
	}
}

// deceptive says what is wrong with a host that only contains the name of another.
func (d *Directory) deceptive(host string) string {
	longest := ""
	for known := range d.hosts {
		if strings.Contains("."+host+".", "."+known+".") && len(known) > len(longest) && !strings.HasSuffix(host, "."+known) {
			longest = known
		}
	}
	if longest != "" {
		return "域名“" + host + "”只是含有“" + longest + "”，并不是该平台的网站。"
	}
	if strings.HasPrefix(host, "xn--") || strings.Contains(host, ".xn--") {
		return "域名“" + host + "”含有非英文字符，可能与真网站外观相同。"
	}
	return ""
}

// accounts adds the accounts at these places of the index that are on the platform which is meant.
func (d *Directory) accounts(a *Answer, ix *index, q Query, at []int32) {
	now := d.cfg.Now()
	for _, i := range at {
		if q.Platform == "" || ix.entries[i].Platform == q.Platform {
			a.Accounts = append(a.Accounts, d.told(ix.entries[i], now))
		}
	}
	rank := func(e Entry) int {
		if e.Status == Official {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(a.Accounts, func(a, b Entry) int { return rank(a) - rank(b) })
	if len(a.Accounts) > 0 {
		a.Status = a.Accounts[0].Status
	}
}

const mostSimilar = 5

// resembling adds official accounts that a name may be mistaken for.
func (d *Directory) resembling(a *Answer, ix *index, q Query, name string) {
	if d.cfg.Similar == nil {
		return
	}
	for _, r := range d.cfg.Similar(name) {
		for _, i := range ix.find(key{"", "name", r.Name}) {
			if e := d.entry(ix, i); e.Status == Official && (q.Platform == "" || e.Platform == q.Platform) && len(a.Similar) < mostSimilar {
				a.Similar = append(a.Similar, Similar{e, r.Why})
			}
		}
	}
}

func (d *Directory) entry(ix *index, i int32) Entry { return d.told(ix.entries[i], d.cfg.Now()) }

// told is the entry as it stands now.
func (d *Directory) told(e Entry, now time.Time) Entry {
	if e.Status = e.state; e.Status == Official && !e.expires.IsZero() && !now.Before(e.expires) {
		e.Status = Expired
	}
	if e.Redirect != nil {
		r := d.told(*e.Redirect, now)
		r.Redirect = nil
		e.Redirect = &r
	}
	return e
}
