package govmedia_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every piece of code in the guide stands in a file that is compiled and tested; the line above the piece names the file.
func TestGuideShowsCodeThatRuns(t *testing.T) {
	text, err := os.ReadFile("docs/writing-an-adapter.md")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^( *)([^\n]*)\n *```go\n(.*?)^ *```$").FindAllStringSubmatch(string(text), -1)
	require.Equal(t, strings.Count(string(text), "```go"), len(blocks))
	for _, b := range blocks {
		name, named := strings.CutPrefix(b[2], "<!-- ")
		name, closed := strings.CutSuffix(name, " -->")
		require.True(t, named && closed, "the line %q does not name the file that the code below it is from", b[2])
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range strings.Lines(b[3]) {
			line = strings.TrimSpace(line)
			require.True(t, strings.Contains(string(source), line), "%s does not say any more: %s", name, line)
		}
		if b[1] == "" { // the code of a list is indented
			require.True(t, strings.Contains(string(source), b[3]), "%s has changed; show it as it is:\n%s", name, b[3])
		}
	}
}

// Whoever wants to write an adapter finds the way from both READMEs.
func TestReadmesPointToTheGuide(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.True(t, strings.Contains(string(text), "(docs/writing-an-adapter.md)"), name)
	}
}
