module github.com/govmedia/govmedia

go 1.26
