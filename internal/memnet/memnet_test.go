package memnet_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govmedia/govmedia/internal/memnet"
	"github.com/stretchr/testify/require"
)

func get(ctx context.Context, c *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), errorsFirst(err, resp.Body.Close())
}

func errorsFirst(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Every test ends with Close inside the bubble; a goroutine left behind would fail the bubble.

func TestServesEveryHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Host+r.URL.Path)
		}))
		defer s.Close()
		for _, host := range []string{"api.weibo.com", "no-such-host.invalid:81"} {
			got, err := get(t.Context(), s.Client(), "http://"+host+"/2/x")
			require.NoError(t, err)
			require.Equal(t, host+"/2/x", got)
		}
	})
}

func TestTimePassesOnlyInTheBubble(t *testing.T) {
	started := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		defer s.Close()
		client := s.Client()
		client.Timeout = 10 * time.Minute
		began := time.Now()
		_, err := get(t.Context(), client, "http://x/")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Minute, time.Since(began))
	})
	require.Less(t, time.Since(started), time.Minute)
}

func TestServesManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var served atomic.Int32
		s := memnet.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			served.Add(1)
			_, _ = io.Copy(w, r.Body)
		}))
		defer s.Close()
		began := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				resp, err := s.Client().Post("http://x/", "text/plain", strings.NewReader("留言"))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				if err != nil || string(body) != "留言" {
					t.Errorf("%q, %v", body, err)
				}
				_ = resp.Body.Close()
			})
		}
		wg.Wait()
		require.Equal(t, int32(50), served.Load())
		require.Equal(t, time.Second, time.Since(began), "none waits for another")
	})
}

// A large body that is refused early must not block either side.
func TestRefusesALargeBodyEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }))
		defer s.Close()
		resp, err := s.Client().Post("http://x/", "application/octet-stream", strings.NewReader(strings.Repeat("x", 8<<20)))
		if err == nil { // else the closed connection was seen before the answer, as on a real network
			require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
			require.NoError(t, resp.Body.Close())
		}
	})
}

func TestClosedServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.NotFoundHandler())
		_, err := get(t.Context(), s.Client(), "http://x/")
		require.NoError(t, err)
		s.Close()
		_, err = get(t.Context(), s.Client(), "http://x/")
		require.ErrorContains(t, err, "server closed")
	})
}

func TestCloseCutsARequestOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		failed := make(chan error)
		go func() {
			_, err := get(context.Background(), s.Client(), "http://x/")
			failed <- err
		}()
		synctest.Wait()
		go s.Close()
		require.Error(t, <-failed)
		time.Sleep(time.Minute) // Close lingers
	})
}

func TestCancelledBeforeTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memnet.Serve(http.NotFoundHandler())
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := get(ctx, s.Client(), "http://x/")
		require.ErrorIs(t, err, context.Canceled)
	})
}
