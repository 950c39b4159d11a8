package sqlite

import (
	"context"
	"database/sql"

	"github.com/govmedia/govmedia/matrix"
)

// OpenWriting is Open that also returns the one connection through which the engine writes.
func OpenWriting(ctx context.Context, path string) (matrix.Engine, *sql.DB, error) {
	return open(ctx, path, nil)
}

// OpenWritingWith is OpenWriting with a configuration.
func OpenWritingWith(ctx context.Context, path string, cfg *matrix.EngineConfig) (matrix.Engine, *sql.DB, error) {
	return open(ctx, path, cfg)
}
