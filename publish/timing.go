package publish

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Reschedule moves an approved post of which nothing has left to another time (改期), or to at once with a nil schedule.
// The time is part of what was approved, so the actor answers for the new seal and must not be the post's author. A policy
// that is queued, or a post that explains one, is not moved away from the other, see [Publisher.Publish]. seen is the version
// that the actor saw.
func (p *Publisher) Reschedule(ctx context.Context, actor string, seen Post, s *Schedule, note string) (Post, error) {
	post, err := p.seen(ctx, Signature{Step: StepReschedule, Actor: actor}, seen)
	if err != nil {
		return Post{}, err
	}
	if post.Stage != StageApproved {
		return Post{}, govmedia.Errorf(govmedia.KindConflict, "publish.reschedule", "post %q stands at %q; edit it instead", post.ID, post.Stage)
	}
	if slices.Contains(post.authors(), actor) {
		return Post{}, govmedia.Errorf(govmedia.KindForbidden, "publish.reschedule", "%q wrote or submitted post %q; another person must move it", actor, post.ID)
	}
	if s != nil {
		if _, err := s.Instant(); err != nil {
			return Post{}, err
		}
	}
	post.Schedule = s
	by := Signature{Step: StepReschedule, Actor: actor, At: p.now(), Note: note}
	post.Signatures = append(post.Signatures, by)
	post.Seal = post.Digest()
	post.Version++
	var items []outbox.Item
	if queued, err := p.Deliveries(ctx, post.ID); err != nil {
		return Post{}, err
	} else if len(queued) > 0 { // it was published, and so it stays
		if err := p.stillTogether(ctx, post); err != nil {
			return Post{}, err
		}
		if items, err = p.items(ctx, post); err != nil {
			return Post{}, err
		}
	}
	return post, p.store.SavePost(ctx, by, post, items)
}

// Cancel gives up (取消) those deliveries of a post that have not left, and returns all of them. When some or all have
// left already it is too late for these: the error is KindConflict and says how many; the others are cancelled
// nevertheless.
func (p *Publisher) Cancel(ctx context.Context, actor string, seen Post, note string) ([]govmedia.Delivery, error) {
	post, err := p.seen(ctx, Signature{Step: StepCancel, Actor: actor}, seen)
	if err != nil {
		return nil, err
	}
	if err := p.store.CancelPost(ctx, actor, post.ID, post.Version, note); err != nil {
		return nil, err
	}
	ds, err := p.Deliveries(ctx, post.ID)
	if err != nil {
		return nil, err
	}
	left := 0
	for _, d := range ds {
		if d.State != govmedia.Cancelled {
			left++
		}
	}
	if left > 0 {
		return ds, govmedia.Errorf(govmedia.KindConflict, "publish.cancel",
			"too late for %d of %d deliveries of post %q: they have left; withdraw those that are live", left, len(ds), post.ID)
	}
	return ds, nil
}

// Retry names deliveries to send again, by what kept them from going out.
type Retry struct {
	Causes   []govmedia.Kind // required
	Post     string          // only of this post; empty for all
	Platform string          // only on this platform; empty for all
}

// Retry makes due again (批量重发) those deliveries of posts that match and of which certainly nothing is there, and returns
// their ids: a doubt about an earlier attempt has been settled by reading. Nothing whose outcome is in doubt is among
// them; that is decided one by one, see matrix.Resolve.
func (p *Publisher) Retry(ctx context.Context, actor string, r Retry, note string) ([]string, error) {
	if err := p.authorize(ctx, actor, StepRetry, Post{}); err != nil {
		return nil, err
	}
	if len(r.Causes) == 0 || note == "" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.retry", "sending again in bulk needs a cause and a reason")
	}
	return p.store.Retry(ctx, actor, r, note)
}

// Hold keeps deliveries from leaving (暂停发布). What it stops is decided in the transaction of each fence: after it
// returns nothing leaves that it stops, however soon that was due. It returns what had left at that moment and is still on
// the wire, or waits for a place there: that is judged once more if it waits for longer than a moment (50 ms). Naming a
// region, level, platform, unit or account that does not exist is refused. Setting a hold again under its id replaces it.
func (p *Publisher) Hold(ctx context.Context, actor string, h Hold) ([]govmedia.Delivery, error) {
	if err := p.authorize(ctx, actor, StepHold, Post{}); err != nil {
		return nil, err
	}
	if h.ID == "" || h.Reason == "" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.hold", "a hold needs an id and a reason")
	}
	if err := p.real(ctx, h); err != nil {
		return nil, err
	}
	h.Actor, h.From = actor, p.now()
	return p.store.Hold(ctx, h)
}

// real refuses a hold that names what there is not: it would stop nothing, and nobody would see that.
func (p *Publisher) real(ctx context.Context, h Hold) error {
	no := func(what, value string) error {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.hold", "there is no %s %.60q, so that the hold would not stop what it should", what, value)
	}
	for _, r := range h.Regions {
		if len(r) != 6 || strings.Trim(r, "0123456789") != "" {
			return no("region (six digits)", r)
		}
	}
	for _, l := range h.Levels {
		if !l.Known() {
			return no("level", string(l))
		}
	}
	for _, name := range h.Platforms {
		known := false
		for app := range p.adapters {
			known = known || app.Platform == name
		}
		if !known {
			return no("adapter of platform", name)
		}
	}
	for _, id := range h.Units {
		if _, err := p.registry.Unit(ctx, id); errors.Is(err, govmedia.KindNotFound) {
			return no("unit", id)
		} else if err != nil {
			return err
		}
	}
	for _, id := range h.Accounts {
		if _, err := p.registry.Account(ctx, id); errors.Is(err, govmedia.KindNotFound) {
			return no("account", id)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Release ends a hold and returns how many deliveries go on. They go one by one, a pace apart for each app, so that
// readers are not flooded; each is decided again by its schedule's policy for a missed window.
func (p *Publisher) Release(ctx context.Context, actor, id, note string, pace time.Duration) (int, error) {
	if err := p.authorize(ctx, actor, StepRelease, Post{}); err != nil {
		return 0, err
	}
	if note == "" || pace < 0 {
		return 0, govmedia.Errorf(govmedia.KindInvalid, "publish.release", "ending a hold needs a reason and a pace")
	}
	return p.store.Release(ctx, actor, id, note, pace)
}

// Holds returns the holds in force, oldest first.
func (p *Publisher) Holds(ctx context.Context) ([]Hold, error) { return p.store.Holds(ctx) }
