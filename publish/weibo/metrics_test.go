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
		UID: uid, URL: "https://weibo.com/u/7001", Name: account.Saw("某市发布"), Verified: account.Saw(true),
		VerificationNote: account.Saw("某市人民政府"), Bio: account.Saw(""), Avatar: account.Saw("/7001/1024/0/1"),
		CommentsOpen: account.Saw(true), Followers: account.Saw(int64(1234)), Posts: account.Saw(int64(0)),
	}, p)
	require.NoError(t, r.fake.Unverify(uid))
	require.NoError(t, r.fake.Redecorate(uid, "代办信用卡", "9"))
	require.NoError(t, r.fake.RestrictComments(uid, true))
	p, err = r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.Equal(t, account.Saw(false), p.Verified)
	require.Equal(t, account.Saw(""), p.VerificationNote)
	require.Equal(t, []account.Seen[string]{account.Saw("代办信用卡"), account.Saw("/7001/1024/9/1")}, []account.Seen[string]{p.Bio, p.Avatar})
	require.Equal(t, account.Saw(false), p.CommentsOpen)
	r.fake.AddUser(weibotest.User{UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 2})
	p, err = r.client.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	require.Equal(t, account.Saw(false), p.Verified, "an enterprise is no government account")
}

// TestProfile_unknownIsNotFalse holds that what the platform does not tell stays unknown.
func TestProfile_unknownIsNotFalse(t *testing.T) {
	a := account.Account{ID: "city", UID: uid}
	figures := `{"idstr":"7001","followers_count":5,"statuses_count":1`
	for _, c := range []struct {
		more string
		want account.Profile
	}{
		{``, account.Profile{}},
		{`,"verified":true`, account.Profile{}},
		{`,"verified":false`, account.Profile{Verified: account.Saw(false)}},
		{`,"verified":null,"verified_type":1`, account.Profile{}},
		{`,"verified":true,"verified_type":1`, account.Profile{Verified: account.Saw(true)}},
		{`,"screen_name":null,"description":null,"verified_reason":null,"avatar_hd":null`, account.Profile{}},
		{`,"avatar_hd":"https://tva3.sinaimg.cn/crop.0.0.1/a.jpg?KID=imgbed&Expires=1&ssig=x"`, account.Profile{Avatar: account.Saw("/crop.0.0.1/a.jpg")}},
		{`,"avatar_hd":":","avatar_large":"http://tp1.sinaimg.cn/7001/180/4/1"`, account.Profile{Avatar: account.Saw("/7001/180/4/1")}},
	} {
		p, err := answering(t, 200, nil, figures+c.more+"}").Profile(t.Context(), a, submission("").Credential)
		require.NoError(t, err)
		c.want.UID, c.want.URL = uid, "https://weibo.com/u/7001"
		c.want.Followers, c.want.Posts = account.Saw(int64(5)), account.Saw(int64(1))
		require.Equal(t, c.want, p, c.more)
	}
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
