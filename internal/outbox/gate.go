package outbox

import (
	"context"
	"sync"
)

// gate is closed while emergencies are on their way.
type gate struct {
	mu     sync.Mutex
	closed int
	open   chan struct{} // closed when the gate opens; nil while it is open
}

// close closes the gate until the returned function is called.
func (g *gate) close() (open func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed++; g.open == nil {
		g.open = make(chan struct{})
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.closed--; g.closed == 0 {
			close(g.open)
			g.open = nil
		}
	}
}

// wait returns when the gate is open or ctx ends.
func (g *gate) wait(ctx context.Context) {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	if open == nil {
		return
	}
	select {
	case <-open:
	case <-ctx.Done():
	}
}
