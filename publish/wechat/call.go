package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/publish"
)

// query is one wire call.
type query struct {
	op     string // such as freepublish/submit; names the call in errors
	write  bool   // its outcome matters
	get    bool
	bare   bool              // needs no token
	params map[string]string // of the address, besides the token
	body   any               // sent as JSON
	file   *publish.Media    // sent as the part named media, instead of body
	cred   account.Credential
}

func (q *query) path() string {
	if strings.HasPrefix(q.op, "datacube/") {
		return "/" + q.op
	}
	return "/cgi-bin/" + q.op
}

// call makes the call, once, and reads the answer into a value. The token travels in the address, as the platform wants
// it, so no address enters an error.
func (c *Client) call(ctx context.Context, q query, into any) error {
	r := c.http.R()
	var token govmedia.Secret
	if !q.bare {
		var err error
		if token, err = c.token(ctx, &q); err != nil {
			return err
		}
		r.SetQueryParam("access_token", token.Reveal())
	}
	if err := q.fill(r); err != nil {
		return err
	}
	var trace wire.Trace
	r.SetContext(trace.With(ctx))
	method := http.MethodPost
	if q.get {
		method = http.MethodGet
	}
	var e *govmedia.Error
	if resp, err := r.Execute(method, q.path()); err != nil {
		e = trace.Failed(Platform, q.op, err)
	} else {
		e = c.read(&q, resp.StatusCode(), resp.Header(), resp.Body(), into)
	}
	if e == nil {
		return nil
	}
	if e.Kind == govmedia.KindUnauthorized && !token.IsZero() {
		c.refused.Store(&token)
	}
	if !q.write {
		e.Outcome = govmedia.NotApplied
	}
	return e
}

// fill puts the parameters and the body into the request.
func (q *query) fill(r *resty.Request) error {
	r.SetQueryParams(q.params)
	switch {
	case q.file != nil:
		r.SetMultipartField("media", fileName(q.file), q.file.Type, bytes.NewReader(q.file.Data))
	case q.body != nil:
		body, err := encode(q.body)
		if err != nil {
			return invalid(q.op, "the request cannot be written as JSON")
		}
		r.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	return nil
}

// encode writes JSON as the platform wants it, in raw UTF-8: to some of its calls an escape \uXXXX is an error (40033),
// to others it is text. encoding/json escapes U+2028 and U+2029 whatever it is told; they are put back.
func encode(v any) ([]byte, error) {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	in := bytes.TrimRight(raw.Bytes(), "\n")
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		switch {
		case bytes.HasPrefix(in[i:], []byte(`\u2028`)):
			out = append(out, "\u2028"...)
			i += 5
		case bytes.HasPrefix(in[i:], []byte(`\u2029`)):
			out = append(out, "\u2029"...)
			i += 5
		case in[i] == '\\':
			out = append(out, in[i], in[i+1]) // never the last byte
			i++
		default:
			out = append(out, in[i])
		}
	}
	return out, nil
}

// read judges an answer by its body and, only where that says nothing, by its status. Its content type is not asked.
func (c *Client) read(q *query, status int, h http.Header, body []byte, into any) *govmedia.Error {
	var refusal struct {
		Code    loose `json:"errcode"`
		Message loose `json:"errmsg"`
	}
	readable := json.Unmarshal(body, &refusal)
	if code := string(refusal.Code); readable == nil && code != "" && code != "0" {
		_ = json.Unmarshal(body, into) // 45065 comes with the msg_id
		return c.refusal(q.op, code, string(refusal.Message), status, h)
	}
	if status < 200 || status > 299 {
		return wire.Status(Platform, q.op, status, h, c.cfg.Now())
	}
	if readable != nil || json.Unmarshal(body, into) != nil {
		return unclear(q.op, "the answer is not what the documents describe")
	}
	return nil
}

// command makes a write whose only answer is errcode 0.
func (c *Client) command(ctx context.Context, cred account.Credential, op string, body any) error {
	var done struct {
		Code loose `json:"errcode"`
	}
	if err := c.call(ctx, query{op: op, write: true, cred: cred, body: body}, &done); err != nil {
		return err
	}
	if done.Code != "0" {
		return unclear(op, "the answer does not say that it was done")
	}
	return nil
}

// unclear describes an answer that says success and cannot be understood.
func unclear(op, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Status: http.StatusOK, Err: errors.New(why)}
}

// unreadable is unclear for a read.
func unreadable(op, why string) error {
	e := unclear(op, why)
	e.Outcome = govmedia.NotApplied
	return e
}

func invalid(op, format string, args ...any) error {
	e := govmedia.Errorf(govmedia.KindInvalid, op, format, args...)
	e.Platform = Platform
	return e
}

// with returns a copy of an error with another kind and outcome.
func with(err error, kind govmedia.Kind, outcome govmedia.Outcome) *govmedia.Error {
	e := *govmedia.AsError(err)
	e.Kind, e.Outcome, e.Platform = kind, outcome, Platform
	return &e
}

// code returns the platform's code in an error, or "".
func code(err error) string {
	if e := govmedia.AsError(err); e != nil {
		return e.Code
	}
	return ""
}

// rid is the request id at the end of an errmsg.
var rid = regexp.MustCompile(`rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})`)

func requestID(message string) string {
	if m := rid.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return ""
}

// fileName is what an upload is called: the platform goes by the ending, and shows the rest to nobody.
func fileName(m *publish.Media) string {
	_, ending, _ := strings.Cut(m.Type, "/")
	return m.Digest()[:16] + "." + strings.Trim(ending, `"\/`)
}
