package publish

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Adapter publishes on one platform with one app (client key or site), for any number of accounts. It is safe for
// concurrent use. This interface will not grow; further abilities are one-method interfaces such as [Finder],
// discovered once when a Publisher is built.
type Adapter interface {
	// App names the platform and the client key that this value speaks for.
	App() account.App
	// Limits declares what the platform accepts.
	Limits() Limits
	// Publish makes the write, once, and returns the platform's receipt.
	//
	// An error should be a *govmedia.Error. Its Outcome is NotApplied only when the platform certainly holds
	// nothing: the connection was never made, or the platform itself refused. Applied means that the platform
	// says it holds the post although it gave no id. Everything else, and every untyped error, counts as unknown.
	// A refusal as a repetition is KindDuplicate and NotApplied: this attempt added nothing. Whether it proves an
	// earlier attempt of the same delivery is for the engine to judge.
	//
	// Publish must end soon after ctx does.
	Publish(ctx context.Context, s *Submission) (*govmedia.Receipt, error)
}

// Submission is one attempt at one delivery.
type Submission struct {
	Operation  string             // id of the delivery; the same for every attempt
	Account    account.Account    //
	Credential account.Credential // opened and fresh
	Rendition  Rendition          // exactly what was approved; of a text that was split, one part
	Prior      []byte             // the last checkpoint of this delivery, nil when there is none
	// Media loads what Rendition names by digest, its Cover and Media; it is what was approved, byte for byte.
	Media func(ctx context.Context, digest string) (Media, error)
	// Checkpoint stores data between the steps of a write that has several, before the next step begins. It is
	// durable when it returns nil; after an error the write must not go on.
	Checkpoint func(ctx context.Context, data []byte) error
}

// Finder is an optional ability of an Adapter: to look for a post whose outcome is unknown. Without it such a post
// is handed to a person.
type Finder interface {
	// Find reads the platform. It only reads; an error means that it could not tell.
	Find(ctx context.Context, q *Query) (*Found, error)
}

// Tracker is an ability of an Adapter whose platform accepts a post and works on it: Publish answers with a receipt of
// ReachSubmitted, and Track asks how far it has come. An Adapter that gives such receipts must have it.
type Tracker interface {
	// Track returns the receipt as it stands now: ReachSubmitted again, or what was wanted. A KindRejected error
	// means that the platform has refused the post, and so does KindInvalid; any other that it could not tell.
	Track(ctx context.Context, q *Query) (*govmedia.Receipt, error)
}

// Withdrawer is an ability of an Adapter: to take down what it published (撤回).
type Withdrawer interface {
	// Withdraw takes the post down, once. That it is down already is success. The rules for errors are those of
	// Publish; KindUnsupported says that there is no way to do it for this post, such as for one whose receipt has no
	// id, and its text what a person can do. A post that cannot be taken down before the platform has finished with it
	// is KindUnavailable.
	Withdraw(ctx context.Context, q *Query) error
	// Shown reads whether there still is what Withdraw takes down: of a public post, whether readers see it; of a draft
	// or of one that the platform still works on, whether it is kept. It only reads; an error means that it could not tell.
	Shown(ctx context.Context, q *Query) (bool, error)
}

// Query asks for traces of one delivery.
type Query struct {
	Operation  string // of the delivery; for Withdraw and Shown of the one that is taken down
	Account    account.Account
	Credential account.Credential
	Rendition  Rendition
	Prior      []byte            // the last checkpoint
	Receipt    *govmedia.Receipt // for Track that of ReachSubmitted, for Withdraw that of the post
	Since      time.Time         // our clock at the first fence: no trace can be older, but for the clocks' difference
}

// Found is what a reading saw.
type Found struct {
	// Receipts of all posts that match, best first; none of them older than Query.Since, but for the clocks'
	// difference. There may be several, because another delivery may carry the same text; the engine takes the
	// first that no other delivery owns.
	Receipts []govmedia.Receipt
	// Complete says that the reading covered everything the account published since Query.Since, so that no
	// match means absence. When in doubt it is false.
	Complete bool
	// Repeatable says that publishing again under the same Submission.Operation is harmless, although absence is not
	// proved: the platform has an idempotency key (幂等键), still knows ours, and answers a repetition with what became
	// of the first. Publish must see for itself whether the key still holds, because it may be called much later; when
	// it does not, nothing is sent and the error's outcome is Unknown.
	Repeatable bool
}
