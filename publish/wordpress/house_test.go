package wordpress_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/publish/wordpress"
	"github.com/govmedia/govmedia/publish/wordpress/wordpresstest"
	"github.com/govmedia/govmedia/reply"
)

// engine is the whole house over one account: what an integrator runs.
type engine struct {
	*rig
	m *matrix.Matrix
}

// house runs the test in fake time over an engine in memory; cfg needs neither address nor client.
func house(t *testing.T, cfg wordpress.Config, run func(*testing.T, *engine)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		fake := wordpresstest.New(nil)
		server := memnet.Serve(fake)
		defer server.Close()
		cfg.BaseURL, cfg.HTTPClient = "http://127.0.0.1", server.Client()
		r := newRig(t, &cfg, fake)
		db, err := sqlite.Open(ctx, sqlite.Memory, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		require.NoError(t, db.Migrate(ctx))
		m, err := matrix.New(db, matrix.Config{
			Adapters: []publish.Adapter{r.client},
			Keys:     account.Keyring{Current: "k", Keys: map[string][]byte{"k": []byte("0123456789abcdef0123456789abcdef")}},
			Publish:  publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
			Reply:    reply.Config{Authorize: func(context.Context, string, reply.Case) error { return nil }},
			Patience: matrix.Patience{ReadMost: 10 * time.Minute}, // fewer steps in a day
			Logger:   slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		require.NoError(t, m.Registry.Save(ctx, "admin", account.Register{
			Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}},
			Accounts: []account.Account{{
				ID: "site", App: r.client.App(), UID: "city", Name: "某市发布", Unit: "u", Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
			}},
		}))
		require.NoError(t, m.Vault.Put(ctx, "admin", r.cred))
		run(t, &engine{r, m})
		r.noSecrets(t)
	})
}

// add stores a file and returns its digest.
func (e *engine) add(t *testing.T, m publish.Media) string {
	t.Helper()
	digest, err := e.m.Publisher.AddMedia(t.Context(), "author", m)
	require.NoError(t, err)
	return digest
}

func (e *engine) draft(t *testing.T, p publish.Post) (publish.Post, error) {
	t.Helper()
	p.Targets = []string{"site"}
	return e.m.Publisher.Draft(t.Context(), "author", p)
}

// post approves and queues one post, as impatiently as people are, and returns the id of its delivery.
func (e *engine) post(t *testing.T, p publish.Post) string {
	t.Helper()
	ctx := t.Context()
	p, err := e.draft(t, p)
	require.NoError(t, err)
	p, err = e.m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = e.m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	for range 3 {
		_, err = e.m.Publisher.Publish(ctx, "author", p.ID)
		require.NoError(t, err)
	}
	return "post/" + p.ID + "/site"
}

// until lets time pass until the delivery is in one of the states.
func (e *engine) until(t *testing.T, id string, there func(govmedia.DeliveryState) bool) govmedia.Delivery {
	t.Helper()
	for start := time.Now(); time.Since(start) < 72*time.Hour; {
		_, err := e.m.Step(t.Context())
		require.NoError(t, err)
		d, err := e.m.Delivery(t.Context(), id)
		require.NoError(t, err)
		if there(d.State) {
			return d
		}
		time.Sleep(max(time.Second, time.Until(d.Due)))
	}
	t.Fatal("the delivery does not get there")
	return govmedia.Delivery{}
}

// settle lets time pass until the delivery does not move any more.
func (e *engine) settle(t *testing.T, id string) govmedia.Delivery {
	t.Helper()
	return e.until(t, id, govmedia.DeliveryState.Settled)
}
