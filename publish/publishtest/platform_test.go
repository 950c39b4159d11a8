package publishtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
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
}

// platform is the simplest thing that can hold posts: POST /posts?token=… with the text as the body, GET /posts for
// the newest ones.
type platform struct {
	mu     sync.Mutex
	posts  []note
	faults []Fault
}

func (p *platform) script(f Fault) error {
	known := []string{
		"refuse", "hang", "commit-hang", "drop-after-commit", "5xx-before-commit", "5xx-after-commit", "4xx-after-commit", "garbage",
		"slow-success", "429", "duplicate", "captcha", "token-expired", "token-revoked", "read-down",
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
		out = append(out, Held{ID: n.ID, Text: n.Text})
	}
	return out
}

// fault takes the next fault for a reading or a writing request.
func (p *platform) fault(read bool) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.faults {
		if (f.Name == "read-down") != read {
			continue
		}
		if f.Times == 1 {
			p.faults = slices.Delete(p.faults, i, i+1)
		}
		return f
	}
	return Fault{}
}

func (p *platform) hold(text string) note {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := note{ID: strconv.Itoa(100 + len(p.posts)), Text: text, At: time.Now()}
	p.posts = append(p.posts, n)
	return n
}

func (p *platform) newest() []note {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.posts[max(0, len(p.posts)-window):])
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
	f := p.fault(r.Method == http.MethodGet)
	switch {
	case f.Name == "read-down":
		http.Error(w, "<html>down</html>", http.StatusServiceUnavailable)
	case r.URL.Query().Get("token") != token:
		answer(w, http.StatusUnauthorized, note{Reason: "token"})
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
	after(w, r, f, p.hold(text))
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

func tooMany(w http.ResponseWriter, f Fault) {
	if f.RetryAfterDate {
		w.Header().Set("Retry-After", time.Now().Add(f.RetryAfter).UTC().Format(http.TimeFormat))
	} else if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	answer(w, http.StatusTooManyRequests, note{})
}
