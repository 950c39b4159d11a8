package matrix_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// album is a board that takes pictures, and loads them before it writes.
type album struct{ *readable }

func (g *album) Limits() publish.Limits {
	return publish.Limits{Media: publish.MediaLimit{Pictures: 9}}
}

func (g *album) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	for _, digest := range s.Rendition.Media {
		if _, err := s.Media(ctx, digest); err != nil {
			return nil, err
		}
	}
	return g.readable.Publish(ctx, s)
}

// A post is altered in the database after its approval. Nothing leaves.
func TestP2_TheSealIsJudgedBeforeAnythingLeaves(t *testing.T) {
	in := func(from, to string) func(*testing.T, *matrix.Matrix, *sql.DB) {
		return func(t *testing.T, _ *matrix.Matrix, db *sql.DB) {
			res, err := db.ExecContext(t.Context(), "UPDATE govmedia_post SET body = replace(body, ?, ?)", from, to)
			require.NoError(t, err)
			n, err := res.RowsAffected()
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
		}
	}
	other := pngOf(t, 3, 3).Data
	for _, c := range []struct {
		name   string
		change func(*testing.T, *matrix.Matrix, *sql.DB)
	}{
		{"nothing", nil},
		{"text", in(`"text":"停水通知，`, `"text":"停电通知，`)},
		{"rendition", in(`{"text":"【停水】`, `{"text":"【停电】`)},
		{"title", in(`"title":"停水"`, `"title":"停电"`)},
		{"link", in("shili.example/1", "shili.example/2")},
		{"targets", in(`["a1"]`, `["a1","a2"]`)},
		{"lane", in(`"lane":""`, `"lane":"emergency"`)},
		{"what becomes of it without its pictures", in(`"on_media":""`, `"on_media":"degrade"`)},
		{"schedule", in(`"local":"2026-01-02T08:00"`, `"local":"2026-01-01T08:00"`)},
		{"window of the schedule", in(`"missed":"send"`, `"missed":"skip"`)},
		{"what it is to become", in(`"want":"public"}`, `"want":"draft"}`)},
		{"a picture named by the rendition", in(`"media":["`, `"media":["0`)},
		{"bytes of the picture", func(t *testing.T, _ *matrix.Matrix, db *sql.DB) {
			_, err := db.ExecContext(t.Context(), "UPDATE govmedia_media SET data = ?", other)
			require.NoError(t, err)
		}},
		{"picture gone", alter("DELETE FROM govmedia_media")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := &album{&readable{board: &board{}}}
			m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{g}})
			ctx := t.Context()
			picture, err := m.Publisher.AddMedia(ctx, "author", pngOf(t, 2, 2))
			require.NoError(t, err)
			p, err := m.Publisher.Draft(ctx, "author", publish.Post{
				Title: "停水", Text: "停水通知，今晚", Link: "https://www.shili.example/1", Targets: []string{"a1"}, Media: []string{picture},
				Schedule: &publish.Schedule{Local: "2026-01-02T08:00", Zone: "Asia/Shanghai", Missed: publish.MissedSend},
			})
			require.NoError(t, err)
			p = sign(t, m, p)
			_, err = m.Publisher.Publish(ctx, "author", p.ID)
			require.NoError(t, err)
			if c.change != nil {
				c.change(t, m, db)
			}
			_, err = m.Step(ctx)
			require.NoError(t, err)
			d := only(t, m, p.ID)
			if c.change == nil {
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				return
			}
			require.Contains(t, []govmedia.DeliveryState{govmedia.NeedsPerson, govmedia.Rejected}, d.State, d.Reason)
			require.Empty(t, g.posts)
			require.Zero(t, g.calls)
		})
	}
}

// Later edits do not touch what was sealed, and the log says which seal every attempt bore.
func TestP2_WhatWasSealedStays(t *testing.T) {
	g := &album{&readable{board: &board{}}}
	m, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{g}})
	ctx := t.Context()
	file := pngOf(t, 2, 2)
	picture, err := m.Publisher.AddMedia(ctx, "author", file)
	require.NoError(t, err)
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: "停水通知", Targets: []string{"a1"}, Media: []string{picture}})
	require.NoError(t, err)
	first := sign(t, m, p)
	p = first
	p.Text = "停电通知"
	p, err = m.Publisher.Draft(ctx, "author", p)
	require.NoError(t, err)
	second := sign(t, m, p)
	third, err := m.Publisher.Reschedule(ctx, "approver", second, schedule(time.Hour), "")
	require.NoError(t, err)
	second, err = m.Publisher.Reschedule(ctx, "approver", third, nil, "")
	require.NoError(t, err)
	_, err = m.Publisher.Publish(ctx, "author", p.ID)
	require.NoError(t, err)
	_, err = m.Step(ctx)
	require.NoError(t, err)
	require.Len(t, g.posts, 1)

	for _, want := range []publish.Post{first, second, third} {
		kept, files, err := m.Publisher.Sealed(ctx, p.ID, want.Seal)
		require.NoError(t, err)
		require.Equal(t, want.Text, kept.Text)
		require.Equal(t, want.Schedule, kept.Schedule)
		require.Equal(t, want.Signatures[:3], kept.Signatures[:3])
		require.Equal(t, []publish.Media{file}, files)
	}
	log := verifyAudit(t, engine)
	require.Equal(t, 2, strings.Count(log, `"post.approve"`))
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"delivery.fence"`) {
			require.Contains(t, line, second.Seal)
		}
	}

	_, _, err = m.Publisher.Sealed(ctx, p.ID, "x")
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, _, err = m.Publisher.Sealed(ctx, "p0", first.Seal)
	require.ErrorIs(t, err, govmedia.KindNotFound)
	_, err = db.ExecContext(ctx, "UPDATE govmedia_sealed SET seal = 'z' WHERE seal = ?", third.Seal)
	require.NoError(t, err)
	_, _, err = m.Publisher.Sealed(ctx, p.ID, "z")
	require.ErrorIs(t, err, govmedia.KindCorrupt, "what is kept under a seal has that seal")
	for _, change := range []string{
		"UPDATE govmedia_sealed SET body = replace(body, '停水通知', '停气通知')",
		"UPDATE govmedia_media SET data = x'00'",
	} {
		_, err := db.ExecContext(ctx, change)
		require.NoError(t, err)
		_, _, err = m.Publisher.Sealed(ctx, p.ID, first.Seal)
		require.ErrorIs(t, err, govmedia.KindCorrupt, change)
	}
}

func TestP2_VerifySealNeedsNoDatabase(t *testing.T) {
	cover, picture, other := pngOf(t, 1, 1), pngOf(t, 2, 2), pngOf(t, 3, 3)
	p := publish.Post{ID: "p1", Text: "停水通知", Targets: []string{"a1"}, Renditions: map[string]publish.Rendition{
		"a": {Text: "停水", Cover: cover.Digest(), Rest: []publish.Rendition{{Text: "通知", Media: []string{picture.Digest()}}}},
		"b": {Text: "停水", Media: []string{picture.Digest()}},
	}}
	require.ErrorIs(t, publish.VerifySeal(p, cover, picture), govmedia.KindCorrupt, "not sealed")
	p.Seal = p.Digest()
	require.NoError(t, publish.VerifySeal(p, cover, picture))
	require.ErrorIs(t, publish.VerifySeal(p, cover), govmedia.KindCorrupt, "a file is missing")
	require.ErrorIs(t, publish.VerifySeal(p, cover, picture, other), govmedia.KindCorrupt, "a file too many")
	picture.Data = append([]byte{}, picture.Data...)
	picture.Data[len(picture.Data)-1]++
	require.ErrorIs(t, publish.VerifySeal(p, cover, picture), govmedia.KindCorrupt, "one bit")
	p.Text = "停电通知"
	require.ErrorIs(t, publish.VerifySeal(p, cover, pngOf(t, 2, 2)), govmedia.KindCorrupt)
}

func TestP2_AnyEditVoidsTheSeal(t *testing.T) {
	for name, change := range map[string]func(*publish.Post){
		"nothing":  func(*publish.Post) {},
		"text":     func(p *publish.Post) { p.Text = "停电通知" },
		"variant":  func(p *publish.Post) { p.Variants = map[string]publish.Variant{"board": {Text: "停电"}} },
		"targets":  func(p *publish.Post) { p.Targets = []string{"a2"} },
		"schedule": func(p *publish.Post) { p.Schedule = schedule(time.Hour) },
		"lane":     func(p *publish.Post) { p.Lane = govmedia.LaneRoutine },
		"column":   func(p *publish.Post) { p.Column = "提示" },
		"policy":   func(p *publish.Post) { p.Policy = true },
		"a forged seal": func(p *publish.Post) {
			p.Text, p.Stage, p.Author, p.ReviewBy = "停电通知", publish.StageApproved, "x", time.Now()
			p.Seal = p.Digest()
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
			p, err := signing(t, m, urgent(time.Minute), "submit author", "approve_emergency b")
			require.NoError(t, err)
			_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
			require.NoError(t, err)
			change(&p)
			p, err = m.Publisher.Draft(t.Context(), "editor", p)
			require.NoError(t, err)
			require.Equal(t, publish.StageDraft, p.Stage)
			require.Equal(t, "editor", p.Author)
			require.Empty(t, p.Seal)
			require.Empty(t, p.Signatures)
			require.Empty(t, p.Owed(), "the ordinary review is ahead of it again")
			require.Empty(t, statesOf(t, m, p.ID), "what waited was taken back")
			_, err = m.Publisher.Publish(t.Context(), "author", p.ID)
			require.ErrorIs(t, err, govmedia.KindConflict)
		})
	}
}

// A signature that is given afterwards changes nothing that was approved.
func TestP2_ASignatureAfterwardsKeepsTheSeal(t *testing.T) {
	m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	ctx := t.Context()
	p, err := signing(t, m, urgent(0), "submit author", "approve_emergency b")
	require.NoError(t, err)
	by := publish.Signature{Step: publish.StepReviewAfter, Actor: "c"}
	other := p
	other.Version++
	other.Text = "解除预警"
	other.Seal = other.Digest()
	require.ErrorIs(t, engine.SignPost(ctx, by, other), govmedia.KindConflict)
	draft, err := signing(t, m, water())
	require.NoError(t, err)
	draft.Version++
	require.ErrorIs(t, engine.SignPost(ctx, by, draft), govmedia.KindConflict, "not approved")
	stored, err := m.Publisher.Post(ctx, p.ID)
	require.NoError(t, err)
	require.Equal(t, p, stored)
}
