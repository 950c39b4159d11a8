package publish

import (
	"context"
	"errors"
	"slices"
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

// Limits declares what a platform accepts. The zero value takes one text of any length and makes it public.
type Limits struct {
	// Article says that the platform takes title, text and link apart (Rendition.Title, Text, Link). Otherwise a
	// rendition is one text, 【title】text link, in Rendition.Text.
	Article bool
	Title   verify.TextLimit // of Rendition.Title; only for an Article, which must have one
	Text    verify.TextLimit // of Rendition.Text
	Cover   CoverLimit       // of the picture at the head of an Article
	// Reaches lists what a post can be asked to become here (Post.Want); empty means ReachPublic alone.
	Reaches []govmedia.Reach
	// Quotas are the platform's limits on publishing; a delivery waits for room and spends no attempt.
	Quotas []Quota
	// Check refuses, before anybody reviews it, a rendition that the platform would certainly refuse for another
	// reason. It makes no call. nil refuses nothing.
	Check func(Rendition) error
	// VisibleWithin is how long the platform may take to show an accepted post to a reader. A post that a
	// complete reading does not show after this time is absent. 0 means at once.
	VisibleWithin time.Duration
}

// CoverLimit says what a cover (封面) must be. The zero value asks for none and takes any.
type CoverLimit struct {
	Required bool
	MaxBytes int      // 0 means no limit
	Types    []string // media types that are taken; empty means all
}

// Quota (配额) is a platform's limit on calls in a window of time, for each account or for the whole app.
type Quota struct {
	Name  string        // of what is limited; quotas of one name and scope are one
	App   bool          // the accounts of the app share it
	Limit int           //
	Per   time.Duration // windows begin at whole multiples since 1970-01-01 UTC
}

func (l Limits) check(r Rendition, cover *Media) error {
	errs := []error{l.Text.Check(r.Text)}
	if l.Article {
		errs = append(errs, l.Title.Check(r.Title), l.Cover.check(l.Text.Platform, cover))
	}
	reaches := l.Reaches
	if len(reaches) == 0 {
		reaches = []govmedia.Reach{govmedia.ReachPublic}
	}
	if !slices.Contains(reaches, r.Want) {
		errs = append(errs, govmedia.Errorf(govmedia.KindUnsupported, "publish.draft", "%s cannot make a post %q, only %q", l.Text.Platform, r.Want, reaches))
	}
	if err := errors.Join(errs...); err != nil || l.Check == nil {
		return err
	}
	return l.Check(r)
}

func (l CoverLimit) check(platform string, cover *Media) error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.cover", platform+": "+format, args...)
	}
	switch {
	case cover == nil && l.Required:
		return bad("a cover (封面) is required; add one with AddMedia")
	case cover == nil:
		return nil
	case l.MaxBytes > 0 && len(cover.Data) > l.MaxBytes:
		return bad("the cover %q has %d bytes, %d more than the %d allowed", cover.Name, len(cover.Data), len(cover.Data)-l.MaxBytes, l.MaxBytes)
	case len(l.Types) > 0 && !slices.Contains(l.Types, cover.Type):
		return bad("the cover %q is %s; allowed are %v", cover.Name, cover.Type, l.Types)
	}
	return nil
}

// Submission is one attempt at one delivery.
type Submission struct {
	Operation  string             // id of the delivery; the same for every attempt
	Account    account.Account    //
	Credential account.Credential // opened and fresh
	Rendition  Rendition          // exactly what was approved
	Prior      []byte             // the last checkpoint of this delivery, nil when there is none
	// Media loads what Rendition names by digest, such as its Cover; it is what was approved, byte for byte.
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
	// means that the platform has refused the post; any other that it could not tell.
	Track(ctx context.Context, q *Query) (*govmedia.Receipt, error)
}

// Query asks for traces of one delivery.
type Query struct {
	Operation  string
	Account    account.Account
	Credential account.Credential
	Rendition  Rendition
	Prior      []byte            // the last checkpoint
	Pending    *govmedia.Receipt // for Track: the receipt of ReachSubmitted
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
}
