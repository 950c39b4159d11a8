package publishtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	token    = "token/with a space"
	maxRunes = 60
	window   = 5 // how many of its newest posts the platform shows
)

// note is a post on the wire. Answers that are no post have Reason instead.
type note struct {
	ID     string    `json:"id,omitempty"`
	Text   string    `json:"text,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`

	Draft    bool     `json:"draft,omitempty"`
	Pictures []string `json:"pictures,omitempty"`
	gone     bool
}

// platform is the simplest thing that can hold posts: POST /posts?token=… with the text as the body, GET /posts for
// the newest ones, GET and DELETE /posts/… for one; POST /media takes a picture, which /posts?picture=… shows;
// POST /refresh?refresh=… gives the token again, and the next refresh token.
type platform struct {
	mu     sync.Mutex
	posts  []note
	media  int
	grants int // refreshes so far; each uses up the refresh token before it
	faults []Fault
}

func (p *platform) script(f Fault) error {
	known := []string{
		"refuse", "hang", "commit-hang", "drop-after-commit", "5xx-before-commit", "5xx-after-commit", "4xx-after-commit", "garbage",
		"slow-success", "429", "duplicate", "captcha", "token-expired", "token-revoked", "read-down", "media-rejected", "refresh-lost",
	}
	if !slices.Contains(known, f.Name) {
		return fmt.Errorf("the simple platform is too simple: %w", errors.ErrUnsupported)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	return nil
}

func (p *platform) held() []Held {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Held
	for _, n := range p.posts {
		if !n.gone {
			out = append(out, Held{ID: n.ID, Text: n.Text, Pictures: len(n.Pictures)})
		}
	}
	return out
}

// acts reports whether a fault acts on a request.
func (f Fault) acts(r *http.Request) bool {
	switch f.Name {
	case "read-down":
		return r.Method == http.MethodGet
	case "media-rejected":
		return r.URL.Path == "/media"
	case "refresh-lost":
		return r.URL.Path == "/refresh"
	}
	return r.URL.Path != "/media" && r.URL.Path != "/refresh" && r.Method != http.MethodGet && f.Withdrawal == (r.Method == http.MethodDelete)
}

// fault takes the next fault for a request.
func (p *platform) fault(r *http.Request) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.faults {
		if !f.acts(r) {
			continue
		}
		if f.Times == 1 {
			p.faults = slices.Delete(p.faults, i, i+1)
		}
		return f
	}
	return Fault{}
}

func (p *platform) hold(text string, form url.Values) note {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := note{ID: strconv.Itoa(100 + len(p.posts)), Text: text, At: time.Now(), Draft: form.Has("draft"), Pictures: form["picture"]}
	p.posts = append(p.posts, n)
	return n
}

func (p *platform) newest() []note {
	p.mu.Lock()
	defer p.mu.Unlock()
	shown := slices.DeleteFunc(slices.Clone(p.posts), func(n note) bool { return n.gone || n.Draft })
	return shown[max(0, len(shown)-window):]
}

// one returns a post, and takes it down.
func (p *platform) one(id string, remove bool) (note, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, n := range p.posts {
		if n.ID == id && !n.gone {
			p.posts[i].gone = remove
			return n, true
		}
	}
	return note{}, false
}

func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f := p.fault(r)
	id := strings.TrimPrefix(r.URL.Path, "/posts/")
	switch {
	case f.Name == "read-down":
		http.Error(w, "<html>down</html>", http.StatusServiceUnavailable)
	case r.URL.Path == "/refresh":
		p.refresh(w, r, f)
	case r.URL.Query().Get("token") != token:
		answer(w, http.StatusUnauthorized, note{Reason: "token"})
	case r.URL.Path == "/media":
		p.upload(w, f)
	case r.Method == http.MethodGet && id != r.URL.Path:
		if n, ok := p.one(id, false); ok {
			answer(w, http.StatusOK, n)
			return
		}
		answer(w, http.StatusNotFound, note{Reason: "gone"})
	case r.Method == http.MethodDelete:
		p.remove(w, r, id, f)
	case r.Method == http.MethodGet:
		answer(w, http.StatusOK, p.newest())
	default:
		p.create(w, r, string(text), f)
	}
}

func (p *platform) create(w http.ResponseWriter, r *http.Request, text string, f Fault) {
	if instead(w, r, f) {
		return
	}
	if n := len([]rune(text)); n > maxRunes {
		answer(w, http.StatusBadRequest, note{Reason: fmt.Sprintf("%d characters", n)})
		return
	}
	after(w, r, f, p.hold(text, r.URL.Query()))
}

// instead plays a fault that keeps a post from being held, and reports whether there was one.
func instead(w http.ResponseWriter, r *http.Request, f Fault) bool {
	switch f.Name {
	case "refuse":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
	case "5xx-before-commit":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case "429":
		tooMany(w, f)
	case "token-expired", "token-revoked":
		answer(w, http.StatusUnauthorized, note{Reason: "token"})
	case "duplicate", "captcha", "quota-app", "quota-account":
		answer(w, http.StatusBadRequest, note{Reason: f.Name})
	default:
		return false
	}
	return true
}

// after answers for a post that is held, unless a fault does.
func after(w http.ResponseWriter, r *http.Request, f Fault, held any) {
	switch f.Name {
	case "commit-hang":
		<-r.Context().Done()
	case "drop-after-commit":
		panic(http.ErrAbortHandler)
	case "5xx-after-commit":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case "4xx-after-commit":
		answer(w, http.StatusBadRequest, note{Reason: "system"})
	case "garbage":
		_, _ = io.WriteString(w, `{"id":"1`)
	case "slow-success":
		answer(w, http.StatusAccepted, note{Reason: "later"})
	default:
		answer(w, http.StatusOK, held)
	}
}

func (p *platform) remove(w http.ResponseWriter, r *http.Request, id string, f Fault) {
	if f.Name == "hang" {
		<-r.Context().Done()
		return
	}
	_, ok := p.one(id, true)
	switch {
	case f.Name == "commit-hang":
		<-r.Context().Done()
	case f.Name == "5xx-after-commit":
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case !ok:
		answer(w, http.StatusNotFound, note{Reason: "gone"})
	default:
		answer(w, http.StatusOK, note{ID: id})
	}
}

func (p *platform) upload(w http.ResponseWriter, f Fault) {
	if f.Name == "media-rejected" {
		answer(w, http.StatusBadRequest, note{Reason: "picture"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.media++
	answer(w, http.StatusOK, note{ID: strconv.Itoa(p.media)})
}

// refreshToken is the nth refresh token.
func refreshToken(n int) string { return fmt.Sprintf("refresh/%d", n) }

func (p *platform) refresh(w http.ResponseWriter, r *http.Request, f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Query().Get("refresh") != refreshToken(p.grants) {
		answer(w, http.StatusUnauthorized, note{Reason: "token"})
		return
	}
	p.grants++
	if f.Name == "refresh-lost" {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, note{ID: token, Text: refreshToken(p.grants)})
}

func tooMany(w http.ResponseWriter, f Fault) {
	if f.RetryAfterDate {
		w.Header().Set("Retry-After", time.Now().Add(f.RetryAfter).UTC().Format(http.TimeFormat))
	} else if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	answer(w, http.StatusTooManyRequests, note{})
}
