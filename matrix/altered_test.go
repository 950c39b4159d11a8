package matrix_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// The row of a delivery is altered in the database after the approval: when it is to go, by which lane, where. It does
// not leave, alone or in a batch, its neighbour does, and a person is told what differs.
func TestP2_AnAlteredRowDoesNotLeave(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) // 08:00 in Beijing
	for _, c := range []struct {
		name, set string
		early     time.Duration // looked at so much before its time
		says      string        // empty: it goes out
	}{
		{"nothing", "due = due", 0, ""},
		{"how often it was tried", "tries = 3, checks = 2", 0, ""},
		{"due, later", "due = due + 1000", 0, ""},
		{"due, before its time", "due = 0", time.Hour, "time of leaving"},
		{"due and state", "due = 0, state = 'queued'", time.Hour, "time of leaving"},
		{"planned time, earlier", "due = 0, planned = planned - 3600000000", time.Hour, "planned time"},
		{"planned time, none", "due = 0, planned = 0, state = 'queued'", time.Hour, "planned time"},
		{"planned time, later", "planned = planned + 60000000", 0, "planned time"},
		{"end of its window", "window_at = window_at + 3600000000", 0, "window"},
		{"what to do when it is late", "missed = 'send'", 0, "missed-window policy"},
		{"lane", "lane = 'emergency'", 0, "lane"},
		{"topic", "topic = ''", 0, "topic"},
		{"what to do without its pictures", "on_media = 'degrade'", 0, "policy for files"},
		{"pictures left out", `missing = '[{"digest":"x","name":"x","reason":"x"}]'`, 0, "files left out"},
		{"account", "account = 'a3'", 0, "id"},
		{"account that was not approved", "account = 'a1x'", 0, "was not approved"},
		{"id", "id = 'post/p/a2x'", 0, "id"},
		{"part", "part = 2", 0, "was not approved"},
		{"seal", "seal = 'x'", 0, "no longer what was approved"},
		{"subject", "subject = 'other'", 0, "no longer what was approved"},
	} {
		for _, targets := range [][]string{{"a2"}, {"a1", "a2"}} {
			t.Run(fmt.Sprint(c.name, targets), func(t *testing.T) {
				t.Parallel()
				now := at.Add(-24 * time.Hour)
				g := &album{&readable{board: &board{}}}
				m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{g}, Now: func() time.Time { return now }})
				ctx := t.Context()
				draft := func(p publish.Post) {
					p, err := m.Publisher.Draft(ctx, "author", p)
					require.NoError(t, err)
					sign(t, m, p)
				}
				draft(publish.Post{ID: "other", Text: "停电通知", Targets: []string{"a2"}})
				draft(publish.Post{
					ID: "p", Text: "停水通知", Topic: "供水", Targets: append(targets, "a3"),
					Schedule: &publish.Schedule{Local: "2026-12-01T08:00", Zone: "Asia/Shanghai"},
				})
				_, err := m.Publisher.Publish(ctx, "author", "p")
				require.NoError(t, err)
				// a3 is approved, but its delivery is somebody else's business
				_, err = db.ExecContext(ctx, "DELETE FROM govmedia_delivery WHERE account = 'a3'")
				require.NoError(t, err)
				_, err = db.ExecContext(ctx, "INSERT INTO govmedia_account (id, unit, state, body) SELECT 'a1x', unit, state, replace(body, 'a1', 'a1x') FROM govmedia_account WHERE id = 'a1'")
				require.NoError(t, err)
				res, err := db.ExecContext(ctx, "UPDATE govmedia_delivery SET "+c.set+" WHERE account = 'a2'")
				require.NoError(t, err)
				n, err := res.RowsAffected()
				require.NoError(t, err)
				require.EqualValues(t, 1, n)

				now = at.Add(-c.early).Add(time.Second)
				_, err = m.Step(ctx)
				require.NoError(t, err)
				due := len(targets)
				if c.early > 0 {
					due = 1 // the altered one
				}
				if c.says == "" {
					require.Equal(t, due, g.calls)
					return
				}
				require.Equal(t, due-1, g.calls, "only its neighbour")
				list, err := m.Attention(ctx)
				require.NoError(t, err)
				require.Len(t, list, 1)
				require.Equal(t, govmedia.NeedsPerson, list[0].State)
				require.Contains(t, list[0].Reason, c.says)
				require.Zero(t, list[0].Attempt)
			})
		}
	}
}

// A part of a text does not leave before the one that it follows, although its row no longer says so.
func TestP2_APartOutOfTurnDoesNotLeave(t *testing.T) {
	b := newLimited(12)
	b.script = []script{refuse(govmedia.KindUnavailable, 0)}
	m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{b}})
	ctx := t.Context()
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{ID: "p", Text: "第一句在这里。第二句在这里。", Overflow: publish.OverflowSplit, Targets: []string{"a1"}})
	require.NoError(t, err)
	sign(t, m, p)
	ds, err := m.Publisher.Publish(ctx, "author", "p")
	require.NoError(t, err)
	require.Greater(t, len(ds), 1)
	_, err = db.ExecContext(ctx, "UPDATE govmedia_delivery SET after_id = '' WHERE part = 2")
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Empty(t, b.posts)
	d, err := m.Delivery(ctx, "post/p/a1/2")
	require.NoError(t, err)
	require.Equal(t, govmedia.NeedsPerson, d.State)
	require.Contains(t, d.Reason, "part before it")
}

// The row is altered in the moment between the comparison and the fence: the fence sees it.
func TestP2_TheFenceComparesTheRowAgain(t *testing.T) {
	for set, through := range map[string]bool{
		"due = 0": true, "planned = 1": false, "window_at = 1": false, "missed = 'send'": false, "lane = 'emergency'": false, "topic = 'x'": false,
		"on_media = 'degrade'": false, "after_id = 'x'": false, "part = 2": false, "account = 'a2'": false, "seal = 'x'": false,
	} {
		t.Run(set, func(t *testing.T) {
			m, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
			ctx := t.Context()
			post := publishPost(t, m, "通知", "a1")
			now := time.Now().Add(time.Second)
			items, err := engine.Claim(ctx, outbox.Claim{
				App: boardApp, Kinds: []govmedia.DeliveryKind{govmedia.DeliverPost}, Owner: "o", Now: now, Until: now.Add(time.Minute), Limit: 1,
			})
			require.NoError(t, err)
			require.Len(t, items, 1)
			_, err = db.ExecContext(ctx, "UPDATE govmedia_delivery SET "+set)
			require.NoError(t, err)
			err = engine.Fence(ctx, outbox.Fence{ID: items[0].ID, Owner: "o", At: now, Until: now.Add(time.Minute), Terms: items[0].Terms()})
			d, lost := engine.Delivery(ctx, items[0].ID)
			require.NoError(t, lost)
			if through {
				require.NoError(t, err)
				require.Equal(t, govmedia.Sending, d.State)
				return
			}
			require.ErrorIs(t, err, govmedia.KindForbidden)
			require.Equal(t, govmedia.NotSent, d.State)
			require.Equal(t, post, d.Subject)
			require.Contains(t, d.Reason, "altered")
		})
	}
}

// What a person decided is no alteration: late, and without the pictures that fail.
func TestP2_APersonsDecisionIsNoAlteration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &album{&readable{board: &board{}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{g}})
		ctx := t.Context()
		at := schedule(30 * time.Minute)
		at.Window = time.Minute + 1 // not a whole number of the units that are stored
		p, err := m.Publisher.Draft(ctx, "author", publish.Post{ID: "p", Text: "停水通知", Targets: []string{"a1"}, OnMedia: publish.MediaHold, Schedule: at})
		require.NoError(t, err)
		sign(t, m, p)
		_, err = m.Publisher.Publish(ctx, "author", "p")
		require.NoError(t, err)
		time.Sleep(time.Hour)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		d := only(t, m, "p")
		require.Equal(t, govmedia.NeedsPerson, d.State)
		require.Contains(t, d.Reason, "its window ended")
		require.NoError(t, m.Resolve(ctx, "chief", d.ID, govmedia.DecideBare, "", "仍需发布，图片可缺"))
		_, err = m.Step(ctx)
		require.NoError(t, err)
		d = only(t, m, "p")
		require.Equal(t, govmedia.Live, d.State, d.Reason)
	})
}

// The row of a withdrawal is altered to take down another post. That one stays.
func TestP10_AnAlteredWithdrawalTakesNothingDown(t *testing.T) {
	r := newRecallable()
	m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{r}})
	ctx := t.Context()
	first, second := publishPost(t, m, "停水通知", "a1"), publishPost(t, m, "停电通知", "a1")
	_, err := m.Step(ctx)
	require.NoError(t, err)
	require.Len(t, r.posts, 2)
	p, err := m.Publisher.Post(ctx, first)
	require.NoError(t, err)
	_, err = m.Publisher.Withdraw(ctx, "chief", p, "有误")
	require.NoError(t, err)
	_, err = db.ExecContext(ctx, "UPDATE govmedia_delivery SET after_id = ? WHERE kind = 'withdrawal'", "post/"+second+"/a1")
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Empty(t, r.deletes)
	list, err := m.Attention(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Contains(t, list[0].Reason, "for which it was not ordered")
}
