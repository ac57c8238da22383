package account

import (
	"net/http"

	"stadttor/internal/accounts/local"
	"stadttor/internal/pii"
	"stadttor/internal/web/locale"
	"stadttor/internal/web/ui"
)

// section is one line of the start page.
type section struct{ Title, Text, URL string }

// sections are what somebody can look after here.
func sections(p locale.Printer) []section {
	return []section{
		{p.T("profile.title"), p.T("profile.section"), "/daten"},
		{p.T("consent.title"), p.T("consent.section"), "/einwilligungen"},
		{p.T("mandate.title"), p.T("mandate.section"), "/vertretungen"},
		{p.T("account.signins.title"), p.T("account.home.signins"), "/anmeldungen"},
		{p.T("local.means.title"), p.T("local.means.section"), local.PageSecurity},
	}
}

// homeView is the start page of the account.
type homeView struct {
	Name     pii.Text
	Level    string
	Realm    string
	Lead     string // who answers for the account
	Portal   ui.Link
	Sections []section
}

// getHome serves GET /.
func (s *Server) getHome(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page := s.page(r, "account.home.title")
	page.Nav = NavHome
	view := homeView{Name: v.Name, Level: page.T("citizenform.level." + v.Citizen.Level.String()), Realm: v.Door.Realm.Name, Lead: v.Door.Tenant.Name, Sections: sections(page.Printer())}
	if d, ok := s.c.Directory.DoorOf(v.Door.Tenant.ID); ok {
		view.Portal = ui.Link{Text: d.Portal.Look.Name, URL: s.c.Gate.Base(d.Portal) + "/"}
	}
	return ui.Render(w, r, http.StatusOK, homePage(page, view))
}

// getSecurity serves GET /.well-known/security.txt.
func (s *Server) getSecurity(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	contact := v.Base + "/"
	if d, ok := s.c.Directory.DoorOf(v.Door.Tenant.ID); ok {
		contact = s.c.Gate.Base(d.Portal) + "/impressum"
	}
	return ui.SecurityText(w, r, contact, s.c.Now())
}

// getRobots serves GET /robots.txt: nothing here is for search engines.
func (s *Server) getRobots(w http.ResponseWriter, r *http.Request) error {
	return ui.Text(w, r, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
}
