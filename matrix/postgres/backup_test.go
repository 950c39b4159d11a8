package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
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

// tool runs one of PostgreSQL's programs.
func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s %s", name, out)
}

// Backups are taken while a broadcast runs, and restored into another database. Each is of one moment, its audit chain is
// the beginning of the one that went on, and work goes on from it without sending anything twice.
func TestC8_BackupUnderLoad(t *testing.T) {
	address := server(t)
	for _, name := range []string{"pg_dump", "psql"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is absent; install PostgreSQL's client programs (apt-get install postgresql-client)", name)
		}
	}
	schema, w := freshSchema(t, address), &wall{app: "k"}
	pool := newPool(t, address, nil)
	engine := open(t, pool, schema, nil)
	require.NoError(t, engine.Migrate(t.Context()))
	m, ids := compose(t, engine, w, nil, 40)
	var posts, dumps []string
	until(t, func() bool {
		if n := len(posts); n < 4 {
			posts = append(posts, approved(t, m, fmt.Sprint("停水通知", n), ids...))
			_, err := m.Publisher.Publish(t.Context(), "author", posts[n])
			require.NoError(t, err)
			dumps = append(dumps, filepath.Join(t.TempDir(), "backup.sql"))
			tool(t, "pg_dump", "--dbname="+address, "--schema="+schema, "--file="+dumps[n])
			return false
		}
		for _, p := range posts {
			if !live(t, m, p) {
				return false
			}
		}
		return true
	}, m)
	final := chained(t, engine)
	require.Equal(t, len(posts)*len(ids), w.held(t))

	for n, dump := range dumps {
		restored := restore(t, address, schema, dump)
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
		goOn(t, restored, w, posts[:n+1])
	}
	require.Equal(t, len(posts)*len(ids), w.held(t), "and nothing was sent again")
	require.Equal(t, len(posts)*len(ids), w.calls)
}

// restore reads a dump into a database of its own.
func restore(t *testing.T, address, schema, dump string) matrix.Engine {
	t.Helper()
	name := "r" + freshSchema(t, address)
	admin := newPool(t, address, nil)
	_, err := admin.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.Path = "/" + name
	tool(t, "psql", "--dbname="+u.String(), "--set=ON_ERROR_STOP=1", "--quiet", "--file="+dump)
	engine := open(t, newPool(t, u.String(), nil), schema, nil)
	require.NoError(t, engine.Migrate(t.Context()))
	return engine
}

// goOn works with what was restored until everything is settled.
func goOn(t *testing.T, restored matrix.Engine, w *wall, posts []string) {
	t.Helper()
	m := matrixOver(t, restored, w, nil)
	_, err := m.Restored(t.Context(), "chief", "from the dump")
	require.NoError(t, err)
	until(t, func() bool {
		for _, p := range posts {
			ds, err := m.Publisher.Deliveries(t.Context(), p)
			require.NoError(t, err)
			if publish.StateOf(ds) != publish.FullyLive {
				return false
			}
		}
		return true
	}, m)
	sound(t, restored)
}
