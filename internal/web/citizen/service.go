package citizen

import (
	"strings"

	"github.com/a-h/templ"

	"stadttor/internal/catalogue"
	"stadttor/internal/tenancy"
	"stadttor/internal/web/ui"
)

// servicePage is one service as a portal shows it.
type servicePage struct {
	catalogue.Page
	Apply     ui.ButtonLinkData // zero: no on-line service here
	External  bool              // Apply leads to another authority
	Trust     string            // what it takes to apply on-line, in a sentence
	Sections  []servicePart
	Week      []hoursRow
	Now       openLine
	Kreis     portalLink   // where the Kreis does it
	There     portalLink   // the one other tenant that does it
	Municipal []portalLink // the other tenants that do it
	Life      []ui.Link
}

// servicePart is one part of the page, in reading order.
type servicePart struct {
	ID, Title string
	Body      templ.Component
}

// service serves GET /leistungen/{slug}.
func (s *Server) service(v *visit, slug, _ string) (templ.Component, error) {
	x, ok := v.view.Service(slug)
	if !ok {
		return nil, missing{missingService, slug}
	}
	v.page.Title, v.page.Nav = x.Title, ui.NavServices
	v.page.Description = lead(x.Short, 155)
	v.page.Breadcrumb = []ui.Link{{Text: v.t("citizen.services.title"), URL: "/leistungen"}}
	p := servicePage{Page: x, Life: situationLinks(v.view, x.Situations)}
	if x.Unit != nil {
		p.Week, p.Now = v.hours(*x.Unit)
	}
	for _, l := range s.portals(x.Elsewhere, "/leistungen/"+slug) {
		if l.Kreis {
			p.Kreis = l
		} else {
			p.Municipal = append(p.Municipal, l)
		}
	}
	if p.There = p.Kreis; p.There.URL == "" && len(p.Municipal) == 1 {
		p.There = p.Municipal[0]
	}
	p.apply(v)
	p.Sections = serviceParts(v.page, x)
	return serviceView(v.page, v, p), nil
}

// apply decides where the application begins.
func (p *servicePage) apply(v *visit) {
	elsewhere := p.Level == catalogue.LevelLand || p.Level == catalogue.LevelBund
	switch {
	case p.Offered && p.Form != "":
		p.Apply = ui.ButtonLinkData{Text: v.t("citizen.service.apply"), URL: "/antrag/" + p.Form, Icon: "arrow_forward"}
	case (p.Offered || elsewhere) && p.FormURL != "":
		p.Apply = ui.ButtonLinkData{Text: v.t("citizen.service.applythere"), URL: p.FormURL, Icon: "open_in_new"}
		p.External = true
	default:
		return
	}
	switch p.Page.Trust {
	case "basis", "substantiell", "hoch":
		p.Trust = v.t("citizen.trust." + p.Page.Trust)
	default:
		p.Trust = v.t("citizen.trust.none")
	}
}

// serviceParts are the modules in reading order: what it is, whether I may,
// what I need, what it costs, how it goes, and what else there is.
func serviceParts(p ui.Page, x catalogue.Page) (out []servicePart) {
	add := func(id, key string, body templ.Component) {
		out = append(out, servicePart{id, p.T(key), body})
	}
	text := func(id, key, html string) {
		if hasText(html) {
			add(id, key, prose(p, html))
		}
	}
	if x.Full != x.Short {
		text("beschreibung", "citizen.service.full", x.Full)
	}
	text("voraussetzungen", "citizen.service.requirements", x.Requirements)
	if len(x.Documents) > 0 {
		add("unterlagen", "citizen.service.documents", documentList(p, x.Documents))
	} else {
		text("unterlagen", "citizen.service.documents", x.DocumentText)
	}
	if len(x.Fees) > 0 || hasText(x.FeeText) {
		add("kosten", "citizen.service.fees", feeTable(p, x.Fees, x.FeeText))
	}
	if len(x.Deadlines) > 0 || hasText(x.DeadlineText) {
		add("fristen", "citizen.service.deadlines", deadlineList(p, x.Deadlines, x.DeadlineText))
	}
	text("ablauf", "citizen.service.procedure", x.Procedure)
	text("dauer", "citizen.service.duration", x.Duration)
	text("hinweise", "citizen.service.notes", x.Notes)
	text("weiteres", "citizen.service.more", x.More)
	if x.Offered {
		text("zustaendig", "citizen.service.responsible", x.Responsible)
	}
	text("ansprechpunkt", "citizen.service.contact", x.Contact)
	text("rechtsgrundlage", "citizen.service.legal", x.Legal)
	text("rechtsbehelf", "citizen.service.remedy", x.Remedy)
	if len(x.Links) > 0 {
		add("links", "citizen.service.links", linkList(p, x.Links))
	}
	return out
}

func contents(parts []servicePart) (out []ui.Link) {
	for _, p := range parts {
		out = append(out, ui.Link{Text: p.Title, URL: "#" + p.ID})
	}
	return out
}

// levelKey says which level of government does a service that no tenant of the
// realm offers.
func levelKey(p servicePage, t tenancy.Tenant) string {
	switch {
	case p.Kreis.URL != "":
		return "citizen.who.notkreis"
	case len(p.Municipal) > 0 && t.Kind == tenancy.KindKreis:
		return "citizen.who.notmunicipal"
	case len(p.Municipal) > 0:
		return "citizen.who.notneighbour"
	case p.Level == catalogue.LevelLand:
		return "citizen.who.notland"
	case p.Level == catalogue.LevelBund:
		return "citizen.who.notbund"
	}
	return "citizen.who.nothere"
}

// feeName is what a fee is for; a single fee often says nothing.
func feeName(p ui.Page, f catalogue.Fee) string {
	if f.Text == "" {
		return p.T("citizen.fee.plain")
	}
	return f.Text
}

// amountLines puts the two ends of a range on lines of their own: amounts do
// not wrap, and a phone is narrow.
func amountLines(f catalogue.Fee) []string {
	if from, to, ok := strings.Cut(f.Amount(), " bis "); ok {
		return []string{from, "bis " + to}
	}
	return []string{f.Amount()}
}
