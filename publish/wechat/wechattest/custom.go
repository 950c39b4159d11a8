package wechattest

import (
	"slices"
	"time"
)

const (
	maxCustomText = 2048 // bytes
	quickWindow   = time.Minute
	quickMessages = 3
	longWindow    = 48 * time.Hour
	typingWindow  = 30 * time.Second
	typingLasts   = 15 * time.Second
)

// customTypes are the types of customer messages.
var customTypes = []string{
	"text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu", "wxcard", "miniprogrampage",
}

// customIn is a customer message in a request.
type customIn struct {
	ToUser  string  `json:"touser"`
	Type    string  `json:"msgtype"`
	Text    textIn  `json:"text"`
	Image   mediaIn `json:"image"`
	Voice   mediaIn `json:"voice"`
	Video   mediaIn `json:"video"`
	Article struct {
		ArticleID string `json:"article_id"`
	} `json:"mpnewsarticle"`
	Service struct {
		Account string `json:"kf_account"`
	} `json:"customservice"`
}

// interact opens or renews a window after what a citizen did.
func (s *Server) interact(f *fan, now time.Time, quick bool) {
	w := window{ends: now.Add(longWindow), left: s.cfg.MessagesPerWindow}
	at := 0
	if quick {
		w, at = window{ends: now.Add(quickWindow), left: quickMessages}, 1
	}
	for len(f.windows) <= at {
		f.windows = append(f.windows, window{})
	}
	f.windows[at] = w
}

// answerable spends one message of a citizen's windows: 45015 outside of all, 45047
// when those that are open have none left. A shorter window is spent first, and one
// does not close the other, which the documents leave open.
func (f *fan) answerable(now time.Time) *refusal {
	open := false
	for i := range slices.Backward(f.windows) {
		w := &f.windows[i]
		if !now.Before(w.ends) {
			continue
		}
		open = true
		if w.left != 0 {
			w.left--
			return nil
		}
	}
	if open {
		return refuse(45047)
	}
	return refuse(45015)
}

// recipient returns the citizen whom a customer message is for.
func (c *call) recipient(id string) (*fan, *refusal) {
	f := c.app.fanByID[id]
	switch {
	case f == nil:
		return nil, refuse(40003)
	case f.Unsubscribed:
		return nil, refuse(43004)
	}
	return f, nil
}

// sendCustom is POST /cgi-bin/message/custom/send: to one citizen, within 48 hours and 5
// messages of what the citizen wrote, or a minute and 3 messages of a click. It has no
// idempotency key.
//
// developers.weixin.qq.com/doc/service/api/customer/message, as noted 2026-11-22.
func (s *Server) sendCustom(c *call) (any, *refusal) {
	var in customIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	f, ref := c.recipient(in.ToUser)
	if ref != nil {
		return nil, ref
	}
	if ref := s.checkCustom(c, &in); ref != nil {
		return nil, ref
	}
	if ref := f.answerable(c.now); ref != nil {
		return nil, ref
	}
	f.typing = time.Time{}
	s.customs = append(s.customs, CustomMessage{
		AppID: c.app.ID, OpenID: f.OpenID, Type: in.Type, Text: in.Text.Content, Body: part(c.body, in.Type),
		Account: in.Service.Account, Sent: c.now, Shadow: c.plan.shadow,
	})
	return done(), nil
}

func (s *Server) checkCustom(c *call, in *customIn) *refusal {
	media := map[string]string{"image": in.Image.MediaID, "voice": in.Voice.MediaID, "video": in.Video.MediaID}
	id, isMedia := media[in.Type]
	switch {
	case !slices.Contains(customTypes, in.Type):
		return refuse(40008)
	case !isObject([]byte(part(c.body, in.Type))):
		return refuse(40035)
	case in.Type == "text" && in.Text.Content == "":
		return refuse(44004)
	case len(in.Text.Content) > maxCustomText:
		return refuse(45002)
	case isMedia && s.anyMedia(c, id) == nil:
		return refuse(40007)
	case in.Type == "mpnewsarticle":
		_, ref := s.published(c.app, in.Article.ArticleID)
		return ref
	}
	return nil
}

// typing is POST /cgi-bin/message/custom/typing: the citizen sees that somebody types,
// if he wrote within 30 seconds, for 15 seconds or until a message is sent.
//
// developers.weixin.qq.com/doc/service/api/customer/message/api_typing, as noted 2026-11-22.
func (s *Server) typing(c *call) (any, *refusal) {
	var in struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	f, ref := c.recipient(in.ToUser)
	switch {
	case ref != nil:
		return nil, ref
	case in.Command != "Typing" && in.Command != "CancelTyping":
		return nil, refuse(45072)
	case f.spoke.IsZero() || c.now.Sub(f.spoke) > typingWindow:
		return nil, refuse(45080)
	case in.Command == "CancelTyping":
		f.typing = time.Time{}
		return done(), nil
	case c.now.Before(f.typing):
		return nil, refuse(45081)
	}
	f.typing = c.now.Add(typingLasts)
	return done(), nil
}
