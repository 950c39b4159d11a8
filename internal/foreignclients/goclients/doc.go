// Package goclients holds tests of the fake platforms with clients in Go that this project did not write. It is a module
// of its own so that their dependencies are nobody else's; TestC7_… of the folder above runs it.
package goclients
