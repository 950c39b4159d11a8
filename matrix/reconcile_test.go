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

// The four ways out of a doubt are tested under their names: TestP4_FoundByReading, TestP4_IdempotencyKey,
// TestP4_DuplicateRefusal and TestP4_WithoutFinderAPersonDecides.

func TestP4_FoundByReading(t *testing.T) {
	for _, c := range []struct {
		name     string
		write    script
		evidence govmedia.Evidence
		calls    int
	}{
		{"it is there", commitHang, govmedia.EvidenceFound, 1},
		{"it is not there, beyond the platform's delay: sent once more", hang, govmedia.EvidenceResponse, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &board{lag: 50 * time.Second, script: []script{c.write}}
				m, _ := open(t, matrix.Config{Adapters: []publish.Adapter{&readable{board: b}}})
				id := publishPost(t, m, "停水通知", "a1")
				stepFor(t, m, 10*time.Minute)
				d := only(t, m, id)
				require.Equal(t, govmedia.Live, d.State, d.Reason)
				require.Equal(t, c.evidence, d.Receipt.Evidence)
				require.Equal(t, c.calls, b.calls)
				require.Equal(t, 1, b.count("停水通知"))
			})
		})
	}
}

// Nobody can read the platform: the remedy is a person, who finds the delivery in Attention, and whose word counts.
func TestP4_WithoutFinderAPersonDecides(t *testing.T) {
	require.Equal(t, govmedia.Human, govmedia.AsError(errDown).Remedy())
	for _, c := range []struct {
		name     string
		write    script
		decision govmedia.Decision
		state    govmedia.DeliveryState
		held     int
	}{
		{"it is there", commitThen(errDown), govmedia.DecideLive, govmedia.Live, 1},
		{"it is not there: send it", hang, govmedia.DecideSend, govmedia.Live, 1},
		{"it is not there: give it up", hang, govmedia.DecideCancel, govmedia.Cancelled, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &board{script: []script{c.write}}
				m, engine := open(t, matrix.Config{Adapters: []publish.Adapter{b}})
				id := publishPost(t, m, "停水通知", "a1")
				stepFor(t, m, time.Hour)
				waiting, err := m.Attention(t.Context())
				require.NoError(t, err)
				require.Len(t, waiting, 1)
				require.Equal(t, govmedia.NeedsPerson, waiting[0].State)
				require.Equal(t, only(t, m, id), waiting[0])
				require.Contains(t, waiting[0].Reason, "look there")
				require.Equal(t, 1, b.calls, "never again in hope")
				require.NoError(t, m.Resolve(t.Context(), "chief", waiting[0].ID, c.decision, "https://board.example/b1", "已到平台查看"))
				stepFor(t, m, time.Minute)
				require.Equal(t, c.state, only(t, m, id).State)
				require.Equal(t, c.held, b.count("停水通知"))
				waiting, err = m.Attention(t.Context())
				require.NoError(t, err)
				require.Empty(t, waiting)
				verifyAudit(t, engine)
			})
		})
	}
}
