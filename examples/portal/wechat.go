package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wechat"
	"github.com/govmedia/govmedia/publish/wechat/wechattest"
)

// wechatSide is the fake WeChat and one client for each official account.
type wechatSide struct {
	fake    *wechattest.Server
	clients map[string]*wechat.Client // by appid
}

func startWeChat(ps *platforms, members []account.Account) (platform, error) {
	p := &wechatSide{clients: map[string]*wechat.Client{}}
	p.fake = wechattest.New(&wechattest.Config{FirstID: freshID(2_247_483_650), ProcessDelay: time.Second})
	base, err := ps.serve(p.fake)
	if err != nil {
		return nil, err
	}
	for _, a := range of(p, members) {
		secret := rand.Text()
		p.fake.AddApp(wechattest.App{ID: a.App.Key, Secret: secret, Name: a.Name})
		p.clients[a.App.Key], err = wechat.New(&wechat.Config{
			AppID: a.App.Key, AppSecret: govmedia.NewSecret(secret), BaseURL: base, HTTPClient: outbound(),
			OpenComments: true, PostsPerDay: -1, VisibleWithin: 5 * time.Second,
		})
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *wechatSide) name() string { return wechat.Platform }

func (p *wechatSide) adapters() []publish.Adapter {
	var list []publish.Adapter
	for _, c := range p.clients {
		list = append(list, c)
	}
	return list
}

// connect needs no person: an official account's own secret fetches its token.
func (p *wechatSide) connect(ctx context.Context, m *matrix.Matrix, accounts []account.Account) error {
	for _, a := range accounts {
		cred, err := p.clients[a.App.Key].Connect(ctx, a.ID)
		if err == nil {
			err = m.Vault.Put(ctx, "管理员", cred)
		}
		if err != nil {
			return fmt.Errorf("account %s could not be connected: %w", a.ID, err)
		}
	}
	return nil
}

func (p *wechatSide) ask(r govmedia.Receipt, citizen, text string) error {
	_, err := p.fake.AddComment(r.Thread, 0, citizen, text)
	return err
}

func (p *wechatSide) held(mark string, accounts []account.Account) (copies map[string]int, answers int) {
	ids := map[string]string{}
	for _, a := range accounts {
		ids[a.App.Key] = a.ID
	}
	copies = map[string]int{}
	journal := p.fake.Journal()
	for _, pub := range journal.Publications {
		for _, article := range pub.Articles {
			if pub.Visible && strings.Contains(article.Content, mark) {
				copies[ids[pub.AppID]]++
			}
		}
	}
	for _, c := range journal.Comments {
		answers += c.Replies
	}
	return copies, answers
}

func (p *wechatSide) script(fault string, posts, answers int) {
	f := wechattest.Fault{Name: wechattest.FaultName(fault), RetryAfter: time.Second}
	if fault == down {
		p.fake.Script(f) // every call, until it is cleared
		return
	}
	post, answer := f, f
	post.Endpoint, post.Times = "freepublish/submit", posts
	answer.Endpoint, answer.Times = "comment/reply/add", answers
	p.fake.Script(post, answer)
}

func (p *wechatSide) heal() { p.fake.ClearFaults() }
