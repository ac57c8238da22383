package search

import (
	"slices"
	"sort"
	"strings"
)

// mention is a posting seen from the document.
type mention struct {
	what uint32 // term or concept
	q    uint16
	why  reason
}

// Pages of mentions, in entries.
const leastPage, mostPage = 1 << 10, 1 << 16

// mentions returns an empty list for n mentions.
func (b *builder) mentions(n int) []mention {
	if cap(b.page)-len(b.page) < n {
		b.page = make([]mention, 0, max(n, leastPage, min(2*cap(b.page), mostPage)))
	}
	from := len(b.page)
	b.page = b.page[:from+n]
	return b.page[from : from : from+n]
}

// count returns how often each of n terms or concepts is mentioned.
func count(lists [][]mention, n int) []uint32 {
	out := make([]uint32, n)
	for _, list := range lists {
		for _, m := range list {
			out[m.what]++
		}
	}
	return out
}

// place writes mentions as postings, from where at says for each term or
// concept, sorted by document; at then says where they end.
func place(lists [][]mention, at []uint32, into []posting) {
	for doc, list := range lists {
		for _, m := range list {
			into[at[m.what]] = posting{uint32(doc), m.q, m.why}
			at[m.what]++
		}
	}
}

func (b *builder) finish() {
	c := b.c
	heads, bodies := count(b.titles, len(b.texts)), count(b.running, len(b.texts))
	sorted := make([]uint32, 0, len(b.texts)) // terms that were not only seen but mentioned
	size := 0
	for id, text := range b.texts {
		if heads[id]+bodies[id] > 0 {
			sorted = append(sorted, uint32(id))
			size += len(text)
		}
	}
	slices.SortFunc(sorted, func(x, y uint32) int { return strings.Compare(b.texts[x], b.texts[y]) })
	// All texts share one string and all postings one slice.
	var text strings.Builder
	text.Grow(size)
	for _, id := range sorted {
		text.WriteString(b.texts[id])
	}
	all := text.String()
	c.terms = make([]term, len(sorted))
	var end uint32
	// take gives out the place of n postings.
	take := func(n *uint32) uint32 {
		from := end
		end, *n = end+*n, from
		return from
	}
	for i, id := range sorted {
		t, n := &c.terms[i], len(b.texts[id])
		t.text, all = all[:n], all[n:]
		t.head = take(&heads[id])
		t.body = take(&bodies[id])
		t.last = end
	}
	abouts := count(b.subjects, len(b.best))
	for number := range abouts {
		if abouts[number] > 0 {
			first := take(&abouts[number])
			c.concepts = append(c.concepts, concept{uint32(number), first, end})
		}
	}
	c.concepts = slices.Clip(c.concepts)
	c.postings = make([]posting, end)
	place(b.titles, heads, c.postings)
	place(b.running, bodies, c.postings)
	place(b.subjects, abouts, c.postings)
	if len(c.terms) >= largeCorpus {
		c.quick = make(map[string]uint32, len(c.terms))
		for i := range c.terms {
			c.quick[c.terms[i].text] = uint32(i)
		}
	}
	c.forms = b.forms.build()
	c.starts = slices.Clip(c.starts)
	sort.Slice(c.starts, func(i, j int) bool {
		a, b := c.starts[i], c.starts[j]
		if a.text != b.text {
			return a.text < b.text
		}
		return a.doc < b.doc
	})
}
