package publishtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	sheet = 10     // posts on one page of its list
	uid   = "u7"   // of its account
	title = "示例发布" // by which it is known to people, and for now
)

// work is a post of the studio on the wire, or a Reason why there is none.
type work struct {
	ID     string    `json:"id,omitempty"`
	Text   string    `json:"text,omitempty"`
	Author string    `json:"author,omitempty"`
	State  string    `json:"state,omitempty"` // shown, working, review or refused
	At     time.Time `json:"at,omitzero"`
	Reason string    `json:"reason,omitempty"`

	polls  int // questions until it is through
	shadow bool
}

// list is one page of works, newest first.
type list struct {
	Total int    `json:"total"`
	Works []work `json:"works"`
}

// studio has what the simple platform lacks: it works on posts and reviews them, pages its list, and has a clock and accounts
// of its own. POST /works, GET /works?offset=… and GET /works/ID.
type studio struct {
	platform // its faults

	mu     sync.Mutex
	works  []work
	next   []Fault // what becomes of the next posts
	skew   time.Duration
	shifts bool
	title  string // the account's name, as of now
	banned bool
}

func (s *studio) script(f Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	settle := func(state string) {
		for i := range s.works {
			if s.works[i].State == "review" {
				s.works[i].State = state
			}
		}
	}
	switch f.Name {
	case "review-pass":
		settle("shown")
	case "review-reject":
		settle("refused")
	case "account-banned":
		s.banned = true
	case "account-renamed":
		s.title = "改名后的示例发布"
	case "account-unverified": // which nothing here asks for
	case "skew":
		s.skew += f.Skew
	case "shift-pages":
		s.shifts = true
	case "processing", "review", "shadow-drop":
		s.next = append(s.next, f)
	case "quota-app", "quota-account":
		s.platform.mu.Lock()
		defer s.platform.mu.Unlock()
		s.faults = append(s.faults, f)
	default:
		return s.platform.script(f)
	}
	return nil
}

func (s *studio) held() []Held {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Held
	for _, w := range s.works {
		out = append(out, Held{ID: w.ID, Text: w.Text})
	}
	return out
}

func (s *studio) add(w work) work {
	w.ID, w.At = strconv.Itoa(100+len(s.works)), time.Now().Add(s.skew)
	s.works = append(s.works, w)
	return w
}

// accept holds a post and decides what becomes of it.
func (s *studio) accept(w work) work {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.State = "shown"
	for _, f := range s.next {
		switch f.Name {
		case "processing":
			w.State, w.polls = "working", f.Polls
		case "review":
			w.State = "review"
		case "shadow-drop":
			w.shadow = true
		}
	}
	s.next = nil
	return s.add(w)
}

// ask is one question what became of a post.
func (s *studio) ask(id string) (work, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.works, func(w work) bool { return w.ID == id && !w.shadow })
	if i < 0 {
		return work{}, false
	}
	w := &s.works[i]
	if w.State == "working" {
		if w.polls == 0 {
			w.State = "shown"
		}
		w.polls--
	}
	return *w, true
}

func (s *studio) page(offset int) list {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []work
	for _, w := range slices.Backward(s.works) {
		if !w.shadow {
			all = append(all, w)
		}
	}
	if s.shifts {
		s.add(work{Text: "别人的新内容", State: "shown"})
	}
	from := min(offset, len(all))
	return list{Total: len(all), Works: all[from:min(from+sheet, len(all))]}
}

func (s *studio) refuses(w work) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.banned:
		return "banned"
	case w.Author != uid && w.Author != s.title:
		return "no such account"
	case len([]rune(w.Text)) > maxRunes:
		return "too long"
	}
	return ""
}

func (s *studio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var posted work
	if r.Method == http.MethodPost && json.NewDecoder(r.Body).Decode(&posted) != nil {
		return
	}
	s.mu.Lock()
	w.Header().Set("Date", time.Now().Add(s.skew).UTC().Format(http.TimeFormat))
	s.mu.Unlock()
	f := s.fault(r)
	_, id, one := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case f.Name == "read-down":
		http.Error(w, "<html>down</html>", http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != token:
		answer(w, http.StatusUnauthorized, work{Reason: "token"})
	case r.Method == http.MethodPost:
		s.create(w, r, posted, f)
	case one:
		if found, ok := s.ask(id); ok {
			answer(w, http.StatusOK, found)
			return
		}
		answer(w, http.StatusNotFound, work{Reason: "none"})
	default:
		offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		answer(w, http.StatusOK, s.page(offset))
	}
}

func (s *studio) create(w http.ResponseWriter, r *http.Request, posted work, f Fault) {
	why := s.refuses(posted)
	switch {
	case instead(w, r, f):
	case why != "":
		answer(w, http.StatusBadRequest, work{Reason: why})
	default:
		after(w, r, f, s.accept(posted))
	}
}
