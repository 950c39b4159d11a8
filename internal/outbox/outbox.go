// Package outbox makes one write to somebody else's system durable: it fences the write before the first byte may
// leave, sends it once, records what became of it and, when that is unknown, finds out by reading. Posts and answers
// to citizens are both such writes; publish and reply map their own types onto it.
//
// The rows carry the truth. [Pump] moves them in batches and may die at any instruction: what it had fenced is found
// again when its lease has ended, and is then read for, never sent again in hope.
package outbox

import (
	"context"
	"strconv"
	"time"

	"github.com/govmedia/govmedia"
)

// App names one client of one platform; a batch belongs to one app.
type App struct{ Platform, Key string }

// Item is a delivery as the store keeps it.
type Item struct {
	govmedia.Delivery
	Seal  string // digest of what was approved; what is sent must match it
	After string // id of the delivery that must be there first, for a withdrawal of the one to take down; empty for none
	Topic string // of the post, for holds
	Said  string // digest of what a reader would see of it; empty for none

	Window time.Time // after this instant it is late; zero when it is never late
	Missed string    // what to do when it is late: "send", "skip" or, when empty, ask a person
	Prior  []byte    // the last checkpoint of an earlier step or attempt; nil when there is none

	Lease string // the claim under which it is worked on

	OnMedia string             // what to do when a file cannot go with it: "degrade", "hold" or, when empty, nothing goes out
	Missing []govmedia.Missing // the files that it goes without

	Tries   int               // attempts that certainly applied nothing, in a row
	Repeats int               // repetitions made in doubt, because the platform recognises them; while not 0 the doubt stands
	Checks  int               // readings that could not tell, in a row
	Since   time.Time         // the first fence: no trace of this delivery can be older
	Until   time.Time         // when the last unknown attempt had ended on our side; zero when no attempt was unknown
	Claimed govmedia.Evidence // what the platform said that amounts to "it is there"; empty when it said nothing
}

// there is the state of an item that is where it was to be: a post or an answer is shown, a withdrawal is done.
func (it *Item) there() govmedia.DeliveryState {
	if it.Kind == govmedia.DeliverWithdrawal {
		return govmedia.Withdrawn
	}
	return govmedia.Live
}

// doubtful reports whether an earlier attempt ended unknown.
func (it *Item) doubtful() bool { return !it.Until.IsZero() }

// Claim asks for a batch.
type Claim struct {
	App   App
	Lane  govmedia.Lane           // for Claim
	Kinds []govmedia.DeliveryKind // what the claimant can send
	Owner string                  // who will hold the lease; unique per claim, so that an earlier one of the same process is known to be out of date
	Now   time.Time               //
	Until time.Time               // end of the lease
	Limit int
}

// Fence announces that the first byte may leave.
type Fence struct {
	ID      string
	Attempt int // the attempts before this one; a claim that has seen fewer is out of date
	Owner   string
	At      time.Time
	Until   time.Time // after this instant the attempt counts as unknown, whoever may still be at it
	Quotas  []Quota   // all of them must have room
	Terms   *Terms    // what was compared with what was approved; nil when nothing was
}

// Terms are what of an item was compared with what was approved when it was prepared. The fence lets it leave only if its
// row still says the same.
type Terms struct {
	Account, Seal, After, Topic, Missed, OnMedia string
	Part                                         int
	Lane                                         govmedia.Lane
	Planned, Window                              time.Time
}

// Terms returns those of the item.
func (it *Item) Terms() *Terms {
	return &Terms{it.Account, it.Seal, it.After, it.Topic, it.Missed, it.OnMedia, it.Part, it.Lane, it.Planned, it.Window}
}

// Quota (配额) is a platform's limit on calls in a window of time.
type Quota struct {
	Key    string // what the limit is on: platform, app or account, and kind of call
	Limit  int
	Per    time.Duration // windows begin at whole multiples since 1970-01-01
	Offset time.Duration // in a zone so much ahead of UTC
}

// Window returns the window that the instant is in: from starts on, before ends. Without a positive Per it is empty.
func (q Quota) Window(at time.Time) (starts, ends time.Time) {
	if q.Per <= 0 {
		return at, at
	}
	past := (time.Duration(at.UnixNano()) + q.Offset) % q.Per
	if past < 0 {
		past += q.Per
	}
	starts = at.Add(-past)
	return starts, starts.Add(q.Per)
}

// Declared is a quota as publish and reply declare theirs.
type Declared struct {
	Name        string
	App         bool
	Limit       int
	Per, Offset time.Duration
}

// Quota returns the quota that a write of this item spends: of its account, or of the whole app.
func (it *Item) Quota(d Declared) Quota {
	key := it.Platform + "/" + it.App + "/" + d.Name
	if !d.App {
		key += "/" + it.Account
	}
	return Quota{Key: key, Limit: d.Limit, Per: d.Per, Offset: d.Offset}
}

// Settlement records what became of an attempt or a reading.
type Settlement struct {
	ID      string
	Attempt int    // the attempt it speaks of; an older one changes nothing
	Lease   string // the claim it speaks under; where nothing is fenced, a claim that has been lost changes nothing
	State   govmedia.DeliveryState
	At      time.Time
	Due     time.Time
	Tries   int
	Repeats int
	Checks  int
	Until   time.Time
	Claimed govmedia.Evidence
	Receipt *govmedia.Receipt
	Missing []govmedia.Missing
	Cause   govmedia.Kind // what kept it from going out
	Reason  string

	// Unmade is the fence under which, as it turned out, nothing was sent: its attempt does not count, its quotas are
	// given back. It changes nothing when the fence has ended.
	Unmade *Fence
}

// Store keeps items. It is implemented by internal/engine. Each method is one transaction that also appends the audit
// record of the change; Fence and Settle of concurrent callers may share one commit, and have been made durable when
// they return.
type Store interface {
	// Claim leases up to Limit queued or scheduled items of the lane that are due and not leased to anybody at Now, oldest first. An item with
	// After waits until that one is there or given up, a withdrawal until its receipt is known or it is certain that
	// nothing is there.
	Claim(ctx context.Context, c Claim) ([]Item, error)
	// ClaimUncertain leases up to Limit items to read for: those unknown or processing and due, and those still
	// sending whose fence has ended; the latter become unknown.
	ClaimUncertain(ctx context.Context, c Claim) ([]Item, error)
	// Fence marks an item as sending and counts the attempt, provided that Owner still holds it and every guard
	// agrees, all judged in the same transaction, and spends one of each quota. A quota without room is a
	// KindRateLimited error with the time to wait, and changes nothing. A guard's refusal is a KindForbidden error: a hold
	// makes the item held, a window that has passed what its policy says, an ordered withdrawal cancelled, anything else not sent.
	// A withdrawal of which nothing is out is cancelled, and so is what it was for. But an item with
	// Repeats, unless it is held, goes to a person, because the attempt before may be there. A lost lease is
	// KindNotFound and changes nothing.
	Fence(ctx context.Context, f Fence) error
	// Still judges what is fenced again, and gives KindForbidden when it would not be fenced now. It changes nothing.
	Still(ctx context.Context, f Fence) error
	// Checkpoint stores the data of a completed step of the attempt.
	Checkpoint(ctx context.Context, id string, attempt int, data []byte) error
	// Settle records the outcome; of a withdrawal that is done it makes what was taken down withdrawn, and keeps that
	// one's receipt. KindDuplicate, with a *Taken inside, means that the receipt already belongs to
	// another delivery of the account: nothing was changed.
	Settle(ctx context.Context, s Settlement) error
}

// Taken says which delivery owns a receipt. One that only found it may have found somebody else's while its own was not
// shown yet; then Until is when its last unknown attempt had ended, and zero otherwise.
type Taken struct {
	By    string
	Until time.Time
}

// Error implements error.
func (t *Taken) Error() string { return "it belongs to delivery " + strconv.Quote(t.By) + " already" }

// Writer turns items of one kind into calls of one app.
type Writer interface {
	App() App
	Kind() govmedia.DeliveryKind
	// Prepare does everything that may be repeated: load what is to be sent, verify its seal, open the credential.
	// An error means that nothing was sent.
	Prepare(ctx context.Context, it *Item) (Call, error)
}

// Batcher is an ability of a Writer: to load together what many items need.
type Batcher interface {
	// Batch returns what prepares each of the items, as Prepare does. An error says nothing about the items; they are
	// prepared one by one.
	Batch(ctx context.Context, items []*Item) (prepare func(context.Context, *Item) (Call, error), err error)
}

// Call is a prepared write.
type Call struct {
	// Send commits it, once. checkpoint is durable when it returns.
	Send func(ctx context.Context, checkpoint func(context.Context, []byte) error) (*govmedia.Receipt, error)
	// Find reads the platform for traces of it; nil when the platform cannot be read.
	Find func(ctx context.Context) (Found, error)
	// Track asks how far an accepted one has come; nil when the platform never answers "accepted".
	Track func(ctx context.Context) (*govmedia.Receipt, error)
	// Quotas are what one Send spends.
	Quotas []Quota
	// VisibleWithin is how long the platform may take to show what it has accepted.
	VisibleWithin time.Duration
}

// Found is what a reading saw.
type Found struct {
	Receipts []govmedia.Receipt // everything that matches, best first
	Complete bool               // the reading covered all that appeared since the first fence: no match means absent
	// Repeatable says that absence need not be proved: the platform recognises another Send of this item as a
	// repetition, and Send makes sure of that once more.
	Repeatable bool
}
