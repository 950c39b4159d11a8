package wechattest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// commentIn names an article, and a comment on it, in a request.
type commentIn struct {
	MsgDataID number `json:"msg_data_id"`
	Index     number `json:"index"` // from 0
	UserID    number `json:"user_comment_id"`
}

// commented reads a request into in, which holds at, and returns the article it names.
func (s *Server) commented(c *call, in any, at *commentIn) (*article, *refusal) {
	if ref := c.decode(in); ref != nil {
		return nil, ref
	}
	w := s.works[int64(at.MsgDataID)]
	switch {
	case c.app.Unverified:
		return nil, refuse(88000)
	case w == nil || w.app != c.app, at.Index < 0 || int(at.Index) >= len(w.articles):
		return nil, refuse(88001)
	case !w.live(), w.articles[at.Index].Deleted:
		return nil, refuse(88002)
	}
	return w.articles[at.Index], nil
}

// theComment returns the comment that a request names.
func (s *Server) theComment(c *call, in any, at *commentIn) (*article, *comment, *refusal) {
	a, ref := s.commented(c, in, at)
	if ref != nil {
		return nil, nil, ref
	}
	n := int(at.UserID)
	switch {
	case n < 1 || n > len(a.comments):
		return nil, nil, refuse(88008)
	case a.comments[n-1].Deleted == byCitizen:
		return nil, nil, refuse(88004)
	case a.comments[n-1].Deleted != "" || a.comments[n-1].Hidden:
		return nil, nil, refuse(88008)
	}
	return a, a.comments[n-1], nil
}

// Who deleted a comment.
const (
	byAccount = "account"
	byCitizen = "citizen"
)

// openComments is POST /cgi-bin/comment/open.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) openComments(c *call) (any, *refusal) { return s.switchComments(c, true) }

// closeComments is POST /cgi-bin/comment/close.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) closeComments(c *call) (any, *refusal) { return s.switchComments(c, false) }

func (s *Server) switchComments(c *call, open bool) (any, *refusal) {
	var in commentIn
	a, ref := s.commented(c, &in, &in)
	if ref != nil {
		return nil, ref
	}
	if !c.plan.shadow {
		a.CommentsOpen = open
	}
	return done(), nil
}

// listComments is POST /cgi-bin/comment/list. type 0 is all, 1 the ordinary, 2 the
// elected ones. The newest comes first, which the documents leave open, so that pages
// shift while one reads.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) listComments(c *call) (any, *refusal) {
	var in struct {
		commentIn
		Begin number `json:"begin"`
		Count number `json:"count"`
		Type  number `json:"type"`
	}
	a, ref := s.commented(c, &in, &in.commentIn)
	switch {
	case ref != nil:
		return nil, ref
	case in.Count < 1 || in.Count >= 50:
		return nil, refuse(88010)
	case in.Begin < 0 || in.Type < 0 || in.Type > 2:
		return nil, refuse(40035)
	}
	all := []object{}
	for _, it := range slices.Backward(a.comments) {
		if it.Deleted != "" || it.Hidden || in.Type == 1 && it.Elected || in.Type == 2 && !it.Elected {
			continue
		}
		all = append(all, it.wire(s.cfg.ReplyArray || c.plan.replyArray))
	}
	from := min(int(in.Begin), len(all))
	out := done()
	out["total"], out["comment"] = len(all), all[from:min(from+int(in.Count), len(all))]
	return out, nil
}

func (c *comment) wire(array bool) object {
	out := object{
		"user_comment_id": c.UserID, "create_time": c.Created.Unix(), "content": c.Text, "comment_type": bit(c.Elected),
	}
	if c.OpenID != "" {
		out["openid"] = c.OpenID
	}
	reply := []object{}
	if c.Reply != "" && !c.Shadow {
		reply = append(reply, object{"content": c.Reply, "create_time": c.ReplyAt.Unix()})
	}
	switch {
	case array:
		out["reply"] = reply
	case len(reply) > 0:
		out["reply"] = reply[0]
	}
	return out
}

// electComment is POST /cgi-bin/comment/markelect (精选).
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) electComment(c *call) (any, *refusal) {
	var in commentIn
	a, it, ref := s.theComment(c, &in, &in)
	if ref != nil {
		return nil, ref
	}
	elected := 0
	for _, other := range a.comments {
		if other.Elected && other.Deleted == "" {
			elected++
		}
	}
	if !it.Elected && s.cfg.MaxElected >= 0 && elected >= s.cfg.MaxElected {
		return nil, refuse(88003)
	}
	it.Elected = it.Elected || !c.plan.shadow
	return done(), nil
}

// unelectComment is POST /cgi-bin/comment/unmarkelect.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) unelectComment(c *call) (any, *refusal) {
	return s.changeComment(c, func(it *comment) { it.Elected = false })
}

// deleteComment is POST /cgi-bin/comment/delete.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) deleteComment(c *call) (any, *refusal) {
	return s.changeComment(c, func(it *comment) { it.Deleted = byAccount })
}

func (s *Server) changeComment(c *call, change func(*comment)) (any, *refusal) {
	var in commentIn
	_, it, ref := s.theComment(c, &in, &in)
	if ref != nil {
		return nil, ref
	}
	if !c.plan.shadow {
		change(it)
	}
	return done(), nil
}

// addReply is POST /cgi-bin/comment/reply/add. A comment has one reply.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) addReply(c *call) (any, *refusal) {
	var in struct {
		commentIn
		Content string `json:"content"`
	}
	_, it, ref := s.theComment(c, &in, &in.commentIn)
	switch {
	case ref != nil:
		return nil, ref
	case it.Reply != "" && !it.Shadow:
		return nil, refuse(88005)
	case strings.TrimSpace(in.Content) == "" || over(utf8.RuneCountInString(in.Content), s.cfg.MaxReply):
		return nil, refuse(88007)
	}
	it.Reply, it.ReplyAt, it.Shadow = in.Content, c.now, c.plan.shadow
	it.Replies++
	return done(), nil
}

// deleteReply is POST /cgi-bin/comment/reply/delete. That a missing reply is 88008 is an
// assumption.
//
// developers.weixin.qq.com/doc/service/api/leaving, as noted 2026-11-22.
func (s *Server) deleteReply(c *call) (any, *refusal) {
	var in commentIn
	_, it, ref := s.theComment(c, &in, &in)
	switch {
	case ref != nil:
		return nil, ref
	case it.Reply == "" || it.Shadow:
		return nil, refuse(88008)
	}
	if !c.plan.shadow {
		it.Reply, it.ReplyAt = "", time.Time{}
	}
	return done(), nil
}

// comment stores a citizen's comment on an article.
func (s *Server) comment(w *work, index int, by, text string) *comment {
	a := w.articles[index]
	a.counted++
	it := &comment{work: w, on: a, Comment: Comment{
		AppID: w.app.ID, ID: fmt.Sprintf("%d_%d_%d", w.msgDataID, index, a.counted),
		MsgDataID: formatID(w.msgDataID), Index: index, UserID: a.counted, OpenID: by, Text: text, Created: s.now(),
	}}
	a.comments = append(a.comments, it)
	s.comments = append(s.comments, it)
	return it
}

// shiftPages has a citizen comment on the article whose comments a call has just read.
func (s *Server) shiftPages(c *call, f *Fault) {
	var in commentIn
	if ref := c.decode(&in); ref != nil {
		return
	}
	text := f.Text
	if text == "" {
		text = "插队"
	}
	s.comment(s.works[int64(in.MsgDataID)], int(in.Index), "", text)
}
