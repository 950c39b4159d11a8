package reply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// CaseState (办理状态) is where a case stands.
type CaseState string

// The states of a case.
const (
	CaseOpen     CaseState = "open"     // the clock runs
	CaseAnswered CaseState = "answered" // an answer stands under the question; the clock has stopped
)

// Case (诉求) is one matter that a citizen brought and one unit answers for.
type Case struct {
	ID       string     `json:"id"`
	Message  Message    `json:"message"` // what was asked, unaltered
	Unit     string     `json:"unit"`    // id of the holder (承办单位)
	Route    string     `json:"route"`   // the name of the rule that chose the holder
	State    CaseState  `json:"state"`
	Opened   time.Time  `json:"opened"` // when the citizen spoke, by the platform's clock
	Limits   []Deadline `json:"limits"`
	Answered time.Time  `json:"answered"` // when the platform first showed our answer; zero while open
}

// Deadline is one time limit of a case as it was set when the case was opened.
type Deadline struct {
	Target      string    `json:"target"`      // name of the sla.Target
	Due         time.Time `json:"due"`         // zero when it could not be computed; Explanation says why
	Explanation string    `json:"explanation"` // in Chinese, with the rule and its source
}

// Left is the wall time from now to the deadline, negative when overdue. It reports false for a deadline that could not
// be computed.
func (d Deadline) Left(now time.Time) (time.Duration, bool) {
	return d.Due.Sub(now), !d.Due.IsZero()
}

// Answer (答复) is what a unit says to a citizen, to the letter.
type Answer struct {
	ID    string    `json:"id"`
	Case  string    `json:"case"`
	Actor string    `json:"actor"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
	Duty  string    `json:"duty,omitempty"` // id of the shift (账号值班) that answers for it; empty when nobody was on duty
}

// Digest is the seal of an answer: the hex SHA-256 over what is said and to which message.
func (a Answer) Digest() string { return digest("answer", a.Case, a.Text) }

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// Store keeps messages, cases and answers. It is implemented by this module's engine only and may gain methods. Every
// method is one transaction, and every change appends its audit record in that transaction. A missing id gives a
// KindNotFound error.
type Store interface {
	// Receive stores the messages that are not stored yet with the cases they open, notes that the account was read
	// at the given time, and returns the cases that were opened. An own echo comes without a case.
	Receive(ctx context.Context, account string, at time.Time, incoming []Incoming) ([]Case, error)
	// LastRead returns when the account was last read completely; zero when never.
	LastRead(ctx context.Context, account string) (time.Time, error)
	// LiveThreads returns the threads (Receipt.Thread, or else ID) of the account's newest live posts, newest first.
	LiveThreads(ctx context.Context, account string, limit int) ([]string, error)
	// Case returns one case.
	Case(ctx context.Context, id string) (Case, error)
	// Cases returns cases in the order in which they were opened; an empty state means all.
	Cases(ctx context.Context, state CaseState) ([]Case, error)
	// Answer returns one answer.
	Answer(ctx context.Context, id string) (Answer, error)
	// QueueAnswer stores the answer, queues its delivery and wakes the workers; one that exists is left alone.
	QueueAnswer(ctx context.Context, a Answer, item outbox.Item) error
	// Deliveries returns the deliveries of a post or answer ordered by account.
	Deliveries(ctx context.Context, kind govmedia.DeliveryKind, subject string) ([]govmedia.Delivery, error)
}

// Incoming is a message with the case it opens.
type Incoming struct {
	Message Message
	Case    *Case // nil for an own echo
}
