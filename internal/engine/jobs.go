package engine

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivermigrate"
)

// moveArgs is a wake-up: there are due deliveries of this app. It carries no delivery; the rows carry the truth, so a
// job that is lost, doubled or late does no harm.
type moveArgs struct {
	Platform string        `json:"platform"`
	App      string        `json:"app"`
	Lane     govmedia.Lane `json:"lane,omitempty"`
}

// Kind implements river.JobArgs.
func (moveArgs) Kind() string { return "govmedia_move" }

// perJob is how many deliveries one wake-up is for.
const perJob = 500

func (e *Engine[TTx]) migrateJobs(ctx context.Context) error {
	m, err := rivermigrate.New(e.b.Driver, &rivermigrate.Config{Logger: quiet(e.cfg.Logger), Schema: e.b.Schema})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// emergencies is the queue of the wake-ups for the emergency lane, so that they never wait for a routine one to end.
const emergencies = "govmedia_emergency"

// waking is what one wake-up is for.
type waking struct {
	app  outbox.App
	lane govmedia.Lane
}

// wake inserts the jobs for freshly queued deliveries, counted by app and lane.
func (e *Engine[TTx]) wake(ctx context.Context, t tx[TTx], fresh map[waking]int) error {
	var jobs []river.InsertManyParams
	for w, n := range fresh {
		opts := &river.InsertOpts{MaxAttempts: 1}
		if w.lane == govmedia.LaneEmergency {
			opts.Queue = emergencies
		}
		for ; n > 0; n -= perJob {
			jobs = append(jobs, river.InsertManyParams{Args: moveArgs{w.app.Platform, w.app.Key, w.lane}, InsertOpts: opts})
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	_, err := e.inserts.InsertManyFastTx(ctx, t.raw, jobs)
	return err
}

type mover struct {
	river.WorkerDefaults[moveArgs]
	move func(outbox.App, govmedia.Lane) error
}

// Timeout implements river.Worker: each attempt in a batch has its own deadline.
func (*mover) Timeout(*river.Job[moveArgs]) time.Duration { return -1 }

// Work implements river.Worker.
func (m *mover) Work(_ context.Context, job *river.Job[moveArgs]) error {
	return m.move(outbox.App{Platform: job.Args.Platform, Key: job.Args.App}, job.Args.Lane)
}

// startJobs works the wake-ups until stop is called, which waits for the running ones.
func (e *Engine[TTx]) startJobs(ctx context.Context, move func(outbox.App, govmedia.Lane) error) (stop func(context.Context) error, err error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &mover{move: move})
	client, err := river.NewClient(e.b.Driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}, emergencies: {MaxWorkers: 4}},
		Workers:           workers,
		MaxAttempts:       1,
		FetchCooldown:     10 * time.Millisecond,
		FetchPollInterval: 250 * time.Millisecond,
		Schema:            e.b.Schema,
		Logger:            quiet(e.cfg.Logger),
	})
	if err != nil {
		return nil, err
	}
	return client.Stop, client.Start(context.WithoutCancel(ctx))
}
