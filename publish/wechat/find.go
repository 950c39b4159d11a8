package wechat

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
)

// pageSize is how much of a list is read at once: up to 20 are given, but with their content ten fit into one answer.
// mostPages is how many pages are read: publications may be listed 100 times a day.
const (
	pageSize  = 10
	mostPages = 3
)

// Find implements [publish.Finder].
//
// For a publication it reads the draft of the checkpoint and the newest publications. Without a draft in the checkpoint
// nothing was handed over. A publication is ours when it has our title, link and text and is not older than Since less
// Config.ClockSkew; its Thread is known only where its address tells it. The reading is complete when the draft is
// still in the box; only in the time in which that proves nothing yet, the publications are not read besides. When the
// draft has vanished and nothing is found, that is no absence: the platform may be at work on it, or a person has
// deleted it.
//
// For a mass message, of which no list tells, the reading is complete when the draft is still in the box. When the draft
// has vanished, and it is less than 23 hours since it was first handed over, it is repeatable: the platform knows the
// clientmsgid.
//
// For a draft it reads the box; the reading is complete when it reaches back to Since.
func (c *Client) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	p, err := progressOf(q.Prior)
	if err != nil {
		return nil, err
	}
	if q.Rendition.Want == govmedia.ReachDraft {
		return c.findDraft(ctx, q, &p)
	}
	if p.Draft == "" {
		return &publish.Found{Complete: true}, nil
	}
	_, inBox, err := c.boxed(ctx, q.Credential, p.Draft)
	if err != nil {
		return nil, err
	}
	if q.Rendition.Want == govmedia.ReachMass {
		return &publish.Found{Complete: inBox, Repeatable: p.repeatable(c.cfg.Now())}, nil
	}
	if inBox && c.cfg.Now().Sub(q.Since) < c.cfg.VisibleWithin {
		return &publish.Found{Complete: true}, nil // the engine waits for VisibleWithin to pass, and reads again
	}
	receipts, err := c.findPublished(ctx, q)
	if err != nil {
		return nil, err
	}
	return &publish.Found{Receipts: receipts, Complete: inBox}, nil
}

// findPublished looks for our article among the newest publications.
//
// POST cgi-bin/freepublish/batchget (developers.weixin.qq.com/doc/service/api/public/api_freepublish_batchget, read
// 2026-11-22).
func (c *Client) findPublished(ctx context.Context, q *publish.Query) ([]govmedia.Receipt, error) {
	const op = "freepublish/batchget"
	since := c.earliest(q.Since)
	var found []govmedia.Receipt
	_, err := c.list(ctx, op, q.Credential, since, func(l *listed, at time.Time) {
		if a, ok := l.one(); ok && l.ArticleID != "" && !a.Deleted.yes() && !at.Before(since) && c.shows(a, q.Rendition) {
			found = append(found, govmedia.Receipt{
				ID: string(l.ArticleID), URL: string(a.URL), Thread: threadOf(string(a.URL)), At: at,
				Reach: govmedia.ReachPublic, Evidence: govmedia.EvidenceFound,
			})
		}
	})
	return found, err
}

// threadOf returns the msg_data_id that stands in the long form of an article's address, or "".
func threadOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return loose(u.Query().Get("mid")).id()
}

// findDraft looks for a draft that was to stay one.
//
// POST cgi-bin/draft/batchget (developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_batchget, read
// 2026-11-22).
func (c *Client) findDraft(ctx context.Context, q *publish.Query, p *progress) (*publish.Found, error) {
	receipt := govmedia.Receipt{Reach: govmedia.ReachDraft, Evidence: govmedia.EvidenceFound}
	if p.Draft != "" {
		_, inBox, err := c.boxed(ctx, q.Credential, p.Draft)
		if err != nil || !inBox {
			return &publish.Found{}, err
		}
		receipt.ID, receipt.At = p.Draft, c.cfg.Now().UTC()
		return &publish.Found{Receipts: []govmedia.Receipt{receipt}, Complete: true}, nil
	}
	since := c.earliest(q.Since)
	found := &publish.Found{}
	reached, err := c.list(ctx, "draft/batchget", q.Credential, since, func(l *listed, at time.Time) {
		if a, ok := l.one(); ok && l.MediaID != "" && !at.Before(since) && c.shows(a, q.Rendition) {
			receipt.ID, receipt.At = string(l.MediaID), at
			found.Receipts = append(found.Receipts, receipt)
		}
	})
	if err != nil {
		return nil, err
	}
	found.Complete = reached
	return found, nil
}

// list reads drafts or publications, newest first, until one is older than since. reached means that everything since
// then was seen: the list came to its end, or in order to something older. In which order the platform lists is not
// documented, so a list that is out of order reaches nothing but its end.
func (c *Client) list(ctx context.Context, op string, cred account.Credential, since time.Time, visit func(*listed, time.Time)) (reached bool, err error) {
	seen, ordered, last := 0, true, time.Time{}
	for n := range mostPages {
		var got page
		body := map[string]any{"offset": n * pageSize, "count": pageSize, "no_content": 0}
		if err := c.call(ctx, query{op: op, cred: cred, body: body}, &got); err != nil {
			return false, err
		}
		total, ok := got.Total.number()
		if !ok {
			return false, unreadable(op, "the answer does not say how many there are")
		}
		for i := range got.Items {
			at, ok := got.Items[i].Updated.instant()
			if !ok {
				return false, unreadable(op, "an entry has no time")
			}
			ordered = ordered && (last.IsZero() || !at.After(last))
			last = at
			visit(&got.Items[i], at)
		}
		if seen += len(got.Items); int64(seen) >= total {
			return n == 0, nil // several pages may have shifted while they were read
		}
		if len(got.Items) == 0 || ordered && last.Before(since) {
			return ordered && last.Before(since), nil
		}
	}
	return false, nil
}

// earliest is the oldest time that something of ours, fenced at since, can carry. The platform tells seconds.
func (c *Client) earliest(since time.Time) time.Time {
	return since.Add(-c.cfg.ClockSkew).Truncate(time.Second)
}

// Track implements [publish.Tracker]: how far a publication or a mass message has come.
func (c *Client) Track(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	if q.Receipt == nil || loose(q.Receipt.ID).id() == "" {
		return nil, with(invalid("track", "there is no receipt with an id to ask for"), govmedia.KindConflict, no)
	}
	var r *govmedia.Receipt
	var err error
	if q.Rendition.Want == govmedia.ReachMass {
		r, err = c.trackMass(ctx, q)
	} else {
		r, err = c.trackPublication(ctx, q)
	}
	if e := govmedia.AsError(err); e != nil && e.Code != "" && (e.Kind == govmedia.KindInvalid || e.Kind == govmedia.KindRejected) {
		return nil, with(err, govmedia.KindConflict, no) // the question was refused, not the post
	}
	return r, err
}

// trackPublication asks for a publication.
//
// POST cgi-bin/freepublish/get (developers.weixin.qq.com/doc/service/api/public/api_freepublish_get, read 2026-11-22).
func (c *Client) trackPublication(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	var answer struct {
		Status  loose `json:"publish_status"`
		Article loose `json:"article_id"`
		Detail  struct {
			Items []struct {
				Index loose `json:"idx"`
				URL   loose `json:"article_url"`
			} `json:"item"`
		} `json:"article_detail"`
	}
	body := map[string]any{"publish_id": number(q.Receipt.ID)}
	if err := c.call(ctx, query{op: "freepublish/get", cred: q.Credential, body: body}, &answer); err != nil {
		return nil, err
	}
	result := PublishResult{PublishID: q.Receipt.ID, ArticleID: string(answer.Article), Status: statusOf(answer.Status)}
	for _, it := range answer.Detail.Items {
		result.URLs = append(result.URLs, string(it.URL))
	}
	return result.receipt(q.Receipt, c.cfg.Now())
}

// trackMass asks for a mass message.
//
// POST cgi-bin/message/mass/get (developers.weixin.qq.com/doc/service/api/message/api_massmsgget, read 2026-11-22).
func (c *Client) trackMass(ctx context.Context, q *publish.Query) (*govmedia.Receipt, error) {
	const op = "message/mass/get"
	var answer struct {
		Status loose `json:"msg_status"`
	}
	if err := c.call(ctx, query{op: op, cred: q.Credential, body: map[string]any{"msg_id": q.Receipt.ID}}, &answer); err != nil {
		return nil, err
	}
	r := *q.Receipt
	r.Evidence = govmedia.EvidenceResponse
	switch strings.ToUpper(string(answer.Status)) {
	case "SEND_SUCCESS":
		r.Reach, r.At = govmedia.ReachMass, c.cfg.Now().UTC()
	case "SENDING":
		r.Reach = govmedia.ReachSubmitted
	case "SEND_FAIL":
		return nil, rejected(op, "群发失败：平台没有送达，原因见公众平台群发记录")
	case "DELETE":
		return nil, rejected(op, "群发消息已被删除")
	default:
		return nil, unreadable(op, "the answer has no status that the documents describe")
	}
	return &r, nil
}

func rejected(op, why string) error {
	e := govmedia.Errorf(govmedia.KindRejected, op, "%s", why)
	e.Platform = Platform
	return e
}
