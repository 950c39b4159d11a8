package matrix_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// nudges counts the audit records of nudges.
func nudges(t *testing.T, engine matrix.Engine) int {
	t.Helper()
	var log strings.Builder
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	return strings.Count(log.String(), `"delivery.nudge"`)
}

// Word from the platform brings the question forward; the answer still comes from the question.
func TestP15_NudgedDeliveriesAreAskedAboutAtOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		stages []any // what the questions after the first hour are answered with
		state  govmedia.DeliveryState
	}{
		{"it is through", []any{govmedia.ReachPublic}, govmedia.Live},
		{"the word was wrong", []any{govmedia.ReachSubmitted}, govmedia.Processing},
		{"it is refused", []any{&govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}}, govmedia.Rejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &working{readable: &readable{board: &board{}}, stages: []any{govmedia.ReachSubmitted}}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{w}})
				nudged, other := publishPost(t, m, "通知一", "a1"), publishPost(t, m, "通知二", "a2")
				stepFor(t, m, time.Hour)
				_, err := m.Step(t.Context())
				require.NoError(t, err)
				before := only(t, m, nudged)
				require.Equal(t, govmedia.Processing, before.State)
				require.True(t, before.Due.After(time.Now()))
				w.stages = c.stages

				require.NoError(t, m.Nudge(t.Context(), w.App(), before.Receipt.ID))
				require.NoError(t, m.Nudge(t.Context(), w.App(), before.Receipt.ID), "the platform says it twice")
				now := only(t, m, nudged)
				require.Equal(t, govmedia.Processing, now.State, "what was said is not believed")
				require.False(t, now.Due.After(time.Now()))
				require.Equal(t, 1, nudges(t, engine), "one change, one record")
				n, err := m.Step(t.Context())
				require.NoError(t, err)
				require.Equal(t, 1, n, "its neighbour waits for its turn")
				require.Equal(t, c.state, only(t, m, nudged).State)
				require.Equal(t, govmedia.Processing, only(t, m, other).State)
			})
		})
	}
}

func TestP15_ANudgeForAnythingElseChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &working{readable: &readable{board: &board{}}, stages: []any{govmedia.ReachSubmitted, govmedia.ReachPublic}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{w}})
		live := publishPost(t, m, "通知一", "a1")
		stepFor(t, m, time.Hour)
		w.stages = []any{govmedia.ReachSubmitted}
		working := publishPost(t, m, "通知二", "a2")
		stepFor(t, m, time.Minute)
		hanging := publishPost(t, m, "通知三", "a3")
		w.script = []script{commitHang}
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		before := []govmedia.Delivery{only(t, m, live), only(t, m, working), only(t, m, hanging)}
		require.Equal(t, []govmedia.DeliveryState{govmedia.Live, govmedia.Processing, govmedia.Uncertain},
			[]govmedia.DeliveryState{before[0].State, before[1].State, before[2].State})

		for name, nudge := range map[string]struct {
			app account.App
			id  string
		}{
			"unknown":             {w.App(), "b99"},
			"empty":               {w.App(), ""},
			"of another app":      {account.App{Platform: "board", Key: "other"}, before[1].Receipt.ID},
			"of another platform": {account.App{Platform: "weibo", Key: "k"}, before[1].Receipt.ID},
			"of what is live":     {w.App(), before[0].Receipt.ID},
			"of a post in doubt":  {w.App(), "b3"},
			"longer than any":     {w.App(), strings.Repeat("7", 1<<20)},
			"not of this world":   {w.App(), "\x00' OR '1'='1"},
		} {
			require.NoError(t, m.Nudge(t.Context(), nudge.app, nudge.id), name)
			after := []govmedia.Delivery{only(t, m, live), only(t, m, working), only(t, m, hanging)}
			require.Equal(t, before, after, name)
		}
		require.Zero(t, nudges(t, engine))
	})
}
