package outbox

import (
	"context"
	"sync"

	"github.com/govmedia/govmedia"
)

// wire bounds how many writes of one app and lane are on their way at once. Waiting for a place comes after the fence, so
// that the disk works while the platform does; whoever gets none in time has certainly sent nothing.
type wire struct {
	size int

	mu     sync.Mutex
	places map[wireKey]chan struct{}
}

type wireKey struct {
	app  App
	lane govmedia.Lane
}

// use runs f when there is a place, or gives a NotApplied error when ctx ends before.
func (w *wire) use(ctx context.Context, app App, lane govmedia.Lane, f func() error) error {
	w.mu.Lock()
	places := w.places[wireKey{app, lane}]
	if places == nil {
		if w.places == nil {
			w.places = map[wireKey]chan struct{}{}
		}
		places = make(chan struct{}, w.size)
		w.places[wireKey{app, lane}] = places
	}
	w.mu.Unlock()
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return govmedia.Errorf(govmedia.KindUnavailable, "outbox.wire", "all %d places of app %s/%s were taken by slow writes; raise Concurrency or wait", w.size, app.Platform, app.Key)
	}
	defer func() { <-places }()
	return f()
}
