package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Run works until ctx ends and then drains: attempts under way are finished, nothing new is fenced. It returns nil
// after a clean stop. Jobs wake it for fresh deliveries; a sweep of its own, at start and ever after, finds what is due
// later, what was left by a process that died, and what a lost job would have missed.
func (e *Engine[TTx]) Run(ctx context.Context, pump *outbox.Pump) error {
	stop, err := e.startJobs(ctx, func(app outbox.App, lane govmedia.Lane) error {
		if !slices.Contains(pump.Apps(), app) {
			return nil // another process has its adapter, and its sweep finds the rows
		}
		_, err := pump.Move(ctx, app, lane)
		return err
	})
	if err != nil {
		return e.fail("run", err)
	}
	var wg sync.WaitGroup
	for _, app := range pump.Apps() {
		for _, lane := range lanes {
			wg.Go(func() { e.sweep(ctx, app, moving(pump, lane)) })
		}
		wg.Go(func() { e.sweep(ctx, app, pump.Reconcile) })
	}
	wg.Go(func() { e.sealUntil(ctx) })
	<-ctx.Done()
	wg.Wait()

	// No time limit here: what is on the wire has its own, and whoever closes the database earlier loses its outcome.
	stopErr := stop(context.WithoutCancel(ctx))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(stopErr, e.release(last, pump.Owner()))
	_, sealErr := e.Seal(last) // after everything that leaves a record
	return errors.Join(err, sealErr)
}

// moving is Pump.Move for one lane.
func moving(pump *outbox.Pump, lane govmedia.Lane) func(context.Context, outbox.App) (int, error) {
	return func(ctx context.Context, app outbox.App) (int, error) { return pump.Move(ctx, app, lane) }
}

// sweep moves whatever is due for one app until ctx ends.
func (e *Engine[TTx]) sweep(ctx context.Context, app outbox.App, move func(context.Context, outbox.App) (int, error)) {
	for {
		n, err := move(ctx, app)
		if err != nil && ctx.Err() == nil {
			e.cfg.Logger.ErrorContext(ctx, "due deliveries could not be moved; trying again", "platform", app.Platform, "app", app.Key, "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		if !wait(ctx, e.cfg.SweepEvery) {
			return
		}
	}
}

func (e *Engine[TTx]) sealUntil(ctx context.Context) {
	for wait(ctx, e.cfg.SealEvery) {
		if _, err := e.Seal(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Logger.ErrorContext(ctx, "audit records could not be sealed; trying again", "error", err)
		}
	}
}

// release gives back what this process had claimed and not begun.
func (e *Engine[TTx]) release(ctx context.Context, owner string) error {
	return e.write(ctx, "release", func(t tx[TTx]) error {
		_, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET lease_owner = '', lease_until = 0
			WHERE lease_owner = ? AND state IN ('scheduled', 'queued', 'unknown', 'processing')`, owner)
		return err
	})
}

// Step does everything that is due by the pump's clock, without any worker, and returns how many items it took. It is
// Run for simulations and tests.
func (e *Engine[TTx]) Step(ctx context.Context, pump *outbox.Pump) (int, error) {
	total := 0
	for {
		n := 0
		for _, app := range pump.Apps() {
			for _, move := range []func(context.Context, outbox.App) (int, error){
				moving(pump, govmedia.LaneEmergency), moving(pump, govmedia.LaneRoutine), pump.Reconcile,
			} {
				took, err := move(ctx, app)
				n += took
				if err != nil {
					return total + n, err
				}
			}
		}
		total += n
		if n == 0 {
			_, err := e.Seal(ctx)
			return total, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
