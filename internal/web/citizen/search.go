package citizen

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	Facets     []facet
	DidYouMean ui.Link
	Hits       []ui.Hit
	Pager      ui.Pager
	Place      []portalLink // portals of places named in the query
}

// facet is one kind of hits, to narrow the list down.
type facet struct {
	Text    string
	Count   int
	URL     string
	Current bool
}

// kinds in the order of the facets, with their name in addresses.
var kinds = []struct {
	kind search.Kind
	name string
}{
	{search.KindService, "leistung"},
	{search.KindSituation, "lebenslage"},
	{search.KindFacility, "einrichtung"},
	{search.KindPerson, "kontakt"},
}

// hitsPerPage is the length of a result page.
const hitsPerPage = 15

// searchQuery is what a result page was asked.
type searchQuery struct {
	Text       string
	Kind       search.Kind // "": all
	Page       int         // 1-based
	Everywhere bool
}

// parseSearch reads the address. Whatever it holds, it is a question.
func parseSearch(q url.Values) searchQuery {
	out := searchQuery{Text: cleanQuery(q.Get("q")), Everywhere: q.Get("portale") == "alle", Page: 1}
	for _, k := range kinds {
		if q.Get("art") == k.name {
			out.Kind = k.kind
		}
	}
	if n, err := strconv.Atoi(q.Get("seite")); err == nil && n > 1 {
		out.Page = min(n, search.MaxOffset/hitsPerPage)
	}
	return out
}

// address is the address of a result page.
func (q searchQuery) address() string {
	v := url.Values{"q": {q.Text}}
	for _, k := range kinds {
		if q.Kind == k.kind {
			v.Set("art", k.name)
		}
	}
	if q.Page > 1 {
		v.Set("seite", strconv.Itoa(q.Page))
	}
	if q.Everywhere {
		v.Set("portale", "alle")
	}
	return "/suche?" + v.Encode()
}

func (q searchQuery) at(page int) string         { q.Page = page; return q.address() }
func (q searchQuery) of(kind search.Kind) string { q.Kind, q.Page = kind, 1; return q.address() }
func (q searchQuery) asking(text string) string  { q.Text, q.Page = text, 1; return q.address() }

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
	ask := search.Query{Text: q.Text, Limit: hitsPerPage, Offset: (q.Page - 1) * hitsPerPage, Now: v.now}
	if q.Kind != "" {
		ask.Kinds = []search.Kind{q.Kind}
	}
	r := v.view.Search(ask)
	p.Total, p.Hits = r.Total, s.hits(v, r.Hits)
	p.Pager.Page, p.Pager.Pages = q.Page, (min(r.Total, search.MaxOffset)+hitsPerPage-1)/hitsPerPage
	if r.DidYouMean != "" {
		p.DidYouMean = ui.Link{Text: r.DidYouMean, URL: q.asking(r.DidYouMean)}
	}
	p.Facets = facetsOf(v, q, r.Facets)
	for _, place := range r.Places {
		for _, d := range s.c.Directory.AtPlace(v.door.Realm.ID, place) {
			l := s.atDoor(d, q.asking(q.Text))
			if d.Tenant.ID != v.door.Tenant.ID && !slices.ContainsFunc(p.Place, func(o portalLink) bool { return o.URL == l.URL }) {
				p.Place = append(p.Place, l)
			}
		}
	}
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
		named = append(named, search.NamedView{Name: t.Slug, View: view.Index()})
	}
	counts := map[search.Kind]int{}
	var groups []*group
	byKey := map[search.Key]*group{}
	for _, h := range search.SearchMany(named, search.Query{Text: q.Text, Limit: search.MaxLimit, Now: v.now}) {
		key := search.Key{Kind: h.Kind, ID: h.ID}
		if h.Kind == search.KindFacility || h.Kind == search.KindPerson {
			key.ID = h.Portals[0] + "/" + h.ID // slugs of two houses may be the same
		}
		g := byKey[key]
		if g == nil {
			g = &group{Hit: h.Hit}
			byKey[key] = g
			counts[h.Kind]++
			if q.Kind == "" || q.Kind == h.Kind {
				groups = append(groups, g)
			}
		}
		g.portals = append(g.portals, h.Portals...)
	}
	p.Total = len(groups)
	p.Pager.Page, p.Pager.Pages = q.Page, (len(groups)+hitsPerPage-1)/hitsPerPage
	p.Facets = facetsOf(v, q, counts)
	first := min((q.Page-1)*hitsPerPage, len(groups))
	for _, g := range groups[first:min(first+hitsPerPage, len(groups))] {
		if hit, ok := s.hitAnywhere(v, g, views); ok {
			p.Hits = append(p.Hits, hit)
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

// facetsOf are the kinds of what was found; one kind alone needs none.
func facetsOf(v *visit, q searchQuery, counts map[search.Kind]int) (out []facet) {
	all := 0
	for _, k := range kinds {
		if n := counts[k.kind]; n > 0 {
			all += n
			out = append(out, facet{Text: v.t("citizen.kinds." + k.name), Count: n, URL: q.of(k.kind), Current: q.Kind == k.kind})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return append([]facet{{Text: v.t("citizen.kind.all"), Count: all, URL: q.of(""), Current: q.Kind == ""}}, out...)
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
