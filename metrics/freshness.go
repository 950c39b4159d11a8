package metrics

import (
	"fmt"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Grade (更新状况) says how long an account has been silent.
type Grade string

// The grades. The bounds belong to the grade before them: exactly 14 days is not yet a veto.
const (
	Fresh    Grade = "fresh"   // up to 7 days
	Due      Grade = "due"     // over 7 days: local rules ask for a post a week
	Late     Grade = "late"    // over 10 days
	Last     Grade = "last"    // over 12 days: two days left
	Veto     Grade = "veto"    // over 14 days: fails the inspection (单项否决)
	NeverYet Grade = "unknown" // we know of no post; that is not the same as silence
)

const day = 24 * time.Hour

// Freshness (更新时效) is the age of an account's newest post that we know of.
type Freshness struct {
	Account  string
	LastPost time.Time     // zero when we know of none
	Age      time.Duration // since LastPost; 0 when there is none
	Grade    Grade
}

// FreshnessOf grades an account whose newest known post appeared at last.
func FreshnessOf(accountID string, last, now time.Time) Freshness {
	f := Freshness{Account: accountID, LastPost: last, Grade: NeverYet}
	if last.IsZero() {
		return f
	}
	f.Age = max(0, now.Sub(last))
	switch {
	case f.Age > 14*day:
		f.Grade = Veto
	case f.Age > 12*day:
		f.Grade = Last
	case f.Age > 10*day:
		f.Grade = Late
	case f.Age > 7*day:
		f.Grade = Due
	default:
		f.Grade = Fresh
	}
	return f
}

// Finding says what is wrong, and reports false when nothing is.
func (f Freshness) Finding() (govmedia.Finding, bool) {
	g := govmedia.Finding{
		Rule: "metrics.freshness", Version: "2019-04", Severity: govmedia.SeverityWarning, Subject: f.Account, Field: "last_post",
		Citation:   "《政府网站与政务新媒体检查指标》（国办秘函〔2019〕19号）：监测时间点前2周内无更新的，单项否决",
		Suggestion: "尽快发布与本单位职责相关的内容；确无力维护的，按规定关停或注销。",
	}
	days := int(f.Age / day)
	switch f.Grade {
	case Veto:
		g.Severity = govmedia.SeverityError
		g.Explanation = fmt.Sprintf("该账号已%d天未更新，超过14天，触发单项否决。", days)
	case Last, Late, Due:
		left := 14*day - f.Age
		g.Explanation = fmt.Sprintf("该账号已%d天未更新，距单项否决还有%d小时。", days, int(left/time.Hour))
	default:
		return govmedia.Finding{}, false
	}
	return g, true
}

// UnitFigures are the figures of one unit. Officers' accounts are not among them.
type UnitFigures struct {
	Unit      string `json:"unit"`
	Accounts  int    `json:"accounts"` // accounts that count, apps and mini-programs included
	Counted   int    `json:"counted"`  // of these, accounts with a snapshot; the sums cover at most these
	Followers Sum    `json:"followers"`
	Posts     Sum    `json:"posts"`
}

// ByUnit adds up the newest snapshots of each unit's accounts, keyed by unit.
func ByUnit(accounts []account.Account, snapshots map[string]Snapshot) map[string]UnitFigures {
	sums := map[string]UnitFigures{}
	for _, a := range accounts {
		if !a.Kind.Scored() {
			continue
		}
		u := sums[a.Unit]
		u.Unit = a.Unit
		u.Accounts++
		if s, ok := snapshots[a.ID]; ok {
			u.Counted++
			u.Followers.add(s.Counts.Followers)
			u.Posts.add(s.Counts.Posts)
		}
		sums[a.Unit] = u
	}
	return sums
}
