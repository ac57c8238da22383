package search

// SearchMany asks all portals of a realm at once. A library document that
// several portals inherit is one hit that names them all; own documents are
// hits of their portal alone. Each library is ranked once, however many portals
// share it. What editors of the portal taught where the question is asked
// (NamedView.Here) counts for all. near is Result.Near.
func SearchMany(views []NamedView, q Query) (out []ManyHit, near bool) {
	var libraries []*Corpus
	var src sources
	has := make(map[*Corpus]bool)
	for _, nv := range views {
		if nv.View == nil {
			continue
		}
		if l := nv.View.library; l != nil && !has[l] {
			has[l] = true
			libraries = append(libraries, l)
			src = append(src, l)
		}
		if o := nv.View.own; o != nil && !has[o] {
			has[o] = true
			src = append(src, o)
		}
	}
	p := makePlan(src, q, false)
	found, portals := runMany(views, libraries, p)
	if best(found) < weakResult && len(p.slots) > 0 {
		again := makePlan(src, q, true)
		if more, names := runMany(views, libraries, again); best(more) > best(found)*1.15 {
			p, found, portals = again, more, names
		}
	}
	for _, nv := range views {
		if nv.View != nil && nv.Here {
			ways := func(p *plan) []candidate { more, _ := runMany(views, libraries, p); return more }
			found = nv.View.learnt.ask(src, q, p, found, libraries, owners(views), ways)
		}
	}
	if len(found) == 0 {
		if wide := p.around(src); wide != nil {
			p, near = wide, true
			found, portals = runMany(views, libraries, wide)
			found = closest(found)
		}
	}
	page, _ := p.page(found)
	for _, c := range page {
		if names := portals(c); len(names) > 0 {
			out = append(out, ManyHit{c.hit(), names})
		}
	}
	return out, near && len(out) > 0
}

// runMany ranks for all views and returns the candidates with a function that
// names the portals of one of them.
func runMany(views []NamedView, libraries []*Corpus, p *plan) ([]candidate, func(candidate) []string) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	var found []candidate
	for _, l := range libraries {
		l.score(p, s)
		all := l.collect(p, s, nil, false, nil, nil)
		for _, c := range all {
			for _, nv := range views {
				if nv.View != nil && nv.View.library == l && nv.View.seen.has(c.doc) {
					found = append(found, c)
					break
				}
			}
		}
	}
	owner := make(map[*Corpus][]string)
	for _, nv := range views {
		if nv.View == nil || nv.View.own == nil {
			continue
		}
		o := nv.View.own
		if _, done := owner[o]; !done {
			o.score(p, s)
			found = o.collect(p, s, nil, true, nil, found)
		}
		owner[o] = append(owner[o], nv.Name)
	}
	return found, func(c candidate) []string {
		if c.own {
			return owner[c.corpus]
		}
		var names []string
		for _, nv := range views {
			if nv.View != nil && nv.View.library == c.corpus && nv.View.seen.has(c.doc) {
				names = append(names, nv.Name)
			}
		}
		return names
	}
}

// owners lists the corpora that portals have to themselves.
func owners(views []NamedView) (out []*Corpus) {
	for _, nv := range views {
		if nv.View != nil && nv.View.own != nil {
			out = append(out, nv.View.own)
		}
	}
	return out
}
