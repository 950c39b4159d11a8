package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/weibo"
	"github.com/govmedia/govmedia/publish/weibo/weibotest"
)

const weiboKey = "1000000001" // the app of the example accounts in the register

// weiboSide is the fake Weibo, our client of it, and the server of the connect handler.
type weiboSide struct {
	fake   *weibotest.Server
	client *weibo.Client
	mux    *http.ServeMux
	base   string // of the connect handler
	secret string // with which the demonstration's own browser proves itself
}

func startWeibo(ps *platforms, members []account.Account) (platform, error) {
	p := &weiboSide{mux: http.NewServeMux(), secret: rand.Text()}
	p.fake = weibotest.New(&weibotest.Config{FirstID: freshID(4_000_000_000_000_000_001)})
	for _, a := range of(p, members) {
		p.fake.AddUser(weibotest.User{UID: a.UID, ScreenName: a.Name, Verified: true, VerifiedType: 1, VerifiedReason: a.Verification})
	}
	base, err := ps.serve(p.fake)
	if err != nil {
		return nil, err
	}
	if p.base, err = ps.serve(p.mux); err != nil {
		return nil, err
	}
	app := weibotest.App{Key: weiboKey, Secret: rand.Text(), RedirectURI: p.base + "/connect/weibo/callback", SafeDomains: []string{safeDomain}}
	p.fake.AddApp(app)
	p.client, err = weibo.New(&weibo.Config{
		AppKey: weiboKey, AppSecret: govmedia.NewSecret(app.Secret), BaseURL: base, RedirectURL: app.RedirectURI,
		RealIP: "127.0.0.1", SafeDomains: app.SafeDomains, VisibleWithin: 5 * time.Second,
		PostsPerHour: -1, AnswersPerHour: -1, // each day meets a fake that has seen none of the days before
		HTTPClient: outbound(),
	})
	return p, err
}

func (p *weiboSide) name() string { return weibo.Platform }

func (p *weiboSide) adapters() []publish.Adapter { return []publish.Adapter{p.client} }

// connect sends a browser through the OAuth of every account, as its operator would.
func (p *weiboSide) connect(ctx context.Context, m *matrix.Matrix, members []account.Account) error {
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
	p.mux.Handle("/connect/weibo/", handler)
	for _, a := range members {
		if err := p.connectOne(ctx, a); err != nil {
			return fmt.Errorf("account %s could not be connected: %w", a.ID, err)
		}
	}
	return nil
}

func (p *weiboSide) connectOne(ctx context.Context, a account.Account) error {
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

func (p *weiboSide) ask(r govmedia.Receipt, citizen, text string) error {
	_, err := p.fake.AddComment(r.ID, citizen, text)
	return err
}

func (p *weiboSide) held(mark string, accounts []account.Account) (copies map[string]int, answers int) {
	ids := map[string]string{}
	for _, a := range accounts {
		ids[a.UID] = a.ID
	}
	copies = map[string]int{}
	journal := p.fake.Journal()
	for _, post := range journal.Posts {
		if strings.Contains(post.Text, mark) {
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

func (p *weiboSide) script(fault string, posts, answers int) {
	f := weibotest.Fault{Name: weibotest.FaultName(fault), RetryAfter: time.Second}
	if fault == down {
		p.fake.Script(f) // every call, until it is cleared
		return
	}
	post, answer := f, f
	post.Endpoint, post.Times = "statuses/share", posts
	answer.Endpoint, answer.Times = "comments/reply", answers
	p.fake.Script(post, answer)
}

func (p *weiboSide) heal() { p.fake.ClearFaults() }
