package weibo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/reply"
)

const answer = "您好，抢修预计明早六点完成。"

// asked has a citizen ask under a post of the account, and returns the question as the desk would hold it.
func (r *rig) asked(t *testing.T) reply.Message {
	t.Helper()
	post := r.said(t, text)
	c, err := r.fake.AddComment(post.ID, "网民甲", "什么时候来水？")
	require.NoError(t, err)
	return reply.Message{Platform: weibo.Platform, Account: r.acct.ID, ID: c.ID, Post: post.ID, Text: c.Text, At: c.Created}
}

func (r *rig) inbox(t *testing.T, since time.Time) []reply.Message {
	t.Helper()
	list, err := r.client.Messages(t.Context(), &reply.Inbox{Account: r.acct, Credential: r.cred, Since: since})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return list
}

func (r *rig) reply(ctx context.Context, m reply.Message, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Answer(ctx, r.sub(m, text))
	r.errs = append(r.errs, err)
	return receipt, err
}

func (r *rig) sub(m reply.Message, text string) *reply.Submission {
	return &reply.Submission{Operation: "op", Account: r.acct, Credential: r.cred, Message: m, Text: text}
}

func (r *rig) findAnswer(t *testing.T, m reply.Message, text string, since time.Time) *reply.Found {
	t.Helper()
	found, err := r.client.FindAnswer(t.Context(), &reply.Query{Submission: *r.sub(m, text), Since: since})
	r.errs = append(r.errs, err)
	require.NoError(t, err)
	return found
}

func TestMessages(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		m := r.asked(t)
		later(time.Second)
		_, err := r.reply(t.Context(), m, answer)
		require.NoError(t, err)
		mine := r.fake.Journal().Comments[1]
		later(time.Second)
		again, err := r.fake.AddReply(mine.ID, "网民甲", "谢谢<b>！")
		require.NoError(t, err)

		list := r.inbox(t, time.Now().Add(-time.Hour))
		require.Equal(t, []reply.Message{
			{
				Platform: "weibo", Account: "city", ID: m.ID, Post: m.Post, Author: "网民甲", Text: "什么时候来水？",
				At: m.At.Truncate(time.Second).UTC(),
			},
			{
				Platform: "weibo", Account: "city", ID: again.ID, Post: m.Post, Parent: mine.ID, Author: "网民甲", Text: "谢谢<b>！",
				At: again.Created.Truncate(time.Second).UTC(),
			},
		}, list)
		require.Equal(t, 1, r.fake.Journal().Calls["comments/to_me"], "a short page that holds everything is not asked for again")
	})
}

// TestMessages_pages holds that pages which shift, hide and come up short lose nobody.
func TestMessages_pages(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		post := r.said(t, text)
		const n = 450
		for i := range n {
			c, err := r.fake.AddComment(post.ID, fmt.Sprintf("网民%d", i), fmt.Sprintf("第%d问", i))
			require.NoError(t, err)
			if i >= 30 && i < 240 { // a whole page of hidden comments
				require.NoError(t, r.fake.Hide(c.ID))
			}
			later(time.Second)
		}
		r.fake.Script(weibotest.Fault{Name: weibotest.FaultShiftPages})
		list := r.inbox(t, time.Now().Add(-24*time.Hour))
		require.Len(t, list, n-210)
		for i := 1; i < len(list); i++ {
			require.False(t, list[i].At.Before(list[i-1].At), "oldest first")
		}
	})
	bubble(t, nil, func(t *testing.T, r *rig) {
		post := r.said(t, text)
		for i := range 450 {
			_, err := r.fake.AddComment(post.ID, "网民", fmt.Sprintf("第%d问", i))
			require.NoError(t, err)
			later(time.Minute)
		}
		list := r.inbox(t, time.Now().Add(-time.Hour))
		require.GreaterOrEqual(t, len(list), 60)
		require.Equal(t, 1, r.fake.Journal().Calls["comments/to_me"], "what is old is not read")
	})
}

// TestMessages_staleTotal holds that a full page is not taken for the last one, whatever is counted.
func TestMessages_staleTotal(t *testing.T) {
	c := func(id int) string {
		return fmt.Sprintf(`{"idstr":"%d","created_at":"Sun Nov 22 17:35:00 +0800 2026","text":"x"}`, id)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list := []string{c(1)}
		if r.URL.Query().Get("max_id") == "" {
			list = nil
			for id := 201; id > 1; id-- {
				list = append(list, c(id))
			}
		}
		_, _ = fmt.Fprintf(w, `{"comments":[%s],"total_number":200}`, strings.Join(list, ","))
	}))
	defer server.Close()
	client, err := weibo.New(&weibo.Config{AppKey: appKey, BaseURL: server.URL})
	require.NoError(t, err)
	list, err := client.Messages(t.Context(), &reply.Inbox{
		Account: account.Account{ID: "city", UID: uid}, Credential: submission("").Credential,
	})
	require.NoError(t, err)
	require.Len(t, list, 201)
	require.Equal(t, "1", list[0].ID)
}

func TestMessages_own(t *testing.T) {
	body := `{"comments":[{"idstr":"92","created_at":"Sun Nov 22 17:35:00 +0800 2026","text":"答","user":{"idstr":"7001"},
		"status":{"idstr":"91"}}],"total_number":1}`
	list, err := answering(t, 200, nil, body).Messages(t.Context(), &reply.Inbox{
		Account: account.Account{ID: "city", UID: uid}, Credential: submission("").Credential,
	})
	require.NoError(t, err)
	require.True(t, list[0].Own)
}

func TestMessages_unreadable(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `{"comments":null}`, `{"comments":[{"idstr":"92","text":"x"}]}`,
		`{"comments":[{"created_at":"Sun Nov 22 17:35:00 +0800 2026"}]}`, `{"comments":[null]}`,
	} {
		_, err := answering(t, 200, nil, body).Messages(t.Context(), &reply.Inbox{
			Account: account.Account{ID: "city", UID: uid}, Credential: submission("").Credential,
		})
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
	}
	_, err := answering(t, 200, nil, `{}`).Messages(t.Context(), &reply.Inbox{Account: account.Account{ID: "city"}})
	require.ErrorIs(t, err, govmedia.KindInvalid, "an account without uid cannot tell its own voice")
}

func TestAnswer_standsUnderTheQuestionExactly(t *testing.T) {
	r := loopback(t, nil)
	m := r.asked(t)
	receipt, err := r.reply(t.Context(), m, answer)
	require.NoError(t, err)
	c := r.fake.Journal().Comments[1]
	require.Equal(t, answer, c.Shown, "without 回复@name: in front")
	require.Equal(t, m.ID, c.ParentID)
	require.Equal(t, m.Post, c.PostID)
	require.Equal(t, &govmedia.Receipt{ID: c.ID, At: c.Created.Truncate(time.Second).UTC(), Evidence: govmedia.EvidenceResponse}, receipt)
}

func TestAnswer_preflight(t *testing.T) {
	r := loopback(t, nil)
	m := r.asked(t)
	for _, s := range []*reply.Submission{
		r.sub(m, ""), r.sub(m, " "), r.sub(m, repeat("水", 141)), r.sub(reply.Message{ID: m.ID}, answer), r.sub(reply.Message{Post: m.Post}, answer),
	} {
		_, err := r.client.Answer(t.Context(), s)
		require.ErrorIs(t, err, govmedia.KindInvalid)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
	}
	require.Zero(t, r.fake.Journal().Calls["comments/reply"])
}

// TestAnswer_faults asserts what the platform holds, what was returned, and that reading finds out.
func TestAnswer_faults(t *testing.T) {
	for _, row := range []struct {
		fault   weibotest.FaultName
		held    int
		outcome govmedia.Outcome
	}{
		{weibotest.FaultRefuse, 0, govmedia.Unknown},
		{weibotest.FaultDropAfter, 1, govmedia.Unknown},
		{weibotest.FaultHangAfter, 1, govmedia.Unknown},
		{weibotest.FaultHang, 0, govmedia.Unknown},
		{weibotest.Fault5xxBefore, 0, govmedia.Unknown},
		{weibotest.Fault5xxAfter, 1, govmedia.Unknown},
		{weibotest.Fault4xxAfter, 1, govmedia.Unknown},
		{weibotest.FaultGarbage, 1, govmedia.Unknown},
		{weibotest.FaultSlowSuccess, 1, govmedia.Applied},
		{weibotest.FaultUserQuota, 0, govmedia.NotApplied},
		{weibotest.FaultCaptcha, 0, govmedia.NotApplied},
	} {
		t.Run(string(row.fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				m := r.asked(t)
				later(time.Minute)
				r.fake.Script(weibotest.Fault{Name: row.fault, Times: 1})
				since := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				_, err := r.reply(ctx, m, answer)
				require.Equal(t, row.outcome, typed(t, err).Outcome)
				require.Len(t, r.fake.Journal().Comments, 1+row.held)
				found := r.findAnswer(t, m, answer, since)
				require.Len(t, found.Receipts, row.held)
				require.True(t, found.Complete, "the question itself is in sight")
			})
		})
	}
}

func TestFindAnswer(t *testing.T) {
	for name, row := range map[string]struct {
		meantime func(*testing.T, *rig, reply.Message)
		matches  int
		complete bool
	}{
		"nothing": {complete: true},
		"the same answer to somebody else": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				c, err := r.fake.AddComment(m.Post, "网民乙", "同问")
				require.NoError(t, err)
				_, err = r.fake.AddReply(c.ID, uid, answer)
				require.NoError(t, err)
			}, complete: true,
		},
		"a citizen quotes it": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.fake.AddReply(m.ID, "网民丙", answer)
				require.NoError(t, err)
			}, complete: true,
		},
		"with the mention in front": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.fake.AddReply(m.ID, uid, "回复@网民甲:"+answer)
				require.NoError(t, err)
			}, matches: 1, complete: true,
		},
		"behind two pages of comments": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.fake.AddReply(m.ID, uid, answer)
				require.NoError(t, err)
				for i := range 401 {
					_, err := r.fake.AddComment(m.Post, "网民", fmt.Sprintf("第%d问", i))
					require.NoError(t, err)
				}
			}, matches: 1, complete: true,
		},
		"the question is gone, everything is seen": {
			meantime: func(t *testing.T, r *rig, m reply.Message) { require.NoError(t, r.fake.Delete(m.ID)) }, complete: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				m := r.asked(t)
				later(time.Second)
				since := time.Now()
				if row.meantime != nil {
					row.meantime(t, r, m)
				}
				found := r.findAnswer(t, m, answer, since)
				require.Len(t, found.Receipts, row.matches)
				require.Equal(t, row.complete, found.Complete)
			})
		})
	}
}

// TestFindAnswer_doubts holds when a reading of comments is not complete.
func TestFindAnswer_doubts(t *testing.T) {
	at := func(minute int) string {
		return time.Date(2026, 11, 22, 9, minute, 0, 0, time.UTC).Format("Mon Jan 02 15:04:05 -0700 2006")
	}
	c := func(id, minute int, user, text string) string {
		return fmt.Sprintf(`{"idstr":"%d","created_at":"%s","text":"%s","user":{"idstr":"%s"}}`, id, at(minute), text, user)
	}
	for name, row := range map[string]struct {
		pages    []string // an empty page after the last
		complete bool
	}{
		"nothing, no total":                {[]string{}, false},
		"everything counted":               {[]string{`[` + c(95, 35, "1", "x") + `],"total_number":1`}, true},
		"more counted":                     {[]string{`[` + c(95, 35, "1", "x") + `],"total_number":2`}, false},
		"older in sight":                   {[]string{`[` + c(95, 35, "1", "x") + `,` + c(94, 10, "1", "x") + `]`}, true},
		"question in sight":                {[]string{`[` + c(95, 35, "1", "x") + `,` + c(90, 29, "1", "x") + `]`}, true},
		"question, disorder":               {[]string{`[` + c(90, 29, "1", "x") + `,` + c(95, 35, "1", "x") + `]`}, false},
		"on the second page":               {[]string{`[` + c(95, 35, "1", "x") + `]`, `[` + c(90, 29, "1", "x") + `]`}, true},
		"page without an end":              {[]string{`[` + c(95, 35, "1", "x") + `]`, `[` + c(95, 35, "1", "x") + `]`}, false},
		"a cursor, though all are counted": {[]string{`[` + c(95, 35, "1", "x") + `],"total_number":1,"next_cursor":94`}, false},
		"same text, older, to another": {
			[]string{`[` + strings.TrimSuffix(c(95, 20, uid, answer), "}") + `,"reply_comment":{"idstr":"70"}},` + c(90, 19, "1", "x") + `]`}, true,
		},
		"same text, just older": {
			[]string{`[` + c(95, 20, uid, answer) + `,` + c(90, 19, "1", "x") + `]`}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				body := `{"comments":[]}`
				if calls < len(row.pages) {
					body = `{"comments":` + row.pages[calls] + `}`
				}
				calls++
				_, _ = w.Write([]byte(body))
			}))
			defer server.Close()
			client, err := weibo.New(&weibo.Config{AppKey: appKey, BaseURL: server.URL})
			require.NoError(t, err)
			found, err := client.FindAnswer(t.Context(), &reply.Query{
				Submission: reply.Submission{
					Account: account.Account{ID: "city", UID: uid}, Credential: submission("").Credential,
					Message: reply.Message{ID: "90", Post: "80"}, Text: answer,
				},
				Since: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC),
			})
			require.NoError(t, err)
			require.Empty(t, found.Receipts)
			require.Equal(t, row.complete, found.Complete)
			require.LessOrEqual(t, calls, 3)
		})
	}
}
