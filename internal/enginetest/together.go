package enginetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/account"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/govmedia/govmedia/reply"
	"github.com/stretchr/testify/require"
)

// What several processes do at the same time.
func togetherRules() []rule {
	return []rule{
		{"of many claimants each item goes to one", claimTogether},
		{"of many fences of one item one is told that it stands", fenceTogether},
		{"a fence does not stand in line behind the claims of many apps", fenceBesideClaims},
		{"of two fences of one item that share a commit one is told that it stands", fenceTwice},
		{"a quota holds for all processes together", quotaTogether},
		{"of many settlements with one receipt one owns it", settleTogether},
		{"what shares a commit is told each its own outcome", groupTogether},
		{"an account that is being suspended sends before or not at all", suspendTogether},
		{"what is being held leaves before or not at all", holdTogether},
		{"a post that is being changed leaves before or not at all", changeTogether},
		{"of many editors of one version one wins", editTogether},
		{"many who publish queue each delivery once", publishTogether},
		{"a message that comes to many opens one case", receiveTogether},
		{"of many leases on a credential one is granted", leaseTogether},
		{"many writers make one chain", chainTogether},
		{"many migrations at once are one", migrateTogether},
	}
}

// fleet returns n engines, as n processes have them.
func (w *world) fleet(t *testing.T, n int) []matrix.Engine {
	t.Helper()
	fleet := []matrix.Engine{w.engine}
	for len(fleet) < n {
		fleet = append(fleet, w.process(t))
	}
	return fleet
}

func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("c%03d", i)
	}
	return ids
}

func claimTogether(t *testing.T, w *world) {
	ids := w.queue(t, numbered(60)...)
	fleet := w.fleet(t, 3)
	got := make([][]string, 9)
	errs := atOnce(len(got), func(i int) error {
		c := w.claimant(fmt.Sprint("p", i))
		c.Limit = 7
		for {
			items, err := fleet[i%3].Claim(t.Context(), c)
			got[i] = append(got[i], names(items)...)
			if err != nil || len(items) == 0 {
				return err
			}
		}
	})
	require.NoError(t, errors.Join(errs...))
	all := slices.Concat(got...)
	slices.Sort(all)
	require.Equal(t, ids, all)
}

// tally counts the calls that succeeded; the others must have failed in the expected way.
func tally(t *testing.T, errs []error, otherwise govmedia.Kind) int {
	t.Helper()
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
			continue
		}
		require.ErrorIs(t, err, otherwise)
	}
	return n
}

func fenceTogether(t *testing.T, w *world) {
	id := w.queue(t, "a1")[0]
	fleet := w.fleet(t, 3)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), 1)
	errs := atOnce(12, func(i int) error { return fleet[i%3].Fence(t.Context(), w.fence(id, "p", 0)) })
	require.Equal(t, 1, tally(t, errs, govmedia.KindNotFound))
}

// There are as many apps as accounts of WeChat, and each claims for itself.
func fenceBesideClaims(t *testing.T, w *world) {
	ids := w.queue(t, numbered(10)...)
	require.Len(t, claimed(t, w.engine, w.claimant("p1")), len(ids))
	const apps = 60
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	var claims atomic.Int64
	for n := range apps {
		wg.Go(func() {
			c := w.claimant("p1")
			for c.App.Key = fmt.Sprint("app", n); ctx.Err() == nil; claims.Add(1) {
				if _, err := w.engine.Claim(ctx, c); ctx.Err() == nil && err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	require.Eventually(t, func() bool { return claims.Load() > apps }, time.Minute, time.Millisecond)
	before := claims.Load()
	for _, id := range ids {
		require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p1", 0)))
	}
	require.Less(t, claims.Load()-before, int64(len(ids)*apps/6), "claims that came before %d fences", len(ids))
}

// A process may have claimed items twice, when its first batch was slow and the lease has ended. Both batches fence.
func fenceTwice(t *testing.T, w *world) {
	ids := w.queue(t, numbered(40)...)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	require.NoError(t, w.engine.SetAccountState(t.Context(), "chief", "c000", account.Suspended, "被盗用"))
	const batches = 3
	errs := atOnce(batches*len(ids), func(i int) error { return w.engine.Fence(t.Context(), w.fence(ids[i%len(ids)], "p", 0)) })
	for i := range ids {
		stand, refused := 0, 0
		for b := range batches {
			switch err := errs[i+b*len(ids)]; {
			case err == nil:
				stand++
			case errors.Is(err, govmedia.KindForbidden):
				refused++
			default:
				require.ErrorIs(t, err, govmedia.KindNotFound)
			}
		}
		require.Equal(t, []int{min(i, 1), 1 - min(i, 1)}, []int{stand, refused}, ids[i])
	}
	require.Equal(t, len(ids)-1, w.store.Count(t, "SELECT sum(attempt) FROM govmedia_delivery"))
	require.Equal(t, len(ids)-1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'delivery.fence'"))
}

func quotaTogether(t *testing.T, w *world) {
	ids := w.queue(t, numbered(30)...)
	fleet := w.fleet(t, 3)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	errs := atOnce(len(ids), func(i int) error {
		f := w.fence(ids[i], "p", 0)
		f.Quotas = []outbox.Quota{{Key: "board/k/calls", Limit: 11, Per: time.Hour}, {Key: "board/k/" + ids[i], Limit: 1, Per: time.Hour}}
		return fleet[i%3].Fence(t.Context(), f)
	})
	require.Equal(t, 11, tally(t, errs, govmedia.KindRateLimited))
	require.Equal(t, 11, w.store.Count(t, "SELECT used FROM govmedia_quota WHERE key = 'board/k/calls'"))
}

func settleTogether(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	var ids []string
	for range 8 {
		ids = append(ids, "post/"+published(t, m, "通知", "a1")+"/a1")
	}
	fleet := w.fleet(t, 2)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	for _, id := range ids {
		require.NoError(t, w.engine.Fence(t.Context(), w.fence(id, "p", 0)))
	}
	errs := atOnce(len(ids), func(i int) error {
		r := govmedia.Receipt{ID: "r1", At: w.clock.now(), Evidence: govmedia.EvidenceFound}
		return fleet[i%2].Settle(t.Context(), outbox.Settlement{ID: ids[i], Attempt: 1, State: govmedia.Live, At: r.At, Receipt: &r})
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindDuplicate))
}

// Fences and settlements that go well and badly come at the same time to every process.
func groupTogether(t *testing.T, w *world) {
	ids := w.queue(t, numbered(60)...)
	fleet := w.fleet(t, 2)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	errs := atOnce(len(ids), func(i int) error {
		e, f := fleet[i%2], w.fence(ids[i], "p", 0)
		if i%3 == 1 {
			f.Owner = "thief"
		}
		if err := e.Fence(t.Context(), f); err != nil {
			return err
		}
		s := outbox.Settlement{ID: ids[i], Attempt: 1, State: govmedia.Live, At: f.At, Receipt: &govmedia.Receipt{ID: ids[i], Evidence: govmedia.EvidenceResponse}}
		if i%3 == 2 {
			s.Attempt = 7
		}
		return e.Settle(t.Context(), s)
	})
	for i, err := range errs {
		d, readErr := w.engine.Delivery(t.Context(), ids[i])
		require.NoError(t, readErr)
		switch i % 3 {
		case 0:
			require.NoError(t, err)
			require.Equal(t, govmedia.Live, d.State)
		case 1:
			require.ErrorIs(t, err, govmedia.KindNotFound)
			require.Equal(t, govmedia.Queued, d.State)
		default:
			require.ErrorIs(t, err, govmedia.KindConflict)
			require.Equal(t, govmedia.Sending, d.State)
		}
	}
	w.verify(t)
}

// The account is suspended while its posts are being fenced. When the suspension has returned, no fence succeeds.
func suspendTogether(t *testing.T, w *world) {
	fenced, refused := w.stopTogether(t, func(e matrix.Engine) error {
		return e.SetAccountState(t.Context(), "chief", "a1", account.Suspended, "被盗用")
	})
	require.Equal(t, fenced, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE state = 'sending'"))
	require.Equal(t, refused, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE state = 'not_sent'"))
}

// The same for a hold, which besides names exactly those that had left.
func holdTogether(t *testing.T, w *world) {
	var left []govmedia.Delivery
	fenced, refused := w.stopTogether(t, func(e matrix.Engine) (err error) {
		left, err = e.Hold(t.Context(), publish.Hold{ID: "h", Reason: "哀悼日", Actor: "chief"})
		return err
	})
	require.Len(t, left, fenced)
	require.Equal(t, refused, w.store.Count(t, "SELECT count(*) FROM govmedia_delivery WHERE state = 'held'"))
}

// stopTogether has forty deliveries fenced while another process stops them. After stop has returned no fence succeeds.
func (w *world) stopTogether(t *testing.T, stop func(matrix.Engine) error) (fenced, refused int) {
	t.Helper()
	m := w.matrix(t, w.full())
	var ids []string
	for range 40 {
		ids = append(ids, "post/"+published(t, m, "通知", "a1")+"/a1")
	}
	fleet := w.fleet(t, 2)
	require.Len(t, claimed(t, w.engine, w.claimant("p")), len(ids))
	var stopped, late atomic.Int64
	errs := atOnce(len(ids)+1, func(i int) error {
		if i == len(ids) {
			err := stop(fleet[1])
			stopped.Store(1)
			return err
		}
		after := stopped.Load()
		err := fleet[0].Fence(t.Context(), w.fence(ids[i], "p", 0))
		if err == nil {
			late.Add(after)
		}
		return err
	})
	require.NoError(t, errs[len(ids)])
	require.Zero(t, late.Load())
	fenced = tally(t, errs[:len(ids)], govmedia.KindForbidden)
	return fenced, len(ids) - fenced
}

// An edit takes back what has not left; who has leased it finds nothing to fence.
func changeTogether(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	other := w.compose(t, w.process(t), w.full())
	for range 10 {
		post := published(t, m, "通知", "a1")
		id := "post/" + post + "/a1"
		p, err := m.Publisher.Post(t.Context(), post)
		require.NoError(t, err)
		require.Contains(t, claimed(t, w.engine, w.claimant("p")), id)
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return w.engine.Fence(t.Context(), w.fence(id, "p", 0))
			}
			_, err := other.Publisher.Draft(t.Context(), "author", p)
			return err
		})
		if errs[0] == nil {
			require.ErrorIs(t, errs[1], govmedia.KindConflict)
		} else {
			require.ErrorIs(t, errs[0], govmedia.KindNotFound)
			require.NoError(t, errs[1])
		}
		w.clock.pass(time.Minute)
	}
	w.verify(t)
}

func editTogether(t *testing.T, w *world) {
	m := w.matrix(t, w.full())
	other := w.compose(t, w.process(t), w.full())
	p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "通知", Targets: []string{"a1"}})
	require.NoError(t, err)
	posts := make([]publish.Post, 12)
	errs := atOnce(len(posts), func(i int) (err error) {
		mine := p
		mine.Text = fmt.Sprint("通知", i)
		posts[i], err = []*matrix.Matrix{m, other}[i%2].Publisher.Draft(t.Context(), "author", mine)
		return err
	})
	require.Equal(t, 1, tally(t, errs, govmedia.KindConflict))
	stored, err := m.Publisher.Post(t.Context(), p.ID)
	require.NoError(t, err)
	require.Contains(t, posts, stored)
	require.Equal(t, p.Version+1, stored.Version)
}

func publishTogether(t *testing.T, w *world) {
	ids := numbered(30)
	m := w.compose(t, w.engine, w.full())
	w.populate(t, m, ids...)
	other := w.compose(t, w.process(t), w.full())
	post := approved(t, m, "通知", ids...)
	errs := atOnce(10, func(i int) error {
		_, err := []*matrix.Matrix{m, other}[i%2].Publisher.Publish(t.Context(), "author", post)
		return err
	})
	require.NoError(t, errors.Join(errs...))
	require.Len(t, deliveries(t, m, post), len(ids))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM govmedia_audit WHERE action = 'post.publish'"))
	require.Equal(t, 1, w.store.Count(t, "SELECT count(*) FROM river_job"), "one wake-up for one batch")
}

func receiveTogether(t *testing.T, w *world) {
	w.matrix(t, w.full())
	fleet := w.fleet(t, 3)
	at := w.clock.now()
	var incoming []reply.Incoming
	for i := range 20 {
		m := reply.Message{Platform: "board", Account: "a1", ID: fmt.Sprint("m", i), Text: "几点来水？", At: at}
		incoming = append(incoming, reply.Incoming{Message: m, Case: &reply.Case{ID: fmt.Sprint("case", i), Message: m, Unit: "u", State: reply.CaseOpen, Opened: at}})
	}
	opened := make([][]reply.Case, 9)
	errs := atOnce(len(opened), func(i int) (err error) {
		mine := slices.Clone(incoming)
		if i%2 == 1 {
			slices.Reverse(mine)
		}
		opened[i], err = fleet[i%3].Receive(t.Context(), "a1", at, mine)
		return err
	})
	require.NoError(t, errors.Join(errs...))
	require.Len(t, slices.Concat(opened...), len(incoming))
	cases, err := w.engine.Cases(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, cases, len(incoming))
}

func leaseTogether(t *testing.T, w *world) {
	w.matrix(t, w.full())
	fleet := w.fleet(t, 3)
	granted := make([]bool, 12)
	errs := atOnce(len(granted), func(i int) (err error) {
		now := w.clock.now()
		granted[i], err = fleet[i%3].LeaseCredential(t.Context(), "a1", 1, fmt.Sprint("p", i), now, now.Add(time.Minute))
		return err
	})
	require.NoError(t, errors.Join(errs...))
	require.Len(t, slices.DeleteFunc(granted, func(ok bool) bool { return !ok }), 1)
}

func chainTogether(t *testing.T, w *world) {
	w.matrix(t, w.full())
	fleet := w.fleet(t, 3)
	const changes = 20
	errs := atOnce(6, func(i int) (err error) {
		for n := range changes {
			text := fmt.Sprint("停用", i, n)
			err = errors.Join(err, fleet[i%3].SetAccountState(t.Context(), "chief", fmt.Sprint("a", i%3+1), account.Suspended, text))
		}
		return err
	})
	require.NoError(t, errors.Join(errs...))
	log := w.verify(t)
	for i := range 6 {
		for n := range changes {
			require.Contains(t, log, fmt.Sprintf(`停用%d %d\"`, i, n))
		}
	}
}

func migrateTogether(t *testing.T, w *world) {
	fleet := w.fleet(t, 3)
	errs := atOnce(len(fleet), func(i int) error { return fleet[i].Migrate(t.Context()) })
	require.NoError(t, errors.Join(errs...))
	w.matrix(t, w.full())
}
