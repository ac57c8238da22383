package staff

import (
	"net/http"

	"stadttor/internal/accounts"
	"stadttor/internal/web/ui"
	"stadttor/internal/web/ui/office"
)

// signInLine is one of somebody's sessions.
type signInLine struct {
	Handle, Means, When string
	Here                bool
}

// signIns serves GET /verwaltung/anmeldungen: where I am signed in.
func (s *Server) signIns(w http.ResponseWriter, r *http.Request) error {
	list, err := s.c.Accounts.StaffSignIns(r.Context(), ui.Staff(r), s.c.Gate.Secret(r, ui.CookieStaff))
	if err != nil {
		return err
	}
	page := office.Page(r, "staff.signins.title", "")
	page.Breadcrumb = []ui.Link{{Text: page.T("staff.account.title"), URL: home + "/konto"}}
	var lines []signInLine
	for _, x := range list {
		lines = append(lines, signInLine{Handle: x.Handle, Means: s.meansTitle(r, x.Means), Here: x.Here, When: page.T("staff.signins.when", "since", page.Printer().DateTime(x.Since), "seen", page.Printer().DateTime(x.Seen))})
	}
	return ui.Render(w, r, http.StatusOK, signInsView(page, office.Told(r, page, "staff.done."), lines))
}

// endSignIn serves POST /verwaltung/anmeldungen/{handle}/beenden.
func (s *Server) endSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := s.c.Accounts.EndStaffSession(r.Context(), ui.Staff(r), r.PathValue("handle")); err != nil {
		return err
	}
	return office.Done(w, r, home+"/anmeldungen", "anmeldung-beendet")
}

// meansTitle is what a method is called on the page of sign-in; one that is
// gone keeps its short name.
func (s *Server) meansTitle(r *http.Request, name string) string {
	for _, m := range s.c.Accounts.Methods(accounts.KindStaff, ui.VisitOf(r).Door) {
		if m.Name == name {
			return m.Title
		}
	}
	return name
}
