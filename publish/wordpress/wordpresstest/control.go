package wordpresstest

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrUnknown is matched by the errors of methods that were given a user, post or comment which the server does not hold.
var ErrUnknown = errors.New("wordpresstest: unknown")

func unknown(kind, id string) error { return fmt.Errorf("%w %s %q", ErrUnknown, kind, id) }

// Now returns the site's time: the real time plus whatever it was advanced by.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// Advance moves the site's time, backwards when d is negative. Calls that hang are not affected: they wait in real time.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += d
}

// SetTime moves the site's time to t, from where it runs on.
func (s *Server) SetTime(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = time.Until(t)
}

// AddUser registers a user and returns it with its id, or changes the one with the same login. It panics on a login that
// is empty or has a colon, on an id that is taken or no positive number, and on a role that is none, which are mistakes
// in the test.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	added, err := s.putUser(u)
	if err != nil {
		panic(err)
	}
	return added.User
}

func (s *Server) putUser(u User) (*user, error) {
	if u.Login == "" || strings.ContainsAny(u.Login, ": \n") {
		return nil, fmt.Errorf("wordpresstest: login %q is none", u.Login)
	}
	if u.Role == "" {
		u.Role = Subscriber
	}
	if u.Role.rank() == 0 {
		return nil, fmt.Errorf("wordpresstest: role %q is none", u.Role)
	}
	u.Name, u.Email = cmpOr(u.Name, u.Login), cmpOr(u.Email, u.Login+"@gov.invalid")
	known := s.byLogin(u.Login)
	if u.ID == "" {
		if known != nil {
			u.ID = known.ID
		} else {
			s.people++
			u.ID = formatID(s.people)
		}
	}
	id, ok := parseID(u.ID)
	taken := slices.ContainsFunc(s.users, func(o *user) bool { return o != known && o.id == id })
	if !ok || taken {
		return nil, fmt.Errorf("wordpresstest: id %q of a user is no positive decimal number or is taken", u.ID)
	}
	s.people = max(s.people, id)
	if known == nil {
		known = &user{}
		s.users = append(s.users, known)
	}
	known.User, known.id = u, id
	return known, nil
}

func (s *Server) byLogin(login string) *user {
	i := slices.IndexFunc(s.users, func(u *user) bool { return strings.EqualFold(u.Login, login) })
	if i < 0 {
		return nil
	}
	return s.users[i]
}

// Password gives a user one more application password, as the page Profile does: 24 characters in groups of four. It
// looks random and is the same in every run.
func (s *Server) Password(login string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byLogin(login)
	if u == nil {
		return "", unknown("user", login)
	}
	s.secrets++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", login, s.secrets))
	plain := base32.StdEncoding.EncodeToString(sum[:])[:24]
	u.passwords = append(u.passwords, plain)
	var groups []string
	for group := range slices.Chunk([]byte(plain), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " "), nil
}

// Revoke revokes every application password of a user, whose calls are anonymous from then on.
func (s *Server) Revoke(login string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byLogin(login)
	if u == nil {
		return unknown("user", login)
	}
	u.passwords = nil
	return nil
}

// AddPost publishes as a user at the website's own editor. title and content are HTML.
func (s *Server) AddPost(login, title, content string) (Post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byLogin(login)
	if u == nil {
		return Post{}, unknown("user", login)
	}
	return s.write(u, title, content, s.now()).Post, nil
}

func (s *Server) write(u *user, title, content string, now time.Time) *post {
	p := &post{author: u, Post: Post{
		Author: u.Login, Title: title, Content: content, Status: statusPublish, Date: now, Modified: now,
	}}
	s.insert(nil, p)
	return p
}

// AddComment comments on a post as a citizen (网民) or, when by is a login, as a user. The comment is approved and no limit
// applies to it. text is HTML, as it will be stored.
func (s *Server) AddComment(postID, by, text string) (Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(postID)
	if p == nil {
		return Comment{}, unknown("post", postID)
	}
	return s.say(p, 0, by, text, s.now()).Comment, nil
}

// AddReply answers the comment parentID, otherwise like [Server.AddComment].
func (s *Server) AddReply(parentID, by, text string) (Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent := s.findComment(parentID)
	if parent == nil || parent.post.Deleted {
		return Comment{}, unknown("comment", parentID)
	}
	return s.say(parent.post, parent.id, by, text, s.now()).Comment, nil
}

func (s *Server) say(p *post, parent int64, by, text string, now time.Time) *comment {
	it := &comment{post: p, parent: parent, author: s.byLogin(by)}
	it.Comment = Comment{PostID: p.ID, Name: by, Email: "citizen@example.cn", Text: text, Status: Approved, Date: now}
	if parent > 0 {
		it.ParentID = formatID(parent)
	}
	if u := it.author; u != nil {
		it.Author, it.Name, it.Email = u.Login, u.Name, u.Email
	}
	s.keep(it)
	return it
}

func (s *Server) changePost(id string, change func(*post)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(id)
	if p == nil {
		return unknown("post", id)
	}
	change(p)
	return nil
}

// EditPost changes the content of a post at the website's own editor.
func (s *Server) EditPost(id, content string) error {
	return s.changePost(id, func(p *post) { p.Content, p.Modified = content, s.now() })
}

// SetSlug changes the address of a post at the website's own editor.
func (s *Server) SetSlug(id, slug string) error {
	return s.changePost(id, func(p *post) { p.Slug = s.freeSlug(p, slug) })
}

// SetPostStatus does what an editor does with a post: "publish" approves one that was held for review, "draft" sends it
// back. Other words are as good.
func (s *Server) SetPostStatus(id, status string) error {
	return s.changePost(id, func(p *post) { p.Status, p.Modified = status, s.now() })
}

// TrashPost moves a post to the trash, which changes its slug.
func (s *Server) TrashPost(id string) error {
	return s.changePost(id, func(p *post) { p.trash(s.now()) })
}

// DeletePost removes a post for good. The journal keeps it as deleted.
func (s *Server) DeletePost(id string) error {
	return s.changePost(id, func(p *post) { p.Deleted = true })
}

// CloseComments lets nobody comment on a post any more: 403 rest_comment_closed.
func (s *Server) CloseComments(id string) error {
	return s.changePost(id, func(p *post) { p.CommentsClosed = true })
}

func (s *Server) changeComment(id string, change func(*comment)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.findComment(id)
	if c == nil {
		return unknown("comment", id)
	}
	change(c)
	return nil
}

// EditComment changes the text of a comment, as a moderator can.
func (s *Server) EditComment(id, text string) error {
	return s.changeComment(id, func(c *comment) { c.Text = text })
}

// SetCommentStatus makes a comment [Approved], [Held], [Spam] or [Trashed]; another word is Held.
func (s *Server) SetCommentStatus(id, status string) error {
	return s.changeComment(id, func(c *comment) { c.Status = commentStatus(status) })
}

// DeleteComment removes a comment for good. The journal keeps it as deleted.
func (s *Server) DeleteComment(id string) error {
	return s.changeComment(id, func(c *comment) { c.Deleted = true })
}

// DeleteMedia removes a file for good, as a person does on the page Media. The journal keeps it as deleted.
func (s *Server) DeleteMedia(id string) error {
	return s.changeMedia(id, func(m *media) { m.Deleted = true })
}

// EditMedia is somebody at work on a picture on the page Media: it stays under its id, and its file has another name.
func (s *Server) EditMedia(id string) error {
	return s.changeMedia(id, func(m *media) {
		ext := path.Ext(m.File)
		m.File = strings.TrimSuffix(m.File, ext) + "-e" + strconv.FormatInt(s.now().UnixMilli(), 10) + ext
	})
}

func (s *Server) changeMedia(id string, change func(*media)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.findMedia(id)
	if m == nil {
		return unknown("file", id)
	}
	change(m)
	return nil
}
