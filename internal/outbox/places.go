package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
)

// places bound how many writes of one app and lane are on their way at once, and how many more may be fenced and wait for
// a place. The fence comes before the wait, so that the disk works while the platform does; whoever gets no place in time
// has certainly sent nothing.
type places struct {
	size  int // on the wire
	ahead int // fenced or on the wire

	mu    sync.Mutex
	byKey map[laneKey]lane
}

// laneKey names one lane of one app.
type laneKey struct {
	app  App
	lane govmedia.Lane
}

// lane has two channels that are full when all its places are taken.
type lane struct{ fenced, wire chan struct{} }

func (p *places) of(it *Item) lane {
	key := laneKey{App{it.Platform, it.App}, it.Lane}
	p.mu.Lock()
	defer p.mu.Unlock()
	l, known := p.byKey[key]
	if !known {
		if p.byKey == nil {
			p.byKey = map[laneKey]lane{}
		}
		l = lane{make(chan struct{}, p.ahead), make(chan struct{}, p.size)}
		p.byKey[key] = l
	}
	return l
}

// mayFence waits until one more may be fenced, and reports false when ctx ends before.
func (l lane) mayFence(ctx context.Context) bool {
	select {
	case l.fenced <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// done says that what was fenced has its answer, or was not fenced.
func (l lane) done() { <-l.fenced }

// enter waits for a place on the wire, and reports false when there is none in time.
func (l lane) enter(ctx context.Context, most time.Duration) bool {
	select {
	case l.wire <- struct{}{}:
		return true
	default:
	}
	patience := time.NewTimer(most)
	defer patience.Stop()
	select {
	case l.wire <- struct{}{}:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return false
}

// leave gives the place back.
func (l lane) leave() { <-l.wire }

// turns let one Drain of an app and lane run at a time, so that what is fenced ahead stays bounded.
type turns struct {
	mu      sync.Mutex
	running map[laneKey]bool // true when it was called again meanwhile
}

// begin reports whether the caller is the one to run; if not, the one that runs looks once more.
func (t *turns) begin(key laneKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, runs := t.running[key]; runs {
		t.running[key] = true
		return false
	}
	if t.running == nil {
		t.running = map[laneKey]bool{}
	}
	t.running[key] = false
	return true
}

// end ends the turn of the one that runs, whoever has called meanwhile.
func (t *turns) end(key laneKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, key)
}

// again reports whether the one that runs is to go on, and ends its turn if not.
func (t *turns) again(key laneKey) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[key] {
		t.running[key] = false
		return true
	}
	delete(t.running, key)
	return false
}
