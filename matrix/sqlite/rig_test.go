package sqlite_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// wall is a platform and its adapter: it holds posts, can be read, and calls held after each that it takes.
type wall struct {
	mu    sync.Mutex
	posts map[string][]govmedia.Receipt // by account and text
	held  func(*govmedia.Receipt)
}

func (*wall) App() account.App { return account.App{Platform: "wall", Key: "k"} }

func (*wall) Limits() publish.Limits { return publish.Limits{} }

func (w *wall) Publish(_ context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.posts == nil {
		w.posts = map[string][]govmedia.Receipt{}
	}
	place := s.Account.ID + s.Rendition.Text
	r := govmedia.Receipt{ID: fmt.Sprint(s.Account.ID, "-", len(w.posts), "-", len(w.posts[place])), At: time.Now()}
	w.posts[place] = append(w.posts[place], r)
	if w.held != nil {
		w.held(&r)
	}
	return &r, nil
}

func (w *wall) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &publish.Found{Receipts: w.posts[q.Account.ID+q.Rendition.Text], Complete: true}, nil
}

func (w *wall) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, p := range w.posts {
		n += len(p)
	}
	return n
}

// clock is a time that tests move.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// compose builds a matrix over a migrated engine, with n connected accounts.
func compose(t *testing.T, engine matrix.Engine, w *wall, n int) (*matrix.Matrix, *clock, []string) {
	t.Helper()
	require.NoError(t, engine.Migrate(t.Context()))
	c := &clock{}
	m, err := matrix.New(engine, matrix.Config{
		Adapters: []publish.Adapter{w}, Now: c.now,
		Keys:    account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}},
		Publish: publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
	})
	require.NoError(t, err)
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	ids := make([]string, n)
	for i := range n {
		ids[i] = fmt.Sprintf("a%03d", i)
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: ids[i], App: w.App(), Name: "示例" + ids[i], Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	for _, id := range ids {
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: id, Access: govmedia.NewSecret("tok-hush")}))
	}
	return m, c, ids
}

func approved(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: text, Targets: targets})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(t.Context(), "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(t.Context(), "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(t.Context(), "approver", p, "")
	require.NoError(t, err)
	return p.ID
}
