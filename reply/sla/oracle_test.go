package sla_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

// shapes are the windows of Monday to Sunday, in minutes of the day; one shape for all days is repeated.
var shapes = [][7][][2]int{
	every([][2]int{{540, 1020}}),
	every([][2]int{{540, 720}, {840, 1050}}),
	every([][2]int{{0, 1440}}),
	every([][2]int{{0, 1}, {1439, 1440}}),
	every([][2]int{{0, 360}, {360, 361}, {700, 701}, {1320, 1440}}),
	{{{540, 720}}, {{600, 1200}}, {{0, 1}}, {{1, 2}, {3, 4}}, {{1320, 1440}}, {{0, 1440}}, {{720, 725}, {800, 900}}},
}

func every(w [][2]int) (week [7][][2]int) {
	for i := range week {
		week[i] = w
	}
	return week
}

const (
	oracleFirst = "2026-02-02" // a Monday
	oracleDays  = 28
)

// The special days of February 2026, written down again by hand: days of the month.
var (
	oracleMakeUp  = []int{14, 28}
	oracleHoliday = []int{15, 16, 17, 18, 19, 20, 21, 22, 23}
)

// oracleShape says for each minute of each weekday whether the shape has it, by looking at each minute alone.
func oracleShape(shape [7][][2]int) (worked [7][1440]bool) {
	for weekday := range worked {
		for m := range 1440 {
			for _, w := range shape[weekday] {
				if w[0] <= m && m < w[1] {
					worked[weekday][m] = true
				}
			}
		}
	}
	return worked
}

// oracleMinutes says for each minute of the four weeks whether it is worked.
func oracleMinutes(set int, shape *[7][1440]bool) []bool {
	minutes := make([]bool, oracleDays*1440)
	for d := range oracleDays {
		weekday := d % 7 // 0 is Monday
		worked := set>>weekday&1 == 1
		if slices.Contains(oracleMakeUp, 2+d) {
			worked = true
			for weekday = 0; set>>weekday&1 == 0; weekday++ {
			}
		}
		if worked && !slices.Contains(oracleHoliday, 2+d) {
			copy(minutes[d*1440:], shape[weekday][:])
		}
	}
	return minutes
}

func TestR6_EveryWeekdaySetAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	zero := at(t, oracleFirst+" 00:00")
	china := sla.China()[2:]
	for i, shape := range shapes {
		worked := oracleShape(shape)
		for set := 1; set < 128; set++ {
			var week sla.Week
			for d := range 7 {
				for _, w := range shape[d] {
					if set>>d&1 == 1 {
						week[(d+1)%7] = append(week[(d+1)%7], sla.Window{From: time.Duration(w[0]) * time.Minute, To: time.Duration(w[1]) * time.Minute})
					}
				}
			}
			cal, err := sla.New(sla.Config{Name: "测试", Version: "1", Week: week, Years: china})
			if err != nil {
				t.Fatal(err)
			}
			if err := compare(r, cal, zero, oracleMinutes(set, &worked)); err != nil {
				t.Fatalf("shape %d, weekdays %07b: %v", i, set, err)
			}
		}
	}
}

// compare asks the calendar about random minutes and answers by counting.
func compare(r *rand.Rand, cal *sla.Calendar, zero time.Time, minutes []bool) error {
	instant := func(m int) time.Time { return zero.Add(time.Duration(m) * time.Minute) }
	for range 6 {
		a, b := r.IntN(len(minutes)), r.IntN(len(minutes)+1)
		a, b = min(a, b), max(a, b)
		want, last, next := 0, a, -1
		for m := a; m < b; m++ {
			if minutes[m] {
				want, last = want+1, m+1
				if next < 0 {
					next = m
				}
			}
		}
		if got, err := cal.Between(instant(a), instant(b)); err != nil || got != time.Duration(want)*time.Minute {
			return fmt.Errorf("Between(%d, %d) = %v, %v, want %d minutes", a, b, got, err, want)
		}
		if got, err := cal.Add(instant(a), time.Duration(want)*time.Minute); err != nil || !got.Equal(instant(last)) {
			return fmt.Errorf("Add(%d, %d) = %v, %v, want minute %d", a, want, got, err, last)
		}
		if got, err := cal.Next(instant(a)); next >= 0 && (err != nil || !got.Equal(instant(next))) {
			return fmt.Errorf("Next(%d) = %v, %v, want minute %d", a, got, err, next)
		}
	}
	return compareDays(r, cal, zero, minutes)
}

func compareDays(r *rand.Rand, cal *sla.Calendar, zero time.Time, minutes []bool) error {
	start := r.IntN(7 * 1440)
	n, seen, end := 1+r.IntN(6), 0, -1
	for d := range len(minutes) / 1440 {
		last := -1
		for m := d * 1440; m < (d+1)*1440; m++ {
			if minutes[m] {
				last = m + 1
			}
		}
		if got, err := cal.IsWorkday(cal.Date(zero.AddDate(0, 0, d))); err != nil || got != (last > 0) {
			return fmt.Errorf("IsWorkday(day %d) = %v, %v, want %v", d, got, err, last > 0)
		}
		if d > start/1440 && last > 0 && seen < n {
			seen, end = seen+1, last
		}
	}
	got, err := cal.AddDays(zero.Add(time.Duration(start)*time.Minute), n)
	if want := zero.Add(time.Duration(end) * time.Minute); seen == n && (err != nil || !got.Equal(want)) {
		return fmt.Errorf("AddDays(%d, %d) = %v, %v, want %v", start, n, got, err, want)
	}
	return nil
}
