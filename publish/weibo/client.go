package weibo

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/verify"
)

// Platform is the name of this platform in registers, errors and receipts.
const Platform = "weibo"

// maxAnswer bounds what is read of one answer: a page of 200 comments, each with its author and post, takes about 1 MB.
const maxAnswer = 8 << 20

// Config configures a Client. Only AppKey is required.
type Config struct {
	// AppKey is the app's client_id (App Key) and AppSecret its client_secret (App Secret). The secret is needed
	// for [Client.Refresh] and [Client.ConnectHandler] only.
	AppKey    string
	AppSecret govmedia.Secret

	// BaseURL is where the platform is; empty means https://api.weibo.com.
	BaseURL string

	// RedirectURL is the app's registered callback address (授权回调页), the public address of ConnectHandler's
	// …/callback. Needed for ConnectHandler only.
	RedirectURL string

	// HTTPClient makes the calls; nil means one with a timeout of one minute. It is copied and follows no redirect.
	HTTPClient *http.Client

	// RealIP is sent as rip, the address of the end user, which the documents require of every write. A server that
	// publishes by itself gives its own public address. Empty sends none.
	RealIP string

	// SafeDomains are the app's safe domains (安全域名). When set, a post without a link to one of them, or to a host
	// below one, is refused before any call is made. When empty, any link will do here and the platform decides.
	SafeDomains []string

	// ClockSkew is how far the platform's clock may be behind or ahead of ours; 0 means 5 minutes.
	ClockSkew time.Duration

	// VisibleWithin is how long the platform may take to show what it has accepted; 0 means 2 minutes, the longest
	// that its error 20032 announces. A negative value means at once.
	VisibleWithin time.Duration

	// PostsPerHour and AnswersPerHour are what one account may send in a clock hour; what is over waits for the next.
	// 0 means 30 and 60, the platform's lowest published limits; a negative value means no limit of ours.
	PostsPerHour, AnswersPerHour int

	// Now is our clock; nil means time.Now.
	Now func() time.Time
}

// Client speaks for one app. It is immutable and safe for concurrent use; build it with [New].
type Client struct {
	cfg  Config
	http *resty.Client
}

var (
	_ publish.Adapter    = (*Client)(nil)
	_ publish.Finder     = (*Client)(nil)
	_ publish.Withdrawer = (*Client)(nil)
	_ reply.Channel      = (*Client)(nil)
	_ reply.Finder       = (*Client)(nil)
	_ metrics.Source     = (*Client)(nil)
	_ account.Refresher  = (*Client)(nil)

	_ account.ProfileSource = (*Client)(nil)
)

// New returns a client. The error joins everything that is wrong with cfg, each a KindInvalid. cfg is copied.
func New(cfg *Config) (*Client, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	own := *cfg
	own.BaseURL = strings.TrimRight(cmp.Or(own.BaseURL, "https://api.weibo.com"), "/")
	own.SafeDomains = nil
	for _, d := range cfg.SafeDomains {
		own.SafeDomains = append(own.SafeDomains, strings.ToLower(strings.TrimSpace(d)))
	}
	if own.ClockSkew == 0 {
		own.ClockSkew = 5 * time.Minute
	}
	if own.VisibleWithin == 0 {
		own.VisibleWithin = 2 * time.Minute
	}
	own.VisibleWithin = max(0, own.VisibleWithin)
	own.PostsPerHour = cmp.Or(own.PostsPerHour, 30)
	own.AnswersPerHour = cmp.Or(own.AnswersPerHour, 60)
	if own.Now == nil {
		own.Now = time.Now
	}
	if err := own.validate(); err != nil {
		return nil, err
	}
	h := resty.NewWithClient(wire.Client(own.HTTPClient)).
		SetRetryCount(0).
		SetLogger(silent{}).
		SetResponseBodyLimit(maxAnswer).
		SetBaseURL(own.BaseURL).
		SetHeader("User-Agent", "govmedia").
		SetHeader("Accept", "application/json")
	return &Client{cfg: own, http: h}, nil
}

func (c *Config) validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, govmedia.Errorf(govmedia.KindInvalid, "weibo.new", format, args...))
	}
	if strings.TrimSpace(c.AppKey) == "" {
		bad("AppKey is empty; it is the App Key of the app's page on open.weibo.com")
	}
	if !absolute(c.BaseURL) {
		bad("BaseURL must be an http or https address without query")
	}
	if c.RedirectURL != "" && !absolute(c.RedirectURL) {
		bad("RedirectURL must be an http or https address without query")
	}
	if _, err := netip.ParseAddr(c.RealIP); c.RealIP != "" && err != nil {
		bad("RealIP %q is not an IP address", c.RealIP)
	}
	for _, d := range c.SafeDomains {
		if d == "" || strings.ContainsAny(d, ":/ ") {
			bad("safe domain %q must be a bare host name such as www.gov.cn", d)
		}
	}
	if c.ClockSkew < 0 {
		bad("ClockSkew is negative")
	}
	return errors.Join(errs...)
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// App implements [publish.Adapter], [reply.Channel] and [metrics.Source].
func (c *Client) App() account.App { return account.App{Platform: Platform, Key: c.cfg.AppKey} }

// Limits implements [publish.Adapter]: 140 字 as [TextLength] counts, with a link to a safe domain, and one JPEG, GIF or
// PNG of less than 5 MB. Films and further pictures are beyond what statuses/share takes
// (open.weibo.com/wiki/2/statuses/share, read 2026-11-22).
//
// The hourly limits are those of the page on rate limiting (open.weibo.com/wiki/Rate-limiting, read 2026-11-22).
func (c *Client) Limits() publish.Limits {
	limits := publish.Limits{
		Text: textLimit(), VisibleWithin: c.cfg.VisibleWithin,
		Media: publish.MediaLimit{Pictures: maxPictures, Picture: publish.FileLimit{MaxBytes: maxPicture, Types: pictureTypes()}},
		Check: func(r publish.Rendition) error { return c.linked("statuses/share", r.Text) },
	}
	if c.cfg.PostsPerHour > 0 {
		limits.Quotas = []publish.Quota{{Name: "posts", Limit: c.cfg.PostsPerHour, Per: time.Hour}}
	}
	return limits
}

// AnswerLimits implements [reply.Channel]: 140 字 as [TextLength] counts.
func (c *Client) AnswerLimits() reply.Limits {
	limits := reply.Limits{Text: textLimit(), VisibleWithin: c.cfg.VisibleWithin}
	if c.cfg.AnswersPerHour > 0 {
		limits.Quotas = []reply.Quota{{Name: "comments", Limit: c.cfg.AnswersPerHour, Per: time.Hour}}
	}
	return limits
}

func textLimit() verify.TextLimit {
	return verify.TextLimit{Platform: Platform, Max: 140, Unit: "字", Count: TextLength}
}

// silent keeps resty from writing to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
