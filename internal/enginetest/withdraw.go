package enginetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// Withdraw implements publish.Withdrawer.
func (b *board) Withdraw(_ context.Context, q *publish.Query) error {
	b.mu.Lock()
	defer b.mu.Unlock()

	if len(b.refusals) > 0 {
		err := b.refusals[0]
		b.refusals = b.refusals[1:]
		if err != nil {
			return err
		}
	}
	for i, h := range b.posts {
		if h.id == q.Receipt.ID {
			b.posts = append(b.posts[:i:i], b.posts[i+1:]...)
			break
		}
	}
	return nil
}

// Shown implements publish.Withdrawer.
func (b *board) Shown(_ context.Context, q *publish.Query) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, h := range b.posts {
		if h.id == q.Receipt.ID {
			return true, nil
		}
	}
	return false, nil
}

var _ publish.Withdrawer = (*board)(nil)

func withdrawRules() []rule {
	return []rule{
		{"what is live is taken down, what has not left is cancelled, what was refused is ended", withdrawAll},
		{"a withdrawal that a person gave up is ordered again, one that stands is not doubled", withdrawAgain},
		{"a post in doubt is taken down when it is known to be there, and not sent again", withdrawDoubt},
		{"a post that is about to leave when its withdrawal is ordered leaves before or not at all", withdrawTogether},
		{"what is lacking from a post is told, and a person may send it without", lacking},
		{"a word from the platform makes due what it works on, and nothing else", nudges},
		{"one delivery is read as it stands", readItem},
	}
}

// withdraw orders it and says how it stands, by account.
func withdraw(t *testing.T, m *matrix.Matrix, post string) string {
	t.Helper()
	p, err := m.Publisher.Post(t.Context(), post)
	require.NoError(t, err)
	list, err := m.Publisher.Withdraw(t.Context(), "chief", p, "情况有变")
	require.NoError(t, err)
	var words []string
	for _, one := range list {
		words = append(words, fmt.Sprint(one.Account, " ", one.Outcome))
	}
	return fmt.Sprint(words)
}

func withdrawAll(t *testing.T, w *world) {
	w.board.script = []script{refuse(govmedia.KindRejected, 0)}
	m := w.matrix(t, w.full())
	refused := published(t, m, "被拒", "a3")
	w.step(t, m, time.Second)
	id := published(t, m, "停水通知", "a1", "a2")
	w.step(t, m, time.Minute)
	other := published(t, m, "另一则", "a1")
	w.step(t, m, time.Minute)
	require.Equal(t, "[a1 under_way a2 under_way]", withdraw(t, m, id))
	require.Equal(t, "[a3 not_out]", withdraw(t, m, refused))
	w.step(t, m, time.Minute)
	require.Equal(t, "[a1 removed a2 removed]", withdraw(t, m, id))
	require.Equal(t, "[withdrawn withdrawn]", states(t, m, id))
	require.Equal(t, "[live]", states(t, m, other))
	require.Equal(t, 1, w.board.count("另一则"))
	require.Zero(t, w.board.count("停水通知"))

	p, _ := w.plan(t, m, "未发出")
	require.Equal(t, "[a1 not_out a2 not_out]", withdraw(t, m, p.ID))
	w.step(t, m, time.Hour)
	require.Equal(t, "[cancelled cancelled]", states(t, m, p.ID))
	require.Zero(t, w.board.count("未发出"))
	w.verify(t)
}

func withdrawAgain(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	id := published(t, m, "停水通知", "a1")
	w.step(t, m, time.Second)
	other := w.compose(t, w.process(t), w.full())
	p, err := m.Publisher.Post(t.Context(), id)
	require.NoError(t, err)
	errs := atOnce(6, func(i int) error {
		_, err := []*matrix.Matrix{m, other}[i%2].Publisher.Withdraw(t.Context(), "chief", p, "情况有变")
		return err
	})
	require.Equal(t, 6, tally(t, errs, govmedia.KindConflict))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE kind = 'withdrawal'"))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'post.withdraw'"))
	require.NoError(t, m.Resolve(t.Context(), "chief", "withdraw/"+id+"/a1", govmedia.DecideCancel, "", "不撤了"))
	w.step(t, m, time.Minute)
	require.Equal(t, 1, w.board.count("停水通知"))
	require.Equal(t, "[a1 under_way]", withdraw(t, m, id))
	w.board.refusals = []error{refused(govmedia.KindChallenge)}
	w.step(t, m, time.Minute)
	require.NoError(t, m.Resolve(t.Context(), "chief", "withdraw/"+id+"/a1", govmedia.DecideLive, "", "已看到撤下"))
	require.Equal(t, "[withdrawn]", states(t, m, id))
	w.verify(t)
}

func refused(kind govmedia.Kind) error {
	_, err := refuse(kind, 0)(context.Background(), nil)
	return err
}

func withdrawDoubt(t *testing.T, w *world) {
	w.board.script = []script{commitHang, hang}
	w.board.lag = 30 * time.Second
	m := w.matrix(t, w.full())
	there := published(t, m, "已发出", "a1")
	_, err := m.Step(t.Context())
	require.NoError(t, err)
	not := published(t, m, "未到达", "a1")
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, "[a1 unknown]", withdraw(t, m, there))
	require.Equal(t, "[a1 unknown]", withdraw(t, m, not))
	w.step(t, m, time.Hour)
	require.Equal(t, "[withdrawn]", states(t, m, there))
	require.Equal(t, "[cancelled]", states(t, m, not))
	require.Zero(t, w.board.count("已发出"))
	require.Zero(t, w.board.count("未到达"))
	require.Equal(t, 2, w.board.calls, "nothing was sent again")
	w.verify(t)
}

func withdrawTogether(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	other := w.compose(t, w.process(t), w.full())
	for range 8 {
		post := published(t, m, "通知", "a1")
		id := "post/" + post + "/a1"
		p, err := m.Publisher.Post(t.Context(), post)
		require.NoError(t, err)
		require.Contains(t, claimed(t, w.engine, w.claimant("p")), id)
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return w.engine.Fence(t.Context(), w.fence(id, "p", 0))
			}
			_, err := other.Publisher.Withdraw(t.Context(), "chief", p, "情况有变")
			return err
		})
		require.NoError(t, errs[1])
		d, err := m.Delivery(t.Context(), id)
		require.NoError(t, err)
		if errs[0] == nil {
			require.Equal(t, govmedia.Sending, d.State)
			require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE after_id = '"+id+"'"))
		} else {
			require.Equal(t, govmedia.Cancelled, d.State)
		}
	}
	w.verify(t)
}

func lacking(t *testing.T, w *world) {
	ids := w.queue(t, "a1", "a2")
	m := w.compose(t, w.engine, w.full())
	lacks := []govmedia.Missing{{Digest: "d1", Name: `图'"\.png`, Reason: "no\x00no \xff"}}
	require.NoError(t, w.settled(t, ids[0], govmedia.Receipt{ID: "r", Evidence: govmedia.EvidenceResponse, Missing: lacks}))
	d, err := m.Delivery(t.Context(), ids[0])
	require.NoError(t, err)
	require.Len(t, d.Receipt.Missing, 1)
	require.Equal(t, lacks[0].Name, d.Receipt.Missing[0].Name)
	require.Contains(t, d.Receipt.Missing[0].Reason, "nono")

	w.store.Exec(t, "UPDATE govmedia_delivery SET on_media = 'hold' WHERE id = '"+ids[1]+"'")
	now := w.clock.now()
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{ID: ids[1], State: govmedia.NeedsPerson, At: now, Reason: "a picture is refused"}))
	require.NoError(t, m.Resolve(t.Context(), "chief", ids[1], govmedia.DecideBare, "", "先发文字"))
	it, err := w.engine.Item(t.Context(), ids[1])
	require.NoError(t, err)
	require.Equal(t, string(publish.MediaDegrade), it.OnMedia)
	require.Equal(t, govmedia.Queued, it.State)
	w.verify(t)
}

func nudges(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	id := "post/" + published(t, m, "通知", "a1") + "/a1"
	require.Contains(t, claimed(t, w.engine, w.claimant("p")), id)
	require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)))
	now := w.clock.now()
	require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{
		ID: id, Attempt: 1, State: govmedia.Processing, At: now, Due: now.Add(time.Hour), Until: now,
		Receipt: &govmedia.Receipt{ID: "r1", Reach: govmedia.ReachSubmitted, Evidence: govmedia.EvidenceResponse},
	}))
	for _, other := range []string{"", "r2", "\x00", "r1\xff"} {
		require.NoError(t, m.Nudge(t.Context(), w.board.App(), other))
	}
	d, err := m.Delivery(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), d.Due)
	for range 2 {
		require.NoError(t, m.Nudge(t.Context(), w.board.App(), "r1"))
	}
	d, err = m.Delivery(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, now, d.Due)
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'delivery.nudge'"))
}

func readItem(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	it, err := w.engine.Item(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, id, it.ID)
	require.NotEmpty(t, it.Seal)
	_, err = w.engine.Item(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	as, err := w.engine.Accounts(t.Context(), []string{"a1", "none"})
	require.NoError(t, err)
	require.Len(t, as, 1)
}
