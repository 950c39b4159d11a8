package publish

import (
	"context"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Carrier (传播账号) is an account through which a post reached, or may reach, readers: its own, or that of one that
// relays it.
type Carrier struct {
	Account  string
	Post     string                 // the post it carries: the original, or one that relays it
	Relays   string                 // the post that Post relays; empty for the original
	State    govmedia.DeliveryState // of the delivery; of a text that was split, of the part that has come furthest
	Seen     bool                   // readers see it or may see it; otherwise it has not left, and can be cancelled
	Obstacle string                 // why nothing can be published to the account now; empty when it can
}

// mayBeSeen reports whether readers see what was delivered, or may see it: a doubt counts.
func mayBeSeen(d govmedia.Delivery) bool {
	switch d.State {
	case govmedia.Live, govmedia.Sending, govmedia.Processing, govmedia.Uncertain:
		return true
	case govmedia.NeedsPerson:
		return d.Attempt > 0
	}
	return false
}

// mayLeave reports whether it has not left and may do so by itself.
func mayLeave(d govmedia.Delivery) bool {
	switch d.State {
	case govmedia.Queued, govmedia.Scheduled, govmedia.Held:
		return true
	}
	return false
}

// Carriers finds the accounts where a post, or one that relays it, or one that relays that, is or may be seen, or waits to
// leave. The original's come first, then its relays' in the order of their ids, and so on; an account may come more than
// once. What a platform's users passed on by themselves is not known here.
func (p *Publisher) Carriers(ctx context.Context, id string) ([]Carrier, error) {
	if _, err := p.store.Post(ctx, id); err != nil {
		return nil, err
	}
	type hop struct{ post, relays string }
	var all []Carrier
	seen := map[string]bool{id: true}
	for queue := []hop{{post: id}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		ds, err := p.Deliveries(ctx, at.post)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			if !mayBeSeen(d) && !mayLeave(d) {
				continue
			}
			if last := len(all) - 1; last >= 0 && all[last].Account == d.Account && all[last].Post == at.post { // another part
				if !all[last].Seen && mayBeSeen(d) {
					all[last].State, all[last].Seen = d.State, true
				}
				continue
			}
			all = append(all, Carrier{Account: d.Account, Post: at.post, Relays: at.relays, State: d.State, Seen: mayBeSeen(d), Obstacle: p.obstacle(ctx, d.Account)})
		}
		relays, err := p.store.LinkedPosts(ctx, at.post, Relays)
		if err != nil {
			return nil, err
		}
		for _, r := range relays {
			if !seen[r.ID] {
				seen[r.ID] = true
				queue = append(queue, hop{r.ID, at.post})
			}
		}
	}
	return all, nil
}

// obstacle says why nothing can be published to the account.
func (p *Publisher) obstacle(ctx context.Context, id string) string {
	a, _, err := p.target(ctx, id)
	switch {
	case err != nil:
		return err.Error()
	case a.State != account.Open:
		return "the account is " + string(a.State)
	}
	return ""
}

// Correct drafts a correction (更正) of a post. It goes to every account where the original, or one that relays it, is or
// may be seen and that can be published to, beside those that the correction names itself; the texts are the author's.
// It is reviewed like any other post. The carriers say who is reached and why, and who cannot be; those that are not
// Seen have not left and should be cancelled. When the original is nowhere, there is nothing to correct: KindConflict.
func (p *Publisher) Correct(ctx context.Context, actor, original string, correction Post) (Post, []Carrier, error) {
	if correction.Version != 0 {
		return Post{}, nil, govmedia.Errorf(govmedia.KindInvalid, "publish.correct", "post %q exists already; edit it with Draft", correction.ID)
	}
	carriers, err := p.Carriers(ctx, original)
	if err != nil {
		return Post{}, nil, err
	}
	if !slices.ContainsFunc(carriers, func(c Carrier) bool { return c.Seen }) {
		return Post{}, carriers, govmedia.Errorf(govmedia.KindConflict, "publish.correct",
			"post %q is nowhere to be seen; edit or cancel what waits instead of correcting it", original)
	}
	correction.Targets, correction.Links = slices.Clone(correction.Targets), slices.Clone(correction.Links)
	for _, c := range carriers {
		if c.Seen && c.Obstacle == "" && !slices.Contains(correction.Targets, c.Account) {
			correction.Targets = append(correction.Targets, c.Account)
		}
	}
	if link := (Link{Corrects, original}); !slices.Contains(correction.Links, link) {
		correction.Links = append(correction.Links, link)
	}
	post, err := p.Draft(ctx, actor, correction)
	return post, carriers, err
}

// Correction is a correction with its receipts, and where the original is to be seen although the correction does not go
// there: it was relayed since, or the account could not be published to.
type Correction struct {
	Post       Post
	Deliveries []govmedia.Delivery // by account and part, each with its receipt; empty before it is published
	Missing    []Carrier
}

// Corrections returns the corrections of a post, ordered by id.
func (p *Publisher) Corrections(ctx context.Context, original string) ([]Correction, error) {
	carriers, err := p.Carriers(ctx, original)
	if err != nil {
		return nil, err
	}
	posts, err := p.store.LinkedPosts(ctx, original, Corrects)
	if err != nil {
		return nil, err
	}
	list := make([]Correction, len(posts))
	for i, post := range posts {
		list[i].Post = post
		if list[i].Deliveries, err = p.Deliveries(ctx, post.ID); err != nil {
			return nil, err
		}
		for _, c := range carriers {
			if c.Seen && !slices.Contains(post.Targets, c.Account) {
				list[i].Missing = append(list[i].Missing, c)
			}
		}
	}
	return list, nil
}
