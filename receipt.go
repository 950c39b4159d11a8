package govmedia

import "time"

// Receipt (回执) is the proof that a platform holds one post or one answer of ours.
type Receipt struct {
	ID       string    `json:"id"`            // the platform's id of the post or answer; empty if the platform never told
	URL      string    `json:"url,omitempty"` // where a citizen sees it; empty if the platform has no address for it
	At       time.Time `json:"at"`            // when the platform says it appeared
	Evidence Evidence  `json:"evidence"`      // how we know
}

// Evidence says how a receipt was obtained.
type Evidence string

// The kinds of evidence.
const (
	EvidenceResponse  Evidence = "response"          // the platform answered the write itself
	EvidenceFound     Evidence = "found"             // it was found by reading the platform after an unknown outcome
	EvidenceDuplicate Evidence = "duplicate_refusal" // the platform refused a second attempt as a repetition of the first
	EvidencePerson    Evidence = "person"            // a person looked and said so
)

// Delivery (投递) is one write to one account: a post or an answer on its way out, with what became of it.
type Delivery struct {
	ID       string        `json:"id"`      // operation id: the same for every attempt
	Kind     DeliveryKind  `json:"kind"`    //
	Subject  string        `json:"subject"` // id of the post or answer
	Platform string        `json:"platform"`
	App      string        `json:"app"` // the client key that sends it
	Account  string        `json:"account"`
	State    DeliveryState `json:"state"`
	Attempt  int           `json:"attempt"` // how many times a byte may have left
	Due      time.Time     `json:"due"`     // when it is looked at next, while queued or unknown
	Updated  time.Time     `json:"updated"`
	Receipt  *Receipt      `json:"receipt,omitempty"` // set when live
	Reason   string        `json:"reason,omitempty"`  // why it stands where it stands; free of secrets
}

// DeliveryKind says what is delivered.
type DeliveryKind string

// The kinds of delivery.
const (
	DeliverPost   DeliveryKind = "post"
	DeliverAnswer DeliveryKind = "answer"
)

// DeliveryState (投递状态) is where one delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	Queued      DeliveryState = "queued"       // nothing has left; will be sent when due
	Sending     DeliveryState = "sending"      // fenced: a byte may leave at any moment
	Live        DeliveryState = "live"         // the platform holds it; Receipt says how we know
	Rejected    DeliveryState = "rejected"     // the platform refused it for what it is
	NotSent     DeliveryState = "not_sent"     // nothing was applied and we stopped trying; safe to send by command
	Uncertain   DeliveryState = "unknown"      // it may or may not be there; being found out by reading
	NeedsPerson DeliveryState = "needs_person" // reading could not tell, or only a person can mend the cause
	Cancelled   DeliveryState = "cancelled"    // given up by a person
)

// Settled reports whether nothing more happens without a person.
func (s DeliveryState) Settled() bool {
	switch s {
	case Live, Rejected, NotSent, NeedsPerson, Cancelled:
		return true
	}
	return false
}

// Decision (人工处置) is what a person decides about a delivery that does not move by itself.
type Decision string

// The decisions.
const (
	DecideLive   Decision = "live"   // I have looked: it is there. From needs_person and unknown
	DecideSend   Decision = "send"   // send it, again if need be. From needs_person, not_sent and rejected
	DecideRead   Decision = "read"   // read the platform once more. From needs_person, after an attempt
	DecideCancel Decision = "cancel" // give it up. From queued, needs_person, not_sent and rejected
)
