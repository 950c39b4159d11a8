package publish_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

var china = time.FixedZone("CST", 8*3600)

// at is an hour of 2026 in China.
func at(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2026, month, day, hour, minute, 0, 0, china).UTC()
}

func weekly() publish.Column {
	return publish.Column{Name: "警方提示", Accounts: []string{"a1"}, Slots: []publish.Slot{{Day: time.Wednesday, Time: "20:00"}}, Zone: "Asia/Shanghai"}
}

func issues(days ...int) (shown []publish.Appearance) {
	for _, d := range days {
		shown = append(shown, publish.Appearance{Account: "a1", Post: fmt.Sprint("p", d), Column: "警方提示", At: at(11, d, 20, 1)})
	}
	return shown
}

// A police office's weekly series, on Wednesdays of November 2026: 4, 11, 18, 25.
func TestP11_MissedOnceWarnsMissedTwiceIsAnError(t *testing.T) {
	from, to := at(11, 1, 0, 0), at(11, 30, 0, 0)
	for _, c := range []struct {
		name   string
		change func(*publish.Column)
		shown  []publish.Appearance
		want   []string // severity and day
	}{
		{"every week", nil, issues(4, 11, 18, 25), nil},
		{"missed once", nil, issues(4, 18, 25), []string{"warning 2026-11-11"}},
		{"missed twice in a row", nil, issues(4, 25), []string{"warning 2026-11-11", "error 2026-11-18"}},
		{"missed twice", nil, issues(4, 18), []string{"warning 2026-11-11", "error 2026-11-25"}},
		{"never", nil, nil, []string{"warning 2026-11-04", "error 2026-11-11", "error 2026-11-18", "error 2026-11-25"}},
		{"twice in one week is one issue", nil, append(issues(4, 18, 25), issues(4)...), []string{"warning 2026-11-11"}},
		{"a day late", nil, issues(5, 11, 18, 25), []string{"warning 2026-11-04"}},
		{"a day early", nil, issues(3, 11, 18, 25), []string{"warning 2026-11-04"}},
		{"a day late is in time here", func(c *publish.Column) { c.Grace = 30 * time.Hour }, issues(5, 11, 17, 25), nil},
		{"at the end of its grace", func(c *publish.Column) { c.Grace = time.Minute }, issues(4, 11, 18, 25), nil},
		{"after the end of its grace", func(c *publish.Column) { c.Grace = time.Minute - 1 }, issues(4, 11, 18, 25)[:3], []string{
			"warning 2026-11-04", "error 2026-11-11", "error 2026-11-18", "error 2026-11-25"}},
		{"a holiday", func(c *publish.Column) { c.Except = []string{"2026-11-11"} }, issues(4, 18, 25), nil},
		{"another column", nil, []publish.Appearance{{Account: "a1", Column: "别的", At: at(11, 4, 20, 0)}}, []string{
			"warning 2026-11-04", "error 2026-11-11", "error 2026-11-18", "error 2026-11-25"}},
		{"each account is to carry it", func(c *publish.Column) {
			c.Accounts = []string{"a1", "a2"}
			c.Except = []string{"2026-11-18", "2026-11-25"}
		},
			issues(4, 11), []string{"warning 2026-11-04", "error 2026-11-11"}},
		{"slots close together", func(c *publish.Column) {
			c.Slots = []publish.Slot{{Day: time.Thursday, Time: "08:00"}, {Day: time.Wednesday, Time: "20:00"}}
			c.Except = []string{"2026-11-11", "2026-11-12", "2026-11-18", "2026-11-19", "2026-11-25", "2026-11-26"}
		}, issues(4), []string{"warning 2026-11-05"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			column := weekly()
			if c.change != nil {
				c.change(&column)
			}
			found, err := column.Check(c.shown, from, to)
			require.NoError(t, err)
			var got []string
			for _, f := range found {
				require.Equal(t, "column.missed", f.Rule)
				require.Equal(t, "2026-11", f.Version)
				require.NotEmpty(t, f.Citation)
				require.NotEmpty(t, f.Suggestion)
				require.Equal(t, "column/警方提示", f.Field)
				day := f.Explanation[len("栏目“警方提示”"):][:len("2026-11-04")]
				got = append(got, string(f.Severity)+" "+day)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestP11_WhatIsNotDecidedIsNotMissed(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to time.Time
		missed   int
	}{
		{"its grace has ended", at(11, 4, 20, 0), at(11, 5, 8, 0), 1},
		{"its grace runs", at(11, 4, 20, 0), at(11, 5, 7, 59), 0},
		{"before the period", at(11, 4, 20, 1), at(11, 5, 8, 0), 0},
		{"an empty period", at(11, 5, 8, 0), at(11, 4, 20, 0), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, err := weekly().Check(nil, c.from, c.to)
			require.NoError(t, err)
			require.Len(t, found, c.missed)
		})
	}
}

func TestP11_ColumnsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*publish.Column)
		says   string
	}{
		{"no name", func(c *publish.Column) { c.Name = "" }, "a name"},
		{"no accounts", func(c *publish.Column) { c.Accounts = nil }, "accounts"},
		{"no slots", func(c *publish.Column) { c.Slots = nil }, "slots"},
		{"no zone", func(c *publish.Column) { c.Zone = "" }, "zone"},
		{"the machine's zone", func(c *publish.Column) { c.Zone = "Local" }, "zone"},
		{"an unknown zone", func(c *publish.Column) { c.Zone = "Asia/Lanzhou" }, "Asia/Lanzhou"},
		{"an hour that is none", func(c *publish.Column) { c.Slots[0].Time = "25:00" }, "25:00"},
		{"a day that is none", func(c *publish.Column) { c.Slots[0].Day = 7 }, "hour of a week"},
		{"a holiday that is none", func(c *publish.Column) { c.Except = []string{"春节"} }, "春节"},
		{"a negative grace", func(c *publish.Column) { c.Grace = -1 }, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			column := weekly()
			c.change(&column)
			_, err := column.Check(nil, at(11, 1, 0, 0), at(11, 30, 0, 0))
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestP11_BalancePerColumn(t *testing.T) {
	var shown []publish.Appearance
	for i, column := range []string{"警方提示", "警方提示", "", "反诈", "警方提示"} {
		for _, account := range []string{"a1", "a2"} { // on two accounts it is still one post
			shown = append(shown, publish.Appearance{Account: account, Post: fmt.Sprint("p", i), Column: column})
		}
	}
	require.Equal(t, []publish.Share{
		{Column: "警方提示", Posts: 3, Of: 5}, {Column: "", Posts: 1, Of: 5}, {Column: "反诈", Posts: 1, Of: 5}, {Column: "寻人", Posts: 0, Of: 5},
	}, publish.Balance(shown, "寻人", "反诈"))
	require.Equal(t, []publish.Share{{Column: "寻人"}}, publish.Balance(nil, "寻人"))
	require.Empty(t, publish.Balance(nil))
}
