package engine

import (
	"context"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/internal/outbox"
	"github.com/uptrace/bun"
)

type quotaRow struct {
	Key    string `bun:"key"`
	Starts int64  `bun:"starts"` // of the window that used counts
	Used   int    `bun:"used"`
	spent  bool
}

// quotas are the quotas that a group of fences spends, as they stand in its transaction.
type quotas map[string]*quotaRow

func loadQuotas(ctx context.Context, db bun.IDB, fences []*change) (quotas, error) {
	q := quotas{}
	for _, ch := range fences {
		for _, quota := range ch.fence.Quotas {
			q[quota.Key] = &quotaRow{Key: quota.Key}
		}
	}
	if len(q) == 0 {
		return q, nil
	}
	keys := make([]string, 0, len(q))
	for key := range q {
		keys = append(keys, key)
	}
	var rows []quotaRow
	if err := db.NewRaw("SELECT key, starts, used FROM govmedia_quota WHERE key IN (?)", bun.List(keys)).Scan(ctx, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		q[r.Key] = &r
	}
	return q, nil
}

// spend takes one of each quota of the fence. When one has no room left in its window it takes none, leaves the reason
// with the change and reports false.
func (q quotas) spend(ch *change) bool {
	list, at := ch.fence.Quotas, ch.fence.At
	for _, quota := range list {
		row := q[quota.Key]
		starts, ends := quota.Window(at)
		// A process whose clock is a little behind spends in the window that another one has begun. If it began its own
		// again, and the other one then its own, neither would ever be used up.
		if ahead := row.Starts - micros(starts); ahead < 0 || ahead > quota.Per.Microseconds() {
			row.Starts, row.Used = micros(starts), 0
		}
		if row.Used >= quota.Limit {
			e := govmedia.Errorf(govmedia.KindRateLimited, "store.quota", "%d calls in %s are used up for %s", quota.Limit, quota.Per, quota.Key)
			e.RetryAfter = ends.Sub(at)
			ch.err = e
			return false
		}
	}
	for _, quota := range list {
		row := q[quota.Key]
		row.Used++
		row.spent = true
	}
	return true
}

// giveBack returns the quotas of attempts that were fenced and not made, as far as their window still counts.
func giveBack(ctx context.Context, db bun.IDB, settlements []*outbox.Settlement) error {
	for _, s := range settlements {
		if s.Unmade == nil {
			continue
		}
		for _, quota := range s.Unmade.Quotas {
			starts, _ := quota.Window(s.Unmade.At)
			_, err := db.ExecContext(ctx, "UPDATE govmedia_quota SET used = used - 1 WHERE key = ? AND starts = ? AND used > 0", quota.Key, micros(starts))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (q quotas) save(ctx context.Context, db bun.IDB) error {
	for _, row := range q {
		if !row.spent {
			continue
		}
		_, err := db.ExecContext(ctx, `INSERT INTO govmedia_quota (key, starts, used) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET starts = excluded.starts, used = excluded.used`, row.Key, row.Starts, row.Used)
		if err != nil {
			return err
		}
	}
	return nil
}
