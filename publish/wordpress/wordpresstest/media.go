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
	if s.cfg.MaxUpload >= 0 && int64(len(c.file)) > s.cfg.MaxUpload {
		return nil, sideloadError("The uploaded file exceeds the upload_max_filesize directive in php.ini.")
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if !acceptable(name, c.file) {
		return nil, sideloadError("Sorry, you are not allowed to upload this file type.")
	}
	digest := sha256.Sum256(c.file)
	m := &media{author: c.user, id: s.nextItem(), Media: Media{
		Author: c.user.Login, File: s.freeFile(name), MediaType: kind, Size: len(c.file), SHA256: hex.EncodeToString(digest[:]),
		AltText: c.params.str("alt_text"), Date: c.now,
	}}
	m.ID = formatID(m.id)
	s.media = append(s.media, m)
	c.created = c.rest("media/" + m.ID)
	return c.attachment(s, m), nil
}

// sideloadError has status 500 although it is a refusal: nothing was stored, and the same file will always be refused.
func sideloadError(message string) *refusal {
	return refuse(http.StatusInternalServerError, "rest_upload_sideload_error", message)
}

// acceptable judges a file by its extension and, for pictures, by its bytes.
func acceptable(name string, data []byte) bool {
	kinds := map[string]string{
		".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
		".pdf": "application/pdf", ".mp4": "video/mp4", ".mp3": "audio/mpeg",
	}
	ext := strings.ToLower(path.Ext(name))
	if kind, ok := kinds[ext]; ok {
		return kind == http.DetectContentType(data)
	}
	return slices.Contains([]string{".txt", ".csv", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".zip"}, ext)
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
	if m == nil {
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
	var all []*media
	for _, m := range s.media {
		if !m.Deleted && f.admits(m.id, m.author.id, m.Date, m.Date) {
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
