package wechattest

import (
	"encoding/json"
	"slices"
	"time"
)

// addDraft is POST /cgi-bin/draft/add. It has no idempotency key.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add, as noted 2026-11-22.
func (s *Server) addDraft(c *call) (any, *refusal) {
	var in struct {
		Articles []json.RawMessage `json:"articles"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	list, ref := s.articles(c, in.Articles)
	if ref != nil {
		return nil, ref
	}
	d := s.storeDraft(c.app, list, c.now)
	if c.plan.shadow || c.plan.vanish {
		d.state = DraftVanished
	}
	return object{"media_id": d.id, "item": []object{}}, nil
}

func (s *Server) storeDraft(app *account, list []*article, now time.Time) *draft {
	d := &draft{
		app: app, id: s.secret(64), state: DraftInBox, articles: list, created: now, updated: now,
		visibleAt: now.Add(max(0, s.cfg.VisibilityDelay)),
	}
	for _, a := range list {
		a.URL = "http://mp.weixin.qq.com/s?__biz=" + app.biz() + "&tempkey=" + s.secret(32) + "#wechat_redirect"
	}
	s.drafts = append(s.drafts, d)
	s.draftByID[d.id] = d
	return d
}

// boxed returns an account's draft that is in the box.
func (s *Server) boxed(app *account, id string) (*draft, *refusal) {
	if id == "" {
		return nil, refuse(41006)
	}
	d := s.draftByID[id]
	if d == nil || d.app != app || d.state != DraftInBox {
		return nil, refuse(40007)
	}
	return d, nil
}

// mediaIn names a draft.
type mediaIn struct {
	MediaID string `json:"media_id"`
}

func (s *Server) namedDraft(c *call) (*draft, *refusal) {
	var in mediaIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	return s.boxed(c.app, in.MediaID)
}

// vanishBefore takes the draft that a call names out of the box, as a colleague at the
// console does.
func (s *Server) vanishBefore(c *call) {
	var in struct {
		mediaIn
		News mediaIn `json:"mpnews"`
	}
	_ = json.Unmarshal(c.body, &in) // the handler will complain
	for _, id := range []string{in.MediaID, in.News.MediaID} {
		if d := s.draftByID[id]; d != nil && c.app == d.app && d.state == DraftInBox {
			d.state = DraftVanished
		}
	}
}

// getDraft is POST /cgi-bin/draft/get.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, as noted 2026-11-22.
func (s *Server) getDraft(c *call) (any, *refusal) {
	d, ref := s.namedDraft(c)
	if ref != nil {
		return nil, ref
	}
	return object{"news_item": s.wires(d.articles, true, false), "create_time": d.created.Unix(), "update_time": d.updated.Unix()}, nil
}

// updateDraft is POST /cgi-bin/draft/update. It replaces one article; articles is a
// single object here.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, as noted 2026-11-22.
func (s *Server) updateDraft(c *call) (any, *refusal) {
	var in struct {
		mediaIn
		Index    number          `json:"index"`
		Articles json.RawMessage `json:"articles"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	d, ref := s.boxed(c.app, in.MediaID)
	if ref != nil {
		return nil, ref
	}
	if in.Index < 0 || int(in.Index) >= len(d.articles) {
		return nil, refuse(40114)
	}
	a, ref := s.oneArticle(c, in.Articles)
	if ref != nil {
		return nil, ref
	}
	if !c.plan.shadow {
		a.URL = d.articles[in.Index].URL
		d.articles[in.Index], d.updated = a, c.now
	}
	return done(), nil
}

// deleteDraft is POST /cgi-bin/draft/delete.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, as noted 2026-11-22.
func (s *Server) deleteDraft(c *call) (any, *refusal) {
	d, ref := s.namedDraft(c)
	if ref != nil {
		return nil, ref
	}
	if !c.plan.shadow {
		d.state = DraftDeleted
	}
	return done(), nil
}

// box returns the drafts that lists show, the last changed first.
func (s *Server) box(app *account, now time.Time) []*draft {
	var out []*draft
	for _, d := range slices.Backward(s.drafts) {
		if d.app == app && d.inBox(now) {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *draft) int { return b.updated.Compare(a.updated) })
	return out
}

// countDrafts is GET /cgi-bin/draft/count.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, as noted 2026-11-22.
func (s *Server) countDrafts(c *call) (any, *refusal) {
	return object{"total_count": len(s.box(c.app, c.now))}, nil
}

// listDrafts is POST /cgi-bin/draft/batchget.
//
// developers.weixin.qq.com/doc/service/api/draftbox/draftmanage, as noted 2026-11-22.
func (s *Server) listDrafts(c *call) (any, *refusal) {
	var in pageIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	return page(in, s.box(c.app, c.now), func(d *draft) object {
		return object{"media_id": d.id, "update_time": d.updated.Unix(), "content": object{
			"news_item":   s.wires(d.articles, !bool(in.NoContent), false),
			"create_time": d.created.Unix(), "update_time": d.updated.Unix(),
		}}
	})
}
