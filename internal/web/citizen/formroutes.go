package citizen

import (
	"net/http"

	"stadttor/internal/ident"
	"stadttor/internal/web/ui"
)

// Bounds of requests, in bytes.
const (
	// maxText is what the texts of one page may weigh together.
	maxText = 1 << 20
	// maxUploads is what the files of one page may weigh together; each field
	// has its own, smaller bound.
	maxUploads = 120 << 20
)

// formRoutes is everything with which people sign in, apply, pay and read
// what became of it.
func (s *Server) formRoutes() []ui.Route {
	// Each begun application is a row that is kept for weeks.
	beginning := ui.NewLimiter(2, 2000)
	return []ui.Route{
		// login.go
		{Pattern: "GET /anmelden", Audience: ui.Visitor, Handle: s.getLogin, Limit: s.c.SignIns},
		{Pattern: "GET /anmelden/zurueck", Audience: ui.Visitor, Handle: s.getLoginReturn, Limit: s.c.SignIns},
		{Pattern: "GET /anmelden/fertig", Audience: ui.Visitor, Handle: s.getLoginDone},
		{Pattern: "POST /abmelden", Audience: ui.Visitor, Handle: s.postLogout},
		{Pattern: "GET /abgemeldet", Audience: ui.Visitor, Handle: s.getLoggedOut},

		// formintro.go, form.go, check.go, submit.go
		{Pattern: "GET /antrag/{form}", Audience: ui.Visitor, Handle: s.getFormIntro},
		{Pattern: "POST /antrag/{form}", Audience: ui.Visitor, Handle: s.postFormStart, Limit: beginning},
		{Pattern: "GET /antrag/{form}/{page...}", Audience: ui.Visitor, Handle: s.getFormPage},
		{Pattern: "POST /antrag/{form}/{page...}", Audience: ui.Visitor, Handle: s.postFormPage, MaxBody: maxUploads},
		{Pattern: "GET /antrag/{form}/entwurf/{case}/daten-aus-konto", Audience: ui.Visitor, Handle: s.getUseAccount},
		{Pattern: "POST /antrag/{form}/entwurf/{case}/daten-aus-konto", Audience: ui.Visitor, Handle: s.postUseAccount},
		{Pattern: "POST /antrag/{form}/entwurf/{case}/vertretung", Audience: ui.Person, Handle: s.postBehalf},
		{Pattern: "POST " + ui.EndActing, Audience: ui.Person, Handle: s.postEndActing},
		{Pattern: "POST /antrag/{form}/pruefen", Audience: ui.Visitor, Handle: s.postSubmit},
		{Pattern: "GET /antrag/{form}/eingegangen/{case}", Audience: ui.Visitor, Handle: s.getReceived},
		{Pattern: "GET /antrag/{form}/eingegangen/{case}/bestaetigung", Audience: ui.Visitor, Handle: s.getReceipt},

		// draft.go
		{Pattern: "GET /antrag/fortsetzen/{secret}", Audience: ui.Visitor, Handle: s.getDraftLink},
		{Pattern: "GET /antrag/{form}/entwurf/{case}", Audience: ui.Visitor, Handle: s.getDraft},
		{Pattern: "POST /antrag/{form}/entwurf/{case}", Audience: ui.Visitor, Handle: s.postDraft},
		{Pattern: "GET /antrag/{form}/entwurf/{case}/datei/{file}", Audience: ui.Visitor, Handle: s.getDraftFile},

		// pay.go
		{Pattern: "GET /bezahlung/{payment}", Audience: ui.Visitor, Handle: s.getPay},
		{Pattern: "POST /bezahlung/{payment}", Audience: ui.Visitor, Handle: s.postPay},
		{Pattern: "GET /bezahlung/{payment}/zurueck", Audience: ui.Visitor, Handle: s.getPayReturn},
		{Pattern: "GET /api/v1/zahlungen/{provider}/{ref}", Audience: ui.Partner, Handle: s.notify},
		{Pattern: "POST /api/v1/zahlungen/{provider}/{ref}", Audience: ui.Partner, Handle: s.notify},

		// account.go
		{Pattern: "GET /konto", Audience: ui.Person, Handle: s.getAccount},

		// inbox.go, matter.go
		{Pattern: "GET /postfach", Audience: ui.Person, Handle: s.getInbox},
		{Pattern: "GET /postfach/{case}", Audience: ui.Person, Handle: s.getMatter},
		{Pattern: "GET /postfach/{case}/dokument/{file}", Audience: ui.Person, Handle: s.getDocument},
		{Pattern: "POST /postfach/{case}/antwort", Audience: ui.Person, Handle: s.postReply, MaxBody: maxReply},
		{Pattern: "GET /postfach/{case}/zurueckziehen", Audience: ui.Person, Handle: s.getWithdraw},
		{Pattern: "POST /postfach/{case}/zurueckziehen", Audience: ui.Person, Handle: s.postWithdraw},
	}
}

// personal starts a page that belongs to one person: kept out of search
// engines and caches.
func (s *Server) personal(r *http.Request, title string) ui.Page {
	page := ui.PageOf(r)
	page.Title, page.NoIndex = title, true
	path := r.URL.Path
	if draft := r.URL.Query().Get("entwurf"); ident.Valid(ident.CaseID(draft)) {
		path += "?entwurf=" + draft
	}
	page.Languages = languages(page.Lang, path)
	return page
}
