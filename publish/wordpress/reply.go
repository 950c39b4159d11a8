package wordpress

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/reply"
)

// Messages implements [reply.Channel]: the comments under the account's own posts, approved and held ones, of Since less
// Config.ClockSkew and later. Spam and the trash are left out. What was put in entities is shown as it was typed; tags
// that WordPress lets stand in comments stay visible. A comment that cannot be identified or dated is an error for all
// of them, because silence about one citizen must not look like an empty inbox.
//
// GET /wp/v2/comments (developer.wordpress.org/rest-api/reference/comments, read 2026-11-22).
func (c *Client) Messages(ctx context.Context, in *reply.Inbox) ([]reply.Message, error) {
	const op = "comments.list"
	who, err := as(op, in.Account, in.Credential)
	if err != nil {
		return nil, err
	}
	me, err := c.me(ctx, who)
	if err != nil {
		return nil, err
	}
	comments, _, err := c.comments(ctx, who, url.Values{"status": {"all"}}, in.Since)
	if err != nil {
		return nil, err
	}
	own, err := c.ownPosts(ctx, who, me.ID, comments)
	if err != nil {
		return nil, err
	}
	messages := []reply.Message{}
	for i := range comments {
		it := &comments[i]
		at, _ := it.at() // comments has read it
		if !own[it.Post] {
			continue
		}
		messages = append(messages, reply.Message{
			Platform: Platform, Account: in.Account.ID, ID: formatID(int64(it.ID)), Post: formatID(int64(it.Post)),
			Parent: formatID(int64(it.Parent)), Author: string(it.Name), Own: it.Author == me.ID,
			Text: plain(string(*it.Content.Raw)), At: at,
		})
	}
	slices.SortFunc(messages, func(a, b reply.Message) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return messages, nil
}

// comments reads a list of comments, oldest first, and refuses one that cannot be read in full.
func (c *Client) comments(ctx context.Context, who user, form url.Values, since time.Time) ([]comment, http.Header, error) {
	const op = "comments.list"
	if !since.IsZero() {
		form.Set("after", exclusive(c.earliest(since)))
	}
	form.Set("orderby", "date_gmt")
	var all []comment
	broken := false
	h, err := walk(ctx, c, query{op: op, path: "/comments", as: who, form: form}, (*comment).head, func(it *comment) {
		_, dated := it.at()
		broken = broken || !dated || it.Post == 0 || it.Content.Raw == nil
		all = append(all, *it)
	})
	if err == nil && broken {
		err = unreadable(op, "a comment has no post, time or text that can be read")
	}
	return all, h, err
}

// ownPosts tells which posts of the comments the user has written. Pages and other people's posts are not among them.
func (c *Client) ownPosts(ctx context.Context, who user, id number, comments []comment) (map[number]bool, error) {
	var ids []int64
	for i := range comments {
		ids = append(ids, int64(comments[i].Post))
	}
	own := map[number]bool{}
	form := url.Values{"author": {formatID(int64(id))}, "status": {everyStatus}}
	return own, c.among(ctx, who, ids, form, func(id number) { own[id] = true })
}

// among reads which of the posts a list with these parameters has.
func (c *Client) among(ctx context.Context, who user, ids []int64, form url.Values, visit func(number)) error {
	slices.Sort(ids)
	form.Set("_fields", "id")
	for some := range slices.Chunk(slices.Compact(ids), perPage-1) { // a page that is not full is the whole answer
		form.Set("include", list(some))
		q := query{op: "posts.list", path: "/posts", as: who, form: form}
		if _, err := walk(ctx, c, q, (*post).head, func(p *post) { visit(p.ID) }); err != nil {
			return err
		}
	}
	return nil
}

// Answer implements [reply.Channel]: it replies to the citizen's comment with the text as it stands, escaped, once. A text
// over the limit, or a message that names no comment or post, is a KindInvalid error and nothing is sent. An answer
// that the site stores but holds for moderation is an error whose outcome is unknown, as for [Client.Publish].
//
// The site refuses an answer that the user has given to the same comment before (409 comment_duplicate), without regard
// to case and width of letters; a text with a backslash it does not recognise.
//
// POST /wp/v2/comments (developer.wordpress.org/rest-api/reference/comments, read 2026-11-22).
func (c *Client) Answer(ctx context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	const op = "comments.create"
	who, err := as(op, s.Account, s.Credential)
	if err != nil {
		return nil, err
	}
	under, asked, err := place(op, s.Message)
	if err != nil {
		return nil, err
	}
	if err := fits(op, s.Text); err != nil {
		return nil, err
	}
	if err := answerLimit().Check(s.Text); err != nil {
		return nil, err
	}
	body := map[string]any{"post": under, "parent": asked, "content": escapeText(s.Text)}
	var got comment
	if _, err := c.call(ctx, query{op: op, path: "/comments", as: who, body: body}, &got); err != nil {
		return nil, err
	}
	reach := govmedia.Reach("")
	if got.Status == "approved" {
		reach = govmedia.ReachPublic
	}
	return c.receipt(op, &got.item, reach)
}

// place returns the ids of the post and the comment that a message is.
func place(op string, m reply.Message) (under, asked int64, err error) {
	if under, err = parseID(op, "post", m.Post); err != nil {
		return 0, 0, err
	}
	asked, err = parseID(op, "comment", m.ID)
	return under, asked, err
}

// FindAnswer implements [reply.Finder]: it reads the user's own comments under that post, of Since less Config.ClockSkew
// and later, for those that reply to the citizen's comment with the same text.
//
// The reading is complete, because the list ends, unless such a comment is there but not shown (held, spam, in the
// trash) or the answer's Date is off from our clock by more than ClockSkew.
//
// GET /wp/v2/comments (developer.wordpress.org/rest-api/reference/comments, read 2026-11-22).
func (c *Client) FindAnswer(ctx context.Context, q *reply.Query) (*reply.Found, error) {
	const op = "comments.list"
	who, err := as(op, q.Account, q.Credential)
	if err != nil {
		return nil, err
	}
	under, asked, err := place(op, q.Message)
	if err != nil {
		return nil, err
	}
	me, err := c.me(ctx, who)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"post": {formatID(under)}, "author": {formatID(int64(me.ID))}, "status": {"any"},
	}
	comments, h, err := c.comments(ctx, who, form, q.Since)
	if err != nil {
		return nil, err
	}
	want, answers := textKey(escapeText(q.Text)), &reply.Found{Complete: c.clocksAgree(h)}
	for i := range comments {
		it := &comments[i]
		at, _ := it.at()
		switch {
		case int64(it.Post) != under || it.Author != me.ID || int64(it.Parent) != asked || textKey(string(*it.Content.Raw)) != want:
		case it.Status == "approved":
			answers.Receipts = append(answers.Receipts, proof(&it.item, at, govmedia.ReachPublic, govmedia.EvidenceFound))
		default:
			answers.Complete = false
		}
	}
	return answers, nil
}
