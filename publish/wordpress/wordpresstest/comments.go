package wordpresstest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// findComment returns a comment that has not been deleted for good.
func (s *Server) findComment(id string) *comment {
	for _, c := range s.comments {
		if c.ID == id && !c.Deleted {
			return c
		}
	}
	return nil
}

// maxComment is the size of the column that comments are kept in.
const maxComment = 65525

// createComment is POST comments (developer.wordpress.org/rest-api/reference/comments, read 2026-11-22). Whether the
// parent exists is not asked.
func (s *Server) createComment(c *call) (any, *refusal) {
	if c.user == nil && !s.cfg.AnonymousComments {
		return nil, refuse(http.StatusUnauthorized, "rest_comment_login_required", "Sorry, you must be logged in to comment.")
	}
	for _, name := range []string{"author", "status"} {
		own := name == "author" && c.user != nil && c.params.id(name) == c.user.id
		if c.params.has(name) && !own && !c.user.can(Editor) {
			return nil, c.barred("rest_comment_invalid_"+name, "Sorry, you are not allowed to edit '"+name+"' for comments.")
		}
	}
	const sorry = "Sorry, you are not allowed to create a comment on this post."
	p := s.find(formatID(c.params.id("post")))
	switch {
	case p == nil || p.Shadow:
		return nil, refuse(http.StatusForbidden, "rest_comment_invalid_post_id", "Sorry, you are not allowed to create this comment without a post.")
	case p.Status == statusDraft:
		return nil, refuse(http.StatusForbidden, "rest_comment_draft_post", sorry)
	case p.Status == statusTrash:
		return nil, refuse(http.StatusForbidden, "rest_comment_trash_post", sorry)
	case !c.user.mayRead(p):
		return nil, c.barred("rest_cannot_read_post", "Sorry, you are not allowed to read the post for this comment.")
	case p.CommentsClosed:
		return nil, refuse(http.StatusForbidden, "rest_comment_closed", "Sorry, comments are closed for this item.")
	case c.params.has("id"):
		return nil, refuse(http.StatusBadRequest, "rest_comment_exists", "Cannot create existing comment.")
	}
	it := c.comment(p, strings.TrimSpace(c.params.str("content")))
	if c.user == nil {
		it.Name, it.Email = c.params.str("author_name"), c.params.str("author_email")
	}
	switch {
	case it.Text == "":
		return nil, refuse(http.StatusBadRequest, "rest_comment_content_invalid", "Invalid comment content.")
	case it.Name == "" || it.Email == "":
		return nil, refuse(http.StatusBadRequest, "rest_comment_author_data_required", "Creating a comment requires valid author name and email values.")
	case len(it.Text) > maxComment:
		return nil, refuse(http.StatusBadRequest, "comment_content_column_length", "Comment field exceeds maximum length allowed.")
	case s.repeats(it, it.Text):
		return nil, duplicateComment(http.StatusConflict)
	case s.floods(c, it):
		return nil, floodOf(http.StatusBadRequest)
	}
	s.accept(c, it)
	if v := c.params.str("status"); v != "" {
		it.Status = commentStatus(v)
	}
	c.created = c.rest("comments/" + it.ID)
	context := "view"
	if c.user.can(Editor) {
		context = "edit"
	}
	return c.said(s, it, context), nil
}

func duplicateComment(status int) *refusal {
	return refuse(status, "comment_duplicate", "Duplicate comment detected; it looks as though you\u2019ve already said that!")
}

func floodOf(status int) *refusal {
	return refuse(status, "comment_flood", "You are posting comments too quickly. Slow down.")
}

// comment returns what a call leaves behind under a post.
func (c *call) comment(p *post, text string) *comment {
	it := &comment{post: p, parent: c.params.id("parent"), author: c.user, ip: c.ip}
	it.Comment = Comment{PostID: p.ID, Text: text, Date: c.now, Shadow: c.shadow}
	if it.parent > 0 {
		it.ParentID = formatID(it.parent)
	}
	if c.user != nil {
		it.Author, it.Name, it.Email = c.user.Login, c.user.Name, c.user.Email
	}
	return it
}

// repeats reports whether the same person has said the same under the same parent. What is compared is the text as sent,
// less its backslashes, with the text as stored: a text with a backslash, or with markup that is filtered out, is not
// recognised. The database compares without regard to case.
func (s *Server) repeats(it *comment, sent string) bool {
	sent = strings.ReplaceAll(sent, `\`, "")
	return slices.ContainsFunc(s.comments, func(o *comment) bool {
		return !o.Deleted && o.Status != Trashed && o.post == it.post && o.parent == it.parent &&
			o.Name == it.Name && o.Email == it.Email && strings.EqualFold(o.Text, sent)
	})
}

// floods reports whether the same user, address or mailbox has commented within the window.
func (s *Server) floods(c *call, it *comment) bool {
	if s.cfg.FloodWindow < 0 || c.user.can(Editor) {
		return false
	}
	return slices.ContainsFunc(s.comments, func(o *comment) bool {
		same := o.Email == it.Email || c.user != nil && o.author == c.user || c.user == nil && o.ip == it.ip
		return !o.Deleted && same && c.now.Sub(o.Date) < s.cfg.FloodWindow
	})
}

// accept stores a comment under a fresh id, approved or held.
func (s *Server) accept(c *call, it *comment) {
	if !c.user.can(Editor) {
		it.Text = filterComment(it.Text)
	}
	it.Status = Held
	if c.user.can(Editor) || c.user != nil && it.post.author == c.user || s.trusted(it) {
		it.Status = Approved
	}
	s.keep(it)
}

func (s *Server) trusted(it *comment) bool {
	switch s.cfg.Moderation {
	case ModerateNone:
		return true
	case ModerateAll:
		return false
	}
	return slices.ContainsFunc(s.comments, func(o *comment) bool {
		return !o.Deleted && o.Status == Approved && o.Name == it.Name && o.Email == it.Email
	})
}

func (s *Server) keep(it *comment) {
	it.id = s.nextComment()
	it.ID = formatID(it.id)
	s.comments = append(s.comments, it)
}

// commentStatus reads the many words for a state.
func commentStatus(v string) string {
	switch v {
	case "approved", "approve", "1":
		return Approved
	case "spam", "trash":
		return v
	default:
		return Held
	}
}

func (s *Server) getComment(c *call) (any, *refusal) {
	it := s.findComment(c.item)
	switch {
	case it == nil || it.Shadow:
		return nil, noComment()
	case c.context() == "edit" && !c.user.can(Editor):
		return nil, c.barred("rest_forbidden_context", "Sorry, you are not allowed to edit comments.")
	case !c.user.mayReadComment(it):
		return nil, c.barred("rest_cannot_read", "Sorry, you are not allowed to read this comment.")
	}
	return c.said(s, it, c.context()), nil
}

// editComment is POST comments/{id}, with which a moderator approves, too.
func (s *Server) editComment(c *call) (any, *refusal) {
	it := s.findComment(c.item)
	switch {
	case it == nil:
		return nil, noComment()
	case !c.user.can(Editor):
		return nil, c.barred("rest_cannot_edit", "Sorry, you are not allowed to edit this comment.")
	}
	if c.params.has("content") {
		text := strings.TrimSpace(c.params.str("content"))
		if text == "" {
			return nil, refuse(http.StatusBadRequest, "rest_comment_content_invalid", "Invalid comment content.")
		}
		it.Text = text
	}
	if v := c.params.str("status"); v != "" {
		it.Status = commentStatus(v)
	}
	return c.said(s, it, "edit"), nil
}

// deleteComment is DELETE comments/{id}: into the trash, or with force for good.
func (s *Server) deleteComment(c *call) (any, *refusal) {
	it := s.findComment(c.item)
	switch {
	case it == nil:
		return nil, noComment()
	case !c.user.can(Editor):
		return nil, c.barred("rest_cannot_delete", "Sorry, you are not allowed to delete this comment.")
	case c.params.yes("force"):
		previous := c.said(s, it, "edit")
		it.Deleted = true
		return object{"deleted": true, "previous": previous}, nil
	case it.Status == Trashed:
		return nil, refuse(http.StatusGone, "rest_already_trashed", "The comment has already been trashed.")
	}
	it.Status = Trashed
	return c.said(s, it, "edit"), nil
}

// listComments is GET comments. A page beyond the end is empty, unlike that of posts.
func (s *Server) listComments(c *call) (any, *refusal) {
	f, ref := s.filter(c, []string{"date_gmt", "date", "id", "include", "post", "parent", "type"})
	if ref != nil {
		return nil, ref
	}
	if ref := c.checkComments(s, f); ref != nil {
		return nil, ref
	}
	status := c.params.str("status")
	var all []*comment
	for _, it := range s.comments {
		switch {
		case !wanted(status, it.Status), !c.user.mayReadComment(it),
			len(f.parents) > 0 && !slices.Contains(f.parents, it.post.id),
			len(f.parent) > 0 && !slices.Contains(f.parent, it.parent),
			f.search != "" && !strings.Contains(strings.ToLower(it.Text+"\n"+it.Name), f.search),
			!f.admits(it.id, it.authorID(), it.Date, time.Time{}):
			continue
		}
		all = append(all, it)
	}
	slices.SortFunc(all, func(a, b *comment) int { return f.compare(f.commentKey(a), f.commentKey(b)) })
	out := []object{}
	for _, it := range cut(c, f, all) {
		out = append(out, c.said(s, it, c.context()))
	}
	return out, nil
}

// checkComments refuses what the caller may not ask for.
func (c *call) checkComments(s *Server, f *filter) *refusal {
	for _, id := range f.parents {
		if p := s.find(formatID(id)); p != nil && !c.user.mayRead(p) {
			return c.barred("rest_cannot_read_post", "Sorry, you are not allowed to read the post for this comment.")
		}
	}
	if c.context() == "edit" && !c.user.can(Editor) {
		return c.barred("rest_forbidden_context", "Sorry, you are not allowed to edit comments.")
	}
	if c.user.can(Contributor) {
		return nil
	}
	var forbidden []string
	if len(f.author) > 0 {
		forbidden = append(forbidden, "author")
	}
	if v := c.params.str("status"); v != "" && v != "approve" {
		forbidden = append(forbidden, "status")
	}
	if len(forbidden) > 0 {
		return c.barred("rest_forbidden_param", "Query parameter not permitted: "+strings.Join(forbidden, ", "))
	}
	return nil
}

// wanted reports whether a list that asks for a status shows a comment with another.
func wanted(asked, status string) bool {
	switch asked {
	case "", "approve":
		return status == Approved
	case "all":
		return status == Approved || status == Held
	case "any":
		return true
	default:
		return asked == status
	}
}

func (c *comment) authorID() int64 {
	if c.author == nil {
		return 0
	}
	return c.author.id
}

func (f *filter) commentKey(it *comment) sortKey {
	k := sortKey{id: it.id}
	if f.orderby == "date_gmt" || f.orderby == "date" {
		k.at = it.Date
	}
	return k
}

// commentForm is POST /wp-comments-post.php, by which readers of the website comment. It answers with pages; a comment
// that was taken is a 302 to where it will be seen.
func (s *Server) commentForm(c *call) (any, *refusal) {
	page := func(status int, message string) *refusal {
		return &refusal{status: status, message: message, html: true}
	}
	p := s.find(formatID(c.params.id("comment_post_ID")))
	c.params["parent"] = c.params.str("comment_parent")
	switch {
	case p == nil || !c.user.mayRead(p):
		return nil, page(http.StatusOK, "")
	case p.CommentsClosed:
		return nil, page(http.StatusForbidden, "Sorry, comments are closed for this item.")
	case s.cfg.LoginToComment && c.user == nil:
		return nil, page(http.StatusForbidden, "Sorry, you must be logged in to comment.")
	}
	it := c.comment(p, strings.TrimSpace(c.params.str("comment")))
	if c.user == nil {
		it.Name, it.Email = strings.TrimSpace(c.params.str("author")), strings.TrimSpace(c.params.str("email"))
	}
	switch {
	case it.Name == "" || it.Email == "":
		return nil, page(http.StatusOK, "Error: Please fill the required fields.")
	case it.Text == "":
		return nil, page(http.StatusOK, "Error: Please type your comment text.")
	case s.repeats(it, it.Text):
		return nil, page(http.StatusConflict, duplicateComment(0).message)
	case s.floods(c, it):
		return nil, page(http.StatusTooManyRequests, floodOf(0).message)
	}
	s.accept(c, it)
	to := c.permalink(p) + "#comment-" + it.ID
	if it.Status != Approved {
		to = c.permalink(p) + "?unapproved=" + it.ID + "&moderation-hash=0#comment-" + it.ID
	}
	return redirect(to), nil
}
