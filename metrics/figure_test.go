package metrics_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/govmedia/govmedia/metrics"
	"github.com/stretchr/testify/require"
)

func TestFigure_UnknownIsNull(t *testing.T) {
	for _, c := range []struct {
		figure metrics.Figure
		json   string
		text   string
	}{
		{metrics.Figure{}, "null", "unknown"},
		{metrics.Known(0), "0", "0"},
		{metrics.Known(1234), "1234", "1234"},
		{metrics.Known(math.MaxInt64), "9223372036854775807", "9223372036854775807"},
		{metrics.Known(-1), "-1", "-1"},
	} {
		data, err := json.Marshal(c.figure)
		require.NoError(t, err)
		require.Equal(t, c.json, string(data))
		require.Equal(t, c.text, c.figure.String())
		back := metrics.Known(7)
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, c.figure, back)
	}
	for _, bad := range []string{`"5"`, `1.5`, `1e300`, `9223372036854775808`, `true`, `{}`, `[]`} {
		var f metrics.Figure
		require.Error(t, json.Unmarshal([]byte(bad), &f), bad)
		require.Equal(t, metrics.Figure{}, f, bad)
	}
	require.NotEqual(t, metrics.Figure{}, metrics.Known(0), "nobody knows is not none")
}

func TestSnapshot_JSON(t *testing.T) {
	s := metrics.Snapshot{Account: "site", Complete: true, Counts: metrics.Counts{
		Posts: metrics.Known(2), ByPost: []metrics.PostCounts{{ID: "5", Comments: metrics.Known(0)}},
	}}
	data, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, `{"account":"site","at":"0001-01-01T00:00:00Z","complete":true,
		"counts":{"followers":null,"posts":2,"by_post":[{"id":"5","likes":null,"comments":0,"reposts":null}]}}`, string(data))
	var back metrics.Snapshot
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, s, back)
	require.NoError(t, json.Unmarshal([]byte(`{"counts":{"posts":3}}`), &back))
	require.Equal(t, metrics.Figure{}, back.Counts.Followers, "what is absent is unknown")
	require.NoError(t, json.Unmarshal([]byte(`{"counts":{"Followers":5,"Posts":0}}`), &back))
	require.Equal(t, []metrics.Figure{metrics.Known(5), metrics.Known(0)}, []metrics.Figure{back.Counts.Followers, back.Counts.Posts}, "as it was written once")
	data, err = json.Marshal(metrics.UnitFigures{Unit: "u", Accounts: 1, Posts: metrics.Sum{Total: metrics.Known(0), Base: 1}})
	require.NoError(t, err)
	require.JSONEq(t, `{"unit":"u","accounts":1,"counted":0,"followers":{"total":null,"base":0},"posts":{"total":0,"base":1}}`, string(data))
}
