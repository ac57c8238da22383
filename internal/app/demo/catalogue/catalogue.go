// Package catalogue holds the demo's services, units, staff and competences as
// XZuFi 2.2 transfer files, the way a real authority's editorial system would
// send them. Everything in them is invented: places, people, telephone numbers
// (range 00000) and addresses (.example).
//
// It decides nothing. The files go in through the same import as any other;
// what their own code lists mean stands in docs/standards/xzufi.md.
package catalogue

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.xml
var files embed.FS

// Files are all transfer files, in one folder.
var Files fs.FS = files

// libraries gives the beginning of the names of a realm's library files.
var libraries = map[string]string{
	"kreis-musterland": "bibliothek-musterland-",
	"verbund-nordau":   "nordau-bibliothek",
}

// Library gives the names of the files with a realm's shared services, sorted;
// none for a realm that is not in the demo.
func Library(realm string) []string {
	prefix, ok := libraries[realm]
	if !ok {
		return nil
	}
	return names(func(n string) bool { return strings.HasPrefix(n, prefix) })
}

// OfTenant gives the name of the file with a tenant's units, staff, competences
// and own texts, empty for a tenant that is not in the demo. It refers to the
// library of the tenant's realm, which has to be taken first.
func OfTenant(slug string) string {
	found := names(func(n string) bool {
		switch {
		case strings.Contains(n, "bibliothek"):
			return false
		case strings.HasPrefix(n, "nordau-"):
			return n == "nordau-"+slug+".xml"
		}
		return n == slug+".xml"
	})
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

func names(want func(string) bool) []string {
	all, err := fs.Glob(Files, "*.xml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return slices.DeleteFunc(all, func(n string) bool { return !want(n) })
}
