package publish

import (
	"slices"
	"strings"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Hold (暂停发布) keeps deliveries from leaving until it is released. What it names narrows it: a delivery is held when it
// matches every list that is not empty, so that a hold without lists is for everything.
type Hold struct {
	ID          string          `json:"id"` // chosen by the caller
	Reason      string          `json:"reason"`
	Regions     []string        `json:"regions"`     // codes of GB/T 2260; 620000 and 620100 stand for all below them
	Levels      []account.Level `json:"levels"`      // of the owner
	Units       []string        `json:"units"`       // ids of owners
	Topics      []string        `json:"topics"`      // of the post
	Platforms   []string        `json:"platforms"`   //
	Accounts    []string        `json:"accounts"`    // ids
	Emergencies bool            `json:"emergencies"` // hold emergency posts too
	Answers     bool            `json:"answers"`     // hold answers to citizens too
	Actor       string          `json:"actor"`       // who set it; filled in
	From        time.Time       `json:"from"`        // since when; filled in
}

// HoldSubject is what a hold judges a delivery by.
type HoldSubject struct {
	Delivery govmedia.Delivery
	Topic    string
	Unit     account.Unit
}

// Stops reports whether the hold keeps the delivery back. Withdrawals are never held: taking down is what a hold is for.
func (h Hold) Stops(s HoldSubject) bool {
	named := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	d := s.Delivery
	return d.Kind != govmedia.DeliverWithdrawal &&
		(h.Answers || d.Kind != govmedia.DeliverAnswer) && (h.Emergencies || d.Lane != govmedia.LaneEmergency) &&
		named(h.Platforms, d.Platform) && named(h.Accounts, d.Account) && named(h.Topics, s.Topic) && named(h.Units, s.Unit.ID) &&
		(len(h.Levels) == 0 || slices.Contains(h.Levels, s.Unit.Level)) &&
		(len(h.Regions) == 0 || slices.ContainsFunc(h.Regions, func(r string) bool { return within(s.Unit.Region, r) }))
}

// within reports whether a region is another or lies in it: a province's code ends in 0000, a city's in 00.
func within(region, of string) bool {
	return of != "" && strings.HasPrefix(region, strings.TrimSuffix(strings.TrimSuffix(of, "00"), "00"))
}
