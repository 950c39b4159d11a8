package wordpresstest

import (
	"maps"
	"strconv"
	"strings"
)

// object is a JSON object of the site.
type object map[string]any

// wireID is an id as the site writes it: a number.
func wireID(id string) int64 {
	n, _ := parseID(id)
	return n
}

// post renders a post; the context edit shows what is stored besides what is shown.
func (c *call) post(s *Server, p *post, context string) object {
	stored := func(text, shown string, more object) object {
		o := object{"rendered": shown}
		if context == "edit" {
			o["raw"] = text
		}
		maps.Copy(o, more)
		return o
	}
	guid := c.site + "/?p=" + p.ID
	var meta any = []string{} // PHP's empty object
	if len(s.cfg.MetaKeys) > 0 {
		fields := object{}
		for _, key := range s.cfg.MetaKeys {
			fields[key] = p.Meta[key]
		}
		meta = fields
	}
	discussion := "open"
	if p.CommentsClosed {
		discussion = "closed"
	}
	o := object{
		"id": p.id, "date": p.Date.In(s.cfg.Zone).Format(dateLayout), "date_gmt": p.Date.Format(dateLayout),
		"modified": p.Modified.In(s.cfg.Zone).Format(dateLayout), "modified_gmt": p.Modified.Format(dateLayout),
		"guid": stored(guid, guid, nil), "slug": p.Slug, "status": p.Status, "type": "post", "link": c.permalink(p),
		"title": stored(p.Title, p.Title, nil), "content": stored(p.Content, paragraphs(p.Content), object{"protected": false}),
		"excerpt": stored(p.Excerpt, paragraphs(p.Excerpt), object{"protected": false}),
		"author":  p.author.id, "featured_media": wireID(p.FeaturedMedia), "comment_status": discussion, "ping_status": "open",
		"sticky": false, "template": "", "format": "standard", "meta": meta, "categories": []int{1}, "tags": []int{},
		"_links": c.links("posts", p.ID),
	}
	if context == "edit" {
		o["password"], o["permalink_template"], o["generated_slug"] = "", c.site+"/%postname%/", slug(p.Title)
	}
	return o
}

// permalink is where readers find a post; one that is not published has no better address than its id.
func (c *call) permalink(p *post) string {
	if p.Status == statusPublish || p.Status == statusPrivate {
		return c.site + "/" + p.Slug + "/"
	}
	return c.site + "/?p=" + p.ID
}

func (c *call) links(base, id string) object {
	return object{
		"self":       []object{{"href": c.rest(base + "/" + id)}},
		"collection": []object{{"href": c.rest(base)}},
	}
}

// said renders a comment.
func (c *call) said(s *Server, it *comment, context string) object {
	content := object{"rendered": paragraphs(it.Text)}
	links := c.links("comments", it.ID)
	links["up"] = []object{{"embeddable": true, "post_type": "post", "href": c.rest("posts/" + it.PostID)}}
	o := object{
		"id": it.id, "post": it.post.id, "parent": it.parent, "author": it.authorID(), "author_name": it.Name, "author_url": "",
		"date": it.Date.In(s.cfg.Zone).Format(dateLayout), "date_gmt": it.Date.Format(dateLayout), "content": content,
		"link": c.permalink(it.post) + "#comment-" + it.ID, "status": it.Status, "type": "comment", "meta": []string{},
		"author_avatar_urls": object{}, "_links": links,
	}
	if context == "edit" {
		content["raw"] = it.Text
		o["author_email"], o["author_ip"], o["author_user_agent"] = it.Email, it.ip, ""
	}
	return o
}

// attachment renders a file.
func (c *call) attachment(s *Server, m *media) object {
	kind := "file"
	if strings.HasPrefix(m.MediaType, "image/") {
		kind = "image"
	}
	source := c.site + "/wp-content/uploads/" + m.Date.In(s.cfg.Zone).Format("2006/01/") + m.File
	return object{
		"id": m.id, "date": m.Date.In(s.cfg.Zone).Format(dateLayout), "date_gmt": m.Date.Format(dateLayout),
		"modified_gmt": m.Date.Format(dateLayout), "guid": object{"rendered": source}, "slug": m.Slug, "status": "inherit",
		"type": "attachment", "link": c.site + "/" + m.Slug + "/", "title": object{"rendered": m.Title, "raw": m.Title},
		"author": m.author.id, "alt_text": m.AltText, "media_type": kind, "mime_type": m.MediaType,
		"media_details": object{"file": m.Date.In(s.cfg.Zone).Format("2006/01/") + m.File, "filesize": m.Size, "sizes": object{}},
		"post":          nil, "source_url": source, "_links": c.links("media", m.ID),
	}
}

// me is GET users/me.
func (s *Server) me(c *call) (any, *refusal) {
	if c.user == nil {
		return nil, refuse(401, "rest_not_logged_in", "You are not currently logged in.")
	}
	u := c.user
	login := strings.ToLower(u.Login)
	o := object{
		"id": u.id, "name": u.Name, "url": "", "description": u.Description, "link": c.site + "/author/" + login + "/", "slug": login,
		"avatar_urls": object{}, "meta": []string{}, "_links": c.links("users", u.ID),
	}
	if c.context() == "edit" {
		o["username"], o["email"], o["roles"], o["nickname"] = u.Login, u.Email, []Role{u.Role}, u.Login
		o["capabilities"] = object{
			"moderate_comments": u.can(Editor), "unfiltered_html": u.can(Editor), "publish_posts": u.can(Author),
			"upload_files": u.can(Author), "edit_posts": u.can(Contributor), "read": true, string(u.Role): true,
		}
	}
	return o, nil
}

// index is GET /wp-json/, much abridged.
func (s *Server) index(c *call) (any, *refusal) {
	_, offset := c.now.In(s.cfg.Zone).Zone()
	paths := object{}
	for path, list := range map[string]string{
		"/wp/v2/posts": "GET POST", "/wp/v2/posts/(?P<id>[\\d]+)": "GET POST PUT PATCH DELETE",
		"/wp/v2/comments": "GET POST", "/wp/v2/comments/(?P<id>[\\d]+)": "GET POST PUT PATCH DELETE",
		"/wp/v2/media": "GET POST", "/wp/v2/media/(?P<id>[\\d]+)": "GET POST PUT PATCH DELETE", "/wp/v2/users/me": "GET",
	} {
		methods := strings.Fields(list)
		paths[path] = object{"namespace": "wp/v2", "methods": methods, "endpoints": []object{{"methods": methods, "args": object{}}}}
	}
	return object{
		"name": s.cfg.Title, "description": "", "url": c.site, "home": c.site, "gmt_offset": float64(offset) / 3600,
		"timezone_string": s.cfg.Zone.String(), "namespaces": []string{"wp/v2"}, "routes": paths,
		"authentication": object{"application-passwords": object{"endpoints": object{"authorization": c.site + "/wp-admin/authorize-application.php"}}},
	}, nil
}

// paragraphs is what the site makes of a stored text: paragraphs where there are none.
func paragraphs(text string) string {
	if text == "" {
		return ""
	}
	if strings.Contains(text, "<p") {
		return text + "\n"
	}
	var out strings.Builder
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.Trim(part, "\n"); part != "" {
			out.WriteString("<p>" + strings.ReplaceAll(part, "\n", "<br />\n") + "</p>\n")
		}
	}
	return out.String()
}

// slug makes of a text what may stand in an address: other scripts than Latin are percent-encoded, as in a WordPress
// without plugins.
func slug(text string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(stripTags(text)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '%':
			out.WriteRune(r)
		case r == ' ' || r == '.' || r == '/':
			out.WriteByte('-')
		case r < 0x80:
		default:
			for _, b := range []byte(string(r)) {
				out.WriteString("%" + strconv.FormatInt(int64(b), 16))
			}
		}
	}
	got := out.String()
	for strings.Contains(got, "--") {
		got = strings.ReplaceAll(got, "--", "-")
	}
	if len(got) > 200 {
		got = got[:200]
		if i := strings.LastIndexByte(got, '%'); i > 197 {
			got = got[:i]
		}
	}
	return strings.Trim(got, "-")
}
