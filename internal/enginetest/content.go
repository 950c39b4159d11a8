package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

func publishRules() []rule {
	return []rule{
		{"a post comes back as it was and is replaced by its next version only", postVersions},
		{"a broadcast to many queues every delivery, in the order of their accounts", postMany},
		{"media is kept to the byte, once", mediaKeeps},
		{"what was sealed stays readable as it was sealed", sealedStays},
		{"what waits, what is owed and what appeared come in their order, as many as asked for", postLists},
	}
}

func postVersions(t *testing.T, w *world) {
	ctx := t.Context()
	p := publish.Post{ID: "p1", Title: strings.Join(odd(), ""), Text: "通知\r\n" + strings.Repeat("长", 1<<17), Targets: []string{"a1"}, Stage: publish.StageDraft, Version: 1}
	require.NoError(t, w.engine.SavePost(ctx, drafted(), p, nil))
	got, err := w.engine.Post(ctx, "p1")
	require.NoError(t, err)
	require.Equal(t, p, got)
	require.ErrorIs(t, w.engine.SavePost(ctx, drafted(), p, nil), govmedia.KindConflict)
	p.Version = 3
	require.ErrorIs(t, w.engine.SavePost(ctx, drafted(), p, nil), govmedia.KindConflict)
	p.Version = 2
	require.NoError(t, w.engine.SavePost(ctx, drafted(), p, nil))
	require.ErrorIs(t, w.engine.QueuePosts(ctx, "author", []publish.Queueing{{Post: "p1", Version: 2}}), govmedia.KindConflict, "it is not approved")
	_, err = w.engine.Post(ctx, "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

func postMany(t *testing.T, w *world) {
	ids := numbered(600) // more than one statement inserts, more than one wake-up
	m := w.compose(t, w.engine, w.full())
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例", Level: account.City}}}
	for _, id := range ids {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: w.board.App(), Name: id, Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	backwards := slices.Clone(ids)
	slices.Reverse(backwards)
	ds := deliveries(t, m, published(t, m, "通知", backwards...))
	require.Len(t, ds, len(ids))
	for i, d := range ds {
		require.Equal(t, ids[i], d.Account)
	}
	require.Equal(t, 2, w.store.Count(t, "SELECT count(*) FROM river_job"))
}

func mediaKeeps(t *testing.T, w *world) {
	data := bytes.Repeat(sealed("", 0).Box, 1<<12) // a megabyte with every byte
	m := publish.Media{Name: "图\x00片.png", Type: "image/png", Data: data}
	m.Name = strings.ReplaceAll(m.Name, "\x00", "")
	for range 2 {
		require.NoError(t, w.engine.SaveMedia(t.Context(), "author", m))
	}
	got, err := w.engine.Media(t.Context(), m.Digest())
	require.NoError(t, err)
	require.Equal(t, m, got)
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'media.add'"))
	_, err = w.engine.Media(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

func sealedStays(t *testing.T, w *world) {
	ctx := t.Context()
	p := publish.Post{ID: "p1", Text: "甲", Targets: []string{"a1"}, Stage: publish.StageApproved, Seal: "s1", Version: 1}
	require.NoError(t, w.engine.SavePost(ctx, drafted(), p, nil))
	first := p
	p.Version, p.Text, p.Seal = 2, "乙", "s2"
	require.NoError(t, w.engine.SavePost(ctx, drafted(), p, nil))
	for seal, want := range map[string]publish.Post{"s1": first, "s2": p} {
		got, err := w.engine.SealedPost(ctx, "p1", seal)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := w.engine.SealedPost(ctx, "p1", "s3")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	p.Version = 3
	require.NoError(t, w.engine.SignPost(ctx, drafted(), p))
	require.ErrorIs(t, w.engine.SignPost(ctx, drafted(), p), govmedia.KindConflict)
	p.Version, p.Seal = 4, "s3"
	require.ErrorIs(t, w.engine.SignPost(ctx, drafted(), p), govmedia.KindConflict, "under another seal")
	w.verify(t)
}

func postLists(t *testing.T, w *world) {
	ctx, now := t.Context(), w.clock.now()
	var want []string
	for i, id := range []string{"B", "a", "中", "A"} {
		p := publish.Post{ID: id, Text: "文", Stage: publish.StageSubmitted, Version: 1, Entered: now.Add(time.Duration(i/2) * time.Minute), ReviewBy: now.Add(time.Hour)}
		require.NoError(t, w.engine.SavePost(ctx, drafted(), p, nil))
	}
	waiting, err := w.engine.WaitingPosts(ctx, publish.StageSubmitted, now.Add(time.Hour), 3)
	require.NoError(t, err)
	owed, err := w.engine.OwedReviews(ctx, 3)
	require.NoError(t, err)
	for _, p := range append(waiting, owed...) {
		want = append(want, p.ID)
	}
	require.Equal(t, []string{"B", "a", "A", "A", "B", "a"}, want)
	none, err := w.engine.WaitingPosts(ctx, publish.StageSubmitted, now, 3)
	require.NoError(t, err)
	require.Empty(t, none)

	m := w.matrix(t, w.full())
	first := published(t, m, "一", "a1", "a2")
	w.step(t, m, time.Minute)
	second := published(t, m, "二", "a1")
	w.step(t, m, time.Minute)
	list, err := w.engine.Appearances(ctx, []string{"a1", "none"}, now, now.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, []string{first, second}, []string{list[0].Post, list[1].Post})
	list, err = w.engine.Appearances(ctx, []string{"a1"}, now.Add(-time.Hour), now)
	require.NoError(t, err)
	require.Empty(t, list)
}

func replyRules() []rule {
	return []rule{
		{"a message opens one case and is never changed", messageStays},
		{"a message with an odd identity is kept like any other", messageOdd},
		{"a reading that is stored says when, whatever it brought", lastRead},
		{"an answer is queued once, for a case that is there", answerOnce},
		{"the clock of a case stops when its first answer is live", answerStops},
	}
}

func (w *world) incoming(id, text string) reply.Incoming {
	m := reply.Message{Platform: "board", Account: "a1", ID: id, Text: text, Author: "市民", At: w.clock.now()}
	return reply.Incoming{Message: m, Case: &reply.Case{ID: "case-" + id, Message: m, Unit: "u", State: reply.CaseOpen, Opened: m.At}}
}

func messageStays(t *testing.T, w *world) {
	w.matrix(t, w.full())
	first := w.incoming("m1", strings.Join(odd(), "\n"))
	echo := w.incoming("m2", "我们说的")
	echo.Message.Own, echo.Case = true, nil
	opened, err := w.engine.Receive(t.Context(), "a1", w.clock.now(), []reply.Incoming{first, echo, first})
	require.NoError(t, err)
	require.Equal(t, []reply.Case{*first.Case}, opened)
	w.clock.pass(time.Hour)
	changed := w.incoming("m1", "改过")
	opened, err = w.engine.Receive(t.Context(), "a1", w.clock.now(), []reply.Incoming{changed})
	require.NoError(t, err)
	require.Empty(t, opened)
	c, err := w.engine.Case(t.Context(), "case-m1")
	require.NoError(t, err)
	require.Equal(t, *first.Case, c)
	cases, err := w.engine.Cases(t.Context(), reply.CaseAnswered)
	require.NoError(t, err)
	require.Empty(t, cases)
	_, err = w.engine.Case(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

// One message must not keep the others from being received for ever.
func messageOdd(t *testing.T, w *world) {
	w.matrix(t, w.full())
	var incoming []reply.Incoming
	for i, id := range []string{"m\x00", "m", "\xff", "\xfe", strings.Repeat("长", 1<<12), strings.Repeat("长", 1<<12) + "2", noise(4000)} {
		in := w.incoming(id, "问")
		in.Case.ID = fmt.Sprint("case", i)
		incoming = append(incoming, in)
	}
	for i := range 2 {
		opened, err := w.engine.Receive(t.Context(), "a1", w.clock.now(), incoming)
		require.NoError(t, err)
		require.Len(t, opened, len(incoming)*(1-i))
	}
	w.verify(t)
}

func lastRead(t *testing.T, w *world) {
	w.matrix(t, w.full())
	at, err := w.engine.LastRead(t.Context(), "a1")
	require.NoError(t, err)
	require.Zero(t, at)
	for range 2 {
		w.clock.pass(time.Minute + time.Microsecond)
		_, err = w.engine.Receive(t.Context(), "a1", w.clock.now(), nil)
		require.NoError(t, err)
		at, err = w.engine.LastRead(t.Context(), "a1")
		require.NoError(t, err)
		require.Equal(t, w.clock.now(), at)
	}
}

// answerItem is the delivery of an answer.
func (w *world) answerItem(id string) outbox.Item {
	now := w.clock.now()
	return outbox.Item{Delivery: govmedia.Delivery{
		ID: "answer/" + id, Kind: govmedia.DeliverAnswer, Subject: id, Platform: "board", App: "k", Account: "a1", State: govmedia.Queued, Due: now, Updated: now,
	}, Seal: "s"}
}

func answerOnce(t *testing.T, w *world) {
	w.matrix(t, w.full())
	_, err := w.engine.Receive(t.Context(), "a1", w.clock.now(), []reply.Incoming{w.incoming("m1", "问")})
	require.NoError(t, err)
	a := reply.Answer{ID: "ans", Case: "case-m1", Actor: "clerk", Text: "今晚八点。", At: w.clock.now()}
	fleet := w.fleet(t, 2)
	errs := atOnce(8, func(i int) error { return fleet[i%2].QueueAnswer(t.Context(), a, w.answerItem("ans")) })
	require.NoError(t, errors.Join(errs...))
	got, err := w.engine.Answer(t.Context(), "ans")
	require.NoError(t, err)
	require.Equal(t, a, got)
	ds, err := w.engine.Deliveries(t.Context(), govmedia.DeliverAnswer, "ans")
	require.NoError(t, err)
	require.Len(t, ds, 1)
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'case.answer'"))
	a.ID, a.Case = "other", "none"
	require.ErrorIs(t, w.engine.QueueAnswer(t.Context(), a, w.answerItem("other")), govmedia.KindNotFound)
	_, err = w.engine.Answer(t.Context(), "other")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}

func answerStops(t *testing.T, w *world) {
	w.matrix(t, w.full())
	_, err := w.engine.Receive(t.Context(), "a1", w.clock.now(), []reply.Incoming{w.incoming("m1", "问")})
	require.NoError(t, err)
	for i, id := range []string{"first", "second"} {
		a := reply.Answer{ID: id, Case: "case-m1", Actor: "clerk", Text: id, At: w.clock.now()}
		require.NoError(t, w.engine.QueueAnswer(t.Context(), a, w.answerItem(id)))
		c := w.claimant("p")
		c.Kinds = []govmedia.DeliveryKind{govmedia.DeliverAnswer}
		require.Equal(t, []string{"answer/" + id}, claimed(t, w.engine, c))
		require.NoError(t, w.engine.Fence(t.Context(), w.fence("answer/"+id, "p", 0)))
		shown := w.clock.now().Add(-time.Second)
		require.NoError(t, w.engine.Settle(t.Context(), outbox.Settlement{
			ID: "answer/" + id, Attempt: 1, State: govmedia.Live, At: w.clock.now(), Receipt: &govmedia.Receipt{ID: id, At: shown, Evidence: govmedia.EvidenceResponse},
		}))
		got, err := w.engine.Case(t.Context(), "case-m1")
		require.NoError(t, err)
		require.Equal(t, reply.CaseAnswered, got.State)
		if i == 0 {
			require.Equal(t, shown, got.Answered)
		} else {
			require.True(t, got.Answered.Before(shown), "the second answer does not stop it again")
		}
		w.clock.pass(time.Hour)
	}
	open, err := w.engine.Cases(t.Context(), reply.CaseOpen)
	require.NoError(t, err)
	require.Empty(t, open)
}

func metricsRules() []rule {
	return []rule{
		{"the newest snapshot of each account counts", snapshots},
		{"the newest live posts come first, at most as many as asked for", livePosts},
	}
}

func snapshots(t *testing.T, w *world) {
	w.matrix(t, w.full())
	at := w.clock.now()
	for i, a := range []string{"a1", "a2", "a1"} {
		require.NoError(t, w.engine.AppendSnapshot(t.Context(), metrics.Snapshot{Account: a, At: at.Add(-time.Duration(i) * time.Hour), Counts: metrics.Counts{Followers: metrics.Known(math.MaxInt64 - int64(i))}}))
	}
	got, err := w.engine.Snapshots(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, metrics.Known(math.MaxInt64-2), got["a1"].Counts.Followers, "the one that came last")
	require.Equal(t, metrics.Known(math.MaxInt64-1), got["a2"].Counts.Followers)
}

func livePosts(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	for i := range 4 {
		id := "post/" + published(t, m, "通知", "a1", "a2") + "/a1"
		require.NoError(t, w.settled(t, id, govmedia.Receipt{ID: fmt.Sprint("r", i), Thread: map[int]string{1: "thread"}[i], Evidence: govmedia.EvidenceResponse}))
	}
	ids, err := w.engine.LivePosts(t.Context(), "a1", 3)
	require.NoError(t, err)
	require.Equal(t, []string{"r3", "r2", "r1"}, ids)
	threads, err := w.engine.LiveThreads(t.Context(), "a1", 3)
	require.NoError(t, err)
	require.Equal(t, []string{"r3", "r2", "thread"}, threads)
	last, err := w.engine.LastPosts(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]time.Time{"a1": w.clock.now()}, last)
}

func auditRules() []rule {
	return []rule{
		{"no record is an empty head, and a chain grows from it", auditGrows},
		{"what was altered in the database is found", auditAltered},
		{"every byte of an export that is altered is found in its line", auditFlipped},
		{"lines of an export that are removed, moved or added are found where that was done", auditMoved},
	}
}

func auditGrows(t *testing.T, w *world) {
	head, err := w.engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.Empty(t, head)
	for n := range 3 {
		for i := range 400 * n {
			require.NoError(t, w.engine.SaveRegister(t.Context(), fmt.Sprint("管理员", i, "\x00\xff"), account.Register{}))
		}
		if n > 0 {
			w.verify(t)
		}
	}
	require.Equal(t, 1200, w.store.Count(t, "SELECT max(seq) FROM govmedia_audit"))
	w.verify(t)
	require.Error(t, w.engine.ExportAudit(t.Context(), failing{}))
	w.verify(t)
}

// failing is a reader of the log who goes away.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func auditAltered(t *testing.T, w *world) {
	w.matrix(t, w.full())
	w.verify(t)
	w.store.Exec(t, "UPDATE govmedia_audit SET actor = 'nobody' WHERE seq = 2")
	var log bytes.Buffer
	require.NoError(t, w.engine.ExportAudit(t.Context(), &log))
	_, err := govmedia.VerifyAudit(&log)
	require.Error(t, err)
}

// drafted is what the store is told with a draft.
func drafted() publish.Signature { return publish.Signature{Step: publish.StepDraft, Actor: "author"} }
