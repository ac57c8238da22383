package citizen

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/standards/ars"
	"stadttor/internal/standards/gv100"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// placePage is what GET /ort shows.
type placePage struct {
	Query   string
	Service catalogue.Page // the service it is about, if any
	Found   []placeHit
	Kreis   portalLink // answers for everybody at the place, or in the realm
	All     []portalLink
	Abroad  []abroad // places outside the realm that are meant, or may be
	Exact   bool     // they are called as asked, not merely alike
	More    bool     // there are more of them than shown
}

// abroad is a municipality that no tenant of the realm is.
type abroad struct {
	Name, Kreis, Land, Verband string
	Self                       string     // address of this page about it alone
	Wider                      portalLink // who of the realm answers for its Kreis, if anybody
}

// mostAbroad is the number of places outside the realm that are shown.
const mostAbroad = 20

// placeHit is a tenant at the place.
type placeHit struct {
	portalLink
	Address string
	Here    bool // this very portal
}

// place serves GET /ort: who is responsible where somebody lives. With
// ?leistung= it leads straight to that service.
func (s *Server) place(w http.ResponseWriter, r *http.Request) error {
	v, _, err := s.visitOf(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := placePage{Query: cleanQuery(q.Get("q"))}
	path := "/"
	if slug := q.Get("leistung"); ident.Slug(slug) {
		if x, ok := v.view.Service(slug); ok {
			p.Service, path = x, "/leistungen/"+slug
		}
	}
	s.rememberLanguage(w, r)
	v.banner()
	v.page.Languages = languages(v.page.Lang, "/ort")
	v.page.Title, v.page.NoIndex = v.t("citizen.place.title"), p.Query != ""
	at := s.c.Directory.AtPlace(v.door.Realm.ID, p.Query)
	chosen, isChosen := gv100.At(ars.Key(q.Get("ars")))
	if isChosen {
		at = nil
	}
	for _, d := range at {
		c := d.Tenant.Contact
		p.Found = append(p.Found, placeHit{portalLink: s.atDoor(d, path), Address: c.Street + ", " + c.PLZ + " " + c.City, Here: d.Tenant.ID == v.door.Tenant.ID})
	}
	for _, t := range s.c.Directory.Tenants(v.door.Realm.ID) {
		l, ok := s.portalOf(t.ID, path)
		switch {
		case !ok:
		case l.Kreis:
			p.Kreis = l
		default:
			p.All = append(p.All, l)
		}
	}
	if isChosen {
		p.Abroad, p.Exact = []abroad{s.abroad(v, p, chosen, path)}, true
	} else {
		s.lookAbroad(v, &p, path)
	}
	if len(p.Found) > 0 && p.Kreis.URL != "" {
		s.ownKreis(v, &p, at[0].Tenant, path)
	}
	w.Header().Set("Vary", "Cookie")
	return ui.Render(w, r, http.StatusOK, placeView(v.page, v, p))
}

// lookAbroad finds municipalities outside the realm. If the realm has the place
// itself, only those of the very same name count: somebody may mean another one.
func (s *Server) lookAbroad(v *visit, p *placePage, path string) {
	found, exact := gv100.Find(p.Query, mostAbroad+1)
	if len(p.Found) > 0 && !exact {
		return
	}
	p.Exact = exact
	for _, x := range found {
		if s.isOurs(v, x) {
			continue
		}
		if len(p.Abroad) == mostAbroad {
			p.More = true
			break
		}
		p.Abroad = append(p.Abroad, s.abroad(v, *p, x, path))
	}
}

func (s *Server) isOurs(v *visit, x gv100.Place) bool {
	return slices.ContainsFunc(s.c.Directory.Tenants(v.door.Realm.ID), func(t tenancy.Tenant) bool {
		return t.Kind != tenancy.KindKreis && t.ARS == string(x.ARS)
	})
}

func (s *Server) abroad(v *visit, p placePage, x gv100.Place, path string) abroad {
	q := url.Values{"q": {p.Query}, "ars": {string(x.ARS)}}
	if p.Service.Slug != "" {
		q.Set("leistung", p.Service.Slug)
	}
	a := abroad{Name: x.Name, Kreis: x.Kreis(), Land: x.Land(), Verband: x.Verband(), Self: "/ort?" + q.Encode()}
	for _, step := range s.c.Directory.Responsible(v.door.Realm.ID, x.ARS) {
		if step.Ours {
			a.Wider = s.atDoor(step.Door, path)
			break
		}
	}
	return a
}

// ownKreis names the Kreis of the place found instead of the realm's first one.
func (s *Server) ownKreis(v *visit, p *placePage, t tenancy.Tenant, path string) {
	for _, step := range s.c.Directory.Responsible(v.door.Realm.ID, ars.Key(t.ARS)) {
		if step.Ours && step.Door.Tenant.Kind == tenancy.KindKreis {
			p.Kreis = s.atDoor(step.Door, path)
			return
		}
	}
}

// placeButton names what the button does: to the portal, or to the service there.
func placeButton(page ui.Page, p placePage, h placeHit) string {
	switch {
	case p.Service.Title != "":
		return page.T("citizen.place.toservice")
	case h.Here:
		return page.T("citizen.place.here")
	}
	return page.T("citizen.place.toportal")
}

// placesTitle heads the list of places outside the realm.
func placesTitle(page ui.Page, p placePage) string {
	switch {
	case len(p.Found) > 0:
		return page.T("citizenplace.others")
	case !p.Exact:
		return page.T("citizenplace.meant", "q", p.Query)
	}
	return page.T("citizenplace.choose", "q", p.Query)
}

// placeWhere tells places of one name apart: by Kreis and Land, and where that
// is not enough by the union of municipalities.
func placeWhere(all []abroad, a abroad) string {
	alike := 0
	for _, b := range all {
		if a.Name == b.Name && a.Kreis == b.Kreis {
			alike++
		}
	}
	var where []string
	if alike > 1 && a.Verband != "" {
		where = append(where, a.Verband)
	}
	if a.Kreis != "" && a.Kreis != a.Name {
		where = append(where, a.Kreis)
	}
	return strings.Join(append(where, a.Land), ", ")
}

// placeFacts says what contains a place.
func placeFacts(page ui.Page, a abroad) []ui.Fact {
	facts := []ui.Fact{{Name: page.T("citizenplace.municipality"), Values: []string{a.Name}}}
	add := func(key, value string) {
		if value != "" && value != a.Name {
			facts = append(facts, ui.Fact{Name: page.T(key), Values: []string{value}})
		}
	}
	add("citizenplace.union", a.Verband)
	add("citizenplace.kreis", a.Kreis)
	if a.Land != "" {
		facts = append(facts, ui.Fact{Name: page.T("citizenplace.land"), Values: []string{a.Land}})
	}
	return facts
}
