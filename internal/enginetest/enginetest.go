// Package enginetest says what every engine must do, in cases that have the rule in words, and checks it on whatever
// store an opener opens: SQLite in memory, an SQLite file, PostgreSQL. A case gets a fresh database, a clock that it
// moves itself, and a platform of its own; it waits for nothing but the database.
package enginetest

import (
	"testing"

	"github.com/govmedia/govmedia/matrix"
)

// Store is one database.
type Store struct {
	// Open opens an engine over it. Called again, it opens another one over the same database, as another process
	// would. The store closes what it opened when the test ends.
	Open func(t *testing.T, cfg *matrix.EngineConfig) matrix.Engine
	// Shared says whether Open may be called again.
	Shared bool
	// Exec runs a statement behind the engine's back; its table names carry no schema.
	Exec func(t *testing.T, query string)
	// Count answers a query for one number.
	Count func(t *testing.T, query string) int
}

// rule is one case.
type rule struct {
	says  string
	check func(t *testing.T, w *world)
}

// Run checks every rule on stores that fresh makes, an empty one each.
func Run(t *testing.T, fresh func(t *testing.T) *Store) {
	t.Helper()
	for _, group := range []struct {
		name  string
		rules []rule
	}{
		{"outbox", outboxRules()},
		{"together", togetherRules()},
		{"register", registerRules()},
		{"lifecycle", lifecycleRules()},
		{"operators", operatorRules()},
		{"roster", rosterRules()},
		{"vault", vaultRules()},
		{"publish", publishRules()},
		{"reply", replyRules()},
		{"metrics", metricsRules()},
		{"audit", auditRules()},
		{"outcome", outcomeRules()},
		{"doubt", doubtRules()},
		{"pacing", pacingRules()},
		{"guard", guardRules()},
		{"timing", timingRules()},
		{"withdraw", withdrawRules()},
		{"review", reviewRules()},
		{"run", runRules()},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, r := range group.rules {
				t.Run(r.says, func(t *testing.T) {
					t.Parallel()
					r.check(t, newWorld(t, fresh(t)))
				})
			}
		})
	}
}
