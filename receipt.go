package govmedia

import "time"

// Receipt (回执) is the proof that a platform holds one post or one answer of ours.
type Receipt struct {
	ID       string    `json:"id"`               // the platform's id of the post or answer; empty if the platform never told
	URL      string    `json:"url,omitempty"`    // where a citizen sees it; empty if the platform has no address for it
	Thread   string    `json:"thread,omitempty"` // by what the platform lists the comments under it, where that is not ID
	At       time.Time `json:"at"`               // when the platform says it appeared
	Reach    Reach     `json:"reach,omitempty"`  // how far it has come; empty counts as ReachPublic
	Evidence Evidence  `json:"evidence"`         // how we know

	Missing []Missing `json:"missing,omitempty"` // pictures and films that it went without; empty when it is all there
}

// Missing (缺失媒体) is a picture or film that did not go with a post, although it belongs to it.
type Missing struct {
	Digest string `json:"digest"` // hex SHA-256 of its bytes
	Name   string `json:"name"`
	Reason string `json:"reason"` // free of secrets
}

// Reach (到达程度) says how far a post has come on its platform. A draft is not a publication, and what a platform has
// accepted is not public yet; each has its own receipt.
type Reach string

// The reaches.
const (
	ReachDraft     Reach = "draft"     // 草稿: held by the platform, shown to nobody
	ReachSubmitted Reach = "submitted" // 已提交: accepted; the platform is still at work on it or reviews it
	ReachPublic    Reach = "public"    // 公开: anybody can see it
	ReachMass      Reach = "mass_sent" // 群发: public, and delivered to every follower
)

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
	Part     int           `json:"part,omitempty"` // of a text that was split, from 1; 0 when it was not
	Lane     Lane          `json:"lane,omitempty"`
	Planned  time.Time     `json:"planned,omitzero"` // when it was to go out; zero when as soon as possible
	State    DeliveryState `json:"state"`
	Attempt  int           `json:"attempt"` // how many times a byte may have left
	Due      time.Time     `json:"due"`     // when it is looked at next, while queued or unknown
	Updated  time.Time     `json:"updated"`
	Cause    Kind          `json:"cause,omitempty"`   // what kept it from going out, while Reason says it in words
	Receipt  *Receipt      `json:"receipt,omitempty"` // set when processing, live or saved
	Reason   string        `json:"reason,omitempty"`  // why it stands where it stands; free of secrets
}

// DeliveryKind says what is delivered.
type DeliveryKind string

// The kinds of delivery.
const (
	DeliverPost       DeliveryKind = "post"
	DeliverAnswer     DeliveryKind = "answer"
	DeliverWithdrawal DeliveryKind = "withdrawal" // 撤回: of one live delivery of a post, which it turns into Withdrawn
)

// Lane (通道) says what goes first. Deliveries of a lane never wait for those of a lower one.
type Lane string

// The lanes.
const (
	LaneRoutine   Lane = ""          // 日常
	LaneEmergency Lane = "emergency" // 应急: overtakes any backlog
)

// DeliveryState (投递状态) is where one delivery stands.
type DeliveryState string

// The states of a delivery.
const (
	Scheduled   DeliveryState = "scheduled"    // nothing has left; waits for its hour
	Queued      DeliveryState = "queued"       // nothing has left; will be sent when due
	Held        DeliveryState = "held"         // nothing has left; kept back by a hold until that is released
	Sending     DeliveryState = "sending"      // fenced: a byte may leave at any moment
	Processing  DeliveryState = "processing"   // the platform accepted it and is still at work; Receipt says under which id
	Live        DeliveryState = "live"         // the platform shows it; Receipt says how we know
	Saved       DeliveryState = "saved"        // the platform holds it as a draft, as was asked for; nobody sees it
	Rejected    DeliveryState = "rejected"     // the platform refused it for what it is
	NotSent     DeliveryState = "not_sent"     // nothing was applied and we stopped trying; safe to send by command
	Uncertain   DeliveryState = "unknown"      // it may or may not be there; being found out by reading
	NeedsPerson DeliveryState = "needs_person" // reading could not tell, or only a person can mend the cause
	Missed      DeliveryState = "missed"       // its window passed before it could be sent, and it was not to be sent late
	Cancelled   DeliveryState = "cancelled"    // given up by a person
	Withdrawn   DeliveryState = "withdrawn"    // a post was out and has been taken down by us, its Receipt is kept; a withdrawal is done
)

// Settled reports whether nothing more happens without a person.
func (s DeliveryState) Settled() bool {
	switch s {
	case Live, Saved, Rejected, NotSent, NeedsPerson, Missed, Cancelled, Withdrawn:
		return true
	}
	return false
}

// Decision (人工处置) is what a person decides about a delivery that does not move by itself.
type Decision string

// The decisions.
const (
	DecideLive   Decision = "live"   // I have looked: it is there; of a withdrawal: it is down. From needs_person and unknown; of a withdrawal from whatever is not on the wire or over
	DecideSend   Decision = "send"   // send it, again if need be. From needs_person, not_sent, rejected and missed
	DecideRead   Decision = "read"   // read the platform once more. From needs_person, after an attempt
	DecideBare   Decision = "bare"   // send it, without those pictures and films that cannot go with it. Where the policy for them is to ask, from needs_person, not_sent and rejected
	DecideCancel Decision = "cancel" // give it up; of a withdrawal: leave it up. From scheduled, queued, held, needs_person, not_sent, rejected and missed
)
