package postgres_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func has(text string) func(string) bool {
	return func(sql string) bool { return strings.Contains(sql, text) }
}

// The connection ends at a commit, and nobody can tell whether that took effect. Nothing leaves twice, and all that was
// to leave leaves.
func TestC1_TheOutcomeOfACommitIsUnknown(t *testing.T) {
	url := server(t)
	for _, c := range []struct {
		name string
		fits func(sql string) bool
		sent int // the attempts that were counted when the server had committed
		told int // how many calls said so; an outcome is recorded once more instead
	}{
		{"of the queueing", has(`"post.publish"`), 1, 1},
		{"of a claim", has("SET lease_owner = '"), 1, 1},
		{"of a fence", has("SET state = 'sending'"), 2, 1},
		{"of an outcome", has(`"delivery.settle"`), 1, 0},
	} {
		for _, after := range []bool{false, true} {
			name := c.name + ", lost on its way"
			if after {
				name = c.name + ", its answer lost"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cut, clock, w := &cutter{}, &clock{}, &wall{app: "k"}
				schema := freshSchema(t, url)
				pool := newPool(t, url, func(cfg *pgxpool.Config) { cfg.ConnConfig.DialFunc = cut.dial })
				engine := open(t, pool, schema, clock)
				require.NoError(t, engine.Migrate(t.Context()))
				m, ids := compose(t, engine, w, clock, 1)
				post := approved(t, m, "停水通知", ids...)

				cut.set(after, c.fits)
				var unknown []error
				note := func(err error) {
					if err != nil {
						unknown = append(unknown, err)
					}
				}
				_, err := m.Publisher.Publish(t.Context(), "author", post)
				note(err)
				for range 8 {
					_, err := m.Step(t.Context())
					note(err)
					clock.advance(20 * time.Second)
				}
				require.Equal(t, 1, cut.count())
				require.Len(t, unknown, c.told, "%v", unknown)
				for _, err := range unknown {
					require.ErrorIs(t, err, govmedia.KindUnavailable)
					require.Equal(t, govmedia.Unknown, govmedia.AsError(err).Outcome)
					require.Equal(t, govmedia.Reconcile, govmedia.AsError(err).Remedy())
					require.ErrorContains(t, err, "not known")
				}

				if ds, err := m.Publisher.Deliveries(t.Context(), post); err == nil && len(ds) == 0 {
					_, err := m.Publisher.Publish(t.Context(), "author", post) // the caller reads, and asks again
					require.NoError(t, err)
					_, err = m.Step(t.Context())
					require.NoError(t, err)
				}
				require.True(t, live(t, m, post))
				require.Equal(t, 1, w.held(t))
				require.Equal(t, 1, w.calls)
				ds, err := m.Publisher.Deliveries(t.Context(), post)
				require.NoError(t, err)
				if after {
					require.Equal(t, c.sent, ds[0].Attempt)
				} else {
					require.Equal(t, 1, ds[0].Attempt)
				}
				sound(t, engine)
			})
		}
	}
}

// Several fences share the commit whose answer is lost. None of them is tried by itself then, and none is sent.
func TestC1_AnUnknownCommitOfManySendsNone(t *testing.T) {
	url := server(t)
	cut, clock, w := &cutter{}, &clock{}, &wall{app: "k"}
	schema := freshSchema(t, url)
	pool := newPool(t, url, func(cfg *pgxpool.Config) { cfg.ConnConfig.DialFunc = cut.dial })
	engine := open(t, pool, schema, clock)
	require.NoError(t, engine.Migrate(t.Context()))
	m, ids := compose(t, engine, w, clock, 16)
	post := approved(t, m, "停水通知", ids...)
	_, err := m.Publisher.Publish(t.Context(), "author", post)
	require.NoError(t, err)
	group := 0
	cut.set(true, func(sql string) bool {
		group = strings.Count(sql, `"delivery.fence"`)
		return group > 1
	})
	_, err = m.Step(t.Context())
	require.ErrorIs(t, err, govmedia.KindUnavailable)
	require.Equal(t, 1, cut.count())
	require.Equal(t, len(ids)-group, w.held(t))
	require.Equal(t, group, count(t, pool, schema, "govmedia_delivery WHERE state = 'sending'"))
	for range 8 {
		clock.advance(20 * time.Second)
		_, err := m.Step(t.Context())
		require.NoError(t, err)
	}
	require.True(t, live(t, m, post))
	require.Equal(t, len(ids), w.held(t))
	require.Equal(t, len(ids), w.calls)
	sound(t, engine)
}

func TestCommitted(t *testing.T) {
	server := func(code, severity string) error {
		return &pgconn.PgError{Code: code, SeverityUnlocalized: severity}
	}
	for _, c := range []struct {
		name    string
		err     error
		unknown bool
	}{
		{"it did", nil, false},
		{"a deferred constraint", server("23505", "ERROR"), false},
		{"lost against another transaction", server("40001", "ERROR"), false},
		{"a statement had failed", pgx.ErrTxCommitRollback, false},
		{"shut down", server("57P01", "FATAL"), true},
		{"cancelled", server("57014", "ERROR"), true},
		{"the disk", server("58030", "ERROR"), true},
		{"nothing more came", io.ErrUnexpectedEOF, true},
		{"no code at all", server("", "ERROR"), true},
	} {
		err := postgres.Committed(c.err)
		require.Equal(t, c.err == nil, err == nil, c.name)
		e, typed := errors.AsType[*govmedia.Error](err)
		require.Equal(t, c.unknown, typed && e.Outcome == govmedia.Unknown, c.name)
	}
}
