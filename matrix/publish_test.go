package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func TestDraft_AnEditIsRenderedAnew(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Title: "通知", Text: "旧文", Link: "https://www.shili.example/1", Targets: []string{"a1"}})
	require.NoError(t, err)
	require.Equal(t, "【通知】旧文 https://www.shili.example/1", p.Renditions["board"].Text)
	p.Text = "新文"
	p, err = m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	require.Equal(t, "【通知】新文 https://www.shili.example/1", p.Renditions["board"].Text)
	p.Variants = map[string]publish.Variant{"board": {Text: "专稿"}}
	p, err = m.Publisher.Draft(t.Context(), "author", p)
	require.NoError(t, err)
	require.Equal(t, "专稿", p.Renditions["board"].Text)
}

func TestIDs_CannotBeMistakenForEachOther(t *testing.T) {
	m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&board{}}})
	_, err := m.Publisher.Draft(t.Context(), "author", publish.Post{ID: "p/a1", Text: "文", Targets: []string{"a1"}})
	require.ErrorIs(t, err, govmedia.KindInvalid)
	reg, err := m.Registry.All(t.Context())
	require.NoError(t, err)
	reg.Accounts[0].ID = "a/1"
	require.ErrorIs(t, m.Registry.Save(t.Context(), "admin", reg), govmedia.KindInvalid)
}

func TestRegistry_AnImportReopensNothing(t *testing.T) {
	m, _ := open(t, matrix.Config{})
	require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "被盗用"))
	register(t, m)
	a, err := m.Registry.Account(t.Context(), "a1")
	require.NoError(t, err)
	require.Equal(t, account.Suspended, a.State)
	require.NoError(t, m.Registry.Reopen(t.Context(), "chief", "a1", "已收回"))
	a, err = m.Registry.Account(t.Context(), "a1")
	require.NoError(t, err)
	require.Equal(t, account.Open, a.State)
}

// A person says where a post is; the delivery of the same text that comes after it does not mistake it for its own.
func TestResolve_WhatAPersonSawIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reading := errDown
		b := &board{script: []script{commitHang}}
		b.reading = func() error { return reading }
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
		first := publishPost(t, m, "每周提示", "a1")
		stepFor(t, m, 2*time.Hour)
		d := only(t, m, first)
		require.Equal(t, govmedia.NeedsPerson, d.State)
		require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideLive, "https://board.example/b1", "看到了"))
		reading = nil
		b.script = []script{hang}
		second := publishPost(t, m, "每周提示", "a1")
		stepFor(t, m, time.Hour)
		require.Equal(t, govmedia.Live, only(t, m, second).State)
		require.Equal(t, 2, b.count("每周提示"))
	})
}
