package wechat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// deleteOps is by which call each sort of post is taken down, and showOps by which it is looked at.
var (
	deleteOps = map[govmedia.Reach]string{
		govmedia.ReachPublic: "freepublish/delete", govmedia.ReachMass: "message/mass/delete", govmedia.ReachDraft: "draft/delete",
	}
	showOps = map[govmedia.Reach]string{
		govmedia.ReachPublic: "freepublish/getarticle", govmedia.ReachMass: "message/mass/get", govmedia.ReachDraft: "draft/get",
	}
)

func (r *rig) of(want govmedia.Reach, receipt *govmedia.Receipt) *publish.Query {
	q := r.query(rendition(want), time.Time{})
	q.Receipt = receipt
	return q
}

// withdraw takes a post down in the time that the engine would give it.
func (r *rig) withdraw(t *testing.T, want govmedia.Reach, receipt *govmedia.Receipt) error {
	t.Helper()
	err := r.client.Withdraw(within(t), r.of(want, receipt))
	r.saw(err)
	return err
}

func (r *rig) shown(t *testing.T, want govmedia.Reach, receipt *govmedia.Receipt) bool {
	t.Helper()
	shown, err := r.client.Shown(t.Context(), r.of(want, receipt))
	r.saw(err)
	require.NoError(t, err)
	return shown
}

// made publishes one post as far as it is to go and returns its last receipt.
func (r *rig) made(t *testing.T, want govmedia.Reach) *govmedia.Receipt {
	t.Helper()
	r.prior = nil
	receipt, err := r.attempt(t.Context(), rendition(want))
	require.NoError(t, err)
	for receipt.Reach == govmedia.ReachSubmitted {
		receipt, err = r.track(t, rendition(want), receipt)
		require.NoError(t, err)
	}
	require.Equal(t, want, receipt.Reach)
	require.True(t, r.shown(t, want, receipt))
	return receipt
}

// down reports whether the platform has taken down the newest post, whatever it said.
func (r *rig) down(want govmedia.Reach) bool {
	j := r.fake.Journal()
	switch want {
	case govmedia.ReachDraft:
		return j.Drafts[len(j.Drafts)-1].State == wechattest.DraftDeleted
	case govmedia.ReachMass:
		return j.Masses[len(j.Masses)-1].Status == wechattest.MassDeleted
	default:
		p := j.Publications[len(j.Publications)-1]
		return p.Articles[0].Deleted && !p.Visible
	}
}

func TestP10_WeChatWithdraws(t *testing.T) {
	for want, op := range deleteOps {
		t.Run(string(want), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				receipt := r.made(t, want)
				require.NoError(t, r.withdraw(t, want, receipt))
				require.True(t, r.down(want))
				require.False(t, r.shown(t, want, receipt))
				require.NoError(t, r.withdraw(t, want, receipt), "it is down already")
				require.Equal(t, 2, r.fake.Journal().Calls[op], "one call each")
			})
		})
	}
}

// TestP10_WeChatFaults holds, fault by fault, that what was said of a withdrawal agrees with what readers see, and that
// after an unknown outcome a reading tells.
func TestP10_WeChatFaults(t *testing.T) {
	for _, row := range []struct {
		fault   wechattest.FaultName
		down    bool
		kind    govmedia.Kind // empty: no error
		outcome govmedia.Outcome
	}{
		{wechattest.FaultRefuse, false, govmedia.KindTransport, govmedia.Unknown},
		{wechattest.FaultDropAfter, true, govmedia.KindTransport, govmedia.Unknown},
		{wechattest.FaultHangAfter, true, govmedia.KindTransport, govmedia.Unknown},
		{wechattest.FaultHang, false, govmedia.KindTransport, govmedia.Unknown},
		{wechattest.Fault5xxBefore, false, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.Fault5xxAfter, true, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.Fault4xxAfter, true, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.FaultGarbage, true, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.FaultSystemBusy, false, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.FaultSystemBusyAfter, true, govmedia.KindUnavailable, govmedia.Unknown},
		{wechattest.FaultShadowDrop, false, "", ""}, // the platform lies; only the reading tells
		{wechattest.FaultTooMany, false, govmedia.KindRateLimited, govmedia.NotApplied},
		{wechattest.FaultQuota, false, govmedia.KindRateLimited, govmedia.NotApplied},
		{wechattest.FaultFrequency, false, govmedia.KindRateLimited, govmedia.NotApplied},
		{wechattest.FaultTokenOverwritten, false, govmedia.KindUnauthorized, govmedia.NotApplied},
	} {
		for want, op := range deleteOps {
			t.Run(string(row.fault)+"/"+string(want), func(t *testing.T) {
				bubble(t, nil, func(t *testing.T, r *rig) {
					receipt := r.made(t, want)
					r.fake.Script(wechattest.Fault{Name: row.fault, Endpoint: op, Times: 1})
					err := r.withdraw(t, want, receipt)
					require.Equal(t, row.down, r.down(want))
					require.Equal(t, 1, r.fake.Journal().Calls[op], "one call, whatever happens")
					if row.kind == "" {
						require.NoError(t, err)
					} else {
						e := typed(t, err)
						require.Equal(t, []any{row.kind, row.outcome, wechat.Platform, op}, []any{e.Kind, e.Outcome, e.Platform, e.Op})
					}
					r.freshToken(t)
					require.Equal(t, !row.down, r.shown(t, want, receipt))
					require.NoError(t, r.withdraw(t, want, receipt), "once more, for good")
					require.False(t, r.shown(t, want, receipt))
				})
			})
		}
	}
}

func (r *rig) freshToken(t *testing.T) {
	t.Helper()
	token, err := r.fake.Token(appID, true)
	require.NoError(t, err)
	r.cred.Access = govmedia.NewSecret(token.AccessToken)
}

func TestP10_WeChatCannotTell(t *testing.T) {
	for want, op := range showOps {
		bubble(t, nil, func(t *testing.T, r *rig) {
			receipt := r.made(t, want)
			for _, fault := range []wechattest.FaultName{
				wechattest.FaultReadDown, wechattest.FaultHang, wechattest.FaultRefuse, wechattest.FaultQuota, wechattest.FaultSystemBusy,
			} {
				r.fake.Script(wechattest.Fault{Name: fault, Endpoint: op, Times: 1})
				_, err := r.client.Shown(within(t), r.of(want, receipt))
				require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, "it only reads")
			}
			require.False(t, r.down(want))
		})
	}
}

// TestP10_WeChatTenADay holds that the eleventh deletion of a day waits for the next one, by Beijing's clock.
func TestP10_WeChatTenADay(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var receipts []*govmedia.Receipt
		for range 11 {
			receipts = append(receipts, r.made(t, govmedia.ReachPublic))
		}
		for _, receipt := range receipts[:10] {
			require.NoError(t, r.withdraw(t, govmedia.ReachPublic, receipt))
		}
		last := receipts[10]
		err := r.withdraw(t, govmedia.ReachPublic, last)
		require.Equal(t, []any{"45009", govmedia.RetryAfter}, []any{typed(t, err).Code, typed(t, err).Remedy()})
		midnight := time.Now().Add(typed(t, err).RetryAfter).UTC()
		require.Equal(t, []int{16, 0, 0}, []int{midnight.Hour(), midnight.Minute(), midnight.Second()})
		require.True(t, r.shown(t, govmedia.ReachPublic, last))
		time.Sleep(typed(t, err).RetryAfter)
		r.freshToken(t)
		require.NoError(t, r.withdraw(t, govmedia.ReachPublic, last))
	})
}

// TestP10_WeChatAlreadyDown holds that what others have taken down counts as down, whoever did it.
func TestP10_WeChatAlreadyDown(t *testing.T) {
	for name, take := range map[string]func(r *rig, id string) error{
		"deleted by a colleague": func(r *rig, id string) error { return r.fake.DeleteArticle(id) },
		"banned":                 func(r *rig, id string) error { return r.fake.BanArticle(id) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				receipt := r.made(t, govmedia.ReachPublic)
				require.NoError(t, take(r, receipt.ID))
				require.False(t, r.shown(t, govmedia.ReachPublic, receipt))
				require.NoError(t, r.withdraw(t, govmedia.ReachPublic, receipt))
			})
		})
	}
	bubble(t, nil, func(t *testing.T, r *rig) {
		receipt := r.made(t, govmedia.ReachDraft)
		require.NoError(t, r.fake.DeleteDraft(receipt.ID))
		require.False(t, r.shown(t, govmedia.ReachDraft, receipt))
		require.NoError(t, r.withdraw(t, govmedia.ReachDraft, receipt))
	})
}

// TestP10_WeChatSubmitted holds of a receipt that names the submission: it is asked about, and while the platform is at
// work nothing can be taken down.
func TestP10_WeChatSubmitted(t *testing.T) {
	for want, op := range deleteOps {
		if want == govmedia.ReachDraft {
			continue
		}
		for name, row := range map[string]struct {
			faults []wechattest.Fault
			kind   govmedia.Kind // of the error of Withdraw; empty: none
			shown  bool          // readers have it, before
		}{
			"in work": {faults: []wechattest.Fault{{Name: wechattest.FaultProcessing, Times: 1}}, kind: govmedia.KindUnavailable},
			"through": {shown: true},
			"refused": {faults: []wechattest.Fault{{Name: wechattest.FaultReviewReject, Times: 1}}},
			"ask fails": {
				faults: []wechattest.Fault{{Name: wechattest.FaultQuota, Endpoint: map[govmedia.Reach]string{govmedia.ReachPublic: "freepublish/get", govmedia.ReachMass: op}[want]}},
				kind:   govmedia.KindRateLimited, shown: true,
			},
		} {
			t.Run(string(want)+"/"+name, func(t *testing.T) {
				bubble(t, nil, func(t *testing.T, r *rig) {
					r.fake.Script(row.faults...)
					receipt, err := r.attempt(t.Context(), rendition(want))
					require.NoError(t, err)
					time.Sleep(time.Minute) // the platform is through by then, if it ever is
					err = r.withdraw(t, want, receipt)
					r.fake.ClearFaults()
					if row.kind != "" {
						require.Equal(t, []any{row.kind, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
						require.False(t, r.down(want))
						return
					}
					require.NoError(t, err)
					require.Equal(t, row.shown, r.down(want), "what was never to be seen needs no deleting")
					require.False(t, r.shown(t, want, receipt))
				})
			})
		}
	}
}

// TestP10_WeChatMassByHand holds that of a mass message that the platform does not let go, a person hears what to do.
func TestP10_WeChatMassByHand(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		receipt := r.made(t, govmedia.ReachMass)
		for _, code := range []int{40008, 40059, 40060} {
			r.fake.Script(wechattest.Fault{Name: wechattest.FaultQuota, Code: code, Endpoint: "message/mass/delete", Times: 1})
			err := r.withdraw(t, govmedia.ReachMass, receipt)
			require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
			require.ErrorContains(t, err, "mp.weixin.qq.com")
		}
		err := r.withdraw(t, govmedia.ReachMass, &govmedia.Receipt{ID: "12345", Reach: govmedia.ReachMass})
		require.ErrorIs(t, err, govmedia.KindUnsupported, "the platform does not know it")
		r.fake.Script(
			wechattest.Fault{Name: wechattest.FaultQuota, Code: 40059, Endpoint: "message/mass/delete", Times: 1},
			wechattest.Fault{Name: wechattest.FaultReadDown, Endpoint: "message/mass/get", Times: 1},
		)
		err = r.withdraw(t, govmedia.ReachMass, receipt)
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), "why it was refused is not known yet")
		require.True(t, r.shown(t, govmedia.ReachMass, receipt))
	})
}

// TestP10_WeChatWithoutID holds that of a post that only a person has seen, a person hears what to do.
func TestP10_WeChatWithoutID(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for _, receipt := range []*govmedia.Receipt{nil, {}, {URL: "http://mp.weixin.qq.com/s/x", Evidence: govmedia.EvidencePerson}} {
			for want := range deleteOps {
				err := r.withdraw(t, want, receipt)
				require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
				require.ErrorContains(t, err, "mp.weixin.qq.com")
				_, err = r.client.Shown(t.Context(), r.of(want, receipt))
				require.ErrorIs(t, err, govmedia.KindUnsupported)
			}
		}
		q := r.of(govmedia.ReachPublic, &govmedia.Receipt{ID: "a"})
		q.Account.App = account.App{Platform: wechat.Platform, Key: "wx2"}
		require.ErrorIs(t, r.client.Withdraw(t.Context(), q), govmedia.KindInvalid, "another account")
		require.Empty(t, r.fake.Journal().Calls)
	})
}

// TestP10_WeChatOddAnswers holds that only an answer that says so counts.
func TestP10_WeChatOddAnswers(t *testing.T) {
	for body, row := range map[string]struct{ down, told, shown bool }{
		`{"errcode":0,"errmsg":"ok","news_item":[{"title":"a","is_deleted":false}]}`: {down: true, told: true, shown: true},
		`{"errcode":0,"news_item":[{"title":"a","is_deleted":1}]}`:                   {down: true, told: true},
		`{"errcode":0,"news_item":[{"is_deleted":true},{"is_deleted":false}]}`:       {down: true, told: true, shown: true},
		`{"errcode":"53600","errmsg":"invalid article_id"}`:                          {down: true, told: true},
		`{"errcode":0,"news_item":[]}`:                                               {down: true},
		`{}`:                                                                         {},
		`[]`:                                                                         {},
		`{"errcode":-1}`:                                                             {},
	} {
		t.Run(body, func(t *testing.T) {
			client, _ := answering(t, 200, nil, body)
			q := &publish.Query{Credential: credential(), Rendition: rendition(govmedia.ReachPublic), Receipt: &govmedia.Receipt{ID: "article"}}
			err := client.Withdraw(t.Context(), q)
			if row.down {
				require.NoError(t, err)
			} else {
				require.Equal(t, govmedia.Reconcile, typed(t, err).Remedy())
			}
			shown, err := client.Shown(t.Context(), q)
			require.Equal(t, row.told, err == nil, "%v", err)
			require.Equal(t, row.shown, shown)
		})
	}
}

// TestP10_WeChatSpendsItsDeletions holds that the engine asks for no more than ten deletions of publications a day, that
// what is over waits for the next day of Beijing without an attempt, and that drafts do not count.
func TestP10_WeChatSpendsItsDeletions(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		withdraw := func(id string) {
			p, err := e.m.Publisher.Post(t.Context(), id)
			require.NoError(t, err)
			_, err = e.m.Publisher.Withdraw(t.Context(), "chief", p, "有误")
			require.NoError(t, err)
		}
		var ids []string
		made := func(want govmedia.Reach, n int) {
			for range n {
				id := fmt.Sprint("p", len(ids))
				require.NotNil(t, e.settle(t, e.post(t, want, id)).Receipt)
				ids = append(ids, id)
			}
		}
		made(govmedia.ReachPublic, 12)
		made(govmedia.ReachDraft, 1)
		for _, id := range ids {
			withdraw(id)
		}
		removed := func() (n int) {
			_, err := e.m.Step(t.Context())
			require.NoError(t, err)
			for _, id := range ids {
				list, err := e.m.Publisher.Withdrawals(t.Context(), id)
				require.NoError(t, err)
				if list[0].Outcome == publish.Removed {
					n++
				} else {
					require.Contains(t, list[0].Reason, "deletions")
				}
			}
			return n
		}
		require.Equal(t, 11, removed(), "ten publications and the draft")
		require.Equal(t, 10, e.fake.Journal().Calls["freepublish/delete"], "the platform is not asked in vain")
		day := 24*time.Hour - time.Duration((time.Now().Add(8*time.Hour).UnixNano()))%(24*time.Hour)
		time.Sleep(day - time.Second)
		require.Equal(t, 11, removed(), "it is not yet midnight in Beijing")
		time.Sleep(time.Second)
		require.Equal(t, 13, removed())
		require.Equal(t, 12, e.fake.Journal().Calls["freepublish/delete"])
		waiting, err := e.m.Attention(t.Context())
		require.NoError(t, err)
		require.Empty(t, waiting)
	})
}
