package matrix_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// planned takes a post with a schedule, in so long by the clock of Lanzhou, through its review and publishes it.
func planned(t *testing.T, m *matrix.Matrix, in time.Duration, change func(*publish.Post)) publish.Post {
	t.Helper()
	p := publish.Post{Text: fmt.Sprintf("通知，%s后", in), Targets: []string{"a1", "a2"}, Schedule: schedule(in)}
	if change != nil {
		change(&p)
	}
	p, err := m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	p = sign(t, m, p)
	_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
	require.NoError(t, err)
	return p
}

func schedule(in time.Duration) *publish.Schedule {
	return &publish.Schedule{Local: time.Now().In(time.FixedZone("CST", 8*3600)).Add(in).Format("2006-01-02T15:04"), Zone: "Asia/Shanghai"}
}

func statesOf(t *testing.T, m *matrix.Matrix, post string) []string {
	t.Helper()
	ds, err := m.Publisher.Deliveries(t.Context(), post)
	require.NoError(t, err)
	var words []string
	for _, d := range ds {
		words = append(words, string(d.State))
	}
	return words
}

func TestP6_APostGoesOutAtItsHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		p := planned(t, m, time.Hour, nil)
		require.Equal(t, []string{"scheduled", "scheduled"}, statesOf(t, m, p.ID))
		ds, err := m.Publisher.Deliveries(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, time.Now().Add(time.Hour).UTC(), ds[0].Planned)
		time.Sleep(time.Hour - time.Microsecond)
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		require.Empty(t, b.posts)
		time.Sleep(time.Microsecond)
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		require.Len(t, b.posts, 2)
		require.Equal(t, []string{"live", "live"}, statesOf(t, m, p.ID))
	})
}

func TestP6_SchedulesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		s    publish.Schedule
		says string
	}{
		{"no zone", publish.Schedule{Local: "2026-11-30T08:00"}, "needs its zone"},
		{"the machine's zone", publish.Schedule{Local: "2026-11-30T08:00", Zone: "Local"}, "needs its zone"},
		{"an unknown zone", publish.Schedule{Local: "2026-11-30T08:00", Zone: "Asia/Lanzhou"}, "Asia/Lanzhou"},
		{"no time", publish.Schedule{Local: "30.11.2026 8:00", Zone: "Asia/Shanghai"}, "2026-11-30T08:00"},
		{"a day that does not exist", publish.Schedule{Local: "2026-02-30T08:00", Zone: "Asia/Shanghai"}, "2026-02-30"},
		{"an hour that is skipped", publish.Schedule{Local: "2026-03-08T02:30", Zone: "America/New_York"}, "does not exist"},
		{"an hour that comes twice", publish.Schedule{Local: "2026-11-01T01:30", Zone: "America/New_York"}, "exists twice"},
		{"half an hour that comes twice", publish.Schedule{Local: "2026-04-05T01:45", Zone: "Australia/Lord_Howe"}, "exists twice"},
		{"a negative window", publish.Schedule{Local: "2026-11-30T08:00", Zone: "Asia/Shanghai", Window: -1}, "negative"},
		{"an unknown policy", publish.Schedule{Local: "2026-11-30T08:00", Zone: "Asia/Shanghai", Missed: "later"}, `"later"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.s.Instant()
			require.ErrorIs(t, err, govmedia.KindInvalid)
			require.ErrorContains(t, err, c.says)
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
			_, err = m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "文", Targets: []string{"a1"}, Schedule: &c.s})
			require.ErrorContains(t, err, c.says)
		})
	}
}

// The same schedule is the same instant on every machine, whatever its own zone, and where there is no tzdata.
func TestP6_InstantsDoNotDependOnTheMachine(t *testing.T) {
	if os.Getenv("GOVMEDIA_TEST_INSTANTS") != "" {
		for _, zone := range []string{"Asia/Shanghai", "Asia/Urumqi", "America/New_York"} {
			at, err := publish.Schedule{Local: "2026-07-01T08:00", Zone: zone}.Instant()
			require.NoError(t, err)
			fmt.Println("instant", zone, at.Format(time.RFC3339))
		}
		return
	}
	want := "instant Asia/Shanghai 2026-07-01T00:00:00Z\ninstant Asia/Urumqi 2026-07-01T02:00:00Z\ninstant America/New_York 2026-07-01T12:00:00Z"
	for _, env := range []string{"TZ=UTC", "TZ=Asia/Shanghai", "TZ=Asia/Urumqi", "TZ=America/New_York", "ZONEINFO=/nowhere"} {
		t.Run(env, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestP6_InstantsDoNotDependOnTheMachine$")
			cmd.Env = append(os.Environ(), "GOVMEDIA_TEST_INSTANTS=1", env)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), want)
		})
	}
}

func TestP6_WhatMissedItsWindow(t *testing.T) {
	down := func() (s []script) {
		for range 8 {
			s = append(s, refuse(govmedia.KindRateLimited, time.Hour))
		}
		return s
	}
	for _, c := range []struct {
		name   string
		missed publish.Missed
		lane   govmedia.Lane
		after  string
		sent   int
	}{
		{"send it late", publish.MissedSend, "", "live", 1},
		{"skip it", publish.MissedSkip, "", "missed", 0},
		{"ask", publish.MissedAsk, "", "needs_person", 0},
		{"an emergency always asks", publish.MissedSend, govmedia.LaneEmergency, "needs_person", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &readable{board: &board{script: down()[:1]}}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
				p := planned(t, m, time.Minute, func(p *publish.Post) {
					p.Targets, p.Lane = []string{"a1"}, c.lane
					p.Schedule.Missed, p.Schedule.Window = c.missed, 59*time.Minute
				})
				stepFor(t, m, 2*time.Hour)
				require.Equal(t, []string{c.after}, statesOf(t, m, p.ID))
				require.Len(t, b.posts, c.sent)
				if c.sent == 0 {
					require.NoError(t, m.Resolve(t.Context(), "chief", only(t, m, p.ID).ID, govmedia.DecideSend, "", "仍需发布"))
					stepFor(t, m, time.Minute)
					require.Equal(t, []string{"live"}, statesOf(t, m, p.ID), "a person wants it, late or not")
				}
			})
		})
	}
}

func TestP6_ChangesAreConditional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		p := planned(t, m, time.Hour, nil)

		_, err := m.Publisher.Reschedule(ctx, "author", p, schedule(2*time.Hour), "改期")
		require.ErrorIs(t, err, govmedia.KindForbidden, "the author does not approve a new time")
		moved, err := m.Publisher.Reschedule(ctx, "approver", p, schedule(2*time.Hour), "改期")
		require.NoError(t, err)
		require.NotEqual(t, p.Seal, moved.Seal)
		require.Equal(t, moved.Digest(), moved.Seal)
		_, err = m.Publisher.Reschedule(ctx, "approver", p, nil, "再改")
		require.ErrorIs(t, err, govmedia.KindConflict, "the actor saw an old version")
		_, err = m.Publisher.Cancel(ctx, "chief", p, "取消")
		require.ErrorIs(t, err, govmedia.KindConflict)
		time.Sleep(90 * time.Minute)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Empty(t, b.posts, "the old hour is gone")

		moved.Text = "改了一个字"
		edited, err := m.Publisher.Draft(ctx, "author", moved)
		require.NoError(t, err)
		require.Equal(t, publish.StageDraft, edited.Stage)
		require.Empty(t, statesOf(t, m, p.ID), "what waited was taken back")
		time.Sleep(time.Hour)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Empty(t, b.posts)

		edited = sign(t, m, edited)
		_, err = m.Publisher.Publish(ctx, "author", edited.ID)
		require.NoError(t, err)
		edited, err = m.Publisher.Reschedule(ctx, "approver", edited, nil, "立即发布")
		require.NoError(t, err)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"live", "live"}, statesOf(t, m, p.ID))
		for name, change := range map[string]func() error{
			"edit":   func() error { _, err := m.Publisher.Draft(ctx, "author", edited); return err },
			"return": func() error { _, err := m.Publisher.Return(ctx, "approver", edited, ""); return err },
			"reschedule": func() error {
				_, err := m.Publisher.Reschedule(ctx, "approver", edited, schedule(time.Hour), "")
				return err
			},
			"cancel": func() error { _, err := m.Publisher.Cancel(ctx, "chief", edited, ""); return err },
		} {
			err := change()
			require.ErrorIs(t, err, govmedia.KindConflict, name)
			require.ErrorContains(t, err, "too late", name)
		}
		require.Len(t, b.posts, 2)
		verifyAudit(t, engine)
	})
}

func TestP6_CancelStopsWhatHasNotLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{script: []script{commitHang}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, SendTimeout: time.Minute})
		ctx := t.Context()
		p := planned(t, m, time.Hour, nil)
		ds, err := m.Publisher.Cancel(ctx, "chief", p, "情况有变")
		require.NoError(t, err)
		require.Len(t, ds, 2)
		require.Equal(t, []string{"cancelled", "cancelled"}, statesOf(t, m, p.ID))
		stepFor(t, m, 2*time.Hour)
		require.Empty(t, b.posts)

		// One is on the wire when the other is cancelled.
		p = planned(t, m, time.Minute, func(p *publish.Post) { p.Targets = []string{"a1"} })
		time.Sleep(time.Minute)
		done := make(chan struct{})
		go func() { defer close(done); _, _ = m.Step(context.WithoutCancel(ctx)) }()
		time.Sleep(time.Second)
		_, err = m.Publisher.Cancel(ctx, "chief", p, "情况有变")
		require.ErrorContains(t, err, "too late for 1 of 1")
		<-done
		stepFor(t, m, time.Hour)
		require.Equal(t, []string{"live"}, statesOf(t, m, p.ID))
		require.Len(t, b.posts, 1)
	})
}

func TestP9_AHoldDecidesInTheFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		p := planned(t, m, time.Minute, nil)
		urgent := planned(t, m, time.Minute, func(p *publish.Post) { p.Text, p.Lane = "紧急", govmedia.LaneEmergency })
		time.Sleep(time.Minute) // due in this very second
		late, err := m.Publisher.Hold(ctx, "chief", publish.Hold{ID: "h1", Reason: "哀悼日"})
		require.NoError(t, err)
		require.Empty(t, late)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"held", "held"}, statesOf(t, m, p.ID))
		require.Equal(t, []string{"live", "live"}, statesOf(t, m, urgent.ID), "an emergency is not held unless the hold says so")
		held := b.count(p.Renditions["board"].Text)
		require.Zero(t, held)
		ds, err := m.Publisher.Deliveries(ctx, p.ID)
		require.NoError(t, err)
		require.Contains(t, ds[0].Reason, "哀悼日")
		require.Zero(t, ds[0].Attempt)

		// A second hold keeps what the first lets go.
		_, err = m.Publisher.Hold(ctx, "chief", publish.Hold{ID: "h2", Reason: "账号核查", Accounts: []string{"a2"}})
		require.NoError(t, err)
		n, err := m.Publisher.Release(ctx, "chief", "h1", "结束", time.Second)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"live", "held"}, statesOf(t, m, p.ID))

		// Its window passes before the second one ends: the policy decides again.
		time.Sleep(time.Hour)
		_, err = m.Publisher.Release(ctx, "chief", "h2", "结束", time.Second)
		require.NoError(t, err)
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"live", "needs_person"}, statesOf(t, m, p.ID))
		holds, err := m.Publisher.Holds(ctx)
		require.NoError(t, err)
		require.Empty(t, holds)
		verifyAudit(t, engine)
	})
}

func TestP9_ReleaseDoesNotFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		ctx := t.Context()
		_, err := m.Publisher.Hold(ctx, "chief", publish.Hold{ID: "h", Reason: "演练"})
		require.NoError(t, err)
		for n := range 10 {
			publishPost(t, m, fmt.Sprint("通知", n), "a1", "a2", "a3")
		}
		_, err = m.Step(ctx)
		require.NoError(t, err)
		require.Empty(t, b.posts)
		n, err := m.Publisher.Release(ctx, "chief", "h", "演练结束", time.Minute)
		require.NoError(t, err)
		require.Equal(t, 30, n)
		for minute := range 30 {
			_, err = m.Step(ctx)
			require.NoError(t, err)
			require.Len(t, b.posts, minute+1)
			time.Sleep(time.Minute)
		}
	})
}

func TestP9_WhatAHoldNames(t *testing.T) {
	unit := account.Unit{ID: "u1", Region: "620102", Level: account.County}
	post := govmedia.Delivery{Kind: govmedia.DeliverPost, Platform: "weibo", Account: "a1"}
	for _, c := range []struct {
		name string
		hold publish.Hold
		with func(*publish.HoldSubject)
		want bool
	}{
		{"everything", publish.Hold{}, nil, true},
		{"its district", publish.Hold{Regions: []string{"620102"}}, nil, true},
		{"its city", publish.Hold{Regions: []string{"620100"}}, nil, true},
		{"its province", publish.Hold{Regions: []string{"620000"}}, nil, true},
		{"another city", publish.Hold{Regions: []string{"620200"}}, nil, false},
		{"another district", publish.Hold{Regions: []string{"620103"}}, nil, false},
		{"a region without a code", publish.Hold{Regions: []string{""}}, nil, false},
		{"its level", publish.Hold{Levels: []account.Level{account.City, account.County}}, nil, true},
		{"another level", publish.Hold{Levels: []account.Level{account.City}}, nil, false},
		{"its topic", publish.Hold{Topics: []string{"文旅"}}, func(s *publish.HoldSubject) { s.Topic = "文旅" }, true},
		{"another topic", publish.Hold{Topics: []string{"文旅"}}, nil, false},
		{"its platform", publish.Hold{Platforms: []string{"weibo"}}, nil, true},
		{"another platform", publish.Hold{Platforms: []string{"wechat"}}, nil, false},
		{"its account", publish.Hold{Accounts: []string{"a1"}}, nil, true},
		{"another account", publish.Hold{Accounts: []string{"a2"}}, nil, false},
		{"its unit", publish.Hold{Units: []string{"u1"}}, nil, true},
		{"another unit", publish.Hold{Units: []string{"u2"}}, nil, false},
		{"its city on another platform", publish.Hold{Regions: []string{"620100"}, Platforms: []string{"wechat"}}, nil, false},
		{"an emergency", publish.Hold{}, func(s *publish.HoldSubject) { s.Delivery.Lane = govmedia.LaneEmergency }, false},
		{"an emergency, too", publish.Hold{Emergencies: true}, func(s *publish.HoldSubject) { s.Delivery.Lane = govmedia.LaneEmergency }, true},
		{"an answer", publish.Hold{}, func(s *publish.HoldSubject) { s.Delivery.Kind = govmedia.DeliverAnswer }, false},
		{"an answer, too", publish.Hold{Answers: true}, func(s *publish.HoldSubject) { s.Delivery.Kind = govmedia.DeliverAnswer }, true},
		{"a withdrawal", publish.Hold{Answers: true, Emergencies: true}, func(s *publish.HoldSubject) { s.Delivery.Kind = govmedia.DeliverWithdrawal }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := publish.HoldSubject{Delivery: post, Unit: unit}
			if c.with != nil {
				c.with(&s)
			}
			require.Equal(t, c.want, c.hold.Stops(s))
		})
	}
}

func TestP9_HoldsNeedAPersonAndAReason(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx := t.Context()
	_, err := m.Publisher.Hold(ctx, "", publish.Hold{ID: "h", Reason: "因"})
	require.ErrorIs(t, err, govmedia.KindForbidden)
	_, err = m.Publisher.Hold(ctx, "chief", publish.Hold{ID: "h"})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	_, err = m.Publisher.Release(ctx, "chief", "h", "因", 0)
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = m.Publisher.Release(ctx, "chief", "h", "", 0)
	require.ErrorIs(t, err, govmedia.KindInvalid)
}

func TestP5_RetryTouchesOnlyWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &picky{readable: &readable{board: &board{}}, refuses: "a2"}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		id := publishPost(t, m, "三个账号，一个失败", "a1", "a2", "a3")
		stepFor(t, m, time.Minute)
		ds, err := m.Publisher.Deliveries(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, publish.PartiallyLive, publish.StateOf(ds))
		require.Equal(t, []string{"live", "rejected", "live"}, statesOf(t, m, id))
		b.refuses = ""
		ids, err := m.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: []govmedia.Kind{govmedia.KindRejected}, Post: id}, "平台已放行")
		require.NoError(t, err)
		require.Equal(t, []string{ds[1].ID}, ids)
		stepFor(t, m, time.Minute)
		require.Equal(t, []string{"live", "live", "live"}, statesOf(t, m, id))
		require.Len(t, b.posts, 3)
	})
}

// picky refuses what one account says.
type picky struct {
	*readable
	refuses string
}

func (p *picky) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	if s.Account.ID == p.refuses {
		return nil, &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}
	}
	return p.readable.Publish(ctx, s)
}

func TestP5_ARestartSendsNothingThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		for range 100 {
			b.script = append(b.script, refuse(govmedia.KindUnauthorized, 0))
		}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		for n := range 100 {
			publishPost(t, m, fmt.Sprint("通知", n), "a1")
		}
		stepFor(t, m, time.Minute)
		waiting, err := m.Attention(t.Context())
		require.NoError(t, err)
		require.Len(t, waiting, 100)
		again := build(t, engine, matrix.Config{Adapters: []publish.Adapter{b}})
		stepFor(t, again, 24*time.Hour)
		require.Empty(t, b.posts)
		ids, err := again.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: []govmedia.Kind{govmedia.KindRejected}}, "错选")
		require.NoError(t, err)
		require.Empty(t, ids, "another cause")
		ids, err = again.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: []govmedia.Kind{govmedia.KindUnauthorized}, Platform: "board"}, "已重新授权")
		require.NoError(t, err)
		require.Len(t, ids, 100)
		stepFor(t, again, time.Minute)
		require.Len(t, b.posts, 100)
	})
}

// What may be there is never sent again in bulk.
func TestP5_BulkRetryLeavesDoubtToAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{commitHang}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		id := publishPost(t, m, "通知", "a1")
		stepFor(t, m, 2*time.Hour)
		require.Equal(t, []string{"needs_person"}, statesOf(t, m, id))
		all := []govmedia.Kind{govmedia.KindTransport, govmedia.KindInternal, govmedia.KindUnavailable, ""}
		ids, err := m.Publisher.Retry(t.Context(), "chief", publish.Retry{Causes: all}, "全部重发")
		require.NoError(t, err)
		require.Empty(t, ids)
		_, err = m.Publisher.Retry(t.Context(), "chief", publish.Retry{}, "全部重发")
		require.ErrorIs(t, err, govmedia.KindInvalid)
	})
}

func TestP13_TheSameTextTwiceNeedsAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Publish: publish.Config{RepeatWithin: 24 * time.Hour}})
		ctx := t.Context()
		first := publishPost(t, m, "停水通知", "a1", "a2")
		stepFor(t, m, time.Minute)
		again := approved(t, m, "停水通知", "a2", "a3")
		_, err := m.Publisher.Publish(ctx, "author", again)
		require.ErrorIs(t, err, govmedia.KindDuplicate)
		require.ErrorContains(t, err, "a2 (post "+first+")")
		require.Empty(t, statesOf(t, m, again), "nothing was queued, not even to a3")
		_, err = m.Publisher.Publish(ctx, "author", first)
		require.NoError(t, err, "asking again for the same post is no repetition")

		p, err := m.Publisher.Post(ctx, again)
		require.NoError(t, err)
		p.Repeat = "停水延长一天，需再次提醒"
		p, err = m.Publisher.Draft(ctx, "author", p)
		require.NoError(t, err)
		p = sign(t, m, p)
		_, err = m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
		stepFor(t, m, time.Minute)
		require.Len(t, b.posts, 4)

		time.Sleep(25 * time.Hour)
		publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Minute)
		require.Len(t, b.posts, 5)
	})
}

// What never appeared is no repetition, and what waits for its hour is one already.
func TestP13_WhatCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &readable{board: &board{script: []script{refuse(govmedia.KindRejected, 0)}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Publish: publish.Config{RepeatWithin: 24 * time.Hour}})
		publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Minute)
		planned(t, m, 48*time.Hour, func(p *publish.Post) { p.Text, p.Targets = "停水通知", []string{"a1"} })
		id := approved(t, m, "停水通知", "a1")
		_, err := m.Publisher.Publish(t.Context(), "author", id)
		require.ErrorIs(t, err, govmedia.KindDuplicate)
	})
}
