package matrix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

// posted publishes a post that is linked to others.
func posted(t *testing.T, m *matrix.Matrix, p publish.Post) publish.Post {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	p = sign(t, m, p)
	_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
	require.NoError(t, err)
	return p
}

func TestP10_ACorrectionReachesEverybodyWhoRelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{script: []script{
			func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
				return commit(), nil
			},
		}}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		original := posted(t, m, publish.Post{ID: "p0", Text: "七时停水", Targets: []string{"a1"}})
		stepFor(t, m, time.Second)
		posted(t, m, publish.Post{ID: "p1", Text: "转：七时停水", Targets: []string{"a2", "a1"}, Links: []publish.Link{{Kind: publish.Relays, Post: "p0"}}})
		stepFor(t, m, time.Second)
		later := posted(t, m, publish.Post{
			ID: "p2", Text: "再转：七时停水", Targets: []string{"a3"}, Links: []publish.Link{{Kind: publish.Relays, Post: "p1"}, {Kind: publish.Follows, Post: "p0"}},
			Schedule: schedule(time.Hour),
		})
		posted(t, m, publish.Post{ID: "p3", Text: "另一件事", Targets: []string{"a3"}, Links: []publish.Link{{Kind: publish.Follows, Post: "p0"}}})
		stepFor(t, m, time.Second)

		c, carriers, err := m.Publisher.Correct(ctx, "author", original.ID, publish.Post{ID: "c", Text: "更正：十七时停水"})
		require.NoError(t, err)
		require.Equal(t, []string{"a1", "a2"}, c.Targets)
		require.Equal(t, []publish.Link{{Kind: publish.Corrects, Post: "p0"}}, c.Links)
		require.Equal(t, []publish.Carrier{
			{Account: "a1", Post: "p0", State: govmedia.Live, Seen: true},
			{Account: "a1", Post: "p1", Relays: "p0", State: govmedia.Live, Seen: true},
			{Account: "a2", Post: "p1", Relays: "p0", State: govmedia.Live, Seen: true},
			{Account: "a3", Post: "p2", Relays: "p1", State: govmedia.Scheduled},
		}, carriers)
		require.Equal(t, publish.StageDraft, c.Stage, "it is reviewed like any other")
		_, err = m.Publisher.Publish(ctx, "author", c.ID)
		require.ErrorIs(t, err, govmedia.KindConflict)
		sign(t, m, c)
		_, err = m.Publisher.Publish(ctx, "author", c.ID)
		require.NoError(t, err)
		stepFor(t, m, time.Second)

		list, err := m.Publisher.Corrections(ctx, original.ID)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, c.ID, list[0].Post.ID)
		require.Len(t, list[0].Deliveries, 2)
		for _, d := range list[0].Deliveries {
			require.NotNil(t, d.Receipt)
			require.NotEmpty(t, d.Receipt.ID)
		}
		require.Empty(t, list[0].Missing)

		// What was relayed afterwards is not reached by it.
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, []string{"live"}, statesOf(t, m, later.ID))
		list, err = m.Publisher.Corrections(ctx, original.ID)
		require.NoError(t, err)
		require.Equal(t, []publish.Carrier{{Account: "a3", Post: "p2", Relays: "p1", State: govmedia.Live, Seen: true}}, list[0].Missing)
		verifyAudit(t, engine)
	})
}

// uneven is a board that treats accounts differently.
type uneven struct {
	*board
	do map[string]script
}

func (p *uneven) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if do := p.do[s.Account.ID]; do != nil {
		return do(ctx, func() *govmedia.Receipt { return nil })
	}
	return p.board.Publish(ctx, s)
}

func TestP10_WhereItMayBeSeenCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &uneven{&board{}, map[string]script{"a1": commitHang, "a2": refuse(govmedia.KindRejected, 0)}} // nobody can read it: in doubt for good
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		id := publishPost(t, m, "七时停水", "a1", "a2", "a3")
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, []string{"needs_person", "rejected", "live"}, statesOf(t, m, id))
		require.NoError(t, m.Registry.Suspend(ctx, "chief", "a3", "被盗用"))
		c, carriers, err := m.Publisher.Correct(ctx, "author", id, publish.Post{Text: "更正：十七时停水", Targets: []string{"a2"}, Links: []publish.Link{{Kind: publish.Corrects, Post: id}}})
		require.NoError(t, err)
		require.Equal(t, []string{"a2", "a1"}, c.Targets, "those the author names, and where it may be")
		require.Len(t, c.Links, 1)
		require.Len(t, carriers, 2)
		require.Empty(t, carriers[0].Obstacle)
		require.Equal(t, "a3", carriers[1].Account)
		require.Contains(t, carriers[1].Obstacle, "suspended")
		list, err := m.Publisher.Corrections(ctx, id)
		require.NoError(t, err)
		require.Equal(t, carriers[1:], list[0].Missing)
	})
}

func TestP10_CorrectionsAreRefused(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: &board{}}}})
	ctx := t.Context()
	id := publishPost(t, m, "七时停水", "a1")
	_, carriers, err := m.Publisher.Correct(ctx, "author", id, publish.Post{Text: "更正"})
	require.ErrorIs(t, err, govmedia.KindConflict, "it has not left")
	require.Len(t, carriers, 1)
	require.False(t, carriers[0].Seen)
	_, _, err = m.Publisher.Correct(ctx, "author", "p0", publish.Post{Text: "更正"})
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	_, _, err = m.Publisher.Correct(ctx, "", id, publish.Post{Text: "更正"})
	require.ErrorIs(t, err, govmedia.KindForbidden)
	c, _, err := m.Publisher.Correct(ctx, "author", id, publish.Post{Text: "更正"})
	require.NoError(t, err)
	_, _, err = m.Publisher.Correct(ctx, "author", id, c)
	require.ErrorIs(t, err, govmedia.KindInvalid, "that is an edit")
	_, err = m.Publisher.Corrections(ctx, "p0")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

// The denial that misspelt 微博 is the story every office knows.
func TestP10_ACorrectionIsProofRead(t *testing.T) {
	b := &readable{board: &board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Publish: publish.Config{Proofread: publish.ProofreadText(verify.Text{}.Check)}})
	ctx := t.Context()
	id := publishPost(t, m, "馆内失窃", "a1")
	_, err := m.Step(ctx)
	require.NoError(t, err)
	c, _, err := m.Publisher.Correct(ctx, "author", id, publish.Post{Text: "本馆微薄被盗用，前条不实"})
	require.NoError(t, err)
	_, err = m.Publisher.Submit(ctx, "author", c, "")
	require.ErrorIs(t, err, govmedia.KindInvalid)
	var found *publish.FindingsError
	require.ErrorAs(t, err, &found)
	require.Contains(t, found.Findings[0].Suggestion, "微博")
	_, err = m.Publisher.Publish(ctx, "author", c.ID)
	require.ErrorIs(t, err, govmedia.KindConflict)

	c.Text = "本馆微博被盗用，前条不实"
	c, err = m.Publisher.Draft(ctx, "author", c)
	require.NoError(t, err)
	sign(t, m, c)
	_, err = m.Publisher.Publish(ctx, "author", c.ID)
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, b.count("本馆微博被盗用，前条不实"))
	require.Len(t, b.posts, 2)
}

func TestP10_LinksNameOtherPosts(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx := t.Context()
	draft := func(id string, links ...publish.Link) (publish.Post, error) {
		return m.Publisher.Draft(ctx, "author", publish.Post{ID: id, Text: "文" + id, Targets: []string{"a1"}, Links: links})
	}
	p1, err := draft("p1")
	require.NoError(t, err)
	_, err = draft("p2", publish.Link{Kind: publish.Follows, Post: "p1"})
	require.NoError(t, err)
	_, err = draft("p3", publish.Link{Kind: publish.Follows, Post: "p2"}, publish.Link{Kind: publish.Explains, Post: "p1"}, publish.Link{Kind: publish.Explains, Post: "p1"})
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		link publish.Link
		kind govmedia.Kind
	}{
		{"itself", publish.Link{Kind: publish.Relays, Post: "p1"}, govmedia.KindInvalid},
		{"nothing", publish.Link{Kind: publish.Follows, Post: "p9"}, govmedia.KindNotFound},
		{"no post", publish.Link{Kind: publish.Follows}, govmedia.KindNotFound},
		{"an unknown kind", publish.Link{Kind: "likes", Post: "p2"}, govmedia.KindInvalid},
		{"a circle of two", publish.Link{Kind: publish.Follows, Post: "p2"}, govmedia.KindInvalid},
		{"a circle of three", publish.Link{Kind: publish.Follows, Post: "p3"}, govmedia.KindInvalid},
		{"no circle, of two kinds", publish.Link{Kind: publish.Relays, Post: "p3"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p1.Links = []publish.Link{c.link}
			p, err := m.Publisher.Draft(ctx, "author", p1)
			if c.kind == "" {
				require.NoError(t, err)
				p1 = p
				return
			}
			require.ErrorIs(t, err, c.kind)
		})
	}
}
