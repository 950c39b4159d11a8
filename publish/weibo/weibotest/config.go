package weibotest

import "time"

// Config sets the limits and habits of the platform. The zero value is an ordinary
// reviewed application's day; a nil *Config means the same. For every limit and
// duration zero means the documented default and a negative value means "no limit".
type Config struct {
	// TextLength counts a post or comment in Chinese characters. Nil means [TextLength].
	TextLength func(text string) int

	// MaxText is the longest text in those units, 140 by default. Longer is 20012.
	MaxText int

	// MaxPicture is the size in bytes from which a picture is refused with 20006,
	// 5 MiB by default. A multipart request more than 1 MiB larger than the larger of
	// the two, and any other request above 1 MiB, is refused with 10018.
	MaxPicture int64

	// PostsPerHour is how many posts one user may send in a clock hour, 30 by
	// default. More is 20016.
	PostsPerHour int

	// CommentsPerHour is how many comments and replies one user may send in a clock
	// hour, 60 by default. More is 10024.
	CommentsPerHour int

	// CallsPerDay is how many calls of any kind one user may make through one
	// application in a Beijing day. More is 10023. Zero means no limit, because it is
	// not known whether the documented 100 are enforced.
	CallsPerDay int

	// DuplicateWindow is how long a text is remembered so that the same user sending
	// it again is refused with 20019, one hour by default.
	DuplicateWindow time.Duration

	// TimelineWindow is how many of the newest posts statuses/user_timeline shows at
	// all, 5 by default.
	TimelineWindow int

	// VisibilityDelay is how long a new post or comment stays invisible to every
	// reading call, none by default.
	VisibilityDelay time.Duration

	// TokenLifetime is how long access tokens live. Zero means the official table by
	// application level, see [Level].
	TokenLifetime time.Duration

	// RefreshLifetime is how long refresh tokens live, 30 days by default.
	RefreshLifetime time.Duration

	// CodeLifetime is how long an authorisation code lives, 10 minutes by default.
	CodeLifetime time.Duration

	// RotateRefresh makes every refresh answer with a new refresh token and spends
	// the old one.
	RotateRefresh bool

	// ApproveUID is the user who approves every authorisation request that does not
	// carry fake_uid. Empty means that such a request gets a page to choose on.
	ApproveUID string

	// ErrorStatus is the HTTP status of every API error, for example 200, which has
	// been seen. Zero means 403 for missing permission and limits and 400 otherwise.
	ErrorStatus int

	// AllowMissingRIP lets writes omit rip, the end user's address. The documents
	// require it; clients older than that, npm weibo among them, do not send it.
	AllowMissingRIP bool

	// LenientDecode undoes the second percent-encoding that old clients, npm weibo
	// among them, apply to texts inside multipart requests.
	LenientDecode bool

	// ShowDeleted makes statuses/show answer for a deleted post with the short object that stands for it inside
	// other objects (deleted "1") instead of 20101.
	ShowDeleted bool

	// FirstID is the lowest id of posts and comments, 9100000000000001 by default. The
	// platform never gives an id twice; a test or demonstration that keeps receipts of an
	// earlier server sets one above those. Make it odd, see the remark at the default.
	FirstID int64

	// StringTypes answers error_code, the numbers of get_token_info and the result
	// of revokeoauth2 as strings, as the tables of the documents have them. Real
	// answers carry numbers and a boolean.
	StringTypes bool
}

func (c *Config) withDefaults() Config {
	var out Config
	if c != nil {
		out = *c
	}
	if out.TextLength == nil {
		out.TextLength = TextLength
	}
	orDefault(&out.MaxText, 140)
	orDefault(&out.MaxPicture, 5<<20)
	orDefault(&out.PostsPerHour, 30)
	orDefault(&out.CommentsPerHour, 60)
	orDefault(&out.CallsPerDay, -1)
	orDefault(&out.DuplicateWindow, time.Hour)
	orDefault(&out.TimelineWindow, 5)
	orDefault(&out.RefreshLifetime, 30*24*time.Hour)
	orDefault(&out.CodeLifetime, 10*time.Minute)
	orDefault(&out.FirstID, firstID)
	return out
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// over reports whether n exceeds a limit, where a negative limit is none.
func over[T int | int64](n, limit T) bool { return limit >= 0 && n > limit }

// lifetime returns how long a secret lives, where a negative setting is forever.
func lifetime(d time.Duration) time.Duration {
	if d < 0 {
		return 100 * 365 * 24 * time.Hour
	}
	return d
}
