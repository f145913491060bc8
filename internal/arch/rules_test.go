package arch_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxLines is the longest that a file may be. Half of them should have less than a fifth of it.
const maxLines = 500

// A violation is one file breaking one rule.
type violation struct {
	law  string // which rule, in one or two words
	text string
}

// laws are all that check and stale can find.
func laws() []string {
	return []string{
		"no row", "our import", "module", "standard import", "contract", "program import", "test module", "cgo", "init", "folder", "length",
		"stale row", "stale module",
	}
}

// check returns what is wrong with each source by itself.
func check(table []rule, testModules []string, sources []source) []violation {
	var all []violation
	for _, s := range sources {
		add := func(law, format string, args ...any) {
			all = append(all, violation{law, s.path + ": " + fmt.Sprintf(format, args...)})
		}
		if s.lines > maxLines {
			add("length", "%d lines, and %d are the most", s.lines, maxLines)
		}
		for _, folder := range strings.Split(s.pkg(), "/") {
			if slices.Contains([]string{"util", "utils", "common", "models", "types", "pkg", "helpers", "misc"}, folder) {
				add("folder", "a folder %q says nothing of what is in it", folder)
			}
		}
		if !s.code {
			continue
		}
		if s.inits {
			add("init", "func init() happens by importing")
		}
		i := slices.IndexFunc(table, func(r rule) bool { return r.pkg == s.pkg() })
		if i < 0 {
			add("no row", "package %s is not in the table", s.pkg())
			continue
		}
		for _, imported := range s.imports {
			checkImport(table, table[i], testModules, s, imported, add)
		}
	}
	return all
}

func checkImport(table []rule, r rule, testModules []string, s source, imported string, add func(law, format string, args ...any)) {
	ours, isOurs := relative(imported)
	switch {
	case imported == "C":
		add("cgo", "one static binary has no cgo")
	case isOurs && s.test():
		if layerOf(table, ours) == "program" && r.layer != "program" {
			add("program import", "imports %s, which belongs to the program", ours)
		}
	case isOurs && contract(table, ours):
		add("contract", "imports %s, which is for tests", ours)
	case isOurs && ours != s.pkg() && !slices.Contains(r.imports, ours):
		add("our import", "imports %s, and %s (%s) may import %v", ours, r.pkg, r.layer, r.imports)
	case isOurs:
	case standard(imported):
		if r.std != nil && !s.test() && !slices.Contains(r.std, imported) {
			add("standard import", "imports %s, and %s may import %v", imported, r.pkg, r.std)
		}
	case s.test():
		if !covered(testModules, imported) && !covered(r.modules, imported) {
			add("test module", "imports %s, which is not among the modules for tests", imported)
		}
	case !covered(r.modules, imported):
		add("module", "imports %s, and %s may use %v", imported, r.pkg, r.modules)
	}
}

// stale returns what the table says in vain: rows without a package, modules that no file of the package uses.
func stale(table []rule, sources []source) []violation {
	var all []violation
	for _, r := range table {
		var imports []string
		found := false
		for _, s := range sources {
			if s.code && s.pkg() == r.pkg {
				found = true
				if !s.test() {
					imports = append(imports, s.imports...)
				}
			}
		}
		if !found {
			all = append(all, violation{"stale row", r.pkg + ": there is no such package"})
			continue
		}
		for _, m := range r.modules {
			if !slices.ContainsFunc(imports, func(p string) bool { return covered([]string{m}, p) }) {
				all = append(all, violation{"stale module", r.pkg + ": does not use " + m})
			}
		}
	}
	return all
}

// relative returns the folder of one of our packages.
func relative(imported string) (string, bool) {
	if imported == module {
		return root, true
	}
	rest, ok := strings.CutPrefix(imported, module+"/")
	return path.Clean(rest), ok
}

// standard reports whether a package is of the standard library: those alone have no dot in the first part.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func covered(modules []string, imported string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") })
}

func contract(table []rule, pkg string) bool {
	return slices.ContainsFunc(table, func(r rule) bool { return r.pkg == pkg && r.tests })
}

func layerOf(table []rule, pkg string) string {
	for _, r := range table {
		if r.pkg == pkg {
			return r.layer
		}
	}
	return ""
}
