package wechattest

import (
	"slices"
	"time"
)

// submit is POST /cgi-bin/freepublish/submit. errcode 0 says that the job was accepted,
// no more. It has no idempotency key.
//
// developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit, as noted 2026-11-22.
func (s *Server) submit(c *call) (any, *refusal) {
	d, ref := s.namedDraft(c)
	if ref != nil {
		return nil, ref
	}
	p := &publication{
		work: work{app: c.app, articles: fork(d.articles)}, draft: d, status: PublishWorking,
		submitted: c.now, shadow: c.plan.shadow, outcome: c.plan.publishOutcome(c.app),
	}
	p.id, p.msgDataID = s.nextID(), s.nextID()
	p.live = func() bool { return p.status == PublishDone && !p.shadow }
	s.publications = append(s.publications, p)
	s.pubByID[p.id], s.works[p.msgDataID] = p, &p.work
	s.take(d)
	s.start(c, p)
	out := done()
	out["publish_id"], out["msg_data_id"] = s.publishID(c, p), p.msgDataID
	return out, nil
}

// publishOutcome is the status that a publication will have. A sandbox account's always
// fails.
func (p *plan) publishOutcome(app *account) int {
	switch {
	case app.Sandbox:
		return PublishFailed
	case p.reject == nil:
		return PublishDone
	case p.reject.Code >= PublishOriginal && p.reject.Code <= PublishRejected:
		return p.reject.Code
	default:
		return PublishRejected
	}
}

func (s *Server) publishID(c *call, p *publication) any {
	if s.cfg.StringPublishID || c.plan.stringID {
		return formatID(p.id)
	}
	return p.id
}

func (p *publication) finish(s *Server, at time.Time) {
	p.status = p.outcome
	if p.status != PublishDone {
		s.putBack(p.draft)
		for i := range p.articles {
			p.failIdx = append(p.failIdx, i+1)
		}
	} else {
		p.draft.through()
		p.articleID = s.secret(38)
		p.visibleAt = at.Add(max(0, s.cfg.VisibilityDelay))
		p.address()
		s.articleByID[p.articleID] = p
	}
	s.push(p.app, publishEvent(p, s.cfg.OldPublishEvent, at))
}

func (p *publication) detail() object {
	items := []object{}
	for i, a := range p.articles {
		items = append(items, object{"idx": i + 1, "article_url": a.URL})
	}
	return object{"count": len(items), "item": items}
}

// getPublication is POST /cgi-bin/freepublish/get. publish_id may be a number or a
// string. That an unknown one is 53502 is from memory.
//
// developers.weixin.qq.com/doc/service/api/public/api_freepublish_get, as noted 2026-11-22.
func (s *Server) getPublication(c *call) (any, *refusal) {
	var in struct {
		PublishID number `json:"publish_id"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	p := s.pubByID[int64(in.PublishID)]
	if p == nil || p.app != c.app {
		return nil, refuse(53502)
	}
	p.asked++
	s.poll(p, c.now)
	out := object{"publish_id": s.publishID(c, p), "publish_status": p.status, "fail_idx": append([]int{}, p.failIdx...)}
	if p.status == PublishDone {
		out["article_id"], out["article_detail"] = p.articleID, p.detail()
	}
	return out, nil
}

// listArticles is POST /cgi-bin/freepublish/batchget.
//
// developers.weixin.qq.com/doc/service/api/public/api_freepublish_batchget, as noted 2026-11-22.
func (s *Server) listArticles(c *call) (any, *refusal) {
	var in pageIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	var all []*publication
	for _, p := range slices.Backward(s.publications) {
		if p.app == c.app && p.visible(c.now) {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b *publication) int { return b.settled.Compare(a.settled) })
	return page(in, all, func(p *publication) object {
		return object{"article_id": p.articleID, "update_time": p.settled.Unix(), "content": object{
			"news_item":   s.wires(p.articles, !bool(in.NoContent), true),
			"create_time": p.submitted.Unix(), "update_time": p.settled.Unix(),
		}}
	})
}

// published returns an account's publication that readers can see, or could before it
// was deleted.
func (s *Server) published(app *account, id string) (*publication, *refusal) {
	p := s.articleByID[id]
	if p == nil || p.app != app || p.shadow || p.status == PublishBanned {
		return nil, refuse(53600)
	}
	return p, nil
}

// getArticle is POST /cgi-bin/freepublish/getarticle.
//
// developers.weixin.qq.com/doc/service/api/public/api_freepublishgetarticle, as noted 2026-11-22.
func (s *Server) getArticle(c *call) (any, *refusal) {
	var in struct {
		ArticleID string `json:"article_id"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	p, ref := s.published(c.app, in.ArticleID)
	if ref != nil {
		return nil, ref
	}
	return object{"news_item": s.wires(p.articles, true, true), "create_time": p.submitted.Unix(), "update_time": p.settled.Unix()}, nil
}

// deleteArticle is POST /cgi-bin/freepublish/delete. index counts from 1; without it,
// or with 0, everything goes.
//
// developers.weixin.qq.com/doc/service/api/public/api_freepublishdelete, as noted 2026-11-22.
func (s *Server) deleteArticle(c *call) (any, *refusal) {
	var in struct {
		ArticleID string `json:"article_id"`
		Index     number `json:"index"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	p, ref := s.published(c.app, in.ArticleID)
	switch {
	case ref != nil:
		return nil, ref
	case p.status != PublishDone:
		return nil, refuse(53600)
	case in.Index < 0 || int(in.Index) > len(p.articles):
		return nil, refuse(40035)
	}
	if !c.plan.shadow && p.remove(int(in.Index)) {
		p.status = PublishAllDeleted
	}
	return done(), nil
}

// remove deletes the article with an index from 1, or all with 0, and reports whether
// none is left.
func (w *work) remove(index int) (none bool) {
	none = true
	for i, a := range w.articles {
		a.Deleted = a.Deleted || index == 0 || index == i+1
		none = none && a.Deleted
	}
	return none
}
