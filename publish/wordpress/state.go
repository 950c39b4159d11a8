package wordpress

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// Track implements [publish.Tracker]: how far a post has come that the site held for review or dated later. One that
// somebody has put into the trash, deleted, or put back to the drafts is refused: KindRejected.
func (c *Client) Track(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	const op = "posts.get"
	p, err := c.stored(ctx, q)
	switch e := govmedia.AsError(err); {
	case gone(err), err == nil && p.Status == "trash":
		return nil, rejected(op, "the site has put the post into the trash or deleted it")
	case e != nil && (e.Kind == govmedia.KindInvalid || e.Kind == govmedia.KindUnsupported): // the question was wrong, not the post
		wrong := *e
		wrong.Kind = govmedia.KindConflict
		return nil, &wrong
	case err != nil:
		return nil, err
	case p.Status == "draft":
		return nil, rejected(op, "whoever reviews posts on the site has put it back to the drafts (退回修改)")
	}
	reach := reachOf(p.Status, "")
	if reach == "" {
		return nil, unreadable(op, "the post has a status that only a plugin of the site can explain")
	}
	at, ok := p.at()
	if !ok {
		at = q.Receipt.At
	}
	r := proof(&p.item, at, reach, govmedia.EvidenceResponse)
	return &r, nil
}

// Shown implements [publish.Withdrawer]: whether the site shows the post to everybody; of a draft or a post that was held
// for review or dated later, whether the site still keeps it outside of the trash.
func (c *Client) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	p, err := c.stored(ctx, q)
	switch {
	case gone(err):
		return false, nil
	case err != nil:
		return false, err
	case q.Receipt.Reach == govmedia.ReachDraft, q.Receipt.Reach == govmedia.ReachSubmitted:
		return p.Status != "trash", nil
	}
	return p.Status == "publish", nil
}

// stored reads the post that the query's receipt names.
//
// GET /wp/v2/posts/{id} (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22).
func (c *Client) stored(ctx context.Context, q *publish.Query) (*post, error) {
	const op = "posts.get"
	who, id, err := c.receiptOf(op, q)
	if err != nil {
		return nil, err
	}
	form := url.Values{"context": {"edit"}, "_fields": {"id,date_gmt,link,status,slug"}} // edit is refused to strangers
	var p post
	if _, err := c.call(ctx, query{op: op, path: "/posts/" + formatID(id), as: who, form: form}, &p); err != nil {
		return nil, err
	}
	if int64(p.ID) != id || p.Status == "" {
		return nil, unreadable(op, "the answer is not about the post that was asked for")
	}
	return &p, nil
}

// receiptOf returns who asks, and for which post.
func (c *Client) receiptOf(op string, q *publish.Query) (who user, id int64, err error) {
	if who, err = as(op, q.Account, q.Credential); err != nil {
		return who, 0, err
	}
	if q.Receipt != nil {
		id, err = parseID(op, "post", q.Receipt.ID)
	}
	if q.Receipt == nil || err != nil {
		e := govmedia.Errorf(govmedia.KindUnsupported, op, "回执中没有文章编号，程序无法指明是哪一篇；请登录网站后台，在“文章”中手动移至回收站")
		e.Platform = Platform
		return who, 0, e
	}
	return who, id, nil
}

// Withdraw implements [publish.Withdrawer]: it puts the post into the site's trash, from where a person can take it back.
// What is there already, or was deleted, is withdrawn. A site whose trash is switched off gives KindUnsupported.
//
// DELETE /wp/v2/posts/{id} (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22).
func (c *Client) Withdraw(ctx context.Context, q *publish.Query) error {
	const op = "posts.delete"
	who, id, err := c.receiptOf(op, q)
	if err != nil {
		return err
	}
	var got post
	_, err = c.call(ctx, query{op: op, path: "/posts/" + formatID(id), as: who, remove: true}, &got)
	switch {
	case gone(err):
		return nil
	case err == nil && (int64(got.ID) != id || got.Status != "trash"):
		return unclear(op, http.StatusOK, "the site says success but does not say that the post is in the trash")
	}
	return err
}

// gone reports whether the site itself says that a post is in the trash or does not exist.
func gone(err error) bool {
	e, ok := errors.AsType[*govmedia.Error](err)
	return ok && (e.Code == "rest_already_trashed" || e.Code == "rest_post_invalid_id")
}

func rejected(op, why string) error {
	e := govmedia.Errorf(govmedia.KindRejected, op, "%s", why)
	e.Platform = Platform
	return e
}
