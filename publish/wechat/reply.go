package wechat

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/reply"
)

// commentPage is how many comments are asked for at once; the platform refuses 50.
const commentPage = 49

// comment is one comment of a citizen, with the one answer that the account may give.
type comment struct {
	ID      loose   `json:"user_comment_id"`
	OpenID  loose   `json:"openid"`
	Created loose   `json:"create_time"`
	Content loose   `json:"content"`
	Reply   replied `json:"reply"`
}

// replied is the answer under a comment: an object in the documents, an array in samples, absent or empty when there is
// none.
type replied struct {
	Content loose `json:"content"`
	Created loose `json:"create_time"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *replied) UnmarshalJSON(data []byte) error {
	type bare replied
	*r = replied{}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, (*bare)(r))
	}
	var all []bare
	if err := json.Unmarshal(data, &all); err != nil || len(all) == 0 {
		return err
	}
	*r = replied(all[0])
	return nil
}

// ref names a comment in the platform's terms: user_comment_id counts anew on every article.
type ref struct {
	thread, index, comment string
}

// String is the id of a comment in the SDK: msg_data_id, index and user_comment_id.
func (r ref) String() string { return r.thread + "_" + r.index + "_" + r.comment }

// refOf reads the id of a comment.
func refOf(op, id string) (ref, error) {
	parts := strings.Split(id, "_")
	if len(parts) != 3 || loose(parts[0]).id() != parts[0] || loose(parts[2]).id() != parts[2] {
		return ref{}, invalid(op, "%q is not the id of a comment; Messages gives them as msg_data_id_index_user_comment_id", id)
	}
	if _, err := strconv.ParseUint(parts[1], 10, 16); err != nil {
		return ref{}, invalid(op, "%q is not the id of a comment: its second part is no index", id)
	}
	return ref{parts[0], parts[1], parts[2]}, nil
}

// body is the part of a request that names the comment.
func (r ref) body(more map[string]any) map[string]any {
	out := map[string]any{"msg_data_id": number(r.thread), "index": number(r.index), "user_comment_id": number(r.comment)}
	maps.Copy(out, more)
	return out
}

// Messages implements [reply.Channel]: every comment under the threads of the inbox, with the account's answers as its own
// messages. A thread is a msg_data_id; one that is no number, such as that of a post found by reading, cannot be listed
// and is passed over, as is one whose article is gone or restricted. The platform names no citizen: Author is the openid,
// where it tells that.
//
// Comments on our articles are those on the first article of a publication, because ours have one.
func (c *Client) Messages(ctx context.Context, in *reply.Inbox) ([]reply.Message, error) {
	if err := c.owns(in.Account); err != nil {
		return nil, err
	}
	var messages []reply.Message
	for _, thread := range in.Threads {
		if loose(thread).id() != thread {
			continue
		}
		list, _, err := c.comments(ctx, in.Credential, ref{thread: thread, index: "0"}, nil)
		switch code(err) {
		case "88001", "88002":
			continue
		}
		if err != nil {
			return nil, err
		}
		for i := range list {
			messages = append(messages, list[i].messages(in.Account, thread)...)
		}
	}
	slices.SortStableFunc(messages, func(a, b reply.Message) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return messages, nil
}

// messages returns the comment and, where there is one, the answer under it.
func (c *comment) messages(a account.Account, thread string) []reply.Message {
	at, _ := c.Created.instant()
	m := reply.Message{
		Platform: Platform, Account: a.ID, ID: ref{thread, "0", c.ID.id()}.String(), Post: thread,
		Author: string(c.OpenID), Text: string(c.Content), At: at,
	}
	said, ok := c.Reply.Created.instant()
	if !ok || c.Reply.Content == "" {
		return []reply.Message{m}
	}
	own := m
	own.ID, own.Parent, own.Author, own.Own = answerID(m.ID, string(c.Reply.Created)), m.ID, a.Name, true
	own.Text, own.At = string(c.Reply.Content), said
	return []reply.Message{m, own}
}

// answerID names an answer: a comment has one at a time, and a later one another time.
func answerID(comment, created string) string { return comment + "_" + created }

// comments lists the comments on an article, each once, until enough says so. all means that nothing was missed: the
// list was read to its end and as many were seen as it counts. Pages shift when a citizen comments or deletes meanwhile,
// so a list that comes up short is read a second time.
//
// POST cgi-bin/comment/list (developers.weixin.qq.com/doc/service/api/comments/api_listcomment, read 2026-11-22).
func (c *Client) comments(ctx context.Context, cred account.Credential, on ref, enough func(*comment) bool) (list []comment, all bool, err error) {
	seen := map[string]bool{}
	for range 2 {
		for begin := 0; ; {
			page, total, err := c.commentPage(ctx, cred, on, begin)
			if err != nil {
				return nil, false, err
			}
			fresh := false
			for i := range page {
				if id := page[i].ID.id(); !seen[id] {
					seen[id], fresh = true, true
					list = append(list, page[i])
				}
				if enough != nil && enough(&page[i]) {
					return list, false, nil
				}
			}
			if begin += len(page); fresh && int64(begin) < total {
				continue
			}
			if int64(len(seen)) >= total {
				return list, true, nil
			}
			break
		}
	}
	return list, false, nil
}

func (c *Client) commentPage(ctx context.Context, cred account.Credential, on ref, begin int) ([]comment, int64, error) {
	const op = "comment/list"
	var answer struct {
		Total    loose     `json:"total"`
		Comments []comment `json:"comment"`
	}
	body := map[string]any{"msg_data_id": number(on.thread), "index": number(on.index), "begin": begin, "count": commentPage, "type": 0}
	if err := c.call(ctx, query{op: op, cred: cred, body: body}, &answer); err != nil {
		return nil, 0, err
	}
	total, ok := answer.Total.number()
	if !ok {
		return nil, 0, unreadable(op, "the answer does not say how many comments there are")
	}
	for i := range answer.Comments {
		if _, dated := answer.Comments[i].Created.instant(); !dated || answer.Comments[i].ID.id() == "" {
			return nil, 0, unreadable(op, "a comment has no id or time that can be read")
		}
	}
	return answer.Comments, total, nil
}

// Answer implements [reply.Channel]: it answers a comment with the text exactly as it stands, once. The platform gives no
// id, so the receipt has none. A comment takes one answer: that there is one already (88005) is a KindDuplicate error.
//
// POST cgi-bin/comment/reply/add (developers.weixin.qq.com/doc/service/api/comments/api_replycomment, read 2026-11-22).
func (c *Client) Answer(ctx context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	const op = "comment/reply/add"
	to, err := refOf(op, s.Message.ID)
	if err != nil {
		return nil, err
	}
	if err := c.AnswerLimits().Text.Check(s.Text); err != nil {
		return nil, with(err, govmedia.KindInvalid, no)
	}
	if strings.TrimSpace(s.Text) == "" || !plain(s.Text) {
		return nil, invalid(op, "the answer is blank, holds control characters or is not valid UTF-8")
	}
	if err := c.owns(s.Account); err != nil {
		return nil, err
	}
	if err := c.command(ctx, s.Credential, op, to.body(map[string]any{"content": s.Text})); err != nil {
		return nil, err
	}
	return &govmedia.Receipt{At: c.cfg.Now().UTC(), Evidence: govmedia.EvidenceResponse}, nil
}

// FindAnswer implements [reply.Finder]: it reads the comments for the one that was answered and compares the answer under
// it. One with our text, not older than Since less Config.ClockSkew, is ours. The reading is complete when it saw the
// comment, or when it saw all comments and that one is gone.
func (c *Client) FindAnswer(ctx context.Context, q *reply.Query) (*reply.Found, error) {
	to, err := refOf("comment/list", q.Message.ID)
	if err != nil {
		return nil, err
	}
	found := &reply.Found{}
	_, all, err := c.comments(ctx, q.Credential, to, func(it *comment) bool {
		if it.ID.id() != to.comment {
			return false
		}
		at, dated := it.Reply.Created.instant()
		same := textKey(string(it.Reply.Content)) == textKey(q.Text)
		switch {
		case it.Reply.Content == "" || !same:
			found.Complete = true
		case !dated:
		case !at.Before(c.earliest(q.Since)):
			found.Complete = true
			found.Receipts = []govmedia.Receipt{{ID: answerID(q.Message.ID, string(it.Reply.Created)), At: at, Evidence: govmedia.EvidenceFound}}
		} // the same text, but older: a clock is wrong or a colleague said it, and sending it again would be refused
		return true
	})
	if err != nil {
		return nil, err
	}
	found.Complete = found.Complete || all
	return found, nil
}

// Elect puts a comment among the elected ones (精选), which every reader sees. The error's Outcome says whether it was
// done; doing it again is harmless. It is safe for concurrent use, as are [Client.Unelect] and [Client.SendText].
//
// POST cgi-bin/comment/markelect (developers.weixin.qq.com/doc/service/api/comments/api_markelectcomment, read
// 2026-11-22).
func (c *Client) Elect(ctx context.Context, cred account.Credential, commentID string) error {
	return c.mark(ctx, cred, "comment/markelect", commentID)
}

// Unelect takes a comment out of the elected ones.
//
// POST cgi-bin/comment/unmarkelect (developers.weixin.qq.com/doc/service/api/comments/api_unmarkelectcomment, read
// 2026-11-22).
func (c *Client) Unelect(ctx context.Context, cred account.Credential, commentID string) error {
	return c.mark(ctx, cred, "comment/unmarkelect", commentID)
}

func (c *Client) mark(ctx context.Context, cred account.Credential, op, commentID string) error {
	to, err := refOf(op, commentID)
	if err != nil {
		return err
	}
	return c.command(ctx, cred, op, to.body(nil))
}

// maxMessage is the longest text of a customer message, in bytes.
const maxMessage = 2048

// SendText sends a citizen a customer message (客服消息), once. openID is the citizen's, as [Event].From has it.
//
// The platform lets an account speak only after the citizen did: five messages within 48 hours of a message, three within
// a minute of a click, scan or subscription. Outside of that time (45015), and when the messages are used up (45047),
// the error is KindForbidden and NotApplied: whoever has something to say must wait until the citizen speaks again, or
// use another way. There is no idempotency key and no list of what was sent, so an Unknown outcome stays unknown: only a
// person can decide whether to say it again.
//
// POST cgi-bin/message/custom/send (developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage, read
// 2026-11-22).
func (c *Client) SendText(ctx context.Context, cred account.Credential, openID, text string) error {
	const op = "message/custom/send"
	switch {
	case openID == "":
		return invalid(op, "no openid is named")
	case strings.TrimSpace(text) == "" || !plain(text):
		return invalid(op, "the message is blank, holds control characters or is not valid UTF-8")
	case len(text) > maxMessage:
		return invalid(op, "the message has %d bytes, %d are allowed", len(text), maxMessage)
	}
	return c.command(ctx, cred, op, map[string]any{"touser": openID, "msgtype": "text", "text": map[string]any{"content": text}})
}
