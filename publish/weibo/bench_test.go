package weibo_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/govmedia/govmedia/publish/weibo"
)

// BenchmarkPublish sets the adapter beside bare net/http, against a server that does nothing.
func BenchmarkPublish(b *testing.B) {
	const body = `{"idstr":"9100000000000003","mid":"9100000000000003","created_at":"Sun Nov 22 17:40:00 +0800 2026",` +
		`"text":"今晚十点起城北片区停水 http://t.cn/plTS9JB","user":{"idstr":"7001","screen_name":"某市发布"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()

	b.Run("weibo", func(b *testing.B) {
		client, err := weibo.New(&weibo.Config{AppKey: appKey, BaseURL: server.URL, HTTPClient: server.Client(), RealIP: "203.0.113.7"})
		if err != nil {
			b.Fatal(err)
		}
		s := submission(text)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Publish(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net/http", func(b *testing.B) {
		client := server.Client()
		b.ReportAllocs()
		for b.Loop() {
			if err := bare(b, client, server.URL); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// bare is the least that publishes: no classification, no limit, no trace.
func bare(b *testing.B, client *http.Client, base string) error {
	form := url.Values{"status": {text}, "rip": {"203.0.113.7"}}
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, base+"/2/statuses/share.json", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "OAuth2 2.00hush")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	var post struct {
		ID      string `json:"idstr"`
		Created string `json:"created_at"`
	}
	err = json.NewDecoder(resp.Body).Decode(&post)
	_ = resp.Body.Close()
	return err
}
