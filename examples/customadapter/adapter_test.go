package main

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/publishtest"
)

func TestConforms(t *testing.T) {
	publishtest.Run(t, func(t *testing.T) *publishtest.Harness {
		fake := newCMS()
		return &publishtest.Harness{
			Handler: fake,
			Adapter: func(c *http.Client) publish.Adapter {
				client, err := New(Config{BaseURL: "http://cms.invalid", AppKey: fake.appKey, HTTPClient: c})
				if err != nil {
					t.Fatal(err)
				}
				return client
			},
			Account:    account.Account{ID: "a1", App: account.App{Platform: Platform, Key: fake.appKey}, UID: fake.column, Name: "示例市政府网站·通知公告"},
			Credential: account.Credential{Account: "a1", Access: govmedia.NewSecret(fake.key)},
			Rendition: func(n int) publish.Rendition {
				return publish.Rendition{Title: fmt.Sprintf("通告第%d号", n), Text: fmt.Sprintf("第%d号：明日停水。", n), Link: "https://www.shili.example/n"}
			},
			Fault: func(f publishtest.Fault) error {
				script := fault{
					name: f.Name, removal: f.Withdrawal, times: f.Times, after: f.RetryAfter, date: f.RetryAfterDate, polls: f.Polls, skew: f.Skew,
				}
				if !fake.script(script) {
					return fmt.Errorf("no list, file or verification: %w", errors.ErrUnsupported)
				}
				return nil
			},
			Creates:   func(r *http.Request) bool { return r.Method == http.MethodPost },
			Withdraws: func(r *http.Request) bool { return r.Method == http.MethodDelete },
			Posts: func() []publishtest.Held {
				var held []publishtest.Held
				for _, d := range fake.held() {
					if d.State != "withdrawn" {
						held = append(held, publishtest.Held{ID: d.Number, Title: d.Title, Text: d.Text, Link: d.Link})
					}
				}
				return held
			},
		}
	})
}
