package wechattest

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// articleIn is an article in a request. Fields that change nothing here, such as
// pic_crop_235_1 and cover_info, are ignored.
type articleIn struct {
	Type      string `json:"article_type"`
	Title     string `json:"title"`
	Author    string `json:"author"`
	Digest    string `json:"digest"`
	Content   string `json:"content"`
	SourceURL string `json:"content_source_url"`
	Thumb     string `json:"thumb_media_id"`
	Comments  flag   `json:"need_open_comment"`
	FansOnly  flag   `json:"only_fans_can_comment"`
	ImageInfo struct {
		List []struct {
			MediaID string `json:"image_media_id"`
		} `json:"image_list"`
	} `json:"image_info"`
}

const (
	newsType   = "news"
	picType    = "newspic"
	maxImages  = 20
	warnTitle  = 32
	autoDigest = 54
)

// article checks an article of a request and returns it as the platform keeps it.
func (s *Server) article(c *call, in *articleIn) (*article, *refusal) {
	a := &article{Article: Article{
		Type: in.Type, Title: in.Title, Author: in.Author, Digest: in.Digest, Content: in.Content,
		SourceURL: in.SourceURL, ThumbMediaID: in.Thumb, CommentsOpen: bool(in.Comments), FansOnly: bool(in.FansOnly),
	}}
	if a.Type == "" {
		a.Type = newsType
	}
	for _, image := range in.ImageInfo.List {
		a.Images = append(a.Images, image.MediaID)
	}
	if code := s.checkArticle(a); code != 0 {
		return nil, refuse(code)
	}
	if ref := s.checkCover(c, a); ref != nil {
		return nil, ref
	}
	if utf8.RuneCountInString(a.Title) > warnTitle {
		a.Warnings = append(a.Warnings, "title is longer than the 32 characters of the current documents")
	}
	a.Shown = s.shown(a)
	if a.Digest == "" && a.Type == newsType {
		a.Digest = truncate(plainText(a.Shown), autoDigest)
	}
	return a, nil
}

// checkArticle returns the code that an article's texts are refused with, or 0.
func (s *Server) checkArticle(a *article) int {
	count := utf8.RuneCountInString
	switch {
	case a.Type != newsType && a.Type != picType:
		return 40035
	case strings.TrimSpace(a.Title) == "":
		return 40227
	case over(count(a.Title), s.cfg.MaxTitle):
		return 45003
	case over(count(a.Author), s.cfg.MaxAuthor):
		return 45110
	case over(count(a.Digest), s.cfg.MaxDigest):
		return 45004
	case over(count(a.Content)+1, s.cfg.MaxContent), over(len(a.Content)+1, s.cfg.MaxContentBytes):
		return 45002
	case a.Type == newsType && strings.TrimSpace(a.Content) == "":
		return 44004
	case over(len(a.SourceURL), s.cfg.MaxSourceURL):
		return 45005
	case a.SourceURL != "" && !isWebAddress(a.SourceURL):
		return 41039
	}
	return 0
}

// checkCover wants a permanent picture as the cover of a news article, and such
// pictures in a newspic.
func (s *Server) checkCover(c *call, a *article) *refusal {
	if a.Type == newsType {
		if s.permanent(c.app, a.ThumbMediaID, "image", "thumb") == nil {
			return refuse(40007)
		}
		a.Images = nil
		return nil
	}
	if len(a.Images) == 0 {
		return refuse(40007)
	}
	if len(a.Images) > maxImages {
		return refuse(45008)
	}
	for _, id := range a.Images {
		if s.permanent(c.app, id, "image") == nil {
			return refuse(40007)
		}
	}
	a.ThumbMediaID = a.Images[0]
	return nil
}

func isWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

var (
	scripts  = regexp.MustCompile(`(?is)<script\b.*?(</script\s*>|$)`)
	pictures = regexp.MustCompile(`(?is)<img\b[^>]*>`)
	sources  = regexp.MustCompile(`(?is)\b(?:data-)?src\s*=\s*["']?([^"'\s>]+)`)
	tags     = regexp.MustCompile(`(?s)<[^>]*>`)
)

// shown returns the content as readers get it: without scripts, and without pictures
// that were not uploaded. A newspic has plain text.
func (s *Server) shown(a *article) string {
	text := scripts.ReplaceAllString(a.Content, "")
	text = pictures.ReplaceAllStringFunc(text, func(tag string) string {
		if src := sources.FindStringSubmatch(tag); len(src) == 2 && s.pictures[html.UnescapeString(src[1])] != nil {
			return tag
		}
		return ""
	})
	if a.Type == picType {
		return plainText(text)
	}
	return text
}

func plainText(markup string) string {
	return strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(markup, "")))
}

// truncate returns the first n characters of a text.
func truncate(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// wire returns the article as drafts and publications show it.
func (s *Server) wire(a *article, content, published bool) object {
	out := object{
		"article_type": a.Type, "title": a.Title, "author": a.Author, "digest": a.Digest,
		"content_source_url": a.SourceURL, "thumb_media_id": a.ThumbMediaID, "show_cover_pic": 0,
		"need_open_comment": bit(a.CommentsOpen), "only_fans_can_comment": bit(a.FansOnly), "url": a.URL,
	}
	if content {
		out["content"] = a.Shown
	}
	if m := s.media[a.ThumbMediaID]; m != nil {
		out["thumb_url"] = m.URL
	}
	if len(a.Images) > 0 {
		list := make([]object, 0, len(a.Images))
		for _, id := range a.Images {
			list = append(list, object{"image_media_id": id})
		}
		out["image_info"] = object{"image_list": list}
	}
	if published {
		out["is_deleted"] = a.Deleted
	}
	return out
}

func (s *Server) wires(all []*article, content, published bool) []object {
	out := make([]object, 0, len(all))
	for _, a := range all {
		out = append(out, s.wire(a, content, published))
	}
	return out
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// articles reads a list of articles.
func (s *Server) articles(c *call, list []json.RawMessage) ([]*article, *refusal) {
	if len(list) == 0 {
		return nil, refuse(44003)
	}
	if over(len(list), s.cfg.MaxArticles) {
		return nil, refuse(45008)
	}
	out := make([]*article, 0, len(list))
	for _, raw := range list {
		a, ref := s.oneArticle(c, raw)
		if ref != nil {
			return nil, ref
		}
		out = append(out, a)
	}
	return out, nil
}

func (s *Server) oneArticle(c *call, raw json.RawMessage) (*article, *refusal) {
	var in articleIn
	if !isObject(raw) || json.Unmarshal(raw, &in) != nil {
		return nil, refuse(47001)
	}
	return s.article(c, &in)
}
