package weibotest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"time"
)

// share is POST statuses/share, the one write that ordinary applications have: text
// with at least one address on a safe domain of the application, and at most one
// picture. It has no idempotency key.
//
// open.weibo.com/wiki/2/statuses/share, read 2026-11-22.
func (s *Server) share(c *call) (any, *refusal) {
	if ref := s.checkRIP(c); ref != nil {
		return nil, ref
	}
	text, ref := s.text(c, "status")
	if ref != nil {
		return nil, ref
	}
	picture, ref := s.checkPicture(c)
	if ref != nil {
		return nil, ref
	}
	switch hour := hourOf(c.now); {
	case len(c.app.SafeDomains) == 0:
		return nil, &refusal{code: 10017, text: "appkey not bind domain!"}
	case !hasSafeLink(text, c.app.SafeDomains):
		return nil, &refusal{code: 10017, text: "text not find domain!"}
	case s.repeatsPost(c.user, text, c.now):
		return nil, refuse(20019)
	case s.cfg.PostsPerHour >= 0 && c.user.sent.used(hour) >= s.cfg.PostsPerHour:
		return nil, refuse(20016)
	default:
		c.user.sent.spend(hour)
	}
	p := s.addPost(c.record(s, text), picture)
	return p.wire(c.now), nil
}

// record returns what a write of this call leaves behind.
func (c *call) record(s *Server, text string) record {
	return record{
		author: c.user, app: c.app, text: text, rip: c.form.Get("rip"), shadow: c.shadow,
		created: c.now, visibleAt: c.now.Add(max(0, s.cfg.VisibilityDelay)),
	}
}

// addPost stores a post under a fresh id, with its text as readers get it.
func (s *Server) addPost(r record, picture *Picture) *post {
	r.id, r.shown = s.nextID(), publish(r.text)
	p := &post{record: r, picture: picture}
	s.posts = append(s.posts, p)
	s.postByID[p.id] = p
	r.author.posts = append(r.author.posts, p)
	return p
}

// checkPicture judges a picture by its bytes; the part's own media type is not asked.
func (s *Server) checkPicture(c *call) (*Picture, *refusal) {
	if c.picture == nil {
		if c.form.Get("pic") != "" {
			return nil, refuse(20007)
		}
		return nil, nil
	}
	if s.cfg.MaxPicture >= 0 && int64(len(c.picture)) >= s.cfg.MaxPicture {
		return nil, refuse(20006)
	}
	kind := http.DetectContentType(c.picture)
	if !slices.Contains([]string{"image/jpeg", "image/gif", "image/png"}, kind) {
		return nil, refuse(20005)
	}
	sum := sha256.Sum256(c.picture)
	return &Picture{MediaType: kind, Size: len(c.picture), SHA256: hex.EncodeToString(sum[:])}, nil
}

// repeatsPost reports whether a user has sent the same text within the window, also
// when that post is gone or was never seen.
func (s *Server) repeatsPost(u *account, text string, now time.Time) bool {
	for _, p := range slices.Backward(u.posts) {
		if p.text == text && s.remembered(&p.record, now) {
			return true
		}
	}
	return false
}

func (s *Server) remembered(r *record, now time.Time) bool {
	return s.cfg.DuplicateWindow >= 0 && now.Sub(r.created) < s.cfg.DuplicateWindow
}

// closedToApps is POST statuses/update, upload, upload_url_text, upload_pic and repost,
// closed to ordinary applications since 2017.
//
// open.weibo.com/wiki/2/statuses/update, read 2026-11-22.
func (s *Server) closedToApps(*call) (any, *refusal) { return nil, refuse(10014) }

// destroyPost is POST statuses/destroy and answers with the deleted post.
//
// open.weibo.com/wiki/2/statuses/destroy, read 2026-11-22.
func (s *Server) destroyPost(c *call) (any, *refusal) {
	id, ref := c.id("id", 20109)
	if ref != nil {
		return nil, ref
	}
	p := s.postByID[id]
	switch {
	case p == nil || p.deleted || (p.author != c.user && !p.visible(c.now)):
		return nil, refuse(20101)
	case p.author != c.user:
		return nil, refuse(20102)
	}
	p.deleted = !c.shadow
	return p.wire(c.now), nil
}

// readablePost returns the post that a reading call names in its field id.
func (s *Server) readablePost(c *call) (*post, *refusal) {
	id, ref := c.id("id", 20109)
	if ref != nil {
		return nil, ref
	}
	p := s.postByID[id]
	switch {
	case p == nil:
		return nil, refuse(20101)
	case p.hidden && !p.deleted:
		return nil, refuse(20112)
	case !p.visible(c.now):
		return nil, refuse(20101)
	}
	return p, nil
}

// showPost is GET statuses/show. A deleted post is 20101, or stood in for as inside other objects.
//
// open.weibo.com/wiki/2/statuses/show, read 2026-11-22.
func (s *Server) showPost(c *call) (any, *refusal) {
	if id, ok := parseID(c.form.Get("id")); ok && s.cfg.ShowDeleted {
		if p := s.postByID[id]; p != nil && p.deleted {
			return p.embedded(c.now), nil
		}
	}
	p, ref := s.readablePost(c)
	if ref != nil {
		return nil, ref
	}
	return p.wire(c.now), nil
}

type wireCount struct {
	ID        int64  `json:"id"`
	IDStr     string `json:"idstr"`
	Comments  int    `json:"comments"`
	Reposts   int    `json:"reposts"`
	Attitudes int    `json:"attitudes"`
	Strategy  struct {
		ApplyScenarioFlag    int    `json:"apply_scenario_flag"`
		DisplayTextMinNumber int    `json:"display_text_min_number"`
		DisplayText          string `json:"display_text"`
	} `json:"number_display_strategy"`
}

// countPosts is GET statuses/count for up to 100 posts. Those that do not exist are
// left out of the answer without a word.
//
// open.weibo.com/wiki/2/statuses/count, read 2026-11-22.
func (s *Server) countPosts(c *call) (any, *refusal) {
	ids, ref := c.ids("ids", 100)
	if ref != nil {
		return nil, ref
	}
	counts := []wireCount{}
	for _, id := range ids {
		p := s.postByID[id]
		if p == nil || !p.visible(c.now) {
			continue
		}
		w := wireCount{
			ID: p.id, IDStr: formatID(p.id),
			Comments: p.commentsCount(c.now), Reposts: p.reposts, Attitudes: p.attitudes,
		}
		w.Strategy.ApplyScenarioFlag = 3
		w.Strategy.DisplayTextMinNumber = 1_000_000
		w.Strategy.DisplayText = "100万+"
		counts = append(counts, w)
	}
	return counts, nil
}
