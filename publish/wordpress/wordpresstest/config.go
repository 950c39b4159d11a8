package wordpresstest

import (
	"strings"
	"time"
)

// Moderation says whose comments wait for a moderator.
type Moderation string

// The settings of the page Discussion. The empty one is ModerateFirst, as in a fresh WordPress.
const (
	ModerateFirst Moderation = "first" // a comment waits until its author has one that was approved
	ModerateAll   Moderation = "all"   // every comment of those who may not moderate waits
	ModerateNone  Moderation = "none"  // no comment waits
)

// Config sets the habits of the site. The zero value is a fresh WordPress in China's zone; a nil *Config means the same.
// For every limit and duration zero means the default and a negative value means "no limit".
type Config struct {
	// Title is the name of the site; empty means 某市人民政府.
	Title string

	// SiteURL stands in front of every address that the site gives. Empty means http:// and the host of the request.
	SiteURL string

	// Zone is the site's time zone, in which dates without a suffix are read and written; nil means UTC+8.
	Zone *time.Location

	// ControlPrefix is where the control calls are, "/_fake/" by default. It begins and ends in a slash.
	ControlPrefix string

	// FirstID is the lowest id of posts and media, and of comments; 1 by default.
	FirstID int64

	// MetaKeys are the meta fields that a plugin has registered for posts. Others are ignored without a word, as by a
	// WordPress without plugins.
	MetaKeys []string

	// AnonymousComments lets REST accept comments without authentication. A fresh WordPress refuses them with 401
	// rest_comment_login_required and takes them by its form only.
	AnonymousComments bool

	// LoginToComment refuses the form's comments (403), too.
	LoginToComment bool

	// Moderation says whose comments are held.
	Moderation Moderation

	// FloodWindow is how soon a second comment of one user, address or mailbox is refused, 15 seconds by default.
	// Editors and administrators are exempt.
	FloodWindow time.Duration

	// MaxUpload is the size in bytes above which a file is refused, 16 MiB by default: in a form by PHP (500
	// rest_upload_unknown_error), as a raw body, which PHP does not measure, by a server in front (a page with 413).
	MaxUpload int64

	// NoTrash is a site whose EMPTY_TRASH_DAYS is 0: 501 rest_trash_not_supported.
	NoTrash bool

	// Production accepts application passwords over TLS only, as a WordPress does whose environment is not "local".
	// Over plain HTTP everybody is anonymous then.
	Production bool
}

func (c *Config) withDefaults() Config {
	var out Config
	if c != nil {
		out = *c
	}
	if out.Zone == nil {
		out.Zone = time.FixedZone("CST", 8*60*60)
	}
	out.SiteURL = strings.TrimRight(out.SiteURL, "/")
	orDefault(&out.Title, "某市人民政府")
	orDefault(&out.ControlPrefix, "/_fake/")
	orDefault(&out.FirstID, 1)
	orDefault(&out.Moderation, ModerateFirst)
	orDefault(&out.FloodWindow, 15*time.Second)
	orDefault(&out.MaxUpload, 16<<20)
	return out
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
