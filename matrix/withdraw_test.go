package matrix_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/verify"
	"github.com/stretchr/testify/require"
)

// outcomesOf writes the receipts of a withdrawal as "account outcome".
func outcomesOf(list []publish.Withdrawal) []string {
	var words []string
	for _, w := range list {
		words = append(words, fmt.Sprint(w.Account, " ", w.Outcome))
	}
	return words
}

// choosy refuses one account's posts, and once to take down another's.
type choosy struct {
	*recallable
	post, down string
}

func (p *choosy) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if s.Account.ID == p.post {
		return refuse(govmedia.KindRejected, 0)(ctx, nil)
	}
	return p.recallable.Publish(ctx, s)
}

func (p *choosy) Withdraw(ctx context.Context, q *publish.Query) error {
	if q.Account.ID == p.down {
		p.down = ""
		return refuseDown(govmedia.KindRejected)(ctx, nil)
	}
	return p.recallable.Withdraw(ctx, q)
}

func TestP10_AReceiptForEachTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &choosy{recallable: newRecallable(), post: "a3", down: "a2"}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		other := published(t, m, "另一则", "a1")
		id := published(t, m, "停水通知", "a1", "a2", "a3")
		require.Equal(t, []string{"live", "live", "rejected"}, statesOf(t, m, id))
		before, err := m.Publisher.Withdrawals(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, []string{"a3 not_out"}, outcomesOf(before), "of the others nobody has ordered it")

		require.Equal(t, []string{"a1 under_way", "a2 under_way", "a3 not_out"}, outcomesOf(withdraw(t, m, id)))
		stepFor(t, m, time.Minute)
		list := withdraw(t, m, id)
		require.Equal(t, []string{"a1 removed", "a2 still_live", "a3 not_out"}, outcomesOf(list))
		require.Equal(t, []string{"withdrawn", "live", "cancelled"}, statesOf(t, m, id))
		ds, err := m.Publisher.Deliveries(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, publish.PartiallyLive, publish.StateOf(ds))
		require.Contains(t, list[1].Reason, "rejected")
		require.Equal(t, []int{1, 1}, []int{r.asked(), r.count("停水通知")})
		require.Equal(t, 1, r.count("另一则"))
		require.Equal(t, govmedia.Live, only(t, m, other).State)

		waiting, err := m.Attention(t.Context())
		require.NoError(t, err)
		require.Len(t, waiting, 1)
		require.Equal(t, govmedia.DeliverWithdrawal, waiting[0].Kind)
		require.NoError(t, m.Resolve(t.Context(), "chief", waiting[0].ID, govmedia.DecideSend, "", "平台已放行"))
		stepFor(t, m, time.Minute)
		list, err = m.Publisher.Withdrawals(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, []string{"a1 removed", "a2 removed", "a3 not_out"}, outcomesOf(list))
		verifyAudit(t, engine)
	})
}

func TestP10_WhatHasNotLeftIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		p := planned(t, m, time.Hour, nil)
		list := withdraw(t, m, p.ID)
		require.Equal(t, []string{"a1 not_out", "a2 not_out"}, outcomesOf(list))
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, []string{"cancelled", "cancelled"}, statesOf(t, m, p.ID))
		require.Zero(t, r.calls)
		require.Zero(t, r.asked())
		_, err := m.Publisher.Publish(t.Context(), "author", p.ID)
		require.NoError(t, err)
		stepFor(t, m, time.Hour)
		require.Zero(t, r.calls, "publishing it again changes nothing")
		verifyAudit(t, engine)
	})
}

// A person is needed before a post can leave, or the platform refused it: after its withdrawal nobody sends it.
func TestP10_WhatWaitsForAPersonIsCancelledWhenNothingIsOut(t *testing.T) {
	for _, kind := range []govmedia.Kind{govmedia.KindRejected, govmedia.KindChallenge, govmedia.KindUnauthorized} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecallable()
				r.board.script = []script{refuse(kind, 0)}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				id := published(t, m, "停水通知", "a1")
				require.Equal(t, []string{"a1 not_out"}, outcomesOf(withdraw(t, m, id)))
				err := m.Resolve(t.Context(), "chief", only(t, m, id).ID, govmedia.DecideSend, "", "再发")
				require.ErrorIs(t, err, govmedia.KindConflict)
				ids, err := m.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: []govmedia.Kind{kind}}, "全部重发")
				require.NoError(t, err)
				require.Empty(t, ids)
			})
		})
	}
}

func TestP10_WhoMayWithdrawWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		ctx := t.Context()
		id := approved(t, m, "停水通知", "a1")
		p, err := m.Publisher.Post(ctx, id)
		require.NoError(t, err)
		_, err = m.Publisher.Withdraw(ctx, "chief", p, "信息有误")
		require.ErrorIs(t, err, govmedia.KindConflict)
		require.ErrorContains(t, err, "never published")
		_, err = m.Publisher.Publish(ctx, "author", id)
		require.NoError(t, err)
		stepFor(t, m, time.Minute)
		for name, c := range map[string]struct {
			actor, note string
			version     int64
			kind        govmedia.Kind
		}{
			"nobody":         {"", "信息有误", p.Version, govmedia.KindForbidden},
			"no reason":      {"chief", "", p.Version, govmedia.KindInvalid},
			"an old version": {"chief", "信息有误", p.Version - 1, govmedia.KindConflict},
		} {
			seen := p
			seen.Version = c.version
			_, err := m.Publisher.Withdraw(ctx, c.actor, seen, c.note)
			require.ErrorIs(t, err, c.kind, name)
		}
		closed, err := matrix.New(engine, matrix.Config{Keys: keys(), Adapters: []publish.Adapter{r}})
		require.NoError(t, err)
		_, err = closed.Publisher.Withdraw(ctx, "chief", p, "信息有误")
		require.ErrorIs(t, err, govmedia.KindForbidden, "nobody may until somebody says who")
		require.Equal(t, []string{"live"}, statesOf(t, m, id))
	})
}

// Neither a hold, nor the state of the account, nor a lost approval keeps up what must come down.
func TestP10_NothingKeepsItUp(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *matrix.Matrix, *sql.DB)
	}{
		{"a hold for everything", func(t *testing.T, m *matrix.Matrix, _ *sql.DB) {
			t.Helper()
			_, err := m.Publisher.Hold(t.Context(), "chief", publish.Hold{ID: "h", Reason: "哀悼日", Emergencies: true, Answers: true})
			require.NoError(t, err)
		}},
		{"the account is suspended", func(t *testing.T, m *matrix.Matrix, _ *sql.DB) {
			t.Helper()
			require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "被盗用"))
		}},
		{"the approval is lost", func(t *testing.T, _ *matrix.Matrix, db *sql.DB) {
			t.Helper()
			_, err := db.ExecContext(t.Context(), "UPDATE govmedia_post SET stage = 'draft', seal = ''")
			require.NoError(t, err)
		}},
		{"the post cannot be read any more", func(t *testing.T, _ *matrix.Matrix, db *sql.DB) {
			t.Helper()
			_, err := db.ExecContext(t.Context(), "UPDATE govmedia_post SET body = '{'")
			require.NoError(t, err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRecallable()
			m, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{r}})
			id := publishPost(t, m, "停水通知", "a1")
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			withdraw(t, m, id)
			c.change(t, m, db)
			_, err = m.Step(t.Context())
			require.NoError(t, err)
			require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
			require.Zero(t, r.count("停水通知"))
			verifyAudit(t, engine)
		})
	}
}

// An adapter that cannot take anything down says so, and what a person can do; it is no success.
func TestP10_APlatformWithoutWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{commitHang}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		id := published(t, m, "停水通知", "a1")
		withdraw(t, m, id)
		stepFor(t, m, time.Minute)
		w := recalled(t, m, id)
		require.Equal(t, publish.CannotRemove, w.Outcome)
		require.Contains(t, w.Reason, "by hand, at https://board.example/b1")
		require.Equal(t, govmedia.Live, only(t, m, id).State)
		waiting, err := m.Attention(t.Context())
		require.NoError(t, err)
		require.Len(t, waiting, 1)
		require.Equal(t, w.ID, waiting[0].ID)

		require.NoError(t, m.Resolve(t.Context(), "clerk", w.ID, govmedia.DecideLive, "https://board.example/b1", "已在平台手工删除"))
		w = recalled(t, m, id)
		require.Equal(t, publish.Removed, w.Outcome)
		require.Equal(t, govmedia.EvidencePerson, w.Evidence)
		require.Equal(t, "b1", w.Receipt.ID)
		require.Equal(t, []string{"withdrawn"}, statesOf(t, m, id))
		waiting, err = m.Attention(t.Context())
		require.NoError(t, err)
		require.Empty(t, waiting)
		verifyAudit(t, engine)
	})
}

func TestP10_APersonDecides(t *testing.T) {
	setup := func(t *testing.T, script ...takedown) (*recallable, *matrix.Matrix, string) {
		t.Helper()
		r := newRecallable(script...)
		r.showing = func() error { return errDown }
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		id := published(t, m, "停水通知", "a1")
		withdraw(t, m, id)
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, publish.RemovalUnknown, recalled(t, m, id).Outcome)
		return r, m, id
	}
	decide := func(t *testing.T, m *matrix.Matrix, id string, d govmedia.Decision) error {
		t.Helper()
		return m.Resolve(t.Context(), "chief", "withdraw/"+id+"/a1", d, "", "已查看")
	}
	for _, c := range []struct {
		name     string
		script   []takedown
		decision govmedia.Decision
		outcome  publish.Removal
		evidence govmedia.Evidence
		deletes  int
	}{
		{"it is down", []takedown{downHang}, govmedia.DecideLive, publish.Removed, govmedia.EvidencePerson, 1},
		{"take it down once more", []takedown{upHang}, govmedia.DecideSend, publish.Removed, govmedia.EvidenceResponse, 2},
		{"read once more: it is down", []takedown{downHang}, govmedia.DecideRead, publish.Removed, govmedia.EvidenceFound, 1},
		{"read once more: it is there", []takedown{upHang}, govmedia.DecideRead, publish.Removed, govmedia.EvidenceResponse, 2},
		{"leave it up", []takedown{upHang}, govmedia.DecideCancel, publish.StillLive, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, m, id := setup(t, c.script...)
				require.NoError(t, decide(t, m, id, c.decision))
				r.showing = nil
				stepFor(t, m, 10*time.Minute)
				w := recalled(t, m, id)
				require.Equal(t, c.outcome, w.Outcome, w.Reason)
				require.Equal(t, c.evidence, w.Evidence)
				require.Equal(t, c.deletes, r.asked())
				require.Equal(t, c.outcome == publish.Removed, r.count("停水通知") == 0)
				waiting, err := m.Attention(t.Context())
				require.NoError(t, err)
				require.Empty(t, waiting)
				for _, d := range []govmedia.Decision{govmedia.DecideLive, govmedia.DecideSend, govmedia.DecideRead, govmedia.DecideCancel} {
					require.ErrorIs(t, decide(t, m, id, d), govmedia.KindConflict, "it is over")
				}
			})
		})
	}
	t.Run("given up, and ordered again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, m, id := setup(t, upHang)
			require.NoError(t, decide(t, m, id, govmedia.DecideCancel))
			r.showing = nil
			require.Equal(t, publish.RemovalUnderWay, withdraw(t, m, id)[0].Outcome)
			stepFor(t, m, time.Minute)
			require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
			require.Equal(t, 2, r.asked())
		})
	})
	t.Run("down before it was tried", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecallable()
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
			id := published(t, m, "停水通知", "a1")
			withdraw(t, m, id)
			require.NoError(t, decide(t, m, id, govmedia.DecideLive))
			stepFor(t, m, time.Minute)
			require.Zero(t, r.asked())
			require.Equal(t, []string{"withdrawn"}, statesOf(t, m, id))
		})
	})
	t.Run("not while the post is on the wire", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRecallable()
			r.board.script = []script{commitHang}
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
			id := publishPost(t, m, "停水通知", "a1")
			done := make(chan struct{})
			go func() { defer close(done); _, _ = m.Step(context.WithoutCancel(t.Context())) }()
			time.Sleep(time.Second)
			require.Equal(t, publish.RemovalUnderWay, withdraw(t, m, id)[0].Outcome)
			require.ErrorIs(t, decide(t, m, id, govmedia.DecideLive), govmedia.KindConflict)
			<-done
			stepFor(t, m, 10*time.Minute)
			require.Equal(t, publish.Removed, recalled(t, m, id).Outcome)
		})
	})
}

// What was taken down is polled and counted no more; the cases that citizens opened under it are still answered; and its
// receipt stays its own.
func TestP10_AfterAWithdrawal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Publish: publish.Config{RepeatWithin: 24 * time.Hour}})
		ctx := t.Context()
		id := published(t, m, "停水通知", "a1")
		r.inbox = []reply.Message{{ID: "m1", Post: "b1", Author: "市民", Text: "几点来水？", At: time.Now()}}
		cases, err := m.Desk.Poll(ctx, "a1")
		require.NoError(t, err)
		require.Len(t, cases, 1)
		withdraw(t, m, id)
		stepFor(t, m, time.Minute)

		threads, err := engine.LiveThreads(ctx, "a1", 9)
		require.NoError(t, err)
		require.Empty(t, threads)
		posts, err := engine.LivePosts(ctx, "a1", 9)
		require.NoError(t, err)
		require.Empty(t, posts)
		last, err := engine.LastPosts(ctx)
		require.NoError(t, err)
		require.Empty(t, last)
		_, err = m.Desk.Answer(ctx, "clerk", cases[0].ID, "今晚八点。")
		require.NoError(t, err)
		stepFor(t, m, time.Second)
		got, err := m.Desk.Case(ctx, cases[0].ID)
		require.NoError(t, err)
		require.Equal(t, reply.CaseAnswered, got.State)

		// The platform shows what was taken down once more (it restored a backup) while a post of the same text is in
		// doubt: that is still no proof of the new one.
		r.posts[0].gone = time.Time{}
		r.board.script = []script{hang, hang}
		again := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, 10*time.Minute)
		require.Equal(t, govmedia.Live, only(t, m, again).State)
		require.NotEqual(t, "b1", only(t, m, again).Receipt.ID)
		require.Equal(t, "b1", only(t, m, id).Receipt.ID)
	})
}

// Only a person knew where the post was, and only a person took it down. When the platform shows it once more, a later
// post of the same text does not mistake it for its own.
func TestP10_WhatAPersonSawStaysTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		r.board.script, r.reading = []script{commitHang}, func() error { return errDown }
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, 2*time.Hour)
		require.NoError(t, m.Resolve(t.Context(), "chief", only(t, m, id).ID, govmedia.DecideLive, "https://board.example/b1", "看到了"))
		withdraw(t, m, id)
		stepFor(t, m, time.Minute)
		w := recalled(t, m, id)
		require.Equal(t, publish.CannotRemove, w.Outcome)
		require.Contains(t, w.Reason, "by hand")
		require.NoError(t, m.Resolve(t.Context(), "chief", w.ID, govmedia.DecideLive, "", "已手工删除"))
		r.reading = nil
		r.board.script = []script{hang}
		again := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Hour)
		require.Equal(t, "b2", only(t, m, again).Receipt.ID)
	})
}

// A part that came down says nothing of the one after it, which the platform still works on.
func TestP10_StateOfAPostThatComesDown(t *testing.T) {
	of := func(states ...govmedia.DeliveryState) (ds []govmedia.Delivery) {
		for i, s := range states {
			ds = append(ds, govmedia.Delivery{Account: "a1", Part: i + 1, State: s})
		}
		return ds
	}
	for _, c := range []struct {
		deliveries []govmedia.Delivery
		want       publish.State
	}{
		{of(govmedia.Withdrawn, govmedia.Withdrawn), publish.NowhereLive},
		{of(govmedia.Withdrawn, govmedia.Cancelled), publish.NowhereLive},
		{of(govmedia.Withdrawn, govmedia.Live), publish.PartiallyLive},
		{of(govmedia.Withdrawn, govmedia.Processing), publish.UnderWay},
		{of(govmedia.Withdrawn, govmedia.Uncertain), publish.UnderWay},
		{of(govmedia.Withdrawn, govmedia.Queued), publish.NowhereLive},
	} {
		require.Equal(t, c.want, publish.StateOf(c.deliveries), "%v", c.deliveries)
	}
}

// brief takes short texts only.
type brief struct{ *recallable }

func (b *brief) Limits() publish.Limits {
	l := b.recallable.Limits()
	l.Text = verify.TextLimit{Platform: "board", Max: 40, Unit: "字"}
	return l
}

func TestP10_EveryPartOfASplitTextComesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&brief{r}}})
		text := ""
		for n := range 12 {
			text += fmt.Sprintf("第%d条，今晚停水。", n)
		}
		p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: text, Overflow: publish.OverflowSplit, Targets: []string{"a1"}})
		require.NoError(t, err)
		p = sign(t, m, p)
		_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
		require.NoError(t, err)
		stepFor(t, m, time.Minute)
		n := len(statesOf(t, m, p.ID))
		require.Greater(t, n, 1)
		list := withdraw(t, m, p.ID)
		require.Len(t, list, n)
		require.Equal(t, "withdraw/"+p.ID+"/a1", list[0].ID)
		require.Equal(t, "withdraw/"+p.ID+"/a1/2", list[1].ID)
		require.Equal(t, 2, list[1].Part)
		stepFor(t, m, time.Minute)
		for _, state := range statesOf(t, m, p.ID) {
			require.Equal(t, "withdrawn", state)
		}
		require.Equal(t, n, r.asked())
	})
}

// One part is out and the next in doubt: what is out comes down, and the part after it is still found out about.
func TestP10_APartInDoubtIsFoundOutAfterTheOneBeforeItCameDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecallable()
		r.board.script = []script{works, commitHang}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&brief{r}}})
		text := ""
		for n := range 6 {
			text += fmt.Sprintf("第%d条，今晚停水。", n)
		}
		p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: text, Overflow: publish.OverflowSplit, Targets: []string{"a1"}})
		require.NoError(t, err)
		p = sign(t, m, p)
		_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
		require.NoError(t, err)
		for len(r.posts) < 2 {
			_, err = m.Step(t.Context())
			require.NoError(t, err)
		}
		require.Equal(t, []string{"live", "unknown"}, statesOf(t, m, p.ID)[:2])
		withdraw(t, m, p.ID)
		stepFor(t, m, 10*time.Minute)
		for _, h := range r.posts {
			require.NotZero(t, h.gone)
		}
		require.Equal(t, []string{"withdrawn", "withdrawn"}, statesOf(t, m, p.ID)[:2])
		ds, err := m.Publisher.Deliveries(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, publish.NowhereLive, publish.StateOf(ds))
	})
}
