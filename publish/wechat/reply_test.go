package wechat_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/reply"
)

const answer = "您好，抢修预计明早六点完成 <b>。"

func sprint(verb string, v any) string { return fmt.Sprintf(verb, v) }

// live publishes an article and returns the thread of its comments.
func (r *rig) live(t *testing.T) string {
	t.Helper()
	r.prior = nil
	pending, err := r.attempt(t.Context(), rendition(govmedia.ReachPublic))
	require.NoError(t, err)
	require.NoError(t, r.fake.SettlePublication(pending.ID, wechattest.PublishDone))
	return pending.Thread
}

func (r *rig) asked(t *testing.T, thread, text string) reply.Message {
	t.Helper()
	c, err := r.fake.AddComment(thread, 0, "oCitizen", text)
	require.NoError(t, err)
	return reply.Message{Platform: "wechat", Account: "city", ID: c.ID, Post: thread, Author: "oCitizen", Text: text, At: c.Created.Truncate(time.Second)}
}

func (r *rig) inbox(t *testing.T, threads ...string) []reply.Message {
	t.Helper()
	list, err := r.client.Messages(t.Context(), &reply.Inbox{Account: r.acct, Credential: r.cred, Threads: threads})
	r.saw(err)
	require.NoError(t, err)
	return list
}

func (r *rig) sub(m reply.Message, text string) *reply.Submission {
	return &reply.Submission{Operation: "answer/1", Account: r.acct, Credential: r.cred, Message: m, Text: text}
}

func (r *rig) reply(ctx context.Context, m reply.Message, text string) (*govmedia.Receipt, error) {
	receipt, err := r.client.Answer(ctx, r.sub(m, text))
	r.saw(err)
	return receipt, err
}

func (r *rig) findAnswer(t *testing.T, m reply.Message, text string, since time.Time) *reply.Found {
	t.Helper()
	found, err := r.client.FindAnswer(t.Context(), &reply.Query{Submission: *r.sub(m, text), Since: since})
	r.saw(err)
	require.NoError(t, err)
	return found
}

func TestMessages(t *testing.T) {
	for _, array := range []bool{false, true} {
		bubble(t, &wechattest.Config{ReplyArray: array}, func(t *testing.T, r *rig) {
			one, two := r.live(t), r.live(t)
			first := r.asked(t, one, "什么时候来水？<br>")
			time.Sleep(time.Second)
			anonymous, err := r.fake.AddComment(two, 0, "", "同问")
			require.NoError(t, err)
			time.Sleep(time.Second)
			_, err = r.reply(t.Context(), first, answer)
			require.NoError(t, err)
			own := reply.Message{
				Platform: "wechat", Account: "city", ID: fmt.Sprintf("%s_%d", first.ID, time.Now().Unix()), Post: one, Parent: first.ID,
				Author: "某市发布", Own: true, Text: answer, At: time.Now().Truncate(time.Second).UTC(),
			}
			second := reply.Message{Platform: "wechat", Account: "city", ID: anonymous.ID, Post: two, Text: "同问", At: anonymous.Created.Truncate(time.Second)}
			require.Equal(t, []reply.Message{first, second, own}, r.inbox(t, two, one, "an article id", "0", "99"))
		})
	}
}

// TestMessages_pages holds that pages which shift and comments that are deleted meanwhile lose nobody.
func TestMessages_pages(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		thread := r.live(t)
		for i := range 150 {
			r.asked(t, thread, fmt.Sprintf("第%d问", i))
		}
		r.fake.Script(wechattest.Fault{Name: wechattest.FaultShiftPages})
		list := r.inbox(t, thread)
		seen := map[string]bool{}
		for _, m := range list {
			require.False(t, seen[m.ID], "each once")
			seen[m.ID] = true
		}
		for i := range 150 {
			require.True(t, seen[fmt.Sprintf("%s_0_%d", thread, i+1)])
		}
	})
}

func TestMessages_unreadable(t *testing.T) {
	for _, body := range []string{
		`{}`, `[]`, `{"total":1,"comment":[{"content":"x","create_time":1763775600}]}`, `{"total":1,"comment":[{"user_comment_id":1}]}`,
		`{"errcode":88000}`, `{"comment":[]}`,
	} {
		client, _ := answering(t, 200, nil, body)
		_, err := client.Messages(t.Context(), &reply.Inbox{Account: account.Account{ID: "city"}, Credential: credential(), Threads: []string{"1"}})
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, body)
	}
}

func TestAnswer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		m := r.asked(t, r.live(t), "什么时候来水？")
		receipt, err := r.reply(t.Context(), m, answer)
		require.NoError(t, err)
		require.Equal(t, &govmedia.Receipt{At: time.Now().UTC(), Evidence: govmedia.EvidenceResponse}, receipt)
		require.Equal(t, answer, r.fake.Journal().Comments[0].Reply)
		_, err = r.reply(t.Context(), m, "另一个答复")
		require.ErrorIs(t, err, govmedia.KindDuplicate)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		require.Equal(t, answer, r.fake.Journal().Comments[0].Reply)
	})
}

func TestAnswer_preflight(t *testing.T) {
	client, s := answering(t, 200, nil, `{"errcode":0}`)
	good := reply.Message{ID: "1_0_1"}
	for _, sub := range []*reply.Submission{
		{Message: good, Text: ""}, {Message: good, Text: " "}, {Message: good, Text: strings.Repeat("水", 141)}, {Message: good, Text: "\x00"},
		{Message: reply.Message{ID: "1"}, Text: answer}, {Message: reply.Message{ID: "1_x_1"}, Text: answer}, {Message: reply.Message{ID: "a_0_1"}, Text: answer},
		{Message: reply.Message{ID: "1_0_1_1763775600"}, Text: answer}, {Message: reply.Message{ID: "1_0_0"}, Text: answer},
	} {
		sub.Credential = credential()
		_, err := client.Answer(t.Context(), sub)
		require.ErrorIs(t, err, govmedia.KindInvalid, "%+v", sub.Message)
	}
	require.Empty(t, s.asked)
	client, _ = answering(t, 200, nil, `{}`)
	_, err := client.Answer(t.Context(), &reply.Submission{Credential: credential(), Message: good, Text: answer})
	require.Equal(t, govmedia.Unknown, typed(t, err).Outcome, "an answer that does not say errcode 0 is no success")
}

// TestAnswer_faults asserts what the platform holds, what was returned, and that reading finds out.
func TestAnswer_faults(t *testing.T) {
	for fault, row := range map[wechattest.FaultName]struct {
		held    int
		outcome govmedia.Outcome
	}{
		wechattest.FaultRefuse: {0, govmedia.Unknown}, wechattest.FaultDropAfter: {1, govmedia.Unknown}, wechattest.FaultHangAfter: {1, govmedia.Unknown},
		wechattest.FaultHang: {0, govmedia.Unknown}, wechattest.Fault5xxBefore: {0, govmedia.Unknown}, wechattest.Fault5xxAfter: {1, govmedia.Unknown},
		wechattest.Fault4xxAfter: {1, govmedia.Unknown}, wechattest.FaultGarbage: {1, govmedia.Unknown}, wechattest.FaultSystemBusy: {0, govmedia.Unknown},
		wechattest.FaultSystemBusyAfter: {1, govmedia.Unknown}, wechattest.FaultQuota: {0, govmedia.NotApplied},
		wechattest.FaultFrequency: {0, govmedia.NotApplied}, wechattest.FaultTooMany: {0, govmedia.NotApplied},
	} {
		t.Run(string(fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				m := r.asked(t, r.live(t), "什么时候来水？")
				time.Sleep(time.Minute)
				r.fake.Script(wechattest.Fault{Name: fault, Endpoint: "comment/reply/add", Times: 1})
				since := time.Now()
				_, err := r.reply(within(t), m, answer)
				require.Equal(t, row.outcome, typed(t, err).Outcome)
				require.Equal(t, row.held, r.fake.Journal().Comments[0].Replies)
				found := r.findAnswer(t, m, answer, since)
				require.Len(t, found.Receipts, row.held)
				require.True(t, found.Complete)
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
		"a colleague's answer": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.reply(t.Context(), m, "请拨打12345")
				require.NoError(t, err)
			}, complete: true,
		},
		"the same answer to somebody else": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.reply(t.Context(), r.asked(t, m.Post, "同问"), answer)
				require.NoError(t, err)
			}, complete: true,
		},
		"the citizen deletes the comment": {
			meantime: func(t *testing.T, r *rig, m reply.Message) { require.NoError(t, r.fake.DeleteComment(m.ID)) }, complete: true,
		},
		"behind two pages": {
			meantime: func(t *testing.T, r *rig, m reply.Message) {
				_, err := r.reply(t.Context(), m, answer)
				require.NoError(t, err)
				for i := range 100 {
					r.asked(t, m.Post, fmt.Sprint("第", i))
				}
			}, matches: 1, complete: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				m := r.asked(t, r.live(t), "什么时候来水？")
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
	t.Run("the same text long before", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, r *rig) {
			m := r.asked(t, r.live(t), "什么时候来水？")
			_, err := r.reply(t.Context(), m, answer)
			require.NoError(t, err)
			time.Sleep(time.Hour)
			require.Equal(t, &reply.Found{}, r.findAnswer(t, m, answer, time.Now()), "it is no trace, and no absence either")
		})
	})
}

func TestElect(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		m := r.asked(t, r.live(t), "点赞")
		require.NoError(t, r.client.Elect(t.Context(), r.cred, m.ID))
		require.True(t, r.fake.Journal().Comments[0].Elected)
		require.NoError(t, r.client.Unelect(t.Context(), r.cred, m.ID))
		require.False(t, r.fake.Journal().Comments[0].Elected)
		require.ErrorIs(t, r.client.Elect(t.Context(), r.cred, m.Post+"_0_99"), govmedia.KindNotFound)
		require.ErrorIs(t, r.client.Elect(t.Context(), r.cred, "99"), govmedia.KindInvalid)
	})
}

func TestSendText(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		fan, err := r.fake.AddFan(wechattest.Fan{AppID: appID})
		require.NoError(t, err)
		send := func(text string) error { return r.client.SendText(t.Context(), r.cred, fan.OpenID, text) }
		err = send("您好")
		require.ErrorIs(t, err, govmedia.KindForbidden, "the citizen has not spoken")
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		_, err = r.fake.Say(appID, fan.OpenID, "在吗")
		require.NoError(t, err)
		for range 5 {
			require.NoError(t, send("您好 <&> 😀"))
		}
		require.ErrorIs(t, send("您好"), govmedia.KindForbidden, "five, until the citizen speaks again")
		require.Len(t, r.fake.Journal().Messages, 5)
		require.Equal(t, "您好 <&> 😀", r.fake.Journal().Messages[0].Text)
		require.ErrorIs(t, send(" "), govmedia.KindInvalid)
		require.ErrorIs(t, send(strings.Repeat("水", 700)), govmedia.KindInvalid)
	})
}
