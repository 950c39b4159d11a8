package weibo

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// Publish implements [publish.Adapter]: it sends the rendition's text exactly as it stands, with its picture if it has
// one, once.
//
// What is over a limit, or has no link of the kind that the platform asks for, is a KindInvalid error, and a
// Rendition.Want other than ReachPublic a KindUnsupported one; nothing is sent then, nor when the picture cannot be
// loaded. When the platform says that it accepted the post but is slow and gives no id (20032), the error's Outcome is Applied.
//
// POST statuses/share (open.weibo.com/wiki/2/statuses/share, read 2026-11-22).
func (c *Client) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	const op = "statuses/share"
	text := s.Rendition.Text
	if want := cmp.Or(s.Rendition.Want, govmedia.ReachPublic); want != govmedia.ReachPublic {
		return nil, failed(govmedia.KindUnsupported, op, "a post on Weibo is public at once; it cannot become %q", want)
	}
	if err := fits(op, text); err != nil {
		return nil, err
	}
	if err := c.linked(op, text); err != nil {
		return nil, err
	}
	pic, err := picture(ctx, op, s)
	if err != nil {
		return nil, err
	}
	var post item
	_, err = c.call(ctx, query{op: op, write: true, token: s.Credential.Access, form: c.form("status", text), pic: pic}, &post)
	r, err := c.written(op, &post, err)
	if err != nil {
		return nil, ofPicture(pic, err)
	}
	r.URL = post.url(s.Account)
	return r, nil
}

// written turns the answer of a write into its receipt.
func (c *Client) written(op string, got *item, err error) (*govmedia.Receipt, error) {
	id := got.id()
	if err != nil && (govmedia.AsError(err).Outcome != govmedia.Applied || id == "") {
		return nil, err
	}
	if id == "" {
		return nil, unclear(op, http.StatusOK, "the platform says success but gives no id")
	}
	at, ok := got.at()
	if !ok {
		at = c.cfg.Now().UTC()
	}
	return &govmedia.Receipt{ID: id, At: at, Evidence: govmedia.EvidenceResponse}, nil
}

func (it *item) url(a account.Account) string {
	if uid := it.author(); uid != "" {
		return postURL(uid, it.id())
	}
	return postURL(a.UID, it.id())
}

// timelineWindow is how many posts user_timeline shows to an ordinary app, at the least. A page that is as long may be
// cut there, whatever it says about the total.
const timelineWindow = 5

type timeline struct {
	Statuses   []item `json:"statuses"`
	Total      loose  `json:"total_number"`
	NextCursor loose  `json:"next_cursor"`
}

// Find implements [publish.Finder]. A post matches when its text is the same after links, the marks of #topics#, blanks
// and invisible characters have been taken out, and it is not older than Since less Config.ClockSkew; pictures are not
// compared, because the platform shows its own copies. Receipts are newest first.
//
// The reading is complete when it provably reaches back to that instant: the page ends in an older post and is in
// order, or the account has fewer posts in all than a page can show and all are here. It is not complete when anything
// speaks against it: a post in that time that is deleted, cut short or unreadable, the same text just outside that time,
// or an answer whose Date is off from our clock by more than ClockSkew.
//
// GET statuses/user_timeline (open.weibo.com/wiki/2/statuses/user_timeline, read 2026-11-22).
func (c *Client) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	const op = "statuses/user_timeline"
	form := url.Values{"count": {"100"}}
	if q.Account.UID != "" {
		form.Set("uid", q.Account.UID)
	}
	var page timeline
	h, err := c.call(ctx, query{op: op, token: q.Credential.Access, form: form}, &page)
	if err != nil {
		return nil, err
	}
	if page.Statuses == nil {
		return nil, unreadable(op, "the answer has no list of posts")
	}
	since, want := c.earliest(q.Since), textKey(q.Rendition.Text)
	found := &publish.Found{Complete: c.clocksAgree(h) && page.reaches(since)}
	for i := range page.Statuses {
		post := &page.Statuses[i]
		same := want != "" && textKey(string(post.Text)) == want
		at, ok := post.at()
		switch {
		case !ok || post.id() == "":
			found.Complete = false
		case at.Before(since):
			found.Complete = found.Complete && !same
		case same:
			found.Receipts = append(found.Receipts, govmedia.Receipt{
				ID: post.id(), URL: post.url(q.Account), At: at, Evidence: govmedia.EvidenceFound,
			})
		case want == "" || post.partial():
			found.Complete = false
		}
	}
	return found, nil
}

// reaches reports whether the page certainly shows every visible post since the instant.
func (t *timeline) reaches(since time.Time) bool {
	n := len(t.Statuses)
	if total, ok := t.Total.number(); ok && total <= int64(n) && n < timelineWindow && !t.NextCursor.yes() {
		return true
	}
	// A single older post, and the first of several, may be a pinned one (置顶) that stands out of order.
	return n > 1 && inOrder(t.Statuses[1:]) && before(&t.Statuses[n-1], since)
}

// inOrder reports whether the posts are newest first.
func inOrder(posts []item) bool {
	for i := range posts {
		at, ok := posts[i].at()
		if !ok {
			return false
		}
		if i > 0 && before(&posts[i-1], at) {
			return false
		}
	}
	return true
}

func before(it *item, t time.Time) bool {
	at, ok := it.at()
	return ok && at.Before(t)
}

// earliest is the oldest creation time that something of ours, fenced at since, can carry. The platform tells seconds.
func (c *Client) earliest(since time.Time) time.Time {
	return since.Add(-c.cfg.ClockSkew).Truncate(time.Second)
}

// clocksAgree reports whether the answer's Date, if it has one, is within ClockSkew of our clock.
func (c *Client) clocksAgree(h http.Header) bool {
	date, err := http.ParseTime(strings.TrimSpace(h.Get("Date")))
	return err != nil || c.cfg.Now().Sub(date).Abs() <= c.cfg.ClockSkew+time.Second
}
