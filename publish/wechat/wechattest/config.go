package wechattest

import (
	"net/http"
	"strings"
	"time"
)

// Config sets the limits and habits of the platform. The zero value is a verified
// account's ordinary day; a nil *Config means the same. Unless a field says otherwise,
// zero means the documented default and a negative value means "no limit".
type Config struct {
	// ControlPrefix is the path below which the control calls live, "/_fake/" by
	// default. Several fakes on one listener have one each. It is below none of
	// [Server.Prefixes].
	ControlPrefix string

	// FirstID is the lowest publish_id, msg_id and msg_data_id, 2247483650 by default
	// (beyond 2^31, as seen); media ids, article ids and tokens are derived from it. The
	// platform never gives an id twice; a test or demonstration that keeps receipts of
	// an earlier server sets one above those.
	FirstID int64

	// TokenLifetime is how long access tokens live, two hours by default. silenceper's
	// SDK caches no token that lives 1500 s or less.
	TokenLifetime time.Duration

	// TokenOverlap is how long an ordinary token goes on working after a newer one was
	// fetched, five minutes by default and none when negative.
	TokenOverlap time.Duration

	// TokenLength is how long a token is, 157 by default and at least 32. The platform
	// asks clients to keep 512 characters free.
	TokenLength int

	// MaxTitle, MaxAuthor and MaxDigest count characters: 64 (45003), 8 (45110) and
	// 120 (45004) by default. The current documents say 32, 16 and 128, older ones and
	// the console what is the default here; the journal warns about titles above 32.
	MaxTitle, MaxAuthor, MaxDigest int

	// MaxContent is from how many characters an article's content is refused, 20,000 by
	// default, and MaxContentBytes from how many bytes, 1 MiB. Both are 45002.
	MaxContent, MaxContentBytes int

	// MaxSourceURL is the longest content_source_url in bytes, 1024 by default: 45005.
	MaxSourceURL int

	// MaxArticles is how many articles a draft holds, 8 by default: 45008.
	MaxArticles int

	// MaxReply is the longest reply to a comment in characters, 140 by default: 88007.
	MaxReply int

	// MaxElected is how many comments on one article may be elected, 100 by default: 88003.
	MaxElected int

	// ProcessPolls is how many polls of a publication or mass message find it still in
	// work, 1 by default and none when negative. ProcessDelay is after how long it is
	// through although nobody asked, 30 seconds of platform time by default and never
	// when negative. Whatever comes first.
	ProcessPolls int
	ProcessDelay time.Duration

	// VisibilityDelay is how long a new draft is missing from draft/batchget and
	// draft/count and a new publication from freepublish/batchget, none by default.
	VisibilityDelay time.Duration

	// KeepDrafts keeps a draft in the box until its publication or mass message is
	// through. Otherwise it leaves when the job is accepted. Either way it is back when
	// the job fails.
	KeepDrafts bool

	// StringPublishID sends publish_id as a string, as the documents have it; real
	// answers carry a number.
	StringPublishID bool

	// ReplyArray sends the reply to a comment as an array, as some samples have it,
	// instead of an object.
	ReplyArray bool

	// OldPublishEvent names the event of a finished publication FREEPUBLISHJOBFINISH,
	// as older documents do; what developers receive is PUBLISHJOBFINISH.
	OldPublishEvent bool

	// Escapes is what happens to \uXXXX in a request: refused with 40033 by default.
	Escapes Escapes

	// MassPerDay is how many mass messages a subscription account may send in a Beijing
	// day, 1 by default; MassPerMonth how many a service account's follower may get in
	// a calendar month, 4 by default. More is 45028.
	MassPerDay, MassPerMonth int

	// MassPerMinute is how many mass/sendall and mass/send calls an account may make in
	// a minute, 60 by default. More is 42010.
	MassPerMinute int

	// MessagesPerWindow is how many customer messages may follow a citizen's message or
	// payment, 5 by default (20 until 2021). More is 45047.
	MessagesPerWindow int

	// DailyLimits overrides how many calls of an endpoint, such as
	// "freepublish/submit", an account may make in a Beijing day; negative is no limit.
	// More is 45009. The documented limits are the default, 100,000 where none is known.
	DailyLimits map[string]int

	// Client carries pushes where the caller names no client, as the control call
	// "deliver" does not. Nil is a client of its own.
	Client *http.Client
}

// Escapes is what the platform does to \uXXXX in a JSON request.
type Escapes string

// What happens to escapes. The official code is 40033; some endpoints were seen to show
// them literally, and a few to understand them.
const (
	EscapesRefused Escapes = ""        // 40033
	EscapesLiteral Escapes = "literal" // readers see \u003cp\u003e
	EscapesDecoded Escapes = "decoded" // as JSON means them
)

func (c *Config) withDefaults() Config {
	var out Config
	if c != nil {
		out = *c
	}
	orDefault(&out.ControlPrefix, "/_fake/")
	if !strings.HasSuffix(out.ControlPrefix, "/") {
		out.ControlPrefix += "/"
	}
	orDefault(&out.FirstID, firstID)
	orDefault(&out.TokenLifetime, 2*time.Hour)
	orDefault(&out.TokenOverlap, 5*time.Minute)
	orDefault(&out.TokenLength, 157)
	orDefault(&out.MaxTitle, 64)
	orDefault(&out.MaxAuthor, 8)
	orDefault(&out.MaxDigest, 120)
	orDefault(&out.MaxContent, 20_000)
	orDefault(&out.MaxContentBytes, 1<<20)
	orDefault(&out.MaxSourceURL, 1<<10)
	orDefault(&out.MaxArticles, 8)
	orDefault(&out.MaxReply, 140)
	orDefault(&out.MaxElected, 100)
	orDefault(&out.ProcessPolls, 1)
	orDefault(&out.ProcessDelay, 30*time.Second)
	orDefault(&out.MassPerDay, 1)
	orDefault(&out.MassPerMonth, 4)
	orDefault(&out.MassPerMinute, 60)
	orDefault(&out.MessagesPerWindow, 5)
	if out.Client == nil {
		out.Client = &http.Client{}
	}
	return out
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// over reports whether n exceeds a limit, where a negative limit is none.
func over(n, limit int) bool { return limit >= 0 && n > limit }

// lifetime returns how long a token lives, where a negative setting is forever.
func lifetime(d time.Duration) time.Duration {
	if d < 0 {
		return 100 * 365 * 24 * time.Hour
	}
	return d
}
