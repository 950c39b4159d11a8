package postgres

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"
)

// OpenImpatient is Open with other limits in place of its own. write runs a transaction as the engine does.
func OpenImpatient(ctx context.Context, pool *pgxpool.Pool, cfg Config, turn, idle time.Duration) (e matrix.Engine, write func(context.Context, func(pgx.Tx) error) error, err error) {
	o, err := openWith(ctx, pool, cfg, patience{turn, idle})
	if err != nil {
		return nil, nil, err
	}
	return o, func(ctx context.Context, f func(pgx.Tx) error) error {
		return inTx(ctx, o.write, func(_ bun.IDB, tx pgx.Tx) error { return f(tx) })
	}, nil
}

// Classify is how errors of the database are classified.
func Classify(err error) govmedia.Kind { return kind(err) }

// Committed judges the answer to a commit.
func Committed(err error) error { return committed(err) }
