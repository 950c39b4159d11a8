package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const (
	appKey     = "1000000001"        // the app of the example accounts in the register
	safeDomain = "www.shili.example" // where the notice links to
)

// platform is the fake Weibo on a loopback server, our client of it, and the server of the connect handler.
type platform struct {
	fake    *weibotest.Server
	client  *weibo.Client
	servers []*http.Server
	connect *http.ServeMux
	base    string // of the connect handler
	secret  string // with which the demonstration's own browser proves itself
}

// startPlatform starts the fake with the users that the example accounts stand for.
func startPlatform(members []account.Account, fault string) (p *platform, err error) {
	p = &platform{connect: http.NewServeMux(), secret: rand.Text()}
	p.fake = weibotest.New(&weibotest.Config{FirstID: 4_000_000_000_000_000_001 + 2*time.Now().UnixMicro()})
	for _, a := range members {
		p.fake.AddUser(weibotest.User{UID: a.UID, ScreenName: a.Name, Verified: true, VerifiedType: 1, VerifiedReason: a.Verification})
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	base, err := p.serve(p.fake)
	if err != nil {
		return p, err
	}
	if p.base, err = p.serve(p.connect); err != nil {
		return p, err
	}
	app := weibotest.App{Key: appKey, Secret: rand.Text(), RedirectURI: p.base + "/connect/weibo/callback", SafeDomains: []string{safeDomain}}
	p.fake.AddApp(app)
	scripted, err := faults(fault, len(members))
	if err != nil {
		return p, err
	}
	p.fake.Script(scripted...)
	p.client, err = weibo.New(&weibo.Config{
		AppKey: appKey, AppSecret: govmedia.NewSecret(app.Secret), BaseURL: base, RedirectURL: app.RedirectURI,
		RealIP: "127.0.0.1", SafeDomains: app.SafeDomains, VisibleWithin: 5 * time.Second,
		HTTPClient: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	})
	return p, err
}

func (p *platform) serve(h http.Handler) (base string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	p.servers = append(p.servers, server)
	go func() { _ = server.Serve(listener) }() // ends when close closes the server
	return "http://" + listener.Addr().String(), nil
}

func (p *platform) close() error {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// faultNames lists the faults that act on a write; the fake has more.
func faultNames() []string {
	var names []string
	for _, n := range []weibotest.FaultName{
		weibotest.FaultRefuse, weibotest.FaultDropAfter, weibotest.FaultHangAfter, weibotest.FaultHang, weibotest.Fault5xxBefore,
		weibotest.Fault5xxAfter, weibotest.Fault4xxAfter, weibotest.FaultDuplicate, weibotest.FaultTooMany, weibotest.FaultUserQuota,
		weibotest.FaultTokenExpired, weibotest.FaultTokenRevoked, weibotest.FaultSlowSuccess, weibotest.FaultCaptcha,
		weibotest.FaultStringCode, weibotest.FaultGarbage, weibotest.FaultDown,
	} {
		names = append(names, string(n))
	}
	return names
}

// faults reads the -fault flag. The fault hits the first n posts, one for each account, and the first answers.
func faults(flag string, n int) ([]weibotest.Fault, error) {
	if flag == "" {
		return nil, nil
	}
	name, ok := strings.CutPrefix(flag, "weibo=")
	if !ok || !slices.Contains(faultNames(), name) {
		return nil, fmt.Errorf("-fault %q: want weibo=NAME, NAME one of %s", flag, strings.Join(faultNames(), ", "))
	}
	f := weibotest.Fault{Name: weibotest.FaultName(name), RetryAfter: time.Second}
	post, answer := f, f
	post.Endpoint, post.Times = "statuses/share", max(n, 1)
	answer.Endpoint, answer.Times = "comments/reply", len(questions)
	return []weibotest.Fault{post, answer}, nil
}

// connectAll sends a browser through the OAuth of every account, as its operator would.
func (p *platform) connectAll(ctx context.Context, m *matrix.Matrix, members []account.Account) error {
	handler, err := p.client.ConnectHandler(&weibo.ConnectConfig{
		Registry: m.Registry, Vault: m.Vault, Key: randomKey(),
		Authorize: func(r *http.Request, _ string) (string, error) {
			if r.Header.Get("X-Demonstration") != p.secret {
				return "", errors.New("only the demonstration's own browser connects accounts")
			}
			return "管理员", nil
		},
	})
	if err != nil {
		return err
	}
	p.connect.Handle("/connect/weibo/", handler)
	for _, a := range members {
		if err := p.connectOne(ctx, a); err != nil {
			return fmt.Errorf("account %s could not be connected: %w", a.ID, err)
		}
	}
	return nil
}

func (p *platform) connectOne(ctx context.Context, a account.Account) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		r.Header.Set("X-Demonstration", p.secret)
		if strings.HasSuffix(r.URL.Path, "/oauth2/authorize") { // here a person would log in and agree
			q := r.URL.Query()
			q.Set("fake_uid", a.UID)
			r.URL.RawQuery = q.Encode()
		}
		return nil
	}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/connect/weibo/start?account="+url.QueryEscape(a.ID), nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-Demonstration", p.secret)
	resp, err := browser.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the connect page answered %s", resp.Status)
	}
	return nil
}

// ask lets each citizen comment under the notice on one account and returns how many did.
func (p *platform) ask(ctx context.Context, m *matrix.Matrix, post string) (int, error) {
	deliveries, err := m.Publisher.Deliveries(ctx, post)
	if err != nil {
		return 0, err
	}
	asked := 0
	for _, d := range deliveries {
		if d.State != govmedia.Live || asked == len(questions) {
			continue
		}
		if _, err := p.fake.AddComment(d.Receipt.ID, questions[asked].citizen, questions[asked].text); err != nil {
			return asked, err
		}
		asked++
	}
	return asked, nil
}

// held counts what the platform really holds: copies of the text by account, and answers of the accounts.
func (p *platform) held(members []account.Account, text string) (copies map[string]int, answers int) {
	ids := map[string]string{}
	for _, a := range members {
		ids[a.UID] = a.ID
	}
	copies = map[string]int{}
	journal := p.fake.Journal()
	for _, post := range journal.Posts {
		if post.Text == text {
			copies[ids[post.UID]]++
		}
	}
	for _, c := range journal.Comments {
		if ids[c.UID] != "" {
			answers++
		}
	}
	return copies, answers
}

func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key
}
