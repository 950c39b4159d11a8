package wechattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxJSON   = 16 << 20 // bytes of a JSON request
	maxUpload = 11 << 20 // bytes of a multipart request
)

// call is one request on its way through the server.
type call struct {
	endpoint *endpoint
	query    url.Values
	body     []byte // of a JSON call
	file     []byte // of an upload; nil when the part media is missing
	fileName string
	fields   map[string]string // of an upload

	// Filled under Server.mu.
	token *token   // nil when unknown
	app   *account // nil when unknown
	now   time.Time
	plan  plan
	done  bool // carried out and not refused
}

// read takes in the request. It runs without the lock, as the client may be slow.
func (s *Server) read(c *call, w http.ResponseWriter, r *http.Request) *refusal {
	c.query = r.URL.Query()
	if r.Method == http.MethodGet {
		return nil
	}
	var err error
	tooLong := 45002
	if c.endpoint.upload {
		tooLong = 45001
		r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
		err = c.readParts(r)
	} else {
		r.Body = http.MaxBytesReader(w, r.Body, maxJSON)
		c.body, err = io.ReadAll(r.Body)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(tooLong)
	case err != nil:
		return refuse(41005)
	}
	return s.checkEncoding(c)
}

func (c *call) readParts(r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	c.fields = map[string]string{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.readPart(part); err != nil {
			return err
		}
	}
}

func (c *call) readPart(part *multipart.Part) error {
	data, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	if part.FormName() == "media" {
		c.file, c.fileName = data, part.FileName()
	} else {
		c.fields[part.FormName()] = string(data)
	}
	return nil
}

// checkEncoding refuses what is no UTF-8 and treats \uXXXX as configured.
func (s *Server) checkEncoding(c *call) *refusal {
	if !utf8.Valid(c.body) {
		return refuse(40033)
	}
	at := unicodeEscapes(c.body)
	if len(at) == 0 || s.cfg.Escapes == EscapesDecoded {
		return nil
	}
	if s.cfg.Escapes == EscapesRefused {
		return refuse(40033)
	}
	var out bytes.Buffer
	last := 0
	for _, i := range at {
		out.Write(c.body[last:i])
		out.WriteByte('\\')
		last = i
	}
	out.Write(c.body[last:])
	c.body = out.Bytes()
	return nil
}

// unicodeEscapes returns where in a JSON text \uXXXX stands.
func unicodeEscapes(body []byte) []int {
	var at []int
	for i := 0; i+1 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		if body[i+1] == 'u' {
			at = append(at, i)
		}
		i++
	}
	return at
}

// decode reads a JSON request. Fields that the platform does not know are ignored.
func (c *call) decode(to any) *refusal {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return refuse(44002)
	}
	if err := json.Unmarshal(c.body, to); err != nil {
		return refuse(47001)
	}
	return nil
}

// flag is 0, 1, false or true, quoted or not.
type flag bool

func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.Trim(string(data), `"`) {
	case "1", "true":
		*f = true
	case "0", "false", "null", "":
		*f = false
	default:
		return fmt.Errorf("wechattest: %q is neither 0 nor 1", data)
	}
	return nil
}

// number is a whole number, quoted or not; 0 when it is an empty string or null.
type number int64

func (n *number) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "" || text == "null" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	*n = number(v)
	return err
}

// identify finds whose call it is, without judging whether the token is any good.
func (s *Server) identify(c *call) {
	if c.endpoint.side == sideAuth {
		id := c.query.Get("appid")
		if id == "" {
			var in struct {
				AppID string `json:"appid"`
			}
			_ = json.Unmarshal(c.body, &in) // the handler will complain
			id = in.AppID
		}
		c.app = s.apps[id]
		return
	}
	if c.token = s.tokens[c.query.Get("access_token")]; c.token != nil {
		c.app = c.token.app
	}
}

// authenticate refuses a call whose token is no good or whose account has none left of
// these calls today. The token counts in the query only.
func (s *Server) authenticate(c *call) *refusal {
	access := c.query.Get("access_token")
	switch {
	case access == "":
		return refuse(41001)
	case c.token == nil && len(access) < 32:
		return refuse(40014)
	case c.token == nil:
		return refuse(40001)
	case !c.now.Before(c.token.expires):
		return refuse(42001)
	case !c.token.dead.IsZero() && !c.now.Before(c.token.dead):
		return refuse(40001)
	case c.app.Unverified && needsVerification(c.endpoint.name):
		return refuse(48001)
	}
	return s.spend(c)
}

// needsVerification reports whether an account that is not verified, or no longer, is
// kept from a call.
func needsVerification(name string) bool {
	for _, prefix := range []string{"freepublish/", "message/", "datacube/", "draft/add"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// object is an answer.
type object map[string]any

// done is the answer to a call that has nothing to tell.
func done() object { return object{"errcode": 0, "errmsg": "ok"} }

// The platform's own spelling.
const jsonType = "application/json; encoding=utf-8"

// render turns the outcome of a call into its answer. Everything is HTTP 200.
func (s *Server) render(value any, ref *refusal) answer {
	a := answer{status: http.StatusOK, contentType: jsonType}
	if ref == nil {
		a.body = encode(value)
		return a
	}
	if ref.status != 0 {
		a.status = ref.status
	}
	a.body = encode(ref.body(s.rid()))
	return a
}

// rid is the request id at the end of every errmsg.
func (s *Server) rid() string {
	s.issued++
	return fmt.Sprintf("%08x-%08x-%08x", uint32(s.now().Unix()), uint32(s.issued*2654435761), uint32(s.cfg.FirstID+s.issued))
}

// encode writes v as the platform does, with raw Chinese and without escaping HTML.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only the package's own types come here
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
