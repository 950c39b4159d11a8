package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

// Platform is the name of this platform in registers, errors and receipts.
const Platform = "cms"

// Config configures a Client. BaseURL and AppKey are required.
type Config struct {
	BaseURL    string           // address of the CMS
	AppKey     string           // under which the CMS knows this program
	HTTPClient *http.Client     // makes the calls; nil means one with a timeout of a minute. It is copied
	Now        func() time.Time // nil means time.Now
}

// Client publishes on one CMS, for any number of columns (栏目): an account is a column, its UID the column's code, and its
// credential the key that signs. It is immutable and safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// What it can do. A platform that shows a post in the moment in which it answers needs no Tracker.
var (
	_ publish.Adapter    = (*Client)(nil)
	_ publish.Finder     = (*Client)(nil)
	_ publish.Tracker    = (*Client)(nil)
	_ publish.Withdrawer = (*Client)(nil)
)

// New returns a client. It starts nothing and calls nobody.
func New(cfg Config) (*Client, error) {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil || base.Host == "" || cfg.AppKey == "" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "cms.new", "BaseURL must be the address of the CMS, and AppKey its name for us")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Client{cfg: cfg, http: straight(cfg.HTTPClient)}, nil
}

// App implements publish.Adapter.
func (c *Client) App() account.App { return account.App{Platform: Platform, Key: c.cfg.AppKey} }

// Limits implements publish.Adapter. What stands here is refused before anybody reviews it.
func (c *Client) Limits() publish.Limits {
	return publish.Limits{
		Article: true,
		Title:   verify.TextLimit{Platform: Platform, Max: 100, Unit: "字"},
		Text:    verify.TextLimit{Platform: Platform, Max: 20000, Unit: "字"},
		Quotas:  []publish.Quota{{Name: "articles", App: true, Limit: 600, Per: time.Hour}},
	}
}

// article is a document on the wire, in both directions.
type article struct {
	Number string    `json:"number"` // ours
	Column string    `json:"column"`
	Title  string    `json:"title"`
	Text   string    `json:"text"`
	Link   string    `json:"link,omitempty"`
	URL    string    `json:"url,omitempty"`   // where citizens see it
	State  string    `json:"state,omitempty"` // see reaches
	Time   time.Time `json:"time,omitzero"`   // when it came to that state
}

// reaches says how far an article in a state has come. A state that is missing here is no success.
var reaches = map[string]govmedia.Reach{
	"published":  govmedia.ReachPublic,
	"generating": govmedia.ReachSubmitted, // its page is being made
	"reviewing":  govmedia.ReachSubmitted, // by the CMS's own editors
}

// number is the document number of a delivery: the same for every attempt at it, and for no other delivery. The CMS never
// holds two documents of one number, and finds a document by it.
func number(operation string) string {
	sum := sha256.Sum256([]byte(operation))
	return "gm-" + hex.EncodeToString(sum[:10])
}

// Publish implements publish.Adapter: one write, once.
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	const op = "articles.push"
	r, limits := s.Rendition, c.Limits()
	if want := cmp.Or(r.Want, govmedia.ReachPublic); want != govmedia.ReachPublic {
		return nil, refused(govmedia.KindUnsupported, op, "an article cannot become "+string(want))
	}
	if err := cmp.Or(limits.Title.Check(r.Title), limits.Text.Check(r.Text)); err != nil {
		return nil, err
	}
	sent := article{Number: number(s.Operation), Column: s.Account.UID, Title: r.Title, Text: r.Text, Link: r.Link}
	var got article
	if err := c.call(ctx, request{op: op, method: http.MethodPost, path: articles, body: sent, key: s.Credential.Access}, &got); err != nil {
		return nil, err
	}
	return got.receipt(op, sent.Number, govmedia.EvidenceResponse)
}

// receipt is the proof that an article gives, or an error with an unknown outcome: the CMS said yes, and not to what.
func (a article) receipt(op, number string, how govmedia.Evidence) (*govmedia.Receipt, error) {
	reach, known := reaches[a.State]
	if a.Number != number || !known {
		return nil, unclear(op, http.StatusOK, "the answer names another document or no state that the documents describe")
	}
	return &govmedia.Receipt{ID: a.Number, URL: a.URL, At: a.Time.UTC(), Reach: reach, Evidence: how}, nil
}

// Find implements publish.Finder. It asks for one number and for no time and no list, so that neither clocks nor newer
// articles can hide ours: when the CMS itself says that it has no such number, the reading is complete. When it has the
// number and something else under it, or an article that was taken down, it is not: a person must look.
func (c *Client) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	got, err := c.lookUp(ctx, q, number(q.Operation))
	switch {
	case errors.Is(err, govmedia.KindNotFound):
		return &publish.Found{Complete: true}, nil
	case err != nil:
		return nil, err
	case got.Title != q.Rendition.Title || got.Text != q.Rendition.Text:
		return &publish.Found{}, nil
	}
	r, err := got.receipt("articles.get", number(q.Operation), govmedia.EvidenceFound)
	if err != nil {
		return &publish.Found{}, nil //nolint:nilerr // what is there is not what was wanted; that is no proof of anything
	}
	return &publish.Found{Receipts: []govmedia.Receipt{*r}, Complete: true}, nil
}

// Track implements publish.Tracker: how far an article has come that the CMS reviews or makes a page of.
func (c *Client) Track(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	const op = "articles.get"
	got, err := c.lookUp(ctx, q, q.Receipt.ID)
	switch {
	case err != nil:
		return nil, err
	case got.State == "returned":
		return nil, refused(govmedia.KindRejected, op, "the editors of the CMS have returned the article (退回)")
	}
	return got.receipt(op, q.Receipt.ID, govmedia.EvidenceResponse)
}

// Withdraw implements publish.Withdrawer. What is down already is withdrawn.
func (c *Client) Withdraw(ctx context.Context, q *publish.Query) error {
	const op = "articles.withdraw"
	if q.Receipt.ID == "" { // a person has said that it is there
		return refused(govmedia.KindUnsupported, op, "nobody knows the document number; withdraw the article on the CMS's own page")
	}
	var got article
	err := c.call(ctx, request{
		op: op, method: http.MethodDelete, path: articles + "/" + q.Receipt.ID, key: q.Credential.Access,
	}, &got)
	if errors.Is(err, govmedia.KindNotFound) {
		return nil
	}
	return err
}

// Shown implements publish.Withdrawer.
func (c *Client) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	got, err := c.lookUp(ctx, q, q.Receipt.ID)
	if errors.Is(err, govmedia.KindNotFound) {
		return false, nil
	}
	return err == nil && got.State != "withdrawn" && got.State != "returned", err
}

// lookUp reads a document by its number. Its error is KindNotFound only where the CMS itself says that it has none: the
// 404 of a gateway says nothing.
func (c *Client) lookUp(ctx context.Context, q *publish.Query, number string) (got article, err error) {
	err = c.call(ctx, request{op: "articles.get", method: http.MethodGet, path: articles + "/" + number, key: q.Credential.Access}, &got)
	if e := govmedia.AsError(err); e != nil && (e.Kind == govmedia.KindInvalid || e.Kind == govmedia.KindRejected) {
		e.Kind = govmedia.KindConflict // the question was refused, and not the article
	}
	return got, err
}
