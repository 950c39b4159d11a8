package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// window is how far the time of a signature may be off.
const window = 5 * time.Minute

// cms is the fake: a stateful CMS with one app, one column and faults on request. It shares no code with the adapter,
// because it would share its mistakes.
type cms struct {
	appKey, key string
	column      string

	mu     sync.Mutex
	order  []string // numbers, oldest first
	docs   map[string]*document
	nonces map[string]bool
	faults []fault
	skew   time.Duration
	closed bool   // the column
	dead   string // why the key is
}

// document is what the CMS holds.
type document struct {
	Number string    `json:"number"`
	Column string    `json:"column"`
	Title  string    `json:"title"`
	Text   string    `json:"text"`
	Link   string    `json:"link"`
	URL    string    `json:"url"`
	State  string    `json:"state"` // generating, reviewing, published, returned, withdrawn
	Time   time.Time `json:"time"`  // of the state

	polls  int  // questions until its page is made
	shadow bool // never shown
}

func newCMS() *cms {
	return &cms{appKey: "shili-portal", key: "key/with a blank", column: "tzgg", docs: map[string]*document{}, nonces: map[string]bool{}}
}

// held returns what the CMS really holds, whatever it answered.
func (c *cms) held() []document {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []document
	for _, number := range c.order {
		out = append(out, *c.docs[number])
	}
	return out
}

func (c *cms) now() time.Time { return time.Now().Add(c.skew).UTC().Truncate(time.Second) }

// ServeHTTP implements http.Handler.
func (c *cms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	f := c.next(r.Method)
	if c.instead(w, r, f) {
		return
	}
	code, d := c.handle(r, body)
	c.answer(w, r, f, code, d)
}

// handle carries a request out and returns a code with what it is about.
func (c *cms) handle(r *http.Request, body []byte) (code string, d *document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if code := c.admit(r, body); code != "" {
		return code, nil
	}
	number, _ := strings.CutPrefix(r.URL.Path, "/openapi/articles/")
	d = c.docs[number]
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/openapi/articles":
		if code, d = c.push(body); d == nil {
			return code, nil
		}
	case d == nil || d.shadow:
		return "NO_SUCH_NUMBER", nil
	case r.Method == http.MethodDelete:
		d.State, d.Time = "withdrawn", c.now()
	case d.State == "generating" && d.polls > 0:
		d.polls--
	case d.State == "generating":
		d.State, d.Time = "published", c.now()
	}
	now := *d
	return "OK", &now
}

// admit checks who calls, and returns the code of a refusal.
func (c *cms) admit(r *http.Request, body []byte) string {
	at, nonce := r.Header.Get("X-Timestamp"), r.Header.Get("X-Nonce")
	seconds, _ := strconv.ParseInt(at, 10, 64)
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(c.key))
	_, _ = fmt.Fprintf(mac, "%s\n%s\n%s\n%s\n%x", r.Method, r.URL.Path, at, nonce, digest) // never fails
	signed, _ := hex.DecodeString(r.Header.Get("X-Signature"))
	switch {
	case r.Header.Get("X-App-Key") != c.appKey, !hmac.Equal(mac.Sum(nil), signed):
		return "BAD_SIGNATURE"
	case c.now().Sub(time.Unix(seconds, 0)).Abs() > window:
		return "STALE"
	case c.nonces[nonce]:
		return "REPLAYED"
	}
	c.nonces[nonce] = true
	return c.dead
}

// push takes an article. Of one number there is never a second.
func (c *cms) push(body []byte) (string, *document) {
	d := &document{}
	switch err := json.Unmarshal(body, d); {
	case err != nil, d.Number == "", d.Title == "", d.Text == "", d.Column != c.column, len([]rune(d.Text)) > 20000:
		return "BAD_REQUEST", nil
	case c.closed:
		return "COLUMN_CLOSED", nil
	case c.docs[d.Number] != nil:
		return "NUMBER_TAKEN", nil
	}
	d.State, d.Time, d.URL = "published", c.now(), "https://www.shili.example/"+d.Column+"/"+d.Number+".html"
	c.become(d)
	c.docs[d.Number], c.order = d, append(c.order, d.Number)
	return "OK", d
}

// answer writes what was carried out, unless a fault says otherwise.
func (c *cms) answer(w http.ResponseWriter, r *http.Request, f fault, code string, d *document) {
	if code == "OK" && c.afterwards(w, r, f) {
		return
	}
	status := http.StatusOK
	switch code {
	case "OK":
	case "NO_SUCH_NUMBER":
		status = http.StatusNotFound
	default:
		status = http.StatusBadRequest
	}
	reply(w, status, code, d)
}

// envelope is how every answer looks.
type envelope struct {
	Code    string    `json:"code"`
	Article *document `json:"article,omitempty"`
}

func reply(w http.ResponseWriter, status int, code string, d *document) {
	body, err := json.Marshal(envelope{code, d})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have left
}
