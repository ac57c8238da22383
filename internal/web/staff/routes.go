package staff

import (
	"stadttor/internal/accounts"
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// textBody bounds a page with a letter: 64 KiB of text, each byte up to three
// signs of form encoding, and as much again.
const textBody = 512 << 10

// Routes is every address of the door.
func (s *Server) Routes() []ui.Route {
	get := func(pattern string, right perm.Right, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "GET /verwaltung" + pattern, Audience: ui.Office, Right: right, Handle: h}
	}
	post := func(pattern string, right perm.Right, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "POST /verwaltung" + pattern, Audience: ui.Office, Right: right, Handle: h, MaxBody: textBody}
	}
	return append([]ui.Route{
		{Pattern: "GET /verwaltung/anmelden", Audience: ui.Visitor, Handle: s.signIn},
		{Pattern: "POST /verwaltung/anmelden/{method}", Audience: ui.Visitor, Handle: s.begin, Limit: s.c.Limit},
		{Pattern: "GET /verwaltung/anmelden/zurueck/{method}", Audience: ui.Visitor, Handle: s.finish, Limit: s.c.Limit},
		{Pattern: "POST /verwaltung/anmelden/zurueck/{method}", Audience: ui.Partner, Handle: s.answer, MaxBody: accounts.MaxAnswer},
		{Pattern: "GET /verwaltung/anmelden/partner/{method}", Audience: ui.Public, Handle: s.description},
		{Pattern: "POST /verwaltung/abmelden", Audience: ui.Visitor, Handle: s.signOut},

		get("/{$}", "", s.start),
		get("", "", s.start),
		get("/konto", "", s.account),
		get("/anmeldungen", "", s.signIns),
		post("/anmeldungen/{handle}/beenden", "", s.endSignIn),
		get("/faelle", perm.ReadCases, s.worklist),
		get("/faelle/{id}", perm.ReadCases, s.showCase),
		get("/faelle/{id}/dateien/{file}", perm.ReadCases, s.file),

		post("/faelle/{id}/uebernehmen", perm.WorkCases, s.act(claim)),
		post("/faelle/{id}/freigeben", perm.WorkCases, s.act(release)),
		post("/faelle/{id}/abgeben", perm.WorkCases, s.act(move)),
		post("/faelle/{id}/vermerk", perm.WorkCases, s.act(note)),
		post("/faelle/{id}/rueckfrage", perm.WorkCases, s.act(ask)),
		post("/faelle/{id}/fortsetzen", perm.WorkCases, s.act(resume)),
		post("/faelle/{id}/aufgabe", perm.WorkCases, s.act(endTask)),
		post("/faelle/{id}/uebergabe", perm.SendDelivery, s.act(resend)),
		post("/faelle/{id}/abschliessen", perm.DecideCases, s.act(closeCase)),

		get("/faelle/{id}/entscheidung", perm.DecideCases, s.decision),
		post("/faelle/{id}/entscheidung", perm.DecideCases, s.decide),
		post("/faelle/{id}/vorschau", perm.DecideCases, s.preview),
	}, s.localRoutes()...)
}
