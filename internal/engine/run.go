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
	wg.Go(func() { e.sweep(ctx, pump) })
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

// duty is one sort of due work of one app.
type duty struct {
	app  outbox.App
	sort string // a lane, or doubt
}

const doubt = "doubt"

// sweep does whatever is due until ctx ends. It asks for all apps in one question, because a province has thousands of
// them and nearly all have nothing to do; each sort of work of each app then has a goroutine of its own, so that a slow
// platform holds up nobody.
func (e *Engine[TTx]) sweep(ctx context.Context, pump *outbox.Pump) {
	var wg sync.WaitGroup
	defer wg.Wait()
	var mu sync.Mutex
	busy := map[duty]bool{}
	for {
		duties, err := e.due(ctx, pump.Apps(), pump.Now())
		if err != nil && ctx.Err() == nil {
			e.cfg.Logger.ErrorContext(ctx, "due deliveries could not be looked for; trying again", "error", err)
		}
		for _, d := range duties {
			mu.Lock()
			idle := !busy[d]
			busy[d] = true
			mu.Unlock()
			if idle {
				wg.Go(func() {
					e.discharge(ctx, pump, d)
					mu.Lock()
					delete(busy, d)
					mu.Unlock()
				})
			}
		}
		if !wait(ctx, e.cfg.SweepEvery) {
			return
		}
	}
}

// discharge does one duty until nothing is left of it.
func (e *Engine[TTx]) discharge(ctx context.Context, pump *outbox.Pump, d duty) {
	move := pump.Reconcile
	if d.sort != doubt {
		move = moving(pump, govmedia.Lane(d.sort))
	}
	for n := 1; n > 0 && ctx.Err() == nil; {
		var err error
		if n, err = move(ctx, d.app); err != nil {
			if ctx.Err() == nil {
				e.cfg.Logger.ErrorContext(ctx, "due deliveries could not be moved; trying again", "platform", d.app.Platform, "app", d.app.Key, "error", err)
			}
			return
		}
	}
}

// due returns what is to be done for which of the apps.
func (e *Engine[TTx]) due(ctx context.Context, apps []outbox.App, now time.Time) ([]duty, error) {
	var list jsonRows
	for _, app := range apps {
		list.add(app.Platform, app.Key, micros(now))
	}
	const at = `CAST(v.value ->> 2 AS BIGINT)`
	free := func(state, lane string) string { // there is one in this state that is due and leased to nobody
		return `EXISTS (SELECT 1 FROM govmedia_delivery d WHERE d.platform = v.value ->> 0 AND d.app = v.value ->> 1
			AND d.state = '` + state + `' AND d.lane IN (` + lane + `) AND d.due <= ` + at + ` AND d.lease_until <= ` + at + ` AND ` + mayFollow("d") + `)`
	}
	const both = `'', 'emergency'`
	var rows []struct {
		Platform  string `bun:"platform"`
		App       string `bun:"app"`
		Routine   bool   `bun:"routine"`
		Emergency bool   `bun:"emergency"`
		Doubt     bool   `bun:"doubt"`
	}
	err := e.selectRows(ctx, e.b.Read, list, &rows, `SELECT v.value ->> 0 AS platform, v.value ->> 1 AS app,
		`+free("queued", "''")+` OR `+free("scheduled", "''")+` AS routine,
		`+free("queued", "'emergency'")+` OR `+free("scheduled", "'emergency'")+` AS emergency,
		`+free("unknown", both)+` OR `+free("processing", both)+` OR EXISTS (SELECT 1 FROM govmedia_delivery d
			WHERE d.platform = v.value ->> 0 AND d.app = v.value ->> 1 AND d.state = 'sending' AND d.lease_until <= `+at+`) AS doubt FROM ?rows`)
	var duties []duty
	for _, r := range rows {
		app := outbox.App{Platform: r.Platform, Key: r.App}
		if r.Emergency {
			duties = append(duties, duty{app, string(govmedia.LaneEmergency)})
		}
		if r.Routine {
			duties = append(duties, duty{app, string(govmedia.LaneRoutine)})
		}
		if r.Doubt {
			duties = append(duties, duty{app, doubt})
		}
	}
	return duties, e.fail("due", err)
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
