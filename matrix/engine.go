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
}

// Engine keeps everything and runs the work. Openers such as matrix/sqlite return one; it is not meant to be implemented
// elsewhere and may gain methods. Safe for concurrent use.
type Engine interface {
	account.Store
	account.VaultStore
	account.LifecycleStore
	account.OperatorStore
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

	// History calls each with the name of a file and a line for it, for everything that Matrix.Archive keeps of an account
	// beside its media: all of one moment.
	History(ctx context.Context, account string, each func(file string, line any) error) error

	// AuditHead is the hash of the last audit record, ExportAudit writes what govmedia.VerifyAudit reads.
	AuditHead(ctx context.Context) (string, error)
	ExportAudit(ctx context.Context, w io.Writer) error

	// Close closes what the opener opened. Run must have returned.
	Close() error
}
