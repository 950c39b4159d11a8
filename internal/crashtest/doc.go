// Package crashtest kills real processes in the middle of their work and looks at what the platform holds afterwards.
// It has tests only: the test binary starts itself again as a child, the parent serves the fake platform, so that the
// platform outlives the child as a real one would.
package crashtest
