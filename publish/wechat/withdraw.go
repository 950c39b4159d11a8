package wechat

import (
	"cmp"
	"context"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// Withdraw implements [publish.Withdrawer]. How far the post has come says what is done, once:
//
//   - A publication is deleted (freepublish/delete), with every article in it. That cannot be undone: the platform keeps
//     no copy, and the article's address is dead for good. There are ten such calls a day.
//   - A mass message is deleted (message/mass/delete): its article cannot be opened any more, but those who got it keep
//     the card with its title. Only one that was sent successfully can be; of any other the error is KindUnsupported and
//     says what a person can do, or KindUnavailable while it is still being sent.
//   - A draft is deleted (draft/delete), for good. What a person has made of it meanwhile on mp.weixin.qq.com is that
//     person's publication and stays.
//
// What the platform does not hold any more is down already. A publication that is still in work cannot be stopped: the
// error is KindUnavailable, to try again when it is through.
func (c *Client) Withdraw(ctx context.Context, q *publish.Query) error {
	if err := c.withdrawable(q); err != nil {
		return err
	}
	switch reachOf(q) {
	case govmedia.ReachDraft:
		return c.deleteDraft(ctx, q)
	case govmedia.ReachMass:
		return c.deleteMass(ctx, q)
	default:
		return c.deletePublication(ctx, q)
	}
}

// Shown implements [publish.Withdrawer]: whether readers can open the article; of a draft, which readers never see,
// whether the platform still holds it in the box.
//
// POST cgi-bin/freepublish/getarticle (developers.weixin.qq.com/doc/service/api/public/api_freepublishgetarticle, read
// 2026-11-22).
func (c *Client) Shown(ctx context.Context, q *publish.Query) (bool, error) {
	const op = "freepublish/getarticle"
	if err := c.withdrawable(q); err != nil {
		return false, err
	}
	switch reachOf(q) {
	case govmedia.ReachDraft:
		_, inBox, err := c.boxed(ctx, q.Credential, q.Receipt.ID)
		return inBox, err
	case govmedia.ReachMass:
		r, err := c.trackMass(ctx, q)
		return r != nil, unlessOver(err)
	}
	id, err := c.articleID(ctx, q)
	if id == "" || err != nil {
		return false, err
	}
	var answer struct {
		Items []article `json:"news_item"`
	}
	err = c.call(ctx, query{op: op, cred: q.Credential, body: map[string]any{"article_id": id}}, &answer)
	switch {
	case code(err) == "53600":
		return false, nil
	case err != nil:
		return false, err
	case len(answer.Items) == 0:
		return false, unreadable(op, "the answer shows no article")
	}
	for _, a := range answer.Items {
		if !a.Deleted.yes() {
			return true, nil
		}
	}
	return false, nil
}

// withdrawable refuses what cannot be named to the platform.
func (c *Client) withdrawable(q *publish.Query) error {
	if err := c.owns(q.Account); err != nil {
		return err
	}
	if q.Receipt == nil || q.Receipt.ID == "" || reachOf(q) == govmedia.ReachMass && loose(q.Receipt.ID).id() == "" {
		return byHand("回执中没有平台编号，程序无法指明是哪一篇")
	}
	return nil
}

// byHand says that a person has to do it, and where.
func byHand(why string) error {
	return with(invalid("withdraw", "%s；请登录公众平台（mp.weixin.qq.com），在“内容管理”的发表记录或草稿箱中手动删除", why), govmedia.KindUnsupported, no)
}

// reachOf is how far the post has come, or, while it is only submitted, what it is to become.
func reachOf(q *publish.Query) govmedia.Reach {
	if r := q.Receipt; r != nil && r.Reach != govmedia.ReachSubmitted && r.Reach != "" {
		return r.Reach
	}
	return cmp.Or(q.Rendition.Want, govmedia.ReachPublic)
}

// deleteDraft takes the draft out of the box.
//
// POST cgi-bin/draft/delete (developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, read 2026-11-22).
func (c *Client) deleteDraft(ctx context.Context, q *publish.Query) error {
	err := c.command(ctx, q.Credential, "draft/delete", map[string]any{"media_id": q.Receipt.ID})
	if code(err) == "40007" {
		return nil
	}
	return err
}

// deletePublication deletes every article of the publication.
//
// POST cgi-bin/freepublish/delete (developers.weixin.qq.com/doc/service/api/public/api_freepublishdelete, read
// 2026-11-22).
func (c *Client) deletePublication(ctx context.Context, q *publish.Query) error {
	id, err := c.articleID(ctx, q)
	if id == "" || err != nil {
		return err
	}
	err = c.command(ctx, q.Credential, "freepublish/delete", map[string]any{"article_id": id, "index": 0})
	if code(err) == "53600" {
		return nil
	}
	return err
}

// articleID returns the id of a publication, or "" when it is certain that readers do not see it. A receipt that names the
// submission instead, by a number, is asked about.
func (c *Client) articleID(ctx context.Context, q *publish.Query) (string, error) {
	if loose(q.Receipt.ID).id() == "" {
		return q.Receipt.ID, nil
	}
	r, err := c.trackPublication(ctx, q)
	switch {
	case err != nil:
		return "", unlessOver(err)
	case r.Reach != govmedia.ReachPublic:
		return "", inWork("freepublish/get")
	case loose(r.ID).id() != "":
		return "", byHand("平台没有给出文章编号（article_id）")
	}
	return r.ID, nil
}

// unlessOver returns no error when asking for a post told that it was refused, deleted or banned: nobody sees it.
func unlessOver(err error) error {
	if e := govmedia.AsError(err); e != nil && e.Kind == govmedia.KindRejected && e.Code == "" {
		return nil
	}
	return err
}

func inWork(op string) error {
	return with(invalid(op, "the platform is still at work on it; it can be withdrawn when that is over"), govmedia.KindUnavailable, no)
}

// deleteMass deletes the articles of a mass message. When that is refused, the message's status says why.
//
// POST cgi-bin/message/mass/delete (developers.weixin.qq.com/doc/service/api, 群发消息, read 2026-11-22).
func (c *Client) deleteMass(ctx context.Context, q *publish.Query) error {
	const op = "message/mass/delete"
	err := c.command(ctx, q.Credential, op, map[string]any{"msg_id": number(q.Receipt.ID), "article_idx": 0})
	e := govmedia.AsError(err)
	if e == nil || e.Code == "" || e.Kind != govmedia.KindNotFound && e.Kind != govmedia.KindInvalid {
		return err
	}
	r, err := c.trackMass(ctx, q)
	switch {
	case err != nil && code(err) == "40059":
		return byHand("平台查不到这条群发消息")
	case err != nil:
		return unlessOver(err)
	case r.Reach != govmedia.ReachMass:
		return inWork(op)
	}
	return byHand("平台不允许通过接口删除这条群发消息（只有发送成功的图文和视频可以）")
}
