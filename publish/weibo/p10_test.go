package weibo_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const destroyOp = "statuses/destroy"

func (r *rig) of(receipt *govmedia.Receipt) *publish.Query {
	return &publish.Query{Operation: "op", Account: r.acct, Credential: r.cred, Rendition: rendition(text), Receipt: receipt}
}

// withdraw takes a post down in the time that the engine would give it.
func (r *rig) withdraw(t *testing.T, receipt *govmedia.Receipt) error {
	t.Helper()
	err := r.client.Withdraw(within(t), r.of(receipt))
	r.errs = append(r.errs, err)
	return err
}

func (r *rig) shown(t *testing.T, receipt *govmedia.Receipt) bool {
	t.Helper()
	shown, err := r.client.Shown(t.Context(), r.of(receipt))
	require.NoError(t, err)
	return shown
}

// live publishes one post.
func (r *rig) live(t *testing.T) *govmedia.Receipt {
	t.Helper()
	receipt, err := r.publish(t.Context(), text)
	require.NoError(t, err)
	require.True(t, r.shown(t, receipt))
	return receipt
}

func TestP10_WeiboWithdraws(t *testing.T) {
	for _, cfg := range []weibotest.Config{{}, {ShowDeleted: true}} {
		t.Run(fmt.Sprint("show deleted ", cfg.ShowDeleted), func(t *testing.T) {
			bubble(t, &cfg, func(t *testing.T, r *rig) {
				receipt := r.live(t)
				require.NoError(t, r.withdraw(t, receipt))
				require.True(t, r.fake.Journal().Posts[0].Deleted)
				require.False(t, r.shown(t, receipt))
				require.NoError(t, r.withdraw(t, receipt), "it is down already")
				require.Equal(t, 2, r.fake.Journal().Calls[destroyOp], "one call each")
			})
		})
	}
}

// TestP10_WeiboFaults holds, fault by fault, that what was said of a withdrawal agrees with what readers see, and that
// after an unknown outcome a reading tells.
func TestP10_WeiboFaults(t *testing.T) {
	for _, row := range []struct {
		fault   weibotest.FaultName
		down    bool
		kind    govmedia.Kind // empty: no error
		outcome govmedia.Outcome
	}{
		{weibotest.FaultRefuse, false, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.FaultDropAfter, true, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.FaultHangAfter, true, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.FaultHang, false, govmedia.KindTransport, govmedia.Unknown},
		{weibotest.Fault5xxBefore, false, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault5xxAfter, true, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.Fault4xxAfter, true, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.FaultGarbage, true, govmedia.KindUnavailable, govmedia.Unknown},
		{weibotest.FaultSlowSuccess, true, "", ""},
		{weibotest.FaultShadowDrop, false, "", ""}, // the platform lies; only the reading tells
		{weibotest.FaultTooMany, false, govmedia.KindRateLimited, govmedia.NotApplied},
		{weibotest.FaultUserQuota, false, govmedia.KindRateLimited, govmedia.NotApplied},
		{weibotest.FaultCaptcha, false, govmedia.KindChallenge, govmedia.NotApplied},
		{weibotest.FaultTokenExpired, false, govmedia.KindUnauthorized, govmedia.NotApplied},
	} {
		t.Run(string(row.fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				receipt := r.live(t)
				r.fake.Script(weibotest.Fault{Name: row.fault, Endpoint: destroyOp, Times: 1})
				err := r.withdraw(t, receipt)
				j := r.fake.Journal()
				require.Equal(t, row.down, j.Posts[0].Deleted)
				require.Equal(t, 1, j.Calls[destroyOp], "one call, whatever happens")
				if row.kind == "" {
					require.NoError(t, err)
				} else {
					e := typed(t, err)
					require.Equal(t, []any{row.kind, row.outcome, weibo.Platform, destroyOp}, []any{e.Kind, e.Outcome, e.Platform, e.Op})
				}
				if row.fault == weibotest.FaultTokenExpired {
					return
				}
				require.Equal(t, !row.down, r.shown(t, receipt))
				require.NoError(t, r.withdraw(t, receipt), "once more, for good")
				require.False(t, r.shown(t, receipt))
			})
		})
	}
}

func TestP10_WeiboCannotTell(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		receipt := r.live(t)
		for _, fault := range []weibotest.FaultName{weibotest.FaultReadDown, weibotest.FaultHang, weibotest.FaultRefuse, weibotest.FaultUserQuota} {
			r.fake.Script(weibotest.Fault{Name: fault, Endpoint: "statuses/show", Times: 1})
			_, err := r.client.Shown(within(t), r.of(receipt))
			require.Equal(t, govmedia.NotApplied, typed(t, err).Outcome, "it only reads")
		}
		require.NoError(t, r.fake.Hide(receipt.ID))
		_, err := r.client.Shown(t.Context(), r.of(receipt))
		require.ErrorIs(t, err, govmedia.KindForbidden, "20112: a person has to look")
		require.NoError(t, r.withdraw(t, receipt))
		require.False(t, r.shown(t, receipt))
	})
}

func TestP10_WeiboOthersPosts(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		other := r.fake.AddUser(weibotest.User{ScreenName: "别人"})
		p, err := r.fake.AddPost(other.UID, "别人的")
		require.NoError(t, err)
		err = r.withdraw(t, &govmedia.Receipt{ID: p.ID})
		require.Equal(t, []any{"20102", govmedia.KindForbidden, govmedia.NotApplied}, []any{typed(t, err).Code, typed(t, err).Kind, typed(t, err).Outcome})
		require.False(t, r.fake.Journal().Posts[0].Deleted)
	})
}

// TestP10_WeiboWithoutID holds that of a post that only a person has seen, a person hears what to do.
func TestP10_WeiboWithoutID(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for _, receipt := range []*govmedia.Receipt{nil, {}, {ID: "x"}, {URL: "https://weibo.com/7001/zCik3bc0H", Evidence: govmedia.EvidencePerson}} {
			err := r.withdraw(t, receipt)
			require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{typed(t, err).Kind, typed(t, err).Outcome})
			require.ErrorContains(t, err, "weibo.com")
			_, err = r.client.Shown(t.Context(), r.of(receipt))
			require.ErrorIs(t, err, govmedia.KindUnsupported)
		}
		require.Empty(t, r.fake.Journal().Calls)
	})
}

// TestP10_WeiboOddAnswers holds that only an answer about this very post counts.
func TestP10_WeiboOddAnswers(t *testing.T) {
	receipt := &govmedia.Receipt{ID: "9100000000000003"}
	q := &publish.Query{Account: account.Account{ID: "city", UID: uid}, Credential: submission(text).Credential, Receipt: receipt}
	for body, row := range map[string]struct{ down, shown, told bool }{
		`{"idstr":"9100000000000003"}`:                                    {down: true, told: true, shown: true},
		`{"idstr":"9100000000000003","visible":{"type":1}}`:               {down: true, told: true},
		`{"idstr":"9100000000000003","visible":{"type":3,"list_id":0}}`:   {down: true, told: true, shown: true},
		`{"mid":"9100000000000003","deleted":"1","text":"抱歉，此微博已被作者删除。"}`: {down: true, told: true},
		`{"error_code":"20101","error":"Target weibo does not exist"}`:    {down: true, told: true},
		`{"idstr":"9100000000000005"}`:                                    {},
		`{"idstr":"9100000000000003","visible":"1"}`:                      {down: true},
		`{}`:              {},
		`[]`:              {},
		`{"result":true}`: {},
		`{"error_code":20032,"error":"Update success, while server slow"}`: {down: true},
	} {
		t.Run(body, func(t *testing.T) {
			client := answering(t, http.StatusOK, nil, body)
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

// A post that has just been taken down is found by nobody any more, and its text may be corrected and sent again.
func TestP10_WeiboCorrected(t *testing.T) {
	house(t, nil, func(t *testing.T, e *engine) {
		p := e.queue(t, publish.Post{Text: "今晚九点起停水", Link: noticeLink})
		d := e.settle(t, p.ID, nil)[0]
		require.NoError(t, e.withdraw(t, d.Receipt))
		time.Sleep(time.Minute)
		p = e.queue(t, publish.Post{Text: "更正：今晚十点起停水", Link: noticeLink})
		d2 := e.settle(t, p.ID, nil)[0]
		require.Equal(t, govmedia.Live, d2.State)
		require.True(t, e.shown(t, d2.Receipt))
		require.False(t, e.shown(t, d.Receipt))
	})
}
