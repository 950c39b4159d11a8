package enginetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
)

// script is what the platform does with one write; commit makes it visible.
type script = func(ctx context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error)

// board is a platform and its adapter in one, in every role: it holds posts, can be read, and does on each write what its
// script says.
type board struct {
	clock  *clock
	quotas []publish.Quota

	mu      sync.Mutex
	posts   []held
	script  []script
	reading func() error  // what reading answers; nil means it works
	lag     time.Duration // how long a post is not shown
	calls   int

	refusals []error // what Withdraw answers, one by one; nil and none are success
	inbox    []reply.Message
}

type held struct {
	id, account, text string
	at                time.Time
}

func (*board) App() account.App { return account.App{Platform: "board", Key: "k"} }

func (b *board) Limits() publish.Limits {
	return publish.Limits{VisibleWithin: time.Minute, Quotas: b.quotas}
}

func (b *board) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	return b.write(ctx, s.Account.ID, s.Rendition.Text)
}

func (b *board) write(ctx context.Context, account, text string) (*govmedia.Receipt, error) {
	b.mu.Lock()
	b.calls++
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
		h := held{"b" + strconv.Itoa(len(b.posts)+1), account, text, b.clock.now()}
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
		if h.account == account && h.text == text && b.clock.now().Sub(h.at) >= b.lag {
			found = append(found, govmedia.Receipt{ID: h.id, URL: "https://board.example/" + h.id, At: h.at})
		}
	}
	return found, nil
}

// count says how often the board holds a text, on all accounts.
func (b *board) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, h := range b.posts {
		if h.text == text {
			n++
		}
	}
	return n
}

func (b *board) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls
}

func (b *board) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	found, err := b.find(q.Account.ID, q.Rendition.Text)
	return &publish.Found{Receipts: found, Complete: true}, err
}

func (*board) AnswerLimits() reply.Limits { return reply.Limits{VisibleWithin: time.Minute} }

func (b *board) Messages(context.Context, *reply.Inbox) ([]reply.Message, error) { return b.inbox, nil }

func (b *board) Answer(ctx context.Context, s *reply.Submission) (*govmedia.Receipt, error) {
	return b.write(ctx, s.Account.ID, s.Text)
}

func (b *board) FindAnswer(_ context.Context, q *reply.Query) (*reply.Found, error) {
	found, err := b.find(q.Account.ID, q.Text)
	return &reply.Found{Receipts: found, Complete: true}, err
}

var (
	_ publish.Finder = (*board)(nil)
	_ reply.Channel  = (*board)(nil)
)

// blind is a board that can be written to and nothing else.
type blind struct{ b *board }

func (a blind) App() account.App { return a.b.App() }

func (a blind) Limits() publish.Limits { return a.b.Limits() }

func (a blind) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	return a.b.Publish(ctx, s)
}

// The scripts of a write. One that hangs does not wait until its time is up, and says at once what is said then.

func commitHang(ctx context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	commit()
	return hang(ctx, nil)
}

func hang(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
	return nil, &govmedia.Error{Op: "write", Kind: govmedia.KindTransport, Err: context.DeadlineExceeded}
}

func refuse(kind govmedia.Kind, after time.Duration) script {
	return func(context.Context, func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		return nil, &govmedia.Error{Op: "write", Kind: kind, Outcome: govmedia.NotApplied, RetryAfter: after}
	}
}

func commitThen(err error) script {
	return func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
		commit()
		return nil, err
	}
}

var errDown = errors.New("reading is down")
