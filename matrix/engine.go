package matrix

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/metrics"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// EngineConfig configures an engine. Zero fields mean their defaults.
type EngineConfig struct {
	Logger     *slog.Logger     // nil means slog.Default
	Now        func() time.Time // nil means time.Now; the clock of rows and audit records
	SweepEvery time.Duration    // how often due work is looked for; 500 ms
	SealEvery  time.Duration    // how often audit records are chained; 1 s
}

// Engine keeps everything and runs the work. Openers such as matrix/sqlite return one; it is not meant to be implemented
// elsewhere and may gain methods. Safe for concurrent use.
type Engine interface {
	account.Store
	account.VaultStore
	account.RosterStore
	publish.Store
	reply.Store
	metrics.Store
	outbox.Store

	// Migrate brings the schema up to date. It is the only call that changes it.
	Migrate(ctx context.Context) error
	// Run works until ctx ends, then drains. Step does once, without workers, what is due.
	Run(ctx context.Context, pump *outbox.Pump) error
	Step(ctx context.Context, pump *outbox.Pump) (int, error)

	// Delivery, Nudge, Attention and Resolve serve the methods of Matrix of the same names. Nudge is one transaction, and
	// appends an audit record only where it changed something.
	Delivery(ctx context.Context, id string) (govmedia.Delivery, error)
	Nudge(ctx context.Context, platform, app, receiptID string) error
	Attention(ctx context.Context) ([]govmedia.Delivery, error)
	Resolve(ctx context.Context, actor, id string, decision govmedia.Decision, url, note string) error
	// Restored serves Matrix.Restored.
	Restored(ctx context.Context, actor, note string) (int, error)

	// Seal chains audit records, AuditHead names the last, ExportAudit writes what govmedia.VerifyAudit reads.
	Seal(ctx context.Context) (int, error)
	AuditHead(ctx context.Context) (string, error)
	ExportAudit(ctx context.Context, w io.Writer) error

	// Close closes what the opener opened. Run must have returned.
	Close() error
}
