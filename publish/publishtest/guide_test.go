package publishtest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	guide  = "../../docs/writing-an-adapter.md"
	update = "GOVMEDIA_UPDATE" // 1 writes the tables anew
)

// The tables of the guide are the suite's own: its cases with their rules, and the mistakes that each of them catches.
func TestGuideListsCasesAndMistakes(t *testing.T) {
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	var cases, mistakes strings.Builder
	cases.WriteString("| case | rule |\n|---|---|\n")
	for name, rule := range Cases() {
		fmt.Fprintf(&cases, "| `%s` | %s |\n", name, rule)
	}
	mistakes.WriteString("| adapter | caught by |\n|---|---|\n")
	for _, b := range slices.Concat(allBroken(), brokenOnStudio()) {
		fmt.Fprintf(&mistakes, "| %s | `%s` |\n", b.name, strings.Join(slices.Sorted(maps.Keys(b.cases)), "` `"))
	}
	want := replace(t, replace(t, string(text), "cases", cases.String()), "mistakes", mistakes.String())
	switch {
	case want == string(text):
	case os.Getenv(update) == "1":
		if err := os.WriteFile(guide, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the tables of %s are out of date: %s=1 go test -run Guide ./publish/publishtest", guide, update)
	}
}

// replace puts a table between its two marks.
func replace(t *testing.T, text, mark, table string) string {
	t.Helper()
	head, rest, found := strings.Cut(text, "<!-- "+mark+" -->\n")
	_, tail, ended := strings.Cut(rest, "<!-- end -->")
	if !found || !ended {
		t.Fatalf("the guide has no place for the table of %s", mark)
	}
	return head + "<!-- " + mark + " -->\n" + table + "<!-- end -->" + tail
}
