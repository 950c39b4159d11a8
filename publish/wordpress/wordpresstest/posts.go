package wordpresstest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The states of a post.
const (
	statusPublish = "publish"
	statusFuture  = "future"
	statusDraft   = "draft"
	statusPending = "pending"
	statusPrivate = "private"
	statusTrash   = "trash"
	statusAny     = "any"
)

// find returns a post that has not been deleted for good.
func (s *Server) find(id string) *post {
	for _, p := range s.posts {
		if p.ID == id && !p.Deleted {
			return p
		}
	}
	return nil
}

// createPost is POST posts (developer.wordpress.org/rest-api/reference/posts, read 2026-11-22). It has no idempotency
// key: the same slug twice makes a second post whose slug ends in -2.
func (s *Server) createPost(c *call) (any, *refusal) {
	if ref := s.checkPost(c); ref != nil {
		return nil, ref
	}
	switch {
	case c.params.has("id"):
		return nil, refuse(http.StatusBadRequest, "rest_post_exists", "Cannot create existing post.")
	case !c.user.can(Contributor):
		return nil, c.barred("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
	case c.params.id("author") > 0 && c.params.id("author") != c.user.id && !c.user.can(Editor):
		return nil, c.barred("rest_cannot_edit_others", "Sorry, you are not allowed to create posts as this user.")
	}
	p := &post{author: c.user, Post: Post{Status: statusDraft, Date: c.now, Modified: c.now, Shadow: c.shadow}}
	if ref := s.fill(c, p); ref != nil {
		return nil, ref
	}
	if p.Title == "" && p.Content == "" && p.Excerpt == "" {
		return nil, refuse(http.StatusBadRequest, "empty_content", "Content, title, and excerpt are empty.")
	}
	if len(p.Title) > titleColumn {
		return nil, refuse(http.StatusInternalServerError, "db_insert_error", "Could not insert post into the database.")
	}
	if p.author == c.user { // unless the call named another one
		p.Author = c.user.Login
	}
	s.insert(c, p)
	if ref := s.fillMeta(c, p); ref != nil {
		return nil, ref // too late: the post is there, as on the real site
	}
	c.created = c.rest("posts/" + p.ID)
	return c.post(s, p, "edit"), nil
}

const titleColumn = 65_535 // bytes that the database holds of a title

// insert stores a post under a fresh id and, unless it is a draft without one, under a slug of its own.
func (s *Server) insert(c *call, p *post) {
	p.id = s.nextItem()
	p.ID = formatID(p.id)
	switch {
	case c == nil || p.Status != statusPublish:
	case c.pending:
		p.Status = statusPending
	case c.later > 0:
		p.Status, p.Date = statusFuture, p.Date.Add(c.later)
	}
	if c != nil && c.rewrite {
		p.Slug = "p-" + p.ID // what plugins for addresses do
	}
	if p.Slug == "" && p.Status != statusDraft && p.Status != statusPending {
		p.Slug = cmpOr(slug(p.Title), p.ID)
	}
	p.Slug = s.freeSlug(p, p.Slug)
	s.posts = append(s.posts, p)
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// freeSlug appends -2, -3 and so on to a slug that another post has, be it published or not.
func (s *Server) freeSlug(p *post, want string) string {
	return numbered(want, func(slug string) bool {
		return slices.ContainsFunc(s.posts, func(o *post) bool { return o != p && !o.Deleted && o.Slug == slug })
	})
}

func numbered(want string, taken func(string) bool) string {
	got := want
	for n := 2; want != "" && taken(got); n++ {
		got = fmt.Sprintf("%s-%d", want, n)
	}
	return got
}

// checkPost judges the parameters of a write by their form alone.
func (s *Server) checkPost(c *call) *refusal {
	allowed := []string{statusPublish, statusFuture, statusDraft, statusPending, statusPrivate}
	if v := c.params.str("status"); c.params.has("status") && !slices.Contains(allowed, v) {
		return notInEnum("status", v, allowed)
	}
	if _, object := c.params["meta"].(map[string]any); c.params.has("meta") && !object {
		return invalidParam("meta", "Invalid parameter.", "rest_invalid_type")
	}
	_, _, ref := s.date(c.params, "date")
	_, _, ref2 := s.date(c.params, "date_gmt")
	return first(ref, ref2)
}

// fill sets what the parameters say about a post.
func (s *Server) fill(c *call, p *post) *refusal {
	if id := c.params.id("author"); id > 0 {
		i := slices.IndexFunc(s.users, func(u *user) bool { return u.id == id })
		if i < 0 {
			return refuse(http.StatusBadRequest, "rest_invalid_author", "Invalid author ID.")
		}
		p.author, p.Author = s.users[i], s.users[i].Login
	}
	for name, to := range map[string]*string{"title": &p.Title, "content": &p.Content, "excerpt": &p.Excerpt} {
		if c.params.has(name) {
			*to = c.user.filtered(strings.TrimSpace(c.params.str(name)))
		}
	}
	status := p.Status
	if c.params.has("status") {
		status = c.params.str("status")
		switch status {
		case statusPublish, statusFuture:
			if !c.user.can(Author) {
				return c.barred("rest_cannot_publish", "Sorry, you are not allowed to publish posts in this post type.")
			}
		case statusPrivate:
			if !c.user.can(Editor) {
				return c.barred("rest_cannot_publish", "Sorry, you are not allowed to create private posts in this post type.")
			}
		}
	}
	for _, name := range []string{"date", "date_gmt"} {
		if at, given, _ := s.date(c.params, name); given {
			p.Date = at
		}
	}
	p.Status = dated(status, p.Date, c.now)
	if v := c.params.str("slug"); v != "" {
		p.Slug = slug(v)
	}
	if v := c.params.str("comment_status"); v != "" {
		p.CommentsClosed = v == "closed"
	}
	if c.params.has("featured_media") {
		id := c.params.id("featured_media")
		m := s.findMedia(formatID(id))
		switch {
		case id == 0:
			p.featured, p.FeaturedMedia = 0, ""
		case m != nil && strings.HasPrefix(m.MediaType, "image/"): // others are ignored without a word
			p.featured, p.FeaturedMedia = id, m.ID
		}
	}
	return nil
}

// dated is the site's rule: what is to appear later is future, and what is future but past appears at once.
func dated(status string, at, now time.Time) string {
	switch {
	case status == statusPublish && at.After(now):
		return statusFuture
	case status == statusFuture && !at.After(now):
		return statusPublish
	default:
		return status
	}
}

// publishDue makes future posts appear whose time has come.
func (s *Server) publishDue(now time.Time) {
	for _, p := range s.posts {
		if p.Status == statusFuture && !p.Date.After(now) {
			p.Status = statusPublish
		}
	}
}

// fillMeta sets registered meta fields. A field that is protected is refused after everything else has been stored.
func (s *Server) fillMeta(c *call, p *post) *refusal {
	given, _ := c.params["meta"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(s.cfg.MetaKeys, key) {
			continue
		}
		if strings.HasPrefix(key, "_") {
			return protectedMeta(c, key)
		}
		if p.Meta == nil {
			p.Meta = map[string]string{}
		}
		p.Meta[key] = asString(given[key])
	}
	return nil
}

func protectedMeta(c *call, key string) *refusal {
	return refuseWith(c.barredStatus(), "rest_cannot_update", "Sorry, you are not allowed to edit the "+key+" custom field.",
		map[string]any{"key": key})
}

// editPost is POST posts/{id}.
func (s *Server) editPost(c *call) (any, *refusal) {
	p := s.find(c.item)
	ref := s.checkPost(c)
	switch {
	case ref != nil:
		return nil, ref
	case p == nil:
		return nil, noPost()
	case !c.user.mayEdit(p):
		return nil, c.barred("rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
	}
	if ref := s.fill(c, p); ref != nil {
		return nil, ref
	}
	p.Modified = c.now
	if p.Slug == "" && p.Status != statusDraft && p.Status != statusPending {
		p.Slug = cmpOr(slug(p.Title), p.ID)
	}
	p.Slug = s.freeSlug(p, p.Slug)
	if ref := s.fillMeta(c, p); ref != nil {
		return nil, ref
	}
	return c.post(s, p, "edit"), nil
}

// deletePost is DELETE posts/{id}: into the trash, or with force for good.
func (s *Server) deletePost(c *call) (any, *refusal) {
	p := s.find(c.item)
	switch {
	case p == nil:
		return nil, noPost()
	case !c.user.mayEdit(p):
		return nil, c.barred("rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
	case c.params.yes("force"):
		previous := c.post(s, p, "edit")
		p.Deleted = true
		return object{"deleted": true, "previous": previous}, nil
	case s.cfg.NoTrash:
		return nil, refuse(http.StatusNotImplemented, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
	case p.Status == statusTrash:
		return nil, refuse(http.StatusGone, "rest_already_trashed", "The post has already been deleted.")
	}
	p.trash(c.now)
	return c.post(s, p, "edit"), nil
}

func (p *post) trash(now time.Time) {
	p.before, p.Status, p.Modified = p.Status, statusTrash, now
	p.Slug += "__trashed"
}

// getPost is GET posts/{id}.
func (s *Server) getPost(c *call) (any, *refusal) {
	p := s.find(c.item)
	switch {
	case p == nil || p.Shadow:
		return nil, noPost()
	case c.context() == "edit" && !c.user.mayEdit(p):
		return nil, c.barred("rest_forbidden_context", "Sorry, you are not allowed to edit this post.")
	case !c.user.mayRead(p):
		return nil, c.barred("rest_forbidden", "Sorry, you are not allowed to do that.")
	}
	return c.post(s, p, c.context()), nil
}

// listPosts is GET posts.
func (s *Server) listPosts(c *call) (any, *refusal) {
	f, ref := s.filter(c, []string{"date", "author", "id", "include", "modified", "parent", "relevance", "slug", "include_slugs", "title"})
	if ref != nil {
		return nil, ref
	}
	statuses := c.params.list("status")
	if len(statuses) == 0 {
		statuses = []string{statusPublish}
	}
	if ref := c.checkStatuses(statuses); ref != nil {
		return nil, ref
	}
	if c.context() == "edit" && !c.user.can(Contributor) {
		return nil, c.barred("rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
	}
	if len(f.include) > 0 {
		f.exclude = nil // of the two, the database is asked for the first only
	}
	slugs := c.params.list("slug")
	var all []*post
	for _, p := range s.posts {
		whatever := slices.Contains(statuses, statusAny) && p.Status != statusTrash
		switch {
		case !whatever && !slices.Contains(statuses, p.Status), !c.user.mayRead(p),
			c.context() == "edit" && !c.user.mayEdit(p),
			len(slugs) > 0 && !slices.Contains(slugs, p.Slug),
			f.search != "" && !strings.Contains(strings.ToLower(p.Title+"\n"+p.Excerpt+"\n"+p.Content), f.search),
			!f.admits(p.id, p.author.id, p.Date, p.Modified):
			continue
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *post) int { return f.compare(f.postKey(a), f.postKey(b)) })
	if len(all) > 0 && (f.page-1)*f.perPage >= len(all) {
		return nil, refuse(http.StatusBadRequest, "rest_post_invalid_page_number",
			"The page number requested is larger than the number of pages available.")
	}
	out := []object{}
	for _, p := range cut(c, f, all) {
		out = append(out, c.post(s, p, c.context()))
	}
	return out, nil
}

// checkStatuses refuses states that the caller may not ask for. The refusal is a 400, whose details alone tell a
// stranger (401) from a user (403).
func (c *call) checkStatuses(statuses []string) *refusal {
	allowed := []string{
		statusPublish, statusFuture, statusDraft, statusPending, statusPrivate, statusTrash,
		"auto-draft", "inherit", "request-pending", "request-confirmed", "request-failed", "request-completed", statusAny,
	}
	for i, v := range statuses {
		if !slices.Contains(allowed, v) {
			ref := notInEnum("status", v, allowed)
			message := fmt.Sprintf("status[%d]%s", i, strings.TrimPrefix(ref.data["params"].(map[string]string)["status"], "status")) //nolint:forcetypeassert // notInEnum made it
			return invalidParam("status", message, "rest_not_in_enum")
		}
		if v != statusPublish && !c.user.can(Contributor) {
			return invalidParamData("status", "Status is forbidden.", "rest_forbidden_status", map[string]int{"status": c.barredStatus()})
		}
	}
	return nil
}

func (f *filter) postKey(p *post) sortKey {
	k := sortKey{id: p.id}
	switch f.orderby {
	case "date", "relevance":
		k.at = p.Date
	case "modified":
		k.at = p.Modified
	case "slug", "include_slugs":
		k.text = p.Slug
	case "title":
		k.text = p.Title
	case "author":
		k.text = fmt.Sprintf("%020d", p.author.id)
	}
	return k
}
