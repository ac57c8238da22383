package citizen

import (
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// startPage is what GET / shows.
type startPage struct {
	Search  ui.Search
	Opening []string // paragraphs of the portal's own text
	Online  []ui.Link
	Tiles   []ui.TileData
	Notices []tenancy.Notice
	Places  bool // the portal asks for the place: there is more than one tenant
	Others  []portalLink
}

// mostChips bounds the row of services that can be done on-line at once.
const mostChips = 8

// start serves GET /.
func (s *Server) start(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title = v.t("citizen.start.title")
	v.page.Description = lead(v.door.Portal.Opening, 155)
	v.page.Nav, v.page.Bare, v.page.NoSearch = ui.NavStart, true, true
	p := startPage{Search: searchField(v.page, "q", ""), Opening: paragraphs(v.door.Portal.Opening), Notices: v.running()}
	for _, it := range v.view.Services() {
		if it.Online && it.Offered && len(p.Online) < mostChips {
			p.Online = append(p.Online, ui.Link{Text: it.Title, URL: "/leistungen/" + it.Slug})
		}
	}
	for _, l := range v.view.Situations() {
		p.Tiles = append(p.Tiles, ui.TileData{Icon: l.Icon, Title: l.Name, Text: l.Line, URL: "/lebenslagen/" + l.Slug})
	}
	for _, t := range s.c.Directory.Tenants(v.door.Realm.ID) {
		if t.ID != v.door.Tenant.ID {
			if l, ok := s.portalOf(t.ID, "/"); ok {
				p.Others = append(p.Others, l)
			}
		}
	}
	p.Places = len(p.Others) > 0
	return startView(v.page, v, p), nil
}

// searchField is the large search field of a page.
func searchField(p ui.Page, id, query string) ui.Search {
	return ui.Search{Action: "/suche", Label: p.T("citizen.search.label"), ID: id, Query: query, Placeholder: p.T("citizen.search.example"), SuggestURL: "/suche/vorschlaege"}
}

// paragraphs cuts a plain text at empty lines.
func paragraphs(s string) (out []string) {
	for _, p := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// noticeTone is the look of a notice.
func noticeTone(kind string) ui.Tone {
	if kind == "warning" {
		return ui.Warning
	}
	return ui.Info
}
