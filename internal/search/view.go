package search

import "math/bits"

// Set is a compact set of documents of one corpus. Nil means all of them.
type Set []uint64

// SetOf returns the set of the documents with the given keys; keys that the
// corpus does not hold are left out. Without keys the set is empty, not nil.
func (c *Corpus) SetOf(keys ...Key) Set {
	s := c.emptySet()
	for _, k := range keys {
		if id, ok := c.byKey[k]; ok {
			s[id/64] |= 1 << (id % 64)
		}
	}
	return s
}

// Select returns the set of the documents for which keep answers true.
func (c *Corpus) Select(keep func(Key) bool) Set {
	s := c.emptySet()
	for id := range c.docs {
		if keep(c.docs[id].key) {
			s[id/64] |= 1 << (id % 64)
		}
	}
	return s
}

func (c *Corpus) emptySet() Set {
	return make(Set, (c.Len()+63)/64)
}

func (s Set) has(id uint32) bool {
	if s == nil {
		return true
	}
	i := int(id / 64)
	return i < len(s) && s[i]&(1<<(id%64)) != 0
}

// Len returns the number of documents in the set; a nil set counts none itself.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// View is what one portal sees: the documents of a library that it offers, and
// its own. Own documents replace library documents of the same key. A view
// costs a bit for each library document, and its own corpus.
type View struct {
	library *Corpus
	seen    Set // of the library: offered and not replaced
	own     *Corpus
	learnt  learnt
}

// NewView returns a view. Library and own may be nil. The set belongs to the
// view afterwards and must not be changed.
func NewView(library *Corpus, offered Set, own *Corpus) *View {
	v := &View{library: library, seen: offered, own: own}
	if library == nil || own == nil {
		return v
	}
	copied := false
	for id := range own.docs {
		lib, ok := library.byKey[own.docs[id].key]
		if !ok || !v.seen.has(lib) {
			continue
		}
		if !copied {
			seen := library.emptySet()
			if v.seen == nil {
				for i := range library.docs {
					seen[i/64] |= 1 << (i % 64)
				}
			} else {
				copy(seen, v.seen)
			}
			v.seen, copied = seen, true
		}
		v.seen[lib/64] &^= 1 << (lib % 64)
	}
	return v
}

// Len returns the number of documents the portal sees.
func (v *View) Len() int {
	n := v.own.Len()
	if v.seen == nil {
		return n + v.library.Len()
	}
	return n + v.seen.Len()
}
