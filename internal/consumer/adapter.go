package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
)

// Platform names the board in registers, errors and receipts.
const Platform = "bulletin"

// skew is how far the board's clock may be off ours.
const skew = 5 * time.Minute

// Client publishes on one bulletin board. It is immutable and safe for concurrent use.
type Client struct {
	base string
	http *http.Client
}

var (
	_ publish.Adapter   = (*Client)(nil)
	_ publish.Finder    = (*Client)(nil)
	_ account.Refresher = (*Client)(nil)
)

// New returns a client of the board at an address.
func New(base string, c *http.Client) *Client {
	own := http.Client{Timeout: time.Minute}
	if c != nil {
		own = *c
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: strings.TrimRight(base, "/"), http: &own}
}

// App implements publish.Adapter.
func (c *Client) App() account.App { return account.App{Platform: Platform, Key: "board"} }

// Limits implements publish.Adapter.
func (c *Client) Limits() publish.Limits {
	return publish.Limits{
		Text: verify.TextLimit{Platform: Platform, Max: 500, Unit: "字"},
		Media: publish.MediaLimit{
			Pictures: 3, Picture: publish.FileLimit{MaxBytes: 1 << 20, Types: []string{"image/png", "image/jpeg"}},
		},
		VisibleWithin: 30 * time.Second,
	}
}

// note is a post on the wire.
type note struct {
	ID    string    `json:"id"`
	Text  string    `json:"text"`
	Files []string  `json:"files"`
	Time  time.Time `json:"time"`
}

// Publish implements publish.Adapter: it uploads the pictures, each with a checkpoint behind it, and writes the note, once.
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if err := c.Limits().Text.Check(s.Rendition.Text); err != nil {
		return nil, err
	}
	files, err := c.upload(ctx, s)
	if err != nil {
		return nil, err
	}
	var got note
	if _, err := c.call(ctx, request{op: "notes.add", method: http.MethodPost, path: "/notes", token: s.Credential.Access, body: note{Text: s.Rendition.Text, Files: files}}, &got); err != nil {
		return nil, err
	}
	if got.ID == "" {
		return nil, unclear("notes.add", http.StatusOK, "success without an id")
	}
	return &govmedia.Receipt{ID: got.ID, At: got.Time.UTC(), Reach: govmedia.ReachPublic, Evidence: govmedia.EvidenceResponse}, nil
}

// progress is what a checkpoint holds: the board's ids of uploaded files, by digest. None of it is secret.
type progress struct {
	Files map[string]string `json:"files"`
}

// upload makes sure that the board holds every file, and returns their ids in order. Nobody sees an upload without its
// note: whatever happens here, nothing was applied.
func (c *Client) upload(ctx context.Context, s *publish.Submission) (ids []string, err error) {
	p := progress{Files: map[string]string{}}
	if len(s.Prior) > 0 && json.Unmarshal(s.Prior, &p) != nil {
		return nil, refused(govmedia.KindCorrupt, "files.add", "the checkpoint cannot be read")
	}
	for _, digest := range s.Rendition.Media {
		if p.Files[digest] == "" {
			m, err := s.Media(ctx, digest)
			if err != nil {
				return nil, refused(govmedia.KindUnavailable, "files.add", "a file could not be loaded")
			}
			var got struct {
				ID string `json:"id"`
			}
			if _, err := c.call(ctx, request{op: "files.add", method: http.MethodPost, path: "/files", token: s.Credential.Access, body: m.Data}, &got); err != nil {
				return nil, publish.MediaFailed(m, err)
			}
			p.Files[digest] = got.ID
			data, _ := json.Marshal(p) // strings always encode
			if err := s.Checkpoint(ctx, data); err != nil {
				return nil, refused(govmedia.KindUnavailable, "files.add", "the checkpoint could not be stored")
			}
		}
		ids = append(ids, p.Files[digest])
	}
	return ids, nil
}

// Find implements publish.Finder. The board has no key of ours, so it reads the account's notes, newest first, until one is
// older than the first attempt can be. The next page is asked for by the last id that was seen and not by number, because
// numbers shift when something is posted meanwhile. The reading is complete when it came so far, or to the end, and the
// board's clock agrees with ours: otherwise nobody knows how old "older" is.
func (c *Client) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	const mostPages = 20
	since, found, before := q.Since.Add(-skew).Truncate(time.Second), &publish.Found{}, ""
	for range mostPages {
		var page struct {
			Notes []note `json:"notes"`
			More  bool   `json:"more"`
		}
		h, err := c.call(ctx, request{op: "notes.list", method: http.MethodGet, path: "/notes?before=" + url.QueryEscape(before), token: q.Credential.Access}, &page)
		if err != nil {
			return nil, err
		}
		date, err := http.ParseTime(h.Get("Date"))
		agree := err == nil && time.Since(date).Abs() <= skew
		for _, n := range page.Notes {
			switch before = n.ID; {
			case n.Time.Before(since):
				found.Complete = agree
				return found, nil
			case n.Text == q.Rendition.Text:
				found.Receipts = append(found.Receipts, govmedia.Receipt{ID: n.ID, At: n.Time.UTC(), Reach: govmedia.ReachPublic, Evidence: govmedia.EvidenceFound})
			}
		}
		if !page.More || len(page.Notes) == 0 {
			found.Complete = agree && !page.More
			return found, nil
		}
	}
	return found, nil // too many to read: not complete
}

// Refresh implements account.Refresher. It is called once for all processes, by the vault.
func (c *Client) Refresh(ctx context.Context, cred account.Credential) (account.Credential, error) {
	var got struct {
		Token   string    `json:"token"`
		Refresh string    `json:"refresh"`
		Expires time.Time `json:"expires"`
	}
	_, err := c.call(ctx, request{op: "token", method: http.MethodPost, path: "/token", body: map[string]string{"refresh": cred.Refresh.Reveal()}}, &got)
	if err == nil && got.Token == "" {
		err = unclear("token", http.StatusOK, "success without a token")
	}
	if err != nil {
		return account.Credential{}, err
	}
	cred.Access, cred.Refresh, cred.Expires = govmedia.NewSecret(got.Token), govmedia.NewSecret(got.Refresh), got.Expires
	return cred, nil
}

// refused is an error of something that certainly was not applied.
func refused(kind govmedia.Kind, op, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: kind, Outcome: govmedia.NotApplied, Err: errors.New(why)}
}

// unclear is an error that leaves a write unknown.
func unclear(op string, status int, why string) *govmedia.Error {
	return &govmedia.Error{Platform: Platform, Op: op, Kind: govmedia.KindUnavailable, Status: status, Err: errors.New(why)}
}
