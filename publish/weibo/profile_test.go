package weibo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/verify"
)

// polls reads the profile as a watch does, through the interface that every adapter with profiles has.
func (r *rig) polls(t *testing.T) account.Profile {
	t.Helper()
	var source account.ProfileSource = r.client
	p, err := source.Profile(t.Context(), r.acct, r.cred)
	require.NoError(t, err)
	return p
}

func rules(findings []govmedia.Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, f.Rule)
	}
	return all
}

// The platform takes the mark away, and the next poll says so.
func TestV4_MarkRevokedIsFoundOnTheNextPoll(t *testing.T) {
	r := loopback(t, nil)
	owner := account.Unit{ID: "city", Name: "某市人民政府"}
	filed := r.polls(t)
	require.Empty(t, verify.Certification{}.Check(r.acct, owner, filed))
	require.Empty(t, verify.Drift{}.Check(r.acct, filed, r.polls(t)), "a quiet day")

	require.NoError(t, r.fake.Unverify(uid))
	seen := r.polls(t)
	found := verify.Drift{}.Check(r.acct, filed, seen)
	require.Equal(t, []string{"drift.mark", "drift.owner"}, rules(found))
	require.Equal(t, govmedia.SeverityError, found[0].Severity)
	require.Contains(t, found[0].Explanation, "已被平台取消")
	require.Equal(t, []string{"cert.mark", "cert.owner"}, rules(verify.Certification{}.Check(r.acct, owner, seen)))

	r.fake.AddUser(weibotest.User{UID: uid, ScreenName: "某市发布", Verified: true, VerifiedType: 2, VerifiedReason: "某市人民政府"})
	require.Equal(t, []string{"cert.mark"}, rules(verify.Certification{}.Check(r.acct, owner, r.polls(t))), "an enterprise's mark is not the government's")
}

// Whoever has taken the account over redecorates it; each change is found with before and after until it is filed.
func TestV5_UnfiledChangesAreFoundOnTheNextPoll(t *testing.T) {
	r := loopback(t, nil)
	filed := r.polls(t)
	require.NoError(t, r.fake.RenameUser(uid, "某市快讯"))
	require.NoError(t, r.fake.Redecorate(uid, "商务合作请私信", "77"))
	require.NoError(t, r.fake.RestrictComments(uid, true))
	seen := r.polls(t)
	found := verify.Drift{}.Check(r.acct, filed, seen)
	require.Equal(t, []string{"drift.name", "drift.comments", "drift.avatar", "drift.bio"}, rules(found))
	require.Contains(t, found[0].Explanation, "备案为“某市发布”，现为“某市快讯”")
	require.Empty(t, verify.Drift{}.Check(r.acct, seen, r.polls(t)), "filed")
}
