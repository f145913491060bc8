package arch_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is our own path.
const module = "github.com/belfryhq/belfry"

// A source is one file as the rules see it.
type source struct {
	path    string // from the repository's root, with slashes
	lines   int
	code    bool // Go; the rest is only counted
	imports []string
	inits   bool // declares func init()
}

func (s source) pkg() string { return path.Dir(s.path) }

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// readSource reads one file; ok is false for what no rule is about.
func readSource(name string, text []byte) (s source, ok bool, err error) {
	if !slices.Contains([]string{".go", ".ts", ".mjs", ".js", ".css", ".html", ".sql", ".sh"}, path.Ext(name)) {
		return source{}, false, nil
	}
	s = source{path: name, lines: bytes.Count(text, []byte("\n")), code: path.Ext(name) == ".go"}
	if !s.code {
		return s, true, nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, false, fmt.Errorf("parse %s: %w", name, err)
	}
	if ast.IsGenerated(file) {
		s.lines = 0
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, false, fmt.Errorf("read an import of %s: %w", name, err)
		}
		s.imports = append(s.imports, p)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			s.inits = true
		}
	}
	return s, true, nil
}

// readTree reads every source below a folder, but not what is built, fetched, test data, or a module of its own.
func readTree(tree fs.FS) ([]source, error) {
	var all []source
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name == "." {
				return nil
			}
			_, err := fs.Stat(tree, path.Join(name, "go.mod"))
			if err == nil || strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "dist", "bin"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		s, ok, err := readSource(name, text)
		if ok {
			all = append(all, s)
		}
		return err
	})
	return all, err
}
