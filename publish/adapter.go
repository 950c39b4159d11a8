package publish

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
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

// Limits declares what a platform accepts. The zero value accepts everything.
type Limits struct {
	Text verify.TextLimit
	// Check refuses, before anybody reviews it, a rendition that the platform would certainly refuse for another
	// reason than its length. It makes no call. nil refuses nothing.
	Check func(Rendition) error
	// VisibleWithin is how long the platform may take to show an accepted post to a reader. A post that a
	// complete reading does not show after this time is absent. 0 means at once.
	VisibleWithin time.Duration
}

func (l Limits) check(r Rendition) error {
	if err := l.Text.Check(r.Text); err != nil || l.Check == nil {
		return err
	}
	return l.Check(r)
}

// Submission is one attempt at one delivery.
type Submission struct {
	Operation  string             // id of the delivery; the same for every attempt
	Account    account.Account    //
	Credential account.Credential // opened and fresh
	Rendition  Rendition          // exactly what was approved
	Prior      []byte             // the last checkpoint of this delivery, nil when there is none
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

// Query asks for traces of one delivery.
type Query struct {
	Operation  string
	Account    account.Account
	Credential account.Credential
	Rendition  Rendition
	Prior      []byte    // the last checkpoint
	Since      time.Time // our clock at the first fence: no trace can be older, but for the clocks' difference
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
}
