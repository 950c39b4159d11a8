package verify_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

func filedProfile() account.Profile {
	return account.Profile{
		UID: "7001", Name: account.Saw("示例公安"), Verified: account.Saw(true), VerificationNote: account.Saw("示例市公安局官方微博"),
		Bio: account.Saw("示例市公安局官方微博"), Avatar: account.Saw("a1"), CommentsOpen: account.Saw(true),
		AutoReply: account.Saw("您好，留言已收到，我们将在1个工作日内回复。\n急事请拨打110。"), Followers: account.Saw(int64(5)),
	}
}

func TestV4_Certification(t *testing.T) {
	a := on("weibo", "示例公安")
	for _, c := range []struct {
		name string
		seen account.Profile
		want []string // rule and field
	}{
		{"verified, names the owner", filedProfile(), nil},
		{"full width and spaces", account.Profile{Verified: account.Saw(true), VerificationNote: account.Saw("示例市　公安局")}, nil},
		{"no mark", account.Profile{Verified: account.Saw(false), VerificationNote: account.Saw("示例市公安局")}, []string{"cert.mark verified error"}},
		{"another owner", account.Profile{Verified: account.Saw(true), VerificationNote: account.Saw("示例文化传媒有限公司")}, []string{"cert.owner verification_note error"}},
		{"an empty note", account.Profile{Verified: account.Saw(true), VerificationNote: account.Saw("")}, []string{"cert.owner verification_note error"}},
		{"neither", account.Profile{Verified: account.Saw(false), VerificationNote: account.Saw("")}, []string{"cert.mark verified error", "cert.owner verification_note error"}},
		{"nobody knows", account.Profile{}, []string{"cert.unknown verified info", "cert.unknown verification_note info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range (verify.Certification{}).Check(a, city, c.seen) {
				requireComplete(t, f)
				got = append(got, f.Rule+" "+f.Field+" "+string(f.Severity))
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestV5_UnfiledChangeHasBeforeAndAfter(t *testing.T) {
	a := on("weibo", "示例公安")
	for _, c := range []struct {
		name          string
		change        func(*account.Profile)
		want          string // rule, field and severity; "" for no finding
		before, after string
	}{
		{"nothing", func(*account.Profile) {}, "", "", ""},
		{"name", func(p *account.Profile) { p.Name = account.Saw("示例公安资讯") }, "drift.name name error", "“示例公安”", "“示例公安资讯”"},
		{"avatar", func(p *account.Profile) { p.Avatar = account.Saw("a2") }, "drift.avatar avatar warning", "“a1”", "“a2”"},
		{"bio", func(p *account.Profile) { p.Bio = account.Saw("代办信用卡") }, "drift.bio bio warning", "“示例市公安局官方微博”", "“代办信用卡”"},
		{"bio emptied", func(p *account.Profile) { p.Bio = account.Saw("") }, "drift.bio bio warning", "“示例市公安局官方微博”", "空"},
		{"certified owner", func(p *account.Profile) { p.VerificationNote = account.Saw("某公司") }, "drift.owner verification_note error", "“示例市公安局官方微博”", "“某公司”"},
		{"mark revoked", func(p *account.Profile) { p.Verified = account.Saw(false) }, "drift.mark verified error", "“认证”", "“未认证”"},
		{"comments closed", func(p *account.Profile) { p.CommentsOpen = account.Saw(false) }, "drift.comments comments_open error", "“开放”", "“未开放”"},
		{"auto-reply", func(p *account.Profile) { p.AutoReply = account.Saw("我不想理你") }, "drift.auto_reply auto_reply warning", "您好，留言已收到", "“我不想理你”"},
		{"auto-reply taken away", func(p *account.Profile) { p.AutoReply = account.Saw("") }, "drift.auto_reply auto_reply warning", "您好，留言已收到", "空"},
		{"line ends and a blank", func(p *account.Profile) {
			p.AutoReply = account.Saw("您好，留言已收到，我们将在1个工作日内回复。\r\n急事请拨打110。 ")
		}, "", "", ""},
		{"followers come and go", func(p *account.Profile) { p.Followers = account.Saw(int64(9)) }, "", "", ""},
		{"unknown is no change", func(p *account.Profile) { *p = account.Profile{UID: "7001"} }, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := filedProfile()
			c.change(&seen)
			found := verify.Drift{}.Check(a, filedProfile(), seen)
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			requireComplete(t, found[0])
			require.Equal(t, c.want, found[0].Rule+" "+found[0].Field+" "+string(found[0].Severity))
			at := strings.Index(found[0].Explanation, c.before)
			require.Positive(t, at, found[0].Explanation)
			require.Greater(t, strings.LastIndex(found[0].Explanation, c.after), at, found[0].Explanation)
			require.Empty(t, verify.Drift{}.Check(a, seen, seen), "once it is filed it is no finding")
			require.Len(t, verify.Drift{}.Check(a, seen, filedProfile()), 1, "and the old state is one")
		})
	}
}

func TestV5_NothingFiledIsNoChange(t *testing.T) {
	require.Empty(t, verify.Drift{}.Check(on("weibo", "示例公安"), account.Profile{}, filedProfile()))
}

func TestV5_AGainIsForInformation(t *testing.T) {
	filed := filedProfile()
	filed.Verified, filed.CommentsOpen = account.Saw(false), account.Saw(false)
	found := verify.Drift{}.Check(on("weibo", "示例公安"), filed, filedProfile())
	require.Len(t, found, 2)
	for _, f := range found {
		require.Equal(t, govmedia.SeverityInfo, f.Severity)
	}
}

func TestV5_ProfileRulesAreData(t *testing.T) {
	good, err := json.Marshal(verify.BuiltInProfileRules())
	require.NoError(t, err)
	again, err := verify.ReadProfileRules(strings.NewReader(string(good)))
	require.NoError(t, err)
	require.Equal(t, verify.BuiltInProfileRules(), again)
	again.Changes = again.Changes[:1]
	seen := filedProfile()
	seen.Bio = account.Saw("变了")
	require.Empty(t, verify.Drift{Rules: &again}.Check(on("weibo", "示例公安"), filedProfile(), seen))

	for name, change := range map[string]func(*verify.ProfileRules){
		"no version":       func(r *verify.ProfileRules) { r.Version = "" },
		"no citation":      func(r *verify.ProfileRules) { r.Mark.Citation = "" },
		"unknown field":    func(r *verify.ProfileRules) { r.Changes[0].Field = "followers" },
		"twice":            func(r *verify.ProfileRules) { r.Changes[1].Field = r.Changes[0].Field },
		"no title":         func(r *verify.ProfileRules) { r.Changes[2].Title = "" },
		"unknown severity": func(r *verify.ProfileRules) { r.Changes[2].Severity = "bad" },
	} {
		rules := verify.BuiltInProfileRules()
		change(&rules)
		text, err := json.Marshal(rules)
		require.NoError(t, err)
		_, err = verify.ReadProfileRules(strings.NewReader(string(text)))
		require.ErrorIs(t, err, govmedia.KindInvalid, name)
	}
	_, err = verify.ReadProfileRules(strings.NewReader(`{"version":"1","colour":1}`))
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func FuzzDrift(f *testing.F) {
	f.Add("示例公安", "示例公安", true, true, true, false)
	f.Add("a\r\nb", "a\nb ", false, true, true, true)
	f.Fuzz(func(t *testing.T, before, after string, was, is, known, open bool) {
		profile := func(text string, mark bool) account.Profile {
			p := account.Profile{Name: account.Saw(text), AutoReply: account.Saw(text), Verified: account.Saw(mark), CommentsOpen: account.Saw(open)}
			if !known {
				p.Verified, p.CommentsOpen = account.Seen[bool]{}, account.Seen[bool]{}
			}
			return p
		}
		filed, seen := profile(before, was), profile(after, is)
		require.Empty(t, verify.Drift{}.Check(account.Account{ID: "a"}, filed, filed))
		there, back := verify.Drift{}.Check(account.Account{ID: "a"}, filed, seen), verify.Drift{}.Check(account.Account{ID: "a"}, seen, filed)
		require.Len(t, back, len(there), "a difference is one from both sides")
		for _, found := range append(there, back...) {
			requireComplete(t, found)
		}
		if before == after && (!known || was == is) {
			require.Empty(t, there)
		}
	})
}
