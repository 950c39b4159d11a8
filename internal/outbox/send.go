package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/govmedia/govmedia"
)

// send takes one item from queued to whatever its attempt comes to.
func (p *Pump) send(ctx context.Context, it *Item, prepare preparing) error {
	call, err := prepare(ctx, it)
	if ctx.Err() != nil {
		return nil // the work is being stopped, which says nothing about the item
	}
	if err != nil {
		s := p.cfg.Patience.unsent(it, err, p.cfg.Now())
		if s.State == govmedia.Rejected {
			s.State = govmedia.NeedsPerson // the platform was not even asked
		}
		return p.give(ctx, it, s)
	}
	place := p.places.of(it)
	if !place.mayFence(ctx) {
		return nil
	}
	r, sendErr, unfenced := p.attempt(ctx, it, call, place)
	place.done()
	unmade, isUnmade := errors.AsType[*unmade](unfenced)
	switch {
	case unfenced == nil:
		return p.settle(ctx, it, p.cfg.Patience.sent(it, r, sendErr, p.cfg.Now()))
	case isUnmade:
		s := it.settle(p.cfg.Now())
		s.State, s.Due, s.Reason, s.Unmade = govmedia.Queued, s.At.Add(unmade.wait), unmade.Error(), &unmade.fence
		return p.give(ctx, it, s)
	case errors.Is(unfenced, govmedia.KindNotFound), errors.Is(unfenced, govmedia.KindForbidden):
		p.observe(ctx, it, "delivery.refused", "", unfenced)
		return nil // the store has recorded the refusal, or somebody else has the item
	case errors.Is(unfenced, govmedia.KindRateLimited): // our own quota: nothing was fenced
		return p.give(ctx, it, p.cfg.Patience.unsent(it, govmedia.AsError(unfenced), p.cfg.Now()))
	}
	return unfenced
}

// give is settle for what was not fenced; somebody else may have it by now, and then it is theirs.
func (p *Pump) give(ctx context.Context, it *Item, s Settlement) error {
	err := p.record(context.WithoutCancel(ctx), s)
	if errors.Is(err, govmedia.KindConflict) {
		return nil
	}
	return p.settled(ctx, it, s, err)
}

// fresh is how long what a fence has judged is taken to hold. Whoever gets its place on the wire later is judged again,
// so that a hold, a withdrawal or the end of an account stops what waits behind slow writes.
const fresh = 50 * time.Millisecond

// unmade says that a fenced attempt was not made.
type unmade struct {
	fence Fence
	why   error
	wait  time.Duration // before it is tried again
}

func (u *unmade) Error() string { return u.why.Error() }

// attempt fences an item and sends it. err says why it was not fenced, or, an *unmade, not sent after that; then nothing
// was sent.
func (p *Pump) attempt(ctx context.Context, it *Item, call Call, place lane) (r *govmedia.Receipt, sendErr, err error) {
	now, deadline := p.cfg.Now(), time.Now().Add(p.cfg.SendTimeout)
	fence := Fence{ID: it.ID, Attempt: it.Attempt, Owner: it.Lease, At: now, Until: now.Add(p.cfg.SendTimeout + margin), Quotas: call.Quotas, Terms: it.Terms()}
	if err := p.store.Fence(ctx, fence); err != nil {
		return nil, nil, err
	}
	fenced := time.Now()
	it.Attempt++
	if it.Since.IsZero() {
		it.Since = now
	}
	p.observe(ctx, it, "delivery.fenced", govmedia.Sending, nil)

	// From here on the attempt is finished even if ctx ends: cutting it would only make its outcome unknown.
	// Its deadline counts from before the fence, so that a process that was paused in between sends nothing late.
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancel()
	// It gives up waiting for a place while there is time enough left for the write itself.
	if !place.enter(ctx, p.cfg.SendTimeout/2) {
		return nil, nil, &unmade{fence, fmt.Errorf("all %d places of its app were taken by slow writes; raise Concurrency or wait", p.cfg.Concurrency), p.cfg.Patience.RetryFirst}
	}
	defer place.leave()
	if time.Since(fenced) > fresh {
		if err := p.store.Still(ctx, fence); err != nil {
			return nil, nil, &unmade{fence: fence, why: err}
		}
	}
	r, sendErr = caught(ctx, p, it, func() (*govmedia.Receipt, error) {
		return call.Send(ctx, func(ctx context.Context, data []byte) error {
			return p.store.Checkpoint(ctx, it.ID, it.Attempt, data)
		})
	})
	return r, sendErr, nil
}
