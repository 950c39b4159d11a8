package wechattest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const firstID = 2_247_483_650 // beyond 2^31, as seen

// Server is the fake platform: an [http.Handler] with state. All its methods are safe
// for concurrent use. It starts nothing and needs no closing. Create it with [New].
type Server struct {
	cfg       Config
	endpoints map[string]*endpoint

	mu           sync.Mutex // guards everything below
	offset       time.Duration
	issued       int64
	apps         map[string]*account
	tokens       map[string]*token
	materials    []*material
	media        map[string]*material // by media_id
	pictures     map[string]*material // by URL
	drafts       []*draft
	draftByID    map[string]*draft
	publications []*publication
	pubByID      map[int64]*publication
	articleByID  map[string]*publication
	masses       []*mass
	massByID     map[int64]*mass
	jobs         []job
	works        map[int64]*work // by msg_data_id
	comments     []*comment
	customs      []CustomMessage
	previews     []CustomMessage
	pushes       []*push
	faults       []*scripted
	calls        map[string]int
	fired        map[FaultName]int
	fetched      int
}

// New returns an empty platform: no accounts, no citizens. cfg may be nil and is not
// retained. It panics when Config.ControlPrefix does not begin with a slash or lies
// below one of [Server.Prefixes], which are mistakes in the test.
func New(cfg *Config) *Server {
	s := &Server{
		cfg:       cfg.withDefaults(),
		apps:      map[string]*account{},
		tokens:    map[string]*token{},
		media:     map[string]*material{},
		pictures:  map[string]*material{},
		draftByID: map[string]*draft{},
		works:     map[int64]*work{},
		calls:     map[string]int{},
		fired:     map[FaultName]int{},

		pubByID:     map[int64]*publication{},
		articleByID: map[string]*publication{},
		massByID:    map[int64]*mass{},
	}
	if !strings.HasPrefix(s.cfg.ControlPrefix, "/") || s.owns(s.cfg.ControlPrefix) {
		panic(errors.New("wechattest: control prefix " + s.cfg.ControlPrefix))
	}
	s.endpoints = s.routes()
	return s
}

// Prefixes returns the path prefixes of the platform's own calls, so that several fakes
// can share a listener. [Server.ControlPrefix] comes on top.
func (s *Server) Prefixes() []string { return []string{apiPrefix, cubePrefix} }

// ControlPrefix returns the path below which the control calls live.
func (s *Server) ControlPrefix() string { return s.cfg.ControlPrefix }

func (s *Server) owns(path string) bool {
	return slices.ContainsFunc(s.Prefixes(), func(p string) bool { return strings.HasPrefix(path, p) })
}

// ServeHTTP answers the platform's calls and, below the control prefix, the control
// calls that the package comment lists. A scripted fault may close the connection;
// where that cannot be done ServeHTTP panics with [http.ErrAbortHandler], which an HTTP
// server turns into the same and a test with a recorder has to recover. The Host header
// is not looked at.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, s.cfg.ControlPrefix) {
		s.control(w, r)
		return
	}
	if !s.owns(r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	c := &call{endpoint: s.endpoints[r.URL.Path]}
	switch {
	case c.endpoint == nil:
		s.deliver(w, r, s.refuseUnread(40066))
	case s.refusedAtDoor(c):
		s.deliver(w, r, answer{drop: true})
	case c.endpoint.method != r.Method:
		s.deliver(w, r, s.refuseUnread(wrongMethod(c.endpoint.method)))
	default:
		if ref := s.read(c, w, r); ref != nil {
			s.deliver(w, r, s.refuseUnread(ref.code))
			return
		}
		s.deliver(w, r, s.perform(c))
	}
}

func wrongMethod(want string) int {
	if want == http.MethodPost {
		return 43002
	}
	return 43001
}

// refuseUnread answers a call that never reached the platform's inside.
func (s *Server) refuseUnread(code int) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.render(nil, refuse(code))
	a.date = s.now()
	return a
}

// perform carries out a call and everything a fault adds to it as one step: whatever
// the caller gets to see afterwards, the journal already holds the truth.
func (s *Server) perform(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	s.identify(c)
	c.plan = s.plan(c)
	c.now = s.now().Add(c.plan.skew)
	if c.plan.vanish {
		s.vanishBefore(c)
	}
	a := s.answer(c, c.plan.main)
	if c.plan.shift != nil && c.done {
		s.shiftPages(c, c.plan.shift)
	}
	a.date = c.now
	return a
}

func (s *Server) answer(c *call, f *Fault) answer {
	if f != nil {
		if a, instead := s.before(c, f); instead {
			return a
		}
	}
	value, ref := s.handle(c)
	c.done = ref == nil
	a := s.render(value, ref)
	if f != nil {
		s.after(f, &a)
	}
	return a
}

func (s *Server) handle(c *call) (any, *refusal) {
	if c.endpoint.side != sideAuth {
		if ref := s.authenticate(c); ref != nil {
			return nil, ref
		}
	}
	return c.endpoint.handle(c)
}

// answer is what goes back to the client, and how.
type answer struct {
	status      int
	contentType string
	retryAfter  string
	date        time.Time // of the server's clock
	body        []byte
	hold        bool          // wait first, until the client leaves or delay has passed
	delay       time.Duration // 0 waits for the client only
	drop        bool          // close the connection instead of answering
}

func (s *Server) deliver(w http.ResponseWriter, r *http.Request, a answer) {
	if a.hold && !wait(r.Context(), a.delay) || a.drop {
		abort(w)
		return
	}
	h := w.Header()
	if !a.date.IsZero() {
		h.Set("Date", a.date.UTC().Format(http.TimeFormat))
	}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have left
}

// wait blocks for d, or for as long as ctx lives when d is 0, and reports whether the
// client is still there.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		<-ctx.Done()
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// abort closes the connection without an answer.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// now returns the platform's time, without a monotonic reading so that instants compare.
func (s *Server) now() time.Time { return time.Now().Add(s.offset).Round(0).UTC() }

// nextID returns a number that the platform has not given before.
func (s *Server) nextID() int64 {
	s.issued++
	return s.cfg.FirstID + s.issued
}

// secret returns a string of n characters that looks random and is the same in every
// run with the same FirstID.
func (s *Server) secret(n int) string {
	s.issued++
	var out strings.Builder
	for i := 0; out.Len() < n; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d", s.cfg.FirstID, s.issued, i))
		out.WriteString(base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	return out.String()[:n]
}
