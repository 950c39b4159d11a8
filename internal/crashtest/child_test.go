package crashtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

const childVariable = "GOVMEDIA_CRASH_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		if err := child(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // the tests wait for leases to end, not for a processor
	os.Exit(m.Run())
}

// job is what a child is told to do.
type job struct {
	Platform, DB, BaseURL, AppSecret string

	Post         string     // publish this post, ten times
	Case, Answer string     // answer this case, ten times
	Storm        *stormURLs // publish the post to three platforms at once, see storm_test.go
	Calm         bool       // the platforms behave: give them all the time they need
	Refresh      string     // open this account's credential, a thousand times at once, and end
	Share        bool       // work beside others until told to stop, and drain, see workers_test.go
}

// line is what a child tells its parent.
type line struct{ Event, State, Reason string }

const (
	impatience  = 10
	sendTimeout = time.Second
)

// open opens the database of a job and builds the matrix that both parent and child use.
func (j job) open(ctx context.Context, observer govmedia.Observer) (*matrix.Matrix, matrix.Engine, error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	sweep, patience := 50*time.Millisecond, matrix.Patience{
		Tries: 40, RetryFirst: 50 * time.Millisecond, RetryMost: 500 * time.Millisecond, ReadFirst: 50 * time.Millisecond, ReadMost: 200 * time.Millisecond, GiveUp: 2 * time.Second,
	}
	if j.Storm != nil { // hundreds of readings at these intervals keep the processor from everything else
		sweep, patience.ReadFirst, patience.ReadMost, patience.GiveUp = 100*time.Millisecond, 200*time.Millisecond, time.Second, 5*time.Second
	}
	engine, err := openEngine(ctx, j.DB, &matrix.EngineConfig{Logger: logger, SweepEvery: sweep})
	if err != nil {
		return nil, nil, err
	}
	adapters, timeout, err := j.adapters()
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close())
	}
	m, err := matrix.New(engine, matrix.Config{
		Adapters:    adapters,
		Keys:        account.Keyring{Current: "k", Keys: map[string][]byte{"k": []byte("0123456789abcdef0123456789abcdef")}},
		Publish:     publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
		Reply:       reply.Config{Authorize: func(context.Context, string, reply.Case) error { return nil }},
		SendTimeout: timeout,
		Patience:    patience,
		Logger:      logger,
		Observer:    observer,
	})
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close())
	}
	return m, engine, nil
}

func (j job) adapters() ([]publish.Adapter, time.Duration, error) {
	if j.Storm != nil {
		list, err := j.Storm.adapters()
		if j.Calm {
			return list, calmWait, err
		}
		return list, stormWait, err
	}
	if j.Share {
		return []publish.Adapter{&ledger{url: j.BaseURL}}, shareWait, nil
	}
	client, err := sides[j.Platform].adapter(j)
	return []publish.Adapter{client}, sendTimeout, err
}

// child does its job until it is killed or told to stop.
func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	life := time.Minute
	if j.Storm != nil {
		life = settleWithin
	}
	ctx, stop := context.WithTimeout(context.Background(), life)
	defer stop()
	if j.Storm != nil {
		return stormChild(ctx, j)
	}
	if j.Share {
		return shareChild(ctx, j)
	}
	m, engine, err := j.open(ctx, teller{})
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	if j.Refresh != "" {
		return refreshAll(ctx, m, j.Refresh)
	}
	for range impatience {
		if j.Post != "" {
			_, err = m.Publisher.Publish(ctx, "author", j.Post)
		} else {
			_, err = m.Desk.Answer(ctx, "clerk", j.Case, j.Answer)
		}
		if err != nil {
			return err
		}
	}
	return m.Run(ctx)
}

// refreshAll opens the credential a thousand times at once, after the parent has closed standard input.
func refreshAll(ctx context.Context, m *matrix.Matrix, id string) error {
	teller{}.Observe(ctx, govmedia.Event{Name: "ready"})
	_, _ = io.Copy(io.Discard, os.Stdin)
	var wg sync.WaitGroup
	errs := make([]error, 1000)
	for i := range errs {
		wg.Go(func() {
			c, err := m.Vault.Open(ctx, id)
			if err == nil && time.Until(c.Expires) < time.Hour {
				err = errors.New("the credential handed out is not fresh")
			}
			errs[i] = err
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// teller prints every event as a line of JSON.
type teller struct{}

func (teller) Observe(_ context.Context, e govmedia.Event) {
	l := line{Event: e.Name, State: e.State}
	if e.Err != nil {
		l.Reason = e.Err.Error()
	}
	text, _ := json.Marshal(l)
	_, _ = os.Stdout.Write(append(text, '\n'))
}

// process is a running child.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan line
}

func start(t *testing.T, j job) *process {
	t.Helper()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	p := &process{t: t, cmd: exec.Command(self), lines: make(chan line, 1000)}
	p.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			var l line
			if json.Unmarshal(s.Bytes(), &l) == nil {
				p.lines <- l
			}
		}
	}()
	return p
}

// await returns the first line that fits.
func (p *process) await(what string, fits func(line) bool) line {
	p.t.Helper()
	timeout := time.After(2 * time.Minute) // on a machine that has other things to do
	for {
		select {
		case l, ok := <-p.lines:
			require.True(p.t, ok, "the child ended before: %s", what)
			if fits(l) {
				return l
			}
		case <-timeout:
			p.t.Fatalf("waited too long for: %s", what)
		}
	}
}

// kill is kill -9.
func (p *process) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // says that it was killed
}

// stop asks the child to end and waits for it.
func (p *process) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	_ = p.cmd.Wait() // no handler is installed: the signal ends it
}
