package wordpress_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
	"github.com/govmedia/govmedia/reply"
)

func queryOf(s *publish.Submission) *publish.Query {
	return &publish.Query{Operation: s.Operation, Account: s.Account, Credential: s.Credential, Rendition: s.Rendition}
}

func inboxOf(s *publish.Submission) *reply.Inbox {
	return &reply.Inbox{Account: s.Account, Credential: s.Credential}
}

func answerOf(s *publish.Submission) *reply.Query {
	return &reply.Query{Submission: reply.Submission{
		Account: s.Account, Credential: s.Credential, Message: reply.Message{ID: "5", Post: "4"}, Text: "答",
	}}
}

func countsOf(s *publish.Submission) *metrics.Request {
	return &metrics.Request{Account: s.Account, Credential: s.Credential, Posts: []string{"1"}}
}

func TestMessages(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		began := time.Now()
		asked := r.asked(t, "几点来水 &lt;急&gt; &amp; \\ 😀？")
		foreign, err := r.fake.AddPost("other", "别人的", "x")
		require.NoError(t, err)
		_, err = r.fake.AddComment(foreign.ID, "网民乙", "不是给我们的")
		require.NoError(t, err)
		time.Sleep(time.Second)
		echo, err := r.fake.AddReply(asked.ID, "city", "八点")
		require.NoError(t, err)
		held, err := r.fake.AddComment(asked.Post, "网民丙", "待审")
		require.NoError(t, err)
		require.NoError(t, r.fake.SetCommentStatus(held.ID, wordpresstest.Held))
		for _, status := range []string{wordpresstest.Spam, wordpresstest.Trashed} {
			c, err := r.fake.AddComment(asked.Post, "广告", status)
			require.NoError(t, err)
			require.NoError(t, r.fake.SetCommentStatus(c.ID, status))
		}
		at := began.UTC().Truncate(time.Second)
		require.Equal(t, []reply.Message{
			{Platform: "wordpress", Account: "site", ID: asked.ID, Post: asked.Post, Author: "网民甲", Text: `几点来水 <急> & \ 😀？`, At: at},
			{Platform: "wordpress", Account: "site", ID: echo.ID, Post: asked.Post, Parent: asked.ID, Author: "某市发布", Own: true, Text: "八点", At: at.Add(time.Second)},
			{Platform: "wordpress", Account: "site", ID: held.ID, Post: asked.Post, Author: "网民丙", Text: "待审", At: at.Add(time.Second)},
		}, r.messages(t, began))
		require.Len(t, r.messages(t, time.Time{}), 3)
		time.Sleep(time.Hour)
		require.Empty(t, r.messages(t, time.Now()))
		require.Len(t, r.messages(t, time.Now().Add(-time.Hour)), 3)
	})
}

// TestMessages_pages holds that nothing is lost or doubled between pages, also when most of it was said in one second
// and when something is deleted or added meanwhile.
func TestMessages_pages(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		began := time.Now()
		first := r.asked(t, "第0问")
		said := map[string]bool{first.ID: true}
		for n := range 450 {
			c, err := r.fake.AddComment(first.Post, "网民甲", fmt.Sprint("问", n))
			require.NoError(t, err)
			said[c.ID] = true
			if n == 10 || n == 340 {
				time.Sleep(time.Second)
			}
		}
		r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultShiftPages, Endpoint: "comments.list", Times: 2, Text: "刚到"})
		got := map[string]int{}
		for _, m := range r.messages(t, began) {
			got[m.ID]++
		}
		for id := range said {
			require.Equal(t, 1, got[id], id)
		}
		require.Len(t, got, len(said)+2, "what arrived meanwhile is there, too")
	})
}

func TestAnswer(t *testing.T) {
	const answer = "今晚 <八点> & \"前\" \\ 来水\n请储水 😀"
	bubble(t, nil, func(t *testing.T, r *rig) {
		began := time.Now()
		m := r.asked(t, "几点来水？")
		receipt, err := r.answer(t.Context(), m, answer)
		require.NoError(t, err)
		held := r.fake.Journal().Comments[1]
		require.Equal(t, held.ID, receipt.ID)
		require.Equal(t, m.ID, held.ParentID)
		require.Equal(t, "今晚 &lt;八点&gt; &amp; \"前\" \\ 来水\n请储水 😀", held.Text)
		require.Equal(t, wordpresstest.Approved, held.Status)
		require.Regexp(t, `#comment-`+held.ID+`$`, receipt.URL)
		require.Equal(t, answer, r.messages(t, began)[1].Text, "the echo reads as it was approved")

		found := r.findAnswer(t, m, answer, began)
		require.True(t, found.Complete)
		require.Len(t, found.Receipts, 1)
		require.Equal(t, held.ID, found.Receipts[0].ID)
	})
}

// TestAnswer_faults holds, for each fault, what is said of an answer and what the site holds.
func TestAnswer_faults(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	for _, c := range []struct {
		fault   wordpresstest.FaultName
		kind    govmedia.Kind
		outcome govmedia.Outcome
		held    int
		wait    time.Duration
	}{
		{wordpresstest.FaultRefuse, govmedia.KindTransport, un, 0, 0},
		{wordpresstest.FaultDropAfter, govmedia.KindTransport, un, 1, 0},
		{wordpresstest.FaultHangAfter, govmedia.KindTransport, un, 1, 0},
		{wordpresstest.FaultHang, govmedia.KindTransport, un, 0, 0},
		{wordpresstest.Fault5xxBefore, govmedia.KindUnavailable, un, 0, 0},
		{wordpresstest.Fault5xxAfter, govmedia.KindUnavailable, un, 1, 0},
		{wordpresstest.Fault4xxAfter, govmedia.KindUnavailable, un, 1, 0},
		{wordpresstest.FaultDuplicate, govmedia.KindDuplicate, not, 0, 0},
		{wordpresstest.FaultFlood, govmedia.KindRateLimited, not, 0, 15 * time.Second},
		{wordpresstest.FaultTooMany, govmedia.KindRateLimited, not, 0, 0},
		{wordpresstest.FaultTokenRevoked, govmedia.KindUnauthorized, not, 0, 0},
		{wordpresstest.FaultGarbage, govmedia.KindUnavailable, un, 1, 0},
		{wordpresstest.FaultNotice, govmedia.KindUnavailable, un, 1, 0},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				began := time.Now()
				m := r.asked(t, "几点来水？")
				r.fake.Script(wordpresstest.Fault{Name: c.fault, Times: 1})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := r.answer(ctx, m, "八点")
				e := typed(t, err)
				require.Equal(t, c.kind, e.Kind)
				require.Equal(t, c.outcome, e.Outcome)
				require.Equal(t, c.wait, e.RetryAfter)
				j := r.fake.Journal()
				require.Len(t, j.Comments, 1+c.held)
				require.Equal(t, 1, j.Calls["comments.create"])
				if c.kind == govmedia.KindUnauthorized {
					return
				}
				found := r.findAnswer(t, m, "八点", began)
				require.Len(t, found.Receipts, c.held)
				require.True(t, found.Complete)
			})
		})
	}
}

// TestAnswer_refusals holds what the site itself refuses.
func TestAnswer_refusals(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		m := r.asked(t, "几点来水？")
		_, err := r.answer(t.Context(), m, "八点")
		require.NoError(t, err)
		_, err = r.answer(t.Context(), m, "八点")
		require.Equal(t, govmedia.KindDuplicate, typed(t, err).Kind, "a second try proves the first")
		other, err := r.fake.AddComment(m.Post, "网民乙", "几点？")
		require.NoError(t, err)
		_, err = r.answer(t.Context(), reply.Message{ID: other.ID, Post: m.Post}, "八点")
		require.NoError(t, err, "the same answer to another citizen is no repetition")

		require.NoError(t, r.fake.CloseComments(m.Post))
		_, err = r.answer(t.Context(), m, "九点")
		require.Equal(t, govmedia.KindForbidden, typed(t, err).Kind)
		require.NoError(t, r.fake.TrashPost(m.Post))
		_, err = r.answer(t.Context(), m, "九点")
		require.Equal(t, govmedia.KindNotFound, typed(t, err).Kind)
		require.NoError(t, r.fake.DeletePost(m.Post))
		_, err = r.answer(t.Context(), m, "九点")
		require.Equal(t, govmedia.KindNotFound, typed(t, err).Kind)
		require.Len(t, r.fake.Journal().Comments, 4)
	})
}

// TestFindAnswer_completeness holds whose comments are answers of ours, and what speaks against absence.
func TestFindAnswer_completeness(t *testing.T) {
	for name, c := range map[string]struct {
		make     func(*testing.T, *rig, reply.Message)
		receipts int
		complete bool
	}{
		"nothing":         {func(*testing.T, *rig, reply.Message) {}, 0, true},
		"somebody else's": {func(t *testing.T, r *rig, m reply.Message) { r.reply(t, m.ID, "other", "八点") }, 0, true},
		"a citizen's":     {func(t *testing.T, r *rig, m reply.Message) { r.reply(t, m.ID, "网民乙", "八点") }, 0, true},
		"other text":      {func(t *testing.T, r *rig, m reply.Message) { r.reply(t, m.ID, "city", "九点") }, 0, true},
		"ours":            {func(t *testing.T, r *rig, m reply.Message) { r.reply(t, m.ID, "city", "八点") }, 1, true},
		"to another comment": {func(t *testing.T, r *rig, m reply.Message) {
			other, err := r.fake.AddComment(m.Post, "网民乙", "几点？")
			require.NoError(t, err)
			r.reply(t, other.ID, "city", "八点")
		}, 0, true},
		"held": {func(t *testing.T, r *rig, m reply.Message) {
			require.NoError(t, r.fake.SetCommentStatus(r.reply(t, m.ID, "city", "八点"), wordpresstest.Held))
		}, 0, false},
		"in the trash": {func(t *testing.T, r *rig, m reply.Message) {
			require.NoError(t, r.fake.SetCommentStatus(r.reply(t, m.ID, "city", "八点"), wordpresstest.Trashed))
		}, 0, false},
		"deleted for good": {func(t *testing.T, r *rig, m reply.Message) {
			require.NoError(t, r.fake.DeleteComment(r.reply(t, m.ID, "city", "八点")))
		}, 0, true},
		"clock is off": {func(_ *testing.T, r *rig, _ reply.Message) { r.fake.Advance(time.Hour) }, 0, false},
		"buried": {func(t *testing.T, r *rig, m reply.Message) {
			r.reply(t, m.ID, "city", "八点")
			for n := range 150 {
				r.reply(t, m.ID, "city", fmt.Sprint(n))
			}
		}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				began := time.Now()
				m := r.asked(t, "几点来水？")
				c.make(t, r, m)
				found := r.findAnswer(t, m, "八点", began)
				require.Len(t, found.Receipts, c.receipts)
				require.Equal(t, c.complete, found.Complete)
			})
		})
	}
}

func (r *rig) reply(t *testing.T, parent, by, text string) string {
	t.Helper()
	c, err := r.fake.AddReply(parent, by, text)
	require.NoError(t, err)
	return c.ID
}

func TestMessages_rights(t *testing.T) {
	r := loopback(t, nil)
	r.fake.AddUser(wordpresstest.User{Login: "city", Role: wordpresstest.Author})
	_, err := r.client.Messages(t.Context(), inboxOf(r.submission("1", text)))
	require.Equal(t, govmedia.KindForbidden, typed(t, err).Kind, "an author does not see what is held")
}

func TestFigures(t *testing.T) {
	r := loopback(t, nil)
	m := r.asked(t, "几点来水？")
	r.reply(t, m.ID, "city", "八点")
	held := r.reply(t, m.ID, "网民乙", "待审")
	require.NoError(t, r.fake.SetCommentStatus(held, wordpresstest.Held))
	quiet, err := r.fake.AddPost("city", "没人问", "x")
	require.NoError(t, err)
	gone, err := r.fake.AddPost("city", "没了", "x")
	require.NoError(t, err)
	require.NoError(t, r.fake.TrashPost(gone.ID))
	counts, err := r.client.Counts(t.Context(), &metrics.Request{
		Account: r.acct, Credential: r.cred, Posts: []string{m.Post, quiet.ID, gone.ID, "99999", "b1AbC", m.Post},
	})
	require.NoError(t, err)
	require.Equal(t, metrics.Known(2), counts.Posts)
	require.Equal(t, metrics.Figure{}, counts.Followers, "a website has none: that is not zero")
	require.ElementsMatch(t, []metrics.PostCounts{
		{ID: m.Post, Comments: metrics.Known(2)}, {ID: quiet.ID, Comments: metrics.Known(0)},
	}, counts.ByPost, "what readers do not see is missing, not zero; likes and reposts nobody knows")

	alone, err := r.client.Counts(t.Context(), &metrics.Request{Account: r.acct, Credential: r.cred})
	require.NoError(t, err)
	require.Equal(t, &metrics.Counts{Posts: metrics.Known(2)}, alone)

	p, err := r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.Equal(t, account.Profile{
		UID: "city", URL: p.URL, Name: account.Saw("某市发布"), Bio: account.Saw(""), Posts: account.Saw(int64(2)),
	}, p, "a website marks nobody, which is not the same as having taken a mark away")
	require.Regexp(t, `/author/city/$`, p.URL)
}
