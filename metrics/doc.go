// Package metrics measures how the accounts are doing: counts as the platforms report them, and freshness, the number
// of days since an account last spoke.
//
// A [Snapshot] is appended and never overwritten; what a platform does not have or did not tell stays unknown ([Figure])
// instead of becoming zero, and a [Sum] says how many accounts it covers.
// [FreshnessOf] grades an account by the national rule that an account silent for two weeks fails its inspection.
package metrics
