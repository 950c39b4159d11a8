package govmedia_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/govmedia/govmedia"
	"github.com/stretchr/testify/require"
)

func TestSettledOfEveryState(t *testing.T) {
	table := map[govmedia.DeliveryState]bool{
		govmedia.Scheduled:   false,
		govmedia.Queued:      false,
		govmedia.Held:        false,
		govmedia.Sending:     false,
		govmedia.Uncertain:   false,
		govmedia.Processing:  false,
		govmedia.Live:        true,
		govmedia.Saved:       true,
		govmedia.Rejected:    true,
		govmedia.NotSent:     true,
		govmedia.NeedsPerson: true,
		govmedia.Missed:      true,
		govmedia.Cancelled:   true,
		govmedia.Withdrawn:   true,
		"":                   false,
	}
	for _, state := range constants(t, "receipt.go", "DeliveryState") {
		require.Contains(t, table, govmedia.DeliveryState(state), "a new state needs a row in this table")
	}
	for state, want := range table {
		require.Equal(t, want, state.Settled(), "state %q", state)
	}
}

func TestDeliveryAsJSON(t *testing.T) {
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	d := govmedia.Delivery{
		ID: "d1", Kind: govmedia.DeliverPost, Subject: "p1", Platform: "weibo", App: "k", Account: "a1",
		State: govmedia.Queued, Due: at, Updated: at,
	}
	got, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"d1","kind":"post","subject":"p1","platform":"weibo","app":"k","account":"a1","state":"queued",
		"attempt":0,"due":"2026-03-02T01:00:00Z","updated":"2026-03-02T01:00:00Z"}`, string(got))

	d.State, d.Attempt = govmedia.Live, 1
	d.Receipt = &govmedia.Receipt{ID: "5001", At: at, Evidence: govmedia.EvidenceFound}
	got, err = json.Marshal(d)
	require.NoError(t, err)
	var back govmedia.Delivery
	require.NoError(t, json.Unmarshal(got, &back))
	require.Equal(t, d, back)
	require.NotContains(t, string(got), `"url"`, "a platform without addresses has none")
}

func TestFindingAsJSON(t *testing.T) {
	whole := govmedia.Finding{Rule: "name.width", Version: "2026-11", Severity: govmedia.SeverityError, Subject: "row 7", Explanation: "名称过长"}
	got, err := json.Marshal(whole)
	require.NoError(t, err)
	require.NotContains(t, string(got), "span", "no span means the whole field")
	require.Contains(t, string(got), "名称过长")

	part := whole
	part.Field, part.Span = "name", govmedia.Span{Start: 0, End: 6}
	got, err = json.Marshal(part)
	require.NoError(t, err)
	require.Contains(t, string(got), `"span":{"start":0,"end":6}`)
	var back govmedia.Finding
	require.NoError(t, json.Unmarshal(got, &back))
	require.Equal(t, part, back)
}
