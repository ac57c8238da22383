package search

import (
	"slices"
	"strings"
	"testing"
)

// What a vocabulary knows must not change by being built upon: the phrases go
// through another form on the way.
func TestAVocabularyBuiltUponAnotherKnowsTheSame(t *testing.T) {
	base := BuiltIn()
	again := NewVocabulary(base, nil)
	if a, b := base.names, again.names; !slices.Equal(a, b) {
		t.Fatalf("%d names became %d", len(a), len(b))
	}
	told := func(v *Vocabulary, text string) (out []meaning) {
		b := v.bag()
		defer b.free()
		for i, tok := range german().analyse(text) {
			b.put(v.number(tok.stem), 1, 1<<i)
		}
		b.find(0, func(m meaning) { out = append(out, m) })
		slices.SortFunc(out, func(a, b meaning) int { return int(a.phrase) - int(b.phrase) })
		return out
	}
	for _, text := range []string{"Perso verloren", "Hund anmelden", "ich ziehe um", "Müll wird nicht abgeholt", "Container vor dem Haus"} {
		a, b := told(base, text), told(again, text)
		if len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%q: %d meanings became %d", text, len(a), len(b))
		}
	}
}

// Each entry is one line that a person reads when a wording pulls the wrong
// service; so it has to be short, and no wording may stand there twice.
func TestEntriesAreReadable(t *testing.T) {
	entries, err := OwnEntries()
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2500 {
		t.Errorf("%d entries; the product promises 2,500", len(entries))
	}
	for _, e := range entries {
		seen := make(map[string]bool)
		for _, w := range slices.Concat(e.Words, e.Loose) {
			if k := strings.ToLower(w); seen[k] {
				t.Errorf("%s: %q stands there twice", e.Official[0], w)
			} else {
				seen[k] = true
			}
			if len(strings.Fields(w)) > 8 {
				t.Errorf("%s: %q is a sentence, nobody asks it in these words", e.Official[0], w)
			}
			if strings.ContainsAny(w, "|>\t\u00ad") {
				t.Errorf("%s: %q holds a sign of the file's form", e.Official[0], w)
			}
		}
	}
}
