package engine

import (
	"context"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
)

// unsettled are the states that a settlement may leave.
var unsettled = []govmedia.DeliveryState{govmedia.Scheduled, govmedia.Queued, govmedia.Sending, govmedia.Uncertain, govmedia.Processing}

// settleAll records outcomes. A delivery that has several waits for its turn: each is judged by what the one before left.
func (e *Engine[TTx]) settleAll(ctx context.Context, t tx[TTx], settlements []*change) (records []auditRow, err error) {
	for len(settlements) > 0 {
		var now, later []*change
		seen := map[string]bool{}
		for _, ch := range settlements {
			if id := ch.settlement.ID; seen[id] {
				later = append(later, ch)
			} else {
				seen[id] = true
				now = append(now, ch)
			}
		}
		r, err := e.settleEach(ctx, t, now)
		if err != nil {
			return nil, err
		}
		records, settlements = append(records, r...), later
	}
	return records, nil
}

// settleEach records the outcomes of different deliveries.
func (e *Engine[TTx]) settleEach(ctx context.Context, t tx[TTx], settlements []*change) ([]auditRow, error) {
	var ids paramRows
	for _, ch := range settlements {
		ids.add(ch.settlement.ID)
	}
	before, err := e.deliveriesOf(ctx, t, ids, "d.id = {0}")
	if err != nil {
		return nil, err
	}
	owners, err := e.loadOwners(ctx, t, settlements, before)
	if err != nil {
		return nil, err
	}
	var list paramRows
	var records []auditRow
	var stands []*outbox.Settlement
	for _, ch := range settlements {
		s := ch.settlement
		if ch.err = owners.admit(before[s.ID], s); ch.err != nil {
			continue
		}
		stands = append(stands, s)
		list = append(list, ch.row)
		records = append(records, ch.record)
	}
	err = e.each(ctx, t, list, `UPDATE govmedia_delivery SET attempt = attempt - {18:int}, state = {1}, due = {2:int}, tries = {3:int}, repeats = {4:int}, checks = {5:int},
			until_at = {6:int}, claimed = {7}, cause = {8}, reason = {9}, updated = {10:int}, receipt_id = {11}, receipt_url = {12},
			receipt_at = {13:int}, thread = {14}, reach = {15}, evidence = {16}, missing = {17}, lease_owner = '', lease_until = 0
		{rows} WHERE govmedia_delivery.id = {0}`)
	if err != nil {
		return nil, err
	}
	if err := giveBack(ctx, t, stands); err != nil {
		return nil, err
	}
	for _, s := range stands { // after all outcomes: what was taken down may have had one at the same time
		more, err := e.consequences(ctx, t, before[s.ID], s)
		if err != nil {
			return nil, err
		}
		records = append(records, more...)
	}
	return records, nil
}

// storable makes what a platform said fit for a row.
func storable(s *outbox.Settlement) {
	s.Reason = plain(s.Reason)
	s.Missing = slices.Clone(s.Missing)
	for i := range s.Missing {
		s.Missing[i].Name, s.Missing[i].Reason = plain(s.Missing[i].Name), plain(s.Missing[i].Reason)
	}
	if s.Receipt == nil {
		return
	}
	r := *s.Receipt
	if r.At.IsZero() {
		r.At = s.At // the platform gave no time
	}
	r.ID, r.URL, r.Thread = plainID(r.ID), plain(r.URL), plain(r.Thread)
	s.Receipt = &r
}

// rowOf are the columns of a settlement, in the order of the statement that writes them.
func rowOf(s *outbox.Settlement) []any {
	r, unmade := receiptOf(s), 0
	if s.Unmade != nil {
		unmade = 1
	}
	return []any{
		s.ID, s.State, micros(s.Due), s.Tries, s.Repeats, s.Checks, micros(s.Until), s.Claimed, s.Cause, s.Reason, micros(s.At),
		r.ID, r.URL, micros(r.At), r.Thread, r.Reach, r.Evidence, encodeMissing(lacking(s)), unmade,
	}
}

// receiptOf is empty when there is none.
func receiptOf(s *outbox.Settlement) govmedia.Receipt {
	if s.Receipt == nil {
		return govmedia.Receipt{}
	}
	return *s.Receipt
}

// settled is the audit record of a settlement.
func (e *Engine[TTx]) settled(s *outbox.Settlement) auditRow {
	r := receiptOf(s)
	return e.audited("outbox", "delivery.settle", "delivery/"+s.ID,
		settledDetail{s.Attempt, r.Evidence, lacking(s), r.Reach, s.Reason, r.ID, s.State})
}

type settledDetail struct {
	Attempt  int                    `json:"attempt"`
	Evidence govmedia.Evidence      `json:"evidence"`
	Missing  []govmedia.Missing     `json:"missing,omitempty"`
	Reach    govmedia.Reach         `json:"reach"`
	Reason   string                 `json:"reason"`
	Receipt  string                 `json:"receipt"`
	State    govmedia.DeliveryState `json:"state"`
}

// consequences does what an outcome means for others: the case that an answer was for, the post that was taken down.
func (e *Engine[TTx]) consequences(ctx context.Context, t tx[TTx], row ownerRow, s *outbox.Settlement) ([]auditRow, error) {
	switch {
	case s.State == govmedia.Withdrawn && row.Kind == govmedia.DeliverWithdrawal:
		return e.takenDown(ctx, t, row.After, s.ID, "taken down", s.At)
	case s.State == govmedia.Live && row.Kind == govmedia.DeliverAnswer && s.Receipt != nil:
		return nil, e.answered(ctx, t, row.Subject, s.Receipt.At)
	}
	return nil, nil
}

// lacking are the files that a delivery goes without: those that we left out, and those that the platform did.
func lacking(s *outbox.Settlement) []govmedia.Missing {
	if s.Receipt == nil {
		return s.Missing
	}
	all := slices.Clone(s.Missing)
	for _, m := range s.Receipt.Missing {
		if !slices.ContainsFunc(all, func(known govmedia.Missing) bool { return known.Digest == m.Digest }) {
			m.Name, m.Reason = plain(m.Name), plain(m.Reason)
			all = append(all, m)
		}
	}
	return all
}

// longest bounds a text that came from a platform: an audit record must stay readable.
const longest = 4 << 10

// plain makes what a platform said storable: SQLite ends a statement at a zero byte.
func plain(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), longest)], "\x00", ""), "\uFFFD")
}

// ownerRow is what a settlement must know of a delivery, its own or another.
type ownerRow struct {
	ID         string
	Kind       govmedia.DeliveryKind
	Subject    string
	Account    string
	After      string
	State      govmedia.DeliveryState
	Attempt    int
	Owner      string
	UntilAt    int64
	ReceiptID  string
	ReceiptURL string
	Evidence   govmedia.Evidence
}

func (e *Engine[TTx]) deliveriesOf(ctx context.Context, t tx[TTx], list paramRows, on string) (map[string]ownerRow, error) {
	found, err := selectEach(ctx, e, t, list, `SELECT d.id, d.kind, d.subject, d.account, d.after_id, d.state, d.attempt, d.lease_owner, d.until_at,
			d.receipt_id, d.receipt_url, d.evidence {rows} JOIN govmedia_delivery d ON `+on, func(r *ownerRow) []any {
		return []any{&r.ID, &r.Kind, &r.Subject, &r.Account, &r.After, &r.State, &r.Attempt, &r.Owner, &r.UntilAt, &r.ReceiptID, &r.ReceiptURL, &r.Evidence}
	})
	byID := make(map[string]ownerRow, len(found))
	for _, r := range found {
		byID[r.ID] = r
	}
	return byID, err
}

// place names a receipt within what may own it.
type place struct {
	account string
	kind    govmedia.DeliveryKind
	name    string // the receipt's id, or the address that a person gave
}

// owners are the deliveries that own receipts.
type owners map[place]ownerRow

// loadOwners returns who owns the receipts of the settlements already.
func (e *Engine[TTx]) loadOwners(ctx context.Context, t tx[TTx], settlements []*change, before map[string]ownerRow) (owners, error) {
	var ids, urls paramRows
	for _, ch := range settlements {
		row, r := before[ch.settlement.ID], ch.settlement.Receipt
		if r != nil && r.ID != "" {
			ids.add(row.Account, row.Kind, r.ID)
		}
		if r != nil && r.URL != "" {
			urls.add(row.Account, r.URL)
		}
	}
	own := owners{}
	byID, err := e.deliveriesOf(ctx, t, ids, "d.account = {0} AND d.kind = {1} AND d.receipt_id = {2} AND d.receipt_id <> ''")
	if err != nil {
		return nil, err
	}
	for _, r := range byID {
		own[place{r.Account, r.Kind, r.ReceiptID}] = r
	}
	// A person who saw a post names its address and not its id.
	byURL, err := e.deliveriesOf(ctx, t, urls, "d.account = {0} AND d.receipt_url = {1} AND d.evidence = 'person' AND d.state IN ('live', 'withdrawn')")
	for _, r := range byURL {
		own[place{r.Account, r.Kind, r.ReceiptURL}] = r
	}
	return own, err
}

// admit says why an outcome cannot be recorded, or gives the delivery its receipt.
func (o owners) admit(row ownerRow, s *outbox.Settlement) error {
	if row.ID == "" || row.Attempt != s.Attempt || !slices.Contains(unsettled, row.State) {
		return govmedia.Errorf(govmedia.KindConflict, "store.settle", "delivery %q has moved on from attempt %d", s.ID, s.Attempt)
	}
	// An attempt that does not count gives its number to the next one. So nobody else may have seen it: whoever reads for
	// it, once its fence has ended, would speak of the next.
	if s.Unmade != nil && (row.State != govmedia.Sending || row.Owner != s.Lease) {
		return govmedia.Errorf(govmedia.KindConflict, "store.settle", "delivery %q is not fenced by %q any more", s.ID, s.Lease)
	}
	if waits := row.State == govmedia.Queued || row.State == govmedia.Scheduled; waits && s.Lease != "" && s.Lease != row.Owner {
		return govmedia.Errorf(govmedia.KindConflict, "store.settle", "delivery %q is not leased to %q any more", s.ID, s.Lease)
	}
	if taken := o.take(row, s); taken != nil {
		return govmedia.Errorf(govmedia.KindDuplicate, "store.settle", "receipt %q: %w", s.Receipt.ID, taken)
	}
	return nil
}

// take gives the receipt of a settlement to its delivery, or returns the other one that owns it.
func (o owners) take(row ownerRow, s *outbox.Settlement) *outbox.Taken {
	if s.Receipt == nil || s.Receipt.ID == "" {
		return nil
	}
	for _, name := range []string{s.Receipt.ID, s.Receipt.URL} {
		if by, ok := o[place{row.Account, row.Kind, name}]; ok && name != "" && by.ID != row.ID {
			taken := &outbox.Taken{By: by.ID}
			if by.Evidence != govmedia.EvidenceResponse {
				taken.Until = instant(by.UntilAt)
			}
			return taken
		}
	}
	row.UntilAt, row.Evidence = micros(s.Until), s.Receipt.Evidence
	o[place{row.Account, row.Kind, s.Receipt.ID}] = row
	return nil
}
