package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/stretchr/testify/require"
)

// A fence rests on this: the commit is on disk when it returns. No crash of a process can show its absence; only a
// power cut would.
func TestOpen_CommitsAreOnDiskWhenTheyReturn(t *testing.T) {
	engine, write, err := sqlite.OpenWriting(t.Context(), filepath.Join(t.TempDir(), "portal.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		require.NoError(t, write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		require.Equal(t, want, got, pragma)
	}
}
