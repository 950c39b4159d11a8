package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestPortal_OnceIsExactlyOnce(t *testing.T) {
	for _, fault := range []string{"", "weibo=commit-hang", "weibo=drop-after-commit", "weibo=5xx-after-commit", "weibo=429", "weibo=down",
		"wechat=commit-hang", "wechat=garbage", "wechat=down", "wordpress=commit-hang", "wordpress=5xx-after-commit", "wordpress=down"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			var out, progress bytes.Buffer
			err := run(t.Context(), []string{"-once", "-json", "-data", t.TempDir(), "-fault", fault}, &out, &progress)
			require.NoError(t, err, progress.String())
			var got result
			require.NoError(t, json.Unmarshal(out.Bytes(), &got), "one JSON object")
			require.Equal(t, 113, got.Accounts)
			require.Equal(t, map[govmedia.DeliveryState]int{govmedia.Live: 68}, got.Deliveries)
			require.Len(t, got.Journal, 68)
			for id, n := range got.Journal {
				require.Equal(t, 1, n, id)
			}
			require.Equal(t, cases{Open: unanswered, Answered: got.Messages - unanswered}, got.Cases)
			require.Len(t, got.AuditHead, 64)
			require.Len(t, got.Figures, 3)
			for platform, s := range got.Figures {
				_, followers := s.Counts.Followers.Value()
				require.Equal(t, platform != "wordpress", followers, "a website has no followers: that is not zero")
				posts, known := s.Counts.Posts.Value()
				require.True(t, known, platform)
				require.Positive(t, posts, platform)
				require.Equal(t, platform != "wechat", s.Complete, platform)
			}
			require.Contains(t, out.String(), `"followers":null`)
		})
	}
}

func TestPortal_ASecondDayInTheSameFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	for range 2 {
		var out, progress bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-once", "-data", data}, &out, &progress), progress.String())
		require.Contains(t, out.String(), "live 68")
	}
}

// The same day on PostgreSQL, and a second one in the same database.
func TestC1_PortalOnPostgreSQL(t *testing.T) {
	address := os.Getenv("GOVMEDIA_POSTGRES_URL")
	if address == "" {
		t.Skip(`no PostgreSQL; start one: eval "$(internal/realservers/postgres.sh start)", and later internal/realservers/postgres.sh stop`)
	}
	u, err := url.Parse(address)
	require.NoError(t, err)
	admin, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	name := "portal_" + strings.ToLower(rand.Text())
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, errors.Join(err, admin.Close(context.Background())))
	})
	u.Path = "/" + name
	data := t.TempDir()
	for _, fault := range []string{"", "weibo=commit-hang"} {
		var out, progress bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-once", "-json", "-data", data, "-db", u.String(), "-fault", fault}, &out, &progress), progress.String())
		var got result
		require.NoError(t, json.Unmarshal(out.Bytes(), &got))
		require.Equal(t, map[govmedia.DeliveryState]int{govmedia.Live: 68}, got.Deliveries)
		require.Len(t, got.AuditHead, 64)
	}
	require.NoFileExists(t, filepath.Join(data, "portal.db"))
}

func TestPortal_ADayThatFailsSaysSo(t *testing.T) {
	r := result{cluster: 2, asked: 3, Journal: map[string]int{"a": 2}, Deliveries: map[govmedia.DeliveryState]int{govmedia.Live: 1}}
	err := r.check()
	for _, part := range []string{"copies on account a: 2 instead of 1", "live deliveries: 1 instead of 2", "journal: 1 instead of 2", "did not run to its end"} {
		require.ErrorContains(t, err, part)
	}
}

func TestPortal_ServesThePage(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	log := &lines{got: make(chan string, 1000)}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0", "-data", t.TempDir()}, io.Discard, log) }()
	base := log.await(t, "page: ")
	log.await(t, "cases: ")
	resp, err := http.Get(base)
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, errors.Join(err, resp.Body.Close()))
	for _, part := range []string{`lang="zh-CN"`, "示例省政务新媒体矩阵", "剩余", "示例市公安局"} {
		require.Contains(t, string(page), part)
	}
	stop()
	require.NoError(t, <-ended)
}

// lines hands on what is written, line by line.
type lines struct{ got chan string }

func (l *lines) Write(p []byte) (int, error) {
	l.got <- string(p)
	return len(p), nil
}

func (l *lines) await(t *testing.T, mark string) string {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case line := <-l.got:
			if _, rest, ok := strings.Cut(line, mark); ok {
				return strings.TrimSpace(rest)
			}
		case <-timeout:
			t.Fatalf("no line with %q", mark)
		}
	}
}

func TestPortal_BadInput(t *testing.T) {
	t.Setenv("GOVMEDIA_WORDPRESS_PASSWORD", "")
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = busy.Close() }()
	corrupt := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(corrupt, "portal.db"), bytes.Repeat([]byte("not a database "), 1000), 0o600))
	shortKey := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(shortKey, "portal.key"), []byte("short"), 0o600))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"busy port", []string{"-addr", busy.Addr().String(), "-data", t.TempDir()}, []string{busy.Addr().String(), "-addr", "in use"}},
		{"corrupt database", []string{"-once", "-data", corrupt}, []string{filepath.Join(corrupt, "portal.db"), "restore a backup"}},
		{"damaged key", []string{"-once", "-data", shortKey}, []string{"portal.key", "5 bytes instead of 32"}},
		{"folder is a file", []string{"-once", "-data", file}, []string{file, "-data"}},
		{"unknown platform in a fault", []string{"-once", "-fault", "weixin=429"}, []string{`"weixin=429"`, "PLATFORM=NAME", "wechat"}},
		{"fault of a real site", []string{"-once", "-wordpress", "http://127.0.0.1:1", "-fault", "wordpress=429"}, []string{"needs the fake"}},
		{"real site without password", []string{"-once", "-data", t.TempDir(), "-wordpress", "http://127.0.0.1:1"}, []string{"GOVMEDIA_WORDPRESS_PASSWORD"}},
		{"unknown fault", []string{"-once", "-fault", "weibo=fire"}, []string{`"weibo=fire"`, "commit-hang"}},
		{"no address of a database", []string{"-once", "-data", t.TempDir(), "-db", "postgres://portal:hush@[::1/portal"}, []string{"-db", "postgres://USER@HOST"}},
		{"a database server that is not there", []string{"-once", "-data", t.TempDir(), "-db", "postgres://portal:hush@127.0.0.1:1/portal"}, []string{"cannot be reached", "127.0.0.1:1"}},
		{"json alone", []string{"-json"}, []string{"-once"}},
		{"stray argument", []string{"once"}, []string{`"once"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), c.args, io.Discard, io.Discard)
			require.Error(t, err)
			for _, part := range c.want {
				require.ErrorContains(t, err, part)
			}
			require.NotContains(t, err.Error(), "hush", "no password is shown")
		})
	}
	left, err := os.ReadFile(filepath.Join(corrupt, "portal.db"))
	require.NoError(t, err)
	require.Len(t, left, 15000, "a damaged file is left as it was")
}
