package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/jackc/pgx/v5/pgxpool"
)

// database is an engine and what it stands on.
type database struct {
	matrix.Engine
	pool *pgxpool.Pool // of PostgreSQL; nil for a file
}

// openDatabase opens the engine on portal.db in the data folder, or on PostgreSQL where -db names a server.
func openDatabase(ctx context.Context, o options, cfg *matrix.EngineConfig) (*database, error) {
	if o.db == "" {
		engine, err := sqlite.Open(ctx, filepath.Join(o.data, "portal.db"), cfg)
		return &database{Engine: engine}, err
	}
	pool, err := pgxpool.New(ctx, o.db)
	if err != nil { // it may quote the address, and with it a password
		return nil, errors.New("-db is no address of a PostgreSQL database; write postgres://USER@HOST:PORT/DATABASE and leave the password to PGPASSWORD or a .pgpass file")
	}
	engine, err := postgres.Open(ctx, pool, &postgres.Config{Engine: *cfg})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &database{engine, pool}, nil
}

// Close closes the engine and then the pool, which is ours.
func (d *database) Close() error {
	err := d.Engine.Close()
	if d.pool != nil {
		d.pool.Close()
	}
	return err
}
