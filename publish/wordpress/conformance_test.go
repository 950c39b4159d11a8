package wordpress_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/publishtest"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
)

const site = "www.city.example"

// newAdapter returns the adapter under test; whatever it calls, the client leads elsewhere.
func newAdapter(t *testing.T) func(*http.Client) publish.Adapter {
	t.Helper()
	return func(c *http.Client) publish.Adapter {
		client, err := wordpress.New(&wordpress.Config{BaseURL: "http://127.0.0.1", Site: site, HTTPClient: c})
		require.NoError(t, err)
		return client
	}
}

func TestP16_WordPressConforms(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
		fake, files := wordpresstest.New(nil), library{}
		fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Editor})
		password, err := fake.Password("city")
		require.NoError(t, err)
		return &publishtest.Harness{
			Handler:    fake,
			Adapter:    newAdapter(t),
			Account:    account.Account{ID: "site", App: account.App{Platform: wordpress.Platform, Key: site}, UID: "city", Name: "某市发布"},
			Credential: account.Credential{Account: "site", Access: govmedia.NewSecret(password)},
			Rendition:  rendition(files, ""), Illustrated: rendition(files, "配图"),
			Media:   files.load,
			Creates: creates, Withdraws: removes,
			Fault: func(f publishtest.Fault) error {
				script := wordpresstest.Fault{
					Name: wordpresstest.FaultName(f.Name), Times: f.Times, Endpoint: "posts.create",
					RetryAfter: f.RetryAfter, RetryAfterDate: f.RetryAfterDate, Skew: f.Skew,
				}
				switch f.Name {
				case "media-rejected", "skew":
					script.Endpoint = ""
				case "shift-pages":
					script.Endpoint = "posts.list"
				case "review":
					script.Name = wordpresstest.FaultPending
				case "review-pass":
					return reviewed(fake, "publish")
				case "review-reject":
					return reviewed(fake, "draft")
				case "account-banned":
					fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布", Role: wordpresstest.Subscriber})
					return nil
				case "account-renamed":
					fake.AddUser(wordpresstest.User{Login: "city", Name: "某市发布新名", Role: wordpresstest.Editor})
					return nil
				case "quota-app", "quota-account":
					return fmt.Errorf("a website has no quotas: %w", errors.ErrUnsupported)
				case "account-unverified":
					return fmt.Errorf("a website verifies nobody: %w", errors.ErrUnsupported)
				case "processing":
					return fmt.Errorf("a website reviews or shows at once: %w", errors.ErrUnsupported)
				}
				if !slices.Contains(wordpresstest.FaultNames(), script.Name) || script.Name == wordpresstest.FaultDuplicate {
					return fmt.Errorf("WordPress never says so of a post: %w", errors.ErrUnsupported)
				}
				if script.Name == wordpresstest.FaultReadDown {
					script.Endpoint, script.Only = "", "read"
				}
				if script.Name == wordpresstest.FaultMediaRejected {
					script.Endpoint = ""
				}
				if f.Withdrawal {
					script.Endpoint = "posts.delete"
				}
				fake.Script(script)
				return nil
			},
			Posts: func() []publishtest.Held {
				var held []publishtest.Held
				for _, p := range fake.Journal().Posts {
					if !p.Deleted && p.Status != "trash" {
						held = append(held, heldOf(p.ID, p.Title, p.Content))
					}
				}
				return held
			},
		}
	})
}

// reviewed gives every post under review another status.
func reviewed(fake *wordpresstest.Server, status string) error {
	var errs []error
	for _, p := range fake.Journal().Posts {
		if p.Status == "pending" {
			errs = append(errs, fake.SetPostStatus(p.ID, status))
		}
	}
	return errors.Join(errs...)
}

func heldOf(id, title, content string) publishtest.Held {
	text, link := written(content)
	return publishtest.Held{ID: id, Title: html.UnescapeString(title), Text: text, Link: link, Pictures: strings.Count(content, "<figure ")}
}

// creates tells the write that makes a post from the uploads before it.
func creates(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/posts")
}

// removes tells the write that takes a post down.
func removes(r *http.Request) bool {
	return r.Method == http.MethodDelete || r.Header.Get("X-HTTP-Method-Override") == http.MethodDelete
}

// rendition returns articles with everything that a site could take for markup. The tag tells one run's from another's.
func rendition(files library, tag string) func(n int) publish.Rendition {
	cover, clip := files.add(picture("封面 <b>.png", 0)), files.add(film("现场.mp4", 0))
	return func(n int) publish.Rendition {
		return publish.Rendition{
			Title: fmt.Sprintf(`停水通知“甲”%s<%d> & \n`, tag, n),
			Text:  fmt.Sprintf(`第%d号%s[x]：城北 < 城南 & "河东" https://www.gov.example/n/%d?a=1&b=2`, n, tag, n) + "\n<!-- wp:x --> [gallery]",
			Link:  fmt.Sprintf("https://www.gov.example/n/%d?a=1&b=2", n), Cover: cover, Media: []string{cover, clip}, Want: govmedia.ReachPublic,
		}
	}
}

func TestP16_WordPressLive(t *testing.T) {
	address, login, password := os.Getenv("GOVMEDIA_WORDPRESS_URL"), os.Getenv("GOVMEDIA_WORDPRESS_USER"), os.Getenv("GOVMEDIA_WORDPRESS_PASSWORD")
	if address == "" || login == "" || password == "" {
		t.Skip(`no real WordPress; start one: eval "$(internal/realservers/wordpress.sh start)" (as root "internal/realservers/wordpress.sh install" first)`)
	}
	publishtest.RunLive(t, func(t *testing.T) *publishtest.Harness {
		began, tag, files := newest(t, address, login, password), rand.Text(), library{} // others may use the site, too
		return &publishtest.Harness{
			Live:       address,
			Adapter:    newAdapter(t),
			Account:    account.Account{ID: "site", App: account.App{Platform: wordpress.Platform, Key: site}, UID: login, Name: "某市发布"},
			Credential: account.Credential{Account: "site", Access: govmedia.NewSecret(password)},
			Rendition:  rendition(files, tag), Illustrated: rendition(files, tag+"图"),
			Media:   files.load,
			Creates: creates, Withdraws: removes,
			Fault: func(publishtest.Fault) error {
				return fmt.Errorf("a real WordPress cannot be asked to do this: %w", errors.ErrUnsupported)
			},
			Posts: func() []publishtest.Held {
				return slices.DeleteFunc(heldAfter(t, address, login, password, began), func(p publishtest.Held) bool {
					return !strings.Contains(p.Text, tag)
				})
			},
		}
	})
}

// heldAfter asks a real site, by other means than the adapter, for the posts with higher ids.
func heldAfter(t *testing.T, address, login, password string, after int) []publishtest.Held {
	t.Helper()
	var held []publishtest.Held
	for page := 1; ; page++ {
		var list []struct {
			ID             int
			Title, Content struct{ Raw string }
		}
		get(t, fmt.Sprintf("%s/?rest_route=/wp/v2/posts&context=edit&status=any&orderby=id&order=desc&per_page=100&page=%d&_fields=id,title.raw,content.raw", address, page),
			login, password, &list)
		for _, p := range list {
			if p.ID <= after {
				return held
			}
			held = append(held, heldOf(fmt.Sprint(p.ID), p.Title.Raw, p.Content.Raw))
		}
		if len(list) < 100 {
			return held
		}
	}
}

func newest(t *testing.T, address, login, password string) int {
	t.Helper()
	var list []struct{ ID int }
	get(t, address+"/?rest_route=/wp/v2/posts&status=any&orderby=id&order=desc&per_page=1&_fields=id", login, password, &list)
	if len(list) == 0 {
		return 0
	}
	return list[0].ID
}

func get(t *testing.T, address, login, password string, into any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	req.SetBasicAuth(login, password)
	client := http.Client{Timeout: time.Minute}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusBadRequest && page(body) {
		return // the page after the last
	}
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	require.NoError(t, json.Unmarshal(body, into))
}

func page(body []byte) bool {
	var e struct{ Code string }
	return json.Unmarshal(body, &e) == nil && e.Code == "rest_post_invalid_page_number"
}
