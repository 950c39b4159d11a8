package wordpress

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// everyStatus is what a post can be; "any" would leave the trash out.
const everyStatus = "publish,future,draft,pending,private,trash"

// Find implements [publish.Finder]: it looks up the delivery's [Marker] among the posts of every status.
//
// A reading that succeeded covers everything, because it asks for an address and not for a time: no amount of later posts
// buries it, and the database answers it from the table that the post would be in. Nothing else can say so, and
// therefore, when no post has the marker, Find also reads what appeared since Since less Config.ClockSkew and compares
// title and text: a plugin that gives posts addresses of its own, or a person, may have replaced the marker. Such a post
// matches, unless it has another delivery's marker.
//
// The receipt says how far the post has come: ReachSubmitted when it is held for review or dated later, ReachDraft when it
// is the draft that was wanted. The reading is not complete when anything speaks against it: a post with the marker that
// has come to none of these (in the trash, put back to the drafts) or that is older than it can be, or an answer whose
// Date is off from our clock by more than ClockSkew.
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
	s := postSearch{since: c.earliest(q.Since), want: Compose(q.Rendition), reach: q.Rendition.Want, found: &publish.Found{Complete: true}}
	read := func(form url.Values, look func(*post)) error {
		form.Set("status", everyStatus)
		form.Set("orderby", "date")
		form.Set("_fields", "id,date_gmt,link,status,slug,title.raw,content.raw") // rendering them is what takes the site's time
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
	reach govmedia.Reach
	found *publish.Found
}

// marked takes a post that has the delivery's marker.
func (s *postSearch) marked(p *post) {
	at, ok := p.at()
	if reach := reachOf(p.Status, s.reach); ok && reach != "" && !at.Before(s.since) {
		s.found.Receipts = append(s.found.Receipts, proof(&p.item, at, reach, govmedia.EvidenceFound))
		return
	}
	s.found.Complete = false
}

// alike takes a post that appeared in the time in question.
func (s *postSearch) alike(p *post) {
	switch {
	case strings.HasPrefix(string(p.Slug), markerPrefix): // another delivery's, or it would have been found
	case p.Title.Raw == nil || p.Content.Raw == nil:
		s.found.Complete = false
	case articleKey(string(*p.Title.Raw)) == articleKey(s.want.Title) && articleKey(string(*p.Content.Raw)) == articleKey(s.want.Content):
		s.marked(p)
	}
}
