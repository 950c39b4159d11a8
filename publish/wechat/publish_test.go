package wechat_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

func TestPublish_sendsExactlyWhatWasApproved(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		what := rendition(govmedia.ReachPublic)
		receipt, err := r.attempt(t.Context(), what)
		require.NoError(t, err)
		j := r.fake.Journal()
		require.Len(t, j.Publications, 1)
		p := j.Publications[0]
		require.Equal(t, &govmedia.Receipt{
			ID: p.PublishID, Thread: p.MsgDataID, At: time.Now().UTC(), Reach: govmedia.ReachSubmitted, Evidence: govmedia.EvidenceResponse,
		}, receipt)
		a := p.Articles[0]
		require.Equal(t, what.Text, plainText(a.Content))
		require.Equal(t, "<p>今晚十点起，城北片区停水。</p><p><br/></p><p>咨询：&lt;12345&gt; &amp; \"值班室\"\u2028。</p>", a.Content)
		require.Equal(t, []any{what.Title, what.Link, "某市发布", "今晚十点起，城北片区停水。", true, false},
			[]any{a.Title, a.SourceURL, a.Author, a.Digest, a.CommentsOpen, a.FansOnly})
		require.Equal(t, cover().Digest(), j.Materials[0].SHA256, "the picture goes byte for byte")
		require.Equal(t, j.Materials[0].MediaID, a.ThumbMediaID)
		require.Equal(t, map[string]int{"material/add_material": 1, "draft/add": 1, submitOp: 1}, j.Calls)
	})
}

// TestPublish_rawUTF8 holds that no request has an escape that the platform would refuse (40033) or show.
func TestPublish_rawUTF8(t *testing.T) {
	client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":"100000001","msg_data_id":2247483655}`)
	sub := submission(govmedia.ReachPublic)
	var every strings.Builder
	for r := rune(' '); r < 0x3000; r++ {
		every.WriteRune(r)
	}
	sub.Rendition.Text = `\u003c \\u2028 \` + "\n" + every.String() + "\u2028\u2029😀"
	receipt, err := client.Publish(t.Context(), sub)
	require.NoError(t, err)
	require.Equal(t, "100000001", receipt.ID, "publish_id as a string")
	require.Equal(t, "2247483655", receipt.Thread)
	body := s.bodies[1]
	require.Contains(t, body, "<p>")
	require.Contains(t, body, "\u2028\u2029😀")
	for at := 0; at < len(body); at++ {
		if body[at] == '\\' {
			require.NotEqual(t, byte('u'), body[at+1])
			at++
		}
	}
	var in struct {
		Articles []struct{ Content string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &in))
	require.Equal(t, sub.Rendition.Text, plainText(in.Articles[0].Content))
}

// TestPublish_preflight holds that what the platform would certainly refuse is never sent.
func TestPublish_preflight(t *testing.T) {
	client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
	for name, change := range map[string]func(*publish.Submission){
		"no title":        func(s *publish.Submission) { s.Rendition.Title = "" },
		"blank title":     func(s *publish.Submission) { s.Rendition.Title = " " },
		"title of lines":  func(s *publish.Submission) { s.Rendition.Title = "停\n水" },
		"long title":      func(s *publish.Submission) { s.Rendition.Title = strings.Repeat("水", 65) },
		"no text":         func(s *publish.Submission) { s.Rendition.Text = "" },
		"blank text":      func(s *publish.Submission) { s.Rendition.Text = "\n " },
		"long text":       func(s *publish.Submission) { s.Rendition.Text = strings.Repeat("水", 20_000) },
		"text of tags":    func(s *publish.Submission) { s.Rendition.Text = strings.Repeat("水\n", 3000) },
		"control":         func(s *publish.Submission) { s.Rendition.Text = "停\x00水" },
		"invalid UTF-8":   func(s *publish.Submission) { s.Rendition.Text = "停\xff水" },
		"no cover":        func(s *publish.Submission) { s.Rendition.Cover = "" },
		"link":            func(s *publish.Submission) { s.Rendition.Link = "javascript:x" },
		"long link":       func(s *publish.Submission) { s.Rendition.Link = "https://gov.example/" + strings.Repeat("a", 1024) },
		"no media":        func(s *publish.Submission) { s.Media = nil },
		"another account": func(s *publish.Submission) { s.Account.App = account.App{Platform: "wechat", Key: "wx2"} },
		"spoilt progress": func(s *publish.Submission) { s.Prior = []byte("{") },
		"no token":        func(s *publish.Submission) { s.Credential.Access = govmedia.Secret{} },
		"unknown picture": func(s *publish.Submission) { s.Rendition.Cover = "0000" },
		"store is down": func(s *publish.Submission) {
			s.Media = func(context.Context, string) (publish.Media, error) { return publish.Media{}, errors.New("down") }
		},
	} {
		sub := submission(govmedia.ReachPublic)
		change(sub)
		_, err := client.Publish(t.Context(), sub)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, name)
		require.Empty(t, s.asked, name)
	}
	// Without a durable checkpoint nothing goes on.
	for _, f := range []func(context.Context, []byte) error{nil, func(context.Context, []byte) error { return errors.New("disk full") }} {
		sub := submission(govmedia.ReachPublic)
		sub.Checkpoint = f
		_, err := client.Publish(t.Context(), sub)
		require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		require.NotContains(t, s.asked, submitOp)
	}
}

// TestPublish_resumes holds that an attempt goes on where the one before ended.
func TestPublish_resumes(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		what := rendition(govmedia.ReachPublic)
		r.fake.Script(
			wechattest.Fault{Name: wechattest.FaultSystemBusy, Endpoint: "draft/add", Times: 1},
			wechattest.Fault{Name: wechattest.FaultFrequency, Endpoint: submitOp, Times: 1},
		)
		for _, kind := range []govmedia.Kind{govmedia.KindUnavailable, govmedia.KindRateLimited} {
			_, err := r.attempt(t.Context(), what)
			require.Equal(t, kind, typed(t, err).Kind)
			require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome)
		}
		_, err := r.attempt(t.Context(), what)
		require.NoError(t, err)
		j := r.fake.Journal()
		require.Len(t, j.Publications, 1)
		require.Len(t, j.Materials, 1, "the cover is used again")
		require.Len(t, j.Drafts, 1, "the draft is used again")
		require.Equal(t, 1, j.Calls["draft/get"])
	})
}

// TestPublish_neverTwice holds that a draft which has vanished is never handed over again, whoever asks for it.
func TestPublish_neverTwice(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		what := rendition(govmedia.ReachPublic)
		r.fake.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: submitOp, Times: 1})
		_, err := r.attempt(t.Context(), what)
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
		for range 3 {
			_, err := r.attempt(t.Context(), what)
			require.Equal(t, govmedia.KindConflict, typed(t, err).Kind)
			require.Equal(t, govmedia.Reconcile, typed(t, err).Remedy())
		}
		changed := what
		changed.Text += "！"
		_, err = r.attempt(t.Context(), changed)
		require.ErrorIs(t, err, govmedia.KindConflict, "not under another text either")
		require.Len(t, r.fake.Journal().Publications, 1)
	})
}

// TestPublish_editedDraft holds that a draft which somebody edited at the console is not handed over as ours.
func TestPublish_editedDraft(t *testing.T) {
	client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
	for draft, made := range map[string]bool{
		inBox: false,
		strings.Replace(inBox, "十点", "九点", 1):   true,
		strings.Replace(inBox, "通知", "公告", 1):   true,
		strings.Replace(inBox, "a=1", "a=2", 1): true,
		`{"news_item":[{},{}]}`:                 true,
	} {
		s.asked, s.answers["draft/get"] = nil, draft
		sub := submission(govmedia.ReachPublic)
		sub.Checkpoint = func(_ context.Context, data []byte) error { sub.Prior = data; return nil }
		_, err := client.Publish(t.Context(), sub)
		require.NoError(t, err)
		s.asked = nil
		_, err = client.Publish(t.Context(), sub)
		require.NoError(t, err)
		require.Equal(t, "draft/get", s.asked[0])
		require.Equal(t, made, s.asked[1] == "draft/add", draft)
	}
}

// TestPublish_lostCover holds that a cover which the platform has lost is uploaded again.
func TestPublish_lostCover(t *testing.T) {
	client, s := answering(t, 200, nil, `{"errcode":0,"publish_id":1}`)
	s.answers["draft/add"] = `{"errcode":40007}`
	sub := submission(govmedia.ReachPublic)
	sub.Checkpoint = func(_ context.Context, data []byte) error { sub.Prior = data; return nil }
	_, err := client.Publish(t.Context(), sub)
	require.Equal(t, govmedia.Retry, typed(t, err).Remedy())
	s.answers["draft/add"] = `{"media_id":"draft"}`
	_, err = client.Publish(t.Context(), sub)
	require.NoError(t, err)
	require.Equal(t, []string{"material/add_material", "draft/add", "material/add_material", "draft/add", submitOp}, s.asked)
}

func TestMass_clientMsgID(t *testing.T) {
	ids := map[string]bool{}
	send := func(operation, text string) string {
		client, s := answering(t, 200, nil, `{"errcode":0,"msg_id":"1000000001","msg_data_id":206227730}`)
		sub := submission(govmedia.ReachMass)
		sub.Operation, sub.Rendition.Text = operation, text
		receipt, err := client.Publish(t.Context(), sub)
		require.NoError(t, err)
		require.Equal(t, []string{"1000000001", "206227730"}, []string{receipt.ID, receipt.Thread})
		var in struct{ ClientMsgID string }
		require.NoError(t, json.Unmarshal([]byte(s.bodies[2]), &in))
		require.LessOrEqual(t, len(in.ClientMsgID), 32)
		return in.ClientMsgID
	}
	for _, operation := range []string{"post/p1/city", "post/p2/city", "post/" + strings.Repeat("长", 100) + "/city"} {
		for _, text := range []string{"停水", "停电"} {
			id := send(operation, text)
			require.Equal(t, id, send(operation, text), "stable over attempts")
			require.False(t, ids[id])
			ids[id] = true
		}
	}
}

// TestMass_repetition holds that 45065 is a success, 45066 a wait, and that neither sends anything twice.
func TestMass_repetition(t *testing.T) {
	bubble(t, &wechattest.Config{ProcessDelay: time.Hour}, func(t *testing.T, r *rig) {
		what := rendition(govmedia.ReachMass)
		r.fake.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: massOp, Times: 1})
		_, err := r.attempt(t.Context(), what)
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
		_, err = r.attempt(t.Context(), what)
		require.Equal(t, govmedia.RetryAfter, typed(t, err).Remedy())
		require.Equal(t, time.Minute, typed(t, err).RetryAfter)
		time.Sleep(61 * time.Second)
		receipt, err := r.attempt(t.Context(), what)
		require.NoError(t, err)
		require.Equal(t, r.fake.Journal().Masses[0].MsgID, receipt.ID)
		done, err := r.track(t, what, receipt)
		require.NoError(t, err)
		require.Equal(t, govmedia.ReachSubmitted, done.Reach)
		done, err = r.track(t, what, receipt)
		require.NoError(t, err)
		require.Equal(t, govmedia.ReachMass, done.Reach)
		require.Len(t, r.fake.Journal().Masses, 1)
	})
	// After the window nothing is asked any more.
	bubble(t, nil, func(t *testing.T, r *rig) {
		what := rendition(govmedia.ReachMass)
		r.fake.Script(wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: massOp, Times: 1})
		_, err := r.attempt(t.Context(), what)
		require.Error(t, err)
		time.Sleep(25 * time.Hour)
		token, err := r.fake.Token(appID, true)
		require.NoError(t, err)
		r.cred.Access = govmedia.NewSecret(token.AccessToken)
		require.Equal(t, &publish.Found{}, r.find(t, what, time.Now()))
		_, err = r.attempt(t.Context(), what)
		require.ErrorIs(t, err, govmedia.KindConflict)
		require.Len(t, r.fake.Journal().Masses, 1)
	})
	client, _ := answering(t, 200, nil, `{"errcode":45065,"errmsg":"clientmsgid exist"}`)
	_, err := client.Publish(t.Context(), submission(govmedia.ReachMass))
	require.Equal(t, govmedia.Applied, typed(t, err).Outcome, "accepted, although nobody knows under which id")
}

// TestP4_MassMessageKey holds what a reading says of a mass message, of which no list tells: absence is proved by the draft
// in the box alone, and asking again is harmless while the platform knows the clientmsgid.
func TestP4_MassMessageKey(t *testing.T) {
	const before = "0123456789abcdef, not ours"
	lost := wechattest.Fault{Name: wechattest.FaultDropAfter, Endpoint: massOp, Times: 1}
	for name, row := range map[string]struct {
		fault   wechattest.Fault
		forget  bool // no checkpoint was ever made
		prior   string
		wait    time.Duration
		want    publish.Found
		sent    int           // mass messages before the repetition
		outcome govmedia.Kind // of the repetition; "" when it succeeds
		after   int           // mass messages after it
	}{
		"never begun":                      {forget: true, want: publish.Found{Complete: true}, after: 1},
		"the draft only":                   {prior: `{"draft":"gone","article":"` + before + `"}`, want: publish.Found{}, outcome: govmedia.KindConflict},
		"draft in the box":                 {fault: wechattest.Fault{Name: wechattest.FaultRefuse, Endpoint: massOp, Times: 1}, want: publish.Found{Complete: true, Repeatable: true}, after: 1},
		"draft in the box, long ago":       {fault: wechattest.Fault{Name: wechattest.FaultRefuse, Endpoint: massOp, Times: 1}, wait: 30 * time.Hour, want: publish.Found{Complete: true}, after: 1},
		"handed over":                      {fault: lost, want: publish.Found{Repeatable: true}, sent: 1, after: 1},
		"handed over, just inside of it":   {fault: lost, wait: 23*time.Hour - 10*time.Minute - time.Second, want: publish.Found{Repeatable: true}, sent: 1, after: 1},
		"handed over, the window is over":  {fault: lost, wait: 23*time.Hour - 10*time.Minute, want: publish.Found{}, sent: 1, outcome: govmedia.KindConflict, after: 1},
		"handed over, platform has no key": {prior: `{"draft":"gone","article":"` + before + `","first":"2000-01-01T00:00:00Z"}`, want: publish.Found{Repeatable: true}, outcome: govmedia.KindConflict},
		"handed over in the future":        {prior: `{"draft":"gone","article":"` + before + `","first":"2000-01-03T00:00:00Z"}`, want: publish.Found{}, outcome: govmedia.KindConflict},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, &wechattest.Config{ProcessDelay: 100 * time.Hour, ProcessPolls: 1000}, func(t *testing.T, r *rig) {
				what, since := rendition(govmedia.ReachMass), time.Now()
				if row.prior != "" || row.forget {
					r.prior = []byte(row.prior)
				} else {
					r.fake.Script(row.fault)
					_, err := r.attempt(within(t), what)
					require.Error(t, err)
				}
				time.Sleep(row.wait)
				token, err := r.fake.Token(appID, true)
				require.NoError(t, err)
				r.cred.Access = govmedia.NewSecret(token.AccessToken)
				require.Equal(t, &row.want, r.find(t, what, since))
				require.Len(t, r.fake.Journal().Masses, row.sent)
				_, err = r.attempt(within(t), what)
				if row.outcome == "" {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, row.outcome)
					require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
					require.Equal(t, &publish.Found{}, r.find(t, what, since), "a key that did not hold is not tried again")
				}
				require.Len(t, r.fake.Journal().Masses, row.after)
			})
		})
	}
}

func TestTrack(t *testing.T) {
	for status, row := range map[int]struct {
		reach govmedia.Reach
		says  string
	}{
		wechattest.PublishDone: {reach: govmedia.ReachPublic}, wechattest.PublishOriginal: {says: "原创"},
		wechattest.PublishFailed: {says: "发布失败"}, wechattest.PublishRejected: {says: "审核不通过"},
	} {
		for _, asString := range []bool{false, true} {
			bubble(t, &wechattest.Config{StringPublishID: asString}, func(t *testing.T, r *rig) {
				what := rendition(govmedia.ReachPublic)
				pending, err := r.attempt(t.Context(), what)
				require.NoError(t, err)
				now, err := r.track(t, what, pending)
				require.NoError(t, err)
				require.Equal(t, pending.ID, now.ID)
				require.Equal(t, govmedia.ReachSubmitted, now.Reach)
				require.NoError(t, r.fake.SettlePublication(pending.ID, status))
				now, err = r.track(t, what, pending)
				if row.says != "" {
					require.ErrorIs(t, err, govmedia.KindRejected)
					require.ErrorContains(t, err, row.says)
					return
				}
				require.NoError(t, err)
				p := r.fake.Journal().Publications[0]
				require.Equal(t, &govmedia.Receipt{
					ID: p.ArticleID, URL: p.Articles[0].URL, Thread: p.MsgDataID, At: time.Now().UTC(), Reach: row.reach, Evidence: govmedia.EvidenceResponse,
				}, now)
				require.NoError(t, r.fake.BanArticle(p.ArticleID))
				_, err = r.track(t, what, pending)
				require.ErrorContains(t, err, "封禁")
			})
		}
	}
}

func TestFind(t *testing.T) {
	lost := func(t *testing.T, r *rig, fault wechattest.FaultName) time.Time {
		since := time.Now()
		r.fake.Script(wechattest.Fault{Name: fault, Endpoint: submitOp, Times: 1})
		_, err := r.attempt(within(t), rendition(govmedia.ReachPublic))
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
		return since
	}
	t.Run("published", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, r *rig) {
			found := r.find(t, rendition(govmedia.ReachPublic), lost(t, r, wechattest.FaultDropAfter))
			p := r.fake.Journal().Publications[0]
			require.Equal(t, []govmedia.Receipt{{
				ID: p.ArticleID, URL: p.Articles[0].URL, Thread: p.MsgDataID, At: p.Settled.Truncate(time.Second), Reach: govmedia.ReachPublic,
				Evidence: govmedia.EvidenceFound,
			}}, found.Receipts)
			require.False(t, found.Complete)
		})
	})
	t.Run("in the box", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, r *rig) {
			found := r.find(t, rendition(govmedia.ReachPublic), lost(t, r, wechattest.FaultHang))
			require.Equal(t, &publish.Found{Complete: true}, found)
		})
	})
	t.Run("vanished, not shown", func(t *testing.T) {
		bubble(t, &wechattest.Config{VisibilityDelay: time.Hour}, func(t *testing.T, r *rig) {
			found := r.find(t, rendition(govmedia.ReachPublic), lost(t, r, wechattest.FaultDropAfter))
			require.Equal(t, &publish.Found{}, found)
		})
	})
	t.Run("deleted since", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, r *rig) {
			since := lost(t, r, wechattest.FaultDropAfter)
			time.Sleep(time.Minute)
			require.NoError(t, r.fake.DeleteArticle(r.fake.Journal().Publications[0].ArticleID))
			require.Equal(t, &publish.Found{}, r.find(t, rendition(govmedia.ReachPublic), since))
		})
	})
	t.Run("another text under the same title", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, r *rig) {
			since := lost(t, r, wechattest.FaultDropAfter)
			other := rendition(govmedia.ReachPublic)
			other.Text = "明晚十点起，城北片区停水。"
			require.Equal(t, &publish.Found{}, r.find(t, other, since))
		})
	})
	t.Run("nothing was handed over", func(t *testing.T) {
		client, s := answering(t, 200, nil, `<html>`)
		for _, prior := range []string{"", `{"cover":"c","cover_of":"x"}`} {
			found, err := client.Find(t.Context(), &publish.Query{Credential: credential(), Rendition: rendition(govmedia.ReachPublic), Prior: []byte(prior)})
			require.NoError(t, err)
			require.Equal(t, &publish.Found{Complete: true}, found)
		}
		require.Empty(t, s.asked)
	})
}

func TestUploadImage(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		address, err := r.client.UploadImage(t.Context(), r.cred, cover())
		require.NoError(t, err)
		require.Equal(t, r.fake.Journal().Materials[0].URL, address)
		for _, bad := range []publish.Media{{Type: "image/png"}, {Type: "image/gif", Data: []byte("x")}, {Type: "image/png", Data: make([]byte, 1<<20)}} {
			_, err := r.client.UploadImage(t.Context(), r.cred, bad)
			require.ErrorIs(t, err, govmedia.KindInvalid)
		}
	})
}

func TestPublish_neverLeft(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	client, err := wechat.New(config(nil, gone.URL))
	require.NoError(t, err)
	_, err = client.Publish(t.Context(), submission(govmedia.ReachPublic))
	require.Equal(t, govmedia.Retry, typed(t, err).Remedy())
	require.NotContains(t, err.Error(), "hush")
}

func TestPublish_followsNoRedirect(t *testing.T) {
	elsewhere := 0
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer target.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		client, _ := answering(t, status, http.Header{"Location": {target.URL}}, "")
		_, err := client.Publish(t.Context(), submission(govmedia.ReachPublic))
		require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
	}
	require.Zero(t, elsewhere)
}

func TestNew_namesEveryProblem(t *testing.T) {
	_, err := wechat.New(&wechat.Config{
		BaseURL: "https://user:hush@api.weixin.qq.com", Author: strings.Repeat("长", 17), MaxTitle: -1, ClockSkew: -1,
	})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	for _, what := range []string{"AppID", "AppSecret", "BaseURL", "Author", "MaxTitle", "ClockSkew"} {
		require.ErrorContains(t, err, what)
	}
	require.NotContains(t, err.Error(), "hush")
	_, err = wechat.New(nil)
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func TestLimits(t *testing.T) {
	client, err := wechat.New(&wechat.Config{AppID: appID, AppSecret: govmedia.NewSecret("s"), MaxTitle: 32, PostsPerDay: -1, VisibleWithin: -1})
	require.NoError(t, err)
	limits := client.Limits()
	require.True(t, limits.Article && limits.Cover.Required)
	require.NoError(t, limits.Title.Check(strings.Repeat("水", 32)))
	require.ErrorIs(t, limits.Title.Check(strings.Repeat("水", 33)), govmedia.KindInvalid)
	require.NoError(t, limits.Text.Check(strings.Repeat("水", 20_000-1-len("<p></p>"))))
	require.ErrorIs(t, limits.Text.Check(strings.Repeat("水", 20_000-len("<p></p>"))), govmedia.KindInvalid)
	require.Empty(t, limits.Quotas)
	paced, err := wechat.New(&wechat.Config{AppID: appID, AppSecret: govmedia.NewSecret("s")})
	require.NoError(t, err)
	require.Equal(t, []publish.Quota{{Name: "posts", Limit: 100, Per: 24 * time.Hour, Offset: 8 * time.Hour}}, paced.Limits().Quotas,
		"the platform's days are those of Beijing")
	require.Zero(t, limits.VisibleWithin)
	require.Equal(t, []govmedia.Reach{govmedia.ReachPublic, govmedia.ReachDraft, govmedia.ReachMass}, limits.Reaches)
	require.ErrorIs(t, client.AnswerLimits().Text.Check(strings.Repeat("水", 141)), govmedia.KindInvalid)
}
