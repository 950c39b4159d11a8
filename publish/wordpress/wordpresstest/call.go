package wordpresstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way through the server.
type call struct {
	endpoint *endpoint
	item     string // the id in the path
	site     string // the address of the site
	params   params
	header   http.Header
	ip       string
	tls      bool
	file     []byte // the raw body of an upload, or its multipart part; nil when there is none
	fileName string // of a multipart part
	fileType string // likewise
	broken   *refusal

	// Filled under Server.mu.
	user    *user // nil when anonymous
	now     time.Time
	shadow  bool          // what this call writes stays unseen
	pending bool          // a plugin keeps new posts for review
	later   time.Duration // a plugin dates new posts so much later
	rewrite bool          // a plugin chooses the slugs
	done    bool          // carried out and not refused
	total   int           // of a list: -1 when it is none
	pages   int
	created string // the address of what was created
}

// params are a request's parameters from query and body: strings, or what JSON made of them.
type params map[string]any

const maxForm = 8 << 20

// read takes in the request. It runs without the lock, as the client may be slow.
func (s *Server) read(c *call, w http.ResponseWriter, r *http.Request) (a answer, instead bool) {
	c.params, c.header, c.tls, c.total = params{}, r.Header, r.TLS != nil, -1
	c.ip, _, _ = net.SplitHostPort(r.RemoteAddr)
	c.params.add(r.URL.Query())
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	limit := int64(maxForm)
	switch {
	case c.endpoint.name != "media.create":
	case kind == "multipart/form-data" || s.cfg.MaxUpload < 0:
		limit += max(s.cfg.MaxUpload, 0)
	default: // PHP measures no raw body; the server in front does
		limit = s.cfg.MaxUpload
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	switch {
	case kind == "multipart/form-data":
		err = c.readMultipart(r, limit)
	case c.endpoint.name == "media.create":
		c.file, err = io.ReadAll(r.Body)
	default:
		err = c.readBody(r, kind)
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return webPage(http.StatusRequestEntityTooLarge, "413 Request Entity Too Large"), true
	}
	if err != nil && c.broken == nil {
		return webPage(http.StatusBadRequest, "400 Bad Request"), true
	}
	return answer{}, false
}

func (c *call) readBody(r *http.Request, kind string) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if kind != "application/json" {
		form, err := url.ParseQuery(string(body))
		c.params.add(form)
		return err
	}
	if len(body) == 0 {
		return nil
	}
	value, whole := decodeWhole(body)
	if !whole {
		c.broken = refuseWith(http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.",
			map[string]any{"json_error_code": 4, "json_error_message": "Syntax error"})
	}
	if object, ok := value.(map[string]any); ok { // PHP takes a list for parameters named 0, 1, …
		maps.Copy(c.params, object)
	}
	return nil
}

// decodeWhole decodes one JSON value that is all there is.
func decodeWhole(body []byte) (value any, ok bool) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	err := dec.Decode(&value)
	return value, err == nil && !dec.More()
}

func (c *call) readMultipart(r *http.Request, limit int64) error {
	if err := r.ParseMultipartForm(limit); err != nil { //nolint:gosec // read has limited the body
		return err
	}
	c.params.add(r.MultipartForm.Value)
	files := r.MultipartForm.File["file"]
	if len(files) == 0 {
		return nil
	}
	file, err := files[0].Open()
	if err != nil {
		return err
	}
	c.file, err = io.ReadAll(file)
	c.fileName, c.fileType = files[0].Filename, files[0].Header.Get("Content-Type")
	return errors.Join(err, file.Close())
}

// add takes in form values, with PHP's way of writing lists: a[]=1&a[]=2 or a[0]=1.
func (p params) add(values url.Values) {
	for name, v := range values {
		base, rest, list := strings.Cut(name, "[")
		if !list || !strings.HasSuffix(rest, "]") {
			p[name] = v[len(v)-1]
			continue
		}
		if key := strings.TrimSuffix(rest, "]"); strings.Trim(key, "0123456789") != "" { // title[raw]=…
			object, _ := p[base].(map[string]any)
			if object == nil {
				object = map[string]any{}
			}
			object[key] = v[len(v)-1]
			p[base] = object
			continue
		}
		old, _ := p[base].([]any)
		for _, one := range v {
			old = append(old, one)
		}
		p[base] = old
	}
}

func (p params) has(name string) bool { _, ok := p[name]; return ok }

// str returns a parameter as a string; an object gives its raw, as title and content may.
func (p params) str(name string) string { return asString(p[name]) }

func asString(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case map[string]any:
		return asString(v["raw"])
	default:
		return ""
	}
}

// list returns a parameter that may be a list or a string with commas or blanks.
func (p params) list(name string) []string {
	if many, ok := p[name].([]any); ok {
		out := make([]string, 0, len(many))
		for _, v := range many {
			out = append(out, asString(v))
		}
		return out
	}
	return strings.FieldsFunc(p.str(name), func(r rune) bool { return r == ',' || r == ' ' })
}

func (p params) yes(name string) bool {
	v := strings.ToLower(p.str(name))
	return v == "true" || v == "1"
}

// id returns a parameter that names something; 0 when it is absent or names nothing.
func (p params) id(name string) int64 {
	id, _ := parseID(p.str(name))
	return id
}

// authenticate finds whose call it is. A wrong password is no error: the call is anonymous, as on the real site.
func (s *Server) authenticate(c *call) {
	if s.cfg.Production && !c.tls {
		return
	}
	login, password, ok := (&http.Request{Header: c.header}).BasicAuth()
	if !ok {
		return
	}
	password = strings.ReplaceAll(password, " ", "")
	for _, u := range s.users {
		if !strings.EqualFold(u.Login, login) && !strings.EqualFold(u.Email, login) {
			continue
		}
		for _, p := range u.passwords {
			if p == password {
				c.user = u
			}
		}
	}
}

// context judges the parameter of that name; edit is for those who may.
func (c *call) context() string {
	if v := c.params.str("context"); v != "" {
		return v
	}
	return "view"
}

// date reads a date parameter: RFC 3339, or without a suffix in the site's zone, or in UTC when it is named …_gmt.
func (s *Server) date(p params, name string) (t time.Time, given bool, ref *refusal) {
	v := p.str(name)
	if v == "" {
		return t, false, nil
	}
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t.UTC(), true, nil
	}
	zone := s.cfg.Zone
	if strings.HasSuffix(name, "_gmt") {
		zone = time.UTC
	}
	for _, layout := range []string{dateLayout, "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, v, zone); err == nil {
			return t.UTC(), true, nil
		}
	}
	return t, false, invalidParam(name, "Invalid date.", "rest_invalid_date")
}

const dateLayout = "2006-01-02T15:04:05"

// ids reads a parameter that lists ids.
func (p params) ids(name string) ([]int64, *refusal) {
	var out []int64
	for i, v := range p.list(name) {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, invalidParam(name, fmt.Sprintf("%s[%d] is not of type integer.", name, i), "rest_invalid_type")
		}
		out = append(out, id)
	}
	return out, nil
}
