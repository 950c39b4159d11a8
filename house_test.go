package govmedia_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostLines is how long a file may be. One idea, one file; generated tables are exempt.
const mostLines = 500

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var dirs, files []string
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir() && !strings.HasPrefix(name, "."):
			dirs = append(dirs, name)
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files = append(files, name)
		}
	}
	require.ElementsMatch(t, []string{"account", "docs", "examples", "internal", "matrix", "metrics", "publish", "reply", "verify"}, dirs,
		"a new directory at the top is a new word for every reader: put it on a floor, or below internal")
	require.ElementsMatch(t, []string{"audit.go", "doc.go", "error.go", "finding.go", "observer.go", "receipt.go", "secret.go"}, files,
		"the root holds the vocabulary only")
}

// goFiles parses every Go file of the module, by path. Nested modules and testdata are left out.
func goFiles(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), map[string]*ast.File{}
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." {
			if name := d.Name(); name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		files[filepath.ToSlash(path)] = f
		return err
	}))
	require.NotEmpty(t, files)
	return set, files
}

func TestFileLength(t *testing.T) {
	set, files := goFiles(t)
	for path, f := range files {
		lines := set.File(f.Pos()).LineCount()
		if !ast.IsGenerated(f) && lines > mostLines {
			t.Errorf("%s has %d lines, over %d: it holds more than one idea", path, lines, mostLines)
		}
	}
}

// changing lists package-level variables that may change after the program has started, or that are neither an error
// nor a table, each with its reason.
var changing = map[string]string{}

func TestNothingGlobal(t *testing.T) {
	set, files := goFiles(t)
	byDir := map[string][]*ast.File{}
	for path, f := range files {
		if !strings.HasSuffix(path, "_test.go") {
			dir := filepath.ToSlash(filepath.Dir(path))
			byDir[dir] = append(byDir[dir], f)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		for at, what := range globals(dir, byDir[dir]) {
			t.Errorf("%s: %s", set.Position(at), what)
		}
	}
}

// globals finds init functions and package-level variables that are neither errors nor tables, or are written to.
// It reads syntax only, so a variable is also reported when something local of its name is written to: rename one.
func globals(dir string, files []*ast.File) map[token.Pos]string {
	found, names := map[token.Pos]string{}, map[string]bool{}
	for _, f := range files {
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					found[d.Pos()] = "an init function runs in every program that links this package; let the caller call"
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, spec := range d.Specs {
					v := spec.(*ast.ValueSpec)
					for i, name := range v.Names {
						if name.Name == "_" || changing[dir+"."+name.Name] != "" || embedded(d, v) {
							continue
						}
						names[name.Name] = true
						var value ast.Expr
						if i < len(v.Values) {
							value = v.Values[i]
						}
						if what := notConstant(name, value); what != "" {
							found[name.Pos()] = fmt.Sprintf("variable %s %s", name.Name, what)
						}
					}
				}
			}
		}
	}
	report := func(e ast.Expr, what string) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.SliceExpr:
				e = x.X
			case *ast.Ident:
				if names[x.Name] {
					found[x.Pos()] = fmt.Sprintf("package-level variable %s is %s", x.Name, what)
				}
				return
			default:
				return
			}
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						report(e, "assigned to")
					}
				}
			case *ast.IncDecStmt:
				report(n.X, "counted with")
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					report(n.X, "handed out by address")
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") && len(n.Args) > 0 {
					report(n.Args[0], "changed by "+f.Name)
				}
			}
			return true
		})
	}
	return found
}

// embedded reports whether the linker fills the variable from a file.
func embedded(d *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{d.Doc, v.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }) {
			return true
		}
	}
	return false
}

// notConstant says why a package-level variable with this initial value is not as good as a constant, or nothing.
func notConstant(name *ast.Ident, value ast.Expr) string {
	if value == nil {
		return "has no value: something must change it later"
	}
	if u, ok := value.(*ast.UnaryExpr); ok && u.Op == token.AND {
		value = u.X
	}
	switch v := value.(type) {
	case *ast.CompositeLit:
		if name.IsExported() {
			return "is an exported table, which anybody may change: export a function"
		}
		if sel, ok := v.Type.(*ast.SelectorExpr); ok {
			pkg, _ := sel.X.(*ast.Ident)
			if pkg != nil && slices.Contains([]string{"http", "sync", "atomic", "rate", "resty", "sql"}, pkg.Name) {
				return "shares a " + pkg.Name + "." + sel.Sel.Name + " among all users of the process"
			}
		}
		return ""
	case *ast.CallExpr:
		sel, ok := v.Fun.(*ast.SelectorExpr)
		if !ok {
			return "is computed at start-up: make it a table, an error or a function"
		}
		pkg, _ := sel.X.(*ast.Ident)
		switch call := fmt.Sprint(pkg, ".", sel.Sel.Name); {
		case call == "errors.New" || call == "fmt.Errorf":
			return ""
		case name.IsExported():
			return "is exported and no error: export a function"
		case slices.Contains([]string{
			"regexp.MustCompile", "strings.NewReplacer", "sync.OnceValue", "sync.OnceValues", "template.Must", "time.FixedZone", "time.Date", "netip.MustParsePrefix",
		}, call):
			return ""
		default:
			return "calls " + call + " at start-up: make it a table, an error or a function"
		}
	default:
		return "is neither a table nor an error: make it a constant or a field"
	}
}

// A test that sleeps is slow and still too fast on a busy machine, except in a bubble, where time is its own.
func TestTestsSleepInBubblesOnly(t *testing.T) {
	set, files := goFiles(t)
	bubbles := map[string]bool{} // helpers sleep for the tests of their package
	for path, f := range files {
		if slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` }) {
			bubbles[filepath.Dir(path)] = true
		}
	}
	for path, f := range files {
		if !strings.HasSuffix(path, "_test.go") || bubbles[filepath.Dir(path)] {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" && fmt.Sprint(sel.X) == "time" {
				t.Errorf("%s: time.Sleep in a package whose tests have no bubble", set.Position(n.Pos()))
			}
			return true
		})
	}
}

// The check is checked.
func TestNothingGlobalFindsBreaks(t *testing.T) {
	for source, want := range map[string]string{
		`const a = 1`:                                          "",
		`var _ I = (*T)(nil)`:                                  "",
		`var ErrA = errors.New("a")`:                           "",
		`var table = map[string]int{"a": 1}`:                   "",
		`var list = []int{1}; func f() int { return list[0] }`: "",
		`var one = sync.OnceValue(f)`:                          "",
		"//go:embed x\nvar x []byte":                           "",
		`func init() {}`:                                       "init function",
		`var n int`:                                            "has no value",
		`var n = 1`:                                            "neither a table nor an error",
		`var Table = []int{1}`:                                 "exported table",
		`var c = &http.Client{}`:                               "shares a http.Client",
		`var mu sync.Mutex`:                                    "has no value",
		`var l = rate.NewLimiter(1, 1)`:                        "calls rate.NewLimiter",
		`var t = time.Now()`:                                   "calls time.Now",
		`var m = map[int]int{}; func f() { m[1] = 2 }`:         "assigned to",
		`var m = map[int]int{}; func f() { delete(m, 1) }`:     "changed by delete",
		`var s = []int{1}; func f() { s[0]++ }`:                "counted with",
		`var s = T{}; func f() { g(&s.x) }`:                    "handed out by address",
		`var ErrA = errors.New("a"); func f() { ErrA = nil }`:  "assigned to",
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+source, parser.ParseComments)
		require.NoError(t, err)
		found := strings.Join(slices.Collect(maps.Values(globals("x", []*ast.File{f}))), "\n")
		if want == "" {
			require.Empty(t, found, source)
		} else {
			require.Contains(t, found, want, source)
		}
	}
}
