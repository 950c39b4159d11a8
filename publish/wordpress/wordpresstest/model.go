package wordpresstest

import (
	"strconv"
	"strings"
	"time"
)

// Role is what a user may do.
type Role string

// The roles, from the most powerful to the least. The empty one is Subscriber.
const (
	Administrator Role = "administrator"
	Editor        Role = "editor"      // everybody's posts and comments; may write unfiltered HTML
	Author        Role = "author"      // publishes own posts and uploads
	Contributor   Role = "contributor" // writes drafts that others publish
	Subscriber    Role = "subscriber"  // reads and comments
)

// rank orders the roles; 0 is nobody at all.
func (r Role) rank() int {
	switch r {
	case Administrator:
		return 5
	case Editor:
		return 4
	case Author:
		return 3
	case Contributor:
		return 2
	case Subscriber, "":
		return 1
	default:
		return 0
	}
}

// User is a user of the site.
type User struct {
	ID    string `json:"id"`    // decimal; empty asks for a fresh one
	Login string `json:"login"` // what Basic authentication asks for; the e-mail address works, too
	Name  string `json:"name"`  // as shown; empty means Login
	Email string `json:"email"` // empty means login@gov.invalid
	Role  Role   `json:"role"`

	Description string `json:"description,omitempty"` // the biographical info, shown to everybody
}

// Post is a post as the server holds it. It is a copy, as everything in a [Journal]: changing it changes nothing.
type Post struct {
	ID             string            `json:"id"`
	Author         string            `json:"author"` // login
	Title          string            `json:"title"`  // as stored: HTML
	Content        string            `json:"content"`
	Excerpt        string            `json:"excerpt,omitempty"`
	Slug           string            `json:"slug"`
	Status         string            `json:"status"` // publish, future, draft, pending, private or trash
	Date           time.Time         `json:"date"`   // when it appears or appeared
	Modified       time.Time         `json:"modified"`
	Meta           map[string]string `json:"meta,omitempty"`
	FeaturedMedia  string            `json:"featured_media,omitempty"`
	CommentsClosed bool              `json:"comments_closed"`
	Shadow         bool              `json:"shadow"`  // answered as success, never visible
	Deleted        bool              `json:"deleted"` // for good
}

// Comment is a comment as the server holds it.
type Comment struct {
	ID       string    `json:"id"`
	PostID   string    `json:"post_id"`
	ParentID string    `json:"parent_id,omitempty"` // the comment it answers; WordPress does not check that there is one
	Author   string    `json:"author"`              // login; empty for a citizen
	Name     string    `json:"name"`                // as shown
	Email    string    `json:"email"`
	Text     string    `json:"text"` // as stored: HTML
	Status   string    `json:"status"`
	Date     time.Time `json:"date"`
	Shadow   bool      `json:"shadow"`
	Deleted  bool      `json:"deleted"`
}

// The states of a comment.
const (
	Approved = "approved"
	Held     = "hold"
	Spam     = "spam"
	Trashed  = "trash"
)

// Media is an uploaded file; its bytes are not kept.
type Media struct {
	ID        string    `json:"id"`
	Author    string    `json:"author"` // login
	File      string    `json:"file"`   // the name it was given
	Title     string    `json:"title"`
	Slug      string    `json:"slug"`
	MediaType string    `json:"media_type"`
	Size      int       `json:"size"`
	SHA256    string    `json:"sha256"` // lower-case hexadecimal
	AltText   string    `json:"alt_text,omitempty"`
	Date      time.Time `json:"date"`
	Shadow    bool      `json:"shadow"`
	Deleted   bool      `json:"deleted"`
}

// user, post, comment and media are the server's own records, all of them guarded by Server.mu.
type user struct {
	User
	id        int64
	passwords []string // without spaces
}

type post struct {
	Post
	id       int64
	author   *user
	featured int64
	before   string // the status before it went to the trash
}

type comment struct {
	Comment
	id, parent int64
	post       *post
	author     *user // nil for a citizen
	ip         string
}

type media struct {
	Media
	id     int64
	author *user
}

func (u *user) can(least Role) bool { return u != nil && u.Role.rank() >= least.rank() }

// mayEdit reports whether the user may change a post.
func (u *user) mayEdit(p *post) bool {
	if u.can(Editor) {
		return true
	}
	published := p.Status == statusPublish || p.Status == statusFuture || p.Status == statusPrivate
	return u != nil && p.author == u && (u.can(Author) || u.can(Contributor) && !published)
}

// mayRead reports whether the user, nil for a reader of the website, may see a post.
func (u *user) mayRead(p *post) bool {
	switch {
	case p.Deleted || p.Shadow:
		return false
	case p.Status == statusPublish:
		return true
	default:
		return u.can(Editor) || u != nil && p.author == u && u.can(Contributor)
	}
}

func (u *user) mayReadComment(c *comment) bool {
	if c.Deleted || c.Shadow || c.post.Deleted || !u.mayRead(c.post) {
		return false
	}
	return c.Status == Approved || u.can(Editor) || u != nil && c.author == u
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

func parseID(s string) (int64, bool) {
	id, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return id, err == nil && id > 0
}
