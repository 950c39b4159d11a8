package matrix_test

import (
	"testing"

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
	p.Variants = map[string]string{"board": "专稿"}
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
