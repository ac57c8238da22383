package ars

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Key
		ok   bool
	}{
		"Gemeinde":                   {"990010000001", "990010000001", true},
		"blocks with blanks":         {"99 0 01 0000 001", "990010000001", true},
		"Kreis":                      {"99001", "99001", true},
		"Land":                       {"99", "99", true},
		"Bund":                       {"000000000000", Bund, true},
		"no length of a level":       {"9900100", "", false},
		"AGS has eight digits":       {"16061119", "", false},
		"letters":                    {"9900100000ab", "", false},
		"digits of another script":   {"٩٩", "", false},
		"empty":                      {"", "", false},
		"longer than the whole code": {"9900100000011", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(c.in)
			if got != c.want || (err == nil) != c.ok {
				t.Errorf("Parse(%q) = %q, %v", c.in, got, err)
			}
		})
	}
}

func TestWalkGoesFromThePlaceToTheWholeCountry(t *testing.T) {
	for in, want := range map[Key][]Key{
		"160615051097": {"160615051097", "160615051", "16061", "160", "16", Bund},
		"99001":        {"99001", "990", "99", Bund},
		Bund:           {Bund},
		"1234":         nil,
		"":             nil,
	} {
		if got := in.Walk(); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestContains(t *testing.T) {
	for name, c := range map[string]struct {
		area, place Key
		want        bool
	}{
		"Kreis contains its Gemeinde":           {"99001", "990010000003", true},
		"Kreis filled up with zeros as well":    {"990010000000", "990010000003", true},
		"Gemeinde contains itself":              {"990010000003", "990010000003", true},
		"Gemeinde does not contain its Kreis":   {"990010000003", "99001", false},
		"Kreis does not contain the neighbour":  {"99001", "990020000003", false},
		"Bund contains all":                     {Bund, "99", true},
		"a Land does not contain the Bund":      {"99", Bund, false},
		"a key that is none contains nothing":   {"9", "990010000003", false},
		"a place that is none is in no area":    {"99", "9900", false},
		"Gemeindeverband contains its Gemeinde": {"160615051", "160615051097", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.area.Contains(c.place); got != c.want {
				t.Errorf("%q contains %q: %v", c.area, c.place, got)
			}
		})
	}
}

func TestLevelAndCanonicalForm(t *testing.T) {
	for in, want := range map[Key]struct {
		level     Level
		canonical Key
	}{
		"990010000003": {LevelGemeinde, "990010000003"},
		"990010000000": {LevelGemeinde, "99001"},
		"160615051":    {LevelGemeindeverband, "160615051"},
		"99001":        {LevelKreis, "99001"},
		"053":          {LevelRegierungsbezirk, "053"},
		"99":           {LevelLand, "99"},
		"990000000000": {LevelGemeinde, "99"},
		Bund:           {LevelBund, Bund},
		"x":            {LevelNone, "x"},
	} {
		if in.Level() != want.level || in.Canonical() != want.canonical {
			t.Errorf("%q: level %d, canonical %q", in, in.Level(), in.Canonical())
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"99", "990010000001", "99 0 01 0000 001", "", "٩٩"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := Parse(s)
		if err != nil {
			return
		}
		walk := k.Walk()
		if len(walk) == 0 || walk[0] != k || walk[len(walk)-1] != Bund {
			t.Fatalf("walk of %q: %q", k, walk)
		}
		for _, w := range walk {
			if !w.Contains(k) && w != k {
				t.Fatalf("%q is on the walk of %q and does not contain it", w, k)
			}
		}
	})
}
