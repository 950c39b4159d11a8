package outbox

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/stretchr/testify/require"
)

var (
	patience = Patience{}.withDefaults()
	now      = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// item returns a delivery under its second attempt, with a value in every field that a settlement carries on.
func item() *Item {
	return &Item{
		Delivery: govmedia.Delivery{ID: "d1", State: govmedia.Sending, Attempt: 2, Due: now.Add(-time.Hour)},
		Tries:    3, Checks: 4, Until: now.Add(-time.Minute), Claimed: "",
	}
}

func TestDefaults(t *testing.T) {
	require.Equal(t, Patience{
		Tries: 8, RetryFirst: 2 * time.Second, RetryMost: 5 * time.Minute, Throttled: time.Minute,
		ReadFirst: 2 * time.Second, ReadMost: 2 * time.Minute, GiveUp: 30 * time.Minute, Process: 24 * time.Hour,
	}, Patience{}.withDefaults())
	own := Patience{1, 2, 3, 4, 5, 6, 7, 8}
	require.Equal(t, own, own.withDefaults())
}

func TestBackoff(t *testing.T) {
	const first, most = 2 * time.Second, 5 * time.Minute
	for n, seconds := range []float64{2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		require.InDelta(t, seconds, backoff(first, most, n).Seconds(), 0, n)
	}
	require.Equal(t, most, backoff(first, most, 1<<40), "neither overflows nor takes long")
	require.Equal(t, first, backoff(first, first, 0))
	require.Equal(t, first, backoff(first, first, 1))
}

func TestUnsent(t *testing.T) {
	refusal := func(kind govmedia.Kind) *govmedia.Error {
		return &govmedia.Error{Kind: kind, Outcome: govmedia.NotApplied, Err: io.EOF}
	}
	limited := func(wait time.Duration) *govmedia.Error {
		return &govmedia.Error{Kind: govmedia.KindRateLimited, Outcome: govmedia.NotApplied, RetryAfter: wait}
	}
	for _, c := range []struct {
		name  string
		tries int
		err   *govmedia.Error
		state govmedia.DeliveryState
		after time.Duration // from now to Due; -1 means Due is left as it was
		left  int           // Tries
	}{
		{"first failure to connect", 0, refusal(govmedia.KindTransport), govmedia.Queued, 2 * time.Second, 1},
		{"second", 1, refusal(govmedia.KindTransport), govmedia.Queued, 4 * time.Second, 2},
		{"seventh", 6, refusal(govmedia.KindUnavailable), govmedia.Queued, 128 * time.Second, 7},
		{"eighth and last", 7, refusal(govmedia.KindTransport), govmedia.NotSent, -1, 8},
		{"after the patience was lowered", 20, refusal(govmedia.KindTransport), govmedia.NotSent, -1, 21},
		{"quota, wait named", 3, limited(time.Hour), govmedia.Queued, time.Hour, 3},
		{"quota, no wait named", 3, limited(0), govmedia.Queued, time.Minute, 3},
		{"quota is no failure: it never runs out of tries", 7, limited(time.Second), govmedia.Queued, time.Second, 7},
		{"text refused", 3, refusal(govmedia.KindRejected), govmedia.Rejected, -1, 3},
		{"request wrong", 3, refusal(govmedia.KindInvalid), govmedia.Rejected, -1, 3},
		{"repetition, and no attempt of ours was unknown", 3, refusal(govmedia.KindDuplicate), govmedia.Rejected, -1, 3},
		{"cannot be done here", 3, refusal(govmedia.KindUnsupported), govmedia.Rejected, -1, 3},
		{"account must be connected again", 3, refusal(govmedia.KindUnauthorized), govmedia.NeedsPerson, -1, 3},
		{"not allowed", 3, refusal(govmedia.KindForbidden), govmedia.NeedsPerson, -1, 3},
		{"captcha", 3, refusal(govmedia.KindChallenge), govmedia.NeedsPerson, -1, 3},
		{"sealed bytes differ", 3, refusal(govmedia.KindCorrupt), govmedia.NeedsPerson, -1, 3},
		{"untyped", 3, refusal(govmedia.KindInternal), govmedia.NeedsPerson, -1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			it := item()
			it.Tries = c.tries
			want := it.settle(now)
			want.State, want.Tries, want.Cause, want.Reason = c.state, c.left, c.err.Kind, c.err.Error()
			if c.after >= 0 {
				want.Due = now.Add(c.after)
			}
			require.Equal(t, want, patience.unsent(it, c.err, now))
			require.Equal(t, c.tries, it.Tries, "the item itself is left alone")
		})
	}
}

func TestSent(t *testing.T) {
	receipt := &govmedia.Receipt{ID: "5001", Evidence: govmedia.EvidenceResponse}
	failed := func(kind govmedia.Kind, outcome govmedia.Outcome) error {
		return fmt.Errorf("statuses/share: %w", &govmedia.Error{Kind: kind, Outcome: outcome})
	}
	for _, c := range []struct {
		name    string
		doubt   bool // an earlier attempt was unknown
		receipt *govmedia.Receipt
		err     error
		state   govmedia.DeliveryState
		claimed govmedia.Evidence
	}{
		{"receipt", false, receipt, nil, govmedia.Live, ""},
		{"receipt after an unknown attempt", true, receipt, nil, govmedia.Live, ""},
		{"neither receipt nor error", false, nil, nil, govmedia.Uncertain, ""},
		{"receipt and error", false, receipt, io.EOF, govmedia.Uncertain, ""},
		{"untyped error", false, nil, io.EOF, govmedia.Uncertain, ""},
		{"error without an outcome", false, nil, &govmedia.Error{}, govmedia.Uncertain, ""},
		{"connection lost", false, nil, failed(govmedia.KindTransport, govmedia.Unknown), govmedia.Uncertain, ""},
		{"gateway page", false, nil, failed(govmedia.KindUnavailable, govmedia.Unknown), govmedia.Uncertain, ""},
		{"refused, perhaps", false, nil, failed(govmedia.KindRejected, govmedia.Unknown), govmedia.Uncertain, ""},
		{"error although applied", false, nil, failed(govmedia.KindUnavailable, govmedia.Applied), govmedia.Uncertain, govmedia.EvidenceResponse},
		{"repetition, nothing unknown before", false, nil, failed(govmedia.KindDuplicate, govmedia.NotApplied), govmedia.Rejected, ""},
		{"repetition of an unknown attempt", true, nil, failed(govmedia.KindDuplicate, govmedia.NotApplied), govmedia.Uncertain, govmedia.EvidenceDuplicate},
		{"repetition, outcome not told", true, nil, failed(govmedia.KindDuplicate, govmedia.Unknown), govmedia.Uncertain, govmedia.EvidenceDuplicate},
		{"repetition, outcome not told, nothing unknown before", false, nil, failed(govmedia.KindDuplicate, govmedia.Unknown), govmedia.Uncertain, ""},
		{"port refused", false, nil, failed(govmedia.KindTransport, govmedia.NotApplied), govmedia.Queued, ""},
		{"port refused after an unknown attempt was read for", true, nil, failed(govmedia.KindTransport, govmedia.NotApplied), govmedia.Queued, ""},
		{"text refused", false, nil, failed(govmedia.KindRejected, govmedia.NotApplied), govmedia.Rejected, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			it := item()
			if !c.doubt {
				it.Until = time.Time{}
			}
			s := patience.sent(it, c.receipt, c.err, now)
			require.Equal(t, c.state, s.State)
			require.Equal(t, c.claimed, s.Claimed)
			require.Equal(t, 2, s.Attempt)
			require.Equal(t, now, s.At)
			switch c.state {
			case govmedia.Live:
				require.Equal(t, receipt, s.Receipt)
				require.NotSame(t, receipt, s.Receipt)
				require.Zero(t, s.Tries)
				require.Zero(t, s.Checks)
			case govmedia.Uncertain:
				require.Equal(t, now, s.Until, "the doubt is counted from the end of the attempt")
				require.Equal(t, now.Add(patience.ReadFirst), s.Due)
				require.Zero(t, s.Checks)
				require.Equal(t, it.Tries, s.Tries)
				require.NotEmpty(t, s.Reason)
				require.Nil(t, s.Receipt)
			default:
				require.Equal(t, it.Until, s.Until, "an attempt that applied nothing adds no doubt and removes none")
				require.Nil(t, s.Receipt)
			}
		})
	}
}

func TestRead(t *testing.T) {
	const visible = 10 * time.Second
	ended := now.Add(-time.Minute) // of the unknown attempt
	proof := ended.Add(visible)
	giveUp := proof.Add(patience.GiveUp)
	down := errors.New("reading is down")

	type want struct {
		state  govmedia.DeliveryState
		due    time.Time
		tries  int
		checks int
	}
	for _, c := range []struct {
		name     string
		tries    int
		checks   int
		claimed  govmedia.Evidence
		complete bool
		err      error
		start    time.Time
		now      time.Time
		want     want
	}{
		// A complete reading proves absence from the instant on at which everything accepted must be visible.
		{"too early", 0, 0, "", true, nil, ended, ended, want{govmedia.Uncertain, ended.Add(2 * time.Second), 0, 1}},
		{"too early, next look would be after the proof", 0, 3, "", true, nil, ended, ended, want{govmedia.Uncertain, proof, 0, 3}},
		{"too early, next look exactly at the proof", 0, 0, "", true, nil, proof.Add(-2 * time.Second), proof.Add(-2 * time.Second), want{govmedia.Uncertain, proof, 0, 0}},
		{"began just before the proof", 0, 0, "", true, nil, proof.Add(-1), proof.Add(-1), want{govmedia.Uncertain, proof, 0, 0}},
		{"began just before the proof and took long", 0, 0, "", true, nil, proof.Add(-1), proof.Add(time.Hour), want{govmedia.Uncertain, proof, 0, 0}},
		{"began exactly at the proof", 0, 5, "", true, nil, proof, proof, want{govmedia.Queued, proof, 1, 0}},
		{"began after the proof", 0, 5, "", true, nil, proof.Add(1), now, want{govmedia.Queued, now, 1, 0}},
		{"absent, last try but one", 6, 0, "", true, nil, proof, now, want{govmedia.Queued, now, 7, 0}},
		{"absent, no try left", 7, 0, "", true, nil, proof, now, want{govmedia.NotSent, now, 8, 0}},
		{"absent, long after we would have given up", 0, 0, "", true, nil, giveUp.Add(time.Hour), giveUp.Add(time.Hour), want{govmedia.Queued, giveUp.Add(time.Hour), 1, 0}},

		// Where the platform has said that it is there, absence in a reading is a contradiction, not a proof.
		{"claimed by an answer, absent", 0, 0, govmedia.EvidenceResponse, true, nil, proof, proof, want{govmedia.Uncertain, proof.Add(2 * time.Second), 0, 1}},
		{"claimed by an answer, absent when we give up", 0, 40, govmedia.EvidenceResponse, true, nil, giveUp, giveUp, want{govmedia.NeedsPerson, time.Time{}, 0, 40}},
		{"claim denied by a reading, failed when we give up", 0, 40, denied, false, down, giveUp, giveUp, want{govmedia.NeedsPerson, time.Time{}, 0, 40}},
		{"claimed by a duplicate refusal, absent", 0, 0, govmedia.EvidenceDuplicate, true, nil, proof, proof, want{govmedia.Uncertain, proof.Add(2 * time.Second), 0, 1}},
		{"claimed by a duplicate refusal, absent when we give up", 0, 40, govmedia.EvidenceDuplicate, true, nil, giveUp, giveUp, want{govmedia.NeedsPerson, time.Time{}, 0, 40}},
		{"claimed, too early to be absent", 0, 0, govmedia.EvidenceDuplicate, true, nil, ended, ended, want{govmedia.Uncertain, ended.Add(2 * time.Second), 0, 1}},

		// A reading that fails or does not reach back far enough says nothing, however late it is.
		{"incomplete", 0, 0, "", false, nil, proof, proof, want{govmedia.Uncertain, proof.Add(2 * time.Second), 0, 1}},
		{"failed", 0, 3, "", false, down, proof, proof, want{govmedia.Uncertain, proof.Add(16 * time.Second), 0, 4}},
		{"failed, yet said to be complete", 0, 3, "", true, down, proof, proof, want{govmedia.Uncertain, proof.Add(16 * time.Second), 0, 4}},
		{"failed many times", 0, 40, "", false, down, proof, proof, want{govmedia.Uncertain, proof.Add(2 * time.Minute), 0, 41}},
		{"failed just before we give up", 0, 0, "", false, down, giveUp.Add(-1), giveUp.Add(-1), want{govmedia.Uncertain, giveUp.Add(-1).Add(2 * time.Second), 0, 1}},
		{"failed when we give up", 0, 40, "", false, down, giveUp, giveUp, want{govmedia.NeedsPerson, time.Time{}, 0, 40}},
		{"failed for the first time, after nobody was there to read", 0, 0, "", false, down, giveUp, giveUp, want{govmedia.Uncertain, giveUp.Add(2 * time.Second), 0, 1}},
		{"incomplete when we give up", 0, 40, "", false, nil, giveUp, giveUp, want{govmedia.NeedsPerson, time.Time{}, 0, 40}},
		{"claimed, failed just before we give up", 0, 0, govmedia.EvidenceDuplicate, false, down, giveUp.Add(-1), giveUp.Add(-1), want{govmedia.Uncertain, giveUp.Add(-1).Add(2 * time.Second), 0, 1}},
		{"claimed, failed when we give up", 5, 40, govmedia.EvidenceDuplicate, false, down, giveUp, giveUp, want{govmedia.Live, time.Time{}, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			it := item()
			it.State, it.Until, it.Tries, it.Checks, it.Claimed = govmedia.Uncertain, ended, c.tries, c.checks, c.claimed
			s := patience.read(it, Found{Complete: c.complete}, visible, c.err, c.start, c.now)
			if c.want.due.IsZero() {
				c.want.due = it.Due // nothing is due
			}
			require.Equal(t, c.want, want{s.State, s.Due, s.Tries, s.Checks}, "%s", s.Reason)
			require.Equal(t, c.now, s.At)
			require.Equal(t, ended, s.Until, "reading does not move the end of the attempt")
			if c.claimed != "" && c.complete && c.start.Equal(proof) {
				c.claimed = denied
			}
			require.Equal(t, c.claimed, s.Claimed)
			if c.want.state == govmedia.Live {
				require.Equal(t, &govmedia.Receipt{At: c.now, Evidence: c.claimed}, s.Receipt)
				return
			}
			require.Nil(t, s.Receipt)
			require.NotEmpty(t, s.Reason)
			if c.err != nil {
				require.Contains(t, s.Reason, c.err.Error())
			}
		})
	}
}

// Whatever comes back, an attempt whose outcome is not certainly "not applied" is never queued again by sent, and read
// queues only after a complete reading that began late enough.
func TestNeverAgainInHope(t *testing.T) {
	kinds := []govmedia.Kind{
		"", govmedia.KindInvalid, govmedia.KindUnauthorized, govmedia.KindForbidden, govmedia.KindRateLimited, govmedia.KindRejected,
		govmedia.KindDuplicate, govmedia.KindNotFound, govmedia.KindConflict, govmedia.KindUnavailable, govmedia.KindTransport,
		govmedia.KindChallenge, govmedia.KindUnsupported, govmedia.KindCorrupt, govmedia.KindInternal,
	}
	for _, kind := range kinds {
		for _, outcome := range []govmedia.Outcome{govmedia.Unknown, govmedia.Applied, "something new"} {
			s := patience.sent(item(), nil, &govmedia.Error{Kind: kind, Outcome: outcome}, now)
			require.Equal(t, govmedia.Uncertain, s.State, "%s, %q", kind, outcome)
		}
	}
	for _, found := range []Found{{}, {Complete: true}, {Repeatable: true}, {Complete: true, Repeatable: true}} {
		for _, err := range []error{nil, io.EOF} {
			for _, claimed := range []govmedia.Evidence{"", govmedia.EvidenceDuplicate, govmedia.EvidenceResponse, denied} {
				for _, start := range []time.Duration{-time.Hour, -1, 0, 1, time.Hour} {
					it := item()
					it.Claimed = claimed
					begin := it.Until.Add(time.Second + start)
					s := patience.read(it, found, time.Second, err, begin, begin.Add(time.Minute))
					harmless := (found.Complete || found.Repeatable) && err == nil && claimed == "" && start >= 0
					require.Equal(t, harmless, s.State == govmedia.Queued)
					require.Equal(t, harmless && !found.Complete, s.Repeats > 0, "what is proved absent is no repetition in doubt")
				}
			}
		}
	}
}

// Whatever a platform says about waiting, the question that ends with a person is asked when the time is over.
func TestTracked(t *testing.T) {
	accepted := now.Add(-20 * time.Hour)
	last := accepted.Add(patience.Process)
	limited := func(wait time.Duration) error {
		return &govmedia.Error{Kind: govmedia.KindRateLimited, Outcome: govmedia.NotApplied, RetryAfter: wait}
	}
	working := &govmedia.Receipt{ID: "7", Reach: govmedia.ReachSubmitted}
	for _, c := range []struct {
		name    string
		receipt *govmedia.Receipt
		err     error
		now     time.Time
		state   govmedia.DeliveryState
		due     time.Time
	}{
		{"at work", working, nil, now, govmedia.Processing, now.Add(patience.ReadMost)},
		{"asking fails", nil, io.EOF, now, govmedia.Processing, now.Add(patience.ReadMost)},
		{"asked to wait a little", nil, limited(time.Hour), now, govmedia.Processing, now.Add(time.Hour)},
		{"asked to wait to the very end", nil, limited(4 * time.Hour), now, govmedia.Processing, last},
		{"asked to wait just beyond it", nil, limited(4*time.Hour + 1), now, govmedia.Processing, last},
		{"asked to wait for a day more", nil, limited(24 * time.Hour), now, govmedia.Processing, last},
		{"asked to wait just before it", nil, limited(time.Hour), last.Add(-1), govmedia.Processing, last},
		{"at work just before it", working, nil, last.Add(-time.Second), govmedia.Processing, last},
		{"asked to wait at the end", nil, limited(time.Hour), last, govmedia.NeedsPerson, time.Time{}},
		{"at work at the end", working, nil, last, govmedia.NeedsPerson, time.Time{}},
		{"public at the end", &govmedia.Receipt{ID: "8", Reach: govmedia.ReachPublic}, nil, last, govmedia.Live, time.Time{}},
		{"refused at the end", nil, &govmedia.Error{Kind: govmedia.KindRejected}, last, govmedia.Rejected, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			it := item()
			it.State, it.Until, it.Checks, it.Receipt = govmedia.Processing, accepted, 40, &govmedia.Receipt{ID: "7", Reach: govmedia.ReachSubmitted}
			s := patience.tracked(it, c.receipt, c.err, c.now)
			require.Equal(t, c.state, s.State, s.Reason)
			if !c.due.IsZero() {
				require.Equal(t, c.due, s.Due)
			}
			require.Equal(t, c.state == govmedia.Rejected, s.Receipt == nil, "a person sees under which id it was accepted")
			if c.state == govmedia.Processing {
				require.Equal(t, accepted, s.Until, "asking does not move the time at which it was accepted")
			}
		})
	}
}

// An idempotency key makes sending again harmless although nothing is proved. It is counted apart, and as long as the
// doubt stands nothing is called unsent.
func TestP4_Repeatable(t *testing.T) {
	const visible = 10 * time.Second
	ended := now.Add(-time.Minute) // of the unknown attempt
	proof := ended.Add(visible)
	type want struct {
		state          govmedia.DeliveryState
		due            time.Time
		tries, repeats int
	}
	for _, c := range []struct {
		name           string
		tries, repeats int
		claimed        govmedia.Evidence
		found          Found
		err            error
		start          time.Time
		want           want
	}{
		{"the attempt may be under way", 3, 0, "", Found{Repeatable: true}, nil, ended, want{govmedia.Uncertain, ended.Add(4 * time.Second), 3, 0}},
		{"just before the platform must have done with it", 3, 0, "", Found{Repeatable: true}, nil, proof.Add(-1), want{govmedia.Uncertain, proof, 3, 0}},
		{"exactly then", 3, 0, "", Found{Repeatable: true}, nil, proof, want{govmedia.Queued, proof, 3, 1}},
		{"no try is left, but a repetition is none", 7, 0, "", Found{Repeatable: true}, nil, proof, want{govmedia.Queued, proof, 7, 1}},
		{"the last repetition", 3, 7, "", Found{Repeatable: true}, nil, proof, want{govmedia.Queued, proof, 3, 8}},
		{"one too many", 3, 8, "", Found{Repeatable: true}, nil, proof, want{govmedia.Uncertain, proof.Add(4 * time.Second), 3, 8}},
		{"proof of absence ends the doubt", 3, 2, "", Found{Complete: true, Repeatable: true}, nil, proof, want{govmedia.Queued, proof, 4, 0}},
		{"reading failed", 3, 0, "", Found{Repeatable: true}, io.EOF, proof, want{govmedia.Uncertain, proof.Add(4 * time.Second), 3, 0}},
		{"the platform said that it is there", 3, 0, govmedia.EvidenceResponse, Found{Repeatable: true}, nil, proof, want{govmedia.Uncertain, proof.Add(4 * time.Second), 3, 0}},
		{"the window is over", 3, 2, "", Found{}, nil, proof, want{govmedia.Uncertain, proof.Add(4 * time.Second), 3, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			it := item()
			it.State, it.Until, it.Tries, it.Repeats, it.Checks, it.Claimed = govmedia.Uncertain, ended, c.tries, c.repeats, 1, c.claimed
			s := patience.read(it, c.found, visible, c.err, c.start, c.start)
			require.Equal(t, c.want, want{s.State, s.Due, s.Tries, s.Repeats}, s.Reason)
			require.Equal(t, ended, s.Until)
			if s.Repeats > c.repeats {
				require.Contains(t, s.Reason, "the platform recognises a repetition")
			}
		})
	}

	refused := func(kind govmedia.Kind) error { return &govmedia.Error{Kind: kind, Outcome: govmedia.NotApplied} }
	for _, c := range []struct {
		name    string
		tries   int
		receipt *govmedia.Receipt
		err     error
		state   govmedia.DeliveryState
		repeats int
	}{
		{"answered with the first one's receipt", 0, &govmedia.Receipt{ID: "7"}, nil, govmedia.Live, 0},
		{"answered that it is accepted", 0, &govmedia.Receipt{ID: "7", Reach: govmedia.ReachSubmitted}, nil, govmedia.Processing, 0},
		{"no answer again", 0, nil, io.EOF, govmedia.Uncertain, 2},
		{"refused as a repetition", 0, nil, refused(govmedia.KindDuplicate), govmedia.Uncertain, 2},
		{"no connection", 0, nil, refused(govmedia.KindTransport), govmedia.Queued, 2},
		{"no connection, for the last time", 7, nil, refused(govmedia.KindTransport), govmedia.NeedsPerson, 2},
		{"no quota", 7, nil, refused(govmedia.KindRateLimited), govmedia.Queued, 2},
		{"refused for its text", 0, nil, refused(govmedia.KindRejected), govmedia.NeedsPerson, 2},
		{"must be connected again", 0, nil, refused(govmedia.KindUnauthorized), govmedia.NeedsPerson, 2},
	} {
		t.Run("repeated, "+c.name, func(t *testing.T) {
			it := item()
			it.Tries, it.Repeats = c.tries, 2
			s := patience.sent(it, c.receipt, c.err, now)
			require.Equal(t, c.state, s.State, s.Reason)
			require.Equal(t, c.repeats, s.Repeats)
		})
	}
}

func TestDoubtful(t *testing.T) {
	require.False(t, (&Item{}).doubtful())
	require.True(t, item().doubtful())
}

// The patience for reading begins when the platform must have shown what it holds, not when the attempt ended.
func TestReadPatienceBeginsAfterTheDelay(t *testing.T) {
	const visible = 10 * time.Minute
	it := item()
	it.State, it.Until, it.Checks = govmedia.Uncertain, now, 1000
	for after, want := range map[time.Duration]govmedia.DeliveryState{
		patience.GiveUp:                         govmedia.Uncertain,
		patience.GiveUp + visible - time.Second: govmedia.Uncertain,
		patience.GiveUp + visible:               govmedia.NeedsPerson,
	} {
		at := now.Add(after)
		require.Equal(t, want, patience.read(it, Found{}, visible, io.EOF, at, at).State, after)
	}
}
