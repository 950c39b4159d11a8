package govmedia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The code that both READMEs show is the example that is compiled and run.
func TestReadmesShowTheExample(t *testing.T) {
	source, err := os.ReadFile("matrix/example_test.go")
	require.NoError(t, err)
	_, body, found := strings.Cut(string(source), "func Example() {\n")
	require.True(t, found)
	body, _, found = strings.Cut(body, "\t// Output:")
	require.True(t, found)
	var shown strings.Builder
	for line := range strings.Lines(body) {
		shown.WriteString(strings.TrimPrefix(line, "\t"))
	}
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, string(text), "```go\n"+shown.String()+"```", name)
	}
}

// The two commands that a newcomer needs stand in both READMEs.
func TestReadmesShowTheTwoCommands(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Contains(t, string(text), "\ngo run ./examples/portal\n")
		require.Contains(t, string(text), "\ngo test ./...\n")
	}
}
