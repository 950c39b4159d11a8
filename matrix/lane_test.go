package matrix_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/matrix"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// slow is a board on which every post takes a minute; it remembers in which order they were begun.
type slow struct {
	*readable
	mu    sync.Mutex
	begun []string
}

func (s *slow) Publish(ctx context.Context, sub *publish.Submission) (*govmedia.Receipt, error) {
	s.mu.Lock()
	s.begun = append(s.begun, sub.Rendition.Text)
	s.mu.Unlock()
	time.Sleep(time.Minute)
	return s.readable.Publish(ctx, sub)
}

func (s *slow) order() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.begun...)
}

func TestP8_AnEmergencyOvertakesTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slow{readable: &readable{board: &board{}}}
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Concurrency: 2, SendTimeout: time.Hour})
		for n := range 20 {
			publishPost(t, m, fmt.Sprint("日常", n), "a1")
		}
		step := func() (done chan struct{}) {
			done = make(chan struct{})
			go func() { defer close(done); _, _ = m.Step(context.WithoutCancel(t.Context())) }()
			synctest.Wait()
			return done
		}
		routine := step()
		require.Len(t, b.order(), 2, "all places on the wire are taken by a backlog of twenty")

		p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "紧急：立即转移", Lane: govmedia.LaneEmergency, Targets: []string{"a1"}})
		require.NoError(t, err)
		_, err = m.Publisher.Publish(t.Context(), "author", sign(t, m, p).ID)
		require.NoError(t, err)
		emergency := step()
		require.Equal(t, "紧急：立即转移", b.order()[2], "it has places of its own")

		time.Sleep(59 * time.Second)
		<-emergency
		began := b.order()
		require.LessOrEqual(t, len(began), 5, "while it was on its way nothing routine began but what was fenced already")
		for _, text := range began[3:] {
			require.True(t, strings.HasPrefix(text, "日常"))
		}
		<-routine
		require.Len(t, b.order(), 21)
	})
}

// In one step, too, emergencies go first, whatever was due earlier.
func TestP8_FirstInEveryStep(t *testing.T) {
	b := &slow{readable: &readable{board: &board{}}}
	synctest.Test(t, func(t *testing.T) {
		m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{b}, Concurrency: 1})
		publishPost(t, m, "日常", "a1")
		p, err := m.Publisher.Draft(t.Context(), "author", publish.Post{Text: "紧急", Lane: govmedia.LaneEmergency, Targets: []string{"a2"}})
		require.NoError(t, err)
		_, err = m.Publisher.Publish(t.Context(), "author", sign(t, m, p).ID)
		require.NoError(t, err)
		_, err = m.Step(t.Context())
		require.NoError(t, err)
		require.Equal(t, []string{"紧急", "日常"}, b.order())
	})
}
