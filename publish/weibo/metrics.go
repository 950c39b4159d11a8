package weibo

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
)

// countBatch is how many posts statuses/count takes at once.
const countBatch = 100

// Counts implements [metrics.Source]. Weibo has all these figures: one of the account that the answer does not tell is an
// error, and a post about which it tells nothing, or not everything, is missing.
//
// GET statuses/count (open.weibo.com/wiki/2/statuses/count, read 2026-11-22).
func (c *Client) Counts(ctx context.Context, r *metrics.Request) (*metrics.Counts, error) {
	u, err := c.show(ctx, r.Account, r.Credential)
	if err != nil {
		return nil, err
	}
	followers, ok1 := u.Followers.number()
	posts, ok2 := u.Statuses.number()
	if !ok1 || !ok2 {
		return nil, unreadable("users/show", "the answer has no figures")
	}
	counts := &metrics.Counts{Followers: metrics.Known(followers), Posts: metrics.Known(posts)}
	for ids := range slices.Chunk(r.Posts, countBatch) {
		some, err := c.count(ctx, r.Credential.Access, ids)
		if err != nil {
			return nil, err
		}
		counts.ByPost = append(counts.ByPost, some...)
	}
	return counts, nil
}

func (c *Client) count(ctx context.Context, token govmedia.Secret, ids []string) ([]metrics.PostCounts, error) {
	var answer []struct {
		ID        loose `json:"id"` // exact: this call has no idstr in the documents
		IDStr     loose `json:"idstr"`
		Comments  loose `json:"comments"`
		Reposts   loose `json:"reposts"`
		Attitudes loose `json:"attitudes"`
	}
	form := url.Values{"ids": {strings.Join(ids, ",")}}
	if _, err := c.call(ctx, query{op: "statuses/count", token: token, form: form}, &answer); err != nil {
		return nil, err
	}
	var list []metrics.PostCounts
	for _, a := range answer {
		id := string(a.IDStr)
		if id == "" {
			id = string(a.ID)
		}
		likes, ok1 := a.Attitudes.number()
		comments, ok2 := a.Comments.number()
		reposts, ok3 := a.Reposts.number()
		if ok1 && ok2 && ok3 && slices.Contains(ids, id) {
			list = append(list, metrics.PostCounts{
				ID: id, Likes: metrics.Known(likes), Comments: metrics.Known(comments), Reposts: metrics.Known(reposts),
			})
		}
	}
	return list, nil
}

// Profile implements [account.ProfileSource]. A government account is one that is verified with type 1 (政府). The picture is
// identified by the path of its address, because host and signature of the address change while the picture stays; that a
// new picture has another path was seen, but no document says so. The platform tells nothing about automatic answers.
func (c *Client) Profile(ctx context.Context, a account.Account, cred account.Credential) (account.Profile, error) {
	u, err := c.show(ctx, a, cred)
	if err != nil {
		return account.Profile{}, err
	}
	followers, ok1 := u.Followers.number()
	posts, ok2 := u.Statuses.number()
	if !ok1 || !ok2 {
		return account.Profile{}, unreadable("users/show", "the answer has no figures")
	}
	p := account.Profile{
		UID: a.UID, URL: "https://weibo.com/u/" + a.UID, VerificationNote: u.VerifiedReason.seen(),
		Bio: u.Description.seen(), Avatar: u.avatar(), Followers: account.Saw(followers), Posts: account.Saw(posts),
	}
	if u.ScreenName != "" {
		p.Name = account.Saw(string(u.ScreenName))
	}
	if u.Verified != "" && (u.VerifiedType != "" || !u.Verified.yes()) {
		p.Verified = account.Saw(u.Verified.yes() && u.VerifiedType == "1")
	}
	if u.AllComment != "" {
		p.CommentsOpen = account.Saw(u.AllComment.yes())
	}
	return p, nil
}

// seen is a text that the platform told, or unknown when it told none.
func (l *loose) seen() account.Seen[string] {
	if l == nil {
		return account.Seen[string]{}
	}
	return account.Saw(string(*l))
}

func (u *user) avatar() account.Seen[string] {
	for _, address := range []loose{u.AvatarHD, u.AvatarLarge} {
		if p, err := url.Parse(string(address)); err == nil && p.Path != "" {
			return account.Saw(p.Path)
		}
	}
	return account.Seen[string]{}
}

// show reads the account's own user object. Ordinary apps can rely on their accounts' own only.
//
// GET users/show (open.weibo.com/wiki/2/users/show, read 2026-11-22).
func (c *Client) show(ctx context.Context, a account.Account, cred account.Credential) (*user, error) {
	const op = "users/show"
	if err := known(op, a); err != nil {
		return nil, err
	}
	var u user
	if _, err := c.call(ctx, query{op: op, token: cred.Access, form: url.Values{"uid": {a.UID}}}, &u); err != nil {
		return nil, err
	}
	if string(u.IDStr) != a.UID {
		return nil, unreadable(op, "the answer describes another user")
	}
	return &u, nil
}
