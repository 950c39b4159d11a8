package matrix_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/reply/sla"
	"github.com/stretchr/testify/require"
)

func message(n int, at time.Time) reply.Message {
	return reply.Message{ID: fmt.Sprint("m", n), Post: "b0", Author: "市民", Text: fmt.Sprint("第", n, "问"), At: at}
}

func TestDesk_OneCaseForEachMessage(t *testing.T) {
	r := &readable{board: &board{}}
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
	base := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	for i := range 8 {
		r.inbox = append(r.inbox, message(i, base.Add(time.Duration(i)*time.Minute)))
	}
	opened := map[string]int{}
	for i := range 5 { // delivered five times, in five orders, doubled within one delivery, some late
		inbox := slices.Clone(r.inbox)
		slices.Reverse(r.inbox)
		r.inbox = append(r.inbox[i:], r.inbox[:i+1]...)
		cases, err := m.Desk.Poll(t.Context(), "a1")
		require.NoError(t, err)
		for _, c := range cases {
			opened[c.Message.ID]++
		}
		r.inbox = inbox
	}
	require.Len(t, opened, 8)
	for id, n := range opened {
		require.Equal(t, 1, n, id)
	}
	cases, err := m.Desk.Cases(t.Context(), reply.CaseOpen)
	require.NoError(t, err)
	require.Len(t, cases, 8)
	for i, c := range cases {
		require.Equal(t, fmt.Sprint("m", i), c.Message.ID, "in the order in which citizens spoke")
		require.Equal(t, c.Message.At, c.Opened, "the clock starts when the citizen spoke")
		require.Equal(t, "board", c.Message.Platform)
		require.Equal(t, "a1", c.Message.Account)
	}

	other, err := m.Desk.Poll(t.Context(), "a2")
	require.NoError(t, err)
	require.Len(t, other, 8, "the same ids under another account are other messages")
	verifyAudit(t, engine)
}

// A platform that changes what it delivers under a known id changes nothing here.
func TestDesk_WhatWasSaidStays(t *testing.T) {
	r := &readable{board: &board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	r.inbox = []reply.Message{message(1, at)}
	first, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	r.inbox[0].Text, r.inbox[0].At = "改过", at.Add(time.Hour)
	again, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	require.Empty(t, again)
	c, err := m.Desk.Case(t.Context(), first[0].ID)
	require.NoError(t, err)
	require.Equal(t, "第1问", c.Message.Text)
	require.Equal(t, at, c.Opened)
}

func TestDesk_OwnEchoesOpenNothing(t *testing.T) {
	r := &readable{board: &board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
	echo := message(1, time.Now())
	echo.Own = true
	r.inbox = []reply.Message{echo, message(2, time.Now())}
	cases, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Equal(t, "m2", cases[0].Message.ID)
}

func TestDesk_AFailedReadingIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &overlapping{readable: &readable{board: &board{}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		start := time.Now()
		_, err := m.Desk.Poll(t.Context(), "a1")
		require.NoError(t, err)
		require.Equal(t, 7*24*time.Hour, start.Sub(r.since), "the first reading looks back a week")
		time.Sleep(2 * time.Hour)
		r.err = errDown
		_, err = m.Poll(t.Context())
		require.ErrorIs(t, err, errDown)
		time.Sleep(2 * time.Hour)
		r.err = nil
		_, err = m.Desk.Poll(t.Context(), "a1")
		require.NoError(t, err)
		require.Equal(t, start.Add(-time.Hour).UTC(), r.since, "from an hour before the last that worked")
	})
}

type overlapping struct {
	*readable
	since time.Time
	err   error
}

func (o *overlapping) Messages(_ context.Context, in *reply.Inbox) ([]reply.Message, error) {
	if in.Account.ID == "a1" {
		o.since = in.Since
	}
	return nil, o.err
}

func TestDesk_Routes(t *testing.T) {
	r := &readable{board: &board{}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Reply: reply.Config{Routes: []reply.Route{
		{Name: "供水", Contains: []string{"停水", "水压"}, Unit: "water"},
		{Name: "水电", Contains: []string{"停水", "停电"}, Unit: "power"},
		{Name: "空", Unit: "nobody"},
	}}})
	for _, c := range []struct{ name, text, unit, route string }{
		{"first rule", "为什么停水？", "water", "供水"},
		{"another word of the first", "水压太低", "water", "供水"},
		{"second rule", "又停电了", "power", "水电"},
		{"two rules match: the first wins", "停电又停水", "water", "供水"},
		{"none matches: the first asked", "路灯不亮", "u", "首问负责"},
		{"says nothing", "", "u", "首问负责"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.inbox = []reply.Message{{ID: c.name, Text: c.text, At: time.Now()}}
			cases, err := m.Desk.Poll(t.Context(), "a1")
			require.NoError(t, err)
			require.Len(t, cases, 1)
			require.Equal(t, c.unit, cases[0].Unit)
			require.Equal(t, c.route, cases[0].Route)
		})
	}
}

func TestDesk_ADeadlineThatCannotBeKnown(t *testing.T) {
	calendar, err := sla.New(sla.Config{Name: "示例省工作日历", Version: "2026", Years: sla.China(), Week: sla.WorkWeek(sla.Window{From: 9 * time.Hour, To: 17 * time.Hour})})
	require.NoError(t, err)
	r := &readable{board: &board{}}
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}, Reply: reply.Config{Calendar: calendar, Targets: []sla.Target{
		{Name: "首次回应", Basis: sla.Wall, Duration: 24 * time.Hour, Citation: "甲", Version: "1"},
		{Name: "办结答复", Basis: sla.WorkingDays, Days: 5, Citation: "乙", Version: "1"},
	}}})
	at := time.Date(2031, 3, 2, 1, 0, 0, 0, time.UTC)
	r.inbox = []reply.Message{message(1, at)}
	cases, err := m.Desk.Poll(t.Context(), "a1")
	year, ok := errors.AsType[*sla.YearError](err)
	require.True(t, ok, "%v", err)
	require.ErrorContains(t, year, "2031")
	require.Len(t, cases, 1, "the citizen's question is not lost")

	c, err := m.Desk.Case(t.Context(), cases[0].ID)
	require.NoError(t, err)
	require.Equal(t, cases[0], c)
	require.Len(t, c.Limits, 2)
	left, known := c.Limits[0].Left(at)
	require.True(t, known)
	require.Equal(t, 24*time.Hour, left)
	_, known = c.Limits[1].Left(at)
	require.False(t, known)
	require.Contains(t, c.Limits[1].Explanation, "时限无法计算")
	require.Contains(t, c.Limits[1].Explanation, "2031")

	again, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err, "told once, with the case that it opened")
	require.Empty(t, again)
	verifyAudit(t, engine)
}

func TestDesk_AnswersAreChecked(t *testing.T) {
	r := &readable{board: &board{}, inbox: []reply.Message{message(1, time.Now())}}
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
	cases, err := m.Desk.Poll(t.Context(), "a1")
	require.NoError(t, err)
	_, err = m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "")
	require.ErrorIs(t, err, govmedia.KindInvalid)
	_, err = m.Desk.Answer(t.Context(), "clerk", "no-such-case", "今晚八点。")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	require.ErrorContains(t, err, "no-such-case")
	_, err = m.Desk.Poll(t.Context(), "a77")
	require.ErrorIs(t, err, govmedia.KindNotFound)
}
