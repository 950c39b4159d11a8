package govmedia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// snippet is a piece of code that a document shows.
type snippet struct{ indent, file, code string }

// snippets returns the pieces of Go in a document, each with the file that the line above it names.
func snippets(document string) (all []snippet) {
	var last string // the line before
	var open *snippet
	for line := range strings.Lines(document) {
		text := strings.TrimSpace(line)
		switch {
		case open != nil && text == "```":
			all, open = append(all, *open), nil
		case open != nil:
			open.code += strings.TrimPrefix(line, open.indent)
		case text == "```go":
			indent, _, _ := strings.Cut(line, "```")
			open = &snippet{indent: indent, file: strings.TrimSuffix(strings.TrimPrefix(last, "<!-- "), " -->")}
		}
		last = text
	}
	return all
}

// Every piece of code in the guide stands in a file that is compiled and tested; the line above the piece names the file.
func TestGuideShowsCodeThatRuns(t *testing.T) {
	text, err := os.ReadFile("docs/writing-an-adapter.md")
	require.NoError(t, err)
	shown := snippets(string(text))
	require.NotEmpty(t, shown)
	for _, s := range shown {
		source, err := os.ReadFile(s.file)
		require.NoError(t, err, "the line above a piece of code names its file")
		if s.indent != "" {
			s.code = strings.TrimSpace(s.code) // of a list, where it cannot keep its own indent
		}
		if !strings.Contains(string(source), s.code) {
			t.Errorf("%s has changed; show it as it is:\n%s", s.file, s.code)
		}
	}
}

// Whoever wants to write an adapter finds the way from both READMEs.
func TestReadmesPointToTheGuide(t *testing.T) {
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		if !strings.Contains(string(text), "(docs/writing-an-adapter.md)") {
			t.Errorf("%s does not", name)
		}
	}
}
