package account

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones must be the same on machines that have none

	"github.com/govmedia/govmedia"
)

// DutyShift (值班班次) makes one person accountable for one account in one language from one instant to another.
type DutyShift struct {
	ID       string    `json:"id"` // stamped on the answers that are given in it; Plan sets it when it is empty
	Account  string    `json:"account"`
	Language string    `json:"language"` // of the public that is served, by BCP 47: zh, en, bo
	Person   string    `json:"person"`   // who is accountable; never empty
	Shown    string    `json:"shown"`    // what the public is told: 小王, 7号值班员; empty tells nobody's name
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`   // the shift is over at this instant
	Zone     string    `json:"zone"` // IANA name of the zone it was planned in: Asia/Shanghai
	Note     string    `json:"note"` // 交接班记录, what the next person must know
}

// Covers reports whether the shift is on at the instant.
func (s DutyShift) Covers(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }

// Watch (值守岗位) says that somebody must be on duty for an account in a language. Without one nobody misses a shift.
type Watch struct {
	Account  string    `json:"account"`
	Language string    `json:"language"`
	Zone     string    `json:"zone"`  // IANA name; findings tell times in it
	From     time.Time `json:"from"`  // since when
	Until    time.Time `json:"until"` // zero means for good
}

// Gap (空班) is a time in which nobody is on duty although a watch demands it.
type Gap struct {
	Watch Watch
	From  time.Time
	To    time.Time // zero when no later shift is in sight
}

// AlertBefore is how long before an unfilled shift an alert is due.
const AlertBefore = 24 * time.Hour

// gaps returns the gaps of a watch that begin no later than horizon. The shifts are those of the watch that end after
// now and begin no later than horizon, in order. A gap that is going on begins at now.
func (w Watch) gaps(shifts []DutyShift, now, horizon time.Time) []Gap {
	var all []Gap
	at := now
	if at.Before(w.From) {
		at = w.From
	}
	end := func(t time.Time) time.Time {
		if !w.Until.IsZero() && (t.IsZero() || t.After(w.Until)) {
			return w.Until
		}
		return t
	}
	open := func() bool { return !at.After(horizon) && (w.Until.IsZero() || at.Before(w.Until)) }
	for _, s := range shifts {
		if s.From.After(at) && open() {
			all = append(all, Gap{w, at, end(s.From)})
		}
		if s.To.After(at) {
			at = s.To
		}
	}
	if open() {
		all = append(all, Gap{w, at, end(time.Time{})})
	}
	return all
}

const gapTime = "2006年1月2日15:04"

// finding tells an official about a gap.
func (g Gap) finding(now time.Time) govmedia.Finding {
	zone, err := location("roster", g.Watch.Zone)
	if err != nil {
		zone = time.UTC // Require lets no unknown zone in; UTC is said where the time is
	}
	when := g.From.In(zone).Format(gapTime) + "（" + zone.String() + "）起"
	if !g.To.IsZero() {
		when += "至" + g.To.In(zone).Format(gapTime)
	}
	f := govmedia.Finding{
		Rule: "duty.unfilled", Version: "2018-12-07", Citation: "国办发〔2018〕123号（值班值守）（已核对原文）；提前24小时提醒为本系统约定",
		Severity: govmedia.SeverityWarning, Subject: g.Watch.Account, Field: g.Watch.Language,
		Explanation: when + "，账号“" + g.Watch.Account + "”（语种" + g.Watch.Language + "）没有人值班。",
		Suggestion:  "请立即排班，并确认交接到位。",
	}
	if !g.From.After(now) {
		f.Severity = govmedia.SeverityError
	}
	return f
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func badShift(format string, args ...any) error {
	return govmedia.Errorf(govmedia.KindInvalid, "roster.shift", format, args...)
}

// normal returns the shift as it is stored.
func (s DutyShift) normal() (DutyShift, error) {
	s.From, s.To = s.From.UTC().Truncate(time.Microsecond), s.To.UTC().Truncate(time.Microsecond)
	switch {
	case len(s.ID) > 200 || strings.ContainsFunc(s.ID, func(r rune) bool { return r < ' ' }):
		return s, badShift("the id of a shift is no more than 200 bytes without control characters")
	case s.Account == "":
		return s, badShift("a shift names no account")
	case !languageTag.MatchString(s.Language):
		return s, badShift("account %q: %q is no language; use a BCP 47 tag such as zh or en", s.Account, s.Language)
	case strings.TrimSpace(s.Person) == "":
		return s, badShift("account %q: the shift of %s names nobody; leave it out, and it is reported as unfilled", s.Account, s.From.Format(time.RFC3339))
	case s.From.IsZero() || !s.To.After(s.From):
		return s, badShift("account %q: the shift of %s ends before it begins", s.Account, s.From.Format(time.RFC3339))
	case strings.ContainsFunc(s.Shown, func(r rune) bool { return r < ' ' }):
		return s, badShift("account %q: what the public is told holds control characters", s.Account)
	}
	if _, err := location("roster.shift", s.Zone); err != nil {
		return s, err
	}
	// Who is on duty is not in the id: calendars of the public bear it, and whoever guesses a name could confirm it. Without
	// it, no two shifts have the same one, because shifts of one account and language do not overlap, and a shift that is
	// planned anew for another person stays the same entry of a calendar.
	if s.ID == "" {
		sum := sha256.Sum256([]byte(strings.Join([]string{s.Account, s.Language, strconv.FormatInt(s.From.UnixMicro(), 10), strconv.FormatInt(s.To.UnixMicro(), 10)}, "\x00")))
		s.ID = "duty-" + hex.EncodeToString(sum[:10])
	}
	return s, nil
}

// ProfileText is the line for an account's profile on the day of the zone in which now is: “今日值班：小王”, with times where
// the day has several shifts. Shifts of another language are left out, and a day without any says so. Languages are zh
// and en, with whatever script and region; for others the error matches errors.ErrUnsupported.
func ProfileText(language, zone string, now time.Time, shifts []DutyShift) (string, error) {
	words, err := profileWords(language)
	if err != nil {
		return "", err
	}
	loc, err := location("roster.profile", zone)
	if err != nil {
		return "", err
	}
	year, month, day := now.In(loc).Date()
	begin := firstInstant(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), 0, loc)
	end := firstInstant(time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC), 0, loc)
	var names, times []string
	for _, s := range shifts {
		if s.Language != language || !s.From.Before(end) || !s.To.After(begin) {
			continue
		}
		from, to := "00:00", "24:00"
		if s.From.After(begin) {
			from = s.From.In(loc).Format("15:04")
		}
		if s.To.Before(end) {
			to = s.To.In(loc).Format("15:04")
		}
		name := s.Shown
		if name == "" {
			name = words.unnamed
		}
		names, times = append(names, name), append(times, words.open+from+words.dash+to+words.closing)
	}
	if len(names) == 0 {
		return words.today + words.nobody, nil
	}
	if len(names) == 1 && times[0] == words.open+"00:00"+words.dash+"24:00"+words.closing {
		return words.today + names[0], nil
	}
	for i := range names {
		names[i] += times[i]
	}
	return words.today + strings.Join(names, words.comma), nil
}

type profile struct{ today, unnamed, nobody, open, dash, closing, comma string }

func profileWords(language string) (profile, error) {
	switch main, _, _ := strings.Cut(language, "-"); main {
	case "zh":
		return profile{"今日值班：", "有专人值守", "暂无", "（", "—", "）", "、"}, nil
	case "en":
		return profile{"On duty today: ", "duty officer", "nobody", " (", "–", ")", ", "}, nil
	}
	return profile{}, govmedia.Errorf(govmedia.KindUnsupported, "roster.profile", "no words for language %q; there are zh and en", language)
}
