package weibo

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// stateLife is how long an authorisation may take.
const stateLife = 10 * time.Minute

// state is what travels to the platform and back: which account is being connected, by whose browser, until when.
type state struct {
	ID      string `json:"i"` // names the browser's cookie
	Account string `json:"a"`
	Expires int64  `json:"e"` // Unix seconds
	Browser string `json:"b"` // digest of the cookie's value
}

// stateFault says why a state is not accepted.
type stateFault int

const (
	stateGood stateFault = iota
	stateForged
	stateExpired
	stateElsewhere // another browser, or this one has used it
)

// newState returns a signed state for the account and the cookie that binds it to the browser.
func (h *connect) newState(id string) (string, *http.Cookie) {
	secret := rand.Text()
	s := state{ID: rand.Text(), Account: id, Expires: h.client.cfg.Now().Add(stateLife).Unix(), Browser: digest(secret)}
	payload, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and a number always encode
	}
	cookie := h.cookie(s.ID, secret)
	cookie.MaxAge = int(stateLife / time.Second)
	return encode(payload) + "." + encode(h.mac(payload)), cookie
}

// openState reads a state that came back. Of a forged one nothing is returned.
func (h *connect) openState(r *http.Request) (state, stateFault) {
	head, tail, _ := strings.Cut(r.URL.Query().Get("state"), ".")
	payload, err1 := base64.RawURLEncoding.DecodeString(head)
	mac, err2 := base64.RawURLEncoding.DecodeString(tail)
	var s state
	if err1 != nil || err2 != nil || !hmac.Equal(mac, h.mac(payload)) || json.Unmarshal(payload, &s) != nil {
		return state{}, stateForged
	}
	if h.client.cfg.Now().Unix() >= s.Expires {
		return s, stateExpired
	}
	cookie, err := r.Cookie(cookiePrefix + s.ID)
	if err != nil || subtle.ConstantTimeCompare([]byte(digest(cookie.Value)), []byte(s.Browser)) != 1 {
		return s, stateElsewhere
	}
	return s, stateGood
}

func (h *connect) mac(payload []byte) []byte {
	m := hmac.New(sha256.New, h.cfg.Key)
	m.Write([]byte("govmedia weibo connect\x00"))
	m.Write(payload)
	return m.Sum(nil)
}

const cookiePrefix = "govmedia_weibo_"

// cookie goes to the callback only. Lax lets it come along when the platform sends the browser back.
func (h *connect) cookie(id, value string) *http.Cookie {
	u, _ := url.Parse(h.client.cfg.RedirectURL) // New has parsed it
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return &http.Cookie{
		Name: cookiePrefix + id, Value: value, Path: path,
		HttpOnly: true, Secure: u.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
}

func (h *connect) dropCookie(w http.ResponseWriter, id string) {
	c := h.cookie(id, "")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
