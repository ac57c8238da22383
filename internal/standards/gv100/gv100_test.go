package gv100

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stadttor/internal/clock/clocktest"
	"stadttor/internal/standards/ars"
)

func TestTheRegisterIsWhole(t *testing.T) {
	r := register()
	if len(r.places) != 10953 {
		t.Errorf("%d places", len(r.places))
	}
	lands := map[string]bool{}
	for _, p := range r.places {
		if p.ARS.Level() != ars.LevelGemeinde || len(p.AGS) != 8 || p.Name == "" || strings.Contains(p.Name, ",") || p.Inhabitants < 0 {
			t.Fatalf("%+v", p)
		}
		if p.Land() == "" {
			t.Fatalf("%s is in no Land", p.Name)
		}
		if p.Kreis() == "" && p.Kind != Unbewohnt {
			t.Fatalf("%s is in no Kreis", p.Name)
		}
		lands[p.Land()] = true
		if q, ok := At(p.ARS); !ok || q != p {
			t.Fatalf("%s is not found by its ARS", p.Name)
		}
		if q, ok := ByAGS(p.AGS); !ok || q != p {
			t.Fatalf("%s is not found by its AGS", p.Name)
		}
	}
	if len(lands) != 16 {
		t.Errorf("%d Länder", len(lands))
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		rule, query string
		first       string // name of the first hit
		several     bool
		exact       bool
	}{
		{"name", "Aachen", "Aachen", false, true},
		{"lower case", "aachen", "Aachen", false, true},
		{"umlaut", "Köln", "Köln", false, true},
		{"umlaut as two letters", "Koeln", "Köln", false, true},
		{"umlaut left out", "Koln", "Köln", false, true},
		{"oe that is none", "Soest", "Soest", false, true},
		{"sharp s", "Großenhain", "Großenhain", false, true},
		{"double s", "Grossenhain", "Großenhain", false, true},
		{"addition left out, several", "Frankfurt", "Frankfurt am Main", true, true},
		{"addition shortened", "Frankfurt a. M.", "Frankfurt am Main", false, true},
		{"addition with a slash", "Frankfurt/Oder", "Frankfurt (Oder)", false, true},
		{"addition in brackets", "halle saale", "Halle (Saale)", false, true},
		{"small words left out", "Neustadt Weinstraße", "Neustadt an der Weinstraße", false, true},
		{"Sankt as St.", "St. Augustin", "Sankt Augustin", false, true},
		{"hyphen left out", "Castrop Rauxel", "Castrop-Rauxel", false, true},
		{"many of one name", "Neuenkirchen", "Neuenkirchen", true, true},
		{"beginning", "Göpping", "Göppingen", false, true},
		{"postal code of one", "52062", "Aachen", false, true},
		{"postal code with the country", "D-52062", "Aachen", false, true},
		{"postal code and name", "52062 Aachen", "Aachen", false, true},
		{"postal code wins over a wrong name", "52062 Köln", "Aachen", false, true},
		{"postal code of several", "24582", "Bordesholm", true, true},
		{"AGS", "05334002", "Aachen", false, true},
		{"ARS", "053340002002", "Aachen", false, true},
		{"ARS with blanks", "05 3 34 0002 002", "Aachen", false, true},
		{"ARS that does not follow from the AGS", "160615051097", "Uder", false, true},
		{"Kreis", "Landkreis Göppingen", "Göppingen", true, true},
		{"Kreis by another word", "Kreis Göppingen", "Göppingen", true, true},
		{"Kreis with a name of its own", "Rhein-Sieg-Kreis", "Troisdorf", true, true},
		{"key of a Kreis", "053340002", "Aachen", false, true},
		{"letter left out", "Göppigen", "Göppingen", false, false},
		{"letters swapped", "Hambrug", "Hamburg", false, false},
		{"wrong letter", "Flemsburg", "Flensburg", false, false},
		{"as it sounds", "Tübigen", "Tübingen", false, false},
		{"misspelt without its addition", "Frankfrut", "Frankfurt am Main", true, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			got, exact := Find(c.query, 20)
			if len(got) == 0 || got[0].Name != c.first || (len(got) > 1) != c.several || exact != c.exact {
				var names []string
				for _, p := range got {
					names = append(names, p.Name)
				}
				t.Errorf("%q: %q, exact %v", c.query, names, exact)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, text string
		errors     int
		ok         bool
	}{
		{"Mühlgrund", "muehl", 0, true},
		{"Mühlgrund", "Mühlgrunt", 1, true},
		{"Lindenbrück", "Lindenbrük", 1, true},
		{"Stadt Torhausen", "torhausen", 0, true},
		{"Torhausen", "Aachen", 0, false},
		{"Torhausen", "", 0, false},
		{"", "Torhausen", 0, false},
		{"Torhausen", strings.Repeat("T", 5000), 0, false},
	} {
		if n, ok := Match(c.name, c.text); ok != c.ok || ok && n != c.errors {
			t.Errorf("%q for %q: %d, %v", c.text, c.name, n, ok)
		}
	}
}

func TestWhatIsNoPlaceIsNotFound(t *testing.T) {
	for _, q := range []string{"", " ", "-", "123", "99999", "00000", "999999999999", "x", "xqzzwv", "<script>", "' UNION SELECT 1 --", "🏙️", "\xff\xfe", strings.Repeat("a", 10_000), "Atlantis"} {
		if got, _ := Find(q, 0); len(got) != 0 {
			t.Errorf("%.30q: %s and %d others", q, got[0].Name, len(got)-1)
		}
	}
}

func TestAPostalCodeAndAPlaceAreManyToMany(t *testing.T) {
	several := 0
	for _, p := range ByPLZ("24582") {
		if p.Name != "" {
			several++
		}
	}
	if several < 3 {
		t.Errorf("24582 lies in %d places", several)
	}
	n := 0
	for _, code := range []string{"52062", "52064", "52066", "52080"} {
		if slices.ContainsFunc(ByPLZ(code), func(p Place) bool { return p.Name == "Aachen" }) {
			n++
		}
	}
	if n != 4 {
		t.Errorf("Aachen has %d of four codes", n)
	}
}

func TestWalkNamesWhatContainsAPlace(t *testing.T) {
	for _, c := range []struct {
		rule string
		key  ars.Key
		want []string
	}{
		{"with Regierungsbezirk", "053340002002", []string{"Aachen", "", "Städteregion Aachen", "Köln", "Nordrhein-Westfalen", "Deutschland"}},
		{"with a union of municipalities", "160615051097", []string{"Uder", "EG Uder", "Landkreis Eichsfeld", "", "Thüringen", "Deutschland"}},
		{"city without Kreis", "010010000000", []string{"Flensburg", "", "Flensburg", "", "Schleswig-Holstein", "Deutschland"}},
		{"from a Kreis on", "08117", []string{"Landkreis Göppingen", "Stuttgart", "Baden-Württemberg", "Deutschland"}},
		{"a key that the register does not hold", "990010000001", []string{"", "", "", "", "", "Deutschland"}},
		{"no key", "12", []string{"Brandenburg", "Deutschland"}},
		{"no key at all", "", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var got []string
			for _, a := range Walk(c.key) {
				if a.Level != a.Key.Level() {
					t.Errorf("level of %q", a.Key)
				}
				got = append(got, a.Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestABrokenFileIsRefused(t *testing.T) {
	for _, text := range []string{"X\t01\tLand\n", "G\t01\tName\ts\t1\t2\n", "G\t010010000000\tFlensburg\tk\t24937\tviele\n", "L\tab\tLand\n", "L\t01\t\n", "\n", "G\t010010000000\tFlensburg\tkk\t24937\t5\n"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("L\t01\tSchleswig-Holstein\nG\t010010000000\tFlensburg\tk\t24937\t96326\n")
	f.Add("G\t160615051097\tUder\tg\t37318\t6134\t16061119\n")
	f.Add("K\t01001\tFlensburg\nV\t010515175\tMitte\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text)
		if err != nil {
			return
		}
		for _, n := range r.names {
			if n.folded == "" || r.places[n.place].Name == "" {
				t.Fatalf("%+v", n)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, q := range []string{"Aachen", "52062 Köln", "053340002002", "Frankfurt a. M.", "St.", "\xff", "a", "ß", "ı", "Kreis "} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		found, _ := Find(q, 7)
		if len(found) > 7 {
			t.Fatalf("%d found", len(found))
		}
		for _, p := range found {
			if p.Name == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// Bad input and misspelt names cost the most: all names are looked at. The
// bound is ten times what one takes on a slow core.
func TestFindIsQuick(t *testing.T) {
	register()
	queries := []string{"Göppigen", "Frankfrut", "Neuenkirchen", "52062", "xqzzwvkkkkk", strings.Repeat("ab ", 60), "Landkreis Göppingen", "Bad", "053340002"}
	var took []time.Duration
	for range 40 {
		for _, q := range queries {
			took = append(took, clocktest.Spent(t, func() { Find(q, 20) }))
		}
	}
	slices.Sort(took)
	t.Logf("p50 %v, p99 %v", took[len(took)/2], took[len(took)*99/100])
	if p50 := took[len(took)/2]; p50 > 20*time.Millisecond {
		t.Errorf("p50 %v", p50)
	}
}

func BenchmarkFindMisspelt(b *testing.B) {
	register()
	for b.Loop() {
		Find("Göppigen", 20)
	}
}
