package govmedia

import (
	"context"
	"time"
)

// Observer receives every event of the engine. Implementations must be safe for concurrent use and must return
// quickly: Observe is called on the path of the work, after the fact it reports is durable.
type Observer interface {
	Observe(context.Context, Event)
}

// Event is one thing that happened. Fields may be added; unknown names should be ignored.
type Event struct {
	Name     string    // "delivery.fenced", "delivery.settled", "case.opened", …
	At       time.Time //
	Platform string    // empty when none is involved
	Account  string    // account id, empty when none is involved
	Subject  string    // id of the delivery, case, credential
	State    string    // the state reached
	Err      error     // why, when the event reports trouble
}
