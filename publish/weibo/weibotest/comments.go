package weibotest

import (
	"slices"
)

// createComment is POST comments/create.
//
// open.weibo.com/wiki/2/comments/create, read 2026-11-22.
func (s *Server) createComment(c *call) (any, *refusal) { return s.writeComment(c, nil) }

// replyComment is POST comments/reply: a comment in answer to the comment cid below the
// post id. Unless without_mention is 1 the platform puts 回复@name: in front.
//
// open.weibo.com/wiki/2/comments/reply, read 2026-11-22.
func (s *Server) replyComment(c *call) (any, *refusal) {
	cid, ref := c.id("cid", 20201)
	if ref != nil {
		return nil, ref
	}
	parent := s.commentByID[cid]
	if parent == nil || !parent.visible(c.now) || formatID(parent.post.id) != c.form.Get("id") {
		return nil, refuse(20201)
	}
	return s.writeComment(c, parent)
}

func (s *Server) writeComment(c *call, parent *comment) (any, *refusal) {
	if ref := s.checkRIP(c); ref != nil {
		return nil, ref
	}
	text, ref := s.text(c, "comment")
	if ref != nil {
		return nil, ref
	}
	p, ref := s.readablePost(c)
	if ref != nil {
		return nil, ref
	}
	switch hour := hourOf(c.now); {
	case p.closed || p.author.CommentsClosed && p.author != c.user:
		return nil, refuse(20206)
	case s.repeatsComment(c, p, parent, text):
		return nil, refuse(20019)
	case s.cfg.CommentsPerHour >= 0 && c.user.commentQ.used(hour) >= s.cfg.CommentsPerHour:
		return nil, refuse(10024)
	default:
		c.user.commentQ.spend(hour)
	}
	r := c.record(s, text)
	r.shown = text
	if parent != nil && c.form.Get("without_mention") != "1" {
		r.shown = "回复@" + parent.author.ScreenName + ":" + text
	}
	return s.addComment(r, p, parent).wire(c.now), nil
}

// repeatsComment reports whether the user has said the same to the same post or
// comment within the window. The same answer to two citizens is no repetition.
func (s *Server) repeatsComment(c *call, p *post, parent *comment, text string) bool {
	return slices.ContainsFunc(p.comments, func(it *comment) bool {
		return it.author == c.user && it.parent == parent && it.text == text && s.remembered(&it.record, c.now)
	})
}

// addComment stores a comment under a fresh id. shown has been set.
func (s *Server) addComment(r record, p *post, parent *comment) *comment {
	r.id = s.nextID()
	it := &comment{record: r, post: p, parent: parent}
	p.comments = append(p.comments, it)
	s.comments = append(s.comments, it)
	s.commentByID[it.id] = it
	return it
}

// destroyComment is POST comments/destroy and answers with the deleted comment.
//
// open.weibo.com/wiki/2/comments/destroy, read 2026-11-22.
func (s *Server) destroyComment(c *call) (any, *refusal) {
	cid, ref := c.id("cid", 20201)
	if ref != nil {
		return nil, ref
	}
	it := s.commentByID[cid]
	switch {
	case it == nil || it.deleted || (it.author != c.user && !it.visible(c.now)):
		return nil, refuse(20201)
	case it.author != c.user:
		return nil, refuse(20203)
	}
	it.deleted = !c.shadow
	return it.wire(c.now), nil
}

// destroyComments is POST comments/destroy_batch for up to 20 comments. It deletes and
// answers with the user's own among them; that the rest is left out rather than
// refused is an assumption.
//
// open.weibo.com/wiki/2/comments/destroy_batch, read 2026-11-22.
func (s *Server) destroyComments(c *call) (any, *refusal) {
	ids, ref := c.ids("cids", 20)
	if ref != nil {
		return nil, ref
	}
	out := []*wireComment{}
	for _, id := range ids {
		it := s.commentByID[id]
		if it == nil || it.deleted || it.author != c.user {
			continue
		}
		it.deleted = !c.shadow
		out = append(out, it.wire(c.now))
	}
	return out, nil
}
