package matrix_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// openFile is open over a file, with a door behind the engine's back.
func openFile(t *testing.T, cfg matrix.Config) (*matrix.Matrix, matrix.Engine, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "matrix.db")
	engine, err := sqlite.Open(t.Context(), path, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	m := build(t, engine, cfg)
	register(t, m)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return m, engine, db
}

// verifyAudit verifies the whole log.
func verifyAudit(t *testing.T, engine matrix.Engine) string {
	t.Helper()
	var log bytes.Buffer
	require.NoError(t, engine.ExportAudit(t.Context(), &log))
	report, err := govmedia.VerifyAudit(bytes.NewReader(log.Bytes()))
	require.NoError(t, err)
	require.Positive(t, report.Sealed)
	head, err := engine.AuditHead(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, report.Head)
	return log.String()
}

// Between queueing and sending something changes. Nothing leaves, and the reason stands in the delivery.
func TestGuards_NothingLeaves(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *matrix.Matrix, *sql.DB)
		state  govmedia.DeliveryState
		says   string
	}{
		{
			"account suspended", func(t *testing.T, m *matrix.Matrix, _ *sql.DB) {
				require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "被盗用"))
			}, govmedia.NotSent, "suspended",
		},
		{
			"account deregistered", func(t *testing.T, m *matrix.Matrix, _ *sql.DB) {
				a, err := m.Registry.Account(t.Context(), "a1")
				require.NoError(t, err)
				a.State = account.Deregistered
				require.NoError(t, m.Registry.Save(t.Context(), "admin", account.Register{Accounts: []account.Account{a}}))
			}, govmedia.NotSent, "deregistered",
		},
		{"text altered in the database", alter("UPDATE govmedia_post SET body = replace(body, '停水通知', '停电通知')"), govmedia.NeedsPerson, "no longer what was approved"},
		{"text altered with its seal", alter(
			"UPDATE govmedia_post SET body = replace(body, '停水通知', '停电通知'), seal = 'x'"), govmedia.NeedsPerson, "no longer what was approved"},
		{"post replaced by one that is not approved", alter("UPDATE govmedia_post SET stage = 'draft'"), govmedia.NotSent, "not approved"},
		{"seal of the post altered", alter("UPDATE govmedia_post SET seal = 'x'"), govmedia.NotSent, "seal"},
		{"seal of the delivery altered", alter("UPDATE govmedia_delivery SET seal = 'x'"), govmedia.NeedsPerson, "no longer what was approved"},
		{"post unreadable", alter("UPDATE govmedia_post SET body = '{'"), govmedia.NeedsPerson, "cannot be read"},
		{"post gone", alter("DELETE FROM govmedia_post"), govmedia.NeedsPerson, "no post"},
		{"delivery turned to another account", alter("UPDATE govmedia_delivery SET account = 'a2'"), govmedia.NeedsPerson, "not approved"},
		{"credential gone", alter("DELETE FROM govmedia_credential"), govmedia.NeedsPerson, "must be connected"},
		{"credential damaged", alter("UPDATE govmedia_credential SET box = x'00'"), govmedia.NeedsPerson, "does not open"},
		{"credential of another account", alter("UPDATE govmedia_credential SET box = (SELECT box FROM govmedia_credential WHERE account = 'a2')"), govmedia.NeedsPerson, "does not open"},
		{"key lost", alter("UPDATE govmedia_credential SET key_id = 'k0'"), govmedia.NeedsPerson, "k0"},
		{"credential ended", alter("UPDATE govmedia_credential SET expires = 1"), govmedia.NeedsPerson, "must be connected again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &board{}
			m, engine, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
			id := publishPost(t, m, "停水通知", "a1")
			c.change(t, m, db)
			_, err := m.Step(t.Context())
			require.NoError(t, err)
			d := only(t, m, id)
			require.Equal(t, c.state, d.State, d.Reason)
			require.Contains(t, d.Reason, c.says)
			require.NotContains(t, d.Reason, "tok-")
			require.Zero(t, d.Attempt)
			require.Zero(t, b.calls)
			waiting, err := m.Attention(t.Context())
			require.NoError(t, err)
			require.Len(t, waiting, 1)
			require.Contains(t, verifyAudit(t, engine), c.says)
		})
	}
}

func alter(query string) func(*testing.T, *matrix.Matrix, *sql.DB) {
	return func(t *testing.T, _ *matrix.Matrix, db *sql.DB) {
		_, err := db.ExecContext(t.Context(), query)
		require.NoError(t, err)
	}
}

// The same for an answer.
func TestGuards_NoAnswerLeaves(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *matrix.Matrix, *sql.DB)
		state  govmedia.DeliveryState
		says   string
	}{
		{
			"account suspended", func(t *testing.T, m *matrix.Matrix, _ *sql.DB) {
				require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "被盗用"))
			}, govmedia.NotSent, "suspended",
		},
		{"text altered in the database", alter("UPDATE govmedia_answer SET body = replace(body, '八点', '九点')"), govmedia.NeedsPerson, "no longer what was queued"},
		{"credential gone", alter("DELETE FROM govmedia_credential"), govmedia.NeedsPerson, "must be connected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &readable{board: &board{}, inbox: []reply.Message{{ID: "m1", Post: "b0", Author: "市民", Text: "几点来水？", At: time.Now()}}}
			m, _, db := openFile(t, matrix.Config{Adapters: []publish.Adapter{r}})
			cases, err := m.Desk.Poll(t.Context(), "a1")
			require.NoError(t, err)
			d, err := m.Desk.Answer(t.Context(), "clerk", cases[0].ID, "今晚八点。")
			require.NoError(t, err)
			c.change(t, m, db)
			_, err = m.Step(t.Context())
			require.NoError(t, err)
			d, err = m.Delivery(t.Context(), d.ID)
			require.NoError(t, err)
			require.Equal(t, c.state, d.State, d.Reason)
			require.Contains(t, d.Reason, c.says)
			require.Zero(t, r.calls)
			open, err := m.Desk.Case(t.Context(), cases[0].ID)
			require.NoError(t, err)
			require.Equal(t, reply.CaseOpen, open.State, "the citizen still waits")
		})
	}
}

// What a guard stopped goes out once when a person has mended the cause and says so.
func TestGuards_MendedAndSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		id := publishPost(t, m, "停水通知", "a1")
		require.NoError(t, m.Registry.Suspend(t.Context(), "chief", "a1", "核实中"))
		stepFor(t, m, time.Second)
		d := only(t, m, id)
		require.Equal(t, govmedia.NotSent, d.State)
		require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "too early"))
		stepFor(t, m, time.Second)
		require.Equal(t, govmedia.NotSent, only(t, m, id).State, "still suspended")
		require.NoError(t, m.Registry.Reopen(t.Context(), "chief", "a1", "核实完毕"))
		stepFor(t, m, time.Minute)
		require.Equal(t, govmedia.NotSent, only(t, m, id).State, "nothing goes out by itself")
		require.NoError(t, m.Resolve(t.Context(), "chief", d.ID, govmedia.DecideSend, "", "open again"))
		stepFor(t, m, time.Second)
		require.Equal(t, govmedia.Live, only(t, m, id).State)
		require.Equal(t, 1, b.calls)
	})
}

// Several accounts fail for several reasons; the post is partially live, and only what failed is sent again.
func TestPartialSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{refuse(govmedia.KindRejected, 0)}}
		m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}, Concurrency: 1})
		id := publishPost(t, m, "停水通知", "a1", "a2", "a3")
		stepFor(t, m, time.Second)
		states := func() string {
			ds, err := m.Publisher.Deliveries(t.Context(), id)
			require.NoError(t, err)
			var s []string
			for _, d := range ds {
				s = append(s, fmt.Sprint(d.Account, " ", d.State, " ", d.Attempt))
			}
			return fmt.Sprint(publish.StateOf(ds), ": ", strings.Join(s, ", "))
		}
		require.Equal(t, "partially_live: a1 rejected 1, a2 live 1, a3 live 1", states())
		_, err := m.Publisher.Publish(t.Context(), "author", id)
		require.NoError(t, err)
		stepFor(t, m, time.Minute)
		require.Equal(t, "partially_live: a1 rejected 1, a2 live 1, a3 live 1", states(), "publishing again touches nothing")
		waiting, err := m.Attention(t.Context())
		require.NoError(t, err)
		require.Len(t, waiting, 1)
		for _, other := range []string{"a2", "a3"} {
			require.ErrorIs(t, m.Resolve(t.Context(), "chief", "post/"+id+"/"+other, govmedia.DecideSend, "", "again"), govmedia.KindConflict)
		}
		require.NoError(t, m.Resolve(t.Context(), "chief", waiting[0].ID, govmedia.DecideSend, "", "platform apologised"))
		stepFor(t, m, time.Minute)
		require.Equal(t, "live: a1 live 2, a2 live 1, a3 live 1", states())
		require.Equal(t, 3, b.count("停水通知"))
		verifyAudit(t, engine)
	})
}
