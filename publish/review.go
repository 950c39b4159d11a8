package publish

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/govmedia/govmedia"
)

// Signature (签署) records who took a step and when.
type Signature struct {
	Step  Step      `json:"step"`
	Actor string    `json:"actor"`
	For   string    `json:"for,omitempty"` // 代审: for whom the actor stood in; empty when for nobody
	At    time.Time `json:"at"`
	Note  string    `json:"note,omitempty"`
	// Overrides are the findings that the actor let pass (放行): why, by rule.
	Overrides map[string]string `json:"overrides,omitempty"`
	Minutes   int               `json:"minutes,omitempty"`   // of an emergency approval: from Post.Since; 0 when that is not known
	Disagrees bool              `json:"disagrees,omitempty"` // 不同意: of a review that is made up; the note says why
}

// persons are those whose word the signature is: a deputy counts as both.
func (s Signature) persons() []string {
	if s.For == "" {
		return []string{s.Actor}
	}
	return []string{s.Actor, s.For}
}

// hats says who signed for whom, when it was a deputy.
func (s Signature) hats() string {
	if s.For == "" {
		return ""
	}
	return fmt.Sprintf(" (%s for %s)", s.Actor, s.For)
}

// longestWords bounds what a signature says: it stands in an audit record, which must stay readable.
const longestWords = 64 << 10

func (s Signature) check() error {
	op, n := "publish."+string(s.Step), 0
	for _, text := range []string{s.Actor, s.For, s.Note} {
		if n += len(text); !utf8.ValidString(text) {
			return govmedia.Errorf(govmedia.KindInvalid, op, "%.40q is not valid UTF-8", text)
		}
	}
	for rule, why := range s.Overrides {
		if n += len(rule) + len(why); !utf8.ValidString(rule) || !utf8.ValidString(why) {
			return govmedia.Errorf(govmedia.KindInvalid, op, "%.40q is not valid UTF-8", rule)
		}
	}
	switch after := s.Step == StepReviewAfter || s.Step == StepApproveAfter; {
	case n > longestWords:
		return govmedia.Errorf(govmedia.KindInvalid, op, "the signature says %d bytes; %d are allowed", n, longestWords)
	case s.For == s.Actor && s.For != "":
		return govmedia.Errorf(govmedia.KindInvalid, op, "%q stands in for themself; leave For empty", s.Actor)
	case s.Disagrees && !after:
		return govmedia.Errorf(govmedia.KindInvalid, op, "only a review that is made up can disagree; return the post instead")
	case s.Disagrees && s.Note == "":
		return govmedia.Errorf(govmedia.KindInvalid, op, "who disagrees says why")
	}
	return nil
}

// Submit is the author's word that the post is ready (初审).
func (p *Publisher) Submit(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: StepSubmit, Actor: actor, Note: note}, post)
}

// Review is the second person's word (复审).
func (p *Publisher) Review(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: StepReview, Actor: actor, Note: note}, post)
}

// Approve is the third person's word (终审). It seals the post.
func (p *Publisher) Approve(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: StepApprove, Actor: actor, Note: note}, post)
}

// Return sends a post back to its author (退回), voiding every signature and the seal.
func (p *Publisher) Return(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: StepReturn, Actor: actor, Note: note}, post)
}

var transitions = map[Step]struct{ from, to Stage }{
	StepSubmit:           {StageDraft, StageSubmitted},
	StepReview:           {StageSubmitted, StageReviewed},
	StepApprove:          {StageReviewed, StageApproved},
	StepApproveEmergency: {StageSubmitted, StageApproved},
}

// Sign takes the step of the review that by names: submit, review, approve, approve_emergency, return, review_after or
// approve_after; the methods named after them are short for it. It serves who stands in for somebody (by.For), lets
// findings pass (by.Overrides) or disagrees. seen is the version that the actor saw; what was changed in the value is
// ignored, as are by.At and by.Minutes.
//
// Nobody signs twice: neither in two steps, nor once for themself and once for another, nor for somebody who has signed,
// and the author counts as having signed. What a post's findings refuse is a KindInvalid error with a [FindingsError].
func (p *Publisher) Sign(ctx context.Context, by Signature, seen Post) (Post, error) {
	if err := by.check(); err != nil {
		return Post{}, err
	}
	by.At, by.Minutes = p.now(), 0
	post, err := p.seen(ctx, by, seen)
	if err != nil {
		return Post{}, err
	}
	switch by.Step {
	case StepReviewAfter, StepApproveAfter:
		return p.signAfter(ctx, by, post)
	case StepReturn:
		by.Overrides = nil
		post.reset(by.At)
	default:
		if err := post.may(by); err != nil {
			return Post{}, err
		}
		if by, err = p.proofread(ctx, by, post); err != nil {
			return Post{}, err
		}
		if by.Step == StepApproveEmergency {
			post.ReviewBy = by.At.Add(p.cfg.EmergencyReviewWithin)
			if !post.Since.IsZero() {
				by.Minutes = int(by.At.Sub(post.Since) / time.Minute)
			}
		}
		post.advance(by)
	}
	post.Version++
	return post, p.store.SavePost(ctx, by, post, nil)
}

// reset returns a post to its author.
func (p *Post) reset(at time.Time) {
	p.Stage, p.Entered, p.Seal, p.Signatures, p.ReviewBy = StageDraft, at, "", nil, time.Time{}
}

// seen returns the stored post if it is the version that the actor saw and the actor may take the step.
func (p *Publisher) seen(ctx context.Context, by Signature, seen Post) (Post, error) {
	post, err := p.store.Post(ctx, seen.ID)
	if err != nil {
		return Post{}, err
	}
	if post.Version != seen.Version {
		return Post{}, govmedia.Errorf(govmedia.KindConflict, "publish."+string(by.Step),
			"post %q has changed since version %d was read; it is at %d now", post.ID, seen.Version, post.Version)
	}
	return post, p.authorizeFor(ctx, by, post)
}

// authors are those whose text it is: who wrote it last, and who vouched for it.
func (p *Post) authors() []string {
	all := []string{p.Author}
	for _, s := range p.Signatures {
		if s.Step == StepSubmit {
			all = append(all, s.persons()...)
		}
	}
	return all
}

// may refuses a step that the post's stage, its lane or the separation of duties does not allow.
func (p *Post) may(by Signature) error {
	op := "publish." + string(by.Step)
	t, ok := transitions[by.Step]
	switch {
	case !ok:
		return govmedia.Errorf(govmedia.KindInvalid, op, "%q is no step of the review", by.Step)
	case p.Stage != t.from:
		return govmedia.Errorf(govmedia.KindConflict, op, "post %q stands at %q; this step starts from %q", p.ID, p.Stage, t.from)
	}
	if by.Step == StepApproveEmergency {
		switch {
		case p.Lane != govmedia.LaneEmergency:
			return govmedia.Errorf(govmedia.KindConflict, op, "post %q is no emergency: its lane is %q; have it reviewed", p.ID, p.Lane)
		case p.Since.After(by.At):
			return govmedia.Errorf(govmedia.KindInvalid, op, "post %q says that it happened at %s, which has not come yet", p.ID, p.Since.Format(time.RFC3339))
		}
	}
	return p.apart(by)
}

// apart keeps the duties separated.
func (p *Post) apart(by Signature) error {
	op := "publish." + string(by.Step)
	for _, who := range by.persons() {
		if who == p.Author && by.Step != StepSubmit {
			return govmedia.Errorf(govmedia.KindForbidden, op, "%q wrote post %q; another person must take this step", who, p.ID)
		}
		for _, s := range p.Signatures {
			if slices.Contains(s.persons(), who) {
				return govmedia.Errorf(govmedia.KindForbidden, op, "%q has signed post %q as %s%s; each step needs another person", who, p.ID, s.Step, s.hats())
			}
		}
	}
	return nil
}

// advance signs; what may refuses is not asked again.
func (p *Post) advance(by Signature) {
	p.Stage, p.Entered = transitions[by.Step].to, by.At
	p.Signatures = append(p.Signatures, by)
	if p.Stage == StageApproved {
		p.Seal = p.Digest()
	}
}

// authorizeFor asks for the person whose step it is, and whether the actor may stand in for that person.
func (p *Publisher) authorizeFor(ctx context.Context, by Signature, post Post) error {
	if by.For == "" || by.Actor == "" {
		return p.authorize(ctx, by.Actor, by.Step, post)
	}
	op := "publish." + string(by.Step)
	if p.cfg.Deputy == nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "nobody stands in for anybody: set Config.Deputy")
	}
	if err := p.cfg.Deputy(ctx, by.Actor, by.For, by.Step, by.At); err != nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "%q may not stand in for %q: %w", by.Actor, by.For, err)
	}
	return p.authorize(ctx, by.For, by.Step, post)
}

func (p *Publisher) authorize(ctx context.Context, actor string, step Step, post Post) error {
	op := "publish." + string(step)
	if actor == "" {
		return govmedia.Errorf(govmedia.KindForbidden, op, "no person is named")
	}
	if p.cfg.Authorize == nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "nobody may %s: set Config.Authorize", step)
	}
	if err := p.cfg.Authorize(ctx, actor, step, post); err != nil {
		return govmedia.Errorf(govmedia.KindForbidden, op, "%q may not %s post %q: %w", actor, step, post.ID, err)
	}
	return nil
}

// now is the clock as it is stored.
func (p *Publisher) now() time.Time { return p.cfg.Now().UTC().Truncate(time.Microsecond) }
