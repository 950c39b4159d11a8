package publishtest_test

import (
	"fmt"
	"strings"

	"github.com/govmedia/govmedia/publish/publishtest"
)

// The rules for an adapter that reads the platform to resolve an unknown outcome.
func ExampleCases() {
	for name, rule := range publishtest.Cases() {
		if strings.HasPrefix(name, "finder-") {
			fmt.Printf("%s: %s\n", name, rule)
		}
	}
	// Output:
	// finder-finds: An adapter implements publish.Finder if and only if it works: it finds a post whose answer was lost.
	// finder-absent: Finder reports a post as absent, from a complete reading, when the platform never took it.
	// finder-down: When the platform cannot be read, Find gives an error: that is no proof of absence.
	// finder-buried: A post buried under newer ones is found, or the reading is not complete.
	// finder-older: A post with the same text from long before the attempt is not taken for its trace.
}
