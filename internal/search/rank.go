package search

import (
	"sort"
)

// Search answers a query. Where nothing matches, the hits are what lies near
// (Result.Near), if anything does. An empty query has no hits.
func (v *View) Search(q Query) Result {
	src := v.sources()
	p := makePlan(src, q, false)
	found := v.run(p)
	if best(found) < weakResult && len(p.slots) > 0 {
		again := makePlan(src, q, true)
		if more := v.run(again); best(more) > best(found)*1.15 {
			p, found = again, more
		}
	}
	found = v.ask(q, p, found)
	if len(found) > 0 {
		return p.result(found)
	}
	wide := p.around(src)
	if wide == nil {
		return p.result(nil)
	}
	wide.corrected, wide.placeName = p.corrected, p.placeName
	r := wide.result(closest(v.run(wide)))
	r.Near = len(r.Hits) > 0
	return r
}

// merge adds candidates to others; a document in both keeps its better score.
func merge(found, more []candidate, factor float32) []candidate {
	type doc struct {
		c *Corpus
		d uint32
	}
	at := make(map[doc]int, len(found))
	for i, c := range found {
		at[doc{c.corpus, c.doc}] = i
	}
	for _, c := range more {
		c.score *= factor
		if i, ok := at[doc{c.corpus, c.doc}]; !ok {
			found = append(found, c)
		} else if found[i].score < c.score {
			found[i] = c
		}
	}
	return found
}

func best(found []candidate) float32 {
	var b float32
	for i := range found {
		b = max(b, found[i].score)
	}
	return b
}

func (v *View) sources() sources {
	var src sources
	if v.library != nil {
		src = append(src, v.library)
	}
	if v.own != nil {
		src = append(src, v.own)
	}
	return src
}

func (v *View) run(p *plan) []candidate {
	if len(p.slots) == 0 && len(p.places) == 0 && p.digits == "" {
		return nil
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	var out []candidate
	if v.library != nil {
		v.library.score(p, s)
		out = v.library.collect(p, s, v.seen, false, v.learnt.library, out)
	}
	if v.own != nil {
		v.own.score(p, s)
		out = v.own.collect(p, s, nil, true, v.learnt.own, out)
	}
	return out
}

// page filters, counts and sorts candidates and returns those of the page.
func (p *plan) page(found []candidate) (page []candidate, r Result) {
	q := &p.filter
	var byKind tally
	kept := found[:0]
	floor := best(found) * lowestPart
	for i := range found {
		if c := &found[i]; c.score >= floor && r.count(c, q, &byKind) {
			kept = append(kept, *c)
		}
	}
	r.Facets = make(map[Kind]int, len(byKind))
	for _, k := range byKind {
		r.Facets[k.kind] = k.n
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 10
	}
	limit = min(limit, MaxLimit)
	offset := min(max(q.Offset, 0), MaxOffset)
	r.Total = len(kept)
	kept = top(kept, offset+limit)
	if offset >= len(kept) {
		return nil, r
	}
	return kept[offset:], r
}

// top returns the best n candidates in order.
func top(c []candidate, n int) []candidate {
	if len(c) > 4*n+64 {
		// Find a score that about n candidates pass, then sort only those.
		scores := make([]float32, len(c))
		for i := range c {
			scores[i] = c[i].score
		}
		bar := nth(scores, n)
		kept := c[:0]
		for _, x := range c {
			if x.score >= bar {
				kept = append(kept, x)
			}
		}
		c = kept
	}
	sort.Slice(c, func(i, j int) bool { return before(&c[i], &c[j]) })
	if len(c) > n {
		c = c[:n]
	}
	return c
}

// nth returns the n-th largest score (quickselect); it reorders its input.
func nth(s []float32, n int) float32 {
	lo, hi, k := 0, len(s)-1, n-1
	for lo < hi {
		pivot := s[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for s[i] > pivot {
				i++
			}
			for s[j] < pivot {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return s[k]
		}
	}
	return s[k]
}

func before(a, b *candidate) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	x, y := &a.corpus.docs[a.doc], &b.corpus.docs[b.doc]
	if len(x.folded) != len(y.folded) {
		return len(x.folded) < len(y.folded)
	}
	if x.folded != y.folded {
		return x.folded < y.folded
	}
	if x.key.Kind != y.key.Kind {
		return x.key.Kind < y.key.Kind
	}
	return x.key.ID < y.key.ID
}

func (p *plan) result(found []candidate) Result {
	page, r := p.page(found)
	r.DidYouMean, r.Places = p.corrected, p.placeName
	for _, c := range page {
		r.Hits = append(r.Hits, c.hit())
	}
	return r
}

func (c *candidate) hit() Hit {
	e := &c.corpus.docs[c.doc]
	h := Hit{Kind: e.key.Kind, ID: e.key.ID, Score: float64(c.score), Own: c.own}
	if c.taught != nil {
		h.Match = c.taught.words + " → " + e.title
	} else {
		h.Match = c.corpus.explain(c.via, c.doc)
	}
	return h
}
