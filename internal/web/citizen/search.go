package citizen

import (
	"net/http"
	"slices"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/search"
	"stadttor/internal/web/ui"
)

// searchPage is what GET /suche shows.
type searchPage struct {
	Field      ui.Search
	Query      string
	Everywhere bool // all portals of the realm were asked
	Total      int
	Kinds      []facet      // to narrow the list down
	Facets     []facetGroup // in other ways
	Chosen     []facet      // what narrows it down now
	All        string       // address without any of it
	DidYouMean ui.Link
	Hits       []ui.Hit
	Near       []ui.Hit // where there are none: what lies near
	Pager      ui.Pager
	Place      []portalLink // portals of places named in the query
	Vote       vote

	keys []search.Key // of Hits
}

// search serves GET /suche. Result pages are not kept: their addresses are
// without number.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	v, u, err := s.visitOf(r)
	if err != nil {
		return err
	}
	q := parseSearch(r.URL.Query())
	v.page.Languages = languages(v.page.Lang, q.address())
	s.rememberLanguage(w, r)
	v.banner()
	v.page.NoIndex, v.page.NoSearch = true, true
	v.page.Title = v.t("citizen.search.title")
	if q.Text != "" {
		v.page.Title = v.t("citizen.search.titlefor", "q", q.Text)
	}
	p := searchPage{Query: q.Text, Everywhere: q.Everywhere, Field: searchField(v.page, "q", q.Text)}
	if len(s.c.Directory.Tenants(v.door.Realm.ID)) > 1 {
		p.Field.ScopeName, p.Field.ScopeValue = "portale", "hier"
		p.Field.Scope = []ui.Option{{Value: "hier", Label: v.t("citizen.search.here")}, {Value: "alle", Label: v.t("citizen.search.everywhere", "name", v.door.Realm.Name)}}
		if q.Everywhere {
			p.Field.ScopeValue = "alle"
		}
	}
	if q.Text != "" {
		if q.Everywhere {
			err = s.searchAll(r, v, q, &p)
		} else {
			s.searchHere(v, q, &p)
		}
		if err != nil {
			return err
		}
		p.Vote = voteOf(v, q, &p, r.URL.Query().Get("danke") == "ja")
		if q == (searchQuery{Text: q.Text, Page: 1, Everywhere: q.Everywhere}) && p.Vote.Thanks == "" { // not a second look at the same list
			s.asked(r, q.Text, p.Total)
		}
	}
	p.Pager.Label = v.t("citizen.search.pages")
	p.Pager.URL = q.at
	w.Header().Set("Vary", "Cookie")
	if u.Citizen.Guest() {
		w.Header().Set("Cache-Control", "private, max-age=60")
	}
	return ui.Render(w, r, http.StatusOK, searchView(v.page, v, p))
}

func (s *Server) searchHere(v *visit, q searchQuery, p *searchPage) {
	ask := search.Query{Text: q.Text, Limit: hitsPerPage, Offset: (q.Page - 1) * hitsPerPage, Now: v.now,
		OnlineOnly: q.Online, Situation: q.Life, Authority: q.Who, Facts: func(k search.Key) search.Facts { return s.facts(v.view, k) }}
	if q.Kind != "" {
		ask.Kinds = []search.Kind{q.Kind}
	}
	r := v.view.Search(ask)
	if r.DidYouMean != "" {
		p.DidYouMean = ui.Link{Text: r.DidYouMean, URL: q.asking(r.DidYouMean)}
	}
	for _, place := range r.Places {
		for _, d := range s.c.Directory.AtPlace(v.door.Realm.ID, place) {
			l := s.atDoor(d, q.asking(q.Text))
			if d.Tenant.ID != v.door.Tenant.ID && !slices.ContainsFunc(p.Place, func(o portalLink) bool { return o.URL == l.URL }) {
				p.Place = append(p.Place, l)
			}
		}
	}
	if r.Near {
		p.Near = s.hits(v, r.Hits)
		return
	}
	p.Total = r.Total
	for _, h := range r.Hits {
		if hit, ok := s.hit(v, v.view, h); ok {
			p.Hits, p.keys = append(p.Hits, hit), append(p.keys, search.Key{Kind: h.Kind, ID: h.ID})
		}
	}
	p.Pager.Page, p.Pager.Pages = q.Page, (min(r.Total, search.MaxOffset)+hitsPerPage-1)/hitsPerPage
	s.facets(v, q, counts{r.Facets, r.Online, r.Situations, r.Authorities}, p)
}

// group is one thing found in several portals: each has its own wording, but
// people look for the thing.
type group struct {
	search.Hit
	portals []string // tenant slugs, the best hit first
}

// searchAll asks all portals of the realm. What is found beyond
// search.MaxLimit wordings is not shown.
func (s *Server) searchAll(r *http.Request, v *visit, q searchQuery, p *searchPage) error {
	views := map[string]*catalogue.View{}
	var named []search.NamedView
	for _, t := range s.c.Directory.Tenants(v.door.Realm.ID) {
		view, err := s.c.Catalogue.Published(r.Context(), t.ID)
		if err != nil {
			return err
		}
		views[t.Slug] = view
		named = append(named, search.NamedView{Name: t.Slug, View: view.Index(), Here: t.ID == v.door.Tenant.ID})
	}
	var groups []*group
	byKey := map[search.Key]*group{}
	hits, near := search.SearchMany(named, search.Query{Text: q.Text, Limit: search.MaxLimit, Now: v.now})
	for _, h := range hits {
		key := search.Key{Kind: h.Kind, ID: h.ID}
		if h.Kind == search.KindFacility || h.Kind == search.KindPerson {
			key.ID = h.Portals[0] + "/" + h.ID // slugs of two houses may be the same
		}
		g := byKey[key]
		if g == nil {
			g = &group{Hit: h.Hit}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.portals = append(g.portals, h.Portals...)
	}
	if near {
		for _, g := range groups {
			if hit, ok := s.hitAnywhere(v, g, views); ok {
				p.Near = append(p.Near, hit)
			}
		}
		groups = nil
	}
	n := newCounts()
	groups = slices.DeleteFunc(groups, func(g *group) bool { return !n.add(q, g.Kind, s.factsAnywhere(g, views)...) })
	p.Total = len(groups)
	p.Pager.Page, p.Pager.Pages = q.Page, (len(groups)+hitsPerPage-1)/hitsPerPage
	s.facets(v, q, *n, p)
	if p.Total == 0 { // the spelling is the same everywhere
		if r := v.view.Search(search.Query{Text: q.Text, Limit: 1}); r.DidYouMean != "" {
			p.DidYouMean = ui.Link{Text: r.DidYouMean, URL: q.asking(r.DidYouMean)}
		}
	}
	first := min((q.Page-1)*hitsPerPage, len(groups))
	for _, g := range groups[first:min(first+hitsPerPage, len(groups))] {
		if hit, ok := s.hitAnywhere(v, g, views); ok {
			p.Hits, p.keys = append(p.Hits, hit), append(p.keys, search.Key{Kind: g.Kind, ID: g.ID})
		}
	}
	return nil
}

// hitAnywhere shows something found in several portals: here if this portal
// offers it or several others do (its page then leads to them), else where it is.
func (s *Server) hitAnywhere(v *visit, g *group, views map[string]*catalogue.View) (ui.Hit, bool) {
	var offering []*catalogue.View
	here := g.Kind == search.KindSituation
	for _, name := range g.portals {
		view := views[name]
		if g.Kind == search.KindService {
			if it, ok := view.ItemByID(g.ID); !ok || !it.Offered {
				continue
			}
		}
		here = here || view == v.view
		offering = append(offering, view)
	}
	from := v.view
	if !here && len(offering) == 1 {
		from = offering[0]
	}
	hit, ok := s.hit(v, from, g.Hit)
	if !ok { // a service that only others have
		from = views[g.portals[0]]
		if hit, ok = s.hit(v, from, g.Hit); !ok {
			return hit, false
		}
	}
	if from != v.view {
		if l, ok := s.portalOf(from.Tenant.ID, hit.URL); ok {
			hit.URL, hit.External = l.URL, true
		}
	}
	var names []string
	for _, view := range offering {
		names = append(names, view.Tenant.ShortName)
		hit.Online = hit.Online || g.Kind == search.KindService && onlineAt(view, g.ID)
	}
	slices.Sort(names)
	switch {
	case g.Kind == search.KindSituation:
	case len(names) > 4:
		hit.Detail = v.t("citizen.search.inmany", "names", strings.Join(names[:3], ", "), "more", len(names)-3)
	case len(names) > 0:
		hit.Detail = v.t("citizen.search.in", "names", strings.Join(names, ", "))
	}
	return hit, true
}

func onlineAt(view *catalogue.View, id string) bool {
	it, ok := view.ItemByID(id)
	return ok && onlineHere(it)
}

// hits shows what the search of this portal found.
func (s *Server) hits(v *visit, found []search.Hit) []ui.Hit {
	out := make([]ui.Hit, 0, len(found))
	for _, h := range found {
		if hit, ok := s.hit(v, v.view, h); ok {
			out = append(out, hit)
		}
	}
	return out
}

func (s *Server) hit(v *visit, view *catalogue.View, h search.Hit) (ui.Hit, bool) {
	switch h.Kind {
	case search.KindService:
		it, ok := view.ItemByID(h.ID)
		return ui.Hit{Title: it.Title, URL: "/leistungen/" + it.Slug, Kind: v.t("citizen.kind.leistung"), Text: lead(it.Short, 180), Detail: s.whoText(v.page, view, it), Online: onlineHere(it)}, ok
	case search.KindFacility:
		f, _, _, ok := view.Facility(h.ID)
		return ui.Hit{Title: f.Name, URL: "/einrichtungen/" + f.Slug, Kind: v.t("citizen.kind.einrichtung"), Text: lead(f.Text, 180), Detail: addressLine(f)}, ok
	case search.KindPerson:
		c, f, ok := view.Contact(h.ID)
		return ui.Hit{Title: c.Name(), URL: "/kontakte/" + c.Slug, Kind: v.t("citizen.kind.kontakt"), Text: c.Function, Detail: f.Name}, ok
	case search.KindSituation:
		l, _, ok := view.Situation(h.ID)
		return ui.Hit{Title: l.Name, URL: "/lebenslagen/" + l.Slug, Kind: v.t("citizen.kind.lebenslage"), Text: l.Line}, ok
	}
	return ui.Hit{}, false
}
