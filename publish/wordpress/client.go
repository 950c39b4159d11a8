package wordpress

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
const Platform = "wordpress"

// maxAnswer bounds what is read of one answer: a page of 100 posts, each as long as a regulation.
const maxAnswer = 32 << 20

// Config configures a Client. Only BaseURL is required.
type Config struct {
	// BaseURL is the address of the site, below which wp-json is: https://www.city.gov.example.
	BaseURL string

	// Site names the site in registers (account.App.Key); empty means the BaseURL without its scheme.
	Site string

	// PlainHTTP allows a BaseURL with http to other hosts than this one. Application passwords travel in the clear then,
	// so it is for tests in closed networks only.
	PlainHTTP bool

	// HTTPClient makes the calls; nil means one with a timeout of one minute. It is copied and follows no redirect.
	HTTPClient *http.Client

	// MaxUpload is how many bytes a picture or film may have; 0 means 2 MiB, which is PHP's own default. PHP's
	// upload_max_filesize and post_max_size bound it, and what a server in front lets through (nginx: 1 MiB, unless
	// client_max_body_size says more).
	MaxUpload int

	// MaxContent is how many bytes the HTML of a text may have; 0 means 512 KiB, which every usual setting lets through.
	MaxContent int

	// ClockSkew is how far the site's clock may be behind or ahead of ours; 0 means 5 minutes.
	ClockSkew time.Duration

	// Now is our clock; nil means time.Now.
	Now func() time.Time
}

// Client speaks for one site. It is immutable and safe for concurrent use; build it with [New].
type Client struct {
	cfg  Config
	http *resty.Client
}

var (
	_ publish.Adapter    = (*Client)(nil)
	_ publish.Finder     = (*Client)(nil)
	_ publish.Tracker    = (*Client)(nil)
	_ publish.Withdrawer = (*Client)(nil)
	_ reply.Channel      = (*Client)(nil)
	_ reply.Finder       = (*Client)(nil)
	_ metrics.Source     = (*Client)(nil)

	_ account.ProfileSource = (*Client)(nil)
)

// New returns a client. The error joins everything that is wrong with cfg, each a KindInvalid. cfg is copied.
func New(cfg *Config) (*Client, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	own := *cfg
	own.BaseURL = strings.TrimRight(strings.TrimSpace(own.BaseURL), "/")
	if own.ClockSkew == 0 {
		own.ClockSkew = 5 * time.Minute
	}
	own.MaxUpload, own.MaxContent = cmp.Or(own.MaxUpload, defaultUpload), cmp.Or(own.MaxContent, defaultContent)
	if own.Now == nil {
		own.Now = time.Now
	}
	if err := own.validate(); err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(own.BaseURL, "://")
	own.Site = cmp.Or(own.Site, rest)
	h := resty.NewWithClient(wire.Client(own.HTTPClient)).
		SetRetryCount(0).
		SetLogger(silent{}).
		SetResponseBodyLimit(maxAnswer).
		SetJSONEscapeHTML(false).
		SetBaseURL(own.BaseURL+"/wp-json/wp/v2").
		SetHeader("User-Agent", "govmedia").
		SetHeader("Accept", "application/json")
	return &Client{cfg: own, http: h}, nil
}

func (c *Config) validate() error {
	var errs []error
	bad := func(what string) {
		errs = append(errs, govmedia.Errorf(govmedia.KindInvalid, "wordpress.new", "%s", what))
	}
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http":
		bad("BaseURL must be the http or https address of the site, without user, query and fragment")
	case u.Scheme == "http" && !c.PlainHTTP && !loopback(u.Hostname()):
		bad("BaseURL must be https: an application password would travel in the clear (PlainHTTP allows it)")
	}
	if c.ClockSkew < 0 {
		bad("ClockSkew is negative")
	}
	if c.MaxUpload < 0 || c.MaxContent < 0 {
		bad("MaxUpload or MaxContent is negative")
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// App implements [publish.Adapter], [reply.Channel] and [metrics.Source].
func (c *Client) App() account.App { return account.App{Platform: Platform, Key: c.cfg.Site} }

// AnswerLimits implements [reply.Channel]: what the column of comments holds, in bytes after escaping.
func (c *Client) AnswerLimits() reply.Limits {
	return reply.Limits{Text: answerLimit()}
}

func answerLimit() verify.TextLimit {
	return verify.TextLimit{Platform: Platform, Max: 65525, Unit: "字节", Count: func(t string) int { return len(escapeText(t)) }}
}

// earliest is the oldest date that something of ours, fenced at since, can carry. The site tells seconds.
func (c *Client) earliest(since time.Time) time.Time {
	return since.Add(-c.cfg.ClockSkew).Truncate(time.Second)
}

// silent keeps resty from writing to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
