package outbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
)

// Config configures a Pump. Zero fields mean their defaults.
type Config struct {
	Owner       string        // required: unique per process start
	Batch       int           // items claimed at once; twice Concurrency, 128 at least: fences wait while a claim is written
	Concurrency int           // items of one app and lane on the wire at once; 16. As many more may be fenced and wait, but not when it is 1
	SendTimeout time.Duration // longest attempt; 30 s
	Patience    Patience
	Logger      *slog.Logger      // nil means slog.Default
	Observer    govmedia.Observer // nil means nobody
	Now         func() time.Time  // nil means time.Now
}

// margin is how much longer a fence lasts than the attempt under it may take.
const margin = 2 * time.Second

// Pump moves items. Safe for concurrent use; it starts nothing by itself.
type Pump struct {
	store   Store
	writers map[writerKey]Writer
	apps    []App
	kinds   map[App][]govmedia.DeliveryKind
	cfg     Config
	urgent  gate
	places  places
	turns   turns
	claims  atomic.Int64
}

type writerKey struct {
	app  App
	kind govmedia.DeliveryKind
}

// New returns a pump for the given writers.
func New(store Store, writers []Writer, cfg Config) *Pump {
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = 16
	}
	if cfg.Batch <= 0 {
		cfg.Batch = max(2*cfg.Concurrency, 128)
	}
	set(&cfg.SendTimeout, 30*time.Second)
	cfg.Patience = cfg.Patience.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	p := &Pump{
		store: store, writers: map[writerKey]Writer{}, kinds: map[App][]govmedia.DeliveryKind{}, cfg: cfg, places: places{size: cfg.Concurrency, ahead: min(cfg.inHand(), 2) * cfg.Concurrency},
	}
	for _, w := range writers {
		app := w.App()
		p.writers[writerKey{app, w.Kind()}] = w
		if p.kinds[app] == nil {
			p.apps = append(p.apps, app)
		}
		p.kinds[app] = append(p.kinds[app], w.Kind())
	}
	return p
}

// Apps lists the apps this pump can work for.
func (p *Pump) Apps() []App { return p.apps }

// Owner is the name under which this pump leases: each of its claims adds a point and a number.
func (p *Pump) Owner() string { return p.cfg.Owner }

// Now is the pump's clock.
func (p *Pump) Now() time.Time { return p.cfg.Now() }

// Move sends one batch of queued items of the app and lane and returns how many it took. When ctx ends no further item
// is fenced; what is fenced is finished, within SendTimeout. While emergencies are being sent no routine item
// begins; those that are fenced already go on.
func (p *Pump) Move(ctx context.Context, app App, lane govmedia.Lane) (int, error) {
	b, err := p.take(ctx, app, lane, p.cfg.Batch)
	if err != nil || len(b.items) == 0 {
		return 0, err
	}
	return len(b.items), p.sendAll(ctx, lane, slices.Values([]batch{b}))
}

// Drain is Move, batch after batch until nothing is due. It claims a batch while the one before is being sent, so that
// the wire never waits for the database. While it runs for an app and lane, another call for these makes it look once
// more at the end and returns at once with 0.
func (p *Pump) Drain(ctx context.Context, app App, lane govmedia.Lane) (int, error) {
	key := laneKey{app, lane}
	if !p.turns.begin(key) {
		return 0, nil
	}
	total := 0
	for {
		n, err := p.drain(ctx, app, lane)
		total += n
		if err != nil {
			p.turns.end(key)
			return total, err
		}
		if !p.turns.again(key) {
			return total, nil
		}
	}
}

func (p *Pump) drain(ctx context.Context, app App, lane govmedia.Lane) (n int, err error) {
	var wg sync.WaitGroup
	batches := make(chan batch)
	var claimErr error
	wg.Go(func() {
		defer close(batches)
		// The first batches are small, so that the first byte need not wait for many credentials to be opened.
		for limit := min(p.cfg.Concurrency, p.cfg.Batch); ctx.Err() == nil; limit = min(2*limit, p.cfg.Batch) {
			var b batch
			if b, claimErr = p.take(ctx, app, lane, limit); claimErr != nil || len(b.items) == 0 {
				return
			}
			select {
			case batches <- b:
				n += len(b.items)
			case <-ctx.Done(): // what is claimed and not begun is given back when Run ends
			}
		}
	})
	if b, ok := <-batches; ok {
		err = p.sendAll(ctx, lane, func(yield func(batch) bool) {
			for ok && yield(b) {
				b, ok = <-batches
			}
		})
	}
	wg.Wait()
	return n, errors.Join(err, claimErr)
}

// batch is what one claim brought.
type batch struct {
	items   []Item
	prepare preparing
}

func (p *Pump) take(ctx context.Context, app App, lane govmedia.Lane, limit int) (batch, error) {
	c := p.claim(app)
	c.Lane, c.Limit = lane, limit
	items, err := p.store.Claim(ctx, c)
	if err != nil || len(items) == 0 {
		return batch{}, err
	}
	under(c, items)
	return batch{items, p.batch(ctx, items)}, nil
}

// sendAll sends the items of all batches.
func (p *Pump) sendAll(ctx context.Context, lane govmedia.Lane, batches iter.Seq[batch]) error {
	if lane == govmedia.LaneEmergency {
		defer p.urgent.close()()
	}
	return p.each(ctx, p.cfg.inHand(), func(yield func(func() error) bool) {
		for b := range batches {
			for i := range b.items {
				send := func() error {
					if lane != govmedia.LaneEmergency {
						p.urgent.wait(ctx)
					}
					return p.send(ctx, &b.items[i], b.prepare)
				}
				if !yield(send) {
					return
				}
			}
		}
	})
}

// inHand is how many times Concurrency items are worked on at once: as many are on the wire, as many again are fenced
// meanwhile, and others are prepared or have their answers written down. With 1 they go one after the other.
func (c Config) inHand() int {
	if c.Concurrency == 1 {
		return 1
	}
	return 4
}

// preparing makes the call of an item.
type preparing func(context.Context, *Item) (Call, *govmedia.Error)

// batch loads together what the items need, where their writer can.
func (p *Pump) batch(ctx context.Context, items []Item) preparing {
	kinds := map[writerKey][]*Item{}
	for i := range items {
		it := &items[i]
		key := writerKey{App{it.Platform, it.App}, it.Kind}
		kinds[key] = append(kinds[key], it)
	}
	loaded := map[writerKey]func(context.Context, *Item) (Call, error){}
	for key, list := range kinds {
		if b, ok := p.writers[key].(Batcher); ok && len(list) > 1 {
			prepare, err := caught(ctx, p, list[0], func() (func(context.Context, *Item) (Call, error), error) { return b.Batch(ctx, list) })
			if err == nil {
				loaded[key] = prepare
			}
		}
	}
	return func(ctx context.Context, it *Item) (Call, *govmedia.Error) {
		return p.prepare(ctx, it, loaded[writerKey{App{it.Platform, it.App}, it.Kind}])
	}
}

// Reconcile reads for one batch of items of the app whose outcome is unknown and returns how many it took.
func (p *Pump) Reconcile(ctx context.Context, app App) (int, error) {
	c := p.claim(app)
	items, err := p.store.ClaimUncertain(ctx, c)
	if err != nil {
		return 0, err
	}
	under(c, items)
	return len(items), p.each(ctx, 1, func(yield func(func() error) bool) {
		for i := range items {
			if !yield(func() error { return p.read(ctx, &items[i]) }) {
				return
			}
		}
	})
}

func (p *Pump) claim(app App) Claim {
	now := p.cfg.Now()
	return Claim{
		App: app, Kinds: p.kinds[app], Owner: fmt.Sprintf("%s.%d", p.cfg.Owner, p.claims.Add(1)), Now: now, Until: now.Add(p.cfg.SendTimeout + margin), Limit: p.cfg.Batch,
	}
}

// under notes with the items which claim brought them.
func under(c Claim, items []Item) {
	for i := range items {
		items[i].Lease = c.Owner
	}
}

// each does all the work, so many times Concurrency at a time, until ctx ends; errors are joined.
func (p *Pump) each(ctx context.Context, times int, all iter.Seq[func() error]) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		work = make(chan func() error)
	)
	worker := func() {
		for do := range work {
			if err := do(); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		}
	}
	free := times * p.cfg.Concurrency
	for do := range all {
		if free > 0 {
			free--
			wg.Go(worker)
		}
		select {
		case work <- do:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wg.Wait()
	return errors.Join(errs...)
}

// read takes one item whose outcome is unknown and tries to learn it.
func (p *Pump) read(ctx context.Context, it *Item) error {
	start := p.cfg.Now()
	call, perr := p.prepare(ctx, it, nil)
	if ctx.Err() != nil {
		return nil
	}
	if perr != nil && it.State == govmedia.Processing {
		return p.settle(ctx, it, p.cfg.Patience.tracked(it, nil, &govmedia.Error{Kind: govmedia.KindUnavailable, Err: perr}, p.cfg.Now()))
	}
	if perr != nil {
		return p.settle(ctx, it, p.cfg.Patience.read(it, Found{}, 0, perr, start, p.cfg.Now()))
	}
	if it.State == govmedia.Processing {
		return p.track(ctx, it, call)
	}
	if call.Find == nil {
		s := it.settle(start)
		s.State, s.Reason = govmedia.NeedsPerson, "this platform cannot be read; look there and say what you see"
		if it.Claimed != "" && it.Claimed != denied {
			s = it.live(govmedia.Receipt{At: start, Evidence: it.Claimed}, start)
		}
		return p.settle(ctx, it, s)
	}
	look, cancel := context.WithTimeout(ctx, p.cfg.SendTimeout)
	defer cancel()
	found, err := caught(ctx, p, it, func() (Found, error) { return call.Find(look) })
	for _, r := range found.Receipts {
		r.Evidence = govmedia.EvidenceFound
		err := p.settle(ctx, it, p.cfg.Patience.reached(it, r, p.cfg.Now()))
		if !errors.Is(err, govmedia.KindDuplicate) {
			return err
		}
		// Its owner may have taken ours, and then its own proves nothing absent until that must be shown too.
		if taken, ok := errors.AsType[*Taken](err); ok && taken.Until.After(it.Until) {
			it.Until = taken.Until
		}
	}
	if err != nil && ctx.Err() != nil {
		return nil // the reading was stopped; that it could not tell says nothing
	}
	return p.settle(ctx, it, p.cfg.Patience.read(it, found, call.VisibleWithin, err, start, p.cfg.Now()))
}

// track asks how far an accepted item has come.
func (p *Pump) track(ctx context.Context, it *Item, call Call) error {
	if call.Track == nil {
		s := it.settle(p.cfg.Now())
		s.State, s.Receipt, s.Reason = govmedia.NeedsPerson, it.Receipt, "accepted, but this adapter cannot ask what became of it"
		return p.settle(ctx, it, s)
	}
	look, cancel := context.WithTimeout(ctx, p.cfg.SendTimeout)
	defer cancel()
	r, err := caught(ctx, p, it, func() (*govmedia.Receipt, error) { return call.Track(look) })
	if err != nil && ctx.Err() != nil {
		return nil // the asking was stopped
	}
	return p.settle(ctx, it, p.cfg.Patience.tracked(it, r, err, p.cfg.Now()))
}

// caught runs an adapter's code and turns a panic into an untyped error, about which nothing is known: one adapter's
// mistake must neither end the process nor decide what became of a write. What the panic said may hold a secret and is
// only logged where the runtime said it.
func caught[T any](ctx context.Context, p *Pump, it *Item, f func() (T, error)) (result T, err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if _, ok := v.(runtime.Error); !ok {
			v = fmt.Sprintf("%T", v)
		}
		p.cfg.Logger.ErrorContext(ctx, "an adapter panicked", "delivery", it.ID, "panic", v, "stack", string(debug.Stack()))
		err = errors.New("the adapter panicked; the log shows where")
	}()
	return f()
}

// prepare returns the call, or an error that certainly means "nothing was sent".
func (p *Pump) prepare(ctx context.Context, it *Item, loaded func(context.Context, *Item) (Call, error)) (Call, *govmedia.Error) {
	w, ok := p.writers[writerKey{App{it.Platform, it.App}, it.Kind}]
	if !ok {
		return Call{}, govmedia.Errorf(govmedia.KindUnsupported, "outbox.prepare",
			"no adapter of app %s/%s sends a %s", it.Platform, it.App, it.Kind)
	}
	if loaded == nil {
		loaded = w.Prepare
	}
	call, err := caught(ctx, p, it, func() (Call, error) { return loaded(ctx, it) })
	if err == nil {
		return call, nil
	}
	e := *govmedia.AsError(err)
	e.Outcome = govmedia.NotApplied
	return Call{}, &e
}

func (p *Pump) settle(ctx context.Context, it *Item, s Settlement) error {
	return p.settled(ctx, it, s, p.record(context.WithoutCancel(ctx), s))
}

// settled tells what came of recording an outcome.
func (p *Pump) settled(ctx context.Context, it *Item, s Settlement, err error) error {
	if err != nil {
		if !errors.Is(err, govmedia.KindDuplicate) {
			p.cfg.Logger.ErrorContext(ctx, "a delivery's outcome could not be recorded; it will be read for",
				"delivery", it.ID, "state", s.State, "error", err)
		}
		return err
	}
	var why error
	if s.Reason != "" {
		why = errors.New(s.Reason)
	}
	p.observe(ctx, it, "delivery.settled", s.State, why)
	return nil
}

// record tries for some seconds when the database cannot be used: what the platform said is known to nobody else. A
// delivery that has moved on after a try of which the answer was lost has been moved by that.
func (p *Pump) record(ctx context.Context, s Settlement) error {
	err := p.store.Settle(ctx, s)
	for wait := 50 * time.Millisecond; errors.Is(err, govmedia.KindUnavailable) && wait < 3*time.Second; wait *= 2 {
		<-time.After(wait)
		if err = p.store.Settle(ctx, s); errors.Is(err, govmedia.KindConflict) {
			return nil
		}
	}
	return err
}

func (p *Pump) observe(ctx context.Context, it *Item, name string, state govmedia.DeliveryState, why error) {
	if p.cfg.Observer == nil {
		return
	}
	p.cfg.Observer.Observe(ctx, govmedia.Event{
		Name: name, At: p.cfg.Now(), Platform: it.Platform, Account: it.Account, Subject: it.ID, State: string(state), Err: why,
	})
}
