package account

import (
	"slices"

	"stadttor/internal/accounts"
	"stadttor/internal/web/ui"
)

// Routes is every address of the door; it is mounted on account hosts only.
func (s *Server) Routes() []ui.Route {
	return slices.Concat(
		s.homeRoutes(),
		s.signInRoutes(),
		s.sessionRoutes(),
		s.localRoutes(),
		s.profileRoutes(),
		s.consentRoutes(),
		s.mandateRoutes(),
		s.companyRoutes(),
		s.dataRoutes(),
		s.providerRoutes(),
	)
}

func (s *Server) homeRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /{$}", Audience: ui.Person, Handle: s.getHome},
		{Pattern: "GET /.well-known/security.txt", Audience: ui.Public, Handle: s.getSecurity},
		{Pattern: "GET /robots.txt", Audience: ui.Public, Handle: s.getRobots},
	}
}

func (s *Server) signInRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /anmelden", Audience: ui.Visitor, Handle: s.getArrive, Limit: s.c.Limit},
		{Pattern: "GET /anmelden/auswahl", Audience: ui.Visitor, Handle: s.getChoice},
		{Pattern: "POST /anmelden/auswahl", Audience: ui.Visitor, Handle: s.postChoice, Limit: s.c.Limit},
		{Pattern: "GET /anmelden/abbrechen", Audience: ui.Visitor, Handle: s.getBreakOff},
		{Pattern: "GET /anmelden/zurueck/{method}", Audience: ui.Visitor, Handle: s.getAnswer, Limit: s.c.Limit},
		// From a partner's page, without our cookies: kept, then asked for by GET.
		{Pattern: "POST /anmelden/zurueck/{method}", Audience: ui.Partner, Handle: s.postAnswer, Limit: s.c.Limit, MaxBody: accounts.MaxAnswer},
		{Pattern: "GET /anmelden/partner/{method}", Audience: ui.Public, Handle: s.getDescription},
		{Pattern: "GET /anmelden/verbinden", Audience: ui.Visitor, Handle: s.getJoin},
		{Pattern: "POST /anmelden/verbinden", Audience: ui.Visitor, Handle: s.postJoin, Limit: s.c.Limit},
		{Pattern: "POST /anmelden/wechseln", Audience: ui.Visitor, Handle: s.postChange},
	}
}

func (s *Server) sessionRoutes() []ui.Route {
	return []ui.Route{
		{Pattern: "GET /anmeldungen", Audience: ui.Person, Handle: s.getSessions},
		{Pattern: "POST /anmeldungen/beenden", Audience: ui.Person, Handle: s.postEndAll},
		{Pattern: "POST /anmeldungen/{handle}/beenden", Audience: ui.Person, Handle: s.postEnd},
		{Pattern: "POST /abmelden", Audience: ui.Visitor, Handle: s.postSignOut},
		{Pattern: "GET /abgemeldet", Audience: ui.Visitor, Handle: s.getSignedOut},
	}
}
