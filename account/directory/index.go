package directory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia/account"
)

// index is a register as it was at one moment. It never changes.
type index struct {
	asOf    time.Time
	entries []Entry
	keys    map[key][]int32    // places in entries; a key without platform means any
	sites   map[string][]int32 // websites and other addresses, by what place returns
	below   map[string][]int32 // of sites, the websites: all that is below their address is theirs
	hosts   map[string][]int32 // some of the accounts on a host

	platforms []choice // those that have accounts, by name
}

// place is an address down to one of its segments as a key. Queries belong to whole addresses.
func (a address) place(segments int, query string) string {
	return a.host + "/" + strings.Join(a.segments[:segments], "/") + "?" + query
}

func (d *Directory) build(reg account.Register) *index {
	units := map[string]string{}
	for _, u := range reg.Units {
		units[u.ID] = u.Name
	}
	ix := &index{
		asOf: d.cfg.Now().UTC(), entries: make([]Entry, len(reg.Accounts)),
		keys:  make(map[key][]int32, 4*len(reg.Accounts)),
		sites: map[string][]int32{}, below: map[string][]int32{}, hosts: map[string][]int32{},
	}
	ids := make(map[string]int32, len(reg.Accounts))
	for i, a := range reg.Accounts {
		ids[a.ID] = int32(i)
		ix.entries[i] = d.newEntry(a, units[a.Unit])
		d.enter(ix, a, int32(i))
	}
	ix.platforms = platformsOf(ix.entries)
	for i, a := range reg.Accounts {
		if to := d.cfg.Redirect(a); to != "" {
			ix.entries[i].state = TakenOver
			if at, ok := ids[to]; ok && at != int32(i) {
				target := ix.entries[at]
				ix.entries[i].Redirect = &target
			}
		}
	}
	for i := range ix.entries { // what a redirect leads to may itself have been taken over
		if r := ix.entries[i].Redirect; r != nil {
			r.state, r.Redirect = ix.entries[ids[r.ID]].state, nil
		}
	}
	return ix
}

func platformsOf(entries []Entry) []choice {
	seen := map[string]bool{}
	var all []choice
	for _, e := range entries {
		if !seen[e.Platform] {
			seen[e.Platform] = true
			all = append(all, choice{e.Platform, e.PlatformName})
		}
	}
	slices.SortFunc(all, func(a, b choice) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return all
}

func (d *Directory) newEntry(a account.Account, unit string) Entry {
	e := Entry{
		ID: a.ID, Platform: a.App.Platform, PlatformName: cmp.Or(d.names[a.App.Platform], a.App.Platform), UID: strings.TrimSpace(a.UID), Name: a.Name,
		Unit: unit, Kind: a.Kind, Officer: a.Kind == account.KindOfficer, Verification: a.Verification,
	}
	if _, wrong := parse(a.URL); a.URL != "" && wrong == "" && strings.Contains(a.URL, "://") {
		e.URL = a.URL
	}
	switch a.State {
	case account.Open:
		e.state = Official
	case account.Deregistered:
		e.state = Deregistered
	default:
		e.state = Suspended
	}
	e.expires = d.cfg.Expires(a)
	return e
}

// enter makes an account findable by its UID, by its name, and by its address.
func (d *Directory) enter(ix *index, a account.Account, at int32) {
	add := func(kind, value string) {
		if value == "" {
			return
		}
		for _, platform := range []string{"", a.App.Platform} {
			k := key{platform, kind, value}
			if !slices.Contains(ix.keys[k], at) {
				ix.keys[k] = append(ix.keys[k], at)
			}
		}
	}
	add("uid", strings.TrimSpace(a.UID))
	add("name", strings.TrimSpace(a.Name))
	where, wrong := parse(a.URL)
	if a.URL == "" || wrong != "" || where.odd {
		return
	}
	if p, known := d.hosts[where.host]; known {
		if k, named := p.account(where); named && p.id == a.App.Platform {
			add(k.kind, k.value)
			return
		}
		if len(where.segments) == 0 && where.query == "" {
			return // the platform's own front page, which is nobody's account
		}
	}
	place := where.place(len(where.segments), where.query)
	ix.sites[place] = append(ix.sites[place], at)
	if owned(a.App.Platform) && where.query == "" {
		ix.below[place] = append(ix.below[place], at)
	}
	if len(ix.hosts[where.host]) < mostSimilar {
		ix.hosts[where.host] = append(ix.hosts[where.host], at)
	}
}

// owned reports a platform whose accounts are whole websites, not single pages of a site that others use, too.
func owned(platform string) bool { return platform == "website" || platform == "wordpress" }

// find returns the accounts with this key. A UID may be what a platform puts into addresses under another name.
func (ix *index) find(k key) []int32 {
	if found := ix.keys[k]; len(found) > 0 || k.kind == "name" {
		return found
	}
	return ix.keys[key{k.platform, "uid", k.value}]
}

// called returns the accounts with this name, or else with this UID or handle.
func (ix *index) called(text string) []int32 {
	if found := ix.keys[key{"", "name", text}]; len(found) > 0 {
		return found
	}
	return ix.find(key{"", "handle", text})
}

// exact returns the accounts that are registered with this very address.
func (ix *index) exact(a address) []int32 {
	if a.odd {
		return nil
	}
	return ix.sites[a.place(len(a.segments), a.query)]
}

// site returns the accounts whose registered address is this one, or else the websites with the nearest address above it,
// and when there are none some others of the host.
func (ix *index) site(a address) (inside, elsewhere []int32) {
	if found := ix.exact(a); len(found) > 0 {
		return found, nil
	}
	for n := len(a.segments); n >= 0 && !a.odd; n-- {
		if found := ix.below[a.place(n, "")]; len(found) > 0 {
			return found, nil
		}
	}
	return nil, ix.hosts[a.host]
}
