package govmedia_test

import (
	"go/ast"
	"go/doc"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// leastComment is how short a package comment may be, in characters: two sentences.
const leastComment = 120

// documented calls f for every package, in order, with its files by path.
func documented(t *testing.T, f func(t *testing.T, dir string, code, tests map[string]*ast.File)) {
	t.Helper()
	_, files := goFiles(t)
	dirs := map[string]bool{}
	for path := range files {
		dirs[filepath.ToSlash(filepath.Dir(path))] = true
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		code, tests := map[string]*ast.File{}, map[string]*ast.File{}
		for path, f := range files {
			switch {
			case filepath.ToSlash(filepath.Dir(path)) != dir:
			case strings.HasSuffix(path, "_test.go"):
				tests[path] = f
			default:
				code[path] = f
			}
		}
		t.Run(dir, func(t *testing.T) { f(t, dir, code, tests) })
	}
}

func library(dir string) bool {
	return dir != "internal" && !strings.HasPrefix(dir, "internal/") && !strings.HasPrefix(dir, "examples/")
}

func TestEveryPackageHasAComment(t *testing.T) {
	documented(t, func(t *testing.T, _ string, code, tests map[string]*ast.File) {
		if len(code) == 0 {
			code = tests // a package of tests explains itself too
		}
		var comments, in []string
		for path, f := range code {
			if f.Doc != nil {
				comments, in = append(comments, strings.TrimSpace(f.Doc.Text())), append(in, path)
			}
		}
		switch {
		case len(comments) == 0:
			t.Fatal("no file has a package comment: say what the package is for, and where a reader starts")
		case len(comments) > 1:
			t.Fatalf("several files have a package comment, and godoc joins them in any order: %q", in)
		}
		if n := utf8.RuneCountInString(comments[0]); n < leastComment {
			t.Errorf("%s: a package comment of %d characters, under %d, tells nobody what the package is for", in[0], n, leastComment)
		}
		for _, f := range code {
			name := strings.TrimSuffix(f.Name.Name, "_test")
			if want := "Package " + name + " "; name != "main" && !strings.HasPrefix(comments[0], want) {
				t.Errorf("%s: the package comment starts with %q", in[0], want)
			}
			break
		}
	})
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	documented(t, func(t *testing.T, dir string, code, _ map[string]*ast.File) {
		if !library(dir) {
			return // not for users
		}
		for path, f := range code {
			for _, name := range undocumented(f) {
				t.Errorf("%s: %s has no comment", path, name)
			}
		}
	})
}

// undocumented lists the exported names of the file without a comment: declarations, methods, and methods of
// interfaces. A constant or variable may share the comment of its group or have one at the end of its line; a method
// of an interface may be explained together with another one.
func undocumented(f *ast.File) (names []string) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if recv := receiver(d); d.Name.IsExported() && (recv == "" || ast.IsExported(recv)) && d.Doc == nil {
				names = append(names, strings.TrimPrefix(recv+"."+d.Name.Name, "."))
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
							names = append(names, name.Name)
						}
					}
				case *ast.TypeSpec:
					if !s.Name.IsExported() {
						continue
					}
					if s.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
						names = append(names, s.Name.Name)
					}
					if i, ok := s.Type.(*ast.InterfaceType); ok {
						names = append(names, silent(s, d.Doc, i)...)
					}
				}
			}
		}
	}
	return names
}

// silent lists the methods of an interface that neither have a comment nor are named in one of the interface's.
func silent(s *ast.TypeSpec, doc *ast.CommentGroup, i *ast.InterfaceType) (names []string) {
	said := doc.Text() + s.Doc.Text()
	for _, m := range i.Methods.List {
		said += m.Doc.Text() + m.Comment.Text()
	}
	words := strings.FieldsFunc(said, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, m := range i.Methods.List {
		if len(m.Names) > 0 && m.Names[0].IsExported() && m.Doc == nil && m.Comment == nil && !slices.Contains(words, m.Names[0].Name) {
			names = append(names, s.Name.Name+"."+m.Names[0].Name)
		}
	}
	return names
}

// receiver returns the name of the type that the method belongs to; empty for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// An example without output is compiled and never run.
func TestEveryPackageHasARunningExample(t *testing.T) {
	documented(t, func(t *testing.T, dir string, _, tests map[string]*ast.File) {
		if !library(dir) {
			return // not for users
		}
		examples := doc.Examples(slices.Collect(maps.Values(tests))...)
		for _, e := range examples {
			if e.Output == "" && !e.EmptyOutput {
				t.Errorf("Example%s has no // Output: and is never run", e.Name)
			}
		}
		if !slices.ContainsFunc(examples, func(e *doc.Example) bool { return e.Output != "" }) {
			t.Error("no example with // Output:; a reader starts from one")
		}
	})
}
