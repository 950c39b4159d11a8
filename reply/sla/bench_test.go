package sla_test

import (
	"testing"
	"time"

	"github.com/govmedia/govmedia/reply/sla"
)

// naive is the usual way to add working time: walk from day to day and take off each window.
type naive struct {
	off, on map[sla.Date]bool
	windows []sla.Window
}

func newNaive(t testing.TB, hours string) *naive {
	n := &naive{off: map[sla.Date]bool{}, on: map[sla.Date]bool{}, windows: windows(t, hours)}
	for _, y := range sla.China() {
		for _, d := range y.Days {
			through := d.Through
			if through == (sla.Date{}) {
				through = d.Date
			}
			for at := d.Date; ; {
				n.off[at] = d.Kind == sla.Holiday
				n.on[at] = d.Kind == sla.MakeUp
				if at == through {
					break
				}
				next := time.Date(at.Year, at.Month, at.Day+1, 0, 0, 0, 0, time.UTC)
				at = sla.Date{Year: next.Year(), Month: next.Month(), Day: next.Day()}
			}
		}
	}
	return n
}

func (n *naive) add(t time.Time, d time.Duration) time.Time {
	y, m, dd := t.Date()
	for midnight := time.Date(y, m, dd, 0, 0, 0, 0, t.Location()); ; midnight = midnight.AddDate(0, 0, 1) {
		y, m, dd := midnight.Date()
		date, weekday := sla.Date{Year: y, Month: m, Day: dd}, midnight.Weekday()
		if n.off[date] || !n.on[date] && (weekday == time.Saturday || weekday == time.Sunday) {
			continue
		}
		for _, w := range n.windows {
			from, to := midnight.Add(w.From), midnight.Add(w.To)
			if from.Before(t) {
				from = t
			}
			if have := to.Sub(from); have >= d {
				return from.Add(d)
			} else if have > 0 {
				d -= have
			}
		}
	}
}

func TestR6_AgreesWithANaiveDayLoop(t *testing.T) {
	const hours = "09:00-12:00 14:00-17:30"
	cal, n := office(t, hours), newNaive(t, hours)
	for i := range 2000 {
		from := at(t, "2024-01-01 00:00").Add(time.Duration(i) * 11 * time.Hour)
		d := time.Duration(1+i%97) * 17 * time.Minute
		got, err := cal.Add(from, d)
		if want := n.add(from, d); err != nil || !got.Equal(want) {
			t.Fatalf("%v + %v = %v, %v, want %v", from, d, got, err, want)
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	const hours = "09:00-12:00 14:00-17:30"
	cal, n := office(b, hours), newNaive(b, hours)
	from := at(b, "2025-01-23 16:30")
	for name, d := range map[string]time.Duration{"1h": time.Hour, "20days": 130 * time.Hour, "1year": 1600 * time.Hour} {
		b.Run("calendar/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := cal.Add(from, d); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("naive/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n.add(from, d)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		office(b, "09:00-12:00 14:00-17:30")
	}
}
