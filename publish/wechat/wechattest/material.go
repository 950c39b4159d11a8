package wechattest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// shape is what the platform accepts as one type of media.
type shape struct {
	most    int // bytes
	tooBig  int // the code of more
	kinds   []string
	endings []string // of file names, for kinds that cannot be told from their bytes
}

var shapes = map[string]shape{
	"image":     {most: 10 << 20, tooBig: 40009, kinds: []string{"image/bmp", "image/png", "image/jpeg", "image/gif"}},
	"thumb":     {most: 64 << 10, tooBig: 40006, kinds: []string{"image/jpeg"}},
	"voice":     {most: 2 << 20, tooBig: 40006, kinds: []string{"audio/mpeg", "audio/wave"}, endings: []string{".mp3", ".wma", ".wav", ".amr"}},
	"video":     {most: 10 << 20, tooBig: 40006, kinds: []string{"video/mp4"}},
	"uploadimg": {most: 1<<20 - 1, tooBig: 40009, kinds: []string{"image/png", "image/jpeg"}},
}

// checkMedia judges an upload by its bytes; the part's own media type is not asked.
func (s *Server) checkMedia(c *call, kind string) (*material, *refusal) {
	sh, ok := shapes[kind]
	media := http.DetectContentType(c.file)
	switch {
	case !ok || (kind == "uploadimg" && c.endpoint.name != "media/uploadimg"):
		return nil, refuse(40004)
	case len(c.file) == 0:
		return nil, refuse(41005)
	case len(c.file) > sh.most:
		return nil, refuse(sh.tooBig)
	case !slices.Contains(sh.kinds, media) && !slices.Contains(sh.endings, strings.ToLower(path.Ext(c.fileName))):
		return nil, refuse(40005)
	}
	sum := sha256.Sum256(c.file)
	return &material{app: c.app, Material: Material{
		AppID: c.app.ID, Type: kind, FileName: c.fileName, MediaType: media, Size: len(c.file),
		SHA256: hex.EncodeToString(sum[:]), Created: c.now,
	}}, nil
}

// keep stores an upload under a fresh media id. Under shadow-drop the id is given and
// worth nothing.
func (s *Server) keep(c *call, m *material) *material {
	m.MediaID = s.secret(64)
	s.materials = append(s.materials, m)
	if c.plan.shadow {
		m.Deleted = true
		return m
	}
	s.media[m.MediaID] = m
	return m
}

func (s *Server) pictureURL(m *material, tail string) string {
	ending := strings.TrimPrefix(m.MediaType, "image/")
	m.URL = "http://mmbiz.qpic.cn/mmbiz_" + ending + "/" + s.secret(43) + "/0?" + tail + ending
	return m.URL
}

// addMaterial is POST /cgi-bin/material/add_material: permanent media.
//
// developers.weixin.qq.com/doc/service/api/material/permanent/api_addmaterial, as noted 2026-11-22.
func (s *Server) addMaterial(c *call) (any, *refusal) {
	kind := c.query.Get("type")
	m, ref := s.checkMedia(c, kind)
	if ref != nil {
		return nil, ref
	}
	if kind == "video" {
		var in struct{ Title, Introduction string }
		if json.Unmarshal([]byte(c.fields["description"]), &in) != nil || in.Title == "" {
			return nil, refuse(40035)
		}
		m.Title, m.Description = in.Title, in.Introduction
	}
	out := object{"media_id": s.keep(c, m).MediaID}
	if kind == "image" || kind == "thumb" {
		s.pictureURL(m, "wx_fmt=")
		s.pictures[m.URL] = m
	}
	if kind == "image" {
		out["url"] = m.URL
	}
	return out, nil
}

// uploadImage is POST /cgi-bin/media/uploadimg: a picture for inside articles, which
// has an address and no media id.
//
// developers.weixin.qq.com/doc/service/api/material/permanent/api_uploadimage, as noted 2026-11-22.
func (s *Server) uploadImage(c *call) (any, *refusal) {
	m, ref := s.checkMedia(c, "uploadimg")
	if ref != nil {
		return nil, ref
	}
	s.pictures[s.pictureURL(m, "from=appmsg&wx_fmt=")] = m
	s.materials = append(s.materials, m)
	return object{"url": m.URL}, nil
}

// uploadMedia is POST /cgi-bin/media/upload: media for three days.
//
// developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia, as noted 2026-11-22.
func (s *Server) uploadMedia(c *call) (any, *refusal) {
	kind := c.query.Get("type")
	m, ref := s.checkMedia(c, kind)
	if ref != nil {
		return nil, ref
	}
	m.Expires = c.now.Add(3 * 24 * time.Hour)
	name := "media_id"
	if kind == "thumb" {
		name = "thumb_media_id"
	}
	return object{"type": kind, name: s.keep(c, m).MediaID, "created_at": c.now.Unix()}, nil
}

// permanent returns an account's permanent media of the given types.
func (s *Server) permanent(app *account, id string, kinds ...string) *material {
	m := s.media[id]
	if m == nil || m.app != app || m.Deleted || !m.Expires.IsZero() || !slices.Contains(kinds, m.Type) {
		return nil
	}
	return m
}

// anyMedia returns an account's media, permanent or temporary.
func (s *Server) anyMedia(c *call, id string) *material {
	m := s.media[id]
	if m == nil || m.app != c.app || m.Deleted || (!m.Expires.IsZero() && !c.now.Before(m.Expires)) {
		return nil
	}
	return m
}

// deleteMaterial is POST /cgi-bin/material/del_material. Drafts and publications keep
// the cover they have.
//
// developers.weixin.qq.com/doc/service/api/material/permanent/api_delmaterial, as noted 2026-11-22.
func (s *Server) deleteMaterial(c *call) (any, *refusal) {
	var in struct {
		MediaID string `json:"media_id"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	m := s.permanent(c.app, in.MediaID, "image", "voice", "video", "thumb")
	if m == nil {
		return nil, refuse(40007)
	}
	m.Deleted = !c.plan.shadow
	return done(), nil
}

// kept returns an account's permanent media of some types, newest first.
func (s *Server) kept(app *account, kinds ...string) []*material {
	var out []*material
	for _, m := range slices.Backward(s.materials) {
		if m.MediaID != "" && s.permanent(app, m.MediaID, kinds...) != nil {
			out = append(out, m)
		}
	}
	return out
}

// countMaterial is GET /cgi-bin/material/get_materialcount. Covers count as images.
//
// developers.weixin.qq.com/doc/service/api/material/permanent/api_getmaterialcount, as noted 2026-11-22.
func (s *Server) countMaterial(c *call) (any, *refusal) {
	return object{
		"voice_count": len(s.kept(c.app, "voice")), "video_count": len(s.kept(c.app, "video")),
		"image_count": len(s.kept(c.app, "image", "thumb")), "news_count": 0,
	}, nil
}

// listMaterial is POST /cgi-bin/material/batchget_material.
//
// developers.weixin.qq.com/doc/service/api/material/permanent/api_batchgetmaterial, as noted 2026-11-22.
func (s *Server) listMaterial(c *call) (any, *refusal) {
	in := struct {
		pageIn
		Type string `json:"type"`
	}{}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	kinds := []string{in.Type}
	switch in.Type {
	case "image":
		kinds = []string{"image", "thumb"}
	case "voice", "video":
	case "news":
		return object{"total_count": 0, "item_count": 0, "item": []object{}}, nil
	default:
		return nil, refuse(40004)
	}
	return page(in.pageIn, s.kept(c.app, kinds...), func(m *material) object {
		return object{"media_id": m.MediaID, "name": m.FileName, "update_time": m.Created.Unix(), "url": m.URL}
	})
}

// pageIn asks for one page of a list.
type pageIn struct {
	Offset    number `json:"offset"`
	Count     number `json:"count"`
	NoContent flag   `json:"no_content"`
}

// page answers with one page of a list that is newest first, which the documents leave
// open.
func page[T any](in pageIn, all []T, show func(T) object) (any, *refusal) {
	if in.Offset < 0 || in.Count < 1 || in.Count > 20 {
		return nil, refuse(40035)
	}
	from := min(int(in.Offset), len(all))
	items := []object{}
	for _, it := range all[from:min(from+int(in.Count), len(all))] {
		items = append(items, show(it))
	}
	return object{"total_count": len(all), "item_count": len(items), "item": items}, nil
}

// isObject reports whether a JSON value is an object.
func isObject(raw json.RawMessage) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) }
