package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client of any language works with what the line of JSON says and scripts the fake over HTTP.
func TestFakePlatforms(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, w, io.Discard) }()
	var g greeting
	require.NoError(t, json.NewDecoder(r).Decode(&g))

	post := func(address, contentType, body string) int {
		resp, err := http.Post(address, contentType, strings.NewReader(body))
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode
	}
	form := url.Values{
		"access_token": {g.Weibo.AccessToken}, "status": {"通知 https://" + g.Weibo.SafeDomain + "/1"}, "rip": {"127.0.0.1"},
	}.Encode()
	const formType = "application/x-www-form-urlencoded"
	require.Equal(t, 200, post(g.Control+"/faults", "application/json", `{"name":"5xx-before-commit","times":1}`))
	require.Equal(t, 502, post(g.BaseURL+"/2/statuses/share.json", formType, form))
	require.Equal(t, 200, post(g.BaseURL+"/2/statuses/share.json", formType, form))
	require.Equal(t, 200, post(g.Control+"/time", "application/json", `{"advance":"24h"}`))

	resp, err := http.Get(g.Control + "/journal")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	var journal struct {
		Posts []struct{ UID string }
		Calls map[string]int
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&journal))
	require.Len(t, journal.Posts, 1)
	require.Equal(t, g.Weibo.UID, journal.Posts[0].UID)
	require.Equal(t, 2, journal.Calls["statuses/share"])
	stop()
	require.NoError(t, <-ended)
}
