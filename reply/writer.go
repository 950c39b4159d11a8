package reply

import (
	"context"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Writers maps answers onto the outbox, one writer per channel. It is for package matrix, which runs them.
func (d *Desk) Writers() []outbox.Writer {
	var ws []outbox.Writer
	for _, c := range d.channels {
		finder, _ := c.(Finder)
		ws = append(ws, &writer{d: d, channel: c, finder: finder})
	}
	return ws
}

type writer struct {
	d       *Desk
	channel Channel
	finder  Finder // nil when the channel cannot look for answers
}

func (w *writer) App() outbox.App {
	a := w.channel.App()
	return outbox.App{Platform: a.Platform, Key: a.Key}
}

func (w *writer) Kind() govmedia.DeliveryKind { return govmedia.DeliverAnswer }

func (w *writer) Prepare(ctx context.Context, it *outbox.Item) (outbox.Call, error) {
	s, err := w.submission(ctx, it)
	if err != nil {
		return outbox.Call{}, err
	}
	limits := w.channel.AnswerLimits()
	call := outbox.Call{VisibleWithin: limits.VisibleWithin}
	for _, q := range limits.Quotas {
		call.Quotas = append(call.Quotas, it.Quota(outbox.Declared(q)))
	}
	call.Send = func(ctx context.Context, _ func(context.Context, []byte) error) (*govmedia.Receipt, error) {
		r, err := w.channel.Answer(ctx, s)
		if err == nil && r != nil && r.Evidence == "" {
			r.Evidence = govmedia.EvidenceResponse
		}
		return r, w.d.vault.Recover(ctx, s.Credential, err)
	}
	if w.finder != nil {
		call.Find = func(ctx context.Context) (outbox.Found, error) {
			f, err := w.finder.FindAnswer(ctx, &Query{Submission: *s, Since: it.Since})
			if err = w.d.vault.Recover(ctx, s.Credential, err); err != nil || f == nil {
				return outbox.Found{}, err
			}
			return outbox.Found{Receipts: f.Receipts, Complete: f.Complete}, nil
		}
	}
	return call, nil
}

// submission loads the answer, verifies its seal and opens the credential.
func (w *writer) submission(ctx context.Context, it *outbox.Item) (*Submission, error) {
	answer, err := w.d.store.Answer(ctx, it.Subject)
	if err != nil {
		return nil, err
	}
	if answer.Digest() != it.Seal {
		return nil, govmedia.Errorf(govmedia.KindCorrupt, "reply.seal", "answer %q is no longer what was queued", answer.ID)
	}
	c, err := w.d.store.Case(ctx, answer.Case)
	if err != nil {
		return nil, err
	}
	a, err := w.d.registry.Account(ctx, it.Account)
	if err != nil {
		return nil, err
	}
	cred, err := w.d.vault.Open(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return &Submission{Operation: it.ID, Account: a, Credential: cred, Message: c.Message, Text: answer.Text}, nil
}
