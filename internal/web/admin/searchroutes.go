package admin

import (
	"net/http"
	"slices"
	"strings"

	"stadttor/internal/catalogue"
	"stadttor/internal/perm"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// taughtAt is where an editor teaches the search: the portal's own authority,
// or the whole realm.
type taughtAt struct {
	tenancy.Layer
	base string // address of its pages
	view *catalogue.View
}

// searchHandler is a page of one such place.
type searchHandler func(w http.ResponseWriter, r *http.Request, at taughtAt) error

// Addresses of the two places.
const (
	searchBase      = "/verwaltung/suche"
	searchRealmBase = "/verwaltung/suche/verbund"
)

// searchRoutes are the pages of the search, for the authority and, with the
// right to the library, for the realm.
func (s *Server) searchRoutes() (out []ui.Route) {
	for _, p := range []struct {
		base  string
		right perm.Right
		realm bool
	}{{searchBase, perm.EditContent, false}, {searchRealmBase, perm.EditLibrary, true}} {
		add := func(method, path string, h searchHandler) {
			out = append(out, ui.Route{Pattern: method + " " + p.base + path, Audience: ui.Office, Right: p.right, Handle: s.teach(p.base, p.realm, h), MaxBody: longBody})
		}
		add("GET", "", s.searchWords)
		add("POST", "/freischalten", s.searchRelease)
		add("POST", "/verwerfen", s.searchDiscard)
		add("GET", "/woerter.csv", s.searchExport)
		add("GET", "/wort", s.searchNew)
		add("POST", "/wort", s.searchSave)
		add("GET", "/wort/{id}", s.searchEdit)
		add("POST", "/wort/{id}", s.searchSave)
		add("POST", "/wort/{id}/loeschen", s.searchRemove)
		add("GET", "/import", s.searchImport)
		add("POST", "/import", s.searchTake)
		add("GET", "/pruefen", s.searchTrial)
		add("POST", "/pruefen", s.searchJudge)
		add("POST", "/pruefen/{id}/loeschen", s.searchForget)
		if !p.realm { // visits are a portal's
			add("GET", "/ohne-treffer", s.searchMisses)
			add("POST", "/ohne-treffer/{frage}/ausblenden", s.searchHide)
		}
	}
	return out
}

func (s *Server) teach(base string, realm bool, h searchHandler) ui.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		door := ui.VisitOf(r).Door
		at := taughtAt{Layer: tenancy.Layer{Realm: door.Realm}, base: base}
		if !realm {
			at.Tenant = &door.Tenant
		}
		var err error
		if at.view, err = s.c.Catalogue.Published(r.Context(), door.Tenant.ID); err != nil {
			return err
		}
		return h(w, r, at)
	}
}

// searchFrame starts a page; the place is named so that nobody teaches all
// portals by mistake.
func (at taughtAt) frame(r *http.Request, title string) ui.Page {
	page := office.Page(r, title, office.NavSearch)
	page.Detail = at.name(page)
	if title != "relevance.words.title" {
		page.Breadcrumb = []ui.Link{{Text: page.T("relevance.words.title"), URL: at.base}}
	}
	return page
}

// name says whose search is taught.
func (at taughtAt) name(page ui.Page) string {
	if at.Tenant == nil {
		return page.T("relevance.place.realm", "name", at.Realm.Name)
	}
	return at.Tenant.Name
}

// ways are the pages of the place, and the other place for who may teach both.
func (at taughtAt) ways(r *http.Request, page ui.Page, current string) (out []ui.Link) {
	add := func(key, path string) {
		if path != current {
			out = append(out, ui.Link{Text: page.T(key), URL: at.base + path})
		}
	}
	add("relevance.words.title", "")
	if at.Tenant != nil {
		add("relevance.misses.title", "/ohne-treffer")
	}
	add("relevance.trial.title", "/pruefen")
	add("relevance.import.title", "/import")
	who := ui.Staff(r)
	switch {
	case at.Tenant != nil && who.May(perm.EditLibrary):
		out = append(out, ui.Link{Text: page.T("relevance.words.torealm"), URL: searchRealmBase})
	case at.Tenant == nil && who.May(perm.EditContent):
		out = append(out, ui.Link{Text: page.T("relevance.words.totenant"), URL: searchBase})
	}
	return out
}

// titleOf names a service to people, by its identifier if nothing else is known.
func (at taughtAt) titleOf(service string) string {
	if it, ok := at.view.ItemByID(service); ok {
		return it.Title
	}
	return service
}

// find gives the services that a text names: identifier, slug, LeiKa key or
// title.
func (at taughtAt) find(text string) (out []string) {
	if _, ok := at.view.ItemByID(text); ok {
		return []string{text}
	}
	for _, it := range at.view.Services() {
		if it.Slug == text {
			return []string{it.ID}
		}
		if it.LeiKa != "" && it.LeiKa == text || strings.EqualFold(it.Title, text) {
			out = append(out, it.ID)
		}
	}
	return out
}

// nameOf is the text by which find gives the service again: its title, or its
// identifier where several have that title.
func (at taughtAt) nameOf() func(service string) string {
	byTitle := map[string]int{}
	for _, it := range at.view.Services() {
		byTitle[strings.ToLower(it.Title)]++
	}
	return func(service string) string {
		if it, ok := at.view.ItemByID(service); ok && byTitle[strings.ToLower(it.Title)] == 1 {
			return it.Title
		}
		return service
	}
}

// services are all of the portal, to choose one.
func (at taughtAt) services() (out []ui.Option) {
	for _, it := range at.view.Services() {
		out = append(out, ui.Option{Value: it.ID, Label: it.Title})
	}
	return slices.Clip(out)
}
