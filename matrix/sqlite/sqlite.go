// Package sqlite opens the engine on one SQLite file or in memory. It is pure Go, needs no server, and is the default
// for everything that runs on one machine.
//
// Every fence is on disk before its write leaves (synchronous=FULL). Writes go through one connection; reads have their
// own, so that a page never waits behind a broadcast. Several processes may open the same file.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/engine"
	"github.com/govmedia/govmedia/matrix"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Memory is the path of a database that lives and dies with its engine.
const Memory = ":memory:"

// Open opens the database at path, creating the file if there is none, and reads enough to know that it is a healthy
// database; the schema is only touched by Migrate. cfg may be nil. The caller closes the engine when Run has returned.
//
// A file that is not a database or is damaged gives KindCorrupt; one that cannot be opened or written, KindUnavailable.
func Open(ctx context.Context, path string, cfg *matrix.EngineConfig) (matrix.Engine, error) {
	e, _, err := open(ctx, path, cfg)
	return e, err
}

// open also returns the pool that writes, which tests make the disk full with.
func open(ctx context.Context, path string, cfg *matrix.EngineConfig) (matrix.Engine, *sql.DB, error) {
	if cfg == nil {
		cfg = &matrix.EngineConfig{}
	}
	write, read, err := pools(path)
	if err != nil {
		return nil, nil, opening(path, err)
	}
	closeAll := func() error {
		err := write.Close()
		if read != write {
			err = errors.Join(err, read.Close())
		}
		return err
	}
	var ok string
	if err := write.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&ok); err != nil || ok != "ok" {
		if err == nil {
			err = govmedia.Errorf(govmedia.KindCorrupt, "sqlite.check", "%s", ok)
		}
		return nil, nil, errors.Join(opening(path, err), closeAll())
	}
	db := bun.NewDB(write, sqlitedialect.New())
	reads := db
	if read != write {
		reads = bun.NewDB(read, sqlitedialect.New())
	}
	w := &writer{db: db}
	closeEngine := func() error { return errors.Join(w.close(), closeAll()) } //nolint:contextcheck // closing has none
	e, err := engine.New(engine.Backend[*sql.Tx]{
		Write: db, Read: reads, Driver: riversqlite.New(write), Dialect: goose.DialectSQLite3, Dir: "sqlite", Rows: set, Each: w.each, Select: w.selectEach, Kind: kind, Close: closeEngine,
		InTx: w.inTx,
	}, engine.Config(*cfg))
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	return e, write, nil
}

const readers = 4

func pools(path string) (write, read *sql.DB, err error) {
	pragmas := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "foreign_keys(1)", "journal_mode(WAL)", "synchronous(FULL)",
	}}
	if path == Memory {
		write, err = sql.Open("sqlite", "file::memory:?"+pragmas.Encode())
		if err == nil {
			write.SetMaxOpenConns(1)
			write.SetConnMaxLifetime(0)
		}
		return write, write, err
	}
	file := "file:" + strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
	if write, err = sql.Open("sqlite", file+"?"+pragmas.Encode()); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	pragmas.Del("_txlock")
	pragmas.Add("_pragma", "query_only(1)")
	if read, err = sql.Open("sqlite", file+"?"+pragmas.Encode()); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	return write, read, nil
}

func opening(path string, err error) error {
	k := kind(err)
	if errors.Is(err, govmedia.KindCorrupt) {
		k = govmedia.KindCorrupt
	}
	switch k {
	case govmedia.KindCorrupt:
		return govmedia.Errorf(k, "sqlite.open", "%q is not a healthy SQLite database; keep the file and restore a backup: %w", path, err)
	case govmedia.KindUnavailable:
		return govmedia.Errorf(k, "sqlite.open", "%q cannot be used now; check its folder, its permissions and the space on its disk: %w", path, err)
	}
	return govmedia.Errorf(govmedia.KindInternal, "sqlite.open", "%q: %w", path, err)
}

// kind classifies SQLite's primary result codes.
func kind(err error) govmedia.Kind {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return ""
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return govmedia.KindCorrupt
	case lib.SQLITE_FULL, lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return govmedia.KindUnavailable
	}
	return govmedia.KindInternal
}
