package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"github.com/govmedia/govmedia"
)

// Backup copies the database at path into a new file, in one consistent state, while engines of this or other processes
// go on working: writers do not wait for it. dest must not exist; it appears when the copy is whole and on disk, and is
// smaller than the original where that had grown and shrunk. A copy of the file by other means, without its -wal file or
// while it changes, is not a backup.
//
// To restore, stop everything, put the copy in the place of the file, remove the old -wal and -shm files, and open it.
// What was queued in it may have been sent since: read what Matrix.Restored says before anything runs.
func Backup(ctx context.Context, path, dest string) error {
	if path == Memory {
		return govmedia.Errorf(govmedia.KindUnsupported, "sqlite.backup", "a database in memory has no file that could be copied")
	}
	for file, wanted := range map[string]bool{path: true, dest: false} {
		if _, err := os.Stat(file); wanted && err != nil {
			return govmedia.Errorf(govmedia.KindNotFound, "sqlite.backup", "%q cannot be read: %w", file, err)
		} else if !wanted && !errors.Is(err, os.ErrNotExist) {
			return govmedia.Errorf(govmedia.KindConflict, "sqlite.backup", "%q exists; name a file that does not", file)
		}
	}
	part := dest + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return backingUp(dest, err)
	}
	if err := vacuum(ctx, path, part); err != nil {
		return backingUp(dest, errors.Join(err, os.RemoveAll(part)))
	}
	if err := errors.Join(onDisk(part), os.Rename(part, dest), onDisk(filepath.Dir(dest))); err != nil {
		return backingUp(dest, err)
	}
	return nil
}

// vacuum writes a copy; SQLite reads the original in one transaction.
func vacuum(ctx context.Context, path, part string) (err error) {
	write, read, err := pools(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, write.Close(), read.Close()) }()
	conn, err := read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "PRAGMA query_only(0)"); err != nil { // the copy is written, not the original
		return err
	}
	_, err = conn.ExecContext(ctx, "VACUUM INTO ?", sql.Named("dest", part))
	return err
}

// onDisk waits until a file, or what a folder lists, is there after a power cut.
func onDisk(path string) error {
	f, err := os.Open(path) //nolint:gosec // the caller chose it
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func backingUp(dest string, err error) error {
	k := kind(err)
	if k == "" {
		k = govmedia.KindUnavailable // the file system's
	}
	return govmedia.Errorf(k, "sqlite.backup", "%q could not be written; check the folder, the space on its disk and the original: %w", dest, err)
}
