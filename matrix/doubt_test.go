package matrix_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// Nobody reads while the process is down, so that time uses up no patience.
func TestP3_DowntimeIsNoReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{commitHang}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		id := publishPost(t, m, "停水通知", "a1")
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		time.Sleep(24 * time.Hour)
		n := 0
		b.reading = func() error {
			if n++; n == 1 {
				return errDown // the network is not up yet
			}
			return nil
		}
		stepFor(t, m, 10*time.Minute)
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, 1, b.count("停水通知"))
	})
}

func TestP3_AClaimIsReadForAsLongAsAnyDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		applied := commitThen(&govmedia.Error{Kind: govmedia.KindUnavailable, Outcome: govmedia.Applied})
		b := &board{lag: 3 * time.Minute, script: []script{applied}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Hour)
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, govmedia.EvidenceFound, d.Receipt.Evidence)
		require.Equal(t, 1, b.calls)
	})
}

func TestP3_APersonsSendVoidsAnOldClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lied := func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			return nil, &govmedia.Error{Kind: govmedia.KindUnavailable, Outcome: govmedia.Applied}
		}
		b := &board{script: []script{lied, hang}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, 2*time.Hour)
		d := only(t, m, id)
		require.Equal(t, govmedia.NeedsPerson, d.State)
		require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "looked: it is not there"))
		b.reading = func() error { return errDown }
		stepFor(t, m, 2*time.Hour)
		d = only(t, m, id)
		require.Equal(t, 0, b.count("停水通知"))
		require.Equal(t, govmedia.NeedsPerson, d.State, d.Reason)
	})
}

func TestP3_AProcessWithoutTheAbilityLeavesItAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &readable{board: &board{}}
		r.inbox = []reply.Message{{ID: "m1", Post: "b0", Author: "市民", Text: "几点来水？", At: time.Now()}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		cases, err := m.Desk.Poll(t.Context(), "a1")
		require.NoError(t, err)
		d, err := m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "今晚八点。")
		require.NoError(t, err)
		postsOnly := build(t, engine, matrix.Config{Adapters: []publish.Adapter{r.board}})
		_, err = postsOnly.Step(t.Context())
		require.NoError(t, err)
		got, err := m.Delivery(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, govmedia.Queued, got.State, got.Reason)
		stepFor(t, m, time.Minute)
		require.Equal(t, 1, r.count("今晚八点。"))
	})
}

// The wall clock jumps while a write is on the wire, as after the sleep of a machine: the fence seems to have ended long
// ago, and the write has not.
func TestP3_AJumpOfTheClockProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jump atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
		slow := func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			jump.Store(int64(time.Hour))
			time.Sleep(20 * time.Second)
			return commit(), nil
		}
		b := &board{script: []script{slow}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}, Now: clock})
		id := publishPost(t, m, "停水通知", "a1")
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = m.Step(t.Context()) })
		time.Sleep(time.Second)
		stepFor(t, m, 5*time.Minute)
		wg.Wait()
		require.Equal(t, 1, b.count("停水通知"))
		require.Equal(t, govmedia.Live, only(t, m, id).State)
	})
}

func TestP3_APanicIsAnUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			commit()
			panic("adapter broke")
		}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		id := publishPost(t, m, "停水通知", "a1")
		n := 0
		b.reading = func() error {
			if n++; n == 1 {
				panic("reader broke")
			}
			return nil
		}
		stepFor(t, m, 10*time.Minute)
		require.Equal(t, 1, b.count("停水通知"))
		d := only(t, m, id)
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, 1, d.Attempt)
	})
}

func TestP3_OddWordsOfAPlatform(t *testing.T) {
	for name, text := range map[string]string{"nul": "no\x00no", "not UTF-8": "\xff\xfe", "long": strings.Repeat("长", 1<<20)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				no := func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
					return nil, govmedia.Errorf(govmedia.KindRejected, "write", "%s", text)
				}
				b := &board{script: []script{no}}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
				id := publishPost(t, m, "停水通知", "a1")
				_, err := m.Step(t.Context())
				require.NoError(t, err)
				require.Equal(t, govmedia.Rejected, only(t, m, id).State)
				var log bytes.Buffer
				require.NoError(t, engine.ExportAudit(t.Context(), &log))
				_, err = govmedia.VerifyAudit(&log)
				require.NoError(t, err)
			})
		})
	}
}

// One process may claim an item again when its lease has ended while an older batch still holds it.
func TestP3_AnOldClaimFencesNothing(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	id := publishPost(t, m, "停水通知", "a1")
	ctx, d, now := t.Context(), only(t, m, id), time.Now().Add(time.Second)
	claim := func(at time.Time) {
		t.Helper()
		items, err := engine.Claim(ctx, outbox.Claim{
			App: outbox.App{Platform: "board", Key: "k"}, Kinds: []govmedia.DeliveryKind{govmedia.DeliverPost}, Owner: "o",
			Now: at, Until: at.Add(time.Minute), Limit: 9,
		})
		require.NoError(t, err)
		require.Len(t, items, 1)
	}
	claim(now) // by the older batch, which is slow
	claim(now.Add(2 * time.Minute))
	fence := outbox.Fence{ID: d.ID, Owner: "o", At: now, Until: now.Add(time.Minute)}
	require.NoError(t, engine.Fence(ctx, fence))
	require.NoError(t, engine.Settle(ctx, outbox.Settlement{ID: d.ID, Attempt: 1, State: govmedia.Queued, At: now, Due: now}))
	claim(now.Add(4 * time.Minute))
	require.ErrorIs(t, engine.Fence(ctx, fence), govmedia.KindNotFound, "the older batch knows nothing of the first attempt")
	fence.Attempt = 1
	require.NoError(t, engine.Fence(ctx, fence))
}

func TestNew_NegativeTimesAreRefused(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	_, err = matrix.New(engine, matrix.Config{Keys: keys(), PollEvery: -1})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

// A stop waits for what is on the wire, however long one attempt may take.
func TestRun_DrainsALongAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		slow := func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			time.Sleep(3 * time.Minute)
			return commit(), nil
		}
		b.script = []script{slow, slow, slow}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, SendTimeout: 5 * time.Minute})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.Run(ctx) }()
		id := publishPost(t, m, "停水通知", "a1", "a2", "a3")
		for b.written() == 0 {
			time.Sleep(100 * time.Millisecond)
		}
		stop()
		require.NoError(t, <-ended)
		ds, err := m.Publisher.Deliveries(t.Context(), id)
		require.NoError(t, err)
		for _, d := range ds {
			require.NotEqual(t, govmedia.Sending, d.State)
		}
	})
}

func (b *board) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

func TestPoll_APanicSparesTheOtherAccounts(t *testing.T) {
	r := &readable{board: &board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&deafToOne{r}}})
	r.inbox = []reply.Message{{ID: "m1", Post: "b0", Author: "市民", Text: "几点来水？", At: time.Now()}}
	cases, err := m.Poll(t.Context())
	require.ErrorContains(t, err, "panicked")
	require.Len(t, cases, 2)
}

// deafToOne panics when it reads for a1.
type deafToOne struct{ *readable }

func (d *deafToOne) Messages(ctx context.Context, in *reply.Inbox) ([]reply.Message, error) {
	if in.Account.ID == "a1" {
		panic("adapter broke")
	}
	return d.readable.Messages(ctx, in)
}

// Two posts of the same text are in doubt at once. The second finds the first one's post before its own is shown; the
// first must not take that for a proof that it has none.
func TestP3_APostTakenByAnotherProvesNothingYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{lag: 50 * time.Second, script: []script{commitThen(errDown), commitThen(errDown)}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		b.reading = func() error { return errDown }
		first := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, 90*time.Second) // the first one's next look is later than the second one's
		second := publishPost(t, m, "停水通知", "a1")
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		b.reading = nil
		time.Sleep(3 * time.Second)
		stepFor(t, m, 30*time.Minute)
		require.Equal(t, 2, b.count("停水通知"))
		require.Equal(t, govmedia.Live, only(t, m, first).State)
		require.Equal(t, govmedia.Live, only(t, m, second).State)
	})
}
