package search

import "slices"

// tally counts documents by kind, of which there are few.
type tally []struct {
	kind Kind
	n    int
}

func (t *tally) add(k Kind) {
	for i := range *t {
		if (*t)[i].kind == k {
			(*t)[i].n++
			return
		}
	}
	*t = append(*t, struct {
		kind Kind
		n    int
	}{k, 1})
}

// count puts a document into the facets of the result, its kind into byKind, and
// reports whether it passes all filters.
func (r *Result) count(c *candidate, q *Query, byKind *tally) bool {
	m := &c.corpus.marks[c.doc]
	f := Facts{Online: m.online}
	switch {
	case q.Facts != nil:
		f = q.Facts(c.corpus.docs[c.doc].key)
	case m.situated:
		f.Situations = c.corpus.docs[c.doc].situations
	}
	its := kinds[m.kind]
	if m.kind == 0 {
		its = c.corpus.docs[c.doc].key.Kind
	}
	kind := len(q.Kinds) == 0 || slices.Contains(q.Kinds, its)
	online := !q.OnlineOnly || f.Online
	situation := q.Situation == "" || slices.Contains(f.Situations, q.Situation)
	authority := q.Authority == "" || f.Authority == q.Authority
	if online && situation && authority {
		byKind.add(its)
	}
	if kind && situation && authority && f.Online {
		r.Online++
	}
	if kind && online && authority {
		for _, s := range f.Situations {
			if r.Situations == nil {
				r.Situations = make(map[string]int, 8)
			}
			r.Situations[s]++
		}
	}
	if kind && online && situation && f.Authority != "" {
		if r.Authorities == nil {
			r.Authorities = make(map[string]int, 4)
		}
		r.Authorities[f.Authority]++
	}
	return kind && online && situation && authority
}
