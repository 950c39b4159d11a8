// Package peerbench compares parts of govmedia with libraries of others that do a similar job. It is a module of its own,
// so that nobody who uses govmedia downloads them, and holds benchmarks only:
//
//	cd internal/peerbench && go test -bench . -benchmem
package peerbench
