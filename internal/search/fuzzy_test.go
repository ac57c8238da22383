package search

import (
	"testing"

	"pgregory.net/rapid"
)

// What the signatures rule out is not compared: they must not rule out a word
// within the errors that are accepted.
func TestSignaturesRuleOutNoWordThatIsNear(t *testing.T) {
	word := rapid.StringMatching(`[a-e1ß]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		limit := rapid.IntRange(1, 3).Draw(t, "limit")
		if d, ok := distance(a, b, limit); ok && !sign(a).within(sign(b), limit) {
			t.Fatalf("%q and %q are %.1f apart, but ruled out at %d", a, b, d, limit)
		}
	})
}

func TestErrorsOfTheHandWeighLess(t *testing.T) {
	for _, c := range []struct {
		rule, a, b string
		limit      int
		want       float32 // negative: too far
	}{
		{"the same word", "hundesteuer", "hundesteuer", 1, 0},
		{"a letter left out", "hundsteuer", "hundesteuer", 2, 1},
		{"a letter doubled", "hunndesteuer", "hundesteuer", 2, cheapDouble},
		{"a double letter left out", "musterma", "mustermaa", 2, cheapDouble},
		{"the key beside", "hundestruer", "hundesteuer", 2, cheapOther},
		{"another letter", "hundestquer", "hundesteuer", 2, 1},
		{"two letters swapped", "hundetseuer", "hundesteuer", 2, cheapOther},
		{"three doubled cost less than two errors", "hhunndestteuer", "hundesteuer", 2, 3 * cheapDouble},
		{"more than the limit", "hndsteuer", "hundesteuer", 1, -1},
		{"far longer", "hund", "hundesteueranmeldung", 3, -1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			d, ok := distance(c.a, c.b, c.limit)
			if ok != (c.want >= 0) || ok && (d < c.want-0.001 || d > c.want+0.001) {
				t.Errorf("%s, %s: %v %v, want %v", c.a, c.b, d, ok, c.want)
			}
		})
	}
}
