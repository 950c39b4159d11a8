package matrix_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/directory"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

func TestA9_RunKeepsTheDirectoryFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := open(t, matrix.Config{
			Adapters: []publish.Adapter{&board{}}, RefreshEvery: 10 * time.Second,
			Directory: directory.Config{Similar: func(string) []account.Resemblance {
				return []account.Resemblance{{Name: "示例a2", Why: "只差一个字"}}
			}},
		})
		ask := func(q string) int {
			w := httptest.NewRecorder()
			m.Directory.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?format=json&q="+url.QueryEscape(q), nil))
			return w.Code
		}
		require.Equal(t, http.StatusServiceUnavailable, ask("示例a1"))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		time.Sleep(time.Second)
		require.Equal(t, http.StatusOK, ask("示例a1"))
		require.Equal(t, http.StatusNotFound, ask("示例a9"))
		like, err := m.Directory.Find(directory.Query{Text: "示例a9"})
		require.NoError(t, err)
		require.Equal(t, "a2", like.Similar[0].ID)

		require.NoError(t, m.Registry.Suspend(t.Context(), "值班长", "a1", "被盗用"))
		time.Sleep(10 * time.Second)
		a, err := m.Directory.Find(directory.Query{Text: "示例a1"})
		require.NoError(t, err)
		require.Equal(t, directory.Suspended, a.Status)
		cancel()
		require.NoError(t, <-ended)
	})
	_, err := matrix.New(nil, matrix.Config{RefreshEvery: -1})
	require.ErrorIs(t, err, govmedia.KindInvalid)
}
