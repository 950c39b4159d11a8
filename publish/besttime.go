package publish

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/govmedia/govmedia"
)

// Sample (样本) is one post of an account's own history, and how often it was read, or whatever else counts.
type Sample struct {
	At    time.Time // when it appeared
	Reads int64
}

// Advice (发布时间建议) is the hour of day at which an account's posts did best. It is advice and nothing else: no step, no
// schedule and no hold asks for it.
type Advice struct {
	Hour        int    // 0 to 23, on the clock of Zone
	Zone        string // IANA name
	N           int    // samples that were compared
	InHour      int    // those of them that appeared in this hour
	Reads       int64  // their median
	Explanation string // in Chinese
}

// TooFewError is why there is no advice: not enough data (样本不足). Find it with errors.As.
type TooFewError struct{ N, Need int }

// Error says how many samples there are and how many are needed.
func (e *TooFewError) Error() string {
	return fmt.Sprintf("not enough data: %d samples, %d are needed", e.N, e.Need)
}

const (
	fewestSamples = 30 // in all, outside the quiet hours
	fewestInHour  = 3  // of an hour that is proposed: one success is no rule
)

// BestTime advises when to post: the hour whose posts have the highest median of reads. Hours in quiet (静默时段), such as
// the night, are never proposed and their samples do not count; neither are hours at which the account has hardly ever
// posted, because nothing is known about them. Of equal hours the one with more samples wins, then the earlier. Fewer
// than 30 samples give a KindInvalid error with a [TooFewError].
func BestTime(history []Sample, zone string, quiet []int) (Advice, error) {
	const op = "publish.best_time"
	loc, err := location(op, zone)
	if err != nil {
		return Advice{}, err
	}
	for _, h := range quiet {
		if h < 0 || h > 23 {
			return Advice{}, govmedia.Errorf(govmedia.KindInvalid, op, "%d is no hour of the day", h)
		}
	}
	n, hours := 0, map[int][]int64{}
	for _, s := range history {
		if h := s.At.In(loc).Hour(); !slices.Contains(quiet, h) {
			hours[h] = append(hours[h], s.Reads)
			n++
		}
	}
	if n < fewestSamples {
		return Advice{}, govmedia.Errorf(govmedia.KindInvalid, op, "%w", &TooFewError{n, fewestSamples})
	}
	var found []Advice
	for h, reads := range hours {
		if len(reads) >= fewestInHour {
			found = append(found, Advice{Hour: h, Zone: zone, N: n, InHour: len(reads), Reads: median(reads)})
		}
	}
	if len(found) == 0 {
		return Advice{}, govmedia.Errorf(govmedia.KindInvalid, op, "no hour has %d samples: %w", fewestInHour, &TooFewError{n, 24 * fewestInHour})
	}
	best := slices.MinFunc(found, func(a, b Advice) int {
		return cmp.Or(cmp.Compare(b.Reads, a.Reads), cmp.Compare(b.InHour, a.InHour), cmp.Compare(a.Hour, b.Hour))
	})
	best.Explanation = fmt.Sprintf("本账号%d条样本中，%d时发布的%d条阅读量中位数最高（%d）。仅供参考，不代替审核，也不改变静默时段和定时安排。",
		best.N, best.Hour, best.InHour, best.Reads)
	return best, nil
}

func median(n []int64) int64 {
	slices.Sort(n)
	mid := len(n) / 2
	if len(n)%2 == 1 {
		return n[mid]
	}
	return n[mid-1] + (n[mid]-n[mid-1])/2
}
