package sqlite_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/wire"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

const (
	benchAccounts = 1000
	benchPosts    = 10
	notice        = "城北片区今晚二十二时起停水，请提前储水，恢复时间另行通知。"
)

// counter is a platform over HTTP that holds nothing: it counts, after its latency.
type counter struct {
	address string
	latency time.Duration
	n       atomic.Int64
	first   atomic.Int64 // Unix nanoseconds at which the first request with the word 紧急 came
}

func serve(tb testing.TB, latency time.Duration) *counter {
	tb.Helper()
	c := &counter{latency: latency}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	tb.Cleanup(func() { _ = s.Close() })
	c.address = "http://" + l.Addr().String()
	return c
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text := r.FormValue("text")
	if strings.HasPrefix(text, "紧急") {
		c.first.CompareAndSwap(0, time.Now().UnixNano())
	}
	if c.latency > 0 {
		<-time.After(c.latency)
	}
	_, _ = io.WriteString(w, `{"id":"`+strconv.FormatInt(c.n.Add(1), 10)+`"}`)
}

// post is the request that both sides send.
func post(ctx context.Context, client *http.Client, address, account, token, text string) (id string, err error) {
	form := url.Values{"account": {account}, "text": {text}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/posts", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct{ ID string }
	err = json.NewDecoder(resp.Body).Decode(&answer)
	return answer.ID, err
}

// overHTTP is the adapter of that platform.
type overHTTP struct {
	address string
	client  *http.Client
}

func (*overHTTP) App() account.App { return account.App{Platform: "counter", Key: "k"} }

func (*overHTTP) Limits() publish.Limits { return publish.Limits{} }

func (a *overHTTP) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	id, err := post(ctx, a.client, a.address, s.Account.ID, s.Credential.Access.Reveal(), s.Rendition.Text)
	if err != nil {
		return nil, err
	}
	return &govmedia.Receipt{ID: id, At: time.Now()}, nil
}

// benchClient keeps as many connections as there are calls at once.
func benchClient(concurrency int) *http.Client {
	return wire.Client(&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}, Timeout: time.Minute})
}

// benchMatrix is a matrix on a file with a thousand connected accounts.
func benchMatrix(tb testing.TB, address string, concurrency int, o govmedia.Observer) *matrix.Matrix {
	tb.Helper()
	ctx := tb.Context()
	engine, err := sqlite.Open(ctx, filepath.Join(tb.TempDir(), "b.db"), nil)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, engine.Close()) })
	require.NoError(tb, engine.Migrate(ctx))
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{&overHTTP{address, benchClient(concurrency)}}, Concurrency: concurrency, Observer: o,
		Keys: account.Keyring{Current: "k", Keys: map[string][]byte{"k": make([]byte, 32)}},
		Publish: publish.Config{
			Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }, RepeatWithin: -1,
		},
	})
	require.NoError(tb, err)
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府", Level: account.City}}}
	for _, id := range benchIDs() {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: "counter", Key: "k"}, Name: "示例" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(tb, m.Registry.Save(ctx, "admin", reg))
	for _, a := range reg.Accounts {
		require.NoError(tb, m.Vault.Put(ctx, "admin", account.Credential{Account: a.ID, Access: govmedia.NewSecret("t" + a.ID)}))
	}
	return m
}

func benchIDs() []string {
	ids := make([]string, benchAccounts)
	for n := range ids {
		ids[n] = fmt.Sprintf("a%04d", n)
	}
	return ids
}

// queuePosts approves and queues so many posts to every account.
func queuePosts(tb testing.TB, m *matrix.Matrix, p publish.Post, posts int) {
	tb.Helper()
	ctx := tb.Context()
	for range posts {
		d, err := m.Publisher.Draft(ctx, "author", p)
		require.NoError(tb, err)
		for step, actor := range []string{"author", "reviewer", "approver"} {
			d, err = []func(context.Context, string, publish.Post, string) (publish.Post, error){
				m.Publisher.Submit, m.Publisher.Review, m.Publisher.Approve,
			}[step](ctx, actor, d, "")
			require.NoError(tb, err)
		}
		_, err = m.Publisher.Publish(ctx, "author", d.ID)
		require.NoError(tb, err)
	}
}

var loads = []struct {
	name        string
	latency     time.Duration
	concurrency int
}{
	{"zero latency", 0, 64},
	{"20 ms", 20 * time.Millisecond, 64},
}

// BenchmarkBroadcast sends 10,000 deliveries a round, each with its fence on disk before its first byte and its outcome
// and both audit records after it, from the start of Run until Run has returned. Compare with BenchmarkBareLoop of the
// same run.
func BenchmarkBroadcast(b *testing.B) {
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			c := serve(b, l.latency)
			settled := &awaited{}
			m := benchMatrix(b, c.address, l.concurrency, settled)
			for b.Loop() {
				b.StopTimer()
				queuePosts(b, m, publish.Post{Text: notice, Targets: benchIDs()}, benchPosts)
				before := c.n.Load()
				ctx, stop := context.WithCancel(b.Context())
				settled.await(benchAccounts*benchPosts, stop)
				b.StartTimer()
				require.NoError(b, m.Run(ctx))
				require.Equal(b, int64(benchAccounts*benchPosts), c.n.Load()-before)
			}
			b.ReportMetric(float64(b.N*benchAccounts*benchPosts)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// awaited calls a function when so many deliveries have been settled.
type awaited struct {
	left atomic.Int64
	then func()
}

func (a *awaited) await(n int64, then func()) {
	a.then = then
	a.left.Store(n)
}

// Observe implements govmedia.Observer.
func (a *awaited) Observe(_ context.Context, e govmedia.Event) {
	if e.Name == "delivery.settled" && a.left.Add(-1) == 0 {
		a.then()
	}
}

// BenchmarkBareLoop sends the same requests with plain net/http and the same concurrency, and remembers nothing.
func BenchmarkBareLoop(b *testing.B) {
	for _, l := range loads {
		b.Run(l.name, func(b *testing.B) {
			c, client := serve(b, l.latency), &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.concurrency}}
			for b.Loop() {
				var wg sync.WaitGroup
				work := make(chan string)
				for range l.concurrency {
					wg.Go(func() {
						for id := range work {
							_, err := post(b.Context(), client, c.address, id, "t"+id, notice)
							if err != nil {
								b.Error(err)
							}
						}
					})
				}
				for range benchPosts {
					for _, id := range benchIDs() {
						work <- id
					}
				}
				close(work)
				wg.Wait()
			}
			b.ReportMetric(float64(b.N*benchAccounts*benchPosts)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
