package weibotest

import "time"

// Level is the authorisation level (授权级别) of an application. It decides how long
// access tokens live. Tokens of the application's own developer live five years at
// every level (open.weibo.com/wiki/授权机制, quoted in 2019; whether the table still
// holds is not known, which is why clients must trust expires_in).
type Level string

// The levels and the lifetime of their tokens. The empty level is [LevelNormal].
const (
	LevelTest    Level = "test"    // one day; only test users may call, others get 21321
	LevelNormal  Level = "normal"  // 7 days
	LevelMiddle  Level = "middle"  // 15 days
	LevelHigh    Level = "high"    // 30 days
	LevelPartner Level = "partner" // 90 days
)

const developerLifetime = 157679999 * time.Second

func (l Level) lifetime() time.Duration {
	const day = 24 * time.Hour
	switch l {
	case LevelTest:
		return day
	case LevelMiddle:
		return 15 * day
	case LevelHigh:
		return 30 * day
	case LevelPartner:
		return 90 * day
	default:
		return 7 * day
	}
}

// App is an application (应用) registered on the platform.
type App struct {
	Key         string   `json:"key"`                 // client_id, also called appkey
	Secret      string   `json:"secret"`              // client_secret
	Name        string   `json:"name,omitempty"`      // shown as the source of its posts
	RedirectURI string   `json:"redirect_uri"`        // must match exactly; empty accepts any
	SafeDomains []string `json:"safe_domains"`        // 安全域名; a post must link to one of them
	Refreshable bool     `json:"refreshable"`         // issues refresh tokens, as mobile SDK apps do
	Level       Level    `json:"level,omitempty"`     // empty means LevelNormal
	OwnerUID    string   `json:"owner_uid,omitempty"` // the developer's own account
	TestUIDs    []string `json:"test_uids,omitempty"` // who may call while the level is LevelTest
}

// User is an account (帐号) on the platform.
type User struct {
	UID            string `json:"uid"` // decimal; empty asks for a fresh one
	ScreenName     string `json:"screen_name"`
	Description    string `json:"description,omitempty"`
	Verified       bool   `json:"verified"`
	VerifiedType   int    `json:"verified_type"` // 1 is government (政府); sent as -1 while not Verified
	VerifiedReason string `json:"verified_reason,omitempty"`
	Followers      int    `json:"followers"`
	Friends        int    `json:"friends"`
	Banned         bool   `json:"banned"`                    // frozen: unseen, its tokens are dead
	Avatar         string `json:"avatar,omitempty"`          // names the picture in its addresses; empty means "0"
	CommentsClosed bool   `json:"comments_closed,omitempty"` // only the account itself may comment on its posts
}

// Credentials is what an authorisation yields. They are this fake's and worth nothing
// elsewhere, so nothing redacts them.
type Credentials struct {
	AppKey         string    `json:"app"`
	UID            string    `json:"uid"`
	AccessToken    string    `json:"access_token"`
	Expires        time.Time `json:"expires"`
	RefreshToken   string    `json:"refresh_token,omitempty"` // only for a Refreshable app
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
}

// Picture describes an accepted picture; its bytes are not kept.
type Picture struct {
	MediaType string `json:"media_type"`
	Size      int    `json:"size"`   // bytes
	SHA256    string `json:"sha256"` // lower-case hexadecimal
}

// Item is what posts and comments have in common. It is a copy: changing it changes
// nothing on the server.
type Item struct {
	ID        string    `json:"id"`      // decimal
	UID       string    `json:"uid"`     // author
	AppKey    string    `json:"app"`     // application that sent it, empty when typed on the website
	Text      string    `json:"text"`    // as sent
	Shown     string    `json:"shown"`   // as readers get it
	RIP       string    `json:"rip"`     // end user's address as sent
	Created   time.Time `json:"created"` // platform time
	VisibleAt time.Time `json:"visible_at"`
	Visible   bool      `json:"visible"` // whether a reader gets it now
	Shadow    bool      `json:"shadow"`  // answered as success, never visible
	Hidden    bool      `json:"hidden"`
	Deleted   bool      `json:"deleted"`
	Edited    bool      `json:"edited"`
}

// Post is a post (微博) as the server holds it.
type Post struct {
	Item
	MID            string   `json:"mid"` // base62, see [MID]
	Picture        *Picture `json:"picture,omitempty"`
	CommentsClosed bool     `json:"comments_closed"`
	Reposts        int      `json:"reposts"`
	Attitudes      int      `json:"attitudes"`
}

// Comment is a comment (评论) as the server holds it.
type Comment struct {
	Item
	PostID   string `json:"post_id"`
	ParentID string `json:"parent_id,omitempty"` // the comment it answers
}

// account, post, comment, token and grant are the server's own records. All of them
// are guarded by Server.mu.
type account struct {
	User
	id       int64
	posts    []*post
	sent     quota             // posts this hour
	commentQ quota             // comments this hour
	calls    map[string]*quota // calls this day by application
}

type record struct {
	id                              int64
	author                          *account
	app                             *App
	text, shown, rip                string
	created, visibleAt              time.Time
	shadow, hidden, deleted, edited bool
}

type post struct {
	record
	picture            *Picture
	comments           []*comment
	closed             bool
	reposts, attitudes int
}

type comment struct {
	record
	post   *post
	parent *comment
}

type token struct {
	access, refresh string
	app             *App
	user            *account
	scope           string
	created         time.Time
	expires         time.Time
	refreshExpires  time.Time
	dead            int // the error code it answers with, 0 while it lives
}

type grant struct {
	app      *App
	user     *account
	redirect string
	expires  time.Time
}

func (r *record) key() int64 { return r.id }

func (r *record) visible(now time.Time) bool {
	return !r.deleted && !r.hidden && !r.shadow && !r.author.Banned && !now.Before(r.visibleAt)
}

func (r *record) item(now time.Time) Item {
	it := Item{
		ID: formatID(r.id), UID: r.author.UID, Text: r.text, Shown: r.shown, RIP: r.rip,
		Created: r.created, VisibleAt: r.visibleAt, Visible: r.visible(now),
		Shadow: r.shadow, Hidden: r.hidden, Deleted: r.deleted, Edited: r.edited,
	}
	if r.app != nil {
		it.AppKey = r.app.Key
	}
	return it
}

func (p *post) snapshot(now time.Time) Post {
	out := Post{
		Item: p.item(now), MID: MID(p.id), CommentsClosed: p.closed,
		Reposts: p.reposts, Attitudes: p.attitudes,
	}
	if p.picture != nil {
		pic := *p.picture
		out.Picture = &pic
	}
	return out
}

func (c *comment) snapshot(now time.Time) Comment {
	out := Comment{Item: c.item(now), PostID: formatID(c.post.id)}
	if c.parent != nil {
		out.ParentID = formatID(c.parent.id)
	}
	return out
}

// quota counts uses within the newest window it has seen.
type quota struct {
	window time.Time
	n      int
}

func (q *quota) used(window time.Time) int {
	if q == nil || !q.window.Equal(window) {
		return 0
	}
	return q.n
}

func (q *quota) spend(window time.Time) {
	q.n = q.used(window) + 1
	q.window = window
}

// beijing is the zone of every time on the wire.
func beijing() *time.Location { return time.FixedZone("CST", 8*60*60) }

func hourOf(t time.Time) time.Time { return t.Truncate(time.Hour) }

func dayOf(t time.Time) time.Time {
	y, m, d := t.In(beijing()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, beijing())
}
