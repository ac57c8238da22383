package search

import (
	"hash/maphash"
	"slices"
	"sync"
	"weak"
)

// placeNames are the place names of a realm: the folded name to the name as
// given. Immutable.
type placeNames struct {
	given  []string // as handed over
	folded map[string]string
}

// known keeps the place names that are in use, by the hash of the list: all
// tenants of a realm have the same ones, and a thousand tenants with the names
// of a thousand tenants each would else be a million.
var known struct {
	mu   sync.Mutex // guards by
	by   map[uint64]weak.Pointer[placeNames]
	seed maphash.Seed
}

// placeNamesOf folds a list of place names, or finds it folded already.
func placeNamesOf(list []string) *placeNames {
	if len(list) == 0 {
		return &placeNames{}
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.by == nil {
		known.by, known.seed = map[uint64]weak.Pointer[placeNames]{}, maphash.MakeSeed()
	}
	var h maphash.Hash
	h.SetSeed(known.seed)
	for _, name := range list {
		_, _ = h.WriteString(name)
		_ = h.WriteByte(0)
	}
	sum := h.Sum64()
	if p := known.by[sum].Value(); p != nil && slices.Equal(p.given, list) {
		return p
	}
	for old, w := range known.by { // lists that no corpus uses any more
		if w.Value() == nil {
			delete(known.by, old)
		}
	}
	p := &placeNames{given: slices.Clone(list), folded: make(map[string]string, len(list))}
	for _, name := range list {
		if f := foldText(name); f != "" {
			p.folded[f] = name
		}
	}
	known.by[sum] = weak.Make(p)
	return p
}
