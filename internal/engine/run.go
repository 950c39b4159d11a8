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
	working, end := context.WithCancel(ctx)
	defer end()
	var sweep sync.WaitGroup
	sweep.Go(func() { e.sweep(working, pump) }) // it need not wait for the job engine
	stop, err := e.startJobs(ctx, func(app outbox.App, lane govmedia.Lane) error {
		if !slices.Contains(pump.Apps(), app) {
			return nil // another process has its adapter, and its sweep finds the rows
		}
		_, err := pump.Drain(ctx, app, lane)
		return err
	})
	if err != nil {
		end()
	}
	sweep.Wait()
	if err != nil {
		return e.fail("run", err)
	}

	// No time limit here: what is on the wire has its own, and whoever closes the database earlier loses its outcome.
	stopErr := stop(context.WithoutCancel(ctx))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(stopErr, e.release(last, pump.Owner()))
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
		move = func(ctx context.Context, app outbox.App) (int, error) {
			return pump.Drain(ctx, app, govmedia.Lane(d.sort))
		}
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
	var list paramRows
	for _, app := range apps {
		list.add(app.Platform, app.Key, micros(now))
	}
	const at = `{2:int}`
	free := func(state, lane string) string { // there is one in this state that is due and leased to nobody
		return `EXISTS (SELECT 1 FROM govmedia_delivery d WHERE d.platform = {0} AND d.app = {1}
			AND d.state = '` + state + `' AND d.lane IN (` + lane + `) AND d.due <= ` + at + ` AND d.lease_until <= ` + at + ` AND ` + mayFollow("d") + `)`
	}
	const both = `'', 'emergency'`
	type dues struct {
		platform, app             string
		routine, emergency, doubt bool
	}
	found, err := selectSet(ctx, e.b.Read, e.b.Rows, list, `SELECT {0}, {1},
		`+free("queued", "''")+` OR `+free("scheduled", "''")+`,
		`+free("queued", "'emergency'")+` OR `+free("scheduled", "'emergency'")+`,
		`+free("unknown", both)+` OR `+free("processing", both)+` OR EXISTS (SELECT 1 FROM govmedia_delivery d
			WHERE d.platform = {0} AND d.app = {1} AND d.state = 'sending' AND d.lease_until <= `+at+`) {rows}`, func(d *dues) []any {
		return []any{&d.platform, &d.app, &d.routine, &d.emergency, &d.doubt}
	})
	var duties []duty
	for _, r := range found {
		app := outbox.App{Platform: r.platform, Key: r.app}
		if r.emergency {
			duties = append(duties, duty{app, string(govmedia.LaneEmergency)})
		}
		if r.routine {
			duties = append(duties, duty{app, string(govmedia.LaneRoutine)})
		}
		if r.doubt {
			duties = append(duties, duty{app, doubt})
		}
	}
	return duties, e.fail("due", err)
}

// release gives back what this process had claimed and not begun.
func (e *Engine[TTx]) release(ctx context.Context, owner string) error {
	return e.write(ctx, "release", func(t tx[TTx]) error {
		_, err := t.ExecContext(ctx, `UPDATE govmedia_delivery SET lease_owner = '', lease_until = 0
			WHERE lease_owner LIKE ? AND state IN ('scheduled', 'queued', 'unknown', 'processing')`, owner+".%")
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
			return total, nil
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
