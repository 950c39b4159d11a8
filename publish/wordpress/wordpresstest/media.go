package wordpresstest

import (
	"crypto/md5" //nolint:gosec // Content-MD5 is what the interface has
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) findMedia(id string) *media {
	for _, m := range s.media {
		if m.ID == id && !m.Deleted {
			return m
		}
	}
	return nil
}

// createMedia is POST media with the file as the body, or as the part "file" of a multipart request
// (developer.wordpress.org/rest-api/reference/media, read 2026-11-22).
func (s *Server) createMedia(c *call) (any, *refusal) {
	bad := func(code, message string) (any, *refusal) {
		return nil, refuse(http.StatusBadRequest, "rest_upload_"+code, message)
	}
	if !c.user.can(Author) {
		return nil, c.barred("rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
	}
	name, kind := c.fileName, c.fileType
	if len(c.file) == 0 {
		return bad("no_data", "No data supplied.")
	}
	if name == "" {
		kind, _, _ = strings.Cut(c.header.Get("Content-Type"), ";")
		if kind == "" {
			return bad("no_content_type", "No Content-Type supplied.")
		}
		disposition := c.header.Get("Content-Disposition")
		if disposition == "" {
			return bad("no_content_disposition", "No Content-Disposition supplied.")
		}
		_, values, _ := mime.ParseMediaType(disposition)
		if name = values["filename"]; name == "" {
			return bad("invalid_disposition", "Invalid Content-Disposition supplied. Content-Disposition needs to be formatted as "+
				"`attachment; filename=\"image.png\"` or similar.")
		}
	}
	sum := md5.Sum(c.file) //nolint:gosec // as above
	if want := c.header.Get("Content-MD5"); want != "" && strings.TrimSpace(want) != hex.EncodeToString(sum[:]) {
		return nil, refuse(http.StatusPreconditionFailed, "rest_upload_hash_mismatch", "Content hash did not match expected.")
	}
	if c.fileName != "" && s.cfg.MaxUpload >= 0 && int64(len(c.file)) > s.cfg.MaxUpload {
		return nil, refuse(http.StatusInternalServerError, "rest_upload_unknown_error",
			"The uploaded file exceeds the upload_max_filesize directive in php.ini.")
	}
	name, kind, ok := sideload(path.Base(strings.ReplaceAll(name, `\`, "/")), kind, c.file)
	if !ok {
		return nil, sideloadError("Sorry, you are not allowed to upload this file type.")
	}
	return s.keepMedia(c, name, kind), nil
}

// keepMedia stores a file. Its title is the name of the file unless the call gives one, and its slug follows the title
// unless the call gives that.
func (s *Server) keepMedia(c *call, name, kind string) object {
	digest := sha256.Sum256(c.file)
	m := &media{author: c.user, id: s.nextItem(), Media: Media{
		Author: c.user.Login, File: s.freeFile(name), MediaType: kind, Size: len(c.file), SHA256: hex.EncodeToString(digest[:]),
		AltText: strings.Join(strings.Fields(stripTags(c.params.str("alt_text"))), " "), Date: c.now, Shadow: c.shadow,
	}}
	m.ID = formatID(m.id)
	m.Title = cmpOr(c.user.filtered(strings.TrimSpace(c.params.str("title"))), strings.TrimSuffix(m.File, path.Ext(m.File)))
	m.Slug = s.freeMediaSlug(cmpOr(slug(c.params.str("slug")), slug(m.Title)))
	s.media = append(s.media, m)
	c.created = c.rest("media/" + m.ID)
	return c.attachment(s, m)
}

// freeMediaSlug appends -2, -3 and so on to a slug that a post or another file has.
func (s *Server) freeMediaSlug(want string) string {
	taken := func(slug string) bool {
		return slices.ContainsFunc(s.posts, func(p *post) bool { return !p.Deleted && p.Slug == slug }) ||
			slices.ContainsFunc(s.media, func(m *media) bool { return !m.Deleted && m.Slug == slug })
	}
	return numbered(want, taken)
}

// sideloadError has status 500 although it is a refusal: nothing was stored, and the same file will always be refused.
func sideloadError(message string) *refusal {
	return refuse(http.StatusInternalServerError, "rest_upload_sideload_error", message)
}

// sideload judges a file by the ending of its name and by its bytes, and returns the name and media type that it gets: a
// picture with the ending of another kind of picture is renamed.
func sideload(name, given string, data []byte) (kept, kind string, ok bool) {
	kinds := map[string]string{
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
		".pdf": "application/pdf", ".mp4": "video/mp4", ".mp3": "audio/mpeg",
	}
	endings := map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
	ext := path.Ext(name)
	kind, known := kinds[strings.ToLower(ext)]
	actual := http.DetectContentType(data)
	switch {
	case !known:
		return name, given, slices.Contains([]string{".txt", ".csv", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip"}, strings.ToLower(ext))
	case kind == actual:
		return name, kind, true
	case endings[kind] != "" && endings[actual] != "":
		return strings.TrimSuffix(name, ext) + endings[actual], actual, true
	}
	return name, kind, false
}

// freeFile appends -1, -2 and so on to a name that another file has.
func (s *Server) freeFile(name string) string {
	ext := path.Ext(name)
	got := name
	for n := 1; slices.ContainsFunc(s.media, func(m *media) bool { return m.File == got && !m.Deleted }); n++ {
		got = strings.TrimSuffix(name, ext) + "-" + strconv.Itoa(n) + ext
	}
	return got
}

func (s *Server) getMedia(c *call) (any, *refusal) {
	m := s.findMedia(c.item)
	if m == nil || m.Shadow {
		return nil, noPost()
	}
	return c.attachment(s, m), nil
}

func (s *Server) editMedia(c *call) (any, *refusal) {
	m := s.findMedia(c.item)
	switch {
	case m == nil:
		return nil, noPost()
	case !c.user.can(Editor) && (c.user == nil || m.author != c.user):
		return nil, c.barred("rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
	}
	if c.params.has("alt_text") {
		m.AltText = c.params.str("alt_text")
	}
	if v := slug(c.params.str("slug")); v != "" && v != m.Slug {
		m.Slug = s.freeMediaSlug(v)
	}
	return c.attachment(s, m), nil
}

// deleteMedia is DELETE media/{id}; files know no trash.
func (s *Server) deleteMedia(c *call) (any, *refusal) {
	m := s.findMedia(c.item)
	switch {
	case m == nil:
		return nil, noPost()
	case !c.user.can(Editor) && (c.user == nil || m.author != c.user):
		return nil, c.barred("rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
	case !c.params.yes("force"):
		return nil, refuse(http.StatusNotImplemented, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
	}
	previous := c.attachment(s, m)
	m.Deleted = true
	return object{"deleted": true, "previous": previous}, nil
}

func (s *Server) listMedia(c *call) (any, *refusal) {
	f, ref := s.filter(c, []string{"date", "author", "id", "include", "modified", "title"})
	if ref != nil {
		return nil, ref
	}
	if c.context() == "edit" && !c.user.can(Contributor) {
		return nil, c.barred("rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
	}
	slugs := c.params.list("slug")
	var all []*media
	for _, m := range s.media {
		if !m.Deleted && !m.Shadow && f.admits(m.id, m.author.id, m.Date, m.Date) && (len(slugs) == 0 || slices.Contains(slugs, m.Slug)) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *media) int {
		return f.compare(sortKey{at: a.Date, id: a.id}, sortKey{at: b.Date, id: b.id})
	})
	out := []object{}
	for _, m := range cut(c, f, all) {
		out = append(out, c.attachment(s, m))
	}
	return out, nil
}
