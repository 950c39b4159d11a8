package wechattest

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

const (
	clientMsgIDBytes  = 32
	clientMsgIDWindow = 24 * time.Hour
	clientMsgIDPause  = time.Minute
)

// massIn is a mass message in a request.
type massIn struct {
	Filter struct {
		ToAll flag    `json:"is_to_all"`
		TagID *number `json:"tag_id"`
	} `json:"filter"`
	ToUser      json.RawMessage `json:"touser"` // an array, or a string in previews
	ToName      string          `json:"towxname"`
	Type        string          `json:"msgtype"`
	News        mediaIn         `json:"mpnews"`
	Text        textIn          `json:"text"`
	Voice       mediaIn         `json:"voice"`
	Image       mediaIn         `json:"image"`
	Images      imagesIn        `json:"images"`
	Video       mediaIn         `json:"mpvideo"`
	Card        json.RawMessage `json:"wxcard"`
	ClientMsgID string          `json:"clientmsgid"`
}

type textIn struct {
	Content string `json:"content"`
}

type imagesIn struct {
	MediaIDs []string `json:"media_ids"`
}

// massSendAll is POST /cgi-bin/message/mass/sendall.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) massSendAll(c *call) (any, *refusal) {
	var in massIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	tag := 0
	if in.Filter.TagID != nil {
		tag = int(*in.Filter.TagID)
	}
	var to []*fan
	known := bool(in.Filter.ToAll)
	for _, f := range c.app.fans {
		tagged := slices.Contains(f.Tags, tag)
		known = known || tagged
		if !f.Unsubscribed && (bool(in.Filter.ToAll) || tagged) {
			to = append(to, f)
		}
	}
	if !known {
		return nil, refuse(40152)
	}
	return s.sendMass(c, &in, to)
}

// massSend is POST /cgi-bin/message/mass/send, for service accounts only.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) massSend(c *call) (any, *refusal) {
	var in massIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	var ids []string
	switch err := json.Unmarshal(in.ToUser, &ids); {
	case c.app.Kind != KindService:
		return nil, refuse(48001)
	case err != nil, len(ids) > 10_000:
		return nil, refuse(40003)
	case len(ids) < 2:
		return nil, refuse(40130)
	}
	var to []*fan
	for _, id := range ids {
		if f := c.app.fanByID[id]; f != nil && !f.Unsubscribed {
			to = append(to, f)
		}
	}
	if len(to) == 0 {
		return nil, refuse(40003)
	}
	return s.sendMass(c, &in, to)
}

// sendMass sends what passes every check. The order matters: a repetition is told as
// such before its draft, which has left the box, is looked for.
func (s *Server) sendMass(c *call, in *massIn, to []*fan) (any, *refusal) {
	minute := minuteOf(c.now)
	if s.cfg.MassPerMinute >= 0 && c.app.massMinute.used(minute) >= s.cfg.MassPerMinute {
		return nil, refuse(42010)
	}
	c.app.massMinute.spend(minute)
	key, ref := s.repetition(c, in)
	if ref != nil {
		return nil, ref
	}
	d, ref := s.massContent(c, in)
	if ref != nil {
		return nil, ref
	}
	if to, ref = s.massQuota(c, to); ref != nil {
		return nil, ref
	}
	m := s.acceptMass(c, in, d, to)
	c.app.sent[key] = m
	out := object{"errcode": 0, "errmsg": "send job submission success", "msg_id": m.id}
	if m.work != nil {
		out["msg_data_id"] = m.work.msgDataID
	}
	return out, nil
}

// repetition refuses a clientmsgid that was accepted within 24 hours: 45066 within a
// minute of the last try, 45065 with the msg_id after that. Without a clientmsgid the
// platform makes one from whom and what the message is for.
func (s *Server) repetition(c *call, in *massIn) (string, *refusal) {
	if len(in.ClientMsgID) > clientMsgIDBytes {
		return "", refuse(45067)
	}
	key := "given " + in.ClientMsgID
	if in.ClientMsgID == "" {
		key = "made " + digest(string(encode(in)), 40)
	}
	m := c.app.sent[key]
	if m == nil || c.now.Sub(m.Submitted) >= clientMsgIDWindow {
		return key, nil
	}
	last := m.tried
	m.tried = c.now
	if c.now.Sub(last) < clientMsgIDPause {
		return "", refuse(45066)
	}
	return "", &refusal{code: 45065, extra: object{"msg_id": m.id}}
}

// massContent checks what a mass message carries and returns the draft, if it is one.
func (s *Server) massContent(c *call, in *massIn) (*draft, *refusal) {
	media := []string{}
	switch in.Type {
	case "mpnews":
		return s.boxed(c.app, in.News.MediaID)
	case "text":
		if in.Text.Content == "" {
			return nil, refuse(44004)
		}
		return nil, nil
	case "wxcard":
		if !isObject(in.Card) {
			return nil, refuse(40215)
		}
		return nil, nil
	case "voice":
		media = append(media, in.Voice.MediaID)
	case "mpvideo":
		media = append(media, in.Video.MediaID)
	case "image", "images":
		media = append(media, in.Images.MediaIDs...)
		if in.Image.MediaID != "" {
			media = append(media, in.Image.MediaID)
		}
	default:
		return nil, refuse(40008)
	}
	if len(media) == 0 || media[0] == "" {
		return nil, refuse(41006)
	}
	for _, id := range media {
		if s.anyMedia(c, id) == nil {
			return nil, refuse(40007)
		}
	}
	return nil, nil
}

// massQuota refuses an account that has none left today, or leaves out the citizens
// who have had theirs this month.
func (s *Server) massQuota(c *call, to []*fan) ([]*fan, *refusal) {
	if c.app.Kind != KindService {
		sent := 0
		for _, m := range slices.Backward(s.masses) {
			if m.app == c.app && dayOf(m.Submitted).Equal(dayOf(c.now)) && m.Status != MassFailed {
				sent++
			}
		}
		if s.cfg.MassPerDay >= 0 && sent >= s.cfg.MassPerDay {
			return nil, refuse(45028)
		}
		return to, nil
	}
	month := monthOf(c.now)
	left := slices.DeleteFunc(to, func(f *fan) bool {
		return s.cfg.MassPerMonth >= 0 && f.received.used(month) >= s.cfg.MassPerMonth
	})
	if len(left) == 0 && len(to) > 0 {
		return nil, refuse(45028)
	}
	for _, f := range left {
		f.received.spend(month)
	}
	return left, nil
}

func (s *Server) acceptMass(c *call, in *massIn, d *draft, to []*fan) *mass {
	m := &mass{app: c.app, draft: d, to: to, outcome: c.plan.massOutcome(), tried: c.now, id: s.nextID()}
	m.Mass = Mass{
		AppID: c.app.ID, MsgID: formatID(m.id), ClientMsgID: in.ClientMsgID, Type: in.Type, MediaID: in.mediaID(),
		Text: in.Text.Content, ToAll: bool(in.Filter.ToAll), Status: MassSending, Submitted: c.now, Shadow: c.plan.shadow,
	}
	if in.Filter.TagID != nil {
		m.TagID = int(*in.Filter.TagID)
	}
	for _, f := range to {
		m.To = append(m.To, f.OpenID)
	}
	if d != nil {
		m.work = &work{app: c.app, msgDataID: s.nextID(), articles: fork(d.articles)}
		m.work.live = func() bool { return m.Status == MassSuccess && !m.Shadow }
		m.MsgDataID = formatID(m.work.msgDataID)
		s.works[m.work.msgDataID] = m.work
		s.take(d)
	}
	s.masses = append(s.masses, m)
	s.massByID[m.id] = m
	s.start(c, m)
	return m
}

func (in *massIn) mediaID() string {
	for _, id := range []string{in.News.MediaID, in.Voice.MediaID, in.Video.MediaID, in.Image.MediaID} {
		if id != "" {
			return id
		}
	}
	return ""
}

const sendSuccess = "send success"

// massOutcome is the result that a mass message will have: err(21000), "other", when it
// is to be rejected.
func (p *plan) massOutcome() string {
	switch {
	case p.reject == nil:
		return sendSuccess
	case p.reject.Code != 0:
		return "err(" + strconv.Itoa(p.reject.Code) + ")"
	default:
		return "err(21000)"
	}
}

func (m *mass) finish(s *Server, at time.Time) {
	m.Result, m.Status = m.outcome, MassSuccess
	if m.outcome == sendSuccess {
		m.draft.through()
		if m.work != nil {
			m.work.address()
		}
	} else {
		m.Status = MassFailed
		s.putBack(m.draft)
	}
	s.push(m.app, massEvent(m, at))
}
