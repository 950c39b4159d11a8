package wechattest

// maxOpenIDs is how many openids user/get gives at once.
const maxOpenIDs = 10_000

// wire returns what user/info tells about a citizen. Name, picture, sex and city have
// not been filled since 2021-12-27.
func (f *fan) wire() object {
	if f.Unsubscribed {
		return object{"subscribe": 0, "openid": f.OpenID, "tagid_list": []int{}}
	}
	scene := f.Scene
	if scene == "" {
		scene = "ADD_SCENE_SEARCH"
	}
	out := object{
		"subscribe": 1, "openid": f.OpenID, "language": "zh_CN", "subscribe_time": f.SubscribedAt.Unix(),
		"nickname": "", "headimgurl": "", "sex": 0, "city": "", "province": "", "country": "",
		"remark": f.Remark, "groupid": 0, "tagid_list": append([]int{}, f.Tags...),
		"subscribe_scene": scene, "qr_scene": 0, "qr_scene_str": "",
	}
	if f.UnionID != "" {
		out["unionid"] = f.UnionID
	}
	return out
}

// userInfo is GET /cgi-bin/user/info.
//
// developers.weixin.qq.com/doc/service/api/usermanage/userinfo, as noted 2026-11-22.
func (s *Server) userInfo(c *call) (any, *refusal) {
	f := c.app.fanByID[c.query.Get("openid")]
	if f == nil {
		return nil, refuse(40003)
	}
	return f.wire(), nil
}

// userInfos is POST /cgi-bin/user/info/batchget, for up to 100 citizens.
//
// developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo, as noted 2026-11-22.
func (s *Server) userInfos(c *call) (any, *refusal) {
	var in struct {
		Users []struct {
			OpenID string `json:"openid"`
		} `json:"user_list"`
	}
	if ref := c.decode(&in); ref != nil {
		return nil, ref
	}
	if len(in.Users) == 0 || len(in.Users) > 100 {
		return nil, refuse(40003)
	}
	out := []object{}
	for _, u := range in.Users {
		f := c.app.fanByID[u.OpenID]
		if f == nil {
			return nil, refuse(40003)
		}
		out = append(out, f.wire())
	}
	return object{"user_info_list": out}, nil
}

// listUsers is GET /cgi-bin/user/get: the followers behind next_openid.
//
// developers.weixin.qq.com/doc/service/api/usermanage/userinfo, as noted 2026-11-22.
func (s *Server) listUsers(c *call) (any, *refusal) {
	next := c.query.Get("next_openid")
	if next != "" && c.app.fanByID[next] == nil {
		return nil, refuse(40003)
	}
	total, past := 0, next == ""
	ids := []string{}
	for _, f := range c.app.fans {
		if !f.Unsubscribed {
			total++
			if past && len(ids) < maxOpenIDs {
				ids = append(ids, f.OpenID)
			}
		}
		past = past || f.OpenID == next
	}
	out := object{"total": total, "count": len(ids), "next_openid": ""}
	if len(ids) > 0 {
		out["data"], out["next_openid"] = object{"openid": ids}, ids[len(ids)-1]
	}
	return out, nil
}
