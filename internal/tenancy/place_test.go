package tenancy

import (
	"testing"

	"stadttor/internal/standards/ars"
)

func TestResponsibilityWalksFromThePlaceToTheBund(t *testing.T) {
	tenants := []Tenant{
		{Realm: "a", ID: "kreis", Name: "Kreis Musterland", Kind: KindKreis, ARS: "990010000000"},
		{Realm: "a", ID: "stadt", Name: "Stadt Torhausen", Kind: KindStadt, ARS: "990010001001"},
		{Realm: "a", ID: "frei", Name: "Stadt Freiburg", Kind: KindStadt, ARS: "990020000000"},
		{Realm: "a", ID: "aachen", Name: "Städteregion Aachen", Kind: KindKreis, ARS: "053340000000"},
		{Realm: "b", ID: "fremd", Name: "Stadt Aachen", Kind: KindStadt, ARS: "053340002002"},
	}
	for _, c := range []struct {
		rule  string
		place ars.Key
		want  map[ars.Level]string
		names map[ars.Level]string
	}{
		{"municipality, then its Kreis", "990010001001", map[ars.Level]string{ars.LevelGemeinde: "stadt", ars.LevelKreis: "kreis"}, map[ars.Level]string{ars.LevelKreis: "Kreis Musterland"}},
		{"municipality that takes no part: only its Kreis", "990010009009", map[ars.Level]string{ars.LevelKreis: "kreis"}, nil},
		{"city without Kreis answers at both steps", "990020000000", map[ars.Level]string{ars.LevelGemeinde: "frei", ars.LevelKreis: "frei"}, nil},
		{"tenant of another realm does not answer", "053340002002", map[ars.Level]string{ars.LevelKreis: "aachen"},
			map[ars.Level]string{ars.LevelGemeinde: "Aachen", ars.LevelKreis: "Städteregion Aachen", ars.LevelRegierungsbezirk: "Köln", ars.LevelLand: "Nordrhein-Westfalen", ars.LevelBund: "Deutschland"}},
		{"nobody of the realm", "010010000000", nil, map[ars.Level]string{ars.LevelGemeinde: "Flensburg", ars.LevelLand: "Schleswig-Holstein"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			steps := responsible(tenants, "a", c.place)
			if len(steps) != 6 || steps[0].Key != c.place || steps[5].Level != ars.LevelBund {
				t.Fatalf("%d steps", len(steps))
			}
			for _, s := range steps {
				got := ""
				if s.Ours {
					got = string(s.Door.Tenant.ID)
				}
				if got != c.want[s.Level] {
					t.Errorf("level %d: %q, want %q", s.Level, got, c.want[s.Level])
				}
				if n := c.names[s.Level]; n != "" && s.Name != n {
					t.Errorf("level %d is called %q, want %q", s.Level, s.Name, n)
				}
			}
		})
	}
	if steps := responsible(tenants, "a", "1234"); steps != nil {
		t.Errorf("a key that is none: %v", steps)
	}
}

func TestHowWellATenantFitsAPlace(t *testing.T) {
	tor := Tenant{Kind: KindStadt, Name: "Stadt Torhausen", ARS: "990010001001", Settings: Settings{ShortName: "Torhausen", AGS: "99001001",
		Places: []Place{{PLZ: "00101", Name: "Torhausen", District: "Mühlgrund"}, {PLZ: "00102", Name: "Torhausen"}}}}
	cost := func(q string) int { return readPlace(q).cost(tor) }
	for _, pair := range []struct{ rule, better, worse string }{
		{"a name without errors before a misspelt one", "Torhausen", "Torhasuen"},
		{"code and name before a code that contradicts the name", "00101 Torhausen", "00101 Lindenbrück"},
		{"a code before a name that it contradicts", "00101 Lindenbrück", "00199 Torhausen"},
		{"a misspelt name before none", "Torhasuen", "Aachen"},
		{"a district", "mühlgrund", "Mühlgrunt"},
		{"code and misspelt name before code and another name", "00101 Torhasuen", "00101 Aachen"},
		{"a name although the code is wrong", "00199 Torhausen", "00199"},
	} {
		if a, b := cost(pair.better), cost(pair.worse); a >= b {
			t.Errorf("%s: %q costs %d, %q costs %d", pair.rule, pair.better, a, pair.worse, b)
		}
	}
	for _, q := range []string{"00101", "00102", "990010001001", "99001001", "00 101"} {
		if cost(q) != 0 {
			t.Errorf("%q costs %d", q, cost(q))
		}
	}
	for _, q := range []string{"", " ", "00199", "0010", "Aachen", "\xff", "-"} {
		if cost(q) != noPlace {
			t.Errorf("%q costs %d", q, cost(q))
		}
	}
}

func FuzzAPlaceAskedFor(f *testing.F) {
	for _, q := range []string{"00101", "00101 Torhausen", "\xff00101", "Mühlgrund", "٩٩"} {
		f.Add(q)
	}
	tor := Tenant{Name: "Stadt Torhausen", Settings: Settings{ShortName: "Torhausen", Places: []Place{{PLZ: "00101", Name: "Torhausen"}}}}
	f.Fuzz(func(t *testing.T, q string) {
		if c := readPlace(q).cost(tor); c < 0 || c > noPlace {
			t.Fatalf("%q costs %d", q, c)
		}
	})
}
