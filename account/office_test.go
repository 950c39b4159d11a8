package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/reply/sla"
)

// office is a register with its lifecycle and operators, and a clock that tests move.
type office struct {
	*account.Registry
	*account.Lifecycle
	operators *account.Operators
	vault     *account.Vault
	engine    matrix.Engine
	now       time.Time
}

// newOffice has the units 省, u below it and v below u, and the operator op. Everybody may do everything.
func newOffice(t *testing.T, now time.Time, cfg account.LifecycleConfig) *office {
	t.Helper()
	o := &office{now: now.UTC()}
	clock := func() time.Time { return o.now }
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, &matrix.EngineConfig{Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	if cfg.Authorize == nil {
		cfg.Authorize = func(context.Context, string, account.Step, account.Account) error { return nil }
	}
	if cfg.Calendar == nil {
		cfg.Calendar = calendar(t)
	}
	cfg.Now = clock
	o.engine, o.Registry = engine, account.NewRegistry(engine)
	o.Lifecycle, err = account.NewLifecycle(engine, engine, o.Registry, cfg)
	require.NoError(t, err)
	o.operators, err = account.NewOperators(engine, o.Registry, cfg)
	require.NoError(t, err)
	o.vault, err = account.NewVault(engine, account.VaultConfig{Keys: ring("k1"), Now: clock})
	require.NoError(t, err)
	require.NoError(t, o.Save(t.Context(), "admin", account.Register{Units: []account.Unit{
		{ID: "省", Name: "示例省政府办公厅", Level: account.Province},
		{ID: "u", Name: "示例市政府办公室", Level: account.City, Supervisor: "省"},
		{ID: "v", Name: "示例县政府办公室", Level: account.County, Supervisor: "u"},
	}}))
	_, err = o.operators.Save(t.Context(), "admin", account.Operator{ID: "op", Name: "王某", Unit: "u", Training: []account.Training{{Course: "保密", At: o.now}}})
	require.NoError(t, err)
	return o
}

// calendar knows 2024 to 2026, and the years that are added; offices close at 17:30.
func calendar(t *testing.T, more ...sla.Year) *sla.Calendar {
	t.Helper()
	cal, err := sla.New(sla.Config{
		Name: "省政府办公时间", Version: "2026.1", Years: append(sla.China(), more...),
		Week: sla.WorkWeek(sla.Window{From: 9 * time.Hour, To: 12 * time.Hour}, sla.Window{From: 14 * time.Hour, To: 17*time.Hour + 30*time.Minute}),
	})
	require.NoError(t, err)
	return cal
}

// beijing is an instant by the clock on the wall.
func beijing(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("", 8*60*60))
	require.NoError(t, err)
	return at.UTC()
}

func proposed(id, unit string) account.Account {
	return account.Account{
		ID: id, App: account.App{Platform: "weibo", Key: "k"}, Name: "示例发布", Unit: unit,
		Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
	}
}

func complete(a account.Account) account.Request {
	return account.Request{
		ID: "r-" + a.ID, Account: a, Operators: []string{"op"}, Contact: account.Contact{Name: "李某", Phone: "000-0000"}, Rules: "账号管理办法", Reason: "便民",
	}
}

// approved applies for an account and approves it.
func (o *office) approved(t *testing.T, r account.Request) account.Request {
	t.Helper()
	r, err := o.Apply(t.Context(), "applicant", r)
	require.NoError(t, err)
	r, err = o.Approve(t.Context(), "approver", r, account.Grounds{Reason: "同意"})
	require.NoError(t, err)
	return r
}

func (o *office) opened(t *testing.T, a account.Account) account.Account {
	t.Helper()
	a, err := o.Open(t.Context(), "opener", o.approved(t, complete(a)).ID)
	require.NoError(t, err)
	return a
}

// grounds suffice for every step.
func (o *office) grounds() account.Grounds {
	return account.Grounds{Reason: "工作需要", Decision: "示办〔2026〕1号", Notice: account.Notice{URL: "https://www.shili.example/gg/1", On: o.now}}
}

// found returns the findings of one rule, by subject.
func found(t *testing.T, list []govmedia.Finding, err error, rule string) map[string]govmedia.Finding {
	t.Helper()
	require.NoError(t, err)
	bySubject := map[string]govmedia.Finding{}
	for _, f := range list {
		require.NotEmpty(t, f.Version, f.Rule)
		require.NotEmpty(t, f.Citation, f.Rule)
		require.NotEmpty(t, f.Explanation, f.Rule)
		require.NotEmpty(t, f.Suggestion, f.Rule)
		if f.Rule == rule {
			bySubject[f.Subject] = f
		}
	}
	return bySubject
}

func (o *office) check(t *testing.T, rule string) map[string]govmedia.Finding {
	t.Helper()
	list, err := o.Check(t.Context())
	return found(t, list, err, rule)
}
