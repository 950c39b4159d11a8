package publish

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// Withdrawal (撤回回执) says what became of taking one delivery of a post down.
type Withdrawal struct {
	ID       string            `json:"id"`       // of the withdrawal, which is a delivery of its own; empty when nothing was out
	Delivery string            `json:"delivery"` // id of the one that it takes down
	Platform string            `json:"platform"`
	Account  string            `json:"account"`
	Part     int               `json:"part,omitempty"`
	Outcome  Removal           `json:"outcome"`
	Reason   string            `json:"reason,omitempty"`   // why it stands where it stands, and what a person can do
	At       time.Time         `json:"at"`                 // when it was taken down; before that, of the last change
	Evidence govmedia.Evidence `json:"evidence,omitempty"` // how we know that it is down
	Receipt  *govmedia.Receipt `json:"receipt,omitempty"`  // of what was out; it is kept
}

// Removal (撤回结果) is the outcome of a withdrawal.
type Removal string

// The outcomes.
const (
	Removed         Removal = "removed"     // 已撤下
	StillLive       Removal = "still_live"  // 仍在: it was refused or given up; Reason says why
	CannotRemove    Removal = "unsupported" // 平台不支持: it is still there and a person must take it down by hand
	RemovalUnderWay Removal = "under_way"   // 撤回中
	NothingOut      Removal = "not_out"     // 未发出: nothing was out, and nothing goes out any more
	RemovalUnknown  Removal = "unknown"     // 待核实: whether it is out, or down, is being found out; Reason says by whom
)

// Withdraw takes a post down (撤回): what has not left is cancelled, and for each delivery that has, a delivery of kind
// govmedia.DeliverWithdrawal is queued, in the emergency lane. It is fenced, sent, read for and left to a person like any
// other; no hold stops it, nor does the state of the account. When it is done the delivery of the post becomes
// govmedia.Withdrawn. A delivery in doubt is withdrawn as soon as it is known to be there, and not sent again meanwhile.
//
// It returns the receipts as they stand; see Withdrawals. Calling it again queues nothing twice, and again what a person
// has given up. note says why and is kept in the audit log. seen is the version that the actor saw.
func (p *Publisher) Withdraw(ctx context.Context, actor string, seen Post, note string) ([]Withdrawal, error) {
	post, err := p.seen(ctx, Signature{Step: StepWithdraw, Actor: actor}, seen)
	if err != nil {
		return nil, err
	}
	if note == "" || len(note) > longestNote {
		return nil, govmedia.Errorf(govmedia.KindInvalid, "publish.withdraw", "taking post %q down needs a reason of at most %d bytes", post.ID, longestNote)
	}
	ds, err := p.Deliveries(ctx, post.ID)
	if err != nil {
		return nil, err
	}
	if len(ds) == 0 {
		return nil, govmedia.Errorf(govmedia.KindConflict, "publish.withdraw", "post %q was never published; return it to its author instead", post.ID)
	}
	now := p.cfg.Now()
	var items []outbox.Item
	for _, d := range ds {
		items = append(items, outbox.Item{After: d.ID, Seal: post.Seal, Topic: post.Topic, Delivery: govmedia.Delivery{
			ID: withdrawalID(d), Kind: govmedia.DeliverWithdrawal, Subject: post.ID, Platform: d.Platform, App: d.App, Account: d.Account,
			Part: d.Part, Lane: govmedia.LaneEmergency, State: govmedia.Queued, Due: now, Updated: now,
		}})
	}
	if err := p.store.WithdrawPost(ctx, actor, post.ID, post.Version, items, note); err != nil {
		return nil, err
	}
	return p.Withdrawals(ctx, post.ID)
}

const longestNote = 4 << 10 // bytes; an audit record must stay readable

// withdrawalID is "withdraw/<post>/<account>[/part]", for "post/<post>/<account>[/part]".
func withdrawalID(d govmedia.Delivery) string {
	return "withdraw/" + strings.TrimPrefix(d.ID, "post/")
}

// Withdrawals returns the receipts of a post's withdrawal, ordered by account and part: one for each delivery whose
// withdrawal was ordered, and for each of which nothing went out.
func (p *Publisher) Withdrawals(ctx context.Context, postID string) ([]Withdrawal, error) {
	ordered, err := p.store.Deliveries(ctx, govmedia.DeliverWithdrawal, postID)
	if err != nil {
		return nil, err
	}
	byID := map[string]*govmedia.Delivery{}
	for i := range ordered {
		byID[ordered[i].ID] = &ordered[i]
	}
	ds, err := p.Deliveries(ctx, postID) // after the orders: what is done there is done here
	if err != nil {
		return nil, err
	}
	var list []Withdrawal
	for _, d := range ds {
		w := Withdrawal{Delivery: d.ID, Platform: d.Platform, Account: d.Account, Part: d.Part, Receipt: d.Receipt, Reason: d.Reason, At: d.Updated}
		if order := byID[withdrawalID(d)]; order != nil {
			w.ID = order.ID
			w.judge(d, *order)
		} else if !notOut(d.State) {
			continue
		}
		if notOut(d.State) {
			w.Outcome = NothingOut
		}
		list = append(list, w)
	}
	return list, nil
}

// notOut reports whether it is certain that nothing of a delivery is out.
func notOut(s govmedia.DeliveryState) bool {
	switch s {
	case govmedia.Cancelled, govmedia.Rejected, govmedia.NotSent, govmedia.Missed:
		return true
	}
	return false
}

// judge fills in what became of the order to take a delivery down.
func (w *Withdrawal) judge(d, order govmedia.Delivery) {
	w.Reason, w.At = order.Reason, order.Updated
	switch {
	case order.State == govmedia.Withdrawn && order.Receipt != nil:
		w.Outcome, w.At, w.Evidence = Removed, order.Receipt.At, order.Receipt.Evidence
	case d.State == govmedia.Withdrawn: // between the two readings
		w.Outcome, w.At = Removed, d.Updated
	case order.State == govmedia.Uncertain:
		w.Outcome = RemovalUnknown
	case order.State == govmedia.Cancelled && d.Receipt == nil && !notOut(d.State):
		w.Outcome = RemovalUnknown
	case order.State.Settled():
		switch {
		case order.Cause == govmedia.KindUnsupported:
			w.Outcome = CannotRemove
		case order.Cause == "" && order.State == govmedia.NeedsPerson: // nothing refused it: reading could not tell
			w.Outcome = RemovalUnknown
		default:
			w.Outcome = StillLive
		}
	default:
		w.Outcome = RemovalUnderWay
		switch d.State {
		case govmedia.Uncertain:
			w.Outcome, w.Reason = RemovalUnknown, "whether it is out is being read for; it is withdrawn as soon as it is known to be there"
		case govmedia.NeedsPerson:
			if d.Receipt == nil {
				w.Outcome = RemovalUnknown
				w.Reason = fmt.Sprintf("nobody knows whether it is out: a person looks and decides on delivery %q; if it is there it is withdrawn then", d.ID)
			}
		}
	}
}
