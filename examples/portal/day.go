package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/account/register"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/govmedia/govmedia/reply/sla"
	"github.com/govmedia/govmedia/verify"
)

//go:embed testdata/register.csv
var registerCSV []byte

const cluster = "示例省矩阵" // the invented accounts that the notice goes to

// day is the portal: the matrix over its database, and the platform it speaks to.
type day struct {
	m        *matrix.Matrix
	engine   matrix.Engine
	platform *platforms
	register account.Register
	findings []govmedia.Finding
	post     atomic.Pointer[string] // id of the notice, once there is one
	stop     func() error           // ends Run and waits for it
	out      io.Writer
	started  time.Time
	result   *result
	fault    string // of the faulty platform, empty when none is
}

// openDay loads the register, starts the platform and opens the database. Observer may be nil.
func openDay(ctx context.Context, o options, observer govmedia.Observer, stderr io.Writer) (*day, error) {
	d := &day{out: stderr, started: time.Now(), result: &result{}, stop: func() error { return nil }}
	if err := d.load(); err != nil {
		return nil, err
	}
	key, err := dataKey(o.data)
	if err != nil {
		return nil, err
	}
	if d.platform, err = startPlatforms(d.members(), o.fault, o.wordpress); err != nil {
		return nil, err
	}
	_, d.fault, _ = parseFault(o.fault) // parse has checked it
	if err := d.open(ctx, o, key, observer); err != nil {
		return nil, errors.Join(err, d.platform.close())
	}
	return d, nil
}

// load reads the register and checks every name and code in it.
func (d *day) load() error {
	reg, findings, err := register.Read(bytes.NewReader(registerCSV), register.ReadOptions{})
	if err != nil {
		return fmt.Errorf("testdata/register.csv: %w", err)
	}
	units := map[string]account.Unit{}
	for _, u := range reg.Units {
		units[u.ID] = u
	}
	seen := map[govmedia.Finding]bool{}
	for _, a := range reg.Accounts {
		for _, f := range (verify.Names{}).Check(a, units[a.Unit]) {
			if !seen[f] { // what is wrong with a unit is found with each of its accounts
				seen[f] = true
				findings = append(findings, f)
			}
		}
	}
	d.register, d.findings = reg, findings
	d.result.Accounts, d.result.Findings = len(reg.Accounts), len(findings)
	d.say("register: %d accounts of %d units, %d findings", len(reg.Accounts), len(reg.Units), len(findings))
	for _, f := range findings {
		d.say("  %s %s: %s", f.Severity, f.Subject, f.Explanation)
	}
	return nil
}

func (d *day) members() []account.Account {
	var list []account.Account
	for _, a := range d.register.Accounts {
		if a.In(cluster) {
			list = append(list, a)
		}
	}
	return list
}

// open opens and migrates the database and builds the matrix over it.
func (d *day) open(ctx context.Context, o options, key []byte, observer govmedia.Observer) (err error) {
	logger := slog.New(slog.NewTextHandler(d.out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if d.engine, err = openDatabase(ctx, o, &matrix.EngineConfig{Logger: logger, SweepEvery: 200 * time.Millisecond}); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.engine.Close())
		}
	}()
	if err := d.engine.Migrate(ctx); err != nil {
		return err
	}
	calendar, err := sla.New(sla.Config{
		Name: "示例省工作日历", Version: "2026", Years: sla.China(),
		Week: sla.WorkWeek(sla.Window{From: 9 * time.Hour, To: 12 * time.Hour}, sla.Window{From: 14 * time.Hour, To: 18 * time.Hour}),
	})
	if err != nil {
		return err
	}
	d.m, err = matrix.New(d.engine, matrix.Config{
		Adapters: d.platform.adapters(),
		Keys:     account.Keyring{Current: "portal", Keys: map[string][]byte{"portal": key}},
		Publish:  publish.Config{Authorize: officials},
		Reply: reply.Config{
			Authorize: clerks,
			Calendar:  calendar,
			Routes: []reply.Route{
				{Name: "公交出行转交通局", Contains: []string{"公交", "堵车", "绕行"}, Unit: "sl-u19"},
				{Name: "停课复课转教育局", Contains: []string{"学校", "停课", "上学"}, Unit: "sl-u16"},
				{Name: "就医防病转卫健委", Contains: []string{"医院", "看病"}, Unit: "sl-u17"},
			},
			Targets: []sla.Target{
				{Name: "首次回应", Basis: sla.Wall, Duration: 24 * time.Hour, Citation: "GB/T 33358-2016《政府热线服务规范》：信箱类24小时内回应", Version: "2017-07-01"},
				{Name: "办结答复", Basis: sla.WorkingDays, Days: 5, Citation: "示例省规定（参照《山东省政务服务热线管理办法》：5个工作日内办结答复）", Version: "2020-01"},
			},
		},
		Concurrency: 32,
		SendTimeout: 2 * time.Second,
		Patience:    matrix.Patience{ReadFirst: 200 * time.Millisecond, RetryFirst: 200 * time.Millisecond, ReadMost: time.Second, RetryMost: time.Second},
		Logger:      logger,
		Observer:    observer,
	})
	return err
}

// officials says who may do what to a post; everything else is denied.
func officials(_ context.Context, actor string, step publish.Step, _ publish.Post) error {
	duties := map[string][]publish.Step{
		"拟稿人甲": {publish.StepDraft, publish.StepSubmit, publish.StepPublish},
		"复核人乙": {publish.StepReview, publish.StepReturn},
		"签发人丙": {publish.StepApprove, publish.StepReturn},
	}
	if slices.Contains(duties[actor], step) {
		return nil
	}
	return errors.New("not among this person's duties")
}

// clerks lets the clerk of the unit that holds a case answer it.
func clerks(_ context.Context, actor string, c reply.Case) error {
	if actor != "经办人@"+c.Unit {
		return errors.New("only the clerk of the holding unit answers")
	}
	return nil
}

// dataKey reads the key that encrypts the credentials, and makes one at the first start.
func dataKey(folder string) ([]byte, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made; choose another with -data: %w", err)
	}
	path := filepath.Join(folder, "portal.key")
	key, err := os.ReadFile(path) //nolint:gosec // the folder is the caller's choice
	if errors.Is(err, os.ErrNotExist) {
		key = randomKey()
		err = os.WriteFile(path, key, 0o600)
	}
	if err == nil && len(key) != 32 {
		err = fmt.Errorf("it has %d bytes instead of 32", len(key))
	}
	if err != nil {
		return nil, fmt.Errorf("the key file %s cannot be used: %w", path, err)
	}
	return key, nil
}

// site is the page over this day.
func (d *day) site(moves *progress) http.Handler {
	return newSite(d.m, moves, siteConfig{
		Title: "示例省政务新媒体矩阵", Findings: d.findings, Now: time.Now, Invented: true,
		Post: func() string {
			if id := d.post.Load(); id != nil {
				return *id
			}
			return ""
		},
	})
}

func (d *day) close() error {
	return errors.Join(d.stop(), d.engine.Close(), d.platform.close())
}

func (d *day) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.out, "%6.1fs  %s\n", time.Since(d.started).Seconds(), fmt.Sprintf(format, args...))
}
