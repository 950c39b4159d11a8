package publish_test

import (
	"testing"

	"github.com/govmedia/govmedia"
	"github.com/govmedia/govmedia/publish"
	"github.com/stretchr/testify/require"
)

// history is n posts a day at each hour of the day in China, with so many reads.
func history(n int, hours map[int]int64) (all []publish.Sample) {
	for hour, reads := range hours {
		for day := range n {
			all = append(all, publish.Sample{At: at(11, 1+day, hour, 17), Reads: reads + int64(day)})
		}
	}
	return all
}

func TestP17_BestTimeFromTheAccountsOwnHistory(t *testing.T) {
	evening := map[int]int64{8: 100, 12: 150, 20: 900}
	for _, c := range []struct {
		name    string
		history []publish.Sample
		zone    string
		quiet   []int
		want    publish.Advice
	}{
		{"readers at eight in the evening", history(10, evening), "Asia/Shanghai", nil, publish.Advice{Hour: 20, N: 30, InHour: 10, Reads: 904}},
		{"on another clock", history(10, evening), "UTC", nil, publish.Advice{Hour: 12, N: 30, InHour: 10, Reads: 904}},
		{"a quiet hour is not proposed", history(15, evening), "Asia/Shanghai", []int{20, 21, 22}, publish.Advice{Hour: 12, N: 30, InHour: 15, Reads: 157}},
		{"one success is no rule", append(history(15, map[int]int64{8: 100, 12: 150}), publish.Sample{At: at(11, 1, 3, 0), Reads: 1e9}), "Asia/Shanghai", nil,
			publish.Advice{Hour: 12, N: 31, InHour: 15, Reads: 157}},
		{"one success among others is no rule", append(history(15, map[int]int64{8: 100, 12: 150}), publish.Sample{At: at(11, 1, 8, 0), Reads: 1e9}), "Asia/Shanghai", nil,
			publish.Advice{Hour: 12, N: 31, InHour: 15, Reads: 157}},
		{"equal: the one with more samples", append(history(15, map[int]int64{8: 0}), history(17, map[int]int64{12: -1})...), "Asia/Shanghai", nil,
			publish.Advice{Hour: 12, N: 32, InHour: 17, Reads: 7}},
		{"equal: the earlier", history(15, map[int]int64{12: 5, 9: 5}), "Asia/Shanghai", nil, publish.Advice{Hour: 9, N: 30, InHour: 15, Reads: 12}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := publish.BestTime(c.history, c.zone, c.quiet)
			require.NoError(t, err)
			require.Contains(t, got.Explanation, "仅供参考")
			got.Explanation, c.want.Zone = "", c.zone
			require.Equal(t, c.want, got)
		})
	}
}

func TestP17_NotEnoughDataIsSaid(t *testing.T) {
	for _, c := range []struct {
		name    string
		history []publish.Sample
		quiet   []int
		n, need int
	}{
		{"none", nil, nil, 0, 30},
		{"29", history(29, map[int]int64{20: 900}), nil, 29, 30},
		{"those of the night do not count", append(history(29, map[int]int64{20: 900}), history(20, map[int]int64{3: 5})...), []int{3}, 29, 30},
		{"all of them at quiet hours", history(29, map[int]int64{20: 900, 21: 5}), []int{20, 21}, 0, 30},
		{"too thin everywhere", history(2, map[int]int64{
			6: 1, 7: 1, 8: 1, 9: 1, 10: 1, 11: 1, 12: 1, 13: 1, 14: 1, 15: 1, 16: 1, 17: 1, 18: 1, 19: 1, 20: 1}), nil, 30, 72},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := publish.BestTime(c.history, "Asia/Shanghai", c.quiet)
			require.ErrorIs(t, err, govmedia.KindInvalid)
			var few *publish.TooFewError
			require.ErrorAs(t, err, &few)
			require.Equal(t, publish.TooFewError{N: c.n, Need: c.need}, *few)
			require.ErrorContains(t, err, "not enough data")
			require.Zero(t, got)
		})
	}
}

func TestP17_WhatCannotBeAsked(t *testing.T) {
	good := history(10, map[int]int64{8: 1, 12: 1, 20: 1})
	for _, c := range []struct {
		name, zone string
		quiet      []int
	}{
		{"no zone", "", nil},
		{"the machine's zone", "Local", nil},
		{"an unknown zone", "Asia/Lanzhou", nil},
		{"an hour that is none", "Asia/Shanghai", []int{24}},
		{"a negative hour", "Asia/Shanghai", []int{-1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := publish.BestTime(good, c.zone, c.quiet)
			require.ErrorIs(t, err, govmedia.KindInvalid)
		})
	}
	before := append([]publish.Sample{}, good...)
	_, err := publish.BestTime(good, "Asia/Shanghai", nil)
	require.NoError(t, err)
	require.Equal(t, before, good, "what was handed in is left alone")
}
