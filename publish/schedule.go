package publish

import (
	"time"
	_ "time/tzdata" // zones must be the same on machines that have none

	"github.com/govmedia/govmedia"
)

// Schedule (定时发布) says when a post is to go out. It keeps the time and the zone as they were written; the instant
// follows from them.
type Schedule struct {
	Local  string        `json:"local"`            // date and time on the clock of the zone: 2026-11-30T08:00
	Zone   string        `json:"zone"`             // its IANA name: Asia/Shanghai
	Window time.Duration `json:"window,omitempty"` // how much later still counts as in time; 0 means 30 minutes
	Missed Missed        `json:"missed,omitempty"` // what to do when the window has passed
}

// Missed (错过时段处理) says what to do with a delivery that could not go out in its window, because of a hold, an outage
// or a spent quota.
type Missed string

// The policies.
const (
	MissedAsk  Missed = ""     // 请示: a person decides
	MissedSend Missed = "send" // 补发: send it late
	MissedSkip Missed = "skip" // 放弃: do not send it
)

const (
	localLayout   = "2006-01-02T15:04"
	defaultWindow = 30 * time.Minute
)

// Instant returns the instant of the schedule. A time that does not exist in its zone, or exists twice, because clocks
// are changed there, is refused.
func (s Schedule) Instant() (time.Time, error) {
	bad := func(format string, args ...any) (time.Time, error) {
		return time.Time{}, govmedia.Errorf(govmedia.KindInvalid, "publish.schedule", format, args...)
	}
	zone, err := location("publish.schedule", s.Zone)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.ParseInLocation(localLayout, s.Local, zone)
	if err != nil {
		return bad("%q is no time; write it as 2026-11-30T08:00", s.Local)
	}
	if t.Format(localLayout) != s.Local {
		return bad("%s does not exist in %s, where the clocks are changed", s.Local, s.Zone)
	}
	for _, shift := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
		if other := t.Add(shift); other.Format(localLayout) == s.Local {
			return bad("%s exists twice in %s, where the clocks are changed; choose another time", s.Local, s.Zone)
		}
	}
	if s.Window < 0 {
		return bad("the window is negative")
	}
	switch s.Missed {
	case MissedAsk, MissedSend, MissedSkip:
		return t.UTC(), nil
	}
	return bad("unknown policy %q; use send, skip, or nothing to ask", s.Missed)
}

// location opens the zone that something was written in, never the process's.
func location(op, name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "it needs its zone, such as Asia/Shanghai")
	}
	zone, err := time.LoadLocation(name) //nolint:forbidigo // named, never the process's
	if err != nil {
		return nil, govmedia.Errorf(govmedia.KindInvalid, op, "unknown zone %q; use an IANA name such as Asia/Shanghai", name)
	}
	return zone, nil
}

// window returns the instant after which the delivery is late.
func (s Schedule) window(at time.Time) time.Time {
	if s.Window == 0 {
		return at.Add(defaultWindow)
	}
	return at.Add(s.Window)
}
