package wordpress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

const markerPrefix = "gm-"

// Marker is the slug, the last part of its address, that a delivery's post is given: gm- and 20 digits of the operation's
// SHA-256. The site appends -2, -3 and so on when the slug is taken, and __trashed while the post is in the trash.
func Marker(operation string) string {
	sum := sha256.Sum256([]byte(operation))
	return markerPrefix + hex.EncodeToString(sum[:10])
}

// marks are the slugs that a post with the marker may have.
func marks(marker string) []string {
	slugs := []string{marker, marker + "__trashed"}
	for n := 2; n <= 9; n++ {
		slugs = append(slugs, marker+"-"+strconv.Itoa(n), marker+"-"+strconv.Itoa(n)+"__trashed")
	}
	return slugs
}

// everyStatus is what a post can be; "any" would leave the trash out.
const everyStatus = "publish,future,draft,pending,private,trash"

// Publish implements [publish.Adapter]: it publishes what [Compose] makes of the rendition's text, once.
//
// A post that the site stores but does not show, because a plugin has it reviewed first, is an error whose outcome is
// unknown: there is something, and a person has to look.
//
// POST /wp/v2/posts (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22).
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	const op = "posts.create"
	who, err := as(op, s.Account, s.Credential)
	if err != nil {
		return nil, err
	}
	if s.Operation == "" {
		return nil, invalid(op, "a submission without operation could never be found again")
	}
	if err := fits(op, s.Rendition.Text); err != nil {
		return nil, err
	}
	a := Compose(s.Rendition.Text)
	body := map[string]string{"title": a.Title, "content": a.Content, "slug": Marker(s.Operation), "status": "publish"}
	var got post
	if _, err := c.call(ctx, query{op: op, path: "/posts", as: who, body: body}, &got); err != nil {
		return nil, err
	}
	return c.receipt(op, &got.item, "publish")
}

// Find implements [publish.Finder]: it looks up the delivery's [Marker] among the posts of every status.
//
// A reading that succeeded covers everything, because it asks for an address and not for a time: no amount of later posts
// buries it, and the database answers it from the table that the post would be in. Nothing else can say so, and
// therefore, when no post has the marker, Find also reads what appeared since Since less Config.ClockSkew and compares
// the text: a plugin that gives posts addresses of its own, or a person, may have replaced the marker. Such a post
// matches, unless it has another delivery's marker.
//
// The reading is not complete when anything speaks against it: a post with the marker that readers do not see (in the
// trash, held for review) or that is older than it can be, or an answer whose Date is off from our clock by more than
// ClockSkew.
//
// GET /wp/v2/posts (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22).
func (c *Client) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	const op = "posts.list"
	who, err := as(op, q.Account, q.Credential)
	if err != nil {
		return nil, err
	}
	if q.Operation == "" {
		return nil, invalid(op, "a query without operation names nothing to look for")
	}
	s := postSearch{since: c.earliest(q.Since), want: Compose(q.Rendition.Text), found: &publish.Found{Complete: true}}
	read := func(form url.Values, look func(*post)) error {
		form.Set("status", everyStatus)
		form.Set("orderby", "date")
		h, err := walk(ctx, c, query{op: op, path: "/posts", as: who, form: form}, (*post).head, look)
		s.found.Complete = s.found.Complete && c.clocksAgree(h)
		return err
	}
	if err := read(url.Values{"slug": {strings.Join(marks(Marker(q.Operation)), ",")}}, s.marked); err != nil {
		return nil, err
	}
	if len(s.found.Receipts) > 0 || !s.found.Complete {
		return s.found, nil
	}
	if err := read(url.Values{"after": {exclusive(s.since)}}, s.alike); err != nil {
		return nil, err
	}
	return s.found, nil
}

// postSearch looks for the trace of one delivery.
type postSearch struct {
	since time.Time
	want  Article
	found *publish.Found
}

// marked takes a post that has the delivery's marker.
func (s *postSearch) marked(p *post) {
	at, ok := p.at()
	if ok && p.Status == "publish" && !at.Before(s.since) {
		s.found.Receipts = append(s.found.Receipts, found(&p.item, at))
		return
	}
	s.found.Complete = false
}

// alike takes a post that appeared in the time in question.
func (s *postSearch) alike(p *post) {
	if strings.HasPrefix(string(p.Slug), markerPrefix) {
		return // another delivery's, or it would have been found
	}
	at, ok := p.at()
	switch {
	case !ok || p.Title.Raw == nil || p.Content.Raw == nil:
		s.found.Complete = false
	case textKey(string(*p.Title.Raw)) != textKey(s.want.Title) || textKey(string(*p.Content.Raw)) != textKey(s.want.Content):
	case p.Status == "publish" && !at.Before(s.since):
		s.found.Receipts = append(s.found.Receipts, found(&p.item, at))
	default:
		s.found.Complete = false
	}
}
