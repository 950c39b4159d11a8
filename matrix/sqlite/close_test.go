package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

// A closed engine leaves the database in one file, which can be copied or moved.
func TestC1_CloseLeavesOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "closed.db")
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	compose(t, engine, &wall{}, 2)
	require.NoError(t, engine.Close())
	list, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, list, 1)
}

// What was restored and may have left since cannot be moved: that would send it again unread.
func TestC1_WhatWasRestoredIsNotMoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	w := &wall{}
	m, _, ids := compose(t, engine, w, 1)
	id := approved(t, m, "通知", ids...)
	_, err = m.Publisher.Publish(t.Context(), "publisher", id)
	require.NoError(t, err)
	backup := path + ".bak"
	require.NoError(t, sqlite.Backup(t.Context(), path, backup))
	_, err = m.Step(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, w.count())
	require.NoError(t, engine.Close())

	restored, err := sqlite.Open(t.Context(), backup, nil)
	require.NoError(t, err)
	again, clock, _ := compose(t, restored, w, 1)
	_, err = again.Restored(t.Context(), "chief", "backup")
	require.NoError(t, err)
	p, err := again.Publisher.Post(t.Context(), id)
	require.NoError(t, err)
	_, err = again.Publisher.Reschedule(t.Context(), "approver", p, nil, "改期")
	require.ErrorIs(t, err, govmedia.KindConflict)
	for range 5 {
		_, err = again.Step(t.Context())
		require.NoError(t, err)
		clock.advance(time.Minute)
	}
	require.Equal(t, 1, w.count())
}

// No call makes a record that the verifier would not read.
func TestC8_ARecordThatIsTooLongIsRefused(t *testing.T) {
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	m, _, ids := compose(t, engine, &wall{}, 1)
	id := approved(t, m, "通知", ids...)
	_, err = m.Publisher.Publish(t.Context(), "publisher", id)
	require.NoError(t, err)
	p, err := m.Publisher.Post(t.Context(), id)
	require.NoError(t, err)
	_, err = m.Publisher.Cancel(t.Context(), "author", p, strings.Repeat("\x01", 1<<20))
	require.ErrorIs(t, err, govmedia.KindInvalid)
	_, err = m.Publisher.Cancel(t.Context(), "author", p, strings.Repeat("\x01", 20<<10))
	require.NoError(t, err)
	var log bytes.Buffer
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	_, err = govmedia.VerifyAudit(&log)
	require.NoError(t, err)
}
