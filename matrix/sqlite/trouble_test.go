package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// fill lets the database grow no further and takes the pages that are free inside, or makes room again.
func fill(t *testing.T, write *sql.DB, full bool) {
	t.Helper()
	ctx := context.Background()
	_, err := write.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS filler (b BLOB)")
	require.NoError(t, err)
	var pages int
	require.NoError(t, write.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages))
	if !full {
		pages += 100_000
	}
	_, err = write.ExecContext(ctx, fmt.Sprint("PRAGMA max_page_count = ", pages))
	require.NoError(t, err)
	for full && err == nil {
		_, err = write.ExecContext(ctx, "INSERT INTO filler VALUES (zeroblob(3000))")
	}
}

func count(t *testing.T, db *sql.DB, what string) int {
	t.Helper()
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+what).Scan(&n))
	return n
}

func TestFullDisk_QueueingIsAllOrNothing(t *testing.T) {
	t.Parallel()
	engine, write, err := sqlite.OpenWriting(t.Context(), filepath.Join(t.TempDir(), "matrix.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	w := &wall{}
	m, _, ids := compose(t, engine, w, 100)
	id := approved(t, m, "停水通知", ids...)
	records, jobs := count(t, write, "govmedia_audit"), count(t, write, "river_job")

	fill(t, write, true)
	_, err = m.Publisher.Publish(t.Context(), "author", id)
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	require.ErrorContains(t, err, "make room")
	require.Equal(t, govmedia.Retry, govmedia.AsError(err).Remedy())
	require.Zero(t, count(t, write, "govmedia_delivery"))
	require.Equal(t, records, count(t, write, "govmedia_audit"))
	require.Equal(t, jobs, count(t, write, "river_job"))
	ds, err := m.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err, "reading works")
	require.Equal(t, publish.NotPublished, publish.StateOf(ds))
	_, err = m.Publisher.Draft(t.Context(), "author", publish.Post{Text: strings.Repeat("长", 10_000), Targets: ids})
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	_, err = m.Step(t.Context())
	require.NoError(t, err, "nothing is due")
	require.Zero(t, w.count())

	fill(t, write, false)
	_, err = m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, err)
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, len(ids), w.count())
}

// The disk fills up while a post is on the wire. What became of it cannot be noted, and is read for later.
func TestFullDisk_AnOutcomeIsReadForLater(t *testing.T) {
	t.Parallel()
	engine, write, err := sqlite.OpenWriting(t.Context(), filepath.Join(t.TempDir(), "matrix.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	w := &wall{}
	w.held = func(r *govmedia.Receipt) {
		fill(t, write, true)
		r.URL = "https://wall.example/" + strings.Repeat("p", 1<<20) // more than fits into a page
	}
	m, clock, ids := compose(t, engine, w, 1)
	id := approved(t, m, "停水通知", ids...)
	_, err = m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, err)
	_, err = m.Step(t.Context())
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	ds, err := m.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, govmedia.Sending, ds[0].State)
	require.Equal(t, 1, w.count())

	clock.advance(time.Minute)
	fill(t, write, false)
	for range 3 {
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		clock.advance(time.Minute)
	}
	ds, err = m.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, govmedia.Live, ds[0].State, ds[0].Reason)
	require.Equal(t, govmedia.EvidenceFound, ds[0].Receipt.Evidence)
	require.Equal(t, 1, w.count(), "one copy")
	var log bytes.Buffer
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	_, err = govmedia.VerifyAudit(&log)
	require.NoError(t, err)
}

// healthy returns the bytes of a database with something in it.
func healthy(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "matrix.db")
	engine, write, err := sqlite.OpenWriting(t.Context(), path)
	require.NoError(t, err)
	compose(t, engine, &wall{}, 50)
	_, err = write.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	require.NoError(t, err)
	require.NoError(t, engine.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func TestOpen_RefusesWhatItCannotWorkWith(t *testing.T) {
	t.Parallel()
	good := healthy(t)
	const page = 4096
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string) error
		kind govmedia.Kind
	}{
		{"garbage", func(_ *testing.T, path string) error {
			return os.WriteFile(path, bytes.Repeat([]byte("这不是数据库"), 1000), 0o600)
		}, govmedia.KindCorrupt},
		{"another file", func(_ *testing.T, path string) error { return os.WriteFile(path, []byte("name,unit\n"), 0o600) }, govmedia.KindCorrupt},
		{"valid header, garbage after it", func(_ *testing.T, path string) error {
			return os.WriteFile(path, append(bytes.Clone(good[:100]), bytes.Repeat([]byte{0xa5}, len(good)-100)...), 0o600)
		}, govmedia.KindCorrupt},
		{"pages overwritten", func(_ *testing.T, path string) error {
			bad := bytes.Clone(good)
			for at := 4 * page; at+page <= len(bad); at += 4 * page {
				copy(bad[at:], bytes.Repeat([]byte{0xff}, page))
			}
			return os.WriteFile(path, bad, 0o600)
		}, govmedia.KindCorrupt},
		{"cut off", func(_ *testing.T, path string) error { return os.WriteFile(path, good[:len(good)/2/page*page], 0o600) }, govmedia.KindCorrupt},
		{"a folder", func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) }, govmedia.KindUnavailable},
		{"in a folder that does not exist", nil, govmedia.KindUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "数据 库?.db")
			if c.make == nil {
				path = filepath.Join(path, "below.db")
			} else {
				require.NoError(t, c.make(t, path))
			}
			before, _ := os.ReadFile(path)
			_, err := sqlite.Open(t.Context(), path, nil)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, fmt.Sprintf("%q", path))
			after, _ := os.ReadFile(path)
			require.True(t, bytes.Equal(before, after), "the file is left as evidence")
		})
	}
}

// Damage that appears while the engine runs.
func TestCorrupt_WhileRunning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "matrix.db")
	engine, write, err := sqlite.OpenWriting(t.Context(), path)
	require.NoError(t, err)
	m, _, ids := compose(t, engine, &wall{}, 50)
	approved(t, m, "停水通知", ids...)
	_, err = write.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
	require.NoError(t, err)
	require.NoError(t, engine.Close())

	var root int
	good, err := os.ReadFile(path)
	require.NoError(t, err)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_master WHERE name = 'govmedia_account'").Scan(&root))
	require.NoError(t, db.Close())
	engine, write, err = sqlite.OpenWriting(t.Context(), path)
	require.NoError(t, err)
	defer func() { _ = engine.Close() }()
	copy(good[(root-1)*4096:], bytes.Repeat([]byte{0xff}, 4096))
	require.NoError(t, os.WriteFile(path, good, 0o600))
	_, err = write.ExecContext(t.Context(), "PRAGMA shrink_memory")
	require.NoError(t, err)
	_, err = engine.Register(t.Context())
	require.ErrorIs(t, err, govmedia.KindCorrupt)
	require.ErrorContains(t, err, "restore a backup")
	require.Equal(t, govmedia.Human, govmedia.AsError(err).Remedy())
}

func TestBusy_AnotherProcessHoldsTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "matrix.db")
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	w := &wall{}
	m, _, ids := compose(t, engine, w, 2)
	id := approved(t, m, "停水通知", ids...)

	other, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	other.SetMaxOpenConns(1)
	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)

	_, err = m.Publisher.Post(t.Context(), id)
	require.NoError(t, err, "reading works")

	release := func() <-chan error {
		done, timer := make(chan error, 1), time.NewTimer(500*time.Millisecond)
		go func() {
			<-timer.C
			_, err := other.ExecContext(context.Background(), "ROLLBACK")
			done <- err
		}()
		return done
	}
	released := release()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = m.Publisher.Publish(ctx, "author", id)
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, <-released)
	ds, err := m.Publisher.Deliveries(t.Context(), id)
	require.NoError(t, err)
	require.Empty(t, ds, "nothing is queued for a caller who was told that it failed")

	_, err = other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	released = release()
	_, err = m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, errors.Join(err, <-released), "it waits for its turn")
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, w.count())
}

func TestOpen_FilesOfAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain.db", "有 空格.db", "a?b=c&d#e%25.db", "'quoted'.db", ":memory:x"} {
		path := filepath.Join(t.TempDir(), name)
		engine, err := sqlite.Open(t.Context(), path, nil)
		require.NoError(t, err, name)
		require.NoError(t, engine.Migrate(t.Context()))
		require.NoError(t, engine.Migrate(t.Context()), "twice does no harm")
		require.NoError(t, engine.Close())
		require.FileExists(t, path)
	}
}

func TestOpen_NotMigrated(t *testing.T) {
	t.Parallel()
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	_, err = engine.Register(t.Context())
	require.Error(t, err)
	require.ErrorContains(t, err, "no such table")
}
