package matrix_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// drafts is a platform whose write has two steps: it makes a draft, then publishes it.
type drafts struct {
	*board
	made  int
	stuck chan struct{} // the first attempt stops here, between the steps, deaf to its context
	late  error         // what its checkpoint said when it went on
	prior []string      // what each attempt and each reading was handed
}

func (d *drafts) Publish(ctx context.Context, s *publish.Submission) (*govmedia.Receipt, error) {
	d.mu.Lock()
	d.prior = append(d.prior, "attempt "+string(s.Prior))
	draft, first := string(s.Prior), d.made == 0
	if draft == "" {
		d.made++
		draft = "draft-1"
	}
	d.mu.Unlock()
	if err := s.Checkpoint(ctx, []byte(draft)); err != nil {
		return nil, err
	}
	if first && d.stuck != nil {
		<-d.stuck
		d.late = s.Checkpoint(context.WithoutCancel(ctx), []byte("late"))
		return nil, d.late
	}
	return d.write(ctx, s.Account.ID, s.Rendition.Text, s.Credential)
}

func (d *drafts) Find(_ context.Context, q *publish.Query) (*publish.Found, error) {
	d.mu.Lock()
	d.prior = append(d.prior, "reading "+string(q.Prior))
	d.mu.Unlock()
	found, err := d.find(q.Account.ID, q.Rendition.Text)
	return &publish.Found{Receipts: found, Complete: true}, err
}

var _ publish.Finder = (*drafts)(nil)

// A process makes a draft, says so, and dies. Another one takes over when the fence has ended, and makes no second draft.
func TestCheckpoint_IsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &drafts{board: &board{}, stuck: make(chan struct{})}
		first, engine := open(t, matrix.Config{Adapters: []publish.Adapter{d}})
		second := build(t, engine, matrix.Config{Adapters: []publish.Adapter{d}})
		id := publishPost(t, first, "停水通知", "a1")
		ended := make(chan error, 1)
		go func() {
			_, err := first.Step(context.Background())
			ended <- err
		}()
		synctest.Wait()
		stepFor(t, second, 31*time.Second)
		require.Equal(t, govmedia.Sending, only(t, second, id).State, "the first may still be at it")
		require.Equal(t, []string{"attempt "}, d.prior)

		stepFor(t, second, 10*time.Minute)
		require.Equal(t, govmedia.Live, only(t, second, id).State)
		require.Equal(t, 1, d.made)
		require.Equal(t, "attempt ", d.prior[0])
		require.Equal(t, "attempt draft-1", d.prior[len(d.prior)-1])
		for _, p := range d.prior[1 : len(d.prior)-1] {
			require.Equal(t, "reading draft-1", p)
		}

		close(d.stuck) // the dead rises: it may neither note anything nor spoil the outcome
		require.ErrorIs(t, <-ended, govmedia.KindConflict)
		require.ErrorIs(t, d.late, govmedia.KindConflict)
		require.Equal(t, govmedia.Live, only(t, second, id).State)
		require.Equal(t, 1, d.count("停水通知"))
		verifyAudit(t, engine)
	})
}

// Two processes read for the same unknown post, and its sender is late as well: one outcome.
func TestLateSettlementsChangeNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(commit func() *govmedia.Receipt) (*govmedia.Receipt, error) // what the late sender brings
		held int
	}{
		{"its receipt", func(commit func() *govmedia.Receipt) (*govmedia.Receipt, error) { return commit(), nil }, 1},
		{"a refusal", func(func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			return nil, &govmedia.Error{Kind: govmedia.KindRejected, Outcome: govmedia.NotApplied}
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				b := &board{reading: func() error { return errDown }}
				b.script = []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
					<-release
					return c.then(commit)
				}}
				first, engine := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
				second := build(t, engine, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
				id := publishPost(t, first, "停水通知", "a1")
				ended := make(chan error, 1)
				go func() {
					_, err := first.Step(context.Background())
					ended <- err
				}()
				synctest.Wait()
				stepFor(t, second, time.Minute)
				require.Equal(t, govmedia.Uncertain, only(t, second, id).State)
				close(release) // nobody else has sent, so what the sender knows is the best there is
				require.NoError(t, <-ended)
				stepFor(t, second, time.Hour)
				d := only(t, second, id)
				require.Equal(t, map[int]govmedia.DeliveryState{1: govmedia.Live, 0: govmedia.Rejected}[c.held], d.State, d.Reason)
				require.Equal(t, c.held, b.count("停水通知"))
				require.Equal(t, 1, b.calls)
			})
		})
	}
}

// A receipt without a time, from an adapter whose platform gives none, still counts as a post of now.
func TestReceiptWithoutATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &board{script: []script{func(_ context.Context, commit func() *govmedia.Receipt) (*govmedia.Receipt, error) {
			return &govmedia.Receipt{ID: commit().ID}, nil
		}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Second)
		require.WithinDuration(t, time.Now(), only(t, m, id).Receipt.At, time.Minute)
	})
}

// A credential that the platform refuses is renewed and the post sent once more, at once or never.
func TestARefusedCredentialIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &renewing{readable: &readable{board: &board{script: []script{refuse(govmedia.KindUnauthorized, 0)}}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
		require.NoError(t, m.Vault.Put(t.Context(), "admin", account.Credential{
			Account: "a1", Access: govmedia.NewSecret("old"), Refresh: govmedia.NewSecret("r"), Expires: time.Now().Add(time.Hour),
		}))
		id := publishPost(t, m, "停水通知", "a1")
		stepFor(t, m, time.Minute)
		require.Equal(t, govmedia.Live, only(t, m, id).State, only(t, m, id).Reason)
		require.Equal(t, "new", r.token)
		require.Equal(t, 1, r.count("停水通知"))
	})
}

type renewing struct{ *readable }

func (*renewing) Refresh(_ context.Context, c account.Credential) (account.Credential, error) {
	return account.Credential{Access: govmedia.NewSecret("new"), Refresh: c.Refresh, Expires: time.Now().Add(time.Hour)}, nil
}
