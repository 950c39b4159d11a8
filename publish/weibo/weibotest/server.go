package weibotest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ids start above 2^53 and are all odd, so that a client which reads them as
// floating point numbers always gets a different one.
const (
	firstID  = 9_100_000_000_000_001
	firstUID = 7_000_000_001
)

// Server is the fake platform: an [http.Handler] with state. All its methods are safe
// for concurrent use. It starts nothing and needs no closing. Create it with [New].
type Server struct {
	cfg       Config
	endpoints map[string]*endpoint
	chooser   *template.Template

	mu            sync.Mutex // guards everything below
	offset        time.Duration
	issued        int64
	apps          map[string]*App
	users         map[string]*account
	names         map[string]*account
	tokens        map[string]*token
	refreshTokens map[string]*token
	codes         map[string]*grant
	posts         []*post
	comments      []*comment
	postByID      map[int64]*post
	commentByID   map[int64]*comment
	faults        []*scripted
	calls         map[string]int
	refreshes     int
	fired         map[FaultName]int
}

// New returns an empty platform: no applications, no users. cfg may be nil and is
// not retained.
func New(cfg *Config) *Server {
	s := &Server{
		cfg:           cfg.withDefaults(),
		chooser:       template.Must(template.New("authorize").Parse(chooserPage)),
		apps:          map[string]*App{},
		users:         map[string]*account{},
		names:         map[string]*account{},
		tokens:        map[string]*token{},
		refreshTokens: map[string]*token{},
		codes:         map[string]*grant{},
		postByID:      map[int64]*post{},
		commentByID:   map[int64]*comment{},
		calls:         map[string]int{},
		fired:         map[FaultName]int{},
	}
	s.endpoints = s.routes()
	return s
}

// side tells which of the platform's surfaces an endpoint belongs to.
type side string

const (
	sideRead  side = "read"
	sideWrite side = "write"
	sideAuth  side = "auth"
)

// endpoint is one wire call.
type endpoint struct {
	name   string // such as statuses/share
	method string // allowed methods, separated by a space
	side   side
	list   bool // answers with pages of posts or comments
	handle func(*call) (any, *refusal)
}

func (e *endpoint) path() string {
	if e.side == sideAuth {
		return "/" + e.name
	}
	return "/2/" + e.name + ".json"
}

func (s *Server) routes() map[string]*endpoint {
	const get, post, both = "GET", "POST", "GET POST"
	table := []endpoint{
		{name: "oauth2/authorize", method: both, side: sideAuth, handle: s.authorize},
		{name: "oauth2/access_token", method: post, side: sideAuth, handle: s.accessToken},
		{name: "oauth2/get_token_info", method: post, side: sideAuth, handle: s.tokenInfo},
		{name: "oauth2/revokeoauth2", method: both, side: sideAuth, handle: s.revokeToken},

		{name: "statuses/share", method: post, side: sideWrite, handle: s.share},
		{name: "statuses/update", method: post, side: sideWrite, handle: s.closedToApps},
		{name: "statuses/upload", method: post, side: sideWrite, handle: s.closedToApps},
		{name: "statuses/upload_url_text", method: post, side: sideWrite, handle: s.closedToApps},
		{name: "statuses/upload_pic", method: post, side: sideWrite, handle: s.closedToApps},
		{name: "statuses/repost", method: post, side: sideWrite, handle: s.closedToApps},
		{name: "statuses/destroy", method: post, side: sideWrite, handle: s.destroyPost},
		{name: "comments/create", method: post, side: sideWrite, handle: s.createComment},
		{name: "comments/reply", method: post, side: sideWrite, handle: s.replyComment},
		{name: "comments/destroy", method: post, side: sideWrite, handle: s.destroyComment},
		{name: "comments/destroy_batch", method: post, side: sideWrite, handle: s.destroyComments},

		{name: "statuses/user_timeline", method: get, side: sideRead, list: true, handle: s.userTimeline},
		{name: "statuses/mentions", method: get, side: sideRead, list: true, handle: s.postMentions},
		{name: "statuses/show", method: get, side: sideRead, handle: s.showPost},
		{name: "statuses/count", method: get, side: sideRead, handle: s.countPosts},
		{name: "statuses/queryid", method: get, side: sideRead, handle: s.queryID},
		{name: "statuses/querymid", method: get, side: sideRead, handle: s.queryMID},
		{name: "comments/show", method: get, side: sideRead, list: true, handle: s.commentsOnPost},
		{name: "comments/to_me", method: get, side: sideRead, list: true, handle: s.commentsToMe},
		{name: "comments/by_me", method: get, side: sideRead, list: true, handle: s.commentsByMe},
		{name: "comments/timeline", method: get, side: sideRead, list: true, handle: s.commentsTimeline},
		{name: "comments/mentions", method: get, side: sideRead, list: true, handle: s.commentMentions},
		{name: "comments/show_batch", method: get, side: sideRead, handle: s.showComments},
		{name: "users/show", method: get, side: sideRead, handle: s.showUser},
		{name: "users/counts", method: get, side: sideRead, handle: s.countUsers},
		{name: "account/get_uid", method: get, side: sideRead, handle: s.getUID},
		{name: "account/rate_limit_status", method: get, side: sideRead, handle: s.rateLimits},
	}
	routes := make(map[string]*endpoint, len(table))
	for _, e := range table {
		routes[e.path()] = &e
	}
	return routes
}

// ServeHTTP answers the platform's calls and, below /_fake/, the control calls that
// the package comment lists. A scripted fault may close the connection; where that
// cannot be done ServeHTTP panics with [http.ErrAbortHandler], which an HTTP server
// turns into the same and a test with a recorder has to recover.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		s.control(w, r)
		return
	}
	c := &call{path: r.URL.Path, endpoint: s.endpoints[r.URL.Path]}
	switch {
	case c.endpoint == nil:
		s.deliver(w, r, s.render(c, nil, refuse(10020)))
	case !slices.Contains(strings.Fields(c.endpoint.method), r.Method):
		s.deliver(w, r, s.render(c, nil, refuse(10021)))
	case s.refusedAtDoor(c):
		s.deliver(w, r, answer{drop: true})
	default:
		if ref := s.read(c, w, r); ref != nil {
			s.deliver(w, r, s.render(c, nil, ref))
			return
		}
		s.deliver(w, r, s.perform(c))
	}
}

// perform carries out a call and everything a fault adds to it as one step: whatever
// the caller gets to see afterwards, the journal already holds the truth.
func (s *Server) perform(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identify(c)
	p := s.plan(c)
	c.now = s.now().Add(p.skew)
	c.shadow, c.stringCode = p.shadow, p.stringCode
	a := s.answer(c, p.main)
	if p.shift != nil && c.done {
		s.shiftPages(c, p.shift)
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
	a := s.render(c, value, ref)
	if f != nil {
		s.after(c, f, ref, &a)
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
	location    string
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
	if a.location != "" {
		h.Set("Location", a.location)
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

// nextID returns the id of a new post or comment.
func (s *Server) nextID() int64 {
	s.issued++
	return s.cfg.FirstID + 2*s.issued
}

// secret returns a string that looks random and is the same in every run.
func (s *Server) secret(prefix string) string {
	s.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", prefix, s.issued))
	return prefix + hex.EncodeToString(sum[:14])
}

// Journal is what the server really holds, whatever its answers said.
type Journal struct {
	Now       time.Time         `json:"now"`
	Users     []User            `json:"users"`     // by uid
	Posts     []Post            `json:"posts"`     // oldest first, deleted ones included
	Comments  []Comment         `json:"comments"`  // oldest first, deleted ones included
	Calls     map[string]int    `json:"calls"`     // arrived calls by endpoint, such as statuses/share
	Refreshes int               `json:"refreshes"` // arrived oauth2/access_token calls with a refresh token
	Faults    map[FaultName]int `json:"faults"`    // calls that each kind of fault has hit
}

// Journal returns a copy of the server's state.
func (s *Server) Journal() Journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	j := Journal{
		Now:       now,
		Users:     make([]User, 0, len(s.users)),
		Posts:     make([]Post, 0, len(s.posts)),
		Comments:  make([]Comment, 0, len(s.comments)),
		Calls:     maps.Clone(s.calls),
		Refreshes: s.refreshes,
		Faults:    maps.Clone(s.fired),
	}
	for _, u := range s.accounts() {
		j.Users = append(j.Users, u.User)
	}
	for _, p := range s.posts {
		j.Posts = append(j.Posts, p.snapshot(now))
	}
	for _, c := range s.comments {
		j.Comments = append(j.Comments, c.snapshot(now))
	}
	return j
}
