package publish

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

var linkKinds = []LinkKind{Corrects, Relays, Explains, Follows}

// linked refuses links of an unknown kind, to the post itself, to nothing, and those that close a circle.
func (p *Publisher) linked(ctx context.Context, post Post) error {
	bad := func(format string, args ...any) error {
		return govmedia.Errorf(govmedia.KindInvalid, "publish.link", "post %q "+format, append([]any{post.ID}, args...)...)
	}
	for _, l := range post.Links {
		switch {
		case !slices.Contains(linkKinds, l.Kind):
			return bad("has a link of unknown kind %q", l.Kind)
		case l.Post == post.ID:
			return bad("%s itself", l.Kind)
		}
		seen := map[string]bool{}
		for queue := []string{l.Post}; len(queue) > 0; queue = queue[1:] {
			if seen[queue[0]] {
				continue
			}
			seen[queue[0]] = true
			other, err := p.store.Post(ctx, queue[0])
			if err != nil {
				return err
			}
			for _, next := range other.Links {
				if next.Kind != l.Kind {
					continue
				}
				if next.Post == post.ID {
					return bad("%s post %q, which in the end %s it", l.Kind, l.Post, l.Kind)
				}
				queue = append(queue, next.Post)
			}
		}
	}
	return nil
}

// ChainStep (后续报道链) is one post of a chain: the first, or one that explains or follows one before it.
type ChainStep struct {
	Post  Post
	Kind  LinkKind  // Explains or Follows; empty for the first
	Of    string    // id of the post that it explains or follows
	At    time.Time // when it was first to be seen; zero when it is not
	Live  int       // accounts that show it
	Known int       // those of them whose reads are known; when fewer than Live, Reads is only their sum
	Reads int64
}

// Chain returns the post and all that explain and follow it, and those in turn, in the order in which they appeared; what
// nobody can see yet comes last. reads tells how often a live delivery was read, or that it does not know; nil never does.
func (p *Publisher) Chain(ctx context.Context, id string, reads func(govmedia.Delivery) (n int64, known bool)) ([]ChainStep, error) {
	first, err := p.store.Post(ctx, id)
	if err != nil {
		return nil, err
	}
	steps, seen := []ChainStep{{Post: first}}, map[string]bool{id: true}
	for i := 0; i < len(steps); i++ {
		of := steps[i].Post.ID
		if err := p.read(ctx, &steps[i], reads); err != nil {
			return nil, err
		}
		for _, kind := range []LinkKind{Explains, Follows} {
			posts, err := p.store.LinkedPosts(ctx, of, kind)
			if err != nil {
				return nil, err
			}
			for _, post := range posts {
				if !seen[post.ID] {
					seen[post.ID] = true
					steps = append(steps, ChainStep{Post: post, Kind: kind, Of: of})
				}
			}
		}
	}
	slices.SortStableFunc(steps[1:], func(a, b ChainStep) int {
		if a.At.IsZero() != b.At.IsZero() {
			return cmp.Compare(b.At.Unix(), a.At.Unix())
		}
		return a.At.Compare(b.At)
	})
	return steps, nil
}

// read fills in where the step is to be seen and how often it was read.
func (p *Publisher) read(ctx context.Context, s *ChainStep, reads func(govmedia.Delivery) (int64, bool)) error {
	ds, err := p.Deliveries(ctx, s.Post.ID)
	if err != nil {
		return err
	}
	for _, d := range ds {
		if d.State != govmedia.Live || d.Part > 1 {
			continue
		}
		s.Live++
		if s.At.IsZero() || d.Receipt.At.Before(s.At) {
			s.At = d.Receipt.At
		}
		if reads == nil {
			continue
		}
		if n, known := reads(d); known {
			s.Known++
			s.Reads += n
		}
	}
	return nil
}
