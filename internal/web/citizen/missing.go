package citizen

import (
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/search"
	"stadttor/internal/web/ui"
)

// Kinds of things that an address may name; each has its own title.
const (
	missingService   = "service"
	missingSituation = "situation"
	missingFacility  = "facility"
	missingContact   = "contact"
)

// missingPage helps where an address names nothing: what its words could have
// meant, and the ways in.
func (s *Server) missingPage(v *visit, m missing) templ.Component {
	words := cleanQuery(strings.ReplaceAll(m.slug, "-", " "))
	v.page.Title = v.t("citizen.missing." + m.kind)
	v.page.NoIndex, v.page.NoSearch, v.page.Breadcrumb = true, true, nil
	r := v.view.Search(search.Query{Text: words, Limit: 5, Now: v.now})
	return missingView(v.page, v, searchField(v.page, "q", words), s.hits(v, r.Hits))
}

// ways are the ways in that never fail.
func ways(p ui.Page) []ui.Link {
	return []ui.Link{
		{Text: p.T("citizen.services.title"), URL: "/leistungen"},
		{Text: p.T("citizen.life.title"), URL: "/lebenslagen"},
		{Text: p.T("citizen.units.title"), URL: "/einrichtungen"},
	}
}
