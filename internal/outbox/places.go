package outbox

import (
	"context"
	"sync"

	"github.com/govmedia/govmedia"
)

// places bound how many writes of one app and lane are on their way at once. Waiting for a place comes after the fence, so
// that the disk works while the platform does; whoever gets none in time has certainly sent nothing.
type places struct {
	size int

	mu    sync.Mutex
	byKey map[placeKey]chan struct{} // full when all places are taken
}

type placeKey struct {
	app  App
	lane govmedia.Lane
}

// use runs f when there is a place, or gives a NotApplied error when ctx ends before.
func (p *places) use(ctx context.Context, app App, lane govmedia.Lane, f func() error) error {
	p.mu.Lock()
	taken := p.byKey[placeKey{app, lane}]
	if taken == nil {
		if p.byKey == nil {
			p.byKey = map[placeKey]chan struct{}{}
		}
		taken = make(chan struct{}, p.size)
		p.byKey[placeKey{app, lane}] = taken
	}
	p.mu.Unlock()
	select {
	case taken <- struct{}{}:
	case <-ctx.Done():
		return govmedia.Errorf(govmedia.KindUnavailable, "outbox.wire", "all %d places of app %s/%s were taken by slow writes; raise Concurrency or wait", p.size, app.Platform, app.Key)
	}
	defer func() { <-taken }()
	return f()
}
