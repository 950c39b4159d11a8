package sqlite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// chained exports the log, verifies it and returns the hashes by their place in the chain.
func chained(t *testing.T, engine matrix.Engine) map[int64]string {
	t.Helper()
	var log bytes.Buffer
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	_, err := govmedia.VerifyAudit(strings.NewReader(log.String()))
	require.NoError(t, err)
	hashes := map[int64]string{}
	for line := range strings.Lines(log.String()) {
		var r govmedia.AuditRecord
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		hashes[r.Seq] = r.Hash
	}
	delete(hashes, 0) // not chained yet
	return hashes
}

// Backups are taken while a broadcast runs. Each is a healthy database of one moment, whose audit chain is the beginning
// of the one that went on, and work goes on from it without sending anything twice.
func TestC8_BackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "matrix.db")
	engine, err := sqlite.Open(t.Context(), path, &matrix.EngineConfig{SweepEvery: 10 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	w := &wall{}
	m, _, ids := compose(t, engine, w, 60)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(stop)
	var posts, copies []string
	for n := range 6 {
		posts = append(posts, approved(t, m, fmt.Sprint("停水通知", n), ids...))
		_, err := m.Publisher.Publish(t.Context(), "author", posts[n])
		require.NoError(t, err)
		copies = append(copies, filepath.Join(dir, fmt.Sprint("backup", n, " 有 空格.db")))
		require.NoError(t, sqlite.Backup(t.Context(), path, copies[n]))
	}
	require.Eventually(t, func() bool {
		for _, p := range posts {
			if ds, err := m.Publisher.Deliveries(t.Context(), p); err != nil || publish.StateOf(ds) != publish.FullyLive {
				return false
			}
		}
		return true
	}, time.Minute, 20*time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	final := chained(t, engine)
	sent := w.count()
	require.Equal(t, len(posts)*len(ids), sent)

	for n, copied := range copies {
		restored, err := sqlite.Open(t.Context(), copied, nil)
		require.NoError(t, err)
		require.NoError(t, restored.Migrate(t.Context()))
		hashes := chained(t, restored)
		head, err := restored.AuditHead(t.Context())
		require.NoError(t, err)
		require.NotEmpty(t, head)
		require.Equal(t, hashes[int64(len(hashes))], head)
		for seq, hash := range hashes {
			require.Equal(t, final[seq], hash, "its chain is the beginning of the one that went on")
		}
		for i, p := range posts {
			ds, err := restored.Deliveries(t.Context(), govmedia.DeliverPost, p)
			require.NoError(t, err)
			require.Len(t, ds, map[bool]int{true: len(ids), false: 0}[i <= n], "of one moment")
		}
		again, clock, _ := compose(t, restored, w, len(ids))
		_, err = again.Restored(t.Context(), "chief", copied)
		require.NoError(t, err)
		for range 5 {
			_, err = again.Step(t.Context())
			require.NoError(t, err)
			clock.advance(time.Minute)
		}
		for _, p := range posts[:n+1] {
			ds, err := again.Publisher.Deliveries(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, publish.FullyLive, publish.StateOf(ds))
		}
		chained(t, restored)
		require.NoError(t, restored.Close())
	}
	require.Equal(t, sent, w.count(), "nothing was sent again")
}

func TestBackup_Refuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, there := filepath.Join(dir, "matrix.db"), filepath.Join(dir, "there.db")
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	require.NoError(t, engine.Migrate(t.Context()))
	require.NoError(t, engine.Close())
	require.NoError(t, os.WriteFile(there, []byte("precious"), 0o600))
	damaged := filepath.Join(dir, "damaged.db")
	require.NoError(t, os.WriteFile(damaged, bytes.Repeat([]byte("这不是数据库"), 1000), 0o600))
	for _, c := range []struct {
		name, from, to string
		kind           govmedia.Kind
		says           string
	}{
		{"a destination that exists", path, there, govmedia.KindConflict, "exists"},
		{"an original that does not", filepath.Join(dir, "none.db"), filepath.Join(dir, "new.db"), govmedia.KindNotFound, "none.db"},
		{"a folder that does not exist", path, filepath.Join(dir, "none", "new.db"), govmedia.KindUnavailable, "new.db"},
		{"memory", sqlite.Memory, filepath.Join(dir, "new.db"), govmedia.KindUnsupported, "memory"},
		{"what is no database", damaged, filepath.Join(dir, "new.db"), govmedia.KindCorrupt, "original"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := sqlite.Backup(t.Context(), c.from, c.to)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
		})
	}
	left, err := os.ReadFile(there)
	require.NoError(t, err)
	require.Equal(t, "precious", string(left))
	entries, err := filepath.Glob(filepath.Join(dir, "new*"))
	require.NoError(t, err)
	require.Empty(t, entries, "nothing half is left behind")
	require.NoFileExists(t, filepath.Join(dir, "none.db"))
}
