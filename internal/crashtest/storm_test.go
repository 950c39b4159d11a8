package crashtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
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

	perPlatform = 100
	kills       = 3
	stormWait   = 300 * time.Millisecond // longest attempt: a platform that hangs is given up after it
	calmWait    = 10 * time.Second       // the same when no platform hangs any more, however slow the machine is
)

// stormURLs are the addresses of the three fakes, for a child that publishes to all.
type stormURLs struct{ Weibo, WeChat, WordPress string }

func (u stormURLs) adapters() ([]publish.Adapter, error) {
	w, err := weibo.New(&weibo.Config{
		AppKey: "1000000001", AppSecret: govmedia.NewSecret(secret), BaseURL: u.Weibo, RealIP: "127.0.0.1",
		VisibleWithin: 500 * time.Millisecond, ClockSkew: 2 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	site, err := wordpress.New(&wordpress.Config{BaseURL: u.WordPress, Site: "www.shili.example", ClockSkew: 2 * time.Second})
	if err != nil {
		return nil, err
	}
	list := []publish.Adapter{w, site}
	for n := range perPlatform {
		c, err := wechat.New(&wechat.Config{
			AppID: wechatApp(n), AppSecret: govmedia.NewSecret(secret), BaseURL: u.WeChat,
			VisibleWithin: 500 * time.Millisecond, ClockSkew: 2 * time.Second,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
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
	require.Eventually(s.t, func() bool {
		ds, err = m.Publisher.Deliveries(s.t.Context(), s.post)
		require.NoError(s.t, err)
		return publish.StateOf(ds) != publish.UnderWay
	}, 2*time.Minute, 200*time.Millisecond)
	p.stop()
	var log strings.Builder
	require.NoError(s.t, engine.ExportAudit(s.t.Context(), &log))
	_, err = govmedia.VerifyAudit(strings.NewReader(log.String()))
	require.NoError(s.t, err)
	return ds
}

// figures is what became of a round. With a person is what matrix.Attention shows: what only a person can settle, and what
// certainly was not sent after many tries.
type figures struct {
	deliveries, attempts, live, person, duplicates, lost int
}

func (s *storm) judge(ds []govmedia.Delivery) (f figures) {
	copies := s.held()
	for _, d := range ds {
		n := copies[d.Account]
		f.deliveries++
		f.attempts += d.Attempt
		f.duplicates += max(0, n-1)
		switch {
		case d.State == govmedia.Live && n == 1:
			f.live++
		case d.State == govmedia.NeedsPerson, d.State == govmedia.NotSent && n == 0:
			f.person++
		default:
			f.lost++
			s.t.Logf("delivery %s is %s (%s) and the platform holds %d copies", d.ID, d.State, d.Reason, n)
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
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			var sum figures
			for round := range rounds {
				s := newStorm(t, database(t), rand.New(rand.NewPCG(seed, uint64(round))))
				for range kills {
					s.die()
				}
				f := s.judge(s.finish())
				t.Logf("round %d, seed %d: %d kills, %d faults; %d deliveries took %d attempts: %d live, %d with a person, %d twice, %d lost",
					round, seed, kills, s.faults, f.deliveries, f.attempts, f.live, f.person, f.duplicates, f.lost)
				require.Equal(t, figures{f.deliveries, f.attempts, f.live, f.person, 0, 0}, f)
				require.Equal(t, 3*perPlatform, f.live+f.person)
				sum.deliveries, sum.attempts = sum.deliveries+f.deliveries, sum.attempts+f.attempts
				sum.live, sum.person = sum.live+f.live, sum.person+f.person
			}
			t.Logf("%d rounds on %s: %d deliveries, %d kills, %d attempts: %d live, %d with a person, 0 twice, 0 lost",
				rounds, name, sum.deliveries, rounds*kills, sum.attempts, sum.live, sum.person)
		})
	}
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
