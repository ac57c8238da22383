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
		{"berlin", "pairs.tsv", 0.82, 0.95},
		{"muenchen", "pairs.tsv", 0.85, 0.94},
		{"ozg", "pairs.tsv", 0.88, 0.95},
		{"berlin", "heldout.tsv", 0.75, 0.9},
		{"muenchen", "heldout.tsv", 0.6, 0.9},
		{"ozg", "heldout.tsv", 0.75, 0.75},
		{"musterland", "synonyms.tsv", 0.76, 0.93},
		{"muenchen", "keywords.tsv", 0.78, 0.91},
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
		if c.file == "pairs.tsv" || c.file == "keywords.tsv" {
			for _, m := range r.Misses {
				t.Logf("  %2d %-40s %s", m.Rank, m.Query, strings.Join(m.Got, " | "))
			}
		}
		if r.Success1 < c.s1 || r.Success5 < c.s5 {
			t.Errorf("%s %s: s@1 %.3f, s@5 %.3f; floors %.2f, %.2f", c.catalogue, c.file, r.Success1, r.Success5, c.s1, c.s5)
		}
	}
}

// misspell makes one error in the longest word of a query, of the kind k.
func misspell(query string, k int) string {
	words := strings.Fields(query)
	longest := 0
	for i, w := range words {
		if len([]rune(w)) > len([]rune(words[longest])) {
			longest = i
		}
	}
	r := []rune(words[longest])
	if len(r) < 5 {
		return query
	}
	at := 1 + (len(r)*7+k*5)%(len(r)-2)
	switch k % 4 {
	case 0: // a letter left out
		r = append(r[:at:at], r[at+1:]...)
	case 1: // two letters swapped
		r[at], r[at+1] = r[at+1], r[at]
	case 2: // a letter doubled
		r = append(r[:at+1:at+1], r[at:]...)
	case 3: // the key beside
		row := "qwertzuiopasdfghjklyxcvbnm"
		if i := strings.IndexRune(row, r[at]); i >= 0 {
			r[at] = rune(row[(i+1)%len(row)])
		} else {
			r[at] = 'e'
		}
	}
	words[longest] = string(r)
	return strings.Join(words, " ")
}

// Issue: with typing errors at most 5 points less. Each pair is asked with each of four errors.
func TestTypingErrorsCostLittle(t *testing.T) {
	for _, name := range []string{"berlin", "muenchen", "ozg"} {
		v := catalogue(t, name)
		pairs := append(pairsOf(t, "pairs.tsv", name), pairsOf(t, "keywords.tsv", name)...)
		var wrong []Pair
		for k := range 4 {
			for _, p := range pairs {
				p.Query, p.Group = misspell(p.Query, k), []string{"ausgelassen", "vertauscht", "doppelt", "Nachbartaste"}[k]
				wrong = append(wrong, p)
			}
		}
		right, typo := Evaluate(v, pairs), Evaluate(v, wrong)
		t.Logf("%s: right s@5 %.3f\n%s", name, right.Success5, typo)
		for _, m := range typo.Misses[:min(40, len(typo.Misses))] {
			t.Logf("  %2d %-40s %s", m.Rank, m.Query, strings.Join(m.Got, " | "))
		}
		if right.Success5-typo.Success5 > 0.05 {
			t.Errorf("%s: typing errors cost %.3f of success@5", name, right.Success5-typo.Success5)
		}
	}
}
