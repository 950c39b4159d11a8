package wechat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
)

// progress is what a checkpoint holds: how far the chain of calls has come. None of it is secret.
type progress struct {
	Cover   string `json:"cover,omitempty"`    // media id of the uploaded cover
	CoverOf string `json:"cover_of,omitempty"` // digest of the picture

	Pictures map[string]string `json:"pictures,omitempty"` // addresses of the uploaded pictures by their digests

	Draft   string `json:"draft,omitempty"`   // media id of the draft; from here on it may have been handed over
	Article string `json:"article,omitempty"` // fingerprint of what the draft was made from

	First time.Time `json:"first,omitzero"` // when sendall was first called for this draft; zero when it never was
}

// massWindow is for how long a mass message may be sent again under its clientmsgid, which is a question and not a second
// message. The platform knows a clientmsgid for 24 hours; an hour is left for clocks and for the call itself.
const massWindow = 23 * time.Hour

// repeatable reports whether the platform still knows the clientmsgid of this draft's mass message.
func (p *progress) repeatable(now time.Time) bool {
	since := now.Sub(p.First)
	return !p.First.IsZero() && since >= 0 && since < massWindow
}

// progressOf reads a checkpoint. One that cannot be read is KindCorrupt: it may be that of a handed-over draft.
func progressOf(prior []byte) (progress, error) {
	var p progress
	if len(prior) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(prior, &p); err != nil {
		e := govmedia.Errorf(govmedia.KindCorrupt, "checkpoint", "the checkpoint of this delivery cannot be read")
		e.Platform = Platform
		return p, e
	}
	return p, nil
}

// save makes the progress durable.
func (p *progress) save(ctx context.Context, s *publish.Submission) error {
	if s.Checkpoint == nil {
		return invalid("checkpoint", "the submission has no Checkpoint, without which a crash could publish twice")
	}
	data, err := json.Marshal(p)
	if err != nil {
		return invalid("checkpoint", "the progress cannot be written")
	}
	if err := s.Checkpoint(ctx, data); err != nil {
		return &govmedia.Error{Platform: Platform, Op: "checkpoint", Kind: govmedia.KindUnavailable, Outcome: no, Err: err}
	}
	return nil
}
