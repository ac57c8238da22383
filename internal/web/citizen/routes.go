package citizen

import (
	"stadttor/internal/search"
	"stadttor/internal/web/ui"
)

// Routes is every address of the door.
func (s *Server) Routes() []ui.Route {
	page := func(pattern string, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "GET " + pattern, Audience: ui.Public, Handle: h}
	}
	// A town hall or a school stands behind one address: no person meets this.
	asking := ui.NewLimiter(500, 5000)
	return append([]ui.Route{
		page("/{$}", s.public(s.start, nil)),
		{Pattern: "GET /suche", Audience: ui.Public, Handle: s.search, Limit: asking},
		{Pattern: "POST /suche/bewertung", Audience: ui.Public, Handle: s.judge, MaxBody: 16 << 10, Limit: asking},
		{Pattern: "GET /suche/vorschlaege", Audience: ui.Public, Handle: s.suggest, Limit: asking},
		page("/leistungen", s.public(s.services, servicesVariant)),
		page("/leistungen/{slug}", s.chosen(search.KindService, s.public(s.service, nil))),
		page("/lebenslagen", s.public(s.situations, nil)),
		page("/lebenslagen/{slug}", s.chosen(search.KindSituation, s.public(s.situation, nil))),
		page("/einrichtungen", s.public(s.facilities, nil)),
		page("/einrichtungen/{slug}", s.chosen(search.KindFacility, s.public(s.facility, nil))),
		page("/kontakte/{slug}", s.chosen(search.KindPerson, s.public(s.contact, nil))),
		page("/ort", s.place),
		page("/impressum", s.public(s.imprint, nil)),
		page("/datenschutz", s.public(s.privacy, nil)),
		page("/barrierefreiheit", s.public(s.accessibility, nil)),
		page("/leichte-sprache", s.public(s.simple, nil)),
		page("/gebaerdensprache", s.public(s.sign, nil)),
		page("/.well-known/security.txt", s.security),
		page("/robots.txt", s.robots),
		page("/sitemap.xml", s.sitemap),
	}, s.formRoutes()...)
}
