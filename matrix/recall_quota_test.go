package matrix_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// miserly is a board that limits how much is taken down, and what is published.
type miserly struct {
	*recallable
	limits publish.Limits
}

func (m *miserly) Limits() publish.Limits { return m.limits }

// A withdrawal waits for room in its own quota, and its waiting delays neither other accounts nor posts.
func TestP7_WithdrawalsSpendTheirQuota(t *testing.T) {
	daily := func(name string, n int) []publish.Quota {
		return []publish.Quota{{Name: name, Limit: n, Per: 24 * time.Hour, Offset: 8 * time.Hour}}
	}
	for _, c := range []struct {
		name   string
		limits publish.Limits
		first  int // down on the first day
		next   int // and until the end of the second
	}{
		{"none declared", publish.Limits{}, 4, 4},
		{"of public posts", publish.Limits{WithdrawalQuotas: map[govmedia.Reach][]publish.Quota{govmedia.ReachPublic: daily("deletions", 2)}}, 3, 4},
		{"of drafts", publish.Limits{WithdrawalQuotas: map[govmedia.Reach][]publish.Quota{govmedia.ReachDraft: daily("deletions", 1)}}, 4, 4},
		{"of all", publish.Limits{WithdrawalQuotas: map[govmedia.Reach][]publish.Quota{"": daily("deletions", 1)}}, 2, 3},
		{"shared with posts", publish.Limits{Quotas: daily("calls", 4), WithdrawalQuotas: map[govmedia.Reach][]publish.Quota{"": daily("calls", 4)}}, 2, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it is eight in the morning in Beijing
				r := &miserly{newRecallable(), c.limits}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{r}})
				ids := []string{publishPost(t, m, "通知一", "a1"), publishPost(t, m, "通知二", "a1"), publishPost(t, m, "通知三", "a1"), publishPost(t, m, "通知四", "a2")}
				stepFor(t, m, 2*time.Minute)
				require.Len(t, r.posts, 4)
				for _, id := range ids {
					withdraw(t, m, id)
				}
				down := func() (n int) {
					for _, id := range ids {
						if w := recalled(t, m, id); w.Outcome == publish.Removed {
							n++
						} else {
							require.Equal(t, publish.RemovalUnderWay, w.Outcome, w.Reason)
							require.Contains(t, w.Reason, "used up")
							d, err := m.Delivery(t.Context(), w.ID)
							require.NoError(t, err)
							require.Zero(t, d.Attempt, "waiting spends no attempt")
						}
					}
					return n
				}
				stepFor(t, m, time.Minute)
				require.Equal(t, c.first, down())
				require.Equal(t, c.first, r.asked(), "what waits is not asked for")
				time.Sleep(24 * time.Hour)
				stepFor(t, m, time.Minute)
				require.Equal(t, c.next, down())
				require.Equal(t, c.next, r.asked())
				verifyAudit(t, engine)
			})
		})
	}
}
