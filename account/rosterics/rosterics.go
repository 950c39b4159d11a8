// Package rosterics writes a duty roster as an iCalendar file (RFC 5545), so that whoever is on duty sees it in the calendar
// of a phone or an office suite, and subscribes to it.
//
// Shifts come from account.Roster.Shifts. Every shift becomes one event under its own id: a calendar that reads the file
// again moves and removes events instead of doubling them. There is no state; functions are safe for concurrent use.
package rosterics

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
)

// Options says how to write. The zero value writes what the public may see.
type Options struct {
	Name string // of the calendar; empty means 值班表
	// Host stands in the ids of the events, which are unique in the world: the host name of the portal. Empty means
	// govmedia.invalid.
	Host string
	// Internal names the accountable persons and adds the hand-over notes. Without it events bear the name that a shift
	// shows to the public.
	Internal bool
	Accounts map[string]string // names of accounts by id; an account that is not there is called by its id
	Now      time.Time         // when the file is made; required, because the format demands it
}

// Write writes the shifts as events, in the order of their beginning, with lines of at most 75 bytes that end in CRLF.
// Times are in UTC. A missing Now and a shift without id are KindInvalid errors before the first byte; an error of w is
// KindInternal.
func Write(w io.Writer, shifts []account.DutyShift, o Options) error {
	if o.Now.IsZero() {
		return govmedia.Errorf(govmedia.KindInvalid, "roster.ics", "Options.Now is not set")
	}
	cal := ics.NewCalendarFor("govmedia")
	name := cmp.Or(clean(o.Name), "值班表")
	cal.SetMethod(ics.MethodPublish)
	cal.SetCalscale("GREGORIAN")
	cal.SetName(name)
	shifts = slices.Clone(shifts)
	slices.SortStableFunc(shifts, func(a, b account.DutyShift) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.Account, b.Account), strings.Compare(a.Language, b.Language))
	})
	for i, s := range shifts {
		if s.ID == "" || !s.To.After(s.From) {
			return govmedia.Errorf(govmedia.KindInvalid, "roster.ics", "shift %d has no id or ends before it begins; Roster.Plan returns shifts as they are stored", i)
		}
		if i == 0 {
			cal.SetXWRTimezone(clean(s.Zone))
		}
		e := cal.AddEvent(clean(s.ID) + "@" + cmp.Or(o.Host, "govmedia.invalid"))
		e.SetDtStampTime(o.Now)
		e.SetStartAt(s.From)
		e.SetEndAt(s.To)
		e.SetSummary(o.summary(s))
		e.SetTimeTransparency(ics.TransparencyOpaque)
		if note := clean(s.Note); o.Internal && note != "" {
			e.SetDescription("交接班记录：" + note)
		}
	}
	var file bytes.Buffer // the library does not report every failure of its writer
	if err := cal.SerializeTo(&file, ics.WithNewLineWindows); err != nil {
		return govmedia.Errorf(govmedia.KindInternal, "roster.ics", "%w", err)
	}
	if _, err := w.Write(file.Bytes()); err != nil {
		return govmedia.Errorf(govmedia.KindInternal, "roster.ics", "%w", err)
	}
	return nil
}

func (o Options) summary(s account.DutyShift) string {
	who := s.Shown
	if o.Internal {
		who = s.Person
	}
	text := "值班：" + cmp.Or(clean(who), "有专人值守") + "（" + clean(cmp.Or(o.Accounts[s.Account], s.Account))
	if s.Language != "zh" {
		text += "，" + clean(s.Language)
	}
	return text + "）"
}

// clean leaves nothing that could end a line of the file.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
