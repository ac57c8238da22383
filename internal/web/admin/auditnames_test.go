package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"stadttor/internal/web/locale"
)

// Auditors read German: every action that the program records has a name on
// the page of the log. The actions are read from the program's own source.
func TestEveryActionOfTheLogHasAGermanName(t *testing.T) {
	p := locale.For(locale.German)
	actions := recorded(t, "../..")
	if len(actions) < 100 || !slices.Contains(actions, "case.submit") || !slices.Contains(actions, "staff.block") || !slices.Contains(actions, "client.stop") || !slices.Contains(actions, "payment.start") {
		t.Fatalf("the source is not read as it should: %d %v", len(actions), actions)
	}
	for _, a := range actions {
		if key := "admin.action." + strings.NewReplacer(".", "-", "_", "-").Replace(a); !p.Has(key) {
			t.Errorf("%s has no text (%s)", a, key)
		}
	}
}

// events are what stands behind a prefix that is put together at run time.
var events = map[string]struct {
	file   string
	find   *regexp.Regexp
	follow []string
}{
	"case.":    {"cases/state.go", regexp.MustCompile(`Event = "([a-z_]+)"`), []string{""}},
	"payment.": {"payments/state.go", regexp.MustCompile(`By[A-Z][a-z]+, "([a-z-]+)"\}`), []string{""}},
	"profile.": {"accounts/attribute_parts.go", regexp.MustCompile(`part[A-Z][a-z]+ += "([a-z]+)"`), []string{"-add", "-change"}},
}

// recorded collects the actions of all audit.Event literals below a folder: a
// text, a prefix with an event, or a name that is given a text in the same
// function or by those who call it.
func recorded(t *testing.T, root string) (out []string) {
	t.Helper()
	type function struct {
		decl *ast.FuncDecl
		pkg  string
	}
	var all []function
	found := map[string][]string{} // by prefix
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				all = append(all, function{fn, filepath.Dir(path)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, x := range events {
		b, err := os.ReadFile(filepath.Join(root, x.file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range x.find.FindAllStringSubmatch(string(b), -1) {
			for _, end := range x.follow {
				found[prefix] = append(found[prefix], prefix+m[1]+end)
			}
		}
	}
	text := func(e ast.Expr) (string, bool) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(lit.Value)
		return s, err == nil
	}
	var add func(fn function, e ast.Expr)
	add = func(fn function, e ast.Expr) {
		switch e := e.(type) {
		case *ast.BasicLit:
			if s, ok := text(e); ok && s != "" {
				out = append(out, s)
			}
		case *ast.BinaryExpr:
			first := e.X
			for b, ok := first.(*ast.BinaryExpr); ok; b, ok = first.(*ast.BinaryExpr) {
				first = b.X
			}
			s, _ := text(first)
			if len(found[s]) == 0 {
				t.Errorf("%s: the test does not know what follows %q", fn.decl.Name.Name, s)
			}
			out = append(out, found[s]...)
		case *ast.Ident:
			ast.Inspect(fn.decl, func(n ast.Node) bool {
				if a, ok := n.(*ast.AssignStmt); ok && len(a.Rhs) == len(a.Lhs) {
					for i, l := range a.Lhs {
						if id, ok := l.(*ast.Ident); ok && id.Name == e.Name {
							add(fn, a.Rhs[i])
						}
					}
				}
				return true
			})
			at := parameter(fn.decl, e.Name)
			for _, by := range all {
				if at < 0 || by.pkg != fn.pkg {
					continue
				}
				ast.Inspect(by.decl, func(n ast.Node) bool {
					if c, ok := n.(*ast.CallExpr); ok && called(c) == fn.decl.Name.Name && len(c.Args) > at {
						add(by, c.Args[at])
					}
					return true
				})
			}
		}
	}
	for _, fn := range all {
		ast.Inspect(fn.decl, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if s, ok := lit.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "Event" || s.X.(*ast.Ident).Name != "audit" {
				return true
			}
			for _, x := range lit.Elts {
				if kv := x.(*ast.KeyValueExpr); kv.Key.(*ast.Ident).Name == "Action" {
					add(fn, kv.Value)
				}
			}
			return true
		})
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// parameter is the place of a parameter, -1 if there is none of this name.
func parameter(fn *ast.FuncDecl, name string) int {
	at := 0
	for _, f := range fn.Type.Params.List {
		for _, n := range f.Names {
			if n.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}
