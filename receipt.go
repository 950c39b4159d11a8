package govmedia

import "time"

// Receipt (回执) is the proof that a platform holds one post or one answer of ours.
type Receipt struct {
	ID       string    `json:"id"`            // the platform's id of the post or answer
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
