package wordpresstest

import (
	"bytes"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// refusal is an error of the site, in its envelope {code, message, data:{status,…}}.
type refusal struct {
	status  int
	code    string
	message string
	data    map[string]any
	html    bool // as a page: the form knows no JSON
}

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

func refuseWith(status int, code, message string, data map[string]any) *refusal {
	return &refusal{status: status, code: code, message: message, data: data}
}

// barred is what the site says to somebody who may not: 401 to strangers, 403 to users.
func (c *call) barred(code, message string) *refusal {
	return refuse(c.barredStatus(), code, message)
}

func (c *call) barredStatus() int {
	if c.user == nil {
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

func noRoute() *refusal {
	return refuse(http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
}

func noPost() *refusal {
	return refuse(http.StatusNotFound, "rest_post_invalid_id", "Invalid post ID.")
}

func noComment() *refusal {
	return refuse(http.StatusNotFound, "rest_comment_invalid_id", "Invalid comment ID.")
}

// invalidParam is the site's answer to a parameter that its schema does not admit.
func invalidParam(name, message, code string) *refusal {
	return invalidParamData(name, message, code, nil)
}

func invalidParamData(name, message, code string, data any) *refusal {
	return refuseWith(http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+name, map[string]any{
		"params":  map[string]string{name: message},
		"details": map[string]any{name: map[string]any{"code": code, "message": message, "data": data}},
	})
}

func notInEnum(name, value string, allowed []string) *refusal {
	_ = value // the site does not repeat it
	last := len(allowed) - 1
	words := strings.Join(allowed[:last], ", ")
	if last > 1 {
		words += ","
	}
	return invalidParam(name, name+" is not one of "+words+" and "+allowed[last]+".", "rest_not_in_enum")
}

// render turns the outcome of a call into its answer.
func (c *call) render(value any, ref *refusal) answer {
	h := c.discovery()
	switch {
	case ref != nil && ref.html:
		return webPage(ref.status, ref.message)
	case ref != nil:
		data := map[string]any{"status": ref.status}
		maps.Copy(data, ref.data)
		body := map[string]any{"code": ref.code, "message": ref.message, "data": data}
		return answer{status: ref.status, contentType: jsonType, body: encode(body), header: h}
	}
	if to, ok := value.(redirect); ok {
		h.Set("Location", string(to))
		return answer{status: http.StatusFound, contentType: "text/html; charset=UTF-8", header: h}
	}
	a := answer{status: http.StatusOK, contentType: jsonType, header: h}
	if c.created != "" {
		a.status = http.StatusCreated
		h.Set("Location", c.created)
	}
	if c.total >= 0 {
		h.Set("X-Wp-Total", strconv.Itoa(c.total))
		h.Set("X-Wp-Totalpages", strconv.Itoa(c.pages))
		c.link(h)
	}
	a.body = encode(c.fields(value))
	return a
}

// discovery is the header by which clients find the interface.
func (c *call) discovery() http.Header {
	return http.Header{"Link": {"<" + c.site + `/wp-json/>; rel="https://api.w.org/"`}}
}

// redirect is an answer with an address only.
type redirect string

// webPage is an answer of the website, which knows no JSON.
func webPage(status int, message string) answer {
	return answer{
		status: status, contentType: "text/html; charset=UTF-8",
		body: []byte("<!DOCTYPE html>\n<html><body><div class=\"wp-die-message\">" + html.EscapeString(message) + "</div></body></html>\n"),
	}
}

// fields keeps of an answer what _fields asks for.
func (c *call) fields(value any) any {
	wanted := map[string]bool{}
	for _, f := range c.params.list("_fields") {
		name, _, _ := strings.Cut(f, ".")
		wanted[name] = true
	}
	if len(wanted) == 0 {
		return value
	}
	keep := func(o object) object {
		out := object{}
		for name, v := range o {
			if wanted[name] {
				out[name] = v
			}
		}
		return out
	}
	switch v := value.(type) {
	case object:
		return keep(v)
	case []object:
		out := make([]object, 0, len(v))
		for _, o := range v {
			out = append(out, keep(o))
		}
		return out
	}
	return value
}

const jsonType = "application/json; charset=UTF-8"

// encode writes v without escaping HTML.
func encode(v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only the package's own types come here
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
