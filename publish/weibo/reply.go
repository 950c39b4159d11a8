package weibo

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/reply"
)

// commentPage is how many comments are asked for at once; the platform may give fewer.
const commentPage = 200

type commentList struct {
	Comments   []comment `json:"comments"`
	Total      loose     `json:"total_number"`
	NextCursor loose     `json:"next_cursor"`
}

// Messages implements [reply.Channel]: comments under the account's posts and answers to its comments, read page by
// page until one is older than Since less Config.ClockSkew. A comment that cannot be identified or dated is an error
// for all of them, because silence about one citizen must not look like an empty inbox.
//
// GET comments/to_me (open.weibo.com/wiki/2/comments/to_me, read 2026-11-22).
func (c *Client) Messages(ctx context.Context, in *reply.Inbox) ([]reply.Message, error) {
	const op = "comments/to_me"
	if err := known(op, in.Account); err != nil {
		return nil, err
	}
	since := c.earliest(in.Since)
	messages := map[string]reply.Message{}
	_, err := c.comments(ctx, op, in.Credential.Access, url.Values{}, func(page []comment) bool {
		for i := range page {
			m := page[i].message(in.Account)
			messages[m.ID] = m
		}
		return before(&page[len(page)-1].item, since)
	})
	if err != nil {
		return nil, err
	}
	list := make([]reply.Message, 0, len(messages))
	for _, m := range messages {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b reply.Message) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

func (c *comment) message(a account.Account) reply.Message {
	at, _ := c.at()
	m := reply.Message{
		Platform: Platform, Account: a.ID, ID: c.id(), Post: c.Status.id(), Parent: c.Parent.id(),
		Own: c.author() == a.UID, Text: string(c.Text), At: at,
	}
	if c.User != nil {
		m.Author = string(c.User.ScreenName)
	}
	return m
}

// comments reads a list of comments, newest first, until visit says that it has seen enough; it is never called with an
// empty page. all reports that the list was certainly read to its end. Pages are cut by max_id, so that what arrives
// meanwhile shifts nothing; they may be short, or empty, before the end, because the platform filters after cutting.
func (c *Client) comments(ctx context.Context, op string, token govmedia.Secret, form url.Values, visit func([]comment) (enough bool)) (all bool, err error) {
	form.Set("count", strconv.Itoa(commentPage))
	seen, next := int64(0), int64(0)
	for {
		if next > 0 {
			form.Set("max_id", strconv.FormatInt(next, 10))
		}
		var page commentList
		if _, err := c.call(ctx, query{op: op, token: token, form: form}, &page); err != nil {
			return false, err
		}
		lowest, err := page.lowest(op)
		if err != nil {
			return false, err
		}
		n := len(page.Comments)
		seen += int64(n)
		if n > 0 && visit(page.Comments) {
			return false, nil
		}
		total, told := page.Total.number()
		cursor, _ := page.NextCursor.number()
		if all = told && seen >= total && n < commentPage && cursor == 0; all {
			return true, nil
		}
		follow := lowest - 1
		if n == 0 {
			follow = cursor
		}
		if follow <= 0 || next > 0 && follow >= next {
			return false, nil
		}
		next = follow
	}
}

// lowest returns the smallest id of the page, 0 for an empty one, and refuses a page that cannot be read in full.
func (l *commentList) lowest(op string) (int64, error) {
	if l.Comments == nil {
		return 0, unreadable(op, "the answer has no list of comments")
	}
	var lowest int64
	for i := range l.Comments {
		id, err := strconv.ParseInt(l.Comments[i].id(), 10, 64)
		if _, dated := l.Comments[i].at(); err != nil || !dated {
			return 0, unreadable(op, "a comment has no id or time that can be read")
		}
		if i == 0 || id < lowest {
			lowest = id
		}
	}
	return lowest, nil
}

// Answer implements [reply.Channel]: it replies to the citizen's comment with the text exactly as it stands, once. A text
// over the limit, or a message that names no comment or post, is a KindInvalid error and nothing is sent.
//
// POST comments/reply (open.weibo.com/wiki/2/comments/reply, read 2026-11-22).
func (c *Client) Answer(ctx context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	const op = "comments/reply"
	if s.Message.ID == "" || s.Message.Post == "" {
		return nil, invalid(op, "the message names no comment or no post to answer under")
	}
	if err := fits(op, s.Text); err != nil {
		return nil, err
	}
	// Without without_mention the platform would put 回复@name: in front of what was approved.
	form := c.form("cid", s.Message.ID, "id", s.Message.Post, "comment", s.Text, "without_mention", "1", "comment_ori", "0")
	var got item
	_, err := c.call(ctx, query{op: op, write: true, token: s.Credential.Access, form: form}, &got)
	return c.written(op, &got, err)
}

// FindAnswer implements [reply.Finder]: it reads the comments under the post for one by the account itself, with the
// same text, not older than Since less Config.ClockSkew and, where the platform tells, in reply to the citizen's
// comment; those for which it tells come first.
//
// The reading is complete when, going back from the newest comment, it came in order to one that is older than that
// instant or to the citizen's comment itself, or when it saw every comment that the platform counts.
//
// GET comments/show (open.weibo.com/wiki/2/comments/show, read 2026-11-22).
func (c *Client) FindAnswer(ctx context.Context, q *reply.Query) (*reply.Found, error) {
	const op = "comments/show"
	if err := known(op, q.Account); err != nil {
		return nil, err
	}
	if q.Message.Post == "" {
		return nil, invalid(op, "the message names no post to read under")
	}
	s := search{
		uid: q.Account.UID, asked: q.Message.ID, want: textKey(q.Text), since: c.earliest(q.Since), ordered: true,
	}
	all, err := c.comments(ctx, op, q.Credential.Access, url.Values{"id": {q.Message.Post}}, s.visit)
	if err != nil {
		return nil, err
	}
	return &reply.Found{Receipts: append(s.certain, s.likely...), Complete: (all || s.reached && s.ordered) && !s.doubt}, nil
}

// search looks for one answer in a list of comments.
type search struct {
	uid, asked, want string
	since            time.Time

	certain, likely []govmedia.Receipt
	last            time.Time // creation of the comment before
	ordered         bool      // newest first so far
	reached         bool      // a comment that must stand behind the answer was seen
	doubt           bool
}

func (s *search) visit(page []comment) (enough bool) {
	for i := range page {
		s.look(&page[i])
	}
	return s.reached
}

func (s *search) look(c *comment) {
	at, _ := c.at()
	s.ordered = s.ordered && (s.last.IsZero() || !at.After(s.last))
	s.last = at
	s.reached = s.reached || c.id() == s.asked || at.Before(s.since)
	if c.author() != s.uid {
		return
	}
	switch same := s.same(string(c.Text)); {
	case at.Before(s.since):
		s.doubt = s.doubt || same && s.answers(c)
	case s.want == "" || c.partial():
		s.doubt = true
	case !same || !s.answers(c):
	case c.Parent != nil:
		s.certain = append(s.certain, govmedia.Receipt{ID: c.id(), At: at, Evidence: govmedia.EvidenceFound})
	default:
		s.likely = append(s.likely, govmedia.Receipt{ID: c.id(), At: at, Evidence: govmedia.EvidenceFound})
	}
}

// answers reports whether the comment replies to the one that was asked about, or may.
func (s *search) answers(c *comment) bool { return c.Parent == nil || c.Parent.id() == s.asked }

// same compares texts, also when the platform has put 回复@name: in front.
func (s *search) same(text string) bool {
	if s.want == "" {
		return false
	}
	if textKey(text) == s.want {
		return true
	}
	if rest, ok := strings.CutPrefix(text, "回复@"); ok {
		if at := strings.IndexAny(rest, ":："); at >= 0 {
			return textKey(strings.TrimLeft(rest[at:], ":：")) == s.want
		}
	}
	return false
}

// known refuses an account whose uid the register does not hold.
func known(op string, a account.Account) error {
	if a.UID == "" {
		return invalid(op, "account %q has no UID in the register; enter it before connecting the account", a.ID)
	}
	return nil
}
