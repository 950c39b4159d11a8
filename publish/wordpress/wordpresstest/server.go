package wordpresstest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the fake site: an [http.Handler] with state. All its methods are safe for concurrent use. It starts nothing
// and needs no closing. Create it with [New].
type Server struct {
	cfg Config

	mu       sync.Mutex // guards everything below
	offset   time.Duration
	items    int64 // posts and media
	said     int64 // comments
	people   int64
	secrets  int64
	users    []*user
	posts    []*post
	comments []*comment
	media    []*media
	faults   []*scripted
	calls    map[string]int
	fired    map[FaultName]int
}

// New returns a site without users and posts. cfg may be nil and is not retained.
func New(cfg *Config) *Server {
	s := &Server{cfg: cfg.withDefaults(), calls: map[string]int{}, fired: map[FaultName]int{}}
	s.cfg.MetaKeys = slices.Clone(s.cfg.MetaKeys)
	return s
}

// side tells reading endpoints from writing ones.
type side string

const (
	sideRead  side = "read"
	sideWrite side = "write"
)

// endpoint is one wire call.
type endpoint struct {
	name   string // such as posts.create
	method string // allowed methods, separated by a space
	side   side
	list   bool // answers with pages
	handle func(*Server, *call) (any, *refusal)
}

const editable = "POST PUT PATCH"

// routes lists the endpoints below /wp/v2 by path, where * stands for an id.
var routes = map[string][]endpoint{
	"posts": {
		{name: "posts.list", method: "GET", side: sideRead, list: true, handle: (*Server).listPosts},
		{name: "posts.create", method: "POST", side: sideWrite, handle: (*Server).createPost},
	},
	"posts/*": {
		{name: "posts.get", method: "GET", side: sideRead, handle: (*Server).getPost},
		{name: "posts.edit", method: editable, side: sideWrite, handle: (*Server).editPost},
		{name: "posts.delete", method: "DELETE", side: sideWrite, handle: (*Server).deletePost},
	},
	"comments": {
		{name: "comments.list", method: "GET", side: sideRead, list: true, handle: (*Server).listComments},
		{name: "comments.create", method: "POST", side: sideWrite, handle: (*Server).createComment},
	},
	"comments/*": {
		{name: "comments.get", method: "GET", side: sideRead, handle: (*Server).getComment},
		{name: "comments.edit", method: editable, side: sideWrite, handle: (*Server).editComment},
		{name: "comments.delete", method: "DELETE", side: sideWrite, handle: (*Server).deleteComment},
	},
	"media": {
		{name: "media.list", method: "GET", side: sideRead, list: true, handle: (*Server).listMedia},
		{name: "media.create", method: "POST", side: sideWrite, handle: (*Server).createMedia},
	},
	"media/*": {
		{name: "media.get", method: "GET", side: sideRead, handle: (*Server).getMedia},
		{name: "media.edit", method: editable, side: sideWrite, handle: (*Server).editMedia},
		{name: "media.delete", method: "DELETE", side: sideWrite, handle: (*Server).deleteMedia},
	},
	"users/me": {{name: "users.me", method: "GET", side: sideRead, handle: (*Server).me}},
}

// outside are the endpoints that are not below /wp/v2.
var outside = map[string]endpoint{
	"/":                      {name: "index", method: "GET", side: sideRead, handle: (*Server).index},
	"/wp-comments-post.php":  {name: "form", method: "POST", side: sideWrite, handle: (*Server).commentForm},
	"/wp-comments-post.php/": {name: "form", method: "POST", side: sideWrite, handle: (*Server).commentForm},
}

// route finds the endpoint of a request and the id in its path.
func route(r *http.Request) (e *endpoint, id string) {
	path, rest := strings.CutPrefix(r.URL.Path, "/wp-json")
	if given := r.URL.Query().Get("rest_route"); given != "" {
		path, rest = given, true
	}
	if path == "" {
		path = "/"
	}
	method := r.Method
	if override := r.Header.Get("X-HTTP-Method-Override"); override != "" && method == http.MethodPost {
		method = strings.ToUpper(override)
	}
	if other, ok := outside[path]; ok && rest == (path == "/") {
		return &other, ""
	}
	path, below := strings.CutPrefix(path, "/wp/v2/")
	path = strings.TrimSuffix(path, "/")
	if !rest || !below {
		return nil, ""
	}
	if head, tail, ok := strings.Cut(path, "/"); ok && tail != "" && strings.Trim(tail, "0123456789") == "" {
		path, id = head+"/*", tail
	}
	for _, e := range routes[path] {
		if slices.Contains(strings.Fields(e.method), method) || method == http.MethodHead && e.side == sideRead {
			return &e, id
		}
	}
	return nil, ""
}

// ServeHTTP answers the site's calls and the control calls that the package comment lists. A scripted fault may close
// the connection; where that cannot be done ServeHTTP panics with [http.ErrAbortHandler], which an HTTP server turns
// into the same and a test with a recorder has to recover.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, s.cfg.ControlPrefix) {
		s.control(w, r)
		return
	}
	c := &call{site: s.cfg.SiteURL}
	if c.site == "" {
		c.site = "http://" + r.Host
	}
	c.endpoint, c.item = route(r)
	switch {
	case c.endpoint == nil && r.URL.Path == "/" && !r.URL.Query().Has("rest_route"):
		home := webPage(http.StatusOK, s.cfg.Title)
		home.header = c.discovery()
		s.deliver(w, r, home)
	case c.endpoint == nil && !strings.HasPrefix(r.URL.Path, "/wp-json") && !r.URL.Query().Has("rest_route"):
		s.deliver(w, r, webPage(http.StatusNotFound, "Page not found"))
	case c.endpoint == nil:
		s.deliver(w, r, c.render(nil, noRoute()))
	case c.endpoint.name == "form" && r.Method != http.MethodPost:
		s.deliver(w, r, answer{status: http.StatusMethodNotAllowed, contentType: "text/plain", header: http.Header{"Allow": {"POST"}}})
	case s.refusedAtDoor(c):
		s.deliver(w, r, answer{drop: true})
	default:
		if a, instead := s.read(c, w, r); instead {
			s.deliver(w, r, a)
			return
		}
		s.deliver(w, r, s.perform(c))
	}
}

// perform carries out a call and everything a fault adds to it as one step: whatever the caller gets to see afterwards,
// the journal already holds the truth.
func (s *Server) perform(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authenticate(c)
	p := s.plan(c)
	c.now = s.now().Add(p.skew)
	c.shadow, c.pending, c.later, c.rewrite = p.shadow, p.pending, p.later, p.rewrite
	s.publishDue(c.now)
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
	var value any
	ref := c.broken
	if ref == nil {
		value, ref = c.endpoint.handle(s, c)
	}
	c.done = ref == nil
	a := c.render(value, ref)
	if f != nil {
		s.after(c, f, &a)
	}
	return a
}

// answer is what goes back to the client, and how.
type answer struct {
	status      int
	contentType string
	header      http.Header
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
	maps.Copy(h, a.header)
	if !a.date.IsZero() {
		h.Set("Date", a.date.UTC().Format(http.TimeFormat))
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // the client may have left
	}
}

// wait blocks for d, or for as long as ctx lives when d is 0, and reports whether the client is still there.
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

// now returns the site's time, without a monotonic reading so that instants compare.
func (s *Server) now() time.Time { return time.Now().Add(s.offset).Round(0).UTC() }

// nextItem returns the id of a new post or file, nextComment that of a new comment.
func (s *Server) nextItem() int64 {
	s.items++
	return s.cfg.FirstID + s.items - 1
}

func (s *Server) nextComment() int64 {
	s.said++
	return s.cfg.FirstID + s.said - 1
}

// Journal is what the server really holds, whatever its answers said.
type Journal struct {
	Now      time.Time         `json:"now"`
	Users    []User            `json:"users"`    // oldest first
	Posts    []Post            `json:"posts"`    // oldest first, deleted ones included
	Comments []Comment         `json:"comments"` // oldest first, deleted ones included
	Media    []Media           `json:"media"`    // oldest first, deleted ones included
	Calls    map[string]int    `json:"calls"`    // arrived calls by endpoint, such as posts.create
	Faults   map[FaultName]int `json:"faults"`   // calls that each kind of fault has hit
}

// Journal returns a copy of the server's state.
func (s *Server) Journal() Journal {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.publishDue(now)
	j := Journal{
		Now: now, Users: make([]User, 0, len(s.users)), Posts: make([]Post, 0, len(s.posts)),
		Comments: make([]Comment, 0, len(s.comments)), Media: make([]Media, 0, len(s.media)),
		Calls: maps.Clone(s.calls), Faults: maps.Clone(s.fired),
	}
	for _, u := range s.users {
		j.Users = append(j.Users, u.User)
	}
	for _, p := range s.posts {
		held := p.Post
		held.Meta = maps.Clone(p.Meta)
		j.Posts = append(j.Posts, held)
	}
	for _, c := range s.comments {
		j.Comments = append(j.Comments, c.Comment)
	}
	for _, m := range s.media {
		j.Media = append(j.Media, m.Media)
	}
	return j
}
