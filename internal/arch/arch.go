// Package arch holds the rules of the tree's structure as code: which package
// may import which, and which calls belong at the edge of the program. Its
// test applies them to every Go file of the module, so `go test ./...` fails
// with the rule's reason as soon as one is broken.
//
// Files are parsed, not loaded: those of other platforms and behind build
// tags count too. Tests are free of the rules; so are directories named
// testdata and those that start with a dot or an underscore.
package arch

import (
	"bufio"
	"errors"
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

// Violation is one place where a rule is broken.
type Violation struct {
	Pos  token.Position // file relative to the module's root
	What string
	Why  string // the rule's reason
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s\n\trule: %s", v.Pos, v.What, v.Why)
}

// file is one parsed Go file that is no test.
type file struct {
	dir    string // of its package, relative to the root: "op/filter"
	name   string // relative to the root: "op/filter/words_num.go"
	syntax *ast.File
}

// Check applies all rules to the module whose root is tree. Its error means
// that the tree can't be read or parsed.
func Check(tree fs.FS) ([]Violation, error) {
	module, err := moduleName(tree)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	files, err := parse(tree, fset)
	if err != nil {
		return nil, err
	}
	c := &checker{module: module, fset: fset, reached: map[string][]string{}}
	c.link(files)
	for _, f := range files {
		c.checkName(f)
		c.checkImports(f)
		c.checkCalls(f)
	}
	return c.found, nil
}

func moduleName(tree fs.FS) (string, error) {
	f, err := tree.Open("go.mod")
	if err != nil {
		return "", fmt.Errorf("not the root of a module: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", errors.Join(errors.New("go.mod: no module line"), lines.Err())
}

func parse(tree fs.FS, fset *token.FileSet) ([]file, error) {
	var files []file
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			if _, err := fs.Stat(tree, path.Join(name, "go.mod")); name != "." && err == nil {
				return fs.SkipDir // a module of its own
			}
			return nil
		}
		if path.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file{dir: path.Dir(name), name: name, syntax: syntax})
		return nil
	})
	return files, err
}

type checker struct {
	module  string
	fset    *token.FileSet
	found   []Violation
	reached map[string][]string // package outside the layers: the module's packages it imports
}

func (c *checker) report(pos token.Pos, why, format string, args ...any) {
	c.found = append(c.found, Violation{Pos: c.fset.Position(pos), What: fmt.Sprintf(format, args...), Why: why})
}

// internalPath strips the module's name from an import path.
func (c *checker) internalPath(spec *ast.ImportSpec) (dir string, ok bool) {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(p, c.module+"/")
}

// link notes what the packages outside the layers import, so that a layer
// can't be reached through them.
func (c *checker) link(files []file) {
	for _, f := range files {
		if _, ok := layerOf(f.dir); ok {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if dir, ok := c.internalPath(spec); ok && !slices.Contains(c.reached[f.dir], dir) {
				c.reached[f.dir] = append(c.reached[f.dir], dir)
			}
		}
	}
}

// layersBehind lists the layered packages that importing dir leads to: dir
// itself, or what a package outside the layers imports in turn.
func (c *checker) layersBehind(dir string, seen map[string]bool) []string {
	if _, ok := layerOf(dir); ok {
		return []string{dir}
	}
	if seen[dir] {
		return nil
	}
	seen[dir] = true
	var dirs []string
	for _, d := range c.reached[dir] {
		dirs = append(dirs, c.layersBehind(d, seen)...)
	}
	return dirs
}

func (c *checker) checkName(f file) {
	if name := f.syntax.Name; slices.Contains(drawerNames, name.Name) {
		c.report(name.Pos(), drawerReason, "package %s", name.Name)
	}
}

func (c *checker) checkImports(f file) {
	from, layered := layerOf(f.dir)
	for _, spec := range f.syntax.Imports {
		dir, ok := c.internalPath(spec)
		if !ok || dir == f.dir {
			continue
		}
		if under(dir, endDirs) && !under(f.dir, endDirs) {
			c.report(spec.Pos(), endReason, "%s imports %s", f.dir, dir)
			continue
		}
		if !layered {
			continue
		}
		for _, target := range c.layersBehind(dir, map[string]bool{}) {
			to, _ := layerOf(target)
			if to.level < from.level || to.pattern == from.pattern && from.siblings {
				continue
			}
			through := ""
			if target != dir {
				through = " through " + dir
			}
			c.report(spec.Pos(), from.why, "%s imports %s%s", f.dir, target, through)
		}
	}
}

func (c *checker) checkCalls(f file) {
	imports := map[string]string{} // local name: import path
	for _, spec := range f.syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if name == "v2" {
			name = path.Base(path.Dir(p))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = p
	}
	for _, decl := range f.syntax.Decls {
		fn, _ := decl.(*ast.FuncDecl)
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" && !mayPanic(f.name, fn) {
					c.report(n.Pos(), panicReason, "panic")
				}
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok {
					c.checkSelector(f, n, imports[id.Name])
				}
			}
			return true
		})
	}
}

func (c *checker) checkSelector(f file, n *ast.SelectorExpr, pkg string) {
	switch name := n.Sel.Name; {
	case pkg == "time" && slices.Contains(clockReads, name) && !under(f.dir, edgeDirs):
		c.report(n.Pos(), clockReason, "time.%s", name)
	case (pkg == "math/rand" || pkg == "math/rand/v2") && slices.Contains(globalRandom, name):
		c.report(n.Pos(), randomReason, "rand.%s", name)
	}
}

func mayPanic(name string, fn *ast.FuncDecl) bool {
	if slices.Contains(panicFiles, name) {
		return true
	}
	return fn != nil && (strings.HasPrefix(fn.Name.Name, "Must") || strings.HasPrefix(fn.Name.Name, "must"))
}

// under says whether dir is one of dirs or lies below one.
func under(dir string, dirs []string) bool {
	for _, d := range dirs {
		if dir == d || strings.HasPrefix(dir, d+"/") {
			return true
		}
	}
	return false
}
