package matrix_test

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/matrix/sqlite"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// board is a platform and its adapter in one: it holds posts, and does on each write what its script says.
type board struct {
	mu      sync.Mutex
	posts   []held
	script  []func(ctx context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error)
	reading func() error // what reading answers; nil means it works
	lag     time.Duration
	calls   int
	token   string // the access token of the last call
}

type held struct {
	id, account, text string
	at, gone          time.Time // gone is zero as long as it is there
}

func (b *board) App() account.App { return account.App{Platform: "board", Key: "k"} }

func (b *board) Limits() publish.Limits { return publish.Limits{VisibleWithin: time.Minute} }

func (b *board) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	return b.write(ctx, s.Account.ID, s.Rendition.Text, s.Credential)
}

func (b *board) write(ctx context.Context, account, text string, cred account.Credential) (*govmedia.Receipt, error) {
	b.mu.Lock()
	b.calls++
	b.token = cred.Access.Reveal()
	step := func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		return commit(), nil
	}
	if len(b.script) > 0 {
		step, b.script = b.script[0], b.script[1:]
	}
	b.mu.Unlock()
	return step(ctx, func() *govmedia.Receipt {
		b.mu.Lock()
		defer b.mu.Unlock()
		h := held{id: "b" + strconv.Itoa(len(b.posts)+1), account: account, text: text, at: time.Now()}
		b.posts = append(b.posts, h)
		return &govmedia.Receipt{ID: h.id, At: h.at}
	})
}

func (b *board) find(account, text string) ([]govmedia.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reading != nil {
		if err := b.reading(); err != nil {
			return nil, err
		}
	}
	var found []govmedia.Receipt
	for _, h := range b.posts {
		if h.account == account && h.text == text && h.gone.IsZero() && time.Since(h.at) >= b.lag {
			found = append(found, govmedia.Receipt{ID: h.id, URL: "https://board.example/" + h.id, At: h.at})
		}
	}
	return found, nil
}

func (b *board) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, h := range b.posts {
		if h.text == text && h.gone.IsZero() {
			n++
		}
	}
	return n
}

// readable adds the ability to look for posts and to hear and answer citizens.
type readable struct {
	*board
	inbox []reply.Message
}

func (r *readable) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	found, err := r.find(q.Account.ID, q.Rendition.Text)
	return &publish.Found{Receipts: found, Complete: true}, err
}

func (r *readable) AnswerLimits() reply.Limits { return reply.Limits{VisibleWithin: time.Minute} }

func (r *readable) Messages(context.Context, *reply.Inbox) ([]reply.Message, error) {
	return r.inbox, nil
}

func (r *readable) Answer(ctx context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	return r.write(ctx, s.Account.ID, s.Text, s.Credential)
}

func (r *readable) FindAnswer(_ context.Context, q *reply.Query) (*reply.Found, error) {
	found, err := r.find(q.Account.ID, q.Text)
	return &reply.Found{Receipts: found, Complete: true}, err
}

// The scripts of a write.

func commitHang(ctx context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	commit()
	<-ctx.Done()
	return nil, &govmedia.Error{Op: "write", Kind: govmedia.KindTransport, Err: ctx.Err()}
}

func hang(ctx context.Context, _ func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	<-ctx.Done()
	return nil, &govmedia.Error{Op: "write", Kind: govmedia.KindTransport, Err: ctx.Err()}
}

func refuse(kind govmedia.Kind, after time.Duration) func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	return func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		return nil, &govmedia.Error{Op: "write", Kind: kind, Outcome: govmedia.NotApplied, RetryAfter: after}
	}
}

func commitThen(err error) func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	return func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		commit()
		return nil, err
	}
}

var errDown = errors.New("reading is down")

func keys() account.Keyring {
	return account.Keyring{Current: "k1", Keys: map[string][]byte{"k1": []byte("0123456789abcdef0123456789abcdef")}}
}

func allow(context.Context, string, publish.Step, publish.Post) error { return nil }

// open returns a matrix over a fresh database in memory with three connected accounts a1, a2, a3.
func open(t *testing.T, cfg matrix.Config) (*matrix.Matrix, matrix.Engine) {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), sqlite.Memory, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	require.NoError(t, engine.Migrate(t.Context()))
	m := build(t, engine, cfg)
	register(t, m)
	return m, engine
}

func build(t *testing.T, engine matrix.Engine, cfg matrix.Config) *matrix.Matrix {
	t.Helper()
	cfg.Keys, cfg.Publish.Authorize = keys(), allow
	cfg.Publish.RepeatWithin = cmp.Or(cfg.Publish.RepeatWithin, -1)
	cfg.Reply.Authorize = func(context.Context, string, reply.Case) error { return nil }
	m, err := matrix.New(engine, cfg)
	require.NoError(t, err)
	return m
}

func register(t *testing.T, m *matrix.Matrix) {
	t.Helper()
	reg := account.Register{Units: []account.Unit{{ID: "u", Name: "示例市政府办公室", Level: account.City}}}
	for _, id := range []string{"a1", "a2", "a3"} {
		reg.Accounts = append(reg.Accounts, account.Account{
			ID: id, App: account.App{Platform: "board", Key: "k"}, Name: "示例" + id, Unit: "u",
			Kind: account.KindUnit, Role: account.RoleBroadcast, State: account.Open, Clusters: []string{"c"},
		})
	}
	require.NoError(t, m.Registry.Save(t.Context(), "admin", reg))
	for _, a := range reg.Accounts {
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{Account: a.ID, Access: govmedia.NewSecret("tok-" + a.ID)}))
	}
}

// approved takes a post through the review and returns its id.
func approved(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	ctx := t.Context()
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: text, Targets: targets})
	require.NoError(t, err)
	p, err = m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(t, err)
	p, err = m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(t, err)
	return p.ID
}

func publishPost(t *testing.T, m *matrix.Matrix, text string, targets ...string) string {
	t.Helper()
	id := approved(t, m, text, targets...)
	_, err := m.Publisher.Publish(t.Context(), "author", id)
	require.NoError(t, err)
	return id
}

// only returns the one delivery of a post.
func only(t *testing.T, m *matrix.Matrix, post string) govmedia.Delivery {
	t.Helper()
	ds, err := m.Publisher.Deliveries(t.Context(), post)
	require.NoError(t, err)
	require.Len(t, ds, 1)
	return ds[0]
}

// stepFor lets the time of a bubble pass, stepping often at first and less often later.
func stepFor(t *testing.T, m *matrix.Matrix, d time.Duration) {
	t.Helper()
	start := time.Now()
	for time.Since(start) < d {
		_, err := m.Step(t.Context())
		require.NoError(t, err)
		time.Sleep(max(time.Second, time.Since(start)/10))
	}
}
