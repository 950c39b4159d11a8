package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
	"github.com/stretchr/testify/require"
)

const (
	roundsVariable = "GOVMEDIA_CRASH_ROUNDS"
	seedVariable   = "GOVMEDIA_CRASH_SEED"

	perPlatform  = 100
	kills        = 3
	hang         = 300 * time.Millisecond // a platform that hangs is given up after it
	stormWait    = time.Second            // longest attempt, with the waiting of its fence for a database that is busy
	calmWait     = 2 * time.Second        // the same when no platform hangs any more; what was killed is waited for as long
	settleWithin = 4 * time.Minute        // of a round, however slow the machine is
	atOnce       = 3                      // rounds that run at the same time: each has its own database and fakes, and waits for leases to end
)

// stormURLs are the addresses of the three fakes, for a child that publishes to all.
type stormURLs struct{ Weibo, WeChat, WordPress string }

func (u stormURLs) adapters() ([]publish.Adapter, error) {
	calls := &http.Client{Timeout: hang}
	w, err := weibo.New(&weibo.Config{
		AppKey: "1000000001", AppSecret: govmedia.NewSecret(secret), BaseURL: u.Weibo, RealIP: "127.0.0.1", HTTPClient: calls,
		VisibleWithin: 500 * time.Millisecond, ClockSkew: 2 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	site, err := wordpress.New(&wordpress.Config{BaseURL: u.WordPress, HTTPClient: calls, Site: "www.shili.example", ClockSkew: 2 * time.Second})
	if err != nil {
		return nil, err
	}
	list := []publish.Adapter{poster{w, w}, tracked{poster{site, site}, site}}
	for n := range perPlatform {
		c, err := wechat.New(&wechat.Config{
			AppID: wechatApp(n), AppSecret: govmedia.NewSecret(secret), BaseURL: u.WeChat, HTTPClient: calls,
			VisibleWithin: 500 * time.Millisecond, ClockSkew: 2 * time.Second,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, tracked{poster{c, c}, c})
	}
	return list, nil
}

// poster is an adapter that publishes and reads for posts. What a process reads of messages and figures of 300 accounts
// when it starts would take longer than it lives.
type poster struct {
	publish.Adapter
	publish.Finder
}

// tracked is one whose platform may say "accepted".
type tracked struct {
	poster
	publish.Tracker
}

func wechatApp(n int) string { return fmt.Sprintf("wx%016d", n) }

// storm is one round: three fakes, a database, three hundred deliveries.
type storm struct {
	t    *testing.T
	rng  *rand.Rand
	job  job
	post string

	weibo     *weibotest.Server
	wechat    *wechattest.Server
	wordpress *wordpresstest.Server
	faults    int
	doubted   map[string]bool // by id: the deliveries whose outcome was ever unknown
}

func newStorm(t *testing.T, db string, rng *rand.Rand) *storm {
	t.Helper()
	s := &storm{
		t: t, rng: rng, weibo: weibotest.New(nil), wordpress: wordpresstest.New(nil),
		wechat: wechattest.New(&wechattest.Config{ProcessDelay: 100 * time.Millisecond}),
	}
	servers := []*httptest.Server{httptest.NewServer(s.weibo), httptest.NewServer(s.wechat), httptest.NewServer(s.wordpress)}
	for _, server := range servers {
		t.Cleanup(server.Close)
	}
	s.job = job{Platform: "storm", DB: db, Storm: &stormURLs{servers[0].URL, servers[1].URL, servers[2].URL}}
	m, engine, err := s.job.open(t.Context(), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	require.NoError(t, engine.Migrate(t.Context()))
	s.populate(m)
	return s
}

// populate registers and connects the accounts, and approves one post for all of them.
func (s *storm) populate(m *matrix.Matrix) {
	s.t.Helper()
	ctx := s.t.Context()
	s.weibo.AddApp(weibotest.App{Key: "1000000001", Secret: secret, SafeDomains: []string{"www.shili.example"}})
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	creds := map[string]account.Credential{}
	add := func(id, platform, app, uid string, cred account.Credential) {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: platform, Key: app}, UID: uid, Name: "示例" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
		creds[id] = cred
	}
	for n := range perPlatform {
		uid := strconv.Itoa(9000000001 + n)
		s.weibo.AddUser(weibotest.User{UID: uid, ScreenName: "示例" + uid, Verified: true, VerifiedType: 1})
		token, err := s.weibo.Token("1000000001", uid)
		require.NoError(s.t, err)
		add("w"+uid, weibo.Platform, "1000000001", uid, account.Credential{Access: govmedia.NewSecret(token.AccessToken), Expires: token.Expires})

		s.wechat.AddApp(wechattest.App{ID: wechatApp(n), Secret: secret, Name: "示例" + uid})
		ticket, err := s.wechat.Token(wechatApp(n), true)
		require.NoError(s.t, err)
		add("x"+wechatApp(n), wechat.Platform, wechatApp(n), "", account.Credential{
			Access: govmedia.NewSecret(ticket.AccessToken), Refresh: govmedia.NewSecret("client_credential"), Expires: ticket.Expires,
		})

		login := "clerk" + uid
		s.wordpress.AddUser(wordpresstest.User{Login: login, Name: "示例" + uid, Role: wordpresstest.Editor})
		password, err := s.wordpress.Password(login)
		require.NoError(s.t, err)
		add("p"+login, wordpress.Platform, "www.shili.example", login, account.Credential{Access: govmedia.NewSecret(password)})
	}
	require.NoError(s.t, m.Registry.Save(ctx, "admin", reg))
	p := publish.Post{Title: "停水通知", Text: notice + "。", Link: "https://www.shili.example/n", Cover: picture(s.t, m)}
	for id, cred := range creds {
		cred.Account = id
		require.NoError(s.t, m.Vault.Put(ctx, "admin", cred))
		p.Targets = append(p.Targets, id)
	}
	d, err := m.Publisher.Draft(ctx, "author", p)
	require.NoError(s.t, err)
	d, err = m.Publisher.Submit(ctx, "author", d, "")
	require.NoError(s.t, err)
	d, err = m.Publisher.Review(ctx, "reviewer", d, "")
	require.NoError(s.t, err)
	d, err = m.Publisher.Approve(ctx, "approver", d, "")
	require.NoError(s.t, err)
	s.post, s.job.Post = d.ID, d.ID
}

// misbehave scripts some faults of every platform's writes and readings, each for a few calls.
func (s *storm) misbehave() {
	names := []string{"hang", "commit-hang", "drop-after-commit", "5xx-before-commit", "5xx-after-commit", "refuse", "429", "garbage"}
	s.weibo.ClearFaults()
	s.wechat.ClearFaults()
	s.wordpress.ClearFaults()
	for range 12 {
		pick := func() string { return names[s.rng.IntN(len(names))] }
		times := 1 + s.rng.IntN(4)
		s.weibo.Script(weibotest.Fault{Name: weibotest.FaultName(pick()), Endpoint: "statuses/share", Times: times, RetryAfter: time.Second})
		s.wechat.Script(wechattest.Fault{Name: wechattest.FaultName(pick()), Endpoint: "freepublish/submit", Times: times, RetryAfter: time.Second})
		s.wordpress.Script(wordpresstest.Fault{Name: wordpresstest.FaultName(pick()), Endpoint: "posts.create", Times: times, RetryAfter: time.Second})
		s.faults += 3 * times
	}
	s.weibo.Script(weibotest.Fault{Name: "read-down", Times: 5})
	s.wechat.Script(wechattest.Fault{Name: "read-down", Times: 5})
	s.wordpress.Script(wordpresstest.Fault{Name: "read-down", Times: 5})
	s.faults += 15
}

// die lets a process work on the broadcast and kills it at a random moment after its first fence.
func (s *storm) die() {
	s.t.Helper()
	s.misbehave()
	p := start(s.t, s.job)
	p.await("a fence", func(l line) bool { return l.Event == "delivery.fenced" || l.Event == "settled" })
	go func() {
		for range p.lines { // nobody reads what it tells from here on
		}
	}()
	timer := time.NewTimer(time.Duration(s.rng.IntN(800)) * time.Millisecond)
	<-timer.C
	p.kill()
}

// held counts what each account really shows.
func (s *storm) held() map[string]int {
	copies := map[string]int{}
	for _, p := range s.weibo.Journal().Posts {
		copies["w"+p.UID]++
	}
	for _, p := range s.wechat.Journal().Publications {
		copies["x"+p.AppID]++
	}
	for _, p := range s.wordpress.Journal().Posts {
		copies["p"+p.Author]++
	}
	return copies
}

// finish lets one more process work on platforms that behave until everything is settled, and returns the deliveries.
func (s *storm) finish() []govmedia.Delivery {
	s.t.Helper()
	s.weibo.ClearFaults()
	s.wechat.ClearFaults()
	s.wordpress.ClearFaults()
	calm := s.job
	calm.Calm = true
	p := start(s.t, calm)
	go func() {
		for range p.lines { // see die
		}
	}()
	m, engine, err := s.job.open(s.t.Context(), nil)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, engine.Close()) }()
	var ds []govmedia.Delivery
	for deadline := time.Now().Add(settleWithin); ; <-time.After(200 * time.Millisecond) {
		ds, err = m.Publisher.Deliveries(s.t.Context(), s.post)
		require.NoError(s.t, err)
		if publish.StateOf(ds) != publish.UnderWay {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("after %s %s", settleWithin, underWay(ds))
		}
	}
	p.stop()
	var log strings.Builder
	require.NoError(s.t, engine.ExportAudit(s.t.Context(), &log))
	_, err = govmedia.VerifyAudit(strings.NewReader(log.String()))
	require.NoError(s.t, err)
	s.doubted = doubted(s.t, log.String())
	return ds
}

// underWay says what has not been settled, with an example of each state.
func underWay(ds []govmedia.Delivery) string {
	count, example := map[govmedia.DeliveryState]int{}, map[govmedia.DeliveryState]govmedia.Delivery{}
	for _, d := range ds {
		count[d.State]++
		example[d.State] = d
	}
	text := "not everything is settled: now it is " + time.Now().UTC().Format(time.RFC3339Nano)
	for _, state := range slices.Sorted(maps.Keys(count)) {
		d := example[state]
		text += fmt.Sprintf("\n%d are %s; such as %s, attempt %d, due %s, changed %s: %s", count[state], state, d.ID, d.Attempt,
			d.Due.Format(time.RFC3339Nano), d.Updated.Format(time.RFC3339Nano), d.Reason)
	}
	return text
}

// doubted returns the deliveries whose outcome was ever unknown, by what the audit log says of them.
func doubted(t *testing.T, log string) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for text := range strings.Lines(log) {
		var r govmedia.AuditRecord
		require.NoError(t, json.Unmarshal([]byte(text), &r))
		doubt := r.Action == "delivery.expire"
		if r.Action == "delivery.settle" {
			var detail struct{ State govmedia.DeliveryState }
			require.NoError(t, json.Unmarshal([]byte(r.Detail), &detail))
			doubt = detail.State == govmedia.Uncertain
		}
		if doubt {
			ids[strings.TrimPrefix(r.Subject, "delivery/")] = true
		}
	}
	return ids
}

// figures is what became of a round. With a person is what matrix.Attention shows: what only a person can settle, and what
// certainly was not sent after many tries. Doubted are those deliveries whose outcome was ever unknown; of these, resolved
// and asked became certain without a person or were handed to one.
type figures struct {
	rounds, kills, deliveries, attempts, live, person, duplicates, lost, doubted, resolved, asked int
}

func (f figures) add(g figures) figures {
	return figures{
		f.rounds + g.rounds, f.kills + g.kills, f.deliveries + g.deliveries, f.attempts + g.attempts, f.live + g.live, f.person + g.person,
		f.duplicates + g.duplicates, f.lost + g.lost, f.doubted + g.doubted, f.resolved + g.resolved, f.asked + g.asked,
	}
}

// String is the line that says it all.
func (f figures) String() string {
	return fmt.Sprintf("rounds %d, deliveries %d, kills %d, duplicates %d, lost %d, unknown %d (resolved %d, handed to a person %d); attempts %d, live %d, with a person %d",
		f.rounds, f.deliveries, f.kills, f.duplicates, f.lost, f.doubted, f.resolved, f.asked, f.attempts, f.live, f.person)
}

func (s *storm) judge(ds []govmedia.Delivery) figures {
	copies := s.held()
	f := figures{rounds: 1, kills: kills}
	for _, d := range ds {
		n := copies[d.Account]
		f.deliveries++
		f.attempts += d.Attempt
		f.duplicates += max(0, n-1)
		certain := false
		switch {
		case d.State == govmedia.Live && n == 1:
			f.live++
			certain = true
		case d.State == govmedia.NeedsPerson, d.State == govmedia.NotSent && n == 0:
			f.person++
		default:
			f.lost++
			s.t.Logf("delivery %s is %s (%s) and the platform holds %d copies", d.ID, d.State, d.Reason, n)
		}
		switch {
		case !s.doubted[d.ID]:
		case certain:
			f.doubted, f.resolved = f.doubted+1, f.resolved+1
		default:
			f.doubted++
			if d.State == govmedia.NeedsPerson || d.State == govmedia.NotSent {
				f.asked++
			}
		}
	}
	return f
}

// A broadcast of 300 deliveries over three platforms that misbehave, killed three times at random moments: at the end
// everything is there once, or a person has been asked; nothing is there twice and nothing is forgotten.
func TestC1_KilledAtRandomMoments(t *testing.T) {
	rounds, seed := 5, uint64(1)
	if testing.Short() {
		rounds = 1
	}
	if text := os.Getenv(roundsVariable); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		rounds = n
	}
	if text := os.Getenv(seedVariable); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		seed = n
	}
	onEach(t, func(t *testing.T, database func(*testing.T) string) {
		var mu sync.Mutex
		var sum figures
		places := make(chan struct{}, atOnce)
		begin := time.Now()
		t.Run("rounds", func(t *testing.T) {
			for round := range rounds {
				t.Run(strconv.Itoa(round), func(t *testing.T) {
					t.Parallel()
					places <- struct{}{}
					defer func() { <-places }()
					f := stormRound(t, database(t), seed, round)
					mu.Lock()
					defer mu.Unlock()
					sum = sum.add(f)
				})
			}
		})
		t.Logf("%s: %s; %s", strings.TrimPrefix(t.Name(), "TestC1_KilledAtRandomMoments/"), sum, time.Since(begin).Round(time.Second))
	})
}

func stormRound(t *testing.T, db string, seed uint64, round int) figures {
	t.Helper()
	begin := time.Now()
	s := newStorm(t, db, rand.New(rand.NewPCG(seed, uint64(round))))
	for range kills {
		s.die()
	}
	f := s.judge(s.finish())
	t.Logf("seed %d, faults scripted %d: %s; %.1f s", seed, s.faults, f, time.Since(begin).Seconds())
	require.Zero(t, f.duplicates, "what is there twice")
	require.Zero(t, f.lost, "what nobody knows of")
	require.Equal(t, 3*perPlatform, f.live+f.person)
	require.Equal(t, f.doubted, f.resolved+f.asked, "every unknown is resolved, or a person has it")
	return f
}

// stormChild publishes the post to everybody and works until it is killed or told to stop.
func stormChild(ctx context.Context, j job) error {
	m, engine, err := j.open(ctx, teller{})
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	ds, err := m.Publisher.Publish(ctx, "author", j.Post)
	if err != nil {
		return err
	}
	if publish.StateOf(ds) != publish.UnderWay {
		teller{}.Observe(ctx, govmedia.Event{Name: "settled"})
	}
	return m.Run(ctx)
}
