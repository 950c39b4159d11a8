// Package metrics measures how the accounts are doing: counts as the platforms report them, and freshness, the number
// of days since an account last spoke.
//
// A [Snapshot] is appended and never overwritten; what a platform did not tell stays unknown instead of becoming zero.
// [FreshnessOf] grades an account by the national rule that an account silent for two weeks fails its inspection.
package metrics
