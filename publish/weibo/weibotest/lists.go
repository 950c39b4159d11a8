package weibotest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// window is the paging of a list call. since_id is exclusive, max_id is inclusive.
type window struct {
	since, max  int64 // max 0 is no bound
	count, page int64
}

func (c *call) window(count, most int64) (window, *refusal) {
	w := window{}
	for _, field := range []struct {
		name    string
		missing int64
		to      *int64
	}{
		{"since_id", 0, &w.since}, {"max_id", 0, &w.max}, {"count", count, &w.count}, {"page", 1, &w.page},
	} {
		n, ref := c.number(field.name, field.missing)
		if ref != nil {
			return window{}, ref
		}
		*field.to = n
	}
	w.count = min(max(w.count, 1), most)
	w.page = max(w.page, 1)
	return w, nil
}

// cut returns the page of a list, newest first, and the id that the following page
// begins with, 0 when there is none.
func cut[T interface{ key() int64 }](newest []T, w window) (page []T, next int64) {
	in := newest[:0:0]
	for _, it := range newest {
		if it.key() > w.since && (w.max == 0 || it.key() <= w.max) {
			in = append(in, it)
		}
	}
	size := int64(len(in))
	from := size
	if w.page-1 <= size/w.count {
		from = min((w.page-1)*w.count, size)
	}
	to := min(from+w.count, size)
	if to < size {
		next = in[to].key()
	}
	return in[from:to], next
}

type wireTimeline struct {
	Statuses       []*wireStatus `json:"statuses"`
	HasVisible     bool          `json:"hasvisible"`
	PreviousCursor int64         `json:"previous_cursor"`
	NextCursor     int64         `json:"next_cursor"`
	TotalNumber    int           `json:"total_number"`
}

// timeline answers with a page of posts. What may not be seen is taken out after the
// page has been cut, so that a page can be shorter than asked for, or empty, although
// more follow.
func (s *Server) timeline(c *call, newest []*post, total int) (any, *refusal) {
	w, ref := c.window(20, 100)
	if ref != nil {
		return nil, ref
	}
	page, next := cut(newest, w)
	out := wireTimeline{Statuses: []*wireStatus{}, NextCursor: next, TotalNumber: total}
	for _, p := range page {
		if p.visible(c.now) {
			out.Statuses = append(out.Statuses, p.wire(c.now))
		}
	}
	return out, nil
}

// userTimeline is GET statuses/user_timeline: the newest few posts of the calling user
// and of nobody else.
//
// open.weibo.com/wiki/2/statuses/user_timeline, read 2026-11-22.
func (s *Server) userTimeline(c *call) (any, *refusal) {
	if uid := c.form.Get("uid"); uid != "" && uid != c.user.UID {
		return nil, refuse(21335)
	}
	if name := c.form.Get("screen_name"); name != "" && name != c.user.ScreenName {
		return nil, refuse(21335)
	}
	var newest []*post
	total := 0
	for _, p := range slices.Backward(c.user.posts) {
		if p.deleted || (c.form.Get("base_app") == "1" && p.app != c.app) {
			continue
		}
		if p.visible(c.now) {
			total++
		}
		if s.cfg.TimelineWindow < 0 || len(newest) < s.cfg.TimelineWindow {
			newest = append(newest, p)
		}
	}
	return s.timeline(c, newest, total)
}

// postMentions is GET statuses/mentions: posts of others that name the calling user.
//
// open.weibo.com/wiki/2/statuses/mentions, read 2026-11-22.
func (s *Server) postMentions(c *call) (any, *refusal) {
	var newest []*post
	total := 0
	for _, p := range slices.Backward(s.posts) {
		if p.deleted || p.author == c.user || !mentions(p.shown, c.user.ScreenName) {
			continue
		}
		newest = append(newest, p)
		if p.visible(c.now) {
			total++
		}
	}
	return s.timeline(c, newest, total)
}

// mentions reports whether a text names a user. The name ends where no character of
// screen names follows: @某市发布厅 and @某市发布您好 do not name 某市发布.
func mentions(text, name string) bool {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "@"+name)
		if !found {
			return false
		}
		next, _ := utf8.DecodeRuneInString(after)
		if !unicode.IsLetter(next) && !unicode.IsDigit(next) && next != '-' && next != '_' {
			return true
		}
		rest = after
	}
}

type wireComments struct {
	Comments       []*wireComment `json:"comments"`
	HasVisible     bool           `json:"hasvisible"`
	PreviousCursor int64          `json:"previous_cursor"`
	NextCursor     int64          `json:"next_cursor"`
	TotalNumber    int            `json:"total_number"`
}

// commentList answers with a page of those comments, given oldest first, which wanted
// selects. Pages are cut before what may not be seen is taken out.
func (s *Server) commentList(c *call, all []*comment, wanted func(*comment) bool) (any, *refusal) {
	w, ref := c.window(50, 200)
	if ref != nil {
		return nil, ref
	}
	out := wireComments{Comments: []*wireComment{}}
	var newest []*comment
	for _, it := range slices.Backward(all) {
		if it.deleted || !wanted(it) {
			continue
		}
		newest = append(newest, it)
		if it.visible(c.now) {
			out.TotalNumber++
		}
	}
	page, next := cut(newest, w)
	out.NextCursor = next
	for _, it := range page {
		if it.visible(c.now) {
			out.Comments = append(out.Comments, it.wire(c.now))
		}
	}
	return out, nil
}

// commentsOnPost is GET comments/show.
//
// open.weibo.com/wiki/2/comments/show, read 2026-11-22.
func (s *Server) commentsOnPost(c *call) (any, *refusal) {
	p, ref := s.readablePost(c)
	if ref != nil {
		return nil, ref
	}
	return s.commentList(c, p.comments, func(*comment) bool { return true })
}

// commentsToMe is GET comments/to_me: what others wrote below the calling user's posts
// or in answer to the user's comments.
//
// open.weibo.com/wiki/2/comments/to_me, read 2026-11-22.
func (s *Server) commentsToMe(c *call) (any, *refusal) {
	return s.commentList(c, s.comments, func(it *comment) bool { return it.isTo(c.user) })
}

// commentsByMe is GET comments/by_me.
//
// open.weibo.com/wiki/2/comments/by_me, read 2026-11-22.
func (s *Server) commentsByMe(c *call) (any, *refusal) {
	return s.commentList(c, s.comments, func(it *comment) bool { return it.author == c.user })
}

// commentsTimeline is GET comments/timeline: to_me and by_me together.
//
// open.weibo.com/wiki/2/comments/timeline, read 2026-11-22.
func (s *Server) commentsTimeline(c *call) (any, *refusal) {
	return s.commentList(c, s.comments, func(it *comment) bool { return it.author == c.user || it.isTo(c.user) })
}

// commentMentions is GET comments/mentions.
//
// open.weibo.com/wiki/2/comments/mentions, read 2026-11-22.
func (s *Server) commentMentions(c *call) (any, *refusal) {
	return s.commentList(c, s.comments, func(it *comment) bool {
		return it.author != c.user && mentions(it.shown, c.user.ScreenName)
	})
}

func (c *comment) isTo(u *account) bool {
	return c.author != u && (c.post.author == u || (c.parent != nil && c.parent.author == u))
}

// showComments is GET comments/show_batch for up to 50 comments; missing ones are left
// out. Documents disagree whether the limit is 20 or 50.
//
// open.weibo.com/wiki/2/comments/show_batch, read 2026-11-22.
func (s *Server) showComments(c *call) (any, *refusal) {
	ids, ref := c.ids("cids", 50)
	if ref != nil {
		return nil, ref
	}
	out := []*wireComment{}
	for _, id := range ids {
		if it := s.commentByID[id]; it != nil && it.visible(c.now) {
			out = append(out, it.wire(c.now))
		}
	}
	return out, nil
}

// shiftPages adds an item to the list that has just been answered, so that the pages
// which follow are shifted by one.
func (s *Server) shiftPages(c *call, f *Fault) {
	text := f.Text
	if text == "" {
		text = "翻页之间的新内容 " + formatID(s.issued)
	}
	r := record{author: s.citizen("翻页时的路人"), text: text, shown: text, created: c.now, visibleAt: c.now}
	switch c.endpoint.name {
	case "statuses/user_timeline":
		r.author = c.user
		s.addPost(r, nil)
	case "statuses/mentions":
		r.text += " @" + c.user.ScreenName
		s.addPost(r, nil)
	case "comments/show":
		id, _ := parseID(c.form.Get("id")) // the call has succeeded
		s.addComment(r, s.postByID[id], nil)
	default:
		s.shiftOwnComments(c, r)
	}
}

// shiftOwnComments adds a comment to the lists of comments to, by and naming the
// calling user, below the user's newest post; without a post nothing is added.
func (s *Server) shiftOwnComments(c *call, r record) {
	for _, p := range slices.Backward(c.user.posts) {
		if !p.visible(c.now) {
			continue
		}
		switch c.endpoint.name {
		case "comments/by_me":
			r.author = c.user
		case "comments/mentions":
			r.shown += " @" + c.user.ScreenName
		}
		s.addComment(r, p, nil)
		return
	}
}
