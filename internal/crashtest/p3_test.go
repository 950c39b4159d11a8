package crashtest

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

const (
	notice = "示例市今日起分区停水"
	answer = "您好，今晚八点恢复供水。"
)

// world is the platform, the database and the write that everything is about.
type world struct {
	t    *testing.T
	side side
	fake fake
	job  job
}

// newWorld prepares one approved post or, for an answer, one live post with one open case.
func newWorld(t *testing.T, db, platform string, kind govmedia.DeliveryKind) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{t: t, side: sides[platform]}
	w.fake = w.side.start(t)
	server := httptest.NewServer(w.fake)
	t.Cleanup(server.Close)

	w.job = job{Platform: platform, DB: db, BaseURL: server.URL, AppSecret: secret}
	m, engine, err := w.job.open(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, engine.Migrate(ctx))
	defer func() { require.NoError(t, engine.Close()) }()
	require.NoError(t, m.Registry.Save(ctx, "admin", account.Register{
		Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}},
		Accounts: []account.Account{{
			ID: "a", App: account.App{Platform: platform, Key: w.side.app}, UID: w.side.uid, Name: "示例发布", Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	}))
	cred := w.fake.credential(t)
	cred.Account = "a"
	require.NoError(t, m.Vault.Put(ctx, "admin", cred))
	post := approve(t, m)
	if kind == govmedia.DeliverPost {
		w.job.Post = post
	} else {
		w.job.Case, w.job.Answer = w.ask(m, post), answer
	}
	return w
}

func approve(t *testing.T, m *matrix.Matrix) string {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{
		Title: "停水通知", Text: notice + "。", Link: "https://www.shili.example/n", Cover: picture(t, m), Targets: []string{"a"},
	})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(t.Context(), "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(t.Context(), "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(t.Context(), "approver", p, "")
	require.NoError(t, err)
	return p.ID
}

// ask publishes the post, lets a citizen comment under it and returns the case.
func (w *world) ask(m *matrix.Matrix, post string) string {
	w.t.Helper()
	_, err := m.Publisher.Publish(w.t.Context(), "author", post)
	require.NoError(w.t, err)
	var receipt *govmedia.Receipt
	require.Eventually(w.t, func() bool {
		_, err := m.Step(w.t.Context())
		require.NoError(w.t, err)
		list, err := m.Publisher.Deliveries(w.t.Context(), post)
		require.NoError(w.t, err)
		receipt = list[0].Receipt
		return list[0].State == govmedia.Live
	}, 20*time.Second, 50*time.Millisecond)
	w.fake.ask(w.t, receipt)
	cases, err := m.Poll(w.t.Context())
	require.NoError(w.t, err)
	require.Len(w.t, cases, 1)
	return cases[0].ID
}

func (w *world) endpoint() string {
	if w.job.Post != "" {
		return w.side.post
	}
	return w.side.answer
}

// copies counts what the platform really holds of our write.
func (w *world) copies() int {
	posts, answers := w.fake.copies()
	if w.job.Post != "" {
		return posts
	}
	return answers
}

// dieDuring starts a child and kills it while the platform is at work on its write.
func (w *world) dieDuring(fault string) {
	w.t.Helper()
	w.fake.fault(fault, w.endpoint(), 1)
	p := start(w.t, w.job)
	p.await("the fence", func(l line) bool { return l.Event == "delivery.fenced" })
	require.Eventually(w.t, func() bool { return w.fake.calls(w.endpoint()) == 1 }, 10*time.Second, 5*time.Millisecond)
	p.kill()
}

// settle lets children live and die until the delivery is settled, and returns how it was.
func (w *world) settle() govmedia.Delivery {
	w.t.Helper()
	start(w.t, w.job).kill() // one more that hardly lives
	p := start(w.t, w.job)
	p.await("a settled delivery", func(l line) bool {
		return l.Event == "delivery.settled" && govmedia.DeliveryState(l.State).Settled()
	})
	p.stop()
	last := start(w.t, w.job) // and one that finds everything settled
	defer last.stop()
	return w.delivery()
}

func (w *world) delivery() govmedia.Delivery {
	w.t.Helper()
	m, engine, err := w.job.open(w.t.Context(), nil)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, engine.Close()) }()
	if w.job.Post != "" {
		list, err := m.Publisher.Deliveries(w.t.Context(), w.job.Post)
		require.NoError(w.t, err)
		require.Len(w.t, list, 1, "ten impatient calls queue one delivery")
		return list[0]
	}
	d, err := m.Desk.Answer(w.t.Context(), "clerk", w.job.Case, w.job.Answer)
	require.NoError(w.t, err)
	c, err := m.Desk.Case(w.t.Context(), w.job.Case)
	require.NoError(w.t, err)
	require.Equal(w.t, d.State == govmedia.Live, c.State == reply.CaseAnswered)
	return d
}

// each runs the test for a post and for an answer on every platform and engine.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	onEach(t, func(t *testing.T, database func(*testing.T) string) {
		for platform := range sides {
			for _, kind := range []govmedia.DeliveryKind{govmedia.DeliverPost, govmedia.DeliverAnswer} {
				t.Run(platform+"/"+string(kind), func(t *testing.T) {
					t.Parallel()
					f(t, newWorld(t, database(t), platform, kind))
				})
			}
		}
	})
}

// The platform commits and hangs; the process dies. Reading shows the write: it is live, and there is one.
func TestP3_HangAfterCommit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.dieDuring("commit-hang")
		d := w.settle()
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, govmedia.EvidenceFound, d.Receipt.Evidence)
		require.Equal(t, 1, d.Attempt)
		require.Equal(t, 1, w.copies())
	})
}

// The platform hangs and never commits; the process dies. Reading proves absence once the platform's delay has passed:
// it is sent once more, and there is one.
func TestP3_HangWithoutCommit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.dieDuring("hang")
		d := w.settle()
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, govmedia.EvidenceResponse, d.Receipt.Evidence)
		require.Equal(t, 2, d.Attempt)
		require.Equal(t, 2, w.fake.calls(w.endpoint()))
		require.Equal(t, 1, w.copies())
	})
}

// The platform commits and hangs, the process dies, and reading is down: a person decides, nothing is sent again.
func TestP3_HangAfterCommitReadingDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.dieDuring("commit-hang")
		w.fake.fault("read-down", "", 0)
		d := w.settle()
		require.Equal(t, govmedia.NeedsPerson, d.State, d.Reason)
		require.Equal(t, 1, w.fake.calls(w.endpoint()))
		require.Equal(t, 1, w.copies())
	})
}

// Reading fails for a while and then works: giving up where reading would have told is a failure.
func TestP3_ReadingComesBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.dieDuring("commit-hang")
		w.fake.fault("read-down", "", 4)
		d := w.settle()
		require.Equal(t, govmedia.Live, d.State, d.Reason)
		require.Equal(t, 1, w.copies())
	})
}

// Three processes of a thousand goroutines each find the credential about to end: the platform is asked once.
func TestA8_ThreeProcessesRefreshOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database func(*testing.T) string) {
		w := newWorld(t, database(t), weibo.Platform, govmedia.DeliverPost)
		w.soon()
		w.job.Post, w.job.Refresh = "", "a"
		var children []*process
		for range 3 {
			p := start(t, w.job)
			p.await("readiness", func(l line) bool { return l.Event == "ready" })
			children = append(children, p)
		}
		for _, p := range children {
			require.NoError(t, p.stdin.Close())
		}
		for _, p := range children {
			require.NoError(t, p.cmd.Wait())
		}
		require.Equal(t, 1, w.fake.(weiboFake).Journal().Refreshes)
	})
}

// soon makes the stored credential end in a minute.
func (w *world) soon() {
	w.t.Helper()
	m, engine, err := w.job.open(w.t.Context(), nil)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, engine.Close()) }()
	c, err := m.Vault.Open(w.t.Context(), "a")
	require.NoError(w.t, err)
	c.Expires = time.Now().Add(time.Minute)
	require.NoError(w.t, m.Vault.Put(w.t.Context(), "admin", c))
}
