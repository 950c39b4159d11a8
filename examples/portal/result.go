package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/metrics"
)

// result is what -once prints.
type result struct {
	Accounts   int                            `json:"accounts"`   // in the register
	Findings   int                            `json:"findings"`   // about names and codes
	Deliveries map[govmedia.DeliveryState]int `json:"deliveries"` // of the notice, by outcome
	Journal    map[string]int                 `json:"journal"`    // account → copies of the notice that the platform really holds
	Messages   int                            `json:"messages"`   // comments of citizens that were received
	Cases      cases                          `json:"cases"`      // that they opened
	Figures    map[string]metrics.Snapshot    `json:"figures"`    // platform → those of one account; what it does not have is null
	AuditHead  string                         `json:"audit_head"`

	cluster int // accounts that the notice is for
	asked   int // comments that citizens wrote
	copies  int // answers that the platform really holds
}

type cases struct {
	Open     int `json:"open"`
	Answered int `json:"answered"`
}

// check says what did not happen as it should.
func (r *result) check() error {
	var errs []error
	want := func(what string, got, want int) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s: %d instead of %d", what, got, want))
		}
	}
	want("accounts with the notice in the platform's journal", len(r.Journal), r.cluster)
	want("live deliveries", r.Deliveries[govmedia.Live], r.cluster)
	for _, id := range slices.Sorted(keys(r.Journal)) {
		want("copies on account "+id, r.Journal[id], 1)
	}
	want("messages received", r.Messages, r.asked)
	want("cases answered", r.Cases.Answered, max(0, r.asked-unanswered))
	want("cases open", r.Cases.Open, min(r.asked, unanswered))
	want("answers in the platform's journal", r.copies, max(0, r.asked-unanswered))
	if r.cluster == 0 || r.asked == 0 || r.AuditHead == "" {
		errs = append(errs, errors.New("the day did not run to its end"))
	}
	return errors.Join(errs...)
}

func keys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// String is the result for people.
func (r *result) String() string {
	var states []string
	for state, n := range r.Deliveries {
		states = append(states, fmt.Sprintf("%s %d", state, n))
	}
	slices.Sort(states)
	return fmt.Sprintf("register: %d accounts, %d findings\nnotice:   %d accounts; %s\ncitizens: %d messages; %d cases answered, %d open\naudit:    %s",
		r.Accounts, r.Findings, r.cluster, strings.Join(states, ", "), r.Messages, r.Cases.Answered, r.Cases.Open, r.AuditHead)
}
