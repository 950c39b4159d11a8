package weibo

import (
	"context"
	"net/http"
	"net/url"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// Withdraw implements [publish.Withdrawer]: it deletes the post, once and for good. A post that does not exist (20101) is
// down already; another account's (20102) is a KindForbidden error. A post whose id nobody knows cannot be deleted this
// way: KindUnsupported.
//
// POST statuses/destroy (open.weibo.com/wiki/2/statuses/destroy, read 2026-11-22).
func (c *Client) Withdraw(ctx context.Context, q *publish.Query) error {
	const op = "statuses/destroy"
	id, err := postID(op, q.Receipt)
	if err != nil {
		return err
	}
	var gone item
	_, err = c.call(ctx, query{op: op, write: true, token: q.Credential.Access, form: c.form("id", id)}, &gone)
	switch e := govmedia.AsError(err); {
	case e == nil && gone.id() != id:
		return unclear(op, http.StatusOK, "the platform says success but not of this post")
	case e == nil, e.Code == "20101", e.Outcome == yes:
		return nil
	}
	return err
}

// Shown implements [publish.Withdrawer]: whether the platform shows the post. One that does not exist, is deleted, or that
// only the account itself may see (仅自己可见) is not shown. Within Config.VisibleWithin of its publication "does not
// exist" may mean "not yet".
//
// GET statuses/show (open.weibo.com/wiki/2/statuses/show, read 2026-11-22).
func (c *Client) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	const op = "statuses/show"
	id, err := postID(op, q.Receipt)
	if err != nil {
		return false, err
	}
	var post struct {
		item
		Visible struct {
			Type loose `json:"type"`
		} `json:"visible"`
	}
	_, err = c.call(ctx, query{op: op, token: q.Credential.Access, form: url.Values{"id": {id}}}, &post)
	switch {
	case err != nil && govmedia.AsError(err).Code == "20101":
		return false, nil
	case err != nil:
		return false, err
	case post.id() != id:
		return false, unreadable(op, "the answer describes another post")
	}
	return !post.Deleted.yes() && post.Visible.Type != onlySelf, nil
}

// onlySelf is the type of visibility of a post that nobody but its author sees.
const onlySelf = "1"

// postID returns the id of a post in its receipt.
func postID(op string, r *govmedia.Receipt) (string, error) {
	if r != nil {
		if n, ok := loose(r.ID).number(); ok && n > 0 {
			return r.ID, nil
		}
	}
	return "", failed(govmedia.KindUnsupported, op, "回执中没有微博编号，程序无法指明是哪一条；请登录 weibo.com 手动删除")
}
