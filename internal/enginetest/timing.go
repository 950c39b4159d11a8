package enginetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func timingRules() []rule {
	return []rule{
		{"a planned post leaves at its hour, in any microsecond after and none before", planned},
		{"what has not left is cancelled or taken back, what has left is not", cancelled},
		{"a hold stops what it names until the last one ends, and lets it go at its pace", holds},
		{"emergencies are claimed by themselves", emergencies},
		{"a part waits until the one before it is there or given up", parts},
		{"sending again in bulk touches what certainly is not there, by its cause", retries},
		{"the same text again needs a reason, from whichever process it comes", repeats},
		{"posts that speak of a post are found from it", links},
	}
}

// plan publishes a post for a1 and a2 that is due at the next full minute but one.
func (w *world) plan(t *testing.T, m *matrix.Matrix, text string) (publish.Post, time.Time) {
	t.Helper()
	at := w.clock.now().Truncate(time.Minute).Add(2 * time.Minute)
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{
		Text: text, Targets: []string{"a1", "a2"}, Schedule: &publish.Schedule{Local: at.Format("2006-01-02T15:04"), Zone: "UTC"},
	})
	require.NoError(t, err)
	return signed(t, m, p), at
}

// signed takes a draft through its review and publishes it.
func signed(t *testing.T, m *matrix.Matrix, p publish.Post) publish.Post {
	t.Helper()
	for _, s := range []struct {
		step  publish.Step
		actor string
	}{{publish.StepSubmit, "author"}, {publish.StepReview, "reviewer"}, {publish.StepApprove, "approver"}, {publish.StepPublish, "author"}} {
		var err error
		p, err = take(t.Context(), m, s.step, s.actor, p)
		require.NoError(t, err)
	}
	return p
}

func states(t *testing.T, m *matrix.Matrix, post string) string {
	t.Helper()
	var words []govmedia.DeliveryState
	for _, d := range deliveries(t, m, post) {
		words = append(words, d.State)
	}
	return fmt.Sprint(words)
}

func planned(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	p, at := w.plan(t, m, "通知")
	require.Equal(t, "[scheduled scheduled]", states(t, m, p.ID))
	require.Equal(t, at, deliveries(t, m, p.ID)[0].Planned)
	w.clock.pass(at.Sub(w.clock.now()) - time.Microsecond)
	_, err := m.Step(t.Context())
	require.NoError(t, err)
	require.Zero(t, w.board.calls)
	w.clock.pass(time.Microsecond)
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, "[live live]", states(t, m, p.ID))

	late, at := w.plan(t, m, "通知二")
	w.clock.pass(at.Add(time.Hour).Sub(w.clock.now()))
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, "[needs_person needs_person]", states(t, m, late.ID), "its window has passed")
}

func cancelled(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	p, _ := w.plan(t, m, "通知")
	_, err := m.Publisher.Cancel(t.Context(), "chief", p, "情况有变")
	require.NoError(t, err)
	require.Equal(t, "[cancelled cancelled]", states(t, m, p.ID))
	p, _ = w.plan(t, m, "通知二")
	moved, err := m.Publisher.Reschedule(t.Context(), "approver", p, nil, "立即")
	require.NoError(t, err)
	_, err = m.Publisher.Cancel(t.Context(), "chief", p, "旧版")
	require.ErrorIs(t, err, govmedia.KindConflict)
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, "[live live]", states(t, m, moved.ID))
	_, err = m.Publisher.Cancel(t.Context(), "chief", moved, "太迟")
	require.ErrorIs(t, err, govmedia.KindConflict)
	_, err = m.Publisher.Draft(t.Context(), "author", moved)
	require.ErrorIs(t, err, govmedia.KindConflict)
	w.verify(t)
}

func holds(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	id := published(t, m, "通知", "a1", "a2", "a3")
	ctx := t.Context()
	for _, h := range []publish.Hold{{ID: "h2", Reason: "核查", Accounts: []string{"a2"}}, {ID: "h1", Reason: "哀悼日\n'"}} {
		left, err := m.Publisher.Hold(ctx, "chief", h)
		require.NoError(t, err)
		require.Empty(t, left)
		w.clock.pass(time.Second)
	}
	_, err := m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, "[held held held]", states(t, m, id))
	list, err := m.Publisher.Holds(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"h2", "h1"}, []string{list[0].ID, list[1].ID}, "oldest first")
	n, err := m.Publisher.Release(ctx, "chief", "h1", "结束", time.Minute)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, "[live held queued]", states(t, m, id))
	w.clock.pass(time.Minute)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Equal(t, "[live held live]", states(t, m, id))
	_, err = m.Publisher.Release(ctx, "chief", "h1", "结束", 0)
	require.ErrorIs(t, err, govmedia.KindNotFound)
	w.verify(t)
}

func emergencies(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	published(t, m, "通知", "a1")
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "紧急", Targets: []string{"a2"}, Lane: govmedia.LaneEmergency})
	require.NoError(t, err)
	p = signed(t, m, p)
	c := w.claimant("p")
	c.Lane = govmedia.LaneEmergency
	require.Equal(t, []string{"post/" + p.ID + "/a2"}, claimed(t, w.engine, c))
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	require.Equal(t, 2, w.store.Count(t, "SELECT count(DISTINCT queue) FROM river_job"), "their wake-ups wait for no routine one")
}

// Here one delivery follows another one by hand: how a text is split is the publisher's business.
func parts(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	first := "post/" + published(t, m, "通知", "a1") + "/a1"
	second := published(t, m, "通知", "a2")
	w.store.Exec(t, "UPDATE govmedia_delivery SET part = 2, after_id = '"+first+"' WHERE subject = '"+second+"'")
	require.Equal(t, []string{first}, claimed(t, w.engine, w.claimant("p")))
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(first, "p", 0)))
	require.Empty(t, claimed(t, w.engine, w.claimant("p")))
	now := w.clock.now()
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: first, Attempt: 1, State: govmedia.Rejected, At: now}))
	require.Empty(t, claimed(t, w.engine, w.claimant("p")), "refused is neither there nor given up")
	require.NoError(t, m.Resolve(t.Context(), "chief", first, govmedia.DecideCancel, "", "不再发"))
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	err := w.engine.Fence(t.Context(), w.fence("post/"+second+"/a2", "p", 0))
	require.ErrorIs(t, err, govmedia.KindForbidden)
	require.ErrorContains(t, err, "the part before it")
}

func retries(t *testing.T, w *world) {
	for range 3 {
		w.board.script = append(w.board.script, refuse(govmedia.KindRejected, 0))
	}
	w.board.script = append(w.board.script, commitHang)
	cfg := w.full()
	cfg.Adapters, cfg.Concurrency = []publish.Adapter{blind{w.board}}, 1
	m := w.matrix(t, cfg)
	id := published(t, m, "通知", "a1", "a2", "a3")
	w.step(t, m, time.Second)
	doubtful := published(t, m, "通知二", "a1")
	w.step(t, m, time.Hour)
	require.Equal(t, "[rejected rejected rejected]", states(t, m, id))
	require.Equal(t, "[needs_person]", states(t, m, doubtful))
	causes := []govmedia.Kind{govmedia.KindRejected, govmedia.KindTransport}
	ids, err := m.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: causes[1:]}, "重发")
	require.NoError(t, err)
	require.Empty(t, ids, "what may be there is a person's to decide")
	ids, err = m.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: causes, Platform: "board"}, "重发")
	require.NoError(t, err)
	require.Equal(t, []string{"post/" + id + "/a1", "post/" + id + "/a2", "post/" + id + "/a3"}, ids)
	w.step(t, m, time.Minute)
	require.Equal(t, "[live live live]", states(t, m, id))
	w.verify(t)
}

func repeats(t *testing.T, w *world) {
	cfg := w.full()
	cfg.Publish.RepeatWithin = 24 * time.Hour
	m := w.matrix(t, cfg)
	other := w.compose(t, w.process(t), cfg)
	posts := make([]string, 6)
	for i := range posts {
		posts[i] = approved(t, m, "停水通知", "a1", "a2")
	}
	errs := atOnce(len(posts), func(i int) error {
		_, err := []*matrix.Matrix{m, other}[i%2].Publisher.Publish(t.Context(), "author", posts[i])
		return err
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindDuplicate))
	w.step(t, m, time.Minute)
	require.Equal(t, 2, w.board.count("停水通知"))
	w.clock.pass(25 * time.Hour)
	published(t, m, "停水通知", "a1")
}

func links(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	target := published(t, m, "原文", "a1")
	kind := publish.LinkKind("correction")
	p := publish.Post{ID: "later", Text: "更正", Targets: []string{"a1"}, Stage: publish.StageDraft, Version: 1, Links: []publish.Link{{Kind: kind, Post: target}, {Kind: kind, Post: target}}}
	require.NoError(t, w.engine.SavePost(t.Context(), drafted(), p, nil))
	found, err := w.engine.LinkedPosts(t.Context(), target, kind)
	require.NoError(t, err)
	require.Equal(t, []publish.Post{p}, found)
	p.Version, p.Links = 2, nil
	require.NoError(t, w.engine.SavePost(t.Context(), drafted(), p, nil))
	found, err = w.engine.LinkedPosts(t.Context(), target, kind)
	require.NoError(t, err)
	require.Empty(t, found)
}
