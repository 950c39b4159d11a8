package publish

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
)

// remover maps withdrawals onto the outbox.
type remover struct {
	p          *Publisher
	app        account.App
	withdrawer Withdrawer // nil when the adapter cannot take anything down
	limits     Limits
}

func (w *remover) App() outbox.App { return outbox.App{Platform: w.app.Platform, Key: w.app.Key} }

func (w *remover) Kind() govmedia.DeliveryKind { return govmedia.DeliverWithdrawal }

// Prepare neither asks for the approval of the post nor for the state of the account: what must come down comes down.
func (w *remover) Prepare(ctx context.Context, it *outbox.Item) (outbox.Call, error) {
	out, err := w.p.store.Item(ctx, it.After)
	if err != nil {
		return outbox.Call{}, err
	}
	if err := w.ordered(it, out); err != nil {
		return outbox.Call{}, err
	}
	if out.Receipt == nil { // the fence says what becomes of the withdrawal
		return outbox.Call{Send: func(context.Context, func(context.Context, []byte) error) (*govmedia.Receipt, error) {
			return nil, govmedia.Errorf(govmedia.KindConflict, "publish.withdraw", "delivery %q has no receipt: nothing is known to be there", out.ID)
		}}, nil
	}
	if w.withdrawer == nil {
		return outbox.Call{}, byHand(out)
	}
	q, err := w.query(ctx, out)
	if err != nil {
		return outbox.Call{}, err
	}
	return outbox.Call{
		VisibleWithin: w.limits.VisibleWithin, Quotas: w.quotas(it, q),
		Send: func(ctx context.Context, _ func(context.Context, []byte) error) (*govmedia.Receipt, error) {
			err := w.p.vault.Recover(ctx, q.Credential, w.withdrawer.Withdraw(ctx, q))
			if err != nil {
				return nil, inWork(out, err)
			}
			return &govmedia.Receipt{Evidence: govmedia.EvidenceResponse}, nil
		},
		Find: func(ctx context.Context) (outbox.Found, error) {
			start := w.p.cfg.Now()
			shown, err := w.withdrawer.Shown(ctx, q)
			if err := w.p.vault.Recover(ctx, q.Credential, err); err != nil {
				return outbox.Found{}, err
			}
			if shown {
				return outbox.Found{Complete: true}, nil
			}
			if start.Before(out.Updated.Add(w.limits.VisibleWithin)) {
				return outbox.Found{}, govmedia.Errorf(govmedia.KindUnavailable, "publish.withdraw", "the platform does not show it, but it is so new that it may not do so yet")
			}
			return outbox.Found{Receipts: []govmedia.Receipt{{}}, Complete: true}, nil
		},
	}, nil
}

// quotas are what taking the post down spends. What the platform is still at work on is asked about again and again until
// it is through; it would use up what is meant for posts that can be taken down.
func (w *remover) quotas(it *outbox.Item, q *Query) []outbox.Quota {
	reach := cmp.Or(q.Receipt.Reach, q.Rendition.Want, govmedia.ReachPublic)
	var all []outbox.Quota
	for _, limit := range slices.Concat(w.limits.WithdrawalQuotas[""], w.limits.WithdrawalQuotas[reach]) {
		all = append(all, it.Quota(outbox.Declared(limit)))
	}
	return all
}

// query names the post to the platform. A rendition that cannot be had any more does not keep the post up.
func (w *remover) query(ctx context.Context, out outbox.Item) (*Query, error) {
	post, err := w.p.store.Post(ctx, out.Subject)
	if err != nil && !errors.Is(err, govmedia.KindNotFound) && !errors.Is(err, govmedia.KindCorrupt) {
		return nil, err
	}
	rendition, _ := post.Renditions[out.Platform].part(out.Part)
	a, cred, err := w.p.connected(ctx, out.Account)
	if err != nil {
		return nil, err
	}
	return &Query{
		Operation: out.ID, Account: a, Credential: cred, Rendition: rendition, Prior: out.Prior, Receipt: out.Receipt, Since: out.Since,
	}, nil
}

// byHand says what a person can do where no adapter can.
func byHand(out outbox.Item) error {
	where := "on the platform itself"
	if out.Receipt.URL != "" {
		where = "at " + out.Receipt.URL
	}
	return govmedia.Errorf(govmedia.KindUnsupported, "publish.withdraw",
		"%s posts cannot be taken down from here; take it down by hand, %s, and then decide %q on this withdrawal", out.Platform, where, govmedia.DecideLive)
}

// stillAtWork is how long to wait before a post is tried again that the platform is still at work on.
const stillAtWork = time.Minute

// inWork makes the refusal of a post that the platform has not finished with one that uses up no patience: the delivery
// of the post has its own for that.
func inWork(out outbox.Item, err error) error {
	e := govmedia.AsError(err)
	if out.State != govmedia.Processing || e.Kind != govmedia.KindUnavailable || e.Outcome != govmedia.NotApplied {
		return err
	}
	return &govmedia.Error{
		Platform: e.Platform, Op: e.Op, Kind: govmedia.KindRateLimited, Outcome: govmedia.NotApplied, RetryAfter: stillAtWork, Err: err,
	}
}
