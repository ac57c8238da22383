package citizen

import (
	"cmp"
	"slices"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/search"
	"stadttor/internal/tenancy"
)

// facet is one way to narrow the list down, or what narrows it down now: then
// URL leads to the list without it.
type facet struct {
	Text    string
	Count   int
	URL     string
	Current bool
}

// facetGroup is the facets of one kind.
type facetGroup struct {
	ID, Label string
	List      []facet
}

// mostFacets is how many of a group are shown.
const mostFacets = 8

// Names of those who are responsible and have no portal in the realm. Tenants
// have their slug; these words are no German place.
const (
	whoLand     = "land"
	whoBund     = "bund"
	whoSeveral  = "kommunen"
	whoSomebody = "andere"
)

// counts are what one more choice would leave of each facet.
type counts struct {
	kinds       map[search.Kind]int
	online      int
	situations  map[string]int
	authorities map[string]int
}

func newCounts() *counts {
	return &counts{map[search.Kind]int{}, 0, map[string]int{}, map[string]int{}}
}

// add counts something that has these facts at one portal or several, and
// reports whether it passes all filters. A hit of several portals passes if one
// of them does, and counts once.
func (n *counts) add(q searchQuery, kind search.Kind, at ...search.Facts) (passes bool) {
	isKind := q.Kind == "" || q.Kind == kind
	var kinds, online bool
	lives, whos := map[string]bool{}, map[string]bool{}
	for _, f := range at {
		isOnline := !q.Online || f.Online
		isLife := q.Life == "" || slices.Contains(f.Situations, q.Life)
		isWho := q.Who == "" || f.Authority == q.Who
		kinds = kinds || isOnline && isLife && isWho
		online = online || isKind && isLife && isWho && f.Online
		if isKind && isOnline && isWho {
			for _, l := range f.Situations {
				lives[l] = true
			}
		}
		if isKind && isOnline && isLife && f.Authority != "" {
			whos[f.Authority] = true
		}
	}
	if kinds {
		n.kinds[kind]++
	}
	if online {
		n.online++
	}
	for l := range lives {
		n.situations[l]++
	}
	for w := range whos {
		n.authorities[w]++
	}
	return isKind && kinds
}

// facts tells what a portal knows of a hit.
func (s *Server) facts(view *catalogue.View, k search.Key) search.Facts {
	switch k.Kind {
	case search.KindService:
		it, ok := view.ItemByID(k.ID)
		if !ok {
			return search.Facts{}
		}
		return search.Facts{Online: onlineHere(it), Situations: it.Situations, Authority: s.who(view, it)}
	case search.KindFacility, search.KindPerson:
		return search.Facts{Authority: view.Tenant.Slug}
	}
	return search.Facts{Situations: []string{k.ID}}
}

// factsAnywhere are the facts at each portal that offers something; of what
// none offers, at the first that knows it.
func (s *Server) factsAnywhere(g *group, views map[string]*catalogue.View) (out []search.Facts) {
	key := search.Key{Kind: g.Kind, ID: g.ID}
	for _, name := range g.portals {
		view := views[name]
		if it, ok := view.ItemByID(g.ID); g.Kind == search.KindService && (!ok || !it.Offered) {
			continue
		}
		out = append(out, s.facts(view, key))
	}
	if len(out) == 0 {
		out = append(out, s.facts(views[g.portals[0]], key))
	}
	return out
}

// who names in one word who is responsible for a service.
func (s *Server) who(view *catalogue.View, it catalogue.Item) string {
	if it.Offered {
		return view.Tenant.Slug
	}
	_, elsewhere := view.Charge(it.ID)
	slug, others := "", 0
	for _, id := range elsewhere {
		d, ok := s.c.Directory.DoorOf(id)
		switch {
		case !ok:
		case d.Tenant.Kind == tenancy.KindKreis:
			return d.Tenant.Slug
		default:
			slug = d.Tenant.Slug
			others++
		}
	}
	switch {
	case others == 1:
		return slug
	case others > 1:
		return whoSeveral
	case it.Level == catalogue.LevelLand:
		return whoLand
	case it.Level == catalogue.LevelBund:
		return whoBund
	}
	return whoSomebody
}

// whoName says it to people.
func (s *Server) whoName(v *visit, who string) string {
	switch who {
	case whoLand:
		return v.t("citizen.who.land")
	case whoBund:
		return v.t("citizen.who.bund")
	case whoSeveral:
		if v.door.Tenant.Kind == tenancy.KindKreis {
			return v.t("citizen.who.municipalities")
		}
		return v.t("citizen.who.neighbours")
	case whoSomebody:
		return v.t("citizen.who.elsewhere")
	}
	if t, ok := s.c.Directory.TenantBySlug(who); ok && t.Realm == v.door.Realm.ID {
		return t.Name
	}
	return who
}

// facets puts the ways to narrow the list down on the page: kinds in a row of
// their own, the others in groups. What would change nothing is left out.
func (s *Server) facets(v *visit, q searchQuery, n counts, p *searchPage) {
	all := 0
	for _, k := range kinds {
		if c := n.kinds[k.kind]; c > 0 {
			all += c
			p.Kinds = append(p.Kinds, facet{Text: v.t("citizen.kinds." + k.name), Count: c, URL: q.of(k.kind), Current: q.Kind == k.kind})
		}
		if q.Kind == k.kind {
			p.Chosen = append(p.Chosen, facet{Text: v.t("citizen.kinds." + k.name), URL: q.of("")})
		}
	}
	if len(p.Kinds) < 2 {
		p.Kinds = nil
	} else {
		p.Kinds = append([]facet{{Text: v.t("citizen.kind.all"), Count: all, URL: q.of(""), Current: q.Kind == ""}}, p.Kinds...)
	}
	if q.Online {
		p.Chosen = append(p.Chosen, facet{Text: v.t("citizensearch.online"), URL: q.with(func(q *searchQuery) { q.Online = false })})
	} else if n.online > 0 && n.online < p.Total {
		p.Facets = append(p.Facets, facetGroup{"online", v.t("citizensearch.how"), []facet{{Text: v.t("citizensearch.online"), Count: n.online, URL: q.with(func(q *searchQuery) { q.Online = true })}}})
	}
	lives := map[string]string{}
	for _, l := range v.view.Situations() {
		lives[l.Slug] = l.Name
	}
	p.choose("lage", v.t("citizensearch.life"), q.Life, n.situations, func(slug string) string { return lives[slug] }, func(slug string) string {
		return q.with(func(q *searchQuery) { q.Life = slug })
	})
	p.choose("stelle", v.t("citizensearch.who"), q.Who, n.authorities, func(who string) string { return s.whoName(v, who) }, func(who string) string {
		return q.with(func(q *searchQuery) { q.Who = who })
	})
	p.All = searchQuery{Text: q.Text, Everywhere: q.Everywhere}.address()
}

// choose adds one group, or what of it is chosen. name gives "" for what
// nobody knows.
func (p *searchPage) choose(id, label, chosen string, counts map[string]int, name, url func(string) string) {
	if chosen != "" {
		text := name(chosen)
		if text == "" {
			text = chosen
		}
		p.Chosen = append(p.Chosen, facet{Text: text, URL: url("")})
		return
	}
	var list []facet
	for key, n := range counts {
		if text := name(key); text != "" && ident.Slug(key) && n < p.Total {
			list = append(list, facet{Text: text, Count: n, URL: url(key)})
		}
	}
	slices.SortFunc(list, func(a, b facet) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Text, b.Text)) })
	if len(list) > 0 {
		p.Facets = append(p.Facets, facetGroup{id, label, list[:min(len(list), mostFacets)]})
	}
}
