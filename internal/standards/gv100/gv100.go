package gv100

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"stadttor/internal/standards/ars"
	"stadttor/internal/standards/plz"
)

//go:embed gv100.tsv.gz
var packed []byte

// Kind says what a municipality is.
type Kind byte

// The kinds, by their letter in the file.
const (
	Gemeinde     Kind = 'g'
	Markt        Kind = 'm'
	Stadt        Kind = 's'
	Kreisfrei    Kind = 'k' // a city that does the work of a Kreis as well
	Gemeindefrei Kind = 'b' // an inhabited area without municipality
	Unbewohnt    Kind = 'u' // nobody lives there; not found by name
)

// Place is one municipality.
type Place struct {
	ARS         ars.Key // 12 digits
	AGS         string  // 8 digits
	Name        string  // without additions: "Flensburg", "Burg (Dithmarschen)"
	Kind        Kind
	PLZ         string // of the seat of the administration; may be empty
	Inhabitants int
}

// Area is a place or something wider that contains it.
type Area struct {
	Key   ars.Key
	Level ars.Level
	Name  string // empty if the register names none
}

// table is the register, unpacked. All strings share one text.
type table struct {
	places []Place // by ARS
	byAGS  []int32 // places by AGS
	names  []name  // of all places people ask for
	kreise []name  // place holds the number of the Kreis in areas
	areas  map[ars.Key]string
}

// name is what a place is looked for by.
type name struct {
	folded string // without words like "am" and "der"
	sig    uint32 // letters of it
	place  int32
}

// regions are the Regierungsbezirke by the first three digits of the key. In
// other Länder the third digit means nothing that anybody knows.
var regions = map[ars.Key]string{
	"051": "Düsseldorf", "053": "Köln", "055": "Münster", "057": "Detmold", "059": "Arnsberg",
	"064": "Darmstadt", "065": "Gießen", "066": "Kassel",
	"081": "Stuttgart", "082": "Karlsruhe", "083": "Freiburg", "084": "Tübingen",
	"091": "Oberbayern", "092": "Niederbayern", "093": "Oberpfalz", "094": "Oberfranken", "095": "Mittelfranken", "096": "Unterfranken", "097": "Schwaben",
}

var register = sync.OnceValue(func() *table {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("gv100: embedded register: " + err.Error())
	}
	var text strings.Builder
	text.Grow(500_000)
	if _, err := io.Copy(&text, z); err != nil {
		panic("gv100: embedded register: " + err.Error())
	}
	t, err := parse(text.String())
	if err != nil {
		panic("gv100: embedded register: " + err.Error())
	}
	return t
})

// parse reads the lines that make.go wrote.
func parse(text string) (*table, error) {
	t := &table{areas: make(map[ars.Key]string, 1700), places: make([]Place, 0, 11_000), names: make([]name, 0, 11_000)}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		bad := len(f) < 3
		var key ars.Key
		if !bad {
			var err error
			key, err = ars.Parse(f[1])
			bad = err != nil || string(key) != f[1] || f[2] == ""
		}
		switch {
		case bad:
		case f[0] == "G" && len(f) >= 6 && key.Level() == ars.LevelGemeinde && len(f[3]) == 1:
			p := Place{ARS: key, Name: f[2], Kind: Kind(f[3][0]), PLZ: f[4]}
			people, err := strconv.Atoi(f[5])
			if p.Inhabitants = people; err != nil {
				bad = true
				break
			}
			if len(f) > 6 {
				p.AGS = f[6]
			} else {
				p.AGS = f[1][:5] + f[1][9:]
			}
			t.places = append(t.places, p)
		case f[0] == "L" || f[0] == "K" || f[0] == "V":
			t.areas[key] = f[2]
		default:
			bad = true
		}
		if bad {
			return nil, errLine(n)
		}
	}
	slices.SortFunc(t.places, func(a, b Place) int { return cmp.Compare(a.ARS, b.ARS) })
	for i, p := range t.places {
		t.byAGS = append(t.byAGS, int32(i))
		if p.Kind != Unbewohnt {
			t.add(&t.names, p.Name, int32(i))
		}
	}
	slices.SortFunc(t.byAGS, func(a, b int32) int { return cmp.Compare(t.places[a].AGS, t.places[b].AGS) })
	for key, n := range t.areas {
		if key.Level() == ars.LevelKreis {
			i, _ := strconv.Atoi(string(key))
			t.add(&t.kreise, n, int32(i))
		}
	}
	order := func(a, b name) int { return cmp.Or(cmp.Compare(a.folded, b.folded), cmp.Compare(a.place, b.place)) }
	slices.SortFunc(t.names, order)
	slices.SortFunc(t.kreise, order)
	return t, nil
}

func (t *table) add(to *[]name, text string, place int32) {
	if f := fold(text); f != "" {
		*to = append(*to, name{f, signature(f), place})
	}
}

type errLine int

func (e errLine) Error() string {
	return "line " + strconv.Itoa(int(e)) + " is not as make.go writes it"
}

// At gives the municipality of a key of twelve digits.
func At(key ars.Key) (Place, bool) {
	t := register()
	i, ok := slices.BinarySearchFunc(t.places, key, func(p Place, k ars.Key) int { return cmp.Compare(p.ARS, k) })
	if !ok {
		return Place{}, false
	}
	return t.places[i], true
}

// ByAGS gives the municipality of an AGS of eight digits.
func ByAGS(ags string) (Place, bool) {
	t := register()
	i, ok := slices.BinarySearchFunc(t.byAGS, ags, func(i int32, k string) int { return cmp.Compare(t.places[i].AGS, k) })
	if !ok {
		return Place{}, false
	}
	return t.places[t.byAGS[i]], true
}

// ByPLZ lists the municipalities of a postal code, the most people first. A
// code may lie in several; a municipality that was dissolved since the list of
// codes was made is left out.
func ByPLZ(code string) []Place {
	var out []Place
	for _, p := range plz.Lookup(code) {
		if x, ok := ByAGS(p.AGS); ok {
			out = append(out, x)
		}
	}
	if len(code) == 5 {
		for _, p := range register().places {
			if p.PLZ == code && p.Kind != Unbewohnt && !slices.ContainsFunc(out, func(o Place) bool { return o.ARS == p.ARS }) {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, bigger)
	return out
}

func bigger(a, b Place) int {
	return cmp.Or(cmp.Compare(b.Inhabitants, a.Inhabitants), cmp.Compare(a.ARS, b.ARS))
}

// Walk gives a key and every wider area with its name, in the order in which
// competence is looked for: 12, 9, 5, 3, 2 digits, Bund. Areas that the
// register does not name keep their key and have no name.
func Walk(key ars.Key) []Area {
	t := register()
	var out []Area
	for _, k := range key.Walk() {
		a := Area{Key: k, Level: k.Level(), Name: t.areas[k]}
		switch a.Level {
		case ars.LevelGemeinde:
			if p, ok := At(k); ok {
				a.Name = p.Name
			}
		case ars.LevelRegierungsbezirk:
			a.Name = regions[k]
		case ars.LevelBund:
			a.Name = "Deutschland"
		}
		out = append(out, a)
	}
	return out
}

// Kreis gives the Kreis of the place; for a city without Kreis its own name.
func (p Place) Kreis() string { return register().areas[p.ARS[:5]] }

// Land gives the Land of the place.
func (p Place) Land() string { return register().areas[p.ARS[:2]] }

// Verband gives the name of the union that keeps the offices of several small
// municipalities, empty if there is none.
func (p Place) Verband() string { return register().areas[p.ARS[:9]] }
