package weibotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way through the server.
type call struct {
	path      string
	endpoint  *endpoint
	form      url.Values // query and body together
	multipart bool
	picture   []byte // nil when none was sent
	access    string // access token as sent

	// Filled under Server.mu.
	token      *token // nil when unknown
	user       *account
	app        *App
	now        time.Time
	shadow     bool // what this call writes stays unseen
	stringCode bool // error_code as a string
	done       bool // carried out and not refused
}

const maxForm = 1 << 20

// read takes in the request. It runs without the lock, as the client may be slow.
func (s *Server) read(c *call, w http.ResponseWriter, r *http.Request) *refusal {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	c.multipart = kind == "multipart/form-data"
	limit := int64(maxForm)
	if c.multipart {
		limit += max(s.cfg.MaxPicture, 5<<20)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	var err error
	if c.multipart {
		err = r.ParseMultipartForm(limit)
	} else {
		err = r.ParseForm()
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(10018)
	case err != nil:
		return refuse(10012)
	}
	c.form = r.Form
	c.access = c.form.Get("access_token")
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && c.access == "" && scheme == "OAuth2" {
		c.access = strings.TrimSpace(value)
	}
	if c.multipart {
		return c.readPicture(r)
	}
	return nil
}

func (c *call) readPicture(r *http.Request) *refusal {
	files := r.MultipartForm.File["pic"]
	if len(files) == 0 {
		return nil
	}
	file, err := files[0].Open()
	if err != nil {
		return refuse(10012)
	}
	c.picture, err = io.ReadAll(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return refuse(10012)
	}
	return nil
}

// identify finds whose call it is, without judging whether the token is any good.
func (s *Server) identify(c *call) {
	c.token = s.tokens[c.access]
	if c.isRefresh() {
		s.refreshes++
		c.token = s.refreshTokens[c.form.Get("refresh_token")]
	}
	if c.token != nil {
		c.user, c.app = c.token.user, c.token.app
	}
}

func (c *call) isRefresh() bool {
	return c.endpoint.name == "oauth2/access_token" && c.form.Get("grant_type") == "refresh_token"
}

// authenticate refuses a call whose token is no good or whose user has none left.
func (s *Server) authenticate(c *call) *refusal {
	switch {
	case c.access == "":
		return refuse(10006)
	case c.token == nil:
		return refuse(21332)
	case c.token.dead != 0:
		return refuse(c.token.dead)
	case !c.now.Before(c.token.expires):
		return refuse(21327)
	case !c.app.admits(c.user.UID):
		return refuse(21321)
	}
	calls, day := c.user.calls[c.app.Key], dayOf(c.now)
	if calls == nil {
		calls = &quota{}
		c.user.calls[c.app.Key] = calls
	}
	if s.cfg.CallsPerDay >= 0 && calls.used(day) >= s.cfg.CallsPerDay {
		return refuse(10023)
	}
	calls.spend(day)
	return nil
}

// checkRIP refuses a write without the end user's address.
func (s *Server) checkRIP(c *call) *refusal {
	rip := c.form.Get("rip")
	if rip == "" {
		if s.cfg.AllowMissingRIP {
			return nil
		}
		return refuseWith(10016, "rip")
	}
	if _, err := netip.ParseAddr(rip); err != nil {
		return refuseWith(10017, " (rip)")
	}
	return nil
}

// text returns the text of a write from one of its fields.
func (s *Server) text(c *call, field string) (string, *refusal) {
	text := c.form.Get(field)
	if c.multipart && s.cfg.LenientDecode {
		text = decodeOnce(text)
	}
	if strings.TrimSpace(text) == "" {
		return "", refuse(20008)
	}
	if over(s.cfg.TextLength(text), s.cfg.MaxText) {
		return "", refuse(20012)
	}
	return text, nil
}

// id returns the id in a field, which must be there.
func (c *call) id(field string, missing int) (int64, *refusal) {
	value := c.form.Get(field)
	if value == "" {
		return 0, refuse(missing)
	}
	id, ok := parseID(value)
	if !ok {
		return 0, refuseWith(10008, " ("+field+")")
	}
	return id, nil
}

// ids returns the comma separated ids in a field.
func (c *call) ids(field string, limit int) ([]int64, *refusal) {
	value := c.form.Get(field)
	if value == "" {
		return nil, refuse(20001)
	}
	parts := strings.Split(value, ",")
	if len(parts) > limit {
		return nil, refuse(20009)
	}
	ids := make([]int64, 0, len(parts))
	for _, part := range parts {
		id, ok := parseID(strings.TrimSpace(part))
		if !ok {
			return nil, refuseWith(10008, " ("+field+")")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// number returns an optional field that counts something, at least 0.
func (c *call) number(field string, missing int64) (int64, *refusal) {
	value := c.form.Get(field)
	if value == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, refuseWith(10008, " ("+field+")")
	}
	return n, nil
}

// redirect and page are answers other than JSON.
type (
	redirect string
	page     []byte
)

// render turns the outcome of a call into its answer.
func (s *Server) render(c *call, value any, ref *refusal) answer {
	if ref != nil {
		return s.renderRefusal(c, ref)
	}
	switch v := value.(type) {
	case redirect:
		return answer{status: http.StatusFound, location: string(v), contentType: "text/plain; charset=utf-8"}
	case page:
		return answer{status: http.StatusOK, contentType: "text/html; charset=utf-8", body: v}
	default:
		return answer{status: http.StatusOK, contentType: jsonType, body: encode(v)}
	}
}

func (s *Server) renderRefusal(c *call, ref *refusal) answer {
	status := ref.status
	if status == 0 {
		status = s.cfg.ErrorStatus
	}
	if status == 0 {
		status = errorStatus(ref.code)
	}
	stringCode := c.stringCode || s.cfg.StringTypes
	return answer{status: status, contentType: jsonType, body: encode(ref.body(c.path, stringCode))}
}

const jsonType = "application/json;charset=UTF-8"

// encode writes v as the platform does, without escaping HTML.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only the package's own types come here
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
