// Command customadapter shows an adapter for a platform that this SDK does not know: a government CMS (政府网站集约化平台)
// into which articles are pushed over HTTP, each call signed. Such interfaces exist in many provinces and their documents
// are not public, so this one is invented; what it has to do is not.
//
//	go run ./examples/customadapter
//
// Read adapter.go from top to bottom: it is a template. wire.go makes one call and says what became of it; cms.go and
// faults.go are the fake CMS; adapter_test.go runs the conformance suite. This file publishes one notice through a matrix
// while the fake takes it and never answers. docs/writing-an-adapter.md explains all of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "customadapter:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	fake := newCMS()
	base, stop, err := serve(fake)
	if err != nil {
		return err
	}
	defer stop()
	client, err := New(Config{BaseURL: base, AppKey: fake.appKey})
	if err != nil {
		return err
	}
	engine, err := sqlite.Open(ctx, sqlite.Memory, nil)
	if err != nil {
		return err
	}
	if err := engine.Migrate(ctx); err != nil {
		return errors.Join(err, engine.Close())
	}
	s := &show{out: out, fake: fake}
	err = s.play(ctx, engine, client)
	return errors.Join(err, engine.Close())
}

// serve puts a handler on loopback.
func serve(h http.Handler) (base string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	return "http://" + listener.Addr().String(), func() { _ = server.Close(); <-ended }, nil
}

// show is one performance. Its clock is moved by hand.
type show struct {
	out   io.Writer
	fake  *cms
	ahead time.Duration
	m     *matrix.Matrix
	post  string
}

func (s *show) say(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format+"\n", args...) }

func (s *show) play(ctx context.Context, engine matrix.Engine, client *Client) (err error) {
	s.m, err = matrix.New(engine, matrix.Config{
		Adapters:    []publish.Adapter{client},
		Keys:        account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": make([]byte, 32)}}, // use random bytes
		Publish:     publish.Config{Authorize: func(context.Context, string, publish.Step, publish.Post) error { return nil }},
		SendTimeout: 2 * time.Second, // short, so that nobody waits for the one attempt that hangs
		Logger:      slog.New(slog.DiscardHandler),
		Now:         func() time.Time { return time.Now().Add(s.ahead) },
	})
	if err != nil {
		return err
	}
	if err := s.connect(ctx, client); err != nil {
		return err
	}
	if err := s.approve(ctx); err != nil {
		return err
	}
	s.fake.script(fault{name: "commit-hang", times: 1})
	s.say("The CMS will take the next article and never answer.")
	for _, when := range []string{"sent", "ten seconds later"} {
		if _, err := s.m.Step(ctx); err != nil {
			return err
		}
		if err := s.tell(ctx, when); err != nil {
			return err
		}
		s.ahead += 10 * time.Second
	}
	return nil
}

// connect enters the column into the register and its key into the vault.
func (s *show) connect(ctx context.Context, client *Client) error {
	err := s.m.Registry.Save(ctx, "管理员", account.Register{
		Units: []account.Unit{{ID: "u1", Name: "示例市人民政府办公室", Level: account.City}},
		Accounts: []account.Account{{
			ID: "column", App: client.App(), UID: s.fake.column, Name: "示例市政府网站·通知公告", Unit: "u1",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open,
		}},
	})
	if err == nil {
		err = s.m.Vault.Put(ctx, "管理员", account.Credential{Account: "column", Access: govmedia.NewSecret(s.fake.key)})
	}
	return err
}

// approve takes a notice through its review and queues it.
func (s *show) approve(ctx context.Context) error {
	p, err := s.m.Publisher.Draft(ctx, "拟稿人甲", publish.Post{
		ID: "notice-1", Title: "停水通知", Text: "明日8时至12时，城北片区停水检修。", Link: "https://www.shili.example/1", Targets: []string{"column"},
	})
	if err == nil {
		p, err = s.m.Publisher.Submit(ctx, "拟稿人甲", p, "初审")
	}
	if err == nil {
		p, err = s.m.Publisher.Review(ctx, "复核人乙", p, "复审")
	}
	if err == nil {
		p, err = s.m.Publisher.Approve(ctx, "签发人丙", p, "终审")
	}
	if err == nil {
		_, err = s.m.Publisher.Publish(ctx, "拟稿人甲", p.ID)
	}
	s.post = p.ID
	s.say("%q is approved and queued.", p.Title)
	return err
}

// tell says where the delivery stands and what the CMS really holds.
func (s *show) tell(ctx context.Context, when string) error {
	list, err := s.m.Publisher.Deliveries(ctx, s.post)
	if err != nil {
		return err
	}
	for _, d := range list {
		s.say("%s: %s, attempts: %d", when, d.State, d.Attempt)
		if d.Reason != "" {
			s.say("  because %s", d.Reason)
		}
		if d.Receipt != nil {
			s.say("  evidence: %s; citizens see it at %s", d.Receipt.Evidence, d.Receipt.URL)
		}
	}
	s.say("  the CMS really holds %d", len(s.fake.held()))
	return nil
}
