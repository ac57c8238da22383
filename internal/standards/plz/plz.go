// Package plz knows which municipalities share a postal code in Germany.
//
// Data: suche-postleitzahl.org from OpenStreetMap, stand 2021, reduced to
// code, AGS and place; one code may lie in several municipalities and the
// reverse. © OpenStreetMap contributors, ODbL 1.0 (see LICENSE.ODbL.txt).
// It never says who is responsible: that is tenancy's.
package plz

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed plz_ags.csv
var raw string

// Place is a municipality that uses a postal code.
type Place struct{ AGS, Name string }

var table = sync.OnceValue(func() map[string][]Place {
	m := make(map[string][]Place, 9000)
	for i, line := range strings.Split(raw, "\n") {
		f := strings.SplitN(strings.TrimSpace(line), ",", 3)
		if i == 0 || len(f) != 3 {
			continue
		}
		m[f[0]] = append(m[f[0]], Place{f[1], strings.Trim(f[2], `"`)})
	}
	return m
})

// Lookup lists the municipalities of a postal code of five digits; none for an
// unknown one. The list is shared: do not change it.
func Lookup(code string) []Place { return table()[code] }
