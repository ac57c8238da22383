package admin

import (
	"stadttor/internal/perm"
	"stadttor/internal/web/ui"
)

// longBody bounds pages with many texts or rows, in bytes.
const longBody = 2 << 20

// Routes is every address of the door.
func (s *Server) Routes() []ui.Route {
	get := func(pattern string, right perm.Right, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "GET /verwaltung" + pattern, Audience: ui.Office, Right: right, Handle: h}
	}
	post := func(pattern string, right perm.Right, h ui.Handler) ui.Route {
		return ui.Route{Pattern: "POST /verwaltung" + pattern, Audience: ui.Office, Right: right, Handle: h, MaxBody: longBody}
	}
	routes := []ui.Route{
		get("/leistungen", perm.EditContent, s.services),
		post("/leistungen", perm.EditContent, s.publishAll),
		get("/leistungen/{slug}", perm.EditContent, s.service),
		post("/leistungen/{slug}", perm.EditContent, s.saveService),
		post("/leistungen/{slug}/angebot", perm.EditContent, s.saveOffer),

		get("/portal", perm.EditPortal, s.portal),
		post("/portal", perm.EditPortal, s.savePortal),
		post("/portal/vorschau", perm.EditPortal, s.previewPortal),
		get("/portal/vorschau.css", perm.EditPortal, s.previewCSS),

		get("/parameter", perm.EditForms, s.paramForms),
		get("/parameter/{form}", perm.EditForms, s.params),
		post("/parameter/{form}", perm.EditForms, s.saveParams),

		get("/personal", perm.GrantRoles, s.members),
		post("/personal", perm.GrantRoles, s.saveMember),
		get("/personal/{id}", perm.GrantRoles, s.member),
		post("/personal/{id}", perm.GrantRoles, s.saveRoles),
		post("/personal/{id}/sperre", perm.GrantRoles, s.block),
		get("/personal/{id}/beschaeftigungsende", perm.GrantRoles, s.memberLeave),
		post("/personal/{id}/beschaeftigungsende", perm.GrantRoles, s.removeMember),
		get("/personal/anmeldung", perm.GrantRoles, s.memberMethods),
		post("/personal/anmeldung", perm.GrantRoles, s.saveMemberMethod),
		get("/rollen", perm.GrantRoles, s.roles),
		get("/rollen/neu", perm.GrantRoles, s.newRole),
		post("/rollen/neu", perm.GrantRoles, s.saveRole),
		get("/rollen/{role}", perm.GrantRoles, s.role),
		post("/rollen/{role}", perm.GrantRoles, s.saveRole),

		get("/zahlungen", perm.ReadPayments, s.payments),
		get("/zahlungen/buchungen", perm.ReadPayments, s.ledger),
		get("/zahlungen/{id}", perm.ReadPayments, s.payment),
		post("/zahlungen/{id}", perm.ClearPayments, s.clearPayment),
		post("/zahlungen/{id}/eingang", perm.ClearPayments, s.receivePayment),
		post("/zahlungen/{id}/nachfragen", perm.ClearPayments, s.askPayment),

		get("/auftraege", perm.ReadJobs, s.jobs),
		post("/auftraege/{id}/wiederholen", perm.RetryJobs, s.retryJob),
		get("/uebergaben", perm.ReadJobs, s.deliveries),
		get("/protokoll", perm.ReadAudit, s.audit),
	}
	if s.c.Local != nil {
		routes = append(routes,
			post("/personal/{id}/einladung", perm.GrantRoles, s.inviteAgain),
			post("/personal/{id}/zugang", perm.GrantRoles, s.resetAccess))
	}
	routes = append(routes, s.searchRoutes()...)
	routes = append(routes, s.clientRoutes()...)
	routes = append(routes, s.signInRoutes()...)
	routes = append(routes, s.helpRoutes()...)
	if s.c.Outbox != nil {
		routes = append(routes,
			get("/postausgang", perm.ReadJobs, s.outbox),
			get("/postausgang/{id}", perm.ReadJobs, s.outboxMail))
	}
	return routes
}
