package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// ledger is a platform that keeps books of what it is told, and its adapter. The parent serves it, the children write.
type ledger struct {
	url string // of the adapter

	mu    sync.Mutex
	posts map[string]int // copies, by account and text
	by    map[string]int // writes, by process
	calls int
	delay time.Duration
}

// ServeHTTP takes posts with POST and tells with GET how many copies it holds.
func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	place := r.FormValue("account") + " " + r.FormValue("text")
	l.mu.Lock()
	if r.Method == http.MethodPost {
		if l.posts == nil {
			l.posts, l.by = map[string]int{}, map[string]int{}
		}
		l.posts[place]++
		l.by[r.FormValue("process")]++
		l.calls++
	}
	answer, delay := []int{l.posts[place], l.calls}, l.delay
	l.mu.Unlock()
	timer := time.NewTimer(delay) // after the commit: who is killed now does not learn of it
	<-timer.C
	_ = json.NewEncoder(w).Encode(answer)
}

// written returns how many writes came, and by process.
func (l *ledger) written() (n int, by map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls, maps.Clone(l.by)
}

func (l *ledger) ask(ctx context.Context, method, account, text string) (copies, calls int, err error) {
	query := url.Values{"account": {account}, "text": {text}, "process": {fmt.Sprint(os.Getpid())}}
	req, err := http.NewRequestWithContext(ctx, method, l.url+"/?"+query.Encode(), nil)
	if err != nil {
		return 0, 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer [2]int
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer[0], answer[1], err
}

// App implements publish.Adapter.
func (*ledger) App() account.App { return account.App{Platform: "ledger", Key: "k"} }

// Limits implements publish.Adapter.
func (*ledger) Limits() publish.Limits { return publish.Limits{VisibleWithin: time.Second} }

// Publish implements publish.Adapter.
func (l *ledger) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	_, calls, err := l.ask(ctx, http.MethodPost, s.Account.ID, s.Rendition.Text)
	if err != nil {
		return nil, err
	}
	return &govmedia.Receipt{ID: fmt.Sprint(s.Account.ID, "-", calls), At: time.Now()}, nil
}

// Find implements publish.Finder.
func (l *ledger) Find(ctx context.Context, q *publish.Query) (*publish.Found, error) {
	copies, _, err := l.ask(ctx, http.MethodGet, q.Account.ID, q.Rendition.Text)
	found := &publish.Found{Complete: err == nil}
	for n := range copies {
		found.Receipts = append(found.Receipts, govmedia.Receipt{ID: fmt.Sprint(q.Account.ID, "-found-", n), At: time.Now()})
	}
	return found, err
}

const (
	shareAccounts = 300
	sharePosts    = 10
	shareWait     = 5 * time.Second
)

// shareChild works until it is told to stop, and drains.
func shareChild(ctx context.Context, j job) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	m, engine, err := j.open(ctx, nil)
	if err != nil {
		return err
	}
	teller{}.Observe(ctx, govmedia.Event{Name: "ready"})
	if err := m.Run(ctx); err != nil {
		return err
	}
	return engine.Close()
}

// shared is a ledger, a database with accounts, and what is to be sent.
type shared struct {
	t      *testing.T
	ledger *ledger
	job    job
	m      *matrix.Matrix
	engine matrix.Engine
	ids    []string // of the accounts
	posts  []string
}

func newShared(t *testing.T, db string, accounts int) *shared {
	t.Helper()
	s := &shared{t: t, ledger: &ledger{}}
	server := httptest.NewServer(s.ledger)
	t.Cleanup(server.Close)
	s.job = job{DB: db, BaseURL: server.URL, Share: true}
	var err error
	s.m, s.engine, err = s.job.open(t.Context(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.engine.Close()) })
	require.NoError(t, s.engine.Migrate(t.Context()))
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	for n := range accounts {
		id := fmt.Sprintf("a%03d", n)
		s.ids = append(s.ids, id)
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: s.ledger.App(), Name: "示例" + id, Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, s.m.Registry.Save(t.Context(), "admin", reg))
	for _, id := range s.ids {
		require.NoError(t, s.m.Vault.Put(t.Context(), "admin", account.Credential{Account: id, Access: govmedia.NewSecret("t")}))
	}
	return s
}

// publish queues a post to every account.
func (s *shared) publish(text string) {
	s.t.Helper()
	ctx := s.t.Context()
	p, err := s.m.Publisher.Draft(ctx, "author", publish.Post{Text: text, Targets: s.ids})
	require.NoError(s.t, err)
	p, err = s.m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(s.t, err)
	p, err = s.m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(s.t, err)
	p, err = s.m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(s.t, err)
	_, err = s.m.Publisher.Publish(ctx, "author", p.ID)
	require.NoError(s.t, err)
	s.posts = append(s.posts, p.ID)
}

// states counts the deliveries by state.
func (s *shared) states() map[govmedia.DeliveryState]int {
	s.t.Helper()
	count := map[govmedia.DeliveryState]int{}
	for _, p := range s.posts {
		ds, err := s.m.Publisher.Deliveries(s.t.Context(), p)
		require.NoError(s.t, err)
		for _, d := range ds {
			count[d.State]++
		}
	}
	return count
}

// worker starts a process that shares the work.
func (s *shared) worker() *process {
	s.t.Helper()
	p := start(s.t, s.job)
	p.await("readiness", func(l line) bool { return l.Event == "ready" })
	return p
}

// drain tells a worker to stop and waits until it has ended by itself.
func (s *shared) drain(p *process) {
	s.t.Helper()
	require.NoError(s.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(s.t, p.cmd.Wait(), "it drains and ends without an error")
}

// once asserts that the ledger holds each of n deliveries exactly once, and that the log is whole.
func (s *shared) once(n int) {
	s.t.Helper()
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	for place, copies := range s.ledger.posts {
		require.Equal(s.t, 1, copies, place)
	}
	require.Len(s.t, s.ledger.posts, n)
	var log bytes.Buffer
	require.NoError(s.t, s.engine.ExportAudit(s.t.Context(), &log))
	_, err := govmedia.VerifyAudit(strings.NewReader(log.String()))
	require.NoError(s.t, err)
}

// Three processes share three thousand deliveries. Each is sent by one of them, once.
func TestC1_ThreeWorkersShare3000Deliveries(t *testing.T) {
	onEach(t, func(t *testing.T, database func(*testing.T) string) {
		accounts := shareAccounts
		if testing.Short() {
			accounts /= 10
		}
		s := newShared(t, database(t), accounts)
		s.ledger.delay = 5 * time.Millisecond
		workers := []*process{s.worker(), s.worker(), s.worker()}
		begin := time.Now()
		for n := range sharePosts {
			s.publish(fmt.Sprint("停水通知第", n, "号"))
		}
		require.Eventually(t, func() bool { return s.states()[govmedia.Live] == accounts*sharePosts }, 2*time.Minute, 100*time.Millisecond)
		t.Logf("%d deliveries by three processes in %s", accounts*sharePosts, time.Since(begin).Round(time.Millisecond))
		for _, p := range workers {
			s.drain(p)
		}
		s.once(accounts * sharePosts)
		n, by := s.ledger.written()
		require.Equal(t, accounts*sharePosts, n)
		t.Logf("writes by process: %v", by)
		require.Greater(t, len(by), 1, "none has done it all")
	})
}

// A process is told to stop in the middle of a broadcast: what is on the wire is finished and recorded, nothing is in
// doubt, nothing stays leased, and another one goes on at once.
func TestC8_Drain(t *testing.T) {
	onEach(t, func(t *testing.T, database func(*testing.T) string) {
		const accounts = 100
		s := newShared(t, database(t), accounts)
		s.publish("停水通知")
		s.ledger.delay = 300 * time.Millisecond
		p := s.worker()
		require.Eventually(t, func() bool {
			n, _ := s.ledger.written()
			return n > 0
		}, 30*time.Second, 5*time.Millisecond)
		s.drain(p)
		count := s.states()
		sent, _ := s.ledger.written()
		require.Equal(t, map[govmedia.DeliveryState]int{govmedia.Live: sent, govmedia.Queued: accounts - sent}, count)
		require.Positive(t, count[govmedia.Queued])
		var log bytes.Buffer
		require.NoError(t, s.engine.ExportAudit(t.Context(), &log))
		_, err := govmedia.VerifyAudit(&log)
		require.NoError(t, err)

		s.ledger.mu.Lock()
		s.ledger.delay = 0
		s.ledger.mu.Unlock()
		next := s.worker()
		require.Eventually(t, func() bool { return s.states()[govmedia.Live] == accounts }, 20*time.Second, 20*time.Millisecond,
			"nothing waits for a lease to end")
		s.drain(next)
		s.once(accounts)
		sent, _ = s.ledger.written()
		require.Equal(t, accounts, sent)
	})
}
