package wechat

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

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
const Platform = "wechat"

// maxAnswer bounds what is read of one answer: ten articles of up to 1 MB each.
const maxAnswer = 16 << 20

// AccessTokenHandle gives the account's access token. It is the interface of that name in silenceper's SDK
// (credential.AccessTokenHandle), so that one token is shared with an integrator's client of that kind.
type AccessTokenHandle interface {
	// GetAccessToken returns a token that is good now, from wherever it is kept.
	GetAccessToken() (accessToken string, err error)
}

// Config configures a Client. AppID is required, and either AppSecret or AccessTokenHandle.
type Config struct {
	// AppID and AppSecret are the account's developer id (开发者ID) and secret. The secret fetches access tokens and is
	// sent to /cgi-bin/stable_token only.
	AppID     string
	AppSecret govmedia.Secret

	// AccessTokenHandle, when set, is asked for the token of every call, in a goroutine of its own because it takes no
	// context; the credential's access token is not used then. It must be safe for concurrent use. What its errors say
	// is never repeated, because those of known SDKs contain the secret.
	AccessTokenHandle AccessTokenHandle

	// Token and EncodingAESKey are those of the callback address (服务器配置), for CallbackHandler only. With an
	// EncodingAESKey the handler is in safe mode (安全模式) and refuses whatever comes in clear.
	Token          govmedia.Secret
	EncodingAESKey govmedia.Secret

	// BaseURL is where the platform is; empty means https://api.weixin.qq.com.
	BaseURL string

	// HTTPClient makes the calls; nil means one with a timeout of one minute. It is copied and follows no redirect.
	HTTPClient *http.Client

	// Author stands over every article (作者), at most 16 characters; older rules allow 8. Empty shows none.
	Author string

	// Body turns the text of a rendition into the article's HTML; the same text must always give the same HTML. Pictures
	// in it must have been uploaded, see Client.UploadImage. The pictures of Rendition.Media are none of its business: they
	// stand below its HTML, each in a paragraph of its own. nil makes a paragraph of every line.
	Body func(text string) string

	// OpenComments lets readers comment on every article; FansOnly only those who follow the account.
	OpenComments, FansOnly bool

	// MaxTitle is how many characters a title may have; 0 means 64, which the server is known to take. The current
	// documents say 32.
	MaxTitle int

	// MaxDigest is how many characters of the text's first paragraph are sent as digest (摘要); 0 means 120. The
	// current documents say 128. A negative value sends none, and the platform takes the first 54 of the content.
	MaxDigest int

	// MaxReply is how many characters an answer to a comment may have; 0 means 140. The platform publishes no number.
	MaxReply int

	// PostsPerDay is how many posts the account may hand over in a day of Beijing; what is over waits. 0 means 100, the documented
	// limit of freepublish/submit; a negative value means no limit of ours.
	PostsPerDay int

	// DeletionsPerDay is how many publications of the account may be deleted in a day of Beijing; what is over waits. 0
	// means 10, the documented limit of freepublish/delete; a negative value means no limit of ours.
	DeletionsPerDay int

	// ClockSkew is how far the platform's clock may be behind or ahead of ours; 0 means 5 minutes.
	ClockSkew time.Duration

	// VisibleWithin is how long the platform may work on what was handed over before it shows it or puts the draft back
	// into the box; 0 means 10 minutes. A negative value means at once.
	VisibleWithin time.Duration

	// Now is our clock; nil means time.Now.
	Now func() time.Time
}

// Client speaks for one official account. It is safe for concurrent use; build it with [New].
type Client struct {
	cfg  Config
	http *resty.Client

	// refused is the access token that the platform refused last: the one thing by which Refresh tells a token that is
	// to be forced out from one that is merely old.
	refused atomic.Pointer[govmedia.Secret]
}

var (
	_ publish.Adapter    = (*Client)(nil)
	_ publish.Finder     = (*Client)(nil)
	_ publish.Tracker    = (*Client)(nil)
	_ publish.Withdrawer = (*Client)(nil)
	_ reply.Channel      = (*Client)(nil)
	_ reply.Finder       = (*Client)(nil)
	_ metrics.Source     = (*Client)(nil)
	_ account.Refresher  = (*Client)(nil)
)

// New returns a client. The error joins everything that is wrong with cfg, each a KindInvalid. cfg is copied.
func New(cfg *Config) (*Client, error) {
	if cfg == nil {
		cfg = &Config{}
	}
	own := *cfg
	own.BaseURL = strings.TrimRight(cmp.Or(own.BaseURL, "https://api.weixin.qq.com"), "/")
	own.MaxTitle = cmp.Or(own.MaxTitle, 64)
	own.MaxDigest = cmp.Or(own.MaxDigest, 120)
	own.MaxReply = cmp.Or(own.MaxReply, 140)
	own.PostsPerDay = cmp.Or(own.PostsPerDay, 100)
	own.DeletionsPerDay = cmp.Or(own.DeletionsPerDay, 10)
	own.ClockSkew = cmp.Or(own.ClockSkew, 5*time.Minute)
	own.VisibleWithin = max(0, cmp.Or(own.VisibleWithin, 10*time.Minute))
	if own.Body == nil {
		own.Body = paragraphs
	}
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
	bad := func(format string, args ...any) { errs = append(errs, invalid("wechat.new", format, args...)) }
	if strings.TrimSpace(c.AppID) == "" {
		bad("AppID is empty; it is the 开发者ID(AppID) of the account's page on mp.weixin.qq.com")
	}
	if c.AppSecret.IsZero() && c.AccessTokenHandle == nil {
		bad("AppSecret is empty and there is no AccessTokenHandle: nothing gives an access token")
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		bad("BaseURL must be an http or https address without query")
	}
	if n := utf8.RuneCountInString(c.Author); n > maxAuthor || !plain(c.Author) {
		bad("Author has %d characters, %d are allowed, and none of control", n, maxAuthor)
	}
	if c.MaxTitle < 0 || c.MaxReply < 0 {
		bad("MaxTitle or MaxReply is negative")
	}
	if c.ClockSkew < 0 {
		bad("ClockSkew is negative")
	}
	return errors.Join(errs...)
}

// App implements [publish.Adapter], [reply.Channel] and [metrics.Source].
func (c *Client) App() account.App { return account.App{Platform: Platform, Key: c.cfg.AppID} }

// Limits implements [publish.Adapter]: an article with title, cover, less than 20,000 characters of HTML and up to 20 JPEG or
// PNG pictures of less than 1 MB, that can become a draft, a publication, or a message to every follower. Each picture takes
// characters of the HTML, too: Check keeps 276 free for it, because its address is not known before. There are no films: an
// article shows only those of Tencent Video and Channels (视频号), which no public call puts into it; a film uploaded as
// material can be mass-sent alone, but stands in no article. The documented limits of a hundred publications and ten
// deletions of them count days of Beijing, and so do ours; deleting a draft or a mass message has no limit of ours.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add and …/public/api_freepublishdelete, read
// 2026-11-22.
func (c *Client) Limits() publish.Limits {
	limits := publish.Limits{
		Article: true,
		Title:   verify.TextLimit{Platform: Platform, Max: c.cfg.MaxTitle, Unit: "字"},
		Text:    verify.TextLimit{Platform: Platform, Max: maxContent, Unit: contentUnit, Count: c.contentLength},
		Cover:   publish.CoverLimit{Required: true, FileLimit: publish.FileLimit{MaxBytes: 10 << 20, Types: coverTypes()}},
		Media:   publish.MediaLimit{Pictures: maxPictures, Room: pictureLength, Picture: publish.FileLimit{MaxBytes: maxPicture, Types: pictureTypes()}},
		Reaches: []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft, govmedia.ReachMass},
		Check:   c.acceptable, VisibleWithin: c.cfg.VisibleWithin,
	}
	if c.cfg.PostsPerDay > 0 {
		limits.Quotas = []publish.Quota{{Name: "posts", Limit: c.cfg.PostsPerDay, Per: 24 * time.Hour, Offset: beijingAhead}}
	}
	if c.cfg.DeletionsPerDay > 0 {
		limits.WithdrawalQuotas = map[govmedia.Reach][]publish.Quota{
			govmedia.ReachPublic: {{Name: "deletions", Limit: c.cfg.DeletionsPerDay, Per: 24 * time.Hour, Offset: beijingAhead}},
		}
	}
	return limits
}

// AnswerLimits implements [reply.Channel].
func (c *Client) AnswerLimits() reply.Limits {
	return reply.Limits{
		Text:          verify.TextLimit{Platform: Platform, Max: c.cfg.MaxReply, Unit: "字"},
		VisibleWithin: min(c.cfg.VisibleWithin, time.Minute),
	}
}

// silent keeps resty from writing to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
