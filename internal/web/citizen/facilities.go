package citizen

import (
	"github.com/a-h/templ"

	"stadttor/internal/catalogue"
	"stadttor/internal/web/ui"
)

// facilities serves GET /einrichtungen.
func (s *Server) facilities(v *visit, _, _ string) (templ.Component, error) {
	v.page.Title, v.page.Nav = v.t("citizen.units.title"), ui.NavUnits
	v.page.Description = v.t("citizen.units.description", "name", v.door.Tenant.Name)
	var hits []ui.Hit
	for _, f := range v.view.Facilities() {
		hits = append(hits, ui.Hit{Title: f.Name, URL: "/einrichtungen/" + f.Slug, Text: lead(f.Text, 160), Detail: addressLine(f)})
	}
	return facilitiesView(v.page, v, hits), nil
}

func addressLine(f catalogue.Facility) string {
	if f.Street == "" {
		return f.City
	}
	return f.Street + ", " + f.PLZ + " " + f.City
}

// facilityPage is one facility.
type facilityPage struct {
	catalogue.Facility
	Week     []hoursRow
	Now      openLine
	People   []catalogue.Contact
	Services []serviceLine
}

// facility serves GET /einrichtungen/{slug}.
func (s *Server) facility(v *visit, slug, _ string) (templ.Component, error) {
	f, people, services, ok := v.view.Facility(slug)
	if !ok {
		return nil, missing{missingFacility, slug}
	}
	v.page.Title, v.page.Nav = f.Name, ui.NavUnits
	v.page.Description = lead(f.Text, 155)
	v.page.Breadcrumb = []ui.Link{{Text: v.t("citizen.units.title"), URL: "/einrichtungen"}}
	p := facilityPage{Facility: f, People: people}
	p.Week, p.Now = v.hours(f)
	for _, it := range services {
		line := s.line(v, it)
		line.Who = ""
		p.Services = append(p.Services, line)
	}
	return facilityView(v.page, p), nil
}

// hours is the week of a facility and whether it is open now; the page is true
// until that changes.
func (v *visit) hours(f catalogue.Facility) ([]hoursRow, openLine) {
	if len(f.Hours) == 0 {
		return nil, openLine{}
	}
	o := openAt(f.Hours, v.now)
	v.validUntil(o.change(v.now))
	return week(v.page.Printer(), f.Hours), openLine{Known: true, Open: o.Open, Text: openText(v.page.Printer(), o, v.now)}
}

// contactPage is one member of staff.
type contactPage struct {
	catalogue.Contact
	Unit catalogue.Facility
	Week []hoursRow
	Now  openLine
}

// contact serves GET /kontakte/{slug}.
func (s *Server) contact(v *visit, slug, _ string) (templ.Component, error) {
	c, f, ok := v.view.Contact(slug)
	if !ok {
		return nil, missing{missingContact, slug}
	}
	v.page.Title, v.page.Nav = c.Name(), ui.NavUnits
	v.page.Breadcrumb = []ui.Link{{Text: v.t("citizen.units.title"), URL: "/einrichtungen"}}
	if f.Slug != "" {
		v.page.Breadcrumb = append(v.page.Breadcrumb, ui.Link{Text: f.Name, URL: "/einrichtungen/" + f.Slug})
	}
	v.page.NoIndex = true // people are found through their authority, not through search engines
	p := contactPage{Contact: c, Unit: f}
	p.Week, p.Now = v.hours(f)
	return contactView(v.page, p), nil
}
