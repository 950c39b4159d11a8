package reply

import (
	"context"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/verify"
)

// Message (留言) is what somebody said to one of our accounts. It is stored as it came and never altered.
type Message struct {
	Platform string    `json:"platform"`
	Account  string    `json:"account"` // id of the account it was said to
	ID       string    `json:"id"`      // the platform's id; (Platform, Account, ID) is its identity
	Post     string    `json:"post"`    // the platform's id of the post it stands under
	Parent   string    `json:"parent"`  // the platform's id of the message it replies to; empty when to the post itself
	Author   string    `json:"author"`  // the name the citizen shows; mask it before showing it elsewhere
	Own      bool      `json:"own"`     // an echo of what the account itself said
	Text     string    `json:"text"`
	At       time.Time `json:"at"` // when it was said, by the platform's clock
}

// Key is the message's identity as one string.
func (m Message) Key() string { return m.Platform + "/" + m.Account + "/" + m.ID }

// Channel is an ability of an adapter: to read what citizens say and to answer under it. It is safe for concurrent
// use and, like publish.Adapter, never retries, sleeps or limits.
type Channel interface {
	// App names the platform and client key that this value speaks for.
	App() account.App
	// AnswerLimits declares what the platform accepts as an answer.
	AnswerLimits() Limits
	// Messages returns what was said to the account since the given time, oldest first. What is older may be
	// among it; the Desk knows what it has seen. An error means that nothing can be said about completeness.
	Messages(ctx context.Context, in *Inbox) ([]Message, error)
	// Answer posts an answer under a message, once, by the rules of publish.Adapter.Publish.
	Answer(ctx context.Context, s *Submission) (*govmedia.Receipt, error)
}

// Limits declares what a platform accepts as an answer.
type Limits struct {
	Text          verify.TextLimit
	VisibleWithin time.Duration // how long an accepted answer may take to be shown; 0 means at once
	Quotas        []Quota       // the platform's limits on answering; a delivery waits for room
}

// Quota (配额) is a platform's limit on answers in a window of time, for each account or for the whole app.
type Quota struct {
	Name   string        // of what is limited; quotas of one name and scope are one
	App    bool          // the accounts of the app share it
	Limit  int           //
	Per    time.Duration // windows begin at whole multiples since 1970-01-01, positive
	Offset time.Duration // in a zone so much ahead of UTC, such as 8 hours for the days of Beijing; 0 is UTC
}

// Inbox asks for the messages of one account.
type Inbox struct {
	Account    account.Account
	Credential account.Credential
	Since      time.Time
	Threads    []string // where comments under our newest posts are, newest first, for platforms that list them by post
}

// Submission is one attempt at one answer.
type Submission struct {
	Operation  string // id of the delivery; the same for every attempt
	Account    account.Account
	Credential account.Credential
	Message    Message // what is answered
	Text       string  // the answer, to the letter
}

// Finder is an optional ability of a Channel: to look for an answer whose outcome is unknown. Without it such an
// answer is handed to a person.
type Finder interface {
	// FindAnswer reads the platform. It only reads; an error means that it could not tell.
	FindAnswer(ctx context.Context, q *Query) (*Found, error)
}

// Query asks for traces of one answer.
type Query struct {
	Submission
	Since time.Time // our clock at the first fence: no trace can be older, but for the clocks' difference
}

// Found is what a reading saw.
type Found struct {
	Receipts []govmedia.Receipt // all answers that match, best first
	Complete bool               // everything said there since Query.Since was covered: no match means absence
}
