package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

const (
	emergencyTries  = 200
	emergencyWarmUp = 10 // until the job engine has found its leader
)

// BenchmarkEmergency measures how long after Publish is called the first byte of an emergency post reaches its platform:
// when nothing else is to be done, and while 100,000 routine deliveries are being sent at full rate. One iteration is 200
// tries; the figures are the median and the 99th percentile, in milliseconds.
func BenchmarkEmergency(b *testing.B) {
	for _, c := range []struct {
		name    string
		backlog int
	}{{"idle", 0}, {"100,000 queued", 100_000}} {
		b.Run(c.name, func(b *testing.B) {
			platform := serve(b, 0)
			m := benchMatrix(b, platform.address, 64, nil)
			for range c.backlog / benchAccounts {
				queuePosts(b, m, publish.Post{Text: notice, Targets: benchIDs()}, 1)
			}
			var ready []string
			for try := range emergencyWarmUp + emergencyTries*b.N {
				ready = append(ready, emergency(b, m, try))
			}
			memory := resident(b)
			ctx, stop := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			awaitSent(b, platform, min(c.backlog, 2000))
			var took []time.Duration
			b.ResetTimer()
			for _, id := range ready {
				took = append(took, firstByte(b, m, platform, id))
			}
			b.StopTimer()
			took = took[emergencyWarmUp:]
			left := int64(c.backlog) - platform.n.Load()
			stop()
			require.NoError(b, <-ended)
			if c.backlog > 0 {
				require.Positive(b, left, "the backlog lasted")
				b.ReportMetric(float64(left), "left")
				b.ReportMetric(float64(memory), "MB-resident")
			}
			slices.Sort(took)
			b.ReportMetric(milliseconds(took[len(took)/2]), "ms-p50")
			b.ReportMetric(milliseconds(took[len(took)*99/100]), "ms-p99")
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func awaitSent(b *testing.B, platform *counter, n int) {
	b.Helper()
	require.Eventually(b, func() bool { return platform.n.Load() >= int64(n) }, time.Minute, time.Millisecond)
}

// emergency approves a post and returns its id.
func emergency(b *testing.B, m *matrix.Matrix, try int) string {
	b.Helper()
	ctx := b.Context()
	text := fmt.Sprintf("紧急：第%d次演练", try)
	p, err := m.Publisher.Draft(ctx, "author", publish.Post{Text: text, Lane: govmedia.LaneEmergency, Targets: []string{benchIDs()[try%benchAccounts]}})
	require.NoError(b, err)
	p, err = m.Publisher.Submit(ctx, "author", p, "")
	require.NoError(b, err)
	p, err = m.Publisher.Review(ctx, "reviewer", p, "")
	require.NoError(b, err)
	p, err = m.Publisher.Approve(ctx, "approver", p, "")
	require.NoError(b, err)
	return p.ID
}

// firstByte publishes a post and returns how long its first byte took.
func firstByte(b *testing.B, m *matrix.Matrix, platform *counter, post string) time.Duration {
	b.Helper()
	platform.first.Store(0)
	began := time.Now()
	_, err := m.Publisher.Publish(b.Context(), "author", post)
	require.NoError(b, err)
	for platform.first.Load() == 0 {
		<-time.After(100 * time.Microsecond)
	}
	return time.Unix(0, platform.first.Load()).Sub(began)
}

// resident is the memory of this process, in MB, where the system tells.
func resident(b *testing.B) int {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Log("the resident memory is not measured: ", err)
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmRSS:" {
			kb, err := strconv.Atoi(fields[1])
			require.NoError(b, err)
			return kb / 1024
		}
	}
	return 0
}
