package weibo_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

func TestCounts(t *testing.T) {
	r := loopback(t, nil)
	var ids []string
	for i := range 120 {
		p := r.said(t, "t"+strconv.Itoa(i))
		require.NoError(t, r.fake.SetCounts(p.ID, i, 2*i))
		ids = append(ids, p.ID)
	}
	_, err := r.fake.AddComment(ids[119], "网民", "赞")
	require.NoError(t, err)
	require.NoError(t, r.fake.Delete(ids[0]))
	counts, err := r.client.Counts(t.Context(), &metrics.Request{Account: r.acct, Credential: r.cred, Posts: append(ids, "1")})
	require.NoError(t, err)
	require.Equal(t, metrics.Known(1234), counts.Followers)
	require.Equal(t, metrics.Known(119), counts.Posts)
	require.Len(t, counts.ByPost, 119, "what the platform says nothing about is missing, not zero")
	require.Contains(t, counts.ByPost, metrics.PostCounts{
		ID: ids[119], Likes: metrics.Known(238), Comments: metrics.Known(1), Reposts: metrics.Known(119),
	})
	require.Equal(t, 2, r.fake.Journal().Calls["statuses/count"])

	none, err := r.client.Counts(t.Context(), &metrics.Request{Account: r.acct, Credential: r.cred})
	require.NoError(t, err)
	require.Empty(t, none.ByPost)
}

// TestCounts_unknownIsNotZero holds that a figure which the platform does not give never becomes 0.
func TestCounts_unknownIsNotZero(t *testing.T) {
	for _, body := range []string{
		`{"idstr":"7001"}`, `{"idstr":"7001","followers_count":"1.2万","statuses_count":1}`, `{"idstr":"7001","followers_count":5}`,
		`{"idstr":"7002","followers_count":5,"statuses_count":1}`, `[]`, `{}`,
	} {
		req := &metrics.Request{Account: account.Account{ID: "city", UID: uid}, Credential: submission("").Credential}
		_, err := answering(t, 200, nil, body).Counts(t.Context(), req)
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), body)
		_, err = answering(t, 200, nil, body).Profile(t.Context(), req.Account, req.Credential)
		require.Error(t, err, body)
	}
}

func TestProfile(t *testing.T) {
	r := loopback(t, nil)
	p, err := r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.Equal(t, account.Profile{
		UID: uid, Name: "某市发布", URL: "https://weibo.com/u/7001", Verified: true, VerificationNote: "某市人民政府", Followers: 1234,
	}, p)
	require.NoError(t, r.fake.Unverify(uid))
	p, err = r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.False(t, p.Verified)
	r.fake.AddUser(weibotest.User{UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 2})
	p, err = r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.False(t, p.Verified, "an enterprise is no government account")
}

func TestRefresh(t *testing.T) {
	for _, rotate := range []bool{false, true} {
		bubble(t, &weibotest.Config{RotateRefresh: rotate}, func(t *testing.T, r *rig) {
			fresh, err := r.client.Refresh(t.Context(), r.cred)
			require.NoError(t, err)
			require.Equal(t, "city", fresh.Account)
			require.NotEqual(t, r.cred.Access, fresh.Access)
			require.Equal(t, rotate, fresh.Refresh != r.cred.Refresh)
			require.Equal(t, time.Now().Add(7*24*time.Hour).UTC(), fresh.Expires)
			later(time.Second)
			old := r.cred
			r.cred = fresh
			_, err = r.publish(t.Context(), text)
			require.NoError(t, err, "the new token works")
			if rotate {
				_, err = r.client.Refresh(t.Context(), old)
				require.Equal(t, govmedia.Reauthorize, typed(t, err).Remedy(), "a refresh token used twice")
				r.errs = append(r.errs, err)
			}
		})
	}
}

func TestRefresh_troubles(t *testing.T) {
	r := loopback(t, nil)
	bare := r.cred
	bare.Refresh = govmedia.Secret{}
	_, err := r.client.Refresh(t.Context(), bare)
	require.Equal(t, govmedia.Reauthorize, typed(t, err).Remedy())

	r.fake.Script(weibotest.Fault{Name: weibotest.FaultRefreshLost, Times: 1})
	_, err = r.client.Refresh(t.Context(), r.cred)
	require.Equal(t, govmedia.Unknown, typed(t, err).Outcome)
	r.errs = append(r.errs, err)

	for _, body := range []string{
		`{}`, `{"access_token":"2.00x"}`, `{"access_token":"2.00x","expires_in":0}`, `{"access_token":"2.00x","expires_in":"soon"}`,
		`{"expires_in":100}`, `[]`, `<html>`,
	} {
		_, err := answering(t, 200, nil, body).Refresh(t.Context(), r.cred)
		require.ErrorIs(t, err, govmedia.KindUnavailable, body)
		require.NotContains(t, err.Error(), "2.00x")
	}
	// Without a refresh token in the answer the old one is kept, and however long the token lives nothing overflows.
	fresh, err := answering(t, 200, nil, `{"access_token":"2.00x","expires_in":"9223372036854775807"}`).Refresh(t.Context(), r.cred)
	require.NoError(t, err)
	require.True(t, fresh.Refresh.IsZero())
	require.True(t, fresh.Expires.After(time.Now()))
}
