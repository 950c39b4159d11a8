package consumer

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

	"github.com/govmedia/govmedia/publish/publishtest"
)

// board is the fake.
type board struct {
	mu             sync.Mutex
	notes          []held // oldest first
	files          int
	token, refresh string
	banned         bool
	skew           time.Duration
	shifts         bool
	faults         []publishtest.Fault
}

type held struct {
	note
	shadow bool
}

func (b *board) script(f publishtest.Fault) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch f.Name {
	case "processing", "review", "review-pass", "review-reject":
		return fmt.Errorf("a note is public at once: %w", errors.ErrUnsupported)
	case "slow-success", "account-unverified":
		return fmt.Errorf("the board does not say so: %w", errors.ErrUnsupported)
	case "account-renamed": // names are not in the interface
	case "account-banned":
		b.banned = true
	case "skew":
		b.skew = f.Skew
	case "shift-pages":
		b.shifts = true
	default:
		b.faults = append(b.faults, f)
	}
	return nil
}

// next takes the fault that acts on a request.
func (b *board) next(r *http.Request) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := map[string]string{"read-down": "GET /notes", "media-rejected": "POST /files", "refresh-lost": "POST /token"}
	for i, f := range b.faults {
		where := at[f.Name]
		if where == "" {
			where = "POST /notes"
		}
		if where != r.Method+" "+r.URL.Path {
			continue
		}
		if f.Times == 1 {
			b.faults = slices.Delete(b.faults, i, i+1)
		}
		if f.Name == "429" && f.RetryAfterDate {
			return "429 " + time.Now().Add(f.RetryAfter).UTC().Format(http.TimeFormat)
		} else if f.Name == "429" && f.RetryAfter > 0 {
			return "429 " + strconv.Itoa(int(f.RetryAfter.Seconds()))
		}
		return f.Name
	}
	return ""
}

func (b *board) posts() []publishtest.Held {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []publishtest.Held
	for _, n := range b.notes {
		out = append(out, publishtest.Held{ID: n.ID, Text: n.Text, Pictures: len(n.Files)})
	}
	return out
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f := b.next(r)
	if instead(w, r, f) {
		return
	}
	b.mu.Lock()
	status, answer := b.handle(w, r, body, f)
	b.mu.Unlock()
	switch f {
	case "commit-hang":
		<-r.Context().Done()
		return
	case "drop-after-commit", "refresh-lost":
		panic(http.ErrAbortHandler)
	case "5xx-after-commit":
		status, answer = http.StatusBadGateway, "bad gateway"
	case "4xx-after-commit":
		status, answer = http.StatusBadRequest, code("system")
	}
	w.WriteHeader(status)
	if f == "garbage" {
		_, _ = io.WriteString(w, `{"id":"1`)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func code(c string) map[string]string { return map[string]string{"code": c} }

// instead plays a fault that keeps a request from being carried out.
func instead(w http.ResponseWriter, r *http.Request, f string) bool {
	refuse := map[string]string{
		"duplicate": "duplicate", "captcha": "captcha", "quota-app": "quota", "quota-account": "quota", "media-rejected": "picture",
		"token-expired": "token", "token-revoked": "token",
	}
	switch {
	case f == "refuse":
		panic(http.ErrAbortHandler)
	case f == "hang":
		<-r.Context().Done()
	case f == "5xx-before-commit" || f == "read-down":
		http.Error(w, "bad gateway", http.StatusBadGateway)
	case len(f) >= 3 && f[:3] == "429":
		if len(f) > 4 {
			w.Header().Set("Retry-After", f[4:])
		}
		w.WriteHeader(http.StatusTooManyRequests)
	case refuse[f] != "":
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(code(refuse[f]))
	default:
		return false
	}
	return true
}

func (b *board) handle(w http.ResponseWriter, r *http.Request, body []byte, f string) (int, any) {
	now := time.Now().Add(b.skew).UTC()
	w.Header().Set("Date", now.Format(http.TimeFormat))
	if r.URL.Path == "/token" {
		var in struct{ Refresh string }
		if json.Unmarshal(body, &in) != nil || in.Refresh != b.refresh {
			return http.StatusBadRequest, code("token")
		}
		b.token, b.refresh = b.token+"+", b.refresh+"+"
		return http.StatusOK, map[string]any{"token": b.token, "refresh": b.refresh, "expires": now.Add(time.Hour)}
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+b.token:
		return http.StatusUnauthorized, code("token")
	case b.banned:
		return http.StatusForbidden, code("banned")
	case r.URL.Path == "/files":
		b.files++
		return http.StatusOK, map[string]string{"id": "f" + strconv.Itoa(b.files)}
	case r.Method == http.MethodGet:
		return http.StatusOK, b.page(r.URL.Query().Get("before"), now)
	}
	var n note
	if json.Unmarshal(body, &n) != nil || n.Text == "" || len([]rune(n.Text)) > 500 {
		return http.StatusBadRequest, code("invalid")
	}
	return http.StatusOK, b.add(n, now, f == "shadow-drop")
}

func (b *board) add(n note, now time.Time, shadow bool) note {
	n.ID, n.Time = strconv.Itoa(1000+len(b.notes)), now.Truncate(time.Second)
	b.notes = append(b.notes, held{n, shadow})
	return n
}

// page is ten notes older than one.
func (b *board) page(before string, now time.Time) any {
	var page struct {
		Notes []note `json:"notes"`
		More  bool   `json:"more"`
	}
	page.Notes = []note{}
	for _, n := range slices.Backward(b.notes) {
		switch {
		case n.shadow || before != "" && n.ID >= before:
		case len(page.Notes) == 10:
			page.More = true
		default:
			page.Notes = append(page.Notes, n.note)
		}
	}
	if b.shifts {
		b.add(note{Text: "新内容"}, now, false)
	}
	return page
}
