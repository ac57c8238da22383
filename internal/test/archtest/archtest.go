// Package archtest holds the house's floors: who may import whom.
//
// It parses the imports of every Go file itself (a test that asks `go list` was
// seen answering from the cache after a forbidden import was planted).
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const module = "stadttor/"

// floors of the packages below internal/, by prefix; the longest prefix wins.
var floors = map[string]int{
	"app": 5,

	"web/account": 4, "web/citizen": 4, "web/staff": 4, "web/admin": 4, "web/api": 4,
	"web/ui": 3, "web/locale": 0,

	"cases": 3,

	"catalogue": 2, "accounts": 2, "forms": 2, "payments": 2, "delivery": 2, "relevance": 2,

	"tenancy": 1, "perm": 1, "audit": 1, "jobs": 1, "mail": 1, "search": 1,

	"db": 0, "migrations": 0, "blob": 0, "seal": 0, "pii": 0, "errs": 0, "ident": 0, "money": 0, "clock": 0, "config": 0, "obs": 0, "letter": 0, "standards": 0,
}

// hosts are the packages that have extensions below them.
var hosts = []string{"accounts", "payments", "delivery"}

// rooms below a host that are part of it and no extension: doors use them.
var rooms = []string{"accounts/local", "accounts/provider"}

// testOnly are packages that only tests may import.
func testOnly(p string) bool {
	return strings.HasPrefix(p, "test/") || strings.HasSuffix(path.Base(p), "test") && p != "test"
}

// Import is one arrow.
type Import struct{ File, From, To string }

// Broken says which rule an import breaks, "" if none. from and to are paths
// below internal/; inTest says that the importing file is a test.
func Broken(from, to string, inTest bool) string {
	if testOnly(to) {
		if inTest || testOnly(from) {
			return ""
		}
		return "only tests may import " + to
	}
	if inTest || testOnly(from) {
		return ""
	}
	if base(from) == base(to) && !extension(from) && !extension(to) {
		return ""
	}
	if h, ok := hostOf(from); ok { // an extension: its host and the stones
		if to == h || strings.HasPrefix(to, from) || floor(to) == 0 || (h == "accounts" && to == "perm") || to == "tenancy" || to == "perm" {
			return ""
		}
		return "an extension may import its host, perm, tenancy and floor 0, not " + to
	}
	if _, ok := hostOf(to); ok {
		if floor(from) == 5 {
			return ""
		}
		return "extensions are imported by app only, not by " + from
	}
	f, t := floor(from), floor(to)
	switch {
	case f < 0:
		return from + " stands on no floor: add it to the table"
	case t < 0:
		return to + " stands on no floor: add it to the table"
	case t > f:
		return fmt.Sprintf("%s (floor %d) imports upwards: %s (floor %d)", from, f, to, t)
	case t == f && f >= 2 && f <= 4:
		return fmt.Sprintf("siblings never import each other: %s and %s (floor %d)", from, to, f)
	}
	return ""
}

// Forbidden says which package of the standard library or of others a package
// must not import, "" if it may.
func Forbidden(from, to string) string {
	switch {
	case to == "database/sql" && floor(from) >= 4:
		return "no SQL at the doors and above: " + from
	case to == "math/rand":
		return "crypto/rand or math/rand/v2, not math/rand: " + from
	case to == "testing" && !testOnly(from):
		return "testing is for tests: " + from
	}
	return ""
}

func extension(p string) bool { _, ok := hostOf(p); return ok }

func hostOf(p string) (string, bool) {
	if slices.Contains(rooms, p) {
		return "", false
	}
	for _, h := range hosts {
		if rest, ok := strings.CutPrefix(p, h+"/"); ok && !testOnly(p) && rest != "" {
			return h, true
		}
	}
	return "", false
}

// base is the room a package belongs to.
func base(p string) string {
	best := ""
	for k := range floors {
		if (p == k || strings.HasPrefix(p, k+"/")) && len(k) > len(best) {
			best = k
		}
	}
	return best
}

func floor(p string) int {
	b := base(p)
	if b == "" {
		return -1
	}
	return floors[b]
}

// Check parses every Go file below root and says each broken rule.
func Check(root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		from, inTest := filepath.ToSlash(rel), strings.HasSuffix(name, "_test.go")
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			why := ""
			if to, ok := strings.CutPrefix(p, module+"internal/"); ok {
				why = Broken(from, to, inTest)
			} else if !inTest {
				why = Forbidden(from, p)
			}
			if why != "" {
				out = append(out, filepath.Base(name)+": "+why)
			}
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}
