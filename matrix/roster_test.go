package matrix_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

func shift(person string, from, to time.Time) account.DutyShift {
	return account.DutyShift{Account: "a1", Language: "zh", Person: person, Zone: "Asia/Shanghai", From: from, To: to}
}

func TestA6_OnePersonAtAnyInstant(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx, start := t.Context(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	planned, err := m.Roster.Plan(ctx, "排班员", shift("甲", hour(0), hour(8)), shift("乙", hour(8), hour(16)))
	require.NoError(t, err)
	for _, c := range []struct {
		name     string
		from, to int
	}{{"inside", 1, 2}, {"around", -1, 20}, {"over the end", 15, 17}, {"over the beginning", -1, 1}, {"over the change", 7, 9}, {"the same", 0, 8}} {
		_, err := m.Roster.Plan(ctx, "排班员", shift("丙", hour(20), hour(21)), shift("丙", hour(c.from), hour(c.to)))
		require.ErrorIs(t, err, govmedia.KindConflict, c.name)
	}
	_, err = m.Roster.OnDuty(ctx, "a1", "zh", hour(20))
	require.ErrorIs(t, err, govmedia.KindNotFound, "all or none")
	_, err = m.Roster.Plan(ctx, "排班员", shift("丙", hour(30), hour(32)), shift("丁", hour(31), hour(33)))
	require.ErrorIs(t, err, govmedia.KindConflict, "among each other")
	again, err := m.Roster.Plan(ctx, "排班员", shift("甲", hour(0), hour(8)))
	require.NoError(t, err, "the same again changes nothing")
	require.Equal(t, planned[:1], again)

	english := shift("Wang", hour(0), hour(24))
	english.Language = "en"
	other := shift("丙", hour(0), hour(24))
	other.Account = "a2"
	_, err = m.Roster.Plan(ctx, "排班员", english, other, shift("丁", hour(16), hour(17)), shift("戊", hour(-1), hour(0)))
	require.NoError(t, err, "another language, another account, and what only touches")
	for at, person := range map[time.Time]string{
		hour(0): "甲", hour(8).Add(-time.Microsecond): "甲", hour(8): "乙", hour(16).Add(-1): "乙", hour(16): "丁", hour(0).Add(-time.Microsecond): "戊",
	} {
		on, err := m.Roster.OnDuty(ctx, "a1", "zh", at)
		require.NoError(t, err)
		require.Equal(t, person, on.Person, at)
	}
	_, err = m.Roster.OnDuty(ctx, "a1", "zh", hour(17))
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = m.Roster.Plan(ctx, "排班员", account.DutyShift{Account: "a77", Language: "zh", Person: "甲", Zone: "Asia/Shanghai", From: hour(0), To: hour(1)})
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = m.Roster.Plan(ctx, "排班员", shift("", hour(40), hour(41)), shift("甲", hour(43), hour(42)))
	require.ErrorIs(t, err, govmedia.KindInvalid)
	require.ErrorContains(t, err, "names nobody")
	require.ErrorContains(t, err, "ends before it begins", "every fault is named")
	verifyAudit(t, engine)
}

// A calendar that is read again shows another person in the same entry.
func TestA6_AShiftKeepsItsIDWhenItsPersonChanges(t *testing.T) {
	start := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Now: func() time.Time { return start.Add(-time.Hour) }})
	plan := func(s account.DutyShift) account.DutyShift {
		t.Helper()
		planned, err := m.Roster.Plan(t.Context(), "排班员", s)
		require.NoError(t, err)
		return planned[0]
	}
	first := plan(shift("甲", start, start.Add(8*time.Hour)))
	_, err := m.Roster.Plan(t.Context(), "排班员", shift("乙", start, start.Add(8*time.Hour)))
	require.ErrorIs(t, err, govmedia.KindConflict, "nobody is replaced unasked")
	require.NoError(t, m.Roster.Cancel(t.Context(), "排班员", first.ID, "换人"))
	second := plan(shift("乙", start, start.Add(8*time.Hour)))
	require.Equal(t, first.ID, second.ID)
	got, err := m.Roster.Shift(t.Context(), first.ID)
	require.NoError(t, err)
	require.Equal(t, "乙", got.Person)
	english := shift("乙", start, start.Add(8*time.Hour))
	english.Language = "en"
	require.NotEqual(t, first.ID, plan(english).ID)
	require.NotEqual(t, first.ID, plan(shift("甲", start.Add(8*time.Hour), start.Add(9*time.Hour))).ID)
}

func TestA6_HandOverAndRelief(t *testing.T) {
	now := time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Now: func() time.Time { return now }})
	ctx := t.Context()
	planned, err := m.Roster.Plan(ctx, "排班员", shift("甲", now.Add(-time.Hour), now.Add(time.Hour)), shift("乙", now.Add(time.Hour), now.Add(2*time.Hour)))
	require.NoError(t, err)
	require.NoError(t, m.Roster.HandOver(ctx, "甲", planned[0].ID, "三号诉求等供水公司回话"))
	next, err := m.Roster.Relieve(ctx, "值班长", planned[0].ID, account.OnDuty{Person: "丙", Shown: "小丙"}, "")
	require.NoError(t, err)
	before, err := m.Roster.Shift(ctx, planned[0].ID)
	require.NoError(t, err)
	require.Equal(t, now, before.To)
	require.Equal(t, "三号诉求等供水公司回话", before.Note, "the note stays with the shift that it was written in")
	on, err := m.Roster.OnDuty(ctx, "a1", "zh", now)
	require.NoError(t, err)
	require.Equal(t, next, on)
	require.Equal(t, planned[1].From, on.To)
	line, err := m.Roster.Profile(ctx, "a1", "zh", "Asia/Shanghai")
	require.NoError(t, err)
	require.Equal(t, "今日值班：有专人值守（11:00—12:00）、小丙（12:00—13:00）、有专人值守（13:00—14:00）", line)

	require.ErrorIs(t, m.Roster.Cancel(ctx, "值班长", next.ID, "写错"), govmedia.KindConflict, "what has begun stays on record")
	require.NoError(t, m.Roster.Cancel(ctx, "值班长", planned[1].ID, "调班"))
	require.ErrorIs(t, m.Roster.Cancel(ctx, "值班长", planned[1].ID, "调班"), govmedia.KindNotFound)
	_, err = m.Roster.Relieve(ctx, "值班长", planned[0].ID, account.OnDuty{Person: "丁"}, "")
	require.ErrorIs(t, err, govmedia.KindConflict, "it is over")
	require.Contains(t, verifyAudit(t, engine), "shift.relieve")
}

// Whoever plans at midnight must not find out at midnight that nobody comes.
func TestA6_AnAlertADayBeforeAnUnfilledShift(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Now: func() time.Time { return now }})
	ctx := t.Context()
	require.NoError(t, m.Roster.Require(ctx, "排班员", account.Watch{Account: "a1", Language: "zh", Zone: "Asia/Shanghai"}))
	end := now.Add(48 * time.Hour)
	_, err := m.Roster.Plan(ctx, "排班员", shift("甲", now.Add(-time.Hour), end), shift("乙", end.Add(2*time.Hour), end.Add(60*time.Hour)))
	require.NoError(t, err)
	sweep := func() []govmedia.Finding {
		t.Helper()
		alerts, err := m.Roster.Sweep(ctx)
		require.NoError(t, err)
		return alerts
	}
	require.Empty(t, sweep())
	now = end.Add(-24*time.Hour - time.Microsecond)
	require.Empty(t, sweep(), "a microsecond too early")
	now = end.Add(-24 * time.Hour)
	alerts := sweep()
	require.Len(t, alerts, 1, "exactly 24 hours before")
	require.Equal(t, []string{"duty.unfilled", "a1", "zh", "warning"}, []string{alerts[0].Rule, alerts[0].Subject, alerts[0].Field, string(alerts[0].Severity)})
	require.Contains(t, alerts[0].Explanation, "2026年12月3日08:00（Asia/Shanghai）起至2026年12月3日10:00，")
	require.Empty(t, sweep(), "once")
	standing, err := m.Roster.Unfilled(ctx)
	require.NoError(t, err)
	require.Equal(t, alerts, standing, "but it stands until it is filled")

	now = end.Add(time.Hour)
	require.Empty(t, sweep(), "it goes on: the same gap")
	standing, err = m.Roster.Unfilled(ctx)
	require.NoError(t, err)
	require.Len(t, standing, 1)
	require.Equal(t, govmedia.SeverityError, standing[0].Severity)
	require.Contains(t, standing[0].Explanation, "12月3日08:00", "it began when the last shift ended")

	filled, err := m.Roster.Plan(ctx, "排班员", shift("丙", end.Add(90*time.Minute), end.Add(2*time.Hour)))
	require.NoError(t, err)
	require.Empty(t, sweep(), "shorter, and the same")
	require.NoError(t, m.Roster.Cancel(ctx, "排班员", filled[0].ID, ""))
	_, err = m.Roster.Plan(ctx, "排班员", shift("丙", now, end.Add(2*time.Hour)))
	require.NoError(t, err)
	require.Empty(t, sweep())
	standing, err = m.Roster.Unfilled(ctx)
	require.NoError(t, err)
	require.Empty(t, standing)
	require.NoError(t, m.Roster.Release(ctx, "排班员", "a1", "zh", "账号关停"))
	now = now.Add(1000 * time.Hour)
	require.Empty(t, sweep(), "nobody demands a shift")
	require.Contains(t, verifyAudit(t, engine), "duty.unfilled")
}

func TestA6_WatchesBeginAndEnd(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Now: func() time.Time { return now }})
	ctx := t.Context()
	day := func(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }
	require.NoError(t, m.Roster.Require(ctx, "排班员", account.Watch{Account: "a1", Language: "zh", Zone: "Asia/Shanghai", From: day(5), Until: day(7)}))
	for _, c := range []struct {
		now  time.Time
		want int
	}{{day(1), 0}, {day(4).Add(-1), 0}, {day(4), 1}, {day(6), 1}, {day(7).Add(-time.Microsecond), 1}, {day(7), 0}} {
		now = c.now
		standing, err := m.Roster.Unfilled(ctx)
		require.NoError(t, err)
		require.Len(t, standing, c.want, c.now)
	}
	_, err := m.Roster.Plan(ctx, "排班员", shift("甲", day(5), day(7)))
	require.NoError(t, err)
	now = day(6).Add(12 * time.Hour)
	standing, err := m.Roster.Unfilled(ctx)
	require.NoError(t, err)
	require.Empty(t, standing, "it ends with the last shift")

	for name, w := range map[string]account.Watch{
		"no account":            {Language: "zh", Zone: "Asia/Shanghai"},
		"no language":           {Account: "a1", Zone: "Asia/Shanghai"},
		"no zone":               {Account: "a1", Language: "zh"},
		"ends before it begins": {Account: "a1", Language: "zh", Zone: "Asia/Shanghai", From: day(2), Until: day(1)},
	} {
		require.ErrorIs(t, m.Roster.Require(ctx, "排班员", w), govmedia.KindInvalid, name)
	}
	require.ErrorIs(t, m.Roster.Release(ctx, "排班员", "a1", "en", ""), govmedia.KindNotFound)
}

func TestA6_EveryAnswerBearsItsDuty(t *testing.T) {
	now := time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)
	r := &readable{board: &board{}}
	for i := range 4 {
		r.inbox = append(r.inbox, message(i, now))
	}
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Now: func() time.Time { return now }})
	ctx := t.Context()
	english := shift("Wang", now, now.Add(time.Hour))
	english.Language = "en"
	planned, err := m.Roster.Plan(ctx, "排班员", shift("甲", now.Add(-time.Hour), now.Add(time.Hour)), english, shift("乙", now.Add(time.Hour), now.Add(2*time.Hour)))
	require.NoError(t, err)
	cases, err := m.Desk.Poll(ctx, "a1")
	require.NoError(t, err)
	answer := func(actor string, c reply.Case, text string) reply.Answer {
		t.Helper()
		d, err := m.Desk.Answer(ctx, actor, c.ID, text)
		require.NoError(t, err)
		a, err := m.Desk.AnswerByID(ctx, d.Subject)
		require.NoError(t, err)
		return a
	}
	require.Equal(t, planned[0].ID, answer("某人", cases[0], "答一").Duty, "whoever speaks, the person on duty is accountable")
	require.Equal(t, planned[1].ID, answer("Wang", cases[1], "Answer").Duty, "who is on duty answers for it")
	now = now.Add(time.Hour)
	require.Equal(t, planned[2].ID, answer("甲", cases[2], "答三").Duty, "the duty has changed")
	require.Equal(t, planned[0].ID, answer("乙", cases[0], "答一").Duty, "the same again is the answer that was given")
	now = now.Add(24 * time.Hour)
	require.Empty(t, answer("甲", cases[3], "答四").Duty, "a citizen does not wait for a roster")
	duty, err := m.Roster.Shift(ctx, planned[0].ID)
	require.NoError(t, err)
	require.Equal(t, "甲", duty.Person)
	require.Contains(t, verifyAudit(t, engine), `\"duty\":\"`+planned[2].ID)
}

type events struct {
	mu  sync.Mutex
	all []govmedia.Event
}

func (e *events) Observe(_ context.Context, ev govmedia.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if ev.Name == "duty.unfilled" || ev.Name == "account.recheck" {
		e.all = append(e.all, ev)
	}
}

func TestA6_RunTellsTheObserverOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := &events{}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}, Observer: seen})
		require.NoError(t, m.Roster.Require(t.Context(), "排班员", account.Watch{Account: "a1", Language: "zh", Zone: "Asia/Shanghai"}))
		_, err := m.Roster.Plan(t.Context(), "排班员", shift("甲", time.Now(), time.Now().Add(24*time.Hour+90*time.Second)))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		time.Sleep(80 * time.Second)
		require.Empty(t, seen.all)
		time.Sleep(4 * time.Minute)
		cancel()
		require.NoError(t, <-ended)
		require.Len(t, seen.all, 1)
		require.Equal(t, "a1", seen.all[0].Account)
	})
}
