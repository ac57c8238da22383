package citizen

import (
	"github.com/a-h/templ"

	"stadttor/internal/catalogue"
	"stadttor/internal/web/ui"
)

// situations serves GET /lebenslagen.
func (s *Server) situations(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title, v.page.Nav = v.t("citizen.life.title"), ui.NavLife
	v.page.Description = v.t("citizen.life.description", "name", v.door.Tenant.Name)
	var tiles []ui.TileData
	for _, l := range v.view.Situations() {
		tiles = append(tiles, ui.TileData{Icon: l.Icon, Title: l.Name, Text: l.Line, URL: "/lebenslagen/" + l.Slug})
	}
	return situationsView(v.page, tiles), nil
}

// situationPage is one life situation with its services.
type situationPage struct {
	Intro  string
	Here   []serviceLine // offered by this tenant, on-line first
	There  []serviceLine // what others do
	Others []ui.Link
}

// situation serves GET /lebenslagen/{slug}.
func (s *Server) situation(v *visit, slug, _ string) (templ.Component, error) {
	l, items, ok := v.view.Situation(slug)
	if !ok {
		return nil, missing{missingSituation, slug}
	}
	v.page.Title, v.page.Nav = l.Name, ui.NavLife
	v.page.Description = lead(l.Intro, 155)
	v.page.Breadcrumb = []ui.Link{{Text: v.t("citizen.life.title"), URL: "/lebenslagen"}}
	p := situationPage{Intro: l.Intro}
	for _, online := range []bool{true, false} {
		for _, it := range items {
			if onlineHere(it) != online {
				continue
			}
			if line := s.line(v, it); it.Offered {
				p.Here = append(p.Here, line)
			} else {
				p.There = append(p.There, line)
			}
		}
	}
	for _, o := range v.view.Situations() {
		if o.Slug != slug {
			p.Others = append(p.Others, ui.Link{Text: o.Name, URL: "/lebenslagen/" + o.Slug})
		}
	}
	return situationView(v.page, v, p), nil
}

// situationLinks are the life situations of a service.
func situationLinks(v *catalogue.View, slugs []string) (out []ui.Link) {
	for _, l := range v.Situations() {
		for _, s := range slugs {
			if s == l.Slug {
				out = append(out, ui.Link{Text: l.Name, URL: "/lebenslagen/" + l.Slug})
			}
		}
	}
	return out
}
