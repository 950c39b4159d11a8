package publish

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

// ApproveEmergency is the one word that a submitted post of the emergency lane needs (应急签发): it seals the post, and the
// review that was skipped is due within Config.EmergencyReviewWithin. The approver is not the author.
func (p *Publisher) ApproveEmergency(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: StepApproveEmergency, Actor: actor, Note: note}, post)
}

// ReviewAfter makes up (补审) the next step of the review that an emergency skipped: the review, then the approval, each by
// a person who has not signed yet. Who does not agree signs with Signature.Disagrees instead, see Sign; then the review
// is done as well, and Overdue proposes what to do until the post is corrected or nowhere to be seen. The seal stays.
func (p *Publisher) ReviewAfter(ctx context.Context, actor string, post Post, note string) (Post, error) {
	return p.Sign(ctx, Signature{Step: cmp.Or(post.Owed(), StepReviewAfter), Actor: actor, Note: note}, post)
}

// Owed returns the next step of the review that an emergency skipped, StepReviewAfter or StepApproveAfter, and nothing
// when none is owed.
func (p Post) Owed() Step {
	if p.ReviewBy.IsZero() {
		return ""
	}
	for _, step := range []Step{StepReviewAfter, StepApproveAfter} {
		if !slices.ContainsFunc(p.Signatures, func(s Signature) bool { return s.Step == step }) {
			return step
		}
	}
	return ""
}

func (p *Publisher) signAfter(ctx context.Context, by Signature, post Post) (Post, error) {
	if owed := post.Owed(); owed != by.Step {
		return Post{}, govmedia.Errorf(govmedia.KindConflict, "publish."+string(by.Step), "post %q owes %q, not %q", post.ID, owed, by.Step)
	}
	if err := post.apart(by); err != nil {
		return Post{}, err
	}
	by.Overrides = nil
	post.Signatures = append(post.Signatures, by)
	if post.Owed() == "" && len(post.objections()) == 0 {
		post.ReviewBy = time.Time{}
	}
	post.Version++
	return post, p.store.SignPost(ctx, by, post)
}

// objections are the signatures of those who did not agree afterwards.
func (p Post) objections() []Signature {
	return slices.DeleteFunc(slices.Clone(p.Signatures), func(s Signature) bool { return !s.Disagrees })
}

// Reviews returns the posts that went out by an emergency approval and whose review is not made up yet, and those that
// somebody did not agree with afterwards, as long as they may be seen and no correction is approved; soonest due first,
// at most a thousand. Owed says which step is next, ReviewBy by when.
func (p *Publisher) Reviews(ctx context.Context) ([]Post, error) {
	posts, err := p.store.OwedReviews(ctx, mostWaiting)
	if err != nil {
		return nil, err
	}
	var open []Post
	for _, post := range posts {
		if post.Owed() == "" {
			mended, err := p.mended(ctx, post.ID)
			if err != nil {
				return nil, err
			}
			if mended {
				continue
			}
		}
		open = append(open, post)
	}
	return open, nil
}

// mended reports whether a post cannot be seen any more or has an approved correction.
func (p *Publisher) mended(ctx context.Context, id string) (bool, error) {
	ds, err := p.Deliveries(ctx, id)
	if err != nil || !slices.ContainsFunc(ds, mayBeSeen) {
		return err == nil, err
	}
	corrections, err := p.store.LinkedPosts(ctx, id, Corrects)
	return slices.ContainsFunc(corrections, func(c Post) bool { return c.Stage == StageApproved }), err
}
