package citizen

import (
	"net/http"

	"stadttor/internal/catalogue"
	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// placePage is what GET /ort shows.
type placePage struct {
	Query   string
	Service catalogue.Page // the service it is about, if any
	Found   []placeHit
	Kreis   portalLink // answers for everybody in the realm
	All     []portalLink
}

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
	for _, d := range s.c.Directory.AtPlace(v.door.Realm.ID, p.Query) {
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
	w.Header().Set("Vary", "Cookie")
	return ui.Render(w, r, http.StatusOK, placeView(v.page, v, p))
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
