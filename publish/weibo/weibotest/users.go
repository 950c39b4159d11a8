package weibotest

import (
	"slices"
	"strings"
	"time"
)

// getUID is GET account/get_uid.
//
// open.weibo.com/wiki/2/account/get_uid, read 2026-11-22.
func (s *Server) getUID(c *call) (any, *refusal) {
	return map[string]int64{"uid": c.user.id}, nil
}

// showUser is GET users/show by uid or screen_name. Ordinary applications can rely on
// it for their own user only; the fake answers for all.
//
// open.weibo.com/wiki/2/users/show, read 2026-11-22.
func (s *Server) showUser(c *call) (any, *refusal) {
	uid, name := c.form.Get("uid"), c.form.Get("screen_name")
	u := s.users[uid]
	if uid == "" {
		u = s.names[name]
	}
	switch {
	case uid == "" && name == "":
		return nil, refuse(20002)
	case u == nil || u.Banned:
		return nil, refuse(20003)
	}
	w := u.wire()
	for _, p := range slices.Backward(u.posts) {
		if p.visible(c.now) {
			w.Status = p.bare(c.now)
			break
		}
	}
	return w, nil
}

type wireUserCount struct {
	ID                  int64 `json:"id"`
	FollowersCount      int   `json:"followers_count"`
	FriendsCount        int   `json:"friends_count"`
	StatusesCount       int   `json:"statuses_count"`
	PrivateFriendsCount int   `json:"private_friends_count"`
}

// countUsers is GET users/counts for up to 100 users. Its shape is from memory.
//
// open.weibo.com/wiki/2/users/counts, not read.
func (s *Server) countUsers(c *call) (any, *refusal) {
	ids, ref := c.ids("uids", 100)
	if ref != nil {
		return nil, ref
	}
	out := []wireUserCount{}
	for _, id := range ids {
		u := s.users[formatID(id)]
		if u == nil || u.Banned {
			continue
		}
		out = append(out, wireUserCount{
			ID: u.id, FollowersCount: u.Followers, FriendsCount: u.Friends, StatusesCount: u.wire().StatusesCount,
		})
	}
	return out, nil
}

type wireAPILimit struct {
	API           string `json:"api"`
	Limit         int    `json:"limit"`
	LimitTimeUnit string `json:"limit_time_unit"`
	RemainingHits int    `json:"remaining_hits"`
}

type wireLimits struct {
	APIRateLimits      []wireAPILimit `json:"api_rate_limits"`
	IPLimit            int            `json:"ip_limit"`
	LimitTimeUnit      string         `json:"limit_time_unit"`
	RemainingIPHits    int            `json:"remaining_ip_hits"`
	RemainingUserHits  int            `json:"remaining_user_hits"`
	ResetTime          string         `json:"reset_time"` // Beijing time
	ResetTimeInSeconds int            `json:"reset_time_in_seconds"`
	UserLimit          int            `json:"user_limit"`
}

// rateLimits is GET account/rate_limit_status. It tells of the hourly limits of the old
// tiers and nothing of CallsPerDay: it has been seen with 150 calls left while every
// call was refused with 10023.
//
// open.weibo.com/wiki/2/account/rate_limit_status, read 2026-11-22.
func (s *Server) rateLimits(c *call) (any, *refusal) {
	const hours, ip, user = "HOURS", 15000, 150
	hour := hourOf(c.now)
	reset := hour.Add(time.Hour)
	left := func(limit, used int) int { return max(0, limit-used) }
	return wireLimits{
		APIRateLimits: []wireAPILimit{
			{"/statuses/share", s.cfg.PostsPerHour, hours, left(s.cfg.PostsPerHour, c.user.sent.used(hour))},
			{"/comments/create", s.cfg.CommentsPerHour, hours, left(s.cfg.CommentsPerHour, c.user.commentQ.used(hour))},
		},
		IPLimit: ip, LimitTimeUnit: hours, RemainingIPHits: ip, RemainingUserHits: user, UserLimit: user,
		ResetTime:          reset.In(beijing()).Format(time.DateTime),
		ResetTimeInSeconds: int(reset.Sub(c.now) / time.Second),
	}, nil
}

// queryID is GET statuses/queryid, from mid to id. isBase62=1 reads the short form that
// stands in addresses.
//
// open.weibo.com/wiki/2/statuses/queryid, read 2026-11-22.
func (s *Server) queryID(c *call) (any, *refusal) {
	mids, batch, ref := c.lookups("mid")
	if ref != nil {
		return nil, ref
	}
	answers := make([]map[string]string, 0, len(mids))
	for _, mid := range mids {
		id, known := parseID(mid)
		if c.form.Get("isBase62") == "1" {
			var err error
			id, err = ID(mid)
			known = err == nil
		}
		if !known {
			return nil, refuseWith(10017, " (mid)")
		}
		if !batch {
			return map[string]string{"id": formatID(id)}, nil
		}
		answers = append(answers, map[string]string{mid: formatID(id)})
	}
	return answers, nil
}

// queryMID is GET statuses/querymid, from id to the short form in addresses.
//
// open.weibo.com/wiki/2/statuses/querymid, read 2026-11-22.
func (s *Server) queryMID(c *call) (any, *refusal) {
	ids, batch, ref := c.lookups("id")
	if ref != nil {
		return nil, ref
	}
	answers := make([]map[string]string, 0, len(ids))
	for _, value := range ids {
		id, known := parseID(value)
		if !known {
			return nil, refuseWith(10017, " (id)")
		}
		if !batch {
			return map[string]string{"mid": MID(id)}, nil
		}
		answers = append(answers, map[string]string{value: MID(id)})
	}
	return answers, nil
}

// lookups returns what queryid and querymid are asked for: one value, or up to 20 when
// is_batch is 1.
func (c *call) lookups(field string) (values []string, batch bool, ref *refusal) {
	kind := c.form.Get("type")
	switch {
	case c.form.Get(field) == "":
		return nil, false, refuseWith(10016, field)
	case kind == "":
		return nil, false, refuseWith(10016, "type")
	case kind != "1" && kind != "2" && kind != "3":
		return nil, false, refuseWith(10017, " (type)")
	}
	batch = c.form.Get("is_batch") == "1"
	values = []string{c.form.Get(field)}
	if batch {
		values = strings.Split(values[0], ",")
	}
	if len(values) > 20 {
		return nil, false, refuse(20009)
	}
	return values, batch, nil
}
