package directory

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
)

//go:embed places.json
var placesJSON []byte

// Places (平台网址规则) says how the addresses of platforms name an account.
type Places struct {
	Version   string            `json:"version"` // such as "2026-11"
	Platforms []Place           `json:"platforms"`
	Names     map[string]string `json:"names"` // in Chinese, of further platforms by id
}

// Place is one platform.
type Place struct {
	Platform   string   `json:"platform"` // its id, as in account.App
	Name       string   `json:"name"`     // in Chinese
	Citation   string   `json:"citation"` // where the forms of addresses are from, in Chinese
	Effective  string   `json:"effective"`
	Confidence string   `json:"confidence"` // S sure, L likely, U unsure; M, recalled, is for an integrator's own
	Hosts      []string `json:"hosts"`      // compared exactly
	Short      []string `json:"short"`      // hosts of short links, which name no account
	Paths      []Path   `json:"paths"`      // the first that matches wins
}

// Path is a form of the path of an address.
type Path struct {
	// Path has segments that stand as they are, {uid}, {name} or {handle} for what names the account, and {*} for any.
	Path   string `json:"path"`
	Digits bool   `json:"digits"` // what names the account is digits only
	Query  string `json:"query"`  // a parameter that names the account, instead of a segment
}

// BuiltInPlaces returns the rules of this version of the package. Every call gives a copy of its own.
func BuiltInPlaces() Places {
	p, err := ReadPlaces(bytes.NewReader(placesJSON))
	if err != nil {
		panic("directory: the embedded places.json is damaged: " + err.Error())
	}
	return p
}

// ReadPlaces reads rules in the form of places.json, the file embedded in this package. An unknown field, a missing
// version, citation or name, an unknown confidence, a host that is not in its plain form or belongs to two platforms, and
// a path that names nothing or two things give a KindInvalid error.
func ReadPlaces(r io.Reader) (Places, error) {
	var p Places
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Places{}, badPlace("%w", err)
	}
	if err := p.validate(); err != nil {
		return Places{}, err
	}
	return p, nil
}

func badPlace(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, "directory.places", format, args...)
}

func (p Places) validate() error {
	if p.Version == "" {
		return badPlace("the rules have no version")
	}
	hosts := map[string]bool{}
	for _, place := range p.Platforms {
		if place.Platform == "" || place.Name == "" || place.Citation == "" || !slices.Contains([]string{"S", "L", "U", "M"}, place.Confidence) {
			return badPlace("platform %q needs an id, a name, a citation and a confidence of S, L, U or M", place.Platform)
		}
		for _, h := range slices.Concat(place.Hosts, place.Short) {
			if plain, ok := plainHost(h); !ok || plain != h || hosts[h] {
				return badPlace("platform %q: host %q is not in its plain form, or there twice", place.Platform, h)
			}
			hosts[h] = true
		}
		for _, path := range place.Paths {
			if err := path.validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p Path) validate() error {
	names := 0
	if p.Query != "" {
		names++
	}
	for _, s := range p.segments() {
		switch s {
		case "{uid}", "{name}", "{handle}":
			names++
		case "{*}":
		default:
			if s == "" || strings.ContainsAny(s, "{}") {
				return badPlace("path %q: segment %q is none of {uid}, {name}, {handle}, {*} or plain text", p.Path, s)
			}
		}
	}
	if names != 1 || !strings.HasPrefix(p.Path, "/") {
		return badPlace("path %q begins with a slash and names the account exactly once", p.Path)
	}
	return nil
}

func (p Path) segments() []string { return strings.Split(strings.Trim(p.Path, "/"), "/") }

// key names an account on a platform: by uid, name or handle, or by the parameter of an address.
type key struct{ platform, kind, value string }

// form is a Path that is ready to be compared.
type form struct {
	segments []string
	digits   bool
	query    string
}

type platform struct {
	id, name string
	short    bool
	forms    []form
}

// byHost prepares the rules for look-ups.
func (p Places) byHost() map[string]*platform {
	all := map[string]*platform{}
	for _, place := range p.Platforms {
		at := &platform{id: place.Platform, name: place.Name}
		for _, path := range place.Paths {
			at.forms = append(at.forms, form{path.segments(), path.Digits, path.Query})
		}
		for _, h := range place.Hosts {
			all[h] = at
		}
		for _, h := range place.Short {
			all[h] = &platform{id: place.Platform, name: place.Name, short: true}
		}
	}
	return all
}

func (p Places) named() map[string]string {
	names := maps.Clone(p.Names)
	if names == nil {
		names = map[string]string{}
	}
	for _, place := range p.Platforms {
		names[place.Platform] = place.Name
	}
	return names
}

// account returns what names the account in an address of the platform.
func (p *platform) account(a address) (key, bool) {
	for _, f := range p.forms {
		if k, ok := f.match(a); ok {
			k.platform = p.id
			return k, true
		}
	}
	return key{}, false
}

func (f form) match(a address) (k key, ok bool) {
	if a.odd || len(a.segments) != len(f.segments) {
		return key{}, false
	}
	for i, s := range f.segments {
		switch s {
		case "{*}":
		case "{uid}", "{name}", "{handle}":
			k.kind, k.value = s[1:len(s)-1], a.segments[i]
		default:
			if a.segments[i] != s {
				return key{}, false
			}
		}
	}
	if f.query != "" {
		values, err := url.ParseQuery(a.query)
		if err != nil || len(values[f.query]) != 1 {
			return key{}, false // none, or two of which a browser may take the other
		}
		k.kind, k.value = f.query, values[f.query][0]
	}
	if k.value == "" || f.digits && strings.Trim(k.value, "0123456789") != "" {
		return key{}, false
	}
	return k, true
}
