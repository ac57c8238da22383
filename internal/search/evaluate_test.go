package search

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// lines returns the rows of a tab-separated test file without comments.
func lines(t testing.TB, name string) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, l := range strings.Split(string(raw), "\n") {
		if l != "" && l[0] != '#' {
			out = append(out, strings.Split(l, "\t"))
		}
	}
	return out
}

// catalogue reads a real catalogue; the second column of München's is the
// LeiKa key, the last one of it the text.
func catalogue(t testing.TB, name string) *View {
	t.Helper()
	var docs []Doc
	for i, f := range lines(t, name+".tsv") {
		d := Doc{Kind: KindService, ID: fmt.Sprint(i), Title: f[0]}
		if len(f) == 3 {
			d.LeiKa, d.Lead = f[1], f[2]
		}
		docs = append(docs, d)
	}
	return NewView(Build(docs, Options{}), nil, nil)
}

func pairsOf(t testing.TB, file, catalogue string) []Pair {
	t.Helper()
	var out []Pair
	for _, f := range lines(t, file) {
		if f[0] == catalogue {
			out = append(out, Pair{Query: f[1], Want: strings.Split(f[2], "|"), Group: f[3]})
		}
	}
	return out
}

// The floors are set below what is reached, so that only a real loss fails.
func TestQuality(t *testing.T) {
	for _, c := range []struct {
		catalogue, file string
		s1, s5          float64
	}{
		{"berlin", "pairs.tsv", 0.5, 0.75},
		{"muenchen", "pairs.tsv", 0.5, 0.75},
		{"ozg", "pairs.tsv", 0.5, 0.75},
		{"berlin", "heldout.tsv", 0.4, 0.6},
		{"muenchen", "heldout.tsv", 0.4, 0.6},
		{"ozg", "heldout.tsv", 0.4, 0.6},
	} {
		v := catalogue(t, c.catalogue)
		pairs := pairsOf(t, c.file, c.catalogue)
		for _, p := range pairs {
			found := false
			for id := range v.library.docs {
				for _, w := range p.Want {
					found = found || strings.Contains(v.library.docs[id].folded, foldText(w))
				}
			}
			if !found {
				t.Errorf("%s: no title answers %q: %v", c.catalogue, p.Query, p.Want)
			}
		}
		r := Evaluate(v, pairs)
		t.Logf("%s %s\n%s", c.catalogue, c.file, r)
		if c.file == "pairs.tsv" {
			for _, m := range r.Misses {
				t.Logf("  %2d %-40s %s", m.Rank, m.Query, strings.Join(m.Got, " | "))
			}
		}
		if r.Success1 < c.s1 || r.Success5 < c.s5 {
			t.Errorf("%s %s: s@1 %.3f, s@5 %.3f; floors %.2f, %.2f", c.catalogue, c.file, r.Success1, r.Success5, c.s1, c.s5)
		}
	}
}
