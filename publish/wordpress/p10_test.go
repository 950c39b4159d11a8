package wordpress_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

func (r *rig) query(id string) *publish.Query {
	return &publish.Query{Operation: "op", Account: r.acct, Credential: r.cred, Rendition: article(text), Receipt: &govmedia.Receipt{ID: id}}
}

func (r *rig) shown(t *testing.T, id string) bool {
	t.Helper()
	shown, err := r.client.Shown(t.Context(), r.query(id))
	require.NoError(t, err)
	return shown
}

// What is withdrawn goes to the trash, and nobody sees it; that it has gone already is as good.
func TestP10_WordPressWithdraws(t *testing.T) {
	for name, before := range map[string]func(*rig, string) error{
		"public":           func(*rig, string) error { return nil },
		"held for review":  func(r *rig, id string) error { return r.fake.SetPostStatus(id, "pending") },
		"a draft":          func(r *rig, id string) error { return r.fake.SetPostStatus(id, "draft") },
		"made private":     func(r *rig, id string) error { return r.fake.SetPostStatus(id, "private") },
		"in the trash":     func(r *rig, id string) error { return r.fake.TrashPost(id) },
		"deleted for good": func(r *rig, id string) error { return r.fake.DeletePost(id) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				receipt, err := r.publish(t.Context(), "op", text)
				require.NoError(t, err)
				require.True(t, r.shown(t, receipt.ID))
				require.NoError(t, before(r, receipt.ID))
				require.Equal(t, name == "public", r.shown(t, receipt.ID))
				for range 2 {
					require.NoError(t, r.client.Withdraw(t.Context(), r.query(receipt.ID)))
					require.False(t, r.shown(t, receipt.ID))
				}
				p := r.fake.Journal().Posts[0]
				require.True(t, p.Deleted || p.Status == "trash")
			})
		})
	}
}

// Whatever goes wrong, what is said of a withdrawal is what is so, and reading tells.
func TestP10_WordPressWithdrawalsGoWrong(t *testing.T) {
	const un, not = govmedia.Unknown, govmedia.NotApplied
	for _, c := range []struct {
		fault   wordpresstest.FaultName
		kind    govmedia.Kind
		outcome govmedia.Outcome
		shown   bool
	}{
		{wordpresstest.FaultRefuse, govmedia.KindTransport, un, true},
		{wordpresstest.FaultHang, govmedia.KindTransport, un, true},
		{wordpresstest.FaultHangAfter, govmedia.KindTransport, un, false},
		{wordpresstest.FaultDropAfter, govmedia.KindTransport, un, false},
		{wordpresstest.Fault5xxBefore, govmedia.KindUnavailable, un, true},
		{wordpresstest.Fault5xxAfter, govmedia.KindUnavailable, un, false},
		{wordpresstest.Fault4xxAfter, govmedia.KindUnavailable, un, false},
		{wordpresstest.FaultGarbage, govmedia.KindUnavailable, un, false},
		{wordpresstest.FaultNotice, govmedia.KindUnavailable, un, false},
		{wordpresstest.FaultDown, govmedia.KindUnavailable, un, true},
		{wordpresstest.FaultTooMany, govmedia.KindRateLimited, not, true},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				receipt, err := r.publish(t.Context(), "op", text)
				require.NoError(t, err)
				r.fake.Script(wordpresstest.Fault{Name: c.fault, Endpoint: "posts.delete", Times: 1})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				err = r.client.Withdraw(ctx, r.query(receipt.ID))
				r.errs = append(r.errs, err)
				require.Equal(t, c.kind, typed(t, err).Kind)
				require.Equal(t, c.outcome, typed(t, err).Outcome)
				require.Equal(t, 1, r.fake.Journal().Calls["posts.delete"], "a write is sent once")
				require.Equal(t, c.shown, r.shown(t, receipt.ID))
			})
		})
	}
}

// A site that keeps no trash, somebody else's post, a dead password, a receipt that names nothing.
func TestP10_WordPressCannotWithdraw(t *testing.T) {
	bubble(t, &wordpresstest.Config{NoTrash: true}, func(t *testing.T, r *rig) {
		receipt, err := r.publish(t.Context(), "op", text)
		require.NoError(t, err)
		e := typed(t, r.client.Withdraw(t.Context(), r.query(receipt.ID)))
		require.Equal(t, []any{govmedia.KindUnsupported, govmedia.NotApplied}, []any{e.Kind, e.Outcome})
		require.True(t, r.shown(t, receipt.ID))

		r.fake.AddUser(wordpresstest.User{Login: "city", Role: wordpresstest.Author})
		other, err := r.fake.AddPost("other", "a", "b")
		require.NoError(t, err)
		e = typed(t, r.client.Withdraw(t.Context(), r.query(other.ID)))
		require.Equal(t, []any{govmedia.KindForbidden, govmedia.NotApplied}, []any{e.Kind, e.Outcome})

		r.fake.Script(wordpresstest.Fault{Name: wordpresstest.FaultReadDown, Times: 1})
		_, err = r.client.Shown(t.Context(), r.query(receipt.ID))
		require.Equal(t, govmedia.Retry, typed(t, err).Remedy(), "it could not tell")
		require.NoError(t, r.fake.Revoke("city"))
		for _, err := range []error{r.client.Withdraw(t.Context(), r.query(receipt.ID)), second(r.client.Shown(t.Context(), r.query(receipt.ID)))} {
			require.Equal(t, govmedia.KindUnauthorized, typed(t, err).Kind)
		}
	})
	client, err := wordpress.New(&wordpress.Config{BaseURL: "https://www.city.example", HTTPClient: &http.Client{Transport: untouchable{t}}})
	require.NoError(t, err)
	s := submission(text)
	for _, receipt := range []*govmedia.Receipt{nil, {}, {ID: "x"}} {
		q := &publish.Query{Operation: "op", Account: s.Account, Credential: s.Credential, Receipt: receipt}
		require.Equal(t, govmedia.KindUnsupported, typed(t, client.Withdraw(t.Context(), q)).Kind)
		require.Equal(t, govmedia.KindUnsupported, typed(t, second(client.Shown(t.Context(), q))).Kind)
		require.Equal(t, govmedia.KindConflict, typed(t, second(client.Track(t.Context(), q))).Kind, "the post is not to blame")
	}
	gone := answering(t, http.StatusNotFound, nil, "<html>not found</html>")
	q := &publish.Query{Operation: "op", Account: s.Account, Credential: s.Credential, Receipt: &govmedia.Receipt{ID: "5"}}
	require.Equal(t, govmedia.Unknown, typed(t, gone.Withdraw(t.Context(), q)).Outcome, "a gateway knows no posts")
	require.Error(t, second(gone.Shown(t.Context(), q)))
	for _, body := range []string{`{"id":5,"status":"publish"}`, `{"id":6,"status":"trash"}`, `[]`, `{}`} {
		odd := answering(t, http.StatusOK, nil, body)
		require.Equal(t, govmedia.Unknown, typed(t, odd.Withdraw(t.Context(), q)).Outcome, "the site does not say that it is in the trash")
	}
	for _, body := range []string{`{"id":6,"status":"publish"}`, `{"id":5}`, `[]`} {
		odd := answering(t, http.StatusOK, nil, body)
		require.Equal(t, govmedia.Retry, typed(t, second(odd.Shown(t.Context(), q))).Remedy(), "it could not tell")
	}
}
