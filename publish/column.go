package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

// Column (栏目) is a regular series: what it is called in Post.Column, on which accounts it appears and when.
type Column struct {
	Name     string        `json:"name"`
	Accounts []string      `json:"accounts"` // each is to carry it
	Slots    []Slot        `json:"slots"`    // of a week
	Zone     string        `json:"zone"`     // IANA name of the slots' clock: Asia/Shanghai
	Grace    time.Duration `json:"grace"`    // how much earlier or later than its slot an issue may appear; 0 means 12 hours
	Except   []string      `json:"except"`   // days without an issue, such as holidays: 2027-02-06
}

// Slot (时段) is a weekly hour.
type Slot struct {
	Day  time.Weekday `json:"day"`  // 0 is Sunday
	Time string       `json:"time"` // 20:00
}

// Appearance (见刊) says where and when a post went live.
type Appearance struct {
	Account string
	Post    string
	Column  string // 栏目; empty when the post belongs to none
	At      time.Time
}

// Appearances returns what went live on the accounts in [from, to) and is live, by time.
func (p *Publisher) Appearances(ctx context.Context, accounts []string, from, to time.Time) ([]Appearance, error) {
	return p.store.Appearances(ctx, accounts, from, to)
}

var ruleColumn = rule{"column.missed", "本单位栏目计划；参照国办秘函〔2019〕19号“内容不更新”（已核对原文）"}

// Check finds the issues that were missed (脱期): those whose slot is not before from and whose grace has ended by to. For
// each account the first one is a warning, every further one an error. An appearance counts for one slot only; shown
// should reach back from from, and beyond to, by the grace.
func (c Column) Check(shown []Appearance, from, to time.Time) ([]govmedia.Finding, error) {
	slots, grace, err := c.slots(from, to)
	if err != nil {
		return nil, err
	}
	var all []govmedia.Finding
	for _, account := range c.Accounts {
		var at []time.Time
		for _, a := range shown {
			if a.Account == account && a.Column == c.Name {
				at = append(at, a.At)
			}
		}
		slices.SortFunc(at, time.Time.Compare)
		missed := 0
		for _, slot := range slots {
			for len(at) > 0 && at[0].Before(slot.Add(-grace)) {
				at = at[1:]
			}
			if len(at) > 0 && !at[0].After(slot.Add(grace)) {
				at = at[1:]
				continue
			}
			missed++
			severity := govmedia.SeverityWarning
			if missed > 1 {
				severity = govmedia.SeverityError
			}
			all = append(all, ruleColumn.finding(severity, account, "column/"+c.Name,
				fmt.Sprintf("栏目“%s”%s应刊未刊，为所查期间第%d次。", c.Name, slot.Format("2006-01-02 15:04"), missed),
				"请补发本期，或说明停刊原因；长期不能保证的，请调整栏目计划。"))
		}
	}
	return all, nil
}

// slots are the instants of the issues that are decided in [from, to), in order.
func (c Column) slots(from, to time.Time) ([]time.Time, time.Duration, error) {
	bad := func(format string, args ...any) ([]time.Time, time.Duration, error) {
		return nil, 0, govmedia.Errorf(govmedia.KindInvalid, "publish.column", "column %q: "+format, append([]any{c.Name}, args...)...)
	}
	zone, err := location("publish.column", c.Zone)
	if err != nil {
		return nil, 0, err
	}
	grace := cmp.Or(c.Grace, 12*time.Hour)
	if c.Name == "" || len(c.Accounts) == 0 || len(c.Slots) == 0 || grace < 0 {
		return bad("it needs a name, accounts, slots and a grace that is not negative")
	}
	for _, day := range c.Except {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return bad("%q is no day; write it as 2027-02-06", day)
		}
	}
	hours := make([]time.Time, len(c.Slots))
	for i, s := range c.Slots {
		if hours[i], err = time.Parse("15:04", s.Time); err != nil || s.Day < time.Sunday || s.Day > time.Saturday {
			return bad("slot %d at %q is no hour of a week; write it as 20:00", s.Day, s.Time)
		}
	}
	var all []time.Time
	for day := from.In(zone).AddDate(0, 0, -1); !day.After(to); day = day.AddDate(0, 0, 1) {
		for i, s := range c.Slots {
			at := time.Date(day.Year(), day.Month(), day.Day(), hours[i].Hour(), hours[i].Minute(), 0, 0, zone)
			if at.Weekday() == s.Day && !at.Before(from) && !at.Add(grace).After(to) && !slices.Contains(c.Except, at.Format(time.DateOnly)) {
				all = append(all, at)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal), grace, nil
}

// Share (栏目占比) is how many of the posts of a period belong to a column: Posts of Of.
type Share struct {
	Column string // empty for those that belong to none
	Posts  int
	Of     int
}

// Balance counts the posts of each column among those that appeared, a post that several accounts carry once; the columns
// named are listed even when nothing of theirs appeared. The largest comes first, equals by name.
func Balance(shown []Appearance, columns ...string) []Share {
	posts := map[string]map[string]bool{}
	for _, name := range columns {
		posts[name] = map[string]bool{}
	}
	all := map[string]bool{}
	for _, a := range shown {
		if posts[a.Column] == nil {
			posts[a.Column] = map[string]bool{}
		}
		posts[a.Column][a.Post], all[a.Post] = true, true
	}
	var shares []Share
	for name, in := range posts {
		shares = append(shares, Share{Column: name, Posts: len(in), Of: len(all)})
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Posts, a.Posts), cmp.Compare(a.Column, b.Column))
	})
	return shares
}
