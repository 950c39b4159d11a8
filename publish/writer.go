package publish

import (
	"context"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Writers maps posts onto the outbox, one writer per adapter. It is for package matrix, which runs them.
func (p *Publisher) Writers() []outbox.Writer {
	var ws []outbox.Writer
	for _, a := range p.adapters {
		finder, _ := a.(Finder)
		ws = append(ws, &writer{p: p, adapter: a, finder: finder, limits: a.Limits()})
	}
	return ws
}

type writer struct {
	p       *Publisher
	adapter Adapter
	finder  Finder // nil when the adapter cannot read
	limits  Limits
}

func (w *writer) App() outbox.App {
	a := w.adapter.App()
	return outbox.App{Platform: a.Platform, Key: a.Key}
}

func (w *writer) Kind() govmedia.DeliveryKind { return govmedia.DeliverPost }

func (w *writer) Prepare(ctx context.Context, it *outbox.Item) (outbox.Call, error) {
	post, err := w.p.store.Post(ctx, it.Subject)
	if err != nil {
		return outbox.Call{}, err
	}
	if digest := post.Digest(); digest != it.Seal {
		return outbox.Call{}, govmedia.Errorf(govmedia.KindCorrupt, "publish.seal",
			"post %q is no longer what was approved: its digest is %.12s…, the seal says %.12s…", post.ID, digest, it.Seal)
	}
	rendition, ok := post.Renditions[it.Platform]
	if !ok || !slices.Contains(post.Targets, it.Account) {
		return outbox.Call{}, govmedia.Errorf(govmedia.KindCorrupt, "publish.seal",
			"delivery %q goes to account %q on %s, for which post %q was not approved", it.ID, it.Account, it.Platform, post.ID)
	}
	a, err := w.p.registry.Account(ctx, it.Account)
	if err != nil {
		return outbox.Call{}, err
	}
	cred, err := w.p.vault.Open(ctx, a.ID)
	if err != nil {
		return outbox.Call{}, err
	}
	s := &Submission{Operation: it.ID, Account: a, Credential: cred, Rendition: rendition, Prior: it.Prior}
	call := outbox.Call{VisibleWithin: w.limits.VisibleWithin}
	call.Send = func(ctx context.Context, checkpoint func(context.Context, []byte) error) (*govmedia.Receipt, error) {
		s.Checkpoint = checkpoint
		r, err := w.adapter.Publish(ctx, s)
		if err == nil && r != nil && r.Evidence == "" {
			r.Evidence = govmedia.EvidenceResponse
		}
		return r, w.p.vault.Recover(ctx, cred, err)
	}
	if w.finder != nil {
		call.Find = func(ctx context.Context) (outbox.Found, error) {
			f, err := w.finder.Find(ctx, &Query{
				Operation: it.ID, Account: a, Credential: cred, Rendition: s.Rendition, Prior: it.Prior, Since: it.Since,
			})
			if err = w.p.vault.Recover(ctx, cred, err); err != nil || f == nil {
				return outbox.Found{}, err
			}
			return outbox.Found{Receipts: f.Receipts, Complete: f.Complete}, nil
		}
	}
	return call, nil
}
