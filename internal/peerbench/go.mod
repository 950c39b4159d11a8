module example.org/peerbench

go 1.26.0

require (
	github.com/BobuSumisu/aho-corasick v1.0.3
	github.com/govmedia/govmedia v0.0.0
)

replace github.com/govmedia/govmedia => ../..
