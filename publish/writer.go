package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Writers maps posts and their withdrawals onto the outbox, two writers per adapter. It is for package matrix, which runs them.
func (p *Publisher) Writers() []outbox.Writer {
	var ws []outbox.Writer
	for _, a := range p.adapters {
		finder, _ := a.(Finder)
		tracker, _ := a.(Tracker)
		withdrawer, _ := a.(Withdrawer)
		ws = append(ws,
			&writer{p: p, adapter: a, finder: finder, tracker: tracker, limits: a.Limits()},
			&remover{p: p, app: a.App(), withdrawer: withdrawer, limits: a.Limits()})
	}
	return ws
}

type writer struct {
	p       *Publisher
	adapter Adapter
	finder  Finder  // nil when the adapter cannot read
	tracker Tracker // nil when the platform answers at once
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
	rendition, err := w.approved(post, post.Digest(), it)
	if err != nil {
		return outbox.Call{}, err
	}
	if leaves(it) {
		if _, err := w.p.accompanied(ctx, post, nil); err != nil {
			return outbox.Call{}, err
		}
	}
	a, cred, err := w.p.connected(ctx, it.Account)
	if err != nil {
		return outbox.Call{}, err
	}
	return w.call(it, a, cred, rendition), nil
}

// connected returns an account and its opened credential.
func (p *Publisher) connected(ctx context.Context, id string) (account.Account, account.Credential, error) {
	a, err := p.registry.Account(ctx, id)
	if err != nil {
		return a, account.Credential{}, err
	}
	cred, err := p.vault.Open(ctx, a.ID)
	return a, cred, err
}

// Batch implements outbox.Batcher: it loads each post and its seal once, and accounts and credentials in one question.
func (w *writer) Batch(ctx context.Context, items []*outbox.Item) (func(context.Context, *outbox.Item) (outbox.Call, error), error) {
	posts, digests, alone, ids := map[string]Post{}, map[string]string{}, map[string]error{}, make([]string, 0, len(items))
	for _, it := range items {
		ids = append(ids, it.Account)
		if _, known := posts[it.Subject]; known {
			continue
		}
		post, err := w.p.store.Post(ctx, it.Subject)
		if err != nil {
			return nil, err
		}
		posts[post.ID], digests[post.ID] = post, post.Digest()
		_, alone[post.ID] = w.p.accompanied(ctx, post, nil)
	}
	ready, err := w.p.vault.Ready(ctx, ids)
	if err != nil {
		return nil, err
	}
	list, err := w.p.registry.Accounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	accounts := make(map[string]account.Account, len(list))
	for _, a := range list {
		accounts[a.ID] = a
	}
	return func(ctx context.Context, it *outbox.Item) (outbox.Call, error) {
		a, known := accounts[it.Account]
		cred, open := ready[it.Account]
		if !known || !open {
			return w.Prepare(ctx, it)
		}
		rendition, err := w.approved(posts[it.Subject], digests[it.Subject], it)
		if err == nil && leaves(it) {
			err = alone[it.Subject]
		}
		if err != nil {
			return outbox.Call{}, err
		}
		return w.call(it, a, cred, rendition), nil
	}, nil
}

// leaves reports whether an item is about to leave for the first time, so that readers see nothing of it yet.
func leaves(it *outbox.Item) bool {
	return it.Until.IsZero() && (it.State == govmedia.Queued || it.State == govmedia.Scheduled)
}

// approved returns what the item may send, if the post's digest is what was approved for it and its row still says what
// was sealed.
func (w *writer) approved(post Post, digest string, it *outbox.Item) (Rendition, error) {
	if digest != it.Seal {
		return Rendition{}, govmedia.Errorf(govmedia.KindCorrupt, "publish.seal",
			"post %q is no longer what was approved: its digest is %.12s…, the seal says %.12s…", post.ID, digest, it.Seal)
	}
	rendition, ok := post.Renditions[it.Platform].part(it.Part)
	if !ok || !slices.Contains(post.Targets, it.Account) {
		return Rendition{}, govmedia.Errorf(govmedia.KindCorrupt, "publish.seal",
			"delivery %q goes to account %q on %s, for which post %q was not approved", it.ID, it.Account, it.Platform, post.ID)
	}
	return rendition, ordered(post, w.adapter.App(), it, w.p.cfg.Now())
}

// call makes the calls of one item.
func (w *writer) call(it *outbox.Item, a account.Account, cred account.Credential, rendition Rendition) outbox.Call {
	rendition = rendition.without(it.Missing)
	s := &Submission{
		Operation: it.ID, Account: a, Credential: cred, Rendition: rendition, Prior: it.Prior, Media: w.media,
	}
	query := func() *Query {
		return &Query{
			Operation: it.ID, Account: a, Credential: cred, Rendition: rendition, Prior: it.Prior, Receipt: it.Receipt, Since: it.Since,
		}
	}
	call := outbox.Call{VisibleWithin: w.limits.VisibleWithin}
	for _, limit := range w.limits.Quotas {
		call.Quotas = append(call.Quotas, it.Quota(outbox.Declared(limit)))
	}
	call.Send = func(ctx context.Context, checkpoint func(context.Context, []byte) error) (*govmedia.Receipt, error) {
		s.Checkpoint = checkpoint
		r, err := w.adapter.Publish(ctx, s)
		return proven(r), w.p.vault.Recover(ctx, cred, w.indispensable(it, rendition, err))
	}
	if w.finder != nil {
		call.Find = func(ctx context.Context) (outbox.Found, error) {
			f, err := w.finder.Find(ctx, query())
			if err = w.p.vault.Recover(ctx, cred, err); err != nil || f == nil {
				return outbox.Found{}, err
			}
			return outbox.Found{Receipts: f.Receipts, Complete: f.Complete, Repeatable: f.Repeatable}, nil
		}
	}
	if w.tracker != nil {
		call.Track = func(ctx context.Context) (*govmedia.Receipt, error) {
			r, err := w.tracker.Track(ctx, query())
			return proven(r), w.p.vault.Recover(ctx, cred, err)
		}
	}
	return call
}

// indispensable hides that it was a file that failed where the post cannot do without it: then there is nothing to degrade
// to, and the reason stays the file's.
func (w *writer) indispensable(it *outbox.Item, r Rendition, err error) error {
	file, ok := errors.AsType[*MediaError](err)
	if !ok || !w.limits.Cover.Required || file.Digest != r.Cover || it.OnMedia != string(MediaDegrade) {
		return err
	}
	e := *govmedia.AsError(err)
	e.Err = fmt.Errorf("the cover (封面) is required here: %s", file.Error())
	return &e
}

// media loads a file of a post and makes sure that it is the one that was approved.
func (w *writer) media(ctx context.Context, digest string) (Media, error) {
	m, err := w.p.store.Media(ctx, digest)
	if err == nil && m.Digest() != digest {
		err = govmedia.Errorf(govmedia.KindCorrupt, "publish.seal", "the file %q is no longer what was approved", m.Name)
	}
	return m, err
}

func proven(r *govmedia.Receipt) *govmedia.Receipt {
	if r != nil && r.Evidence == "" {
		r.Evidence = govmedia.EvidenceResponse
	}
	return r
}
