package verify_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/govmedia/govmedia/verify"
)

// Run both with
//
//	go test -run '^$' -bench 'Radar|LinearScan' ./verify
//
// A query is one name out of impostors of all kinds and innocents, in turn.

func BenchmarkRadar(b *testing.B) {
	f := newForger(b, measuring, 2)
	queries := benchmarkQueries(f)
	verify.NewRadar(nil).Similar("平安示例") // the tables are read once in a process
	before := heap()
	began := time.Now()
	radar := verify.NewRadar(f.names)
	built := time.Since(began)
	size := heap() - before
	runtime.KeepAlive(f) // so that what is gone is not taken off
	took := ask(b, queries, func(name string) { radar.Similar(name) })
	report := func(unit string, v float64) { b.ReportMetric(v, unit) }
	report("p50-µs", took[len(took)/2])
	report("p99-µs", took[len(took)*99/100])
	report("build-s", built.Seconds())
	report("heap-MB", float64(size)/1e6)
}

func BenchmarkLinearScan(b *testing.B) {
	f := newForger(b, measuring, 2)
	names := make([][]rune, len(f.names))
	for i, name := range f.names {
		names[i] = []rune(name)
	}
	took := ask(b, benchmarkQueries(f), func(query string) {
		q, found := []rune(query), 0
		for _, name := range names {
			if editDistance(q, name) <= 2 {
				found++
			}
		}
	})
	b.ReportMetric(took[len(took)/2], "p50-µs")
	b.ReportMetric(took[len(took)*99/100], "p99-µs")
}

func benchmarkQueries(f *forger) []string {
	var all []string
	for _, s := range slices.Concat(f.impostors(100), f.innocents(100)) {
		all = append(all, s.name)
	}
	f.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// ask times each query by itself and returns the times in µs, sorted.
func ask(b *testing.B, queries []string, one func(name string)) []float64 {
	b.Helper()
	took := make([]float64, 0, 1<<16)
	i := 0
	for b.Loop() {
		began := time.Now()
		one(queries[i%len(queries)])
		took = append(took, float64(time.Since(began).Nanoseconds())/1000)
		i++
	}
	slices.Sort(took)
	return took
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// editDistance is Levenshtein's.
func editDistance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
