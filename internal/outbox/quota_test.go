package outbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuota_Window(t *testing.T) {
	const day = 24 * time.Hour
	at := func(text string) time.Time {
		t.Helper()
		v, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		return v.UTC()
	}
	for _, c := range []struct {
		name        string
		per, offset time.Duration
		at          string
		starts      string
	}{
		{"an hour", time.Hour, 0, "2026-03-02T09:59:59.999999999Z", "2026-03-02T09:00:00Z"},
		{"the next hour", time.Hour, 0, "2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"},
		{"an hour is the same in Beijing", time.Hour, 8 * time.Hour, "2026-03-02T09:59:59Z", "2026-03-02T09:00:00Z"},
		{"a day of UTC", day, 0, "2026-03-02T16:00:00Z", "2026-03-02T00:00:00Z"},
		{"a day of Beijing, its end", day, 8 * time.Hour, "2026-03-02T15:59:59.999999999Z", "2026-03-01T16:00:00Z"},
		{"a day of Beijing, its beginning", day, 8 * time.Hour, "2026-03-02T16:00:00Z", "2026-03-02T16:00:00Z"},
		{"a day west of Greenwich", day, -5 * time.Hour, "2026-03-02T04:59:59Z", "2026-03-01T05:00:00Z"},
		{"over the end of a year", day, 8 * time.Hour, "2026-12-31T20:00:00Z", "2026-12-31T16:00:00Z"},
		{"a week begins on the weekday of 1970-01-01", 7 * day, 0, "2026-03-02T09:00:00Z", "2026-02-26T00:00:00Z"},
		{"before 1970", day, 8 * time.Hour, "1969-12-31T15:00:00Z", "1969-12-30T16:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := Quota{Per: c.per, Offset: c.offset}
			starts, ends := q.Window(at(c.at))
			require.Equal(t, at(c.starts), starts)
			require.Equal(t, starts.Add(c.per), ends)
		})
	}
	now := at("2026-03-02T09:00:00Z")
	starts, ends := Quota{}.Window(now)
	require.Equal(t, []time.Time{now, now}, []time.Time{starts, ends}, "without a length there is no window, and no panic")
}
