package enginetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

func rosterRules() []rule {
	return []rule{
		{"shifts come back as they were, in the order of account, language and time", rosterKeeps},
		{"of shifts that overlap one is stored, whoever plans at once", rosterExcludes},
		{"shifts are stored all or none", rosterWhole},
		{"a shift that has begun is divided, never removed", rosterDivides},
		{"watches are replaced and removed", rosterWatches},
		{"a gap is told once, whoever sweeps at once, and again when it opens again", rosterGaps},
		{"an answer keeps its duty", rosterStamps},
	}
}

func (w *world) shift(id, language string, from, to time.Duration) account.DutyShift {
	start := time.Date(2026, 11, 22, 1, 0, 0, 123456000, time.UTC)
	return account.DutyShift{
		ID: id + language + from.String(), Account: id, Language: language, Person: "甲", Shown: "小甲", Zone: "Asia/Shanghai",
		From: start.Add(from), To: start.Add(to), Note: "无",
	}
}

func rosterKeeps(t *testing.T, w *world) {
	w.populate(t, w.compose(t, w.engine, w.full()), "b", "B", "中")
	var all []account.DutyShift
	for _, id := range []string{"B", "b", "中"} {
		for _, language := range []string{"en", "zh"} {
			all = append(all, w.shift(id, language, 0, time.Hour), w.shift(id, language, time.Hour, 2*time.Hour))
		}
	}
	for i, o := range odd() {
		all[i%len(all)].Person, all[i%len(all)].Note = o, o
	}
	shuffled := append(append([]account.DutyShift{}, all[5:]...), all[:5]...)
	require.NoError(t, w.engine.SaveShifts(t.Context(), "排班员", shuffled))
	from := all[0].From
	got, err := w.engine.Shifts(t.Context(), "", from, from.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, all, got)
	got, err = w.engine.Shifts(t.Context(), "b", from.Add(time.Hour), from.Add(time.Hour+time.Microsecond))
	require.NoError(t, err)
	require.Equal(t, []account.DutyShift{all[5], all[7]}, got, "the end of a shift is not in it, its beginning is")
	one, err := w.engine.Shift(t.Context(), all[3].ID)
	require.NoError(t, err)
	require.Equal(t, all[3], one)
	_, err = w.engine.Shift(t.Context(), "none")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	ended, begins, err := w.engine.ShiftsAround(t.Context(), "b", "zh", from.Add(59*time.Minute))
	require.NoError(t, err)
	require.Zero(t, ended)
	require.Equal(t, from.Add(time.Hour), begins)
	ended, begins, err = w.engine.ShiftsAround(t.Context(), "b", "zh", from.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, from.Add(2*time.Hour), ended)
	require.Zero(t, begins)
}

func rosterExcludes(t *testing.T, w *world) {
	w.matrix(t, w.full())
	other := w.process(t)
	errs := atOnce(6, func(i int) error {
		s := w.shift("a1", "zh", time.Duration(i)*time.Minute, time.Hour)
		if i%2 == 0 {
			return other.SaveShifts(t.Context(), "排班员", []account.DutyShift{s})
		}
		return w.engine.SaveShifts(t.Context(), "排班员", []account.DutyShift{s})
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_shift"))
}

func rosterWhole(t *testing.T, w *world) {
	w.matrix(t, w.full())
	first := w.shift("a1", "zh", 0, time.Hour)
	require.NoError(t, w.engine.SaveShifts(t.Context(), "排班员", []account.DutyShift{first}))
	require.NoError(t, w.engine.SaveShifts(t.Context(), "排班员", []account.DutyShift{first}), "the same again")
	for _, bad := range []account.DutyShift{w.shift("a1", "zh", time.Minute, 2*time.Hour), w.shift("none", "zh", 0, time.Hour)} {
		require.Error(t, w.engine.SaveShifts(t.Context(), "排班员", []account.DutyShift{w.shift("a2", "zh", 0, time.Hour), bad}))
	}
	changed := first
	changed.Person = "乙"
	require.ErrorIs(t, w.engine.SaveShifts(t.Context(), "排班员", []account.DutyShift{changed}), govmedia.KindConflict, "an id does not change its person")
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_shift"))
	require.Contains(t, w.verify(t), "shift.plan")
}

func rosterDivides(t *testing.T, w *world) {
	w.matrix(t, w.full())
	s, ctx := w.shift("a1", "zh", 0, 2*time.Hour), t.Context()
	require.NoError(t, w.engine.SaveShifts(ctx, "排班员", []account.DutyShift{s}))
	require.NoError(t, w.engine.NoteShift(ctx, "甲", s.ID, "交接\x00清楚"))
	require.ErrorIs(t, w.engine.RemoveShift(ctx, "值班长", s.ID, s.From, "错"), govmedia.KindConflict)
	next := w.shift("a1", "zh", time.Hour, 2*time.Hour)
	for name, wrong := range map[string]account.DutyShift{
		"at its beginning": w.shift("a1", "zh", 0, 2*time.Hour), "after its end": w.shift("a1", "zh", 2*time.Hour, 2*time.Hour),
		"another end": w.shift("a1", "zh", time.Hour, 3*time.Hour), "another account": w.shift("a2", "zh", time.Hour, 2*time.Hour),
	} {
		wrong.ID = "other"
		require.ErrorIs(t, w.engine.SplitShift(ctx, "值班长", s.ID, "", wrong), govmedia.KindConflict, name)
	}
	require.NoError(t, w.engine.SplitShift(ctx, "值班长", s.ID, "", next))
	got, err := w.engine.Shifts(ctx, "a1", s.From, s.To)
	require.NoError(t, err)
	s.To, s.Note = next.From, "交接清楚"
	require.Equal(t, []account.DutyShift{s, next}, got)
	require.NoError(t, w.engine.RemoveShift(ctx, "值班长", next.ID, s.From, "调班"))
	require.ErrorIs(t, w.engine.RemoveShift(ctx, "值班长", next.ID, s.From, "调班"), govmedia.KindNotFound)
	require.Contains(t, w.verify(t), "shift.cancel")
}

func rosterWatches(t *testing.T, w *world) {
	w.matrix(t, w.full())
	ctx, at := t.Context(), w.clock.now()
	watch := func(id, language string) account.Watch {
		return account.Watch{Account: id, Language: language, Zone: "Asia/Shanghai", From: at}
	}
	for _, x := range []account.Watch{watch("a2", "zh"), watch("a1", "zh"), watch("a1", "en")} {
		require.NoError(t, w.engine.SaveWatch(ctx, "排班员", x))
	}
	replaced := watch("a1", "zh")
	replaced.Until = at.Add(time.Hour)
	require.NoError(t, w.engine.SaveWatch(ctx, "排班员", replaced))
	got, err := w.engine.Watches(ctx)
	require.NoError(t, err)
	require.Equal(t, []account.Watch{watch("a1", "en"), replaced, watch("a2", "zh")}, got)
	require.NoError(t, w.engine.RemoveWatch(ctx, "排班员", "a1", "en", "不再值守"))
	require.ErrorIs(t, w.engine.RemoveWatch(ctx, "排班员", "a1", "en", ""), govmedia.KindNotFound)
	require.ErrorIs(t, w.engine.SaveWatch(ctx, "排班员", watch("none", "zh")), govmedia.KindNotFound)
	require.Contains(t, w.verify(t), "watch.release")
}

func rosterGaps(t *testing.T, w *world) {
	w.matrix(t, w.full())
	other := w.process(t)
	var gaps []account.Gap
	for i := range 5 {
		gaps = append(gaps, account.Gap{Watch: account.Watch{Account: fmt.Sprint("a", i), Language: "zh"}, From: w.clock.now()})
	}
	told := make([]int, 4)
	for _, err := range atOnce(4, func(i int) error {
		engine := w.engine
		if i%2 == 0 {
			engine = other
		}
		fresh, err := engine.NoteGaps(t.Context(), gaps)
		told[i] = len(fresh)
		return err
	}) {
		require.NoError(t, err)
	}
	require.Equal(t, 5, told[0]+told[1]+told[2]+told[3])
	fresh, err := w.engine.NoteGaps(t.Context(), gaps[1:])
	require.NoError(t, err)
	require.Empty(t, fresh)
	fresh, err = w.engine.NoteGaps(t.Context(), gaps)
	require.NoError(t, err)
	require.Equal(t, gaps[:1], fresh)
	moved := gaps[0]
	moved.From = moved.From.Add(time.Microsecond)
	fresh, err = w.engine.NoteGaps(t.Context(), []account.Gap{moved})
	require.NoError(t, err)
	require.Equal(t, []account.Gap{moved}, fresh)
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_gap"))
	w.verify(t)
}

func rosterStamps(t *testing.T, w *world) {
	w.matrix(t, w.full())
	_, err := w.engine.Receive(t.Context(), "a1", w.clock.now(), []reply.Incoming{w.incoming("m1", "问")})
	require.NoError(t, err)
	a := reply.Answer{ID: "ans", Case: "case-m1", Actor: "clerk", Text: "今晚八点。", At: w.clock.now(), Duty: "duty-1"}
	require.NoError(t, w.engine.QueueAnswer(t.Context(), a, w.answerItem("ans")))
	again := a
	again.Duty = "duty-2"
	require.NoError(t, w.engine.QueueAnswer(t.Context(), again, w.answerItem("ans")))
	got, err := w.engine.Answer(t.Context(), "ans")
	require.NoError(t, err)
	require.Equal(t, a, got)
	require.Contains(t, w.verify(t), "duty-1")
}
