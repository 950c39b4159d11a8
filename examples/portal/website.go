package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

// websiteSide is the fake government website and our client of it.
type websiteSide struct {
	fake      *wordpresstest.Server
	client    *wordpress.Client
	passwords map[string]string // by login
}

func startWebsite(ps *platforms, members []account.Account) (platform, error) {
	p := &websiteSide{passwords: map[string]string{}}
	p.fake = wordpresstest.New(&wordpresstest.Config{Title: "示例省人民政府", FirstID: freshID(1)})
	base, err := ps.serve(p.fake)
	if err != nil {
		return nil, err
	}
	for _, a := range of(p, members) {
		p.fake.AddUser(wordpresstest.User{Login: a.UID, Name: a.Name, Role: wordpresstest.Editor})
		if p.passwords[a.UID], err = p.fake.Password(a.UID); err != nil {
			return nil, err
		}
	}
	p.client, err = wordpress.New(&wordpress.Config{BaseURL: base, Site: safeDomain, HTTPClient: outbound()})
	return p, err
}

func (p *websiteSide) name() string { return wordpress.Platform }

func (p *websiteSide) adapters() []publish.Adapter { return []publish.Adapter{p.client} }

// connect stores the application passwords that a person has made on the site.
func (p *websiteSide) connect(ctx context.Context, m *matrix.Matrix, accounts []account.Account) error {
	for _, a := range accounts {
		err := m.Vault.Put(ctx, "管理员", account.Credential{Account: a.ID, Access: govmedia.NewSecret(p.passwords[a.UID])})
		if err != nil {
			return fmt.Errorf("account %s could not be connected: %w", a.ID, err)
		}
	}
	return nil
}

func (p *websiteSide) ask(r govmedia.Receipt, citizen, text string) error {
	_, err := p.fake.AddComment(r.ID, citizen, text)
	return err
}

func (p *websiteSide) held(mark string, accounts []account.Account) (copies map[string]int, answers int) {
	ids := map[string]string{}
	for _, a := range accounts {
		ids[a.UID] = a.ID
	}
	copies = map[string]int{}
	journal := p.fake.Journal()
	for _, post := range journal.Posts {
		whole := post.FeaturedMedia != "" && strings.Contains(post.Content, safeDomain) // the cover and the link to the original
		if post.Status == "publish" && !post.Deleted && strings.Contains(post.Content, mark) && whole {
			copies[ids[post.Author]]++
		}
	}
	for _, c := range journal.Comments {
		if c.ParentID != "" {
			answers++
		}
	}
	return copies, answers
}

func (p *websiteSide) script(fault string, posts, answers int) {
	f := wordpresstest.Fault{Name: wordpresstest.FaultName(fault), RetryAfter: time.Second}
	if fault == down {
		p.fake.Script(f) // every call, until it is cleared
		return
	}
	post, answer := f, f
	post.Endpoint, post.Times = "posts.create", posts
	answer.Endpoint, answer.Times = "comments.create", answers
	p.fake.Script(post, answer)
}

func (p *websiteSide) heal() { p.fake.ClearFaults() }
