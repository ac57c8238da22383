package relevance

import (
	"fmt"
	"testing"

	"stadttor/internal/search"
)

// What counting costs each question and each page that was opened from a list.
func BenchmarkCounting(b *testing.B) {
	var k book
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		words, ok := Question("Wo kann ich meinen Hund anmelden?")
		if !ok {
			b.Fatal("not counted")
		}
		k.asked(here, from(i%250), words, 3, noon)
		k.chose(here, from(i%250), words, dog, noon)
	}
}

// What a release costs at each node, for a layer that is full.
func BenchmarkRelease(b *testing.B) {
	list := make([]Synonym, MaxSynonyms)
	for i := range list {
		list[i] = Synonym{Word: fmt.Sprintf("wort%d von hier", i), Service: "hund"}
	}
	base := search.NewView(search.Build([]search.Doc{{Kind: search.KindService, ID: "hund", Title: "Hund anmelden"}}, search.Options{}), nil, nil)
	for b.Loop() {
		base.With(search.Learnt{Synonyms: []*search.Synonyms{compile(list)}})
	}
}
