// Package consumer stands outside: it is a module of its own whose path is not govmedia's, so that it can import exported
// packages only. It has an adapter for a platform of its own, runs the conformance suite on it and publishes through a
// matrix on SQLite. That a third party can do all of this is thereby compiled and run, not claimed.
//
// The platform is a bulletin board. It differs from the CMS of examples/customadapter wherever a platform can: pictures are
// uploaded before the post, posts are found in a list and not by a key of ours, and tokens end and are refreshed.
package consumer
