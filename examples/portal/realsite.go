package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
)

// realSite is a WordPress that this project did not write, in place of the fake. Its user and application password come
// from the environment, where internal/realservers/wordpress.sh puts them.
type realSite struct {
	base, login, password string
	client                *wordpress.Client
	http                  *http.Client
	posted                map[string]bool // ids of our posts that were commented on
}

func startRealSite(base string) (platform, error) {
	p := &realSite{
		base: strings.TrimRight(base, "/"), login: os.Getenv("GOVMEDIA_WORDPRESS_USER"), password: os.Getenv("GOVMEDIA_WORDPRESS_PASSWORD"),
		http: &http.Client{Timeout: 10 * time.Second}, posted: map[string]bool{},
	}
	if p.login == "" || p.password == "" {
		return nil, fmt.Errorf("-wordpress needs GOVMEDIA_WORDPRESS_USER and GOVMEDIA_WORDPRESS_PASSWORD; internal/realservers/wordpress.sh start prints them")
	}
	var err error
	p.client, err = wordpress.New(&wordpress.Config{BaseURL: p.base, Site: safeDomain, HTTPClient: outbound()})
	return p, err
}

func (p *realSite) name() string { return wordpress.Platform }

func (p *realSite) adapters() []publish.Adapter { return []publish.Adapter{p.client} }

// connect stores the application password; the register's account becomes the site's user.
func (p *realSite) connect(ctx context.Context, m *matrix.Matrix, accounts []account.Account) error {
	for i := range accounts {
		accounts[i].UID = p.login
		if err := m.Registry.Save(ctx, "管理员", account.Register{Accounts: accounts[i : i+1]}); err != nil {
			return err
		}
		if err := m.Vault.Put(ctx, "管理员", account.Credential{Account: accounts[i].ID, Access: govmedia.NewSecret(p.password)}); err != nil {
			return err
		}
	}
	return nil
}

// flood is how long a WordPress keeps somebody from commenting again.
const flood = 16 * time.Second

// ask sends the form under the post, as a citizen's browser does, once more if somebody else on this machine has just
// commented.
func (p *realSite) ask(r govmedia.Receipt, citizen, text string) error {
	status, err := p.comment(r, citizen, text)
	if err == nil && status == http.StatusTooManyRequests {
		<-time.NewTimer(flood).C
		status, err = p.comment(r, citizen, text)
	}
	if err == nil && status != http.StatusFound {
		err = fmt.Errorf("the site's comment form answered %s", http.StatusText(status))
	}
	return err
}

func (p *realSite) comment(r govmedia.Receipt, citizen, text string) (status int, err error) {
	form := url.Values{"comment_post_ID": {r.ID}, "author": {citizen}, "email": {"citizen@shili.example"}, "comment": {text}, "comment_parent": {"0"}}
	noRedirect := *p.http
	noRedirect.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := noRedirect.PostForm(p.base+"/wp-comments-post.php", form) //nolint:noctx // bounded by the client's timeout
	if err != nil {
		return 0, err
	}
	p.posted[r.ID] = true
	return resp.StatusCode, resp.Body.Close()
}

func (p *realSite) held(mark string, accounts []account.Account) (copies map[string]int, answers int) {
	copies = map[string]int{}
	var posts []struct {
		Cover   int `json:"featured_media"`
		Content struct{ Raw string }
	}
	if p.list("posts?status=any&per_page=100&context=edit&_fields=featured_media,content.raw&search="+url.QueryEscape(mark), &posts) != nil {
		return copies, 0
	}
	for _, post := range posts {
		if post.Cover == 0 || !strings.Contains(post.Content.Raw, safeDomain) {
			continue // without the cover or the link to the original
		}
		for _, a := range accounts {
			copies[a.ID]++
		}
	}
	for id := range p.posted {
		var comments []struct{ Parent int }
		if p.list("comments?per_page=100&status=approve&post="+id, &comments) != nil {
			return copies, 0
		}
		for _, c := range comments {
			if c.Parent != 0 {
				answers++
			}
		}
	}
	return copies, answers
}

// list reads from the site, not through the adapter that is on trial.
func (p *realSite) list(path string, into any) error {
	r, err := http.NewRequest(http.MethodGet, p.base+"/wp-json/wp/v2/"+path, nil) //nolint:noctx // bounded by the client's timeout
	if err != nil {
		return err
	}
	r.SetBasicAuth(p.login, p.password)
	resp, err := p.http.Do(r) //nolint:gosec // the address is the one that -wordpress names
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the site answered %s", resp.Status)
	} else {
		err = json.NewDecoder(resp.Body).Decode(into)
	}
	return errors.Join(err, resp.Body.Close())
}

// script does nothing: a real server cannot be asked to misbehave, and the flags say so.
func (p *realSite) script(string, int, int) {}

func (p *realSite) heal() {}
