package wechattest

import (
	"encoding/json"
	"strings"
)

// massPreview is POST /cgi-bin/message/mass/preview: to one citizen, by openid or WeChat
// name. It spends no mass message and leaves the draft where it is.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) massPreview(c *call) (any, *refusal) {
	var in massIn
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	var to string
	_ = json.Unmarshal(in.ToUser, &to)
	if to != "" && in.ToName == "" && c.app.fanByID[to] == nil || to == "" && in.ToName == "" {
		return nil, refuse(40003)
	}
	if _, ref := s.massContent(c, &in); ref != nil {
		return nil, ref
	}
	if in.ToName != "" {
		to = in.ToName
	}
	s.previews = append(s.previews, CustomMessage{
		AppID: c.app.ID, OpenID: to, Type: in.Type, Text: in.Text.Content, Body: part(c.body, in.Type), Sent: c.now, Shadow: c.plan.shadow,
	})
	return object{"errcode": 0, "errmsg": "preview success", "msg_id": s.nextID()}, nil
}

// part returns the member of a JSON object that is named like the message's type.
func part(body []byte, name string) string {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(body, &all) // it has been read once
	return string(all[name])
}

// getMass is POST /cgi-bin/message/mass/get. msg_id may be a string. The code of an
// unknown one is an assumption.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) getMass(c *call) (any, *refusal) {
	var in struct {
		MsgID number `json:"msg_id"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	m := s.massByID[int64(in.MsgID)]
	if m == nil || m.app != c.app {
		return nil, refuse(40059)
	}
	s.poll(m, c.now)
	return object{"msg_id": m.id, "msg_status": m.Status}, nil
}

// massDelete is POST /cgi-bin/message/mass/delete, for articles and videos. article_idx
// counts from 1; without it, or with 0, everything goes. A mass message is named by
// msg_id or by the address of one of its articles.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) massDelete(c *call) (any, *refusal) {
	var in struct {
		MsgID number `json:"msg_id"`
		Index number `json:"article_idx"`
		URL   string `json:"url"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	m := s.massByID[int64(in.MsgID)]
	if in.URL != "" {
		m, in.Index = s.massAt(in.URL, in.Index)
	}
	switch {
	case m == nil || m.app != c.app || m.Status != MassSuccess:
		return nil, refuse(40059)
	case m.work == nil && m.Type != "mpvideo":
		return nil, refuse(40008)
	case in.Index < 0, m.work != nil && int(in.Index) > len(m.work.articles), m.work == nil && in.Index > 1:
		return nil, refuse(40060)
	}
	if !c.plan.shadow && (m.work == nil || m.work.remove(int(in.Index))) {
		m.Status = MassDeleted
	}
	return done(), nil
}

// massAt finds an article of a mass message by its address.
func (s *Server) massAt(url string, index number) (*mass, number) {
	bare := func(url string) string { return strings.TrimSuffix(url, "#rd") }
	for _, m := range s.masses {
		if m.work == nil {
			continue
		}
		for i, a := range m.work.articles {
			if bare(a.URL) == bare(url) {
				return m, number(i + 1)
			}
		}
	}
	return nil, index
}

// speeds are the citizens per minute that each speed reaches, in ten thousands.
var speeds = []int{80, 60, 45, 30, 10}

// getMassSpeed is POST /cgi-bin/message/mass/speed/get.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) getMassSpeed(c *call) (any, *refusal) {
	return object{"speed": c.app.speed, "realspeed": speeds[c.app.speed]}, nil
}

// setMassSpeed is POST /cgi-bin/message/mass/speed/set.
//
// developers.weixin.qq.com/doc/service/api (群发消息), as noted 2026-11-22.
func (s *Server) setMassSpeed(c *call) (any, *refusal) {
	var in struct {
		Speed number `json:"speed"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	if in.Speed < 0 || int(in.Speed) >= len(speeds) {
		return nil, refuse(40035)
	}
	c.app.speed = int(in.Speed)
	return done(), nil
}
