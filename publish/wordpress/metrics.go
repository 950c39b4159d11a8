package wordpress

import (
	"context"
	"net/url"
	"strconv"

	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
)

// Counts implements [metrics.Source]: how many posts the site shows of the account, and how many comments under each of
// those that were asked about. A website has neither followers nor likes nor reposts; these stay unknown. Posts that readers
// do not see are missing, and so is what is no id of WordPress. It takes one call for each post.
//
// GET /wp/v2/posts and /wp/v2/comments (developer.wordpress.org/rest-api/reference, read 2026-11-22).
func (c *Client) Counts(ctx context.Context, r *metrics.Request) (*metrics.Counts, error) {
	const op = "comments.list"
	who, err := as(op, r.Account, r.Credential)
	if err != nil {
		return nil, err
	}
	u, err := c.me(ctx, who)
	if err != nil {
		return nil, err
	}
	posts, err := c.posts(ctx, who, u)
	if err != nil {
		return nil, err
	}
	var asked []int64
	for _, id := range r.Posts {
		if n, err := parseID(op, "post", id); err == nil {
			asked = append(asked, n)
		}
	}
	var shown []number
	if err := c.among(ctx, who, asked, url.Values{}, func(id number) { shown = append(shown, id) }); err != nil {
		return nil, err
	}
	counts := &metrics.Counts{Posts: metrics.Known(posts)}
	for _, id := range shown {
		n, err := c.count(ctx, who, op, "/comments", "post", int64(id))
		if err != nil {
			return nil, err
		}
		counts.ByPost = append(counts.ByPost, metrics.PostCounts{ID: formatID(int64(id)), Comments: metrics.Known(n)})
	}
	return counts, nil
}

// posts reads how many posts of the user the site shows.
func (c *Client) posts(ctx context.Context, who user, u *me) (int64, error) {
	return c.count(ctx, who, "posts.list", "/posts", "author", int64(u.ID))
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
	Bio  *words `json:"description"`
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

// Profile implements [account.ProfileSource]: name, page, description and how many posts there are. A website marks nobody as
// verified and knows no followers; the addresses of its pictures stay when the picture changes. All that is unknown.
func (c *Client) Profile(ctx context.Context, a account.Account, cred account.Credential) (account.Profile, error) {
	who, err := as("users.me", a, cred)
	if err != nil {
		return account.Profile{}, err
	}
	u, err := c.me(ctx, who)
	if err != nil {
		return account.Profile{}, err
	}
	posts, err := c.posts(ctx, who, u)
	if err != nil {
		return account.Profile{}, err
	}
	p := account.Profile{UID: a.UID, Name: account.Saw(string(u.Name)), URL: string(u.Link), Posts: account.Saw(posts)}
	if u.Bio != nil {
		p.Bio = account.Saw(string(*u.Bio))
	}
	return p, nil
}
