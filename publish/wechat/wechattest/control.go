package wechattest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// ErrUnknown is matched by the errors of methods that were given an account, citizen,
// token, draft, job, article, comment or push which the server does not hold.
var ErrUnknown = errors.New("wechattest: unknown")

func unknown(kind, id string) error { return fmt.Errorf("%w %s %q", ErrUnknown, kind, id) }

// Now returns the platform's time: the real time plus whatever it was advanced by.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves the platform's time, backwards when d is negative. Calls that hang
// are not affected: they wait in real time.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// SetTime moves the platform's time to t, from where it runs on.
func (s *Server) SetTime(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = time.Until(t)
}

// AddApp registers an account, or changes it when the appid is known. It panics when
// the appid is empty, the kind or push mode is none, or a mode that encrypts has no
// proper key, which are mistakes in the test.
func (s *Server) AddApp(app App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.putApp(app); err != nil {
		panic(err)
	}
}

func (s *Server) putApp(app App) error {
	encrypts := app.PushMode == PushCompatible || app.PushMode == PushSafe
	switch {
	case app.ID == "":
		return errors.New("wechattest: app without appid")
	case !slices.Contains([]Kind{"", KindSubscription, KindService}, app.Kind):
		return fmt.Errorf("wechattest: app kind %q is none", app.Kind)
	case !encrypts && app.PushMode != "" && app.PushMode != PushPlain:
		return fmt.Errorf("wechattest: push mode %q is none", app.PushMode)
	}
	if _, err := keyOf(app.AESKey); err != nil && (encrypts || app.AESKey != "") {
		return err
	}
	if known := s.apps[app.ID]; known != nil {
		known.App = app
		return nil
	}
	s.apps[app.ID] = &account{
		App: app, fanByID: map[string]*fan{}, usage: map[string]*quota{},
		sent: map[string]*mass{}, stats: map[string][]statRow{},
	}
	return nil
}

// accounts returns the accounts by appid.
func (s *Server) accounts() []*account {
	out := make([]*account, 0, len(s.apps))
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		out = append(out, s.apps[id])
	}
	return out
}

// Token fetches a token as /cgi-bin/token does, or a stable one, past the quota. An
// ordinary one ends the one before it after the overlap.
func (s *Server) Token(appID string, stable bool) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.apps[appID]
	if app == nil {
		return Credentials{}, unknown("app", appID)
	}
	now := s.now()
	var t *token
	if !stable {
		t = s.renew(app, now)
	} else if t = app.stable; t == nil || !t.dead.IsZero() || !now.Before(t.expires.Add(-stableLead)) {
		t = s.issue(app, true, now)
		app.stable = t
	}
	return Credentials{AppID: appID, AccessToken: t.access, Expires: t.expires, Stable: stable}, nil
}

// Overwrite ends a token at once, as somebody else fetching one does when the overlap
// is over: it answers 40001.
func (s *Server) Overwrite(accessToken string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[accessToken]
	if t == nil {
		return fmt.Errorf("%w access token", ErrUnknown)
	}
	t.overwrite(s.now())
	return nil
}

// SettlePublication ends a publication's work at once with a status such as
// [PublishDone] or [PublishRejected]. A publication that is through stays as it is.
func (s *Server) SettlePublication(publishID string, status int) error {
	if status != PublishDone && (status < PublishOriginal || status > PublishRejected) {
		return fmt.Errorf("wechattest: publish_status %d is no end of the work", status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	id, _ := strconv.ParseInt(publishID, 10, 64)
	p := s.pubByID[id]
	if p == nil {
		return unknown("publication", publishID)
	}
	if p.settled.IsZero() {
		p.outcome = status
		s.complete(p, s.now())
	}
	return nil
}

// SettleMass ends a mass message's work at once with a result such as "send success" or
// "err(20001)". A mass message that is through stays as it is.
func (s *Server) SettleMass(msgID, result string) error {
	if result == "" {
		return errors.New("wechattest: mass message without result")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	id, _ := strconv.ParseInt(msgID, 10, 64)
	m := s.massByID[id]
	if m == nil {
		return unknown("mass message", msgID)
	}
	if m.settled.IsZero() {
		m.outcome = result
		s.complete(m, s.now())
	}
	return nil
}

// BanArticle has the platform ban a publication: publish_status 6, seen by nobody.
func (s *Server) BanArticle(articleID string) error {
	return s.changeArticle(articleID, func(p *publication) { p.status = PublishBanned })
}

// DeleteArticle has a colleague delete a publication at the console: publish_status 5.
func (s *Server) DeleteArticle(articleID string) error {
	return s.changeArticle(articleID, func(p *publication) {
		p.remove(0)
		p.status = PublishAllDeleted
	})
}

func (s *Server) changeArticle(id string, change func(*publication)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	p := s.articleByID[id]
	if p == nil {
		return unknown("article", id)
	}
	change(p)
	return nil
}

// DeleteDraft has a colleague delete a draft at the console.
func (s *Server) DeleteDraft(mediaID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.draftByID[mediaID]
	if d == nil || d.state != DraftInBox {
		return unknown("draft", mediaID)
	}
	d.state = DraftDeleted
	return nil
}

// AddComment comments on an article as a citizen would. The article is named by the
// msg_data_id of its publication or mass message and its index from 0. openID may be
// empty, as the platform leaves it out at times. An article that is not live, or whose
// comments are closed, cannot be commented on.
func (s *Server) AddComment(msgDataID string, index int, openID, text string) (Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	id, _ := strconv.ParseInt(msgDataID, 10, 64)
	w := s.works[id]
	switch {
	case w == nil || index < 0 || index >= len(w.articles) || !w.live() || w.articles[index].Deleted:
		return Comment{}, unknown("article", fmt.Sprint(msgDataID, "/", index))
	case !w.articles[index].CommentsOpen:
		return Comment{}, errors.New("wechattest: comments are closed")
	case text == "":
		return Comment{}, errors.New("wechattest: comment without text")
	}
	return s.comment(w, index, openID, text).Comment, nil
}

// DeleteComment has the citizen delete a comment: 88004 from then on.
func (s *Server) DeleteComment(id string) error {
	return s.changeComments(id, func(c *comment) { c.Deleted = byCitizen })
}

// HideComment takes a comment out of sight, as moderation does: 88008.
func (s *Server) HideComment(id string) error {
	return s.changeComments(id, func(c *comment) { c.Hidden = true })
}

// UnhideComment undoes [Server.HideComment].
func (s *Server) UnhideComment(id string) error {
	return s.changeComments(id, func(c *comment) { c.Hidden = false })
}

func (s *Server) changeComments(id string, change func(*comment)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.comments {
		if c.ID == id {
			change(c)
			return nil
		}
	}
	return unknown("comment", id)
}
