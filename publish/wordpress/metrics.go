package wordpress

import (
	"context"
	"net/url"
	"strconv"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
)

// Counts implements [metrics.Source] and always gives an error that matches errors.ErrUnsupported: WordPress has neither
// followers nor likes nor reposts, and metrics.Counts cannot say so. Zeros would be figures that nobody measured. What
// there is, [Client.CommentCounts] and [Client.Profile] read.
func (c *Client) Counts(context.Context, *metrics.Request) (*metrics.Counts, error) {
	e := govmedia.Errorf(govmedia.KindUnsupported, "counts", "a website has no followers, likes or reposts to count; its comments are in CommentCounts")
	e.Platform = Platform
	return nil, e
}

// CommentCounts reads how many comments the site shows under each of the posts, by the posts' ids. Posts that readers do
// not see are missing. It is safe for concurrent use; its errors are those of any read.
//
// GET /wp/v2/comments (developer.wordpress.org/rest-api/reference/comments, read 2026-11-22).
func (c *Client) CommentCounts(ctx context.Context, r *metrics.Request) (map[string]int64, error) {
	const op = "comments.list"
	who, err := as(op, r.Account, r.Credential)
	if err != nil {
		return nil, err
	}
	var asked []int64
	for _, id := range r.Posts {
		n, err := parseID(op, "post", id)
		if err != nil {
			return nil, err
		}
		asked = append(asked, n)
	}
	counts := map[string]int64{}
	var shown []number
	if err := c.among(ctx, who, asked, url.Values{}, func(id number) { shown = append(shown, id) }); err != nil {
		return nil, err
	}
	for _, id := range shown {
		if counts[formatID(int64(id))], err = c.count(ctx, who, op, "/comments", "post", int64(id)); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// count reads how long a list is.
func (c *Client) count(ctx context.Context, who user, op, path, by string, id int64) (int64, error) {
	form := url.Values{by: {formatID(id)}, "per_page": {"1"}, "_fields": {"id"}}
	var page []item
	h, err := c.call(ctx, query{op: op, path: path, as: who, form: form}, &page)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(h.Get("X-Wp-Total"), 10, 64)
	if err != nil || n < int64(len(page)) {
		return 0, unreadable(op, "the answer does not say how long the list is")
	}
	return n, nil
}

// me is the user as it sees itself.
type me struct {
	ID   number `json:"id"`
	Name words  `json:"name"`
	Link words  `json:"link"`
}

// me reads who calls.
//
// GET /wp/v2/users/me (developer.wordpress.org/rest-api/reference/users, read 2026-11-22).
func (c *Client) me(ctx context.Context, who user) (*me, error) {
	const op = "users.me"
	var u me
	if _, err := c.call(ctx, query{op: op, path: "/users/me", as: who, form: url.Values{}}, &u); err != nil {
		return nil, err
	}
	if u.ID == 0 {
		return nil, unreadable(op, "the answer has no id")
	}
	return &u, nil
}

// Profile reads what the site shows the public about the account: its name, its page and how many posts it has. A website
// marks nobody as verified and knows no followers. It is safe for concurrent use; its errors are those of any read.
func (c *Client) Profile(ctx context.Context, a account.Account, cred account.Credential) (account.Profile, error) {
	who, err := as("users.me", a, cred)
	if err != nil {
		return account.Profile{}, err
	}
	u, err := c.me(ctx, who)
	if err != nil {
		return account.Profile{}, err
	}
	posts, err := c.count(ctx, who, "posts.list", "/posts", "author", int64(u.ID))
	if err != nil {
		return account.Profile{}, err
	}
	return account.Profile{UID: a.UID, Name: string(u.Name), URL: string(u.Link), Posts: posts}, nil
}
