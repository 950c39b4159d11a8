package weibotest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrUnknown is matched by the errors of methods that were given an application,
// user, token, post or comment which the server does not hold.
var ErrUnknown = errors.New("weibotest: unknown")

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

// AddApp registers an application, or changes it when the key is known. It panics
// when the key is empty or the level is none of the constants, which are mistakes in
// the test.
func (s *Server) AddApp(app App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.putApp(app); err != nil {
		panic(err)
	}
}

func (s *Server) putApp(app App) error {
	if app.Key == "" {
		return errors.New("weibotest: app without key")
	}
	if !slices.Contains([]Level{"", LevelTest, LevelNormal, LevelMiddle, LevelHigh, LevelPartner}, app.Level) {
		return fmt.Errorf("weibotest: app level %q is none", app.Level)
	}
	app.SafeDomains, app.TestUIDs = slices.Clone(app.SafeDomains), slices.Clone(app.TestUIDs)
	if known := s.apps[app.Key]; known != nil {
		*known = app
		return nil
	}
	s.apps[app.Key] = &app
	return nil
}

// AddUser registers a user and returns it with its uid, or changes the profile when
// the uid is known. It panics when the uid is no positive decimal number or the
// screen name is empty or another user's, which are mistakes in the test.
func (s *Server) AddUser(user User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.putUser(user)
	if err != nil {
		panic(err)
	}
	return u.User
}

func (s *Server) putUser(user User) (*account, error) {
	if user.UID == "" {
		s.issued++
		user.UID = formatID(firstUID + s.issued)
	}
	id, ok := parseID(user.UID)
	if !ok || formatID(id) != user.UID {
		return nil, fmt.Errorf("weibotest: uid %q is no positive decimal number", user.UID)
	}
	u := s.users[user.UID]
	if holder := s.names[user.ScreenName]; user.ScreenName == "" || (holder != nil && holder != u) {
		return nil, fmt.Errorf("weibotest: screen name %q is empty or taken", user.ScreenName)
	}
	if u == nil {
		u = &account{id: id, calls: map[string]*quota{}}
		s.users[user.UID] = u
	}
	delete(s.names, u.ScreenName)
	u.User = user
	s.names[u.ScreenName] = u
	if u.Banned {
		s.killAll(u)
	}
	return u, nil
}

// killAll ends every token of a user whose account is frozen.
func (s *Server) killAll(u *account) {
	for _, t := range s.tokens {
		if t.user == u && t.dead == 0 {
			s.kill(t, 21317)
		}
	}
}

// accounts returns the users by uid.
func (s *Server) accounts() []*account {
	out := make([]*account, 0, len(s.users))
	for _, u := range s.users {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *account) int { return cmp.Compare(a.id, b.id) })
	return out
}

// changeUser applies a change to a user's profile.
func (s *Server) changeUser(uid string, change func(*User)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[uid]
	if u == nil {
		return unknown("user", uid)
	}
	profile := u.User
	change(&profile)
	_, err := s.putUser(profile)
	return err
}

// RenameUser changes a user's screen name, which must be free.
func (s *Server) RenameUser(uid, screenName string) error {
	return s.changeUser(uid, func(u *User) { u.ScreenName = screenName })
}

// Unverify takes a user's verification (认证) away.
func (s *Server) Unverify(uid string) error {
	return s.changeUser(uid, func(u *User) { u.Verified, u.VerifiedType, u.VerifiedReason = false, 0, "" })
}

// Redecorate changes the description and the picture of a user, as whoever holds the account can.
func (s *Server) Redecorate(uid, description, avatar string) error {
	return s.changeUser(uid, func(u *User) { u.Description, u.Avatar = description, avatar })
}

// RestrictComments lets nobody but the user itself comment on its posts any more, or everybody again: 20206.
func (s *Server) RestrictComments(uid string, closed bool) error {
	return s.changeUser(uid, func(u *User) { u.CommentsClosed = closed })
}

// Ban freezes a user: its tokens are dead for good and answer 21317, users/show
// answers 20003, and its posts and comments are not seen.
func (s *Server) Ban(uid string) error {
	return s.changeUser(uid, func(u *User) { u.Banned = true })
}

// Token authorises an application for a user without the OAuth dance.
func (s *Server) Token(appKey, uid string) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, user := s.apps[appKey], s.users[uid]
	switch {
	case app == nil:
		return Credentials{}, unknown("app", appKey)
	case user == nil || user.Banned:
		return Credentials{}, unknown("user", uid)
	}
	t := s.issue(app, user, s.now())
	return Credentials{
		AppKey: appKey, UID: uid, AccessToken: t.access, Expires: t.expires,
		RefreshToken: t.refresh, RefreshExpires: t.refreshExpires,
	}, nil
}

// Revoke withdraws an authorisation as the user can on the website: every token of the
// same user and application answers 21316 from then on and refresh tokens are spent.
func (s *Server) Revoke(accessToken string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[accessToken]
	if t == nil {
		return fmt.Errorf("%w access token", ErrUnknown)
	}
	s.revoke(t.app, t.user)
	return nil
}

// AddPost posts as a user typing on the website, past every limit but the visibility
// delay.
func (s *Server) AddPost(uid, text string) (Post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[uid]
	if u == nil {
		return Post{}, unknown("user", uid)
	}
	return s.addPost(s.typed(u, text), nil).snapshot(s.now()), nil
}

// AddComment comments on a post as a citizen (网民) would. by is a uid or a screen
// name; an unknown name becomes a new user. No limit applies but the visibility delay.
func (s *Server) AddComment(postID, by, text string) (Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commentAs(postID, "", by, text)
}

// AddReply answers the comment parentID as a citizen would, otherwise like
// [Server.AddComment]. The text is stored as given, without 回复@name: in front.
func (s *Server) AddReply(parentID, by, text string) (Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commentAs("", parentID, by, text)
}

func (s *Server) commentAs(postID, parentID, by, text string) (Comment, error) {
	var parent *comment
	if parentID != "" {
		id, _ := parseID(parentID)
		if parent = s.commentByID[id]; parent == nil || parent.deleted {
			return Comment{}, unknown("comment", parentID)
		}
		postID = formatID(parent.post.id)
	}
	id, _ := parseID(postID)
	p := s.postByID[id]
	if p == nil || p.deleted {
		return Comment{}, unknown("post", postID)
	}
	if by == "" {
		return Comment{}, unknown("user", by)
	}
	r := s.typed(s.citizen(by), text)
	r.shown = text
	return s.addComment(r, p, parent).snapshot(s.now()), nil
}

// citizen finds a user by uid or screen name and registers an unknown name.
func (s *Server) citizen(by string) *account {
	if u := s.users[by]; u != nil {
		return u
	}
	if u := s.names[by]; u != nil {
		return u
	}
	s.issued++
	u := &account{id: firstUID + s.issued, calls: map[string]*quota{}}
	u.User = User{UID: formatID(u.id), ScreenName: by}
	s.users[u.UID], s.names[by] = u, u
	return u
}

// typed returns what a person typing on the website leaves behind.
func (s *Server) typed(u *account, text string) record {
	now := s.now()
	return record{author: u, text: text, created: now, visibleAt: now.Add(max(0, s.cfg.VisibilityDelay))}
}

// changeItem applies a change to the post or comment with an id.
func (s *Server) changeItem(id string, change func(*record)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := parseID(id)
	if p := s.postByID[n]; p != nil {
		change(&p.record)
		return nil
	}
	if c := s.commentByID[n]; c != nil {
		change(&c.record)
		return nil
	}
	return unknown("post or comment", id)
}

// Edit changes the text of a post or comment as its author can on the website.
func (s *Server) Edit(id, text string) error {
	return s.changeItem(id, func(r *record) { r.text, r.shown, r.edited = text, text, true })
}

// Delete removes a post or comment for good. The journal keeps it as deleted.
func (s *Server) Delete(id string) error {
	return s.changeItem(id, func(r *record) { r.deleted = true })
}

// Hide takes a post or comment out of sight, as moderation does: a hidden post answers
// 20112, a hidden comment is missing from lists but still takes a place on its page.
func (s *Server) Hide(id string) error {
	return s.changeItem(id, func(r *record) { r.hidden = true })
}

// Unhide undoes [Server.Hide].
func (s *Server) Unhide(id string) error {
	return s.changeItem(id, func(r *record) { r.hidden = false })
}

// CloseComments lets nobody comment on a post any more: 20206.
func (s *Server) CloseComments(postID string) error {
	return s.changePost(postID, func(p *post) { p.closed = true })
}

// SetCounts sets how often a post was reposted and liked. Comments are counted.
func (s *Server) SetCounts(postID string, reposts, attitudes int) error {
	return s.changePost(postID, func(p *post) { p.reposts, p.attitudes = reposts, attitudes })
}

func (s *Server) changePost(id string, change func(*post)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := parseID(id)
	p := s.postByID[n]
	if p == nil {
		return unknown("post", id)
	}
	change(p)
	return nil
}
