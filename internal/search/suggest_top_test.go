package search

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTheTopIsTheHeadOfAllInOrder(t *testing.T) {
	docs := make([]entry, 12)
	for i := range docs {
		docs[i].folded, docs[i].key = fmt.Sprint("titel ", i/3), Key{KindService, fmt.Sprint(i)}
	}
	rapid.Check(t, func(t *rapid.T) {
		top := topOf{most: rapid.IntRange(1, 8).Draw(t, "most")}
		best := map[*entry]float32{}
		for range rapid.IntRange(0, 40).Draw(t, "hits") {
			s := suggested{&docs[rapid.IntRange(0, len(docs)-1).Draw(t, "doc")], float32(rapid.IntRange(0, 4).Draw(t, "score"))}
			if old, ok := best[s.doc]; !ok || s.score > old {
				best[s.doc] = s.score
			}
			top.add(s)
		}
		var all []suggested
		for d, score := range best {
			all = append(all, suggested{d, score})
		}
		slices.SortFunc(all, func(a, b suggested) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		if want := all[:min(len(all), top.most)]; !slices.Equal(top.list, want) {
			t.Fatalf("got %v, want %v", top.list, want)
		}
	})
}
